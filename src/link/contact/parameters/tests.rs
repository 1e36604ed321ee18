//! Answers to reset of real cards come out of their parameters.

use super::*;

fn hexed(parameters: &Parameters) -> String {
    assert_eq!(parameters.check(), Ok(()));
    hex::encode_upper(parameters.atr())
}

fn historical(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

#[test]
fn t_0_alone_has_no_check_byte() {
    assert_eq!(hexed(&Parameters::default()), "3B00");
    let parameters = Parameters {
        tb1: Some(0),
        extra_guard_etu: Some(0),
        historical: historical("8153438601330400000298"),
        ..Parameters::default()
    };
    assert_eq!(hexed(&parameters), "3B6B00008153438601330400000298");
    let parameters = Parameters {
        ta1: FiDi::new(0x11),
        tb1: Some(0),
        specific: Some(SpecificMode { protocol: Protocol::T0, can_change: true, implicit: false }),
        historical: historical("434C5F53414D00133800"),
        ..Parameters::default()
    };
    assert_eq!(hexed(&parameters), "3BBA11001000434C5F53414D00133800");
    let parameters = Parameters { wi: Some(10), ..Parameters::default() };
    assert_eq!(hexed(&parameters), "3B80400A");
}

#[test]
fn t_1_is_named_again_before_its_own_bytes() {
    let t1 = Parameters { offer: Offer::T1, ..Parameters::default() };
    assert_eq!(hexed(&t1), "3B800181");
    let parameters = Parameters {
        ifsc_bytes: Some(32),
        bwi_cwi: Some((4, 5)),
        historical: historical("5643"),
        ..t1.clone()
    };
    assert_eq!(hexed(&parameters), "3B8281312045564342");
    let parameters = Parameters {
        ta1: FiDi::new(0x97),
        ifsc_bytes: Some(254),
        bwi_cwi: Some((2, 4)),
        edc: Some(Edc::Lrc),
        historical: historical("7743534D010203"),
        ..t1.clone()
    };
    assert_eq!(hexed(&parameters), "3B97978171FE24007743534D01020300");
    let crc = Edc::Crc { complemented: false, low_first: false };
    assert_eq!(hexed(&Parameters { edc: Some(crc), ..t1 }), "3B8081410141");
}

#[test]
fn t_15_comes_last() {
    let globals = |clock_stop, classes| Some(Globals { clock_stop, classes, spu: None });
    let parameters = Parameters {
        ta1: FiDi::new(0x92),
        globals: globals(ClockStop::Either, 3),
        historical: historical("8031E073FE21146302010183079000"),
        ..Parameters::default()
    };
    assert_eq!(hexed(&parameters), "3B9F92801FC38031E073FE21146302010183079000CD");
    let parameters = Parameters {
        ta1: FiDi::new(0xD6),
        offer: Offer::Both,
        ifsc_bytes: Some(160),
        bwi_cwi: Some((5, 9)),
        globals: globals(ClockStop::Either, 7),
        historical: historical("534C4538385F50534C5F56302E3530"),
        ..Parameters::default()
    };
    assert_eq!(hexed(&parameters), "3B9FD680B1A0591FC7534C4538385F50534C5F56302E353001");
    let parameters = Parameters {
        ta1: FiDi::new(0x96),
        offer: Offer::T1,
        specific: Some(SpecificMode { protocol: Protocol::T1, can_change: false, implicit: false }),
        ifsc_bytes: Some(254),
        bwi_cwi: Some((5, 5)),
        globals: globals(ClockStop::Either, 7),
        ..Parameters::default()
    };
    assert_eq!(hexed(&parameters), "3B90969181B1FE551FC7D4");
}

/// TA behind T=15 may be left out; T=15 is named all the same.
#[test]
fn t_15_may_have_no_ta() {
    let with = |spu| Parameters {
        extra_guard_etu: Some(4),
        globals: Some(Globals { spu, ..Globals::default() }),
        is_t15_without_ta: true,
        ..Parameters::default()
    };
    assert_eq!(hexed(&with(Some(0x80))), "3BC004802F80EB");
    assert_eq!(hexed(&with(None)), "3BC004800F4B");
    // It says nothing of the clock or of voltages but the default.
    for globals in [
        None,
        Some(Globals { clock_stop: ClockStop::Low, ..Globals::default() }),
        Some(Globals { classes: 3, ..Globals::default() }),
    ] {
        let wrong = Parameters { globals, ..with(None) };
        assert_eq!(wrong.check(), Err(ParametersError::Unsaid));
    }
}

/// A reader may meet such a card; there should be none.
#[test]
fn t_1_before_t_0_is_written_and_refused() {
    let parameters =
        Parameters { offer: Offer::BothT1First, ifsc_bytes: Some(254), ..Parameters::default() };
    assert_eq!(hex::encode_upper(parameters.atr()), "3B808191FE006E");
    assert_eq!(parameters.check(), Err(ParametersError::Order));
    let parameters = Parameters { ifsc_bytes: None, ..parameters };
    assert_eq!(hex::encode_upper(parameters.atr()), "3B80810001");
    assert_eq!(parameters.begins_with().0, Protocol::T1);
}

#[test]
fn the_longest_answer_to_reset_has_31_bytes() {
    let parameters = Parameters {
        convention: Convention::Inverse,
        ta1: FiDi::new(0x95),
        tb1: Some(0),
        extra_guard_etu: Some(255),
        offer: Offer::Both,
        specific: Some(SpecificMode { protocol: Protocol::T0, can_change: true, implicit: true }),
        wi: Some(255),
        ifsc_bytes: Some(254),
        bwi_cwi: Some((9, 15)),
        edc: Some(Edc::Lrc),
        globals: Some(Globals { clock_stop: ClockStop::Low, classes: 7, spu: Some(0x80) }),
        historical: vec![0x55; 16],
        ..Parameters::default()
    };
    let atr = parameters.atr();
    assert_eq!((atr.len(), atr[0]), (31, 0x3F));
    assert_eq!(atr[1..].iter().fold(0, |sum, byte| sum ^ byte), 0);
    assert_eq!(parameters.check(), Err(ParametersError::Historical(16)));
}

#[test]
fn cards_that_cannot_be_are_refused() {
    let usual = Parameters::default;
    let t1 = SpecificMode { protocol: Protocol::T1, can_change: false, implicit: false };
    for (parameters, why) in [
        (Parameters { wi: Some(0), ..usual() }, ParametersError::Wi),
        (Parameters { ifsc_bytes: Some(255), ..usual() }, ParametersError::Ifsc(255)),
        (Parameters { ifs_request_bytes: Some(0), ..usual() }, ParametersError::Ifsc(0)),
        (Parameters { bwi_cwi: Some((10, 5)), ..usual() }, ParametersError::Waiting(10, 5)),
        (Parameters { bwi_cwi: Some((4, 16)), ..usual() }, ParametersError::Waiting(4, 16)),
        (Parameters { specific: Some(t1), ..usual() }, ParametersError::Specific(1)),
        (Parameters { atr_delay_clk: 399, ..usual() }, ParametersError::Delay(399)),
        (Parameters { atr_delay_clk: 40_001, ..usual() }, ParametersError::Delay(40_001)),
        (Parameters { clock_hz: 999_999, ..usual() }, ParametersError::Clock(999_999)),
    ] {
        assert_eq!(parameters.check(), Err(why));
    }
}

#[test]
fn times_are_bounded_though_parameters_are_not_checked() {
    let wild = Parameters {
        wi: Some(0),
        bwi_cwi: Some((255, 255)),
        clock_hz: 0,
        atr_delay_clk: 0,
        ..Parameters::default()
    };
    let timing = Timing::of(&wild, Protocol::T1, FiDi::DEFAULT);
    assert_eq!(timing.bwt_clk, 11 * 372 + ((960 * 372) << 9));
    assert_eq!(timing.cwt_clk, (11 + 32_768) * 372);
    assert_eq!(timing.wwt_clk, 960 * 372);
    assert!(!wild.atr().is_empty());
}

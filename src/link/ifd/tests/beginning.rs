//! Answers to reset, selection, and what a reader decides.

use super::super::*;
use super::script::*;

#[test]
fn an_answer_to_reset_that_is_none_is_asked_for_once_more() {
    for bad in ["", "3C00", "3B8281312045564343", "3B82813120", "3B8F0F"] {
        let mut ifd = Ifd::on(Script::new(&[("cold", bad), ("warm", "3B00")]));
        assert_eq!(ifd.power_on(), Ok(vec![0x3B, 0x00]), "{bad}");
        let mut ifd = Ifd::on(Script::new(&[("cold", bad), ("warm", bad)]));
        assert!(ifd.power_on().is_err(), "{bad}");
        assert_eq!(ifd.exchange(&[0; 4]), Err(IfdError::Off));
        assert_eq!(ifd.choose(Protocol::T0, FiDi::DEFAULT), Err(IfdError::Off));
    }
    // T=14 alone, and a specific mode with a reserved F.
    for foreign in ["3B800E8E", "3B907F1100FE"] {
        let mut ifd = Ifd::on(Script::new(&[("cold", foreign), ("warm", foreign)]));
        assert_eq!(ifd.power_on(), Err(IfdError::Unknown), "{foreign}");
    }
    // Endless: 33 bytes are enough to know.
    let mut ifd =
        Ifd::on(Script::new(&[("cold", &format!("3B{}", "F1".repeat(99))), ("warm", "")]));
    assert_eq!(ifd.power_on(), Err(IfdError::NoAtr));
}

const BOTH_ATR: &str = "3B9095800184";
const SPECIFIC_ATR: &str = "3B9095118195";

#[test]
fn a_selection_holds_when_the_answer_is_right() {
    let fast = FiDi::new(0x95).unwrap();
    for (back, agreed) in [
        ("FF11957B", Some(fast)),
        ("FF01FE", Some(FiDi::DEFAULT)),
        ("", None),
        ("FF11", None),
        ("FF11947A", None),
        ("FF10957A", None),
        ("FF11957A", None),
        ("FE11957A", None),
        ("FF3195805B", None),
    ] {
        let mut ifd = ifd(BOTH_ATR, &[("FF11957B", back), ("warm", BOTH_ATR)]);
        let chosen = ifd.choose(Protocol::T1, fast);
        let (protocol, timing) = ifd.protocol().unwrap();
        match agreed {
            Some(fi_di) => {
                assert_eq!((chosen, protocol, timing.fi_di), (Ok(()), Protocol::T1, fi_di));
            }
            None => {
                assert_eq!(chosen, Err(IfdError::NotAgreed), "{back}");
                assert_eq!((protocol, timing.fi_di), (Protocol::T0, FiDi::DEFAULT));
            }
        }
    }
}

#[test]
fn a_selection_that_comes_too_late_or_cannot_be_is_not_sent() {
    let fast = FiDi::new(0x95).unwrap();
    let steps = [("0020000000", "9000"), ("warm", BOTH_ATR)];
    let mut begun = ifd(BOTH_ATR, &steps);
    assert_eq!(begun.choose(Protocol::T0, FiDi::DEFAULT), Ok(()));
    assert_eq!(begun.exchange(&apdu("00200000")), Ok(vec![0x90, 0x00]));
    assert_eq!(begun.choose(Protocol::T1, fast), Err(IfdError::NotAgreed));
    let mut specific = ifd(SPECIFIC_ATR, &[("warm", SPECIFIC_ATR)]);
    assert_eq!(specific.choose(Protocol::T1, FiDi::DEFAULT), Err(IfdError::NotAgreed));
    assert_eq!(specific.choose(Protocol::T1, fast), Ok(()));
}

#[test]
fn a_reader_decides_by_what_is_offered_and_what_it_can() {
    let fast = FiDi::new(0x95).unwrap();
    let settle = |atr: &str, wanted, can: bool, steps: Steps<'_>| {
        let mut ifd = ifd(atr, steps);
        assert_eq!(ifd.settle(wanted, |_| can), Ok(()));
        assert!(ifd.line().steps.is_empty());
        let (protocol, timing) = ifd.protocol().unwrap();
        (protocol, timing.fi_di)
    };
    let (t0, t1) = (Protocol::T0, Protocol::T1);
    assert_eq!(settle(T0_ATR, None, true, &[]), (t0, FiDi::DEFAULT));
    assert_eq!(settle(T0_ATR, Some(t1), true, &[]), (t0, FiDi::DEFAULT));
    assert_eq!(settle(T1_ATR, None, true, &[]), (t1, FiDi::DEFAULT));
    assert_eq!(settle(BOTH_ATR, None, false, &[]), (t0, FiDi::DEFAULT));
    let select = [("FF11957B", "FF11957B")];
    assert_eq!(settle(BOTH_ATR, Some(t1), true, &select), (t1, fast));
    assert_eq!(settle(BOTH_ATR, None, true, &[("FF10957A", "FF10957A")]), (t0, fast));
    let select = [("FF1111FF", "FF1111FF")];
    assert_eq!(settle(BOTH_ATR, Some(t1), false, &select), (t1, FiDi::DEFAULT));
    // Slower than by default is no reason to select.
    assert_eq!(settle("3B1021", None, true, &[]), (t0, FiDi::DEFAULT));
    // Specific mode.
    assert_eq!(settle(SPECIFIC_ATR, Some(t0), true, &[]), (t1, fast));
}

#[test]
fn the_protocol_that_is_named_first_is_the_first() {
    let (t0, t1) = (Protocol::T0, Protocol::T1);
    for (atr, first) in [
        ("3B00", t0),
        ("3B80800101", t0),
        ("3B80810001", t1),
        ("3B808191FE006E", t1),
        // In specific mode TA2 says which it is.
        ("3B809E10000E", t0),
    ] {
        let mut ifd = ifd(atr, &[]);
        assert_eq!(ifd.protocol().map(|(protocol, _)| protocol), Some(first), "{atr}");
        assert_eq!(ifd.settle(None, |_| true), Ok(()));
    }
    // PPS brings a card that begins with T=1 to T=0 too.
    let mut ifd = ifd("3B80810001", &[("FF1011FE", "FF1011FE")]);
    assert_eq!(ifd.settle(Some(t0), |_| true), Ok(()));
    assert_eq!(ifd.protocol().map(|(protocol, _)| protocol), Some(t0));
}

/// T=14 first, then one of ours: nothing but a selection brings the card to it.
#[test]
fn where_a_foreign_protocol_is_the_first_one_that_is_known_is_selected() {
    const T0_BEHIND: &str = "3B808E000E";
    const T1_BEHIND: &str = "3B90958E018A";
    let decoded = Atr::decode(&apdu(T0_BEHIND)).unwrap();
    assert_eq!(answer::parameters(&decoded), None);
    let steps = [("FF1011FE", "FF1011FE"), ("0020000000", "9000"), ("0020000000", "9000")];
    let mut bare = ifd(T0_BEHIND, &steps);
    assert_eq!(bare.protocol(), None);
    plays(bare, &[("00200000", Ok("9000")), ("00200000", Ok("9000"))]);
    let mut settled = ifd(T1_BEHIND, &[("FF11957B", "FF11957B")]);
    assert_eq!(settled.settle(None, |_| true), Ok(()));
    let (protocol, timing) = settled.protocol().unwrap();
    assert_eq!((protocol, timing.fi_di.byte()), (Protocol::T1, 0x95));
    let mut slow = ifd(T1_BEHIND, &[("FF1111FF", "FF1111FF")]);
    assert_eq!(slow.settle(None, |_| false), Ok(()));
    let mut chosen = ifd(T1_BEHIND, &[("FF1111FF", "FF1111FF")]);
    assert_eq!(chosen.choose(Protocol::T1, FiDi::DEFAULT), Ok(()));
    bare = ifd(T0_BEHIND, &[("FF1011FE", ""), ("warm", T0_BEHIND)]);
    assert_eq!(bare.exchange(&apdu("00200000")), Err(IfdError::NotAgreed));
    assert_eq!(bare.protocol(), None);
}

/// All that real cards say, and T=15 with and without its bytes, is read and written the same.
#[test]
fn an_answer_to_reset_that_is_read_is_written_the_same_again() {
    for atr in [
        "3B00",
        "3B6B00008153438601330400000298",
        "3B80400A",
        "3B8081410141",
        "3B97978171FE24007743534D01020300",
        "3B9F92801FC38031E073FE21146302010183079000CD",
        "3B9FD680B1A0591FC7534C4538385F50534C5F56302E353001",
        "3B90969181B1FE551FC7D4",
        "3B808191FE006E",
        "3B80810001",
        "3BC004802F80EB",
        "3BC004800F4B",
    ] {
        let card = answer::parameters(&Atr::decode(&apdu(atr)).unwrap()).unwrap();
        assert_eq!(hex::encode_upper(card.atr()), atr);
    }
}

/// The extra guard time is in etu of what TA1 offers wherever T=15 is named.
#[test]
fn t_15_without_its_bytes_is_t_15() {
    // TA1 96, N 4.
    for (atr, guard_clk) in [
        ("3B509604", 12 * 372 + 4 * 372),
        ("3BD09604800FCD", 12 * 372 + 4 * 16),
        ("3BD09604802F806D", 12 * 372 + 4 * 16),
        ("3BD09604801F01DC", 12 * 372 + 4 * 16),
    ] {
        let ifd = ifd(atr, &[]);
        assert_eq!(ifd.protocol().map(|(_, timing)| timing.guard_clk), Some(guard_clk), "{atr}");
    }
}

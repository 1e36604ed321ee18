//! T=0 at cards that a test plays: what APDUs become, and cards that misbehave.

use super::super::{mapping::MappingError, t0::T0Error, t1::T1Error, *};
use super::script::*;

#[test]
fn what_no_card_may_do_on_t_0_is_an_error() {
    let t0 = |why| Err(IfdError::T0(MappingError::Tpdu(why)));
    for (command, steps, came) in [
        ("00200000", &[("0020000000", "")][..], t0(T0Error::Mute)),
        ("00200000", &[("0020000000", "6060")], t0(T0Error::Mute)),
        ("00200000", &[("0020000000", "90")], t0(T0Error::Mute)),
        ("00200000", &[("0020000000", "21")], t0(T0Error::Procedure(0x21))),
        // The form of INS that asked for a programming voltage.
        ("00D6000001AA", &[("00D6000001", "D7")], t0(T0Error::Procedure(0xD7))),
        ("00200000", &[("0020000000", "20")], t0(T0Error::TooMuch)),
        ("00D6000001AA", &[("00D6000001", "D6"), ("AA", "D6")], t0(T0Error::TooMuch)),
        ("00B0000001", &[("00B0000001", "B0AAB0")], t0(T0Error::TooMuch)),
        ("FF200000", &[], t0(T0Error::Header { cla: 0xFF, ins: 0x20 })),
        ("00600000", &[], t0(T0Error::Header { cla: 0x00, ins: 0x60 })),
        ("00", &[], Err(IfdError::T0(MappingError::Malformed))),
        ("002000000201", &[], Err(IfdError::T0(MappingError::Malformed))),
        ("00200000000000", &[("0020000000", "6700")], Ok("6700")),
    ] {
        plays(ifd(T0_ATR, steps), &[(command, came)]);
    }
    let mut endless = stubborn(T0_ATR, &"60".repeat(20_000));
    let error = endless.exchange(&apdu("00200000")).unwrap_err();
    assert_eq!(error, IfdError::T0(MappingError::Tpdu(T0Error::Endless)));
    let mut endless = stubborn(T0_ATR, "6101");
    let error = endless.exchange(&apdu("00B0000000")).unwrap_err();
    assert_eq!(error, IfdError::T0(MappingError::Endless));
}

#[test]
fn a_card_that_is_lost_has_no_power_until_it_is_reset() {
    let mut t0 = ifd(T0_ATR, &[("0020000000", "21"), ("cold", T0_ATR), ("0020000000", "9000")]);
    assert!(t0.exchange(&apdu("00200000")).is_err());
    assert_eq!(t0.exchange(&apdu("00200000")), Err(IfdError::Off));
    t0.power_on().unwrap();
    // Nothing was sent, so nothing is lost.
    assert!(matches!(t0.exchange(&apdu("00600000")), Err(IfdError::T0(_))));
    assert_eq!(t0.exchange(&apdu("00200000")), Ok(vec![0x90, 0x00]));
    let mut t1 = stubborn(T1_ATR, "00");
    assert_eq!(t1.exchange(&apdu("00200000")), Err(IfdError::T1(T1Error::Mute)));
    assert_eq!(t1.exchange(&apdu("00200000")), Err(IfdError::Off));
}

#[test]
fn a_card_may_end_a_tpdu_at_any_procedure_byte() {
    for (command, steps, came) in [
        ("00D6000003AABBCC", &[("00D6000003", "6A82")][..], "6A82"),
        ("00D6000003AABBCC", &[("00D6000003", "29"), ("AA", "6029"), ("BB", "6A80")], "6A80"),
        ("00D6000003AABBCC", &[("00D6000003", "29"), ("AA", "D6"), ("BBCC", "9000")], "9000"),
        ("00B0000003", &[("00B0000003", "4FAA606F00")], "AA6F00"),
        ("00B0000003", &[("00B0000003", "604FAA60B0BBCC9000")], "AABBCC9000"),
    ] {
        plays(ifd(T0_ATR, steps), &[(command, Ok(came))]);
    }
}

/// ISO/IEC 7816-3:2006, 12.2.
#[test]
fn the_cases_of_apdus_become_tpdus() {
    let cases: &[(&str, Steps<'_>, &str)] = &[
        ("00200000", &[("0020000000", "9000")], "9000"),
        ("00B0000002", &[("00B0000002", "B0AABB9000")], "AABB9000"),
        ("00B0000002", &[("00B0000002", "6700")], "6700"),
        // The card has less, or more, than asked for.
        ("00B0000003", &[("00B0000003", "6C02"), ("00B0000002", "B0AABB9000")], "AABB9000"),
        ("00B0000001", &[("00B0000001", "6C02"), ("00B0000002", "B0AABB9000")], "AA9000"),
        // A second 6CXX is no invitation.
        ("00B0000001", &[("00B0000001", "6C02"), ("00B0000002", "6C03")], "6C03"),
        ("00D6000001AA", &[("00D6000001", "D6"), ("AA", "9000")], "9000"),
        ("00A4000001AA00", &[("00A4000001", "A4"), ("AA", "9000")], "9000"),
        ("00A4000001AA00", &[("00A4000001", "A4"), ("AA", "6A82")], "6A82"),
        (
            "00A4000001AA00",
            &[("00A4000001", "A4"), ("AA", "6102"), ("00C0000002", "C0BBCC9000")],
            "BBCC9000",
        ),
        // Only what is expected is fetched.
        (
            "00A4000001AA01",
            &[("00A4000001", "A4"), ("AA", "6102"), ("00C0000001", "C0BB6101")],
            "BB6101",
        ),
        ("00A4000001AA", &[("00A4000001", "A4"), ("AA", "6102")], "6102"),
        (
            "00A4000001AA00",
            &[
                ("00A4000001", "A4"),
                ("AA", "6102"),
                ("00C0000002", "6C01"),
                ("00C0000001", "C0BB6101"),
                ("00C0000001", "C0CC9000"),
            ],
            "BBCC9000",
        ),
        // Logical channel 2 of a command in secure messaging; channel 5.
        (
            "0EA4000001AA00",
            &[("0EA4000001", "A4"), ("AA", "6101"), ("02C0000001", "C0BB9000")],
            "BB9000",
        ),
        (
            "61A4000001AA00",
            &[("61A4000001", "A4"), ("AA", "6101"), ("41C0000001", "C0BB9000")],
            "BB9000",
        ),
        // Extended, and short enough.
        ("00D60000000001AA", &[("00D6000001", "D6"), ("AA", "9000")], "9000"),
        ("00B00000000100", &[("00B0000000", "6102"), ("00C0000002", "C0AABB9000")], "AABB9000"),
    ];
    for (command, steps, came) in cases {
        plays(ifd(T0_ATR, steps), &[(command, Ok(came))]);
    }
}

#[test]
fn a_command_longer_than_a_tpdu_goes_in_envelopes() {
    let data = "AB".repeat(300);
    let command = format!("01D6000000012C{data}0000");
    let (first, second) = (&command[..510], &command[510..]);
    let steps = [
        ("01C20000FF", "C2"),
        (first, "9000"),
        ("01C2000036", "C2"),
        (second, "6101"),
        ("01C0000001", "C0BB9000"),
    ];
    plays(ifd(T0_ATR, &steps), &[(&command, Ok("BB9000"))]);
    let steps = [("01C20000FF", "C2"), (first, "6A80")];
    plays(ifd(T0_ATR, &steps), &[(&command, Ok("6A80"))]);
}

mod drawn {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever a card says, a reader comes to an end, and with no more than an APDU has.
        #[test]
        fn no_card_breaks_the_reader(
            t1 in any::<bool>(),
            said in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 0..200),
            command in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut ifd = ifd(if t1 { T1_SHORT_ATR } else { T0_ATR }, &[]);
            let line = ifd.line_mut();
            line.any = said.into_iter().collect();
            if t1 {
                line.any.push_front(vec![0x00, 0xE1, 0x01, 0xFE, 0x1E]);
            }
            line.endless = "00".into();
            if let Ok(response) = ifd.exchange(&command) {
                prop_assert!(response.len() <= 65_536 + 2);
            }
        }
    }
}

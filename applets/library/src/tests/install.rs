//! Installation data: what is taken, and what is refused.

use super::*;

#[test]
fn data_that_is_not_understood_is_refused() {
    for (wrong, why) in [
        ("C1 01 00", "an unknown object"),
        ("C2 00", "an item without a tag"),
        ("C2 02 06 31", "an item that there is not"),
        ("C2 03 03 31 32", "a value longer than its item"),
        ("C3 02 83 01", "a key without bytes"),
        ("C3 13 83 01 01 000102030405060708090A0B0C0D0E0F", "an unknown algorithm"),
        ("C3 13 86 01 00 000102030405060708090A0B0C0D0E0F", "a key that there is not"),
        ("C3 0B 83 01 00 0001020304050607", "a key of eight bytes"),
        ("C2 05 01", "an object that ends too early"),
    ] {
        let refused = Rig::<SEGMENT_BYTES>::with(&Library, &bytes(wrong)).map(drop);
        assert_eq!(refused, Halt::status(StatusWord::WRONG_DATA), "{why}");
    }
    let short = Rig::<SEGMENT_BYTES>::with(&Library, &bytes("C4 02 4230")).map(drop);
    assert_eq!(short, Halt::status(StatusWord::WRONG_LENGTH), "a loan of another length");
}

#[test]
fn a_segment_that_is_too_small_is_said_to_be() {
    let small = Rig::<256>::with(&Library, &reader()).map(drop);
    assert_eq!(small, Halt::status(StatusWord::NOT_ENOUGH_MEMORY));
}

#[test]
fn loans_may_be_there_from_the_beginning() {
    let loans = [BORROWED, RETURNED].map(|loan| object(0xC4, &bytes(loan))).concat();
    let mut card = Dialogue::new(&[reader(), loans].concat());
    card.check(&[
        ("00B2014400", &format!("{RETURNED} 9000")),
        ("00B2024400", &format!("{BORROWED} 9000")),
    ]);
}

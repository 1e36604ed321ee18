//! Installation data: what is refused.

use super::*;

#[test]
fn data_that_is_not_understood_is_refused() {
    for (wrong, why) in [
        ("C1 01 00", "an unknown object"),
        ("C2 00", "a record of no file"),
        ("C2 01 05", "a record without a number"),
        ("C2 05 0A 04 31 01 31", "a file that there is not"),
        ("C2 05 05 00 31 01 31", "record 0"),
        ("C2 05 05 0C 31 01 31", "a record behind the last"),
        ("C2 05 05 05 31 01 31", "another record's tag"),
        ("C2 06 05 04 31 02 31 31", "another length"),
        ("C3 02 83 01", "a key without bytes"),
        ("C3 13 83 01 01 000102030405060708090A0B0C0D0E0F", "an unknown algorithm"),
        ("C3 13 87 01 00 000102030405060708090A0B0C0D0E0F", "a key that there is not"),
        ("C2 05 01", "an object that ends too early"),
    ] {
        let refused = Rig::<SEGMENT_BYTES>::with(&Employer, &bytes(wrong)).map(drop);
        assert_eq!(refused, Halt::status(StatusWord::WRONG_DATA), "{why}");
    }
    let short = Rig::<SEGMENT_BYTES>::with(&Employer, &bytes("C2 04 0701 2026")).map(drop);
    assert_eq!(short, Halt::status(StatusWord::WRONG_LENGTH), "a declaration of another length");
    let small = Rig::<1024>::with(&Employer, &employer()).map(drop);
    assert_eq!(small, Halt::status(StatusWord::NOT_ENOUGH_MEMORY));
}

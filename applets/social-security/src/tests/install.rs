//! Personalisation: what is refused, and a segment filled to its last byte.

use super::*;
use crate::structure::Content;

/// The status word a card of this data is refused with.
#[track_caller]
fn refused(data: &[u8]) -> StatusWord {
    match Rig::<20_480>::with(&SocialSecurity, data) {
        Err(Halt::Status(status)) => status,
        Err(torn) => panic!("{torn:?}"),
        Ok(_) => StatusWord::OK,
    }
}

#[test]
fn installation_data_that_is_not_understood_is_refused() {
    let all = every_file();
    let with = |more: Vec<u8>| data(&all, None, &[more]);
    for (bad, why) in [
        (vec![0xC2], "no data objects"),
        (vec![0xC2, 2, 0], "cut short"),
        (with(object(0xC1, &[])), "a tag that means nothing"),
        (data(&[0], None, &[]), "half a pair"),
        (data(&[0, 0x09], None, &[]), "no such file"),
        (data(&[9, 0x05], None, &[]), "no such directory"),
        (data(&all, Some(&[]), &[]), "an empty PIN"),
        (data(&all, Some(&[0x11; 17]), &[]), "a PIN of 17 bytes"),
        (with(object(0xC4, &[0, 5, 1])), "an empty record"),
        (with(object(0xC4, &[0, 5, 0, 1])), "record 0"),
        (with(object(0xC4, &[0, 9, 1, 1])), "a record of no file"),
        (with(object(0xC5, &[0, 7, 0, 0])), "no bytes"),
        (with(object(0xC5, &[0, 9, 0, 0, 1])), "bytes of no file"),
        (with(object(0xC6, &[0, 5, 1, 0, 1])), "half a condition"),
        (with(object(0xC4, &[&[0, 5, 1][..], &[7; 256]].concat())), "a record of 256 bytes"),
    ] {
        assert_eq!(refused(&bad), StatusWord::WRONG_DATA, "{why}");
    }
    let long = [object(0xC2, &all), object(0xC3, &[0x55; 33])].concat();
    assert_eq!(refused(&long), StatusWord::WRONG_DATA, "33 bytes of A5");
}

/// Nothing the issuer wrote is dropped without a word.
#[test]
fn data_that_no_file_would_hold_is_refused() {
    let all = every_file();
    let with = |more: Vec<u8>| data(&all, None, &[more]);
    for (bad, why) in [
        (with(object(0xC4, &[0, 5, 8, 7, 0])), "record 8 of a file of seven"),
        (with(object(0xC4, &[0, 7, 1, 7, 0])), "a record of a transparent file"),
        (with(object(0xC5, &[0, 5, 0, 0, 1])), "bytes of a file of records"),
        (with(object(0xC5, &[4, 8, 0, 0, 1])), "bytes of a ring"),
        (data(&[0, 5], None, &[object(0xC4, &[0, 6, 1, 8, 0])]), "a record of a file left out"),
        (data(&[0, 5], None, &[object(0xC5, &[0, 7, 0, 0, 1])]), "bytes of a file left out"),
        (data(&[0, 5], None, &[object(0xC6, &[0, 6, 1, 0, 1, 0])]), "conditions of one left out"),
        (
            data(&all, None, &[object(0xC4, &[0, 5, 2, 2, 0]), object(0xC4, &[0, 5, 2, 2, 0])]),
            "twice",
        ),
    ] {
        assert_eq!(refused(&bad), StatusWord::WRONG_DATA, "{why}");
    }
}

/// Notice 37 of 2012: the last unemployment registration stands in DF02 EF06 or in DF03 EF05.
#[test]
fn item_60_is_written_in_one_of_its_two_files_at_most() {
    let all = every_file();
    let date = [0x60, 4, 0x20, 0x24, 0x01, 0x31];
    let here = object(0xC4, &[&[2, 6, 4][..], &date].concat());
    let there = object(0xC4, &[&[3, 5, 2][..], &date].concat());
    for one in [&here, &there] {
        Dialogue::of(&data(&all, None, core::slice::from_ref(one)));
    }
    assert_eq!(refused(&data(&all, None, &[here, there])), StatusWord::WRONG_DATA);
    // A ring's records have no tags: this is a transaction number.
    let log = object(0xC4, &[4, 0x15, 1, 0x60, 0x60, 0x31]);
    Dialogue::of(&data(&all, None, &[log.clone(), log]));
}

#[test]
fn sizes_that_a_file_does_not_have_are_refused() {
    let all = every_file();
    let with = |more: Vec<u8>| data(&all, None, &[more]);
    for (bad, status) in [
        (object(0xC5, &[&[0, 7, 0x02, 0xFF][..], &[1; 2]].concat()), 0x6A84), // over the end
        (object(0xC5, &[0, 7, 0x03, 0x00, 1]), 0x6B00),                       // behind it
        (object(0xC4, &[4, 0x15, 1, 1, 2]), 0x6700),                          // a ring's record
        (object(0xC4, &[&[3, 0x19, 1][..], &[0x79; 40]].concat()), 0x6700),   // a fixed one
    ] {
        assert_eq!(refused(&with(bad)), StatusWord(status));
    }
    // A variable record may be longer than the table says: real cards have such.
    let long = [&[0, 5, 7, 7, 12][..], &[0x41; 12]].concat();
    let mut card = Dialogue::of(&with(object(0xC4, &long)));
    card.check(&[("00B2072C00", "070C 414141414141414141414141 9000")]);
    // The longest there can be.
    let longest = [&[0, 5, 7, 7, 253][..], &[0x41; 253]].concat();
    let mut card = Dialogue::of(&with(object(0xC4, &longest)));
    assert_eq!(card.send("00B2072C00").len(), 2 * (255 + 2));
}

#[test]
fn a_card_holds_the_files_it_was_made_with_and_no_others() {
    let mut card = Dialogue::of(&data(&[0, 5, 4, 5], None, &[]));
    card.check(&[
        ("00A4000002 EF05", "9000"),
        ("00A4000002 EF06", "6A82"),
        ("00A4000002 DF01", "6A82"),
        ("00A4040006 D15600000500", "6A82"),
        ("00A4000002 DF04", "6F08 8406D15600000503 9000"),
        ("00A4000002 EF06", "6A82"),
    ]);
}

/// What the files take, from a card with room to spare; then one with exactly that, and one byte
/// less.
#[test]
fn a_segment_is_filled_to_its_last_byte_and_one_byte_less_is_too_little() {
    const FULL: usize = {
        // SSSE with EF07: prologue 28, headers, name 15, A5 3, 768 bytes.
        const PROLOGUE: usize = tessera_cos::layout::ROOT_AT as usize;
        const HEADER: usize = tessera_cos::layout::HEADER_BYTES as usize;
        PROLOGUE + HEADER + 2 + 15 + 3 + HEADER + 768
    };
    let files = data(&[0, 7], None, &[object(0xC5, &[0, 7, 0x02, 0xFF, 0x5A])]);
    let full = Rig::<FULL>::with(&SocialSecurity, &files);
    let mut rig = full.unwrap();
    assert_eq!(rig.env().load_array::<1>(FULL as u32 - 1), Ok([0x5A]));
    let short = Rig::<{ FULL - 1 }>::with(&SocialSecurity, &files);
    assert_eq!(short.err(), Some(Halt::Status(StatusWord::NOT_ENOUGH_MEMORY)));
}

#[test]
fn a_regions_conditions_replace_the_tables_for_one_file() {
    let free = object(0xC6, &[1, 7, 0x01, 0, 0x02, 0]);
    let mut card = Dialogue::of(&data(&every_file(), Some(PIN), &[free]));
    card.check(&[
        ("00A4000002 DF01", "6F08 8406D15600000500 9000"),
        ("00B2013C00", "290100 9000"),
        ("00B2014400", "6982"),
        ("00DC013C03290131", "6982"),
        ("0020000003123456", "9000"),
        ("00DC013C03290131", "9000"),
        ("00DC013C03300131", "6A80"),   // the tag in place
        ("00DC013C0429023131", "6A84"), // not longer than its place
        ("00DC013C022900", "9000"),
        ("00B2013C00", "2900 9000"),
    ]);
    let rings = DFS
        .iter()
        .flat_map(|df| df.files)
        .filter(|file| matches!(file.content, Content::Cyclic { .. }));
    assert_eq!(rings.count(), 4);
}

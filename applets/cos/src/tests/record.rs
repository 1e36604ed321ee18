//! READ, UPDATE and APPEND RECORD: modes, the record pointer, each structure.

use super::*;

/// Three appended to the one there: the ring has gone round once.
const RING_FILLED: [(&str, &str); 3] =
    [("00E2002003 6F6E65", "9000"), ("00E2002003 74776F", "9000"), ("00E2002003 746872", "9000")];

#[test]
fn by_number_records_count_from_one_and_the_pointer_stays_where_it_is() {
    check(&[
        ("00B2011400", "6F6E6531 9000"),
        ("00B2020400", "74776F32 9000"),
        ("00B2030400", "6A83"), // room for it, but not there
        ("00B2FF0400", "6A83"),
        ("00B2000400", "6A83"), // the current record: none yet
        ("00B2001500", "6A83"),
        ("00B2000200", "6F6E6531 9000"), // next: the first
        ("00B2020400", "74776F32 9000"), // by number does not move it
        ("00B2000400", "6F6E6531 9000"),
        ("00B2000200", "74776F32 9000"),
        ("00B2000200", "6A83"), // none behind, and it stays
        ("00B2000400", "74776F32 9000"),
        ("00B2000300", "6F6E6531 9000"),
        ("00B2000300", "6A83"),
        ("00B2000400", "6F6E6531 9000"),
    ]);
}

#[test]
fn the_identifier_modes_find_first_last_next_and_previous() {
    check(&[
        ("00B2A11800", "A1020102 9000"), // first
        ("00B2A11900", "A10104 9000"),   // last
        ("00B2A11A00", "6A83"),          // next: none
        ("00B2A11B00", "A1020102 9000"), // previous
        ("00B2A11B00", "6A83"),
        ("00B2B21A00", "B20103 9000"),
        ("00B2A11A00", "A10104 9000"),
        ("00B2B21B00", "B20103 9000"),
        ("00B2C31800", "6A83"), // no such identifier
        ("00B2C31900", "6A83"),
        ("00B2001C00", "B20103 9000"), // and the pointer is where it was
        ("00B2001800", "A1020102 9000"), // identifier 00: any
        ("00B2001900", "A10104 9000"),
        ("00B2001B00", "B20103 9000"),
    ]);
}

#[test]
fn without_a_pointer_next_is_the_first_and_previous_the_last() {
    check(&[("00B2A11A00", "A1020102 9000")]);
    check(&[("00B2A11B00", "A10104 9000")]);
    check(&[("00B2001B00", "A10104 9000")]);
}

#[test]
fn a_selection_and_another_file_undefine_the_pointer_and_its_own_short_identifier_does_not() {
    check(&[
        ("00A4020C02 0003", "9000"),
        ("00B2001C00", "6A83"),
        ("00B2B21800", "B20103 9000"),
        ("00B2001C00", "B20103 9000"), // by SFI 3, the file that is current
        ("00B2010C00", "6981"),        // SFI 1 has no records: nothing moves
        ("00B2001C00", "B20103 9000"),
        ("00B2011400", "6F6E6531 9000"), // SFI 2
        ("00B2001C00", "6A83"),          // the pointer is gone
        ("00B2B21800", "B20103 9000"),
        ("00A4020C02 0003", "9000"), // selecting it again, too
        ("00B2000400", "6A83"),
    ]);
}

#[test]
fn all_records_from_one_to_the_last_and_back() {
    check(&[
        ("00B2011D00", "A1020102 B20103 A10104 9000"),
        ("00B2021D00", "B20103 A10104 9000"),
        ("00B2031D00", "A10104 9000"),
        ("00B2041D00", "6A83"),
        ("00B2011E00", "A10104 B20103 A1020102 9000"), // from the last to P1
        ("00B2021E00", "A10104 B20103 9000"),
        ("00B2041E00", "6A83"),
        ("00B2001D00", "6A83"), // from the current one, which is none
        ("00B2B21800", "B20103 9000"),
        ("00B2001D00", "B20103 A10104 9000"),
        ("00B2001E00", "A10104 B20103 9000"),
        ("00B2001C00", "B20103 9000"), // none of it moves the pointer
        ("00B2016500", "6A83"),        // SFI 12 is empty
        ("00B2016600", "6A83"),
        ("00B2016400", "6A83"),
        ("00B2001800", "A1020102 9000"),
    ]);
}

#[test]
fn records_without_tags_have_no_identifiers() {
    check(&[
        ("00B26F1000", "6981"), // the first byte of record 1, but the file is not of TLV records
        ("00B2441000", "6981"),
        ("00B26E2000", "6981"),
        ("00B2556000", "6981"), // empty, and still
        ("00B2001000", "6F6E6531 9000"),
        ("00B2006000", "6A83"),
        ("00B2A14300", "A1020505 9000"),
        ("00B2A14300", "A1020303 9000"),
    ]);
}

#[test]
fn a_fixed_record_is_replaced_at_its_size_only() {
    check(&[
        ("00DC021404 4E657721", "9000"),
        ("00B2021400", "4E657721 9000"),
        ("00DC021403 4E6577", "6700"),
        ("00DC021405 4E65772121", "6700"),
        ("00DC031404 4E657721", "6A83"),
        ("00DC001404 4E657721", "6A83"), // no current record
        ("00DC001004 46726565", "9000"), // first
        ("00DC000404 46726565", "9000"), // now there is one
        ("00DC001104 4C617374", "9000"), // last
        ("00B2011500", "46726565 4C617374 9000"),
        // TLV records keep their tag, and their length is right.
        ("00DC0144 04 B2020102", "6A80"),
        ("00DC0144 04 A1010102", "6A80"),
        ("00DC0144 03 A10101", "6700"),
        ("00DC0144 04 A1029999", "9000"),
        ("00DCA141 04 A1028888", "9000"),
        ("00B2A14000", "A1029999 9000"),
        ("00B2054400", "A1028888 9000"),
    ]);
}

#[test]
fn a_variable_record_grows_and_shrinks_inside_its_place() {
    check(&[
        ("00DC011C 06 A10401020304", "9000"),
        ("00DC011C 07 A1050102030405", "6A84"),
        ("00DC021C 04 B2020000", "6A84"),
        ("00DC011C 03 A10107", "9000"),
        ("00B2011D00", "A10107 B20103 A10104 9000"),
        ("00DC011C 06 A10401020304", "9000"), // its place is as large as before
        ("00DC021C 02 B200", "9000"),
        ("00DC021C 01 B2", "6A80"),
        ("00DC021C 03 B20200", "6A80"),
        ("00DC021C 03 A10155", "6A80"), // another tag
        ("00DC041C 03 A10155", "6A83"),
        ("00B2011D00", "A10401020304 B200 A10104 9000"),
    ]);
}

#[test]
fn update_by_identifier_moves_the_pointer_as_reading_does() {
    check(&[
        ("00DCA11903 A10155", "9000"),
        ("00B2001C00", "A10155 9000"),
        ("00DCA11B03 A10166", "9000"), // previous
        ("00B2001C00", "A10166 9000"),
        ("00DCB21A03 B20177", "9000"), // next
        ("00DC021C03 B20188", "9000"), // by number
        ("00DC001C03 B20199", "9000"), // the current one
        ("00DCA11B04 A1020000", "9000"),
        ("00DCB21A04 B2020000", "6A84"), // refused: the pointer stays
        ("00B2001C00", "A1020000 9000"),
    ]);
}

#[test]
fn appending_to_a_linear_file_ends_when_it_is_full() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[
        ("00E2001004 74687233", "9000"),
        ("00B2000400", "74687233 9000"), // the new one is current
        ("00B2031400", "74687233 9000"),
    ]);
    let before = dialogue.memory();
    dialogue.check(&[
        ("00E2001004 66757534", "6A84"),
        ("00E2001003 667575", "6700"), // a record of another size never fits
        ("00E2004004 A1020000", "6A84"),
        ("00E2004004 B2010000", "6A80"),
    ]);
    assert_eq!(dialogue.memory(), before);
    dialogue.check(&[
        // Six records, thirty bytes: three and twelve are taken.
        ("00E20018 0A C4080102030405060708", "9000"),
        ("00E20018 0B C409010203040506070809", "6700"), // longer than any may be
        ("00E20018 0A C5080102030405060708", "9000"),
        ("00E20018 02 C600", "6A84"), // a sixth would do, but its bytes are not there
        ("00B2041D00", "C4080102030405060708 C5080102030405060708 9000"),
        ("00B2A11900", "A10104 9000"),
    ]);
    // By number of records: three of at most eight bytes, twelve in all.
    Dialogue::with(&STANDARD).check(&[
        ("00E2006001 41", "9000"),
        ("00E2006001 42", "9000"),
        ("00E2006001 43", "9000"),
        ("00E2006001 44", "6A84"),
        ("00B2016500", "414243 9000"),
        ("00DC006001 61", "9000"),
        ("00DC026402 6262", "6A84"), // made one byte long
        ("00B2016500", "614243 9000"),
    ]);
}

#[test]
fn in_a_ring_record_one_is_the_newest_and_the_oldest_goes() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[("00B2012500", "6E6577 9000"), ("00B2022400", "6A83")]);
    dialogue.check(&RING_FILLED[..2]);
    dialogue.check(&[
        ("00B2012500", "74776F 6F6E65 6E6577 9000"),
        ("00B2012600", "6E6577 6F6E65 74776F 9000"),
    ]);
    dialogue.check(&RING_FILLED[2..]);
    dialogue.check(&[
        ("00B2012500", "746872 74776F 6F6E65 9000"),
        ("00B2000400", "746872 9000"), // the appended one is current
        ("00B2000200", "74776F 9000"),
        ("00B2042400", "6A83"),
        ("00E2002002 6161", "6700"),
        ("00E2002004 61616161", "6700"),
    ]);
    for round in 0..7 {
        dialogue.check(&[(&format!("00E2002003 6161{round:02X}"), "9000")]);
    }
    dialogue.check(&[("00B2012500", "616106 616105 616104 9000")]);
}

#[test]
fn updating_a_ring_by_the_standard_replaces_and_only_mode_previous_adds() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&RING_FILLED);
    dialogue.check(&[
        ("00DC012403 414141", "9000"),
        ("00DC032403 434343", "9000"),
        ("00B2012500", "414141 74776F 434343 9000"),
        ("00DC042403 434343", "6A83"),
        ("00DC012402 4343", "6700"),
        ("00B2002100", "434343 9000"), // the last is current
        ("00DC002303 616464", "9000"),
        ("00B2012500", "616464 414141 74776F 9000"),
        ("00B2000400", "616464 9000"), // the new one is current
        ("00DC002302 6161", "6700"),
        ("00DC002203 424242", "9000"), // next: record 2 in place
        ("00B2012500", "616464 424242 74776F 9000"),
    ]);
}

#[test]
fn updating_a_ring_of_the_social_security_dialect_adds_by_number_one() {
    let mut dialogue = Dialogue::with(&SOCIAL);
    dialogue.check(&[
        ("00DC012403 6F6E65", "9000"),
        ("00DC012403 74776F", "9000"),
        ("00DC012403 746872", "9000"),
        ("00B2012500", "746872 74776F 6F6E65 9000"),
        ("00DC012402 7468", "6700"),
        ("00DC022403 746872", "6A86"),
        ("00DC002403 746872", "6A86"),
        ("00DC002303 616464", "9000"),
        ("00B2012500", "616464 746872 74776F 9000"),
    ]);
}

/// Each line breaks a rule and those that are checked after it, too.
#[test]
fn checks_come_in_the_documented_order() {
    check(&[
        ("00B201FF", "6A86"), // SFI 31 and mode 111
        ("00B201FC", "6A86"), // SFI 31
        ("00B2011F", "6A86"), // mode 111
        ("00DC011D", "6A86"), // all from: reading only
        ("00DC011E", "6A86"),
        ("00DC011F", "6A86"),
        ("00DC01FC", "6A86"),
        ("00E20118", "6A86"), // APPEND has no number
        ("00E20019", "6A86"), // and no mode
        ("00E200F8", "6A86"),
        ("00B201EC", "6700"),        // Le absent
        ("00B201EC0100 00", "6700"), // data
        ("00DC01EC", "6700"),        // no data
        ("00E200E8", "6700"),
        ("00B2010400", "6986"), // no current EF
        ("00DC010401 00", "6986"),
        ("00E2000001 00", "6986"),
        ("00B201EC00", "6A82"), // SFI 29
        ("00DC01EC01 00", "6A82"),
        ("00E200E801 00", "6A82"),
        ("00B2010C00", "6981"), // transparent
        ("00B2012C00", "6981"), // and deactivated: structure first
        ("00B2015400", "6981"), // and behind a key: the same
        ("00DC010C01 00", "6981"),
        ("00E2000801 00", "6981"),
    ]);
    let mut guarded = Dialogue::with(&STANDARD);
    let closed = |fid, life_cycle, read, update| EfSpec {
        life_cycle,
        read,
        update,
        ..ef(fid, fid as u8, FIXED)
    };
    let mut env = guarded.rig.env();
    for spec in [
        closed(0x0010, LifeCycle::DEACTIVATED, Access::Never, Access::Never),
        closed(0x0011, LifeCycle::ACTIVATED, Access::Pin, Access::Never),
    ] {
        files::create_ef(&mut env, DfId::ROOT, &spec).unwrap();
    }
    guarded.check(&[
        ("00B2018400", "6985"),
        ("00DC018401 00", "6985"),
        ("00E2008001 00", "6985"),
        ("00B2018C00", "6982"), // before 6A83
        ("00DC018C01 00", "6982"),
        ("00E2008801 00", "6982"),
        ("0020000003 123456", "9000"),
        ("00B2018C00", "6A83"),
        ("00DC018C01 00", "6982"),
    ]);
}

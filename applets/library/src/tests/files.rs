//! Selection, reading by each way, what may be written and what becomes of it.

use super::*;

#[test]
fn it_is_selected_by_name_and_by_identifier() {
    let mut card = Dialogue::usual();
    let fci = digits(&bytes("6F0A 8408F05353432E4C4231 9000"));
    assert_eq!(card.select(Target::Df(DfId::ROOT)), fci);
    assert_eq!(card.select(Target::PathFromRoot(&[])), fci);
    card.check(&[("00A4000002EF05", "9000"), ("00A4000002EF08", "9000")]);
    card.check(&[("00A4000002EF06", "6A82"), ("00A4000002DF0C", &fci)]);
    let env = card.0.env();
    assert_eq!(Library.df_by_name(&env, b"\xF0SSC.LB", 0), Ok(Some(DfId::ROOT)));
    assert_eq!(Library.df_by_name(&env, b"\xF0SSC.LB", 1), Ok(None));
    assert_eq!(Library.df_by_name(&env, b"\xF0SSC.ML", 0), Ok(None));
}

#[test]
fn the_reader_is_free_to_read_by_number_by_tag_and_at_once() {
    let all = "01 10 33333034303030303030303030303031 02 04 20260101 03 01 31 04 01 30 05 01 10";
    let mut card = Dialogue::usual();
    card.check(&[
        ("00B2012C00", "01 10 33333034303030303030303030303031 9000"),
        ("00B2032C00", "03 01 31 9000"),
        ("00B2052800", "05 01 10 9000"), // by its tag
        ("00B2012D00", &format!("{all} 9000")),
        ("00B2062C00", "6A83"),
        ("00B2062800", "6A83"),
        ("00B2014400", "6A83"), // no loan yet
        ("00B2013400", "6A82"), // no such file
    ]);
}

#[test]
fn items_that_are_not_given_are_not_written() {
    let mut card = Dialogue::new(&object(0xC2, &bytes("01 313233")));
    card.check(&[(
        "00B2012D00",
        "01 10 31323300000000000000000000000000 02 04 FFFFFFFF 03 01 00 04 01 00 05 01 FF 9000",
    )]);
}

#[test]
fn loans_are_read_from_the_newest_and_the_oldest_is_lost() {
    let mut card = Dialogue::usual();
    assert_eq!(card.show(UK2, &triple_des(UK2)), "9000");
    card.check(&[
        (&format!("00E2004015{BORROWED}"), "9000"),
        (&format!("00E2004015{RETURNED}"), "9000"),
        ("00B2014400", &format!("{RETURNED} 9000")),
        ("00B2024400", &format!("{BORROWED} 9000")),
        ("00B2034400", "6A83"),
        ("00B2014000", "6981"), // its records have no tags
    ]);
    // UPDATE of record 1 adds one too, as everywhere in this family of cards.
    for branch in 1..=20 {
        let loan = format!("4E 30303030303030303939 20260801 20260829 {branch:04X}");
        card.check(&[(&format!("00DC014415{loan}"), "9000")]);
    }
    for number in 1..=20 {
        let newest = format!("4E 30303030303030303939 20260801 20260829 {:04X}", 21 - number);
        card.check(&[(&format!("00B2{number:02X}4400"), &format!("{newest} 9000"))]);
    }
    card.check(&[("00B2154400", "6A83")]);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut card = Dialogue::usual();
    assert_eq!(card.show(UK1, &triple_des(UK1)), "9000");
    assert_eq!(card.show(UK2, &triple_des(UK2)), "9000");
    let before = card.memory();
    card.check(&[
        ("00DC032C03040132", "6A80"),   // another tag
        ("00DC032C03030232", "6A80"),   // another length than it says
        ("00DC032C0403023232", "6A84"), // longer than the record
        ("00DC062C03030132", "6A83"),
        ("00E2002803060132", "6A84"), // a file of five records
        ("00E2004014 4230303030303030303432202607012026072900", "6700"),
        ("00DC024415 42 30303030303030303432 20260701 20260729 0007", "6A86"),
        ("00D6850001FF", "6981"), // no bytes but records
        ("00B0850000", "6981"),
    ]);
    assert!(card.memory() == before);
    card.check(&[("00DC032C03030132", "9000"), ("00B2032C00", "03 01 32 9000")]);
}

/// There is no PIN, no money, and nothing to build.
#[test]
fn commands_of_other_applications_are_unknown() {
    let mut card = Dialogue::usual();
    let before = card.memory();
    card.check(&[
        ("0020000003123456", "6A88"),
        ("00200000", "6A88"),
        ("805E010007123456FF654321", "6A88"),
        ("842400000400000000", "6D00"),
        ("805000020B0100000001330499000001", "6D00"), // a purse's
        ("805C000204", "6D00"),
        ("D0280101 00", "6E00"), // the medical account's
        ("D0CA01000C", "6E00"),
        ("D09A000000", "6E00"), // the employer's
        ("80E03F000D38FFFFF0F001FFFFFFFFFFFFFF", "6D00"),
        ("00E0000000", "6D00"),
        ("0C B2012C00", "6882"),
    ]);
    assert!(card.memory() == before);
}

/// Class and instruction by themselves, for all of them: an answer, and never that of a fault.
#[test]
fn every_instruction_of_every_class_is_answered() {
    let mut card = Dialogue::usual();
    for class in 0..=0xFE_u8 {
        for ins in (0..=0xFF_u8).filter(|&ins| ins != 0xA4) {
            for rest in ["0000", "012C00", "0044150000000000000000000000000000000000000000"] {
                let mut command = format!("{class:02X}{ins:02X}{rest}");
                if rest.len() > 10 {
                    command += "0000";
                }
                let answer = card.send(&command);
                assert_ne!(answer, "6F00", "{command}");
            }
        }
    }
}

#[test]
fn another_channel_begins_with_nothing_shown() {
    let mut card = Dialogue::usual();
    assert_eq!(card.show(UK2, &triple_des(UK2)), "9000");
    Library.inherit(&mut card.0.env());
    card.check(&[(&format!("00E2004015{BORROWED}"), "6982"), ("00B2032C00", "030131 9000")]);
}

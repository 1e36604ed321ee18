//! What the card answers: selection, reading each way, each file's conditions.

use tessera_cos::Access;

use super::*;
use crate::structure::{Content, Df, File};

fn whole() -> Dialogue {
    Dialogue::of(&data(&every_file(), Some(PIN), &log()))
}

/// One record for each ring, so that all can be read.
fn log() -> Vec<Vec<u8>> {
    let mut objects = Vec::new();
    for df in DFS {
        for file in df.files {
            if let Content::Cyclic { fields, .. } = file.content {
                let bytes = fields.iter().map(|field| usize::from(field.bytes)).sum();
                let record = [&[df.number(), file.sfi, 1], &vec![file.sfi; bytes][..]].concat();
                objects.push(object(0xC4, &record));
            }
        }
    }
    objects
}

/// Selects a directory by its name, as terminals do from anywhere.
fn enter(card: &mut Dialogue, df: &Df) {
    let name = hex(df.name);
    assert!(card.send(&format!("00A40400{:02X}{name}", df.name.len())).ends_with("9000"));
}

/// The commands that read a file's beginning, by its short identifier.
fn reading(file: &File) -> String {
    match file.content {
        Content::Transparent { .. } => format!("00B0{:02X}0000", 0x80 | file.sfi),
        _ => format!("00B201{:02X}00", file.sfi << 3 | 4),
    }
}

/// Commands that would write a file if they were let.
fn writing(card: &mut Dialogue, file: &File) -> Vec<String> {
    match file.content {
        Content::Transparent { .. } => vec![format!("00D6{:02X}000155", 0x80 | file.sfi)],
        _ => {
            let read = card.send(&reading(file));
            let record =
                read.strip_suffix("9000").filter(|data| !data.is_empty()).unwrap_or("5500");
            let (lc, p2) = (record.len() / 2, file.sfi << 3);
            vec![
                format!("00DC01{:02X}{lc:02X}{record}", p2 | 4),
                format!("00DC00{:02X}{lc:02X}{record}", p2 | 3),
                format!("00E200{p2:02X}{lc:02X}{record}"),
            ]
        }
    }
}

#[test]
fn selection_answers_as_the_traces_do() {
    let mut card = whole();
    card.check(&[
        (SELECT_SSSE, "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000"),
        ("00A4000002 EF05", "9000"),
        ("00A4020002 EF06", "9000"),
        ("00A4000002 EF99", "6A82"),
        ("00A4000002 DF01", "6F08 8406D15600000500 9000"),
        ("00A4000002 EF05", "9000"),
        ("00A4000002 DF02", "6F08 8406D15600000501 9000"), // from one directory to another
        ("00A4040006 D15600000502", "6F08 8406D15600000502 9000"),
        ("00A4000002 DF04", "6F08 8406D15600000503 9000"),
        ("00A4000002 DF07", "6F08 8406D15600000504 9000"),
        ("00A4000002 DF09", "6A82"),
        ("00A4040006 D15600000509", "6A82"),
        ("00A4000002 DDF1", "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000"),
    ]);
    let mut other = data(&every_file(), None, &[]);
    let at = other.windows(3).position(|bytes| bytes == [0x88, 0x01, 0x1E]).unwrap();
    other[at + 2] = 0x10;
    Dialogue::of(&other)
        .check(&[(SELECT_SSSE, "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 880110 9000")]);
}

/// Reader programs select directories with P1 02, too.
#[test]
fn a_directory_is_selected_with_p1_02_as_well() {
    let mut card = whole();
    card.check(&[
        (SELECT_SSSE, "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000"),
        ("00A4020002 DF01", "6F08 8406D15600000500 9000"),
        ("00A4020002 DF03", "6F08 8406D15600000502 9000"),
        ("00A4020002 EF05", "9000"),
        ("00A4020002 DF09", "6A82"),
    ]);
}

#[test]
fn every_file_opens_to_whom_its_conditions_name_and_to_nobody_else() {
    let with_pin = whole();
    let without = Dialogue::of(&data(&every_file(), None, &log()));
    let mut files = 0;
    for df in DFS {
        for file in df.files {
            // Shown nothing; shown the PIN in the environment; in the directory; no PIN set.
            for (state, shown) in [(0, false), (1, true), (2, true), (3, true)] {
                let mut card = if state == 3 { without.clone() } else { with_pin.clone() };
                if state == 1 {
                    card.check(&[("0020000003123456", "9000")]);
                }
                enter(&mut card, df);
                if state == 2 {
                    card.check(&[("0020000003123456", "9000")]);
                }
                let open = match file.read {
                    Access::Always => true,
                    Access::Pin | Access::PinOrKey(_) => shown,
                    _ => false,
                };
                let answer = card.send(&reading(file));
                let at = format!("{}/{:04X} in state {state}: {answer}", df.english, file.fid());
                assert_eq!(answer.ends_with("9000"), open, "{at}");
                assert_eq!(answer == "6982", !open, "{at}");
                for command in writing(&mut card, file) {
                    assert_eq!(card.send(&command), "6982", "{at}: {command}");
                }
            }
            files += 1;
        }
    }
    assert_eq!(files, 40);
}

#[test]
fn a_record_is_read_by_tag_by_number_and_with_all_that_follow() {
    let name = unhex("06 06 02 091EB2E2CAD4BCD70000000000000000000000000000000000000000000000 00");
    let name = [&[0_u8][..], &name[1..]].concat();
    let mut card = Dialogue::of(&data(&every_file(), Some(PIN), &[object(0xC4, &name)]));
    let shown = "091EB2E2CAD4BCD7000000000000000000000000000000000000000000000000";
    let extension = "4E140000000000000000000000000000000000000000";
    let rest = format!("{extension} 0A0100 0B01FF 0C03FFFFFF 0D04FFFFFFFF 9000");
    card.check(&[
        (SELECT_SSSE, "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000"),
        ("00B2090400", "6986"), // nothing selected yet
        ("00A4000002 EF06", "9000"),
        ("00B2090000", &format!("{shown}9000")),
        ("00B2020400", &format!("{shown}9000")),
        ("00B2020420", &format!("{shown}9000")),
        ("00B24E0016", &format!("{extension}9000")), // the name goes on in the third record
        ("00B2030416", &format!("{extension}9000")),
        ("00B20A0003", "0A0100 9000"), // not written: an 00, cn FF
        ("00B2040403", "0A0100 9000"),
        ("00B20D0006", "0D04FFFFFFFF 9000"),
        ("00B2070406", "0D04FFFFFFFF 9000"),
        ("00B20304FF", &format!("{extension}9000")), // Le FF with less data is no mistake
        ("00B2030500", &rest),
        ("00B2080500", "6A83"),
        ("00B2080400", "6A83"),
        ("00B2070500", "0D04FFFFFFFF 9000"),
        ("00B2550000", "6A83"),                         // no such tag
        ("00B2072C0B", "0709 000000000000000000 9000"), // record 7 of SFI 05
        ("00B207280B", "0709 000000000000000000 9000"), // its tag 07
        ("00B0850000", "6981"),
        ("00B2013C00", "6981"),
    ]);
}

#[test]
fn records_of_one_tag_are_told_apart_by_number_and_by_next() {
    let degree = |record, byte| {
        let value = [&[1, 0x15, record, 0x40, 52][..], &[byte; 52]].concat();
        object(0xC4, &value)
    };
    let mut card = Dialogue::of(&data(&every_file(), None, &[degree(2, 0xAA), degree(4, 0xCC)]));
    card.check(&[("00A4000002 DF01", "6F08 8406D15600000500 9000")]);
    let (first, third) = ("AA".repeat(52), "CC".repeat(52));
    let unwritten = format!("5703000000 5803FFFFFF 5928{}", "00".repeat(40));
    card.check(&[
        ("00B201AC00", "2A01FF 9000"),
        ("00B240A800", &format!("4034{first}9000")),
        ("00B240AA00", &format!("4034{unwritten}9000")),
        ("00B240AA00", &format!("4034{third}9000")),
        ("00B240AA00", "6A83"),
        ("00B240A900", &format!("4034{third}9000")),
        ("00B203AC00", &format!("4034{unwritten}9000")),
    ]);
}

#[test]
fn a_rings_newest_record_is_number_one_and_has_no_tag() {
    let record = |byte| {
        let value = [&[4, 0x15, 1][..], &[byte; 3]].concat();
        object(0xC4, &value)
    };
    let records: Vec<_> = (1..=10).map(record).collect(); // the oldest first, two too many
    let mut card = Dialogue::of(&data(&every_file(), None, &records));
    card.check(&[
        ("00A4000002 DF04", "6F08 8406D15600000503 9000"),
        ("00B201AC03", "0A0A0A 9000"),
        ("00B208AC03", "030303 9000"),
        ("00B209AC03", "6A83"),
        ("00B20AA803", "6981"), // by its first byte: a ring has no tags
        ("00B2014400", "6A83"), // the log is empty
    ]);
}

#[test]
fn the_pin_has_six_tries_and_p2_00() {
    let mut card = whole();
    card.check(&[("0020008103123456", "6A88"), ("00200000", "63C6")]);
    for left in (0..6).rev() {
        card.check(&[("0020000003999999", &format!("63C{left}"))]);
    }
    card.check(&[("0020000003123456", "6983")]);
}

/// Other applications' commands are no part of this card.
#[test]
fn a_purses_commands_are_unknown_here() {
    let mut card = whole();
    for command in ["80500002 0B 0100000001000000000000", "8054010000", "805C000204", "8052000000"]
    {
        card.check(&[(command, "6D00")]);
    }
    card.check(&[("8452000000", "6D00"), ("9050000000", "6E00"), ("D050000000", "6E00")]);
}

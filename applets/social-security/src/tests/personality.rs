//! Cards V1.0, and what a region adds.

use super::*;
use crate::{generation::Generation, structure::Content, version_1};

const DF01: &str = "00A4000002 DF01";
const DF01_FCI: &str = "6F08 8406D15600000500 9000";

fn version_1(more: &[Vec<u8>]) -> Dialogue {
    let dfs = Generation::Version1.dfs();
    let pairs: Vec<u8> = dfs
        .iter()
        .flat_map(|df| df.files.iter().flat_map(|file| [df.number(), file.sfi]))
        .collect();
    let generation = object(0xCD, &[1]);
    Dialogue::of(&data(&pairs, Some(PIN), &[&[generation], more].concat()))
}

/// Conditions in place of the table's: read free, update with the PIN.
fn open(df: u8, sfi: u8) -> Vec<u8> {
    object(0xC6, &[df, sfi, 0x01, 0, 0x02, 0])
}

#[test]
fn the_directories_with_labels_are_found_by_both_names() {
    let mut card = Dialogue::of(&data(&every_file(), None, &[]));
    let life = "C9FAC3FCD3EBBDA1BFB5D0C5CFA2C7F8";
    let relief = "BEC8D6FAD3EBD3C5B8A7D0C5CFA2C7F8";
    let fci = |name: &str| format!("6F12 8410{name} 9000");
    card.check(&[
        (&format!("00A4040010{life}"), &fci(life)),
        ("00B2012C00", "A00100 9000"),
        ("00B2092C00", "A318 A51000000000000000000000000000000000 A60400000000 9000"),
        (&format!("00A4040010{relief}"), &fci(relief)),
        ("00B2012C00", "6982"),
        ("00A4040006 D15600000505", &fci(life)),
        ("00A4040006 D15600000506", &fci(relief)),
        ("00A4000002 DF05", &fci(life)),
        ("00A4040006 D15600000507", "6A82"),
        ("00A4040007 D1560000050500", "6A82"),
    ]);
    // A name cut short finds those that are called so first, each once.
    let name = unhex("D156000005");
    let found: Vec<_> = (0..9)
        .map_while(|nth| SocialSecurity.df_by_name(&card.0.env(), &name, nth).unwrap())
        .collect();
    assert_eq!(found.len(), 7);
    assert!((1..7).all(|nth| !found[..nth].contains(&found[nth])));
    let mut without = Dialogue::of(&data(&[0, 5], None, &[]));
    without.check(&[("00A4040006 D15600000505", "6A82")]);
}

#[test]
fn a_card_v1_has_the_files_and_the_records_of_its_tables() {
    let mut card = version_1(&[]);
    card.check(&[
        (SELECT_SSSE, "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000"),
        ("00B2033400", "0A0100 9000"), // no name extension
        ("00B24E3000", "6A83"),
        ("00A4000002 EF08", "6A82"),
        (DF01, DF01_FCI),
        ("00A4000002 EF15", "6A82"),
        ("0020000003123456", "9000"),
        ("00B2013C00", "290100 9000"),
        ("00B2023C00", "2A01FF 9000"),
        ("00B2025400", "3804FFFFFFFF 9000"),
        ("00A4000002 DF07", "6A82"),
    ]);
    let mut files = 0;
    for file in Generation::Version1.dfs().iter().flat_map(|df| df.files) {
        files += 1;
        if let Content::Items { fixed: true, items } = file.content {
            assert!(items.iter().all(|item| item.bytes == items[0].bytes), "{}", file.english);
        }
    }
    assert_eq!(files, 16);
}

/// Own computation of annex C; the last two are what does not fit its rule.
#[test]
fn an_item_rewritten_with_its_new_meaning_keeps_its_length_and_ends_in_e() {
    let places = [(1, 0x0A), (2, 6), (3, 5), (4, 5), (4, 6), (1, 9), (1, 7)];
    let mut card = version_1(&places.map(|(df, sfi)| open(df, sfi)));
    let show = ("0020000003123456", "9000");
    let scheme = format!("8146 3331303130313030 {}", "EE".repeat(62));
    card.check(&[
        (DF01, DF01_FCI),
        show,
        ("00DC025404 38023133", "9000"), // political status 13, a fixed record
        ("00B2025400", "38043133EEEE 9000"),
        ("00DC025406 380400450000", "9000"), // the old meaning
        ("00B2025400", "380400450000 9000"),
        ("00DC054C04 32023234", "9000"),
        ("00B2054C00", "32033234EE 9000"),
        ("00DC025407 38050045000000", "6A84"),
        ("00DC025404 37023133", "6A80"),
        ("00DC025404 38033133", "6A80"),
        ("00DC013C04 29023131", "6700"), // a file of whose items none has another meaning
        ("00A4000002 DF03", "6F08 8406D15600000502 9000"),
        show,
        ("00DC012C05 6103330400", "9000"),
        ("00B2012C00", "6104330400EE 9000"),
        ("00B2612800", "6104330400EE 9000"),
        ("00A4000002 DF04", "6F08 8406D15600000503 9000"),
        show,
        ("00DC013403 900131", "9000"),
        ("00B2013400", "900431EEEEEE 9000"),
        ("00DC012C0A 8108 3331303130313030", "9000"),
        ("00B2012C00", &format!("{scheme} 9000")),
        ("00A4000002 DF02", "6F08 8406D15600000501 9000"),
        show,
        ("00DC013407 4B05 3131333030", "6A84"), // five characters do not fit four bytes
        ("00DC013406 4B04 20120701", "9000"),
        ("00DC033408 4F06 313131313131", "6A84"),
    ]);
}

#[test]
fn other_cards_do_not_fill() {
    let mut card = Dialogue::of(&data(&every_file(), Some(PIN), &[open(1, 0x0A)]));
    card.check(&[
        (DF01, DF01_FCI),
        ("0020000003123456", "9000"),
        ("00DC025403 380131", "9000"),
        ("00B2025400", "380131 9000"),
    ]);
}

#[test]
fn a_torn_rewriting_is_there_or_not() {
    let mut card = version_1(&[open(3, 5)]);
    card.check(&[("00A4000002 DF03", "6F08 8406D15600000502 9000"), ("0020000003123456", "9000")]);
    let mut torn = card.clone();
    torn.0.tear_at(1);
    let command = unhex("00DC012C05 6103330400");
    let apdu = Apdu::parse(&command).unwrap();
    let command = Command {
        class: Class::decode(apdu.cla),
        ins: apdu.ins,
        p1: apdu.p1,
        p2: apdu.p2,
        data: apdu.data,
        ne: apdu.ne,
        ne_is_maximum: false,
        interface: Interface::ContactlessA,
    };
    let mut buffer = [0; 64];
    let answer = torn.0.process(&SocialSecurity, &command, &mut Reply::new(&mut buffer));
    assert!(matches!(answer, Err(Halt::Torn(_))));
    torn.0.power_on();
    torn.check(&[
        ("00A4000002 DF03", "6F08 8406D15600000502 9000"),
        ("00B2012C00", "6104FFFFFFFF 9000"),
    ]);
}

#[test]
fn an_unknown_generation_is_refused() {
    for code in [0, 3, 0xFF] {
        let refused =
            Rig::<20_480>::with(&SocialSecurity, &data(&[0, 5], None, &[object(0xCD, &[code])]));
        assert_eq!(refused.err(), Some(Halt::Status(StatusWord::WRONG_DATA)));
    }
}

#[test]
fn items_that_kept_their_meaning_are_stored_as_they_come() {
    let places = [(1, 9), (3, 5), (3, 7), (4, 5)];
    let mut card = version_1(&places.map(|(df, sfi)| open(df, sfi)));
    let show = ("0020000003123456", "9000");
    card.check(&[
        (DF01, DF01_FCI),
        show,
        ("00DC014C04 2E024142", "9000"),
        ("00B2014C00", "2E024142 9000"),
        ("00DC034C04 30024142", "9000"),
        ("00B2034C00", "30024142 9000"),
        ("00A4000002 DF03", "6F08 8406D15600000502 9000"),
        show,
        ("00DC022C04 60022012", "9000"),
        ("00B2022C00", "60022012 9000"),
        ("00DC033C04 6E022012", "9000"),
        ("00B2033C00", "6E022012 9000"),
        ("00DC053C04 6F022012", "9000"), // follows 71
        ("00B2053C00", "6F042012EEEE 9000"),
        ("00A4000002 DF04", "6F08 8406D15600000503 9000"),
        show,
        ("00DC042C03 800120", "9000"),
        ("00B2042C00", "800120 9000"),
    ]);
}

/// Every item of the list is in a record that can be marked.
#[test]
fn every_item_of_another_meaning_is_marked() {
    let mut marked = 0;
    for df in Generation::Version1.dfs() {
        for file in df.files {
            let marks = Generation::Version1.filled_records(df.fid, file).count_ones() as usize;
            assert_eq!(marks, version_1::rewritable(df.fid, file.sfi).len(), "{}", file.english);
            assert_eq!(Generation::Version2.filled_records(df.fid, file), 0);
            marked += marks;
        }
    }
    assert_eq!(marked, 22);
}

#[test]
fn a_region_adds_directories_files_items_and_records() {
    let own_df = object(0xCA, &[&[0x0D][..], &unhex("D1560000050D")].concat());
    let key = object(0xC1, &[&[0x0D, 1, 0x83, 1, 0][..], &[7; 16]].concat());
    let free = [0x01, 0, 0x02, 0];
    let file = |df, sfi, kind: &[u8]| object(0xCB, &[&[df, sfi], &free[..], kind].concat());
    let record = |bytes: &[u8]| object(0xC4, bytes);
    let more = [
        own_df,
        key,
        file(0x0D, 5, &[0x05]),
        record(&[0x0D, 5, 1, 0xE8, 2, 0x41, 0x42]),
        record(&[0x0D, 5, 2, 0xE9, 1, 0xFF]),
        file(0x0D, 6, &[0x06, 2, 3]),
        record(&[0x0D, 6, 1, 9, 9]),
        file(1, 0x0C, &[0x01, 0, 4]),
        object(0xC5, &[1, 0x0C, 0, 1, 0x5A]),
        record(&[1, 7, 2, 0xEA, 1, 0x31]), // an item behind those of the text
        object(0xCC, &[2, 0x16, 6]),
        open(1, 7),
        object(0xC9, &[1, 7]),
    ];
    let rings = (1..=7).map(|n| record(&[&[2, 0x16, 1][..], &[n; 18]].concat()));
    let more: Vec<_> = more.into_iter().chain(rings).collect();
    let mut card = Dialogue::of(&data(&every_file(), Some(PIN), &more));
    card.check(&[
        ("00A4040006 D1560000050D", "6F08 8406D1560000050D 9000"),
        ("00B2012C00", "E8024142 9000"),
        ("00B2E92800", "E901FF 9000"),
        ("00B2032C00", "6A83"),
        ("00B2013400", "0909 9000"),
        ("00820083 10 00000000000000000000000000000000", "6984"), // its key is there
        ("0020000003123456", "9000"),
        ("00DC012C04 E8024344", "9000"),
        (DF01, DF01_FCI),
        ("00B08C0004", "005A0000 9000"),
        ("00B2023C00", "EA0131 9000"),
        ("00B2013D00", "290100EA0131 9000"),
        ("0020000003123456", "9000"),
        ("00DC013C03 290131", "6987"), // an update of it is to carry a MAC
        ("00A4000002 DF02", "6F08 8406D15600000501 9000"),
        ("0020000003123456", "9000"),
        ("00B206B400", &format!("{} 9000", "02".repeat(18))), // the second of seven
        ("00B207B400", "6A83"),
    ]);
}

#[test]
fn what_a_region_may_not_add_is_refused() {
    let free = [0x01, 0, 0x02, 0];
    let file = |df, sfi, kind: &[u8]| object(0xCB, &[&[df, sfi], &free[..], kind].concat());
    for (bad, why) in [
        (object(0xCA, &[9, 0xD1, 0x56, 0, 0, 5, 9]), "a directory before DF0A"),
        (object(0xCA, &[0x0D, 1, 2, 3, 4]), "a name of four bytes"),
        (file(1, 0x0B, &[0x01, 0, 4]), "a file before EF0C"),
        (file(1, 0x16, &[0x01, 0, 4]), "a file of the text"),
        (file(1, 0x0C, &[0x02, 0, 4]), "no such kind"),
        (object(0xC4, &[0, 6, 8, 0xE8, 1, 1]), "an item of the environment"),
        (object(0xC4, &[1, 7, 3, 0xE8, 1, 1]), "an item behind a gap"),
        (object(0xC4, &[3, 0x19, 5, 0x79, 1, 1]), "a record of a fixed file"),
        (object(0xCC, &[2, 0x16, 3]), "a shorter ring"),
        (object(0xCC, &[1, 7, 9]), "more records of no ring"),
        (object(0xC9, &[1, 0x0C]), "a MAC for no file"),
    ] {
        let refused = Rig::<20_480>::with(&SocialSecurity, &data(&every_file(), None, &[bad]));
        assert_eq!(refused.err(), Some(Halt::Status(StatusWord::WRONG_DATA)), "{why}");
    }
    let twice = [
        object(0xCA, &[0x0D, 0xD1, 0x56, 0, 0, 5, 0x0D]),
        object(0xCA, &[0x0E, 0xD1, 0x56, 0, 0, 5, 0x0D]),
    ];
    let refused = Rig::<20_480>::with(&SocialSecurity, &data(&every_file(), None, &twice));
    assert_eq!(refused.err(), Some(Halt::Status(StatusWord::NAME_EXISTS)));
}

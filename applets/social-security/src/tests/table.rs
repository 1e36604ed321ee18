//! The table against the ministry's: every file and item, conditions, sizes.

use std::collections::BTreeSet;

use tessera_cos::Access;

use super::*;
use crate::structure::Class as FileClass;
use crate::structure::{Content, Df, File, Format, Item};

/// Every file as notice 37 of 2012 and the key index table of 2013 have it: who reads; who updates;
/// class; items with format and bytes (decimal), `x` so many records; bytes of all records.
const MINISTRY: &str = "\
SSSE/EF05 free; 04; in use: 01 cn16, 02 an1, 03 an4, 04 cn12, 05 cn4, 06 cn4, 07 an9 = 64
SSSE/EF06 free; 04; in use: 08 an18, 09 an30, 4E an20, 0A an1, 0B cn1, 0C cn3, 0D cn4 = 91
SSSE/EF07 0A; 04; preset: transparent = 768
SSSE/EF08 0A; 04; preset: transparent = 4096
DF01/EF05 PIN or 88; 83; in use: 20 an2, 21 an80, 0E cn3 = 91
DF01/EF06 PIN or 88; 86; in use: 23 an80, 24 cn3, 28 an15, 2C an50, 2D an15 = 173
DF01/EF07 PIN or 88; 84; in use: 29 an1 = 3
DF01/EF08 PIN or 88; 85; in use: 2B an1 = 3
DF01/EF09 PIN or 88; 84; in use: 2E an70, 30 an9, 32 an2 = 87
DF01/EF0A PIN or 88; 87; in use: 37 an3, 38 an2, 39 cn4 = 15
DF01/EF15 PIN or 88; 89; in use: 2A cn1, 40 x3 52 (57 an3, 58 cn3, 59 an40) = 165
DF01/EF16 free; 8A; reserved: transparent = 296
DF01/EF17 free; 8B; reserved: transparent = 296
DF01/EF18 free; 8C; reserved: transparent = 296
DF01/EF19 free; 8D; reserved: transparent = 296
DF01/EF1A free; 8E; reserved: transparent = 296
DF02/EF05 PIN or 88; 83; preset: 42 an3, 41 an3, 43 x2 108 (5A an7, 5B an1, 5C an70, 5D cn4, 5E an16), 44 x2 101 (33 an3, 34 an70, 35 cn4, 36 an16) = 436
DF02/EF06 PIN or 88; 84; in use: 4C cn4, 4B an5, 4D cn3, 60 cn4, 4F an6, 50 cn3, 3A an7 = 46
DF02/EF07 PIN or 88; 85; in use: ring of 4 times an7, cn4, cn4, an70 = 340
DF02/EF09 PIN or 88; 86; in use: 55 an16, 56 an70, 96 cn4, 97 cn3 = 101
DF02/EF15 PIN or 88; 87; in use: 99 x4 16 (10 an3, 11 cn4, 12 cn3), 0F cn4, 1F cn3 = 83
DF02/EF16 PIN or 88; 89; in use: ring of 4 times an3, cn4, cn4, cn4, cn3 = 72
DF03/EF05 PIN or 85; 86; in use: 61 cn3, 60 cn4, 98 cn4, 62 cn4, 63 an3, 64 an3, 65 an3, 66 an3 = 43
DF03/EF06 PIN or 84; 87; in use: 45 an20, 46 an2, 47 an2, 48 an1, 49 an1, 67 cn4, 6B an60, 4A x3 97 (13 an2, 14 an1, 15 an20, 16 cn4, 17 an60) = 401
DF03/EF07 PIN or 84; 88; in use: 70 an3, 71 cn3, 6E cn4, 6C cn4, 6F cn4, 73 cn4 = 34
DF03/EF15 PIN or 84; 89; in use: 7A cn3, 7B cn4, 7C cn4 = 17
DF03/EF16 PIN or 84; 8A; in use: 51 cn3, 5F an1 = 8
DF03/EF17 PIN or 84; 8B; in use: 3B an20, 3C an70, 3D an1, 3E cn4, 3F an60 = 165
DF03/EF18 PIN or 84; 8C; in use: 74 an3, 75 cn3, 76 cn1, 77 cn4, 78 cn4 = 25
DF03/EF19 PIN or 84; 8D; in use: fixed 79 x4 39 (18 an3, 19 cn3, 1A cn4, 1B cn4, 1C cn4, 1D an3, 1E cn4) = 164
DF04/EF05 PIN or 84; 85; in use: 81 an8, 84 cn3, 87 an17, 8C cn1, 80 cn4, 8B an29, 8A an15, 83 an9, 86 an9, 89 an9, 7D an9, 7E an9, 7F an9, 8D an9, 8E an9, 8F an1 = 182
DF04/EF06 PIN and 84; 86; in use: 90 an1, 92 cn4, 93 an2 = 13
DF04/EF08 PIN; never; in use: ring of 30 times b2, an1, cn6, cn7, b4, b4, b4 = 840
DF04/EF15 PIN or 84; 86; in use: ring of 8 times b2, an1 = 24
DF05/EF05 free; 83; informative: A0 an1, A1 an1, B9 an1, A2 an4, A9 cn1, A3 x5 24 (A5 an16, A6 an4), A4 x5 23 (A7 an16, A8 an3), BA an20, BB an100, AA an20, AB cn4, AC an1, AD an1, AE an1, AF an1, B0 an1, B1 an1, B2 an1, B3 an1, B4 an1, B5 an1, B6 an1, B7 an1, BC an1, B8 an40 = 506
DF06/EF05 83; 85; informative: C0 an70, C2 an9, C3 26 (E3 cn1, E4 cn4, E5 cn4, E6 cn4, E7 cn3), C4 26 (E3 cn1, E4 cn4, E5 cn4, E6 cn4, E7 cn3), C5 26 (E3 cn1, E4 cn4, E5 cn4, E6 cn4, E7 cn3) = 167
DF06/EF06 83; 86; informative: C6 an70, C8 an9, C9 cn1, CA cn4, CB cn4, CC cn4, CD cn2, CE cn1, CF cn4, D0 cn4, D1 cn4, D2 cn3, D3 cn1, D4 cn4, D5 cn4, D6 cn4, D7 cn3, D8 cn1, D9 cn4, DA cn4, DB cn4, DC cn4, DD cn4, DE cn4, DF cn3, E0 cn3, E1 cn2, E2 cn2 = 217
DF07/EF05 83; 86; preset: F0 an2, F1 an1, F2 cn4, F3 an3, F4 cn4 = 24
DF07/EF06 84; 87; preset: F5 an3, F6 cn4, F7 an70 = 83
DF07/EF07 85; 88; preset: F8 cn4, F9 an1 = 9
";

fn condition(access: Access) -> String {
    match access {
        Access::Always => "free".into(),
        Access::Never => "never".into(),
        Access::Pin => "PIN".into(),
        Access::Key(key) => format!("{key:02X}"),
        Access::PinOrKey(key) => format!("PIN or {key:02X}"),
        Access::PinAndKey(key) => format!("PIN and {key:02X}"),
        Access::Register(_) | Access::Rules => unreachable!("not of this card: {access:?}"),
    }
}

fn items_text(items: &[Item]) -> String {
    let one = |item: &Item| {
        let tag = if item.tag == 0 { String::new() } else { format!("{:02X} ", item.tag) };
        let many = if item.count == 1 { String::new() } else { format!("x{} ", item.count) };
        match item.format {
            Format::Digits => format!("{tag}{many}cn{}", item.bytes),
            Format::Characters => format!("{tag}{many}an{}", item.bytes),
            Format::Binary => format!("{tag}{many}b{}", item.bytes),
            Format::Template(inner) => {
                format!("{tag}{many}{} ({})", item.bytes, items_text(inner))
            }
        }
    };
    items.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Bytes of all records of a file, tags and lengths included.
fn net_bytes(file: &File) -> u32 {
    match file.content {
        Content::Transparent { bytes } => bytes.into(),
        Content::Items { items, .. } => {
            items.iter().map(|i| (2 + u32::from(i.bytes)) * u32::from(i.count)).sum()
        }
        Content::Cyclic { records, fields } => {
            fields.iter().map(|field| u32::from(field.bytes)).sum::<u32>() * u32::from(records)
        }
    }
}

fn short_name(df: &Df) -> String {
    if df.number() == 0 { "SSSE".into() } else { format!("{:04X}", df.fid) }
}

fn text() -> String {
    let mut lines = String::new();
    for df in DFS {
        for file in df.files {
            let class = match file.class {
                FileClass::InUse => "in use",
                FileClass::Preset => "preset",
                FileClass::Reserved => "reserved",
                FileClass::Informative => "informative",
            };
            let content = match file.content {
                Content::Transparent { .. } => "transparent".into(),
                Content::Items { items, fixed: false } => items_text(items),
                Content::Items { items, fixed: true } => format!("fixed {}", items_text(items)),
                Content::Cyclic { records, fields } => {
                    format!("ring of {records} times {}", items_text(fields))
                }
            };
            lines += &format!(
                "{}/{:04X} {}; {}; {class}: {content} = {}\n",
                short_name(df),
                file.fid(),
                condition(file.read),
                condition(file.update),
                net_bytes(file),
            );
        }
    }
    lines
}

#[test]
fn the_table_is_the_ministrys_line_by_line() {
    for (ours, theirs) in text().lines().zip(MINISTRY.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(text(), MINISTRY);
}

#[test]
fn each_directory_has_its_published_number_of_net_bytes() {
    let sums: Vec<u32> = DFS.iter().map(|df| df.files.iter().map(net_bytes).sum::<u32>()).collect();
    assert_eq!(sums, [5019, 2017, 1078, 857, 1059, 506, 384, 116]);
}

#[test]
fn a_templates_length_is_that_of_its_items_with_two_bytes_each() {
    let mut templates = 0;
    for file in DFS.iter().flat_map(|df| df.files) {
        let Content::Items { items, .. } = file.content else { continue };
        for item in items {
            let Format::Template(inner) = item.format else { continue };
            let bytes: usize = inner.iter().map(|item| 2 + usize::from(item.bytes)).sum();
            assert_eq!(usize::from(item.bytes), bytes, "{}", item.english);
            templates += 1;
        }
    }
    assert_eq!(templates, 11);
}

#[test]
fn tags_short_identifiers_names_and_identifiers_are_used_once() {
    let mut directories = BTreeSet::new();
    let mut names = BTreeSet::new();
    for df in DFS {
        assert!(directories.insert(df.fid) && names.insert(df.name), "{}", df.english);
        let mut files = BTreeSet::new();
        for file in df.files {
            assert!((1..=30).contains(&file.sfi) && files.insert(file.sfi), "{}", file.english);
            let Content::Items { items, .. } = file.content else { continue };
            let mut tags = BTreeSet::new();
            for item in items {
                assert!(item.tag != 0 && tags.insert(item.tag), "{}", item.english);
            }
        }
    }
    for (df, name) in DFS.iter().zip([
        "7378312E73682EC9E7BBE1B1A3D5CF",
        "D15600000500",
        "D15600000501",
        "D15600000502",
        "D15600000503",
        "C9FAC3FCD3EBBDA1BFB5D0C5CFA2C7F8",
        "BEC8D6FAD3EBD3C5B8A7D0C5CFA2C7F8",
        "D15600000504",
    ]) {
        assert_eq!(hex(df.name), name);
    }
}

#[test]
fn a_tag_stands_in_one_place_on_the_card_except_60() {
    let mut seen = BTreeSet::new();
    for file in DFS.iter().flat_map(|df| df.files) {
        let Content::Items { items, .. } = file.content else { continue };
        for item in items {
            assert!(seen.insert(item.tag) || item.tag == 0x60, "{:02X}", item.tag);
            if let Format::Template(inner) = item.format {
                // Of relief there are three, each with the same items in it.
                let again = |tag| matches!((item.tag, tag), (0xC4 | 0xC5, 0xE3..=0xE7));
                let once = |item: &Item| seen.insert(item.tag) || again(item.tag);
                assert!(inner.iter().all(once), "{}", item.english);
            }
        }
    }
}

#[test]
fn files_are_made_with_the_structure_their_content_asks_for() {
    for file in DFS.iter().flat_map(|df| df.files) {
        let overhead = match file.content {
            Content::Transparent { .. } => 0,
            Content::Cyclic { .. } | Content::Items { fixed: true, .. } => 2,
            Content::Items { items, .. } => {
                2 + 2 * items.iter().map(|item| u32::from(item.count)).sum::<u32>()
            }
        };
        let bytes = file.structure().body_bytes();
        assert_eq!(bytes, net_bytes(file) + overhead, "{}", file.english);
    }
}

//! Keys in one block: made, found, and where their bytes lie.

use super::*;
use crate::{layout::ROOT_AT, social::keys};

fn area(terminal: &mut Terminal) -> u32 {
    let env = terminal.card.rig.env();
    find_child(&env, ROOT_AT, |file: &Header| file.fid() == FileId(0x0100)).unwrap().unwrap().at
}

#[test]
fn a_key_is_found_by_usage_identifier_and_version() {
    let mut terminal = Terminal::with(Made::Des);
    let at = area(&mut terminal);
    let env = terminal.card.rig.env();
    let find = |usage, id, version| keys::find(&env, at, usage, id, version).unwrap();
    for (usage, id, version, loads) in [
        (usage::PURCHASE, 0x01, Some(1), 1),
        (usage::PURCHASE, 0x01, Some(2), 2),
        (usage::PURCHASE, 0x01, None, 1),
        (usage::EXTERNAL, 0x84, None, 1),
    ] {
        let key = find(usage, id, version).unwrap();
        let expected = key_bytes(1, usage, id, loads);
        assert_eq!(key.load(&env).unwrap().as_slice(), expected);
        assert_eq!((key.id, key.version, key.df), (id, loads, at));
    }
    assert_eq!(find(usage::PURCHASE, 0x01, Some(3)), None);
    assert_eq!(find(usage::LOAD, 0x01, None), None);
    assert_eq!(find(usage::EXTERNAL, 0x04, None), None); // the root's
}

#[test]
fn no_command_finds_the_block_as_a_file() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[("00A4000002 0000", "6A82"), ("00A4020002 0000", "6A82")]);
    for sfi in 1..=30 {
        let answer = terminal.card.send(&format!("00B0{:02X}0000", 0x80 | sfi));
        assert!(sfi == 1 || answer == "6A82", "{sfi}: {answer}");
    }
}

/// What changes in a key's block lies in other units than keys, for the journal sees the whole
/// unit.
#[test]
fn keys_share_no_unit_with_what_changes() {
    let mut terminal = Terminal::with(Made::Des);
    let before = terminal.memory().0;
    terminal.check(&[AREA1]);
    terminal.show_as(1, 0x84, false);
    terminal.show(1, 0x85);
    let command = terminal.maintain(1, "04DC012C", "A10401020304");
    assert_eq!(terminal.send(command, false), "6988");
    let after = terminal.memory().0;
    let changed = (0..after.len()).filter(|&at| before[at] != after[at]);
    let units: Vec<_> = changed.map(|at| at / 32).collect();
    assert!(!units.is_empty());
    for (df, usage, id, version, _) in KEYS {
        let key = key_bytes(df, usage, id, version);
        let at = after.windows(16).position(|bytes| bytes == key).unwrap();
        assert!(!units.contains(&(at / 32)), "key {id:02X} of {df} at {at}");
        assert_eq!(at % 16, 0);
    }
}

#[test]
fn what_is_no_key_is_not_made() {
    let spec = |usage, algorithm, bytes| CardKeySpec {
        usage,
        id: 0x83,
        version: 1,
        role: Role::Plain,
        algorithm,
        bytes,
    };
    let mut terminal = Terminal::with(Made::Des);
    let mut env = terminal.card.rig.env();
    let area = files::create_df(&mut env, DfId::ROOT, &df(0x0300, b"AREA3")).unwrap();
    let wrong = Halt::status(StatusWord::WRONG_DATA);
    for key in [
        spec(1, Algorithm::TripleDes, &[0; 8][..]),
        spec(1, Algorithm::TripleDes, &[0; 24]),
        spec(1, Algorithm::Des, &[0; 16]),
        spec(1, Algorithm::Sm4, &[0; 8]),
        spec(1, Algorithm::Aes, &[0; 16]),
        spec(16, Algorithm::Des, &[0; 8]),
        spec(1, Algorithm::Des, &[]),
    ] {
        assert_eq!(keys::create(&mut env, area, [key].into_iter()), wrong, "{key:?}");
    }
    let single = [spec(usage::MAINTENANCE, Algorithm::Des, &[7; 8])];
    keys::create(&mut env, area, single.into_iter()).unwrap();
    // Once, and not again.
    assert_eq!(keys::create(&mut env, area, single.into_iter()), wrong);
    let at = layout::df_at(area);
    let key = keys::find(&env, at, usage::MAINTENANCE, 0x83, None).unwrap().unwrap();
    assert_eq!(key.load(&env).unwrap().as_slice(), [7; 8]);
    // The segment has no room for so many.
    let many = std::iter::repeat_n(spec(1, Algorithm::Des, &[0; 8][..]), 200);
    let area = files::create_df(&mut env, DfId::ROOT, &df(0x0400, b"AREA4")).unwrap();
    let full = Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    assert_eq!(keys::create(&mut env, area, many), full);
    let many = std::iter::repeat_n(spec(1, Algorithm::Des, &[0; 8][..]), 256);
    assert_eq!(keys::create(&mut env, area, many), full);
}

#[test]
fn keys_in_installation_data_are_five_bytes_and_the_key() {
    let parse = |text: &str| CardKeySpec::parse(&unhex(text)).map(|key| (key.usage, key.role));
    let key = "00112233445566778899AABBCCDDEEFF";
    assert_eq!(parse(&format!("31040100{key}")), Some((1, Role::PinUnlock)));
    assert_eq!(parse(&format!("03020104{key}")), Some((3, Role::Plain)));
    assert_eq!(parse("0302010000112233445566 77"), Some((3, Role::Plain)));
    for wrong in ["", "03020104", "0302010400112233445566 77", &format!("03020102{key}")] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
}

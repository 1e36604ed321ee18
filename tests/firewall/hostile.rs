//! A hostile applet on a card with every application: by no command, channel or selection does it
//! reach another's memory, keys, PIN, counters, files or pending state.

use std::sync::OnceLock;

use crate::prober::{HOSTILE, Probe};
use crate::scripts::Step;
use crate::whole::{
    ACCOUNT, ALL, ENVIRONMENT, PURSE, check, kept, opened, place_of_environment, select, send,
};
use tessera::{Card, profile::Installation};

/// What messages call the hostile applet.
const HOST: &str = "HOST";

/// The whole card, the hostile applet below the environment like the others: powered, and nothing
/// selected but the MF.
fn card() -> Card {
    static MADE: OnceLock<Card> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let mut profile = opened();
        profile.applets.push(Installation {
            name: HOST.into(),
            applet: &HOSTILE,
            data: Vec::new(),
            segment_bytes: Some(512),
            parent: place_of_environment(&profile),
        });
        Card::from_profile(&profile).unwrap()
    });
    let mut card = made.clone();
    card.power_on().unwrap();
    card
}

/// Selects the hostile applet, on a channel.
fn enter(card: &mut Card, channel: u8) {
    let mut command = HOSTILE.select();
    command[0] = channel;
    assert_eq!(card.transmit(&command).unwrap(), [0x90, 0x00]);
}

/// All that is kept but what the hostile applet does to itself.
fn others(card: &Card) -> std::collections::BTreeMap<String, crate::whole::Kept> {
    let mut kept = kept(card);
    kept.remove(HOST).unwrap();
    kept
}

#[test]
fn its_stores_copies_and_counters_reach_no_other_application() {
    let mut start = card();
    enter(&mut start, 0);
    let before = others(&start);
    let offsets = [0, 1, 448, 511, 512, 513, 1 << 15, 1 << 16, u32::MAX - 64, u32::MAX];
    for at in offsets {
        for ins in [0x10, 0x12, 0x14, 0x16, 0x18, 0x1C] {
            for length in [0, 1, 64, 255] {
                let mut card = start.clone();
                card.transmit(&Probe { at, length, byte: 0xEE }.command(ins)).unwrap();
                assert!(others(&card) == before, "INS {ins:02X}, {length} at {at}");
            }
        }
    }
    for number in 0..=0xFF {
        let mut card = start.clone();
        card.transmit(&[0x80, 0x22, number, 0]).unwrap();
        assert!(others(&card) == before, "counter {number}");
    }
}

/// Names of all applications, as their SELECT has them.
fn name(application: &str) -> Vec<u8> {
    hex::decode(&select(application)[10..]).unwrap()
}

/// The environment answers the applications that it knows; nobody answers a stranger.
#[test]
fn nobody_answers_its_questions() {
    let mut start = card();
    check(&mut start, &[(select(ENVIRONMENT), "..9000"), ("0020000003123456", "9000")]);
    enter(&mut start, 0);
    let before = others(&start);
    let mut questions: Vec<Vec<u8>> = vec![
        vec![],
        vec![0x01],
        hex::decode("20123456").unwrap(),
        hex::decode("20999999").unwrap(),
        vec![0x20],
        hex::decode("5E123456FF654321").unwrap(),
        b"who am I?".to_vec(),
    ];
    questions.extend((0..=0xFF_u8).map(|first| vec![first, 0x12, 0x34, 0x56]));
    for application in ALL {
        let name = name(application);
        for question in &questions {
            let data = [&[name.len() as u8], &name[..], question].concat();
            let command = [&[0x80, 0x28, 0, 0, data.len() as u8], &data[..], &[0]].concat();
            let answer = start.transmit(&command).unwrap();
            assert_eq!(answer, [0x69, 0x85], "{application}: {question:02X?}");
        }
        assert!(others(&start) == before, "{application}");
    }
}

/// Every command of every application's vectors, sent while the hostile applet is current: they
/// are its own to answer, however it likes, and nobody else hears of them.
#[test]
fn what_is_meant_for_others_does_not_reach_them_through_it() {
    let mut start = card();
    enter(&mut start, 0);
    let before = others(&start);
    let mut sent = 0;
    for directory in ["purse", "social", "medical", "library", "employer"] {
        for script in crate::scripts::of(directory) {
            let mut card = start.clone();
            for step in &script.steps {
                let Step::Command(command) = step else { continue };
                // Selection and channels are the card's.
                if matches!(command.get(1), None | Some(0xA4 | 0x70 | 0xC0)) {
                    continue;
                }
                card.transmit(command).unwrap();
                sent += 1;
            }
            assert!(others(&card) == before, "{}", script.name);
        }
    }
    assert!(sent > 1_000, "{sent}");
}

/// It may claim any file and directory for its own: what is read then is its answer, not theirs.
#[test]
fn no_selection_gives_it_a_file_of_another_application() {
    let start = card();
    let before = others(&start);
    let files = ["EF05", "EF06", "EF08", "EF09", "DF01", "DF04", "DF0A", "DF0B", "DF0C", "0015"];
    for p1 in ["00", "01", "02", "09"] {
        for file in files {
            let mut card = start.clone();
            enter(&mut card, 0);
            let selected = send(&mut card, &format!("00A4{p1}0C02{file}"));
            assert_eq!(selected, "9000", "the hostile applet says yes to everything");
            for read in ["00B2010400", "00B2012C00", "00B0000000", "00B0850000", "00CA006200"] {
                assert_eq!(send(&mut card, read), "6D00", "{p1} {file}");
            }
            assert!(others(&card) == before);
        }
    }
    // By a path from the MF it is left, for the environment with nothing shown.
    let mut card = start.clone();
    enter(&mut card, 0);
    check(&mut card, &[("00A4080C04DDF1DF01", "9000"), ("00B2012C00", "6982")]);
}

/// What was shown to another application on another channel is not shown to it, nor does it end
/// there.
#[test]
fn another_channel_gives_it_nothing_and_takes_nothing() {
    let mut card = card();
    check(&mut card, &[(select(ENVIRONMENT), "..9000"), ("0020000003123456", "9000")]);
    check(&mut card, &[("00A4000002DF01", "..9000"), ("00B2012C00", "..9000")]);
    check(&mut card, &[("0070000001", "019000")]);
    enter(&mut card, 1);
    let before = others(&card);
    let empty = format!("180A{}9000", "00".repeat(34));
    check(&mut card, &[("011E000000", &empty), ("01B2012C00", "6D00")]);
    let question = "012800001B 0F7378312E73682EC9E7BBE1B1A3D5CF 01";
    let length = 1 + name(ENVIRONMENT).len() + 1;
    let question = question.replacen("1B", &format!("{length:02X}"), 1) + "00";
    check(&mut card, &[(&question, "6985")]); // whether the PIN was shown
    check(&mut card, &[("01A4000C02DF01", "9000"), ("01B2012C00", "6D00")]);
    check(&mut card, &[("01A4080C04DDF1DF01", "9000"), ("01B2012C00", "6982")]);
    check(&mut card, &[("00B2012C00", "..9000")]);
    assert!(others(&card) == before);
}

/// INITIALIZE SETTLEMENT of 1.00, and a COMMIT whose MAC is wrong: 9302 as long as something is
/// pending, else 6985.
const INITIALIZE: &str = "D028010119 01 00000064 00000000 00000000 00000000 30 00 330400112233 12";
const COMMIT: &str = "D02C01000F 00000001 20250601083000 00000000 08";

/// The same of the purse; 6901 when nothing is pending.
const INITIALIZE_PURSE: &str = "805001020B 01 00000000 330499000001 0F";
const DEBIT_PURSE: &str = "805401000F 00000001 20250601083000 00000000 08";

/// The same of the environment's DF04.
const INITIALIZE_DF04: &str = "B028010113 01 00000000 00000064 00000064 330400112233 16";
const COMMIT_DF04: &str = "B02C01000F 00000001 20250601083000 00000000 08";

fn pending_in_df04() -> Card {
    let mut card = card();
    check(&mut card, &[(select(ENVIRONMENT), "..9000"), ("0020000003123456", "9000")]);
    check(&mut card, &[("00A4000002DF04", "..9000"), (INITIALIZE_DF04, "..9000")]);
    card
}

fn pending_settlement() -> Card {
    let mut card = card();
    // A second channel; opened later it would end what is pending.
    check(&mut card, &[("0070000001", "019000")]);
    check(&mut card, &[(select(ACCOUNT), "..9000"), ("0020000003123456", "9000")]);
    check(&mut card, &[(INITIALIZE, "..9000")]);
    card
}

fn pending_purchase() -> Card {
    let mut card = card();
    check(&mut card, &[("0070000001", "019000")]);
    check(&mut card, &[(select(PURSE), "..9000"), ("0020000003123456", "9000")]);
    check(&mut card, &[(INITIALIZE_PURSE, "..9000")]);
    card
}

#[test]
fn any_other_application_that_is_selected_ends_what_is_pending() {
    check(&mut pending_settlement(), &[(COMMIT, "9302")]);
    check(&mut pending_purchase(), &[(DEBIT_PURSE, "9302")]);
    check(&mut pending_in_df04(), &[(COMMIT_DF04, "9302")]);
    for other in ALL {
        let mut card = pending_settlement();
        check(&mut card, &[(select(other), "..9000"), (select(ACCOUNT), "..9000")]);
        check(&mut card, &[("0020000003123456", "9000"), (COMMIT, "6985")]);
        let mut card = pending_purchase();
        check(&mut card, &[(select(other), "..9000"), (select(PURSE), "..9000")]);
        check(&mut card, &[("0020000003123456", "9000"), (DEBIT_PURSE, "6901")]);
        let mut card = pending_in_df04();
        check(&mut card, &[(select(other), "..9000"), (select(ENVIRONMENT), "..9000")]);
        check(&mut card, &[("0020000003123456", "9000"), ("00A4000002DF04", "..9000")]);
        check(&mut card, &[(COMMIT_DF04, "6985")]);
    }
    let mut card = pending_settlement();
    enter(&mut card, 0);
    check(&mut card, &[(select(ACCOUNT), "..9000"), (COMMIT, "6985")]);
}

/// On another channel the hostile applet neither ends nor takes what is pending.
#[test]
fn what_is_pending_stays_its_owners_beside_a_hostile_channel() {
    for (mut card, commit) in [(pending_settlement(), COMMIT), (pending_purchase(), DEBIT_PURSE)] {
        let before = others(&card);
        enter(&mut card, 1);
        check(&mut card, &[("01A4000C02EF05", "9000"), ("01B2012C00", "6D00")]);
        check(&mut card, &[("011E000000", "..9000"), ("011A0000", "9000"), ("01260000", "9000")]);
        for application in ALL {
            let name = name(application);
            let data = [&[name.len() as u8], &name[..], &[0x01]].concat();
            let command = [&[0x01, 0x28, 0, 0, data.len() as u8], &data[..], &[0]].concat();
            assert_eq!(card.transmit(&command).unwrap(), [0x69, 0x85], "{application}");
        }
        assert!(others(&card) == before);
        check(&mut card, &[(commit, "9302")]);
    }
}

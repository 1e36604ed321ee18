//! Every command that changes memory, torn in every pulse, in every pulse of the recovery, and
//! again when it is sent again. The table of what the commands cost is
//! `tests/snapshots/pulses.txt`.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod free_files;

use std::{fmt::Write as _, fs, path::Path};

use free_files::{COMMANDS, SELECT, bytes, card};
use tessera::{
    Card, Profile,
    explore::{self, Explorer, Report},
    nvm::Geometry,
    vectors::Collection,
};

/// SELECT, then all of them.
fn session() -> Vec<Vec<u8>> {
    std::iter::once(SELECT).chain(COMMANDS.map(|(_, command)| command)).map(bytes).collect()
}

fn on_every_part() -> impl Iterator<Item = (&'static str, Card)> {
    Geometry::parts().map(|part| (part, card(part)))
}

#[test]
fn every_command_torn_anywhere_and_torn_again_leaves_old_or_new() {
    let mut schedules = 0;
    for (part, card) in on_every_part() {
        let report = explore::every_tear(&card, &session()).unwrap();
        println!("{part}\n{report}");
        assert_eq!(report.cuts_max(), 2);
        schedules += report.schedules();
    }
    assert!(schedules > 15_000, "{schedules}");
}

/// The journal's words of an earlier session are then those of another lane.
#[test]
fn sessions_on_other_lanes_after_a_tear_leave_old_or_new_too() {
    for lane_step in 1..5 {
        let explorer = Explorer { lane_step, ..Explorer::default() };
        for card in ["page64", "tiny"].map(card) {
            explorer.every_tear(&card, &session()).unwrap();
        }
    }
}

#[test]
fn every_command_as_the_first_of_a_session_survives_three_tears() {
    let explorer = Explorer { cuts: 3, ..Explorer::default() };
    let (mut schedules, mut deepest) = (0, 0);
    for mut card in ["page64", "byte"].map(card) {
        for (_, command) in COMMANDS {
            let report = explorer.every_tear(&card, &[bytes(SELECT), bytes(command)]).unwrap();
            schedules += report.schedules();
            deepest = deepest.max(report.cuts_max());
            card.power_on().unwrap();
            card.transmit(&bytes(SELECT)).unwrap();
            card.transmit(&bytes(command)).unwrap();
        }
    }
    println!("{schedules} schedules of up to {deepest} tears");
    assert_eq!(deepest, 3);
}

#[test]
fn the_social_security_card_survives_every_tear_of_its_commands() {
    let commands = [
        "00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF",
        "00 20 00 00 03 999999",
        "00 20 00 00 03 999998",
        "00 20 00 00 03 123456",
        "00 20 00 00 03 123456",
        "00 20 00 00 02 1234",
        "00 DC 01 2C 05 0102030405",
        "00 D6 87 00 01 00",
    ]
    .map(bytes);
    for name in tessera::profile::names() {
        let profile = Profile::load(name).unwrap();
        if profile.applets.iter().all(|with| with.name != "social-security") {
            continue;
        }
        let card = Card::from_profile(&profile).unwrap();
        let report = explore::every_tear(&card, &commands).unwrap();
        println!("{name}\n{report}");
        let changes: Vec<usize> = report.commands.iter().map(|command| command.changes).collect();
        assert_eq!(changes, [0, 1, 1, 2, 2, 0, 0, 0], "{name}");
    }
}

/// Each is whole or not there, as a terminal sees it: see what `explore` says of P1.
#[test]
fn what_a_blank_iso_card_is_given_and_what_is_taken_away_is_whole_or_not_there() {
    let source = Profile::load("iso7816").unwrap().source;
    let free = source.lines().filter(|line| !line.starts_with("transport-key"));
    let free = Profile::parse("free.toml", &free.collect::<Vec<_>>().join("\n")).unwrap();
    let commands = [
        "00E00000 0C 620A 820138 83027000 8A0105",
        "00A40000 02 7000",
        "00E00000 10 620E 820101 83020001 80020090 8A0105",
        "00D60000 04 C1C2C3C4",
        "00E00000 10 620E 820101 83020003 80020020 8A0105",
        "00DA0100 1B 830182 950140 800102 8F10 101112131415161718191A1B1C1D1E1F",
        "00DA0042 03 AABBCC",
        "00DA0042 04 DDEEFF00",
        "00E40000 02 0001",
        "00A40000 02 3F00",
        "00E40000 02 7000",
    ]
    .map(bytes);
    let card = Card::from_profile(&free).unwrap();
    let report = explore::every_tear(&card, &commands).unwrap();
    let refused = report.commands.iter().find(|command| command.status.0 != 0x9000);
    assert!(refused.is_none(), "{report}");
    let in_parts = report.commands.iter().filter(|command| command.changes > 1);
    assert!(in_parts.count() >= 3, "{report}");
}

/// Deeper in `.ci/tears`.
#[test]
fn every_command_of_every_vector_survives_a_tear() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let collection = Collection::load(&[vectors]).unwrap();
    let explorer = Explorer { cuts: 1, ..Explorer::default() };
    let report = explorer.every_vector(&collection, 2).unwrap();
    let total = report.total();
    assert!(report.vectors > 200 && total.commands > 1_000, "{report:?}");
    assert!(report.quiet > 2_000, "held to their status words: {}", report.quiet);
    let mut few = collection;
    few.filter("memory/");
    let report = explorer.every_vector(&few, 2).unwrap();
    assert_eq!(report, explorer.every_vector(&few, 1).unwrap(), "on any number of threads");
    let drawn = explorer.random_vectors(&few, 2, 10, 1).unwrap();
    assert!(drawn.total().sum.concrete_tears >= 10 * report.total().commands);
    assert_eq!(drawn, explorer.random_vectors(&few, 1, 10, 1).unwrap());
}

#[test]
fn tears_with_bits_at_random_values_leave_old_or_new_too() {
    let mut schedules = 0;
    for (part, card) in on_every_part() {
        let seed = part.bytes().map(u64::from).sum();
        let report = Explorer::default().random_tears(&card, &session(), 1_000, seed).unwrap();
        assert!(report.cuts_max() > 3, "{part}");
        schedules += report.schedules();
    }
    println!("{schedules} schedules");
}

/// An attacker who sees power cut before the count is solid must not have learnt anything from the
/// comparison.
#[test]
fn a_right_and_a_wrong_pin_give_the_same_pulses_until_the_try_is_counted() {
    for (part, start) in on_every_part() {
        for cut in 1.. {
            let torn = |pin: &str| {
                let mut card = start.clone();
                card.tear_at(cut);
                let answer = card.transmit(&bytes(pin));
                (card, answer)
            };
            let (wrong, answer) = torn("00 20 00 00 04 30303030");
            if answer.is_ok() {
                assert!(cut > 4, "{part}: counted in {cut} pulses");
                break;
            }
            let (right, _) = torn("00 20 00 00 04 31323334");
            assert_eq!(wrong.memory(), right.memory(), "{part}: cut {cut}");
            assert_eq!(wrong.eeprom().torn(), right.eeprom().torn(), "{part}: cut {cut}");
        }
    }
}

/// Set `BLESS` in the environment to write the table anew.
#[test]
fn what_each_command_costs_is_what_the_table_says() {
    let explorer = Explorer { cuts: 1, again: false, ..Explorer::default() };
    let reports: Vec<(&str, Report)> = on_every_part()
        .map(|(part, card)| (part, explorer.every_tear(&card, &session()).unwrap()))
        .collect();
    let table = table(&reports);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/pulses.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &table).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(table, expected, "if that is meant: BLESS=1 cargo test --test tears");
}

fn table(reports: &[(&str, Report)]) -> String {
    let mut table = String::from(
        "Pulses and milliseconds of virtual time of each command, by memory part. The commands follow\n\
         each other in one session, so the first change also sets the intent.\n\n",
    );
    write!(table, "{:<35}{:<8}", "command", "answer").unwrap();
    for (part, _) in reports {
        write!(table, "{part:>14}").unwrap();
    }
    for (row, (name, _)) in COMMANDS.iter().enumerate() {
        let command = |report: &Report| report.commands[row + 1].clone();
        let status = hex::encode_upper(command(&reports[0].1).status.to_bytes());
        write!(table, "\n{name:<35}{status:<8}").unwrap();
        for (_, report) in reports {
            let busy_us = command(report).busy_us;
            let (ms, tenth) = (busy_us / 1000, busy_us % 1000 / 100);
            write!(table, "{:>6}{ms:>6}.{tenth}", command(report).pulses).unwrap();
        }
    }
    write!(table, "\n\n{:<43}", "recovery at most").unwrap();
    for (_, report) in reports {
        let most = report.commands.iter().map(|command| command.recovery_pulses_max).max();
        write!(table, "{:>6}        ", most.unwrap_or(0)).unwrap();
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

//! APPLICATION BLOCK, UNBLOCK, CARD BLOCK; too many wrong MACs.

use super::*;

const READ: &str = "00B2013400"; // the ring, free
const EMPTY: &str = "6A83";
const SELECT: &str = "00A4040005 4152454131";
const FCI: &str = "6F07 8405 4152454131";

fn blocked(header: &str) -> Terminal {
    let mut terminal = Terminal::with(Made::Des);
    assert_eq!(terminal.locked(header, true), "9000");
    terminal
}

#[test]
fn a_locked_application_answers_its_selection_and_what_unlocks_it() {
    let mut terminal = blocked("841E0000");
    for powered in [true, false] {
        if !powered {
            terminal.card.rig.power_on();
            terminal.check(&[(SELECT, &format!("{FCI} 6283"))]);
        }
        terminal.check(&[
            (READ, "6A81"),
            ("00A4000002 0006", "6A81"),
            ("0020000003 123456", "6A81"),
            ("00880000", "6A81"),
            ("805E010007 123456FF654321", "6A81"),
            ("841E000004 00000000", "6A81"),
            ("84160000", "6A81"),
            ("00CA0062", "6A81"),
            ("00FF0000", "6D00"), // what no application knows
            ("90500000", "6E00"),
            ("8418000004 00000000", if powered { "6984" } else { "6982" }),
            (SELECT, &format!("{FCI} 6283")),
            ("00A4000002 0100", &format!("{FCI} 6283")),
        ]);
    }
    // Others go on.
    terminal.check(&[AREA2, ("00B0850002", "6982"), ROOT, ("00B0810001", "00 9000")]);
    terminal.check(&[("00A4040C05 4152454131", "6283")]);
    terminal.show(1, 0x83);
    let command = terminal.maintain(1, "84180000", "");
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[(READ, EMPTY), (SELECT, &format!("{FCI} 9000"))]);
    assert_eq!(terminal.locked("84180000", true), "9000"); // also when it is not locked
}

#[test]
fn locked_for_ever_nothing_unlocks_it() {
    let mut terminal = blocked("841E0001");
    let before = terminal.memory();
    terminal.check(&[
        (READ, "9303"),
        ("0084000008", "9303"),
        ("0082008310 00000000000000000000000000000000", "9303"),
        ("8418000004 00000000", "9303"),
        ("00A4000002 0006", "9303"),
        (SELECT, &format!("{FCI} 6283")),
        ("00200000", "9303"),
    ]);
    assert_eq!(terminal.memory(), before);
}

#[test]
fn blocking_wants_a_lock_key_and_a_mac() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    let before = terminal.memory();
    terminal.show(1, 0x84); // no lock key
    for ins in ["841E", "8418"] {
        terminal.check(&[
            (&format!("{ins}010004 00000000"), "6A86"),
            (&format!("{ins}000204 00000000"), "6A86"),
            (&format!("{ins}000003 000000"), "6700"),
            (&format!("{ins}0000"), "6700"),
            (&format!("{ins}000004 00000000"), "6982"),
            (&format!("80{}000004 00000000", &ins[2..]), "6E00"),
        ]);
    }
    terminal.check(&[("8418000104 00000000", "6A86")]);
    terminal.show(1, 0x83);
    terminal.check(&[("841E000004 00000000", "6984"), ("8418000004 00000000", "6984")]);
    assert_eq!(terminal.memory(), before);
    assert_eq!(terminal.locked("841E0000", false), "6988");
    terminal.check(&[(READ, EMPTY)]);
    // The card's lock key will do as well, and a right of another directory will not.
    terminal.check(&[AREA2]);
    terminal.show(2, 0x83);
    let command = terminal.maintain(2, "841E0000", "");
    assert_eq!(terminal.send(command, true), "6982");
    terminal.show(0, 0x05);
    let command = terminal.maintain(2, "841E0000", "");
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[("00B0850002", "6A81")]);
}

#[test]
fn a_directory_without_keys_cannot_be_blocked() {
    let mut terminal = Terminal::with(Made::Des);
    files::create_df(&mut terminal.card.rig.env(), DfId::ROOT, &df(0x0300, b"AREA3")).unwrap();
    terminal.check(&[("00A4040C05 4152454133", "9000")]);
    terminal.show(0, 0x05);
    terminal.check(&[("841E000004 00000000", "6A88")]);
}

#[test]
fn a_locked_root_locks_what_lies_in_it() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.show(0, 0x05);
    let command = terminal.maintain(0, "841E0000", "");
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[(SELECT, &format!("{FCI} 6283")), (READ, "6A81")]);
    terminal.check(&[("00A4040C04 524F4F54", "6283")]);
    terminal.show(0, 0x05);
    let command = terminal.maintain(0, "84180000", "");
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[(SELECT, &format!("{FCI} 9000")), (READ, EMPTY)]);
}

#[test]
fn a_blocked_card_answers_nothing_any_more() {
    let mut terminal = Terminal::with(Made::Des);
    assert_eq!(terminal.locked("84160000", true), "6982"); // the application's lock key
    terminal.check(&[ROOT, ("8416000104 00000000", "6A86"), ("8416000004 00000000", "6982")]);
    terminal.show(0, 0x05);
    terminal.check(&[("8416000004 00000000", "6984")]);
    let command = terminal.maintain(0, "84160000", "");
    assert_eq!(terminal.send(command.clone(), false), "6988");
    let command = terminal.maintain(0, "84160000", "");
    assert_eq!(terminal.send(command, true), "9000");
    let before = terminal.memory();
    for _ in 0..2 {
        for command in [SELECT, READ, "0084000008", "00A4000002 0001", "00B0810001", "00FF0000"] {
            terminal.check(&[(command, "6A81")]);
        }
        terminal.card.rig.power_on();
    }
    assert_eq!(terminal.memory(), before);
}

#[test]
fn fifteen_wrong_macs_in_a_row_lock_an_application_and_fifteen_more_for_ever() {
    let mut terminal = Terminal::with(Made::Des);
    for _ in 0..14 {
        assert_eq!(terminal.locked("84180000", false), "6988");
    }
    assert_eq!(terminal.locked("84180000", true), "9000"); // a right one begins anew
    for _ in 0..14 {
        assert_eq!(terminal.locked("841E0000", false), "6988");
    }
    terminal.check(&[(READ, EMPTY)]);
    assert_eq!(terminal.locked("841E0000", false), "6988");
    terminal.check(&[(READ, "6A81"), (SELECT, &format!("{FCI} 6283"))]);
    let mut unlocked = terminal.clone();
    unlocked.show(1, 0x83);
    for right in [false, true] {
        let command = unlocked.maintain(1, "84180000", "");
        assert_eq!(unlocked.send(command, right), if right { "9000" } else { "6988" });
    }
    unlocked.check(&[(READ, EMPTY)]);
    terminal.show(1, 0x83);
    for _ in 0..15 {
        let command = terminal.maintain(1, "84180000", "");
        assert_eq!(terminal.send(command, false), "6988");
    }
    terminal.check(&[(READ, "9303"), ("0084000008", "9303"), (SELECT, &format!("{FCI} 6283"))]);
}

#[test]
fn a_tear_never_gives_a_mac_back() {
    let mut terminal = Terminal::with(Made::Des);
    for _ in 0..14 {
        assert_eq!(terminal.locked("841E0000", false), "6988");
    }
    terminal.check(&[AREA1]);
    terminal.show(1, 0x83);
    let mut command = terminal.maintain(1, "841E0000", "");
    command[8] ^= 1;
    // The count is the lock: one store, and torn in it all is as before.
    let before = terminal.memory();
    let mut torn = terminal.clone();
    torn.card.rig.tear_at(1);
    assert!(torn.card.try_send(&command).is_none());
    torn.card.rig.power_on();
    assert_eq!(torn.memory(), before);
    torn.check(&[(SELECT, &format!("{FCI} 9000"))]);
    torn.show(1, 0x83);
    let again = torn.maintain(1, "841E0000", "");
    assert_eq!(torn.send(again, false), "6988");
    torn.check(&[(READ, "6A81"), (SELECT, &format!("{FCI} 6283"))]);
    let mut whole = terminal.clone();
    whole.card.rig.tear_at(2);
    assert_eq!(whole.card.try_send(&command), Some(unhex("6988")));
    whole.card.rig.power_on();
    whole.check(&[(SELECT, &format!("{FCI} 6283")), (READ, "6A81")]);
}

#[test]
fn a_torn_block_is_there_or_not_and_a_torn_unblock_too() {
    for (header, before) in [("841E0000", false), ("84180000", true)] {
        let mut terminal = if before { blocked("841E0000") } else { Terminal::with(Made::Des) };
        terminal.card.send(SELECT);
        terminal.show(1, 0x83);
        let command = terminal.maintain(1, header, "");
        let mut cuts = 0;
        loop {
            let mut torn = terminal.clone();
            torn.card.rig.tear_at(cuts + 1);
            let answered = torn.card.try_send(&command).is_some();
            torn.card.rig.power_on();
            let selected = torn.card.send("00A4040C05 4152454131");
            let read = torn.card.send(READ);
            let locked = (&*selected, &*read) == ("6283", "6A81");
            assert!(locked || (&*selected, &*read) == ("9000", EMPTY), "{selected} {read}");
            assert!(!answered || locked != before);
            if answered {
                break;
            }
            cuts += 1;
        }
        assert!(cuts >= 3, "{header}: {cuts}");
    }
}

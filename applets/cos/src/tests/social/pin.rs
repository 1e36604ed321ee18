//! VERIFY, PIN CHANGE, PIN UNBLOCK, PIN RELOAD.

use super::*;

const RIGHT: &str = "0020000003 123456";

/// The PIN has no tries left.
fn blocked() -> Terminal {
    let mut terminal = Terminal::with(Made::Des);
    for left in ["63C2", "63C1", "63C0"] {
        terminal.check(&[("0020000003 999999", left)]);
    }
    terminal.check(&[(RIGHT, "6983")]);
    terminal
}

/// PUK shown, and the command ready.
fn with_puk(terminal: &mut Terminal, header: &str, new: &[u8]) -> Vec<u8> {
    terminal.show(0, 0x06);
    let inside =
        if new.is_empty() { Protection::Checksum } else { Protection::CryptogramAndChecksum };
    terminal.protect(0, header, new, inside)
}

#[test]
fn a_change_wants_the_old_one_and_keeps_the_length() {
    let mut terminal = Terminal::with(Made::Des);
    let before = terminal.memory();
    terminal.check(&[
        ("805E000007 123456FF654321", "6A86"),
        ("805E010107 123456FF654321", "6A86"),
        ("805E010006 123456FF6543", "6700"),
        ("805E010005 1234FF6543", "6700"),
        ("805E010003 12FF65", "6700"),
        ("805E01000F 12345678901234FF12345678901234", "6700"),
        ("805E0100", "6700"),
        ("805E010007 12345600654321", "6A80"),
        ("805E010007 123456FF6543FF", "6A80"),
        ("805E010007 123456FF65432A", "6A80"),
        ("005E010007 123456FF654321", "6E00"),
        ("845E010007 123456FF654321", "6E00"),
    ]);
    assert_eq!(terminal.memory(), before);
    terminal.check(&[
        ("805E010007 999999FF654321", "63C2"),
        ("805E010007 123456FF654321", "9000"),
        (RIGHT, "63C2"), // the old one
        ("0020000003 654321", "9000"),
        AREA1, // wherever it is done
        ("805E010007 654321FF123456", "9000"),
        (RIGHT, "9000"),
    ]);
}

#[test]
fn wrong_ones_count_together_with_verify_and_take_away_what_was_open() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[
        AREA2,
        (RIGHT, "9000"),
        ("00B0850002", "0000 9000"),
        ("805E010007 999999FF654321", "63C2"),
        ("00B0850002", "6982"),
        ("805E010007 123456FF111111", "9000"), // and a right one opens nothing
        ("00B0850002", "6982"),
        ("0020000003 999999", "63C2"),
        ("805E010007 999999FF654321", "63C1"),
        ("0020000003 999999", "63C0"),
        ("805E010007 111111FF654321", "6983"),
    ]);
}

#[test]
fn a_torn_change_leaves_the_old_or_the_new_one() {
    let command = unhex("805E010007 123456FF654321");
    let mut cuts = 0;
    loop {
        let mut terminal = Terminal::with(Made::Des);
        terminal.card.rig.tear_at(cuts + 1);
        let answered = terminal.card.try_send(&command).is_some();
        terminal.card.rig.power_on();
        let old = terminal.card.send(RIGHT);
        let new = terminal.card.send("0020000003 654321");
        assert_eq!(old == "9000", new != "9000", "cut {cuts}: {old} {new}");
        if answered {
            assert_eq!(new, "9000");
            break;
        }
        cuts += 1;
    }
    assert_eq!(cuts, 3);
}

#[test]
fn unblock_gives_the_old_one_all_its_tries() {
    let mut terminal = blocked();
    let command = with_puk(&mut terminal, "84240000", &[]);
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[("00200000", "63C3"), ("0020000003 999999", "63C2"), (RIGHT, "9000")]);
}

#[test]
fn reload_sets_a_new_one_with_all_its_tries() {
    for made in [Made::Des, Made::Sm4] {
        let mut terminal = Terminal::with(made);
        terminal.check(&[("0020000003 999999", "63C2")]);
        let command = with_puk(&mut terminal, "84240001", &[0x65, 0x43, 0x21]);
        assert_eq!(command.len(), if made == Made::Sm4 { 25 } else { 17 });
        assert_eq!(terminal.send(command, true), "9000");
        terminal.check(&[("00200000", "63C3"), ("0020000003 654321", "9000")]);
    }
    let mut terminal = blocked();
    terminal.check(&[AREA2]); // below the environment too: it is its keys that are asked for
    let command = with_puk(&mut terminal, "84240001", &[0x65, 0x43, 0x21]);
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[("0020000003 654321", "9000")]);
}

#[test]
fn refusals_of_maintenance_come_in_order_and_change_nothing() {
    let mut terminal = Terminal::with(Made::Des);
    let before = terminal.memory();
    terminal.check(&[
        ("8424000204 00000000", "6A86"),
        ("8424010004 00000000", "6A86"),
        ("842400000C 000000000000000000000000", "6700"),
        ("8424000005 0000000000", "6700"),
        ("8424000004 00000000", "6982"), // no PUK
        ("842400010B 0000000000000000000000", "6700"),
        ("8424000104 00000000", "6700"),
        ("842400010C 000000000000000000000000", "6982"),
        ("8024000004 00000000", "6E00"),
        ("0424000004 00000000", "6882"),
    ]);
    // Before the challenge: a key of another kind is no PUK.
    terminal.show(0, 0x04);
    terminal.session((0, usage::MAINTENANCE, 0x02, 1));
    terminal.check(&[("8424000004 00000000", "6982")]);
    terminal.show(0, 0x06);
    terminal.check(&[("8424000004 00000000", "6984")]);
    terminal.check(&[("842400010C 000000000000000000000000", "6984")]);
    assert_eq!(terminal.memory(), before);
    for (header, new) in [("84240000", &[][..]), ("84240001", &[0x65, 0x43, 0x21])] {
        let command = with_puk(&mut terminal, header, new);
        assert_eq!(terminal.send(command, false), "6988");
    }
    terminal.check(&[(RIGHT, "9000")]);
}

#[test]
fn what_is_no_pin_is_not_loaded() {
    for new in [&[0x12, 0x34][..], &[0x12, 0x34, 0x56, 0x78], &[0x12, 0x34, 0x5A]] {
        let mut terminal = Terminal::with(Made::Des);
        let command = with_puk(&mut terminal, "84240001", new);
        assert_eq!(terminal.send(command, true), "6A80", "{new:02X?}");
        terminal.check(&[(RIGHT, "9000")]);
    }
    // A cryptogram that is none, under a right MAC.
    let mut terminal = Terminal::with(Made::Des);
    terminal.show(0, 0x06);
    let command = terminal.maintain(0, "84240001", "1122334455667788");
    assert_eq!(terminal.send(command, true), "6A80");
    terminal.check(&[(RIGHT, "9000")]);
}

#[test]
fn on_a_card_without_a_pin_it_counts_as_shown_and_can_be_loaded() {
    let mut terminal = Terminal::with(Made::WithoutPin);
    terminal.check(&[
        AREA2,
        ("00B0850002", "0000 9000"),
        (RIGHT, "6984"),
        ("00200000", "9000"),
        ("805E010007 123456FF654321", "6984"),
        AREA1,
        ("00B2012C00", "A10401020304 9000"),
        ("00B0880002", "6982"), // PIN and key: the key is wanted all the same
    ]);
    terminal.show(1, 0x84);
    terminal.check(&[("00B0880002", "0000 9000")]);
    let command = with_puk(&mut terminal, "84240000", &[]);
    assert_eq!(terminal.send(command, true), "6984");
    let command = with_puk(&mut terminal, "84240001", &[0x65, 0x43, 0x21]);
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[AREA2, ("00B0850002", "6982"), ("0020000003 654321", "9000")]);
    terminal.check(&[("00B0850002", "0000 9000")]);
}

#[test]
fn a_torn_reload_leaves_a_pin_that_works_or_can_be_loaded_again() {
    let mut cuts = 0;
    loop {
        let mut terminal = blocked();
        let command = with_puk(&mut terminal, "84240001", &[0x65, 0x43, 0x21]);
        terminal.card.rig.tear_at(cuts + 1);
        let answered = terminal.card.try_send(&command).is_some();
        terminal.card.rig.power_on();
        terminal.check(&[(RIGHT, if answered { "63C2" } else { "6983" })]);
        let command = with_puk(&mut terminal, "84240001", &[0x65, 0x43, 0x21]);
        assert_eq!(terminal.send(command, true), "9000");
        terminal.check(&[("0020000003 654321", "9000")]);
        if answered {
            break;
        }
        cuts += 1;
    }
    assert_eq!(cuts, 4); // the MAC counted and found right, the PIN, its tries
}

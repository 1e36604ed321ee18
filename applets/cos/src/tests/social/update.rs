//! Updates with a MAC, and those that want one.

use super::*;

const READ: &str = "00B2012C00";
const NEW: &str = "A10411223344";

fn open() -> Terminal {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    terminal.show(1, 0x84);
    terminal.show(1, 0x85);
    terminal
}

#[test]
fn an_update_with_a_mac_writes_what_stands_before_it() {
    for made in [Made::Des, Made::Sm4] {
        let mut terminal = Terminal::with(made);
        terminal.check(&[AREA1]);
        terminal.show(1, 0x84);
        terminal.show(1, 0x85);
        let command = terminal.maintain(1, "04DC012C", NEW);
        assert_eq!(terminal.send(command, true), "9000");
        terminal.check(&[(READ, &format!("{NEW}9000"))]);
        let command = terminal.maintain(1, "04D68702", "AABB");
        assert_eq!(terminal.send(command, true), "9000");
        terminal.check(&[("00B0870008", "0000AABB00000000 9000")]);
        let command = terminal.maintain(1, "04DC0134", "1234");
        assert_eq!(terminal.send(command, true), "9000");
        terminal.check(&[("00B2013400", "1234 9000")]);
    }
}

#[test]
fn the_environment_has_a_maintenance_key_of_its_own() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.show(0, 0x04);
    let command = terminal.maintain(0, "04D68100", "77");
    assert_eq!(terminal.send(command, true), "9000");
    terminal.check(&[("00B0810001", "77 9000")]);
    // A directory's is another key.
    let mut terminal = open();
    let mut command = terminal.maintain(0, "04DC012C", NEW);
    command[0] = 0x04;
    assert_eq!(terminal.send(command, true), "6988");
}

#[test]
fn a_file_that_wants_a_mac_is_not_written_without() {
    let mut terminal = open();
    let before = terminal.memory();
    terminal.check(&[("00D6870001 55", "6987"), ("00D6870801 55", "6987")]);
    assert_eq!(terminal.memory(), before);
    let command = terminal.maintain(1, "04D68700", "55");
    assert_eq!(terminal.send(command, true), "9000");
    // The one before does not count for the next.
    terminal.check(&[("00D6870001 66", "6987"), ("00B0870001", "55 9000")]);
    let command = terminal.maintain(1, "04D68709", "55");
    assert_eq!(terminal.send(command, true), "6B00");
    terminal.check(&[("00D6870001 66", "6987")]);
}

#[test]
fn refusals_come_in_order_and_change_nothing() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    let before = terminal.memory();
    let data = format!("{NEW}00000000");
    terminal.check(&[
        (&format!("04DC012D0A {data}"), "6A86"),
        ("04DC012C04 00000000", "6700"),
        ("04DC012C03 000000", "6700"),
        ("04DC012C", "6700"),
        (&format!("04DC01040A {data}"), "6986"),
        (&format!("04DC014C0A {data}"), "6A82"),
        (&format!("04DC013C0A {data}"), "6981"),
        (&format!("04DC012C0A {data}"), "6982"),
        (&format!("04B2012C0A {data}"), "6882"), // no other command takes a MAC
        (&format!("0CDC012C0A {data}"), "6882"),
    ]);
    terminal.show(1, 0x85);
    terminal.check(&[(&format!("04DC012C0A {data}"), "6984")]);
    assert_eq!(terminal.memory(), before);
    for (header, data, answer) in [
        ("04DC012C", "A20411223344", "6A80"),   // another tag
        ("04DC012C", "A1051122334455", "6A84"), // longer than its place
        ("04DC032C", NEW, "6A83"),
        ("04DC0134", "112233", "6700"),
    ] {
        let command = terminal.maintain(1, header, data);
        assert_eq!(terminal.send(command.clone(), true), answer, "{header} {data}");
        assert_eq!(terminal.memory(), before);
        let command = terminal.maintain(1, header, data);
        assert_eq!(terminal.send(command, false), "6988");
        // The count goes back when a MAC is right.
        let command = terminal.maintain(1, header, data);
        assert_eq!(terminal.send(command, true), answer);
        assert_eq!(terminal.memory(), before);
    }
}

#[test]
fn where_there_is_no_maintenance_key_no_mac_is_right() {
    let mut terminal = Terminal::with(Made::Des);
    let mut env = terminal.card.rig.env();
    let area = files::create_df(&mut env, DfId::ROOT, &df(0x0300, b"AREA3")).unwrap();
    files::create_ef(&mut env, area, &ef(0x0005, 5, bytes(2))).unwrap();
    terminal.check(&[
        ("00A4040C05 4152454133", "9000"),
        ("04D6850005 5500000000", "6A88"),
        ("00D6850001 55", "9000"),
    ]);
}

#[test]
fn a_torn_update_with_a_mac_is_there_or_not() {
    let mut terminal = open();
    let old = terminal.card.send(READ);
    let command = terminal.maintain(1, "04DC012C", NEW);
    let mut cuts = 0;
    loop {
        let mut torn = terminal.clone();
        torn.card.rig.tear_at(cuts + 1);
        let answered = torn.card.try_send(&command).is_some();
        torn.card.rig.power_on();
        torn.check(&[AREA1]);
        torn.show(1, 0x84);
        let now = torn.card.send(READ);
        assert!(now == old || now == format!("{NEW}9000"));
        assert!(!answered || now != old);
        if answered {
            break;
        }
        cuts += 1;
    }
    assert!(cuts >= 4);
}

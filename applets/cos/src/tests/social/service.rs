//! What the environment answers to the applications below it.

use super::*;

const BELOW: Aid = Aid::new(b"BELOW");

fn ask_as(terminal: &mut Terminal, caller: &Aid, request: &str) -> String {
    let mut buffer = [0; 64];
    let mut reply = Reply::new(&mut buffer);
    let request = unhex(request);
    let mut env = terminal.card.rig.env();
    match environment::serve(&mut env, &FAMILY, caller, &request, &mut reply) {
        Ok(()) => format!("{}9000", hex(reply.data())),
        Err(Halt::Status(status)) => hex(&status.to_bytes()),
        Err(Halt::Torn(_)) => panic!("nobody tears"),
    }
}

fn ask(terminal: &mut Terminal, request: &str) -> String {
    ask_as(terminal, &BELOW, request)
}

#[test]
fn it_tells_what_was_shown_in_the_root() {
    let mut terminal = Terminal::with(Made::Des);
    assert_eq!(ask(&mut terminal, "01"), "00000000009000");
    terminal.check(&[("0020000003 123456", "9000")]);
    terminal.show(0, 0x04);
    terminal.show(0, 0x06);
    assert_eq!(ask(&mut terminal, "01"), "01000000509000");
    terminal.check(&[("0020000003 999999", "63C2")]);
    assert_eq!(ask(&mut terminal, "01"), "00000000509000");
    assert_eq!(ask(&mut Terminal::with(Made::WithoutPin), "01"), "02000000009000");
}

#[test]
fn what_was_shown_in_a_directory_is_over_when_an_application_below_is_selected() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1, ("0020000003 123456", "9000")]);
    terminal.show(1, 0x85);
    social::child_selected(&mut terminal.card.rig.env());
    assert_eq!(ask(&mut terminal, "01"), "00000000009000");
    // Back in the directory, as from an application below.
    terminal.check(&[AREA1, ("00B2012C00", "6982"), ("00DC012C06 A10401020304", "6982")]);
}

#[test]
fn it_answers_whom_its_installation_data_name_and_nobody_else() {
    let mut terminal = Terminal::with(Made::Des);
    for other in [&b"BELO"[..], b"BELOWX", b"ABOVE"] {
        let other = Aid::new(if other.len() < 5 { b"BELO\0" } else { other });
        for request in ["01", "20123456", "5E123456FF654321", "FF", ""] {
            assert_eq!(ask_as(&mut terminal, &other, request), "6985");
        }
    }
    for request in ["", "0100", "02", "FF00", "24"] {
        assert_eq!(ask(&mut terminal, request), "6A80", "{request}");
    }
    terminal.check(&[("00200000", "63C3")]);
}

#[test]
fn the_pin_is_presented_and_changed_by_it() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[("0020000003 123456", "9000")]);
    assert_eq!(ask(&mut terminal, "20"), "63C3");
    assert_eq!(ask(&mut terminal, "20999999"), "63C2");
    assert_eq!(ask(&mut terminal, "20"), "63C2");
    // A wrong one takes away what it had opened in the environment; a right one opens nothing
    // there.
    assert_eq!(ask(&mut terminal, "01"), "00000000009000");
    assert_eq!(ask(&mut terminal, "20123456"), "9000");
    assert_eq!(ask(&mut terminal, "01"), "00000000009000");
    terminal.check(&[AREA2, ("00B0850002", "6982")]);
    assert_eq!(ask(&mut terminal, "201234"), "6700");
    assert_eq!(ask(&mut terminal, "5E123456FF6543"), "6700");
    assert_eq!(ask(&mut terminal, "5E12345600654321"), "6A80");
    assert_eq!(ask(&mut terminal, "5E999999FF654321"), "63C2");
    assert_eq!(ask(&mut terminal, "5E123456FF654321"), "9000");
    terminal.check(&[("0020000003 654321", "9000")]);
    for left in ["63C2", "63C1", "63C0", "6983"] {
        assert_eq!(ask(&mut terminal, "20999999"), left);
    }
    assert_eq!(ask(&mut terminal, "20"), "6983");
    let mut terminal = Terminal::with(Made::WithoutPin);
    assert_eq!(ask(&mut terminal, "20"), "9000");
    assert_eq!(ask(&mut terminal, "20123456"), "6984");
}

#[test]
fn the_pin_is_forgotten_by_it_and_keys_are_not() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[("0020000003 123456", "9000")]);
    terminal.show(0, 0x04);
    assert_eq!(ask_as(&mut terminal, &Aid::new(b"ABOVE"), "FF"), "6985");
    assert_eq!(ask(&mut terminal, "01"), "01000000109000");
    let before = terminal.memory();
    assert_eq!(ask(&mut terminal, "FF"), "9000");
    assert_eq!(ask(&mut terminal, "01"), "00000000109000");
    assert_eq!(terminal.memory(), before);
    terminal.check(&[("00200000", "63C3"), AREA2, ("00B0850002", "6982")]);
}

#[test]
fn a_locked_environment_keeps_the_pin_and_a_blocked_card_everything() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.show(0, 0x05);
    let command = terminal.maintain(0, "841E0000", "");
    assert_eq!(terminal.send(command, true), "9000");
    assert_eq!(ask(&mut terminal, "01"), "00000000209000");
    assert_eq!(ask(&mut terminal, "20123456"), "6A81");
    assert_eq!(ask(&mut terminal, "5E123456FF654321"), "6A81");
    let mut terminal = Terminal::with(Made::Des);
    terminal.show(0, 0x05);
    let command = terminal.maintain(0, "84160000", "");
    assert_eq!(terminal.send(command, true), "9000");
    for request in ["01", "20123456", "5E123456FF654321"] {
        assert_eq!(ask(&mut terminal, request), "6A81");
    }
}

#[test]
fn names_of_children_are_names() {
    let mut terminal = Terminal::with(Made::Des);
    let mut env = terminal.card.rig.env();
    let name = |env: &mut Env<'_>, text: &str| environment::name_children(env, &unhex(text));
    for wrong in ["04 41424344", "05 41424344", "11 4142434445464748494A4B4C4D4E4F5051", "00"] {
        assert_eq!(name(&mut env, wrong), Halt::status(StatusWord::WRONG_DATA), "{wrong}");
    }
}

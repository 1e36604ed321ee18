//! The four states: what each of them allows, and how one becomes another.

use super::*;
use crate::state::Standing;

const NEW: &str = "6985";
const FROZEN: &str = "9486";
const DONE: &str = "9000";
const OVER: &str = "9303";

/// The command that does something by its name, for a card in any state.
fn command(card: &mut Dialogue, name: &str) -> Vec<u8> {
    let state = card.state();
    let number = state.authority_number + 1;
    let figures = numbers(&[state.sequence, state.balance]);
    let limits = [&numbers(&[100])[..], &[5, 1], &numbers(&[0]), &[60]].concat();
    let order = [&numbers(&[number])[..], &office::OFFICE, &TIME].concat();
    let (head, data) = match name {
        "status" => return unhex(STATUS),
        "status long" => return unhex("D0CA020047"),
        "read" => return unhex("00B2012C0A"),
        "statement" => return unhex(STATEMENT_OF),
        "proof" => return unhex("D05A00000400000001"),
        "challenge" => return unhex(CHALLENGE),
        "unknown" => return unhex("00FF0000"),
        "update" => return unhex("00DC022C058403330400"),
        "settlement" => return Wanted::Settlement(Settle::of(1)).initialize(),
        "credit" => return Wanted::Credit { index: 1, amount: 1, number }.initialize(),
        "reversal" => {
            let amounts = Settle::CLINIC.amounts;
            return Wanted::Reversal { kind: 3, reference: 1, amounts, number }.initialize();
        }
        "ack" => {
            let data = card.acknowledgement();
            return card.protected(STATEMENT, [0x4E, 0, 0], &data);
        }
        "freeze" => ([0x48, 1, 1], [&numbers(&[number])[..], &TIME].concat()),
        "unfreeze" => ([0x48, 0, 1], [&numbers(&[number])[..], &TIME].concat()),
        "terminate" => ([0x48, 2, 6], [&numbers(&[number])[..], &TIME].concat()),
        "year" => {
            let figures = numbers(&[1, state.balance, number]);
            ([0x4A, 0, 0], [&[0x20, 0x26, 0x01, 0x01][..], &figures, &TIME].concat())
        }
        "close" => ([0x50, 0, 6], order),
        "open" => ([0x52, 0, 0], Account { number, ..Account::USUAL }.data()),
        "reconcile" => ([0x56, 0, 0], [&figures[..], &limits, &numbers(&[number]), &TIME].concat()),
        "adjust" => ([0x58, 0, 0], [&[b'+'][..], &numbers(&[1, 0]), &[1], &order].concat()),
        _ => unreachable!("{name}"),
    };
    card.protected(AUTHORITY, head, &data)
}

/// | | NEW | ACTIVE | FROZEN | TERMINATED |
const ROWS: [(&str, [&str; 4]); 20] = [
    ("status", [DONE, DONE, DONE, DONE]),
    ("status long", [DONE, DONE, DONE, DONE]),
    ("read", [DONE, DONE, DONE, DONE]),
    ("challenge", [DONE, DONE, DONE, OVER]),
    ("unknown", ["6D00", "6D00", "6D00", "6D00"]),
    ("update", ["6982", "6982", "6982", OVER]),
    ("statement", [NEW, DONE, DONE, OVER]),
    ("proof", ["9406", DONE, DONE, OVER]),
    ("settlement", [NEW, DONE, FROZEN, OVER]),
    ("credit", [NEW, DONE, FROZEN, OVER]),
    ("reversal", [NEW, DONE, FROZEN, OVER]),
    ("freeze", [NEW, DONE, FROZEN, OVER]),
    ("unfreeze", [NEW, DONE, DONE, OVER]),
    ("terminate", [NEW, DONE, DONE, OVER]),
    ("ack", [NEW, DONE, DONE, OVER]),
    ("reconcile", [NEW, DONE, DONE, OVER]),
    ("year", [NEW, DONE, FROZEN, OVER]),
    ("adjust", [NEW, DONE, FROZEN, OVER]),
    ("close", [NEW, DONE, DONE, OVER]),
    ("open", [DONE, "6985", "6985", OVER]),
];

const STANDINGS: [Standing; 4] =
    [Standing::New, Standing::Active, Standing::Frozen, Standing::Terminated];

/// A card in this state that has got there by itself, its PIN shown.
fn card(standing: Standing) -> Dialogue {
    if standing == Standing::New {
        let mut card = Dialogue::new(Suite::TripleDes);
        card.show_pin();
        return card;
    }
    let mut card = Dialogue::open();
    card.settle(Settle::CLINIC);
    let name = match standing {
        Standing::Frozen => "freeze",
        Standing::Terminated => "close",
        _ => return card,
    };
    let command = command(&mut card, name);
    assert!(card.send_bytes(&command).ends_with("9000"));
    card
}

#[test]
fn each_state_allows_what_its_row_says() {
    for (name, expected) in ROWS {
        for (standing, expected) in STANDINGS.into_iter().zip(expected) {
            let mut card = card(standing);
            let command = command(&mut card, name);
            let before = card.memory();
            let answer = card.send_bytes(&command);
            assert!(answer.ends_with(expected), "{name} {standing:?}: {answer}");
            assert!(expected == DONE || card.memory() == before, "{name} {standing:?}");
        }
    }
}

#[test]
fn one_state_becomes_another_by_what_the_arrows_say_and_by_nothing_else() {
    use Standing::{Active, Frozen, New, Terminated};
    let arrow = |from: Standing, name: &str| match (from, name) {
        (New, "open") | (Frozen, "unfreeze") => Active,
        (Active, "freeze") => Frozen,
        (Active | Frozen, "close" | "terminate") => Terminated,
        (from, _) => from,
    };
    for (name, _) in ROWS {
        for standing in STANDINGS {
            let mut card = card(standing);
            let command = command(&mut card, name);
            card.send_bytes(&command);
            assert_eq!(card.state().standing, arrow(standing, name), "{name} {standing:?}");
            card.power_on();
            assert_eq!(card.state().standing, arrow(standing, name), "{name} {standing:?}");
        }
    }
}

#[test]
fn a_frozen_account_goes_on_where_it_stopped() {
    let mut card = card(Standing::Frozen);
    let before = card.state();
    let unfreeze = command(&mut card, "unfreeze");
    assert_eq!(card.send_bytes(&unfreeze), "9000");
    let after = card.state();
    assert_eq!(State { standing: Standing::Frozen, authority_number: 2, ..after }, before);
    assert_eq!(card.settle(Settle::of(1)), 2);
}

/// After closing, and after termination, the balance is what was answered, and records remain.
#[test]
fn a_closed_account_has_nothing_and_a_terminated_one_keeps_what_it_had() {
    let mut closed = card(Standing::Active);
    let close = command(&mut closed, "close");
    let answer = closed.send_bytes(&close);
    assert_eq!(answer[..16], *"0000BE5000000002");
    assert_eq!(closed.state().balance, 0);
    let entry = closed.send("00B2014430");
    assert_eq!(entry[..14], *"00000002380000");
    assert_eq!(entry[40..48], *"0000BE50");
    assert_eq!(entry[80..88], *"00000000");
    let mut terminated = card(Standing::Active);
    let terminate = command(&mut terminated, "terminate");
    assert_eq!(terminated.send_bytes(&terminate), "9000");
    assert_eq!(terminated.state().balance, 0xBE50);
}

/// Reading wants the PIN or RK1; nothing writes what the card writes.
#[test]
fn files_are_read_with_the_pin_and_never_written() {
    let mut card = card(Standing::Active);
    for sfi in [5, 8, 9, 10] {
        card.show_pin();
        let answer = card.send(&format!("00B201{:02X}00", sfi << 3 | 4));
        let empty = if sfi > 8 { "6A83" } else { "9000" };
        assert!(answer.ends_with(empty), "{sfi}: {answer}");
        for (ins, p1) in [("DC", 1), ("E2", 0), ("D2", 1)] {
            let p2 = if ins == "E2" { sfi << 3 } else { sfi << 3 | 4 };
            let answer = card.send(&format!("00{ins}{p1:02X}{p2:02X}0481020000"));
            let refused = if ins == "D2" { "6D00" } else { "6982" };
            assert_eq!(answer, refused, "{ins} {sfi}");
        }
        card.hide_pin();
        assert_eq!(card.send(&format!("00B201{:02X}00", sfi << 3 | 4)), "6982");
    }
    // The state is no file for anybody.
    card.show_pin();
    assert_eq!(card.send("00A4000002EF0B"), "9000");
    assert_eq!(card.send("00B000005B"), "6982");
    assert_eq!(card.send("00D6000001FF"), "6982");
}

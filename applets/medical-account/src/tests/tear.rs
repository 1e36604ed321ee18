//! Power fails in every store of every command that stores: everything is as before or as after,
//! and PROOF tells which.

use super::*;

type Make = fn(&mut Dialogue) -> Vec<u8>;

fn order(card: &mut Dialogue, head: [u8; 3], data: &[&[u8]]) -> Vec<u8> {
    card.protected(AUTHORITY, head, &data.concat())
}

fn begin(card: &mut Dialogue, wanted: Wanted) -> Vec<u8> {
    card.begin(wanted).commit(TIME)
}

/// What is cut, on a card with a settlement and an off-line one reconciled.
const CUT: [(&str, Make); 11] = [
    ("settlement", |card| begin(card, Wanted::Settlement(Settle::CLINIC))),
    ("settlement off-line", |card| begin(card, Wanted::Settlement(Settle::PHARMACY))),
    ("credit", |card| begin(card, Wanted::Credit { index: 1, amount: 9, number: 5 })),
    ("reversal", |card| {
        let amounts = Settle::CLINIC.amounts;
        begin(card, Wanted::Reversal { kind: 2, reference: 1, amounts, number: 5 })
    }),
    ("year", |card| {
        let figures = numbers(&[7, card.state().balance, 5]);
        order(card, [0x4A, 0, 0], &[&[0x20, 0x26, 0x01, 0x01], &figures, &TIME])
    }),
    ("close", |card| order(card, [0x50, 0, 6], &[&numbers(&[5]), &office::OFFICE, &TIME])),
    ("adjust", |card| {
        let data = [&[b'+'][..], &numbers(&[5, 0]), &[1], &numbers(&[5])].concat();
        order(card, [0x58, 0, 0], &[&data, &office::OFFICE, &TIME])
    }),
    ("reconcile", |card| {
        let state = card.state();
        let figures = numbers(&[state.sequence, state.balance]);
        let limits = [&numbers(&[100])[..], &[5, 0], &numbers(&[3]), &[9]].concat();
        order(card, [0x56, 0, 0], &[&figures, &limits, &numbers(&[5]), &TIME])
    }),
    ("freeze", |card| order(card, [0x48, 1, 1], &[&numbers(&[5]), &TIME])),
    ("terminate", |card| order(card, [0x48, 2, 1], &[&numbers(&[5]), &TIME])),
    ("ack", |card| {
        let data = card.acknowledgement();
        card.protected(STATEMENT, [0x4E, 0, 0], &data)
    }),
];

fn check(name: &str, start: &Dialogue, command: &[u8]) {
    let (old_state, old) = (start.clone().state(), start.clone().memory());
    let mut whole = start.clone();
    whole.rig.tear_at(u32::MAX);
    let answer = whole.send_bytes(command);
    assert!(answer.ends_with("9000"), "{name}: {answer}");
    let (new_state, new, stores) = (whole.state(), whole.memory(), whole.rig.stores());
    assert!(stores >= 4 && old != new, "{name}");
    let mut seen = [false; 2];
    for n in 1..=stores {
        let mut torn = start.clone();
        torn.rig.tear_at(n);
        assert_eq!(torn.try_send(command), None, "{name} at {n}");
        torn.power_on();
        let after = torn.memory();
        assert!(after == old || after == new, "{name} torn at {n}: a mix");
        let state = if after == new { new_state } else { old_state };
        seen[usize::from(after == new)] = true;
        // Before a statement is due nothing hinders the answer.
        let expected = match state.standing {
            crate::state::Standing::Terminated => "9303".into(),
            crate::state::Standing::New => "9406".into(),
            _ => hex(&[state.proof.mac2, state.proof.tac].concat()) + "9000",
        };
        let proof = format!("D05A000004{:08X}", state.sequence);
        assert_eq!(torn.send(&proof), expected, "{name} at {n}");
        torn.refuse(command, if command[0] == 0xD0 { "6985" } else { refused(&state) });
    }
    assert!(seen[0], "{name}");
}

/// An order without a challenge.
fn refused(state: &State) -> &'static str {
    match state.standing {
        crate::state::Standing::Terminated => "9303",
        _ => "6984",
    }
}

#[test]
fn every_command_is_done_or_not_done() {
    let mut base = Dialogue::open();
    base.settle(Settle::CLINIC);
    base.credit(5);
    for (name, make) in CUT {
        let mut card = base.clone();
        let command = make(&mut card);
        check(name, &card, &command);
    }
}

#[test]
fn opening_is_done_or_not_done() {
    let mut card = Dialogue::new(Suite::TripleDes);
    let account = Account { sequence: 9, ..Account::USUAL };
    let command = order(&mut card, [0x52, 0, 0], &[&account.data()]);
    check("open", &card, &command);
}

/// What changes no memory cannot be torn.
#[test]
fn nothing_else_stores_anything() {
    let mut card = Dialogue::open();
    card.settle(Settle::CLINIC);
    card.rig.tear_at(u32::MAX);
    for command in [STATUS, "D0CA020047", STATEMENT_OF, "D05A00000400000001", "00B2014430"] {
        assert!(card.send(command).ends_with("9000"));
    }
    card.begin(Wanted::Settlement(Settle::CLINIC));
    card.begin(Wanted::Credit { index: 1, amount: 1, number: 2 });
    let amounts = Settle::CLINIC.amounts;
    card.begin(Wanted::Reversal { kind: 2, reference: 1, amounts, number: 2 });
    card.challenge();
    card.send(SELECT);
    assert_eq!(card.rig.stores(), 0);
}

//! The order of checks of the commands with a MAC.

use super::*;

/// A command with a MAC, and what all of them look at before their own.
fn ordered(key: (u8, u8), [ins, p1, p2]: [u8; 3], data: Vec<u8>) -> Draft {
    Draft { head: [0xD4, ins, p1, p2], data, order: Some((key, true, true)), commit: None }
}

fn protected(own: Vec<Fault>) -> Vec<Fault> {
    let mut faults = vec![
        fault("6984", 0, |_, draft| draft.order.as_mut().unwrap().1 = false),
        fault("6988", 0, |_, draft| draft.order.as_mut().unwrap().2 = false),
    ];
    faults.extend(own);
    faults
}

#[test]
fn freeze() {
    for (p1, reason) in [(1, 1), (0, 6), (2, 5)] {
        let mut own = vec![new()];
        if p1 == 1 {
            own.push(fault("9486", STATE, |card, _| stand(card, Standing::Frozen)));
        }
        own.extend([
            fault("9487", 0, |_, draft| put(draft, 0, 1)),
            fault("6A80", 0, |_, draft| draft.data[10] = 0xFF),
        ]);
        let data = [&numbers(&[2])[..], &TIME].concat();
        let draft = ordered(AUTHORITY, [0x48, p1, reason], data);
        check_order(&Dialogue::open(), &draft, protected(own));
    }
}

#[test]
fn year() {
    let mut own = not_open_for_money();
    own.extend([
        fault("9487", 0, |_, draft| put(draft, 12, 1)),
        fault("948A", 0, |card, _| card.change(|state| state.off_line.count = 1)),
        fault("948B", 0, |_, draft| put(draft, 8, 49_999)),
        fault("6A80", 0, |_, draft| draft.data[1] = 0x25),
        fault("6A80", 0, |_, draft| draft.data[2] = 0x0A),
        fault("9481", 0, |card, _| card.change(|state| state.sequence = state.base + 64)),
        fault("9402", 0, |_, draft| put(draft, 4, 0x7FFF_FFFF)),
        fault("9402", 0, |card, _| card.change(|state| state.online = 0xFFFF)),
    ]);
    let data = [&[0x20, 0x26, 0x01, 0x01][..], &numbers(&[9, 50_000, 2]), &TIME].concat();
    let draft = ordered(AUTHORITY, [0x4A, 0, 0], data);
    check_order(&Dialogue::open(), &draft, protected(own));
}

#[test]
fn acknowledge() {
    let mut card = Dialogue::open();
    card.credit(1);
    let own = vec![
        new(),
        fault("948B", 0, |_, draft| draft.data[1] += 1),
        fault("948B", 0, |_, draft| put(draft, 2, 0)),
        fault("948B", 0, |_, draft| put(draft, 6, 50_000)),
        fault("6A80", 0, |_, draft| draft.data[16] = 0xA0),
    ];
    let data = card.acknowledgement();
    check_order(&card, &ordered(STATEMENT, [0x4E, 0, 0], data.clone()), protected(own));
    // The authority's key acknowledges nothing, that of statements orders nothing.
    let command = card.protected(AUTHORITY, [0x4E, 0, 0], &data);
    card.refuse(&command, "6988");
    let data = [&numbers(&[9])[..], &TIME].concat();
    let command = card.protected(STATEMENT, [0x48, 1, 1], &data);
    card.refuse(&command, "6988");
}

#[test]
fn close() {
    let own = vec![
        new(),
        fault("9487", 0, |_, draft| put(draft, 0, 1)),
        fault("6A80", 0, |_, draft| draft.data[10] = 0xA0),
        fault("9481", 0, |card, _| card.change(|state| state.sequence = state.base + 64)),
        fault("9402", 0, |card, _| card.change(|state| state.online = 0xFFFF)),
    ];
    let data = [&numbers(&[2])[..], &office::OFFICE, &TIME].concat();
    let draft = ordered(AUTHORITY, [0x50, 0, 6], data);
    check_order(&Dialogue::open(), &draft, protected(own));
}

#[test]
fn open() {
    let own = vec![
        fault("6985", STATE, |card, _| stand(card, Standing::Active)),
        fault("6985", STATE, |card, _| stand(card, Standing::Frozen)),
        fault("9487", 0, |_, draft| put(draft, 8, 0)),
        fault("6A80", 0, |_, draft| draft.data[58] = 0),
        fault("6A80", 0, |_, draft| draft.data[58] = 61),
        fault("6A80", 0, |_, draft| draft.data[12] = 0xFF),
        fault("9402", 0, |_, draft| put(draft, 0, 0x8000_0000)),
    ];
    let draft = ordered(AUTHORITY, [0x52, 0, 0], Account::USUAL.data());
    check_order(&Dialogue::new(Suite::TripleDes), &draft, protected(own));
}

#[test]
fn reconcile() {
    let own = vec![
        new(),
        fault("948B", 0, |_, draft| put(draft, 0, 1)),
        fault("948B", 0, |_, draft| put(draft, 4, 1)),
        fault("9487", 0, |_, draft| put(draft, 19, 1)),
        fault("6A80", 0, |_, draft| draft.data[18] = 0),
        fault("6A80", 0, |_, draft| draft.data[23] = 0xBB),
    ];
    let limits = [&numbers(&[100])[..], &[5, 1], &numbers(&[0]), &[60]].concat();
    let data = [&numbers(&[0, 50_000])[..], &limits, &numbers(&[2]), &TIME].concat();
    let draft = ordered(AUTHORITY, [0x56, 0, 0], data);
    check_order(&Dialogue::open(), &draft, protected(own));
}

#[test]
fn adjust() {
    for sign in [b'+', b'-'] {
        let mut own = not_open_for_money();
        own.push(fault("9487", 0, |_, draft| put(draft, 10, 1)));
        if sign == b'-' {
            own.push(fault("9401", 0, |_, draft| put(draft, 1, 50_001)));
            // A sign that is none has nothing to be above.
        } else {
            own.push(fault("6A80", 0, |_, draft| draft.data[0] = b'*'));
        }
        own.extend([
            fault("6A80", 0, |_, draft| draft.data[20] = 0x0F),
            fault("9481", 0, |card, _| card.change(|state| state.sequence = state.base + 64)),
            fault("9402", 0, |card, _| card.change(|state| state.online = 0xFFFF)),
        ]);
        if sign == b'+' {
            own.push(fault("9402", 0, |_, draft| put(draft, 1, 0x7FFF_FFFF)));
        }
        let data = [&[sign][..], &numbers(&[9, 0]), &[1], &numbers(&[2])].concat();
        let data = [&data[..], &office::OFFICE, &TIME].concat();
        let draft = ordered(AUTHORITY, [0x58, 0, 0], data);
        check_order(&Dialogue::open(), &draft, protected(own));
    }
}

//! The order of checks: each command with each thing wrong that can be, and with each two of them,
//! of which the first in the order answers.

mod lengths;
mod protected;

use super::*;
use crate::{
    entry::{BLACK, RED, REFUNDED},
    state::Standing,
};

/// A command under construction.
#[derive(Clone, Debug)]
struct Draft {
    head: [u8; 4],
    data: Vec<u8>,
    /// Of a command with a MAC: its key, whether a challenge is drawn, whether the MAC is right.
    order: Option<((u8, u8), bool, bool)>,
    /// Of a COMMIT: what was begun, when it is, whether the MAC is right.
    commit: Option<(Begun, [u8; 7], bool)>,
}

/// Something wrong: what it is answered, and how it comes about. Those of one group exclude each
/// other.
struct Fault {
    status: &'static str,
    group: u8,
    make: fn(&mut Dialogue, &mut Draft),
}

const fn fault(status: &'static str, group: u8, make: fn(&mut Dialogue, &mut Draft)) -> Fault {
    Fault { status, group, make }
}

const STATE: u8 = 1;
const PLACE: u8 = 2;
const HEAD: u8 = 3;
const AMOUNT: u8 = 4;
const OF_ENTRY: u8 = 5;
const TIMES: u8 = 6;

/// Faults that every command can have, in their order.
fn first() -> Vec<Fault> {
    vec![
        fault("6E00", HEAD, |_, draft| draft.head[0] = 0xE0),
        fault("6D00", HEAD, |_, draft| draft.head[1] = 0xFE),
        fault("6A81", 0, |card, _| lock(card)),
        fault("9303", STATE, |card, _| stand(card, Standing::Terminated)),
        fault("6A86", 0, |_, draft| draft.head[3] ^= 0x80),
        fault("6700", 0, |_, draft| draft.data.push(0)),
    ]
}

fn lock(card: &mut Dialogue) {
    card.rig.env().store(layout::ROOT_AT + 1, &[0x10]).unwrap();
}

fn stand(card: &mut Dialogue, standing: Standing) {
    card.change(|state| state.standing = standing);
}

fn put(draft: &mut Draft, at: usize, number: u32) {
    draft.data[at..at + 4].copy_from_slice(&number.to_be_bytes());
}

/// The command as it is sent.
fn finish(card: &mut Dialogue, draft: &Draft) -> Vec<u8> {
    let mut data = draft.data.clone();
    if let Some((key, challenged, right)) = draft.order {
        let challenge = if challenged { card.challenge() } else { [7; 8] };
        let command = card.office.protect(key, challenge, draft.head, &data);
        data = command[5..].to_vec();
        if !right {
            *data.last_mut().unwrap() ^= 1;
        }
    }
    if let Some((begun, time, right)) = draft.commit {
        let command = begun.commit(time);
        data = [&command[5..], &data].concat();
        if !right {
            *data.last_mut().unwrap() ^= 1;
        }
    }
    match data.len() {
        0 => draft.head.to_vec(),
        bytes => [&draft.head[..], &[bytes as u8], &data].concat(),
    }
}

/// Sends a command with these faults; the first one's status must come of it.
fn check(base: &Dialogue, draft: &Draft, faults: &[&Fault]) {
    let (mut card, mut draft) = (base.clone(), draft.clone());
    for fault in faults {
        (fault.make)(&mut card, &mut draft);
    }
    let command = finish(&mut card, &draft);
    let before = card.memory();
    let answer = card.send_bytes(&command);
    let what: Vec<_> = faults.iter().map(|fault| fault.status).collect();
    match faults.first() {
        None => assert!(answer.ends_with("9000"), "{draft:?}: {answer}"),
        Some(first) => {
            assert_eq!(answer, first.status, "{what:?} {}", hex(&command));
            assert!(card.memory() == before, "{what:?} {}", hex(&command));
            assert!(!card.is_pending(), "{what:?} {}", hex(&command));
        }
    }
}

/// Nothing wrong, one thing wrong, two things wrong.
fn check_order(base: &Dialogue, draft: &Draft, own: Vec<Fault>) {
    let mut faults = first();
    faults.extend(own);
    check(base, draft, &[]);
    for (at, fault) in faults.iter().enumerate() {
        check(base, draft, &[fault]);
        for later in &faults[at + 1..] {
            if fault.group == 0 || fault.group != later.group {
                check(base, draft, &[fault, later]);
            }
        }
    }
}

fn plain(wanted: &Wanted) -> Draft {
    let command = wanted.initialize();
    let head = command[..4].try_into().unwrap();
    let data = command[5..command.len() - 1].to_vec();
    Draft { head, data, order: None, commit: None }
}

fn new() -> Fault {
    fault("6985", STATE, |card, _| stand(card, Standing::New))
}

fn pin_hidden() -> Fault {
    fault("6982", 0, |card, _| card.hide_pin())
}

fn not_open_for_money() -> Vec<Fault> {
    vec![
        fault("9486", STATE, |card, _| stand(card, Standing::Frozen)),
        fault("6985", STATE, |card, _| stand(card, Standing::New)),
    ]
}

const PLACE_AT: usize = 19;
const CLASS_AT: usize = 17;
const FLAGS_AT: usize = 18;

#[test]
fn initialize_settlement() {
    let mut own = vec![pin_hidden()];
    own.extend(not_open_for_money());
    own.extend([
        fault("9481", 0, |card, _| card.change(|state| state.sequence = state.base + 60)),
        fault("9403", 0, |_, draft| draft.data[0] = 4),
        fault("6A80", 0, |_, draft| draft.data[CLASS_AT] = b'7'),
        fault("6A80", 0, |_, draft| draft.data[FLAGS_AT] |= 0x10),
        fault("6A80", AMOUNT, |_, draft| put(draft, 13, 0x0001_0000)),
        fault("9485", PLACE, |_, draft| draft.data[PLACE_AT] = 0x35),
        fault("9485", PLACE, |_, draft| {
            // Off-line abroad, with the flag.
            draft.data[PLACE_AT] = 0x35;
            draft.data[FLAGS_AT] |= 0x01;
            draft.head[2] = 2;
        }),
        fault("6A80", PLACE, |_, draft| draft.data[FLAGS_AT] |= 0x01),
        fault("948C", 0, |_, draft| draft.data[FLAGS_AT] |= 0x02),
        fault("948C", 0, |_, draft| draft.data[FLAGS_AT] |= 0x04),
        fault("9483", 0, |card, _| card.change(|state| state.limits.single = 1)),
        fault("9401", AMOUNT, |_, draft| put(draft, 1, 50_001)),
        fault("9483", PLACE, |card, draft| {
            card.change(|state| state.limits.off_line_allowed = 0);
            draft.head[2] = 2;
            put(draft, 9, 0);
        }),
        fault("9483", PLACE, |_, draft| draft.head[2] = 2),
        fault("9483", PLACE, |card, draft| {
            card.change(|state| state.off_line.count = 3);
            draft.head[2] = 2;
            put(draft, 9, 0);
        }),
        fault("9402", 0, |card, _| card.change(|state| state.settled = 0xFFFF)),
    ]);
    let card = Dialogue::marked("31010000");
    check_order(&card, &plain(&Wanted::Settlement(Settle::CLINIC)), own);
}

#[test]
fn an_insured_person_who_is_not_approved_is_not_served_abroad() {
    let abroad = Settle { flags: 1, terminal: [0x35, 2, 0, 0, 0, 1], ..Settle::CLINIC };
    for (marks, status) in [("31010100", None), ("31000100", Some("9485"))] {
        let mut card = Dialogue::marked(marks);
        let command = Wanted::Settlement(abroad).initialize();
        match status {
            Some(status) => card.refuse(&command, status),
            None => assert!(card.send_bytes(&command).ends_with("9000")),
        }
    }
}

#[test]
fn a_chronic_class_wants_the_mark_as_the_flag_does() {
    for (class, flags, marks, status) in [
        (b'5', 0, "31011011", "948C"),
        (b'0', 2, "31011011", "948C"),
        (b'0', 4, "31010111", "948C"),
        (b'5', 0, "31000100", "9000"),
        (b'0', 2, "31000100", "9000"),
        (b'0', 4, "31001000", "9000"),
    ] {
        let mut card = Dialogue::marked(marks);
        let command = Wanted::Settlement(Settle { class, flags, ..Settle::CLINIC }).initialize();
        let answer = card.send_bytes(&command);
        assert!(answer.ends_with(status), "{class} {flags} {marks}: {answer}");
    }
}

#[test]
fn initialize_credit() {
    let mut own = not_open_for_money();
    own.extend([
        fault("9481", 0, |card, _| card.change(|state| state.sequence = state.base + 64)),
        fault("9403", 0, |_, draft| draft.data[0] = 0),
        fault("9487", 0, |_, draft| put(draft, 11, 1)),
        fault("9402", 0, |_, draft| put(draft, 1, 0x7FFF_FFFF)),
        fault("9402", 0, |card, _| card.change(|state| state.online = 0xFFFF)),
    ]);
    let mut card = Dialogue::open();
    // No PIN.
    card.hide_pin();
    check_order(&card, &plain(&Wanted::Credit { index: 3, amount: 5, number: 2 }), own);
}

#[test]
fn initialize_reversal() {
    let mut card = Dialogue::open();
    card.settle(Settle::CLINIC);
    card.credit(1);
    let amounts = Settle::CLINIC.amounts;
    for (kind, wrong) in [(2, 1279), (3, 1281), (4, 60_000)] {
        let mut own = not_open_for_money();
        own.extend([
            fault("9481", 0, |card, _| {
                card.change(|state| state.base = state.sequence.wrapping_sub(64))
            }),
            fault("9403", 0, |_, draft| draft.data[0] = 2),
            fault("9487", 0, |_, draft| put(draft, 27, 2)),
            fault("9488", OF_ENTRY, |_, draft| put(draft, 1, 2)),
            fault("9488", OF_ENTRY, |_, draft| put(draft, 1, 3)),
            fault("9488", OF_ENTRY, |_, draft| put(draft, 1, 0)),
            fault("6A86", OF_ENTRY, |_, draft| draft.head[2] = 5),
            fault("6A86", OF_ENTRY, |_, draft| draft.head[2] = 1),
            fault("9489", OF_ENTRY, |card, draft| mark(card, draft, REFUNDED)),
        ]);
        let status = if kind == 4 { "9401" } else { "6A80" };
        own.push(match wrong {
            1279 => fault(status, AMOUNT, |_, draft| put(draft, 5, 1279)),
            1281 => fault(status, AMOUNT, |_, draft| put(draft, 5, 1281)),
            _ => fault(status, AMOUNT, |_, draft| put(draft, 5, 60_000)),
        });
        own.push(fault("9402", 0, |card, _| card.change(|state| state.online = 0xFFFF)));
        let wanted = Wanted::Reversal { kind, reference: 1, amounts, number: 3 };
        check_order(&card, &plain(&wanted), own);
    }
}

/// Sets flags of the settlement, record 2.
fn mark(card: &mut Dialogue, _: &mut Draft, flags: u8) {
    let at = entry_at(card, 2) + 6;
    card.rig.env().store(at, &[flags]).unwrap();
}

fn entry_at(card: &mut Dialogue, record: u8) -> u32 {
    let env = card.rig.env();
    let entries = crate::files::entries(&env).unwrap();
    tessera_cos::record::locate(&env, &entries, record, 64).unwrap().at
}

/// | | refunded | red | black |
#[test]
fn what_was_reversed_is_not_reversed_again() {
    for (kind, forbidden) in
        [(2, [REFUNDED, RED, BLACK]), (3, [REFUNDED, RED, 0]), (4, [REFUNDED, BLACK, 0])]
    {
        for flags in [0, REFUNDED, RED, BLACK] {
            let mut card = Dialogue::open();
            card.settle(Settle::CLINIC);
            let at = entry_at(&mut card, 1) + 6;
            card.rig.env().store(at, &[flags]).unwrap();
            let amounts = Settle::CLINIC.amounts;
            let wanted = Wanted::Reversal { kind, reference: 1, amounts, number: 2 };
            let refused = flags != 0 && forbidden.contains(&flags);
            let expected = if refused { "9489" } else { "9000" };
            let answer = card.send_bytes(&wanted.initialize());
            assert!(answer.ends_with(expected), "{kind} {flags:02X}: {answer}");
        }
    }
}

#[test]
fn commits() {
    let mut card = Dialogue::open();
    card.settle(Settle::CLINIC);
    let amounts = Settle::CLINIC.amounts;
    for wanted in [
        Wanted::Settlement(Settle::PHARMACY),
        Wanted::Credit { index: 2, amount: 1, number: 2 },
        Wanted::Reversal { kind: 3, reference: 1, amounts, number: 2 },
    ] {
        let mut card = card.clone();
        let begun = card.begin(wanted);
        let head = begun.commit(TIME)[..4].try_into().unwrap();
        let commit = Some((begun, TIME, true));
        let draft = Draft { head, data: Vec::new(), order: None, commit };
        let mut own = vec![
            fault("6985", 0, |card, _| drop(card.send(STATUS))),
            fault("9302", 0, |_, draft| draft.commit.as_mut().unwrap().2 = false),
            fault("6A80", TIMES, |_, draft| draft.commit.as_mut().unwrap().1[4] = 0x1A),
        ];
        if matches!(wanted, Wanted::Settlement(_)) {
            own.push(fault("9484", 0, |card, _| card.change(|state| state.year[1] = 0x24)));
        }
        check_order(&card, &draft, own);
    }
}

#[test]
fn what_only_asks() {
    let card = Dialogue::open();
    let draft = |head, data: &[u8]| Draft { head, data: data.to_vec(), order: None, commit: None };
    let statement = vec![pin_hidden(), new()];
    check_order(&card, &draft([0xD0, 0x4C, 0, 0], &[]), statement);
    let proof = vec![fault("9406", 0, |_, draft| draft.data[3] = 1)];
    check_order(&card, &draft([0xD0, 0x5A, 0, 0], &[0; 4]), proof);
    // STATUS is answered in every state.
    for (p1, own) in [(1, vec![]), (2, vec![pin_hidden()])] {
        let draft = draft([0xD0, 0xCA, p1, 0], &[]);
        for standing in [Standing::New, Standing::Active, Standing::Frozen, Standing::Terminated] {
            let mut card = card.clone();
            stand(&mut card, standing);
            check(&card, &draft, &[]);
            let mut faults = first();
            faults.retain(|fault| fault.status != "9303");
            faults.extend(own.iter().map(|own| fault(own.status, own.group, own.make)));
            for (at, fault) in faults.iter().enumerate() {
                check(&card, &draft, &[fault]);
                for later in faults[at + 1..].iter().filter(|later| later.group != HEAD) {
                    check(&card, &draft, &[fault, later]);
                }
            }
        }
    }
}

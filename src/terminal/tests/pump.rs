//! The fuel pump: in order, refused, and cut at every exchange.

use super::*;
use crate::terminal::{
    Acceptor, CheckedBy, Heard, Journal,
    journal::{Open, Stage},
};

fn fuel(
    card: &mut FakeCard,
    psam: &mut FakePsam,
    purse: Purse,
    fen: u32,
) -> Result<Receipt, TerminalError> {
    let (mut terminal, facts) = open(card, psam)?;
    let locked = terminal.lock(&facts, purse)?;
    terminal.pay_locked(locked, Fen(fen))
}

#[test]
fn fuel_is_paid_once_and_the_purse_is_free_wherever_the_card_is_cut() {
    for purse in [Purse::Purse, Purse::Deposit] {
        let (mut whole, mut psam) = (loaded().0, FakePsam::new());
        let before = whole.balances[usize::from(purse.p2()) - 1];
        fuel(&mut whole, &mut psam, purse, 4_000).unwrap();
        for first in 4..whole.seen.len() {
            for second in (first + 1..first + 14).map(Some).chain([None]) {
                for (a, b) in [(Cut::Before, Cut::After), (Cut::After, Cut::Before)] {
                    let (mut card, mut psam) = (loaded().0, FakePsam::new());
                    card.cuts.insert(first, a);
                    card.cuts.extend(second.map(|n| (n, b)));
                    let case = format!("{purse} {first} {a:?} {second:?} {b:?}");
                    let receipt = fuel(&mut card, &mut psam, purse, 4_000);
                    let receipt = receipt.unwrap_or_else(|error| panic!("{case}: {error}"));
                    let left = card.balances[usize::from(purse.p2()) - 1];
                    assert_eq!((card.completed, left), (1, before - 4_000), "{case}");
                    assert_eq!((receipt.balance.0, receipt.checked), (left, CheckedBy::Tac));
                    let waits = card.lock.as_ref().is_some_and(|lock| !lock.paid);
                    assert!(!waits, "{case}: not locked any more");
                }
            }
        }
    }
}

#[test]
fn a_pump_that_lost_power_unlocks_later_by_itself_or_with_the_host() {
    let amount = Fen(3_000);
    for knows_gmac in [true, false] {
        let (mut card, mut host) = loaded();
        let mut psam = FakePsam::new();
        let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
        let locked = terminal.lock(&facts, Purse::Purse).unwrap();
        let mut journal = std::mem::take(&mut terminal.journal);
        drop(terminal);
        let error = pay(&mut card, &mut psam, &Sale::of(Purse::Purse, Fen(1))).unwrap_err();
        assert!(error.to_string().contains("6985"), "a locked purse pays nothing else: {error}");
        if knows_gmac {
            // The card goes away in the debit, three times.
            let n = card.seen.len();
            card.cuts.extend((n + 4..n + 40).map(|n| (n, Cut::Before)));
            let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
            terminal.journal = journal;
            let error = terminal.pay_locked(locked, amount).unwrap_err();
            assert!(matches!(error, TerminalError::InDoubt { .. }), "{error}");
            journal = std::mem::take(&mut terminal.journal);
            drop(terminal);
            card.cuts.clear();
        }
        let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
        terminal.journal = journal;
        if knows_gmac {
            let receipt = terminal.unlock().unwrap().unwrap();
            assert_eq!((receipt.amount, receipt.balance), (amount, Fen(7_000)));
        } else {
            let error = terminal.unlock().unwrap_err();
            assert!(matches!(error, TerminalError::StillLocked { .. }), "{error}");
            let taken = terminal.unlock_online(&mut host, Some(amount)).unwrap();
            assert_eq!(taken, (amount, Fen(7_000)));
        }
        assert!(terminal.journal().open().is_none());
        drop(terminal);
        assert_eq!((card.balances[1], card.completed), (7_000, 1));
        let unloaded = if knows_gmac { 0 } else { 3_000 };
        assert_eq!(host.account(card.serial).unloaded, unloaded);
        fuel(&mut card, &mut psam, Purse::Purse, 1_000).unwrap();
    }
}

#[test]
fn the_hosts_unlock_is_done_and_booked_once_wherever_the_card_is_cut() {
    let (mut start, _) = loaded();
    let mut psam = FakePsam::new();
    let (mut terminal, facts) = open(&mut start, &mut psam).unwrap();
    terminal.lock(&facts, Purse::Purse).unwrap();
    let kept = *terminal.journal.open().unwrap();
    drop(terminal);
    start.seen.clear();
    for first in 4..14 {
        for cut in [Cut::Before, Cut::After] {
            let (mut card, mut host) = (start.clone(), Host::new(HostKeys::public()));
            card.cuts.insert(first, cut);
            let mut journal = Journal::in_memory();
            journal.store(kept).unwrap();
            let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
            terminal.journal = journal;
            let taken = terminal.unlock_online(&mut host, Some(Fen(2_500))).unwrap();
            assert_eq!(taken, (Fen(2_500), Fen(7_500)), "{first} {cut:?}");
            drop(terminal);
            assert_eq!((card.balances[1], card.completed), (7_500, 1), "{first} {cut:?}");
            assert_eq!(host.account(card.serial).unloaded, 2_500);
        }
    }
}

#[test]
fn no_fuel_flows_for_a_lock_that_the_psam_does_not_agree_with() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    card.instead.insert(0x7C, [&[7; 8][..], &[0x90, 0x00]].concat());
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    let error = terminal.lock(&facts, Purse::Purse).unwrap_err();
    assert!(error.to_string().contains("9302"), "{error}");
    assert!(terminal.journal().open().is_some(), "the card may be locked");
    let error = terminal.lock(&facts, Purse::Purse).unwrap_err();
    assert!(matches!(error, TerminalError::Open(_)), "{error}");
}

#[test]
fn a_psam_that_lost_the_lock_leaves_it_to_the_host_and_anothers_lock_is_let_be() {
    let (mut card, mut host) = loaded();
    let mut psam = FakePsam::new();
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    let locked = terminal.lock(&facts, Purse::Purse).unwrap();
    let kept = *terminal.journal.open().unwrap();
    terminal.open_psam().unwrap();
    drop(terminal);
    psam.instead.insert(0x44, vec![0x69, 0x01]);
    let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
    terminal.journal.store(kept).unwrap();
    let error = terminal.pay_locked(locked, Fen(2_000)).unwrap_err();
    assert!(error.to_string().contains("100.00 in it and 20.00 known to be delivered"), "{error}");
    assert_eq!(terminal.unlock_online(&mut host, None).unwrap(), (Fen(2_000), Fen(8_000)));
    // Another terminal's lock.
    terminal.open_card().unwrap();
    terminal.lock(&facts, Purse::Purse).unwrap();
    terminal.journal.store(crate::terminal::journal::Open { terminal: [9; 6], ..kept }).unwrap();
    let error = terminal.unlock().unwrap_err();
    assert!(
        error.to_string().contains("the card's lock: expected that of 090909090909"),
        "{error}"
    );
    let error = terminal.unlock_online(&mut host, Some(Fen(2_000))).unwrap_err();
    assert!(error.to_string().contains("got that of 330499000001"), "{error}");
}

/// A card that was locked, and what the journal has of it.
fn locked() -> (FakeCard, FakePsam, Host, Open) {
    let (mut card, host) = loaded();
    let mut psam = FakePsam::new();
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    terminal.lock(&facts, Purse::Purse).unwrap();
    let kept = *terminal.journal.open().unwrap();
    drop(terminal);
    (card, psam, host, kept)
}

fn journal_of(open: Open) -> Journal {
    let mut journal = Journal::in_memory();
    journal.store(open).unwrap();
    journal
}

#[test]
fn an_unlock_takes_what_the_journal_says_was_delivered_and_a_meter_only_where_it_says_nothing() {
    let (mut card, mut psam, mut host, kept) = locked();
    for (stage, amount, meter, expected) in [
        (Stage::Delivered([1; 4]), 3_000, Some(0), Err("expected 30.00, which the journal says")),
        (Stage::Delivered([1; 4]), 3_000, Some(3_001), Err("got 30.01")),
        (Stage::Delivered([1; 4]), 3_000, Some(3_000), Ok(3_000)),
        (Stage::Delivered([1; 4]), 3_000, None, Ok(3_000)),
        (Stage::Delivered([1; 4]), 0, Some(1), Err("expected 0.00")),
        (Stage::Locked, 3_000, Some(0), Err("expected 30.00")),
        (Stage::Locked, 3_000, None, Ok(3_000)),
        (Stage::Locked, 0, None, Err("`tessera terminal unlock --amount`")),
        (Stage::Locked, 0, Some(0), Ok(0)),
        (Stage::Locked, 0, Some(10_000), Ok(10_000)),
        (Stage::Locked, 0, Some(10_001), Err("at most the 100.00 in it, got 100.01")),
    ] {
        let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
        terminal.journal = journal_of(Open { stage, amount: Fen(amount), ..kept });
        match (terminal.amount_to_unlock(meter.map(Fen)), expected) {
            (Ok(got), Ok(expected)) => assert_eq!(got, Fen(expected)),
            (Err(error), Err(says)) => assert!(error.to_string().contains(says), "{error}"),
            (got, _) => panic!("{stage:?} {amount} {meter:?}: {got:?}"),
        }
        if expected.is_err() {
            terminal.unlock_online(&mut host, meter.map(Fen)).unwrap_err();
            assert!(terminal.journal.open().is_some());
        }
    }
    assert!(card.lock.is_some() && card.completed == 0);
}

#[test]
fn a_lock_is_paid_once_and_with_no_more_than_there_is() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    let locked = terminal.lock(&facts, Purse::Purse).unwrap();
    let kept = *terminal.journal.open().unwrap();
    let error = terminal.pay_locked(locked, Fen(10_001)).unwrap_err();
    assert!(error.to_string().contains("at most the 100.00 in it"), "{error}");
    assert_eq!(terminal.journal.open(), Some(&kept), "as it was");
    terminal.unlock_online(&mut Host::new(HostKeys::public()), Some(Fen(0))).unwrap();
    let locked = terminal.lock(&facts, Purse::Purse).unwrap();
    let other = Open { terminal_number: [9; 4], ..*terminal.journal.open().unwrap() };
    terminal.journal.store(other).unwrap();
    let error = terminal.pay_locked(locked, Fen(1)).unwrap_err();
    assert!(error.to_string().contains("the lock to pay"), "{error}");
    assert_eq!(terminal.journal.open(), Some(&other));
}

#[test]
fn a_tac_is_in_the_journal_before_the_card_forgets_it_and_recovery_needs_no_card() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    // The device fails when the card is to forget.
    let mut whole = card.clone();
    fuel(&mut whole, &mut psam.clone(), Purse::Purse, 3_000).unwrap();
    let forget = whole.seen.iter().rposition(|command| command.get(1) == Some(&0xCA)).unwrap();
    assert_eq!(whole.seen[forget][2], 1);
    card.broken_from = Some(forget);
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    let locked = terminal.lock(&facts, Purse::Purse).unwrap();
    terminal.pay_locked(locked, Fen(3_000)).unwrap_err();
    let kept = *terminal.journal.open().unwrap();
    assert!(matches!(kept.stage, Stage::Done(..)), "{kept:?}");
    // The card stays broken.
    let receipt = terminal.unlock().unwrap().unwrap();
    assert_eq!((receipt.amount, receipt.checked), (Fen(3_000), CheckedBy::Tac));
    assert_eq!((receipt.kind, receipt.balance), (0x94, Fen(7_000)));
    assert!(terminal.journal.open().is_none());
    drop(terminal);
    // The TAC that still waits is kept by the pump that comes next.
    card.broken_from = None;
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    terminal.lock(&facts, Purse::Purse).unwrap();
    let [foreign] = terminal.foreign_receipts() else { panic!("one") };
    assert_eq!((foreign.tac, foreign.number, foreign.balance), (receipt.tac, 1, Fen(7_000)));
    assert_eq!((foreign.serial, foreign.terminal), (receipt.serial, receipt.terminal));
}

#[test]
fn a_pump_that_lost_power_in_the_hosts_unlock_settles_it_by_the_proof() {
    let (start, mut psam, _, kept) = locked();
    let mut whole = start.clone();
    let (mut terminal, _) = open(&mut whole, &mut psam).unwrap();
    terminal.journal = journal_of(kept);
    terminal.unlock_online(&mut Host::new(HostKeys::public()), Some(Fen(2_500))).unwrap();
    drop(terminal);
    assert_eq!(whole.seen.last().unwrap()[..3], [0xE0, 0x7E, 0x09]);
    for cut in [Cut::Before, Cut::After] {
        let (mut card, mut host) = (start.clone(), Host::new(HostKeys::public()));
        card.cuts.insert(whole.seen.len() - 1, cut);
        let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
        terminal.journal = journal_of(kept);
        terminal.settings.tries = 1;
        let error = terminal.unlock_online(&mut host, Some(Fen(2_500))).unwrap_err();
        assert!(matches!(error, TerminalError::InDoubt { .. }), "{error}");
        let left = *terminal.journal.open().unwrap();
        assert_eq!((left.kind, left.amount), (0x96, Fen(2_500)));
        drop(terminal);
        // What was asked for is what is asked for again, and a later day is another day.
        let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
        terminal.settings.when = Moment::parse("2025-07-01", "08:00:00").unwrap();
        terminal.journal = journal_of(left);
        let error = terminal.unlock().unwrap_err();
        assert!(matches!(error, TerminalError::StillLocked { .. }), "{error}");
        let error = terminal.unlock_online(&mut host, Some(Fen(0))).unwrap_err();
        assert!(error.to_string().contains("expected 25.00"), "{error}");
        let taken = terminal.unlock_online(&mut host, None).unwrap();
        assert_eq!(taken, (Fen(2_500), Fen(7_500)), "{cut:?}");
        assert!(terminal.journal.open().is_none());
        drop(terminal);
        assert_eq!((card.balances[1], card.completed), (7_500, 1), "{cut:?}");
        assert!(card.lock.is_none());
        assert_eq!(host.account(card.serial).unloaded, 2_500);
        // A MAC3 that does not fit is not booked.
        if cut == Cut::After {
            card.proofs[1].as_mut().unwrap().mac = [9; 4];
            let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
            terminal.journal = journal_of(left);
            let error = terminal.unlock_online(&mut host, None).unwrap_err();
            assert!(error.to_string().contains("MAC3 does not fit"), "{error}");
            assert!(terminal.journal.open().is_some());
        }
    }
}

#[test]
fn an_unlock_that_the_card_refuses_leaves_the_lock_in_the_journal() {
    let (mut card, mut psam, mut host, kept) = locked();
    card.instead.insert(0x7E, vec![0x93, 0x02]);
    let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
    terminal.journal = journal_of(kept);
    let error = terminal.unlock_online(&mut host, Some(Fen(2_500))).unwrap_err();
    assert!(error.to_string().contains("9302"), "{error}");
    assert_eq!(terminal.journal.open(), Some(&kept));
}

#[test]
fn an_unlock_needs_no_psam_and_the_issuer_checks_the_tac_then() {
    for psam_is in ["none", "broken", "silent"] {
        let (mut card, mut psam) = (loaded().0, FakePsam::new());
        let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
        let locked = terminal.lock(&facts, Purse::Purse).unwrap();
        let open_lock = *terminal.journal.open().unwrap();
        drop(terminal);
        let n = card.seen.len();
        card.cuts.extend((n + 4..n + 40).map(|n| (n, Cut::Before)));
        let kept = {
            let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
            terminal.journal = journal_of(open_lock);
            terminal.pay_locked(locked, Fen(3_000)).unwrap_err();
            *terminal.journal.open().unwrap()
        };
        assert!(matches!(kept.stage, Stage::Delivered(_)));
        card.cuts.clear();
        let mut dead = Dead { breaks: psam_is == "broken" };
        let mut terminal = Terminal::new(&mut card, settings(), Box::new(|_: &Step| {}));
        if psam_is != "none" {
            terminal = terminal.with_psam(&mut dead);
        }
        terminal.journal = journal_of(kept);
        let receipt = terminal.unlock().unwrap_or_else(|error| panic!("{psam_is}: {error}"));
        assert_eq!(receipt.unwrap().checked, CheckedBy::Issuer, "{psam_is}");
        assert!(terminal.journal.open().is_none());
    }
}

/// A PSAM that says nothing, or whose reader does not work.
struct Dead {
    breaks: bool,
}

impl Acceptor for Dead {
    fn power_on(&mut self) -> Result<Heard, String> {
        if self.breaks { Err("it is gone".into()) } else { Ok(Heard::Silence) }
    }

    fn exchange(&mut self, _: &[u8]) -> Result<Heard, String> {
        self.power_on()
    }
}

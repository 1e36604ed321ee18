//! The terminal with the cards of the profiles `purse` and `psam`: torn in every pulse of what
//! completes a transaction and of the recovery too, the money is right, and card, PSAM and host
//! agree.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use tessera::{
    Card, Profile,
    reader::Slot,
    terminal::{
        Acceptor, CheckedBy, Fen, Heard, Host, HostKeys, Kind, Moment, Pin, Purse, Receipt, Sale,
        Settings, Step, Tariff, Terminal, TerminalError,
        answer::CardFacts,
        online::{Booked, OnlineOrder},
        request::completes,
        ride::Stop,
        toll::Gate,
    },
};

/// A card in its slot whose power fails where it is told to.
struct Torn {
    slot: Slot,
    /// Instruction whose command is torn, and in which pulse.
    tear: Option<(u8, u32)>,
    /// Pulses of the recoveries behind it that are torn too, the next one last.
    recoveries: Vec<u32>,
    was_torn: bool,
}

impl Torn {
    fn new(card: &Card) -> Self {
        Self { slot: Slot::new(card.clone()), tear: None, recoveries: Vec::new(), was_torn: false }
    }
}

impl Acceptor for Torn {
    fn power_on(&mut self) -> Result<Heard, String> {
        if self.was_torn {
            self.slot.tear_recovery_at(self.recoveries.pop().unwrap_or(0));
        }
        Acceptor::power_on(&mut self.slot)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        if let Some((ins, pulse)) = self.tear.filter(|(ins, _)| command.get(1) == Some(ins)) {
            self.tear = None;
            assert!(completes(command) || ins == 0x70);
            self.slot.tear_at(pulse);
        }
        let heard = Acceptor::exchange(&mut self.slot, command)?;
        self.was_torn |= heard == Heard::Silence;
        self.slot.tear_at(0);
        Ok(heard)
    }
}

fn made(profile: &str) -> Card {
    Card::from_profile(&Profile::load(profile).unwrap()).unwrap()
}

fn settings() -> Settings {
    let when = Moment::parse("2025-06-30", "12:00:00").unwrap();
    Settings { pin: Pin::parse("123456").ok(), ..Settings::usual(when) }
}

/// Cards, PSAM and host of a test, before anything is torn.
struct Start {
    card: Card,
    psam: Card,
}

impl Start {
    /// 100 yuan in the purse, 50 in the deposit.
    fn new() -> (Self, Host) {
        let mut host = Host::new(HostKeys::public());
        let mut card = Torn::new(&made("purse"));
        for (purse, fen) in [(Purse::Purse, 10_000), (Purse::Deposit, 5_000)] {
            let order = OnlineOrder { kind: Kind::Load, purse, amount: Fen(fen) };
            online(&mut card, &mut host, order).unwrap();
        }
        card.slot.power_off();
        (Self { card: card.slot.card().clone(), psam: made("psam") }, host)
    }
}

fn with<T>(
    card: &mut dyn Acceptor,
    psam: &mut dyn Acceptor,
    act: impl FnOnce(&mut Terminal<'_>, &CardFacts) -> Result<T, TerminalError>,
) -> Result<T, TerminalError> {
    let progress = Box::new(|_: &Step| {});
    let mut terminal = Terminal::new(card, settings(), progress).with_psam(psam);
    let facts = terminal.open_card()?;
    let done = act(&mut terminal, &facts);
    assert!(done.is_err() || terminal.journal().open().is_none());
    done
}

fn online(card: &mut Torn, host: &mut Host, order: OnlineOrder) -> Result<Booked, TerminalError> {
    let mut terminal = Terminal::new(card, settings(), Box::new(|_: &Step| {}));
    let facts = terminal.open_card()?;
    terminal.online(&facts, host, order)
}

/// Both balances, and how many records the log has.
fn state(card: &mut Torn) -> ([u32; 2], usize) {
    let mut terminal = Terminal::new(card, settings(), Box::new(|_: &Step| {}));
    terminal.open_card().unwrap();
    let balances = [Purse::Deposit, Purse::Purse].map(|purse| terminal.balance(purse).unwrap().0);
    (balances, terminal.log().unwrap().len())
}

/// Recoveries that are torn too.
const RECOVERIES: [&[u32]; 5] = [&[], &[1], &[2], &[4], &[3, 1]];

/// Tears the command with this instruction in each pulse, with each of the recoveries; returns how
/// many cuts there were. `act` ends well every time.
fn every_cut(start: &Start, ins: u8, mut act: impl FnMut(&mut Torn, &mut Torn, &str)) -> u32 {
    for pulse in 1.. {
        let mut was_cut = false;
        for recoveries in RECOVERIES {
            let (mut card, mut psam) = (Torn::new(&start.card), Torn::new(&start.psam));
            card.tear = Some((ins, pulse));
            card.recoveries = recoveries.to_vec();
            act(&mut card, &mut psam, &format!("INS {ins:02X} pulse {pulse}, {recoveries:?}"));
            assert_eq!(card.tear, None, "the command came");
            was_cut |= card.was_torn;
        }
        if !was_cut {
            return pulse - 1;
        }
    }
    unreachable!("a command has an end")
}

#[test]
fn a_purchase_torn_in_every_pulse_is_paid_once_and_the_psam_agrees() {
    let (start, _) = Start::new();
    let compound = Sale { kind: Kind::Compound, ..Sale::of(Purse::Purse, Fen(1_250)) };
    let cash = Sale { kind: Kind::Cash, ..Sale::of(Purse::Deposit, Fen(1_250)) };
    for sale in
        [Sale::of(Purse::Purse, Fen(1_250)), Sale::of(Purse::Deposit, Fen(1_250)), compound, cash]
    {
        let (mut done, mut again) = (0, 0);
        let cuts = every_cut(&start, 0x54, |card, psam, case| {
            let receipt = with(card, psam, |terminal, facts| terminal.purchase(facts, &sale));
            let receipt: Receipt = receipt.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(receipt.checked, CheckedBy::Mac2, "{case}");
            assert_eq!(receipt.number, 1, "{case}");
            let (balances, records) = state(card);
            let mut expected = [5_000, 10_000];
            expected[usize::from(sale.purse.p2()) - 1] -= 1_250;
            assert_eq!((balances, records), (expected, 3), "{case}");
            match receipt.terminal_number {
                [0, 0, 0, 1] => done += 1,
                _ => again += 1,
            }
        });
        assert!(cuts > 5 && done > 5 && again > 5, "{cuts} {done} {again}");
    }
}

#[test]
fn a_psam_torn_in_every_pulse_gives_no_number_twice_and_the_purchase_is_paid_once() {
    let (start, _) = Start::new();
    let sale = Sale::of(Purse::Purse, Fen(1_250));
    for pulse in 1.. {
        let (mut card, mut psam) = (Torn::new(&start.card), Torn::new(&start.psam));
        psam.tear = Some((0x70, pulse));
        let pay = |card: &mut Torn, psam: &mut Torn| {
            with(card, psam, |terminal, facts| terminal.purchase(facts, &sale)).unwrap()
        };
        let first = pay(&mut card, &mut psam);
        assert_eq!(state(&mut card).0, [5_000, 8_750], "pulse {pulse}");
        let was_torn = psam.was_torn;
        let second = pay(&mut card, &mut psam);
        assert!(first.terminal_number < second.terminal_number);
        if !was_torn {
            assert!(pulse > 3);
            return;
        }
    }
}

#[test]
fn online_transactions_torn_in_every_pulse_are_booked_once() {
    let (start, _) = Start::new();
    for (kind, ins, purse, expected) in [
        (Kind::Load, 0x52, Purse::Purse, [5_000, 12_000]),
        (Kind::Load, 0x52, Purse::Deposit, [7_000, 10_000]),
        (Kind::Unload, 0x54, Purse::Deposit, [3_000, 10_000]),
        (Kind::Overdraft, 0x58, Purse::Deposit, [7_000, 10_000]),
    ] {
        let order = OnlineOrder { kind, purse, amount: Fen(2_000) };
        let cuts = every_cut(&start, ins, |card, _, case| {
            let mut host = Host::new(HostKeys::public());
            let booked = online(card, &mut host, order);
            let booked = booked.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(booked.number, 2, "{case}");
            assert_eq!(state(card), (expected, 3), "{case}");
            let serial = [0x33, 0x04, 0x99, 0, 0, 0, 0x01, 0x29, 0, 0x11];
            let account = host.account(serial);
            let moved = if kind == Kind::Overdraft { 0 } else { 2_000 };
            assert_eq!(account.loaded + account.unloaded, moved, "{case}");
        });
        assert!(cuts > 5, "{kind}: {cuts}");
    }
}

#[test]
fn a_ride_torn_in_every_pulse_changes_record_and_money_together() {
    let (start, _) = Start::new();
    let tariff = Tariff::bus().unwrap();
    let cuts = every_cut(&start, 0x54, |card, psam, case| {
        let (line, later) = (12, Moment::parse("2025-06-30", "12:30:00").unwrap());
        let ridden = with(card, psam, |terminal, facts| {
            terminal.get_on(facts, &tariff, Stop { line, stop: 3 })?;
            let inside = terminal.bus_record()?;
            terminal.settings.when = later;
            terminal.get_off(facts, &tariff, Stop { line, stop: 17 })?;
            Ok((inside.inside, terminal.bus_record()?))
        });
        let (inside, record) = ridden.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert!(inside && !record.inside, "{case}");
        assert_eq!((record.paid, record.rides), (Fen(250), 1), "{case}");
        assert_eq!(state(card), ([5_000, 9_750], 4), "{case}");
    });
    assert!(cuts > 5, "{cuts}");
}

#[test]
fn a_toll_road_and_a_fuel_pump_are_paid_once_in_every_cut() {
    let (start, _) = Start::new();
    let cuts = every_cut(&start, 0x54, |card, psam, case| {
        let driven = with(card, psam, |terminal, facts| {
            terminal.drive_in(facts, Gate { network: 1, station: 101 }, 1)?;
            terminal.open_card()?;
            terminal.drive_out(facts, &Tariff::road().unwrap(), 57)
        });
        let passed = driven.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(passed.receipt.amount, Fen(2_615), "{case}");
        assert_eq!(state(card), ([5_000, 7_385], 4), "{case}");
    });
    assert!(cuts > 5, "{cuts}");
    for ins in [0x7C, 0x7E] {
        let cuts = every_cut(&start, ins, |card, psam, case| {
            let fuelled = with(card, psam, |terminal, facts| {
                let locked = terminal.lock(facts, Purse::Purse)?;
                terminal.pay_locked(locked, Fen(8_000))
            });
            let receipt = fuelled.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(receipt.checked, CheckedBy::Tac, "{case}");
            assert_eq!(state(card), ([5_000, 2_000], 3), "{case}");
        });
        assert!(cuts > 3, "{cuts}");
    }
}

#[test]
fn the_hosts_unlock_is_booked_once_in_every_cut() {
    let (mut start, _) = Start::new();
    let (mut card, mut psam) = (Torn::new(&start.card), Torn::new(&start.psam));
    let mut kept = None;
    let locked = with(&mut card, &mut psam, |terminal, facts| {
        terminal.lock(facts, Purse::Purse)?;
        kept = terminal.journal().open().copied();
        Err::<(), _>(TerminalError::NoPsam("more than this"))
    });
    locked.unwrap_err();
    card.slot.power_off();
    start.card = card.slot.card().clone();
    let cuts = every_cut(&start, 0x7E, |card, _, case| {
        let mut host = Host::new(HostKeys::public());
        let mut journal = tessera::terminal::Journal::in_memory();
        journal.store(kept.unwrap()).unwrap();
        let progress = Box::new(|_: &Step| {});
        let mut terminal = Terminal::new(card, settings(), progress).with_journal(journal);
        let left = terminal.unlock_online(&mut host, Some(Fen(8_000)));
        let left = left.unwrap_or_else(|error| panic!("{case}: {error}"));
        drop(terminal);
        assert_eq!(left, (Fen(8_000), Fen(2_000)), "{case}");
        assert_eq!(state(card), ([5_000, 2_000], 3), "{case}");
    });
    assert!(cuts > 5, "{cuts}");
}

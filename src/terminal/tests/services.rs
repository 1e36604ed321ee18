//! Bus and toll road: in order, refused, and cut at every exchange.

use super::*;
use crate::terminal::{
    Tariff,
    ride::{BusRecord, Stop},
    toll::{Gate, TollRecord},
};

fn at(hour: &str) -> Moment {
    Moment::parse("2025-06-30", hour).unwrap()
}

/// One end of a ride, as a terminal of its own.
fn pass(
    card: &mut FakeCard,
    psam: &mut FakePsam,
    hour: &str,
    stop: u16,
    on: bool,
) -> Result<(u32, String), TerminalError> {
    let (mut terminal, facts) = open(card, psam)?;
    terminal.settings.when = at(hour);
    let (tariff, stop) = (Tariff::bus().unwrap(), Stop { line: 12, stop });
    let passed = match on {
        true => terminal.get_on(&facts, &tariff, stop)?,
        false => terminal.get_off(&facts, &tariff, stop)?,
    };
    assert_eq!(passed.receipt.amount, passed.fare.amount);
    Ok((passed.fare.amount.0, passed.fare.to_string()))
}

#[test]
fn a_day_of_rides_has_its_fares_transfers_and_a_missing_exit() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    let mut go = |hour, stop, on| pass(&mut card, &mut psam, hour, stop, on).unwrap();
    assert_eq!(go("07:00:00", 3, true).0, 0);
    assert_eq!(go("07:20:00", 17, false).0, 250);
    // Within an hour of the exit: half.
    assert_eq!(go("08:00:00", 20, true).0, 0);
    let (fare, words) = go("08:10:00", 18, false);
    assert_eq!(fare, 100);
    assert_eq!(words, "1.00 of 2.00 (50 % off: transfer after 40 minutes)");
    // Nobody saw the exit: the most, at the next entry.
    assert_eq!(go("12:00:00", 1, true).0, 0);
    assert_eq!(go("15:00:00", 1, true).0, 600);
    assert_eq!(go("15:05:00", 2, false).0, 200);
    assert_eq!(card.balances[1], 10_000 - 1_150);
    assert_eq!(psam.credited, [0, 250, 0, 100, 0, 600, 200]);
    let record = BusRecord::of(&card.records[&(0x17, 0x09)]).unwrap();
    assert_eq!((record.paid, record.rides, record.inside), (Fen(1_150), 4, false));
    assert_eq!(card.trips.len(), 7);
    assert_eq!(
        hex::encode_upper(&card.trips[0]),
        "02000C0002000000C820250630150500",
        "exit, line, stop, amount, date and time"
    );
}

#[test]
fn a_card_shown_twice_gets_on_once_and_a_missing_exit_costs_what_the_card_type_pays() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    pass(&mut card, &mut psam, "07:00:00", 3, true).unwrap();
    let before = (card.balances, card.records.clone(), card.trips.clone());
    for again in ["07:00:00", "07:00:01", "07:04:59"] {
        let refused = pass(&mut card, &mut psam, again, 3, true).unwrap_err();
        assert!(refused.to_string().contains("has not just got on here"), "{refused}");
        assert_eq!((card.balances, card.records.clone(), card.trips.clone()), before);
    }
    // At another stop, or later, it is another ride.
    assert_eq!(pass(&mut card.clone(), &mut psam.clone(), "07:01:00", 4, true).unwrap().0, 600);
    assert_eq!(pass(&mut card.clone(), &mut psam.clone(), "07:05:00", 3, true).unwrap().0, 600);
    for (card_type, fare) in [(2, 300), (3, 0)] {
        card.card_type = card_type;
        let (mut card, mut psam) = (card.clone(), psam.clone());
        let (paid, words) = pass(&mut card, &mut psam, "09:00:00", 3, true).unwrap();
        assert_eq!(paid, fare);
        assert!(words.contains("card type") && words.contains("exit"), "{words}");
    }
}

#[test]
fn the_card_type_and_what_was_paid_in_the_month_count_and_a_new_month_begins_at_zero() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    card.card_type = 2;
    let mut record = BusRecord::of(&card.records[&(0x17, 0x09)]).unwrap();
    record.month = [0x20, 0x25, 0x06];
    record.paid = Fen(5_000);
    card.records.insert((0x17, 0x09), record.bytes([0; 6]));
    pass(&mut card, &mut psam, "07:00:00", 0, true).unwrap();
    assert_eq!(pass(&mut card, &mut psam, "07:30:00", 5, false).unwrap().0, 90);
    let mut record = BusRecord::of(&card.records[&(0x17, 0x09)]).unwrap();
    assert_eq!(record.paid, Fen(5_090));
    record.month = [0x20, 0x25, 0x05];
    card.records.insert((0x17, 0x09), record.bytes([0; 6]));
    pass(&mut card, &mut psam, "12:00:00", 0, true).unwrap();
    assert_eq!(pass(&mut card, &mut psam, "12:30:00", 5, false).unwrap().0, 100);
}

#[test]
fn a_ride_cut_at_any_exchange_changes_record_list_and_money_together_and_once() {
    let (mut start, mut psam) = (loaded().0, FakePsam::new());
    pass(&mut start, &mut psam, "07:00:00", 3, true).unwrap();
    start.seen.clear();
    let mut whole = start.clone();
    pass(&mut whole, &mut psam.clone(), "07:20:00", 17, false).unwrap();
    // What comes before the terminal has begun is no transaction's.
    for first in 6..whole.seen.len() {
        for cut in [Cut::Before, Cut::After] {
            let (mut card, mut psam) = (start.clone(), psam.clone());
            card.cuts.insert(first, cut);
            let (fare, _) = pass(&mut card, &mut psam, "07:20:00", 17, false).unwrap();
            assert_eq!(fare, 250, "cut {first}");
            assert_eq!(card.records, whole.records);
            assert_eq!(card.trips, whole.trips);
            assert_eq!((card.balances, card.completed), (whole.balances, whole.completed));
        }
    }
}

#[test]
fn who_has_not_got_on_does_not_get_off_and_a_record_that_is_none_is_refused() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    let says = |card: &mut FakeCard, psam: &mut FakePsam, hour| {
        pass(card, psam, hour, 3, false).unwrap_err().to_string()
    };
    let error = says(&mut card, &mut psam, "07:00:00");
    assert!(error.contains("got a card that is not in the bus"), "{error}");
    pass(&mut card, &mut psam, "07:00:00", 3, true).unwrap();
    let error = says(&mut card, &mut psam, "06:59:59");
    assert!(error.contains("got an entry at 2025-06-30 07:00:00"), "{error}");
    for (at, byte, says_what) in
        [(2, 1, "is locked"), (3, 2, "state 00 or 01"), (0, 1, "092E"), (1, 0, "092E")]
    {
        let mut broken = card.clone();
        broken.records.get_mut(&(0x17, 0x09)).unwrap()[at] = byte;
        let error = says(&mut broken, &mut psam, "07:20:00");
        assert!(error.contains(says_what), "{error}");
        assert_eq!(broken.completed, card.completed);
    }
    for length in [0, 4, 14, 20, 28, 36, 47, 49] {
        let mut record = card.records[&(0x17, 0x09)].clone();
        record.resize(length, 0);
        assert!(BusRecord::of(&record).is_err(), "{length}");
    }
}

fn drive(
    card: &mut FakeCard,
    psam: &mut FakePsam,
    kilometres: Option<u16>,
) -> Result<u32, TerminalError> {
    let (mut terminal, facts) = open(card, psam)?;
    let gate = Gate { network: 1, station: 101 };
    let passed = match kilometres {
        None => terminal.drive_in(&facts, gate, 1)?,
        Some(km) => terminal.drive_out(&facts, &Tariff::road().unwrap(), km)?,
    };
    Ok(passed.receipt.amount.0)
}

#[test]
fn a_toll_record_is_written_by_a_terminal_that_proves_its_key_wherever_the_card_is_cut() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    assert_eq!(drive(&mut card, &mut psam, None).unwrap(), 0);
    let record = TollRecord::of(&card.records[&(0x19, 0xAA)]).unwrap();
    assert!(record.inside && record.gate == Gate { network: 1, station: 101 });
    let error = drive(&mut card, &mut psam, None).unwrap_err().to_string();
    assert!(error.contains("got an entry at station 101 without an exit"), "{error}");
    card.seen.clear();
    let start = card.clone();
    assert_eq!(drive(&mut card, &mut psam, Some(57)).unwrap(), 2_615);
    let record = TollRecord::of(&card.records[&(0x19, 0xAA)]).unwrap();
    assert_eq!((record.inside, record.paid), (false, Fen(2_615)));
    let error = drive(&mut card, &mut psam, Some(57)).unwrap_err().to_string();
    assert!(error.contains("expected a card that came in by a gate"), "{error}");
    for first in 5..card.seen.len() {
        for cut in [Cut::Before, Cut::After] {
            let mut cut_card = start.clone();
            cut_card.cuts.insert(first, cut);
            // The last exchanges belong to the order that was refused.
            let Ok(paid) = drive(&mut cut_card, &mut psam, Some(57)) else { panic!("{first}") };
            assert_eq!(paid, 2_615);
            assert_eq!(cut_card.records, card.records);
            assert_eq!(cut_card.balances, card.balances);
        }
    }
}

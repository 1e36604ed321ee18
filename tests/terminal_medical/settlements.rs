//! Settlements: whole, torn in every pulse, found out later, off line and told later.

use super::*;

#[test]
fn a_visit_is_settled_checked_and_posted() {
    for profile in ["medical", "medical-sm4"] {
        let mut start = Start::of(profile);
        let receipt = start.visit(&visit(8_000)).unwrap();
        assert_eq!(receipt.name, "测试甲");
        assert_eq!(receipt.settlement.balance_after, Fen(42_000));
        assert_eq!((receipt.unstated, receipt.limit), (1, 60));
        assert_eq!((&receipt.told, receipt.recovered), (&Told::Posted, false));
        assert!(!receipt.warns());
        // The fund pays of a chronic disease above the deductible of 300.00.
        let chronic = Bill { class: '5', ..visit(40_000) };
        let amounts = start.visit(&chronic).unwrap().settlement.amounts;
        let [account, pool, deductible] = [amounts.account, amounts.pool, amounts.deductible];
        assert_eq!([account, pool, deductible], [Fen(33_000), Fen(7_000), Fen(30_000)]);
        assert_eq!(start.balance(), (9_000, 2, 2), "{profile}");
        // What the account does not hold is paid in cash.
        let amounts = start.visit(&visit(10_000)).unwrap().settlement.amounts;
        assert_eq!((amounts.account, amounts.self_paid), (Fen(9_000), Fen(1_000)));
        assert_eq!(start.posted(), 4);
    }
}

#[test]
fn a_settlement_torn_in_every_pulse_is_booked_and_posted_exactly_once() {
    let start = Start::new();
    let (card, psam) = (start.card.slot.card().clone(), start.psam.slot.card().clone());
    for off_line in [false, true] {
        let (mut proved, mut again) = (0, 0);
        for pulse in 1.. {
            let mut was_torn = false;
            for recovery in [0, 1, 3] {
                let mut torn = Start {
                    card: Held::new(&card),
                    psam: Held::new(&psam),
                    authority: authority(),
                };
                let identity = torn.identity();
                torn.authority.register(&identity, Fen(50_000), 0, &noon()).unwrap();
                torn.authority.asn_is(&identity.card, 1).unwrap();
                torn.card.tear = Some(([0xD0, 0x2C], pulse));
                torn.card.recovery = recovery;
                let receipt = match off_line {
                    true => torn.off_line(Some(FRESH), &medicine(1_250)),
                    false => torn.visit(&visit(1_250)),
                };
                let receipt = receipt.unwrap_or_else(|error| panic!("pulse {pulse}: {error}"));
                was_torn |= torn.card.was_torn;
                assert_eq!(receipt.settlement.sequence, 1, "pulse {pulse}");
                assert_eq!(torn.balance(), (48_750, 1, 1), "pulse {pulse}");
                assert_eq!(torn.posted(), usize::from(!off_line), "pulse {pulse}");
                match receipt.recovered {
                    true => proved += 1,
                    false => again += usize::from(torn.card.was_torn),
                }
            }
            if !was_torn {
                assert!(pulse > 5);
                break;
            }
        }
        assert!(proved > 3 && again > 3, "{proved} {again}");
    }
}

#[test]
fn a_terminal_that_loses_power_finds_out_later_by_its_journal() {
    let path = std::env::temp_dir().join(format!("tessera-{}-medical", std::process::id()));
    for pulse in 1..200 {
        let mut start = Start::new();
        start.card.tear = Some(([0xD0, 0x2C], pulse));
        // The terminal's own end: it tries nothing again.
        let (mut station, authority) = start.station(settings(CLINIC));
        station.settings.tries = 0;
        station = station.with_journal(StationJournal::in_file(&path).unwrap());
        station.settings.tries = 1;
        let ended = station.visit(Some(authority), &visit(1_250));
        drop(station);
        let was_torn = start.card.was_torn;
        let (mut station, authority) = start.station(settings(CLINIC));
        station = station.with_journal(StationJournal::in_file(&path).unwrap());
        let recovered = station.recover(Some(authority)).unwrap();
        assert!(station.journal().rows().is_empty());
        drop(station);
        let (balance, sequence, _) = start.balance();
        match (ended, recovered) {
            (Ok(_), None) => assert_eq!((balance, start.posted()), (48_750, 2)),
            (Err(_), None) => assert_eq!((balance, start.posted()), (50_000, 1)),
            (Err(_), Some(Recovered::NotBooked(_))) => assert_eq!(balance, 50_000),
            (Err(_), Some(Recovered::Booked(settlement, _, told))) => {
                assert_eq!((balance, sequence, told), (48_750, 1, Told::Posted));
                assert_eq!(settlement.balance_after, Fen(48_750));
            }
            (Ok(_), Some(_)) => panic!("a receipt, and open"),
        }
        if !was_torn {
            return;
        }
    }
    panic!("a command has an end");
}

#[test]
fn the_next_settlement_at_another_terminal_is_not_taken_for_the_open_one() {
    let mut start = Start::new();
    let open = {
        let (mut station, authority) = start.station(settings(CLINIC));
        station.visit(Some(authority), &visit(1_000)).unwrap().settlement
    };
    // Said of an entry that was not booked, whose place another one has taken.
    let mut lost = open.clone();
    lost.when = at("2025-06-30", "11:59:00");
    let mut later = open.clone();
    later.sequence = 9;
    start.visit(&visit(2_000)).unwrap();
    for (settlement, booked) in [(&open, true), (&lost, false)] {
        let mut journal = StationJournal::in_memory();
        journal.begin(settlement.clone()).unwrap();
        let (station, authority) = start.station(settings(CLINIC));
        let mut station = station.with_journal(journal);
        match station.recover(Some(authority)).unwrap().unwrap() {
            Recovered::Booked(..) => assert!(booked),
            Recovered::NotBooked(_) => assert!(!booked),
        }
    }
    let mut journal = StationJournal::in_memory();
    journal.begin(later).unwrap();
    let (station, authority) = start.station(settings(CLINIC));
    let mut station = station.with_journal(journal);
    says(station.recover(Some(authority)), "went back: a copy of it, or a restored image");
    says(station.visit(Some(authority), &visit(1)), "a settlement with this card is open");
}

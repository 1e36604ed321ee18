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

#[test]
fn a_psam_torn_in_every_pulse_gives_no_number_twice_and_its_check_may_be_the_authoritys() {
    let start = Start::new();
    let (card, psam) = (start.card.slot.card().clone(), start.psam.slot.card().clone());
    for begin in [[0x80, 0x70], [0x80, 0x72]] {
        for pulse in 1.. {
            let mut torn =
                Start { card: Held::new(&card), psam: Held::new(&psam), authority: authority() };
            let identity = torn.identity();
            torn.authority.register(&identity, Fen(50_000), 0, &noon()).unwrap();
            torn.authority.asn_is(&identity.card, 1).unwrap();
            torn.psam.tear = Some((begin, pulse));
            let first = torn.visit(&visit(1_250)).unwrap().settlement;
            assert_eq!(torn.balance(), (48_750, 1, 1), "pulse {pulse}");
            let was_torn = torn.psam.was_torn;
            let second = torn.visit(&visit(1_250)).unwrap().settlement;
            assert!(first.terminal_counter < second.terminal_counter);
            assert_eq!(torn.posted(), 2);
            if !was_torn {
                assert!(pulse > 2, "{begin:02X?}");
                break;
            }
        }
    }
}

#[test]
fn without_psam_and_authority_nothing_is_handed_over_and_the_entry_is_kept() {
    let mut start = Start::new();
    start.psam.tear = Some(([0x80, 0x72], 1));
    let list = DenyList::parse("list", FRESH).unwrap();
    let (station, _) = start.station(settings(PHARMACY));
    let mut station = station.with_deny_list(list);
    says(station.visit(None, &medicine(1_000)), "the PSAM cannot check it any more");
    let journal = station.into_journal();
    assert_eq!(journal.booked().count(), 1);
    let (station, authority) = start.station(settings(PHARMACY));
    let mut station = station.with_journal(journal);
    assert_eq!(station.upload(authority).unwrap(), 1);
    drop(station);
    assert_eq!((start.posted(), start.balance().0), (2, 49_000));
}

#[test]
fn macs_that_do_not_fit_settle_nothing() {
    let mut start = Start::new();
    // A card that says it has booked, and has not: the PSAM does not agree.
    start.card.instead = Some(([0xD0, 0x2C], [&[0; 8][..], &[0x90, 0x00]].concat()));
    let (mut station, authority) = start.station(settings(CLINIC));
    says(station.visit(Some(authority), &visit(100)), "the card's MAC2 does not fit");
    let journal = station.into_journal();
    assert!(journal.any_in_doubt().is_some(), "it stays open");
    start.card.instead = None;
    let (station, authority) = start.station(settings(CLINIC));
    let mut station = station.with_journal(journal);
    let recovered = station.recover(Some(authority)).unwrap();
    assert!(matches!(recovered, Some(Recovered::NotBooked(_))));
    drop(station);
    // A terminal without the right key: the card books nothing.
    start.psam.instead = Some(([0x80, 0x70], hex::decode("00000009000000009000").unwrap()));
    let (mut station, authority) = start.station(settings(CLINIC));
    says(
        station.visit(Some(authority), &visit(100)),
        "to book the settlement: expected 9000, got 9302",
    );
    assert!(station.journal().rows().is_empty());
    drop(station);
    start.psam.instead = None;
    assert_eq!(start.balance(), (50_000, 0, 0));
    // An authority with another key of TACs rejects what the card has booked.
    let own = AuthorityKeys::parse("keys", "ML-DTK = 00112233445566778899AABBCCDDEEFF").unwrap();
    start.authority = Authority::new(own, MedicalTariff::usual().unwrap());
    let identity = start.identity();
    start.authority.register(&identity, Fen(50_000), 0, &noon()).unwrap();
    says(start.visit(&visit(100)), "rejected it: its TAC is wrong");
    assert_eq!(start.authority.account(&identity.card).unwrap().balance, Fen(50_000));
}

#[test]
fn another_card_that_comes_back_is_refused_and_the_settlement_stays_open() {
    let mut start = Start::new();
    let text = std::fs::read_to_string("profiles/medical.toml").unwrap();
    let text = text.replace("00815653438601330400000298", "00815653438601330400000299");
    let other = Card::from_profile(&Profile::parse("other.toml", &text).unwrap()).unwrap();
    let torn_late = 20;
    start.card.tear = Some(([0xD0, 0x2C], torn_late));
    start.card.another = Some(Slot::new(other));
    let own = start.card.slot.card().clone();
    let (mut station, authority) = start.station(settings(CLINIC));
    says(station.visit(Some(authority), &visit(100)), "another card came back");
    let journal = station.into_journal();
    let open = journal.any_in_doubt().unwrap().clone();
    start.card = Held::new(&own);
    let (station, authority) = start.station(settings(CLINIC));
    let mut station = station.with_journal(journal);
    let recovered = station.recover(Some(authority)).unwrap();
    assert_eq!(recovered, Some(Recovered::NotBooked(open)), "the card as it was before");
}

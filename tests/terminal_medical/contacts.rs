//! A card that meets its authority, its agency and an enquiry terminal.

use super::*;

#[test]
fn a_card_whose_loss_is_reported_is_refused_at_once_and_frozen_when_it_shows_up() {
    let mut start = Start::new();
    let card = start.identity().card;
    start.authority.lost(&card, noon(), Reason::Telephone).unwrap();
    says(start.visit(&visit(100)), "its loss was reported by telephone");
    let state = |start: &mut Start| start.station(settings(CLINIC)).0.enquire().unwrap().1.state;
    assert_eq!(state(&mut start), State::Active, "held at the host, not on the card");
    start.authority.lost(&card, noon(), Reason::Written).unwrap();
    says(start.visit(&visit(100)), "its loss was reported in writing");
    assert_eq!(state(&mut start), State::Frozen);
    // Off line too, without any list that names it.
    says(start.off_line(Some(FRESH), &medicine(100)), "the account on the card is frozen");
    let refused = start.orders(Order::Credit { fen: 1 });
    assert!(matches!(refused, Err(MedicalError::Authority(AuthorityError::Stopped { .. }))));
    start.authority.found(&card).unwrap();
    start.visit(&visit(100)).unwrap();
    assert_eq!(start.balance(), (49_900, 1, 1));
}

#[test]
fn freezing_torn_in_every_pulse_leaves_a_card_that_is_frozen_at_the_next_contact() {
    let start = Start::new();
    let (card, psam) = (start.card.slot.card().clone(), start.psam.slot.card().clone());
    for pulse in 1.. {
        let mut torn =
            Start { card: Held::new(&card), psam: Held::new(&psam), authority: authority() };
        let identity = torn.identity();
        torn.authority.register(&identity, Fen(50_000), 0, &noon()).unwrap();
        torn.authority.asn_is(&identity.card, 1).unwrap();
        torn.authority.lost(&identity.card, noon(), Reason::Written).unwrap();
        torn.card.tear = Some(([0xD4, 0x48], pulse));
        says(torn.visit(&visit(100)), "its loss was reported in writing");
        let (_, status, _) = torn.station(settings(CLINIC)).0.enquire().unwrap();
        assert_eq!(status.state, State::Frozen, "pulse {pulse}");
        assert!(torn.authority.account(&identity.card).unwrap().order.is_empty());
        if !torn.card.was_torn {
            assert!(pulse > 3);
            return;
        }
    }
}

#[test]
fn orders_torn_in_every_pulse_are_carried_out_exactly_once() {
    let mut start = Start::new();
    start.visit(&visit(3_000)).unwrap();
    let (card, psam) = (start.card.slot.card().clone(), start.psam.slot.card().clone());
    let identity = start.identity();
    for (order, begin, balance) in [
        (Order::Credit { fen: 700 }, [0xD0, 0x42], 47_700),
        (Order::Adjust { plus: false, fen: 100 }, [0xD4, 0x58], 46_900),
        (Order::Refund { sequence: 1 }, [0xD0, 0x46], 50_000),
        (Order::Close, [0xD4, 0x50], 0),
    ] {
        for pulse in 1.. {
            let mut torn =
                Start { card: Held::new(&card), psam: Held::new(&psam), authority: authority() };
            torn.authority.register(&identity, Fen(50_000), 0, &noon()).unwrap();
            torn.authority.asn_is(&identity.card, 1).unwrap();
            let (mut station, authority) = torn.station(settings(CLINIC));
            let psam = {
                station.identify().unwrap();
                station.open_psam().unwrap()
            };
            station.meet(authority, &identity.card, psam.terminal).unwrap();
            drop(station);
            torn.card.tear = Some((begin, pulse));
            let first = torn.orders(order);
            assert_eq!(first.is_err(), torn.card.was_torn, "{order:?} pulse {pulse}");
            if first.is_err() && order != Order::Close {
                let (mut station, authority) = torn.station(settings(CLINIC));
                station.identify().unwrap();
                let psam = station.open_psam().unwrap();
                station.meet(authority, &identity.card, psam.terminal).unwrap();
            }
            let account = torn.authority.account(&identity.card).unwrap();
            if order != Order::Close {
                assert_eq!(account.balance, Fen(balance), "{order:?} pulse {pulse}");
                assert_eq!(torn.balance().0, balance, "{order:?} pulse {pulse}");
                assert!(torn.authority.account(&identity.card).unwrap().order.is_empty());
            }
            if !torn.card.was_torn {
                assert!(pulse > 3, "{order:?}");
                break;
            }
        }
    }
}

#[test]
fn at_the_limit_a_statement_is_due_and_once_acknowledged_the_next_visit_settles() {
    for profile in ["medical", "medical-sm4"] {
        let mut start = Start::of(profile);
        let card = start.identity().card;
        let limits = Limits { unstated: 6, ..Limits::usual() };
        start.authority.set_limits(&card, limits).unwrap();
        for entry in 1..=6 {
            let receipt = start.visit(&visit(100)).unwrap();
            assert_eq!((receipt.unstated, receipt.limit), (entry, 6));
            assert!(receipt.warns(), "from five before the limit on");
        }
        says(start.visit(&visit(100)), "6 entries since the last statement: it has to be printed");
        let (mut kiosk, _) = start.station(settings(CLINIC));
        let (identity, ..) = kiosk.enquire().unwrap();
        let printed = kiosk.statement().unwrap();
        assert_eq!((printed.entries.len(), printed.statement.closing), (6, Fen(49_400)));
        drop(kiosk);
        // Printed and not acknowledged, it stays due.
        says(start.visit(&visit(100)), "it has to be printed first");
        let (mut kiosk, _) = start.station(settings(CLINIC));
        kiosk.enquire().unwrap();
        let mut of_another = printed.clone();
        of_another.statement.closing = Fen(1);
        says(kiosk.acknowledge(&identity.card, &of_another), "948B the figures differ");
        kiosk.acknowledge(&identity.card, &printed).unwrap();
        drop(kiosk);
        start.visit(&visit(100)).unwrap();
        assert_eq!(start.balance(), (49_300, 7, 1));
    }
}

#[test]
fn a_new_year_is_settled_with_the_network_and_refused_without() {
    let mut start = Start::new();
    start.off_line(Some(FRESH), &medicine(1_000)).unwrap();
    let new_year = at("2026-01-02", "08:00:00");
    let list = "full 9 2026-01-02 08:00:00\n";
    let later = |code| StationSettings { when: new_year, ..settings(code) };
    let refused = start.off_line_at(later(PHARMACY), Some(list), &medicine(100));
    says(refused, "the account on the card is in the year 2025");
    start.visit_at(later(CLINIC), &visit(100)).unwrap();
    let card = start.identity().card;
    let account = start.authority.account(&card).unwrap();
    assert_eq!((account.year, account.balance), ([0x20, 0x26], Fen(48_900)));
    start.off_line_at(later(PHARMACY), Some(list), &medicine(100)).unwrap();
}

#[test]
fn out_of_the_area_is_settled_with_approval_and_the_fund_pays_less() {
    let mut start = Start::new();
    start.psam = psam_with("\"330400112233\"", "\"350300112233\"");
    let chronic = Bill { class: '5', ..visit(40_000) };
    let there = StationSettings { institution: Some(institution("350300001")), ..settings(CLINIC) };
    let settlement = start.visit_at(there.clone(), &chronic).unwrap().settlement;
    assert_eq!((settlement.flags & 1, settlement.amounts.pool), (1, Fen(6_000)));
    let refused = start.off_line_at(settings(PHARMACY), Some(FRESH), &medicine(100));
    says(refused, "the card is of another region");
    // S-57: without the approval in item 81 neither the terminal nor the card does it.
    let text = std::fs::read_to_string("profiles/medical.toml").unwrap();
    let at_home = text.replace("81 = \"31010100\"", "81 = \"31000100\"");
    let items = [("81", "31000100"), ("84", "330400"), ("8C", "11")];
    let items = items.map(|(tag, value)| format!("\"DF04/EF05/{tag}\" = \"{value}\"\n"));
    let at_home = format!("{at_home}\n[social-security.items]\n{}", items.concat());
    let profile = Profile::parse("home.toml", &at_home).unwrap();
    start.card = Held::new(&Card::from_profile(&profile).unwrap());
    says(start.visit_at(there, &chronic), "entitled to care out of the insured area");
}

#[test]
fn the_agency_updates_a_status_by_its_own_key_and_the_holder_changes_the_pin() {
    let mut start = Start::new();
    let (mut agency, _) = start.station(StationSettings { pin: None, ..settings(CLINIC) });
    let identity = agency.identify().unwrap();
    agency.open_psam().unwrap();
    agency.update_item(&identity.card, &STATUS_ITEM, b"2").unwrap();
    drop(agency);
    let (mut kiosk, _) = start.station(settings(CLINIC));
    kiosk.identify().unwrap();
    kiosk.show_pin().unwrap();
    assert_eq!(kiosk.own_data(0xDF01, 0x07).unwrap().get(0x29), Some(&b"2"[..]));
    kiosk.change_pin(&Pin::parse("654321").unwrap()).unwrap();
    drop(kiosk);
    says(start.visit(&visit(100)), "show the holder's PIN");
    let new = StationSettings { pin: Pin::parse("654321").ok(), ..settings(CLINIC) };
    start.visit_at(new, &visit(100)).unwrap();
    // Without a PIN the balance is told to the terminal's own key (S-09).
    let (mut desk, _) = start.station(StationSettings { pin: None, ..settings(CLINIC) });
    assert_eq!(desk.enquire().unwrap().2.balance, Fen(49_900));
}

#[test]
fn an_order_that_a_freeze_overtakes_is_carried_out_once_the_card_is_found() {
    let mut before = Start::new();
    before.visit(&visit(3_000)).unwrap();
    for (order, balance) in [
        (Order::Credit { fen: 700 }, 47_700),
        (Order::Adjust { plus: true, fen: 100 }, 47_100),
        (Order::Refund { sequence: 1 }, 50_000),
    ] {
        let mut start = Start {
            card: Held::new(before.card.slot.card()),
            psam: Held::new(before.psam.slot.card()),
            authority: before.authority.fork(),
        };
        let card = start.identity().card;
        start.authority.order(&card, order).unwrap();
        start.authority.lost(&card, noon(), Reason::Written).unwrap();
        says(start.visit(&visit(100)), "its loss was reported in writing");
        start.authority.found(&card).unwrap();
        start.visit(&visit(100)).unwrap();
        assert_eq!(start.balance().0, balance - 100, "{order:?}");
        let account = start.authority.account(&card).unwrap();
        assert_eq!((account.balance, account.order.len()), (Fen(balance - 100), 0), "{order:?}");
    }
}

#[test]
fn an_order_the_card_refuses_for_good_is_taken_out_and_the_next_visit_settles() {
    let mut start = Start::new();
    let card = start.identity().card;
    // The card's balance is at most 99999999 fen or so: a credit of all there is passes it.
    start.authority.order(&card, Order::Credit { fen: u32::MAX }).unwrap();
    start.visit(&visit(100)).unwrap();
    assert!(start.authority.account(&card).unwrap().order.is_empty());
    assert_eq!(start.balance().0, 49_900);
}

//! What stations do beside the ledger: the signing mode of cards without one, the library, data
//! items by keys of the PSAM, and a PIN that was forgotten.

use tessera::{
    keys::KeyAlgorithm,
    terminal::{
        library::{Action, Branch, LibraryError, out},
        medical::{
            agency::PENSION_UPDATED,
            desk::{RK1DF03, RK1DF04},
            entry,
            signing::{SigningMode, Temporary},
        },
    },
};

use super::*;

/// Records of the card's own log of settlements that are of the station of these tests.
fn signed(start: &mut Start) -> Vec<Vec<u8>> {
    let mut card = Held::new(start.card.slot.card());
    Acceptor::power_on(&mut card).unwrap();
    let mut records = Vec::new();
    for command in [
        "00A404000F7378312E73682EC9E7BBE1B1A3D5CF",
        "0020000003123456",
        "00A4000002DF04",
        "00B2014400",
        "00B2024400",
    ] {
        match card.exchange(&hex::decode(command).unwrap()).unwrap() {
            Heard::Bytes(answer) if command.starts_with("00B2") => records.push(answer),
            _ => {}
        }
    }
    let when = noon().bytes();
    records.retain(|record| record.get(9..16) == Some(&when));
    records
}

#[test]
fn a_card_without_a_ledger_signs_exactly_once_wherever_it_is_torn() {
    let amounts = entry::Amounts {
        account: Fen(5_000),
        self_paid: Fen(2_000),
        pool: Fen(3_000),
        deductible: Fen(0),
    };
    let fields = SigningMode::OnLine.fields(&amounts);
    let (mut with_tac, mut without) = (0, 0);
    for pulse in 1.. {
        let mut start = Start::new();
        start.card.tear = Some(([0xB0, 0x2C], pulse));
        let (mut station, _) = start.station(settings(CLINIC));
        let card = station.identify().unwrap().card;
        let psam = station.open_psam().unwrap();
        station.show_pin().unwrap();
        let signature = station.sign(&card, &psam, fields);
        let signature = signature.unwrap_or_else(|error| panic!("pulse {pulse}: {error}"));
        drop(station);
        let key = AuthorityKeys::public().of_card(&card, "DTK").unwrap();
        let expected = entry::tac(&key, KeyAlgorithm::TripleDes, &signature.tac_message());
        match signature.tac {
            Some(tac) => {
                assert_eq!(tac, expected);
                with_tac += 1;
            }
            None => without += 1,
        }
        assert_eq!(signed(&mut start).len(), 1, "pulse {pulse}");
        if !start.card.was_torn {
            assert!(pulse > 5 && with_tac > 3 && without > 0, "{pulse} {with_tac} {without}");
            return;
        }
    }
}

#[test]
fn what_is_settled_without_the_network_is_written_by_the_terminals_key() {
    let mut start = Start::new();
    let (mut station, _) = start.station(settings(CLINIC));
    let card = station.identify().unwrap().card;
    station.open_psam().unwrap();
    station.show_pin().unwrap();
    let before = station.temporary(&card).unwrap();
    assert_eq!(before, Temporary { allowed: true, amount: Fen(0), count: 0 });
    let after = before.after(Fen(1_234));
    station.write_temporary(&card, &after, Some((3, '1'))).unwrap();
    assert_eq!(station.temporary(&card).unwrap(), after);
    let special = station.read_by_key(&card, (0xDF04, 0x15), RK1DF04);
    assert!(special.is_err(), "EF15 has records without tags");
    // Both the PIN and the key are asked for.
    drop(station);
    let (mut station, _) = start.station(settings(CLINIC));
    station.identify().unwrap();
    station.open_psam().unwrap();
    says(station.temporary(&card), "6982");
}

#[test]
fn a_module_of_another_province_reads_and_an_update_is_read_again() {
    let mut start = Start::new();
    let (mut agency, _) = start.station(StationSettings { pin: None, ..settings(CLINIC) });
    let card = agency.identify().unwrap().card;
    agency.open_psam().unwrap();
    agency.update_item(&card, &PENSION_UPDATED, &[0x20, 0x25, 0x06, 0x30]).unwrap();
    drop(agency);
    start.psam = psam_with("\"330400112233\"", "\"350300112233\"");
    let (mut agency, _) = start.station(StationSettings { pin: None, ..settings(CLINIC) });
    agency.identify().unwrap();
    agency.open_psam().unwrap();
    let items = agency.read_by_key(&card, (0xDF03, 0x07), RK1DF03).unwrap();
    assert_eq!(items.get(0x73), Some(&[0x20, 0x25, 0x06, 0x30][..]));
}

#[test]
fn a_forgotten_pin_is_replaced_for_the_holder_and_for_nobody_else() {
    for profile in ["medical", "medical-sm4"] {
        let mut start = Start::of(profile);
        let wrong = StationSettings { pin: Pin::parse("000000").ok(), ..settings(CLINIC) };
        for _ in 0..6 {
            says(start.visit_at(wrong.clone(), &visit(100)), "show the holder's PIN");
        }
        says(start.visit(&visit(100)), "6983");
        let new = Pin::parse("246810").unwrap();
        let (mut agency, authority) = start.station(settings(CLINIC));
        let identity = agency.identify().unwrap();
        agency.open_psam().unwrap();
        let another = agency.reload_pin(authority, &identity, "330499199001010026", Some(&new));
        says(another, "the card is not that of 330499199001010026");
        agency.reload_pin(authority, &identity, &identity.number, None).unwrap();
        drop(agency);
        start.visit(&visit(100)).unwrap();
        let (mut agency, authority) = start.station(settings(CLINIC));
        agency.identify().unwrap();
        agency.open_psam().unwrap();
        agency.reload_pin(authority, &identity, &identity.number, Some(&new)).unwrap();
        drop(agency);
        says(start.visit(&visit(100)), "show the holder's PIN");
        let settings = StationSettings { pin: Some(new), ..settings(CLINIC) };
        start.visit_at(settings, &visit(100)).unwrap();
    }
}

#[test]
fn a_book_is_borrowed_in_one_branch_and_returned_in_another_wherever_the_card_is_torn() {
    let mut start = Start::of("citizen");
    let (mut desk, _) = start.station(StationSettings { pin: None, ..settings(CLINIC) });
    let card = desk.identify().unwrap().card;
    desk.open_psam().unwrap();
    let overdue = desk.lend(&card, "0000001271", Branch(2));
    assert!(matches!(overdue, Err(LibraryError::Overdue { .. })));
    let not_out = desk.take_back(&card, "0000009999", Branch(2));
    assert!(matches!(not_out, Err(LibraryError::Book { expected: "out", .. })));
    desk.take_back(&card, "0000000042", Branch(2)).unwrap();
    drop(desk);
    let (card_before, psam) = (start.card.slot.card().clone(), start.psam.slot.card().clone());
    for pulse in 1.. {
        start.card = Held::new(&card_before);
        start.psam = Held::new(&psam);
        start.card.tear = Some(([0x00, 0xDC], pulse));
        let (mut desk, _) = start.station(StationSettings { pin: None, ..settings(CLINIC) });
        desk.identify().unwrap();
        desk.open_psam().unwrap();
        let lent = desk.lend(&card, "0000001271", Branch(1));
        desk.identify().unwrap();
        let (_, loans) = desk.reader().unwrap();
        let is_out = out(&loans).iter().any(|loan| loan.book == "0000001271");
        assert!(is_out || lent.is_err(), "pulse {pulse}");
        if let Ok(loan) = lent {
            assert_eq!((loan.action, loan.due), (Action::Borrowed, [0x20, 0x25, 0x07, 0x30]));
            let back = desk.take_back(&card, "0000001271", Branch(2)).unwrap();
            assert_eq!((back.action, back.branch), (Action::Returned, Branch(2)));
            let (_, loans) = desk.reader().unwrap();
            assert!(out(&loans).is_empty());
            assert!(pulse > 3);
            return;
        }
    }
}

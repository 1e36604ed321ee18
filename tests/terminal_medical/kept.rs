//! What is booked on the card and not confirmed, and what is in doubt with several cards.

use super::*;

#[test]
fn what_fails_after_the_booking_says_what_is_booked() {
    let mut start = Start::new();
    let own = AuthorityKeys::parse("keys", "ML-DTK = 00112233445566778899AABBCCDDEEFF").unwrap();
    start.authority = Authority::new(own, MedicalTariff::usual().unwrap());
    let identity = start.identity();
    start.authority.register(&identity, Fen(50_000), 0, &noon()).unwrap();
    let error = start.visit(&visit(100)).unwrap_err();
    assert!(matches!(error, MedicalError::Booked { sequence: 1, amount: Fen(100), .. }));
    assert!(error.to_string().contains("entry 1 of card K00000129 is booked on the card, 1.00"));
}

#[test]
fn without_an_authority_a_card_that_says_it_has_booked_is_asked_who_it_is_and_stays_unchecked() {
    let mut start = Start::new();
    let open = start.visit(&visit(1_000)).unwrap().settlement;
    let mut journal = StationJournal::in_memory();
    journal.begin(open).unwrap();
    // A copy without the issuer's key is not believed.
    let forged = [0x5A; 8];
    start.card.instead = Some(([0x00, 0x88], [&forged[..], &[0x90, 0x00]].concat()));
    let (station, _) = start.station(settings(CLINIC));
    let mut station = station.with_journal(journal);
    says(station.recover(None), "the card is not the issuer's");
    let journal = station.into_journal();
    assert!(journal.any_in_doubt().is_some());
    start.card.instead = None;
    let (station, authority) = start.station(settings(CLINIC));
    let mut station = station.with_journal(journal);
    for _ in 0..2 {
        says(station.recover(None), "the card says so, unchecked");
        assert!(station.journal().rows()[0].unchecked);
    }
    assert_eq!(station.upload(authority).unwrap(), 1);
    assert_eq!(station.recover(None).unwrap(), None);
}

#[test]
fn of_several_cards_in_doubt_the_one_in_the_reader_is_settled() {
    let mut start = Start::new();
    let open = start.visit(&visit(1_000)).unwrap().settlement;
    let mut of_another = open.clone();
    of_another.card.number = "K00000137".into();
    let mut journal = StationJournal::in_memory();
    journal.begin(of_another.clone()).unwrap();
    journal.begin(open.clone()).unwrap();
    let (station, authority) = start.station(settings(CLINIC));
    let mut station = station.with_journal(journal);
    let recovered = station.recover(Some(authority)).unwrap();
    assert!(matches!(recovered, Some(Recovered::Booked(settled, ..)) if settled == open));
    assert_eq!(station.journal().doubtful().collect::<Vec<_>>(), [&of_another]);
    says(station.recover(Some(authority)), "another card came back");
    station.visit(Some(authority), &visit(1_000)).unwrap();
}

#[test]
fn an_old_entry_that_is_rejected_does_not_stop_the_next_visit() {
    let mut start = Start::new();
    let mut old = start.visit(&visit(1_000)).unwrap().settlement;
    old.when = at("2025-06-30", "11:00:00");
    old.sequence = 2;
    let mut journal = StationJournal::in_memory();
    journal.begin(old.clone()).unwrap();
    journal.book(&old, [0; 4], true).unwrap();
    let (station, authority) = start.station(settings(CLINIC));
    let mut station = station.with_journal(journal);
    station.visit(Some(authority), &visit(1_000)).unwrap();
    assert!(station.journal().rows().is_empty());
    let mut rows = authority.books().row.iter();
    assert!(rows.any(|row| row.state == RowState::Rejected && row.sequence == 2));
}

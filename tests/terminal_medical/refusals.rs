//! What a clerk is told when nothing is settled.

use super::*;

#[test]
fn a_clerk_is_told_why_nothing_is_settled() {
    let mut start = Start::new();
    let before = start.card.slot.card().clone();
    let with = |change: fn(&mut StationSettings)| {
        let mut settings = settings(CLINIC);
        change(&mut settings);
        settings
    };
    let bill = visit(100);
    let at_other = |when| StationSettings { when, ..settings(CLINIC) };
    for (settings, bill, words) in [
        (with(|all| all.institution = None), bill, "no designated institution"),
        (settings(CLINIC), medicine(100), "class '6': expected 0 to 5 or 9"),
        (settings(CLINIC), Bill { class: '8', ..bill }, "class '8': expected 0 to 5 or 9"),
        (settings(PHARMACY), bill, "class '0': expected 6"),
        (at_other(at("2025-01-04", "12:00:00")), bill, "the card is valid from 20250105 to"),
        (at_other(at("2035-01-06", "12:00:00")), bill, "and today is 20350106"),
        (with(|all| all.pin = None), bill, "the holder's PIN: expected one (--pin)"),
        (with(|all| all.pin = Pin::parse("123455").ok()), bill, "show the holder's PIN"),
        (settings(CLINIC), visit(0), "what a visit costs: expected more than 0.00, got 0.00"),
        (settings(CLINIC), Bill { pool: true, ..bill }, "entitled to the out-patient pool"),
    ] {
        says(start.visit_at(settings, &bill), words);
    }
    start.visit(&bill).unwrap();
    assert_eq!(start.balance(), (49_900, 1, 1), "only the last one");
    // What was refused has changed nothing but a try of the PIN, which the right one gives back.
    let mut untouched = Held::new(&before);
    untouched.slot.insert().unwrap();
    let (mut station, _) = start.station(settings(CLINIC));
    assert_eq!(station.enquire().unwrap().1.state, State::Active);
}

#[test]
fn a_card_that_does_not_know_the_issuers_key_is_not_served() {
    let mut start = Start::new();
    // S-18: the card of somebody who has copied all that can be read, but has no IRK.
    let text = std::fs::read_to_string("profiles/medical.toml").unwrap();
    let own = "[keys.own]\nIRK = \"00112233445566778899AABBCCDDEEFF\"\n\n[medical-account]";
    let text = text.replace("[medical-account]\n", &format!("{own}\n"));
    let profile = Profile::parse("own.toml", &text).unwrap();
    start.card = Held::new(&Card::from_profile(&profile).unwrap());
    says(start.visit(&visit(100)), "the card is not the issuer's");
    // S-36: an answer that was recorded before is none to the next random number.
    let mut start = Start::new();
    start.visit(&visit(100)).unwrap();
    let heard = &start.card.heard;
    let (_, answer) = heard.iter().find(|(command, _)| command[..2] == [0x00, 0x88]).unwrap();
    assert_eq!(answer.len(), 10);
    start.card.instead = Some(([0x00, 0x88], answer.clone()));
    says(start.visit(&visit(100)), "the card is not the issuer's");
    start.card.instead = None;
    start.visit(&visit(100)).unwrap();
}

#[test]
fn off_line_needs_a_licence_a_fresh_list_the_own_region_and_room_below_the_limits() {
    let mut start = Start::new();
    let chronic = Bill { class: '5', ..visit(100) };
    let list = |text: &str| format!("full 1 2025-06-29 08:00:00\n{text}");
    for (code, deny, bill, words) in [
        (CLINIC, Some(FRESH.to_owned()), visit(100), "has no licence for it"),
        (PHARMACY, None, medicine(100), "there is no deny list"),
        (
            PHARMACY,
            Some(list("")),
            medicine(100),
            "the deny list of 2025-06-29 08:00:00 is no good",
        ),
        (
            PHARMACY,
            Some(format!("{FRESH}+ K00000129 lost\n")),
            medicine(100),
            "card K00000129 is on the deny list: lost",
        ),
        (
            VILLAGE,
            Some(FRESH.to_owned()),
            Bill { class: '1', ..visit(100) },
            "the fund pays of class 1, and the authority alone knows",
        ),
        (VILLAGE, Some(FRESH.to_owned()), chronic, "the fund pays of class 5"),
        (PHARMACY, Some(FRESH.to_owned()), medicine(20_000), "it would not stay below 200.00"),
    ] {
        says(start.off_line_at(settings(code), deny.as_deref(), &bill), words);
    }
    assert_eq!(start.balance(), (50_000, 0, 0));
    let day_old = list("increment 2 2025-06-29 12:00:00\n");
    start.off_line(Some(&day_old), &medicine(1_000)).unwrap();
    let second_older = list("increment 2 2025-06-29 11:59:59\n");
    says(start.off_line(Some(&second_older), &medicine(1_000)), "is no good at");
    start.off_line(Some(FRESH), &medicine(1_000)).unwrap();
    start.off_line(Some(FRESH), &medicine(1_000)).unwrap();
    says(start.off_line(Some(FRESH), &medicine(1_000)), "3 were settled so already");
    // On line the card's log fills the books, and the counters begin again.
    start.visit(&visit(500)).unwrap();
    assert_eq!(start.balance(), (46_500, 4, 4));
    start.off_line(Some(FRESH), &medicine(1_000)).unwrap();
    let no_more = Limits { offline_allowed: false, ..Limits::usual() };
    let card = start.identity().card;
    start.authority.set_limits(&card, no_more).unwrap();
    start.visit(&visit(500)).unwrap();
    says(start.off_line(Some(FRESH), &medicine(1_000)), "the card does not allow it");
    assert!(start.authority.books().day_end().1.is_empty());
}

#[test]
fn a_batch_sent_twice_counts_once_and_after_a_stop_the_institution_pays() {
    let mut start = Start::new();
    let (mut station, authority) = start.station(settings(PHARMACY));
    station = station.with_deny_list(DenyList::parse("list", FRESH).unwrap());
    let receipt = station.visit(None, &medicine(1_000)).unwrap();
    assert_eq!(receipt.told, Told::Later);
    assert_eq!(station.upload(authority).unwrap(), 1);
    assert_eq!(station.upload(authority).unwrap(), 0);
    drop(station);
    let books = start.authority.books().clone();
    let (state, _) =
        start.authority.settled(&receipt.settlement, receipt.tac, Source::Batch).unwrap();
    assert_eq!(state, RowState::Duplicate);
    assert_eq!(*start.authority.books(), books);
    let card = start.identity().card;
    start.authority.lost(&card, at("2025-06-28", "12:00:00"), Reason::Written).unwrap();
    let late = start.off_line(Some(FRESH), &medicine(500)).unwrap();
    let (state, why) = start.authority.settled(&late.settlement, late.tac, Source::Batch).unwrap();
    assert_eq!((state, why.contains("the institution pays")), (RowState::Suspense, true));
}

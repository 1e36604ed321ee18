//! The authority by itself: its MACs are those of the ledger's known account, and its journal posts
//! each entry once, in order, or says why not.

use super::{
    contact::CardNow,
    keys::{KeyError, Reversal},
    *,
};
use crate::terminal::medical::{
    answer::{Figures, Online, Prepared, PreparedCredit, Status},
    entry::Amounts,
};

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

fn at(date: &str, time: &str) -> Moment {
    Moment::parse(date, time).unwrap()
}

fn mac(hex: &str) -> Mac4 {
    bytes(hex).try_into().unwrap()
}

const TERMINAL: [u8; 6] = [0x33, 0x04, 0x00, 0x11, 0x22, 0x33];
const BRANCH: [u8; 6] = [0x33, 0x04, 0x00, 0x00, 0x00, 0x01];

fn card() -> CardId {
    CardId {
        number: "K00000129".into(),
        region: "330400".into(),
        factor: bytes("8601330400000298").try_into().unwrap(),
        sm4: false,
    }
}

fn identity() -> Identity {
    Identity {
        card: card(),
        number: "330499199001010018".into(),
        name: "测试甲".into(),
        issued: [0x20, 0x25, 1, 5],
        expires: [0x20, 0x35, 1, 5],
    }
}

fn authority() -> Authority {
    Authority::new(AuthorityKeys::public(), MedicalTariff::usual().unwrap())
}

/// The account of the known scenario, opened with nothing, a statement every six entries.
fn opened() -> (Authority, Ordered) {
    let mut authority = authority();
    let order = authority.open(&identity(), Fen(0), &at("2025-01-05", "09:00:00")).unwrap();
    authority.set_limits(&card(), Limits { unstated: 6, ..Limits::usual() }).unwrap();
    (authority, order)
}

fn now(status: &str, figures: &str, terminal: [u8; 6], when: Moment) -> CardNow {
    let status = Status::of(&bytes(status)).unwrap();
    CardNow { status, figures: Figures::of(&bytes(figures)).unwrap(), terminal, when }
}

/// Figures with this balance, counter of bookings and authority number, nothing else.
fn figures(balance: u32, online: u16, asn: u32) -> String {
    let mut figures = vec![0; 71];
    figures[..4].copy_from_slice(&balance.to_be_bytes());
    figures[19..21].copy_from_slice(&online.to_be_bytes());
    figures[23..27].copy_from_slice(&asn.to_be_bytes());
    figures[67..69].copy_from_slice(&[0x20, 0x25]);
    hex::encode(figures)
}

const NEW: &str = "01 00 3C 0000 00000000 0000 00";

fn settlement() -> Settlement {
    Settlement {
        sequence: 2,
        class: '0',
        flags: 0,
        mode: 1,
        terminal: TERMINAL,
        terminal_counter: [0, 0, 0x10, 1],
        when: at("2025-01-10", "10:15:00"),
        balance_after: Fen(48_720),
        card_counter: 0,
        card: card(),
        amounts: Amounts {
            account: Fen(1_280),
            self_paid: Fen(320),
            pool: Fen(4_400),
            deductible: Fen(0),
        },
    }
}

#[test]
fn its_macs_are_those_of_the_known_account() {
    let (mut authority, order) = opened();
    let start = now(NEW, &figures(0, 0, 0), BRANCH, at("2025-01-05", "09:00:00"));
    let open = authority.command(&card(), &order, &start, &bytes("31A342AF068784A6")).unwrap();
    let expected = concat!(
        "D452000056000000000000000000000001202501010000000000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000600004E20040100000000330400000001202501050900008B",
        "6C0406",
    );
    assert_eq!(hex::encode_upper(open), expected);
    authority.carried_out(&card(), &order, &start, &bytes("00000000FDFB629F")).unwrap();

    let order = authority.order(&card(), Order::Credit { fen: 50_000 }).unwrap();
    assert_eq!(order.asn, 2);
    let prepared = bytes("000000000000000100010101F7491FA3547E10D1");
    let prepared = PreparedCredit::of(&prepared).unwrap();
    let when = at("2025-01-06", "10:00:00");
    let place = (BRANCH, when);
    let mac2 = authority.allow_credit(&card(), &order, &prepared, place).unwrap();
    assert_eq!(mac2, mac("0601CBD3"));
    let wrong = PreparedCredit { mac1: [0; 4], ..prepared };
    assert!(authority.allow_credit(&card(), &order, &wrong, place).is_err());
    let wrong = authority.credited(&card(), &order, &prepared.online, place, [0; 4]);
    assert!(matches!(wrong, Err(AuthorityError::Mac { mac: "TAC", .. })));
    authority.credited(&card(), &order, &prepared.online, place, mac("217358C3")).unwrap();
    assert_eq!(authority.account(&card()).unwrap().balance, Fen(50_000));
    assert!(authority.account(&card()).unwrap().order.is_empty());
}

#[test]
fn the_rest_of_the_known_account_fits_too() {
    let keys = AuthorityKeys::public();
    let tac = keys.tac(&card(), &settlement().tac_message()).unwrap();
    // Of the scenario's own amounts, whose balance before is 500.00.
    assert_eq!(settlement().tac_message().len(), 43 + 4);
    assert!(!tac.is(&[0; 4]));
    let seal = |header, data: &str, challenge: &str| {
        let sealed = keys.seal(&card(), "ML-AK", header, &bytes(data), &bytes(challenge));
        hex::encode_upper(sealed.unwrap())
    };
    assert_eq!(
        seal([0xD4, 0x48, 1, 2], "00000006 20250120080000", "420ABA0A8193AC29"),
        "D44801020F0000000620250120080000D04EF965",
    );
    let prepared = Prepared::of(&bytes("0000AAC80000000500020101A58347100405")).unwrap();
    let reversal = Reversal {
        kind: 0x02,
        reference: 2,
        amounts: Amounts {
            account: Fen(0x500),
            self_paid: Fen(0x140),
            pool: Fen(0x1130),
            deductible: Fen(0),
        },
        terminal: TERMINAL,
        asn: 3,
        when: at("2025-01-15", "09:00:00"),
    };
    let (_, mac1) = keys.reversal(&card(), &prepared, &reversal).unwrap();
    assert_eq!(mac1, mac("49146D16"));
}

/// An account with 500.00 in it, its last entry 1.
fn credited() -> Authority {
    let mut authority = authority();
    authority.register(&identity(), Fen(50_000), 1, &at("2025-01-06", "10:00:00")).unwrap();
    authority
}

fn signed(settlement: &Settlement) -> Mac4 {
    let keys = AuthorityKeys::public();
    keys.tac(&settlement.card, &settlement.tac_message()).unwrap().four()
}

fn post(authority: &mut Authority, settlement: &Settlement) -> (RowState, String) {
    authority.settled(settlement, signed(settlement), Source::Batch).unwrap()
}

/// The one after `before`.
fn following(before: &Settlement, account: u32) -> Settlement {
    let mut settlement = before.clone();
    settlement.sequence += 1;
    settlement.amounts.account = Fen(account);
    settlement.balance_after = Fen(before.balance_after.0 - account);
    settlement.terminal_counter[3] += 1;
    settlement
}

#[test]
fn the_known_settlements_tac_fits() {
    let tac = AuthorityKeys::public().tac(&card(), &settlement().tac_message()).unwrap();
    assert_eq!(tac.four(), mac("0C45EE71"));
}

#[test]
fn an_entry_is_posted_once_and_a_batch_sent_twice_is_ignored() {
    let mut authority = credited();
    assert_eq!(post(&mut authority, &settlement()).0, RowState::Posted);
    let after = authority.books().clone();
    for _ in 0..2 {
        assert_eq!(post(&mut authority, &settlement()).0, RowState::Duplicate);
        assert_eq!(*authority.books(), after);
    }
    assert_eq!(authority.account(&card()).unwrap().balance, Fen(48_720));
}

#[test]
fn a_wrong_tac_is_rejected_and_another_entry_of_the_same_sequence_is_an_alarm() {
    let mut authority = credited();
    let rejected = authority.settled(&settlement(), [0; 4], Source::Online).unwrap();
    assert_eq!(rejected.0, RowState::Rejected);
    assert_eq!(authority.account(&card()).unwrap().balance, Fen(50_000));
    assert_eq!(post(&mut authority, &settlement()).0, RowState::Posted);
    let mut other = settlement();
    other.amounts.account = Fen(1);
    other.balance_after = Fen(49_999);
    let (state, why) = post(&mut authority, &other);
    assert_eq!((state, why.contains("alarm")), (RowState::Suspense, true));
    assert_eq!(authority.account(&card()).unwrap().balance, Fen(48_720));
    assert_eq!(authority.books().day_end().0, 48_720);
    assert_eq!(authority.books().day_end().1.len(), 1);
}

#[test]
fn a_gap_waits_until_another_terminals_batch_or_the_cards_log_fills_it() {
    let second = following(&settlement(), 100);
    let third = following(&second, 200);
    for from_log in [false, true] {
        let mut authority = credited();
        for later in [&third, &second] {
            let (state, why) = post(&mut authority, later);
            assert_eq!((state, why.as_str()), (RowState::Suspense, "entry 2 is missing before it"));
            assert_eq!(post(&mut authority, later).0, RowState::Duplicate, "told twice");
        }
        if from_log {
            let entry = LogEntry {
                sequence: 2,
                kind: 0x32,
                class: b'0',
                flags: 0,
                terminal: TERMINAL,
                when: settlement().when.bytes(),
                amounts: settlement().amounts,
                reference: 0,
                balance: settlement().balance_after,
                tac: signed(&settlement()),
            };
            assert_eq!(authority.logged(&card(), &entry, 1).unwrap().0, RowState::Posted);
            let is_unchecked = |authority: &Authority| {
                authority.books().row.iter().any(|row| row.sequence == 2 && row.unchecked)
            };
            assert!(is_unchecked(&authority), "the terminal's counter is not in the log");
            // The batch comes later, with what the log did not tell.
            assert_eq!(post(&mut authority, &settlement()).0, RowState::Duplicate);
            let row = authority.books().row.iter().find(|row| row.sequence == 2).unwrap();
            assert_eq!(row.terminal_counter, Some(0x1001));
            assert!(!is_unchecked(&authority), "the batch's TAC was checked");
        } else {
            assert_eq!(post(&mut authority, &settlement()).0, RowState::Posted);
        }
        let account = authority.account(&card()).unwrap();
        assert_eq!((account.sequence, account.balance), (4, Fen(48_420)));
        assert!(authority.books().day_end().1.is_empty());
    }
}

#[test]
fn a_balance_that_is_not_the_books_waits() {
    let mut authority = credited();
    let mut wrong = settlement();
    wrong.balance_after = Fen(48_721);
    let (state, why) = post(&mut authority, &wrong);
    assert_eq!(state, RowState::Suspense);
    assert!(why.contains("not the one of the books, 500.00"), "{why}");
}

#[test]
fn after_the_stop_the_institution_pays_at_once_on_line_and_a_day_later_off_line() {
    let stop = at("2025-01-10", "10:14:59");
    for (mode, when, state) in [
        (1, at("2025-01-10", "10:14:59"), RowState::Posted),
        (1, at("2025-01-10", "10:15:00"), RowState::Suspense),
        (2, at("2025-01-11", "10:14:59"), RowState::Posted),
        (2, at("2025-01-11", "10:15:00"), RowState::Suspense),
    ] {
        let mut authority = credited();
        authority.lost(&card(), stop, Reason::Written).unwrap();
        let late = Settlement { mode, when, ..settlement() };
        assert_eq!(post(&mut authority, &late).0, state, "{mode} {when}");
    }
}

#[test]
fn a_stopped_account_has_no_price_no_order_and_is_on_the_deny_list() {
    let mut authority = credited();
    let when = at("2025-01-10", "10:00:00");
    let entitlement = Entitlement::of(b"31010100", &[0x33, 0x04, 0], &[0x11]).unwrap();
    let bill = Bill { class: '6', total: Fen(100), pool: false, chronic: false };
    assert!(authority.price(&card(), &entitlement, &TERMINAL, &bill).is_ok());
    let other = Bill { class: '8', ..bill };
    let no = authority.price(&card(), &entitlement, &TERMINAL, &other);
    assert!(matches!(no, Err(AuthorityError::NoClass('8'))));
    authority.lost(&card(), when, Reason::Telephone).unwrap();
    assert!(authority.account(&card()).unwrap().order.is_empty(), "held, not frozen");
    assert!(authority.deny_list(3, &when).contains("+ K00000129 lost, by telephone\n"));
    authority.lost(&card(), when, Reason::Written).unwrap();
    let no = authority.price(&card(), &entitlement, &TERMINAL, &bill);
    assert!(matches!(no, Err(AuthorityError::Stopped { .. })));
    assert!(authority.order(&card(), Order::Credit { fen: 1 }).is_err());
    authority.found(&card()).unwrap();
    let list = authority.deny_list(4, &when);
    assert_eq!(list, "full 4 2025-01-10 10:00:00\n");
    assert!(super::super::lists::DenyList::parse("list", &list).is_ok());
    let orders = &authority.account(&card()).unwrap().order;
    let orders: Vec<_> = orders.iter().map(|ordered| ordered.order).collect();
    assert_eq!(orders, [Order::Freeze(Reason::Written), Order::Unfreeze(Reason::Written)]);
}

#[test]
fn nobody_has_two_cards_in_use_and_a_card_of_other_keys_has_no_account() {
    let mut authority = credited();
    let mut second = identity();
    second.card.number = "K00000137".into();
    let no = authority.open(&second, Fen(0), &at("2025-01-10", "10:00:00"));
    assert!(matches!(no, Err(AuthorityError::SecondAccount { .. })));
    let copy = CardId { factor: [0; 8], ..card() };
    assert!(matches!(authority.account(&copy), Err(AuthorityError::NoAccount(_))));
}

#[test]
fn orders_are_carried_out_once_and_the_year_is_settled_when_it_is_over() {
    let mut authority = credited();
    let limits = "00004E20 04 01 00000000";
    let status = "05 00 3C 0000 00000001 2025 00";
    let card_now = |balance: u32, asn: u32, when| {
        let text = figures(balance, 0, asn);
        let text = format!("{}{}{}", &text[..18], limits.replace(' ', ""), &text[38..]);
        now(status, &text, TERMINAL, when)
    };
    let when = at("2025-06-30", "12:00:00");
    assert_eq!(authority.next_order(&card(), &card_now(50_000, 0, when)).unwrap(), None);
    let order = authority.order(&card(), Order::Credit { fen: 100 }).unwrap();
    let waits = authority.next_order(&card(), &card_now(50_000, 0, when)).unwrap();
    assert_eq!(waits, Some(order));
    // The card has a greater number and no entry of it: it was overtaken, and gets a new one.
    let again = authority.next_order(&card(), &card_now(50_000, 5, when)).unwrap().unwrap();
    assert_eq!(again, Ordered { asn: 6, order: Order::Credit { fen: 100 } });
    // Not while the books lack something: it might be that.
    let waits = authority.next_order(&card(), &card_now(50_100, 6, when)).unwrap();
    assert_eq!(waits, None);
    assert_eq!(authority.account(&card()).unwrap().order, [again]);
    authority.cancel(&card(), 6).unwrap();
    assert!(matches!(authority.cancel(&card(), 6), Err(AuthorityError::NoOrder { asn: 6, .. })));
    let other_limits = Limits { offline: Fen(1), ..Limits::usual() };
    authority.set_limits(&card(), other_limits).unwrap();
    let reconcile = authority.next_order(&card(), &card_now(50_000, 6, when)).unwrap().unwrap();
    assert_eq!((reconcile.asn, reconcile.order), (7, Order::Reconcile));
    authority.done(&card(), 7).unwrap();
    authority.set_limits(&card(), Limits::usual()).unwrap();
    let next_year = at("2026-01-02", "08:00:00");
    let year = authority.next_order(&card(), &card_now(50_000, 7, next_year)).unwrap().unwrap();
    assert_eq!(year.order, Order::Year { year: [0x20, 0x26], fen: 0 });
    authority.done(&card(), 8).unwrap();
    // Not with figures that differ: nothing is overwritten in silence.
    assert_eq!(authority.next_order(&card(), &card_now(49_999, 8, next_year)).unwrap(), None);
}

#[test]
fn what_the_card_surely_refuses_is_not_ordered() {
    let mut authority = credited();
    post(&mut authority, &settlement());
    let before = authority.books().clone();
    let no = authority.order(&card(), Order::Refund { sequence: 99 });
    assert!(matches!(no, Err(AuthorityError::NoSettlement(99))));
    let no = authority.order(&card(), Order::Adjust { plus: false, fen: 48_721 });
    assert!(matches!(no, Err(AuthorityError::TooMuch { balance: Fen(48_720), .. })));
    assert_eq!(*authority.books(), before, "nothing is stored");
    authority.order(&card(), Order::Adjust { plus: false, fen: 48_720 }).unwrap();
    authority.order(&card(), Order::Refund { sequence: 2 }).unwrap();
    let no = authority.order(&card(), Order::Refund { sequence: 2 });
    assert!(matches!(no, Err(AuthorityError::TakenBack(2))));
}

/// What the log says of a credit of one fen with this TAC.
fn credit_in_the_log(tac: Mac4) -> LogEntry {
    LogEntry {
        sequence: 2,
        kind: 0x31,
        class: 0,
        flags: 0,
        terminal: TERMINAL,
        when: at("2025-01-10", "10:15:00").bytes(),
        amounts: Amounts { account: Fen(1), ..Amounts::default() },
        reference: 0,
        balance: Fen(50_001),
        tac,
    }
}

#[test]
fn money_that_only_a_log_tells_of_is_posted_by_the_tac_of_its_order_alone_and_waits_once() {
    let mut authority = credited();
    let order = authority.order(&card(), Order::Credit { fen: 1 }).unwrap();
    for _ in 0..2 {
        let (state, why) = authority.logged(&card(), &credit_in_the_log([0; 4]), 3).unwrap();
        assert_eq!((state, why.contains("fits no order")), (RowState::Suspense, true), "{why}");
    }
    assert_eq!(authority.books().row.len(), 1, "a row waits once");
    assert_eq!(authority.account(&card()).unwrap().balance, Fen(50_000));
    assert_eq!(authority.account(&card()).unwrap().order, [order]);
    for (asn, counter, state) in [
        (order.asn + 1, 2, RowState::Suspense),
        (order.asn, 4, RowState::Suspense),
        (order.asn, 2, RowState::Posted),
    ] {
        let message = contact::order_tac_message(&credit_in_the_log([0; 4]), asn, counter);
        let tac = authority.keys().tac(&card(), &message).unwrap().four();
        let told = authority.logged(&card(), &credit_in_the_log(tac), 3).unwrap();
        assert_eq!(told.0, state, "{asn} {counter}");
    }
    let account = authority.account(&card()).unwrap();
    assert_eq!((account.balance, account.order.len()), (Fen(50_001), 0));
}

#[test]
fn a_row_after_the_stop_that_is_told_again_once_the_card_is_found_is_posted_and_waits_no_more() {
    let mut authority = credited();
    authority.lost(&card(), at("2025-01-01", "00:00:00"), Reason::Written).unwrap();
    assert_eq!(post(&mut authority, &settlement()).0, RowState::Suspense);
    authority.found(&card()).unwrap();
    let entry = LogEntry {
        kind: 0x32,
        class: b'0',
        amounts: settlement().amounts,
        balance: settlement().balance_after,
        ..credit_in_the_log(signed(&settlement()))
    };
    assert_eq!(authority.logged(&card(), &entry, 3).unwrap().0, RowState::Posted);
    assert!(authority.books().day_end().1.is_empty());
    assert_eq!(authority.books().row.len(), 1);
}

#[test]
fn the_states_of_an_account_take_these_events_and_no_others() {
    use AccountState::{Closed, Frozen, Held, Open};
    let when = at("2025-02-01", "00:00:00");
    for (state, telephone, written, found) in [
        (Open, Some(Held), Some(Frozen), None),
        (Held, Some(Held), Some(Frozen), Some(Open)),
        (Frozen, Some(Frozen), Some(Frozen), Some(Open)),
        (Closed, None, None, None),
    ] {
        let begin = || {
            let mut authority = credited();
            authority.account_mut(&card()).unwrap().state = state;
            authority
        };
        type Event = fn(&mut Authority, Moment) -> Result<(), AuthorityError>;
        let events: [(Event, Option<AccountState>); 4] = [
            (|authority, when| authority.lost(&card(), when, Reason::Telephone), telephone),
            (|authority, when| authority.lost(&card(), when, Reason::Written), written),
            (|authority, _| authority.found(&card()), found),
            (|authority, when| authority.register(&identity(), Fen(1), 0, &when), None),
        ];
        for (n, (event, then)) in events.into_iter().enumerate() {
            let mut authority = begin();
            let before = authority.books().clone();
            let came = event(&mut authority, when);
            assert_eq!(came.is_ok(), then.is_some(), "{state:?} event {n}");
            match then {
                Some(then) => assert_eq!(authority.account(&card()).unwrap().state, then),
                None => assert_eq!(*authority.books(), before, "{state:?} event {n}"),
            }
        }
    }
    // Lost in writing, then by telephone: found, the card is unfrozen.
    let mut authority = credited();
    authority.lost(&card(), when, Reason::Written).unwrap();
    authority.lost(&card(), when, Reason::Telephone).unwrap();
    authority.found(&card()).unwrap();
    let last = authority.account(&card()).unwrap().order.last().unwrap().order;
    assert_eq!(last, Order::Unfreeze(Reason::Written));
}

#[test]
fn a_card_behind_its_books_is_a_copy() {
    let mut authority = credited();
    post(&mut authority, &settlement());
    let status =
        |sequence: &str| Status::of(&bytes(&format!("05003C0000{sequence}202500"))).unwrap();
    assert_eq!(authority.missing(&card(), &status("00000004")).unwrap(), 3..5);
    assert!(authority.missing(&card(), &status("00000002")).unwrap().is_empty());
    let went_back = authority.missing(&card(), &status("00000001"));
    assert!(matches!(went_back, Err(AuthorityError::WentBack { card: 1, books: 2 })));
}

#[test]
fn books_are_kept_with_all_that_is_in_them() {
    let path = std::env::temp_dir().join(format!("tessera-{}-books", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let mut authority = authority().with_books(&path).unwrap();
    authority.register(&identity(), Fen(50_000), 1, &at("2025-01-06", "10:00:00")).unwrap();
    post(&mut authority, &settlement());
    for order in [
        Order::Credit { fen: 5 },
        Order::Year { year: [0x20, 0x26], fen: 3 },
        Order::Refund { sequence: 2 },
        Order::Adjust { plus: false, fen: 2 },
        Order::Reconcile,
        Order::Close,
    ] {
        authority.order(&card(), order).unwrap();
    }
    authority.lost(&card(), at("2025-02-01", "00:00:00"), Reason::Written).unwrap();
    let books = authority.books().clone();
    drop(authority);
    let again = super::tests::authority().with_books(&path).unwrap();
    assert_eq!(*again.books(), books);
    drop(again);
    std::fs::write(&path, "account = 1\n").unwrap();
    let error = super::tests::authority().with_books(&path).unwrap_err().to_string();
    assert!(error.contains("is no book of an authority"), "{error}");
    let _ = std::fs::remove_file(&path);
}

#[test]
fn keys_of_its_own_take_the_place_of_the_public_ones() {
    let keys = "# own\nML-DTK = 00112233 44556677 8899AABB CCDDEEFF\n";
    let own = AuthorityKeys::parse("keys", keys).unwrap();
    let message = settlement().tac_message();
    let one = own.tac(&card(), &message).unwrap().four();
    assert_ne!(one, AuthorityKeys::public().tac(&card(), &message).unwrap().four());
    let online =
        Online { balance: Fen(0), sequence: 1, counter: 1, random: [0xF7, 0x49, 0x1F, 0xA3] };
    assert!(own.credit(&card(), &online).is_ok());
    for (wrong, says) in [
        ("ML-DTK", "keys:1: expected LABEL = HEX"),
        ("ML-DTK = 0011", "keys:1: expected 16 bytes in hexadecimal, got \"4 characters\""),
    ] {
        let error = AuthorityKeys::parse("keys", wrong).unwrap_err().to_string();
        assert!(error.starts_with(says), "{error}");
    }
    let nowhere = CardId { region: "33O400".into(), ..card() };
    assert!(matches!(own.tac(&nowhere, &message), Err(KeyError::NoRegion(_))));
}

#[test]
fn a_new_pin_is_loaded_by_the_known_commands() {
    let keys = AuthorityKeys::public();
    let command = |new: Option<&str>, challenge: &str| {
        let new = new.map(|digits| crate::terminal::Pin::parse(digits).unwrap());
        let command = keys.pin_command(&card(), new.as_ref(), &bytes(challenge)).unwrap();
        hex::encode_upper(command)
    };
    assert_eq!(command(None, "F64551FCD6F07823"), "8424000004DA02D2B6");
    let expected = "842400010CF02BCD6D75EF86AE2DA6D602";
    assert_eq!(command(Some("123456"), "3946CA64FF78D93C"), expected);
}

//! Purchases, loads, unloads and limits: in order, refused, and cut at every exchange.

use super::*;
use crate::terminal::CheckedBy;

fn sales() -> [Sale; 4] {
    let compound = Sale { kind: Kind::Compound, ..Sale::of(Purse::Purse, Fen(200)) };
    let cash = Sale { kind: Kind::Cash, ..Sale::of(Purse::Deposit, Fen(300)) };
    [Sale::of(Purse::Purse, Fen(1250)), Sale::of(Purse::Deposit, Fen(777)), compound, cash]
}

fn at(purse: Purse) -> usize {
    usize::from(purse.p2()) - 1
}

#[test]
fn a_purchase_in_order_is_paid_once_and_both_sides_agree() {
    for sale in sales() {
        let (mut card, _) = loaded();
        let mut psam = FakePsam::new();
        let before = card.balances;
        let receipt = pay(&mut card, &mut psam, &sale).unwrap();
        let purse = at(sale.purse);
        assert_eq!(card.balances[purse], before[purse] - sale.amount.0);
        assert_eq!(receipt.balance.0, card.balances[purse]);
        assert_eq!(receipt.checked, CheckedBy::Mac2);
        assert_eq!(receipt.number, 1);
        assert_eq!(receipt.tac, card.proofs[purse].unwrap().tac);
        assert_eq!(receipt.terminal_number, [0, 0, 0, 1]);
        assert_eq!(psam.credited, [sale.amount.0]);
    }
}

/// How many exchanges card and PSAM have in a purchase that nobody disturbs.
fn exchanges(sale: &Sale) -> (usize, usize) {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    pay(&mut card, &mut psam, sale).unwrap();
    (card.seen.len(), psam.seen.len())
}

#[test]
fn a_card_cut_at_any_exchange_and_again_at_any_of_the_recovery_pays_once() {
    let (mut done, mut again) = (0, 0);
    for sale in sales() {
        let (most, _) = exchanges(&sale);
        for first in 0..most {
            for second in (first..first + 12).map(Some).chain([None]) {
                for (a, b) in [
                    (Cut::Before, Cut::Before),
                    (Cut::Before, Cut::After),
                    (Cut::After, Cut::Before),
                    (Cut::After, Cut::After),
                ] {
                    let (mut card, mut psam) = (loaded().0, FakePsam::new());
                    let before = card.balances[at(sale.purse)];
                    card.cuts.insert(first, a);
                    card.cuts.extend(second.filter(|second| *second > first).map(|n| (n, b)));
                    let paid = pay(&mut card, &mut psam, &sale);
                    let lost = before - card.balances[at(sale.purse)];
                    let case = format!("{} cut {first} {a:?}, {second:?} {b:?}", sale.kind);
                    match paid {
                        Ok(receipt) => {
                            assert_eq!((card.completed, lost), (1, sale.amount.0), "{case}");
                            assert_eq!(psam.credited, [sale.amount.0], "{case}");
                            assert_eq!(receipt.balance.0 + lost, before, "{case}");
                            assert_eq!(receipt.tac, card.proofs[at(sale.purse)].unwrap().tac);
                            done += 1;
                            again += u32::from(receipt.terminal_number != [0, 0, 0, 1]);
                        }
                        // Before the terminal has begun.
                        Err(TerminalError::Silence { .. }) => {
                            assert!(first < 4 && card.completed == 0, "{case}");
                        }
                        Err(error) => panic!("{case}: {error}"),
                    }
                }
            }
        }
    }
    assert!(done > 500 && again > 100, "{done} {again}");
}

#[test]
fn a_card_that_stays_silent_leaves_the_transaction_in_the_journal_and_recovers_later() {
    let sale = Sale::of(Purse::Purse, Fen(1250));
    let (most, _) = exchanges(&sale);
    for cut in [Cut::Before, Cut::After] {
        let (mut card, mut psam) = (loaded().0, FakePsam::new());
        card.cuts.insert(most - 1, cut);
        card.cuts.extend((most..most + 3).map(|n| (n, Cut::Before)));
        let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
        let error = terminal.purchase(&facts, &sale).unwrap_err();
        assert!(matches!(error, TerminalError::InDoubt { tries: 3, .. }), "{error}");
        let error = terminal.purchase(&facts, &sale).unwrap_err();
        assert!(matches!(error, TerminalError::Open(_)), "{error}");
        use crate::terminal::recover::Recovered;
        let recovered = terminal.recover(&mut nobody()).unwrap();
        assert_eq!(terminal.recover(&mut nobody()).unwrap(), Recovered::NothingOpen);
        drop(terminal);
        match (cut, recovered) {
            (Cut::Before, Recovered::NotDone(_)) => assert_eq!(card.completed, 0),
            (Cut::After, Recovered::Paid(receipt)) => {
                // The PSAM was woken in between: MAC2 cannot be checked any more.
                assert_eq!((receipt.checked, card.completed), (CheckedBy::Tac, 1));
            }
            (_, other) => panic!("{cut:?}: {other:?}"),
        }
    }
}

#[test]
fn another_card_is_refused_and_the_transaction_stays_open() {
    struct Swapped(FakeCard, FakeCard, usize);
    impl crate::terminal::Acceptor for Swapped {
        fn power_on(&mut self) -> Result<crate::terminal::Heard, String> {
            self.2 += 1;
            if self.2 == 2 { self.1.power_on() } else { self.0.power_on() }
        }
        fn exchange(&mut self, command: &[u8]) -> Result<crate::terminal::Heard, String> {
            if self.2 == 2 { self.1.exchange(command) } else { self.0.exchange(command) }
        }
    }
    let sale = Sale::of(Purse::Purse, Fen(1250));
    let (most, _) = exchanges(&sale);
    let mut first = loaded().0;
    let mut second = first.clone();
    second.serial[9] = 0x12;
    // What the first has done the second would prove too, if nobody looked at it.
    first.cuts.insert(most - 1, Cut::After);
    let (mut both, mut psam) = (Swapped(first, second, 0), FakePsam::new());
    let mut terminal = Terminal::new(&mut both, settings(), Box::new(|_| {})).with_psam(&mut psam);
    let facts = terminal.open_card().unwrap();
    let error = terminal.purchase(&facts, &sale).unwrap_err();
    assert!(matches!(error, TerminalError::OtherCard { .. }), "{error}");
    assert!(error.to_string().contains("expected serial number 33049900000001290011, got"));
    assert!(terminal.journal().open().is_some());
    assert!(matches!(
        terminal.recover(&mut nobody()).unwrap(),
        crate::terminal::recover::Recovered::Paid(_)
    ));
    drop(terminal);
    assert_eq!((both.0.completed, both.1.completed), (1, 0));
}

#[test]
fn a_psam_cut_at_any_exchange_gives_a_receipt_with_a_proof_or_none() {
    let (mut by_tac, mut unproven) = (0, 0);
    for sale in sales() {
        let (_, most) = exchanges(&sale);
        for cut in [Cut::Before, Cut::After] {
            for (n, has_tac_key) in (0..most).flat_map(|n| [(n, true), (n, false)]) {
                let (mut card, mut psam) = (loaded().0, FakePsam::new());
                psam.has_tac_key = has_tac_key;
                psam.cuts.insert(n, cut);
                let paid = pay(&mut card, &mut psam, &sale);
                match paid {
                    Ok(receipt) => {
                        assert_eq!(card.completed, 1);
                        by_tac += u32::from(receipt.checked == CheckedBy::Tac);
                    }
                    Err(TerminalError::Silence { .. }) => assert!(card.completed == 0 && n < 5),
                    Err(TerminalError::Unproven { .. }) => {
                        assert!(!has_tac_key && card.completed == 1);
                        unproven += 1;
                    }
                    Err(error) => panic!("PSAM cut {n} {cut:?}: {error}"),
                }
            }
        }
    }
    assert_eq!((by_tac, unproven), (8, 8));
}

#[test]
fn a_proof_that_does_not_fit_gives_no_receipt() {
    let sale = Sale::of(Purse::Purse, Fen(1250));
    // MAC2 is another's.
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    let answer = [&[1, 2, 3, 4, 5, 6, 7, 8][..], &[0x90, 0x00]].concat();
    card.instead.insert(0x54, answer.clone());
    let error = pay(&mut card, &mut psam, &sale).unwrap_err();
    assert!(matches!(error, TerminalError::WrongMac { mac: "MAC2", .. }), "{error}");
    // The TAC too, when the PSAM has forgotten the purchase.
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    card.instead.insert(0x54, answer);
    psam.instead.insert(0x72, vec![0x69, 0x01]);
    let error = pay(&mut card, &mut psam, &sale).unwrap_err();
    assert!(matches!(error, TerminalError::WrongMac { mac: "TAC", .. }), "{error}");
}

#[test]
fn an_answer_that_leaves_it_open_is_looked_into_and_a_refusal_is_the_end() {
    let sale = Sale::of(Purse::Purse, Fen(1250));
    // Nothing was done: the card is asked again.
    for answer in [
        vec![],
        vec![0x90],
        vec![0x65, 0x81],
        vec![0x6F, 0x00],
        vec![0x90, 0x00],
        vec![1, 2, 0x90, 0x00],
    ] {
        let (mut card, mut psam) = (loaded().0, FakePsam::new());
        card.instead.insert(0x54, answer);
        let receipt = pay(&mut card, &mut psam, &sale).unwrap();
        assert_eq!((card.completed, receipt.terminal_number[3]), (1, 2));
    }
    // 61XX, and then the card knows of nothing.
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    card.instead.insert(0x54, vec![0x61, 0x08]);
    assert_eq!(pay(&mut card, &mut psam, &sale).unwrap().terminal_number[3], 2);
    for status in [0x9302_u16, 0x9401, 0x6901, 0x6985, 0x6700, 0x6A81] {
        let (mut card, mut psam) = (loaded().0, FakePsam::new());
        card.instead.insert(0x54, status.to_be_bytes().to_vec());
        let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
        let error = terminal.purchase(&facts, &sale).unwrap_err();
        assert!(matches!(error, TerminalError::Refused { .. }), "{error}");
        assert!(terminal.journal().open().is_none());
        drop(terminal);
        assert_eq!(card.completed, 0);
    }
}

#[test]
fn a_card_that_has_gone_on_is_not_debited_again() {
    let sale = Sale::of(Purse::Purse, Fen(1250));
    let (most, _) = exchanges(&sale);
    for (ours, others) in [(true, 1), (true, 2), (false, 1), (false, 2), (false, 9)] {
        let (mut card, mut psam) = (loaded().0, FakePsam::new());
        card.cuts.insert(most - 1, if ours { Cut::After } else { Cut::Before });
        card.cuts.extend((most..most + 3).map(|n| (n, Cut::Before)));
        let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
        terminal.purchase(&facts, &sale).unwrap_err();
        let journal = std::mem::take(&mut terminal.journal);
        drop(terminal);
        // Elsewhere the card pays for something else.
        let mut elsewhere = FakePsam::new();
        elsewhere.terminal = [7; 6];
        for _ in 0..others {
            pay(&mut card, &mut elsewhere, &Sale::of(Purse::Purse, Fen(100))).unwrap();
        }
        let (terminal, _) = open(&mut card, &mut psam).unwrap();
        let mut terminal = terminal.with_journal(journal);
        let recovered = terminal.recover(&mut nobody());
        if ours {
            let error = recovered.unwrap_err();
            assert!(error.to_string().contains("its log says that it was done"), "{error}");
            assert!(terminal.journal().open().is_some());
        } else {
            use crate::terminal::recover::Recovered;
            assert!(matches!(recovered.unwrap(), Recovered::NotDone(_)));
        }
    }
}

/// The same terminal takes the same amount, a second later: not what is open.
#[test]
fn the_next_sale_of_the_same_amount_is_not_taken_for_the_open_one() {
    let sale = Sale::of(Purse::Purse, Fen(1250));
    let (most, _) = exchanges(&sale);
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    card.cuts.insert(most - 1, Cut::Before);
    card.cuts.extend((most..most + 3).map(|n| (n, Cut::Before)));
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    terminal.purchase(&facts, &sale).unwrap_err();
    let journal = std::mem::take(&mut terminal.journal);
    terminal.settings.when = Moment::parse("20250630", "120001").unwrap();
    terminal.open_card().unwrap();
    terminal.purchase(&facts, &sale).unwrap();
    terminal.journal = journal;
    let recovered = terminal.recover(&mut nobody()).unwrap();
    assert!(matches!(recovered, crate::terminal::recover::Recovered::NotDone(_)));
}

#[test]
fn online_transactions_are_booked_once_wherever_the_card_is_cut() {
    let orders = [
        OnlineOrder { kind: Kind::Load, purse: Purse::Purse, amount: Fen(2500) },
        OnlineOrder { kind: Kind::Load, purse: Purse::Deposit, amount: Fen(2500) },
        OnlineOrder { kind: Kind::Unload, purse: Purse::Deposit, amount: Fen(1200) },
        OnlineOrder { kind: Kind::Overdraft, purse: Purse::Deposit, amount: Fen(50_000) },
    ];
    for order in orders {
        let (mut card, mut host) = loaded();
        online(&mut card, &mut host, order).unwrap();
        for first in 4..card.seen.len() {
            for second in (first + 1..first + 12).map(Some).chain([None]) {
                for (a, b) in [(Cut::Before, Cut::After), (Cut::After, Cut::Before)] {
                    let (mut card, mut host) = loaded();
                    card.cuts.insert(first, a);
                    card.cuts.extend(second.map(|n| (n, b)));
                    let before = host.account(card.serial);
                    let booked = online(&mut card, &mut host, order).unwrap();
                    assert_eq!(card.completed, 1, "{order:?} {first} {second:?}");
                    let account = host.account(card.serial);
                    let sum = u64::from(card.balances[0] + card.balances[1] - card.limit);
                    assert_eq!(sum, account.loaded - account.unloaded);
                    let moved = account.loaded - before.loaded + account.unloaded;
                    let expected = if order.kind == Kind::Overdraft { 0 } else { order.amount.0 };
                    assert_eq!(moved, u64::from(expected));
                    assert_eq!(booked.amount, order.amount);
                }
            }
        }
    }
}

#[test]
fn what_was_never_done_is_cancelled_at_the_host() {
    let order = OnlineOrder { kind: Kind::Load, purse: Purse::Purse, amount: Fen(2500) };
    let (mut card, mut host) = loaded();
    let before = host.account(card.serial);
    online(&mut card, &mut host, order).unwrap();
    let (first, after) = (card.seen.len() - 1, host.account(card.serial));
    let (mut card, mut host) = loaded();
    // Three attempts: the credit is cut in each, and its recovery goes well.
    let mut next = first;
    for _ in 0..3 {
        card.cuts.insert(next, Cut::Before);
        next += 14;
    }
    let error = online(&mut card, &mut host, order).unwrap_err();
    assert!(matches!(error, TerminalError::GivenUp { tries: 3, .. }), "{error}");
    assert_eq!(card.completed, 0);
    assert_eq!(host.account(card.serial), before);
    assert!(!host.has_open(card.serial), "nothing is open there any more");
    assert_eq!(after.loaded, before.loaded + 2500);
}

#[test]
fn nothing_is_debited_that_the_journal_does_not_hold_and_a_broken_reader_leaves_it_there() {
    struct Broken(FakeCard);
    impl crate::terminal::Acceptor for Broken {
        fn power_on(&mut self) -> Result<crate::terminal::Heard, String> {
            self.0.power_on()
        }
        fn exchange(&mut self, command: &[u8]) -> Result<crate::terminal::Heard, String> {
            let heard = self.0.exchange(command)?;
            if command[1] == 0x54 { Err("the cable is out".into()) } else { Ok(heard) }
        }
    }
    let sale = Sale::of(Purse::Purse, Fen(1250));
    let (mut broken, mut psam) = (Broken(loaded().0), FakePsam::new());
    let mut terminal =
        Terminal::new(&mut broken, settings(), Box::new(|_| {})).with_psam(&mut psam);
    let facts = terminal.open_card().unwrap();
    let error = terminal.purchase(&facts, &sale).unwrap_err();
    assert_eq!(error.to_string(), "the card's reader: the cable is out");
    assert_eq!(terminal.journal().open().unwrap().amount, Fen(1250));
    drop(terminal);
    assert_eq!(broken.0.completed, 1);
    let name = format!("tessera-{}-gone", std::process::id());
    let directory = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&directory).unwrap();
    let nowhere = directory.join("journal");
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    let (terminal, facts) = open(&mut card, &mut psam).unwrap();
    let mut terminal = terminal.with_journal(crate::terminal::Journal::in_file(&nowhere).unwrap());
    std::fs::remove_dir_all(directory).unwrap();
    let error = terminal.purchase(&facts, &sale).unwrap_err();
    assert!(matches!(error, TerminalError::Journal(_)), "{error}");
    drop(terminal);
    assert_eq!(card.completed, 0);
}

#[test]
fn the_host_allows_nothing_for_a_wrong_mac1_and_books_nothing_for_a_wrong_tac() {
    let order = OnlineOrder { kind: Kind::Load, purse: Purse::Purse, amount: Fen(2500) };
    let (mut card, mut host) = loaded();
    card.instead.insert(0x50, [&[0; 16][..], &[0x90, 0x00]].concat());
    let error = online(&mut card, &mut host, order).unwrap_err();
    assert!(error.to_string().contains("the card's MAC1 does not fit"), "{error}");
    assert!(!host.has_open(card.serial), "nothing is open there");
    let (mut card, mut host) = loaded();
    let before = host.account(card.serial);
    card.instead.insert(0x52, vec![1, 2, 3, 4, 0x90, 0x00]);
    let error = online(&mut card, &mut host, order).unwrap_err();
    assert!(error.to_string().contains("the card's TAC does not fit"), "{error}");
    assert_eq!(host.account(card.serial), before);
}

#[test]
fn what_cannot_be_is_refused_before_the_card_is_asked() {
    let (mut card, mut host) = loaded();
    let mut psam = FakePsam::new();
    for sale in [
        Sale { kind: Kind::Compound, ..Sale::of(Purse::Deposit, Fen(1)) },
        Sale { kind: Kind::Cash, ..Sale::of(Purse::Purse, Fen(1)) },
        Sale { kind: Kind::Load, ..Sale::of(Purse::Purse, Fen(1)) },
    ] {
        let error = pay(&mut card, &mut psam, &sale).unwrap_err();
        assert!(matches!(error, TerminalError::Order { .. }), "{error}");
    }
    for (kind, purse, amount) in [
        (Kind::Unload, Purse::Purse, 1),
        (Kind::Overdraft, Purse::Deposit, 0x0100_0000),
        (Kind::Purchase, Purse::Purse, 1),
    ] {
        let order = OnlineOrder { kind, purse, amount: Fen(amount) };
        let error = online(&mut card, &mut host, order).unwrap_err();
        assert!(matches!(error, TerminalError::Order { .. }), "{error}");
    }
    let too_much = pay(&mut card, &mut psam, &Sale::of(Purse::Purse, Fen(10_001))).unwrap_err();
    assert_eq!(
        too_much.to_string(),
        "the card refused to prepare a purchase of 100.01 with the purse: expected 9000, got 9401 \
         the amount is more than there is"
    );
    let mut terminal = Terminal::new(&mut card, settings(), Box::new(|_| {}));
    let facts = terminal.open_card().unwrap();
    let error = terminal.purchase(&facts, &Sale::of(Purse::Purse, Fen(1))).unwrap_err();
    assert!(matches!(error, TerminalError::NoPsam(_)), "{error}");
    terminal.settings.pin = None;
    let error = terminal.balance(Purse::Deposit).unwrap_err();
    assert!(error.to_string().contains("the holder's PIN"), "{error}");
    drop(terminal);
    assert_eq!(card.completed, 0);
}

#[test]
fn a_card_or_a_psam_that_is_not_valid_today_is_not_used() {
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    for (date, is_valid) in
        [("20250104", false), ("20250105", true), ("20350105", true), ("20350106", false)]
    {
        let (mut terminal, _) = open(&mut card, &mut psam).unwrap();
        terminal.settings.when = Moment::parse(date, "000000").unwrap();
        assert_eq!(terminal.open_card().is_ok(), is_valid, "{date}");
        assert_eq!(terminal.open_psam().is_ok(), is_valid, "{date}");
    }
}

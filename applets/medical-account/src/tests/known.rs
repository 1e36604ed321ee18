//! Known answers: the scenario, the SM4 suite, and what entries, years, events and sums come to.

use super::*;

#[test]
fn the_scenario_passes_byte_for_byte() {
    let mut card = Dialogue::new(Suite::TripleDes);
    for [note, random, command, answer] in scenario::SCENARIO {
        if command.starts_with("0020") {
            card.show_pin();
            continue;
        }
        card.rig.queue_random(&unhex(random));
        assert_eq!(card.send(command), *answer, "{note}");
    }
}

/// Computed by a program of its own, which has nothing of this crate.
#[test]
fn sm4_has_its_own_sessions_and_folded_checksums() {
    let mut card = Dialogue::new(Suite::Sm4);
    card.show_pin();
    card.rig.queue_random(&unhex("0102030405060708 A1A2A3A4"));
    card.check(&[
        (CHALLENGE, "01020304050607089000"),
        (
            "D4520000560000C3500000000000000001202501010000000000000000000000000000000000\
             000000000000000000000000000000000000000000000000003C00004E2004010000000033\
             04000000012025030410111240A1576F",
            "00000000 48A40E8B 9000",
        ),
        (
            "D028010119 02 00000500 00000140 00001130 00000000 30 00 330400112233",
            "0000C350 00000001 0000 02 03 A1A2A3A4 00 05 9000",
        ),
        ("D02C01000F 00001001 20250304101112 ECFF5E25", "8592AD44 2EC74C3A 9000"),
    ]);
    // The other side of these tests computes the same.
    card.settle(Settle::PHARMACY);
    card.credit(77);
    card.acknowledge();
}

/// Every key of each kind, both modes, every class, every flag: entry, balance, sums, visits.
#[test]
fn a_settlement_is_summed_up_by_class_and_flags() {
    // Class and flags; accumulators 4, 5, 7; place of the visit.
    let rows: [(u8, u8, [bool; 3], Option<usize>); 12] = [
        (b'0', 0x00, [false; 3], Some(0)),
        (b'1', 0x00, [false; 3], None),
        (b'2', 0x08, [false; 3], None),
        (b'3', 0x00, [false; 3], None),
        (b'4', 0x00, [false, true, false], Some(1)),
        (b'5', 0x00, [true, false, false], Some(2)),
        (b'6', 0x00, [false; 3], Some(3)),
        (b'9', 0x00, [false; 3], None),
        (b'0', 0x02, [true, false, false], Some(0)),
        (b'5', 0x02, [true, false, false], Some(2)),
        (b'0', 0x04, [false; 3], Some(0)),
        (b'4', 0x01, [false, true, true], Some(1)),
    ];
    for (class, flags, summed, visit) in rows {
        let abroad = flags & 1 != 0;
        // Abroad it must be approved (character 4), chronic diseases and the pool elsewhere.
        let mut card = Dialogue::marked(if abroad { "31010000" } else { "31001100" });
        let terminal = if abroad { [0x35, 0x02, 0, 0, 0, 1] } else { Settle::CLINIC.terminal };
        let amounts = [0x0102, 0x0304, 0x0506, 0x0203];
        let index = 1 + class % 3;
        let settle = Settle { index, amounts, class, flags, terminal, mode: 1 };
        card.settle(settle);
        let [a, s, p, d] = amounts;
        let when = |holds: bool| if holds { p } else { 0 };
        let [chronic, in_patient, out_of_area] = summed;
        let sums = numbers(&[a, s, p, d, when(chronic), when(in_patient), 0, when(out_of_area)]);
        let visits: Vec<u8> = (0..4).flat_map(|n| [0, u8::from(Some(n) == visit)]).collect();
        let long = card.send("D0CA020047");
        assert_eq!(long[54..], hex(&sums) + &hex(&visits) + "202501019000", "{class} {flags}");
        let entry = card.send("00B2014430");
        let expected = format!("0000000132{class:02X}{flags:02X}{}", hex(&terminal));
        assert!(entry.starts_with(&(expected + &hex(&TIME) + &hex(&numbers(&amounts)))));
    }
}

#[test]
fn an_off_line_settlement_is_counted_and_marked_in_its_entry_alone() {
    let mut card = Dialogue::open();
    card.settle(Settle::PHARMACY);
    let entry = card.send("00B2014430");
    assert!(entry.starts_with("00000001323680330400445566"));
    assert_eq!(card.send("D0CA020047")[8..18], *"000007D001");
}

#[test]
fn reversals_take_back_and_give_again_what_their_settlement_summed_up() {
    let mut card = Dialogue::open();
    let clinic = Settle { class: b'4', ..Settle::CLINIC };
    let [a, b] = [card.settle(clinic), card.settle(clinic)];
    let before = card.state();
    let amounts = clinic.amounts;
    let part = [280, 20, 400, 0];
    let reverse = |card: &mut Dialogue, kind, reference, amounts| {
        let number = card.number();
        card.transact(Wanted::Reversal { kind, reference, amounts, number })
    };
    // A refund takes the visit back, the parts of a red and a black entry do not.
    reverse(&mut card, 2, a, amounts);
    reverse(&mut card, 3, b, part);
    reverse(&mut card, 4, b, part);
    let after = card.state();
    let sums = numbers(&[1280, 320, 4400, 0, 0, 4400, 0, 0]);
    assert_eq!(after.tally.encode()[..], [&sums[..], &[0, 0, 0, 1, 0, 0, 0, 0]].concat());
    assert_eq!(after.balance, before.balance + 1280);
    assert_eq!((after.online, after.settled), (before.online + 3, before.settled));
    // Flags of the old entries, record 4 and 5 by now; what they refer to and of which kind.
    for (record, flags) in [(4, "30"), (5, "40")] {
        assert_eq!(card.send(&format!("00B2{record:02X}4430"))[12..14], *flags);
    }
    for (record, kind, reference) in [(1, "04", b), (2, "03", b), (3, "02", a)] {
        let entry = card.send(&format!("00B2{record:02X}4430"));
        assert_eq!(entry[8..14], *format!("33{kind}00"));
        assert_eq!(entry[72..80], format!("{reference:08X}"));
    }
}

#[test]
fn the_reversal_of_an_entry_of_a_year_that_is_over_leaves_the_sums_alone() {
    let mut card = Dialogue::open();
    let old = card.settle(Settle::CLINIC);
    let state = card.state();
    let year = [&[0x20, 0x26, 0x01, 0x01][..], &numbers(&[5, state.balance, 2]), &TIME].concat();
    assert!(card.order([0x4A, 0, 0], &year).ends_with("9000"));
    let tally = card.state().tally;
    for (kind, amounts) in [(4, [80, 0, 0, 0]), (3, [1280, 0, 0, 0])] {
        let number = card.number();
        card.transact(Wanted::Reversal { kind, reference: old, amounts, number });
        assert_eq!(card.state().tally, tally, "{kind}");
    }
    assert_eq!(card.state().balance, state.balance + 5 - 80 + 1280);
}

/// The last place of the log: the new entry takes it, and its flags are its own.
#[test]
fn the_oldest_entry_can_be_reversed_by_the_one_that_takes_its_place() {
    let mut card = Dialogue::open();
    let old = card.settle(Settle::of(5));
    for turn in 0..63 {
        card.settle(Settle::of(1));
        if turn % 30 == 29 {
            card.acknowledge();
        }
    }
    assert!(card.send("00B2404430").starts_with("00000001"));
    let number = card.number();
    card.transact(Wanted::Reversal { kind: 3, reference: old, amounts: [5, 0, 0, 0], number });
    assert_eq!(card.send("00B2014430")[..14], *"00000041330300");
    assert_eq!(card.send("00B2404430")[..14], *"00000002323000");
    // What has left the card cannot be reversed.
    let number = card.number();
    let gone = Wanted::Reversal { kind: 4, reference: old, amounts: [0; 4], number };
    card.refuse(&gone.initialize(), "9488");
}

#[test]
fn a_year_is_kept_as_it_ended_and_the_next_begins_with_nothing_but_the_balance() {
    let sums = [1, 2, 3, 4, 5, 6, 7, 8];
    let mut card = Dialogue::with(&Account { sums, ..Account::USUAL });
    let year = [&[0x20, 0x27, 0x07, 0x01][..], &numbers(&[250, 50_000, 2]), &TIME].concat();
    let answer = card.order([0x4A, 0, 0], &year);
    let head = [&[0x36][..], &numbers(&[250, 0, 2]), &[0; 6], &TIME].concat();
    let tac = card.office.tac(&[&head[..], &numbers(&[1, 50_250]), &[0, 1]].concat());
    assert_eq!(answer, format!("00000001{}9000", hex(&tac)));
    let record = [&[0x20, 0x25, 0x01, 0x01][..], &numbers(&sums), &[0; 8]].concat();
    let record = [&record[..], &numbers(&[50_000, 0])].concat();
    card.check(&[("00B2014C34", &(hex(&record) + "9000"))]);
    let long = card.send("D0CA020047");
    assert_eq!((&long[..8], &long[54..]), ("0000C44A", &*("0".repeat(80) + "202707019000")));
}

#[test]
fn adjustments_go_both_ways_and_change_no_sums() {
    let mut card = Dialogue::open();
    for (sign, number, sequence, balance) in [(b'+', 2_u32, 1, 50_300), (b'-', 3, 2, 50_000)] {
        let tally = card.state().tally;
        let data = [&[sign][..], &numbers(&[300, 9]), &[7], &numbers(&[number])].concat();
        let answer = card.order([0x58, 0, 0], &[&data[..], &office::OFFICE, &TIME].concat());
        let head = [&[0x35][..], &numbers(&[300, 9, number]), &office::OFFICE, &TIME].concat();
        let end = numbers(&[sequence, balance]);
        let counter = (number as u16 - 1).to_be_bytes();
        let tac = card.office.tac(&[&head[..], &end, &counter].concat());
        assert_eq!(answer, format!("{sequence:08X}{}9000", hex(&tac)));
        assert_eq!((card.state().balance, card.state().tally), (balance, tally));
        let proof = format!("00000000{}9000", hex(&tac));
        card.check(&[(&format!("D05A000004{sequence:08X}"), &proof)]);
        assert_eq!(card.send("00B2014430")[8..12], *format!("35{sign:02X}"));
    }
}

#[test]
fn a_statement_sums_up_what_each_kind_of_entry_did() {
    let mut card = Dialogue::open();
    card.acknowledge();
    let settled = card.settle(Settle::of(1000));
    card.settle(Settle::of(200));
    card.credit(70);
    for (kind, amount) in [(4, 3), (3, 500)] {
        let (number, amounts) = (card.number(), [amount, 0, 0, 0]);
        card.transact(Wanted::Reversal { kind, reference: settled, amounts, number });
    }
    for (sign, amount) in [(b'+', 11), (b'-', 13)] {
        let number = card.number();
        let data = [&[sign][..], &numbers(&[amount, 0]), &[1], &numbers(&[number])].concat();
        card.order([0x58, 0, 0], &[&data[..], &office::OFFICE, &TIME].concat());
    }
    let state = card.state();
    let number = card.number();
    let figures = numbers(&[17, state.balance, number]);
    card.order([0x4A, 0, 0], &[&[0x20, 0x26, 0x01, 0x01][..], &figures, &TIME].concat());
    let closing = 50_000 - 1200 + 70 - 3 + 500 + 11 - 13 + 17;
    let sums = numbers(&[50_000, 70, 1203, 500, 28, 13, closing]);
    let statement = format!("0002{}08{}9000", hex(&numbers(&[1, 8])), hex(&sums));
    card.check(&[(STATEMENT_OF, &statement)]);
    // Printing changes nothing; acknowledging does.
    card.check(&[(STATEMENT_OF, &statement)]);
    card.acknowledge();
    let sums = numbers(&[closing, 0, 0, 0, 0, 0, closing]);
    let statement = format!("0003{}00{}9000", hex(&numbers(&[9, 8])), hex(&sums));
    card.check(&[(STATEMENT_OF, &statement)]);
    let event = format!("4300{}{}0000009000", hex(&numbers(&[0, 8])), hex(&TIME));
    card.check(&[("00B2015414", &event)]);
}

#[test]
fn each_order_without_an_entry_leaves_an_event() {
    let mut card = Dialogue::open();
    card.settle(Settle::PHARMACY);
    for (p1, reason, event) in [(1, 1, 0x41), (0, 3, 0x42), (1, 4, 0x41), (2, 6, 0x44)] {
        let number = card.number();
        let data = [&numbers(&[number])[..], &TIME].concat();
        assert_eq!(card.order([0x48, p1, reason], &data), "9000");
        let record = format!("{event:02X}{reason:02X}{}", hex(&numbers(&[number, 1])));
        card.check(&[("00B2015414", &format!("{record}{}0000009000", hex(&TIME)))]);
    }
}

#[test]
fn reconciling_clears_what_was_off_line_and_sets_the_limits() {
    let mut card = Dialogue::open();
    card.settle(Settle::PHARMACY);
    let limits = [&numbers(&[12_345])[..], &[9, 0], &numbers(&[777]), &[33]].concat();
    let head = numbers(&[1, 48_000]);
    let data = [&head[..], &limits, &numbers(&[2]), &TIME].concat();
    assert_eq!(card.order([0x56, 0, 0], &data), "9000");
    let long = card.send("D0CA020047");
    assert_eq!(long[..38], *"0000BB80 00000000 00 00003039 09 00 00000309".replace(' ', ""));
    assert_eq!(card.send(STATUS)[4..6], *"21");
    let record = format!("4500{}{}000000", hex(&numbers(&[2, 1])), hex(&TIME));
    card.check(&[("00B2015414", &(record + "9000"))]);
}

#[test]
fn an_account_goes_on_from_another_card() {
    let sums = [9, 8, 7, 6, 5, 4, 3, 2];
    let account = Account { balance: 123, sequence: 77, number: 40, sums, ..Account::USUAL };
    let mut card = Dialogue::new(Suite::TripleDes);
    let mut data = account.data();
    data[56..58].copy_from_slice(&[0, 5]);
    let answer = card.order([0x52, 0, 0], &data);
    let head = [&[0x37][..], &numbers(&[123, 0, 40]), &office::OFFICE, &TIME].concat();
    let tac = card.office.tac(&[&head[..], &numbers(&[77, 123]), &[0, 0]].concat());
    assert_eq!(answer, format!("0000004D{}9000", hex(&tac)));
    card.show_pin();
    card.check(&[(STATUS, "05003C0005 0000004D 2025 00 9000")]);
    let proof = format!("00000000{}9000", hex(&tac));
    card.check(&[("D05A0000040000004D", &proof), ("D05A0000040000004E", "9406")]);
    assert_eq!(card.settle(Settle::of(23)), 78);
    card.check(&[("00B2034430", "6A83")]);
}

//! Known answers: settlements and credits, triple DES and SM4, and what is left behind.

use super::*;

/// DPK1 to DPK3, DLK1 to DLK3 and DTK of the same card under SM4.
const SM4: [&str; 7] = [
    "A2E5D81D044B76695B322F14812A8C45",
    "FC8B04B31E5ECCC36D80D290E1CE2C93",
    "8FB72E4AC42B293F304596548FF2808F",
    "B402BC20577ADD7EBD1BF769BD7A940F",
    "D9AF917D772368081FD4994F5BF1299D",
    "179495A759571668790BB0EB20D17995",
    "1C8B59AC79BEAB9C6DD308BE054B6F0F",
];

fn sm4_card(amounts: &Amounts) -> Dialogue {
    let [p1, p2, p3, l1, l2, l3, tac] = SM4;
    let keys = [
        key(7, 0x00, 4, tac),
        key(4, 1, 4, p1),
        key(4, 2, 4, p2),
        key(4, 3, 4, p3),
        key(5, 1, 4, l1),
        key(5, 2, 4, l2),
        key(5, 3, 4, l3),
    ];
    let mut card = made(&every_file(), Some(PIN), &keys, amounts);
    card.enter();
    card
}

/// An empty account of the year 2025.
const EMPTY: Amounts = Amounts { year: 0x2025, ..Amounts::NEW };

#[test]
fn a_settlement_on_line_leaves_the_balance_and_adds_to_the_year() {
    let mut card = card(&EMPTY);
    card.0.queue_random(&unhex("C75DE8C1"));
    card.check(&[
        (
            "B028010113 01 00000000 00003CF0 00003390 330400112233 16",
            "00000000 00000000 00000000 2025 0000 01 01 C75DE8C1 9000",
        ),
        ("B02C01000F 00000006 20250320141500 48C6F9DF 08", "3438FCEC B90A5171 9000"),
    ]);
    assert_eq!(card.log(1), "000032330400112233202503201415000000000000003CF0000033909000");
    assert_eq!(card.log(2), "6A83");
    let after = Amounts { offline: 1, self_pay: 15_600, fund: 13_200, ..EMPTY };
    assert_eq!(card.amounts(), after);
}

#[test]
fn a_settlement_off_line_takes_from_the_balance() {
    let mut card = card(&Amounts { offline: 1, online: 0, ..USUAL });
    card.0.queue_random(&unhex("BEE98BF1"));
    card.check(&[
        (
            "B028010113 02 000009C4 00000FA0 00002D50 330400112233 16",
            "000186A0 00003CF0 00003390 2025 0001 02 01 BEE98BF1 9000",
        ),
        ("B02C01000F 00000007 20250321090001 A8DB0413 08", "E086829B F121046F 9000"),
    ]);
    assert_eq!(card.log(1), "00013233040011223320250321090001000009C400000FA000002D509000");
    let after =
        Amounts { online: 0, offline: 2, balance: 97_500, self_pay: 19_600, fund: 24_800, ..USUAL };
    assert_eq!(card.amounts(), after);
}

#[test]
fn an_amount_of_nothing_by_the_third_key() {
    let mut card = card(&EMPTY);
    card.0.queue_random(&unhex("0A0B0C0D"));
    card.check(&[
        (&init(3, 0, 0, 0), "00000000 00000000 00000000 2025 0000 03 01 0A0B0C0D 9000"),
        ("B02C01000F 00000006 20250320141500 7F7825B8 08", "0A46E367 CF39A390 9000"),
    ]);
    assert_eq!(card.amounts(), Amounts { offline: 1, ..EMPTY });
    assert_eq!(card.log(1), format!("000032{TERMINAL}20250320141500{}9000", "0".repeat(24)));
}

#[test]
fn a_credit() {
    let mut card = card(&Amounts { online: 0, ..USUAL });
    card.0.queue_random(&unhex("2804BAD6"));
    card.check(&[
        ("B02800010B 01 0000C350 330400000001 10", "000186A0 0000 01 01 2804BAD6 30C8ECDA 9000"),
        ("B02A00000B 20250401 083000 130B9CD2 04", "4C330151 9000"),
    ]);
    assert_eq!(card.log(1), "000031330400000001202504010830000000C35000000000000000009000");
    let after = Amounts { online: 1, balance: 150_000, ..USUAL };
    assert_eq!(card.amounts(), after);
}

#[test]
fn settlements_and_a_credit_under_sm4() {
    let mut card = sm4_card(&EMPTY);
    card.0.queue_random(&unhex("C75DE8C1"));
    card.check(&[
        (&init(1, 0, 15_600, 13_200), "00000000 00000000 00000000 2025 0000 01 03 C75DE8C1 9000"),
        ("B02C01000F 00000006 20250320141500 EDA65809 08", "1A3A3362 BF162241 9000"),
    ]);
    let mut card = sm4_card(&Amounts { offline: 1, online: 0, ..USUAL });
    card.0.queue_random(&unhex("BEE98BF1"));
    card.check(&[
        (&init(2, 2500, 4000, 11_600), "000186A0 00003CF0 00003390 2025 0001 02 03 BEE98BF1 9000"),
        ("B02C01000F 00000007 20250321090001 24758092 08", "F0C35C37 0191076D 9000"),
    ]);
    let mut card = sm4_card(&Amounts { online: 0, ..USUAL });
    card.0.queue_random(&unhex("2804BAD6"));
    card.check(&[
        ("B02800010B 01 0000C350 330400000001 10", "000186A0 0000 01 03 2804BAD6 CFA88943 9000"),
        ("B02A00000B 20250401 083000 59EEB554 04", "1C837C3E 9000"),
    ]);
}

/// Each key of both kinds makes its own MACs: none opens what another has begun.
#[test]
fn each_index_has_a_key_of_its_own() {
    let time = "20250601120000";
    for index in 1..=3 {
        let mut card = card(&USUAL);
        let debit = card.begin(index, [1, 2, 3], time);
        card.ok(&debit);
        let credit = card.begin_load(index, 5, time);
        card.ok(&credit);
        let after = card.amounts();
        assert_eq!((after.balance, after.self_pay, after.fund), (100_004, 15_602, 13_203));
        assert_eq!((after.offline, after.online), (8, 4));
    }
}

/// The newest is record 1, and the oldest of thirty goes.
#[test]
fn the_log_keeps_the_newest_thirty() {
    let mut card = card(&Amounts { offline: 0, online: 0, ..USUAL });
    for n in 0..32 {
        let debit = card.begin(1, [n, 0, 0], "20250601120000");
        card.ok(&debit);
    }
    for (record, n) in [(1, 31), (2, 30), (30, 2)] {
        let record = card.log(record);
        assert!(record.starts_with(&format!("{n:04X}32")), "{n}: {record}");
    }
    assert_eq!(card.log(31), "6A83");
    // Both kinds in one row, each with its own counter.
    let credit = card.begin_load(1, 9, "20250601120001");
    card.ok(&credit);
    assert!(card.log(1).starts_with("000031") && card.log(2).starts_with("001F32"));
    assert_eq!(card.send("00DC010C1C"), "6700");
}

#[test]
fn a_holder_without_a_pin_settles_without_one() {
    let mut card = made(&every_file(), None, &usual_keys(), &USUAL);
    card.ok(SELECT_DF04);
    let debit = card.begin(1, [100, 0, 0], "20250601120000");
    card.ok(&debit);
}

/// The smallest set of files has no log.
#[test]
fn a_card_without_a_log_settles_all_the_same() {
    let without_log: Vec<u8> =
        every_file().chunks(2).filter(|pair| pair != &[4, 8]).flatten().copied().collect();
    let mut card = made(&without_log, Some(PIN), &usual_keys(), &USUAL);
    card.enter();
    let debit = card.begin(1, [100, 0, 0], "20250601120000");
    card.ok(&debit);
    assert_eq!(card.amounts(), Amounts { offline: 8, balance: 99_900, ..USUAL });
}

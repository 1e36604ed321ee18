//! Every refusal: nothing is stored, and what was pending is over.

use super::*;

const TIME: &str = "20250601120000";

#[test]
fn a_first_command_is_refused() {
    let mut card = card(&USUAL);
    for (command, status) in [
        ("B028010213 01 00000000 00000000 00000000 330400112233", "6A86"),
        ("B028010013 01 00000000 00000000 00000000 330400112233", "6A86"),
        ("B028000013 01 00000000 00000000 00000000 330400112233", "6A86"),
        ("B0280101", "6700"),
        ("B028010112 01 00000000 00000000 00000000 3304001122", "6700"),
        ("B028010114 01 00000000 00000000 00000000 330400112233 00", "6700"),
        ("B0280001", "6700"),
        ("B02800010A 01 00000001 3304001122", "6700"),
        ("B02800010C 01 00000001 330400112233 00", "6700"),
        (&init(0, 0, 0, 0), "9403"),
        (&init(4, 0, 0, 0), "9403"),
        (&init(0x82, 0, 0, 0), "9403"),
        (&init_load(0, 1), "9403"),
        (&init_load(4, 1), "9403"),
        (&init(1, 100_001, 0, 0), "9401"),
        (&init(1, u32::MAX, 0, 0), "9401"),
        (&init_load(1, u32::MAX - 99_999), "9402"),
        ("B0300000", "6D00"),
        ("B0540100", "6D00"),
        ("80280101", "6D00"),
        ("00280101", "6D00"),
        ("80500102", "6D00"),
        ("80540100", "6D00"),
    ] {
        card.refused(command, status);
        assert!(card.pending().iter().all(|&byte| byte == 0), "{command}");
    }
    assert_eq!(card.amounts(), USUAL);
}

#[test]
fn without_df04_or_its_pin_there_is_no_account() {
    let mut card = made(&every_file(), Some(PIN), &usual_keys(), &USUAL);
    card.ok(SELECT_DF04);
    for command in [init(1, 0, 0, 0), init_load(1, 0)] {
        card.refused(&command, "6982");
    }
    assert_eq!(card.send("0020000003 111111"), "63C5");
    card.refused(&init(1, 0, 0, 0), "6982");
    // The PIN shown, another directory current.
    for directory in ["00A4000002DF01", SELECT_SSSE] {
        card.ok(directory);
        card.ok(VERIFY);
        for command in [&*init(1, 0, 0, 0), &init_load(1, 0)] {
            card.refused(command, "6982");
        }
        card.refused("B02C01000F 00000006 20250320141500 48C6F9DF", "6982");
        card.refused("B02A00000B 20250401083000 130B9CD2", "6982");
    }
    // Shown in the environment, it is good below it; a wrong one takes it away.
    card.ok(SELECT_DF04);
    card.ok(&init(1, 0, 0, 0));
    card.send("0020000003 111111");
    card.refused(&init(1, 0, 0, 0), "6982");
}

#[test]
fn a_card_without_the_keys_or_the_file_has_no_account() {
    let no_keys = data(&every_file(), Some(PIN), &[]);
    let mut card = Dialogue::of(&no_keys);
    card.enter();
    card.refused(&init(1, 0, 0, 0), "9403");
    card.refused(&init_load(1, 0), "9403");
    // With keys for other things alone.
    let mut card = made(&every_file(), Some(PIN), &[key(3, 0x82, 0, STK)], &USUAL);
    card.enter();
    card.refused(&init(1, 0, 0, 0), "9403");
    // With all but the TAC key.
    let keys: Vec<_> = usual_keys().into_iter().skip(1).collect();
    let mut card = made(&every_file(), Some(PIN), &keys, &USUAL);
    card.enter();
    card.refused(&init(1, 0, 0, 0), "9403");
    card.refused(&init_load(1, 0), "9403");
    // There are three indexes, whatever else lies on the card.
    let mut keys = usual_keys();
    keys.extend([key(4, 0, 0, DPK[0]), key(4, 4, 0, DPK[0]), key(5, 4, 0, DLK[0])]);
    let mut card = made(&every_file(), Some(PIN), &keys, &USUAL);
    card.enter();
    for command in [init(0, 0, 0, 0), init(4, 0, 0, 0), init_load(4, 0)] {
        card.refused(&command, "9403");
    }
    // DLK and DPK of one index are two keys.
    let keys = [key(7, 0, 0, DTK), key(4, 1, 0, DPK[0]), key(5, 2, 0, DLK[1])];
    let mut card = made(&every_file(), Some(PIN), &keys, &USUAL);
    card.enter();
    card.ok(&init(1, 0, 0, 0));
    card.ok(&init_load(2, 0));
    card.refused(&init(2, 0, 0, 0), "9403");
    card.refused(&init_load(1, 0), "9403");
}

#[test]
fn a_second_command_without_its_first_is_refused() {
    let mut card = card(&USUAL);
    let (debit, credit) =
        ("B02C01000F 00000006 20250320141500 48C6F9DF", "B02A00000B 20250401083000 130B9CD2");
    for command in [debit, credit] {
        card.refused(command, "6985");
    }
    // The second command of the other kind, and then the right one, which is too late.
    let right = card.begin(1, [1, 1, 1], TIME);
    card.refused(credit, "6985");
    card.refused(&right, "6985");
    let right = card.begin_load(1, 1, TIME);
    card.refused(debit, "6985");
    card.refused(&right, "6985");
    // Once and not again.
    let right = card.begin(1, [1, 1, 1], TIME);
    card.ok(&right);
    card.refused(&right, "6985");
    let right = card.begin_load(1, 1, TIME);
    card.ok(&right);
    card.refused(&right, "6985");
}

#[test]
fn headers_and_lengths_of_second_commands() {
    let mut card = card(&USUAL);
    for (command, status) in [
        ("B02C00000F 00000006 20250320141500 48C6F9DF", "6A86"),
        ("B02C01010F 00000006 20250320141500 48C6F9DF", "6A86"),
        ("B02C0100", "6700"),
        ("B02C01000E 00000006 20250320141500 48C6F9", "6700"),
        ("B02C010010 00000006 20250320141500 48C6F9DF 00", "6700"),
        ("B02A01000B 20250401083000 130B9CD2", "6A86"),
        ("B02A00010B 20250401083000 130B9CD2", "6A86"),
        ("B02A0000", "6700"),
        ("B02A00000A 20250401083000 130B9C", "6700"),
        ("B02A00000C 20250401083000 130B9CD2 00", "6700"),
    ] {
        let right = card.begin(1, [1, 1, 1], TIME);
        card.refused(command, status);
        card.refused(&right, "6985");
    }
}

/// A wrong MAC is counted, changes nothing else, and ends the transaction.
#[test]
fn a_wrong_mac_changes_nothing_but_its_count() {
    for load in [false, true] {
        let mut card = card(&USUAL);
        let right =
            if load { card.begin_load(1, 500, TIME) } else { card.begin(1, [500, 500, 500], TIME) };
        let before = card.memory();
        let mut wrong = unhex(&right);
        let at = wrong.len() - 2;
        wrong[at] ^= 1;
        assert_eq!(card.send(&hex(&wrong)), "9302");
        let differ = before.iter().zip(card.memory()).filter(|(a, b)| *a != b).count();
        assert_eq!(differ, 1, "the count alone");
        assert_eq!(card.amounts(), USUAL);
        assert_eq!(card.log(1), "6A83");
        card.refused(&right, "6985");
        // A right one puts the count back.
        let right = card.begin(1, [0, 0, 0], TIME);
        card.ok(&right);
        let right = card.begin(1, [0, 0, 0], TIME);
        card.ok(&right);
    }
}

/// A byte anywhere in what MAC1 covers, and in what makes the session key.
#[test]
fn a_mac_covers_all_it_is_to_cover() {
    let mut fresh = card(&USUAL);
    let right = unhex(&fresh.begin(1, [1, 2, 3], TIME));
    // The terminal's counter goes into the session key by its last two bytes alone.
    for at in [7, 8, 9, 12, 15, 16, 19] {
        let mut card = fresh.clone();
        let mut wrong = right.clone();
        wrong[at] ^= 1;
        assert_eq!(card.send(&hex(&wrong)), "9302", "byte {at}");
    }
    let mut wrong = right.clone();
    wrong[5] ^= 1;
    assert!(fresh.send(&hex(&wrong)).ends_with("9000"), "the TAC tells the rest");
    let mut fresh = card(&USUAL);
    let right = unhex(&fresh.begin_load(1, 7, TIME));
    for at in 5..16 {
        let mut card = fresh.clone();
        let mut wrong = right.clone();
        wrong[at] ^= 1;
        assert_eq!(card.send(&hex(&wrong)), "9302", "byte {at}");
    }
}

#[test]
fn a_time_that_is_no_digits_is_refused_with_the_right_mac() {
    for time in ["2025060112000A", "A0250601120000", "20250F01120000", "202506011200F0"] {
        let mut card = card(&USUAL);
        let debit = card.begin(1, [1, 1, 1], time);
        card.refused(&debit, "6A80");
        card.refused(&debit, "6985");
        let credit = card.begin_load(1, 1, time);
        card.refused(&credit, "6A80");
        assert_eq!(card.amounts(), USUAL);
    }
}

/// Fifteen wrong MACs in a row lock the application, right ones between begin the count anew.
#[test]
fn wrong_macs_in_a_row_lock_the_application() {
    let wrong = "B02C01000F 00000006 20250320141500 00000000";
    let mut card = card(&USUAL);
    for n in 1..=15 {
        card.ok(&init(1, 0, 0, 0));
        assert_eq!(card.send(wrong), "9302", "{n}");
        if n == 14 {
            let mut spared = card.clone();
            let right = spared.begin(1, [0, 0, 0], TIME);
            spared.ok(&right);
            for _ in 0..14 {
                spared.ok(&init_load(1, 0));
                assert_eq!(spared.send("B02A00000B 20250401083000 00000000"), "9302");
            }
            spared.ok(&init(1, 0, 0, 0));
        }
    }
    for command in [&*init(1, 0, 0, 0), &init_load(1, 0), wrong] {
        card.refused(command, "6A81");
    }
    assert_eq!(card.send("B0300000"), "6D00");
    assert!(card.send(SELECT_DF04).ends_with("6283"));
    card.refused(&init(1, 0, 0, 0), "6A81");
}

/// Nothing reads the internal file, by whatever number.
#[test]
fn no_command_reads_or_writes_the_internal_file() {
    let mut card = card(&USUAL);
    for fid in ["00C8", "0000", "EF0B", "FFFF"] {
        assert_eq!(card.send(&format!("00A4000002{fid}")), "6A82", "{fid}");
    }
    for command in ["00CA00C800", "00B0000000", "00B0C80000", "00B2010400"] {
        let answer = card.send(command);
        assert!(answer.len() == 4 && answer != "9000", "{command}: {answer}");
    }
}

//! Tries for MAC2, the application they lock, APPLICATION BLOCK and APPLICATION UNBLOCK.

use super::*;

const WRONG: &str = "8072000004 00000000";
const CREDIT: &str = "8072000004 E5B62546";

const MAC: Protection = Protection::Checksum;

/// A card whose application three wrong MAC2 have locked.
fn locked() -> Dialogue {
    let mut card = Dialogue::usual();
    card.run(&[&init_usual()]);
    card.check(&[(WRONG, "9302"), (WRONG, "9302"), (WRONG, "9303")]);
    card
}

#[test]
fn wrong_mac2_in_a_row_lock_the_application() {
    let mut card = Dialogue::usual();
    card.run(&[&init_usual()]);
    card.check(&[(WRONG, "9302"), (WRONG, "9302"), (CREDIT, "9000")]);
    // The tries are back; they are counted over transactions.
    for _ in 0..2 {
        card.run(&[&init_usual()]);
        card.check(&[(WRONG, "9302")]);
    }
    card.run(&[&init_usual()]);
    card.check(&[(WRONG, "9303"), (WRONG, "9303")]);
}

#[test]
fn a_locked_application_answers_9303_to_all_but_three_commands() {
    let mut card = locked();
    for commands in [&[][..], &["reset"], &["select"]] {
        if let Some(&event) = commands.first() {
            if event == "reset" {
                card.reset();
            }
            // Current all the same.
            assert_eq!(card.send(ADF), "9303");
        }
        for command in [
            &*init_usual(),
            CREDIT,
            "801A0800",
            "BFDE0800081122334455667788",
            "80DE0800081122334455667788",
            "80FA0000080000000000000000",
            "E0400000",
            "E04200000400000000",
            "E0440000",
            "00B0990004",
            "00B2010400",
            "04D69700050102030405",
            "00820001080000000000000000",
            "00880000080000000000000000",
            "0020000003123456",
            "84D40000",
            "841E00000400000000",
        ] {
            card.refused(command, "9303");
        }
        // Files of it are not selected either.
        assert_eq!(card.send("00A40000020019"), "9303");
        card.run(&["0084000004"]);
    }
    // The MF and the other application are as they were.
    card.run(&["00A40000023F00", "00B0960006", "00A40000021002", &init_usual()]);
}

#[test]
fn application_unblock_gives_the_tries_back() {
    for class in ["84", "80"] {
        let mut card = locked();
        let unblock = card.wrap(MAINTENANCE, MAC, &format!("{class}180000"), "");
        assert_eq!(card.bytes(&unblock), "9000");
        // What waited is over.
        card.check(&[(CREDIT, "6901")]);
        card.run(&[&init_usual()]);
        card.check(&[(WRONG, "9302"), (WRONG, "9302")]);
        // Also while it is not locked.
        let unblock = card.wrap(MAINTENANCE, MAC, &format!("{class}180000"), "");
        assert_eq!(card.bytes(&unblock), "9000");
        card.check(&[(WRONG, "9302"), (WRONG, "9302"), (WRONG, "9303")]);
    }
}

#[test]
fn application_unblock_is_refused() {
    let mut card = locked();
    for (command, status) in [
        ("8418000004 00000000", "6984"),
        ("8418010004 00000000", "6A86"),
        ("8418000003 000000", "6700"),
        ("0418000004 00000000", "6E00"),
    ] {
        card.refused(command, status);
    }
    // With the key of the MF, or of the wrong kind.
    for key in [MF_MAINTENANCE, MASTER] {
        let unblock = card.wrap(key, MAC, "84180000", "");
        assert_eq!(card.bytes(&unblock), "6988");
    }
    card.check(&[(&init_usual(), "9303")]);
    // The third in a row blocks it for ever.
    let unblock = card.wrap(MASTER, MAC, "84180000", "");
    assert_eq!(card.bytes(&unblock), "9303");
    let unblock = card.wrap(MAINTENANCE, MAC, "84180000", "");
    assert_eq!(card.bytes(&unblock), "9303");
    card.check(&[(&init_usual(), "6A81"), (ADF, "6A81")]);
}

#[test]
fn without_a_maintenance_key_there_is_no_blocking() {
    let mut card = Dialogue::usual();
    card.run(&["00A40000021002", "0084000004"]);
    card.refused("841E000004 00000000", "6A88");
    card.run(&["0084000004"]);
    card.refused("8418000004 00000000", "6A88");
}

#[test]
fn application_block_answers_6a81_until_it_is_released() {
    let mut card = Dialogue::usual();
    card.run(&[&init_usual()]);
    let wrong = spoilt(card.wrap(MAINTENANCE, MAC, "841E0000", ""));
    assert_eq!(card.bytes(&wrong), "6988");
    for (command, status) in [
        ("841E000004 00000000", "6984"),
        ("841E000204 00000000", "6A86"),
        ("841E000003 000000", "6700"),
        ("801E000004 00000000", "6E00"),
    ] {
        card.refused(command, status);
    }
    let block = card.wrap(MAINTENANCE, MAC, "841E0000", "");
    assert_eq!(card.bytes(&block), "9000");
    card.check(&[(CREDIT, "6A81"), (&init_usual(), "6A81"), (ADF, "6A81")]);
    let unblock = card.wrap(MAINTENANCE, MAC, "84180000", "");
    assert_eq!(card.bytes(&unblock), "9000");
    card.run(&[&init_usual()]);
    let block = card.wrap(MAINTENANCE, MAC, "841E0001", "");
    assert_eq!(card.bytes(&block), "9000");
    let unblock = card.wrap(MAINTENANCE, MAC, "84180000", "");
    assert_eq!(card.bytes(&unblock), "9303");
}

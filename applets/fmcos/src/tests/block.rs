//! APPLICATION BLOCK and UNBLOCK, CARD BLOCK: what is left, and for how long.

use super::*;

const MAC: Protection = Protection::Checksum;

fn sent(card: &mut Dialogue, header: &str) -> String {
    let command = card.wrap(&LINE, MAC, header, "");
    card.bytes(&command)
}

fn sent_wrong(card: &mut Dialogue, header: &str) -> String {
    let command = spoilt(card.wrap(&LINE, MAC, header, ""));
    card.bytes(&command)
}

/// Everything but GET CHALLENGE and APPLICATION UNBLOCK.
const CLOSED: [&str; 22] = [
    "00B0850001",
    "00B2010C04",
    "00D6850001 11",
    "00D0850001 11",
    "00DC010C04 00000000",
    "00D2010C04 00000000",
    "00E2000C04 00000000",
    "0020000002 1234",
    "0082000108 0000000000000000",
    "0088000008 0000000000000000 00",
    "80E0000607 280010F0F0FFFF",
    "800E000000",
    "80D401060D 30F0F00001 0102030405060708",
    "84D4010614 0000000000000000000000000000000000000000",
    "805E010005 1234FF5678",
    "805E000006 1212 00000000",
    "842400000C 000000000000000000000000",
    "841E000004 00000000",
    "8416000004 00000000",
    "805C000204",
    "80500102 0B 01000000010102030405 06 0F",
    "00A40000020005",
];

#[test]
fn a_blocked_application_takes_a_challenge_and_its_unblocking() {
    let mut card = Dialogue::small();
    card.run(&["0020000002 1234"]);
    assert_eq!(sent(&mut card, "841E0000"), "9000");
    for again in ["0084000004", DF, "00A4040009 A00000000386980701"] {
        let answer = card.send(again);
        assert!(answer == "6A81" || again.starts_with("0084"), "{again}: {answer}");
        for command in CLOSED {
            card.refused(command, "6A81");
        }
    }
    card.check(&[("00FF0000", "6D00")]);
    assert_eq!(sent(&mut card, "84180000"), "9000");
    assert_eq!(sent(&mut card, "84180000"), "9000", "also when it is not blocked");
    card.run(&["0020000002 1234"]);
    card.check(&[("00B0850001", "FF 6281")]);
}

#[test]
fn others_go_on_beside_a_blocked_application() {
    let mut card = Dialogue::small();
    assert_eq!(sent(&mut card, "841E0000"), "9000");
    card.run(&["00A40000023F00", "80E03F100E 380100F0F095FFFF010203040506", "00A40000023F10"]);
    card.check(&[(DF, "6A81"), ("80E0000607 280010F0F0FFFF", "6A81")]);
    card.reset();
    card.check(&[(DF, "6A81")]);
    assert_eq!(sent(&mut card, "84180000"), "9000");
}

#[test]
fn blocked_for_ever() {
    let mut card = Dialogue::small();
    assert_eq!(sent(&mut card, "841E0001"), "9000");
    assert_eq!(sent(&mut card, "84180000"), "9303");
    card.check(&[(DF, "6A81")]);
    for command in CLOSED {
        card.refused(command, "6A81");
    }
}

#[test]
fn three_wrong_unblockings_in_a_row_block_for_ever() {
    let mut card = Dialogue::small();
    assert_eq!(sent(&mut card, "841E0000"), "9000");
    let mut saved = card.clone();
    for expected in ["6988", "6988", "9303"] {
        assert_eq!(sent_wrong(&mut card, "84180000"), expected);
    }
    assert_eq!(sent(&mut card, "84180000"), "9303");
    for _ in 0..2 {
        assert_eq!(sent_wrong(&mut saved, "84180000"), "6988");
    }
    assert_eq!(sent(&mut saved, "84180000"), "9000");
}

#[test]
fn a_blocked_card_takes_nothing() {
    let mut card = Dialogue::small();
    assert_eq!(sent(&mut card, "84160000"), "9000");
    for _ in 0..2 {
        for command in CLOSED {
            card.refused(command, "6A81");
        }
        for command in ["0084000004", "8418000004 00000000", DF, "00A40000023F00", MF, "00FF0000"] {
            card.refused(command, "6A81");
        }
        card.reset();
    }
}

#[test]
fn what_blocking_refuses() {
    let mut card = Dialogue::small();
    for ins in ["16", "18", "1E"] {
        for (tail, status) in
            [("000204 00000000", "6A86"), ("010004 00000000", "6A86"), ("000000", "6700")]
        {
            card.refused(&format!("84{ins}{tail}"), status);
        }
        card.refused(&format!("84{ins}000005 0000000000"), "6700");
        card.refused(&format!("84{ins}000004 00000000"), "6985");
        card.refused(&format!("80{ins}000004 00000000"), "6E00");
        card.refused(&format!("04{ins}000004 00000000"), "6E00");
    }
    card.run(&["00A40000023F00"]);
    assert_eq!(sent(&mut card, "84160000"), "6A82");
    card.run(&[DF, "800E000000", "80E0000007 3F010095F0FFFF"]);
    assert_eq!(sent(&mut card, "84160000"), "6A88");
}

/// Also with a key that has more tries than three; and when power fails before the third failure
/// has locked it, the fourth does.
#[test]
fn the_third_failure_blocks_however_many_tries_the_key_has() {
    let mut card = Dialogue::small();
    card.run(&[&format!("80D4360015 36F0F0FFFF{}", hex(&LINE))]);
    for header in ["84180000", "04D69500"] {
        let mut card = card.clone();
        for expected in ["6988", "6988"] {
            let command = spoilt(card.wrap(&LINE, MAC, header, "01"));
            let command = if header == "84180000" { short(&command) } else { command };
            assert_eq!(card.bytes(&command), expected, "{header}");
        }
        let command = spoilt(card.wrap(&LINE, MAC, header, "01"));
        let command = if header == "84180000" { short(&command) } else { command };
        let mut torn = card.clone();
        torn.0.tear_at(2);
        assert_eq!(torn.try_send(&command), None);
        assert_eq!(card.bytes(&command), "9303", "{header}");
        card.check(&[(DF, "6A81")]);
        torn.reset();
        torn.run(&[DF]);
        assert_eq!(sent_wrong(&mut torn, "84180000"), "9303", "{header}");
    }
}

/// Whatever the tries were lost on, and also when power went between the last one and the lock.
#[test]
fn a_key_without_tries_locks_the_application_when_it_is_asked_for_again() {
    let small = Dialogue::small();
    let wrong = |card: &mut Dialogue, header: &str| {
        let command = spoilt(card.wrap(&LINE, MAC, header, "01"));
        if header.starts_with("84") { short(&command) } else { command }
    };
    let mut elsewhere = small.clone();
    for expected in ["6988", "6988", "6988"] {
        let command = wrong(&mut elsewhere, "841E0000");
        assert_eq!(elsewhere.bytes(&command), expected);
    }
    let mut torn = small;
    for _ in 0..2 {
        let command = wrong(&mut torn, "04D69500");
        assert_eq!(torn.bytes(&command), "6988");
    }
    let command = wrong(&mut torn, "04D69500");
    torn.0.tear_at(2);
    assert_eq!(torn.try_send(&command), None);
    torn.reset();
    torn.run(&[DF]);
    for card in [elsewhere, torn] {
        for header in ["84180000", "04D69500"] {
            let mut card = card.clone();
            let command = wrong(&mut card, header);
            assert_eq!(card.bytes(&command), "9303", "{header}");
            card.check(&[(DF, "6A81")]);
        }
        // What is not guarded only says that the key is blocked.
        let mut card = card.clone();
        let command = wrong(&mut card, "841E0000");
        assert_eq!(card.bytes(&command), "6983");
        card.check(&[(DF, &card.clone().send(DF))]);
    }
}

/// Without the data in front of the MAC, which is then wrong.
fn short(command: &[u8]) -> Vec<u8> {
    [&command[..4], &[4], &command[6..]].concat()
}

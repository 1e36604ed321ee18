//! The card's own keys: GET CHALLENGE, EXTERNAL and INTERNAL AUTHENTICATE, VERIFY, and the rights
//! that hang on them.

use super::*;

/// The right answer of EXTERNAL AUTHENTICATE to a challenge of its own.
fn proof(card: &mut Dialogue) -> String {
    let mut block = [card.challenge(), vec![0; 4]].concat();
    let key = Key::des(&unhex("0E010E010E010E01")).unwrap();
    key.cipher().encrypt_ecb(&mut block).unwrap();
    format!("0082000108{}", hex(&block))
}

#[test]
fn a_right_that_an_external_authentication_meets() {
    let mut card = Dialogue::usual();
    for gated in [&init("04", "00", CARD), "801A280508 1122334455667788"] {
        card.refused(gated, "6982");
        // The PIN is not enough.
        card.run(&["0020000003 123456"]);
        card.refused(gated, "6982");
        let proof = proof(&mut card);
        card.run(&[&proof, gated, ADF]);
        card.refused(gated, "6982");
    }
}

#[test]
fn external_authentication_counts() {
    let mut card = Dialogue::usual();
    for (command, status) in [
        ("0082000108 0000000000000000", "6984"),
        ("0082010108 0000000000000000", "6A86"),
        ("0082000107 00000000000000", "6700"),
        ("0082000208 0000000000000000", "6A88"),
        ("8082000108 0000000000000000", "6E00"),
    ] {
        card.refused(command, status);
    }
    for status in ["63C2", "63C1", "63C0"] {
        card.challenge();
        assert_eq!(card.send("0082000108 0000000000000000"), status);
    }
    let proof = proof(&mut card);
    card.refused(&proof, "6983");
}

/// A key for user cards of the same kind answers nothing here, and the card's own makes no
/// temporary key.
#[test]
fn keys_for_user_cards_do_not_open_the_card() {
    let mut card = Dialogue::usual();
    card.run(&[&format!("801A2E0108{CARD}")]);
    card.challenge();
    card.refused("0082002E08 0000000000000000", "6A88");
    card.refused("801A0E01", "6985");
}

#[test]
fn internal_authentication_enciphers() {
    let mut card = Dialogue::usual();
    // Computed apart from the card.
    card.check(&[("0088000008 0102030405060708 00", "C7EFBE566B15B1D4 9000")]);
    card.refused("0088000108 0102030405060708 00", "6A88");
    card.refused("0088030008 0102030405060708 00", "6A86");
    card.refused("0088010008 0102030405060708 00", "6981");
}

#[test]
fn the_pin_and_its_tries() {
    let mut card = Dialogue::usual();
    card.run(&["0020000003 123456"]);
    card.refused("0020000103 123456", "9403");
    card.refused("0020010003 123456", "6A86");
    card.refused("0020000009 123456789012345678", "6700");
    card.check(&[("0020000003 123457", "63C2"), ("0020000003 123456", "9000")]);
    for status in ["63C2", "63C1", "63C0"] {
        assert_eq!(card.send("0020000003 123457"), status);
    }
    card.refused("0020000003 123456", "6983");
}

#[test]
fn challenges() {
    let mut card = Dialogue::usual();
    for (command, status) in [
        ("0084000005", "6700"),
        ("0084000104", "6A86"),
        ("00840000", "6700"),
        ("8084000004", "6E00"),
    ] {
        card.refused(command, status);
    }
    assert_ne!(card.send("0084000008"), card.send("0084000008"));
}

#[test]
fn unknown_instructions() {
    let mut card = Dialogue::usual();
    for command in ["80CA000009", "80FC0000", "80500102", "80E00000", "800E0000", "84160000"] {
        card.refused(command, "6D00");
    }
}

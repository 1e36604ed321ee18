//! Which key opens which file, how it is shown, and how often it may be shown wrong.

use super::*;

const READER_NUMBER: &str = "01 10 33333034303030303030303030303031 9000";

/// A command that changes each file, and the key that it wants.
fn changes() -> [(String, u8); 4] {
    [
        ("00DC032C03030132".into(), UK1),
        ("00DC032803030132".into(), UK1), // by tag 03
        (format!("00E2004015{BORROWED}"), UK2),
        (format!("00DC014415{BORROWED}"), UK2),
    ]
}

#[test]
fn each_key_opens_its_own_file_alone() {
    for (command, wanted) in changes() {
        let mut card = Dialogue::usual();
        let before = card.memory();
        card.check(&[(&command, "6982")]);
        assert!(card.memory() == before);
        for id in [UK1, UK2, LK] {
            let mut card = Dialogue::usual();
            assert_eq!(card.show(id, &triple_des(id)), "9000");
            let expected = if id == wanted { "9000" } else { "6982" };
            card.check(&[(&command, expected)]);
        }
    }
}

#[test]
fn keys_add_up_until_another_selection_or_reset() {
    let mut card = Dialogue::usual();
    for id in [UK1, UK2] {
        assert_eq!(card.show(id, &triple_des(id)), "9000");
    }
    card.select(Target::Df(DfId::ROOT)); // the same again
    for (command, _) in changes() {
        card.check(&[(&command, "9000")]);
    }
    card.reset();
    for (command, _) in changes() {
        card.check(&[(&command, "6982")]);
    }
}

#[test]
fn a_wrong_proof_counts_and_closes_and_fifteen_block() {
    let mut card = Dialogue::usual();
    assert_eq!(card.show(UK2, &triple_des(UK2)), "9000");
    for left in (0..15).rev() {
        // Power off and on makes no difference to what is counted.
        if left % 4 == 0 {
            card.reset();
        }
        assert_eq!(card.show(UK2, &triple_des(UK1)), format!("63C{left:X}"));
        card.check(&[(&format!("00E2004015{BORROWED}"), "6982")]);
    }
    assert_eq!(card.show(UK2, &triple_des(UK2)), "6983");
    assert_eq!(card.show(UK1, &triple_des(UK1)), "9000", "another key has tries of its own");
}

#[test]
fn a_right_proof_brings_the_tries_back() {
    let mut card = Dialogue::usual();
    assert_eq!(card.show(UK1, &triple_des(UK2)), "63CE");
    assert_eq!(card.show(UK1, &triple_des(UK2)), "63CD");
    assert_eq!(card.show(UK1, &triple_des(UK1)), "9000");
    assert_eq!(card.show(UK1, &triple_des(UK2)), "63CE");
}

#[test]
fn a_challenge_is_good_for_the_next_command_only() {
    let mut card = Dialogue::usual();
    let proof = card.proof(&triple_des(UK2));
    let command = format!("0082008410{proof}");
    card.check(&[("00B2012C00", READER_NUMBER), (&command, "6984")]);
    let proof = card.proof(&triple_des(UK2));
    let command = format!("0082008410{proof}");
    card.check(&[(&command, "9000"), (&command, "6984")]);
    // Neither a selection nor one that fails is outlasted.
    for select in ["00A4000002EF05", "00A4000002EF06"] {
        let proof = card.proof(&triple_des(UK2));
        card.send(select);
        card.check(&[(&format!("0082008410{proof}"), "6984")]);
    }
}

#[test]
fn there_are_three_versions_of_a_key_and_the_form_of_17_bytes_names_one() {
    let mut card = Dialogue::new(&[keys(Algorithm::TripleDes, 3), reader()].concat());
    for version in 1..=3 {
        let proof = card.proof(&key(Algorithm::TripleDes, UK2, version));
        card.check(&[(&format!("0082008411{proof}{version:02X}"), "9000")]);
    }
    let proof = card.proof(&triple_des(UK2));
    card.check(&[(&format!("0082008411{proof}02"), "63CE")]);
    let proof = card.proof(&triple_des(UK2));
    card.check(&[(&format!("0082008411{proof}04"), "6A88")]);
    let proof = card.proof(&triple_des(UK2));
    card.check(&[(&format!("0082008410{proof}"), "9000")]); // the first
}

#[test]
fn keys_that_are_not_there_are_not_found() {
    let mut card = Dialogue::usual();
    for id in [0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x80, STK, 0x86, 0x8F, 0xFF] {
        assert_eq!(card.show(id, &triple_des(UK1)), "6A88", "{id:02X}");
    }
    // No key proves the card: it is the environment's to be genuine.
    card.check(&[("0088000010 0102030405060708 0102030405060708", "6A88")]);
    let mut bare = Dialogue::new(&reader());
    assert_eq!(bare.show(UK1, &triple_des(UK1)), "6A88");
}

#[test]
fn with_sm4_the_same_in_sixteen_bytes() {
    let mut card = Dialogue::new(&[keys(Algorithm::Sm4, 1), reader()].concat());
    let borrow = format!("00E2004015{BORROWED}");
    card.check(&[(&borrow, "6982")]);
    assert_eq!(card.show(UK2, &key(Algorithm::Sm4, UK2, 1)), "9000");
    card.check(&[(&borrow, "9000")]);
    assert_eq!(card.show(UK1, &key(Algorithm::Sm4, UK2, 1)), "63CE");
    let answer = card.protect("04DC0144", RETURNED, &key(Algorithm::Sm4, STK, 1));
    assert_eq!(answer, "9000");
}

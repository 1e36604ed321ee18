//! Known answers of derived keys: ICAO Doc 9303-11, and the shapes of diversification.

use super::{super::*, array, hex, key};
use crate::cipher::icao::{AUTHENTICATION, ENCRYPTION, adjust_parity, derive};

fn derived(seed: &str, counter: u32, algorithm: Algorithm, bytes: usize) -> std::vec::Vec<u8> {
    derive(&hex(seed), counter, algorithm, bytes).unwrap().as_slice().to_vec()
}

/// Doc 9303-11, appendix D.1 and D.3: keys of the document and of the session.
#[test]
fn triple_des_keys_of_the_document_and_of_the_session_come_out() {
    let document = "239AB9CB282DAF66231DC5A4DF6BFBAE";
    let expected = hex("AB94FDECF2674FDFB9B391F85D7F76F2");
    assert_eq!(derived(document, ENCRYPTION, Algorithm::TripleDes, 16), expected);
    let expected = hex("7962D9ECE03D1ACD4C76089DCE131543");
    assert_eq!(derived(document, AUTHENTICATION, Algorithm::TripleDes, 16), expected);
    let session = "0036D272F5C350ACAC50C3F572D23600";
    let expected = hex("979EC13B1CBFE9DCD01AB0FED307EAE5");
    assert_eq!(derived(session, ENCRYPTION, Algorithm::TripleDes, 16), expected);
    let expected = hex("F1CB1F1FB5ADF208806B89DC579DC1F8");
    assert_eq!(derived(session, AUTHENTICATION, Algorithm::TripleDes, 16), expected);
}

/// Doc 9303-11, appendix G.1: the key that encrypts the nonce (counter 3), and a session's keys.
#[test]
fn aes_128_keys_come_out() {
    let password = "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD";
    let expected = hex("89DED1B26624EC1E634C1989302849DD");
    assert_eq!(derived(password, 3, Algorithm::Aes, 16), expected);
    let shared = "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925";
    let expected = hex("F5F0E35C0D7161EE6724EE513A0D9A7F");
    assert_eq!(derived(shared, ENCRYPTION, Algorithm::Aes, 16), expected);
    let expected = hex("FE251C7858B356B24514B3BD5F4297D1");
    assert_eq!(derived(shared, AUTHENTICATION, Algorithm::Aes, 16), expected);
}

/// With an empty seed and the letters abcd as counter, the longest key is the known hash of abcd.
#[test]
fn longer_aes_keys_are_the_beginnings_of_one_sha_256() {
    let (two, three) =
        (derived("6162", 1, Algorithm::Aes, 24), derived("6162", 1, Algorithm::Aes, 32));
    assert_eq!(two, three[..24]);
    assert_ne!(two[..16], derived("6162", 1, Algorithm::Aes, 16));
    let whole = derive(&[], 0x6162_6364, Algorithm::Aes, 32).unwrap();
    let expected = "88D4266FD4E6338D13B845FCF289579D209C897823B9217DA3E161936F031589";
    assert_eq!(
        whole.as_slice(),
        hex(expected),
        "SHA-256 of abcd: the counter is most significant first"
    );
}

#[test]
fn there_is_no_rule_for_other_algorithms_and_lengths() {
    for (algorithm, bytes) in [
        (Algorithm::Des, 8),
        (Algorithm::Sm4, 16),
        (Algorithm::TripleDes, 24),
        (Algorithm::Aes, 0),
        (Algorithm::Aes, 33),
    ] {
        assert!(derive(&[1], 1, algorithm, bytes).is_none(), "{algorithm:?} {bytes}");
    }
}

#[test]
fn parity_is_odd_and_only_the_lowest_bit_changes() {
    for byte in 0..=u8::MAX {
        let mut adjusted = [byte];
        adjust_parity(&mut adjusted);
        assert_eq!(adjusted[0].count_ones() % 2, 1, "{byte:02X}");
        assert_eq!(adjusted[0] & 0xFE, byte & 0xFE);
    }
}

#[test]
fn a_factor_and_its_complement_make_one_block_of_sm4_and_two_of_des() {
    let factor = array("0123456789ABCDEF");
    let sm4 = key(Algorithm::Sm4, "0123456789ABCDEFFEDCBA9876543210");
    let below = diversify(&sm4, &factor);
    assert_eq!(below.algorithm(), Algorithm::Sm4);
    assert_eq!(below.as_slice(), hex("681EDF34D206965E86B3E94F536E4246"), "GB/T 32907-2016, A.1");
    let des = key(Algorithm::Des, "133457799BBCDFF1");
    let below = diversify(&des, &factor);
    assert_eq!(below.algorithm(), Algorithm::TripleDes);
    assert_eq!(below.as_slice()[..8], hex("85E813540F0AB405"));
}

#[test]
fn a_session_key_is_made_of_one_block_exactly() {
    let sm4 = key(Algorithm::Sm4, "0123456789ABCDEFFEDCBA9876543210");
    let des = key(Algorithm::Des, "133457799BBCDFF1");
    for bytes in 0..=40 {
        assert_eq!(session_key(&sm4, &[0; 40][..bytes]).is_some(), bytes == 16);
        assert_eq!(session_key(&des, &[0; 40][..bytes]).is_some(), bytes == 8);
    }
}

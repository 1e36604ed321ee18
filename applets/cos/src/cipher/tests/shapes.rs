//! Lengths that are refused, padding, pieces, and what a key does not say.

use std::{format, vec, vec::Vec};

use super::{super::*, array, des, hex, key};

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Des, Algorithm::TripleDes, Algorithm::Sm4, Algorithm::Aes];

fn some_keys() -> Vec<Key> {
    let digits = "000102030405060708090A0B0C0D0E0F1011121314151617FEDCBA9876543210";
    let lengths = [(0, 8), (1, 16), (1, 24), (2, 16), (3, 16), (3, 24), (3, 32)];
    let keys = lengths.map(|(which, bytes)| key(ALGORITHMS[which], &digits[..2 * bytes]));
    keys.into()
}

#[test]
fn a_key_has_a_length_of_its_algorithm() {
    for algorithm in ALGORITHMS {
        let taken: Vec<usize> =
            (0..=64).filter(|&n| Key::new(algorithm, &[0x5A; 64][..n]).is_some()).collect();
        let expected = match algorithm {
            Algorithm::Des => vec![8],
            Algorithm::TripleDes => vec![16, 24],
            Algorithm::Sm4 => vec![16],
            Algorithm::Aes => vec![16, 24, 32],
        };
        assert_eq!(taken, expected, "{algorithm:?}");
    }
    let by_length: Vec<Option<Algorithm>> =
        [7, 8, 16, 24].map(|n| Key::des(&[1; 24][..n]).map(|key| key.algorithm())).into();
    assert_eq!(by_length, [None, Some(Algorithm::Des), Some(Algorithm::TripleDes), None]);
}

#[test]
fn a_key_prints_its_length_and_not_its_bytes() {
    assert_eq!(format!("{:?}", des("1122334455667788")), "Key(Des, 8 bytes)");
}

#[test]
fn a_key_gives_its_bytes_back() {
    for key in some_keys() {
        let again = Key::new(key.algorithm(), key.as_slice()).unwrap();
        assert_eq!(again.as_slice(), key.clone().as_slice());
    }
    assert_eq!(des("1122334455667788").xor_halves().as_slice(), hex("1122334455667788"));
}

#[test]
fn what_is_no_whole_number_of_blocks_is_refused_and_stays_as_it_was() {
    for key in some_keys() {
        let cipher = key.cipher();
        for bytes in 0..=48 {
            let whole = bytes % key.block_bytes() == 0;
            let plain: Vec<u8> = (0..bytes as u8).collect();
            let mut data = plain.clone();
            assert_eq!(cipher.encrypt_ecb(&mut data).is_ok(), whole, "{key:?}, {bytes}");
            assert_eq!(data != plain, whole && bytes > 0);
            assert_eq!(cipher.decrypt_ecb(&mut data).is_ok(), whole);
            assert_eq!(data, plain);
            assert_eq!(cipher.encrypt_cbc(&[7], &mut data).is_ok(), whole);
            assert_eq!(data != plain, whole && bytes > 0);
            assert_eq!(cipher.decrypt_cbc(&[7], &mut data).is_ok(), whole);
            assert_eq!(data, plain);
            let one = bytes == key.block_bytes();
            assert_eq!(cipher.encrypt_block(&mut data).is_ok(), one);
            assert_eq!(cipher.decrypt_block(&mut data).is_ok(), one);
            assert_eq!(data, plain);
        }
    }
}

#[test]
fn blocks_are_chained_from_the_initial_value_and_the_block_before() {
    for key in some_keys() {
        let cipher = key.cipher();
        let bytes = key.block_bytes();
        let initial = [0xA5; 3];
        let mut chained = vec![0; 2 * bytes];
        cipher.encrypt_cbc(&initial, &mut chained).unwrap();
        let mut first = vec![0; bytes];
        first[..3].copy_from_slice(&initial);
        cipher.encrypt_block(&mut first).unwrap();
        assert_eq!(chained[..bytes], first, "{key:?}");
        cipher.encrypt_block(&mut first).unwrap();
        assert_eq!(chained[bytes..], first, "{key:?}");
    }
}

/// A checksum with padding is the last block of a chain, treated once more by algorithm 3.
#[test]
fn a_checksum_does_not_depend_on_how_the_message_is_cut() {
    let message: Vec<u8> = (0..40).collect();
    for key in some_keys().iter().filter(|key| key.algorithm() != Algorithm::Aes) {
        let mac = Mac::line(key);
        for end in 0..message.len() {
            let initial = [9, 8, 7, 6];
            let mut padded = message.clone();
            padded.resize(64, 0);
            let bytes = padding::pad(&mut padded, end, key.block_bytes()).unwrap();
            let chain = match key.algorithm() {
                Algorithm::TripleDes => Key::des(&key.as_slice()[..8]).unwrap(),
                _ => key.clone(),
            };
            chain.cipher().encrypt_cbc(&initial, &mut padded[..bytes]).unwrap();
            let mut last = padded[bytes - key.block_bytes()..bytes].to_vec();
            if key.algorithm() == Algorithm::TripleDes {
                let part = |at: usize| Key::des(&key.as_slice()[at..at + 8]).unwrap().cipher();
                part(8).decrypt_block(&mut last).unwrap();
                part(if key.as_slice().len() == 24 { 16 } else { 0 })
                    .encrypt_block(&mut last)
                    .unwrap();
            }
            for cut in 0..=end {
                let checksum = mac.of(&initial, &[&message[..cut], &[], &message[cut..end]]);
                assert_eq!(checksum.block(), last, "{key:?}, {end} bytes cut at {cut}");
            }
        }
    }
}

#[test]
fn parts_of_a_message_may_be_padded_one_by_one() {
    for key in some_keys() {
        let mac = Mac::line(&key);
        let mut running = mac.start(&[]);
        running.update(&[1, 2, 3]);
        running.pad();
        running.update(&[4]);
        running.pad();
        let mut message = vec![0; 2 * key.block_bytes()];
        message[..4].copy_from_slice(&[1, 2, 3, 0x80]);
        message[key.block_bytes()..][..2].copy_from_slice(&[4, 0x80]);
        let mut whole = mac.start(&[]);
        whole.update(&message);
        assert_eq!(running.finish_padded().block(), whole.finish_padded().block(), "{key:?}");
    }
}

#[test]
fn a_checksum_is_compared_in_four_or_eight_bytes() {
    for key in some_keys() {
        let checksum = Mac::line(&key).of(&[], &[b"message"]);
        let (four, eight) = (checksum.four(), checksum.eight());
        assert!(checksum.is(&four) && checksum.is(&eight), "{key:?}");
        for bytes in [0, 1, 3, 5, 7] {
            assert!(!checksum.is(&eight[..bytes]), "{bytes}");
        }
        assert!(!checksum.is(&[0; 16]));
        for bit in 0..64 {
            let (mut wrong, mut short) = (eight, four);
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!checksum.is(&wrong));
            short[bit / 8 % 4] ^= 1 << (bit % 8);
            assert!(!checksum.is(&short));
        }
    }
}

#[test]
fn a_checksum_under_sm4_is_folded() {
    let key = key(Algorithm::Sm4, "0123456789ABCDEFFEDCBA9876543210");
    let checksum = Mac::line(&key).of(&[], &[b"message"]);
    let block: [u8; 16] = checksum.block().try_into().unwrap();
    assert_eq!(checksum.four(), fold::xor_of_words(&block));
    assert_eq!(checksum.eight(), fold::left_xor_right(&block));
    let block = array("000102030405060708090A0B0C0D0E0F");
    assert_eq!(fold::left_xor_right(&block), array("0808080808080808"));
    assert_eq!(fold::xor_of_words(&array("01020304102030400000000088888888")), array("99AABBCC"));
}

#[test]
fn padding_is_put_on_and_found_again() {
    for message in 0..40 {
        for block in [8, 16] {
            let mut buffer = [0x80; 64];
            let bytes = padding::pad(&mut buffer, message, block).unwrap();
            assert_eq!((bytes % block, bytes > message, bytes - message <= block), (0, true, true));
            assert_eq!(padding::unpadded_bytes(&buffer[..bytes], block), Some(message));
            assert_eq!(padding::pad(&mut buffer[..bytes - 1], message, block), None);
        }
    }
    assert_eq!(padding::pad(&mut [0; 8], 9, 8), None);
}

#[test]
fn what_is_no_padding_is_refused() {
    for bad in ["", "00", "0000000000000000", "0102030405060708", "01800000000000000000", "8100"] {
        assert_eq!(padding::unpadded_bytes(&hex(bad), 8), None, "{bad}");
    }
    assert_eq!(padding::unpadded_bytes(&hex("8000000000000000"), 8), Some(0));
}

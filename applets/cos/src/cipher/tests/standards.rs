//! Known answers of the standards: DES, triple DES, AES, CMAC, SM4, CBC.

use std::vec::Vec;

use super::{super::*, encrypted, hex, key};

/// Algorithm, key, plain block, encrypted block, where it is published.
type Row = (Algorithm, &'static str, &'static str, &'static str, &'static str);

const BLOCKS: [Row; 12] = [
    (Algorithm::Des, "0123456789ABCDEF", "4E6F772069732074", "3FA40E8A984D4815", "FIPS 81, ECB"),
    (Algorithm::Des, "0123456789ABCDEF", "68652074696D6520", "6A271787AB8883F9", "FIPS 81, ECB"),
    (Algorithm::Des, "0123456789ABCDEF", "666F7220616C6C20", "893D51EC4B563B53", "FIPS 81, ECB"),
    (Algorithm::Des, "133457799BBCDFF1", "0123456789ABCDEF", "85E813540F0AB405", "textbook"),
    (Algorithm::Des, "0101010101010101", "8000000000000000", "95F8A5E5DD31D900", "SP 800-17, IP"),
    (Algorithm::Des, "8001010101010101", "0000000000000000", "95A8D72813DAA94D", "SP 800-17, key"),
    (
        Algorithm::TripleDes,
        "0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123",
        "5468652071756663",
        "A826FD8CE53B855F",
        "SP 800-67, B.1",
    ),
    (
        Algorithm::Sm4,
        "0123456789ABCDEFFEDCBA9876543210",
        "0123456789ABCDEFFEDCBA9876543210",
        "681EDF34D206965E86B3E94F536E4246",
        "GB/T 32907-2016, A.1",
    ),
    (
        Algorithm::Aes,
        "000102030405060708090A0B0C0D0E0F",
        "00112233445566778899AABBCCDDEEFF",
        "69C4E0D86A7B0430D8CDB78070B4C55A",
        "FIPS 197, C.1",
    ),
    (
        Algorithm::Aes,
        "000102030405060708090A0B0C0D0E0F1011121314151617",
        "00112233445566778899AABBCCDDEEFF",
        "DDA97CA4864CDFE06EAF70A0EC0D7191",
        "FIPS 197, C.2",
    ),
    (
        Algorithm::Aes,
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
        "00112233445566778899AABBCCDDEEFF",
        "8EA2B7CA516745BFEAFC49904B496089",
        "FIPS 197, C.3",
    ),
    (
        Algorithm::Aes,
        "2B7E151628AED2A6ABF7158809CF4F3C",
        "6BC1BEE22E409F96E93D7E117393172A",
        "3AD77BB40D7A3660A89ECAF32466EF97",
        "SP 800-38A, F.1.1",
    ),
];

#[test]
fn blocks_encrypt_to_the_published_ones_and_back() {
    for (algorithm, digits, plain, expected, source) in BLOCKS {
        let key = key(algorithm, digits);
        assert_eq!(encrypted(&key, plain), hex(expected), "{source}");
        let mut block = hex(expected);
        key.cipher().decrypt_block(&mut block).unwrap();
        assert_eq!(block, hex(plain), "{source}");
    }
}

/// A two-key triple-DES key is the three-key one whose last part is the first again.
#[test]
fn two_key_triple_des_begins_and_ends_with_the_same_part() {
    let two = key(Algorithm::TripleDes, "0123456789ABCDEF23456789ABCDEF01");
    let three = key(Algorithm::TripleDes, "0123456789ABCDEF23456789ABCDEF010123456789ABCDEF");
    let plain = "5468652071756663";
    assert_eq!(encrypted(&two, plain), encrypted(&three, plain));
    let same = key(Algorithm::TripleDes, "0123456789ABCDEF0123456789ABCDEF");
    assert_eq!(encrypted(&same, "4E6F772069732074"), hex("3FA40E8A984D4815"));
}

#[test]
fn sm4_a_million_times_is_the_published_block() {
    let cipher = key(Algorithm::Sm4, "0123456789ABCDEFFEDCBA9876543210").cipher();
    let mut block: Vec<u8> = hex("0123456789ABCDEFFEDCBA9876543210");
    for _ in 0..1_000_000 {
        cipher.encrypt_block(&mut block).unwrap();
    }
    assert_eq!(block, hex("595298C7C6FD271F0402F804C33D3F66"), "GB/T 32907-2016, A.2");
}

/// FIPS 81, CBC, and SP 800-38A, F.2.
#[test]
fn chained_blocks_are_the_published_ones_and_decrypt_again() {
    let cases = [
        (
            key(Algorithm::Des, "0123456789ABCDEF"),
            "1234567890ABCDEF",
            "4E6F77206973207468652074696D6520666F7220616C6C20",
            "E5C7CDDE872BF27C43E934008C389C0F683788499A7C05F6",
        ),
        (
            key(Algorithm::Aes, "2B7E151628AED2A6ABF7158809CF4F3C"),
            "000102030405060708090A0B0C0D0E0F",
            "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51",
            "7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2",
        ),
        (
            key(Algorithm::Aes, "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4"),
            "000102030405060708090A0B0C0D0E0F",
            "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51",
            "F58C4C04D6E5F1BA779EABFB5F7BFBD69CFC4E967EDB808D679F777BC6702C7D",
        ),
    ];
    for (key, initial, plain, expected) in cases {
        let (cipher, initial, mut data) = (key.cipher(), hex(initial), hex(plain));
        cipher.encrypt_cbc(&initial, &mut data).unwrap();
        assert_eq!(data, hex(expected));
        cipher.decrypt_cbc(&initial, &mut data).unwrap();
        assert_eq!(data, hex(plain));
    }
}

/// RFC 4493, 4, and SP 800-38B, D.2 and D.3; in every way to cut the message in two.
#[test]
fn cmac_is_the_published_one_however_the_message_is_cut() {
    const MESSAGE: &str = "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51\
                           30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710";
    const SHORT: &str = "2B7E151628AED2A6ABF7158809CF4F3C";
    const MIDDLE: &str = "8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B";
    const LONG: &str = "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4";
    let cases = [
        (SHORT, 0, "BB1D6929E95937287FA37D129B756746"),
        (SHORT, 16, "070A16B46B4D4144F79BDD9DD04A287C"),
        (SHORT, 40, "DFA66747DE9AE63030CA32611497C827"),
        (SHORT, 64, "51F0BEBF7E3B9D92FC49741779363CFE"),
        (MIDDLE, 0, "D17DDF46ADAACDE531CAC483DE7A9367"),
        (MIDDLE, 40, "8A1DE5BE2EB31AAD089A82E6EE908B0E"),
        (LONG, 0, "028962F61B7BF89EFC6B551F4667D983"),
        (LONG, 64, "E1992190549F6ED5696A2C056C315410"),
    ];
    for (digits, bytes, expected) in cases {
        let mac = Mac::line(&key(Algorithm::Aes, digits));
        let message = &hex(MESSAGE)[..bytes];
        for cut in 0..=bytes {
            let (one, other) = message.split_at(cut);
            let checksum = mac.of(&[], &[one, other]);
            assert_eq!(checksum.block(), hex(expected), "{bytes} bytes, cut at {cut}");
            assert!(checksum.is(&hex(expected)[..8]));
        }
    }
}

/// ISO/IEC 9797-1, annex A: algorithms 1 and 3, padding method 2, DES.
#[test]
fn the_examples_of_iso_9797_come_out() {
    let now = b"Now is the time for all ";
    let it = b"Now is the time for it";
    let single = Mac::line(&key(Algorithm::Des, "0123456789ABCDEF"));
    assert_eq!(single.of(&[], &[now]).block(), hex("10E1F0F108341B6D"));
    assert_eq!(single.of(&[], &[it]).block(), hex("A924C72136149211"));
    let double = Mac::line(&key(Algorithm::TripleDes, "0123456789ABCDEFFEDCBA9876543210"));
    assert_eq!(double.of(&[], &[now]).block(), hex("E9086230CA3BE796"));
    assert_eq!(double.of(&[], &[it]).block(), hex("5A692CE64F404145"));
}

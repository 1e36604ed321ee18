//! MUTUAL AUTHENTICATE: the worked example of ICAO Doc 9303-11, appendix D.3, the same shape under
//! AES, and what is refused.

use super::*;
use crate::{
    cipher::Mac,
    messaging::{
        Refusal,
        iso::mutual::{Initiator, MESSAGE_BYTES, answer},
    },
};

/// One exchange: keys, messages, and what comes of them.
struct Exchange {
    algorithm: Algorithm,
    encryption: &'static str,
    authentication: &'static str,
    request: &'static str,
    answer: &'static str,
    ks_enc: &'static str,
    ks_mac: &'static str,
    counter: &'static str,
}

/// Random numbers and key parts of appendix D.3, used for all of them.
const RND_IC: &str = "4608F91988702212";
const RND_IFD: &str = "781723860C06C226";
const K_IFD: &str = "0B795240CB7049B01C19B33E32804F0B";
const K_IC: &str = "0B4F80323EB3191CB04970CB4052790B";

/// Appendix D.3; under AES, own design, built by an independent implementation.
#[rustfmt::skip]
const EXCHANGES: [Exchange; 3] = [
    Exchange {
        algorithm: Algorithm::TripleDes,
        encryption: "AB94FDECF2674FDFB9B391F85D7F76F2",
        authentication: "7962D9ECE03D1ACD4C76089DCE131543",
        request: "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2 5F1448EEA8AD90A7",
        answer: "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F 2F2D235D074D7449",
        ks_enc: KS_ENC,
        ks_mac: KS_MAC,
        counter: COUNTER,
    },
    Exchange {
        algorithm: Algorithm::Aes,
        encryption: "1FFB910463FAE0EC7EDA269227655965",
        authentication: "B45AF79478978267B654AC2037483704",
        request: "4BB9F7D84A551A88AA130193240631506E83BD6D7E6BF3458C9CFF51D99BA51B 8E3FFCDD6555F157",
        answer: "54C05A58B60BFFD29575CB95B29755238BFAFEE73B4FBC465A2EEE59FD5A7A13 C714A3B268C445C5",
        ks_enc: "969EC03B1CBFE9DDD11AB1FED206EBE4",
        ks_mac: "F0CA1E1EB5ADF208816B88DD579CC1F8",
        counter: "4608F91988702212781723860C06C226",
    },
    Exchange {
        algorithm: Algorithm::Aes,
        encryption: "115F4AE57D0C61158D41353B53727DA48FE4F9F7F8B9A3DB7B30FA14321D9524",
        authentication: "7EACEA2E5793439A7588AED30FE7873F1F7AFAC40AFBAC416DA1DF952027CC92",
        request: "EE683380B0540C63FD801ECFEF8F8EE04AA1CB007A079BF6F256625F776CF693 FBA3EFEEAFCF5EDC",
        answer: "33E853A6341EB5DFEF9418B7EEB8B33AFFC78B480A3C03A08E741E4142A53FE8 08AEC6C1E37DEC6D",
        ks_enc: "2C0D9541B93A77A7291812AA85C38FE56DA59C9AF5DAA7E25C7802FDB121AEA3",
        ks_mac: "26594B2A9180344501E0DA10F84DB65E2FEA4838351740C63A4EE5A0BE38F5B5",
        counter: "4608F91988702212781723860C06C226",
    },
];

impl Exchange {
    fn keys(&self) -> (Key, Key) {
        (key(self.algorithm, self.encryption), key(self.algorithm, self.authentication))
    }
}

fn initiator((encryption, authentication): &(Key, Key)) -> Initiator<'_> {
    Initiator {
        encryption,
        authentication,
        challenge: array(RND_IC),
        random: array(RND_IFD),
        part: array(K_IFD),
    }
}

fn answered(keys: &(Key, Key), challenge: &str, message: &[u8]) -> Result<Vec<u8>, Refusal> {
    let result = answer(&keys.0, &keys.1, &array(challenge), &array(K_IC), message);
    result.map(|(message, _)| message.to_vec())
}

#[test]
fn both_sides_build_the_messages_and_agree_on_the_session() {
    for exchange in EXCHANGES {
        let keys = exchange.keys();
        let request = initiator(&keys).message().unwrap();
        assert_eq!(request.as_slice(), hex(exchange.request));
        let (message, card) =
            answer(&keys.0, &keys.1, &array(RND_IC), &array(K_IC), &request).unwrap();
        assert_eq!(message.as_slice(), hex(exchange.answer));
        let terminal = initiator(&keys).agree(&message).unwrap();
        for agreed in [card, terminal] {
            assert_eq!(agreed.encryption.as_slice(), hex(exchange.ks_enc));
            assert_eq!(agreed.authentication.as_slice(), hex(exchange.ks_mac));
            assert_eq!(agreed.counter(), hex(exchange.counter));
            assert_eq!(agreed.session().unwrap().counter(), hex(exchange.counter));
        }
    }
}

#[test]
fn any_damaged_bit_is_refused_by_both_sides() {
    for exchange in EXCHANGES {
        let keys = exchange.keys();
        let (request, message) = (hex(exchange.request), hex(exchange.answer));
        for bit in 0..8 * MESSAGE_BYTES {
            let mut damaged = request.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(answered(&keys, RND_IC, &damaged), Err(Refusal::Checksum), "bit {bit}");
            let mut damaged = message.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let refusal = initiator(&keys).agree(&damaged).unwrap_err();
            assert_eq!(refusal, Refusal::Checksum, "bit {bit}");
        }
    }
}

#[test]
fn a_message_for_another_challenge_is_refused() {
    for exchange in EXCHANGES {
        let keys = exchange.keys();
        let request = hex(exchange.request);
        for byte in 0..8 {
            let mut challenge = hex(RND_IC);
            challenge[byte] ^= 0x80;
            let result =
                answer(&keys.0, &keys.1, &challenge.try_into().unwrap(), &array(K_IC), &request);
            assert_eq!(result.map(|_| ()).unwrap_err(), Refusal::Content, "byte {byte}");
        }
        // A terminal's message sent back to it has the random numbers the other way round.
        assert_eq!(initiator(&keys).agree(&request).unwrap_err(), Refusal::Content);
        // And an answer to other random numbers of the terminal's, or of the card's.
        for byte in 0..8 {
            let mut other = initiator(&keys);
            other.random[byte] ^= 1;
            assert_eq!(other.agree(&hex(exchange.answer)).unwrap_err(), Refusal::Content);
            let mut other = initiator(&keys);
            other.challenge[byte] ^= 1;
            assert_eq!(other.agree(&hex(exchange.answer)).unwrap_err(), Refusal::Content);
        }
    }
}

#[test]
fn another_length_and_other_keys_are_refused() {
    let exchange = &EXCHANGES[0];
    let keys = exchange.keys();
    let long = [hex(exchange.request), hex("00")].concat();
    for bytes in (0..=long.len()).filter(|&bytes| bytes != MESSAGE_BYTES) {
        assert_eq!(answered(&keys, RND_IC, &long[..bytes]), Err(Refusal::Missing), "{bytes}");
        assert_eq!(initiator(&keys).agree(&long[..bytes]).unwrap_err(), Refusal::Missing);
    }
    let swapped = (keys.1.clone(), keys.0.clone());
    assert_eq!(answered(&swapped, RND_IC, &long[..40]), Err(Refusal::Checksum));
    let (aes, sm4) = (key(Algorithm::Aes, KS_ENC), key(Algorithm::Sm4, KS_ENC));
    let (des, three) = (Key::single_des([1; 8]), Key::new(Algorithm::TripleDes, &[1; 24]).unwrap());
    for keys in [
        (keys.0, aes.clone()),
        (aes, keys.1),
        (sm4.clone(), sm4),
        (des.clone(), des),
        (three.clone(), three),
    ] {
        assert_eq!(answered(&keys, RND_IC, &long[..40]), Err(Refusal::Missing), "{keys:?}");
        assert_eq!(initiator(&keys).message(), None);
        assert_eq!(initiator(&keys).agree(&long[..40]).unwrap_err(), Refusal::Missing);
    }
}

/// The checksum covers the cryptogram with a whole block of padding behind it.
#[test]
fn the_checksum_is_that_of_the_cryptogram_with_padding() {
    let keys = EXCHANGES[0].keys();
    let request = hex(EXCHANGES[0].request);
    assert!(Mac::line(&keys.1).of(&[], &[&request[..32]]).is(&request[32..]));
}

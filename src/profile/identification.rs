//! The card's identification code: region 3, D156000005, serial 4, authentication code 4.
//!
//! How issuers make the authentication code is not public. Here it is the first four bytes of a
//! CBC-MAC of the other twelve, triple DES with the issuer's key of label IDK, which is on no card
//! (own design).

use std::ops::Range;

use tessera_cos::cipher::{Algorithm, Key, Mac};

use super::{ProfileError, Source, keys::Keys};

/// Bytes of a code, and of what its authentication code is made of.
const CODE_BYTES: usize = 16;
const BODY_BYTES: usize = 12;

/// Label of the issuer's key.
const LABEL: &str = "IDK";

/// The whole code, in digits: what a profile gives, or, when it gives twelve bytes, with the
/// authentication code behind them. `checks`: a whole code is held against the issuer's key.
pub(super) fn code(
    source: &Source<'_>,
    digits: &str,
    place: Range<usize>,
    keys: Option<&Keys>,
    checks: bool,
) -> Result<String, ProfileError> {
    let given = hex::decode(digits).unwrap_or_default();
    if given.len() != BODY_BYTES && !(checks && given.len() == CODE_BYTES) {
        return Ok(digits.into());
    }
    let Some(keys) = keys else {
        let expected = "16 bytes, or [keys] to make or check the last four";
        return Err(source.wrong(place, expected, format!("{} bytes", given.len())));
    };
    let (body, authentication) = given.split_at(BODY_BYTES);
    let right = authentication_code(&keys.root(LABEL), body);
    if !authentication.is_empty() && authentication != right {
        let expected = format!("authentication code {}", hex::encode_upper(right));
        return Err(source.wrong(place, &expected, hex::encode_upper(authentication)));
    }
    Ok(hex::encode_upper([body, &right].concat()))
}

fn authentication_code(issuer: &[u8; 16], body: &[u8]) -> [u8; 4] {
    match Key::new(Algorithm::TripleDes, issuer) {
        Some(key) => Mac::cbc(&key).of(&[], &[body]).four(),
        None => unreachable!("sixteen bytes are a triple-DES key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    /// Computed by hand with another implementation of DES.
    #[test]
    fn a_known_answer() {
        let body = hex::decode("330400D15600000500000298").unwrap();
        let issuer = keys::root(keys::TEST_PREFIX, LABEL);
        assert_eq!(hex::encode_upper(authentication_code(&issuer, &body)), "78A27121");
    }
}

//! Authentication and maintenance of social-security cards: session keys, authenticators, protected
//! commands.
//!
//! * A session key is E(card key, challenge): under DES and triple DES 8 bytes, a DES key; of the
//!   third generation, SM4, 16 bytes (own design).
//! * An authenticator is E(session key, factor of 8 bytes). A cipher with blocks of 16 encrypts
//!   the factor with eight bytes 00 behind it, and the authenticator is left half XOR right half.
//! * Maintenance commands (PIN unblock and reload, application and card block) carry a checksum
//!   with the session key of STK, over header, Lc and data, initial value zero. PIN reload has in
//!   front of it the cryptogram of 03 || PIN || 80 00..: [`Session::line`] opens both.
//! * Keys of a PSAM are loaded under [line protection](super::line) with the key itself, and its
//!   challenge as initial value.

use tessera_framework::pin::equal_in_constant_time;

use super::{Line, Refusal};
use crate::cipher::{Key, fold::left_xor_right, session_key};

/// Bytes of a factor and of an authenticator.
pub const FACTOR_BYTES: usize = 8;

/// A session: the key made of a card key and a challenge.
pub struct Session(Key);

impl Session {
    /// The session of a card key for a challenge; `None` unless the challenge is one block of the
    /// key's cipher.
    #[must_use]
    pub fn new(card_key: &Key, challenge: &[u8]) -> Option<Self> {
        session_key(card_key, challenge).map(Self)
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.0
    }

    /// What EXTERNAL AUTHENTICATE shows and INTERNAL AUTHENTICATE answers for a factor.
    #[must_use]
    pub fn authenticator(&self, factor: &[u8; FACTOR_BYTES]) -> [u8; FACTOR_BYTES] {
        let mut block = [0; 16];
        let (first, _) = block.split_at_mut(FACTOR_BYTES);
        first.copy_from_slice(factor);
        let used = self.0.block_bytes();
        let whole = block.get_mut(..used).map(|block| self.0.cipher().encrypt_block(block));
        debug_assert!(matches!(whole, Some(Ok(()))));
        // Of a short block the second half is 00 still.
        left_xor_right(&block)
    }

    /// Protection of maintenance commands with this session's key. Their initial value is zero:
    /// give `&[]` as the challenge.
    #[must_use]
    pub fn line(&self) -> Line<'_> {
        Line::new(&self.0)
    }
}

/// The data field of EXTERNAL AUTHENTICATE: authenticator || factor, and one byte key version in
/// the form of 17 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct External {
    /// What is shown.
    pub authenticator: [u8; FACTOR_BYTES],
    /// What it was made of.
    pub factor: [u8; FACTOR_BYTES],
    /// Which of the keys with this identifier.
    pub version: Option<u8>,
}

impl External {
    /// Reads the data field; `None` unless it has 16 or 17 bytes.
    #[must_use]
    pub fn parse(data: &[u8]) -> Option<Self> {
        let (authenticator, rest) = data.split_first_chunk()?;
        let (factor, version) = factor_and_version(rest)?;
        Some(Self { authenticator: *authenticator, factor, version })
    }

    /// Checks it against a card key and the challenge that was given.
    ///
    /// # Errors
    /// `Missing` when there is no challenge of the right length; `Checksum` when what is shown is
    /// wrong.
    pub fn check(&self, card_key: &Key, challenge: &[u8]) -> Result<(), Refusal> {
        let session = Session::new(card_key, challenge).ok_or(Refusal::Missing)?;
        let right =
            equal_in_constant_time(&self.authenticator, &session.authenticator(&self.factor));
        right.then_some(()).ok_or(Refusal::Checksum)
    }
}

/// The data field of INTERNAL AUTHENTICATE: the terminal's random number, one block of the key's
/// cipher; factor; perhaps a key version. Blocks of 16 bytes are inferred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Internal<'d> {
    /// The terminal's challenge.
    pub random: &'d [u8],
    /// What it wants to see encrypted.
    pub factor: [u8; FACTOR_BYTES],
    /// Which of the keys with this identifier.
    pub version: Option<u8>,
}

impl<'d> Internal<'d> {
    /// Reads the data field for a cipher's block length; `None` when it does not fit.
    #[must_use]
    pub fn parse(data: &'d [u8], block_bytes: usize) -> Option<Self> {
        let (random, rest) = data.split_at_checked(block_bytes)?;
        let (factor, version) = factor_and_version(rest)?;
        Some(Self { random, factor, version })
    }

    /// The answer with a card key; `None` when the random number is not one block of its cipher.
    #[must_use]
    pub fn answer(&self, card_key: &Key) -> Option<[u8; FACTOR_BYTES]> {
        Some(Session::new(card_key, self.random)?.authenticator(&self.factor))
    }
}

fn factor_and_version(data: &[u8]) -> Option<([u8; FACTOR_BYTES], Option<u8>)> {
    let (factor, version) = data.split_first_chunk()?;
    match version {
        [] => Some((*factor, None)),
        [version] => Some((*factor, Some(*version))),
        _ => None,
    }
}

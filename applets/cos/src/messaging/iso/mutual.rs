//! MUTUAL AUTHENTICATE after ISO/IEC 11770-2, mechanism 6, as in ICAO Doc 9303-11, 4.3: both sides
//! show that they have K_ENC and K_MAC, and each gives half of the seed of a session.
//!
//! A message is E(K_ENC, 32 bytes), CBC with initial value zero, and a checksum of it with K_MAC:
//!
//! * the terminal's: RND.IFD || RND.IC || K.IFD;
//! * the card's: RND.IC || RND.IFD || K.IC.
//!
//! The seed is K.IFD XOR K.IC. The send sequence counter begins as the last four bytes of RND.IC
//! and the last four of RND.IFD.
//!
//! With AES keys it is own design (the document has it for triple DES only): CMAC cut to eight
//! bytes, session keys as long as K_ENC, and a counter that begins as RND.IC || RND.IFD.

use tessera_framework::pin::{equal_in_constant_time, forget};

use super::{Session, session::COUNTER_BYTES_MAX};
use crate::{
    cipher::{Algorithm, Key, Mac, icao},
    messaging::Refusal,
};

/// Bytes of a random number.
pub const RANDOM_BYTES: usize = 8;
/// Bytes of a side's part of the seed.
pub const SEED_BYTES: usize = 16;
/// Bytes of a message: cryptogram and checksum.
pub const MESSAGE_BYTES: usize = CRYPTOGRAM_BYTES + CHECKSUM_BYTES;

const CRYPTOGRAM_BYTES: usize = 2 * RANDOM_BYTES + SEED_BYTES;
const CHECKSUM_BYTES: usize = 8;

type Random = [u8; RANDOM_BYTES];
type Seed = [u8; SEED_BYTES];

/// What both sides have agreed on: the keys of the session, and where its counter begins.
#[derive(Debug)]
pub struct Agreed {
    /// KSenc.
    pub encryption: Key,
    /// KSmac.
    pub authentication: Key,
    counter: [u8; COUNTER_BYTES_MAX],
}

impl Agreed {
    /// Where the counter begins: 8 bytes, or 16 with AES.
    #[must_use]
    pub fn counter(&self) -> &[u8] {
        self.counter.get(..self.encryption.block_bytes()).unwrap_or_default()
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        Session::new(&self.encryption, &self.authentication, self.counter())
    }

    fn new(
        key: &Key,
        ours: &Seed,
        theirs: &Seed,
        card: &Random,
        terminal: &Random,
    ) -> Option<Self> {
        let mut seed: Seed = core::array::from_fn(|at| ours[at] ^ theirs[at]);
        let (algorithm, bytes) = (key.algorithm(), key.as_slice().len());
        let encryption = icao::derive(&seed, icao::ENCRYPTION, algorithm, bytes);
        let authentication = icao::derive(&seed, icao::AUTHENTICATION, algorithm, bytes);
        forget(&mut seed);
        let mut counter = [0; COUNTER_BYTES_MAX];
        let half = key.block_bytes() / 2;
        for (part, random) in counter.chunks_mut(half).zip([card, terminal]) {
            let last = random.get(RANDOM_BYTES - half..).unwrap_or_default();
            part.copy_from_slice(last);
        }
        Some(Self { encryption: encryption?, authentication: authentication?, counter })
    }
}

/// The card's side: checks the terminal's message, and gives the card's and what is agreed on.
/// `challenge` is RND.IC, which the terminal got by GET CHALLENGE and which is used up now; `part`
/// is K.IC, fresh random bytes.
///
/// # Errors
/// `Missing`: the message has another length, or the keys are not of one algorithm that has this
/// (triple DES with 16 bytes, AES). `Checksum`: it is not from somebody who has the keys.
/// `Content`: it is, but answers another challenge.
pub fn answer(
    encryption: &Key,
    authentication: &Key,
    challenge: &Random,
    part: &Seed,
    message: &[u8],
) -> Result<([u8; MESSAGE_BYTES], Agreed), Refusal> {
    let keys = Keys::new(encryption, authentication).ok_or(Refusal::Missing)?;
    let content = keys.open(message)?;
    if !equal_in_constant_time(&content.second, challenge) {
        return Err(Refusal::Content);
    }
    let terminal = &content.first;
    let agreed = Agreed::new(encryption, part, &content.part, challenge, terminal);
    let answer = keys.close(&Content { first: *challenge, second: *terminal, part: *part });
    Ok((answer, agreed.ok_or(Refusal::Missing)?))
}

/// The terminal's side.
pub struct Initiator<'k> {
    /// K_ENC.
    pub encryption: &'k Key,
    /// K_MAC.
    pub authentication: &'k Key,
    /// RND.IC, as GET CHALLENGE gave it.
    pub challenge: Random,
    /// RND.IFD, fresh.
    pub random: Random,
    /// K.IFD, fresh.
    pub part: Seed,
}

impl Initiator<'_> {
    /// The message to send; `None` when the keys are not of one algorithm that has this.
    #[must_use]
    pub fn message(&self) -> Option<[u8; MESSAGE_BYTES]> {
        let keys = Keys::new(self.encryption, self.authentication)?;
        let content = Content { first: self.random, second: self.challenge, part: self.part };
        Some(keys.close(&content))
    }

    /// Checks the card's message.
    ///
    /// # Errors
    /// As [`answer`]; `Content` when the random numbers are not those of this exchange.
    pub fn agree(&self, message: &[u8]) -> Result<Agreed, Refusal> {
        let keys = Keys::new(self.encryption, self.authentication).ok_or(Refusal::Missing)?;
        let content = keys.open(message)?;
        let ours = equal_in_constant_time(&content.second, &self.random);
        if !(equal_in_constant_time(&content.first, &self.challenge) && ours) {
            return Err(Refusal::Content);
        }
        let (challenge, random) = (&self.challenge, &self.random);
        Agreed::new(self.encryption, &self.part, &content.part, challenge, random)
            .ok_or(Refusal::Missing)
    }
}

impl Drop for Initiator<'_> {
    fn drop(&mut self) {
        forget(&mut self.part);
    }
}

/// What is inside a message.
struct Content {
    first: Random,
    second: Random,
    part: Seed,
}

impl Drop for Content {
    fn drop(&mut self) {
        forget(&mut self.part);
    }
}

struct Keys<'k> {
    encryption: &'k Key,
    authentication: &'k Key,
}

impl<'k> Keys<'k> {
    fn new(encryption: &'k Key, authentication: &'k Key) -> Option<Self> {
        let algorithm = encryption.algorithm();
        let known = match algorithm {
            Algorithm::TripleDes => encryption.as_slice().len() == 16,
            Algorithm::Aes => true,
            Algorithm::Des | Algorithm::Sm4 => false,
        };
        let same = authentication.algorithm() == algorithm;
        (known && same).then_some(Self { encryption, authentication })
    }

    fn close(&self, content: &Content) -> [u8; MESSAGE_BYTES] {
        let mut message = [0; MESSAGE_BYTES];
        let (cryptogram, checksum) = message.split_at_mut(CRYPTOGRAM_BYTES);
        let bytes = content.first.iter().chain(&content.second).chain(&content.part);
        for (to, from) in cryptogram.iter_mut().zip(bytes) {
            *to = *from;
        }
        let whole = self.encryption.cipher().encrypt_cbc(&[], cryptogram);
        debug_assert!(whole.is_ok());
        let computed = Mac::line(self.authentication).of(&[], &[cryptogram]);
        checksum.copy_from_slice(&computed.eight());
        message
    }

    fn open(&self, message: &[u8]) -> Result<Content, Refusal> {
        let (cryptogram, received) =
            message.split_first_chunk::<CRYPTOGRAM_BYTES>().ok_or(Refusal::Missing)?;
        if received.len() != CHECKSUM_BYTES {
            return Err(Refusal::Missing);
        }
        if !Mac::line(self.authentication).of(&[], &[cryptogram]).is(received) {
            return Err(Refusal::Checksum);
        }
        let mut plain = *cryptogram;
        self.encryption.cipher().decrypt_cbc(&[], &mut plain).map_err(|_| Refusal::Content)?;
        let mut content = Content { first: [0; 8], second: [0; 8], part: [0; SEED_BYTES] };
        let Content { first, second, part } = &mut content;
        for (to, from) in first.iter_mut().chain(second).chain(part).zip(&plain) {
            *to = *from;
        }
        forget(&mut plain);
        Ok(content)
    }
}

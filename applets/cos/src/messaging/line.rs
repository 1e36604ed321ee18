//! Line protection of FMCOS cards: a checksum of four bytes at the end of the data field, and a
//! cryptogram in front of it.
//!
//! * The checksum begins with the challenge of the GET CHALLENGE before, covers CLA INS P1 P2, Lc
//!   as sent (which counts the checksum) and the data as sent, and is made by [`Mac::line`]. Of a
//!   response it covers the returned data only, with the same initial value.
//! * A cryptogram is E(LD || data), ECB; LD is the number of bytes of the data, and 80 00.. follows
//!   only when LD and data are no whole blocks.
//! * No data means no cryptogram, in both directions (inferred: a command without data is
//!   attested with the checksum alone).
//!
//! SM4 keys with their folded checksum are taken in the same way; blocks are then of 16 bytes.
//!
//! # Refusals
//!
//! | what is wrong | [`Refusal`] |
//! |---|---|
//! | fewer than four bytes of data | `Missing` |
//! | more than 255 bytes of data: the checksum has a one-byte Lc | `TooLong` |
//! | the checksum | `Checksum` |
//! | cryptogram no whole blocks; LD zero or beyond the blocks; padding not 80 00.., or a block more than needed | `Content` |
//!
//! Published lists have 6987 for what is missing, 6988 for a wrong checksum (9302 on key commands),
//! and nothing for the content; it is answered like a wrong checksum (own choice), so that nothing
//! is learned from the difference.

use super::{Message, Refusal};
use crate::cipher::{Checksum, Key, Mac};

/// Bytes of a checksum.
pub const CHECKSUM_BYTES: usize = 4;

/// Most bytes of a data field.
const DATA_BYTES_MAX: usize = 255;

/// What protects a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protection {
    /// A checksum.
    Checksum,
    /// A cryptogram and a checksum over it.
    CryptogramAndChecksum,
}

/// A key made ready to protect one command and its response.
pub struct Line<'k> {
    key: &'k Key,
    mac: Mac,
}

impl<'k> Line<'k> {
    /// Line protection with this key.
    #[must_use]
    pub fn new(key: &'k Key) -> Self {
        Self { key, mac: Mac::line(key) }
    }

    /// The data in front of the checksum, when the checksum is right. `header` is as sent; `data`
    /// is the whole data field.
    ///
    /// # Errors
    /// `Missing`, `TooLong`, `Checksum`.
    pub fn check<'d>(
        &self,
        challenge: &[u8],
        header: [u8; 4],
        data: &'d [u8],
    ) -> Result<&'d [u8], Refusal> {
        let (plain, received) =
            data.split_last_chunk::<CHECKSUM_BYTES>().ok_or(Refusal::Missing)?;
        let lc = u8::try_from(data.len()).map_err(|_| Refusal::TooLong)?;
        let right = self.of_command(challenge, header, lc, plain).is(received);
        right.then_some(plain).ok_or(Refusal::Checksum)
    }

    /// The data inside a cryptogram. Decrypt only what [`check`](Self::check) has let pass.
    ///
    /// # Errors
    /// `Content`, `TooLong`.
    pub fn decrypt(&self, cryptogram: &[u8]) -> Result<Message, Refusal> {
        let mut blocks = Message::new();
        if cryptogram.is_empty() {
            return Ok(blocks);
        }
        blocks.push(cryptogram).ok_or(Refusal::TooLong)?;
        let bytes = blocks.bytes.get_mut(..blocks.length).unwrap_or_default();
        self.key.cipher().decrypt_ecb(bytes).map_err(|_| Refusal::Content)?;
        let (&mut length, rest) = bytes.split_first_mut().ok_or(Refusal::Content)?;
        let length = usize::from(length);
        let (_, padding) = rest.split_at_mut_checked(length).ok_or(Refusal::Content)?;
        if length == 0 || !self.is_padding(padding) {
            return Err(Refusal::Content);
        }
        blocks.bytes.copy_within(1..=length, 0);
        blocks.length = length;
        Ok(blocks)
    }

    /// The data of a command: checked, and decrypted where `protection` says so.
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`decrypt`](Self::decrypt).
    pub fn open(
        &self,
        protection: Protection,
        challenge: &[u8],
        header: [u8; 4],
        data: &[u8],
    ) -> Result<Message, Refusal> {
        let data = self.check(challenge, header, data)?;
        self.inside(protection, data)
    }

    /// The data field of a response. `None` when the data are more than 255 bytes.
    #[must_use]
    pub fn protect(
        &self,
        protection: Protection,
        challenge: &[u8],
        data: &[u8],
    ) -> Option<Message> {
        let mut response = self.outside(protection, data)?;
        let checksum = self.of_response(challenge, response.as_slice());
        response.push(&checksum.four())?;
        Some(response)
    }

    /// The terminal's side: the command to send. `header` is as it will be sent, `le` follows when
    /// data are expected. `None` when the data field would be longer than 255 bytes.
    #[must_use]
    pub fn wrap(
        &self,
        protection: Protection,
        challenge: &[u8],
        header: [u8; 4],
        data: &[u8],
        le: Option<u8>,
    ) -> Option<Message> {
        let data = self.outside(protection, data)?;
        let data = data.as_slice();
        let lc = u8::try_from(data.len() + CHECKSUM_BYTES).ok()?;
        let checksum = self.of_command(challenge, header, lc, data);
        let mut command = Message::new();
        for part in [&header[..], &[lc], data, &checksum.four(), le.as_slice()] {
            command.push(part)?;
        }
        Some(command)
    }

    /// The terminal's side: the data of a response.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn unwrap(
        &self,
        protection: Protection,
        challenge: &[u8],
        data: &[u8],
    ) -> Result<Message, Refusal> {
        let (data, received) = data.split_last_chunk::<CHECKSUM_BYTES>().ok_or(Refusal::Missing)?;
        if !self.of_response(challenge, data).is(received) {
            return Err(Refusal::Checksum);
        }
        self.inside(protection, data)
    }

    fn of_command(&self, challenge: &[u8], header: [u8; 4], lc: u8, data: &[u8]) -> Checksum {
        self.mac.of(challenge, &[&header, &[lc], data])
    }

    fn of_response(&self, challenge: &[u8], data: &[u8]) -> Checksum {
        self.mac.of(challenge, &[data])
    }

    fn inside(&self, protection: Protection, data: &[u8]) -> Result<Message, Refusal> {
        match protection {
            Protection::CryptogramAndChecksum => self.decrypt(data),
            Protection::Checksum => {
                let mut plain = Message::new();
                plain.push(data).ok_or(Refusal::TooLong)?;
                Ok(plain)
            }
        }
    }

    fn outside(&self, protection: Protection, data: &[u8]) -> Option<Message> {
        let mut sent = Message::new();
        if data.len() > DATA_BYTES_MAX {
            return None;
        }
        if data.is_empty() || protection == Protection::Checksum {
            sent.push(data)?;
            return Some(sent);
        }
        sent.push(&[data.len() as u8])?;
        sent.push(data)?;
        if !sent.length.is_multiple_of(self.key.block_bytes()) {
            sent.push(&[0x80])?;
            sent.length = sent.length.next_multiple_of(self.key.block_bytes());
        }
        let blocks = sent.bytes.get_mut(..sent.length)?;
        self.key.cipher().encrypt_ecb(blocks).ok()?;
        Some(sent)
    }

    fn is_padding(&self, bytes: &[u8]) -> bool {
        match bytes {
            [] => true,
            [0x80, zeros @ ..] => {
                bytes.len() < self.key.block_bytes() && zeros.iter().all(|&byte| byte == 0)
            }
            _ => false,
        }
    }
}

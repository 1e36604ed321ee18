//! The data objects of secure messaging: read strictly, and written.
//!
//! Invariant of `Writer`: `length <= buffer.len()`; what does not fit leaves `None` behind.

use super::session::{CHECKSUM_BYTES, Session};
use crate::{cipher::padding, messaging::Refusal};

/// Plain value, not BER-TLV.
pub const PLAIN_VALUE: u8 = 0x81;
/// Cryptogram of BER-TLV data.
pub const CRYPTOGRAM_OF_OBJECTS: u8 = 0x85;
/// Padding indicator and cryptogram.
pub const CRYPTOGRAM: u8 = 0x87;
/// Command header.
pub const HEADER: u8 = 0x89;
/// Cryptographic checksum.
pub const CHECKSUM: u8 = 0x8E;
/// Le.
pub const LE: u8 = 0x97;
/// Status word.
pub const STATUS: u8 = 0x99;
/// Plain BER-TLV data.
pub const PLAIN_OBJECTS: u8 = 0xB1;

/// Padding indicator: one 80, then 00 up to the end of the block.
const PADDED: u8 = 0x01;
/// Padding indicator: none.
const NOT_PADDED: u8 = 0x02;

/// How data are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// In the clear, authenticated.
    Plain,
    /// Encrypted, authenticated.
    Cryptogram,
}

impl Form {
    const fn tag(self, ins: u8) -> u8 {
        match (self, ins & 1) {
            (Self::Plain, 0) => PLAIN_VALUE,
            (Self::Plain, _) => PLAIN_OBJECTS,
            (Self::Cryptogram, 0) => CRYPTOGRAM,
            (Self::Cryptogram, _) => CRYPTOGRAM_OF_OBJECTS,
        }
    }
}

/// Who sent the objects: a command may have 89 and 97, a response 99.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    Command,
    Response,
}

/// The objects of one message.
#[derive(Clone, Copy)]
pub(super) struct Objects<'a> {
    /// All of them in front of the checksum, as they were sent.
    pub(super) authenticated: &'a [u8],
    /// Data, with the form they are sent in.
    pub(super) data: Option<(Form, &'a [u8])>,
    pub(super) header: Option<&'a [u8]>,
    pub(super) le: Option<&'a [u8]>,
    pub(super) status: Option<&'a [u8]>,
    pub(super) checksum: &'a [u8],
}

impl<'a> Objects<'a> {
    /// Reads a data field of an instruction.
    pub(super) fn read(direction: Direction, ins: u8, field: &'a [u8]) -> Result<Self, Refusal> {
        let mut found = Self {
            authenticated: &[],
            data: None,
            header: None,
            le: None,
            status: None,
            checksum: &[],
        };
        let mut rest = field;
        while !rest.is_empty() {
            let before = field.len() - rest.len();
            let (tag, value, after) = object(rest).ok_or(Refusal::Content)?;
            rest = after;
            let form =
                [Form::Plain, Form::Cryptogram].into_iter().find(|form| form.tag(ins) == tag);
            let once = match (tag, direction, form) {
                (CHECKSUM, _, _) => {
                    if value.len() != CHECKSUM_BYTES || !rest.is_empty() {
                        return Err(Refusal::Content);
                    }
                    found.authenticated = field.get(..before).unwrap_or_default();
                    found.checksum = value;
                    return Ok(found);
                }
                (_, _, Some(form)) => found.data.replace((form, value)).is_none(),
                (HEADER, Direction::Command, _) => found.header.replace(value).is_none(),
                (LE, Direction::Command, _) => found.le.replace(value).is_none(),
                (STATUS, Direction::Response, _) => found.status.replace(value).is_none(),
                _ => false,
            };
            if !once {
                return Err(Refusal::Content);
            }
        }
        Err(Refusal::Missing)
    }

    /// Puts the data, decrypted, into `buffer`; their number.
    pub(super) fn open(
        &self,
        session: &Session,
        ins: u8,
        buffer: &mut [u8],
    ) -> Result<usize, Refusal> {
        let Some((form, value)) = self.data else { return Ok(0) };
        let (value, padded) = match (form, form.tag(ins), value) {
            (Form::Plain, ..) => {
                place(value, buffer)?;
                return Ok(value.len());
            }
            (_, CRYPTOGRAM, [PADDED, value @ ..]) => (value, true),
            (_, CRYPTOGRAM, [NOT_PADDED, value @ ..]) => (value, false),
            (_, CRYPTOGRAM, _) => return Err(Refusal::Content),
            _ => (value, true),
        };
        session.decrypt(place(value, buffer)?, padded)
    }
}

fn place<'b>(value: &[u8], buffer: &'b mut [u8]) -> Result<&'b mut [u8], Refusal> {
    let place = buffer.get_mut(..value.len()).ok_or(Refusal::TooLong)?;
    place.copy_from_slice(value);
    Ok(place)
}

/// Tag, value, and what follows.
fn object(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81 => {
            let (&length, rest) = rest.split_first()?;
            (usize::from(length), rest)
        }
        0x82 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

/// Writes objects one after the other.
pub(super) struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl<'b> Writer<'b> {
    pub(super) const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    pub(super) fn written(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length.checked_add(bytes.len())?;
        self.buffer.get_mut(self.length..end)?.copy_from_slice(bytes);
        self.length = end;
        Some(())
    }

    pub(super) fn object(&mut self, tag: u8, value: &[u8]) -> Option<()> {
        self.begin(tag, value.len())?;
        self.push(value)
    }

    /// Data in one of the forms; no data, no object.
    pub(super) fn data(
        &mut self,
        session: &Session,
        ins: u8,
        form: Form,
        data: &[u8],
    ) -> Option<()> {
        if data.is_empty() {
            return Some(());
        }
        let tag = form.tag(ins);
        if form == Form::Plain {
            return self.object(tag, data);
        }
        let bytes = padding::padded_bytes(data.len(), session.block_bytes());
        let indicator: &[u8] = if tag == CRYPTOGRAM { &[PADDED] } else { &[] };
        self.begin(tag, indicator.len() + bytes)?;
        self.push(indicator)?;
        let place = self.buffer.get_mut(self.length..self.length + bytes)?;
        place.get_mut(..data.len())?.copy_from_slice(data);
        padding::pad(place, data.len(), session.block_bytes())?;
        session.encrypt(place)?;
        self.length += bytes;
        Some(())
    }

    fn begin(&mut self, tag: u8, bytes: usize) -> Option<()> {
        let [high, low] = u16::try_from(bytes).ok()?.to_be_bytes();
        match bytes {
            0..=0x7F => self.push(&[tag, low]),
            0x80..=0xFF => self.push(&[tag, 0x81, low]),
            _ => self.push(&[tag, 0x82, high, low]),
        }
    }
}

//! Where an applet writes its answer.
//!
//! Invariants: `len <= buffer.len()`; once a write did not fit, the reply is unchanged by it.

use crate::{Halt, Outcome, StatusWord, Tag};

/// The answer under construction: a data field, and the status word that goes with it.
///
/// The status is 9000 unless the applet [warns](Self::warn); errors are not written here but
/// returned as [`Halt::Status`], and then the data field is dropped.
#[derive(Debug)]
pub struct Reply<'a> {
    buffer: &'a mut [u8],
    len: usize,
    status: StatusWord,
    exceeds_le: bool,
}

impl<'a> Reply<'a> {
    /// An empty answer that may grow to `buffer.len()` bytes.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0, status: StatusWord::OK, exceeds_le: false }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// 6F00 when they do not fit: a profile whose response limit is below what its files hold.
    pub fn push(&mut self, bytes: &[u8]) -> Outcome {
        self.extend(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Appends one byte.
    ///
    /// # Errors
    /// 6F00 when it does not fit.
    pub fn push_byte(&mut self, byte: u8) -> Outcome {
        self.push(&[byte])
    }

    /// Appends `bytes` bytes and hands them out to be filled in place.
    ///
    /// # Errors
    /// 6F00 when they do not fit.
    pub fn extend(&mut self, bytes: usize) -> Result<&mut [u8], Halt> {
        let from = self.len;
        let space = self
            .buffer
            .get_mut(from..from.saturating_add(bytes))
            .ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
        self.len += bytes;
        Ok(space)
    }

    /// Appends a data object whose value `fill` writes; the BER length is patched in afterwards.
    ///
    /// # Errors
    /// What `fill` answered, or 6F00 when it does not fit; the reply is then as it was.
    pub fn tlv(&mut self, tag: Tag, fill: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let start = self.len;
        let written = self.tlv_at_end(tag, fill);
        if written.is_err() {
            self.len = start;
        }
        written
    }

    fn tlv_at_end(&mut self, tag: Tag, fill: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let tag_bytes = tag.0.to_be_bytes();
        self.push(&tag_bytes[2 - tag.encoded_bytes()..])?;
        self.push_byte(0)?;
        let value = self.len;
        fill(self)?;
        let bytes = self.len - value;
        let (prefix, extra): (u8, usize) = match bytes {
            0..=0x7F => (bytes as u8, 0),
            0x80..=0xFF => (0x81, 1),
            _ => (0x82, 2),
        };
        if extra > 0 {
            self.extend(extra)?;
            self.buffer.copy_within(value..value + bytes, value + extra);
            let length = (bytes as u16).to_be_bytes();
            self.buffer[value..value + extra].copy_from_slice(&length[2 - extra..]);
        }
        self.buffer[value - 1] = prefix;
        Ok(())
    }

    /// Ends the answer with a warning (SW1 62 or 63) that goes out together with the data.
    pub fn warn(&mut self, status: StatusWord) {
        debug_assert!(status.is_warning(), "a warning has SW1 62 or 63");
        self.status = status;
    }

    /// Ends the answer with a status word that refuses, although what was asked is done: FMCOS
    /// makes a blocked application current and answers 6A81. Persistent memory must be as it was.
    pub fn end(&mut self, status: StatusWord) {
        self.status = status;
    }

    /// All of the answer goes out, also what is beyond Le: the Le of a line-protected FMCOS command
    /// counts the plain data alone.
    pub fn exceed_le(&mut self) {
        self.exceeds_le = true;
    }

    /// Le does not count all of the answer.
    #[must_use]
    pub fn exceeds_le(&self) -> bool {
        self.exceeds_le
    }

    /// The status word so far: 9000, or what the answer ends with.
    #[must_use]
    pub fn status(&self) -> StatusWord {
        self.status
    }

    /// The data field so far.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Bytes that still fit.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.buffer.len() - self.len
    }

    /// Forgets everything written.
    pub fn clear(&mut self) {
        self.len = 0;
        self.status = StatusWord::OK;
        self.exceeds_le = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_patched_in_one_two_and_three_bytes() {
        let mut buffer = [0; 600];
        for (bytes, header) in
            [(3, &[0x84, 3][..]), (0x80, &[0x84, 0x81, 0x80]), (0x1FF, &[0x84, 0x82, 0x01, 0xFF])]
        {
            let mut reply = Reply::new(&mut buffer);
            reply.tlv(Tag::DF_NAME, |r| r.push(&[7; 0x1FF][..bytes])).unwrap();
            assert_eq!(&reply.data()[..header.len()], header);
            assert!(reply.data()[header.len()..].iter().all(|&b| b == 7));
            assert_eq!(reply.data().len(), header.len() + bytes);
        }
    }

    #[test]
    fn what_does_not_fit_leaves_the_reply_as_it_was() {
        let mut buffer = [0; 4];
        let mut reply = Reply::new(&mut buffer);
        reply.push(&[1, 2]).unwrap();
        assert!(reply.tlv(Tag::FCI, |r| r.push(&[3])).is_err());
        assert_eq!(reply.data(), [1, 2]);
        assert_eq!(reply.remaining(), 2);
    }
}

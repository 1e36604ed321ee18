//! The UID of a Type A card, and the four bytes of it that each cascade level has
//! (ISO/IEC 14443-3:2018, 6.5.4).

/// The byte that says "more follows on the next level".
pub const CASCADE_TAG: u8 = 0x88;

/// The first byte of a UID whose other three are drawn anew each time the field comes on.
pub const RANDOM_MARK: u8 = 0x08;

/// How a card comes by its UID. Checked when made: every value keeps the rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uid(Kind);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Fixed(Bytes),
    Random { first: Option<[u8; 3]> },
}

/// Why some bytes are no UID.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UidError {
    /// Of another length.
    #[error("a UID has 4, 7 or 10 bytes, not {0}")]
    Length(usize),
    /// 88 where the first byte of a level is read as the cascade tag.
    #[error("uid{0} is 88, which is the cascade tag")]
    CascadeTag(usize),
    /// A fixed UID with the mark of random ones.
    #[error("uid0 is 08, so the other bytes are random: not a fixed UID")]
    RandomMark,
    /// x8 but 08 and 88, and x9 to xE, in a UID of four bytes.
    #[error("uid0 {0:02X} of a UID of 4 bytes is RFU")]
    Rfu(u8),
}

impl Uid {
    /// A UID that stays: 4, 7 or 10 bytes.
    ///
    /// # Errors
    /// [`UidError`] names the rule that `bytes` break (ISO/IEC 14443-3:2018, 6.5.4, tables of
    /// single size UIDs).
    pub fn fixed(bytes: &[u8]) -> Result<Self, UidError> {
        let tag = |at: usize| match bytes.get(at) {
            Some(&CASCADE_TAG) => Err(UidError::CascadeTag(at)),
            _ => Ok(()),
        };
        match (bytes.len(), bytes.first()) {
            (4, Some(&first)) => {
                tag(0)?;
                match (first, first & 0x0F) {
                    (RANDOM_MARK, _) => return Err(UidError::RandomMark),
                    (_, 8..=0xE) => return Err(UidError::Rfu(first)),
                    _ => {}
                }
            }
            (7, _) => tag(3)?,
            (10, _) => {}
            (other, _) => return Err(UidError::Length(other)),
        }
        Ok(Self(Kind::Fixed(Bytes::of(bytes))))
    }

    /// 08 and three bytes that are drawn each time the field comes on.
    #[must_use]
    pub const fn random() -> Self {
        Self(Kind::Random { first: None })
    }

    /// The same; the first draw is known, those after it are not.
    #[must_use]
    pub const fn random_first(first: [u8; 3]) -> Self {
        Self(Kind::Random { first: Some(first) })
    }

    /// Bytes it has: 4, 7 or 10.
    #[must_use]
    pub const fn size_bytes(&self) -> usize {
        match &self.0 {
            Kind::Fixed(bytes) => bytes.len as usize,
            Kind::Random { .. } => 4,
        }
    }

    /// Cascade levels it takes: 1, 2 or 3.
    #[must_use]
    pub const fn levels(&self) -> u8 {
        match self.size_bytes() {
            4 => 1,
            7 => 2,
            _ => 3,
        }
    }

    /// The UID for the time until the field goes, given three bytes that may be needed.
    pub(super) fn draw(&mut self, drawn: [u8; 3]) -> Bytes {
        match &mut self.0 {
            Kind::Fixed(bytes) => *bytes,
            Kind::Random { first } => {
                let [a, b, c] = first.take().unwrap_or(drawn);
                Bytes::of(&[RANDOM_MARK, a, b, c])
            }
        }
    }
}

/// A UID of 4, 7 or 10 bytes as it is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bytes {
    bytes: [u8; 10],
    len: u8,
}

impl Bytes {
    /// Expects at most ten bytes and leaves out the rest.
    fn of(from: &[u8]) -> Self {
        let mut bytes = [0; 10];
        let mut len = 0;
        for (to, &byte) in bytes.iter_mut().zip(from) {
            *to = byte;
            len += 1;
        }
        Self { bytes, len }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// What is said on cascade level 1, 2 or 3: four bytes and BCC. `None` past the last level.
    pub(super) fn level(&self, level: u8) -> Option<[u8; 5]> {
        let [u0, u1, u2, u3, u4, u5, u6, u7, u8, u9] = self.bytes;
        let [a, b, c, d] = match (self.len, level) {
            (4, 1) => [u0, u1, u2, u3],
            (7 | 10, 1) => [CASCADE_TAG, u0, u1, u2],
            (7, 2) => [u3, u4, u5, u6],
            (10, 2) => [CASCADE_TAG, u3, u4, u5],
            (10, 3) => [u6, u7, u8, u9],
            _ => return None,
        };
        Some([a, b, c, d, a ^ b ^ c ^ d])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_breaks_a_rule_or_is_taken() {
        let rules: [(&[u8], Result<(), UidError>); 11] = [
            (&[1, 2, 3, 4], Ok(())),
            (&[0x88, 2, 3, 4], Err(UidError::CascadeTag(0))),
            (&[0x08, 2, 3, 4], Err(UidError::RandomMark)),
            (&[0x18, 2, 3, 4], Err(UidError::Rfu(0x18))),
            (&[0xA9, 2, 3, 4], Err(UidError::Rfu(0xA9))),
            (&[0xFE, 2, 3, 4], Err(UidError::Rfu(0xFE))),
            (&[0x1F, 2, 3, 4], Ok(())),
            (&[4, 2, 3, 0x88, 5, 6, 7], Err(UidError::CascadeTag(3))),
            (&[4, 2, 3, 4, 5, 6, 7], Ok(())),
            (&[4, 2, 3, 0x88, 5, 6, 7, 8, 9, 10], Ok(())),
            (&[4, 2, 3, 4, 5], Err(UidError::Length(5))),
        ];
        for (bytes, rule) in rules {
            assert_eq!(Uid::fixed(bytes).map(|_| ()), rule, "{bytes:02X?}");
        }
    }

    #[test]
    fn each_size_has_its_levels() {
        let ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        let mut uid = Uid::fixed(&ten).unwrap();
        assert_eq!((uid.levels(), uid.size_bytes()), (3, 10));
        let bytes = uid.draw([0; 3]);
        assert_eq!(bytes.as_slice(), ten);
        assert_eq!(bytes.level(1), Some([0x88, 0, 1, 2, 0x8B]));
        assert_eq!(bytes.level(2), Some([0x88, 3, 4, 5, 0x8A]));
        assert_eq!(bytes.level(3), Some([6, 7, 8, 9, 0]));
        assert_eq!(bytes.level(4), None);
        // The levels of a card of two, and of one: proxmark3's trace of a DESFire.
        let mut uid = Uid::fixed(&[0x04, 0x6F, 0x16, 0x9A, 0xFC, 0x2E, 0x80]).unwrap();
        let bytes = uid.draw([0; 3]);
        assert_eq!(bytes.level(1), Some([0x88, 0x04, 0x6F, 0x16, 0xF5]));
        assert_eq!(bytes.level(2), Some([0x9A, 0xFC, 0x2E, 0x80, 0xC8]));
        assert_eq!((uid.levels(), bytes.level(3)), (2, None));
    }

    #[test]
    fn a_random_uid_is_what_is_drawn_but_for_a_known_first_one() {
        let mut uid = Uid::random_first([1, 2, 3]);
        assert_eq!(uid.draw([7, 7, 7]).as_slice(), [8, 1, 2, 3]);
        assert_eq!(uid.draw([7, 7, 7]).as_slice(), [8, 7, 7, 7]);
        assert_eq!((uid.levels(), Uid::random().draw([9, 9, 9]).level(2)), (1, None));
    }
}

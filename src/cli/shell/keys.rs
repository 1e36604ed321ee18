//! The keys the shell knows: told to it, or seen on their way into the card.
//!
//! A key belongs to a directory and is named by its type and identifier, `39/00`, or by the
//! identifier alone, `84`, on social-security cards. Values are forgotten when they are dropped.

use std::fmt;

use tessera::cryptography::cipher::{Algorithm, Key, Mac};

use super::words;

/// A type of key (FMCOS WRITE KEY).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kind {
    /// Stored type byte without its two high bits.
    pub(super) byte: u8,
    /// What the shell calls it.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) text: &'static str,
    /// What stands between type and key in its record.
    pub(super) attributes: Attributes,
}

/// The four bytes of a key record behind the type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Attributes {
    /// Use, change, version, algorithm.
    Versioned,
    /// Use, change, FF, error counter.
    Counted,
    /// Use, change, follow-up, error counter.
    FollowedUp,
}

const fn kind(byte: u8, name: &'static str, text: &'static str, attributes: Attributes) -> Kind {
    Kind { byte, name, text, attributes }
}

/// The types there are.
#[rustfmt::skip]
pub(super) const KINDS: [Kind; 13] = [
    kind(0x30, "encrypt",   "DES encryption, INTERNAL AUTHENTICATE",      Attributes::Versioned),
    kind(0x31, "decrypt",   "DES decryption, INTERNAL AUTHENTICATE",      Attributes::Versioned),
    kind(0x32, "mac",       "DES MAC, INTERNAL AUTHENTICATE",             Attributes::Versioned),
    kind(0x34, "tac",       "internal key, TAC",                          Attributes::Versioned),
    kind(0x36, "line",      "line protection of files, blocking",         Attributes::Counted),
    kind(0x37, "unblock",   "PIN UNBLOCK",                                Attributes::Counted),
    kind(0x38, "reload",    "RELOAD PIN",                                 Attributes::Counted),
    kind(0x39, "external",  "external authentication; 00 is the DF's master key", Attributes::FollowedUp),
    kind(0x3A, "pin",       "PIN",                                        Attributes::FollowedUp),
    kind(0x3C, "overdraft", "update of the overdraft limit",              Attributes::Versioned),
    kind(0x3D, "unload",    "unload",                                     Attributes::Versioned),
    kind(0x3E, "purchase",  "purchase",                                   Attributes::Versioned),
    kind(0x3F, "load",      "load",                                       Attributes::Versioned),
];

/// Bits of a type byte that only say how the key is written.
pub(super) const PROTECTED: u8 = 0xC0;

/// Types whose keys the shell uses by itself.
pub(super) const LINE: u8 = 0x36;
pub(super) const UNBLOCK: u8 = 0x37;
pub(super) const RELOAD: u8 = 0x38;
pub(super) const EXTERNAL: u8 = 0x39;
pub(super) const PIN: u8 = 0x3A;

/// The type a word names: `39`, `F9`, `external`.
pub(super) fn kind_byte(text: &str) -> Option<u8> {
    let named = KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(text));
    named.map(|kind| kind.byte).or_else(|| words::byte(text).filter(|_| text.len() == 2))
}

/// What is known of a type byte.
pub(super) fn kind_of(byte: u8) -> Option<&'static Kind> {
    // 39 and F9 are one type: the two high bits only say how it is written.
    KINDS.iter().find(|kind| kind.byte == byte & !PROTECTED)
}

/// What a key is called within its directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct KeyName {
    /// Type without its two high bits; none on cards whose keys have only an identifier.
    kind: Option<u8>,
    id: u8,
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            // As it is written in the clear.
            Some(kind) => write!(f, "{kind:02X}/{:02X}", self.id),
            None => write!(f, "{:02X}", self.id),
        }
    }
}

impl KeyName {
    /// A key by type and identifier.
    pub(super) const fn new(kind: u8, id: u8) -> Self {
        Self { kind: Some(kind & !PROTECTED), id }
    }

    /// A key by its identifier alone.
    pub(super) const fn bare(id: u8) -> Self {
        Self { kind: None, id }
    }

    /// `39/00`, `external/00`, `84`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once('/') {
            Some((kind, id)) => Some(Self::new(kind_byte(kind)?, words::byte(id)?)),
            None if text.len() == 2 => words::byte(text).map(Self::bare),
            None => None,
        }
    }
}

/// A key and where it belongs.
pub(super) struct Known {
    /// Place of its directory in the shell's list.
    pub(super) df: usize,
    pub(super) name: KeyName,
    pub(super) key: Key,
    /// Where the shell has it from.
    pub(super) from: &'static str,
}

/// All keys known.
#[derive(Default)]
pub(super) struct Keys {
    known: Vec<Known>,
}

impl Keys {
    /// The key of this name in this directory.
    pub(super) fn find(&self, df: usize, name: KeyName) -> Option<&Key> {
        let here = |known: &&Known| known.df == df && known.name == name;
        self.known.iter().find(here).map(|known| &known.key)
    }

    /// Keeps a key in place of one of the same name.
    pub(super) fn put(&mut self, df: usize, name: KeyName, key: Key, from: &'static str) {
        self.known.retain(|known| (known.df, known.name) != (df, name));
        self.known.push(Known { df, name, key, from });
        self.known.sort_by_key(|known| (known.df, known.name));
    }

    /// Forgets the keys of a directory that were seen on their way into it.
    pub(super) fn erased(&mut self, df: usize) {
        self.known.retain(|known| known.df != df);
    }

    /// All of them, directory by directory.
    pub(super) fn all(&self) -> impl Iterator<Item = &Known> {
        self.known.iter()
    }
}

/// A key of 8 or 16 bytes for DES or triple DES, or of 16 for SM4.
pub(super) fn key_of(bytes: &[u8], is_sm4: bool) -> Option<Key> {
    if is_sm4 { Key::new(Algorithm::Sm4, bytes) } else { Key::des(bytes) }
}

/// Three bytes by which a key is told from another without being shown: those of an encrypted block
/// of zeros.
pub(super) fn check_value(key: &Key) -> String {
    let mut block = [0; 16];
    let bytes = key.block_bytes();
    let encrypted = block.get_mut(..bytes).map(|block| key.cipher().encrypt_block(block));
    debug_assert!(matches!(encrypted, Some(Ok(()))), "a block of the cipher's own length");
    hex::encode_upper(&block[..3])
}

/// The first four bytes of the checksum of line protection.
pub(super) fn checksum(key: &Key, initial: &[u8], pieces: &[&[u8]]) -> [u8; 4] {
    Mac::line(key).of(initial, pieces).four()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_each_form_and_shown_in_one() {
        for (text, shown) in
            [("39/00", "39/00"), ("F9/2", "39/02"), ("external/0A", "39/0A"), ("84", "84")]
        {
            assert_eq!(KeyName::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "3/00", "39/", "39/100", "line", "0084", "zz"] {
            assert_eq!(KeyName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_stands_once_in_its_directory_whatever_its_high_bits() {
        let mut keys = Keys::default();
        let of = |byte: u8| key_of(&[byte; 8], false).unwrap();
        keys.put(0, KeyName::new(0x39, 0), of(1), "first");
        keys.put(1, KeyName::new(0x39, 0), of(2), "first");
        keys.put(0, KeyName::new(0xF9, 0), of(3), "then");
        assert_eq!(keys.all().count(), 2);
        let found = keys.find(0, KeyName::new(0x39, 0)).unwrap();
        assert_eq!(found.as_slice(), [3; 8]);
        keys.erased(0);
        assert!(keys.find(0, KeyName::new(0x39, 0)).is_none());
        assert!(keys.find(1, KeyName::new(0x39, 0)).is_some());
    }

    #[test]
    fn keys_have_the_lengths_of_their_algorithms() {
        for (bytes, is_sm4, is_key) in [
            (8, false, true),
            (16, false, true),
            (24, false, false),
            (16, true, true),
            (8, true, false),
        ] {
            assert_eq!(key_of(&vec![1; bytes], is_sm4).is_some(), is_key);
        }
    }

    #[test]
    fn types_are_named_or_numbered() {
        assert_eq!(kind_byte("LINE"), Some(0x36));
        assert_eq!(kind_byte("f9"), Some(0xF9));
        assert_eq!(kind_byte("9"), None);
        assert_eq!(kind_of(0xF9).unwrap().name, "external");
        assert_eq!(kind_of(0xFA).unwrap().name, "pin");
        assert!(kind_of(0x33).is_none());
    }
}

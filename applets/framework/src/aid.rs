//! Identifiers: DF names and AIDs (ISO/IEC 7816-4:2020, 7.3.1 and 12.3.4), file and short file
//! identifiers.

use core::fmt;

/// A DF name of 1 to 16 bytes; an application identifier is one of 5 to 16.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Aid {
    bytes: [u8; 16],
    len: u8,
}

impl Aid {
    /// A name from its bytes.
    ///
    /// # Panics
    /// When `name` is empty or longer than 16 bytes: names built this way are constants of an
    /// applet.
    #[must_use]
    #[expect(clippy::panic, reason = "a broken constant of an applet, found when it is compiled")]
    pub const fn new(name: &[u8]) -> Self {
        match Self::from_bytes(name) {
            Some(aid) => aid,
            None => panic!("a DF name has 1 to 16 bytes"),
        }
    }

    /// A name from bytes that came from outside; `None` unless there are 1 to 16 of them.
    #[must_use]
    pub const fn from_bytes(name: &[u8]) -> Option<Self> {
        if name.is_empty() || name.len() > 16 {
            return None;
        }
        let mut bytes = [0; 16];
        let mut i = 0;
        while i < name.len() {
            bytes[i] = name[i];
            i += 1;
        }
        Some(Self { bytes, len: name.len() as u8 })
    }

    /// The name's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// True when this name begins with `prefix` (selection by a right-truncated name).
    #[must_use]
    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        self.as_bytes().starts_with(prefix)
    }
}

impl fmt::Debug for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// A two-byte file identifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u16);

impl FileId {
    /// The master file.
    pub const MF: Self = Self(0x3F00);
    /// EF.DIR.
    pub const EF_DIR: Self = Self(0x2F00);
    /// EF.ATR/INFO.
    pub const EF_ATR: Self = Self(0x2F01);
    /// The current DF, in paths.
    pub const CURRENT_DF: Self = Self(0x3FFF);

    /// False for 0000, 3FFF and FFFF, which name no file (ISO/IEC 7816-4:2020, 7.3.1).
    #[must_use]
    pub const fn is_usable(self) -> bool {
        !matches!(self.0, 0x0000 | 0x3FFF | 0xFFFF)
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// A short EF identifier, 1 to 30.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Sfi(u8);

impl Sfi {
    /// `None` for 0 (the current EF) and 31 (not usable).
    #[must_use]
    pub const fn new(sfi: u8) -> Option<Self> {
        if sfi >= 1 && sfi <= 30 { Some(Self(sfi)) } else { None }
    }

    /// The number, 1 to 30.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

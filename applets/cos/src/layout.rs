//! What the bytes of a segment mean.
//!
//! | offset | what |
//! |---|---|
//! | 0 | mark `54 03` of this format |
//! | 2 | [`SWEEP_AT`]: 1 while there may be files whose directory is gone |
//! | 3 | one byte unused |
//! | 4 | first free offset (4 bytes) |
//! | 8 | 24 bytes unused |
//! | 32 | the PIN: length and reference data ([`Pin`]), length 0 without one |
//! | 64 | the root DF's header and body, then each block's, one behind the other |
//!
//! A block is a file, a key, a data object, or space that was freed.
//!
//! Bodies, behind the header of [`HEADER_BYTES`] bytes:
//!
//! * DF: length and bytes of the name, length and value of the FCI's A5 object;
//! * transparent EF: its data;
//! * linear EF of fixed records: number of records (2), the records;
//! * linear EF of variable records: number of records (2), then for each its capacity (1), its
//!   length (1) and as many bytes as the capacity;
//! * cyclic EF: slot of the newest record (1), number of records (1), the slots;
//! * purse and key file: their applet's business;
//! * data object: its value;
//! * key: bytes unused up to a multiple of 32, then the key's bytes in 32 of their own;
//! * keys of a DF: see [`social::keys`](crate::social::keys).
//!
//! An EF with [attributes](crate::header::Header::attributes) has them in front of its body.
//!
//! Invariants:
//! * `free` is the end of the last block; every header's `end` is the next header or `free`;
//! * what lies under a DF lies behind it, and names it together with the DF's generation; what
//!   names a generation that is past, or no DF at all, is gone and waits to be swept;
//! * each DF's header names the DF that lies next behind it, so that names are searched without a
//!   look at the files between.

use tessera_framework::{DfId, Env, Halt, Outcome, StatusWord, pin::Pin};

/// Mark at the segment's start.
pub const MARK: [u8; 2] = [0x54, 0x03];
/// Offset of the byte that says that something may wait to be swept.
pub const SWEEP_AT: u32 = 2;
/// Offset of the first free offset.
pub const FREE_AT: u32 = 4;
/// Offset of the PIN.
pub const PIN_AT: u32 = Pin::BYTES;
/// Offset of the root DF's header.
pub const ROOT_AT: u32 = PIN_AT + Pin::BYTES;
/// Bytes of a header.
pub const HEADER_BYTES: u32 = 26;
/// Where in a header the parent stands.
pub(crate) const PARENT_AT: u32 = 12;
/// Where in a header the end of the body stands.
pub(crate) const END_AT: u32 = 16;
/// Where in a DF's header the next DF stands.
pub const NEXT_DF_AT: u32 = 20;
/// Where in a DF's header its generation stands.
pub(crate) const GENERATION_AT: u32 = 5;
/// Where in a header the life cycle status stands.
pub(crate) const LIFE_CYCLE_AT: u32 = 1;
/// Where in a header the flags stand.
pub(crate) const FLAGS_AT: u32 = 24;
/// A key's bytes take so many of their own: whole units of every memory part.
pub const KEY_BYTES: u32 = 32;
/// First byte of a block that was freed.
pub(crate) const FREED: u8 = 0x80;

/// Structure of a file, as b3-b1 and b6-b4 of the file descriptor byte code it
/// (ISO/IEC 7816-4:2020, table 12).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Dedicated file, `38`.
    Df,
    /// Transparent EF, `01`.
    Transparent,
    /// Linear EF of fixed records, `02`; `03` with TLV records.
    LinearFixed,
    /// Linear EF of variable records, `04`; `05` with TLV records.
    LinearVariable,
    /// Cyclic EF, `06`; `07` with TLV records.
    Cyclic,
    /// Internal EF that stands for the keys of its DF, `08`.
    KeyFile,
    /// A key, `10`: no file, but under a DF like one.
    Key,
    /// The keys of a DF in one block, `12`: no file, but under a DF like one.
    Keys,
    /// A data object, `20`: no file, but under a DF like one.
    Object,
    /// Proprietary EF of an electronic purse, `18`.
    Purse,
    /// Space that was freed, `80`.
    Freed,
}

impl Kind {
    /// A file, which can be selected; else keys, a data object or freed space.
    #[must_use]
    pub const fn is_file(self) -> bool {
        !matches!(self, Self::Key | Self::Keys | Self::Object | Self::Freed)
    }

    /// An EF of records.
    #[must_use]
    pub const fn has_records(self) -> bool {
        matches!(self, Self::LinearFixed | Self::LinearVariable | Self::Cyclic)
    }

    pub(crate) const fn descriptor(self) -> u8 {
        match self {
            Self::Df => 0x38,
            Self::Transparent => 0x01,
            Self::LinearFixed => 0x02,
            Self::LinearVariable => 0x04,
            Self::Cyclic => 0x06,
            Self::KeyFile => 0x08,
            Self::Key => 0x10,
            Self::Keys => 0x12,
            Self::Object => 0x20,
            Self::Purse => 0x18,
            Self::Freed => FREED,
        }
    }
}

/// Life cycle status (ISO/IEC 7816-4:2020, table 14).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LifeCycle(pub u8);

impl LifeCycle {
    /// In creation: the file's rules are not in force yet.
    pub const CREATION: Self = Self(0x01);
    /// In initialisation.
    pub const INITIALISATION: Self = Self(0x03);
    /// Operational, activated.
    pub const ACTIVATED: Self = Self(0x05);
    /// Operational, deactivated.
    pub const DEACTIVATED: Self = Self(0x04);
    /// Terminated.
    pub const TERMINATED: Self = Self(0x0C);

    /// The warning a selection ends with, none for a file in use.
    #[must_use]
    pub const fn warning(self) -> Option<StatusWord> {
        match self.0 {
            0x04 | 0x06 => Some(StatusWord::DEACTIVATED),
            0x0C..=0x0F => Some(StatusWord::TERMINATED),
            _ => None,
        }
    }
}

/// The header's offset for a DF the runtime names.
#[must_use]
pub const fn df_at(df: DfId) -> u32 {
    if df.0 == DfId::ROOT.0 { ROOT_AT } else { df.0 }
}

/// First free offset.
///
/// # Errors
/// 6F00 when the segment is not in this format.
pub fn free(env: &Env<'_>) -> Result<u32, Halt> {
    let [mark0, mark1, _, _, a, b, c, d] = env.load_array(0)?;
    if [mark0, mark1] != MARK {
        return Halt::status(StatusWord::NO_DIAGNOSIS);
    }
    Ok(u32::from_be_bytes([a, b, c, d]))
}

/// Prepares an empty segment.
///
/// # Errors
/// 6F00 when the segment has no room for that, 6A84 beyond the commit capacity, `Torn`.
pub fn format(env: &mut Env<'_>) -> Outcome {
    let [a, b, c, d] = ROOT_AT.to_be_bytes();
    env.atomically(|env| {
        env.store(PIN_AT, &[0; (ROOT_AT - PIN_AT) as usize])?;
        env.store(0, &[MARK[0], MARK[1], 0, 0, a, b, c, d])
    })
}

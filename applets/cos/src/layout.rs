//! What the bytes of a segment mean.
//!
//! | offset | what |
//! |---|---|
//! | 0 | mark `54 03` of this format |
//! | 2 | two bytes unused |
//! | 4 | first free offset (4 bytes) |
//! | 8 | 24 bytes unused |
//! | 32 | the PIN: length and reference data ([`Pin`]), length 0 without one |
//! | 64 | the root DF's header and body, then each file's, one behind the other |
//!
//! Bodies, behind the header of [`HEADER_BYTES`] bytes:
//!
//! * DF: length and bytes of the name, length and value of the FCI's A5 object;
//! * transparent EF: its data;
//! * linear EF of fixed records: number of records (2), the records;
//! * linear EF of variable records: number of records (2), then for each its capacity (1), its
//!   length (1) and as many bytes as the capacity;
//! * cyclic EF: slot of the newest record (1), number of records (1), the slots.
//!
//! Invariants:
//! * `free` is the end of the last file; every header's `end` is the next header or `free`;
//! * each DF's header names the DF made after it, so that names are searched without a look at the
//!   files between.

use tessera_framework::{DfId, Env, FileId, Halt, Outcome, Sfi, StatusWord, pin::Pin};

use crate::Access;

/// Mark at the segment's start.
pub const MARK: [u8; 2] = [0x54, 0x03];
/// Offset of the first free offset.
pub const FREE_AT: u32 = 4;
/// Offset of the PIN.
pub const PIN_AT: u32 = Pin::BYTES;
/// Offset of the root DF's header.
pub const ROOT_AT: u32 = PIN_AT + Pin::BYTES;
/// Bytes of a header.
pub const HEADER_BYTES: u32 = 26;
/// Where in a header the parent stands.
const PARENT_AT: u32 = 12;
/// Where in a header the end of the body stands.
const END_AT: u32 = 16;
/// Where in a DF's header the next DF stands.
pub const NEXT_DF_AT: u32 = 20;

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
}

/// Life cycle status (ISO/IEC 7816-4:2020, table 14).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LifeCycle(pub u8);

impl LifeCycle {
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

/// A file's header: its bytes as they lie in the segment, read where a field is asked for.
///
/// | offset | field |
/// |---|---|
/// | 0 | structure: the file descriptor byte; of a DF 38, or 39 when [`marked`](Self::marked) |
/// | 1 | life cycle status |
/// | 2 | file identifier (2) |
/// | 4 | short identifier, 0 for none |
/// | 5 | number of records there is room for |
/// | 6 | bytes of a record (2) |
/// | 8, 10 | conditions for reading and for updating (2 each) |
/// | 12 | header of the parent (4) |
/// | 16 | end of the body (4) |
/// | 20 | header of the next DF, 0 for none (4) |
/// | 24 | two bytes unused |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Where it lies.
    pub at: u32,
    /// Structure.
    pub kind: Kind,
    /// First offset behind the body.
    pub end: u32,
    bytes: [u8; HEADER_BYTES as usize],
}

/// What a new header is to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) at: u32,
    pub(crate) kind: Kind,
    pub(crate) marked: bool,
    pub(crate) life_cycle: LifeCycle,
    pub(crate) fid: FileId,
    pub(crate) sfi: Option<Sfi>,
    pub(crate) record_bytes: u16,
    pub(crate) records_max: u8,
    pub(crate) read: Access,
    pub(crate) update: Access,
    pub(crate) parent: u32,
    pub(crate) end: u32,
}

impl Header {
    /// Reads the header at an offset.
    ///
    /// # Errors
    /// 6F00 when there is none: a segment that this crate did not write.
    // Most callers look at two or three fields: out of line, every one would pay for the copies.
    #[inline(always)]
    pub fn load(env: &Env<'_>, at: u32) -> Result<Self, Halt> {
        let bytes = env.load_array::<{ HEADER_BYTES as usize }>(at)?;
        let kind = match bytes[0] {
            0x38 | 0x39 => Kind::Df,
            0x01 => Kind::Transparent,
            0x02 | 0x03 => Kind::LinearFixed,
            0x04 | 0x05 => Kind::LinearVariable,
            0x06 | 0x07 => Kind::Cyclic,
            _ => return Halt::status(StatusWord::NO_DIAGNOSIS),
        };
        let end = number(&bytes, END_AT);
        // A header points behind itself, so every walk ends.
        if end < at + HEADER_BYTES {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        Ok(Self { at, kind, end, bytes })
    }

    /// A new file's header.
    pub(crate) fn new(fields: &Fields) -> Self {
        let descriptor = match fields.kind {
            Kind::Df => 0x38,
            Kind::Transparent => 0x01,
            Kind::LinearFixed => 0x02,
            Kind::LinearVariable => 0x04,
            Kind::Cyclic => 0x06,
        };
        let [fid0, fid1] = fields.fid.0.to_be_bytes();
        let [size0, size1] = fields.record_bytes.to_be_bytes();
        let [read0, read1] = fields.read.encode();
        let [update0, update1] = fields.update.encode();
        let mut bytes = [0; HEADER_BYTES as usize];
        bytes[..PARENT_AT as usize].copy_from_slice(&[
            descriptor | u8::from(fields.marked),
            fields.life_cycle.0,
            fid0,
            fid1,
            fields.sfi.map_or(0, Sfi::number),
            fields.records_max,
            size0,
            size1,
            read0,
            read1,
            update0,
            update1,
        ]);
        bytes[PARENT_AT as usize..][..4].copy_from_slice(&fields.parent.to_be_bytes());
        bytes[END_AT as usize..][..4].copy_from_slice(&fields.end.to_be_bytes());
        Self { at: fields.at, kind: fields.kind, end: fields.end, bytes }
    }

    /// The bytes as they lie in the segment.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; HEADER_BYTES as usize] {
        &self.bytes
    }

    /// Records are TLV objects, found by their tag and checked when written; of a DF: control
    /// information in the full ISO form.
    #[must_use]
    pub const fn marked(&self) -> bool {
        self.bytes[0] & 1 != 0 && !matches!(self.kind, Kind::Transparent)
    }

    /// Life cycle status.
    #[must_use]
    pub const fn life_cycle(&self) -> LifeCycle {
        LifeCycle(self.bytes[1])
    }

    /// File identifier.
    #[must_use]
    pub const fn fid(&self) -> FileId {
        FileId(u16::from_be_bytes([self.bytes[2], self.bytes[3]]))
    }

    /// Short identifier, none for DFs and where it is switched off.
    #[must_use]
    pub const fn sfi(&self) -> Option<Sfi> {
        Sfi::new(self.bytes[4])
    }

    /// Number of records there is room for.
    #[must_use]
    pub const fn records_max(&self) -> u8 {
        self.bytes[5]
    }

    /// Bytes of a record; of a variable one, the most.
    #[must_use]
    pub const fn record_bytes(&self) -> u16 {
        u16::from_be_bytes([self.bytes[6], self.bytes[7]])
    }

    /// Condition for reading.
    #[must_use]
    pub const fn read(&self) -> Access {
        Access::decode([self.bytes[8], self.bytes[9]])
    }

    /// Condition for updating and appending.
    #[must_use]
    pub const fn update(&self) -> Access {
        Access::decode([self.bytes[10], self.bytes[11]])
    }

    /// Header of the DF it lies under; the root's is its own.
    #[must_use]
    pub const fn parent(&self) -> u32 {
        number(&self.bytes, PARENT_AT)
    }

    /// Header of the DF that was made after this one, 0 when there is none.
    #[must_use]
    pub const fn next_df(&self) -> u32 {
        number(&self.bytes, NEXT_DF_AT)
    }

    /// The file descriptor byte.
    #[must_use]
    pub const fn descriptor(&self) -> u8 {
        if matches!(self.kind, Kind::Df) { 0x38 } else { self.bytes[0] }
    }

    /// First offset of the body.
    #[must_use]
    pub const fn body(&self) -> u32 {
        self.at + HEADER_BYTES
    }

    /// Bytes of the body.
    #[must_use]
    pub const fn body_bytes(&self) -> u32 {
        self.end - self.body()
    }

    /// The DF as the runtime names it.
    #[must_use]
    pub const fn df_id(&self) -> DfId {
        if self.at == ROOT_AT { DfId::ROOT } else { DfId(self.at) }
    }
}

/// Four bytes of a header as a number.
const fn number(bytes: &[u8; HEADER_BYTES as usize], at: u32) -> u32 {
    let at = at as usize;
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The header's offset for a DF the runtime names.
#[must_use]
pub const fn df_at(df: DfId) -> u32 {
    if df.0 == DfId::ROOT.0 { ROOT_AT } else { df.0 }
}

/// First offset behind the file whose header is at an offset.
///
/// # Errors
/// 6F00 outside the segment.
pub fn end_of(env: &Env<'_>, at: u32) -> Result<u32, Halt> {
    env.load_array(at + END_AT).map(u32::from_be_bytes)
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

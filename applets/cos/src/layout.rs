//! What the bytes of a segment mean.
//!
//! | offset | what |
//! |---|---|
//! | 0 | mark `54 02` of this format |
//! | 2 | two bytes unused |
//! | 4 | first free offset (4 bytes) |
//! | 8 | the PIN: length and reference data ([`Pin`](tessera_framework::pin::Pin)), length 0 without one |
//! | 28 | the root DF's header and body, then each file's, one behind the other |
//!
//! Bodies, behind the header of [`HEADER_BYTES`] bytes:
//!
//! * DF: length and bytes of the name, length and value of the FCI's A5 object;
//! * transparent EF: its data;
//! * linear EF of fixed records: number of records (2), the records;
//! * linear EF of variable records: number of records (2), then for each its capacity (1), its length
//!   (1) and as many bytes as the capacity;
//! * cyclic EF: slot of the newest record (1), number of records (1), the slots.
//!
//! Invariants:
//! * `free` is the end of the last file; every header's `end` is the next header or `free`;
//! * each DF's header names the DF made after it, so that names are searched without a look at the
//!   files between.

use tessera_framework::{DfId, Env, FileId, Halt, Outcome, Sfi, StatusWord};

/// Mark at the segment's start.
pub const MARK: [u8; 2] = [0x54, 0x02];
/// Offset of the first free offset.
pub const FREE_AT: u32 = 4;
/// Offset of the PIN.
pub const PIN_AT: u32 = 8;
/// Offset of the root DF's header.
pub const ROOT_AT: u32 = 28;
/// Bytes of a header.
pub const HEADER_BYTES: u32 = 26;
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

/// A file's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Where it lies.
    pub at: u32,
    /// Structure.
    pub kind: Kind,
    /// Records are TLV objects, found by their tag and checked when written; for a DF: control
    /// information in the full ISO form.
    pub marked: bool,
    /// Life cycle status.
    pub life_cycle: LifeCycle,
    /// File identifier.
    pub fid: FileId,
    /// Short identifier, none for DFs and where it is switched off.
    pub sfi: Option<Sfi>,
    /// Bytes of a record; of a variable one, the most.
    pub record_bytes: u16,
    /// Number of records there is room for.
    pub records_max: u8,
    /// Condition for reading, as [`Access::encode`] writes it.
    pub read: [u8; 2],
    /// Condition for updating and appending, likewise.
    pub update: [u8; 2],
    /// Header of the DF it lies under; the root's is its own.
    pub parent: u32,
    /// First offset behind the body.
    pub end: u32,
    /// Header of the DF that was made after this one.
    pub next_df: Option<u32>,
}

impl Header {
    /// Reads the header at an offset.
    ///
    /// # Errors
    /// 6F00 when there is none: a segment that this crate did not write.
    #[inline]
    pub fn load(env: &Env<'_>, at: u32) -> Result<Self, Halt> {
        let [
            fdb,
            life_cycle,
            fid0,
            fid1,
            sfi,
            records_max,
            size0,
            size1, //
            read0,
            read1,
            update0,
            update1,
            p0,
            p1,
            p2,
            p3,
            e0,
            e1,
            e2,
            e3,
            n0,
            n1,
            n2,
            n3,
            ..,
        ] = env.load_array::<{ HEADER_BYTES as usize }>(at)?;
        let kind = match fdb {
            0x38 | 0x39 => Kind::Df,
            0x01 => Kind::Transparent,
            0x02 | 0x03 => Kind::LinearFixed,
            0x04 | 0x05 => Kind::LinearVariable,
            0x06 | 0x07 => Kind::Cyclic,
            _ => return Halt::status(StatusWord::NO_DIAGNOSIS),
        };
        let end = u32::from_be_bytes([e0, e1, e2, e3]);
        let next_df = u32::from_be_bytes([n0, n1, n2, n3]);
        // Each points behind itself, so every walk ends.
        if end < at + HEADER_BYTES || (next_df != 0 && next_df < end) {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        Ok(Self {
            at,
            kind,
            marked: kind != Kind::Transparent && fdb & 1 != 0,
            life_cycle: LifeCycle(life_cycle),
            fid: FileId(u16::from_be_bytes([fid0, fid1])),
            sfi: Sfi::new(sfi),
            record_bytes: u16::from_be_bytes([size0, size1]),
            records_max,
            read: [read0, read1],
            update: [update0, update1],
            parent: u32::from_be_bytes([p0, p1, p2, p3]),
            end,
            next_df: (next_df != 0).then_some(next_df),
        })
    }

    /// The header's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES as usize] {
        let [fid0, fid1] = self.fid.0.to_be_bytes();
        let [size0, size1] = self.record_bytes.to_be_bytes();
        let [read0, read1] = self.read;
        let [update0, update1] = self.update;
        let [p0, p1, p2, p3] = self.parent.to_be_bytes();
        let [e0, e1, e2, e3] = self.end.to_be_bytes();
        let [n0, n1, n2, n3] = self.next_df.unwrap_or(0).to_be_bytes();
        let sfi = self.sfi.map_or(0, Sfi::number);
        [
            self.descriptor_in_memory(),
            self.life_cycle.0,
            fid0,
            fid1,
            sfi,
            self.records_max,
            size0,
            size1,
            read0,
            read1,
            update0,
            update1,
            p0,
            p1,
            p2,
            p3,
            e0,
            e1,
            e2,
            e3,
            n0,
            n1,
            n2,
            n3,
            0,
            0,
        ]
    }

    fn descriptor_in_memory(&self) -> u8 {
        match self.kind {
            Kind::Df => 0x38 | u8::from(self.marked),
            _ => self.descriptor(),
        }
    }

    /// The file descriptor byte.
    #[must_use]
    pub fn descriptor(&self) -> u8 {
        match self.kind {
            Kind::Df => 0x38,
            Kind::Transparent => 0x01,
            Kind::LinearFixed => 0x02 | u8::from(self.marked),
            Kind::LinearVariable => 0x04 | u8::from(self.marked),
            Kind::Cyclic => 0x06 | u8::from(self.marked),
        }
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

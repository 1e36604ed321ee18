//! A block's header: what it is, whose it is, where it ends, and who may do what with it.

use tessera_framework::{DfId, Env, FileId, Halt, Outcome, Sfi, StatusWord};

use crate::{
    Access,
    layout::{
        END_AT, FLAGS_AT, FREED, GENERATION_AT, HEADER_BYTES, Kind, LIFE_CYCLE_AT, LifeCycle,
        NEXT_DF_AT, PARENT_AT, ROOT_AT,
    },
};

/// A file's header: its bytes as they lie in the segment, read where a field is asked for.
///
/// | offset | field |
/// |---|---|
/// | 0 | structure: the file descriptor byte; of a DF 38, or 39 when [`marked`](Self::marked) |
/// | 1 | life cycle status |
/// | 2 | file identifier (2); of a key its type and identifier; of a data object its tag |
/// | 4 | short identifier, 0 for none; of a key its version or follow-up |
/// | 5 | number of records there is room for; of a DF its generation; of a key its algorithm or most tries |
/// | 6 | bytes of a record (2); of a DF what [`DfSpec`](crate::DfSpec) calls its space; of a key its length, and its counter's number from 1 |
/// | 8, 10 | conditions for reading and for updating (2 each); of a DF for creating and for erasing; of a key for using and for changing |
/// | 12 | generation (1) and header (3) of the parent |
/// | 16 | end of the body (4) |
/// | 20 | header of the next DF, 0 for none (4) |
/// | 24 | [flags](Flags) |
/// | 25 | with [`Flags::ATTRIBUTES`] how many bytes they are; else a byte of the applet's own |
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

/// Bits of a header's flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// Updates carry a MAC.
    pub const MAC: Self = Self(0x80);
    /// Updates are enciphered.
    pub const ENCIPHERED: Self = Self(0x40);
    /// Something has been written since the file was made.
    pub const WRITTEN: Self = Self(0x20);
    /// Attributes stand in front of the body.
    pub const ATTRIBUTES: Self = Self(0x10);
    /// Some TLV records that are rewritten shorter keep their length, and bytes EE fill them: items
    /// of social-security cards V1.0 that are given their meaning of V2.0. Which ones says
    /// [`Header::own`], b1 the first record to b8 the eighth.
    pub const KEEPS_LENGTH: Self = Self(0x08);
    /// How WRITE BINARY and WRITE RECORD write; 0 is [`Writing::Proprietary`].
    const WRITING: u8 = 0x03;

    /// All bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// How WRITE BINARY and WRITE RECORD write.
    #[must_use]
    pub const fn written(self) -> Writing {
        match self.0 & Self::WRITING {
            0 => Writing::Proprietary,
            1 => Writing::Once,
            2 => Writing::Or,
            _ => Writing::And,
        }
    }

    /// With another way of writing.
    #[must_use]
    pub const fn writing(self, writing: Writing) -> Self {
        let code = match writing {
            Writing::Proprietary => 0,
            Writing::Once => 1,
            Writing::Or => 2,
            Writing::And => 3,
        };
        Self(self.0 & !Self::WRITING | code)
    }

    /// The data coding byte of the file (ISO/IEC 7816-4:2020, table 13): one byte is the unit.
    #[must_use]
    pub const fn data_coding(self) -> u8 {
        match self.written() {
            Writing::Once => 0x01,
            Writing::Proprietary => 0x21,
            Writing::Or => 0x41,
            Writing::And => 0x61,
        }
    }

    /// With the bits of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// How WRITE BINARY and WRITE RECORD write: b7-b6 of the data coding byte
/// (ISO/IEC 7816-4:2020, table 13).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writing {
    /// 00: a byte that is erased, once.
    Once,
    /// 01: as the card likes; here over what is there.
    Proprietary,
    /// 10: bits are added to those set.
    Or,
    /// 11: bits are taken from those set.
    And,
}

impl Writing {
    /// What a data coding byte says, of those this card knows: one byte is the unit.
    #[must_use]
    pub const fn of_data_coding(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Once),
            0x21 => Some(Self::Proprietary),
            0x41 => Some(Self::Or),
            0x61 => Some(Self::And),
            _ => None,
        }
    }

    /// An erased byte: the one from which every byte can be written.
    #[must_use]
    pub const fn erased(self) -> u8 {
        if matches!(self, Self::And) { 0xFF } else { 0x00 }
    }
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
    /// The parent as [`Parent::named`] has it.
    pub(crate) parent: u32,
    pub(crate) end: u32,
    pub(crate) flags: Flags,
    pub(crate) own: u8,
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
            0x08 => Kind::KeyFile,
            0x10 => Kind::Key,
            0x12 => Kind::Keys,
            0x18 => Kind::Purse,
            0x20 => Kind::Object,
            FREED => Kind::Freed,
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
        let descriptor = fields.kind.descriptor();
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
        bytes[FLAGS_AT as usize..].copy_from_slice(&[fields.flags.0, fields.own]);
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
        self.bytes[0] & 1 != 0 && (self.kind.has_records() || matches!(self.kind, Kind::Df))
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
        self.parent_named() & OFFSET_MASK
    }

    /// The parent together with its generation.
    pub(crate) const fn parent_named(&self) -> u32 {
        number(&self.bytes, PARENT_AT)
    }

    /// How what lies directly under this DF names it.
    pub(crate) const fn as_parent(&self) -> u32 {
        named(self.at, self.bytes[GENERATION_AT as usize])
    }

    /// The generation of a DF: how often everything under it was erased, modulo 256.
    #[must_use]
    pub const fn generation(&self) -> u8 {
        self.bytes[GENERATION_AT as usize]
    }

    /// Flags.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        Flags(self.bytes[FLAGS_AT as usize])
    }

    /// The byte of the applet's own: FMCOS keeps a file's key byte there.
    #[must_use]
    pub const fn own(&self) -> u8 {
        self.bytes[FLAGS_AT as usize + 1]
    }

    /// Where the attributes stand and how many bytes they are; 0 bytes when there are none.
    #[must_use]
    pub const fn attributes(&self) -> (u32, u32) {
        let bytes = if self.flags().contains(Flags::ATTRIBUTES) { self.own() } else { 0 };
        (self.at + HEADER_BYTES, bytes as u32)
    }

    /// Changes the life cycle status where the header lies.
    ///
    /// # Errors
    /// `Torn`; 6581.
    pub fn store_life_cycle(&self, env: &mut Env<'_>, life_cycle: LifeCycle) -> Outcome {
        env.store(self.at + LIFE_CYCLE_AT, &[life_cycle.0])
    }

    /// Adds flags where the header lies.
    ///
    /// # Errors
    /// `Torn`; 6581.
    pub fn store_flags(&self, env: &mut Env<'_>, more: Flags) -> Outcome {
        match self.flags().with(more) {
            flags if flags == self.flags() => Ok(()),
            flags => env.store(self.at + FLAGS_AT, &[flags.0]),
        }
    }

    /// With the generation and the DF behind it that another header of this DF has.
    pub(crate) fn in_place_of(mut self, old: &Self) -> Self {
        self.set_next_df(old.next_df());
        self.with_byte(GENERATION_AT, old.generation())
    }

    /// Lets it name the DF behind it.
    pub(crate) fn set_next_df(&mut self, at: u32) {
        self.bytes[NEXT_DF_AT as usize..][..4].copy_from_slice(&at.to_be_bytes());
    }

    /// With another byte where a key's header has a field of its own.
    pub(crate) fn with_byte(mut self, at: u32, byte: u8) -> Self {
        if let Some(place) = self.bytes.get_mut(at as usize) {
            *place = byte;
        }
        self
    }

    /// A field of a key's header.
    pub(crate) const fn byte(&self, at: u32) -> u8 {
        self.bytes[at as usize]
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
        let (at, bytes) = self.attributes();
        at + bytes
    }

    /// Bytes of the body.
    #[must_use]
    pub const fn body_bytes(&self) -> u32 {
        self.end.saturating_sub(self.body())
    }

    /// The DF as the runtime names it.
    #[must_use]
    pub const fn df_id(&self) -> DfId {
        if self.at == ROOT_AT { DfId::ROOT } else { DfId(self.at) }
    }
}

/// The part of a parent's name that is its offset.
const OFFSET_MASK: u32 = 0x00FF_FFFF;

/// A parent's name: its generation and its offset.
const fn named(at: u32, generation: u8) -> u32 {
    (generation as u32) << 24 | at & OFFSET_MASK
}

/// Four bytes of a header as a number.
const fn number(bytes: &[u8; HEADER_BYTES as usize], at: u32) -> u32 {
    let at = at as usize;
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A DF as those that look through it need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parent {
    /// How what lies under it names it.
    pub(crate) named: u32,
    /// First offset behind it.
    pub(crate) end: u32,
}

impl Parent {
    /// Reads what is needed of the header at an offset.
    ///
    /// # Errors
    /// 6F00 outside the segment.
    pub(crate) fn load(env: &Env<'_>, at: u32) -> Result<Self, Halt> {
        const FROM: u32 = GENERATION_AT;
        let [generation, .., a, b, c, d] =
            env.load_array::<{ (END_AT + 4 - FROM) as usize }>(at.saturating_add(FROM))?;
        Ok(Self { named: named(at, generation), end: u32::from_be_bytes([a, b, c, d]) })
    }
}

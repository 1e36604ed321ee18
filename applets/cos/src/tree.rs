//! Creating files.
//!
//! The body is prepared in free space first, in pieces, then the header and what says where free
//! space is become solid together. A cut before that leaves the tree as it was.

use tessera_framework::{DfId, Env, FileId, Halt, Outcome, Sfi, StatusWord};

use crate::{
    Access,
    find::{DfBody, df_before, find_child, find_df},
    header::{Fields, Flags, Header, Parent},
    layout::{FREED, HEADER_BYTES, Kind, LifeCycle, NEXT_DF_AT, ROOT_AT, df_at},
    space::{find_place, sweep},
};

/// A DF to be made.
#[derive(Clone, Copy, Debug)]
pub struct DfSpec<'a> {
    /// File identifier.
    pub fid: FileId,
    /// DF name, up to 16 bytes; empty: none.
    pub name: &'a [u8],
    /// Value of the A5 object of its FCI, at most 32 bytes; empty: no such object.
    pub proprietary: &'a [u8],
    /// Control information in the full ISO form (82, 83, 84, A5, 8A); else 84 and A5 alone.
    pub full_control: bool,
    /// Life cycle status.
    pub life_cycle: LifeCycle,
    /// Condition for creating files in it; of applets that let nobody do so, never.
    pub create: Access,
    /// Condition for deleting it or what lies in it.
    pub erase: Access,
    /// What an applet that rations space says it may take, in a measure of the applet's own.
    pub space: u16,
    /// A byte of the applet's own; without meaning where there are attributes.
    pub own: u8,
    /// Access rules as data objects (8C, AB), at most 255 bytes.
    pub attributes: &'a [u8],
}

impl DfSpec<'_> {
    /// A DF in use that takes no commands to create or erase.
    pub const PLAIN: Self = Self {
        fid: FileId(0),
        name: &[],
        proprietary: &[],
        full_control: false,
        life_cycle: LifeCycle::ACTIVATED,
        create: Access::Always,
        erase: Access::Never,
        space: 0,
        own: 0,
        attributes: &[],
    };
}

/// An EF to be made.
#[derive(Clone, Copy, Debug)]
pub struct EfSpec<'a> {
    /// File identifier.
    pub fid: FileId,
    /// Short identifier.
    pub sfi: Option<Sfi>,
    /// Structure and size.
    pub structure: Structure,
    /// Condition for reading.
    pub read: Access,
    /// Condition for updating and appending.
    pub update: Access,
    /// Life cycle status.
    pub life_cycle: LifeCycle,
    /// Flags.
    pub flags: Flags,
    /// A byte of the applet's own; without meaning where there are attributes.
    pub own: u8,
    /// Access rules as data objects (8C, AB), at most 255 bytes.
    pub attributes: &'a [u8],
    /// What its bytes are at first.
    pub fill: u8,
}

impl EfSpec<'_> {
    /// A file in use that nobody may read or update, its bytes zero.
    pub const PLAIN: Self = Self {
        fid: FileId(0),
        sfi: None,
        structure: Structure::Transparent { bytes: 0 },
        read: Access::Never,
        update: Access::Never,
        life_cycle: LifeCycle::ACTIVATED,
        flags: Flags(0),
        own: 0,
        attributes: &[],
        fill: 0,
    };
}

/// Structure and size of an EF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Structure {
    /// So many bytes.
    Transparent {
        /// Size.
        bytes: u32,
    },
    /// Records of one size.
    LinearFixed {
        /// Bytes of a record, 1 to 255.
        record_bytes: u8,
        /// Records there is room for, 1 to 254.
        records: u8,
        /// Records are TLV objects.
        tlv: bool,
    },
    /// Records of different sizes.
    LinearVariable {
        /// Bytes of all records together.
        bytes: u32,
        /// Bytes of the longest one, 1 to 255.
        record_bytes_max: u8,
        /// Records there is room for, 1 to 254.
        records: u8,
        /// Records are TLV objects.
        tlv: bool,
    },
    /// A ring of records of one size.
    Cyclic {
        /// Bytes of a record, 1 to 255.
        record_bytes: u8,
        /// Records in the ring, 1 to 254.
        records: u8,
    },
    /// The file that stands for a DF's keys; its size is the applet's to ration.
    KeyFile {
        /// What the applet says its keys may take.
        space: u16,
    },
    /// An electronic purse of so many bytes.
    Purse {
        /// Size.
        bytes: u32,
    },
}

impl Structure {
    /// Bytes of the body.
    #[must_use]
    pub const fn body_bytes(&self) -> u32 {
        match *self {
            Self::Transparent { bytes } | Self::Purse { bytes } => bytes,
            Self::KeyFile { .. } => 0,
            Self::LinearFixed { record_bytes, records, .. }
            | Self::Cyclic { record_bytes, records } => 2 + record_bytes as u32 * records as u32,
            Self::LinearVariable { bytes, records, .. } => {
                bytes.saturating_add(2 + 2 * records as u32)
            }
        }
    }

    /// Bytes of the segment the whole file takes.
    #[must_use]
    pub const fn file_bytes(&self) -> u32 {
        HEADER_BYTES.saturating_add(self.body_bytes())
    }

    /// Structure, whether records are TLV objects, bytes of a record, records there is room for.
    const fn fields(&self) -> (Kind, bool, u16, u8) {
        match *self {
            Self::Transparent { .. } => (Kind::Transparent, false, 0, 0),
            Self::LinearFixed { record_bytes, records, tlv } => {
                (Kind::LinearFixed, tlv, record_bytes as u16, records)
            }
            Self::LinearVariable { record_bytes_max, records, tlv, .. } => {
                (Kind::LinearVariable, tlv, record_bytes_max as u16, records)
            }
            Self::Cyclic { record_bytes, records } => {
                (Kind::Cyclic, false, record_bytes as u16, records)
            }
            Self::KeyFile { space } => (Kind::KeyFile, false, space, 0),
            Self::Purse { .. } => (Kind::Purse, false, 0, 0),
        }
    }

    pub(crate) const fn is_sound(&self) -> bool {
        match *self {
            Self::Transparent { bytes } | Self::Purse { bytes } => bytes > 0,
            Self::KeyFile { .. } => true,
            Self::LinearFixed { record_bytes, records, .. }
            | Self::Cyclic { record_bytes, records }
            | Self::LinearVariable { record_bytes_max: record_bytes, records, .. } => {
                record_bytes > 0 && records > 0 && records < 255
            }
        }
    }
}

impl DfSpec<'_> {
    /// Bytes of the segment the DF takes, without what lies under it.
    #[must_use]
    pub const fn file_bytes(&self) -> u32 {
        HEADER_BYTES
            + self.attributes.len() as u32
            + 2
            + self.name.len() as u32
            + self.proprietary.len() as u32
    }
}

/// Makes the root DF of a formatted segment.
///
/// # Errors
/// As [`create_df`].
pub fn create_root(env: &mut Env<'_>, spec: &DfSpec<'_>) -> Outcome {
    let at = ROOT_AT;
    write_df(env, Parent { named: at, end: at }, false, spec).map(drop)
}

/// Makes a DF under another.
///
/// # Errors
/// 6A80 on a name or identifier that cannot be, 6A89 when the identifier is taken under that DF,
/// 6A8A when the name is taken in this applet, 6A84 when the segment is full, `Torn`.
pub fn create_df(env: &mut Env<'_>, parent: DfId, spec: &DfSpec<'_>) -> Result<DfId, Halt> {
    let parent = df_at(parent);
    if spec.fid == FileId::MF {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    if find_child(env, parent, |header| header.fid() == spec.fid)?.is_some() {
        return Halt::status(StatusWord::FILE_EXISTS);
    }
    let same_name = find_df(env, |df| Ok(DfBody::load(env, df)?.name() == spec.name))?;
    if same_name.is_some() && !spec.name.is_empty() {
        return Halt::status(StatusWord::NAME_EXISTS);
    }
    sweep(env)?;
    write_df(env, Parent::load(env, parent)?, true, spec)
}

/// Writes a DF, and lets the DF before it name it unless it is the root.
fn write_df(
    env: &mut Env<'_>,
    parent: Parent,
    has_parent: bool,
    spec: &DfSpec<'_>,
) -> Result<DfId, Halt> {
    if !is_usable(spec.fid) || spec.name.len() > 16 || spec.proprietary.len() > 32 {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let place = find_place(env, parent.end, |_| spec.file_bytes())?;
    let mut header = df_header(spec, place.at, place.end, parent.named)?;
    place.claim(env)?;
    env.atomically(|env| {
        store_df_body(env, &header, spec)?;
        if has_parent {
            let before = df_before(env, header.at)?;
            header.set_next_df(Header::load(env, before)?.next_df());
            env.store(before + NEXT_DF_AT, &header.at.to_be_bytes())?;
        }
        place.link(env, &header)
    })?;
    Ok(header.df_id())
}

fn df_header(spec: &DfSpec<'_>, at: u32, end: u32, parent: u32) -> Result<Header, Halt> {
    let (flags, own) = attribute_flags(Flags(0), spec.own, spec.attributes)?;
    Ok(Header::new(&Fields {
        at,
        kind: Kind::Df,
        marked: spec.full_control,
        life_cycle: spec.life_cycle,
        fid: spec.fid,
        sfi: None,
        record_bytes: spec.space,
        records_max: 0,
        read: spec.create,
        update: spec.erase,
        parent,
        end,
        flags,
        own,
    }))
}

fn store_df_body(env: &mut Env<'_>, header: &Header, spec: &DfSpec<'_>) -> Outcome {
    let name_end = header.body() + 1 + spec.name.len() as u32;
    store_attributes(env, header, spec.attributes)?;
    env.store(header.body(), &[spec.name.len() as u8])?;
    env.store(header.body() + 1, spec.name)?;
    env.store(name_end, &[spec.proprietary.len() as u8])?;
    env.store(name_end + 1, spec.proprietary)
}

/// Makes another DF of one that is there: what it is called, its conditions, its state. What lies
/// under it stays.
///
/// # Errors
/// 6A80 on a name or identifier that cannot be; 6A84 when its place is too small; `Torn`.
pub fn rewrite_df(env: &mut Env<'_>, df: &Header, spec: &DfSpec<'_>) -> Result<Header, Halt> {
    if !is_usable(spec.fid) || !(1..=16).contains(&spec.name.len()) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    if df.at.saturating_add(spec.file_bytes()) > df.end {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    let header = df_header(spec, df.at, df.end, df.parent_named())?.in_place_of(df);
    env.atomically(|env| {
        store_df_body(env, &header, spec)?;
        env.store(df.at, header.bytes())
    })?;
    Ok(header)
}

/// Makes an EF under a DF and returns its header. Its records are none.
///
/// # Errors
/// 6A80 on a size or identifier that cannot be, 6A89 when the identifier or the short identifier is
/// taken under that DF, 6A84 when the segment is full, `Torn`.
pub fn create_ef(env: &mut Env<'_>, parent: DfId, spec: &EfSpec<'_>) -> Result<Header, Halt> {
    let parent = df_at(parent);
    let usable = is_usable(spec.fid) || matches!(spec.structure, Structure::KeyFile { .. });
    if !usable || spec.fid == FileId::MF || !spec.structure.is_sound() {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let taken = |header: &Header| {
        header.fid() == spec.fid || (spec.sfi.is_some() && header.sfi() == spec.sfi)
    };
    if find_child(env, parent, taken)?.is_some() {
        return Halt::status(StatusWord::FILE_EXISTS);
    }
    sweep(env)?;
    let (kind, marked, record_bytes, records_max) = spec.structure.fields();
    let (flags, own) = attribute_flags(spec.flags, spec.own, spec.attributes)?;
    let parent = Parent::load(env, parent)?;
    let bytes = spec.structure.file_bytes().saturating_add(spec.attributes.len() as u32);
    let place = find_place(env, parent.end, |_| bytes)?;
    let header = Header::new(&Fields {
        at: place.at,
        kind,
        marked,
        life_cycle: spec.life_cycle,
        fid: spec.fid,
        sfi: spec.sfi,
        record_bytes,
        records_max,
        read: spec.read,
        update: spec.update,
        parent: parent.named,
        end: place.end,
        flags,
        own,
    });
    place.claim(env)?;
    fill(env, &header, spec.fill)?;
    env.atomically(|env| {
        store_attributes(env, &header, spec.attributes)?;
        place.link(env, &header)
    })?;
    Ok(header)
}

/// Puts a data object under the DF at an offset, in the place of an old one if there is one.
///
/// # Errors
/// 6A84 when the segment is full; `Torn`: it is the old or the new one.
pub fn create_object(
    env: &mut Env<'_>,
    df: u32,
    tag: u16,
    value: &[u8],
    old: Option<&Header>,
) -> Outcome {
    sweep(env)?;
    let parent = Parent::load(env, df)?;
    let bytes = HEADER_BYTES.saturating_add(value.len() as u32);
    let place = find_place(env, parent.end, |_| bytes)?;
    let header = Header::new(&Fields {
        at: place.at,
        kind: Kind::Object,
        marked: false,
        life_cycle: LifeCycle::ACTIVATED,
        fid: FileId(tag),
        sfi: None,
        record_bytes: 0,
        records_max: 0,
        read: Access::Never,
        update: Access::Never,
        parent: parent.named,
        end: place.end,
        flags: Flags(0),
        own: 0,
    });
    place.claim(env)?;
    let mut at = header.body();
    for piece in value.chunks(64) {
        env.store(at, piece)?;
        at += piece.len() as u32;
    }
    env.atomically(|env| {
        place.link(env, &header)?;
        match old {
            Some(old) => env.store(old.at, &[FREED]),
            None => Ok(()),
        }
    })
}

/// 0000 and FFFF name nothing. 3FFF, which the standard keeps for paths as well, does on FMCOS
/// cards.
const fn is_usable(fid: FileId) -> bool {
    !matches!(fid.0, 0x0000 | 0xFFFF)
}

/// The flag and the byte that say how many attributes there are.
fn attribute_flags(flags: Flags, own: u8, attributes: &[u8]) -> Result<(Flags, u8), Halt> {
    match u8::try_from(attributes.len()) {
        Ok(0) => Ok((flags, own)),
        Ok(bytes) => Ok((flags.with(Flags::ATTRIBUTES), bytes)),
        Err(_) => Halt::status(StatusWord::WRONG_DATA),
    }
}

/// Fills a body piece by piece: nothing refers to it yet. What counts records starts at zero.
fn fill(env: &mut Env<'_>, header: &Header, with: u8) -> Outcome {
    let mut piece = [with; 64];
    if header.kind.has_records() {
        piece[..2].fill(0);
    }
    let (mut at, end) = (header.body(), header.end);
    while at < end {
        let bytes = (end - at).min(64);
        env.store(at, piece.get(..bytes as usize).unwrap_or_default())?;
        piece = [with; 64];
        at += bytes;
    }
    Ok(())
}

fn store_attributes(env: &mut Env<'_>, header: &Header, attributes: &[u8]) -> Outcome {
    match attributes {
        [] => Ok(()),
        _ => env.store(header.attributes().0, attributes),
    }
}

//! Creating and finding files.
//!
//! Creation takes space from the end of the segment: the body is prepared in the free space first,
//! in pieces, then header and first free offset become solid together. A cut before that leaves the
//! tree as it was.

use tessera_framework::{DfId, Env, FileId, Halt, Outcome, Sfi, StatusWord};

use crate::{
    Access,
    layout::{
        FREE_AT, Fields, HEADER_BYTES, Header, Kind, LifeCycle, NEXT_DF_AT, ROOT_AT, df_at, end_of,
        free,
    },
};

/// A DF to be made.
#[derive(Clone, Copy, Debug)]
pub struct DfSpec<'a> {
    /// File identifier.
    pub fid: FileId,
    /// DF name, 1 to 16 bytes.
    pub name: &'a [u8],
    /// Value of the A5 object of its FCI, at most 32 bytes; empty: no such object.
    pub proprietary: &'a [u8],
    /// Control information in the full ISO form (82, 83, 84, A5, 8A); else 84 and A5 alone.
    pub full_control: bool,
    /// Life cycle status.
    pub life_cycle: LifeCycle,
}

/// An EF to be made.
#[derive(Clone, Copy, Debug)]
pub struct EfSpec {
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
}

impl Structure {
    /// Bytes of the body.
    #[must_use]
    pub const fn body_bytes(&self) -> u32 {
        match *self {
            Self::Transparent { bytes } => bytes,
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

    const fn is_sound(&self) -> bool {
        match *self {
            Self::Transparent { bytes } => bytes > 0,
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
        HEADER_BYTES + 2 + self.name.len() as u32 + self.proprietary.len() as u32
    }
}

/// Makes the root DF of a formatted segment.
///
/// # Errors
/// As [`create_df`].
pub fn create_root(env: &mut Env<'_>, spec: &DfSpec<'_>) -> Outcome {
    write_df(env, ROOT_AT, None, spec).map(drop)
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
    let mut last = ROOT_AT;
    let same_name = find_df(env, |df| {
        last = df.at;
        Ok(DfBody::load(env, df)?.name() == spec.name)
    })?;
    if same_name.is_some() {
        return Halt::status(StatusWord::NAME_EXISTS);
    }
    write_df(env, parent, Some(last), spec)
}

/// Writes a DF; `last` is the one made before it.
fn write_df(
    env: &mut Env<'_>,
    parent: u32,
    last: Option<u32>,
    spec: &DfSpec<'_>,
) -> Result<DfId, Halt> {
    if !spec.fid.is_usable() || !(1..=16).contains(&spec.name.len()) || spec.proprietary.len() > 32
    {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let at = free(env)?;
    let end = room(env, at, spec.file_bytes())?;
    let header = Header::new(&Fields {
        at,
        kind: Kind::Df,
        marked: spec.full_control,
        life_cycle: spec.life_cycle,
        fid: spec.fid,
        sfi: None,
        record_bytes: 0,
        records_max: 0,
        read: Access::Always,
        update: Access::Never,
        parent,
        end,
    });
    let name_end = header.body() + 1 + spec.name.len() as u32;
    env.atomically(|env| {
        env.store(header.body(), &[spec.name.len() as u8])?;
        env.store(header.body() + 1, spec.name)?;
        env.store(name_end, &[spec.proprietary.len() as u8])?;
        env.store(name_end + 1, spec.proprietary)?;
        if let Some(last) = last {
            env.store(last + NEXT_DF_AT, &at.to_be_bytes())?;
        }
        link(env, &header)
    })?;
    Ok(header.df_id())
}

/// Makes an EF under a DF and returns its header. Its bytes are zero, its records none.
///
/// # Errors
/// 6A80 on a size or identifier that cannot be, 6A89 when the identifier or the short identifier is
/// taken under that DF, 6A84 when the segment is full, `Torn`.
pub fn create_ef(env: &mut Env<'_>, parent: DfId, spec: &EfSpec) -> Result<Header, Halt> {
    let parent = df_at(parent);
    if !spec.fid.is_usable() || spec.fid == FileId::MF || !spec.structure.is_sound() {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let taken = |header: &Header| {
        header.fid() == spec.fid || (spec.sfi.is_some() && header.sfi() == spec.sfi)
    };
    if find_child(env, parent, taken)?.is_some() {
        return Halt::status(StatusWord::FILE_EXISTS);
    }
    let (kind, marked, record_bytes, records_max) = match spec.structure {
        Structure::Transparent { .. } => (Kind::Transparent, false, 0, 0),
        Structure::LinearFixed { record_bytes, records, tlv } => {
            (Kind::LinearFixed, tlv, record_bytes, records)
        }
        Structure::LinearVariable { record_bytes_max, records, tlv, .. } => {
            (Kind::LinearVariable, tlv, record_bytes_max, records)
        }
        Structure::Cyclic { record_bytes, records } => (Kind::Cyclic, false, record_bytes, records),
    };
    let at = free(env)?;
    let header = Header::new(&Fields {
        at,
        kind,
        marked,
        life_cycle: spec.life_cycle,
        fid: spec.fid,
        sfi: spec.sfi,
        record_bytes: u16::from(record_bytes),
        records_max,
        read: spec.read,
        update: spec.update,
        parent,
        end: room(env, at, spec.structure.file_bytes())?,
    });
    clear(env, header.body(), header.end)?;
    env.atomically(|env| link(env, &header))?;
    Ok(header)
}

fn room(env: &Env<'_>, at: u32, bytes: u32) -> Result<u32, Halt> {
    match at.checked_add(bytes) {
        Some(end) if end <= env.segment_bytes() => Ok(end),
        _ => Halt::status(StatusWord::NOT_ENOUGH_MEMORY),
    }
}

/// Zeroes free space, piece by piece: nothing refers to it yet.
fn clear(env: &mut Env<'_>, mut at: u32, end: u32) -> Outcome {
    while at < end {
        let bytes = (end - at).min(64);
        env.store(at, &[0; 64][..bytes as usize])?;
        at += bytes;
    }
    Ok(())
}

fn link(env: &mut Env<'_>, header: &Header) -> Outcome {
    env.store(header.at, header.bytes())?;
    env.store(FREE_AT, &header.end.to_be_bytes())
}

/// The first DF that fits, in the order of creation.
fn find_df(
    env: &Env<'_>,
    mut fits: impl FnMut(&Header) -> Result<bool, Halt>,
) -> Result<Option<Header>, Halt> {
    let mut at = ROOT_AT;
    loop {
        let df = Header::load(env, at)?;
        if df.kind != Kind::Df {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        if fits(&df)? {
            return Ok(Some(df));
        }
        match df.next_df() {
            0 => return Ok(None),
            next if next >= df.end => at = next,
            _ => return Halt::status(StatusWord::NO_DIAGNOSIS),
        }
    }
}

/// The first file directly under a DF that fits.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn find_child(
    env: &Env<'_>,
    parent: u32,
    fits: impl Fn(&Header) -> bool,
) -> Result<Option<Header>, Halt> {
    let free = free(env)?;
    // Children are made after their parent and lie behind it.
    let mut at = end_of(env, parent)?;
    while at < free {
        let header = Header::load(env, at)?;
        if header.parent() == parent && fits(&header) {
            return Ok(Some(header));
        }
        at = header.end;
    }
    Ok(None)
}

/// The `nth` (from 0) DF whose name begins with `prefix`, in the order of creation.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn df_by_name(env: &Env<'_>, prefix: &[u8], mut nth: u16) -> Result<Option<DfId>, Halt> {
    let found = find_df(env, |df| {
        let [name_bytes] = env.load_array(df.body())?;
        let matches =
            prefix.len() <= usize::from(name_bytes) && env.holds(df.body() + 1, prefix)?;
        let here = matches && nth == 0;
        nth -= u16::from(matches && !here);
        Ok(here)
    })?;
    Ok(found.map(|df| df.df_id()))
}

/// Bytes of the longest body of a DF.
const DF_BODY_BYTES_MAX: usize = 1 + 16 + 1 + 32;

/// The body of a DF: its name, and the value of the A5 object of its FCI.
#[derive(Clone, Copy, Debug)]
pub struct DfBody([u8; DF_BODY_BYTES_MAX]);

impl DfBody {
    /// Reads the body.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub fn load(env: &Env<'_>, df: &Header) -> Result<Self, Halt> {
        let mut bytes = [0; DF_BODY_BYTES_MAX];
        let there = DF_BODY_BYTES_MAX.min(df.body_bytes() as usize);
        env.load(df.body(), &mut bytes[..there])?;
        Ok(Self(bytes))
    }

    /// The DF's name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.counted(0)
    }

    /// The value of the A5 object, empty on a DF without one.
    #[must_use]
    pub fn proprietary(&self) -> &[u8] {
        self.counted(1 + self.name().len())
    }

    /// A length byte at `at` and as many bytes, or what of them there is.
    fn counted(&self, at: usize) -> &[u8] {
        match self.0.get(at..) {
            Some([length, rest @ ..]) => &rest[..rest.len().min(usize::from(*length))],
            _ => &[],
        }
    }
}

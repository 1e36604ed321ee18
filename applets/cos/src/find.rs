//! Finding files and keys under a DF, and DFs by their names.

use tessera_framework::{DfId, Env, Halt, StatusWord};

use crate::{
    header::{Header, Parent},
    layout::{Kind, ROOT_AT, free},
    space::{is_gone, is_swept},
};

/// The first DF that fits, in the order in which they lie.
pub(crate) fn find_df(
    env: &Env<'_>,
    mut fits: impl FnMut(&Header) -> Result<bool, Halt>,
) -> Result<Option<Header>, Halt> {
    let swept = is_swept(env)?;
    let mut at = ROOT_AT;
    loop {
        let df = Header::load(env, at)?;
        if df.kind != Kind::Df {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        if (swept || !is_gone(env, df)?) && fits(&df)? {
            return Ok(Some(df));
        }
        match df.next_df() {
            0 => return Ok(None),
            next if next >= df.end => at = next,
            _ => return Halt::status(StatusWord::NO_DIAGNOSIS),
        }
    }
}

/// Header of the DF that lies next before an offset, gone or not.
pub(crate) fn df_before(env: &Env<'_>, offset: u32) -> Result<u32, Halt> {
    let mut at = ROOT_AT;
    loop {
        match Header::load(env, at)?.next_df() {
            next if next > at && next < offset => at = next,
            _ => return Ok(at),
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
    find_block(env, parent, |block| block.kind.is_file() && fits(block))
}

/// The first file or key directly under a DF that fits, in the order in which they lie. One that
/// never fits sees them all.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn find_block(
    env: &Env<'_>,
    parent: u32,
    mut fits: impl FnMut(&Header) -> bool,
) -> Result<Option<Header>, Halt> {
    let free = free(env)?;
    let Parent { named, end: mut at } = Parent::load(env, parent)?;
    while at < free {
        let block = Header::load(env, at)?;
        if block.parent_named() == named && block.kind != Kind::Freed && fits(&block) {
            return Ok(Some(block));
        }
        at = block.end;
    }
    Ok(None)
}

/// The `nth` (from 0) DF whose name begins with `prefix`, in the order in which they lie: that of
/// creation, as long as nothing was deleted.
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

/// Nothing lies directly under a DF, not even a key.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn is_empty(env: &Env<'_>, df: &Header) -> Result<bool, Halt> {
    Ok(find_block(env, df.at, |_| true)?.is_none())
}

//! The segment's space: blocks one behind the other, taken, given back, and swept.
//!
//! A new block takes the first run of freed blocks behind its parent that it fits into, else the
//! free space at the end. The run is first made one freed block (or free space), so that a body can
//! be prepared in it piece by piece before anything refers to it.
//!
//! What lies under a DF that is deleted or erased is gone at once, with one store in the DF's
//! header. To give its space back takes a change for each block, so it is swept afterwards, and
//! [`SWEEP_AT`] says so until that is done: a cut in between loses nothing, for those who look for
//! files pass over what is gone, and the next one who needs space sweeps first.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    find::df_before,
    header::Header,
    layout::{
        END_AT, FREE_AT, FREED, GENERATION_AT, HEADER_BYTES, KEY_BYTES, Kind, NEXT_DF_AT, ROOT_AT,
        SWEEP_AT, free,
    },
};

/// Where a new block goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) at: u32,
    pub(crate) end: u32,
    /// End of the run of freed blocks it lies in; `None` at the end of the segment's blocks.
    run_end: Option<u32>,
}

/// Finds a place for a block behind the offset `behind`; `bytes` says how many it takes where it
/// begins at a given offset.
///
/// # Errors
/// 6A84 when there is none; 6F00 when the segment is damaged.
pub(crate) fn find_place(
    env: &Env<'_>,
    behind: u32,
    bytes: impl Fn(u32) -> u32,
) -> Result<Place, Halt> {
    let free = free(env)?;
    let (mut at, mut run) = (behind, None);
    while at < free {
        let block = Header::load(env, at)?;
        match (block.kind, run) {
            (Kind::Freed, None) => run = Some(at),
            (Kind::Freed, _) | (_, None) => {}
            (_, Some(start)) => {
                let end = bytes(start).saturating_add(start);
                // What is left over must be a block of its own.
                if end == at || end.saturating_add(HEADER_BYTES) <= at {
                    return Ok(Place { at: start, end, run_end: Some(at) });
                }
                run = None;
            }
        }
        at = block.end;
    }
    let at = run.unwrap_or(free);
    match at.checked_add(bytes(at)) {
        Some(end) if end <= env.segment_bytes() => Ok(Place { at, end, run_end: None }),
        _ => Halt::status(StatusWord::NOT_ENOUGH_MEMORY),
    }
}

impl Place {
    /// Makes the run one piece, so that the block's body may be written.
    ///
    /// # Errors
    /// `Torn`; 6581.
    pub(crate) fn claim(&self, env: &mut Env<'_>) -> Outcome {
        match self.run_end {
            Some(end) if Header::load(env, self.at)?.end == end => Ok(()),
            Some(end) => env.store(self.at + END_AT, &end.to_be_bytes()),
            None if free(env)? == self.at => Ok(()),
            None => env.store(FREE_AT, &self.at.to_be_bytes()),
        }
    }

    /// Puts a block there. Part of a transaction of the caller's.
    ///
    /// # Errors
    /// `Torn`; 6A84 beyond the commit capacity; 6581.
    pub(crate) fn link(&self, env: &mut Env<'_>, header: &Header) -> Outcome {
        env.store(self.at, header.bytes())?;
        match self.run_end {
            None => env.store(FREE_AT, &self.end.to_be_bytes()),
            Some(end) if end > self.end => {
                let mut rest = [0; HEADER_BYTES as usize];
                rest[0] = FREED;
                rest[END_AT as usize..][..4].copy_from_slice(&end.to_be_bytes());
                env.store(self.end, &rest)
            }
            Some(_) => Ok(()),
        }
    }
}

/// Gives one block back: a key loses its bytes, a DF its place among the DFs.
fn give_back(env: &mut Env<'_>, block: &Header) -> Outcome {
    env.atomically(|env| {
        if block.kind == Kind::Key {
            env.store_secret(block.end.saturating_sub(KEY_BYTES), &[0; KEY_BYTES as usize])?;
        }
        if block.kind == Kind::Df {
            let before = df_before(env, block.at)?;
            env.store(before + NEXT_DF_AT, &block.next_df().to_be_bytes())?;
            env.store(SWEEP_AT, &[1])?;
        }
        env.store(block.at, &[FREED])
    })
}

/// Deletes a file or a key. Everything under a DF goes with it, all at once.
///
/// # Errors
/// 6985 for the root; `Torn`: it is there or not.
pub fn delete(env: &mut Env<'_>, block: &Header) -> Outcome {
    if block.at == ROOT_AT {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    sweep(env)?;
    give_back(env, block)?;
    sweep(env)
}

/// Erases everything under a DF, all at once. The DF itself stays.
///
/// # Errors
/// `Torn`: it is all there or all gone.
pub fn erase_under(env: &mut Env<'_>, df: &Header) -> Outcome {
    // What an earlier generation left must be gone before its number comes round.
    sweep(env)?;
    env.atomically(|env| {
        env.store(df.at + GENERATION_AT, &[df.generation().wrapping_add(1)])?;
        env.store(SWEEP_AT, &[1])
    })?;
    sweep(env)
}

/// Whether something may wait to be swept.
pub(crate) fn is_swept(env: &Env<'_>) -> Result<bool, Halt> {
    Ok(env.load_array(SWEEP_AT)? == [0])
}

/// Gives back the space of everything whose directory is gone.
///
/// # Errors
/// `Torn`; 6F00 when the segment is damaged.
pub(crate) fn sweep(env: &mut Env<'_>) -> Outcome {
    if is_swept(env)? {
        return Ok(());
    }
    let mut at = Header::load(env, ROOT_AT)?.end;
    while at < free(env)? {
        let block = Header::load(env, at)?;
        // A DF goes before what lies under it, for it lies before it.
        if block.kind != Kind::Freed && is_gone(env, block)? {
            give_back(env, &block)?;
        }
        at = block.end;
    }
    env.store(SWEEP_AT, &[0])
}

/// Whether a block lies under a DF that was deleted, or erased since.
///
/// # Errors
/// 6F00 outside the segment.
pub(crate) fn is_gone(env: &Env<'_>, mut block: Header) -> Result<bool, Halt> {
    while block.at != ROOT_AT {
        if block.parent() >= block.at {
            return Ok(true);
        }
        let Ok(parent) = Header::load(env, block.parent()) else { return Ok(true) };
        if parent.kind != Kind::Df || parent.as_parent() != block.parent_named() {
            return Ok(true);
        }
        block = parent;
    }
    Ok(false)
}

//! Keys of a DF in one block, each with its tries beside it.
//!
//! A card of this family has sixty keys and more, up to three versions of each, and a kilobyte or
//! two for them. So a DF's keys share one block instead of one each, and their tries are a byte
//! each instead of a [counter](tessera_framework::CounterId), of which each takes 40 bytes of
//! memory. The byte is stored by itself, outside every transaction, and is solid before anything is
//! compared.
//!
//! Body of the block (kind [`Keys`](crate::layout::Kind::Keys)):
//!
//! | offset | what |
//! |---|---|
//! | 0 | [wrong MACs](super::failures) of the DF that are left |
//! | 1 | number of keys |
//! | 2 | for each key: usage and [role](Role), identifier, version, algorithm and length, tries left |
//! | | unused up to a multiple of 32 |
//! | | for each key 16 bytes, and unused ones up to a multiple of 32 |
//!
//! Invariant: the bytes of keys share no memory unit with anything that changes.

use tessera_framework::{DfId, Env, FileId, Halt, Outcome, StatusWord, pin::forget};

use crate::{
    Access, Flags,
    cipher::{Algorithm, Key},
    find::find_block,
    header::{Fields, Header, Parent},
    layout::{HEADER_BYTES, KEY_BYTES, Kind, LifeCycle, df_at},
    space::{find_place, sweep},
};

use super::failures::FAILURES_MAX;

/// Tries a key has (63CE is the first answer to a wrong proof).
pub const TRIES_MAX: u8 = 15;

/// Bytes a key has room for.
const ROOM: u32 = 16;
/// Bytes of what is known of a key.
const ENTRY_BYTES: u32 = 5;
/// Where in the body the first key's entry stands.
const ENTRIES_AT: u32 = 2;
/// Where in an entry the tries stand.
const TRIES_AT: u32 = 4;
/// Most keys of a DF: what one byte counts.
const KEYS_MAX: usize = 255;

/// What showing a key is good for beyond the conditions that name its identifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Role {
    /// Nothing.
    #[default]
    Plain,
    /// LK: blocking and unblocking the application.
    Lock,
    /// BK: the same, and blocking the card.
    CardLock,
    /// PUK: unblocking and reloading the PIN.
    PinUnlock,
}

/// A key to be made.
#[derive(Clone, Copy, Debug)]
pub struct CardKeySpec<'k> {
    /// Its [usage](super::usage).
    pub usage: u8,
    /// Its identifier; keys of different usages may share one.
    pub id: u8,
    /// Its version, 1 as a rule.
    pub version: u8,
    /// What else it is good for.
    pub role: Role,
    /// DES, triple DES or SM4.
    pub algorithm: Algorithm,
    /// Its bytes: 8 or 16.
    pub bytes: &'k [u8],
}

/// A key on the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CardKey {
    /// Header of the DF it lies in.
    pub df: u32,
    /// Its identifier.
    pub id: u8,
    /// Its version.
    pub version: u8,
    /// What else it is good for.
    pub role: Role,
    /// Its cipher.
    pub algorithm: Algorithm,
    /// Where its entry stands.
    entry_at: u32,
    /// Where its bytes stand.
    bytes_at: u32,
}

impl Role {
    /// Its number in installation data.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Plain => 0,
            Self::Lock => 1,
            Self::CardLock => 2,
            Self::PinUnlock => 3,
        }
    }

    /// The role a number stands for.
    #[must_use]
    pub const fn of(code: u8) -> Self {
        match code {
            1 => Self::Lock,
            2 => Self::CardLock,
            3 => Self::PinUnlock,
            _ => Self::Plain,
        }
    }
}

/// The algorithm byte of commands and answers: 0 the DES family, 4 SM4.
#[must_use]
pub const fn algorithm_byte(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Des | Algorithm::TripleDes => 0,
        _ => 4,
    }
}

impl<'k> CardKeySpec<'k> {
    /// A key as installation data name it: role and usage in one byte (high and low half),
    /// identifier, version, [algorithm byte](algorithm_byte), then the key. `None` when it is none.
    #[must_use]
    pub fn parse(data: &'k [u8]) -> Option<Self> {
        let &[usage, id, version, algorithm, ref bytes @ ..] = data else { return None };
        let algorithm = match (algorithm, bytes.len()) {
            (0, 8) => Algorithm::Des,
            (0, 16) => Algorithm::TripleDes,
            (4, 16) => Algorithm::Sm4,
            _ => return None,
        };
        let role = Role::of(usage >> 4);
        Some(Self { usage: usage & 0x0F, id, version, role, algorithm, bytes })
    }
}

const fn algorithm_code(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Des => 0x08,
        Algorithm::TripleDes => 0x00,
        _ => 0x40,
    }
}

const fn algorithm_of(code: u8) -> Algorithm {
    match code {
        0x08 => Algorithm::Des,
        0x00 => Algorithm::TripleDes,
        _ => Algorithm::Sm4,
    }
}

/// Puts the keys of a DF in place; a DF gets them once, before its files as a rule.
///
/// # Errors
/// 6A80 on a key whose length its algorithm does not take, and when the DF has keys; 6A84 when the
/// segment is full, or for more than 255 keys; `Torn`: they are all there or none.
pub fn create<'k>(
    env: &mut Env<'_>,
    df: DfId,
    keys: impl Iterator<Item = CardKeySpec<'k>> + Clone,
) -> Outcome {
    let count = keys.clone().count();
    if count > KEYS_MAX {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    let fits = |key: CardKeySpec<'_>| {
        matches!(key.algorithm, Algorithm::Des | Algorithm::TripleDes | Algorithm::Sm4)
            && Key::new(key.algorithm, key.bytes).is_some()
            && key.bytes.len() <= ROOM as usize
            && key.usage <= 0x0F
    };
    if !keys.clone().all(fits) || block(env, df_at(df))?.is_some() {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    sweep(env)?;
    let parent = Parent::load(env, df_at(df))?;
    let place = find_place(env, parent.end, |at| block_bytes(at, count as u32))?;
    let header = Header::new(&Fields {
        at: place.at,
        kind: Kind::Keys,
        marked: false,
        life_cycle: LifeCycle::ACTIVATED,
        fid: FileId(0),
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
    env.store(header.body(), &[FAILURES_MAX, count as u8])?;
    for (n, key) in (0..).zip(keys) {
        let usage = key.role.code() << 4 | key.usage;
        let entry = [usage, key.id, key.version, algorithm_code(key.algorithm), TRIES_MAX];
        env.store(entry_at(&header, n), &entry)?;
        let mut bytes = [0; ROOM as usize];
        for (to, from) in bytes.iter_mut().zip(key.bytes) {
            *to = *from;
        }
        let stored = env.store_secret(bytes_at(&header, count as u32, n), &bytes);
        forget(&mut bytes);
        stored?;
    }
    env.atomically(|env| place.link(env, &header))
}

/// The key of a DF, its header at `df`, with this usage and identifier; without a version the first
/// of them, which is the oldest.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn find(
    env: &Env<'_>,
    df: u32,
    usage: u8,
    id: u8,
    version: Option<u8>,
) -> Result<Option<CardKey>, Halt> {
    find_by(env, df, |key_usage, key| {
        key_usage == usage && key.id == id && version.is_none_or(|version| version == key.version)
    })
}

/// The first key of a DF that fits; `fits` is given its usage too.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn find_by(
    env: &Env<'_>,
    df: u32,
    fits: impl Fn(u8, &CardKey) -> bool,
) -> Result<Option<CardKey>, Halt> {
    let Some(block) = block(env, df)? else { return Ok(None) };
    let [_, count] = env.load_array(block.body())?;
    for n in 0..u32::from(count) {
        let entry_at = entry_at(&block, n);
        let [usage, id, version, algorithm] = env.load_array(entry_at)?;
        let key = CardKey {
            df,
            id,
            version,
            role: Role::of(usage >> 4),
            algorithm: algorithm_of(algorithm),
            entry_at,
            bytes_at: bytes_at(&block, count.into(), n),
        };
        if fits(usage & 0x0F, &key) {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

impl CardKey {
    /// The key, ready for a cipher.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub fn load(&self, env: &Env<'_>) -> Result<Key, Halt> {
        let mut bytes: [u8; ROOM as usize] = env.load_array(self.bytes_at)?;
        let used = if self.algorithm == Algorithm::Des { 8 } else { ROOM as usize };
        let key = bytes.get(..used).and_then(|bytes| Key::new(self.algorithm, bytes));
        forget(&mut bytes);
        key.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
    }

    /// Tries left; 0 when it is blocked.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub fn tries_left(&self, env: &Env<'_>) -> Result<u8, Halt> {
        let [tries] = env.load_array(self.entry_at + TRIES_AT)?;
        Ok(tries.min(TRIES_MAX))
    }

    /// The key is blocked.
    ///
    /// # Errors
    /// 6983.
    pub fn refuse_blocked(&self, env: &Env<'_>) -> Outcome {
        match self.tries_left(env)? {
            0 => Halt::status(StatusWord::BLOCKED),
            _ => Ok(()),
        }
    }

    /// Runs a check with a try taken first, solid before the check. Success restores all tries. Not
    /// to be called in a transaction.
    ///
    /// # Errors
    /// 6983; 63CX when `right` says no, X tries left; `Torn`.
    pub fn attempt(&self, env: &mut Env<'_>, right: impl FnOnce(&Key) -> bool) -> Outcome {
        self.refuse_blocked(env)?;
        let left = self.tries_left(env)?.saturating_sub(1);
        env.store(self.entry_at + TRIES_AT, &[left])?;
        if !right(&self.load(env)?) {
            return Halt::status(StatusWord::tries_left(left));
        }
        env.store(self.entry_at + TRIES_AT, &[TRIES_MAX])
    }
}

/// The block of a DF's keys.
pub(super) fn block(env: &Env<'_>, df: u32) -> Result<Option<Header>, Halt> {
    find_block(env, df, |block| block.kind == Kind::Keys)
}

const fn entry_at(block: &Header, n: u32) -> u32 {
    block.body() + ENTRIES_AT + n * ENTRY_BYTES
}

const fn bytes_at(block: &Header, count: u32, n: u32) -> u32 {
    secrets_at(block.at, count) + n * ROOM
}

/// Where the keys' bytes begin, in a block that begins at an offset.
const fn secrets_at(at: u32, count: u32) -> u32 {
    (at + HEADER_BYTES + ENTRIES_AT + count * ENTRY_BYTES).next_multiple_of(KEY_BYTES)
}

const fn block_bytes(at: u32, count: u32) -> u32 {
    (secrets_at(at, count) + count * ROOM).next_multiple_of(KEY_BYTES) - at
}

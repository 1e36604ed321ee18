//! Keys and PINs of a DF: found by type and identifier, added, replaced, and shown.
//!
//! A key is a [block](crate::layout) under its DF. What may be known of it stands in the header,
//! its bytes in memory units of their own, and no command reads them. Its error counter, if it has
//! one, is one of the applet's [counters](tessera_framework::CounterId): outside every transaction
//! and solid before anything is compared.
//!
//! Invariants:
//! * a counter belongs to one key at most; those that belong to none are spare;
//! * a key never refers to a counter that has not been set for it: a replaced key gets a spare one,
//!   set before, and one transaction changes bytes, header and counter's number together.

use core::ops::Range;

use tessera_framework::{
    CounterId, DfId, Env, Halt, Outcome, StatusWord,
    pin::{equal_in_constant_time, forget},
};

use crate::{
    Access,
    find::find_block,
    header::{Fields, Flags, Header, Parent},
    layout::{FLAGS_AT, HEADER_BYTES, KEY_BYTES, Kind, LifeCycle, ROOT_AT, df_at, free},
    space::{find_place, sweep},
};

/// Most bytes of a key.
pub const KEY_BYTES_MAX: usize = KEY_BYTES as usize;

/// Where in a key's header its length and its counter's number stand.
const LENGTH_AT: u32 = 6;
const COUNTER_AT: u32 = 7;

/// Usage of ISO reference data: what VERIFY compares. Other dialects number as they like.
pub const REFERENCE_DATA: u8 = 0x01;
/// Usage of an ISO resetting code: what RESET RETRY COUNTER compares.
pub const RESETTING_CODE: u8 = 0x02;
/// Usage of an ISO key.
pub const KEY: u8 = 0x03;
/// Flag of ISO reference data that need not be verified.
pub const VERIFICATION_DISABLED: Flags = Flags(0x01);

/// What is to be known of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeySpec {
    /// What it is for, in the applet's numbering.
    pub usage: u8,
    /// Its identifier among those of this type.
    pub id: u8,
    /// Condition for using it.
    pub usable: Access,
    /// Condition for changing it.
    pub change: Access,
    /// Version, or what the security register becomes when it is shown.
    pub version_or_follow_up: u8,
    /// What the applet wants to know further: the algorithm, as a rule.
    pub algorithm: u8,
    /// Tries left, of how many; `None`: not counted.
    pub tries: Option<Tries>,
    /// Flags.
    pub flags: Flags,
}

/// An error counter's values, 0 to 15.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tries {
    /// After a success.
    pub max: u8,
    /// Now.
    pub left: u8,
}

/// A key, as its header has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyRecord(Header);

/// A key's bytes, forgotten when they go.
pub struct KeyBytes {
    bytes: [u8; KEY_BYTES_MAX],
    length: u8,
}

impl KeyBytes {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl Drop for KeyBytes {
    fn drop(&mut self) {
        forget(&mut self.bytes);
    }
}

impl KeyRecord {
    /// The key that a block is; `None` when it is none.
    #[must_use]
    pub fn of(block: &Header) -> Option<Self> {
        (block.kind == Kind::Key).then_some(Self(*block))
    }

    /// Type.
    #[must_use]
    pub const fn usage(&self) -> u8 {
        self.0.fid().0.to_be_bytes()[0]
    }

    /// Identifier.
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.0.fid().0.to_be_bytes()[1]
    }

    /// Version, or what the security register becomes.
    #[must_use]
    pub const fn version_or_follow_up(&self) -> u8 {
        self.0.byte(4)
    }

    /// What the applet wants to know further; of a counted key the most tries stand in b4-b1.
    #[must_use]
    pub const fn algorithm(&self) -> u8 {
        self.0.own()
    }

    /// Bytes of the key.
    #[must_use]
    pub const fn key_bytes(&self) -> u8 {
        self.0.byte(LENGTH_AT)
    }

    /// Condition for using it.
    #[must_use]
    pub const fn usable(&self) -> Access {
        self.0.read()
    }

    /// Condition for changing it.
    #[must_use]
    pub const fn change(&self) -> Access {
        self.0.update()
    }

    /// Flags.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.0.flags()
    }

    /// The block it is.
    #[must_use]
    pub const fn block(&self) -> &Header {
        &self.0
    }

    /// Its counter; none when its tries are not counted.
    #[must_use]
    pub const fn counter(&self) -> Option<CounterId> {
        match self.0.byte(COUNTER_AT) {
            0 => None,
            number => Some(CounterId(number - 1)),
        }
    }

    /// Tries after a success.
    #[must_use]
    pub const fn tries_max(&self) -> u8 {
        self.0.byte(5)
    }

    /// Tries left; `None` when they are not counted.
    ///
    /// # Errors
    /// 6F00 when the applet has no such counter.
    pub fn tries_left(&self, env: &Env<'_>) -> Result<Option<u8>, Halt> {
        let counter = self.counter().map(|counter| env.counter(counter)).transpose()?;
        Ok(counter.map(|tries| tries.min(15) as u8))
    }

    /// The key's bytes.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub fn load(&self, env: &Env<'_>) -> Result<KeyBytes, Halt> {
        let bytes = env.load_array(self.0.end.saturating_sub(KEY_BYTES))?;
        Ok(KeyBytes { bytes, length: self.key_bytes().min(KEY_BYTES as u8) })
    }

    /// Takes one try, solid on return, and says how many are left then. It is taken before what is
    /// shown is looked at; [`restore`](Self::restore) gives it back.
    ///
    /// # Errors
    /// 6983 when none was left; `Torn`.
    pub fn count_try(&self, env: &mut Env<'_>) -> Result<u8, Halt> {
        let Some(counter) = self.counter() else { return Ok(15) };
        match env.counter(counter)? {
            0 => Halt::status(StatusWord::BLOCKED),
            tries => {
                env.set_counter(counter, tries - 1)?;
                Ok((tries - 1).min(15) as u8)
            }
        }
    }

    /// Sets the counter to its maximum.
    ///
    /// # Errors
    /// `Torn`.
    pub fn restore(&self, env: &mut Env<'_>) -> Outcome {
        match self.counter() {
            Some(counter) => env.set_counter(counter, u32::from(self.tries_max())),
            None => Ok(()),
        }
    }

    /// Says whether ISO reference data has to be verified, where the header lies.
    ///
    /// # Errors
    /// `Torn`.
    pub fn require(&self, env: &mut Env<'_>, required: bool) -> Outcome {
        let Flags(flags) = self.flags();
        let Flags(disabled) = VERIFICATION_DISABLED;
        let new = if required { flags & !disabled } else { flags | disabled };
        if new == flags { Ok(()) } else { env.store(self.0.at + FLAGS_AT, &[new]) }
    }

    /// Runs a check with a try taken first. Success restores the counter; without a counter nothing
    /// is counted.
    ///
    /// # Errors
    /// 6983; 63CX when `right` says no, X tries left; `Torn`.
    pub fn attempt(
        &self,
        env: &mut Env<'_>,
        right: impl FnOnce(&KeyBytes) -> bool,
    ) -> Result<(), Halt> {
        let left = self.count_try(env)?;
        let key = self.load(env)?;
        if !right(&key) {
            return Halt::status(StatusWord::tries_left(left));
        }
        self.restore(env)
    }

    /// As [`attempt`](Self::attempt), for a PIN.
    ///
    /// # Errors
    /// As there.
    pub fn present(&self, env: &mut Env<'_>, candidate: &[u8]) -> Result<(), Halt> {
        self.attempt(env, |reference| equal_in_constant_time(candidate, reference.as_slice()))
    }

    /// Puts other bytes of the same or another length in place, everything else as it was but the
    /// tries left.
    ///
    /// # Errors
    /// As [`replace`].
    pub fn set_bytes(
        &self,
        env: &mut Env<'_>,
        counters: Range<u8>,
        bytes: &[u8],
        tries_left: u8,
    ) -> Outcome {
        let max = self.tries_max();
        let tries = self.counter().map(|_| Tries { max, left: tries_left });
        let spec = KeySpec { tries, ..self.spec() };
        replace(env, counters, self, &spec, bytes).map(drop)
    }

    /// What is to be known of it, its tries uncounted.
    #[must_use]
    pub const fn spec(&self) -> KeySpec {
        KeySpec {
            usage: self.usage(),
            id: self.id(),
            usable: self.usable(),
            change: self.change(),
            version_or_follow_up: self.version_or_follow_up(),
            algorithm: self.algorithm(),
            tries: None,
            flags: self.flags(),
        }
    }
}

/// The key of a DF, its header at `df`, with this type and identifier.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn find(env: &Env<'_>, df: u32, usage: u8, id: u8) -> Result<Option<KeyRecord>, Halt> {
    find_by(env, df, |key| key.usage() == usage && key.id() == id)
}

/// The first key of a DF that fits, in the order in which they lie.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn find_by(
    env: &Env<'_>,
    df: u32,
    mut fits: impl FnMut(&KeyRecord) -> bool,
) -> Result<Option<KeyRecord>, Halt> {
    let block = find_block(env, df, |block| block.kind == Kind::Key && fits(&KeyRecord(*block)))?;
    Ok(block.map(KeyRecord))
}

/// Adds a key to a DF. `counters` are those of the applet's counters that keys may have.
///
/// # Errors
/// 6A80 on a length that no key has; 6A84 when the segment is full, or but one counter is spare;
/// `Torn`: it is there or not.
pub fn add(
    env: &mut Env<'_>,
    counters: Range<u8>,
    df: DfId,
    spec: &KeySpec,
    bytes: &[u8],
) -> Result<KeyRecord, Halt> {
    let padded = padded(bytes)?;
    sweep(env)?;
    let counter = match spec.tries {
        // One stays spare, so that a key can always be replaced.
        Some(_) => Some(spare(env, counters, 2)?),
        None => None,
    };
    let parent = Parent::load(env, df_at(df))?;
    let place = find_place(env, parent.end, block_bytes)?;
    let header = header(spec, place.at, place.end, parent.named, bytes.len(), counter);
    set_tries(env, counter, spec)?;
    place.claim(env)?;
    env.atomically(|env| {
        env.store_secret(place.end.saturating_sub(KEY_BYTES), padded.as_array())?;
        place.link(env, &header)
    })?;
    Ok(KeyRecord(header))
}

/// Puts another key in a key's place.
///
/// # Errors
/// 6A80 on a length that no key has; 6A84 when no counter is spare; `Torn`: it is the old or the
/// new one, with its own tries.
pub fn replace(
    env: &mut Env<'_>,
    counters: Range<u8>,
    key: &KeyRecord,
    spec: &KeySpec,
    bytes: &[u8],
) -> Result<KeyRecord, Halt> {
    let padded = padded(bytes)?;
    let counter = match spec.tries {
        Some(_) => Some(spare(env, counters, 1)?),
        None => None,
    };
    let old = &key.0;
    let header = header(spec, old.at, old.end, old.parent_named(), bytes.len(), counter);
    set_tries(env, counter, spec)?;
    env.atomically(|env| {
        env.store_secret(old.end.saturating_sub(KEY_BYTES), padded.as_array())?;
        env.store(old.at, header.bytes())
    })?;
    Ok(KeyRecord(header))
}

/// Bytes of a key that begins at an offset: its bytes are a multiple of their own number away from
/// the segment's start, so that no unit holds anything else.
const fn block_bytes(at: u32) -> u32 {
    let secret = (at + HEADER_BYTES).div_ceil(KEY_BYTES) * KEY_BYTES;
    secret + KEY_BYTES - at
}

/// A key's bytes with zeros behind them.
struct Padded(KeyBytes);

impl Padded {
    fn as_array(&self) -> &[u8; KEY_BYTES_MAX] {
        &self.0.bytes
    }
}

fn padded(bytes: &[u8]) -> Result<Padded, Halt> {
    let mut padded = KeyBytes { bytes: [0; KEY_BYTES_MAX], length: bytes.len() as u8 };
    match padded.bytes.get_mut(..bytes.len()) {
        Some(place) if !bytes.is_empty() => place.copy_from_slice(bytes),
        _ => return Halt::status(StatusWord::WRONG_DATA),
    }
    Ok(Padded(padded))
}

fn header(
    spec: &KeySpec,
    at: u32,
    end: u32,
    parent: u32,
    key_bytes: usize,
    counter: Option<CounterId>,
) -> Header {
    let counter = counter.map_or(0, |counter| counter.0 + 1);
    Header::new(&Fields {
        at,
        kind: Kind::Key,
        marked: false,
        life_cycle: LifeCycle::ACTIVATED,
        fid: tessera_framework::FileId(u16::from_be_bytes([spec.usage, spec.id])),
        // The header's plain bytes 4 to 7 mean something else in a key.
        sfi: None,
        record_bytes: u16::from_be_bytes([key_bytes as u8, counter]),
        records_max: spec.tries.map_or(0, |tries| tries.max),
        read: spec.usable,
        update: spec.change,
        parent,
        end,
        flags: spec.flags,
        own: spec.algorithm,
    })
    .with_byte(4, spec.version_or_follow_up)
}

fn set_tries(env: &mut Env<'_>, counter: Option<CounterId>, spec: &KeySpec) -> Outcome {
    match (counter, spec.tries) {
        (Some(counter), Some(tries)) => env.set_counter(counter, u32::from(tries.left)),
        _ => Ok(()),
    }
}

/// The first counter that no key has, when there are `least` of them.
fn spare(env: &Env<'_>, counters: Range<u8>, least: usize) -> Result<CounterId, Halt> {
    let mut taken = [0_u64; 4];
    let (mut at, free) = (Header::load(env, ROOT_AT)?.end, free(env)?);
    while at < free {
        let block = Header::load(env, at)?;
        let counter = KeyRecord(block).counter().filter(|_| block.kind == Kind::Key);
        if let Some((CounterId(n), word)) =
            counter.and_then(|n| Some((n, taken.get_mut(usize::from(n.0 / 64))?)))
        {
            *word |= 1 << (n % 64);
        }
        at = block.end;
    }
    let is_spare =
        |n: &u8| taken.get(usize::from(n / 64)).is_some_and(|word| word & 1 << (n % 64) == 0);
    let mut spare = counters.filter(is_spare);
    let first = spare.next();
    match first {
        Some(first) if spare.count() + 1 >= least => Ok(CounterId(first)),
        _ => Halt::status(StatusWord::NOT_ENOUGH_MEMORY),
    }
}

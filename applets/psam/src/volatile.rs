//! What the card keeps in RAM from one command to the next, behind the session: a transaction that
//! waits for the user card's MAC2, and a temporary key.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | what waits: 00 nothing, else [`Form`] |
//! | 1 | 8 | its session key |
//! | 9 | 12 | what MAC2 is made of, 00 beyond |
//! | 21 | 8 | of a grey lock: number of the user card |
//! | 29 | 1 | of a grey lock: its type; b1 of the next byte: MAC2 was right |
//! | 31 | 1 | usage byte of the temporary key |
//! | 32 | 1 | its bytes, 0 without one |
//! | 33 | 16 | the key |
//! | 49 | 1 | 01 while a MAC is under way |
//! | 50 | 8 | its chaining value |
//!
//! Invariants: the place is overwritten when what lies there is over; copies overwrite themselves.

use tessera_cos::{cipher::Key, session::SESSION_BYTES};
use tessera_framework::{Clear, Env, Halt, StatusWord, pin::forget};

use crate::usage::Usage;

const WAITING_BYTES: usize = 31;
const TEMPORARY_BYTES: usize = 27;

/// Bytes of `OnDeselect` RAM.
pub(crate) const RAM_BYTES: u16 = SESSION_BYTES + (WAITING_BYTES + TEMPORARY_BYTES) as u16;

const WAITING_AT: usize = SESSION_BYTES as usize;
const TEMPORARY_AT: usize = WAITING_AT + WAITING_BYTES;

/// What a transaction is, which says how much MAC2 covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// PBOC purse: the amount.
    Purchase = 1,
    /// Medical settlement of social-security cards: three amounts.
    Settlement = 2,
    /// Grey lock: balance and offline number.
    GreyLock = 3,
}

impl Form {
    const fn covered_bytes(self) -> usize {
        match self {
            Self::Purchase => 4,
            Self::Settlement => 12,
            Self::GreyLock => 6,
        }
    }
}

/// A transaction that waits.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) form: Form,
    session_key: [u8; 8],
    covered: [u8; 12],
    /// Of a grey lock.
    pub(crate) card_number: [u8; 8],
    /// Of a grey lock.
    pub(crate) type_byte: u8,
    /// Of a grey lock: the card has said that it is locked.
    pub(crate) confirmed: bool,
}

impl Waiting {
    /// One whose MAC2 covers these bytes; `None` when they are not what the form has.
    pub(crate) fn new(form: Form, session_key: &Key, covered: &[u8]) -> Option<Self> {
        let mut waiting = Self {
            form,
            session_key: *session_key.as_slice().first_chunk()?,
            covered: [0; 12],
            card_number: [0; 8],
            type_byte: 0,
            confirmed: false,
        };
        if covered.len() != form.covered_bytes() {
            return None;
        }
        waiting.covered.get_mut(..covered.len())?.copy_from_slice(covered);
        Some(waiting)
    }

    pub(crate) fn session_key(&self) -> Key {
        Key::single_des(self.session_key)
    }

    /// What MAC2 is made of.
    pub(crate) fn covered(&self) -> &[u8] {
        self.covered.get(..self.form.covered_bytes()).unwrap_or_default()
    }

    pub(crate) fn load(env: &Env<'_>) -> Result<Option<Self>, Halt> {
        let place = read::<WAITING_BYTES>(env, WAITING_AT)?;
        let form = match place[0] {
            1 => Form::Purchase,
            2 => Form::Settlement,
            3 => Form::GreyLock,
            _ => return Ok(None),
        };
        Ok(Some(Self {
            form,
            session_key: core::array::from_fn(|at| place[1 + at]),
            covered: core::array::from_fn(|at| place[9 + at]),
            card_number: core::array::from_fn(|at| place[21 + at]),
            type_byte: place[29],
            confirmed: place[30] != 0,
        }))
    }

    pub(crate) fn keep(&self, env: &mut Env<'_>) -> Result<(), Halt> {
        let place = write::<WAITING_BYTES>(env, WAITING_AT)?;
        place[0] = self.form as u8;
        place[1..9].copy_from_slice(&self.session_key);
        place[9..21].copy_from_slice(&self.covered);
        place[21..29].copy_from_slice(&self.card_number);
        place[29] = self.type_byte;
        place[30] = u8::from(self.confirmed);
        Ok(())
    }

    pub(crate) fn end(env: &mut Env<'_>) -> Result<(), Halt> {
        write::<WAITING_BYTES>(env, WAITING_AT).map(|place| forget(place))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        forget(&mut self.session_key);
    }
}

/// The temporary key.
pub(crate) struct Temporary {
    pub(crate) usage: Usage,
    pub(crate) key: Key,
    /// Chaining value of a MAC under way.
    pub(crate) chain: Option<[u8; 8]>,
}

impl Temporary {
    pub(crate) fn load(env: &Env<'_>) -> Result<Option<Self>, Halt> {
        let mut place = read::<TEMPORARY_BYTES>(env, TEMPORARY_AT)?;
        let key = place.get(2..2 + usize::from(place[1])).and_then(Key::des);
        let chain = (place[18] != 0).then(|| core::array::from_fn(|at| place[19 + at]));
        let usage = Usage(place[0]);
        forget(&mut place);
        Ok(key.map(|key| Self { usage, key, chain }))
    }

    pub(crate) fn keep(&self, env: &mut Env<'_>) -> Result<(), Halt> {
        let place = write::<TEMPORARY_BYTES>(env, TEMPORARY_AT)?;
        let bytes = self.key.as_slice();
        place[0] = self.usage.0;
        place[1] = bytes.len() as u8;
        for (to, from) in place[2..18].iter_mut().zip(bytes) {
            *to = *from;
        }
        place[18] = u8::from(self.chain.is_some());
        place[19..].copy_from_slice(&self.chain.unwrap_or_default());
        Ok(())
    }

    pub(crate) fn end(env: &mut Env<'_>) -> Result<(), Halt> {
        write::<TEMPORARY_BYTES>(env, TEMPORARY_AT).map(|place| forget(place))
    }
}

/// Ends all of it.
///
/// # Errors
/// 6F00 when the applet's descriptor asks for too little RAM.
pub(crate) fn end_all(env: &mut Env<'_>) -> Result<(), Halt> {
    Waiting::end(env)?;
    Temporary::end(env)
}

fn read<const N: usize>(env: &Env<'_>, at: usize) -> Result<[u8; N], Halt> {
    let place = env.ram(Clear::OnDeselect).get(at..).and_then(|ram| ram.first_chunk());
    place.copied().ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

fn write<'e, const N: usize>(env: &'e mut Env<'_>, at: usize) -> Result<&'e mut [u8; N], Halt> {
    let place = env.ram_mut(Clear::OnDeselect).get_mut(at..).and_then(|ram| ram.first_chunk_mut());
    place.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

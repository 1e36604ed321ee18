//! What the card keeps in RAM from one command to the next, behind the session: a transaction that
//! waits for the user card's MAC2, and a temporary key.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | what waits: 00 nothing, else [`Form`] |
//! | 1 | 17 | its session key: cipher (0 none, 1 DES, 2 triple DES, 3 SM4), then its bytes |
//! | 18 | 16 | what MAC2 is made of, 00 beyond |
//! | 34 | 8 | of a grey lock: number of the user card |
//! | 42 | 1 | of a grey lock: its type; b1 of the next byte: MAC2 was right |
//! | 44 | 8 | of a grey lock that was debited: the amount 4, GMAC 4; the session key is gone |
//! | 52 | 1 | usage byte of the temporary key |
//! | 53 | 17 | the key, as above |
//! | 70 | 1 | 01 while a MAC is under way |
//! | 71 | 16 | its chaining value, as long as a block |
//!
//! Invariants: the place is overwritten when what lies there is over; copies overwrite themselves.

use tessera_cos::{
    cipher::{Algorithm, Key},
    session::SESSION_BYTES,
};
use tessera_framework::{Clear, Env, Halt, StatusWord, pin::forget};

use crate::usage::Usage;

const COVERED_BYTES: usize = 16;
const WAITING_BYTES: usize = 52;
const TEMPORARY_BYTES: usize = 35;

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
    /// Grey lock, its GMAC given: there is no MAC2 to come.
    Debited = 4,
    /// Settlement with the ledger of a medical account: four amounts.
    Ledger = 5,
}

impl Form {
    /// Bytes of the amounts that MAC1 and MAC2 cover, of a grey lock of all that MAC2 does.
    pub(crate) const fn covered_bytes(self) -> usize {
        match self {
            Self::Purchase => 4,
            Self::Settlement => 12,
            Self::Ledger => 16,
            Self::GreyLock | Self::Debited => 6,
        }
    }
}

/// A transaction that waits.
pub(crate) struct Waiting {
    pub(crate) form: Form,
    /// None when it is gone.
    session_key: Option<Key>,
    covered: [u8; COVERED_BYTES],
    /// Of a grey lock.
    pub(crate) card_number: [u8; 8],
    /// Of a grey lock.
    pub(crate) type_byte: u8,
    /// Of a grey lock: the card has said that it is locked.
    pub(crate) confirmed: bool,
    /// Of a grey lock that was debited.
    pub(crate) amount: [u8; 4],
    /// Of a grey lock that was debited.
    pub(crate) gmac: [u8; 4],
}

impl Waiting {
    /// One whose MAC2 covers these bytes; `None` when they are not what the form has.
    pub(crate) fn new(form: Form, session_key: &Key, covered: &[u8]) -> Option<Self> {
        let mut waiting = Self {
            form,
            session_key: Some(session_key.clone()),
            covered: [0; COVERED_BYTES],
            card_number: [0; 8],
            type_byte: 0,
            confirmed: false,
            amount: [0; 4],
            gmac: [0; 4],
        };
        if covered.len() != form.covered_bytes() {
            return None;
        }
        waiting.covered.get_mut(..covered.len())?.copy_from_slice(covered);
        Some(waiting)
    }

    /// # Errors
    /// 6F00 when it is gone.
    pub(crate) fn session_key(&self) -> Result<&Key, Halt> {
        self.session_key.as_ref().ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
    }

    /// What MAC2 is made of.
    pub(crate) fn covered(&self) -> &[u8] {
        self.covered.get(..self.form.covered_bytes()).unwrap_or_default()
    }

    /// What is left when GMAC is given: the answer, to be given again.
    pub(crate) fn debit(&mut self, amount: [u8; 4], gmac: [u8; 4]) {
        self.form = Form::Debited;
        self.amount = amount;
        self.gmac = gmac;
        self.session_key = None;
    }

    pub(crate) fn load(env: &Env<'_>) -> Result<Option<Self>, Halt> {
        let Copied(place) = &read::<WAITING_BYTES>(env, WAITING_AT)?;
        let form = match place[0] {
            1 => Form::Purchase,
            2 => Form::Settlement,
            3 => Form::GreyLock,
            4 => Form::Debited,
            5 => Form::Ledger,
            _ => return Ok(None),
        };
        Ok(Some(Self {
            form,
            session_key: kept_key(&place[1..18]),
            covered: core::array::from_fn(|at| place[18 + at]),
            card_number: core::array::from_fn(|at| place[34 + at]),
            type_byte: place[42],
            confirmed: place[43] != 0,
            amount: core::array::from_fn(|at| place[44 + at]),
            gmac: core::array::from_fn(|at| place[48 + at]),
        }))
    }

    pub(crate) fn keep(&self, env: &mut Env<'_>) -> Result<(), Halt> {
        let place = write::<WAITING_BYTES>(env, WAITING_AT)?;
        place[0] = self.form as u8;
        keep_key(&mut place[1..18], self.session_key.as_ref());
        place[18..34].copy_from_slice(&self.covered);
        place[34..42].copy_from_slice(&self.card_number);
        place[42] = self.type_byte;
        place[43] = u8::from(self.confirmed);
        place[44..48].copy_from_slice(&self.amount);
        place[48..].copy_from_slice(&self.gmac);
        Ok(())
    }

    pub(crate) fn end(env: &mut Env<'_>) -> Result<(), Halt> {
        write::<WAITING_BYTES>(env, WAITING_AT).map(|place| forget(place))
    }
}

/// Puts a key in its place, or nothing.
fn keep_key(place: &mut [u8], key: Option<&Key>) {
    forget(place);
    let (Some(key), Some((cipher, bytes))) = (key, place.split_first_mut()) else { return };
    *cipher = match key.algorithm() {
        Algorithm::Des => 1,
        Algorithm::TripleDes => 2,
        Algorithm::Sm4 => 3,
        // No key of this card.
        Algorithm::Aes => 0,
    };
    for (to, from) in bytes.iter_mut().zip(key.as_slice()) {
        *to = *from;
    }
}

/// The key in such a place.
fn kept_key(place: &[u8]) -> Option<Key> {
    let (cipher, bytes) = place.split_first()?;
    match cipher {
        1 => Key::new(Algorithm::Des, bytes.get(..8)?),
        2 => Key::new(Algorithm::TripleDes, bytes),
        3 => Key::new(Algorithm::Sm4, bytes),
        _ => None,
    }
}

/// Chaining value of a MAC under way, 00 beyond a short block.
pub(crate) struct Chain(pub(crate) [u8; 16]);

impl Drop for Chain {
    fn drop(&mut self) {
        forget(&mut self.0);
    }
}

/// The temporary key.
pub(crate) struct Temporary {
    pub(crate) usage: Usage,
    pub(crate) key: Key,
    pub(crate) chain: Option<Chain>,
}

impl Temporary {
    pub(crate) fn load(env: &Env<'_>) -> Result<Option<Self>, Halt> {
        let Copied(place) = &read::<TEMPORARY_BYTES>(env, TEMPORARY_AT)?;
        let key = kept_key(&place[1..18]);
        let chain = (place[18] != 0).then(|| Chain(core::array::from_fn(|at| place[19 + at])));
        Ok(key.map(|key| Self { usage: Usage(place[0]), key, chain }))
    }

    pub(crate) fn keep(&self, env: &mut Env<'_>) -> Result<(), Halt> {
        let place = write::<TEMPORARY_BYTES>(env, TEMPORARY_AT)?;
        place[0] = self.usage.0;
        keep_key(&mut place[1..18], Some(&self.key));
        place[18] = u8::from(self.chain.is_some());
        match &self.chain {
            Some(Chain(value)) => place[19..].copy_from_slice(value),
            None => forget(&mut place[19..]),
        }
        Ok(())
    }

    /// Ends the MAC under way in RAM, not in values that are loaded.
    pub(crate) fn end_chain(env: &mut Env<'_>) -> Result<(), Halt> {
        write::<TEMPORARY_BYTES>(env, TEMPORARY_AT).map(|place| forget(&mut place[18..]))
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

/// A copy of the place, which overwrites itself.
struct Copied<const N: usize>([u8; N]);

impl<const N: usize> Drop for Copied<N> {
    fn drop(&mut self) {
        forget(&mut self.0);
    }
}

fn read<const N: usize>(env: &Env<'_>, at: usize) -> Result<Copied<N>, Halt> {
    let place = env.ram(Clear::OnDeselect).get(at..).and_then(|ram| ram.first_chunk());
    place.map(|place| Copied(*place)).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

fn write<'e, const N: usize>(env: &'e mut Env<'_>, at: usize) -> Result<&'e mut [u8; N], Halt> {
    let place = env.ram_mut(Clear::OnDeselect).get_mut(at..).and_then(|ram| ram.first_chunk_mut());
    place.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

// What carries a secret overwrites it when it goes.
const _: () = {
    use core::mem::needs_drop;
    assert!(needs_drop::<Key>() && needs_drop::<Chain>() && needs_drop::<Copied<1>>());
};

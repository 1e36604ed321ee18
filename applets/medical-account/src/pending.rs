//! The pending transaction: what is between INITIALIZE and its COMMIT.
//!
//! [`PENDING_BYTES`] bytes of `clear_on_reset` RAM, one place for all logical channels:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | 32 settlement, 31 credit, 33 reversal, 00 when nothing is pending |
//! | 1 | 1 | index of the key |
//! | 2 | 16 | A, S, P, D; of a credit its amount is A |
//! | 18 | 1 | class; kind of a reversal |
//! | 19 | 1 | flags |
//! | 20 | 1 | mode |
//! | 21 | 6 | terminal |
//! | 27 | 4 | number of the authority, 0 of a settlement |
//! | 31 | 4 | sequence of the entry to be reversed, else 0 |
//! | 35 | 4 | random number |
//!
//! Invariants: it is taken out of RAM before the next command is looked at, whichever that is and
//! on whatever logical channel; so the state at COMMIT is that of INITIALIZE, but for the tries of
//! wrong MACs.

use core::ops::Range;

use tessera_framework::{Clear, Env, Halt, Outcome, StatusWord, pin::forget};

use crate::{
    amounts::{AMOUNTS_BYTES, Amounts},
    command::{Credit, Four, Opening, Reversing, Settlement},
    entry::Kind,
};

/// Bytes of RAM of a pending transaction.
pub(crate) const PENDING_BYTES: u16 = 39;

/// Behind the bytes in which sessions count deletions, which stay zero here.
const PLACE: Range<usize> = tessera_cos::session::EPOCH_BYTES as usize
    ..(tessera_cos::session::EPOCH_BYTES + PENDING_BYTES) as usize;

/// A transaction that INITIALIZE has begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pending {
    pub(crate) opening: Opening,
    pub(crate) random: Four,
}

impl Pending {
    /// Takes it out of RAM.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(crate) fn take(env: &mut Env<'_>) -> Result<Option<Self>, Halt> {
        let place = place(env)?;
        if place[0] == 0 {
            return Ok(None);
        }
        let pending = Self::decode(place);
        forget(place);
        Ok(pending)
    }

    /// Puts it into RAM.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(crate) fn keep(&self, env: &mut Env<'_>) -> Outcome {
        let place = place(env)?;
        let Fields { kind, index, amounts, bytes, terminal, number, reference } = self.fields();
        place[0..2].copy_from_slice(&[kind as u8, index]);
        place[2..18].copy_from_slice(&amounts.encode());
        place[18..21].copy_from_slice(&bytes);
        place[21..27].copy_from_slice(&terminal);
        place[27..31].copy_from_slice(&number.to_be_bytes());
        place[31..35].copy_from_slice(&reference.to_be_bytes());
        place[35..39].copy_from_slice(&self.random);
        Ok(())
    }

    fn fields(&self) -> Fields {
        match self.opening {
            Opening::Settlement(Settlement { mode, index, amounts, class, flags, terminal }) => {
                let (bytes, kind) = ([class, flags, mode], Kind::Settlement);
                Fields { kind, index, amounts, bytes, terminal, number: 0, reference: 0 }
            }
            Opening::Credit(Credit { index, amount, terminal, authority_number: number }) => {
                let (amounts, kind) = (Amounts::of_account(amount), Kind::Credit);
                Fields { kind, index, amounts, bytes: [0; 3], terminal, number, reference: 0 }
            }
            Opening::Reversal(Reversing { kind, index, reference, amounts, terminal, .. }) => {
                let number = self.authority_number();
                let bytes = [kind, 0, 0];
                let kind = Kind::Reversal;
                Fields { kind, index, amounts, bytes, terminal, number, reference }
            }
        }
    }

    const fn authority_number(&self) -> u32 {
        match self.opening {
            Opening::Settlement(_) => 0,
            Opening::Credit(Credit { authority_number, .. })
            | Opening::Reversal(Reversing { authority_number, .. }) => authority_number,
        }
    }

    fn decode(place: &[u8; PENDING_BYTES as usize]) -> Option<Self> {
        let four = |at: usize| [place[at], place[at + 1], place[at + 2], place[at + 3]];
        let number = |at: usize| u32::from_be_bytes(four(at));
        let (_, amounts) = place.split_at(2);
        let amounts = Amounts::decode(amounts.first_chunk::<AMOUNTS_BYTES>()?);
        let terminal = core::array::from_fn(|at| place[21 + at]);
        let [_, index, ..] = *place;
        let (authority_number, reference) = (number(27), number(31));
        let opening = match place[0] {
            0x32 => {
                let [class, flags, mode] = [place[18], place[19], place[20]];
                Opening::Settlement(Settlement { mode, index, amounts, class, flags, terminal })
            }
            0x31 => {
                let amount = amounts.account;
                Opening::Credit(Credit { index, amount, terminal, authority_number })
            }
            0x33 => Opening::Reversal(Reversing {
                kind: place[18],
                index,
                reference,
                amounts,
                terminal,
                authority_number,
            }),
            _ => return None,
        };
        Some(Self { opening, random: four(35) })
    }
}

/// A pending transaction as it lies in RAM.
struct Fields {
    kind: Kind,
    index: u8,
    amounts: Amounts,
    /// Class, flags, mode.
    bytes: [u8; 3],
    terminal: [u8; 6],
    number: u32,
    reference: u32,
}

/// Forgets a pending transaction, as every command but its COMMIT does.
pub(crate) fn forget_pending(env: &mut Env<'_>) {
    if let Ok(place) = place(env)
        && place[0] != 0
    {
        forget(place);
    }
}

/// The place in RAM.
fn place<'e>(env: &'e mut Env<'_>) -> Result<&'e mut [u8; PENDING_BYTES as usize], Halt> {
    let ram = env.ram_mut(Clear::OnReset).get_mut(PLACE);
    ram.and_then(|ram| ram.try_into().ok()).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

//! The grey lock of fuel cards (灰锁): E0 40, E0 42, E0 44.
//!
//! | command | data | answer |
//! |---|---|---|
//! | E0 40 | random 4, offline number 2, balance 4, type 91/92, date 4, time 3, key version 1, algorithm 1, card number 8 | number 4, random 4, MAC1 4 |
//! | E0 42 | MAC2 of GREY LOCK | |
//! | E0 44 | type 93/94, card number 8, offline number 2, amount 4 | GMAC 4 |
//!
//! One published source has the layouts. The user card's key comes from a purchase key of one level
//! by the card number; the temporary key is that of a purchase, the session key single DES
//! of the terminal's random number and 80000000 under it. MAC1 covers type, terminal identifier,
//! date and time, MAC2 balance and offline number, GMAC the amount.
//!
//! Own choices: the lock is kept in RAM, as a purchase that waits, and one of them at a time; GMAC
//! is given for one amount, after MAC2 was right, for the card, the offline number and the kind (91
//! then 93, 92 then 94) of that lock. The same command gets the same GMAC again until the lock is
//! over, for an answer can be lost; another amount is refused.

use tessera_cos::{
    basic::Turn,
    cipher::{Mac, session_key},
};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    derive,
    number::{self, Number},
    purchase::{self, Ciphers},
    volatile::{self, Form, Waiting},
};

/// Types of GREY LOCK, of the deposit and of the purse; those of DEBIT FOR UNLOCK are two higher.
const TYPES: [u8; 2] = [0x91, 0x92];

/// E0 40: the terminal's side of GREY LOCK.
///
/// # Errors
/// 6A86; 6700 also when the key has not one level; 6A80 on another type or a reserved algorithm;
/// 9403; 6982; 6A82, 6981; 9402; `Torn`.
pub(crate) fn initialize(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    volatile::end_all(env)?;
    turn.expect_p1p2(0)?;
    let Ok(data) = <&[u8; 0x1C]>::try_from(turn.command.data) else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let [r0, r1, r2, r3, n0, n1, b0, b1, b2, b3, type_byte, rest @ ..] = data;
    let [when @ .., version, algorithm, _, _, _, _, _, _, _, _] = rest;
    let Some(card_number) = data.last_chunk::<8>() else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    if !TYPES.contains(type_byte) || Ciphers::of(*algorithm) != Some(Ciphers::Des) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let key = derive::purchase_key(env, turn, *version, Ciphers::Des, card_number)?;
    let terminal = number::terminal(env)?;
    let number = Number::next(env, turn)?;
    let temporary =
        purchase::transaction_key(&key, &[*r0, *r1, *r2, *r3, *n0, *n1], number.bytes())?;
    let mut random = [0; 4];
    env.challenge(&mut random);
    let [t0, t1, t2, t3] = random;
    let damaged = Halt::Status(StatusWord::NO_DIAGNOSIS);
    let session = session_key(&temporary, &[t0, t1, t2, t3, 0x80, 0, 0, 0]).ok_or(damaged)?;
    let mac1 = Mac::cbc(&session).of(&[], &[&[*type_byte], &terminal, when]);
    let covered = [*b0, *b1, *b2, *b3, *n0, *n1];
    let mut waiting = Waiting::new(Form::GreyLock, &session, &covered).ok_or(damaged)?;
    waiting.card_number = *card_number;
    waiting.type_byte = *type_byte;
    number.spend(env)?;
    waiting.keep(env)?;
    reply.push(&number.bytes())?;
    reply.push(&random)?;
    reply.push(&mac1.four())
}

/// E0 42: whether the user card is locked.
///
/// # Errors
/// 6A86; as [`purchase::check_mac2`].
pub(crate) fn check(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.expect_p1p2(0)?;
    let mut waiting = purchase::check_mac2(env, turn, |form| form == Form::GreyLock)?;
    waiting.confirmed = true;
    waiting.keep(env)
}

/// E0 44: GMAC for the amount that was delivered.
///
/// # Errors
/// 6A86; 6700; 6901 unless a lock was made and confirmed; 6985 when it is another one, or its
/// GMAC was given for another amount.
pub(crate) fn debit(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    turn.expect_p1p2(0)?;
    let Ok(data) = <&[u8; 0x0F]>::try_from(turn.command.data) else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let [type_byte, card_number @ .., n0, n1, a0, a1, a2, a3] = data;
    let waiting = Waiting::load(env)?.filter(|waiting| waiting.confirmed);
    let mut waiting = waiting.ok_or(Halt::Status(StatusWord::INVALID_STATE))?;
    let amount = [*a0, *a1, *a2, *a3];
    let is_debited = waiting.form == Form::Debited;
    let is_this = (!is_debited || waiting.amount == amount)
        && waiting.card_number == *card_number
        && waiting.covered().ends_with(&[*n0, *n1])
        && waiting.type_byte + 2 == *type_byte;
    if !is_this {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    if !is_debited {
        let gmac = Mac::cbc(waiting.session_key()?).of(&[], &[&amount]).four();
        waiting.debit(amount, gmac);
        waiting.keep(env)?;
    }
    reply.push(&waiting.gmac)
}

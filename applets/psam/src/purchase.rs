//! INIT SAM FOR PURCHASE (80 70) and CREDIT SAM FOR PURCHASE (80 72).
//!
//! | P1 | data in front of the factors | MAC2 covers |
//! |---|---|---|
//! | 00 | random 4, offline number 2, amount 4, type 1, date 4, time 3, key version 1, algorithm 1 | the amount |
//! | 01 | the same with account 4, self-pay 4, fund 4 in place of the amount | the three |
//!
//! P1 01 is the settlement of social-security cards. The type byte is not looked at: whatever the
//! user card was told. The session key is E(derived key, random, offline number, last two bytes of
//! the terminal's transaction number), MAC1 covers amounts, type, terminal identifier, date and
//! time; both MACs single DES, initial value zero, padding always.

use tessera_cos::{
    basic::Turn,
    cipher::{Key, Mac, session_key},
};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    block, derive,
    number::{self, Number},
    volatile::{self, Form, Waiting},
};

/// Triple DES and DES; others are reserved. The length of the key decides, as on the user card.
pub(crate) const ALGORITHMS: [u8; 2] = [0x00, 0x01];

/// A wrong MAC2 of a settlement, however many tries are left: 63CF.
const SETTLEMENT_MAC_WRONG: StatusWord = StatusWord::tries_left(15);

/// The data field of INIT SAM FOR PURCHASE.
struct Opening<'c> {
    random_and_number: &'c [u8; 6],
    amounts: &'c [u8],
    type_byte: u8,
    when: &'c [u8; 7],
    version: u8,
    factors: &'c [u8],
}

impl<'c> Opening<'c> {
    /// # Errors
    /// 6700; 6A80 on a reserved algorithm.
    fn read(form: Form, data: &'c [u8]) -> Result<Self, Halt> {
        let amounts_bytes = if form == Form::Settlement { 12 } else { 4 };
        let parts = || {
            let (random_and_number, rest) = data.split_first_chunk()?;
            let (amounts, rest) = rest.split_at_checked(amounts_bytes)?;
            let (&[type_byte], rest) = rest.split_first_chunk()?;
            let (when, rest) = rest.split_first_chunk()?;
            let (&[version, algorithm], factors) = rest.split_first_chunk()?;
            let whole = factors.len().is_multiple_of(derive::FACTOR_BYTES);
            let opening = Self { random_and_number, amounts, type_byte, when, version, factors };
            whole.then_some((opening, algorithm))
        };
        match parts() {
            None => Halt::status(StatusWord::WRONG_LENGTH),
            Some((_, algorithm)) if !ALGORITHMS.contains(&algorithm) => {
                Halt::status(StatusWord::WRONG_DATA)
            }
            Some((opening, _)) => Ok(opening),
        }
    }
}

/// INIT SAM FOR PURCHASE: the terminal's transaction number, which is spent by that, and MAC1.
///
/// # Errors
/// 6A86; 6700 also when there are not as many factors as the key has levels; 6A80; 9403; 6982;
/// 6A82, 6981 without the files; 9402; `Torn`: the number is spent or not, and nothing was said.
pub(crate) fn initialize(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    volatile::end_all(env)?;
    let form = match turn.command.p1p2() {
        0x0000 => Form::Purchase,
        0x0100 => Form::Settlement,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    let opening = Opening::read(form, turn.command.data)?;
    let key = derive::purchase_key(env, turn, opening.version, opening.factors)?;
    let terminal = number::terminal(env)?;
    let number = Number::next(env, turn)?;
    let session = transaction_key(&key, opening.random_and_number, number.bytes())?;
    let pieces = [opening.amounts, &[opening.type_byte], &terminal, opening.when];
    let mac1 = Mac::cbc(&session).of(&[], &pieces);
    let waiting = Waiting::new(form, &session, opening.amounts);
    let waiting = waiting.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
    number.spend(env)?;
    waiting.keep(env)?;
    reply.push(&number.bytes())?;
    reply.push(&mac1.four())
}

/// The key of a purchase: one block under the user card's key.
///
/// # Errors
/// None that a DES key could bring.
pub(crate) fn transaction_key(
    key: &Key,
    random_and_number: &[u8; 6],
    [_, _, high, low]: [u8; 4],
) -> Result<Key, Halt> {
    let [r0, r1, r2, r3, n0, n1] = *random_and_number;
    let session = session_key(key, &[r0, r1, r2, r3, n0, n1, high, low]);
    session.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// CREDIT SAM FOR PURCHASE: whether the user card has paid.
///
/// # Errors
/// As [`check_mac2`].
pub(crate) fn credit(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    let waiting = check_mac2(env, turn, |form| matches!(form, Form::Purchase | Form::Settlement))?;
    drop(waiting);
    Waiting::end(env)
}

/// Compares MAC2 of the transaction that waits, with a try of the application taken first. The
/// transaction goes on to wait when it is wrong: the terminal may have the right one from the
/// card's proof.
///
/// # Errors
/// 6A86; 6700; 6901 when no such transaction waits; 9302, of a settlement 63CF; 9303
/// when that was the last try; `Torn`.
pub(crate) fn check_mac2(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    fits: impl FnOnce(Form) -> bool,
) -> Result<Waiting, Halt> {
    turn.expect_p1p2(0)?;
    turn.expect_lc(4..=4)?;
    let waiting = Waiting::load(env)?.filter(|waiting| fits(waiting.form));
    let waiting = waiting.ok_or(Halt::Status(StatusWord::INVALID_STATE))?;
    let tries = block::Mac2Tries::of(&turn.df(env)?);
    let left = tries.take(env)?;
    let mac2 = Mac::cbc(&waiting.session_key()).of(&[], &[waiting.covered()]);
    if mac2.is(turn.command.data) {
        return tries.restore(env).map(|()| waiting);
    }
    match left {
        0 => {
            volatile::end_all(env)?;
            Halt::status(StatusWord::APPLICATION_LOCKED)
        }
        _ if waiting.form == Form::Settlement => Halt::status(SETTLEMENT_MAC_WRONG),
        _ => Halt::status(StatusWord::MAC_WRONG),
    }
}

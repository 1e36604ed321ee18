//! A settlement: INITIALIZE FOR PURCHASE and DEBIT FOR PURCHASE.
//!
//! The session key is E(DPK, random, off-line counter, last two bytes of the terminal's counter).
//! MAC1 covers the three amounts, 32, terminal and time, MAC2 the amounts, TAC the amounts, 32,
//! terminal, the terminal's counter and time.

use tessera_cos::Header;
use tessera_framework::{Env, Halt, Outcome, Reply};

use super::{
    amounts::{self, Account},
    command::{Closing, Opening},
    cryptogram::{Keys, SETTLEMENT},
    pending::Pending,
    solid,
};

/// INITIALIZE FOR PURCHASE.
///
/// # Errors
/// 9403; 9401; 9402.
pub(super) fn initialize(
    env: &mut Env<'_>,
    df: &Header,
    opening: &Opening,
    reply: &mut Reply<'_>,
) -> Outcome {
    let Account { amounts, .. } = Account::open(env, df)?;
    let keys = Keys::purchase(env, df, opening.index)?;
    amounts.less(opening.sum.account)?;
    amounts::next(amounts.offline)?;
    let mut random = [0; 4];
    env.challenge(&mut random);
    Pending::new(SETTLEMENT, opening, random, &amounts).keep(env)?;
    reply.push(&amounts.balance.to_be_bytes())?;
    reply.push(&amounts.self_pay.to_be_bytes())?;
    reply.push(&amounts.fund.to_be_bytes())?;
    reply.push(&amounts.year.to_be_bytes())?;
    reply.push(&amounts.offline.to_be_bytes())?;
    reply.push(&[opening.index, keys.algorithm()])?;
    reply.push(&random)
}

/// DEBIT FOR PURCHASE. The answer is written before anything is stored.
///
/// # Errors
/// 6985; 6A81, 9303; 9302; 6A80; 9402; `Torn`.
pub(super) fn debit(
    env: &mut Env<'_>,
    df: &Header,
    pending: Option<Pending>,
    closing: &Closing,
    reply: &mut Reply<'_>,
) -> Outcome {
    let account = Account::open(env, df)?;
    let before = &account.amounts;
    let Pending { opening, random, .. } = Pending::resumed(pending, SETTLEMENT, before)?;
    let keys = Keys::purchase(env, df, opening.index)?;
    let Closing { counter, time, mac } = closing;
    let [_, _, end @ ..] = *counter;
    let session = keys.session(env, random, before.offline, end)?;
    let (sum, type_byte) = (opening.sum.bytes(), [SETTLEMENT]);
    let mac1 = session.of(&[], &[&sum, &type_byte, &opening.terminal, &time.0]);
    let counted = solid::check_mac(env, df, &mac1, *mac)?;
    let right = || -> Result<_, Halt> {
        let time = time.checked()?;
        Ok((before.settled(&opening.sum, time)?, time))
    };
    let (after, time) = match right() {
        Ok(right) => right,
        // The MAC was right, whatever it is of.
        Err(halt) => return counted.right(env).and(Err(halt)),
    };
    let pieces: [&[u8]; 5] = [&sum, &type_byte, &opening.terminal, counter, &time.0];
    reply.push(&keys.tac(env, &pieces)?.four())?;
    reply.push(&session.of(&[], &[&sum]).four())?;
    let entry = solid::record(before.offline, SETTLEMENT, &opening, &time);
    solid::store(env, df, &account, &after, &entry, counted)
}

//! A credit: INITIALIZE FOR LOAD and CREDIT FOR LOAD.
//!
//! The session key is E(DLK, random, on-line counter, 8000). MAC1 covers the balance, the amount,
//! 31 and the terminal (one source), MAC2 the amount, 31, terminal, date and time, TAC the new
//! balance, the counter, the amount, 31, terminal, date and time (inferred from bank cards).

use tessera_cos::Header;
use tessera_framework::{Env, Halt, Outcome, Reply};

use super::{
    amounts::Account,
    command::{Closing, Opening},
    cryptogram::{CREDIT, CREDIT_END, Keys},
    pending::Pending,
    solid,
};

/// INITIALIZE FOR LOAD.
///
/// # Errors
/// 9403; 9402.
pub(super) fn initialize(
    env: &mut Env<'_>,
    df: &Header,
    opening: &Opening,
    reply: &mut Reply<'_>,
) -> Outcome {
    let Account { amounts, .. } = Account::open(env, df)?;
    let keys = Keys::load(env, df, opening.index)?;
    amounts.credited(opening.sum.account)?;
    let mut random = [0; 4];
    env.challenge(&mut random);
    let session = keys.session(env, random, amounts.online, CREDIT_END)?;
    let balance = amounts.balance.to_be_bytes();
    let amount = opening.sum.account.to_be_bytes();
    let mac1 = session.of(&[], &[&balance, &amount, &[CREDIT], &opening.terminal]);
    Pending::new(CREDIT, opening, random, &amounts).keep(env)?;
    reply.push(&balance)?;
    reply.push(&amounts.online.to_be_bytes())?;
    reply.push(&[opening.index, keys.algorithm()])?;
    reply.push(&random)?;
    reply.push(&mac1.four())
}

/// CREDIT FOR LOAD. The answer is written before anything is stored.
///
/// # Errors
/// 6985; 6A81, 9303; 9302; 6A80; 9402; `Torn`.
pub(super) fn credit(
    env: &mut Env<'_>,
    df: &Header,
    pending: Option<Pending>,
    closing: &Closing,
    reply: &mut Reply<'_>,
) -> Outcome {
    let account = Account::open(env, df)?;
    let before = &account.amounts;
    let Pending { opening, random, .. } = Pending::resumed(pending, CREDIT, before)?;
    let keys = Keys::load(env, df, opening.index)?;
    let session = keys.session(env, random, before.online, CREDIT_END)?;
    let amount = opening.sum.account.to_be_bytes();
    let pieces: [&[u8]; 4] = [&amount, &[CREDIT], &opening.terminal, &closing.time.0];
    let counted = solid::check_mac(env, df, &session.of(&[], &pieces), closing.mac)?;
    let right = || -> Result<_, Halt> {
        let time = closing.time.checked()?;
        Ok((before.credited(opening.sum.account)?, time))
    };
    let (after, time) = match right() {
        Ok(right) => right,
        // The MAC was right, whatever it is of.
        Err(halt) => return counted.right(env).and(Err(halt)),
    };
    let (balance, number) = (after.balance.to_be_bytes(), before.online.to_be_bytes());
    let [amount, type_byte, terminal, when] = pieces;
    let tac = keys.tac(env, &[&balance, &number, amount, type_byte, terminal, when])?;
    reply.push(&tac.four())?;
    let entry = solid::record(before.online, CREDIT, &opening, &time);
    solid::store(env, df, &account, &after, &entry, counted)
}

//! DEBIT FOR PURCHASE, FOR CASH WITHDRAW and FOR CAPP PURCHASE: one command, whichever is pending.

use tessera_cos::cipher::Mac;
use tessera_framework::{Env, Outcome, Reply};

use crate::{
    Asked, capp,
    command::{Four, Request},
    complete::{Completed, Resumed, check_mac},
    cryptogram::{amount_mac, offline_session_key, offline_tac, request_mac},
    pending::Pending,
    rules::new_balance,
    transaction::Kind,
};

/// Pays; answers TAC and MAC2. What a compound purchase has cached is written with it.
///
/// # Errors
/// 6901 when none of the three is pending, 9302 when `mac` is wrong, then as [`Resumed::purse`],
/// [`capp::check`], [`Resumed::complete`] and [`capp::write`].
pub(crate) fn debit(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    (terminal_number, Request { when, mac }): (Four, &Request),
    reply: &mut Reply<'_>,
) -> Outcome {
    let resumed = Resumed::of(asked, pending, Kind::Purchase)?;
    let Pending { ref opening, random, number, .. } = resumed.pending;
    let session_key = offline_session_key(&resumed.key(env)?, random, number, terminal_number)?;
    let session = Mac::cbc(&session_key);
    let amount = opening.amount.to_be_bytes();
    check_mac(&request_mac(&session, &amount, opening, when), *mac)?;
    let purse = resumed.purse(env, asked)?;
    let balance = new_balance(purse.state.balance, Kind::Purchase, opening.amount)?;
    capp::check(env, &resumed)?;
    let terminal = (&opening.terminal, &terminal_number);
    let tac = offline_tac(&resumed.tac(env)?, opening.amount, opening.transaction, terminal, when);
    let mac = amount_mac(&session, opening.amount).four();
    reply.push(&tac)?;
    reply.push(&mac)?;
    let overdraft = purse.state.overdraft;
    let completed = Completed { balance, overdraft, amount: opening.amount, when, mac, tac };
    resumed.complete(env, asked, &purse, &completed, |env| capp::write(env, &resumed))
}

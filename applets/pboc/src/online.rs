//! Transactions with the issuer: CREDIT FOR LOAD, DEBIT FOR UNLOAD, UPDATE OVERDRAW LIMIT.

use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    command::Request,
    complete::{Completed, Resumed, check_mac},
    cryptogram::{online_certificate, request_mac},
    pending::Pending,
    rules::new_balance,
    transaction::Kind,
};

/// CREDIT FOR LOAD; answers the TAC.
///
/// # Errors
/// 6901 when no load is pending, 9302 when `mac` is wrong, then as [`Resumed::purse`] and
/// [`Resumed::complete`].
pub(crate) fn credit_for_load(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    Request { when, mac }: &Request,
    reply: &mut Reply<'_>,
) -> Outcome {
    let resumed = Resumed::of(asked, pending, Kind::Load)?;
    let Pending { ref opening, number, .. } = resumed.pending;
    let amount = opening.amount.to_be_bytes();
    check_mac(&request_mac(&resumed.session_mac()?, &amount, opening, when), *mac)?;
    let purse = resumed.purse(env, asked)?;
    let balance = new_balance(purse.state.balance, Kind::Load, opening.amount)?;
    let tac = online_certificate(&resumed.tac(env)?, (balance, number), &amount, opening, when);
    reply.push(&tac)?;
    let overdraft = purse.state.overdraft;
    let amount = opening.amount;
    let completed = Completed { balance, overdraft, amount, when, mac: [0; 4], tac };
    resumed.complete(env, asked, &purse, &completed, |_| Ok(()))
}

/// DEBIT FOR UNLOAD; answers MAC3.
///
/// # Errors
/// 6901 when no unload is pending, 9302 when `mac` is wrong, 9401, then as [`Resumed::purse`] and
/// [`Resumed::complete`].
pub(crate) fn debit_for_unload(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    Request { when, mac }: &Request,
    reply: &mut Reply<'_>,
) -> Outcome {
    let resumed = Resumed::of(asked, pending, Kind::Unload)?;
    let Pending { ref opening, number, .. } = resumed.pending;
    let amount = opening.amount.to_be_bytes();
    let session = resumed.session_mac()?;
    check_mac(&request_mac(&session, &amount, opening, when), *mac)?;
    let purse = resumed.purse(env, asked)?;
    let balance = new_balance(purse.state.balance, Kind::Unload, opening.amount)?;
    let mac = online_certificate(&session, (balance, number), &amount, opening, when);
    reply.push(&mac)?;
    let overdraft = purse.state.overdraft;
    let amount = opening.amount;
    let completed = Completed { balance, overdraft, amount, when, mac, tac: [0; 4] };
    resumed.complete(env, asked, &purse, &completed, |_| Ok(()))
}

/// UPDATE OVERDRAW LIMIT; answers the TAC.
///
/// # Errors
/// 6901 when no update is pending, 9302 when `mac` is wrong, 9401 when more of the old limit is
/// spent than the new one grants, 6985 when the balance would overflow, then as [`Resumed::purse`]
/// and [`Resumed::complete`].
pub(crate) fn update_overdraw_limit(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    (limit, Request { when, mac }): ([u8; 3], &Request),
    reply: &mut Reply<'_>,
) -> Outcome {
    let resumed = Resumed::of(asked, pending, Kind::Overdraft)?;
    let Pending { ref opening, number, .. } = resumed.pending;
    check_mac(&request_mac(&resumed.session_mac()?, &limit, opening, when), *mac)?;
    let purse = resumed.purse(env, asked)?;
    let balance = with_limit(purse.state.balance, purse.state.overdraft, limit)?;
    let tac = online_certificate(&resumed.tac(env)?, (balance, number), &limit, opening, when);
    reply.push(&tac)?;
    let completed = Completed { balance, overdraft: limit, amount: 0, when, mac: [0; 4], tac };
    resumed.complete(env, asked, &purse, &completed, |_| Ok(()))
}

/// The balance once another overdraft limit is granted.
///
/// # Errors
/// 9401, 6985.
fn with_limit(balance: u32, old: [u8; 3], new: [u8; 3]) -> Result<u32, Halt> {
    let limit = |[a, b, c]: [u8; 3]| u64::from(u32::from_be_bytes([0, a, b, c]));
    let granted = u64::from(balance) + limit(new);
    let balance =
        granted.checked_sub(limit(old)).ok_or(Halt::Status(StatusWord::BALANCE_INSUFFICIENT))?;
    u32::try_from(balance).map_err(|_| Halt::Status(StatusWord::CONDITIONS_NOT_SATISFIED))
}

//! INITIALIZE of every kind: everything is checked that can be checked before the other side has
//! shown its MAC; nothing is stored but in RAM.

use tessera_cos::cipher::Mac;
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    command::Opening,
    cryptogram::{card_key, online_mac1, online_session_key},
    pending::{Found, Pending},
    places::{Places, Wanted},
    purse::{Purse, State, next_number},
    rules::{check_lock, new_balance},
    transaction::{Kind, Numbering},
};

/// Begins a transaction and answers what the other side needs for its MAC.
///
/// # Errors
/// In this order: 6A82 no such purse, 6985 out of use, 6982 (of a load or unload 6985) use right;
/// 6A82, 6981, 6985 the log; 6982 (6985) PIN; 9403 no such key, or no TAC key; 6985 use right of a
/// key; 6985 the grey lock; 9402 number; 6985 a load would overflow the balance; 9401 the amount is
/// greater than it.
pub(crate) fn initialize(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    opening: Opening,
    reply: &mut Reply<'_>,
) -> Outcome {
    let session = &asked.turn.session;
    let transaction = opening.transaction;
    let kind = transaction.kind();
    let wanted = Wanted {
        purse: Some(transaction.purse()),
        key: Some((kind.key_type(), opening.key_id)),
        tac: kind.has_tac(),
    };
    let mut places = Places::find(env, session.df, &wanted)?;
    let refusal = transaction.security_refusal();
    let file =
        places.purse(env, transaction.purse())?.ok_or(Halt::Status(StatusWord::NOT_FOUND))?;
    let purse = Purse::open(env, asked.dialect(), session, file, refusal)?;
    let log = places.log(env, &file)?;
    if transaction.needs_pin(asked.rules) && !session.pin_shown_here() {
        return Halt::status(refusal);
    }
    let (key, tac) = places.keys(env, asked.dialect(), session, &wanted)?;
    check_lock(env, session.df, &file, kind)?;
    let [number, other_number] = purse.state.numbers(asked.rules, transaction.numbering());
    next_number(number)?;
    new_balance(purse.state.balance, kind, opening.amount)?;

    // It was looked for, and found.
    let key = key.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
    let mut random = [0; 4];
    env.challenge(&mut random);
    let found = Found {
        df: session.df,
        purse: file.at,
        log: log.map_or(0, |log| log.at),
        key: key.block().at,
        tac: tac.map_or(0, |key| key.block().at),
    };
    let mut pending =
        Pending { opening, found, random, number, other_number, cached: 0, session_key: None };
    answer_state(asked, &purse.state, &pending, reply)?;
    reply.push(&[key.version_or_follow_up(), key.algorithm()])?;
    reply.push(&random)?;
    if kind.is_online() {
        let session_key = online_session_key(&card_key(env, &key)?, random, number)?;
        reply.push(&mac1(asked, &Mac::cbc(&session_key), &purse.state, &opening))?;
        pending.session_key = Some(session_key);
    }
    pending.keep(env)
}

/// Balance, number or numbers, and the overdraft limit where the other side needs it.
fn answer_state(
    asked: &Asked<'_, '_>,
    state: &State,
    pending: &Pending,
    reply: &mut Reply<'_>,
) -> Outcome {
    reply.push(&state.balance.to_be_bytes())?;
    match pending.opening.transaction.kind() {
        Kind::Load | Kind::Unload => reply.push(&pending.number.to_be_bytes()),
        Kind::GreyUnlock => {
            reply.push(&state.number(asked.rules, Numbering::Offline).to_be_bytes())?;
            reply.push(&pending.number.to_be_bytes())
        }
        Kind::Purchase | Kind::Overdraft | Kind::GreyLock | Kind::DebitForUnlock => {
            reply.push(&pending.number.to_be_bytes())?;
            reply.push(&state.overdraft)
        }
    }
}

fn mac1(asked: &Asked<'_, '_>, session: &Mac, state: &State, opening: &Opening) -> [u8; 4] {
    let (amount, offline);
    let what: &[u8] = match opening.transaction.kind() {
        Kind::Overdraft => &state.overdraft,
        Kind::GreyUnlock => {
            offline = state.number(asked.rules, Numbering::Offline).to_be_bytes();
            &offline
        }
        _ => {
            amount = opening.amount.to_be_bytes();
            &amount
        }
    };
    online_mac1(session, state.balance, what, opening)
}

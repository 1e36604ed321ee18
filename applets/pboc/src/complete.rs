//! CREDIT FOR LOAD and DEBIT FOR PURCHASE or CASH WITHDRAW: the MAC is checked, then balance,
//! number, log record and proof become solid together or not at all.
//!
//! The answer is written before anything is stored, so that what is solid has been computed: a
//! terminal that did not get it fetches it with GET TRANSACTION PROVE.

use tessera_cos::{Dialect, Session, cipher::Mac};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Rules,
    command::{DateTime, Mac4},
    cryptogram::{
        card_key, load_tac, purchase_mac2, purchase_session_key, purchase_tac, request_mac,
    },
    initialize::{find_key, find_tac_key, new_balance, next_number},
    log,
    pending::Pending,
    purse::{Proof, Purse},
    status::{INVALID_STATE, WRONG_MAC},
};

/// What a completed transaction leaves behind.
struct Completed {
    balance: u32,
    when: DateTime,
    /// The card's MAC after the transaction, zero where there is none.
    mac: Mac4,
    tac: Mac4,
}

/// CREDIT FOR LOAD; answers the TAC.
///
/// # Errors
/// 6901 when no load is pending, 9302 when `mac2` is wrong, then as [`reopen`] and [`complete`].
pub(crate) fn credit_for_load(
    env: &mut Env<'_>,
    dialect: &Dialect,
    rules: &Rules,
    pending: Option<Pending>,
    (when, mac2): (DateTime, Mac4),
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(pending) = pending else { return Halt::status(INVALID_STATE) };
    let Some(session_key) = &pending.session_key else { return Halt::status(INVALID_STATE) };
    if !request_mac(&Mac::cbc(session_key), &pending.opening, &when).is(&mac2) {
        return Halt::status(WRONG_MAC);
    }
    let session = Session::load(env)?;
    let purse = reopen(env, dialect, rules, &session, &pending)?;
    let balance = new_balance(purse.state.balance, &pending.opening)?;
    let tac_key = card_key(env, &find_tac_key(env, &session)?)?;
    let tac = load_tac(&tac_key, balance, &pending, &when);
    reply.push(&tac)?;
    complete(env, rules, &session, purse, &pending, &Completed { balance, when, mac: [0; 4], tac })
}

/// DEBIT FOR PURCHASE or CASH WITHDRAW, whichever is pending; answers TAC and MAC2.
///
/// # Errors
/// 6901 when neither is pending, 9302 when `mac1` is wrong, then as [`reopen`] and [`complete`].
pub(crate) fn debit(
    env: &mut Env<'_>,
    dialect: &Dialect,
    rules: &Rules,
    pending: Option<Pending>,
    (terminal_number, when, mac1): ([u8; 4], DateTime, Mac4),
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(pending) = pending.filter(|pending| !pending.opening.transaction.is_load()) else {
        return Halt::status(INVALID_STATE);
    };
    let opening = &pending.opening;
    let session = Session::load(env)?;
    let key = find_key(env, &session, opening.transaction.key_type(), opening.key_id)?;
    let key = purchase_session_key(&card_key(env, &key)?, &pending, terminal_number)?;
    let session_mac = Mac::cbc(&key);
    if !request_mac(&session_mac, opening, &when).is(&mac1) {
        return Halt::status(WRONG_MAC);
    }
    let purse = reopen(env, dialect, rules, &session, &pending)?;
    let balance = new_balance(purse.state.balance, opening)?;
    let tac_key = card_key(env, &find_tac_key(env, &session)?)?;
    let tac = purchase_tac(&tac_key, opening, terminal_number, &when);
    let mac = purchase_mac2(&session_mac, opening.amount);
    reply.push(&tac)?;
    reply.push(&mac)?;
    complete(env, rules, &session, purse, &pending, &Completed { balance, when, mac, tac })
}

/// The purse of the pending transaction, which is as it was when that began: every command in
/// between would have dropped it.
///
/// # Errors
/// 6901 when it is another one or another number's turn after all; 6A82, 6985, 6982.
fn reopen(
    env: &Env<'_>,
    dialect: &Dialect,
    rules: &Rules,
    session: &Session,
    pending: &Pending,
) -> Result<Purse, Halt> {
    let transaction = pending.opening.transaction;
    let refusal = StatusWord::SECURITY_STATUS_NOT_SATISFIED;
    let purse = Purse::open(env, dialect, session, transaction.purse(), refusal)?;
    let number = purse.state.number(rules, transaction.numbering());
    match (purse.file.at, number) == (pending.purse, pending.number) {
        true => Ok(purse),
        false => Halt::status(INVALID_STATE),
    }
}

/// Makes a transaction solid.
///
/// # Errors
/// 9402; 6A82, 6981, 6985 the log; 6581; `Torn`: everything is as before or as after.
fn complete(
    env: &mut Env<'_>,
    rules: &Rules,
    session: &Session,
    purse: Purse,
    pending: &Pending,
    completed: &Completed,
) -> Outcome {
    let &Completed { balance, when, mac, tac } = completed;
    let transaction = pending.opening.transaction;
    let number = next_number(pending.number)?;
    let Purse { file, mut state } = purse;
    state.balance = balance;
    state.set_number(rules, transaction.numbering(), number);
    state.proof = Proof { transaction_type: transaction.type_byte(), number, mac, tac };
    let record = log::entry(number, state.overdraft, &pending.opening, when);
    let log = log::find(env, session, &file)?;
    env.atomically(|env| {
        env.store(file.body(), &state.encode())?;
        log::add(env, log.as_ref(), &record)
    })
}

//! INITIALIZE FOR LOAD, FOR PURCHASE and FOR CASH WITHDRAW: everything is checked that can be
//! checked before the other side has shown its MAC; nothing is stored but in RAM.

use tessera_cos::{Dialect, Session, cipher::Mac, keys, keys::KeyRecord};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Rules,
    command::Opening,
    cryptogram::{card_key, load_mac1, load_session_key},
    log,
    pending::Pending,
    purse::{Purse, refused_with},
    status::{BALANCE_INSUFFICIENT, NO_SUCH_KEY, NUMBER_AT_MAXIMUM},
    transaction::{Transaction, key_type},
};

/// Identifier of the TAC key.
const TAC_KEY_ID: u8 = 0;

/// Begins a transaction and answers what the other side needs for its MAC.
///
/// # Errors
/// In this order: 6A82 no such purse, 6985 out of use, 6982 (of a load 6985) use right; 6A82, 6981,
/// 6985 the log; 6982 (of a load 6985) PIN; 9403 no such key, or no TAC key; 6985 use right of a
/// key; 9402 number; 6985 a load would overflow the balance; 9401 the amount is greater than it.
pub(crate) fn initialize(
    env: &mut Env<'_>,
    dialect: &Dialect,
    rules: &Rules,
    opening: Opening,
    reply: &mut Reply<'_>,
) -> Outcome {
    let session = Session::load(env)?;
    let transaction = opening.transaction;
    let refusal = security_refusal(transaction);
    let purse = Purse::open(env, dialect, &session, transaction.purse(), refusal)?;
    log::find(env, &session, &purse.file)?;
    if rules.needs_pin(transaction) && !session.pin_shown_here() {
        return Halt::status(refusal);
    }
    let key = find_key(env, &session, transaction.key_type(), opening.key_id)?;
    let tac_key = find_tac_key(env, &session)?;
    for key in [&key, &tac_key] {
        let usable = key.usable().check(env, dialect, &session);
        refused_with(usable, StatusWord::CONDITIONS_NOT_SATISFIED)?;
        if !is_key_length(key.key_bytes()) {
            return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
    }
    let number = purse.state.number(rules, transaction.numbering());
    next_number(number)?;
    new_balance(purse.state.balance, &opening)?;

    let mut random = [0; 4];
    env.challenge(&mut random);
    let mut pending = Pending { opening, purse: purse.file.at, random, number, session_key: None };
    reply.push(&purse.state.balance.to_be_bytes())?;
    reply.push(&number.to_be_bytes())?;
    if !transaction.is_load() {
        reply.push(&purse.state.overdraft)?;
    }
    reply.push(&[key.version_or_follow_up(), key.algorithm()])?;
    reply.push(&random)?;
    if transaction.is_load() {
        let session_key = load_session_key(&card_key(env, &key)?, random, number)?;
        let mac1 = load_mac1(&Mac::cbc(&session_key), purse.state.balance, &opening);
        reply.push(&mac1.four())?;
        pending.session_key = Some(session_key);
    }
    pending.keep(env)
}

/// What a missing PIN or use right is answered with: the lists of INITIALIZE FOR LOAD have no 6982.
const fn security_refusal(transaction: Transaction) -> StatusWord {
    if transaction.is_load() {
        StatusWord::CONDITIONS_NOT_SATISFIED
    } else {
        StatusWord::SECURITY_STATUS_NOT_SATISFIED
    }
}

/// The key of the current DF with this type, whatever b8-b7 say of how it is written.
///
/// # Errors
/// 9403 when there is none.
pub(crate) fn find_key(
    env: &Env<'_>,
    session: &Session,
    key_type: u8,
    id: u8,
) -> Result<KeyRecord, Halt> {
    let fits = |key: &KeyRecord| key.usage() & 0x3F == key_type & 0x3F && key.id() == id;
    keys::find_by(env, session.df, fits)?.ok_or(Halt::Status(NO_SUCH_KEY))
}

/// The TAC key of the current DF.
///
/// # Errors
/// 9403 when there is none.
pub(crate) fn find_tac_key(env: &Env<'_>, session: &Session) -> Result<KeyRecord, Halt> {
    find_key(env, session, key_type::TAC, TAC_KEY_ID)
}

const fn is_key_length(bytes: u8) -> bool {
    matches!(bytes, 8 | 16)
}

/// The number after this one.
///
/// # Errors
/// 9402 when it is the last.
pub(crate) fn next_number(number: u16) -> Result<u16, Halt> {
    number.checked_add(1).ok_or(Halt::Status(NUMBER_AT_MAXIMUM))
}

/// The balance after the transaction.
///
/// # Errors
/// 6985 when a load would overflow it; 9401 when the amount is greater than it.
pub(crate) fn new_balance(balance: u32, opening: &Opening) -> Result<u32, Halt> {
    let (changed, refusal) = match opening.transaction.is_load() {
        true => (balance.checked_add(opening.amount), StatusWord::CONDITIONS_NOT_SATISFIED),
        false => (balance.checked_sub(opening.amount), BALANCE_INSUFFICIENT),
    };
    changed.ok_or(Halt::Status(refusal))
}

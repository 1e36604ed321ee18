//! The grey lock family: GREY LOCK before fuel flows, DEBIT FOR UNLOCK once it is known for how
//! much, at the same terminal or another one; GREY UNLOCK when the issuer has to help.

use tessera_cos::cipher::Mac;
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    command::{Four, Request, UnlockDebit},
    complete::{Completed, Resumed, check_mac, store},
    cryptogram::{
        amount_mac, grey_key, lock_mac2, offline_session_key, offline_tac, online_certificate,
        request_mac, tac,
    },
    lock::{self, Lock, LockState},
    log,
    pending::Pending,
    places::{Places, Wanted},
    purse::Purse,
    rules::{check_lock, new_balance},
    transaction::{Kind, Numbering, PurseId, Transaction},
};

/// GREY LOCK: the purse is locked and its offline number counted; answers GTAC and MAC2.
///
/// # Errors
/// 6901 when none is pending, 9302 when `mac` is wrong, then as [`Resumed::purse`]; 9402; 6581;
/// `Torn`: it is locked or not.
pub(crate) fn grey_lock(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    (terminal_number, terminal_random, request): (Four, Four, &Request),
    reply: &mut Reply<'_>,
) -> Outcome {
    let resumed = Resumed::of(asked, pending, Kind::GreyLock)?;
    let Pending { ref opening, random, number, .. } = resumed.pending;
    let when = &request.when;
    let temporary = offline_session_key(&resumed.key(env)?, random, number, terminal_number)?;
    let key = grey_key(&temporary, terminal_random)?;
    let grey = Mac::cbc(&key);
    check_mac(&request_mac(&grey, &[], opening, when), request.mac)?;
    let Purse { file, mut state } = resumed.purse(env, asked)?;
    // There is no amount yet.
    let terminal = (&opening.terminal, &terminal_number);
    let tac = offline_tac(&resumed.tac(env)?, 0, opening.transaction, terminal, when);
    let mac = lock_mac2(&grey, state.balance, number);
    reply.push(&tac)?;
    reply.push(&mac)?;
    let number = resumed.next_number()?;
    state.set_number(asked.rules, Numbering::Offline, number);
    let lock = Lock {
        state: LockState::Locked,
        transaction_type: opening.transaction.type_byte(),
        balance: state.balance,
        number,
        terminal: opening.terminal,
        when: *when,
        mac,
        tac,
    };
    env.atomically(|env| {
        env.store(file.body(), &state.encode())?;
        lock.store(env, &file, Some(&key))
    })
}

/// DEBIT FOR UNLOCK: pays and unlocks, without an INITIALIZE; answers the TAC.
///
/// # Errors
/// In this order: 6A82 no such purse, 6985 out of use, 6982 use right; 6A82, 6981, 6985 the log;
/// 6982 PIN; 9403, 6985 the TAC key; 6985 not locked; 9406 another offline number; 9302 GMAC; 9401;
/// 6581; `Torn`: it is paid and unlocked, or neither.
pub(crate) fn debit_for_unlock(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    debit: &UnlockDebit,
    reply: &mut Reply<'_>,
) -> Outcome {
    let session = &asked.turn.session;
    let transaction =
        debit.purse.pick(Transaction::DebitForUnlockEd, Transaction::DebitForUnlockEp);
    let wanted = Wanted { purse: Some(debit.purse), key: None, tac: true };
    let mut places = Places::find(env, session.df, &wanted)?;
    let refusal = transaction.security_refusal();
    let file = places.purse(env, debit.purse)?.ok_or(Halt::Status(StatusWord::NOT_FOUND))?;
    let Purse { file, state } = Purse::open(env, asked.dialect(), session, file, refusal)?;
    let log = places.log(env, &file)?;
    if transaction.needs_pin(asked.rules) && !session.pin_shown_here() {
        return Halt::status(refusal);
    }
    let (_, tac_key) = places.keys(env, asked.dialect(), session, &wanted)?;
    let tac_key = tac_key.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
    check_lock(env, session.df, &file, Kind::DebitForUnlock)?;
    let number = state.number(asked.rules, Numbering::Offline);
    if debit.number != number {
        return Halt::status(StatusWord::NO_PROOF);
    }
    let grey = Mac::cbc(&lock::grey_key(env, &file)?);
    check_mac(&amount_mac(&grey, debit.amount), debit.request.mac)?;
    let balance = new_balance(state.balance, Kind::DebitForUnlock, debit.amount)?;

    let when = &debit.request.when;
    let terminal = (&debit.terminal, &debit.terminal_number);
    let tac = offline_tac(&tac(env, &tac_key)?, debit.amount, transaction, terminal, when);
    reply.push(&tac)?;
    // GREY LOCK has counted it.
    let state = state.after(asked.rules, transaction, balance, (number, [0; 4], tac));
    let lock = Lock {
        state: LockState::TacUnfetched,
        transaction_type: transaction.type_byte(),
        balance,
        number,
        terminal: debit.terminal,
        when: *when,
        mac: [0; 4],
        tac,
    };
    let by = (transaction, number);
    let record = log::entry(by, state.overdraft, debit.amount, &debit.terminal, when);
    let log = (log.as_ref(), &record);
    store(env, &file, &state, log, |env| lock.store(env, &file, None))
}

/// GREY UNLOCK: pays and unlocks by the issuer's word; answers MAC3.
///
/// # Errors
/// 6901 when none is pending, 9302 when `mac` is wrong, then as [`Resumed::purse`]; 9401; then as
/// [`Resumed::complete`].
pub(crate) fn grey_unlock(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    (amount, Request { when, mac }): (u32, &Request),
    reply: &mut Reply<'_>,
) -> Outcome {
    let resumed = Resumed::of(asked, pending, Kind::GreyUnlock)?;
    let Pending { ref opening, number, .. } = resumed.pending;
    let session = resumed.session_mac()?;
    let what = amount.to_be_bytes();
    check_mac(&request_mac(&session, &what, opening, when), *mac)?;
    let purse = resumed.purse(env, asked)?;
    let balance = new_balance(purse.state.balance, Kind::GreyUnlock, amount)?;
    let mac = online_certificate(&session, (balance, number), &what, opening, when);
    reply.push(&mac)?;
    let overdraft = purse.state.overdraft;
    let completed = Completed { balance, overdraft, amount, when, mac, tac: [0; 4] };
    resumed.complete(env, asked, &purse, &completed, |env| Lock::FREE.store(env, &purse.file, None))
}

/// GET LOCK PROOF: what is known of the DF's lock; `fetched` forgets that a TAC waits, after it has
/// been told once more. No right is asked for.
///
/// # Errors
/// 6985 when the DF is out of use; 6A82 when it has no purse; `Torn`.
pub(crate) fn get_lock_proof(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    fetched: bool,
    reply: &mut Reply<'_>,
) -> Outcome {
    let session = &asked.turn.session;
    if session.is_out_of_use() {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let places = Places::find(env, session.df, &Wanted::default())?;
    let mut purses = [
        (PurseId::Ed, places.purse(env, PurseId::Ed)?),
        (PurseId::Ep, places.purse(env, PurseId::Ep)?),
    ];
    if purses.iter().all(|(_, file)| file.is_none()) {
        return Halt::status(StatusWord::NOT_FOUND);
    }
    for (id, file) in &mut purses {
        let Some(file) = file else { continue };
        let lock = Lock::load(env, file)?;
        if lock.state == LockState::Free {
            continue;
        }
        push_proof(*id, &lock, reply)?;
        if fetched && lock.state == LockState::TacUnfetched {
            Lock::clear(env, file)?;
        }
        return Ok(());
    }
    reply.extend(PROOF_BYTES)?.fill(0);
    Ok(())
}

/// Bytes of the answer to GET LOCK PROOF.
const PROOF_BYTES: usize = 30;

fn push_proof(id: PurseId, lock: &Lock, reply: &mut Reply<'_>) -> Outcome {
    let Lock { state, transaction_type, balance, number, terminal, when, mac, tac } = lock;
    reply.push(&[state.code(), *transaction_type, id.p2()])?;
    reply.push(&balance.to_be_bytes())?;
    reply.push(&number.to_be_bytes())?;
    reply.push(terminal)?;
    reply.push(when)?;
    reply.push(mac)?;
    reply.push(tac)
}

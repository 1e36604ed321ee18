//! GET BALANCE and GET TRANSACTION PROVE: nothing changes but that a pending transaction is
//! dropped.

use tessera_cos::{Header, find::find_child};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    purse::Purse,
    transaction::{PurseId, Transaction},
};

/// GET BALANCE; answers four bytes.
///
/// # Errors
/// 6A82, 6985, 6982.
pub(crate) fn get_balance(
    env: &Env<'_>,
    asked: &Asked<'_, '_>,
    purse: PurseId,
    reply: &mut Reply<'_>,
) -> Outcome {
    reply.push(&open(env, asked, purse)?.state.balance.to_be_bytes())
}

/// GET TRANSACTION PROVE; answers MAC and TAC of the purse's last completed transaction, in this
/// order, when it was of this type and its number afterwards is this one.
///
/// # Errors
/// 6A82, 6985, 6982; 9406 for any other transaction, for types that no purse has, and for a grey
/// lock, of which GET LOCK PROOF tells.
pub(crate) fn get_transaction_prove(
    env: &Env<'_>,
    asked: &Asked<'_, '_>,
    transaction_type: u8,
    number: u16,
    reply: &mut Reply<'_>,
) -> Outcome {
    let transaction = Transaction::from_type(transaction_type);
    let has_grey = asked.rules.grey_lock;
    let transaction = transaction.filter(|transaction| has_grey || !transaction.kind().is_grey());
    let Some(purse) = transaction.map(Transaction::purse) else {
        return Halt::status(StatusWord::NO_PROOF);
    };
    let proof = open(env, asked, purse)?.state.proof;
    if (proof.transaction_type, proof.number) != (transaction_type, number) {
        return Halt::status(StatusWord::NO_PROOF);
    }
    reply.push(&proof.mac)?;
    reply.push(&proof.tac)
}

fn open(env: &Env<'_>, asked: &Asked<'_, '_>, id: PurseId) -> Result<Purse, Halt> {
    let session = &asked.turn.session;
    let file = find_child(env, session.df, |file: &Header| Purse::is(file, id))?;
    let file = file.ok_or(Halt::Status(StatusWord::NOT_FOUND))?;
    let refusal = StatusWord::SECURITY_STATUS_NOT_SATISFIED;
    Purse::open(env, asked.dialect(), session, file, refusal)
}

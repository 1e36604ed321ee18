//! GET BALANCE and GET TRANSACTION PROVE: nothing changes but that a pending transaction is
//! dropped.

use tessera_cos::{Dialect, Session};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{purse::Purse, status::NO_PROOF, transaction::PurseId};

/// GET BALANCE; answers four bytes.
///
/// # Errors
/// 6A82, 6985, 6982.
pub(crate) fn get_balance(
    env: &Env<'_>,
    dialect: &Dialect,
    purse: PurseId,
    reply: &mut Reply<'_>,
) -> Outcome {
    reply.push(&open(env, dialect, purse)?.state.balance.to_be_bytes())
}

/// GET TRANSACTION PROVE; answers MAC and TAC of the purse's last completed transaction, in this
/// order, when it was of this type and its number afterwards is this one.
///
/// # Errors
/// 6A82, 6985, 6982; 9406 for any other transaction, and for types that no purse has.
pub(crate) fn get_transaction_prove(
    env: &Env<'_>,
    dialect: &Dialect,
    transaction_type: u8,
    number: u16,
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(purse) = PurseId::of_type(transaction_type) else { return Halt::status(NO_PROOF) };
    let proof = open(env, dialect, purse)?.state.proof;
    if (proof.transaction_type, proof.number) != (transaction_type, number) {
        return Halt::status(NO_PROOF);
    }
    reply.push(&proof.mac)?;
    reply.push(&proof.tac)
}

fn open(env: &Env<'_>, dialect: &Dialect, purse: PurseId) -> Result<Purse, Halt> {
    let session = Session::load(env)?;
    Purse::open(env, dialect, &session, purse, StatusWord::SECURITY_STATUS_NOT_SATISFIED)
}

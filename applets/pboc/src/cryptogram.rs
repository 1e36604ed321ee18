//! What a transaction's keys, MACs and TAC are computed of.
//!
//! Session keys are one block under the key on the card; MACs are CBC-MACs with single DES, initial
//! value zero, padding always. Amounts, numbers and identifiers as they are sent.

use tessera_cos::{
    cipher::{Checksum, Key, Mac, session_key},
    keys::KeyRecord,
};
use tessera_framework::{Env, Halt, StatusWord};

use crate::{
    command::{DateTime, Mac4, Opening},
    pending::Pending,
};

/// A key of the card, ready to be used: single DES with 8 bytes, triple DES with 16, whatever its
/// algorithm byte says.
///
/// # Errors
/// 6985 on another length.
pub(crate) fn card_key(env: &Env<'_>, record: &KeyRecord) -> Result<Key, Halt> {
    let bytes = record.load(env)?;
    Key::des(bytes.as_slice()).ok_or(Halt::Status(StatusWord::CONDITIONS_NOT_SATISFIED))
}

/// Session key of a load: random number, transaction number, 8000.
pub(crate) fn load_session_key(key: &Key, random: [u8; 4], number: u16) -> Result<Key, Halt> {
    session(key, random, number, [0x80, 0x00])
}

/// Session key of a purchase: random number, transaction number, the last two bytes of the
/// terminal's transaction number.
pub(crate) fn purchase_session_key(
    key: &Key,
    pending: &Pending,
    terminal_number: [u8; 4],
) -> Result<Key, Halt> {
    let [_, _, high, low] = terminal_number;
    session(key, pending.random, pending.number, [high, low])
}

fn session(key: &Key, random: [u8; 4], number: u16, end: [u8; 2]) -> Result<Key, Halt> {
    let mut block = [0; 8];
    block[..4].copy_from_slice(&random);
    block[4..6].copy_from_slice(&number.to_be_bytes());
    block[6..].copy_from_slice(&end);
    session_key(key, &block).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// MAC1 of a load, which the card sends.
pub(crate) fn load_mac1(session: &Mac, balance: u32, opening: &Opening) -> Checksum {
    let Opening { transaction, amount, ref terminal, .. } = *opening;
    let balance = balance.to_be_bytes();
    session.of(&[], &[&balance, &amount.to_be_bytes(), &[transaction.type_byte()], terminal])
}

/// The MAC by which the other side asks for the transaction: MAC2 of a load, MAC1 of a purchase.
pub(crate) fn request_mac(session: &Mac, opening: &Opening, when: &DateTime) -> Checksum {
    let Opening { transaction, amount, ref terminal, .. } = *opening;
    session.of(&[], &[&amount.to_be_bytes(), &[transaction.type_byte()], terminal, when])
}

/// MAC2 of a purchase, by which the card says that it has paid.
pub(crate) fn purchase_mac2(session: &Mac, amount: u32) -> Mac4 {
    session.of(&[], &[&amount.to_be_bytes()]).four()
}

/// TAC of a load: with the new balance and the number before it was counted.
pub(crate) fn load_tac(key: &Key, balance: u32, pending: &Pending, when: &DateTime) -> Mac4 {
    let Opening { transaction, amount, ref terminal, .. } = pending.opening;
    let (balance, number) = (balance.to_be_bytes(), pending.number.to_be_bytes());
    let (amount, kind) = (amount.to_be_bytes(), [transaction.type_byte()]);
    Mac::cbc(&key.xor_halves()).of(&[], &[&balance, &number, &amount, &kind, terminal, when]).four()
}

/// TAC of a purchase: with the terminal's whole transaction number, without the card's.
pub(crate) fn purchase_tac(
    key: &Key,
    opening: &Opening,
    terminal_number: [u8; 4],
    when: &DateTime,
) -> Mac4 {
    let Opening { transaction, amount, ref terminal, .. } = *opening;
    let (amount, kind) = (amount.to_be_bytes(), [transaction.type_byte()]);
    Mac::cbc(&key.xor_halves()).of(&[], &[&amount, &kind, terminal, &terminal_number, when]).four()
}

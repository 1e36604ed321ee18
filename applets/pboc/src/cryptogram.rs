//! What a transaction's keys, MACs and TAC are computed of.
//!
//! Session keys are one block under the key on the card; MACs are CBC-MACs with single DES, initial
//! value zero, padding always. Amounts, numbers and identifiers as they are sent. `what` is what a
//! transaction is about: its amount, or the overdraft limit, or nothing.

use tessera_cos::{
    cipher::{Checksum, Key, Mac, session_key},
    keys::KeyRecord,
};
use tessera_framework::{Env, Halt, StatusWord};

use crate::{
    command::{DateTime, Four, Mac4, Opening, Terminal},
    transaction::Transaction,
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

/// The TAC key, ready to make certificates: its halves XORed.
///
/// # Errors
/// As [`card_key`].
pub(crate) fn tac(env: &Env<'_>, record: &KeyRecord) -> Result<Mac, Halt> {
    card_key(env, record).map(|key| Mac::cbc(&key.xor_halves()))
}

/// Session key with the issuer: random number, transaction number, 8000.
pub(crate) fn online_session_key(key: &Key, random: Four, number: u16) -> Result<Key, Halt> {
    session(key, random, number, [0x80, 0x00])
}

/// Session key with a terminal: random number, transaction number, the last two bytes of the
/// terminal's transaction number.
pub(crate) fn offline_session_key(
    key: &Key,
    random: Four,
    number: u16,
    terminal_number: Four,
) -> Result<Key, Halt> {
    let [_, _, high, low] = terminal_number;
    session(key, random, number, [high, low])
}

/// The key of a grey lock: the terminal's random number under the session key.
pub(crate) fn grey_key(session: &Key, terminal_random: Four) -> Result<Key, Halt> {
    let [a, b, c, d] = terminal_random;
    one_block(session, [a, b, c, d, 0x80, 0, 0, 0])
}

fn session(key: &Key, random: Four, number: u16, end: [u8; 2]) -> Result<Key, Halt> {
    let ([a, b, c, d], [e, f], [g, h]) = (random, number.to_be_bytes(), end);
    one_block(key, [a, b, c, d, e, f, g, h])
}

fn one_block(key: &Key, block: [u8; 8]) -> Result<Key, Halt> {
    session_key(key, &block).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// MAC1 of a transaction with the issuer, which the card sends; of a grey unlock, `what` is the
/// offline number.
pub(crate) fn online_mac1(session: &Mac, balance: u32, what: &[u8], opening: &Opening) -> Mac4 {
    let Opening { transaction, ref terminal, .. } = *opening;
    let (balance, kind) = (balance.to_be_bytes(), [transaction.type_byte()]);
    session.of(&[], &[&balance, what, &kind, terminal]).four()
}

/// The MAC by which the other side asks for the transaction: MAC2 of the issuer, MAC1 of a
/// terminal.
pub(crate) fn request_mac(
    session: &Mac,
    what: &[u8],
    opening: &Opening,
    when: &DateTime,
) -> Checksum {
    let Opening { transaction, ref terminal, .. } = *opening;
    session.of(&[], &[what, &[transaction.type_byte()], terminal, when])
}

/// The card's word on a transaction with the issuer: with the new balance, and the number before it
/// was counted. TAC with the TAC key, MAC3 with the session key.
pub(crate) fn online_certificate(
    key: &Mac,
    (balance, number): (u32, u16),
    what: &[u8],
    opening: &Opening,
    when: &DateTime,
) -> Mac4 {
    let Opening { transaction, ref terminal, .. } = *opening;
    let (balance, number) = (balance.to_be_bytes(), number.to_be_bytes());
    let kind = [transaction.type_byte()];
    key.of(&[], &[&balance, &number, what, &kind, terminal, when]).four()
}

/// TAC of a transaction with a terminal: with the terminal's whole transaction number, without the
/// card's.
pub(crate) fn offline_tac(
    tac: &Mac,
    amount: u32,
    transaction: Transaction,
    (terminal, terminal_number): (&Terminal, &Four),
    when: &DateTime,
) -> Mac4 {
    let (amount, kind) = (amount.to_be_bytes(), [transaction.type_byte()]);
    tac.of(&[], &[&amount, &kind, terminal, terminal_number, when]).four()
}

/// MAC2 of a purchase, by which the card says that it has paid; GMAC, by which a terminal says what
/// is to be paid.
pub(crate) fn amount_mac(session: &Mac, amount: u32) -> Checksum {
    session.of(&[], &[&amount.to_be_bytes()])
}

/// MAC2 of a grey lock: what the purse had when it was locked, and the number before it was
/// counted.
pub(crate) fn lock_mac2(grey: &Mac, balance: u32, number: u16) -> Mac4 {
    grey.of(&[], &[&balance.to_be_bytes(), &number.to_be_bytes()]).four()
}

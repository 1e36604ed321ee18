//! What session keys, MACs and TACs are computed of (part B.2 and the table of inputs in B.4).
//!
//! A session key is one block under the key on the card: eight bytes under triple DES, which give a
//! DES key; under SM4 the same eight bytes with eight 00 behind them. MACs are CBC-MACs of the
//! session, initial value zero, padding always; under SM4 the last block is folded to four bytes.
//! The TAC key is left XOR right under triple DES, the whole key under SM4.

use tessera_cos::cipher::{Algorithm, Checksum, Key, Mac, session_key};
use tessera_framework::{Halt, StatusWord};

use crate::{
    command::{Credit, Four, Reversing, Settlement, Time},
    entry::{Entry, Kind},
};

/// Bytes of the longest block.
const BLOCK_BYTES_MAX: usize = 16;

/// The session of a key: `input` is as long as a block, or is extended with 00 to one.
///
/// # Errors
/// 6F00 when it is longer.
pub(crate) fn session(key: &Key, input: &[u8]) -> Result<Mac, Halt> {
    let damaged = Halt::Status(StatusWord::NO_DIAGNOSIS);
    let mut block = [0; BLOCK_BYTES_MAX];
    let used = block.get_mut(..key.block_bytes().max(input.len())).ok_or(damaged)?;
    for (to, from) in used.iter_mut().zip(input) {
        *to = *from;
    }
    session_key(key, used).map(|key| Mac::cbc(&key)).ok_or(damaged)
}

/// The session of a transaction: random number, the card's counter before it was counted, and two
/// bytes of the other side.
///
/// # Errors
/// 6F00: never for a key of the application.
pub(crate) fn transaction_session(
    key: &Key,
    random: Four,
    counter: u16,
    [g, h]: [u8; 2],
) -> Result<Mac, Halt> {
    let ([a, b, c, d], [e, f]) = (random, counter.to_be_bytes());
    session(key, &[a, b, c, d, e, f, g, h])
}

/// What TACs are made with.
pub(crate) fn tac(key: &Key) -> Mac {
    match key.algorithm() {
        Algorithm::TripleDes => Mac::cbc(&key.xor_halves()),
        _ => Mac::cbc(key),
    }
}

/// MAC1 of a settlement, by which the terminal asks for it.
pub(crate) fn settlement_mac1(session: &Mac, settlement: &Settlement, time: &Time) -> Checksum {
    let Settlement { mode, ref amounts, class, flags, ref terminal, .. } = *settlement;
    let bytes = [class, flags, Kind::Settlement.byte(), mode];
    session.of(&[], &[&amounts.encode(), &bytes, terminal, time])
}

/// TAC of a settlement: `entry` is the new one, `counter` the card's before it was counted.
pub(crate) fn settlement_tac(
    tac: &Mac,
    settlement: &Settlement,
    terminal_counter: Four,
    entry: &Entry,
    counter: u16,
) -> Four {
    let Settlement { mode, ref amounts, class, flags, ref terminal, .. } = *settlement;
    let bytes = [class, flags, Kind::Settlement.byte(), mode];
    let when: [&[u8]; 5] = [&amounts.encode(), &bytes, terminal, &terminal_counter, &entry.time];
    with_end(tac, &when, entry, counter)
}

/// MAC2 of a settlement or reversal, by which the card says that it is done.
pub(crate) fn mac2(session: &Mac, entry: &Entry) -> Four {
    let (sequence, balance) = (entry.sequence.to_be_bytes(), entry.balance_after.to_be_bytes());
    session.of(&[], &[&entry.amounts.encode(), &sequence, &balance]).four()
}

/// MAC1 of a credit, which the card sends.
pub(crate) fn credit_mac1(session: &Mac, balance: u32, credit: &Credit) -> Four {
    let Credit { amount, ref terminal, authority_number, .. } = *credit;
    let (balance, amount) = (balance.to_be_bytes(), amount.to_be_bytes());
    let number = authority_number.to_be_bytes();
    session.of(&[], &[&balance, &amount, &[Kind::Credit.byte()], terminal, &number]).four()
}

/// MAC2 of a credit, by which the authority asks for it.
pub(crate) fn credit_mac2(session: &Mac, credit: &Credit, time: &Time) -> Checksum {
    let Credit { amount, ref terminal, authority_number, .. } = *credit;
    let (amount, number) = (amount.to_be_bytes(), authority_number.to_be_bytes());
    session.of(&[], &[&amount, &[Kind::Credit.byte()], terminal, &number, time])
}

/// TAC of a credit.
pub(crate) fn credit_tac(tac: &Mac, credit: &Credit, entry: &Entry, counter: u16) -> Four {
    let Credit { amount, ref terminal, authority_number, .. } = *credit;
    let (amount, number) = (amount.to_be_bytes(), authority_number.to_be_bytes());
    let pieces: [&[u8]; 5] = [&amount, &[Kind::Credit.byte()], terminal, &number, &entry.time];
    with_end(tac, &pieces, entry, counter)
}

/// MAC1 of a reversal, by which the authority asks for it.
pub(crate) fn reversal_mac1(session: &Mac, reversing: &Reversing, time: &Time) -> Checksum {
    let Reversing { kind, reference, ref amounts, ref terminal, authority_number, .. } = *reversing;
    let (reference, number) = (reference.to_be_bytes(), authority_number.to_be_bytes());
    let what = [Kind::Reversal.byte(), kind];
    session.of(&[], &[&reference, &amounts.encode(), &what, terminal, &number, time])
}

/// TAC of a reversal.
pub(crate) fn reversal_tac(tac: &Mac, reversing: &Reversing, entry: &Entry, counter: u16) -> Four {
    let Reversing { kind, reference, ref amounts, ref terminal, authority_number, .. } = *reversing;
    let (reference, number) = (reference.to_be_bytes(), authority_number.to_be_bytes());
    let what = [Kind::Reversal.byte(), kind];
    let pieces: [&[u8]; 6] = [&reference, &amounts.encode(), &what, terminal, &number, &entry.time];
    with_end(tac, &pieces, entry, counter)
}

/// TAC of an entry that the authority orders by a protected command: OPEN, YEAR SETTLEMENT, ADJUST,
/// CLOSE. All of it stands in the entry but the authority's number.
pub(crate) fn order_tac(tac: &Mac, authority_number: u32, entry: &Entry, counter: u16) -> Four {
    let amount = entry.amounts.account.to_be_bytes();
    let (reference, number) = (entry.reference.to_be_bytes(), authority_number.to_be_bytes());
    let pieces: [&[u8]; 6] =
        [&[entry.kind.byte()], &amount, &reference, &number, &entry.terminal, &entry.time];
    with_end(tac, &pieces, entry, counter)
}

/// Every TAC ends with the entry's sequence, the balance after it, and a counter before it was
/// counted.
fn with_end(tac: &Mac, pieces: &[&[u8]], entry: &Entry, counter: u16) -> Four {
    let mut running = tac.start(&[]);
    for piece in pieces {
        running.update(piece);
    }
    running.update(&entry.sequence.to_be_bytes());
    running.update(&entry.balance_after.to_be_bytes());
    running.update(&counter.to_be_bytes());
    running.finish().four()
}

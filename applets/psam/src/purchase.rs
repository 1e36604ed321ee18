//! INIT SAM FOR PURCHASE (80 70) and CREDIT SAM FOR PURCHASE (80 72).
//!
//! | P1 | data in front of the factors | MAC2 covers |
//! |---|---|---|
//! | 00 | random 4, offline number 2, amount 4, type 1, date 4, time 3, key version 1, algorithm 1 | the amount |
//! | 01 | the same with account 4, self-pay 4, fund 4 in place of the amount | the three |
//! | 02 | the same with account 4, self-pay 4, fund 4, deductible 4, and class 1, flags 1, mode 1 in place of the type | the four, and what CREDIT brings: entry 4, balance 4 |
//!
//! P1 01 is the settlement of social-security cards, P1 02 that with the ledger of a medical
//! account (own design). The type byte is not looked at: whatever the user card was told. The
//! session key is E(derived key, random, offline number, last two bytes of the terminal's
//! transaction number); MAC1 covers amounts, type, terminal identifier, date and time, for the
//! ledger class, flags, 32 and mode as the type. Both MACs are single DES, initial value zero,
//! padding always. With a key of SM4 (own design) the block is filled with 00, and both MACs are
//! CBC, their four words XORed.
//!
//! Purchase keys for the ledger have its key index behind 90 as their version.

use tessera_cos::{
    basic::Turn,
    cipher::{Key, Mac, session_key},
};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    block, derive,
    number::{self, Number},
    personality::Personality,
    volatile::{self, Form, Waiting},
};

/// What an algorithm byte stands for. Which of DES and triple DES, the length of the key decides,
/// as on the user card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ciphers {
    /// 00, 01: DES and triple DES.
    Des,
    /// 03: SM4, the mark that cards of the third generation give of themselves.
    Sm4,
}

impl Ciphers {
    /// `None` when it is reserved.
    pub(crate) const fn of(algorithm: u8) -> Option<Self> {
        match algorithm {
            0x00 | 0x01 => Some(Self::Des),
            0x03 => Some(Self::Sm4),
            _ => None,
        }
    }
}

/// A wrong MAC2 of a settlement, however many tries are left: 63CF.
const SETTLEMENT_MAC_WRONG: StatusWord = StatusWord::tries_left(15);

/// What the class of a settlement with the ledger has behind it in the MACs, the type of its entry.
const LEDGER_ENTRY: u8 = 0x32;

/// Version of the purchase key for a key index of the ledger, beside those of the card's own
/// account.
const LEDGER_VERSIONS: u8 = 0x90;

/// The data field of INIT SAM FOR PURCHASE.
struct Opening<'c> {
    random_and_number: &'c [u8; 6],
    amounts: &'c [u8],
    /// Behind the amounts in MAC1.
    kind: Kind,
    when: &'c [u8; 7],
    version: u8,
    ciphers: Ciphers,
    factors: &'c [u8],
}

/// What transaction it is, as MAC1 has it.
#[derive(Clone, Copy)]
enum Kind {
    Type([u8; 1]),
    /// Class, flags, type of the entry, mode.
    Ledger([u8; 4]),
}

impl Kind {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Type(bytes) => bytes,
            Self::Ledger(bytes) => bytes,
        }
    }
}

impl<'c> Opening<'c> {
    /// # Errors
    /// 6700; 6A80 on a reserved algorithm.
    fn read(card: &Personality, form: Form, data: &'c [u8]) -> Result<Self, Halt> {
        let parts = || {
            let (random_and_number, rest) = data.split_first_chunk()?;
            let (amounts, rest) = rest.split_at_checked(form.covered_bytes())?;
            let (kind, rest) = match (form, rest) {
                (Form::Ledger, [class, flags, mode, rest @ ..]) => {
                    (Kind::Ledger([*class, *flags, LEDGER_ENTRY, *mode]), rest)
                }
                (Form::Ledger, _) | (_, []) => return None,
                (_, [type_byte, rest @ ..]) => (Kind::Type([*type_byte]), rest),
            };
            let (when, rest) = rest.split_first_chunk()?;
            let (&[version, algorithm], factors) = rest.split_first_chunk()?;
            let version = match form {
                Form::Ledger => ledger_key(version),
                Form::Settlement => Some(version).filter(|version| !is_of_ledger(*version)),
                _ => Some(version),
            };
            let whole = factors.len().is_multiple_of(derive::FACTOR_BYTES);
            whole.then_some((random_and_number, amounts, kind, when, version, algorithm, factors))
        };
        let Some((random_and_number, amounts, kind, when, version, algorithm, factors)) = parts()
        else {
            return Halt::status(StatusWord::WRONG_LENGTH);
        };
        let known = |ciphers: &Ciphers| *ciphers == Ciphers::Des || card.has_sm4;
        let ciphers = Ciphers::of(algorithm).filter(known);
        let ciphers = ciphers.ok_or(Halt::Status(StatusWord::WRONG_DATA))?;
        let version = version.ok_or(Halt::Status(StatusWord::KEY_NOT_FOUND))?;
        Ok(Self { random_and_number, amounts, kind, when, version, ciphers, factors })
    }
}

/// Whether a purchase key is the ledger's: one account's keys make no MAC for the other.
const fn is_of_ledger(version: u8) -> bool {
    matches!(version.wrapping_sub(LEDGER_VERSIONS), 1..=3)
}

/// Version of the purchase key for a key index of the ledger; `None` when there is no such index.
const fn ledger_key(index: u8) -> Option<u8> {
    match index {
        1..=3 => Some(LEDGER_VERSIONS + index),
        _ => None,
    }
}

/// INIT SAM FOR PURCHASE: the terminal's transaction number, which is spent by that, and MAC1.
///
/// # Errors
/// 6A86; 6700 also when there are not as many factors as the key has levels; 6A80 on a reserved
/// algorithm; 9403; 6982; 6A80 when the key is of another cipher; 6A82, 6981 without the files;
/// 9402; `Torn`: the number is spent or not, and nothing was said.
pub(crate) fn initialize(
    env: &mut Env<'_>,
    card: &Personality,
    turn: &Turn<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    volatile::end_all(env)?;
    let form = match turn.command.p1p2() {
        0x0000 => Form::Purchase,
        0x0100 => Form::Settlement,
        0x0200 => Form::Ledger,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    if !card.forms.contains(&form) {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let opening = Opening::read(card, form, turn.command.data)?;
    let key = derive::purchase_key(env, turn, opening.version, opening.ciphers, opening.factors)?;
    let terminal = number::terminal(env)?;
    let number = Number::next(env, turn)?;
    let session = transaction_key(&key, opening.random_and_number, number.bytes())?;
    let pieces = [opening.amounts, opening.kind.bytes(), &terminal, opening.when];
    let mac1 = Mac::cbc(&session).of(&[], &pieces);
    let waiting = Waiting::new(form, &session, opening.amounts);
    let waiting = waiting.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
    number.spend(env)?;
    waiting.keep(env)?;
    reply.push(&number.bytes())?;
    reply.push(&mac1.four())
}

/// The key of a purchase: one block under the user card's key, 00 behind what it is made of.
///
/// # Errors
/// None that a key of eight or sixteen bytes could bring.
pub(crate) fn transaction_key(
    key: &Key,
    random_and_number: &[u8; 6],
    [_, _, high, low]: [u8; 4],
) -> Result<Key, Halt> {
    let mut block = [0; 16];
    for (to, from) in block.iter_mut().zip(random_and_number.iter().copied().chain([high, low])) {
        *to = from;
    }
    let session = block.get(..key.block_bytes()).and_then(|input| session_key(key, input));
    session.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// CREDIT SAM FOR PURCHASE: whether the user card has paid. P1 02 brings the sequence of the
/// ledger's entry and the balance after it, which MAC2 covers.
///
/// # Errors
/// 6A86; as [`check_mac2`].
pub(crate) fn credit(env: &mut Env<'_>, card: &Personality, turn: &Turn<'_>) -> Outcome {
    let fits: fn(Form) -> bool = match turn.command.p1p2() {
        0x0000 => |form| matches!(form, Form::Purchase | Form::Settlement),
        0x0200 if card.forms.contains(&Form::Ledger) => |form| form == Form::Ledger,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    let waiting = check_mac2(env, turn, fits)?;
    drop(waiting);
    Waiting::end(env)
}

/// Compares MAC2 of the transaction that waits, with a try of the application taken first; what
/// stands in front of it in the data field, it covers too. The transaction goes on to wait when it
/// is wrong: the terminal may have the right one from the card's proof.
///
/// # Errors
/// 6700; 6901 when no such transaction waits; 9302, of a settlement 63CF; 9303 when that was the
/// last try; `Torn`.
pub(crate) fn check_mac2(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    fits: impl FnOnce(Form) -> bool,
) -> Result<Waiting, Halt> {
    let more_bytes = if turn.command.p1 == 0x02 { 8 } else { 0 };
    turn.expect_lc(more_bytes + 4..=more_bytes + 4)?;
    let (more, mac2) = turn.command.data.split_at(more_bytes);
    let waiting = Waiting::load(env)?.filter(|waiting| fits(waiting.form));
    let waiting = waiting.ok_or(Halt::Status(StatusWord::INVALID_STATE))?;
    let tries = block::Mac2Tries::of(&turn.df(env)?);
    let left = tries.take(env)?;
    let expected = Mac::cbc(waiting.session_key()?).of(&[], &[waiting.covered(), more]);
    if expected.is(mac2) {
        return tries.restore(env).map(|()| waiting);
    }
    match left {
        0 => {
            volatile::end_all(env)?;
            Halt::status(StatusWord::APPLICATION_LOCKED)
        }
        _ if matches!(waiting.form, Form::Settlement | Form::Ledger) => {
            Halt::status(SETTLEMENT_MAC_WRONG)
        }
        _ => Halt::status(StatusWord::MAC_WRONG),
    }
}

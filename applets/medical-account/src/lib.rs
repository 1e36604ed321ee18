//! The medical account (医疗个人账户) as a ledger and not a purse: the card keeps a copy of an account
//! of the authority. What takes value out is a settlement for care, tied to a terminal and a time;
//! what puts an error right is an entry that names the one it changes; every entry has a sequence
//! without gaps and a certificate, so that card and authority can be held against each other.
//!
//! All of it is own design of this project, as is the name `F0 "SSC.ML1"` (proprietary, not
//! registered). It takes from published cards what it can: the purchase of the social-security
//! card's public account (INITIALIZE answers a random number, COMMIT carries MAC1), its keys, and
//! the accumulators and reversal kinds of a rural cooperative card.
//!
//! | module | what it answers |
//! |---|---|
//! | `command` | what a command means, before anything is touched |
//! | `asked` | a command under way: state, keys, what was shown |
//! | `files`, `state` | which files there are and where; what the account has come to |
//! | `entry`, `year`, `event` | the records of the three rings |
//! | `amounts`, `tally` | the four amounts of a settlement; the sums of a year |
//! | `pending` | what is between INITIALIZE and its COMMIT |
//! | `cryptogram`, `guard` | of what session keys, MACs and TACs are computed; wrong MACs counted |
//! | `initialize`, `commit` | settlement, credit, reversal |
//! | `order` | the commands with a MAC: the authority's orders, the acknowledged statement |
//! | `inquire` | control information, STATUS, statement, proof |
//! | `post` | what moves together, all or nothing |
//!
//! # What it takes
//!
//! Class D0 in the clear: STATUS CA, INITIALIZE and COMMIT SETTLEMENT 28 and 2C, CREDIT 40 and 42,
//! REVERSAL 44 and 46, GET STATEMENT 4C, PROOF 5A. Class D4 with a MAC: FREEZE 48, YEAR SETTLEMENT
//! 4A, ACK STATEMENT 4E, CLOSE 50, OPEN 52, RECONCILE 56, ADJUST 58. Besides, the [basic
//! commands](tessera_cos::social) of social-security cards; the PIN is the environment's.
//!
//! # Order of checks
//!
//! Class (6E00), instruction (6D00), the application locked (6A81; 9303 for ever), TERMINATED
//! (9303; STATUS, SELECT and READ RECORD go on), P1-P2 (6A86), Lc (6700), then:
//!
//! * INITIALIZE SETTLEMENT: PIN 6982; FROZEN 9486, NEW 6985; as many entries without a statement as
//!   the limit says 9481; key 9403; class, flags b8-b5, D above A + S 6A80; the terminal's first
//!   four digits are not the insured region's and it is off-line, or without flag b1, or character
//!   4 of item 81 is not '1' 9485; flag b1 at home 6A80; flag b2 or class '5' and not character 6
//!   948C; flag b3 and not character 5 948C; A above the limit of one settlement 9483; A above the
//!   balance 9401; off-line: not allowed, P, amount or count not below their limits 9483; the end
//!   of the counter 9402.
//! * INITIALIZE CREDIT: 9486, 6985; 64 entries without a statement 9481; 9403; the authority's
//!   number not above the last 9487; the balance above 7FFFFFFF or the end of the counter 9402. No
//!   PIN.
//! * INITIALIZE REVERSAL: 9486, 6985; 9481; 9403; 9487; the entry named is no settlement on the
//!   card 9488; P1 6A86; reversed before 9489; 02 with other amounts than the entry's, 03 with a
//!   greater one 6A80; 04 with A above the balance 9401; 9402.
//! * COMMIT: nothing pending 6985; MAC 9302; the time not of digits 6A80; of a settlement the year
//!   not the ledger's 9484.
//! * Class D4: no challenge 6984; MAC 6988; the state (NEW 6985, FROZEN 9486 for YEAR SETTLEMENT,
//!   ADJUST and another freeze, OPEN of what is not NEW 6985); FREEZE 9487; YEAR SETTLEMENT 9487,
//!   948A, 948B, year not later 6A80; ACK STATEMENT 948B; RECONCILE 948B, 9487; ADJUST 9487, 9401;
//!   CLOSE 9487; OPEN 9487. What the design says nothing of comes last: digits 6A80, 9481, 9402.
//! * STATUS in its long form, GET STATEMENT: PIN or RK1 6982; GET STATEMENT in NEW 6985. PROOF:
//!   9406.
//!
//! Nothing is stored before the last check has passed, but the count of wrong MACs.
//!
//! # Choices within the design
//!
//! * A pending transaction ends with every other command on its logical channel, also one that the
//!   runtime refuses, with every command that reaches the application on another, and with its own
//!   COMMIT whatever comes of that.
//! * The random number of INITIALIZE is drawn before anything is checked; a refused one draws it
//!   too.
//! * A class D4 command answers to the last eight bytes of GET CHALLENGE, under SM4 with eight 00
//!   behind them, also when sixteen were drawn.
//! * An instruction in the other class of D0 and D4 is 6D00. Reasons of FREEZE and CLOSE are 01 to
//!   06, else 6A86; unfreezing may have 00.
//! * The version of the key that INITIALIZE answers is the key's index, as in the published
//!   settlement. What a shortened item 81 does not say is not marked, and a shortened item 84 is
//!   nobody's region.
//! * UPDATE RECORD of the parameters works in every state but TERMINATED: they are the insurance's
//!   data of the holder, not the account's.
//! * Every entry but a settlement counts the on-line counter, OPEN too. 9402 is also the end of the
//!   sequence of entries, of a sum of the year and of a count of visits, and a balance above
//!   7FFFFFFF by interest, adjustment, reversal or opening.
//! * YEAR SETTLEMENT, ADJUST and CLOSE want room for their entry too: 9481 when 64 are in no
//!   statement.
//! * Limits of OPEN and RECONCILE are 1 to 60, else 6A80; off-line is allowed by 01 alone.
//! * OPEN wants an authority's number above 0, for a new card's last one is 0.
//! * Sums of a statement are modulo 2^32, the opening balance is reckoned back from them.
//! * A reversal's entry has no flags. Sums of the year go down by classes and flags of the
//!   settlement it names; the year of an entry is that of its time.
//! * CLOSE leaves an entry and no event; ACK STATEMENT an event with number 0. The reason of ADJUST
//!   and the terminal of ACK STATEMENT are in the MAC alone.
//! * PROOF of an entry that has no MAC2 answers 00000000 for it, and 9406 on a card that is NEW.
//! * Freezing what is frozen is 9486, unfreezing what is not is done and leaves its event.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile:
//!
//! | tag | value |
//! |---|---|
//! | C1 | a key, as [`CardKeySpec::parse`](tessera_cos::social::CardKeySpec::parse) has it: role and usage, identifier, version, algorithm, 16 bytes |
//! | C2 | the cipher of all keys, once: 01 triple DES, 03 SM4 |
//! | C4 | an item of the parameters: record number from 1, value of the length of [`ITEMS`] |
//! | C5 | what OPEN says, without its MAC: the account is open from the start |
//!
//! Keys are DPK (usage 4, 01 to 03), DLK (5, 01 to 03), DRK (6, 01), DTK (7, 00), AK (8, 88), SK
//! (9, 89), and of usage 1 LK (83), RK1 (84), UK1 (85), of usage 3 STK (82).

#![no_std]
#![forbid(unsafe_code)]

mod amounts;
mod asked;
mod command;
mod commit;
mod cryptogram;
mod entry;
mod event;
mod files;
mod guard;
mod initialize;
mod inquire;
mod install;
mod order;
mod pending;
mod post;
mod state;
mod tally;
mod words;
mod year;

use tessera_cos::{
    session::{self, EPOCH_BYTES, SESSION_BYTES},
    social::{self, Family, Place, Turn, usage},
};
use tessera_framework::{
    Aid, Applet, Class, Command, Descriptor, Direction, Env, FileId, Halt, Ins, Outcome, Reply,
    Selected, Selection, StatusWord,
};

use asked::Asked;
use command::{Instruction, Intent, PLAIN, PROTECTED};
use files::{AUTHORITY_KEY, STATEMENT_KEY, Suite};
pub use files::{ITEMS, Item};
use pending::{PENDING_BYTES, Pending, forget_pending};
use state::{Standing, State};

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct MedicalAccount;

/// Name of the application: F0, then SSC.ML1; proprietary, not registered.
pub const NAME: &[u8] = b"\xF0SSC.ML1";

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(NAME),
    fid: Some(FileId(0xDF0A)),
    counters: &[],
    ram_on_deselect_bytes: SESSION_BYTES,
    ram_on_reset_bytes: EPOCH_BYTES + PENDING_BYTES,
    secure_messaging: true,
    chaining: false,
};

/// Name of the environment, which keeps the PIN: "sx1.sh." and 社会保障.
const ENVIRONMENT: &[u8] = b"sx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";

static FAMILY: Family = Family {
    dialect: Family::DIALECT,
    place: Place::Below { environment: Aid::new(ENVIRONMENT), pin: true },
    proprietary: Some(inquire::proprietary),
};

impl Applet for MedicalAccount {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        install::install(env, data)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        forget_pending(env);
        social::select(env, &FAMILY, selection, reply)
    }

    /// A challenge and a pending transaction do not outlast any other command, this one included.
    fn passed_over(&self, env: &mut Env<'_>) {
        forget_pending(env);
        social::passed_over(env);
    }

    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        command::direction(class, ins, p1)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        let pending = Pending::take(env)?;
        match Instruction::of(command.class, command.ins) {
            Some(instruction) => run(env, instruction, command, pending, reply),
            None => general(env, command, reply),
        }
    }

    fn deselect(&self, env: &mut Env<'_>) {
        forget_pending(env);
    }

    fn inherit(&self, env: &mut Env<'_>) {
        forget_pending(env);
        session::inherit(env);
    }
}

/// Runs a command that all applications of the family have.
fn general(env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
    if matches!(command.class, PLAIN | PROTECTED) {
        session::take_challenge(env)?;
        return Halt::status(StatusWord::INS_NOT_SUPPORTED);
    }
    if command.ins != Ins::READ_RECORD && State::load(env)?.standing == Standing::Terminated {
        session::take_challenge(env)?;
        social::check_class(command)?;
        return Halt::status(StatusWord::APPLICATION_LOCKED);
    }
    social::process(env, &FAMILY, command, reply)
}

/// Runs a command of the ledger.
fn run(
    env: &mut Env<'_>,
    instruction: Instruction,
    command: &Command<'_>,
    pending: Option<Pending>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let mut random = [0; 4];
    if instruction.draws() {
        env.challenge(&mut random);
    }
    let turn = Turn::begin(env, &FAMILY, command)?;
    turn.refuse_locked(env)?;
    let state = State::load(env)?;
    if state.standing == Standing::Terminated && instruction != Instruction::Status {
        return Halt::status(StatusWord::APPLICATION_LOCKED);
    }
    let intent = Intent::read(instruction, command)?;
    let asked = Asked { turn, state, suite: Suite::load(env)? };
    if command.class == PROTECTED {
        let key = match instruction {
            Instruction::AcknowledgeStatement => (usage::STATEMENT, STATEMENT_KEY),
            _ => (usage::AUTHORITY, AUTHORITY_KEY),
        };
        order::authentic(env, &asked, key)?;
    }
    match intent {
        Intent::Status { long } => inquire::status(env, &asked, long, reply),
        Intent::Statement => inquire::statement(env, &asked, reply),
        Intent::Proof { sequence } => inquire::proof(&asked, sequence, reply),
        Intent::Initialize(opening) => initialize::initialize(env, &asked, opening, random, reply),
        Intent::CommitSettlement { terminal_counter, request } => {
            commit::settlement(env, &asked, pending, (terminal_counter, &request), reply)
        }
        Intent::CommitCredit(request) => commit::credit(env, &asked, pending, &request, reply),
        Intent::CommitReversal(request) => commit::reversal(env, &asked, pending, &request, reply),
        Intent::Freeze { action, reason, authority_number, time } => {
            order::freeze(env, &asked, (action, reason), (authority_number, time))
        }
        Intent::YearSettlement(order) => order::year(env, &asked, &order, reply),
        Intent::AcknowledgeStatement { number, to, balance, time } => {
            order::acknowledge(env, &asked, (number, to, balance), time)
        }
        Intent::Close(order) => order::close(env, &asked, &order, reply),
        Intent::Open(open) => order::open(env, &asked, &open, reply),
        Intent::Reconcile(order) => order::reconcile(env, &asked, &order),
        Intent::Adjust { sign, amount, reference, order } => {
            order::adjust(env, &asked, (sign, amount, reference), &order, reply)
        }
    }
}

#[cfg(test)]
mod tests;

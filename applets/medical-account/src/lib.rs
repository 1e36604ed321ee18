//! The medical account (医疗个人账户) as a ledger.

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
    social::{self, Family, Turn, usage},
};
use tessera_framework::{
    Aid, Applet, Command, Descriptor, Env, FileId, Halt, Ins, Outcome, Reply, Selected, Selection,
    StatusWord,
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
    environment: Some(Aid::new(ENVIRONMENT)),
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
    fn selection_failed(&self, env: &mut Env<'_>) {
        forget_pending(env);
        social::selection_failed(env);
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

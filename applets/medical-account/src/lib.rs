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
mod key_usage;
mod order;
mod pending;
mod post;
mod state;
mod tally;
mod words;
mod year;

use tessera_cos::{
    Dialect, no_data_object,
    session::{self, EPOCH_BYTES, SESSION_BYTES},
};
use tessera_framework::{
    Aid, Applet, Command, Descriptor, DfId, Env, FileId, Halt, Outcome, Reply, Selected, Selection,
    StatusWord, Target,
};

use asked::Asked;
use command::{Instruction, Intent, PLAIN, PROTECTED};
use files::Suite;
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
    counters: &[guard::TRIES_MAX],
    ram_on_deselect_bytes: SESSION_BYTES,
    ram_on_reset_bytes: EPOCH_BYTES + PENDING_BYTES,
    secure_messaging: true,
    chaining: false,
};

static DIALECT: Dialect = Dialect {
    pin: None,
    cyclic_update_adds: false,
    ef_answers_fci: false,
    ef_selection_finds_dfs: false,
    data_object: no_data_object,
    iso: None,
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
        if let Target::Df(DfId::ROOT) = selection.target {
            inquire::control_information(env, reply)?;
            return Ok(Selected::Here);
        }
        tessera_cos::select(env, &DIALECT, selection, reply)
    }

    fn selection_failed(&self, env: &mut Env<'_>) {
        forget_pending(env);
        let _ = session::take_challenge(env);
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        let pending = Pending::take(env)?;
        let challenge = session::take_challenge(env)?;
        match Instruction::of(command.class, command.ins) {
            Some(instruction) => run(env, instruction, command, (pending, challenge), reply),
            None if matches!(command.class, PLAIN | PROTECTED) => {
                Halt::status(StatusWord::INS_NOT_SUPPORTED)
            }
            None if command.ins == tessera_framework::Ins::GET_CHALLENGE => {
                let mut session = tessera_cos::Session::load(env)?;
                session.challenge = session::Challenge::draw(env, command.ne as usize);
                reply.push(session.challenge.bytes())?;
                session.store(env)
            }
            None if command.ins == tessera_framework::Ins::VERIFY => {
                let mut session = tessera_cos::Session::load(env)?;
                session.note_pin(true);
                session.store(env)
            }
            None => tessera_cos::process(env, &DIALECT, command, reply),
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

/// Runs a command of the ledger.
fn run(
    env: &mut Env<'_>,
    instruction: Instruction,
    command: &Command<'_>,
    (pending, challenge): (Option<Pending>, session::Challenge),
    reply: &mut Reply<'_>,
) -> Outcome {
    let mut random = [0; 4];
    if instruction.draws() {
        env.challenge(&mut random);
    }
    guard::refuse_locked(env)?;
    let state = State::load(env)?;
    if state.standing == Standing::Terminated && instruction != Instruction::Status {
        return Halt::status(StatusWord::APPLICATION_LOCKED);
    }
    let intent = Intent::read(instruction, command)?;
    let asked = Asked { command, challenge, state, suite: Suite::load(env)? };
    if command.class == PROTECTED {
        let key = match instruction {
            Instruction::AcknowledgeStatement => key_usage::STATEMENT,
            _ => key_usage::AUTHORITY,
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

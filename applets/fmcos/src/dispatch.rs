//! One command: may this card take it now, and who runs it.
//!
//! # Order of checks
//!
//! The card blocked or without an MF (6A81); the instruction (6D00) and its class (6E00); the
//! length of the data field, 239 bytes at most (6700); the application blocked (6A81); then P1-P2
//! (6A86) and Lc (6700), the file or key (6A82, 6A88, 9403), its structure (6981), its right
//! (6982), the challenge (6985), the counter (6983), what is shown (63CX, 6988, 9302), and the
//! place (6B00, 6A83, 6A84). Nothing but a counter is stored before the last check.

use tessera_cos::{
    Session,
    basic::{self, LC_MAX, Turn, block},
    session::take_challenge,
};
use tessera_framework::{Class, Command, Env, FileId, Halt, Ins, Outcome, Reply, StatusWord};
use tessera_pboc::Rules;

use crate::{BUILD, create, ins, write_key};

/// Runs a command, SELECT excepted.
///
/// # Errors
/// The status word to answer; `Torn`.
pub(crate) fn process(env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
    let makes_mf = command.ins == Ins::CREATE_FILE && command.p1p2() == FileId::MF.0;
    if !(makes_mf && block::has_no_mf(env)?) {
        block::refuse_dead_card(env)?;
    }
    let challenge = take_challenge(env)?;
    let mut turn = Turn { build: &BUILD, command, session: Session::load(env)?, challenge };
    if tessera_pboc::is_purse_command(&Rules::USUAL, command) {
        if let Err(refusal) = block::refuse_blocked(&turn.df(env)?) {
            tessera_pboc::forget_pending(env);
            return Err(refusal);
        }
        return tessera_pboc::process(env, &turn, &Rules::USUAL, reply);
    }
    tessera_pboc::forget_pending_before(env, command);
    check_class(command)?;
    if command.data.len() > LC_MAX {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    if !block::is_taken_when_blocked(command.ins) {
        block::refuse_blocked(&turn.df(env)?)?;
    }
    run(env, &mut turn, reply)?;
    turn.session.store(env)
}

fn run(env: &mut Env<'_>, turn: &mut Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    match turn.command.ins {
        Ins::CREATE_FILE => create::create(env, turn),
        ins::ERASE_DF => create::erase_df(env, turn),
        ins::WRITE_KEY => write_key::write_key(env, turn),
        basic::ins::CARD_BLOCK => block::block_card(env, turn),
        _ => basic::run(env, turn, reply),
    }
}

/// The classes an instruction is known in.
///
/// # Errors
/// 6D00 for an instruction this card does not know, 6E00 for one in another class.
fn check_class(command: &Command<'_>) -> Outcome {
    let fits = match command.ins {
        Ins::CREATE_FILE | ins::ERASE_DF => command.class == Class::Proprietary(0x80),
        ins::WRITE_KEY => matches!(command.class, Class::Proprietary(0x80 | 0x84)),
        basic::ins::CARD_BLOCK => command.class == Class::Proprietary(0x84),
        _ => return basic::check_class(command),
    };
    if fits { Ok(()) } else { Halt::status(StatusWord::CLA_NOT_SUPPORTED) }
}

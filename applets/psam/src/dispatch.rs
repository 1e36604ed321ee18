//! One command: may this card take it now, and who runs it.

use tessera_cos::{
    Session,
    basic::{self, LC_MAX, Turn},
    session::take_challenge,
};
use tessera_framework::{Class, Command, Env, Halt, Outcome, Reply, StatusWord};

use crate::{block, crypt, descrypt, grey, ins, personality::Personality, purchase, write_key};

/// Runs a command, SELECT excepted.
///
/// # Errors
/// The status word to answer, in the order of the crate's documentation; `Torn`.
pub(crate) fn process(
    env: &mut Env<'_>,
    card: &'static Personality,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let challenge = take_challenge(env)?;
    check_class(card, command)?;
    if command.data.len() > LC_MAX {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let mut turn = Turn { build: &card.build, command, session: Session::load(env)?, challenge };
    if !basic::block::is_taken_when_blocked(command.ins) {
        let df = turn.df(env)?;
        basic::block::refuse_blocked(&df)?;
        block::refuse_locked(env, &df)?;
    }
    run(env, card, &mut turn, reply)?;
    turn.session.store(env)
}

fn run(
    env: &mut Env<'_>,
    card: &Personality,
    turn: &mut Turn<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    match turn.command.ins {
        ins::INIT_SAM_FOR_PURCHASE => purchase::initialize(env, card, turn, reply),
        ins::CREDIT_SAM_FOR_PURCHASE => purchase::credit(env, card, turn),
        ins::INIT_FOR_DESCRYPT => descrypt::initialize(env, turn),
        ins::DELIVER_SESSION_KEY => descrypt::deliver_session_key(env, turn),
        ins::DES_CRYPT => crypt::crypt(env, card, turn, reply),
        ins::INIT_FOR_GREY_LOCK => grey::initialize(env, turn, reply),
        ins::CHECK_GREY_LOCK => grey::check(env, turn),
        ins::DEBIT_FOR_UNLOCK => grey::debit(env, turn, reply),
        ins::WRITE_KEY => write_key::write_key(env, card, turn),
        basic::ins::APPLICATION_UNBLOCK => block::unblock(env, turn),
        _ => basic::run(env, turn, reply),
    }
}

/// The classes an instruction is known in.
///
/// # Errors
/// 6D00 for an instruction this card does not know, 6E00 for one in another class.
fn check_class(card: &Personality, command: &Command<'_>) -> Outcome {
    if !card.instructions.contains(&command.ins) && command.ins != basic::ins::APPLICATION_UNBLOCK {
        return basic::check_class(command);
    }
    let class = command.class;
    let fits = match command.ins {
        ins::INIT_SAM_FOR_PURCHASE
        | ins::CREDIT_SAM_FOR_PURCHASE
        | ins::INIT_FOR_DESCRYPT
        | ins::DES_CRYPT => class == Class::Proprietary(0x80),
        ins::DELIVER_SESSION_KEY => matches!(class, Class::Proprietary(0x80 | 0xBF)),
        ins::INIT_FOR_GREY_LOCK | ins::CHECK_GREY_LOCK | ins::DEBIT_FOR_UNLOCK => {
            class == Class::Proprietary(0xE0)
        }
        ins::WRITE_KEY => class == Class::Proprietary(0x84),
        // Published lists have both.
        basic::ins::APPLICATION_UNBLOCK => matches!(class, Class::Proprietary(0x80 | 0x84)),
        _ => return basic::check_class(command),
    };
    if fits { Ok(()) } else { Halt::status(StatusWord::CLA_NOT_SUPPORTED) }
}

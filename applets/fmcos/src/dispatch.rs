//! One command: may this card take it now, and who runs it.
//!
//! # Order of checks
//!
//! The card blocked or without an MF (6A81); the instruction (6D00) and its class (6E00); the
//! length of the data field, 239 bytes at most (6700); the application blocked (6A81); then P1-P2
//! (6A86) and Lc (6700), the file or key (6A82, 6A88, 9403), its structure (6981), its right
//! (6982), the challenge (6985), the counter (6983), what is shown (63CX, 6988, 9302), and the
//! place (6B00, 6A83, 6A84). Nothing but a counter is stored before the last check.

use tessera_cos::{Header, Session, session::take_challenge};
use tessera_framework::{
    Class, Command, Env, FileId, Halt, Ins, Outcome, Reply, StatusWord, class::SecureMessaging,
};
use tessera_pboc::Rules;

use crate::{DIALECT, authenticate, block, create, files, pin, turn::Turn, words, write_key};

/// Most bytes of a command's data field.
const LC_MAX: usize = 0xEF;

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
    if tessera_pboc::is_purse_command(command) {
        block::refuse_blocked(&Header::load(env, Session::load(env)?.df)?)?;
        return tessera_pboc::process(env, &DIALECT, &Rules::USUAL, command, reply);
    }
    tessera_pboc::forget_pending(env);
    check_class(command)?;
    if command.data.len() > LC_MAX {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let mut turn = Turn { command, session: Session::load(env)?, challenge };
    if !block::is_taken_when_blocked(command.ins) {
        block::refuse_blocked(&turn.df(env)?)?;
    }
    run(env, &mut turn, reply)?;
    turn.session.store(env)
}

fn run(env: &mut Env<'_>, turn: &mut Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    match turn.command.ins {
        Ins::VERIFY => pin::verify(env, turn),
        Ins::EXTERNAL_AUTHENTICATE => authenticate::external(env, turn),
        Ins::GET_CHALLENGE => authenticate::get_challenge(env, turn, reply),
        Ins::INTERNAL_AUTHENTICATE => authenticate::internal(env, turn, reply),
        Ins::READ_BINARY => files::read_binary(env, turn, reply),
        Ins::READ_RECORD => files::read_record(env, turn, reply),
        Ins::UPDATE_BINARY | words::WRITE_BINARY => files::update_binary(env, turn),
        Ins::UPDATE_RECORD | words::WRITE_RECORD => files::update_record(env, turn),
        Ins::APPEND_RECORD => files::append_record(env, turn),
        Ins::CREATE_FILE => create::create(env, turn),
        words::ERASE_DF => create::erase_df(env, turn),
        words::WRITE_KEY => write_key::write_key(env, turn),
        words::PIN_MAINTENANCE => pin::maintain(env, turn),
        words::PIN_UNBLOCK => pin::unblock(env, turn),
        words::APPLICATION_BLOCK => block::block_application(env, turn),
        words::APPLICATION_UNBLOCK => block::unblock_application(env, turn),
        words::CARD_BLOCK => block::block_card(env, turn),
        _ => Halt::status(StatusWord::INS_NOT_SUPPORTED),
    }
}

/// The classes an instruction is known in.
///
/// # Errors
/// 6D00 for an instruction this card does not know, 6E00 for one in another class.
fn check_class(command: &Command<'_>) -> Outcome {
    let plain = |class: Class| matches!(class, Class::First { sm: SecureMessaging::None, .. });
    let line =
        |class: Class| matches!(class, Class::First { sm: SecureMessaging::Proprietary, .. });
    let class = command.class;
    let fits = match command.ins {
        Ins::VERIFY
        | Ins::EXTERNAL_AUTHENTICATE
        | Ins::GET_CHALLENGE
        | Ins::INTERNAL_AUTHENTICATE => plain(class),
        Ins::READ_BINARY
        | Ins::READ_RECORD
        | Ins::UPDATE_BINARY
        | words::WRITE_BINARY
        | Ins::UPDATE_RECORD
        | words::WRITE_RECORD
        | Ins::APPEND_RECORD => plain(class) || line(class),
        Ins::CREATE_FILE | words::ERASE_DF | words::PIN_MAINTENANCE => {
            class == Class::Proprietary(0x80)
        }
        words::WRITE_KEY | words::PIN_UNBLOCK => {
            matches!(class, Class::Proprietary(0x80 | 0x84))
        }
        words::APPLICATION_BLOCK | words::APPLICATION_UNBLOCK | words::CARD_BLOCK => {
            class == Class::Proprietary(0x84)
        }
        _ => return Halt::status(StatusWord::INS_NOT_SUPPORTED),
    };
    if fits { Ok(()) } else { Halt::status(StatusWord::CLA_NOT_SUPPORTED) }
}

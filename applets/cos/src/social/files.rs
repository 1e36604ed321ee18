//! UPDATE BINARY and UPDATE RECORD with a MAC (04 D6, 04 DC).

use tessera_framework::{Class, Command, Env, Halt, Outcome, Reply, StatusWord};

use crate::messaging::{Protection, class_byte, line::CHECKSUM_BYTES};

use super::Turn;

/// An update whose data field ends with a MAC, by the maintenance key of the current DF.
///
/// # Errors
/// 6700 when there is nothing before the MAC; 6A88; 6984; 6988; then those of the update in the
/// clear.
pub(super) fn update(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    let command = turn.command;
    if command.data.len() <= CHECKSUM_BYTES {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let key = turn.maintenance_key(env, turn.session.df)?;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    let opened = turn.open(env, &key, Protection::Checksum, wrong)?;
    let plain = Command {
        class: Class::decode(class_byte(command.class) & !0x0C),
        data: opened.as_slice(),
        ..*command
    };
    crate::process(env, &turn.family.dialect, &plain, reply)
}

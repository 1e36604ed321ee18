//! UPDATE BINARY and UPDATE RECORD with a MAC (04 D6, 04 DC).

use tessera_framework::{Class, Command, Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Session,
    intent::{FileRef, Intent, Purpose, open},
    layout::Kind,
    messaging::{Protection, class_byte, line::CHECKSUM_BYTES},
    session::Secured,
};

use super::{CardKey, Turn};

/// An update whose data field ends with a MAC, by the maintenance key of the current DF.
///
/// # Errors
/// 6A86; 6700, also when there is nothing before the MAC; 6986, 6A82, 6981, 6985, 6982 of the file;
/// 6A88; 6984; 6988; then those of the update in the clear; `Torn`.
pub(super) fn update(env: &mut Env<'_>, turn: &mut Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    let key = turn.maintenance_key(env, turn.session.df);
    // A file that wants a MAC looks for this; without a key none is right, and that is said later.
    let kid = key.map_or(0, |key| key.id);
    turn.session.secured = Secured { key: Some(kid), enciphered: false };
    turn.session.store(env)?;
    let updated = update_secured(env, turn, key, reply);
    let mut session = Session::load(env)?;
    session.secured = Secured::default();
    session.store(env)?;
    updated
}

fn update_secured(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    key: Result<CardKey, Halt>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let command = turn.command;
    let Some((data, _)) = command.data.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let class = Class::decode(class_byte(command.class) & !0x0C);
    may_update(env, turn, &Command { class, data, ..*command })?;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    let opened = turn.open(env, &key?, Protection::Checksum, wrong)?;
    let plain = Command { class, data: opened.as_slice(), ..*command };
    crate::process(env, &turn.family.dialect, &plain, reply)
}

/// The file may be updated; nothing is stored.
fn may_update(env: &Env<'_>, turn: &Turn<'_>, plain: &Command<'_>) -> Outcome {
    let (file, fits): (FileRef, fn(Kind) -> bool) = match Intent::try_from(plain)? {
        Intent::UpdateBinary { file, .. } => (file, |kind| kind == Kind::Transparent),
        Intent::UpdateRecord { file, .. } => (file, Kind::has_records),
        _ => return Halt::status(StatusWord::INS_NOT_SUPPORTED),
    };
    open(env, &turn.family.dialect, file, Purpose::Update, fits).map(drop)
}

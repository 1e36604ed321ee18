//! CREATE FILE 80 E0 and ERASE DF 80 0E.

use tessera_cos::{
    Access, DfSpec, Header, Structure,
    basic::Turn,
    find::find_child,
    layout::{LifeCycle, ROOT_AT},
    session::count_deletion,
    space::erase_under,
    tree,
};
use tessera_framework::{Env, FileId, Halt, Outcome, StatusWord};
use tessera_pboc::notation::{self, kind};

use crate::{mf, rations};

/// MF, and two levels of DFs below it.
const LEVELS_MAX: u8 = 3;

/// CREATE FILE: P1-P2 the identifier, the data field says what.
///
/// # Errors
/// 6700 wrong length; 6A80 what cannot be: an unknown kind, fewer than two records, records of more
/// than 248 bytes, a fourth level, a key file that is not the first file, a purse under another
/// identifier than 0001 or 0002; 6982; 6A86 identifier or name in use; 6A84 no room; `Torn`.
pub(crate) fn create(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    let fid = FileId(turn.command.p1p2());
    match turn.command.data {
        [kind::DIRECTORY, ..] => create_df(env, turn, fid),
        [_, _, _, _, _, _, _] => create_ef(env, turn, fid),
        _ => Halt::status(StatusWord::WRONG_LENGTH),
    }
}

fn create_df(env: &mut Env<'_>, turn: &mut Turn<'_>, fid: FileId) -> Outcome {
    let [_, space0, space1, create, erase, application, _, _, ref name @ ..] = *turn.command.data
    else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    if !(5..=16).contains(&name.len()) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let space = u16::from_be_bytes([space0, space1]);
    let spec = DfSpec {
        fid,
        name,
        proprietary: &[],
        full_control: false,
        life_cycle: LifeCycle::ACTIVATED,
        create: Access::Register(create),
        erase: Access::Register(erase),
        space,
        own: application,
        attributes: &[],
    };
    if fid == FileId::MF {
        return mf::create(env, turn, &spec);
    }
    let parent = turn.df(env)?;
    turn.check(env, parent.read())?;
    if level(env, &parent)? >= LEVELS_MAX {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    refuse_taken(env, turn, fid)?;
    let least = rations::HEADER_BYTES + name.len() as u32;
    if u32::from(space) < least {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    rations::check_df(env, &parent, mf::eeprom_bytes(env)?, space.into())?;
    match tree::create_df(env, parent.df_id(), &spec) {
        Err(Halt::Status(StatusWord::NAME_EXISTS)) => Halt::status(StatusWord::WRONG_P1P2),
        made => made.map(drop),
    }
}

fn create_ef(env: &mut Env<'_>, turn: &mut Turn<'_>, fid: FileId) -> Outcome {
    let Ok(bytes) = turn.command.data.try_into() else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let spec = notation::ef(fid, bytes)?;
    let df = turn.df(env)?;
    turn.check(env, df.read())?;
    refuse_taken(env, turn, fid)?;
    if let Structure::KeyFile { .. } = spec.structure
        && find_child(env, df.at, |_| true)?.is_some()
    {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    rations::check_df(env, &df, mf::eeprom_bytes(env)?, rations::ef_bytes(&spec.structure))?;
    tree::create_ef(env, df.df_id(), &spec).map(drop)
}

/// # Errors
/// 6A86 when the identifier is in use in the current DF.
fn refuse_taken(env: &Env<'_>, turn: &Turn<'_>, fid: FileId) -> Outcome {
    match find_child(env, turn.session.df, |file| file.fid() == fid)? {
        Some(_) => Halt::status(StatusWord::WRONG_P1P2),
        None => Ok(()),
    }
}

/// The level of a DF, the MF's being 1.
fn level(env: &Env<'_>, df: &Header) -> Result<u8, Halt> {
    let mut level = 1;
    let mut df = *df;
    while df.at != ROOT_AT && level < LEVELS_MAX {
        df = Header::load(env, df.parent())?;
        level += 1;
    }
    Ok(level)
}

/// ERASE DF: everything under the current DF, all at once. What it is called and who may do what in
/// it stays; until it is left, everything may be made and written in it.
///
/// # Errors
/// 6A86; 6700; 6982; `Torn`.
pub(crate) fn erase_df(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    turn.expect_p1p2(0)?;
    turn.expect_lc(0..=0)?;
    let df = turn.df(env)?;
    turn.check(env, df.update())?;
    erase_under(env, &df)?;
    // Other channels may stand in what is gone.
    count_deletion(env);
    turn.session.ef = None;
    turn.session.record = None;
    turn.session.free = true;
    Ok(())
}

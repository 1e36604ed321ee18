//! CREATE FILE 80 E0 and ERASE DF 80 0E.

use tessera_cos::{
    Access, DfSpec, EfSpec, Flags, Header, Structure,
    basic::Turn,
    find::find_child,
    layout::{LifeCycle, ROOT_AT},
    session::count_deletion,
    space::erase_under,
    tree,
};
use tessera_framework::{Env, FileId, Halt, Outcome, Sfi, StatusWord};

use crate::{mf, rations};

/// First data byte without the bits that protect the lines: what is to be made.
mod kind {
    pub(super) const BINARY: u8 = 0x28;
    pub(super) const FIXED: u8 = 0x2A;
    pub(super) const VARIABLE: u8 = 0x2C;
    pub(super) const CYCLIC: u8 = 0x2E;
    pub(super) const PURSE: u8 = 0x2F;
    pub(super) const DIRECTORY: u8 = 0x38;
    pub(super) const KEY_FILE: u8 = 0x3F;
}

/// MF, and two levels of DFs below it.
const LEVELS_MAX: u8 = 3;

/// Bytes an unwritten file holds.
const UNWRITTEN: u8 = 0xFF;

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
    let &[type_byte, a, b, read, write, _, key_byte] = turn.command.data else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let size = u16::from_be_bytes([a, b]);
    let (mut read, mut update, mut own) =
        (Access::Register(read), Access::Register(write), key_byte);
    let line = type_byte & 0xC0;
    let structure = match type_byte & 0x3F {
        // The bits that protect lines replace nothing in 28 to 2E; 2F and 3F have none.
        kind::BINARY => Structure::Transparent { bytes: size.into() },
        kind::FIXED | kind::CYCLIC if a < 2 => return Halt::status(StatusWord::WRONG_DATA),
        kind::FIXED | kind::CYCLIC if b > RECORD_BYTES_MAX => {
            return Halt::status(StatusWord::WRONG_DATA);
        }
        kind::FIXED => Structure::LinearFixed { record_bytes: b, records: a, tlv: false },
        kind::CYCLIC => Structure::Cyclic { record_bytes: b, records: a },
        kind::VARIABLE => Structure::LinearVariable {
            bytes: size.into(),
            record_bytes_max: RECORD_BYTES_MAX,
            // The shortest record is a tag and a length.
            records: (size / 2).min(254) as u8,
            tlv: true,
        },
        kind::PURSE if line == 0 && matches!(fid.0, 1 | 2) => {
            update = Access::Never;
            tessera_pboc::purse::STRUCTURE
        }
        kind::KEY_FILE if line == 0 => {
            // Its fields: size, what the DF said of itself, and the right to add keys.
            (read, update, own) = (Access::Register(write), Access::Never, 0xFF);
            Structure::KeyFile { space: size }
        }
        _ => return Halt::status(StatusWord::WRONG_DATA),
    };
    let df = turn.df(env)?;
    turn.check(env, df.read())?;
    refuse_taken(env, turn, fid)?;
    if let Structure::KeyFile { .. } = structure
        && find_child(env, df.at, |_| true)?.is_some()
    {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    rations::check_df(env, &df, mf::eeprom_bytes(env)?, rations::ef_bytes(&structure))?;
    let spec = EfSpec {
        fid,
        sfi: u8::try_from(fid.0).ok().and_then(Sfi::new).filter(|_| is_read_by_sfi(&structure)),
        structure,
        read,
        update,
        life_cycle: LifeCycle::ACTIVATED,
        flags: Flags(line),
        own,
        attributes: &[],
        fill: if let Structure::Purse { .. } = structure { 0 } else { UNWRITTEN },
    };
    tree::create_ef(env, df.df_id(), &spec).map(drop)
}

/// Longest record in bytes.
const RECORD_BYTES_MAX: u8 = 248;

/// Key file and purse are not for READ and UPDATE.
const fn is_read_by_sfi(structure: &Structure) -> bool {
    !matches!(structure, Structure::KeyFile { .. } | Structure::Purse { .. })
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

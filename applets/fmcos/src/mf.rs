//! The MF: what the card as a whole knows of itself, and its own creation.
//!
//! The root of the segment is there from the start, as a place for the MF. Until CREATE FILE makes
//! the MF of it, the card takes no other command.

use tessera_cos::{
    DfSpec, Header,
    basic::Turn,
    find::DfBody,
    layout::{self, LifeCycle, ROOT_AT},
    tree,
};
use tessera_framework::{Env, FileId, Halt, Outcome, StatusWord};

/// Name of an MF that is made without one of its own: 1PAY.SYS.DDF01.
pub const DEFAULT_NAME: &[u8] = b"1PAY.SYS.DDF01";

/// Bytes of EEPROM of the FM1208 that most cards are.
pub const EEPROM_BYTES: u16 = 8192;

/// Name that stands in the place of the transport code's last five bytes.
const NO_NAME: &[u8] = &[0xFF; 5];

/// A name that keeps place for the longest one.
const PLACEHOLDER: &[u8] = &[0; 16];

/// Makes the segment of a card without an MF.
///
/// # Errors
/// 6A84; `Torn`.
pub(crate) fn format(env: &mut Env<'_>, eeprom_bytes: u16) -> Outcome {
    layout::format(env)?;
    let spec = DfSpec {
        fid: FileId::MF,
        name: PLACEHOLDER,
        proprietary: &eeprom_bytes.to_be_bytes(),
        life_cycle: LifeCycle::CREATION,
        ..DfSpec::PLAIN
    };
    tree::create_root(env, &spec)
}

/// Makes the MF.
///
/// # Errors
/// 6A86 when there is one; `Torn`.
pub(crate) fn create(env: &mut Env<'_>, turn: &mut Turn<'_>, spec: &DfSpec<'_>) -> Outcome {
    let root = Header::load(env, ROOT_AT)?;
    if root.life_cycle() != LifeCycle::CREATION {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let body = DfBody::load(env, &root)?;
    let name = if spec.name == NO_NAME { DEFAULT_NAME } else { spec.name };
    let root =
        tree::rewrite_df(env, &root, &DfSpec { name, proprietary: body.proprietary(), ..*spec })?;
    turn.session.enter_df(&root);
    turn.session.free = true;
    Ok(())
}

/// Bytes of the card's EEPROM, as its own arithmetic goes.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub(crate) fn eeprom_bytes(env: &Env<'_>) -> Result<u32, Halt> {
    let root = Header::load(env, ROOT_AT)?;
    match *DfBody::load(env, &root)?.proprietary() {
        [high, low] => Ok(u16::from_be_bytes([high, low]).into()),
        _ => Halt::status(StatusWord::NO_DIAGNOSIS),
    }
}

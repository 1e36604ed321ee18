//! Secure messaging by data objects (ISO/IEC 7816-4:2020, 10) on a channel: its keys, and commands
//! that come with it.
//!
//! It begins with MUTUAL AUTHENTICATE, or with MANAGE SECURITY ENVIRONMENT for a key of that usage.
//! Own design, after ICAO Doc 9303-11: the two keys are derived as there from a seed, which is the
//! key, the terminal's challenge (of MUTUAL AUTHENTICATE) and the card's; the send sequence counter
//! begins as the card's challenge. So no command of an earlier session is good for another one.
//! Triple DES and AES alone have keys for it.
//!
//! It ends with a command that is not protected as it has to be, another DF for a key of the DF
//! before, deselection and reset.

use tessera_framework::{Clear, Env, Halt, Outcome, StatusWord, pin::forget};

use super::authenticate::algorithm;
use crate::{
    Session,
    cipher::{Algorithm, icao},
    keys::{KeyBytes, KeyRecord},
    session::SESSION_BYTES,
};

/// Bytes of RAM behind the session: algorithm, key that encrypts, key that authenticates, send
/// sequence counter.
pub(crate) const MESSAGING_BYTES: u16 = 1 + 16 + 16 + 16;

/// Bytes of a session key.
const KEY_BYTES: usize = 16;

/// Begins secure messaging with a key.
///
/// # Errors
/// 6985 for an algorithm that has no keys for it; 6F00 when the applet's descriptor asks for too
/// little RAM.
pub(crate) fn begin(
    env: &mut Env<'_>,
    record: &KeyRecord,
    key: &KeyBytes,
    [terminal, card]: [&[u8]; 2],
) -> Outcome {
    let algorithm = algorithm(record)?;
    let mut seed = [0; 32 + 16 + 16];
    let parts = key.as_slice().iter().chain(terminal).chain(card);
    for (to, from) in seed.iter_mut().zip(parts) {
        *to = *from;
    }
    let bytes = key.as_slice().len() + terminal.len() + card.len();
    let used = seed.get(..bytes).unwrap_or_default();
    let derive = |counter| icao::derive(used, counter, algorithm, KEY_BYTES);
    let keys = derive(icao::ENCRYPTION).zip(derive(icao::AUTHENTICATION));
    forget(&mut seed);
    let Some((encryption, authentication)) = keys else {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    };
    let mut session = Session::load(env)?;
    session.messaging = Some(record.id());
    session.store(env)?;
    let place = env.ram_mut(Clear::OnDeselect).get_mut(usize::from(SESSION_BYTES)..);
    let Some(place) = place.and_then(|ram| ram.get_mut(..usize::from(MESSAGING_BYTES))) else {
        return Halt::status(StatusWord::NO_DIAGNOSIS);
    };
    place.fill(0);
    let code = if algorithm == Algorithm::Aes { 2 } else { 1 };
    let content = core::iter::once(&code)
        .chain(encryption.as_slice())
        .chain(authentication.as_slice())
        .chain(card);
    for (to, from) in place.iter_mut().zip(content) {
        *to = *from;
    }
    Ok(())
}

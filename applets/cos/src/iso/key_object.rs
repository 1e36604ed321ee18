//! Keys and reference data as PUT DATA brings them (own design; the standard leaves it to the
//! card).
//!
//! P1-P2 0100, and in the data field, each at most once and in any order:
//!
//! | tag | value |
//! |---|---|
//! | 83 | reference: b8 0 global, kept in the root and put there; 1 specific, of the current DF; b5-b1 its number, 1 to 31 |
//! | 95 | usage: 08 reference data (a PIN), 04 its resetting code, 80 external, 40 internal, C0 mutual authentication, 30 secure messaging |
//! | 80 | algorithm of a key: 01 triple DES, 02 AES, 03 SM4; not of reference data |
//! | 90 | tries, 1 to 15; of a key it may be missing: then they are not counted |
//! | 8F | value: of reference data 1 to 16 bytes, of a key as many as the algorithm takes; empty: the key is deleted |
//!
//! A number names at most one key, one set of reference data and one resetting code in its DF. A
//! key serves one usage: the same one both ways would let the card answer its own challenges. What
//! was shown with a key that is replaced or deleted counts no more, on all channels.

use tessera_framework::{
    Env, Halt, Outcome, StatusWord,
    tlv::{DataObjects, Malformed},
};

use super::Iso;
use crate::{
    Access, Flags, Session,
    header::Header,
    keys::{self, KEY, KeySpec, REFERENCE_DATA, RESETTING_CODE, Tries},
    layout::ROOT_AT,
    session,
    space::delete,
};

/// Longest reference data in bytes.
pub const REFERENCE_BYTES_MAX: usize = 16;

/// What a key may be used for: values of the usage object.
pub mod usage {
    /// Reference data.
    pub const REFERENCE: u8 = 0x08;
    /// Resetting code.
    pub const RESETTING: u8 = 0x04;
    /// EXTERNAL AUTHENTICATE.
    pub const EXTERNAL: u8 = 0x80;
    /// INTERNAL AUTHENTICATE.
    pub const INTERNAL: u8 = 0x40;
    /// MUTUAL AUTHENTICATE.
    pub const MUTUAL: u8 = 0xC0;
    /// Secure messaging.
    pub const MESSAGING: u8 = 0x30;
}

/// A key object's content.
#[derive(Clone, Copy, Default)]
struct KeyObject<'a> {
    reference: Option<u8>,
    usage: Option<u8>,
    algorithm: Option<u8>,
    tries: Option<u8>,
    value: Option<&'a [u8]>,
}

impl<'a> KeyObject<'a> {
    fn read(data: &'a [u8]) -> Result<Self, Malformed> {
        let mut found = Self::default();
        for object in DataObjects::new(data) {
            let object = object?;
            let place = match object.tag.0 {
                0x83 => &mut found.reference,
                0x95 => &mut found.usage,
                0x80 => &mut found.algorithm,
                0x90 => &mut found.tries,
                0x8F if found.value.is_none() => {
                    found.value = Some(object.value);
                    continue;
                }
                _ => return Err(Malformed),
            };
            match *object.value {
                [byte] if place.is_none() => *place = Some(byte),
                _ => return Err(Malformed),
            }
        }
        Ok(found)
    }

    /// The key's class, its reference, and how it is kept.
    fn spec(&self) -> Result<KeySpec, Malformed> {
        let id = self.reference.filter(|id| is_reference(*id)).ok_or(Malformed)?;
        let use_ = self.usage.ok_or(Malformed)?;
        let usage = match use_ {
            usage::REFERENCE => REFERENCE_DATA,
            usage::RESETTING => RESETTING_CODE,
            usage::EXTERNAL | usage::INTERNAL | usage::MUTUAL | usage::MESSAGING => KEY,
            _ => return Err(Malformed),
        };
        let tries = match self.tries {
            Some(max @ 1..=15) => Some(Tries { max, left: max }),
            Some(_) => return Err(Malformed),
            None => None,
        };
        let (algorithm, bytes) = (self.algorithm, self.value.ok_or(Malformed)?.len());
        let fits = bytes == 0
            || match (usage, algorithm) {
                (KEY, Some(1)) => matches!(bytes, 16 | 24),
                (KEY, Some(2)) => matches!(bytes, 16 | 24 | 32),
                (KEY, Some(3)) => bytes == 16,
                (KEY, _) | (_, Some(_)) => false,
                (_, None) => bytes <= REFERENCE_BYTES_MAX && tries.is_some(),
            };
        // The derivation of session keys knows triple DES and AES alone.
        let derives = matches!(use_, usage::MUTUAL | usage::MESSAGING);
        if !fits || (derives && algorithm == Some(3)) {
            return Err(Malformed);
        }
        Ok(KeySpec {
            usage,
            id,
            usable: Access::Always,
            change: Access::Never,
            version_or_follow_up: use_,
            algorithm: algorithm.unwrap_or(0),
            tries,
            flags: Flags::default(),
        })
    }
}

/// Whether a byte names reference data or a key.
pub(crate) const fn is_reference(byte: u8) -> bool {
    byte & 0x60 == 0 && byte & 0x1F != 0
}

/// Adds, replaces or deletes a key; the right to do so has been checked.
///
/// # Errors
/// 6A80 when it cannot be such a key, or is a global one in another DF than the root; 6A88 when
/// there is none to delete; 6A84; `Torn`: it is the old or the new one.
pub fn put(env: &mut Env<'_>, iso: Iso, mut session: Session, data: &[u8]) -> Outcome {
    let wrong = Halt::Status(StatusWord::WRONG_DATA);
    let object = KeyObject::read(data).map_err(|_| wrong)?;
    let spec = object.spec().map_err(|_| wrong)?;
    if spec.id & 0x80 == 0 && session.df != ROOT_AT {
        return Err(wrong);
    }
    let df = Header::load(env, session.df)?;
    let old = keys::find(env, session.df, spec.usage, spec.id)?;
    match (object.value.unwrap_or_default(), old) {
        ([], None) => return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND),
        ([], Some(old)) => delete(env, old.block())?,
        (value, None) => {
            // Nothing can have been shown with it yet.
            return keys::add(env, iso.counters(), df.df_id(), &spec, value).map(drop);
        }
        (value, Some(old)) => {
            keys::replace(env, iso.counters(), &old, &spec, value)?;
        }
    }
    session::count_deletion(env);
    match spec.usage {
        KEY => session.forget_key(spec.id),
        _ => session.note_user(spec.id, false),
    }
    session.store(env)
}

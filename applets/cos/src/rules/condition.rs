//! Security conditions: the condition byte, and the condition objects of the expanded format
//! (ISO/IEC 7816-4:2005, 5.4.3).

use tessera_framework::tlv::{DataObject, DataObjects, Malformed};

use super::{Protection, Shown};

/// What a condition object asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Nothing.
    Always,
    /// What cannot be.
    Never,
    /// What a condition byte says.
    Byte,
    /// External or user authentication, by a control reference template.
    Authentication,
    /// Secure messaging with a checksum, by a control reference template.
    Checksum,
    /// A digital signature, by a control reference template: cannot be judged.
    Signature,
    /// Secure messaging with encipherment, by a control reference template.
    Confidentiality,
    /// At least one of the conditions inside.
    AnyOf,
    /// All of them.
    AllOf,
    /// None of them.
    NoneOf,
}

/// The condition objects by their tags (ISO/IEC 7816-4:2005, 5.4.3.2). AF is *all of* and A7 *none
/// of*; some published software has these two the other way round.
#[rustfmt::skip]
pub const CONDITIONS: [(u16, Form); 10] = [
    (0x90, Form::Always),
    (0x97, Form::Never),
    (0x9E, Form::Byte),
    (0xA4, Form::Authentication),
    (0xB4, Form::Checksum),
    (0xB6, Form::Signature),
    (0xB8, Form::Confidentiality),
    (0xA0, Form::AnyOf),
    (0xAF, Form::AllOf),
    (0xA7, Form::NoneOf),
];

/// Condition byte: no condition.
const ALWAYS: u8 = 0x00;
/// Condition byte: never.
const NEVER: u8 = 0xFF;
/// b8: all of the ways named, else at least one.
const ALL: u8 = 0x80;
/// b7: secure messaging.
const SECURED: u8 = 0x40;
/// b6: external authentication.
const EXTERNAL: u8 = 0x20;
/// b5: user authentication.
const USER: u8 = 0x10;

/// Whether a condition byte holds (ISO/IEC 7816-4:2005, table 20).
pub(super) fn byte(byte: u8, shown: &impl Shown) -> Result<bool, Malformed> {
    match byte {
        ALWAYS => return Ok(true),
        NEVER => return Ok(false),
        _ => {}
    }
    let environment = byte & 0x0F;
    if byte & (SECURED | EXTERNAL | USER) == 0 || environment == 15 {
        return Err(Malformed);
    }
    let ways = [
        (SECURED, shown.secured(Protection::Checksum, None)),
        (EXTERNAL, shown.external(None)),
        (USER, shown.user(None)),
    ];
    let mut named = ways.iter().filter(|(bit, _)| byte & bit != 0).map(|(_, holds)| *holds);
    let holds = if byte & ALL != 0 { named.all(|holds| holds) } else { named.any(|holds| holds) };
    Ok(holds && (environment == 0 || environment == shown.environment()))
}

/// Whether a condition object holds; `None` when this card cannot tell.
pub(super) fn object(
    object: DataObject<'_>,
    shown: &impl Shown,
    depth: u8,
) -> Result<Option<bool>, Malformed> {
    let row = CONDITIONS.iter().find(|(tag, _)| *tag == object.tag.0);
    let Some(&(_, form)) = row else { return Err(Malformed) };
    match (form, object.value) {
        (Form::Always, []) => Ok(Some(true)),
        (Form::Never, []) => Ok(Some(false)),
        (Form::Byte, &[value]) => byte(value, shown).map(Some),
        (Form::Always | Form::Never | Form::Byte, _) => Err(Malformed),
        (Form::Authentication, value) => Ok(authentication(Reference::read(value)?, shown)),
        (Form::Checksum, value) => {
            Ok(secured(Protection::Checksum, Reference::read(value)?, shown))
        }
        (Form::Confidentiality, value) => {
            Ok(secured(Protection::Confidentiality, Reference::read(value)?, shown))
        }
        (Form::Signature, value) => Reference::read(value).map(|_| None),
        (Form::AnyOf, value) => template(value, shown, depth).map(|inside| inside.any),
        (Form::AllOf, value) => template(value, shown, depth).map(|inside| inside.all),
        (Form::NoneOf, value) => {
            template(value, shown, depth).map(|inside| inside.any.map(|any| !any))
        }
    }
}

/// What the conditions inside a template come to; `None` where that hangs on one that cannot be
/// judged.
struct Inside {
    any: Option<bool>,
    all: Option<bool>,
}

fn template(value: &[u8], shown: &impl Shown, depth: u8) -> Result<Inside, Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let (mut holds, mut fails, mut unknown) = (0_u32, 0_u32, 0_u32);
    for inner in DataObjects::new(value) {
        match object(inner?, shown, depth)? {
            Some(true) => holds += 1,
            Some(false) => fails += 1,
            None => unknown += 1,
        }
    }
    if (holds, fails, unknown) == (0, 0, 0) {
        return Err(Malformed);
    }
    let unless_unknown = |value| (unknown == 0).then_some(value);
    Ok(Inside {
        any: if holds > 0 { Some(true) } else { unless_unknown(false) },
        all: if fails > 0 { Some(false) } else { unless_unknown(true) },
    })
}

/// A control reference template: the key or reference data, and the usage.
struct Reference {
    key: Option<u8>,
    usage: Option<u8>,
}

impl Reference {
    /// Tag of the key reference.
    const KEY: u16 = 0x83;
    /// Tag of the usage qualifier.
    const USAGE: u16 = 0x95;

    /// Each of the two at most once, at least one of them, one byte each.
    fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut found = Self { key: None, usage: None };
        for object in DataObjects::new(value) {
            let object = object?;
            let place = match object.tag.0 {
                Self::KEY => &mut found.key,
                Self::USAGE => &mut found.usage,
                _ => return Err(Malformed),
            };
            match *object.value {
                [byte] if place.is_none() => *place = Some(byte),
                _ => return Err(Malformed),
            }
        }
        match found {
            Self { key: None, usage: None } => Err(Malformed),
            found => Ok(found),
        }
    }
}

/// Usage 80: external authentication; 08: user authentication.
fn authentication(reference: Reference, shown: &impl Shown) -> Option<bool> {
    let external = shown.external(reference.key);
    let user = shown.user(reference.key);
    match reference.usage {
        None => Some(external || user),
        Some(0x80) => Some(external),
        Some(0x08) => Some(user),
        Some(0x88) => Some(external && user),
        Some(_) => None,
    }
}

/// Usage 10: the command; 20: the response; 30: both.
fn secured(protection: Protection, reference: Reference, shown: &impl Shown) -> Option<bool> {
    match reference.usage {
        None | Some(0x10 | 0x20 | 0x30) => Some(shown.secured(protection, reference.key)),
        Some(_) => None,
    }
}

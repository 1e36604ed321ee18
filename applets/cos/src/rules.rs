//! ISO access rules, compact (8C) and expanded (AB), judged as they stand in a file's control
//! parameters (ISO/IEC 7816-4:2005, 5.4.3).
//!
//! `attributes` is a sequence of data objects: any number of 8C and AB, and for the data objects of
//! a DF any number of A0, each with 8C and AB inside. [`ACCESS_MODES`] is the table of the access
//! mode byte; [`CONDITIONS`] that of the security conditions.
//!
//! Invariants:
//! * attributes that are not [`well_formed`] allow nothing, whatever else they say;
//! * a condition that this card cannot judge neither opens by itself nor through *none of*.
//!
//! # Choices the standard leaves open
//!
//! * No attributes at all: everything is free. Attributes, but none that speaks of an operation:
//!   it is never allowed.
//! * Groups, rules and attributes are alternatives: one that is met is enough.
//! * A security environment named in a condition byte must be the current one. A byte that names
//!   neither a way of showing nor *always* or *never* is not well formed, nor is 15 for a security
//!   environment.
//! * The value of a command header rule (81 to 8F) may be a list of such headers.
//! * An authentication template without usage (95) is met by either way of authentication, one
//!   with both usages by both together.
//! * A proprietary state machine (9C) fits no operation; signatures (B6) cannot be judged.
//! * Templates of conditions nest at most [`DEPTH_MAX`] deep.

mod condition;

use tessera_framework::tlv::{DataObjects, Malformed};

use crate::rights::Operation;
use Operation as Op;

pub use condition::CONDITIONS;

/// Tags of attributes, and of access mode objects.
pub mod tag {
    /// Compact format.
    pub const COMPACT: u16 = 0x8C;
    /// Expanded format.
    pub const EXPANDED: u16 = 0xAB;
    /// Attributes of the data objects of a DF.
    pub const DATA_OBJECTS: u16 = 0xA0;
    /// Access mode data object: an access mode byte.
    pub const ACCESS_MODE: u16 = 0x80;
    /// Access mode data objects: command headers, by the bytes they give.
    pub const COMMAND_HEADER: core::ops::RangeInclusive<u16> = 0x81..=0x8F;
    /// Access mode data object: a proprietary state machine.
    pub const STATE_MACHINE: u16 = 0x9C;
}

/// Deepest nesting of condition templates.
pub const DEPTH_MAX: u8 = 4;

/// What is guarded; the access mode byte reads differently for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A DF.
    Df,
    /// An EF.
    Ef,
    /// The data objects of a DF.
    DataObjects,
}

/// One bit of the access mode byte and what it allows for a DF, an EF, and data objects.
pub type AccessMode = (u8, Option<Operation>, Option<Operation>, Option<Operation>);

/// The access mode byte (ISO/IEC 7816-4:2005, 5.4.3.1), most significant bit first: in this
/// order condition bytes follow it. With b8 set, b7 to b4 are proprietary and allow nothing here.
#[rustfmt::skip]
pub const ACCESS_MODES: [AccessMode; 7] = [
    (0x40, Some(Op::DeleteSelf),  Some(Op::DeleteSelf), None),
    (0x20, Some(Op::Terminate),   Some(Op::Terminate),  None),
    (0x10, Some(Op::Activate),    Some(Op::Activate),   None),
    (0x08, Some(Op::Deactivate),  Some(Op::Deactivate), None),
    (0x04, Some(Op::CreateDf),    Some(Op::Write),      Some(Op::ManageSecurityEnvironment)),
    (0x02, Some(Op::CreateEf),    Some(Op::Update),     Some(Op::PutData)),
    (0x01, Some(Op::DeleteChild), Some(Op::Read),       Some(Op::GetData)),
];

/// How a command and its response are protected by secure messaging.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protection {
    /// By a cryptographic checksum.
    Checksum,
    /// By encipherment of what data there is.
    Confidentiality,
}

/// What has been shown on this channel, as conditions ask for it. `None` for a key or reference
/// data is any.
pub trait Shown {
    /// This command came with secure messaging of this kind, and its response will go with it,
    /// under this key.
    fn secured(&self, protection: Protection, key: Option<u8>) -> bool;
    /// The outside has been authenticated with this key.
    fn external(&self, key: Option<u8>) -> bool;
    /// The user has been authenticated with this reference data.
    fn user(&self, reference: Option<u8>) -> bool;
    /// Number of the current security environment, 0 for none.
    fn environment(&self) -> u8;
}

/// Whether `attributes` allow `operation`. `header` is the command's CLA INS P1 P2, with the
/// channel number cleared.
#[must_use]
pub fn allows(
    attributes: &[u8],
    operation: Operation,
    subject: Subject,
    header: [u8; 4],
    shown: &impl Shown,
) -> bool {
    let question = Question { operation, subject, header, shown };
    attributes.is_empty() || question.attributes(attributes, true) == Ok(true)
}

/// Whether `attributes` can be judged at all; CREATE FILE refuses what cannot (6A80).
#[must_use]
pub fn well_formed(attributes: &[u8]) -> bool {
    /// Nothing has been shown.
    struct Nothing;
    impl Shown for Nothing {
        fn secured(&self, _: Protection, _: Option<u8>) -> bool {
            false
        }
        fn external(&self, _: Option<u8>) -> bool {
            false
        }
        fn user(&self, _: Option<u8>) -> bool {
            false
        }
        fn environment(&self) -> u8 {
            0
        }
    }
    let (operation, subject) = (Operation::Read, Subject::Ef);
    let question = Question { operation, subject, header: [0; 4], shown: &Nothing };
    attributes.is_empty() || question.attributes(attributes, true).is_ok()
}

/// What is to be done, to what, and what has been shown for it.
///
/// Its methods read the whole of what they are given, also behind a rule that is met, so that
/// nothing malformed is passed over.
#[derive(Clone, Copy)]
struct Question<'a, S> {
    operation: Operation,
    subject: Subject,
    header: [u8; 4],
    shown: &'a S,
}

impl<S: Shown> Question<'_, S> {
    /// A sequence of attributes: of the file, or of the data objects in it.
    fn attributes(&self, attributes: &[u8], of_file: bool) -> Result<bool, Malformed> {
        let speaks = of_file != (self.subject == Subject::DataObjects);
        let (mut any, mut allowed) = (false, false);
        for object in DataObjects::new(attributes) {
            let object = object?;
            any = true;
            allowed |= match object.tag.0 {
                tag::COMPACT => self.compact(object.value, speaks)?,
                tag::EXPANDED => self.expanded(object.value, speaks, of_file)?,
                tag::DATA_OBJECTS if of_file => self.attributes(object.value, false)?,
                _ => return Err(Malformed),
            };
        }
        if any { Ok(allowed) } else { Err(Malformed) }
    }

    /// Groups of an access mode byte and a condition byte for each of its bits b7 to b1.
    fn compact(&self, mut rest: &[u8], speaks: bool) -> Result<bool, Malformed> {
        if rest.is_empty() {
            return Err(Malformed);
        }
        let mut allowed = false;
        while let Some((&mode, conditions)) = rest.split_first() {
            rest = conditions;
            for (bit, ..) in ACCESS_MODES.iter().filter(|(bit, ..)| mode & bit != 0) {
                let (&byte, after) = rest.split_first().ok_or(Malformed)?;
                rest = after;
                let holds = condition::byte(byte, self.shown)?;
                allowed |= holds && speaks && self.fits(mode, *bit);
            }
        }
        Ok(allowed)
    }

    /// Whether a bit of an access mode byte stands for the operation.
    fn fits(&self, mode: u8, bit: u8) -> bool {
        let proprietary = mode & 0x80 != 0 && bit & 0x78 != 0;
        let row = ACCESS_MODES.iter().find(|row| row.0 == bit);
        let meant = row.and_then(|&(_, df, ef, data_objects)| match self.subject {
            Subject::Df => df,
            Subject::Ef => ef,
            Subject::DataObjects => data_objects,
        });
        !proprietary && meant == Some(self.operation)
    }

    /// Access mode objects, each with the conditions behind it, of which one must hold.
    fn expanded(&self, rules: &[u8], speaks: bool, of_file: bool) -> Result<bool, Malformed> {
        let headers_speak = of_file || speaks;
        let mut allowed = false;
        // Whether the last access mode fits, and whether a condition has followed it.
        let (mut fits, mut complete) = (None, false);
        for object in DataObjects::new(rules) {
            let object = object?;
            let (mode, value) = (object.tag.0, object.value);
            let fits_now = match mode {
                tag::ACCESS_MODE => match *value {
                    [byte] => {
                        let bits = ACCESS_MODES.iter().map(|row| row.0);
                        let mut set = bits.filter(|bit| byte & bit != 0);
                        speaks && set.any(|bit| self.fits(byte, bit))
                    }
                    _ => return Err(Malformed),
                },
                _ if tag::COMMAND_HEADER.contains(&mode) => {
                    self.is_header(mode, value)? && headers_speak
                }
                tag::STATE_MACHINE => false,
                _ => {
                    let holds = condition::object(object, self.shown, DEPTH_MAX)?;
                    allowed |= fits.ok_or(Malformed)? && holds == Some(true);
                    complete = true;
                    continue;
                }
            };
            if fits.is_some() && !complete {
                return Err(Malformed);
            }
            (fits, complete) = (Some(fits_now), false);
        }
        if complete { Ok(allowed) } else { Err(Malformed) }
    }

    /// Whether the command's header is in a list of headers, of which `mode` says the bytes.
    fn is_header(&self, mode: u16, list: &[u8]) -> Result<bool, Malformed> {
        let given = |at: usize| mode & (8 >> at) != 0;
        let bytes = (0..4).filter(|&at| given(at)).count();
        if bytes == 0 || list.is_empty() || !list.len().is_multiple_of(bytes) {
            return Err(Malformed);
        }
        let wanted = || self.header.iter().enumerate().filter(|(at, _)| given(*at));
        Ok(list.chunks(bytes).any(|header| header.iter().eq(wanted().map(|(_, byte)| byte))))
    }
}

#[cfg(test)]
mod tests;

//! How FMCOS cards write down a file and a key: the data fields of CREATE FILE and WRITE KEY. The
//! installation data of the purse applet are in the same notation.

use tessera_cos::{
    Access, EfSpec, Flags, Structure,
    basic::usage,
    keys::{KeySpec, Tries},
    layout::LifeCycle,
};
use tessera_framework::{FileId, Halt, Sfi, StatusWord};

use crate::purse;

/// First byte of a file, without the bits that protect its lines: what is to be made.
pub mod kind {
    /// A binary file.
    pub const BINARY: u8 = 0x28;
    /// Records of one length.
    pub const FIXED: u8 = 0x2A;
    /// TLV records.
    pub const VARIABLE: u8 = 0x2C;
    /// A ring of records of one length.
    pub const CYCLIC: u8 = 0x2E;
    /// A purse.
    pub const PURSE: u8 = 0x2F;
    /// A directory.
    pub const DIRECTORY: u8 = 0x38;
    /// The keys of its directory.
    pub const KEY_FILE: u8 = 0x3F;
}

/// Bytes an unwritten file holds.
const UNWRITTEN: u8 = 0xFF;

/// Longest record in bytes.
const RECORD_BYTES_MAX: u8 = 248;

/// Bytes of a key record in front of the key.
const KEY_HEAD_BYTES: usize = 5;

/// The EF that seven bytes describe:
///
/// | file | first | second, third | | | | last |
/// |---|---|---|---|---|---|---|
/// | binary, variable records | 28, 2C | size | read | write | FF | key byte |
/// | fixed records, cyclic | 2A, 2E | count, length | read | write | FF | key byte |
/// | purse | 2F | 02 08 | use | 00 | FF | short identifier of its log |
/// | key file | 3F | size | as its DF | add | FF | FF |
///
/// # Errors
/// 6A80 on an unknown kind, fewer than two records, records of more than 248 bytes, a purse under
/// another identifier than 0001 or 0002.
pub fn ef(
    fid: FileId,
    &[type_byte, a, b, read, write, _, key_byte]: &[u8; 7],
) -> Result<EfSpec<'static>, Halt> {
    let size = u16::from_be_bytes([a, b]);
    let (mut read, mut update, mut own) =
        (Access::Register(read), Access::Register(write), key_byte);
    let line = type_byte & 0xC0;
    let structure = match type_byte & 0x3F {
        // The bits that protect lines replace nothing in 28 to 2E; 2F and 3F have none.
        kind::BINARY => Structure::Transparent { bytes: size.into() },
        kind::FIXED | kind::CYCLIC if a < 2 || b > RECORD_BYTES_MAX => {
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
            purse::STRUCTURE
        }
        kind::KEY_FILE if line == 0 => {
            // Its fields: size, what the DF said of itself, and the right to add keys.
            (read, update, own) = (Access::Register(write), Access::Never, 0xFF);
            Structure::KeyFile { space: size }
        }
        _ => return Halt::status(StatusWord::WRONG_DATA),
    };
    Ok(EfSpec {
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
    })
}

/// Key file and purse are not for READ and UPDATE.
const fn is_read_by_sfi(structure: &Structure) -> bool {
    !matches!(structure, Structure::KeyFile { .. } | Structure::Purse { .. })
}

/// A key as it is written down:
///
/// | type | use | change | fourth | fifth | key |
/// |---|---|---|---|---|---|
/// | 30, 31, 32, 34, 3C, 3D, 3E, 3F | right | right | version | algorithm | 8 or 16 bytes |
/// | 36, 37, 38 | right | right | FF | tries | 8 or 16 bytes |
/// | 39 | right | right | what the register becomes | tries | 8 or 16 bytes |
/// | 3A | right | EF | what the register becomes | tries | 2 to 8 bytes |
///
/// Tries: the high nibble the most, the low one those left. A type with a high bit set (F9 for 39)
/// takes protected changes alone; one high bit is taken for both (own choice: the manuals
/// disagree).
pub struct KeyNote<'r> {
    /// Its type, with the two high bits.
    pub type_byte: u8,
    /// All but the key.
    pub spec: KeySpec,
    /// The key or PIN.
    pub key: &'r [u8],
}

impl<'r> KeyNote<'r> {
    /// Reads one; `id` becomes the key's identifier.
    ///
    /// # Errors
    /// 6700 on a length that no key of its type has, 6A80 on an unknown type.
    pub fn read(bytes: &'r [u8], id: u8) -> Result<Self, Halt> {
        let Some((&[type_byte, usable, change, fourth, fifth], key)) =
            bytes.split_first_chunk::<KEY_HEAD_BYTES>()
        else {
            return Halt::status(StatusWord::WRONG_LENGTH);
        };
        let usage = type_byte & 0x3F;
        if !is_key_type(usage) {
            return Halt::status(StatusWord::WRONG_DATA);
        }
        let fits = match usage {
            usage::PIN => (2..=8).contains(&key.len()),
            _ => matches!(key.len(), 8 | 16),
        };
        if !fits {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        let is_counted = is_counted(usage);
        let spec = KeySpec {
            usage,
            id,
            usable: Access::Register(usable),
            change: Access::Register(change),
            version_or_follow_up: fourth,
            algorithm: if is_counted { 0 } else { fifth },
            tries: is_counted.then_some(Tries { max: fifth >> 4, left: fifth & 0x0F }),
            flags: key_protection(type_byte),
        };
        Ok(Self { type_byte, spec, key })
    }
}

/// Whether changes of a key of this type must be protected.
#[must_use]
pub const fn key_protection(type_byte: u8) -> Flags {
    if type_byte & 0xC0 == 0 { Flags(0) } else { Flags(0xC0) }
}

/// Whether there are keys of this type, its two high bits left out.
#[must_use]
pub const fn is_key_type(usage: u8) -> bool {
    matches!(usage, 0x30..=0x32 | 0x34 | 0x36..=0x3A | 0x3C..=0x3F)
}

const fn is_counted(usage: u8) -> bool {
    matches!(usage, usage::LINE..=usage::PIN)
}

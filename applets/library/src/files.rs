//! The files, and the keys that their conditions name.
//!
//! The design's lengths are hexadecimal, as in all tables of social-security cards: a book's
//! number, an0A, has ten bytes, for a loan has 1 + 0A + 4 + 4 + 2 = 15h of them; and so a reader's
//! number, an10, has sixteen.

use tessera_cos::{
    Access, DfSpec, EfSpec, Structure,
    social::{Role, usage},
};
use tessera_framework::{FileId, Sfi};

/// The application's name: F0, and SSC.LB1.
pub const NAME: &[u8] = b"\xF0SSC.LB1";
/// The environment's name: sx1.sh. and 社会保障 in GBK.
pub const ENVIRONMENT: &[u8] = b"sx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";
/// Its identifier under the environment.
pub const FID: FileId = FileId(0xDF0C);

/// The application's DF.
pub const DF: DfSpec<'static> = DfSpec { fid: FID, name: NAME, ..DfSpec::PLAIN };

/// Reader (读者): a record for each of the [`ITEMS`].
pub const READER: EfSpec<'static> = EfSpec {
    fid: FileId(0xEF05),
    sfi: Sfi::new(0x05),
    structure: Structure::LinearVariable {
        bytes: 0x12 + 0x06 + 3 * 0x03,
        record_bytes_max: 0x12,
        records: ITEMS.len() as u8,
        tlv: true,
    },
    read: Access::Always,
    update: Access::Key(UK1),
    ..EfSpec::PLAIN
};

/// Loans (借还记录), the newest first: action an01 (B borrowed, R returned, N renewed), book an0A,
/// date cn04, due cn04, branch b02.
pub const LOANS: EfSpec<'static> = EfSpec {
    fid: FileId(0xEF08),
    sfi: Sfi::new(0x08),
    structure: Structure::Cyclic { record_bytes: 0x15, records: 20 },
    read: Access::Always,
    update: Access::Key(UK2),
    ..EfSpec::PLAIN
};

/// The items of the [reader](READER), a record each: tag, bytes of the value, and what a value is
/// filled with that is shorter or not written, an 00 and cn FF.
pub const ITEMS: [(u8, u8, u8); 5] = [
    (0x01, 0x10, 0x00), // an: number
    (0x02, 0x04, 0xFF), // cn: opened on
    (0x03, 0x01, 0x00), // an: state, 1 open, 2 suspended, 3 closed
    (0x04, 0x01, 0x00), // an: deposit, 0 none
    (0x05, 0x01, 0xFF), // cn: most books at a time
];

/// The keys. The root key of each label becomes the card's by two diversifications.
pub const KEYS: [Key; 4] = [
    Key { label: "LB-STK", id: 0x82, usage: usage::MAINTENANCE, role: Role::Plain, versions: 1 },
    Key { label: "LB-UK1", id: UK1, usage: usage::EXTERNAL, role: Role::Plain, versions: 3 },
    Key { label: "LB-UK2", id: UK2, usage: usage::EXTERNAL, role: Role::Plain, versions: 3 },
    Key { label: "LB-LK", id: 0x85, usage: usage::EXTERNAL, role: Role::Lock, versions: 1 },
];

/// Identifier of the key that changes the reader.
const UK1: u8 = 0x83;
/// Identifier of the key that adds a loan.
const UK2: u8 = 0x84;

/// A key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// Label of its root.
    pub label: &'static str,
    /// Its identifier.
    pub id: u8,
    /// What it is for.
    pub usage: u8,
    /// What it is good for beside the files that name it.
    pub role: Role,
    /// Most versions of it there can be.
    pub versions: u8,
}

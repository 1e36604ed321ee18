//! The files, the records that nothing was written to yet, and the keys that conditions name.
//!
//! Lengths are hexadecimal, as in the tables of the personal card.

use tessera_cos::{
    Access, DfSpec, EfSpec, Structure,
    social::{Role, usage},
};
use tessera_framework::{FileId, Sfi};

/// The application's name: F0, and SSC.EC1.
pub const NAME: &[u8] = b"\xF0SSC.EC1";
/// Its identifier under the environment.
pub const FID: FileId = FileId(0xDF0B);

/// The application's DF.
pub const DF: DfSpec<'static> = DfSpec { fid: FID, name: NAME, ..DfSpec::PLAIN };

/// Employer (用人单位).
pub const EMPLOYER: File = File {
    spec: EfSpec { read: Access::Always, update: Access::Key(UK1), ..items(0x05, 0x105, 0x52, 11) },
    records: &[
        &an::<0x48>(0x2E), // name
        &an::<0x0B>(0x30), // organisation code
        &an::<0x14>(0xE8), // unified credit code
        &an::<0x03>(0x31), // type
        &an::<0x05>(0x32), // economic type
        &cn::<0x08>(0xE9), // social-insurance registration number
        &cn::<0x05>(0xEA), // region
        &an::<0x20>(0xEB), // legal representative
        &an::<0x52>(0xEC), // address
        &an::<0x11>(0xED), // telephone
        &cn::<0x06>(0xEE), // registered on
    ],
};

/// Insurance (参保情况): each of the five with scheme, state (1 in force, 2 suspended, 3 ended) and
/// the date since when.
pub const INSURANCE: File = File {
    spec: EfSpec {
        read: Access::PinOrKey(RK1),
        update: Access::Key(UK2),
        ..items(0x06, 5 * 0x10, 0x10, 5)
    },
    records: &[UNWRITTEN_INSURANCE; 5],
};

const UNWRITTEN_INSURANCE: &[u8] = b"\xEF\x0E\xFA\x03\0\0\0\xFB\x01\0\xFC\x04\xFF\xFF\xFF\xFF";

/// Declarations (缴费申报), the newest first: month cn03, scheme an03, persons b04, base in fen b08,
/// state an01, receipt b03.
pub const DECLARATIONS: File = File {
    spec: EfSpec { read: Access::PinOrKey(RK1), update: Access::Key(UK3), ..ring(0x07, 24, 0x16) },
    records: &[],
};

/// Agents (经办人): three, each with name, number and rights.
pub const AGENTS: File = File {
    spec: EfSpec {
        read: Access::PinOrKey(RK1),
        update: Access::Key(UK2),
        ..items(0x08, 3 * 0x39, 0x39, 3)
    },
    records: &[UNWRITTEN_AGENT; 3],
};

const UNWRITTEN_AGENT: &[u8] = &{
    let mut record = an::<0x39>(0xFD);
    (record[0x02], record[0x03]) = (0xFE, 0x1E);
    (record[0x22], record[0x23]) = (0xBE, 0x12);
    (record[0x36], record[0x37]) = (0xBF, 0x01);
    record
};

/// Batches signed (电子签章记录), the newest first: number b04, kind an01, count b04, the first
/// sixteen bytes of the digest, time cn07. Only the card writes here.
pub const BATCHES: File = File {
    spec: EfSpec { read: Access::PinOrKey(RK1), update: Access::Never, ..ring(0x09, 16, 0x20) },
    records: &[],
};

/// All of them.
pub const FILES: [File; 5] = [EMPLOYER, INSURANCE, DECLARATIONS, AGENTS, BATCHES];

/// A file, and its records of items as long as nothing is written to them.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// What it is made as.
    pub spec: EfSpec<'static>,
    /// Tag, length, and a value of zeros (an) or nibbles F (cn), for each record.
    pub records: &'static [&'static [u8]],
}

impl File {
    /// Its short identifier.
    #[must_use]
    pub const fn sfi(&self) -> u8 {
        self.spec.fid.0 as u8
    }
}

/// The keys. The root key of each label becomes the card's by two diversifications.
pub const KEYS: [Key; 7] = [
    Key { label: "EC-DTK", id: DTK, usage: usage::TAC, role: Role::Plain, versions: 1 },
    Key { label: "EC-STK", id: 0x82, usage: usage::MAINTENANCE, role: Role::Plain, versions: 1 },
    Key { label: "EC-UK1", id: UK1, usage: usage::EXTERNAL, role: Role::Plain, versions: 3 },
    Key { label: "EC-UK2", id: UK2, usage: usage::EXTERNAL, role: Role::Plain, versions: 3 },
    Key { label: "EC-UK3", id: UK3, usage: usage::EXTERNAL, role: Role::Plain, versions: 3 },
    Key { label: "EC-LK", id: 0x86, usage: usage::EXTERNAL, role: Role::Lock, versions: 1 },
    Key { label: "EC-RK1", id: RK1, usage: usage::EXTERNAL, role: Role::Plain, versions: 3 },
];

/// Identifier of the key that makes the stamp.
pub const DTK: u8 = 0x00;
/// Changes the employer.
const UK1: u8 = 0x83;
/// Changes insurance and agents.
const UK2: u8 = 0x84;
/// Adds a declaration.
const UK3: u8 = 0x85;
/// Reads in the PIN's place.
const RK1: u8 = 0x88;

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

const fn items(sfi: u8, bytes: u32, record_bytes_max: u8, records: u8) -> EfSpec<'static> {
    let structure = Structure::LinearVariable { bytes, record_bytes_max, records, tlv: true };
    EfSpec { fid: fid(sfi), sfi: Sfi::new(sfi), structure, ..EfSpec::PLAIN }
}

const fn ring(sfi: u8, records: u8, record_bytes: u8) -> EfSpec<'static> {
    let structure = Structure::Cyclic { record_bytes, records };
    EfSpec { fid: fid(sfi), sfi: Sfi::new(sfi), structure, ..EfSpec::PLAIN }
}

const fn fid(sfi: u8) -> FileId {
    FileId(0xEF00 | sfi as u16)
}

/// An unwritten record of `N` bytes with characters for a value.
const fn an<const N: usize>(tag: u8) -> [u8; N] {
    unwritten(tag, 0x00)
}

/// An unwritten record of `N` bytes with digits for a value.
const fn cn<const N: usize>(tag: u8) -> [u8; N] {
    unwritten(tag, 0xFF)
}

const fn unwritten<const N: usize>(tag: u8, filling: u8) -> [u8; N] {
    let mut record = [filling; N];
    (record[0], record[1]) = (tag, N as u8 - 2);
    record
}

//! The files and keys of the application, and where they lie.
//!
//! The keys lie first, so that they are found first; behind them the files, made once and in one
//! order. None is ever added or deleted: where each has its header is known from where the first
//! has.

use tessera_cos::{
    Access, DfSpec, EfSpec, Header, Structure,
    cipher::Algorithm,
    layout::{HEADER_BYTES, Kind, ROOT_AT},
    record,
};
use tessera_framework::{Env, FileId, Halt, Sfi, StatusWord};

use crate::{
    NAME,
    entry::{ENTRY_BYTES, Entry},
    event::EVENT_BYTES,
    state::STATE_BYTES,
    year::YEAR_BYTES,
};

/// Identifier of DTK.
pub(crate) const TAC_KEY: u8 = 0x00;
/// Identifier of AK.
pub(crate) const AUTHORITY_KEY: u8 = 0x88;
/// Identifier of SK.
pub(crate) const STATEMENT_KEY: u8 = 0x89;
/// The key that reads what the PIN reads: RK1.
const READ_KEY: u8 = 0x84;
/// The key that updates the parameters: UK1.
const UPDATE_KEY: u8 = 0x85;

/// Who may read, and ask for the account's figures: the PIN or RK1.
pub(crate) const READ: Access = Access::PinOrKey(READ_KEY);

/// The application's DF; its own byte is the [algorithm](Suite).
pub(crate) const ROOT: DfSpec<'static> =
    DfSpec { fid: FileId(0xDF0A), name: NAME, ..DfSpec::PLAIN };

pub(crate) const STATE: EfSpec<'static> = EfSpec {
    fid: FileId(0xEF0B),
    structure: Structure::Transparent { bytes: STATE_BYTES as u32 },
    ..EfSpec::PLAIN
};

pub(crate) const ENTRIES: EfSpec<'static> = ring(0x08, ENTRY_BYTES, 64);
pub(crate) const YEARS: EfSpec<'static> = ring(0x09, YEAR_BYTES, 5);
pub(crate) const EVENTS: EfSpec<'static> = ring(0x0A, EVENT_BYTES, 16);

/// EF05: the parameters.
pub(crate) const PARAMETERS: EfSpec<'static> = EfSpec {
    fid: FileId(0xEF05),
    sfi: Sfi::new(0x05),
    structure: Structure::LinearVariable {
        bytes: parameter_bytes(),
        record_bytes_max: 0x1F,
        records: ITEMS.len() as u8,
        tlv: true,
    },
    read: READ,
    update: Access::Key(UPDATE_KEY),
    ..EfSpec::PLAIN
};

/// Where the keys have their header, or the first file when there are none.
const KEYS_AT: u32 = ROOT_AT + ROOT.file_bytes();
/// Where each file has its header, counted from the first one's.
const STATE_AT: u32 = 0;
const ENTRIES_AT: u32 = STATE.structure.file_bytes();
const YEARS_AT: u32 = ENTRIES_AT + ENTRIES.structure.file_bytes();
const EVENTS_AT: u32 = YEARS_AT + YEARS.structure.file_bytes();
const PARAMETERS_AT: u32 = EVENTS_AT + EVENTS.structure.file_bytes();

/// The files in the order in which they lie, and where each has its header, counted from the
/// first one's.
pub(crate) const FILES: [(EfSpec<'static>, u32); 5] = [
    (STATE, STATE_AT),
    (ENTRIES, ENTRIES_AT),
    (YEARS, YEARS_AT),
    (EVENTS, EVENTS_AT),
    (PARAMETERS, PARAMETERS_AT),
];

/// An item of the parameters: record `n` of EF05 is the `n`-th.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// Its tag.
    pub tag: u8,
    /// Its value where nothing has been written; as long as any other.
    pub unwritten: &'static [u8],
}

/// The items of the parameters, in the order of their records.
pub const ITEMS: [Item; 10] = [
    Item { tag: 0x81, unwritten: &[0x00; 0x08] },
    Item { tag: 0x84, unwritten: &[0xFF; 0x03] },
    Item { tag: 0x8C, unwritten: &[0xFF; 0x01] },
    Item { tag: 0x80, unwritten: &[0xFF; 0x04] },
    Item { tag: 0x8B, unwritten: &[0x00; 0x1D] },
    CHRONIC,
    CHRONIC,
    CHRONIC,
    APPROVED_PLACE,
    APPROVED_PLACE,
];

/// `9A`: a chronic disease: 9B its code (an 5), 9C from, 9D to (cn 4 each).
const CHRONIC: Item = Item {
    tag: 0x9A,
    unwritten: b"\x9B\x05\0\0\0\0\0\x9C\x04\xFF\xFF\xFF\xFF\x9D\x04\xFF\xFF\xFF\xFF",
};
/// `9E`: an approved place: 9F its region (cn 3), BD until (cn 4).
const APPROVED_PLACE: Item =
    Item { tag: 0x9E, unwritten: b"\x9F\x03\xFF\xFF\xFF\xBD\x04\xFF\xFF\xFF\xFF" };

const fn parameter_bytes() -> u32 {
    let (mut bytes, mut at) = (0, 0);
    while at < ITEMS.len() {
        bytes += 2 + ITEMS[at].unwritten.len() as u32;
        at += 1;
    }
    bytes
}

const fn ring(sfi: u8, record_bytes: usize, records: u8) -> EfSpec<'static> {
    EfSpec {
        fid: FileId(0xEF00 | sfi as u16),
        sfi: Sfi::new(sfi),
        structure: Structure::Cyclic { record_bytes: record_bytes as u8, records },
        read: READ,
        ..EfSpec::PLAIN
    }
}

/// Where the first file has its header.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub(crate) fn first(env: &Env<'_>) -> Result<u32, Halt> {
    let block = Header::load(env, KEYS_AT)?;
    Ok(if block.kind == Kind::Keys { block.end } else { KEYS_AT })
}

/// Where the state's bytes begin.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub(crate) fn state_body(env: &Env<'_>) -> Result<u32, Halt> {
    Ok(first(env)? + STATE_AT + HEADER_BYTES)
}

fn file(env: &Env<'_>, at: u32) -> Result<Header, Halt> {
    Header::load(env, first(env)?.saturating_add(at))
}

/// The file of entries.
pub(crate) fn entries(env: &Env<'_>) -> Result<Header, Halt> {
    file(env, ENTRIES_AT)
}

/// The file of years.
pub(crate) fn years(env: &Env<'_>) -> Result<Header, Halt> {
    file(env, YEARS_AT)
}

/// The file of events.
pub(crate) fn events(env: &Env<'_>) -> Result<Header, Halt> {
    file(env, EVENTS_AT)
}

/// The file of parameters.
pub(crate) fn parameters(env: &Env<'_>) -> Result<Header, Halt> {
    file(env, PARAMETERS_AT)
}

/// An entry that is on the card, and where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) entry: Entry,
    pub(crate) at: u32,
}

/// The entry with record number `number`, 1 the newest; `None` when there are not so many.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub(crate) fn entry(env: &Env<'_>, entries: &Header, number: u32) -> Result<Option<Placed>, Halt> {
    let count = record::count(env, entries)?;
    let Some(number) = u8::try_from(number).ok().filter(|number| (1..=count).contains(number))
    else {
        return Ok(None);
    };
    let at = record::locate(env, entries, number, count)?.at;
    let entry = Entry::decode(&env.load_array(at)?);
    let damaged = Halt::Status(StatusWord::NO_DIAGNOSIS);
    Ok(Some(Placed { entry: entry.ok_or(damaged)?, at }))
}

/// What the parameters say that settlements ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parameters {
    /// Item 81: scheme, and five marks of one character; 00 what a shorter item does not say.
    marks: [u8; 8],
    /// Item 84: the insured region; FF what a shorter item does not say.
    pub(crate) region: [u8; 3],
    /// The item says the region's first four digits.
    has_region: bool,
}

impl Parameters {
    /// Reads them.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(crate) fn load(env: &Env<'_>) -> Result<Self, Halt> {
        let file = parameters(env)?;
        let (mut marks, mut region) = ([0; 8], [0xFF; 3]);
        value(env, &file, 1, &mut marks)?;
        let has_region = value(env, &file, 2, &mut region)? >= 2;
        Ok(Self { marks, region, has_region })
    }

    /// Whether the character at a place of item 81, counted from 1, is '1'.
    pub(crate) fn is_marked(&self, character: usize) -> bool {
        self.marks.get(character.wrapping_sub(1)) == Some(&b'1')
    }

    /// Whether a terminal is in the insured region: the first four digits of both are the same.
    pub(crate) fn is_home_of(&self, terminal: &[u8; 6]) -> bool {
        self.has_region && self.region[..2] == terminal[..2]
    }
}

/// As much of an item's value as there is, and how much: an update may have shortened it.
fn value(env: &Env<'_>, file: &Header, number: u8, out: &mut [u8]) -> Result<usize, Halt> {
    let record = record::locate(env, file, number, ITEMS.len() as u8)?;
    let bytes = out.len().min(record.bytes.saturating_sub(2) as usize);
    let (there, _) = out.split_at_mut(bytes);
    env.load(record.at + 2, there)?;
    Ok(bytes)
}

/// The cipher of all keys of the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Suite {
    /// Triple DES; sessions in single DES.
    TripleDes = 0x01,
    /// SM4.
    Sm4 = 0x03,
}

impl Suite {
    /// The one a byte of control information or installation data names.
    pub(crate) const fn of(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::TripleDes),
            0x03 => Some(Self::Sm4),
            _ => None,
        }
    }

    /// That of this card.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(crate) fn load(env: &Env<'_>) -> Result<Self, Halt> {
        let byte = Header::load(env, ROOT_AT)?.own();
        Self::of(byte).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
    }

    /// The algorithm of the keys.
    pub(crate) const fn algorithm(self) -> Algorithm {
        match self {
            Self::TripleDes => Algorithm::TripleDes,
            Self::Sm4 => Algorithm::Sm4,
        }
    }
}

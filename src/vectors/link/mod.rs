//! Dialogues below commands: characters on the line, frames and blocks on the air.
//!
//! The [format](super) says what the lines mean. Nothing here uses a card: what stands behind a
//! link is the vector's own [`stub`], or whatever the [`Targets`](super::Targets) give for a
//! profile.

pub mod bits;
pub mod field;
pub mod ifd;
pub mod line;
pub mod parse;
pub mod pcd;
pub mod picc;
pub mod run;
pub mod settings;
pub mod stub;

pub use run::run;
pub use settings::{Setting, Settings, Value};

use super::{Pattern, Template};
use crate::link::{
    Application, PiccType, contact,
    picc::{TypeA, TypeB},
};

/// What a dialogue is held with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// The card on the line of ISO/IEC 7816-3; lines are characters.
    Contact,
    /// A card of Type A; lines are frames with their checks.
    PiccA,
    /// A card of Type B; lines are frames with their checks.
    PiccB,
    /// A card after its activation; lines are blocks without their checks.
    Block,
    /// The reader's side of blocks; the file plays the card.
    Pcd,
    /// Several cards in one field.
    Field,
    /// The reader's side of the line; the file plays the card.
    Ifd,
}

impl Link {
    /// All, by the names a header has for them.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("contact", Self::Contact),
        ("picc-a", Self::PiccA),
        ("picc-b", Self::PiccB),
        ("block", Self::Block),
        ("pcd", Self::Pcd),
        ("field", Self::Field),
        ("ifd", Self::Ifd),
    ];

    /// A reader's side is under test, and the file plays the card.
    #[must_use]
    pub const fn plays(self) -> bool {
        matches!(self, Self::Pcd | Self::Ifd)
    }

    /// Its name in a header.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, link)| *link == self).map_or("", |(name, _)| name)
    }
}

/// What stands behind a link.
pub struct Behind {
    /// The card, as a link sees it.
    pub application: Box<dyn Application>,
    /// How it is on every link; none: as the vector says.
    pub like: Option<Like>,
}

/// How a card is on every link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Like {
    /// On the line.
    pub contact: contact::Parameters,
    /// On the air, as Type A.
    pub a: TypeA,
    /// On the air, as Type B.
    pub b: TypeB,
    /// Which of the two a reader finds.
    pub picc_type: PiccType,
}

/// A dialogue on a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialogue {
    /// What it is held with.
    pub link: Link,
    /// The kind of card behind the link; none: the stand-in of the vector.
    pub profile: Option<String>,
    /// How the card is on this link.
    pub card: Settings,
    /// How the reader is.
    pub reader: Settings,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What is done.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Something goes to the card, and something or nothing comes back.
    Exchange(Sent, Answer),
    /// The stand-in answers this command so from now on.
    Command(stub::Known),
    /// Something happens to the card or its reader; with what comes of it.
    Event(Event, Option<Answer>),
    /// So many commands have come to the stand-in by now.
    Commands(usize),
    /// What the reader's order before has come to.
    Outcome(Outcome),
}

/// What goes to the card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Its bytes.
    pub bytes: Template,
    /// Bits of the last byte, 1 to 8.
    pub last_bits: u8,
    /// The check of its type follows.
    pub check: bool,
    /// It is damaged on its way.
    pub damaged: bool,
    /// The type it is sent to, where a field has cards of both.
    pub of: Option<PiccType>,
    /// When the reader's side is under test: how long it has to listen.
    pub at: Option<When>,
}

/// What comes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What it is.
    pub form: Form,
    /// When it begins.
    pub at: Option<When>,
}

/// The forms of what comes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// Nothing.
    None,
    /// Something that is damaged; only where the file plays the card.
    Damaged,
    /// Something that is no frame: cards of Type B that speak at once.
    Noise,
    /// The card signals that a character's parity was wrong, on T=0.
    Signal,
    /// These bytes, the last of which may be damaged; only where the file plays the card.
    Played(Vec<u8>, bool),
    /// Bytes; and whether the check of the type has to follow.
    Bytes(Pattern, bool),
    /// Bits as they are on the air, parity bits included: see [`bits`].
    Bits(String),
}

impl Form {
    /// The word a vector has for it; none where it is more than a word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Damaged => "~",
            Self::Noise => "noise",
            Self::Signal => "signal",
            Self::Played(..) | Self::Bytes(..) | Self::Bits(_) => "",
        }
    }
}

/// A time in the link's unit: carrier periods, or clock cycles of the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Exactly this.
    At(u64),
    /// This or earlier.
    UpTo(u64),
    /// This or later.
    From(u64),
    /// A whole number, 9 or more, of 128 and this behind it: the grid of ISO/IEC 14443-3:2018,
    /// 6.2.1.1.
    Grid(u64),
}

impl When {
    /// Whether a time is as it says.
    #[must_use]
    pub fn fits(self, time: u64) -> bool {
        match self {
            Self::At(at) => time == at,
            Self::UpTo(most) => time <= most,
            Self::From(least) => time >= least,
            Self::Grid(offset) => time >= 9 * 128 + offset && (time - offset).is_multiple_of(128),
        }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(at) => write!(f, "@{at}"),
            Self::UpTo(most) => write!(f, "@<={most}"),
            Self::From(least) => write!(f, "@>={least}"),
            Self::Grid(offset) => write!(f, "@128n+{offset}"),
        }
    }
}

/// What happens besides frames.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Power, or the field, comes.
    On,
    /// It goes.
    Off,
    /// Off and on.
    Reset,
    /// The line's warm reset: RST falls and rises under power.
    WarmReset,
    /// The reader signals that the parity of the card's last character `n`, from 1, was wrong.
    Signal(usize),
    /// Nothing is sent for so many microseconds.
    Wait(u64),
    /// A card comes into the field.
    Enter(String, Settings),
    /// A card leaves it.
    Leave(String),
    /// The reader looks for all cards in the field; the lines behind are what it sends and hears.
    Search(Searched),
    /// The reader is told to run a command.
    Run(Vec<u8>),
    /// The reader is told to agree on a protocol with the card, and on F and D as TA1 has them.
    Choose(u8, u8),
    /// The reader is told to let the card go.
    Deselect,
    /// The reader is told to look whether the card is there: with R(NAK), or with an empty
    /// I-block.
    Check(bool),
    /// The reader is told to activate the card: RATS and, where rates are wanted, PPS.
    Activate,
}

/// What a reader looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Searched {
    /// Cards of Type A.
    A,
    /// Cards of Type B.
    B {
        /// 1, 2, 4, 8 or 16 slots, by their code 0 to 4.
        slots_code: u8,
    },
}

/// What an order to the reader comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It answers so.
    Answer(Pattern),
    /// It is done, and there is nothing to say.
    Done,
    /// It fails, with these words in its reason.
    Error(String),
}

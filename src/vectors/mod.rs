//! Vectors: text files of commands and expected answers, their runner and their format.
//!
//! A vector is one file with one point: who says so, where the bytes come from, and a dialogue that
//! shows it. The same file runs against a card in this process ([`Cards`]) and, with the feature
//! `pcsc`, against any card in a PC/SC reader.
//!
//! | module | what it answers |
//! |---|---|
//! | [`parse`](mod@parse) | from text to a [`Vector`]; every mistake with its line |
//! | [`pattern`] | commands with names in them, answers with holes |
//! | [`flags`] | what a flag means: `FLAGS.md` |
//! | [`target`] | what a dialogue is held with |
//! | [`run`](mod@run) | holding it |
//! | [`decode`] | vectors of the decoders: bytes in, lines out |
//! | [`collection`] | a directory of vectors, run with its list of skipped ones |
//! | [`skipped`] | `skipped.toml` |
//! | [`link`] | dialogues below commands: the line and the air |
//! | [`junit`] | results for other programs |
//! | [`record`] | from a session to a vector |
//!
//! # Format
//!
//! UTF-8 text in a file `NAME.vec`. A line that begins with a space or tab goes on with the line
//! before it. A line that begins with `#`, spaces before it or none, is a comment; in a step, so is
//! all from a `#` on. First come the header's lines `key: value`, each key once:
//!
//! | key | value | |
//! |---|---|---|
//! | `name` | the file's path below the directory that has `FLAGS.md`, without `.vec` | required |
//! | `clause` | which rule this is about | required |
//! | `source` | where the bytes come from | required |
//! | `expect` | the layer whose rule it is and that has to answer: `link`, `os` or `applet` | dialogues, required |
//! | `profile` | the kind of card, by the name of a built-in profile or the path of one below the vectors' directory (`.toml`); none: any card | dialogues |
//! | `after` | the name of another vector: the card is as that one leaves it, then reset; instead of `profile` | dialogues |
//! | `interface` | `contact` or `contactless`, where the answer depends on it | dialogues |
//! | `flags` | what it is about, separated by commas; each explained in `FLAGS.md` | |
//! | `needs` | `holder`: the profile's own holder, PIN and data; without it any card of the kind does, and nothing in it may write to a card or use up a PIN's tries. `fresh`: the card is not as it was afterwards. `bare`: a card without a reader before it, which may refuse such bytes or change them. Several are separated by commas | dialogues |
//! | `memory-may-change` | a reason: the rule below is not applied | dialogues |
//! | `link` | the dialogue is held below commands; see [Links](#links) | |
//! | `card`, `reader` | how they are on that link | dialogues on a link |
//! | `decode` | no dialogue but a decoder: `atr`, `control`, `descriptor`, `class`, `apdu`, `card-number`, `diversification`, `authenticator`, `protected-command`, `folded-block`, or of links `crc-a`, `crc-b`, `t1-block`, `ats`, `atqb`, `type-b-command`, `miller`, `miller-short`, `miller-part-N` (N bits of the last byte), `manchester`, `manchester-part-N` (N bits of the first byte are the reader's), `nrz`, `bpsk` | |
//!
//! The header ends with the first step. A dialogue begins with a card under power, fresh from its
//! reset, and has these steps:
//!
//! | step | what |
//! |---|---|
//! | `> COMMAND` | sends it |
//! | `< ANSWER` | what has to come back, data and status word; one for each command |
//! | `< none` | nothing comes back: the card has no power, or lost it in this command |
//! | `< none or ANSWER` | either |
//! | `! tear N` | power fails in pulse N (from 1) of the next command, or of the recovery of the next `+ power on` |
//! | `! tear each` | at most once: the whole dialogue is held for N = 1, 2, 3 ... until the command ends before pulse N. The command's answer is `none or ANSWER` |
//! | `! random BYTES` | the card's next random bytes, behind those said before; a card's own follow. None may be left at the end of a dialogue in which nothing was torn |
//! | `+ power on` | memory is settled, then the card answers to reset; a card under power is reset |
//! | `+ power off` | RAM is lost |
//! | `+ reset` | off and on |
//!
//! After `+ power on` and `+ reset` an `< ANSWER` may stand: the answer to reset, as a PC/SC reader
//! reports it.
//!
//! A tear is armed for one command. When the command ends in fewer pulses, its answer comes and the
//! tear is forgotten; when it is torn, nothing comes, the card has no power, and the next step is
//! `+ power on`. Which of the two has to happen is what the answer line says. A tear in a recovery
//! leaves the card without power too; that `+ power on` has no answer then, and another one
//! follows. Every bit a torn pulse would have changed is indeterminate; what it reads as comes from
//! the card's seed.
//!
//! ## Commands and answers
//!
//! | piece | in | what |
//! |---|---|---|
//! | `6F 16`, `6F16` | both | these bytes |
//! | `00*20` | both | this byte, twenty times |
//! | `..` | answers | any one byte |
//! | `(n)` | answers | any n bytes |
//! | `...` | answers | any bytes, or none |
//! | `{name}` | both | the value of the name; in an answer, where it has none, it takes what the other pieces leave |
//! | `{name:n}` | answers | the same, but it takes n bytes |
//! | `{name=one\|other}` | answers | one of several values, bound names or bytes, of one length; the name stands for the one that was there |
//!
//! At most one piece of an answer may be without a length (`...`, or a new `{name}`). Names have
//! small letters, digits and `_`. One that stands only in an answer after `none or` may be without
//! a value.
//!
//! ## Memory on refusal
//!
//! When the status word says that memory is unchanged (SW1 6X other than 61, 63 and 65, ISO/IEC
//! 7816-4:2020, 5.6), the runner compares the cells of a card in this process before and after the
//! command. `memory-may-change` switches that off; when nothing has changed after all, that is an
//! error too.
//!
//! # Links
//!
//! With `link:` a dialogue is held with the line of ISO/IEC 7816-3 or the air of ISO/IEC 14443
//! itself. `>` is what the reader sends and `<` what the card sends, whichever of them is under
//! test. Of the keys above there are `name`, `clause`, `source`, `flags`, `expect: link` and, in
//! place of `card`, `profile`.
//!
//! | `link` | what is under test | a line is |
//! |---|---|---|
//! | `contact` | a card on the line | what is sent in a row; `<`: all until the card waits |
//! | `picc-a`, `picc-b` | a card of Type A or B in a field | a frame with its check |
//! | `block` | a card behind its activation | a block of ISO/IEC 14443-4 without its check |
//! | `field` | several cards, entered one by one | a frame with its check |
//! | `ifd` | the reader's side of the line; the file plays the card | what is sent in a row |
//! | `pcd` | the reader's side of blocks; the file plays the card | a block without its check |
//!
//! | piece | where | what |
//! |---|---|---|
//! | `26/7` | last byte of a frame | seven bits of it are sent |
//! | `+crc` | behind a frame | its check, right, in two more bytes |
//! | `~` | behind what is sent | it is damaged: a parity or stop bit, or on `block` the check. On `pcd` and `ifd` behind or in place of the card's answer |
//! | `type-a`, `type-b` | behind a frame on `field` | to which cards, where both are there; else A |
//! | `< bits 0C1-` | `picc-a`, `field` | bits on the air with parity bits, the first sent first: C a collision, - where nobody speaks, `.` any |
//! | `< noise` | `field` | several cards of Type B at once |
//! | `< signal` | `contact` | T=0: the card says that the last character was damaged |
//! | `@1236` | behind an answer | it begins so long after what was sent, in carrier periods or clock cycles; `@<=N`, `@>=N`, `@128n+84` (n 9 or more). On `pcd` behind what is sent: how long the reader listens |
//!
//! Steps besides `>` and `<`, of which each `>` has one:
//!
//! | step | on | what |
//! |---|---|---|
//! | `! command C -> A after N us` | cards | the stand-in behind the link answers the command C with A, and takes so long; `-> mute`: never again. A command that no line names is a failure |
//! | `= commands N` | cards | so many commands have come to it |
//! | `+ reset`, `+ warm reset`, `+ power on`, `+ power off` | `contact` | an answer to reset may be compared behind; `+ reset` is on `ifd` too |
//! | `+ signal N` | `contact` | T=0: the reader says that character N of the last answer was damaged |
//! | `+ field on`, `+ field off` | the air | |
//! | `+ wait N us` | cards | nothing is sent |
//! | `+ enter NAME SETTINGS`, `+ leave NAME` | `field` | |
//! | `+ search a`, `+ search b SLOTS` | `field` | the reader looks for all cards; the lines behind are what it sends and hears |
//! | `+ run C`, then `= A` | `ifd`, `pcd` | the reader is given a command, and comes to this answer; or `= error WORDS`, `= error ...` |
//! | `+ choose T=1 95`, then `= done` | `ifd` | a protocol, and F and D |
//! | `+ activate`, `+ check`, `+ check by block`, `+ deselect`, then `= done` | `pcd` | |
//!
//! A dialogue on `contact` begins behind an answer to reset, one on the air with a field that has
//! been on for some time.
//!
//! Settings, separated by commas. `contact`: `convention` direct or inverse, `protocols` T=0, T=1
//! or both, `ta1`, `ta2`, `guard`, `wi`, `ifsc`, `bwi`, `cwi`, `edc` lrc or crc, `historical`,
//! `procedure` all or one (data of T=0 at once or byte by byte), `announces-ifsc` (S(IFS) before
//! the first answer). The air: `type` a or b, `uid`, `uid-random`, `atqa`, `sak-incomplete`,
//! `sak-complete`, `pupi`, `afi`, `application-data`, `draws` (the slots of the next rounds),
//! `slot-marker`, `part-4`, `fsc` in bytes, `fwi`, `sfgi`, `rates` as TA(1) has them, `cid`, `nad`,
//! `historical`. `reader`, on `block` and `pcd`: `fsd` in bytes, `cid`, `nad`, `rates`.
//!
//! ## Decoder vectors
//!
//! `> BYTES`, then one or more `= LINE`, each of which the decoder has to print, and so on. `=
//! error WORDS` asks that the decoder refuses, with these words in its reason.

pub mod collection;
pub mod decode;
pub mod flags;
pub mod junit;
pub mod link;
pub mod parse;
pub mod pattern;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod record;
pub mod run;
pub mod skipped;
pub mod target;

use std::path::PathBuf;

use tessera_framework::Interface;

pub use collection::{Collection, Report};
pub use decode::Decoder;
pub use flags::Flags;
pub use parse::parse;
pub use pattern::{Pattern, Template};
pub use record::{Recorder, Recording};
pub use run::{Failure, Verdict, run};
pub use skipped::Skipped;
pub use target::{Cards, Target, Targets, Unavailable};

/// End of a vector's file name.
pub const EXTENSION: &str = "vec";

/// A vector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vector {
    /// The file, as messages call it.
    pub file: String,
    /// The directory its name is counted from.
    pub root: PathBuf,
    /// Its name: where it lies below that directory.
    pub name: String,
    /// Which rule it is about.
    pub clause: String,
    /// Where its bytes come from.
    pub source: String,
    /// What it is about.
    pub flags: Vec<String>,
    /// The dialogue, or the decoder's cases.
    pub body: Body,
}

/// What a vector has under its header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Commands and answers.
    Dialogue(Dialogue),
    /// What goes over a link below commands.
    Link(link::Dialogue),
    /// Bytes and what a decoder says about them.
    Decode(Decoder, Vec<Case>),
}

/// Commands and answers, and which card they are for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialogue {
    /// The kind of card; none: any.
    pub profile: Option<String>,
    /// The vector that comes before: the card is as it leaves it.
    pub after: Option<String>,
    /// How the card is read; none: as the profile says.
    pub interface: Option<Interface>,
    /// The layer that has to answer. Told to people; the runner has no means to see it.
    pub layer: Layer,
    /// Needs the data and the PIN of the profile's own holder.
    pub needs_holder: bool,
    /// Leaves the card other than it found it.
    pub needs_fresh: bool,
    /// Needs a card without a reader before it.
    pub needs_bare: bool,
    /// Why memory may change although the status word says that it has not.
    pub memory_may_change: Option<String>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A layer of the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// Transmission protocol.
    Link,
    /// Card operating system.
    Os,
    /// The selected application.
    Applet,
}

/// A step of a dialogue.
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
    /// Power fails in this pulse of what comes next.
    Tear(Tear),
    /// The card's next random bytes are these.
    Random(Vec<u8>),
    /// Power comes; with what the answer to reset has to be.
    PowerOn(Option<Expected>),
    /// Power goes.
    PowerOff,
    /// Power goes and comes.
    Reset(Option<Expected>),
    /// A command and its answer.
    Exchange(Template, Expected),
}

/// When power fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tear {
    /// In this pulse, from 1.
    At(u32),
    /// In each in turn.
    Each,
}

/// An expected answer, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// Its line in the file, from 1.
    pub line: usize,
    /// That nothing comes back is as it should be.
    pub none: bool,
    /// What may come back.
    pub pattern: Option<Pattern>,
}

/// A decoder's case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Line of the bytes in the file, from 1.
    pub line: usize,
    /// What is decoded.
    pub bytes: Vec<u8>,
    /// Lines it has to print, each with its place in the file.
    pub lines: Vec<(usize, String)>,
}

/// Why a file is no vector. Its author can mend each of these.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VectorError {
    /// A line is wrong.
    #[error("{file}:{line}: expected {expected}, got {got}")]
    Line {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// What should stand there.
        expected: String,
        /// What does.
        got: String,
    },
    /// Something is missing in the whole of it.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
}

impl VectorError {
    pub(crate) fn file(file: impl Into<String>, what: impl ToString) -> Self {
        Self::File { file: file.into(), what: what.to_string() }
    }
}

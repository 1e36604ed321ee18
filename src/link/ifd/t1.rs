//! T=1, the reader's side (ISO/IEC 7816-3:2006, 11.6).
//!
//! What T=1 can promise: a block that comes twice is refused by its number, and one that is lost or
//! damaged is asked for again, so as long as numbers go on, every command runs once and has its
//! answer. What it cannot: after three failures in a row both ends resynchronise, and their numbers
//! no longer tell whether the last block of the command had arrived. So a command is begun again
//! after that only when its last block was never sent; else the card may have run it, and
//! [`T1Error::Uncertain`] leaves it to the one who knows what running it twice would do.
//!
//! How a card sends a CRC the answer to reset does not say: the reader begins with one way, and
//! goes over to the one by which the card's first block is right. That is our own design.

use super::line::Line;
use crate::link::contact::{
    Timing,
    block::{BLOCK_BYTES_MAX, Block, Edc, INFORMATION_BYTES_MAX, Refusal, Repr, Supervision},
};

/// Failures in a row before the numbers are given up, and tries to agree on new ones.
const TRIES: usize = 3;
/// The longest answer: data of an extended APDU and a status word.
const RESPONSE_BYTES_MAX: usize = 65_536 + 2;
/// Requests a card may make, and parts it may send with nothing in them, before a command is given
/// up.
const REQUESTS_MAX: usize = 1000;
/// Times a command is begun whose last block was not sent.
const ATTEMPTS: usize = 2;
/// IFSC and IFSD before anyone says otherwise.
const IFS_BYTES_DEFAULT: u8 = 32;
/// Addresses are not used.
const NAD: u8 = 0;
/// What the reader takes, and says so before its first command.
const IFSD_BYTES: u8 = INFORMATION_BYTES_MAX as u8;

/// Why there is no answer. Unless it says otherwise, the command may have run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum T1Error {
    /// The card has the same numbers as the reader again.
    #[error("resynchronised; the command may have run")]
    Uncertain,
    /// The card never had the whole command: the attempt to send it failed twice.
    #[error("resynchronised; the command did not run")]
    NotRun,
    /// The card does not resynchronise, or does not begin. It must be reset.
    #[error("the card does not answer")]
    Mute,
    /// The card gave up the command or its own answer.
    #[error("the card aborted the chain")]
    Aborted,
    /// The card's answer is longer than any APDU, or it sends empty parts or asks for time without
    /// end.
    #[error("the card's answer has no end")]
    Endless,
}

/// The reader's end of an exchange of blocks.
#[derive(Clone, Debug)]
pub struct Session {
    ear: Ear,
    core: Core,
}

/// The last block that was heard.
#[derive(Clone, Debug)]
struct Ear {
    edc: Edc,
    bytes: Vec<u8>,
    /// A block was right, so the check is the card's.
    is_sure: bool,
}

impl Ear {
    /// A block whose first character comes within `wait_clk`.
    fn hear(
        &mut self,
        line: &mut impl Line,
        timing: &Timing,
        wait_clk: u64,
    ) -> Result<Block<&[u8]>, Refusal> {
        self.bytes.clear();
        let mut damaged = false;
        let mut wait_clk = wait_clk;
        let mut wanted = 3;
        while self.bytes.len() < wanted {
            let Some(character) = line.hear(wait_clk) else { break };
            damaged |= !character.parity_ok;
            self.bytes.push(character.byte);
            wait_clk = timing.cwt_clk;
            if let &[_, _, len] = self.bytes.as_slice() {
                wanted = 3 + usize::from(len) + self.edc.bytes();
            }
        }
        if damaged {
            return Err(Refusal::Check);
        }
        let block = Block::new_checked(self.bytes.as_slice(), self.edc)?;
        self.is_sure = true;
        Ok(block)
    }

    /// The CRC by which the last block is right, as long as none was.
    fn other_crc(&self) -> Option<Edc> {
        if self.is_sure || self.edc == Edc::Lrc {
            return None;
        }
        let is_right = |&edc: &Edc| Block::new_checked(self.bytes.as_slice(), edc).is_ok();
        Edc::CRCS.into_iter().find(is_right)
    }
}

/// What was heard, if it is for this reader.
fn meaning<'a>(heard: &'a Result<Block<&'a [u8]>, Refusal>) -> Result<Repr<'a>, Refusal> {
    let block = heard.as_ref().map_err(|&why| why)?;
    if block.nad() == NAD.rotate_left(4) { Repr::parse(block) } else { Err(Refusal::Other) }
}

/// Numbers and lengths the reader keeps.
#[derive(Clone, Debug)]
struct Core {
    edc: Edc,
    own: u8,
    expected: u8,
    ifsc_bytes: u8,
    /// IFSC in the answer to reset.
    ifsc_bytes_offered: u8,
    ifsd_bytes: u8,
    /// The last block was an R-block, and why it was sent.
    last_r: Option<Option<Refusal>>,
    out: Vec<u8>,
}

/// How far one attempt at a command has come.
struct Attempt {
    /// Where the part of the command begins that was sent last, and how long it is.
    sent: usize,
    part: usize,
    /// The last part was sent, so the card may run the command.
    was_whole: bool,
    /// The card's answer has begun.
    is_receiving: bool,
    /// How it ended, if not by failures.
    end: Option<Result<(), T1Error>>,
    /// In a row.
    failures: usize,
    /// Requests of the card, and parts of its answer with nothing in them.
    requests: usize,
    /// Of the block waiting time, for the next block.
    multiplier: u8,
}

impl Session {
    /// Numbers 0; the card takes blocks of `ifsc_bytes`.
    #[must_use]
    pub fn new(edc: Edc, ifsc_bytes: u8) -> Self {
        Self {
            ear: Ear { edc, bytes: Vec::with_capacity(BLOCK_BYTES_MAX), is_sure: false },
            core: Core {
                edc,
                own: 0,
                expected: 0,
                ifsc_bytes: ifsc_bytes.max(1),
                ifsc_bytes_offered: ifsc_bytes.max(1),
                ifsd_bytes: IFS_BYTES_DEFAULT,
                last_r: None,
                out: Vec::with_capacity(BLOCK_BYTES_MAX),
            },
        }
    }

    /// Sends a command and puts the answer in place of what `response` holds.
    ///
    /// # Errors
    /// [`T1Error`]. After [`T1Error::Mute`] the card must be reset; after the others the next
    /// command can be sent.
    pub fn exchange(
        &mut self,
        line: &mut impl Line,
        timing: &Timing,
        command: &[u8],
        response: &mut Vec<u8>,
    ) -> Result<(), T1Error> {
        for _ in 0..ATTEMPTS {
            self.announce(line, timing)?;
            let attempt = self.attempt(line, timing, command, response);
            if attempt.end == Some(Ok(())) {
                return Ok(());
            }
            // A card that has had its way has the right to send.
            if attempt.end == Some(Err(T1Error::Aborted)) {
                self.ear.hear(line, timing, timing.bwt_clk).ok();
            }
            response.clear();
            self.resynchronise(line, timing)?;
            if let Some(Err(why)) = attempt.end {
                return Err(why);
            }
            if attempt.was_whole {
                return Err(T1Error::Uncertain);
            }
        }
        Err(T1Error::NotRun)
    }

    /// The reader takes longer blocks than the card knows.
    fn announce(&mut self, line: &mut impl Line, timing: &Timing) -> Result<(), T1Error> {
        if self.core.ifsd_bytes != IFSD_BYTES {
            self.request(line, timing, Supervision::Ifs(IFSD_BYTES))?;
            self.core.ifsd_bytes = IFSD_BYTES;
        }
        Ok(())
    }

    /// Both numbers become 0 again. Readings of the standard differ on the lengths, so the reader
    /// sends no longer blocks than either allows, and tells its own length again.
    fn resynchronise(&mut self, line: &mut impl Line, timing: &Timing) -> Result<(), T1Error> {
        self.request(line, timing, Supervision::Resynch)?;
        self.core.own = 0;
        self.core.expected = 0;
        self.core.ifsc_bytes = self.core.ifsc_bytes.min(self.core.ifsc_bytes_offered);
        self.core.ifsd_bytes = IFS_BYTES_DEFAULT;
        Ok(())
    }

    fn request(
        &mut self,
        line: &mut impl Line,
        timing: &Timing,
        about: Supervision,
    ) -> Result<(), T1Error> {
        for _ in 0..TRIES {
            self.core.send(line, timing, Repr::Request(about));
            let heard = self.ear.hear(line, timing, timing.bwt_clk);
            let repr = meaning(&heard);
            if repr == Ok(Repr::Response(about)) {
                return Ok(());
            }
            if let Some(edc) = self.ear.other_crc() {
                self.ear.edc = edc;
                self.core.edc = edc;
            }
        }
        Err(T1Error::Mute)
    }

    fn attempt(
        &mut self,
        line: &mut impl Line,
        timing: &Timing,
        command: &[u8],
        response: &mut Vec<u8>,
    ) -> Attempt {
        let Self { ear, core } = self;
        response.clear();
        let mut attempt = Attempt {
            sent: 0,
            part: 0,
            was_whole: false,
            is_receiving: false,
            end: None,
            failures: 0,
            requests: 0,
            multiplier: 1,
        };
        let mut turn = Turn { line, timing, command, response };
        core.send_next(&mut turn, &mut attempt);
        while attempt.end.is_none() && attempt.failures < TRIES {
            let multiplier = u64::from(std::mem::replace(&mut attempt.multiplier, 1));
            let wait_clk = timing.bwt_clk.saturating_mul(multiplier);
            let heard = ear.hear(turn.line, timing, wait_clk);
            let repr = meaning(&heard);
            core.on_block(repr, &mut turn, &mut attempt);
        }
        attempt
    }
}

/// What does not change within an attempt, and where the answer goes.
struct Turn<'a, L> {
    line: &'a mut L,
    timing: &'a Timing,
    command: &'a [u8],
    response: &'a mut Vec<u8>,
}

impl Core {
    fn on_block<L: Line>(
        &mut self,
        repr: Result<Repr<'_>, Refusal>,
        turn: &mut Turn<'_, L>,
        attempt: &mut Attempt,
    ) {
        let is_whole = attempt.sent + attempt.part >= turn.command.len();
        match repr {
            Ok(Repr::I { number, more, information })
                if is_whole && number == self.expected && self.has_room(information) =>
            {
                self.on_information(more, information, turn, attempt);
            }
            Ok(Repr::R { number, .. }) if !attempt.is_receiving && number == self.own => {
                attempt.failures += 1;
                if attempt.failures < TRIES {
                    self.send_part(turn, attempt);
                }
            }
            Ok(Repr::R { .. }) if !attempt.is_receiving && !is_whole => {
                attempt.failures = 0;
                self.own ^= 1;
                self.send_next(turn, attempt);
            }
            Ok(Repr::Request(about @ (Supervision::Wtx(_) | Supervision::Ifs(_)))) => {
                match about {
                    Supervision::Ifs(bytes) => self.ifsc_bytes = bytes,
                    Supervision::Wtx(multiplier) => attempt.multiplier = multiplier,
                    Supervision::Resynch | Supervision::Abort => {}
                }
                attempt.requests += 1;
                if attempt.requests > REQUESTS_MAX {
                    attempt.end = Some(Err(T1Error::Endless));
                } else {
                    self.send(turn.line, turn.timing, Repr::Response(about));
                }
            }
            Ok(Repr::Request(Supervision::Abort)) => {
                self.send(turn.line, turn.timing, Repr::Response(Supervision::Abort));
                attempt.end = Some(Err(T1Error::Aborted));
            }
            Ok(_) => self.refuse(Refusal::Other, turn, attempt),
            Err(why) => self.refuse(why, turn, attempt),
        }
    }

    fn has_room(&self, information: &[u8]) -> bool {
        information.len() <= usize::from(self.ifsd_bytes)
    }

    fn on_information<L: Line>(
        &mut self,
        more: bool,
        information: &[u8],
        turn: &mut Turn<'_, L>,
        attempt: &mut Attempt,
    ) {
        // The first part of the answer acknowledges the last one of the command.
        self.own ^= u8::from(!attempt.is_receiving);
        attempt.is_receiving = true;
        attempt.failures = 0;
        self.expected ^= 1;
        attempt.requests += usize::from(information.is_empty());
        let is_too_long = turn.response.len() + information.len() > RESPONSE_BYTES_MAX;
        if is_too_long || attempt.requests > REQUESTS_MAX {
            attempt.end = Some(Err(T1Error::Endless));
            return;
        }
        turn.response.extend_from_slice(information);
        if more {
            self.acknowledge(None, turn);
        } else {
            attempt.end = Some(Ok(()));
        }
    }

    fn send_next<L: Line>(&mut self, turn: &mut Turn<'_, L>, attempt: &mut Attempt) {
        attempt.sent += attempt.part;
        let left = turn.command.len() - attempt.sent.min(turn.command.len());
        attempt.part = left.min(usize::from(self.ifsc_bytes));
        attempt.was_whole |= attempt.part == left;
        self.send_part(turn, attempt);
    }

    fn send_part<L: Line>(&mut self, turn: &mut Turn<'_, L>, attempt: &Attempt) {
        let rest = turn.command.get(attempt.sent..).unwrap_or_default();
        let information = rest.get(..attempt.part).unwrap_or(rest);
        let more = information.len() < rest.len();
        let repr = Repr::I { number: self.own, more, information };
        self.send(turn.line, turn.timing, repr);
    }

    /// An R-block that was not understood, or not answered, is sent again as it was.
    fn refuse<L: Line>(&mut self, why: Refusal, turn: &mut Turn<'_, L>, attempt: &mut Attempt) {
        attempt.failures += 1;
        if attempt.failures < TRIES {
            self.acknowledge(self.last_r.unwrap_or(Some(why)), turn);
        }
    }

    fn acknowledge<L: Line>(&mut self, refusal: Option<Refusal>, turn: &mut Turn<'_, L>) {
        let repr = Repr::R { number: self.expected, refusal };
        self.send(turn.line, turn.timing, repr);
        self.last_r = Some(refusal);
    }

    fn send(&mut self, line: &mut impl Line, timing: &Timing, repr: Repr<'_>) {
        repr.emit(NAD, self.edc, &mut self.out);
        line.send(&self.out, timing.turn_clk, timing.guard_clk);
        self.last_r = None;
    }
}

//! T=1, the card's side (ISO/IEC 7816-3:2006, clause 11): blocks, each answered by one block.
//!
//! Invariants:
//! * Every block that is heard to its end, right or wrong, has one answer, and one cut short has it
//!   when CWT is over. There is none when the reader no longer waits for it, and from an
//!   application that has fallen silent. The card never speaks first and never asks to
//!   resynchronise.
//! * An I-block is taken only with the number that is expected, so between two resynchronisations
//!   no part of a command is taken twice and no command is run twice, whatever the line does. What
//!   a reader sends again after it has resynchronised is a new command.
//! * `own` is the number of our last I-block while that is `outstanding`, else of our next one.
//! * Nothing is kept that is longer than the longest APDU. A longer command is received to its end,
//!   not kept, and answered 6700: all readers understand that, and few the abortion of a chain.
//!
//! Where the standard is read differently: after a resynchronisation some take the lengths of
//! blocks back to their initial values, some do not. This card suits both: it sends at most 32
//! bytes until it is told otherwise, and takes as many as it ever announced. A chain of the card's
//! that the reader aborts counts its last part as received. A reader that goes on after the
//! abortion with an R-block is told which number is expected.
//!
//! BWI and CWI may be such that BWT is over before CWT is. A reader that has waited for BWT speaks,
//! so the card drops a block cut short by then, and says nothing of it: it might speak at the same
//! time. Characters of one block more than BWT apart are not taken for a block.

use super::{
    Context,
    block::{BLOCK_BYTES_MAX, Block, Edc, Refusal, Repr, Supervision},
    character::Character,
    parameters::Parameters,
    timing::{Timing, clk_of_us},
};
use crate::link::{Application, Mute};

/// The longest command APDU: header, three bytes Lc, data, two bytes Le.
const COMMAND_BYTES_MAX: usize = 4 + 3 + 65_535 + 2;
/// IFSC and IFSD before anyone says otherwise.
const IFS_BYTES_DEFAULT: u8 = 32;

/// Both halves, apart so that a block can be looked at in one while the other changes.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    receiver: Receiver,
    core: Core,
}

/// A block as far as it has come.
#[derive(Clone, Debug)]
struct Receiver {
    bytes: [u8; BLOCK_BYTES_MAX],
    got: usize,
    damaged: bool,
    /// The leading edge of the last character.
    last_clk: u64,
    edc: Edc,
}

impl Receiver {
    fn clear(&mut self) {
        self.got = 0;
        self.damaged = false;
    }

    /// Takes a character. True when as many are there as LEN says.
    fn push(&mut self, character: Character) -> bool {
        self.damaged |= !character.parity_ok;
        if let Some(place) = self.bytes.get_mut(self.got) {
            *place = character.byte;
            self.got += 1;
        }
        let [_, _, len, ..] = self.bytes;
        self.got >= 3 && self.got >= 3 + usize::from(len) + self.edc.bytes()
    }

    fn block(&self) -> Result<Block<&[u8]>, Refusal> {
        if self.damaged {
            return Err(Refusal::Check);
        }
        Block::new_checked(self.bytes.get(..self.got).unwrap_or_default(), self.edc)
    }
}

/// What the card knows of the exchange.
#[derive(Clone, Debug)]
struct Core {
    edc: Edc,
    /// NAD of the reader's blocks, by the first that was right.
    nad: Option<u8>,
    own: u8,
    outstanding: bool,
    expected: u8,
    ifsc_bytes: u8,
    /// IFSC in the answer to reset.
    ifsc_bytes_offered: u8,
    ifsd_bytes: u8,
    /// The card wants to ask for blocks of this length.
    to_announce: Option<u8>,
    command: Vec<u8>,
    is_too_long: bool,
    /// The reader's chain is open.
    is_receiving: bool,
    response: Vec<u8>,
    /// Where in the response the I-block that is outstanding begins, and how long it is.
    sent: usize,
    part: usize,
    /// The request of ours that has no answer yet.
    request: Option<Supervision>,
    /// When the response is ready.
    ready_clk: u64,
    /// The last block was an R-block, and why it was sent.
    last_r: Option<Option<Refusal>>,
}

impl Machine {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let edc = parameters.edc.unwrap_or_default();
        Self {
            receiver: Receiver {
                bytes: [0; BLOCK_BYTES_MAX],
                got: 0,
                damaged: false,
                last_clk: 0,
                edc,
            },
            core: Core {
                edc,
                nad: None,
                own: 0,
                outstanding: false,
                expected: 0,
                ifsc_bytes: IFS_BYTES_DEFAULT,
                ifsc_bytes_offered: IFS_BYTES_DEFAULT,
                ifsd_bytes: IFS_BYTES_DEFAULT,
                to_announce: None,
                command: Vec::new(),
                is_too_long: false,
                is_receiving: false,
                response: Vec::new(),
                sent: 0,
                part: 0,
                request: None,
                ready_clk: 0,
                last_r: None,
            },
        }
    }

    pub(super) fn begin(&mut self, parameters: &Parameters) {
        self.receiver.clear();
        self.core.nad = None;
        self.core.ifsc_bytes_offered = parameters.ifsc_bytes.unwrap_or(IFS_BYTES_DEFAULT);
        self.core.ifsc_bytes = self.core.ifsc_bytes_offered;
        self.core.to_announce = parameters.ifs_request_bytes;
        self.core.resynchronise();
    }

    pub(super) fn on_character<A: Application>(
        &mut self,
        character: Character,
        context: Context<'_, A>,
    ) -> Result<(), Mute> {
        // What is left of a block whose time is over was no block.
        if self.deadline_clk(context.timing).is_some_and(|clk| context.now_clk > clk) {
            self.receiver.clear();
        }
        self.receiver.last_clk = context.now_clk;
        if self.receiver.push(character) { self.on_end(context) } else { Ok(()) }
    }

    /// When a block that has begun is over, whole or not.
    pub(super) fn deadline_clk(&self, timing: &Timing) -> Option<u64> {
        let wait_clk = timing.cwt_clk.min(timing.bwt_clk);
        (self.receiver.got > 0).then(|| self.receiver.last_clk.saturating_add(wait_clk))
    }

    /// No more characters of a block will come.
    pub(super) fn on_deadline<A: Application>(
        &mut self,
        context: Context<'_, A>,
    ) -> Result<(), Mute> {
        let Timing { cwt_clk, turn_clk, bwt_clk, .. } = *context.timing;
        let waited_clk = context.now_clk.saturating_sub(self.receiver.last_clk).max(cwt_clk);
        // The reader waits for an answer no longer than BWT.
        if waited_clk.saturating_add(turn_clk) >= bwt_clk {
            self.receiver.clear();
            return Ok(());
        }
        self.on_end(context)
    }

    /// All characters of a block have come, or no more will.
    pub(super) fn on_end<A: Application>(
        &mut self,
        mut context: Context<'_, A>,
    ) -> Result<(), Mute> {
        let Self { receiver, core } = self;
        let block = receiver.block();
        let repr = block.as_ref().map_err(|&why| why).and_then(|block| {
            let repr = Repr::parse(block)?;
            core.check_addresses(block.nad())?;
            Ok(repr)
        });
        let done = match repr {
            Ok(repr) => core.on_block(repr, &mut context),
            Err(why) => {
                core.on_refused(why, &mut context);
                Ok(())
            }
        };
        receiver.clear();
        done
    }
}

impl Core {
    /// Both numbers are 0 and nothing is pending.
    fn resynchronise(&mut self) {
        self.own = 0;
        self.expected = 0;
        self.outstanding = false;
        self.ifsc_bytes = self.ifsc_bytes.max(self.ifsc_bytes_offered);
        self.ifsd_bytes = IFS_BYTES_DEFAULT;
        self.request = None;
        self.last_r = None;
        self.drop_chains();
    }

    fn drop_chains(&mut self) {
        self.is_receiving = false;
        self.is_too_long = false;
        self.command.clear();
        self.response.clear();
        self.sent = 0;
        self.part = 0;
    }

    /// The first block that is right fixes the addresses; VPP is gone, and equal ones are reserved
    /// unless both are 0 (11.3.2.1).
    fn check_addresses(&mut self, nad: u8) -> Result<(), Refusal> {
        let (sad, dad) = (nad & 7, nad >> 4 & 7);
        if nad & 0x88 != 0 || sad == dad && nad != 0 {
            return Err(Refusal::Other);
        }
        if *self.nad.get_or_insert(nad) == nad { Ok(()) } else { Err(Refusal::Other) }
    }

    fn on_block<A: Application>(
        &mut self,
        repr: Repr<'_>,
        context: &mut Context<'_, A>,
    ) -> Result<(), Mute> {
        match repr {
            Repr::Request(Supervision::Resynch) => {
                self.resynchronise();
                self.supervise(Repr::Response(Supervision::Resynch), context);
            }
            Repr::Response(about) if self.request.is_some_and(|asked| asked == about) => {
                self.request = None;
                match about {
                    Supervision::Wtx(multiplier) => {
                        self.answer(u64::from(multiplier), context);
                    }
                    Supervision::Ifs(bytes) => {
                        self.ifsc_bytes = bytes;
                        self.answer(1, context);
                    }
                    Supervision::Resynch | Supervision::Abort => {}
                }
            }
            // A right block that answers wrongly is told so; any other is no answer at all.
            Repr::Response(_) => self.refuse(Refusal::Other, context),
            _ if self.request.is_some() => self.ask_again(context),
            Repr::I { number, more, information } => {
                return self.on_information(number, more, information, context);
            }
            Repr::R { number, .. } => self.on_r(number, context),
            Repr::Request(Supervision::Ifs(bytes)) if !self.is_receiving => {
                self.ifsd_bytes = bytes;
                self.supervise(Repr::Response(Supervision::Ifs(bytes)), context);
            }
            Repr::Request(Supervision::Abort) => {
                if self.outstanding {
                    self.acknowledged();
                }
                self.drop_chains();
                self.supervise(Repr::Response(Supervision::Abort), context);
            }
            // S(IFS) of the sender within its own chain, S(WTX) of a reader.
            Repr::Request(_) => self.refuse(Refusal::Other, context),
        }
        Ok(())
    }

    fn on_refused<A>(&mut self, why: Refusal, context: &mut Context<'_, A>) {
        if self.request.is_some() {
            self.ask_again(context);
        } else {
            self.refuse(why, context);
        }
    }

    fn on_information<A: Application>(
        &mut self,
        number: u8,
        more: bool,
        information: &[u8],
        context: &mut Context<'_, A>,
    ) -> Result<(), Mute> {
        let in_our_chain = self.outstanding && self.has_more();
        let is_long = information.len() > usize::from(self.ifsc_bytes);
        if number != self.expected || in_our_chain || is_long {
            self.refuse(Refusal::Other, context);
            return Ok(());
        }
        if self.outstanding {
            self.acknowledged();
        }
        self.expected ^= 1;
        self.is_receiving = more;
        self.is_too_long |= self.command.len() + information.len() > COMMAND_BYTES_MAX;
        if !self.is_too_long {
            self.command.extend_from_slice(information);
        }
        if more {
            self.acknowledge(None, context);
            return Ok(());
        }
        self.run(context)
    }

    fn run<A: Application>(&mut self, context: &mut Context<'_, A>) -> Result<(), Mute> {
        self.response.clear();
        self.sent = 0;
        let mut took_us = 0;
        if self.is_too_long {
            self.response.extend_from_slice(&[0x67, 0x00]);
        } else {
            took_us = context.application.exchange(&self.command, &mut self.response)?;
        }
        self.command.clear();
        self.is_too_long = false;
        let took_clk = clk_of_us(took_us, context.parameters.clock_hz);
        self.ready_clk = context.now_clk.saturating_add(took_clk);
        if let Some(bytes) = self.to_announce.take() {
            self.ask(Supervision::Ifs(bytes), context);
        } else {
            self.answer(1, context);
        }
        Ok(())
    }

    /// Sends the response's first part when it is ready, or asks for more time before `multiplier`
    /// block waiting times are over.
    fn answer<A>(&mut self, multiplier: u64, context: &mut Context<'_, A>) {
        // A sixteenth early, so that no reader's clock is too fast for it.
        let bwt_clk = context.timing.bwt_clk;
        let early_clk = bwt_clk / 16;
        let waits_clk = bwt_clk.saturating_mul(multiplier) - early_clk;
        let latest_clk = context.now_clk.saturating_add(waits_clk);
        if self.ready_clk <= latest_clk {
            let at_clk = self.ready_clk.max(context.turn_clk());
            self.send_part(at_clk, context);
            return;
        }
        let left_clk = (self.ready_clk - latest_clk).saturating_add(bwt_clk - early_clk);
        let asked = left_clk.div_ceil(bwt_clk).clamp(1, 255);
        let request = Supervision::Wtx(asked as u8);
        self.request = Some(request);
        self.send(Repr::Request(request), latest_clk.max(context.turn_clk()), context);
    }

    fn on_r<A>(&mut self, number: u8, context: &mut Context<'_, A>) {
        let at_clk = context.turn_clk();
        if self.outstanding && number == self.own {
            self.send_part(at_clk, context);
        } else if self.outstanding && self.has_more() {
            self.acknowledged();
            self.send_part(at_clk, context);
        } else {
            // Nothing follows: what was said last is said again, or that nothing was expected.
            let refusal = self.last_r.unwrap_or(Some(Refusal::Other));
            self.acknowledge(refusal, context);
        }
    }

    /// The I-block that is outstanding ends before the response does.
    fn has_more(&self) -> bool {
        self.sent + self.part < self.response.len()
    }

    /// The I-block that was outstanding has arrived.
    fn acknowledged(&mut self) {
        self.sent += self.part;
        self.part = 0;
        self.own ^= 1;
        self.outstanding = false;
    }

    /// Sends the part of the response that is outstanding, or the next one.
    fn send_part<A>(&mut self, at_clk: u64, context: &mut Context<'_, A>) {
        let rest = self.response.get(self.sent..).unwrap_or_default();
        let ifsd_bytes = usize::from(self.ifsd_bytes);
        if !self.outstanding {
            self.outstanding = true;
            self.part = rest.len();
        }
        // What is sent again has not arrived: since then the reader may take less.
        self.part = self.part.min(ifsd_bytes);
        let information = rest.get(..self.part).unwrap_or(rest);
        let more = information.len() < rest.len();
        let repr = Repr::I { number: self.own, more, information };
        repr.emit(self.answering_nad(), self.edc, context.out.begin());
        context.out.send(at_clk, context.timing.spacing_clk);
        self.last_r = None;
    }

    fn ask<A>(&mut self, request: Supervision, context: &mut Context<'_, A>) {
        self.request = Some(request);
        self.supervise(Repr::Request(request), context);
    }

    fn ask_again<A>(&mut self, context: &mut Context<'_, A>) {
        if let Some(request) = self.request {
            self.supervise(Repr::Request(request), context);
        }
    }

    fn supervise<A>(&mut self, repr: Repr<'_>, context: &mut Context<'_, A>) {
        self.send(repr, context.turn_clk(), context);
    }

    fn refuse<A>(&mut self, why: Refusal, context: &mut Context<'_, A>) {
        self.acknowledge(Some(why), context);
    }

    fn acknowledge<A>(&mut self, refusal: Option<Refusal>, context: &mut Context<'_, A>) {
        let repr = Repr::R { number: self.expected, refusal };
        self.send(repr, context.turn_clk(), context);
        self.last_r = Some(refusal);
    }

    fn send<A>(&mut self, repr: Repr<'_>, at_clk: u64, context: &mut Context<'_, A>) {
        repr.emit(self.answering_nad(), self.edc, context.out.begin());
        context.out.send(at_clk, context.timing.spacing_clk);
        self.last_r = None;
    }

    /// The reader's NAD with source and destination changed over.
    fn answering_nad(&self) -> u8 {
        self.nad.unwrap_or(0).rotate_left(4)
    }
}

#[cfg(test)]
mod tests;

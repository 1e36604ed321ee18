//! The card's side of the block protocol (ISO/IEC 14443-4:2018, 7.5), the same for both types.
//!
//! * The card sends nothing but in answer, and each answer is kept until the next, for it may be
//!   asked for again.
//! * The number is 1 after activation. It turns with each command block that is taken, and with
//!   each R(ACK) that asks for the next block of a chain; never else.
//! * An I-block with the card's own number could not come from a reader that keeps the rules: it
//!   is a copy of one that was taken. The card stays silent to it, as the note to rule D allows,
//!   and so runs no command twice. One bit tells a copy from the next block and not more: a copy
//!   that arrives behind the *next* block is taken for the one after that. On the air nothing
//!   keeps a frame so long.
//! * A command has at most [`COMMAND_BYTES_MAX`] bytes, or those the card told (MBL). The block
//!   that would go beyond is not taken.

use super::{
    block::{Block, Kind, inf_bytes_max},
    sizes::{FWT_FC_MAX, extended_fwt_fc, fc_of_us},
};
use crate::link::{Application, Mute};

/// The longest command APDU: an extended Lc of 65,535 bytes and an extended Le.
pub const COMMAND_BYTES_MAX: usize = 65_544;

/// The largest WTXM (ISO/IEC 14443-4:2018, 7.3).
pub(super) const WTXM_MAX: u8 = 59;

/// What was agreed on at activation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// The longest frame the card takes.
    pub(super) fsc_bytes: usize,
    /// The longest frame the reader takes.
    pub(super) fsd_bytes: usize,
    pub(super) fwt_fc: u64,
    /// The card's CID; `None` when it takes none.
    pub(super) cid: Option<u8>,
    pub(super) nad: bool,
    pub(super) command_bytes_max: usize,
}

/// What a block led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// Nothing is said: the block is none, or no reader that keeps the rules could send it.
    Silent,
    /// Nothing is said: the block is for another card.
    Elsewhere,
    /// [`Protocol::answer`] is sent, at the earliest this long after the reader's block.
    Answers { own_fc: u64 },
    /// The same at once, and then the card is in HALT.
    Deselected,
    /// The application has gone silent.
    Mute,
}

/// An answer that takes longer than FWT.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// When the answer will be there.
    ready_fc: u64,
    /// What the last request asked for, and when it was sent.
    wtxm: u8,
    asked_fc: u64,
}

#[derive(Debug)]
pub(super) struct Protocol {
    link: Link,
    number: bool,
    command: Vec<u8>,
    /// A chain of the reader's has begun and not ended.
    receiving: bool,
    /// The node addresses of the command, to be answered.
    nad: Option<u8>,
    response: Vec<u8>,
    /// Bytes of the response in blocks that were sent.
    sent: usize,
    waiting: Option<Waiting>,
    /// The largest WTXM the card asks for.
    pub(super) wtxm_max: u8,
    /// The last block that was sent, without CRC; empty when there is none.
    last: Vec<u8>,
}

impl Protocol {
    pub(super) const fn new() -> Self {
        let link = Link {
            fsc_bytes: 16,
            fsd_bytes: 16,
            fwt_fc: 0,
            cid: None,
            nad: false,
            command_bytes_max: 0,
        };
        Self {
            link,
            number: true,
            command: Vec::new(),
            receiving: false,
            nad: None,
            response: Vec::new(),
            sent: 0,
            waiting: None,
            wtxm_max: WTXM_MAX,
            last: Vec::new(),
        }
    }

    /// Begins anew after an activation.
    pub(super) fn start(&mut self, link: Link) {
        self.link = link;
        self.number = true;
        self.command.clear();
        self.receiving = false;
        self.nad = None;
        self.response.clear();
        self.sent = 0;
        self.waiting = None;
        self.last.clear();
    }

    /// The longest frame the card takes, CRC counted.
    pub(super) const fn fsc_bytes(&self) -> usize {
        self.link.fsc_bytes
    }

    /// The block to send, without CRC.
    pub(super) fn answer(&self) -> &[u8] {
        &self.last
    }

    /// Takes a block whose CRC was right.
    pub(super) fn on_block<A: Application>(
        &mut self,
        now_fc: u64,
        bytes: &[u8],
        application: &mut A,
    ) -> Turn {
        let Ok(block) = Block::parse(bytes) else { return Turn::Silent };
        match (block.cid.map(|cid| cid & 0x0F), self.link.cid) {
            (Some(asked), Some(own)) if asked == own => {}
            (None, None | Some(0)) => {}
            _ => return Turn::Elsewhere,
        }
        let cid = block.cid.is_some();
        match block.kind {
            Kind::Information { number, chaining } => {
                self.on_information(now_fc, &block, (number, chaining), application)
            }
            Kind::Ack { number } | Kind::Nak { number } if number == self.number => self.repeat(),
            Kind::Nak { .. } => self.acknowledge(cid),
            Kind::Ack { .. } if self.waiting.is_none() && self.sent < self.response.len() => {
                self.number = !self.number;
                self.next_block(cid, 0)
            }
            Kind::Ack { .. } | Kind::Parameters => Turn::Silent,
            Kind::Deselect => {
                self.say(Kind::Deselect, cid, None, &[]);
                Turn::Deselected
            }
            Kind::WaitingTime => self.on_waiting_time(now_fc, &block),
        }
    }

    fn on_information<A: Application>(
        &mut self,
        now_fc: u64,
        block: &Block<'_>,
        (number, chaining): (bool, bool),
        application: &mut A,
    ) -> Turn {
        let cid = block.cid.is_some();
        let room = COMMAND_BYTES_MAX.min(self.link.command_bytes_max);
        let taken = if self.receiving { self.command.len() } else { 0 };
        let nad_fits = match block.nad {
            None => true,
            Some(nad) => self.link.nad && !self.receiving && is_nad(nad),
        };
        if number == self.number
            || self.waiting.is_some()
            || !nad_fits
            || taken + block.inf.len() > room
        {
            return Turn::Silent;
        }
        self.number = number;
        if !self.receiving {
            self.command.clear();
            self.nad = block.nad;
            self.response.clear();
            self.sent = 0;
        }
        self.command.extend_from_slice(block.inf);
        self.receiving = chaining;
        if chaining {
            return self.acknowledge(cid);
        }
        let mut own_fc = 0;
        if !self.command.is_empty() {
            match application.exchange(&self.command, &mut self.response) {
                Ok(took_us) => own_fc = fc_of_us(took_us),
                Err(Mute) => return Turn::Mute,
            }
        }
        self.in_time(now_fc, now_fc.saturating_add(own_fc), self.link.fwt_fc, cid)
    }

    /// Sends the answer if it is ready within the time the reader waits, else asks for more.
    ///
    /// The card asks when 7/8 of that time are over, and for as many whole FWT as the answer will
    /// still take then, at most 59 and at most FWTmax. What passes until the reader has granted
    /// them is gained.
    fn in_time(&mut self, now_fc: u64, ready_fc: u64, wait_fc: u64, cid: bool) -> Turn {
        let own_fc = ready_fc.saturating_sub(now_fc);
        // The first time an eighth is kept back for clocks that differ and the way to the grid.
        let ask_fc = wait_fc - wait_fc / 8;
        let latest_fc = if self.waiting.is_some() { wait_fc } else { ask_fc };
        if own_fc <= latest_fc {
            self.waiting = None;
            return self.next_block(cid, own_fc);
        }
        let asked_fc = now_fc.saturating_add(ask_fc);
        let fwt_fc = self.link.fwt_fc.max(1);
        let most = (FWT_FC_MAX / fwt_fc).clamp(1, self.wtxm_max.into());
        let wtxm = ready_fc.saturating_sub(asked_fc).div_ceil(fwt_fc).clamp(1, most) as u8;
        self.waiting = Some(Waiting { ready_fc, wtxm, asked_fc });
        self.say(Kind::WaitingTime, cid, None, &[wtxm]);
        Turn::Answers { own_fc: ask_fc }
    }

    fn on_waiting_time(&mut self, now_fc: u64, block: &Block<'_>) -> Turn {
        match self.waiting {
            Some(waiting) if block.inf == [waiting.wtxm] => {
                let wait_fc = extended_fwt_fc(self.link.fwt_fc, waiting.wtxm);
                let now_fc = now_fc.max(waiting.asked_fc);
                self.in_time(now_fc, waiting.ready_fc, wait_fc, block.cid.is_some())
            }
            _ => Turn::Silent,
        }
    }

    /// Rule 11: the last block again, whatever it was.
    fn repeat(&self) -> Turn {
        if self.last.is_empty() { Turn::Silent } else { Turn::Answers { own_fc: 0 } }
    }

    /// An R(ACK) with the card's number.
    fn acknowledge(&mut self, cid: bool) -> Turn {
        self.say(Kind::Ack { number: self.number }, cid, None, &[]);
        Turn::Answers { own_fc: 0 }
    }

    /// The next block of the response.
    fn next_block(&mut self, cid: bool, own_fc: u64) -> Turn {
        let nad = if self.sent == 0 { self.nad.map(|nad| nad.rotate_left(4)) } else { None };
        let left = self.response.len() - self.sent;
        let most = inf_bytes_max(self.link.fsd_bytes, cid, nad.is_some());
        let end = self.sent + left.min(most);
        let response = std::mem::take(&mut self.response);
        let kind = Kind::Information { number: self.number, chaining: left > most };
        self.say(kind, cid, nad, response.get(self.sent..end).unwrap_or_default());
        self.response = response;
        self.sent = end;
        Turn::Answers { own_fc }
    }

    fn say(&mut self, kind: Kind, cid: bool, nad: Option<u8>, inf: &[u8]) {
        self.last.clear();
        let cid = if cid { self.link.cid } else { None };
        Block { kind, cid, nad, inf }.emit(&mut self.last);
    }
}

/// Node addresses as T=1 has them (ISO/IEC 7816-3:2006, 11.3.2.1): b8 and b4 are 0, and source and
/// destination differ unless both are 0.
const fn is_nad(nad: u8) -> bool {
    nad & 0x88 == 0 && (nad == 0 || nad >> 4 != nad & 0x0F)
}

#[cfg(test)]
mod tests;

//! One slot of the reader: what the reader does with the card in it.
//!
//! Time on the line is virtual: it goes on by what characters and waiting take, and the host waits
//! for none of it.
//!
//! Invariants:
//! * time never goes back;
//! * after an answer, or the want of one, the line is at rest: nothing the card says later is
//!   taken for an answer to something else.

use super::{
    message::{Answer, Error, Icc},
    protocol::ProtocolData,
    tpdu::{Dialogue, Step},
};
use crate::link::{
    Application, Fate, Noise,
    contact::{Character, Contact, FiDi, Level, Output, Parameters, Reset, Timing},
};

/// A slot, with or without a card.
pub(super) struct Seat<A> {
    contact: Option<Contact<A>>,
    /// The reader gives power.
    is_active: bool,
    /// Nothing but PPS requests without an answer has gone to the card since its reset.
    is_fresh: bool,
    stopped_at: Option<Level>,
    protocol: ProtocolData,
    noise: Noise,
    now_clk: u64,
    news: Option<bool>,
}

/// What a card has answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Transferred {
    pub(super) data: Vec<u8>,
    /// How often the card asked for patience while the reader waited for it.
    pub(super) time_requests: usize,
}

/// What a PPS request begins with.
const PPSS: u8 = 0xFF;

/// Data bits and parity of a character: what a disturbance can hit.
const CHARACTER_BITS: usize = 9;

/// Most time between two characters before a protocol is chosen, and after the reset.
fn initial_waiting_clk() -> u64 {
    Timing::initial(&Parameters::default()).wwt_clk
}

impl<A> Default for Seat<A> {
    fn default() -> Self {
        Self {
            contact: None,
            is_active: false,
            is_fresh: false,
            stopped_at: None,
            protocol: ProtocolData::T0_DEFAULT,
            noise: Noise::none(),
            now_clk: 0,
            news: None,
        }
    }
}

impl<A: Application> Seat<A> {
    pub(super) fn insert(&mut self, contact: Contact<A>, is_news: bool) {
        self.contact = Some(contact);
        self.is_active = false;
        self.news = is_news.then_some(true);
    }

    pub(super) fn remove(&mut self, is_news: bool) -> Option<Contact<A>> {
        let mut contact = self.contact.take()?;
        contact.power_off();
        self.is_active = false;
        self.news = is_news.then_some(false);
        Some(contact)
    }

    pub(super) const fn contact(&self) -> Option<&Contact<A>> {
        self.contact.as_ref()
    }

    pub(super) fn disturb(&mut self, noise: Noise) {
        self.noise = noise;
    }

    /// Whether a card has come or gone since the last time this was asked.
    pub(super) fn news(&mut self) -> Option<bool> {
        self.news.take()
    }

    pub(super) const fn icc(&self) -> Icc {
        match (&self.contact, self.is_active) {
            (None, _) => Icc::Absent,
            (_, true) => Icc::Active,
            (_, false) => Icc::Inactive,
        }
    }

    /// An answer that says how the card's clock does: 0 runs, 1 stopped low, 2 stopped high.
    pub(super) fn clock_status(&self) -> Answer {
        let specific = match (self.is_active, self.stopped_at) {
            (true, None) => 0,
            (true, Some(Level::High)) => 2,
            _ => 1,
        };
        Answer { specific, data: Vec::new() }
    }

    /// Powers the card at a voltage, 1 to 3 for 5 V, 3 V and 1.8 V or 0 for whatever the card
    /// wants, and returns its answer to reset. A card that has power already is reset.
    pub(super) fn power_on(&mut self, voltage: u8) -> Result<Vec<u8>, Error> {
        let contact = self.contact.as_mut().ok_or(Error::ICC_MUTE)?;
        let classes = contact.parameters().globals.map_or(1, |globals| globals.classes);
        match voltage {
            0 => {}
            1..=3 if classes >> (voltage - 1) & 1 == 1 => {}
            1..=3 => return Err(Error::CLASS_NOT_SUPPORTED),
            _ => return Err(Error::SPECIFIC),
        }
        let reset = if self.is_active { Reset::Warm } else { Reset::Cold };
        contact.reset(self.now_clk, reset);
        self.protocol = ProtocolData::after_reset(contact.parameters());
        self.is_active = true;
        self.is_fresh = true;
        self.stopped_at = None;
        let wait_clk = initial_waiting_clk();
        let atr = self.hear(wait_clk, wait_clk, |_| false);
        if atr.is_empty() {
            self.power_off();
            return Err(Error::ICC_MUTE);
        }
        Ok(atr)
    }

    pub(super) fn power_off(&mut self) {
        if let Some(contact) = &mut self.contact {
            contact.power_off();
        }
        self.is_active = false;
        self.stopped_at = None;
    }

    /// Stops (1) or starts (0) the card's clock.
    pub(super) fn clock(&mut self, command: u8) -> Result<(), Error> {
        let contact = self.contact.as_mut().filter(|_| self.is_active).ok_or(Error::ICC_MUTE)?;
        match (command, self.protocol.clock_stop()) {
            (0, _) => {
                contact.start_clock();
                self.stopped_at = None;
            }
            (1, Some(level)) => {
                contact.stop_clock(level);
                self.stopped_at = Some(level);
            }
            _ => return Err(Error::SPECIFIC),
        }
        Ok(())
    }

    pub(super) fn protocol(&self) -> Result<ProtocolData, Error> {
        if self.is_active { Ok(self.protocol) } else { Err(Error::ICC_MUTE) }
    }

    pub(super) fn set_protocol(&mut self, wanted: ProtocolData) -> Result<ProtocolData, Error> {
        self.protocol()?;
        if FiDi::new(wanted.fi_di()).is_none() {
            return Err(Error::FI_DI);
        }
        self.protocol = wanted;
        Ok(wanted)
    }

    /// Sends something to the card and returns its answer: a PPS request right after the reset, a
    /// TPDU on T=0, a block on T=1 for which the waiting time is `bwi` times as long.
    pub(super) fn transfer(&mut self, data: &[u8], bwi: u8) -> Result<Transferred, Error> {
        let contact = self.contact.as_ref().filter(|_| self.is_active).ok_or(Error::ICC_MUTE)?;
        if data.is_empty() {
            return Err(Error::LENGTH);
        }
        let speed = contact.timing().fi_di;
        if self.is_fresh && data.first() == Some(&PPSS) {
            return self.select(data);
        }
        // At another speed than the card's nothing is understood on either side.
        if self.timing().fi_di != speed && contact.protocol().is_some() {
            return Err(Error::ICC_MUTE);
        }
        self.is_fresh = false;
        match self.protocol {
            ProtocolData::T0(_) => self.tpdu(data),
            ProtocolData::T1(_) => self.block(data, bwi),
        }
    }

    fn select(&mut self, request: &[u8]) -> Result<Transferred, Error> {
        let wait_clk = initial_waiting_clk();
        self.send(request, None);
        let answer = self.hear(wait_clk, wait_clk, |_| false);
        if answer.is_empty() {
            return Err(Error::ICC_MUTE);
        }
        self.is_fresh = false;
        Ok(Transferred { data: answer, time_requests: 0 })
    }

    fn tpdu(&mut self, tpdu: &[u8]) -> Result<Transferred, Error> {
        let wwt_clk = self.timing().wwt_clk;
        let mut dialogue = Dialogue::new(tpdu).ok_or(Error::LENGTH)?;
        self.send(&dialogue.header(), None);
        loop {
            let heard = self.hear(wwt_clk, wwt_clk, |heard| !heard.is_empty());
            if heard.is_empty() {
                return Err(Error::ICC_MUTE);
            }
            let mut step = Step::Listen;
            for byte in heard {
                step = dialogue.take(byte);
            }
            match step {
                Step::Listen => {}
                Step::Send(range) => self.send(tpdu.get(range).unwrap_or_default(), None),
                Step::Done(data) => {
                    return Ok(Transferred { data, time_requests: dialogue.nulls() });
                }
                Step::Conflict => {
                    self.rest();
                    return Err(Error::PROCEDURE_BYTE_CONFLICT);
                }
            }
        }
    }

    fn block(&mut self, block: &[u8], bwi: u8) -> Result<Transferred, Error> {
        let Timing { bwt_clk, cwt_clk, .. } = self.timing();
        let bwt_clk = bwt_clk.saturating_mul(u64::from(bwi.max(1)));
        let edc_bytes = self.protocol.edc_bytes();
        let is_whole = |heard: &[u8]| match heard {
            &[_, _, len, ..] => heard.len() >= 3 + usize::from(len) + edc_bytes,
            _ => false,
        };
        let fate = self.noise.fate(block.len() * CHARACTER_BITS);
        let mut answer = Vec::new();
        match fate {
            Fate::IsLost => self.now_clk = self.now_clk.saturating_add(bwt_clk),
            Fate::IsLate => {
                self.now_clk = self.now_clk.saturating_add(bwt_clk);
                self.send(block, None);
            }
            Fate::Passes | Fate::IsDoubled => {
                self.send(block, None);
                answer = self.hear(bwt_clk, cwt_clk, is_whole);
            }
            Fate::IsDamaged { bit } => {
                self.send(block, Some(bit));
                answer = self.hear(bwt_clk, cwt_clk, is_whole);
            }
        }
        if fate == Fate::IsDoubled {
            self.send(block, None);
        }
        self.rest();
        if !is_whole(&answer) {
            return Err(Error::ICC_MUTE);
        }
        match self.noise.fate(answer.len() * CHARACTER_BITS) {
            // The reader has stopped listening when the second one comes.
            Fate::Passes | Fate::IsDoubled => Ok(Transferred { data: answer, time_requests: 0 }),
            Fate::IsDamaged { .. } => Err(Error::XFR_PARITY_ERROR),
            Fate::IsLost | Fate::IsLate => Err(Error::ICC_MUTE),
        }
    }

    /// The times of the protocol that the host has set.
    fn timing(&self) -> Timing {
        self.protocol.timing()
    }

    /// Characters to the card; one bit of them may be turned round on the way.
    fn send(&mut self, bytes: &[u8], damaged: Option<usize>) {
        let guard_clk = self.timing().guard_clk;
        let Some(contact) = &mut self.contact else { return };
        for (n, &byte) in bytes.iter().enumerate() {
            let character = match damaged {
                Some(bit) if bit / CHARACTER_BITS == n => {
                    let hit = 1_u16 << (bit % CHARACTER_BITS);
                    Character::damaged(byte ^ hit as u8)
                }
                _ => Character::intact(byte),
            };
            contact.on_character(self.now_clk, character);
            self.now_clk = self.now_clk.saturating_add(guard_clk);
        }
    }

    /// What the card says until `is_whole`, or until it is silent for longer than `first_clk`, then
    /// `between_clk`.
    fn hear(
        &mut self,
        first_clk: u64,
        between_clk: u64,
        is_whole: impl Fn(&[u8]) -> bool,
    ) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut until_clk = self.now_clk.saturating_add(first_clk);
        let Some(contact) = &mut self.contact else { return heard };
        let mut output = Output::default();
        while !is_whole(&heard) {
            if contact.poll_output_into(&mut output) {
                if output.at_clk > until_clk {
                    break;
                }
                heard.extend_from_slice(&output.bytes);
                self.now_clk = self.now_clk.max(output.end_clk());
                until_clk = output.last_clk().saturating_add(between_clk);
                continue;
            }
            match contact.poll_deadline() {
                Some(deadline_clk) if deadline_clk <= until_clk => {
                    self.now_clk = self.now_clk.max(deadline_clk);
                    contact.on_deadline(deadline_clk);
                    if contact.poll_deadline() == Some(deadline_clk) {
                        break;
                    }
                }
                _ => break,
            }
        }
        if !is_whole(&heard) {
            self.now_clk = self.now_clk.max(until_clk);
        }
        heard
    }

    /// Lets the card say what it still has to, and hears none of it.
    fn rest(&mut self) {
        let Some(contact) = &mut self.contact else { return };
        let mut output = Output::default();
        while contact.poll_output_into(&mut output) {
            self.now_clk = self.now_clk.max(output.end_clk());
        }
    }
}

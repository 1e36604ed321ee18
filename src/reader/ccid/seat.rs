//! One slot of the reader: what the reader does with the card in it.
//!
//! Time on the line is virtual: it goes on by what characters and waiting take, and the host waits
//! for none of it.

use super::{
    frame::DATA_BYTES_MAX,
    message::{Answer, Error, Icc},
    protocol::ProtocolData,
};
use crate::link::{
    Application, Noise,
    contact::{Contact, FiDi, Level, Parameters, Reset, Timing},
    ifd::{
        Line, Wired,
        t0::{self, Data, T0Error},
    },
};

/// A slot, with or without a card.
pub(super) struct Seat<A> {
    line: Option<Wired<A>>,
    /// The reader gives power.
    is_active: bool,
    /// Nothing but PPS requests without an answer has gone to the card since its reset.
    is_fresh: bool,
    /// A TPDU has failed within: the card would take the next one for its data, and gets none
    /// before it is reset.
    is_lost: bool,
    stopped_at: Option<Level>,
    protocol: ProtocolData,
    noise: Noise,
    news: Option<bool>,
}

/// What a card has answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Transferred {
    pub(super) data: Vec<u8>,
    /// How many waiting times went by: so often a reader tells its host to be patient.
    pub(super) time_requests: usize,
}

/// What a PPS request begins with.
const PPSS: u8 = 0xFF;

/// Most clock cycles between a reset and the answer to it.
const ATR_WAIT_CLK: u64 = 40_000;

/// Most signs of patience that are passed on: a host needs one in a while, not all.
const TIME_REQUESTS_MAX: u64 = 100;

/// Most characters that are waited out when the line must come to rest.
const REST_CHARACTERS_MAX: usize = 1_000;

impl<A> Default for Seat<A> {
    fn default() -> Self {
        Self {
            line: None,
            is_active: false,
            is_fresh: false,
            stopped_at: None,
            protocol: ProtocolData::T0_DEFAULT,
            noise: Noise::none(),
            is_lost: false,
            news: None,
        }
    }
}

impl<A: Application> Seat<A> {
    pub(super) fn insert(&mut self, contact: Contact<A>, is_news: bool) {
        let noise = std::mem::replace(&mut self.noise, Noise::none());
        self.line = Some(Wired::new(contact, noise));
        self.is_active = false;
        self.news = is_news.then_some(true);
    }

    pub(super) fn remove(&mut self, is_news: bool) -> Option<Contact<A>> {
        let mut line = self.line.take()?;
        line.power_off();
        self.noise = line.noise().clone();
        self.is_active = false;
        self.news = is_news.then_some(false);
        Some(line.into_contact())
    }

    pub(super) fn contact(&self) -> Option<&Contact<A>> {
        self.line.as_ref().map(Wired::contact)
    }

    /// What befalls frames goes with the slot, not with the card.
    pub(super) fn disturb(&mut self, noise: Noise) {
        match &mut self.line {
            Some(line) => line.set_noise(noise),
            None => self.noise = noise,
        }
    }

    /// Whether a card has come or gone since the last time this was asked.
    pub(super) fn news(&mut self) -> Option<bool> {
        self.news.take()
    }

    pub(super) const fn icc(&self) -> Icc {
        match (&self.line, self.is_active) {
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
        let line = self.line.as_mut().ok_or(Error::ICC_MUTE)?;
        let card = line.contact().parameters();
        let classes = card.globals.map_or(1, |globals| globals.classes);
        match voltage {
            0 => {}
            1..=3 if classes >> (voltage - 1) & 1 == 1 => {}
            1..=3 => return Err(Error::CLASS_NOT_SUPPORTED),
            _ => return Err(Error::SPECIFIC),
        }
        self.protocol = ProtocolData::after_reset(card);
        line.reset(if self.is_active { Reset::Warm } else { Reset::Cold });
        self.is_active = true;
        self.is_fresh = true;
        self.is_lost = false;
        self.stopped_at = None;
        let atr = hear_all(line, ATR_WAIT_CLK);
        if atr.is_empty() {
            self.power_off();
            return Err(Error::ICC_MUTE);
        }
        Ok(atr)
    }

    pub(super) fn power_off(&mut self) {
        if let Some(line) = &mut self.line {
            line.power_off();
        }
        self.is_active = false;
        self.stopped_at = None;
    }

    /// Stops (1) or starts (0) the card's clock.
    pub(super) fn clock(&mut self, command: u8) -> Result<(), Error> {
        let line = self.line.as_mut().filter(|_| self.is_active).ok_or(Error::ICC_MUTE)?;
        match (command, self.protocol.clock_stop()) {
            (0, _) => {
                line.contact_mut().start_clock();
                self.stopped_at = None;
            }
            (1, Some(level)) => {
                line.contact_mut().stop_clock(level);
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
        let line = self.line.as_mut().filter(|_| self.is_active).ok_or(Error::ICC_MUTE)?;
        if self.is_lost {
            return Err(Error::ICC_MUTE);
        }
        if data.is_empty() {
            return Err(Error::LENGTH);
        }
        if self.is_fresh && data.first() == Some(&PPSS) {
            let answer = select(line, data)?;
            self.is_fresh = false;
            return Ok(Transferred { data: answer, time_requests: 0 });
        }
        let timing = self.protocol.timing();
        let card = line.contact();
        // At another speed than the card's nothing is understood on either side.
        if card.protocol().is_some() && card.timing().fi_di != timing.fi_di {
            return Err(Error::ICC_MUTE);
        }
        self.is_fresh = false;
        match self.protocol {
            ProtocolData::T0(_) => {
                let transferred = tpdu(line, &timing, data);
                let is_refused =
                    |error: &Error| [Error::LENGTH, Error::CLA, Error::INS].contains(error);
                self.is_lost = self.stopped_at.is_none()
                    && transferred.as_ref().is_err_and(|error| !is_refused(error));
                transferred
            }
            ProtocolData::T1(_) => {
                let bwt_clk = timing.bwt_clk.saturating_mul(u64::from(bwi.max(1)));
                let timing = Timing { bwt_clk, ..timing };
                let data = block(line, &timing, data, self.protocol.edc_bytes())?;
                Ok(Transferred { data, time_requests: 0 })
            }
        }
    }
}

/// The times before a protocol is chosen.
fn initial() -> Timing {
    Timing::initial(&Parameters::default())
}

/// What the card says after a reset or PPS, until it is silent. The first character may be so late.
fn hear_all(line: &mut impl Line, first_clk: u64) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut wait_clk = first_clk;
    while heard.len() < REST_CHARACTERS_MAX
        && let Some(character) = line.hear(wait_clk)
    {
        heard.push(character.byte);
        wait_clk = initial().wwt_clk;
    }
    heard
}

/// Hears nothing of what the card says, until it is silent.
fn rest(line: &mut impl Line, wait_clk: u64) {
    for _ in 0..REST_CHARACTERS_MAX {
        if line.hear(wait_clk).is_none() {
            return;
        }
    }
}

/// A PPS request and what the card says to it (ISO/IEC 7816-3:2006, clause 9).
fn select(line: &mut impl Line, request: &[u8]) -> Result<Vec<u8>, Error> {
    let Timing { turn_clk, guard_clk, wwt_clk, .. } = initial();
    line.send(request, turn_clk, guard_clk);
    let answer = hear_all(line, wwt_clk);
    if answer.is_empty() { Err(Error::ICC_MUTE) } else { Ok(answer) }
}

/// A TPDU of T=0: four bytes, or five, or five and as much data as P3 says. A byte more, Le of a
/// command APDU of case 4, is left out: T=0 has no place for it (12.2.4).
fn tpdu(line: &mut impl Line, timing: &Timing, tpdu: &[u8]) -> Result<Transferred, Error> {
    let (header, p3, data) = match *tpdu {
        [cla, ins, p1, p2] => ([cla, ins, p1, p2], 0, &[][..]),
        [cla, ins, p1, p2, p3, ref data @ ..] => ([cla, ins, p1, p2], p3, data),
        _ => return Err(Error::LENGTH),
    };
    let lc = usize::from(p3);
    let mut answer = Vec::new();
    let data = match data.len() {
        // Without data to send the card may have some, whatever the host thinks.
        0 => Data::Out { p3, into: &mut answer },
        bytes if bytes == lc || bytes == lc + 1 => Data::In(data.get(..lc).unwrap_or(data)),
        _ => return Err(Error::LENGTH),
    };
    line.speak_blocks(false);
    let before_clk = line.now_clk();
    let status = t0::tpdu(line, timing, header, data).map_err(|error| {
        rest(line, timing.wwt_clk);
        match error {
            T0Error::Mute | T0Error::Endless => Error::ICC_MUTE,
            T0Error::Procedure(_) | T0Error::TooMuch => Error::PROCEDURE_BYTE_CONFLICT,
            T0Error::Parity => Error::XFR_PARITY_ERROR,
            T0Error::Header { cla: 0xFF, .. } => Error::CLA,
            T0Error::Header { .. } => Error::INS,
        }
    })?;
    answer.extend(status);
    let took_clk = line.now_clk().saturating_sub(before_clk);
    let waited = took_clk / timing.wwt_clk.max(1);
    let time_requests = waited.min(TIME_REQUESTS_MAX) as usize;
    Ok(Transferred { data: answer, time_requests })
}

/// A block of T=1 and the one that answers it.
fn block(
    line: &mut impl Line,
    timing: &Timing,
    block: &[u8],
    edc_bytes: usize,
) -> Result<Vec<u8>, Error> {
    line.speak_blocks(true);
    line.send(block, timing.turn_clk, timing.guard_clk);
    let mut answer = Vec::with_capacity(64);
    let mut is_damaged = false;
    let is_whole = |answer: &[u8]| match *answer {
        [_, _, len, ..] => answer.len() >= 3 + usize::from(len) + edc_bytes,
        _ => false,
    };
    // How long a block is whose characters are damaged nobody knows: it ends with the silence.
    while is_damaged || !is_whole(&answer) {
        let wait_clk = if answer.is_empty() { timing.bwt_clk } else { timing.cwt_clk };
        let Some(character) = line.hear(wait_clk) else { break };
        is_damaged |= !character.parity_ok;
        if answer.len() >= DATA_BYTES_MAX {
            return Err(Error::XFR_OVERRUN);
        }
        answer.push(character.byte);
    }
    // What the card says beyond that is over before any host goes on.
    rest(line, timing.cwt_clk);
    match is_whole(&answer) {
        _ if is_damaged => Err(Error::XFR_PARITY_ERROR),
        true => Ok(answer),
        false => Err(Error::ICC_MUTE),
    }
}

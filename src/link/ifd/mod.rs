//! The reader's side of the serial line (interface device, IFD; ISO/IEC 7816-3:2006): it reads the
//! answer to reset, selects protocol and parameters, and carries APDUs on T=0 and T=1.
//!
//! It is good enough to judge a card by, and bounded in all it does: no card, and no noise on the
//! line, makes it wait or try without end.
//!
//! | module | what lives there |
//! |---|---|
//! | [`line`](mod@line) | the contacts, as a reader has them |
//! | [`wired`] | a card at the other end, and what befalls blocks between |
//! | [`answer`] | what an answer to reset tells |
//! | [`t0`] | one TPDU |
//! | [`mapping`] | what an APDU becomes on T=0 |
//! | [`t1`] | blocks, errors and what is done about them |

pub mod answer;
pub mod line;
pub mod mapping;
pub mod t0;
pub mod t1;
pub mod wired;

pub use answer::Decision;
pub use line::Line;
pub use wired::Wired;

use super::{
    Application, Contact, Noise,
    contact::{
        FiDi, Parameters, Protocol, Reset, Timing,
        atr::{Atr, AtrError},
    },
};

/// Most clock cycles between a reset and the answer to it.
const ATR_WAIT_CLK: u64 = 40_000;

/// Why a reader has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IfdError {
    /// There is no answer to reset.
    #[error("no answer to reset")]
    NoAtr,
    /// The answer to reset is none, twice.
    #[error("no answer to reset: {0}")]
    Atr(#[from] AtrError),
    /// The card begins with nothing this reader knows, and cannot be brought to it.
    #[error("the card offers neither T=0 nor T=1")]
    Unknown,
    /// The card is not reset yet.
    #[error("the card has no power")]
    Off,
    /// The card does not offer this, or did not agree; it was reset and is as after power-up.
    #[error("the card does not agree to the protocol or its parameters")]
    NotAgreed,
    /// T=0 failed.
    #[error(transparent)]
    T0(#[from] mapping::MappingError),
    /// T=1 failed.
    #[error(transparent)]
    T1(#[from] t1::T1Error),
}

/// A reader with a card in it.
#[derive(Clone, Debug)]
pub struct Ifd<L> {
    line: L,
    session: Option<Session>,
}

/// What holds between two resets.
#[derive(Clone, Debug)]
struct Session {
    card: Parameters,
    protocol: Protocol,
    timing: Timing,
    t1: t1::Session,
    /// The card begins with a protocol this reader does not know, and needs a PPS before anything.
    must_select: bool,
    /// The first command has been sent; nothing can be negotiated any more.
    has_begun: bool,
}

impl Session {
    fn new(card: Parameters, protocol: Protocol, timing: Timing) -> Self {
        let t1 = t1::Session::new(card.edc.unwrap_or_default(), card.ifsc_bytes.unwrap_or(32));
        Self { card, protocol, timing, t1, must_select: false, has_begun: false }
    }
}

impl<A: Application> Ifd<Wired<A>> {
    /// A reader with this card, and a line on which nothing happens.
    #[must_use]
    pub fn new(contact: Contact<A>) -> Self {
        Self::on(Wired::new(contact, Noise::none()))
    }

    /// The card.
    #[must_use]
    pub const fn contact(&self) -> &Contact<A> {
        self.line.contact()
    }

    /// The card, to be changed.
    pub const fn contact_mut(&mut self) -> &mut Contact<A> {
        self.line.contact_mut()
    }
}

impl<L: Line> Ifd<L> {
    /// A reader at this line.
    #[must_use]
    pub const fn on(line: L) -> Self {
        Self { line, session: None }
    }

    /// The line.
    #[must_use]
    pub const fn line(&self) -> &L {
        &self.line
    }

    /// The line, to be changed.
    pub const fn line_mut(&mut self) -> &mut L {
        &mut self.line
    }

    /// The protocol in use, and its times; none without power, and none before a selection where
    /// the card begins with another than T=0 and T=1.
    #[must_use]
    pub fn protocol(&self) -> Option<(Protocol, &Timing)> {
        let session = self.session.as_ref().filter(|session| !session.must_select)?;
        Some((session.protocol, &session.timing))
    }

    /// Cold reset, and where the answer to it is none a warm one.
    ///
    /// # Errors
    /// [`IfdError`]; power is off again.
    pub fn power_on(&mut self) -> Result<Vec<u8>, IfdError> {
        self.reset(Reset::Cold).or_else(|_| self.reset(Reset::Warm)).inspect_err(|_| {
            self.session = None;
            self.line.power_off();
        })
    }

    /// Power goes.
    pub fn power_off(&mut self) {
        self.session = None;
        self.line.power_off();
    }

    /// One reset, and the answer to it.
    ///
    /// # Errors
    /// [`IfdError`]; the card keeps its power.
    pub fn reset(&mut self, reset: Reset) -> Result<Vec<u8>, IfdError> {
        self.session = None;
        self.line.reset(reset);
        let initial = Timing::initial(&Parameters::default());
        let mut bytes = Vec::new();
        let mut wait_clk = ATR_WAIT_CLK;
        while answer::bytes_wanted(&bytes).is_none_or(|wanted| bytes.len() < wanted.min(33)) {
            let Some(character) = self.line.hear(wait_clk) else { break };
            // No line that is in order damages the answer to reset; what is damaged is none.
            if !character.parity_ok {
                return Err(IfdError::NoAtr);
            }
            bytes.push(character.byte);
            wait_clk = initial.wwt_clk;
        }
        if bytes.is_empty() {
            return Err(IfdError::NoAtr);
        }
        let atr = Atr::decode(&bytes)?;
        let at_once = answer::parameters(&atr);
        let must_select = at_once.is_none();
        let after_pps = || answer::parameters_after_pps(&atr);
        let card = at_once.or_else(after_pps).ok_or(IfdError::Unknown)?;
        let (protocol, timing) = card.begins_with();
        self.session = Some(Session { must_select, ..Session::new(card, protocol, timing) });
        Ok(bytes)
    }

    /// Agrees on a protocol, and F and D, before the first command (clause 9). Nothing is sent when
    /// the card has begun so already.
    ///
    /// # Errors
    /// [`IfdError::NotAgreed`], and the card has been reset; others when that failed.
    pub fn choose(&mut self, protocol: Protocol, fi_di: FiDi) -> Result<(), IfdError> {
        let session = self.session.as_ref().ok_or(IfdError::Off)?;
        let is_in_force = session.protocol == protocol && session.timing.fi_di == fi_di;
        if is_in_force && !session.must_select {
            return Ok(());
        }
        if session.has_begun || session.card.specific.is_some() || !self.select(protocol, fi_di) {
            self.reset(Reset::Warm)?;
            return Err(IfdError::NotAgreed);
        }
        Ok(())
    }

    /// Does what [`answer::decide`] says for this card.
    ///
    /// # Errors
    /// As [`Self::choose`].
    pub fn settle(
        &mut self,
        wanted: Option<Protocol>,
        can: impl Fn(FiDi) -> bool,
    ) -> Result<(), IfdError> {
        let session = self.session.as_ref().ok_or(IfdError::Off)?;
        match answer::decide(&session.card, wanted, can) {
            Decision::Begin(protocol, fi_di) if session.must_select => self.choose(protocol, fi_di),
            Decision::Begin(..) => Ok(()),
            Decision::Select(protocol, fi_di) => self.choose(protocol, fi_di),
        }
    }

    /// The request and the answer to it.
    fn select(&mut self, protocol: Protocol, fi_di: FiDi) -> bool {
        let Some(session) = &self.session else { return false };
        let pps0 = 0x10 | protocol.number();
        let request = [0xFF, pps0, fi_di.byte(), 0xFF ^ pps0 ^ fi_di.byte()];
        let initial = Timing::initial(&session.card);
        self.line.send(&request, initial.turn_clk, initial.guard_clk);
        let mut answer = Vec::new();
        let mut wanted = 2;
        while answer.len() < wanted {
            let Some(character) = self.line.hear(initial.wwt_clk) else { return false };
            if !character.parity_ok {
                return false;
            }
            answer.push(character.byte);
            if let &[_, pps0] = answer.as_slice() {
                wanted = 3 + (pps0 >> 4 & 7).count_ones() as usize;
            }
        }
        let agreed = match *answer.as_slice() {
            _ if answer.iter().fold(0, |sum, byte| sum ^ byte) != 0 => None,
            [0xFF, got, pps1, _] if got == pps0 && pps1 == fi_di.byte() => Some(fi_di),
            // Without PPS1 both stay where they are.
            [0xFF, got, _] if got == protocol.number() => Some(FiDi::DEFAULT),
            _ => None,
        };
        let Some(fi_di) = agreed else { return false };
        let card = session.card.clone();
        let timing = Timing::of(&card, protocol, fi_di);
        self.session = Some(Session::new(card, protocol, timing));
        true
    }

    /// Sends a command APDU and returns the response APDU.
    ///
    /// # Errors
    /// [`IfdError`]. Where the card no longer knows what it is sent, its power is off.
    pub fn exchange(&mut self, apdu: &[u8]) -> Result<Vec<u8>, IfdError> {
        let mut response = Vec::new();
        self.exchange_into(apdu, &mut response)?;
        Ok(response)
    }

    /// The same, with the answer in place of what `response` holds.
    ///
    /// # Errors
    /// As [`Self::exchange`].
    pub fn exchange_into(&mut self, apdu: &[u8], response: &mut Vec<u8>) -> Result<(), IfdError> {
        if let Some(Session { must_select: true, protocol, timing, .. }) = &self.session {
            self.choose(*protocol, timing.fi_di)?;
        }
        let Self { line, session } = self;
        let session = session.as_mut().ok_or(IfdError::Off)?;
        session.has_begun = true;
        line.speak_blocks(session.protocol == Protocol::T1);
        let done = match session.protocol {
            Protocol::T0 => {
                mapping::exchange(line, &session.timing, apdu, response).map_err(IfdError::from)
            }
            Protocol::T1 => {
                session.t1.exchange(line, &session.timing, apdu, response).map_err(IfdError::from)
            }
        };
        done.inspect_err(|why| {
            if why.leaves_the_card_lost() {
                self.power_off();
            }
        })
    }
}

impl IfdError {
    /// The card waits for something else than what comes next.
    const fn leaves_the_card_lost(&self) -> bool {
        use mapping::MappingError;
        match self {
            Self::T0(MappingError::Tpdu(why)) => !matches!(why, t0::T0Error::Header { .. }),
            Self::T1(why) => matches!(why, t1::T1Error::Mute),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;

//! What a card says of itself in its answer to reset, by meaning, and the bytes that say it
//! (ISO/IEC 7816-3:2006, clause 8).

use super::{
    block::Edc,
    character::Convention,
    timing::{FiDi, Timing},
};

/// A transmission protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// T=0, half duplex, character by character.
    T0,
    /// T=1, half duplex, block by block.
    T1,
}

impl Protocol {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// Which protocols a card offers. The one named first is used when none is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Offer {
    /// T=0 alone.
    #[default]
    T0,
    /// T=1 alone.
    T1,
    /// T=0, and T=1 for whoever asks for it.
    Both,
    /// T=1, and T=0 for whoever asks for it. The lower number has to be named first (8.2.3), so no
    /// card should be like this; a reader goes by what it is told all the same.
    BothT1First,
}

impl Offer {
    /// The protocol named first.
    #[must_use]
    pub const fn first(self) -> Protocol {
        match self {
            Self::T0 | Self::Both => Protocol::T0,
            Self::T1 | Self::BothT1First => Protocol::T1,
        }
    }

    /// This protocol is offered.
    #[must_use]
    pub const fn has(self, protocol: Protocol) -> bool {
        match self {
            Self::Both | Self::BothT1First => true,
            Self::T0 => matches!(protocol, Protocol::T0),
            Self::T1 => matches!(protocol, Protocol::T1),
        }
    }
}

/// TA2: the protocol is fixed, and nothing is negotiated (8.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpecificMode {
    /// The protocol; one of those offered.
    pub protocol: Protocol,
    /// After a reset the card may be in negotiable mode.
    pub can_change: bool,
    /// F and D are not those of TA1 but known beforehand; this card means the default ones.
    pub implicit: bool,
}

/// In which state of CLK the clock may be stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClockStop {
    /// In none.
    #[default]
    No,
    /// Low.
    Low,
    /// High.
    High,
    /// Either.
    Either,
}

/// A level of CLK.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Low.
    Low,
    /// High.
    High,
}

impl ClockStop {
    /// The clock may be stopped at this level.
    #[must_use]
    pub const fn allows(self, level: Level) -> bool {
        match self {
            Self::No => false,
            Self::Either => true,
            Self::Low => matches!(level, Level::Low),
            Self::High => matches!(level, Level::High),
        }
    }
}

/// The interface bytes after T=15, which are about the card and not a protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Globals {
    /// When the clock may be stopped.
    pub clock_stop: ClockStop,
    /// Supply voltages: b1 class A (5 V), b2 B (3 V), b3 C (1.8 V).
    pub classes: u8,
    /// Use of contact C6, as the byte has it; none says nothing of it.
    pub spu: Option<u8>,
}

impl Default for Globals {
    fn default() -> Self {
        Self { clock_stop: ClockStop::No, classes: 1, spu: None }
    }
}

/// How data is asked for and sent on T=0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Procedure {
    /// By the procedure byte INS: all that is left.
    #[default]
    AllAtOnce,
    /// By INS xor FF: one byte, and again. What GET RESPONSE fetches lies ready and goes at once.
    OneByOne,
}

/// All of it. What is `None` is not in the answer to reset and has the standard's default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// TS.
    pub convention: Convention,
    /// TA1: the F and D offered; default 372 and 1.
    pub ta1: Option<FiDi>,
    /// TB1, which is no longer in use.
    pub tb1: Option<u8>,
    /// TC1, N: extra guard time in etu, 255 for the shortest the protocol allows; default 0.
    pub extra_guard_etu: Option<u8>,
    /// The protocols named by TD1 and on.
    pub offer: Offer,
    /// TA2.
    pub specific: Option<SpecificMode>,
    /// TC2, WI: waiting time integer of T=0, 1 to 255; default 10.
    pub wi: Option<u8>,
    /// First TA for T=1, IFSC: information bytes of a block the card takes, 1 to 254; default 32.
    pub ifsc_bytes: Option<u8>,
    /// First TB for T=1, BWI 0 to 9 and CWI 0 to 15; default 4 and 13. BWT may be over before CWT;
    /// the card goes by the one that is over first.
    pub bwi_cwi: Option<(u8, u8)>,
    /// First TC for T=1, the check of a block; default LRC.
    pub edc: Option<Edc>,
    /// The bytes after T=15.
    pub globals: Option<Globals>,
    /// T=15 is named without its TA, so clock stop and classes are what they are by default. T=15
    /// is in the answer to reset even when nothing is behind it.
    pub is_t15_without_ta: bool,
    /// Historical bytes, at most 15; more are not sent.
    pub historical: Vec<u8>,
    /// How data goes on T=0. Not in the answer to reset.
    pub procedure: Procedure,
    /// The card asks for blocks of so many bytes before its first answer on T=1, 1 to 254. Not in
    /// the answer to reset.
    pub ifs_request_bytes: Option<u8>,
    /// Clock cycles from RST going high to the answer, 400 to 40,000. Not in the answer to reset.
    pub atr_delay_clk: u16,
    /// Clock cycles a second, by which the card's own time is told from the line's. At 3,571,200 an
    /// etu of 372 is exactly 1/9600 s.
    pub clock_hz: u32,
}

impl Default for Parameters {
    /// `3B 00`: T=0 and all that is default.
    fn default() -> Self {
        Self {
            convention: Convention::Direct,
            ta1: None,
            tb1: None,
            extra_guard_etu: None,
            offer: Offer::T0,
            specific: None,
            wi: None,
            ifsc_bytes: None,
            bwi_cwi: None,
            edc: None,
            globals: None,
            is_t15_without_ta: false,
            historical: Vec::new(),
            procedure: Procedure::AllAtOnce,
            ifs_request_bytes: None,
            atr_delay_clk: 10_000,
            clock_hz: 3_571_200,
        }
    }
}

/// What no answer to reset can say, or no card may be like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParametersError {
    /// More than 15 historical bytes.
    #[error("{0} historical bytes, and there are at most 15")]
    Historical(usize),
    /// WI 0 is reserved.
    #[error("WI is 0, which is reserved")]
    Wi,
    /// IFSC 0 or 255.
    #[error("IFSC is {0}, expected 1 to 254")]
    Ifsc(u8),
    /// BWI above 9 or CWI above 15.
    #[error("BWI is {0} and CWI {1}, expected at most 9 and 15")]
    Waiting(u8, u8),
    /// The specific mode names a protocol that is not offered.
    #[error("specific mode with T={0}, which is not offered")]
    Specific(u8),
    /// T=1 is named before T=0.
    #[error("T=1 before T=0, and the lower number is named first")]
    Order,
    /// Clock stop or classes are not the default ones, and the byte that says so is left out.
    #[error("clock stop or classes without the byte that tells them")]
    Unsaid,
    /// The answer comes too early or too late.
    #[error("the answer comes {0} clock cycles after the reset, expected 400 to 40000")]
    Delay(u16),
    /// A clock outside 1 to 20 MHz.
    #[error("the clock has {0} Hz, expected 1 to 20 MHz")]
    Clock(u32),
}

impl Parameters {
    /// Is there such a card?
    ///
    /// # Errors
    /// [`ParametersError`], the first that is found.
    pub fn check(&self) -> Result<(), ParametersError> {
        let ifs = |bytes: Option<u8>| bytes.filter(|&bytes| bytes == 0 || bytes == 255);
        if self.historical.len() > HISTORICAL_BYTES_MAX {
            return Err(ParametersError::Historical(self.historical.len()));
        }
        if self.wi == Some(0) {
            return Err(ParametersError::Wi);
        }
        if let Some(bytes) = ifs(self.ifsc_bytes).or(ifs(self.ifs_request_bytes)) {
            return Err(ParametersError::Ifsc(bytes));
        }
        if let Some((bwi, cwi)) = self.bwi_cwi.filter(|&(bwi, cwi)| bwi > 9 || cwi > 15) {
            return Err(ParametersError::Waiting(bwi, cwi));
        }
        if let Some(mode) = self.specific.filter(|mode| !self.offer.has(mode.protocol)) {
            return Err(ParametersError::Specific(mode.protocol.number()));
        }
        if self.offer == Offer::BothT1First {
            return Err(ParametersError::Order);
        }
        let is_usual = |g: Globals| Globals { spu: None, ..g } == Globals::default();
        if self.is_t15_without_ta && !self.globals.is_some_and(is_usual) {
            return Err(ParametersError::Unsaid);
        }
        if !(400..=40_000).contains(&self.atr_delay_clk) {
            return Err(ParametersError::Delay(self.atr_delay_clk));
        }
        if !(1_000_000..=20_000_000).contains(&self.clock_hz) {
            return Err(ParametersError::Clock(self.clock_hz));
        }
        Ok(())
    }

    /// F and D offered.
    #[must_use]
    pub fn offered(&self) -> FiDi {
        self.ta1.unwrap_or(FiDi::DEFAULT)
    }

    /// T=15 is in the answer to reset.
    #[must_use]
    pub const fn has_globals(&self) -> bool {
        self.globals.is_some()
    }

    /// BWI and CWI.
    #[must_use]
    pub fn waiting_integers(&self) -> (u8, u8) {
        self.bwi_cwi.unwrap_or((4, 13))
    }

    /// The protocol and its times after the answer to reset, as long as none is negotiated.
    #[must_use]
    pub fn begins_with(&self) -> (Protocol, Timing) {
        let (protocol, fi_di) = match self.specific {
            Some(SpecificMode { protocol, implicit: false, .. }) => (protocol, self.offered()),
            Some(mode) => (mode.protocol, FiDi::DEFAULT),
            None => (self.offer.first(), FiDi::DEFAULT),
        };
        (protocol, Timing::of(self, protocol, fi_di))
    }

    /// The answer to reset: at most 32 bytes.
    #[must_use]
    pub fn atr(&self) -> Vec<u8> {
        let historical = self.historical.get(..HISTORICAL_BYTES_MAX).unwrap_or(&self.historical);
        let groups = self.groups();
        let mut atr = vec![self.convention.ts()];
        // Each group is announced by the byte before it: T0, then TD1 and on. Its low half is the
        // number of historical bytes in T0, and the protocol in a TD.
        for (n, group) in groups.iter().enumerate() {
            let more = n + 1 < groups.len();
            let mut announced = if more { 0x80 } else { 0 };
            for (bit, byte) in group.bytes.iter().enumerate() {
                announced |= u8::from(byte.is_some()) << (4 + bit);
            }
            atr.push(announced | if n == 0 { historical.len() as u8 } else { group.protocol });
            atr.extend(group.bytes.iter().flatten());
        }
        atr.extend(historical);
        if groups.iter().any(|group| group.protocol != 0) {
            atr.push(atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte));
        }
        atr
    }

    /// The groups of interface bytes; the first is what T0 announces.
    fn groups(&self) -> Vec<Group> {
        let edc = self.edc.map(|edc| u8::from(edc != Edc::Lrc));
        let waiting = self.bwi_cwi.map(|(bwi, cwi)| (bwi & 0x0F) << 4 | cwi & 0x0F);
        let first = [self.ta1.map(FiDi::byte), self.tb1, self.extra_guard_etu];
        let second = [self.specific.map(SpecificMode::byte), None, self.wi];
        let of_t1 = [self.ifsc_bytes, waiting, edc];
        let first_protocol = self.offer.first().number();
        let mut groups = vec![Group { protocol: 0, bytes: first }];
        let has_t1 = self.offer.has(Protocol::T1);
        let with_t1 = self.offer == Offer::Both || has_t1 && of_t1.iter().any(Option::is_some);
        if with_t1 || has_t1 || self.has_globals() || second.iter().any(Option::is_some) {
            groups.push(Group { protocol: first_protocol, bytes: second });
        }
        if with_t1 {
            groups.push(Group { protocol: Protocol::T1.number(), bytes: of_t1 });
        }
        if self.offer == Offer::BothT1First {
            groups.push(Group { protocol: Protocol::T0.number(), bytes: [None; 3] });
        }
        if let Some(globals) = self.globals {
            let ta = (globals.clock_stop as u8) << 6 | globals.classes & 0x3F;
            let ta = (!self.is_t15_without_ta).then_some(ta);
            groups.push(Group { protocol: 15, bytes: [ta, globals.spu, None] });
        }
        groups
    }
}

/// TA, TB and TC behind one TD (or T0), and the protocol that one names.
struct Group {
    protocol: u8,
    bytes: [Option<u8>; 3],
}

impl SpecificMode {
    const fn byte(self) -> u8 {
        (!self.can_change as u8) << 7 | (self.implicit as u8) << 4 | self.protocol.number()
    }
}

const HISTORICAL_BYTES_MAX: usize = 15;

#[cfg(test)]
mod tests;

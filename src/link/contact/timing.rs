//! The times of the line, in clock cycles (ISO/IEC 7816-3:2006, 7.1, 8.3, 10.2 and 11.4).
//!
//! An etu is F/D clock cycles, which need not be whole: a time of so many etu is rounded up.

use super::parameters::{Parameters, Protocol};

/// F and D by their integers, as TA1 and PPS1 have them: both are defined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FiDi(u8);

const FI: [u16; 16] =
    [372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0];
const DI: [u16; 16] = [0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0];

impl FiDi {
    /// Fd and Dd: 372 and 1.
    pub const DEFAULT: Self = Self(0x11);

    /// What a byte TA1 or PPS1 says; none where one of the two is reserved.
    #[must_use]
    pub const fn new(byte: u8) -> Option<Self> {
        let code = Self(byte);
        if code.f() == 0 || code.d() == 0 { None } else { Some(code) }
    }

    /// The byte it is coded in.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// F, the clock rate conversion integer.
    #[must_use]
    pub const fn f(self) -> u16 {
        FI[(self.0 >> 4) as usize]
    }

    /// D, the baud rate adjustment integer.
    #[must_use]
    pub const fn d(self) -> u16 {
        DI[(self.0 & 0x0F) as usize]
    }

    /// Clock cycles of so many etu, rounded up.
    #[must_use]
    pub const fn etu_clk(self, etu: u64) -> u64 {
        etu.saturating_mul(self.f() as u64).div_ceil(self.d() as u64)
    }

    /// A card that offers `self` can do `wanted` too: its F and D lie between the default ones and
    /// those offered (9.2).
    #[must_use]
    pub fn allows(self, wanted: Self) -> bool {
        let f = Self::DEFAULT.f()..=self.f();
        let d = Self::DEFAULT.d()..=self.d();
        f.contains(&wanted.f()) && d.contains(&wanted.d())
    }
}

/// The times of a protocol at one F and D.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// F and D in use.
    pub fi_di: FiDi,
    /// Least distance of the leading edges of two characters the reader sends (GT, or CGT).
    pub guard_clk: u64,
    /// Distance of the leading edges of two characters the card sends.
    pub spacing_clk: u64,
    /// Least distance of the leading edges of two characters in opposite directions. T=1: BGT, 22
    /// etu. T=0: 16 etu, which the standard does not ask for, but payment readers do.
    pub turn_clk: u64,
    /// Most distance of leading edges before a character of the card in T=0 (WWT), and between any
    /// two in the answer to reset and PPS.
    pub wwt_clk: u64,
    /// Most distance of the leading edges of two characters of a block in T=1.
    pub cwt_clk: u64,
    /// Most distance of the leading edges of the reader's last character and the card's first in
    /// T=1.
    pub bwt_clk: u64,
}

/// The waiting time before any protocol is chosen, in etu.
const INITIAL_WAITING_TIME_ETU: u64 = 9600;

impl Timing {
    /// Those of the answer to reset and of PPS.
    #[must_use]
    pub fn initial(parameters: &Parameters) -> Self {
        let wwt_clk = FiDi::DEFAULT.etu_clk(INITIAL_WAITING_TIME_ETU);
        Self { wwt_clk, ..Self::of(parameters, Protocol::T0, FiDi::DEFAULT) }
    }

    /// From the leading edge of a character with a wrong parity to I/O being pulled low: 10.5 etu
    /// (7.3).
    #[must_use]
    pub const fn error_signal_clk(&self) -> u64 {
        self.fi_di.etu_clk(21).div_ceil(2)
    }

    /// Those of a protocol.
    #[must_use]
    pub fn of(parameters: &Parameters, protocol: Protocol, fi_di: FiDi) -> Self {
        let t1 = protocol == Protocol::T1;
        let n = u64::from(parameters.extra_guard_etu.unwrap_or(0));
        // With T=15 in the answer to reset the extra time is counted in etu of the F and D offered.
        let counted_in = if parameters.has_globals() { parameters.offered() } else { fi_di };
        let guard_clk = match n {
            255 => fi_di.etu_clk(if t1 { 11 } else { 12 }),
            n => fi_di.etu_clk(12) + counted_in.etu_clk(n),
        };
        let (bwi, cwi) = parameters.waiting_integers();
        let f = u64::from(fi_di.f());
        let block_clk = (960 * u64::from(FiDi::DEFAULT.f())) << bwi.min(9);
        Self {
            fi_di,
            guard_clk,
            spacing_clk: fi_di.etu_clk(12),
            turn_clk: fi_di.etu_clk(if t1 { 22 } else { 16 }),
            // WI * 960 * Fi clock cycles, whatever D is.
            wwt_clk: u64::from(parameters.wi.unwrap_or(10).max(1)) * 960 * f,
            cwt_clk: fi_di.etu_clk(11 + (1 << cwi.min(15))),
            bwt_clk: fi_di.etu_clk(11) + block_clk,
        }
    }
}

/// Clock cycles a card's own microseconds are.
#[must_use]
pub fn clk_of_us(us: u64, clock_hz: u32) -> u64 {
    us.saturating_mul(u64::from(clock_hz)).div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_times_are_those_of_the_standard() {
        let parameters = Parameters::default();
        let initial = Timing::initial(&parameters);
        assert_eq!((initial.guard_clk, initial.wwt_clk), (12 * 372, 9600 * 372));
        let t0 = Timing::of(&parameters, Protocol::T0, FiDi::DEFAULT);
        assert_eq!((t0.wwt_clk, t0.turn_clk), (9600 * 372, 16 * 372));
        let t1 = Timing::of(&parameters, Protocol::T1, FiDi::DEFAULT);
        assert_eq!(t1.cwt_clk, (11 + 8192) * 372);
        assert_eq!(t1.bwt_clk, (11 + 16 * 960) * 372);
        assert_eq!(t1.turn_clk, 22 * 372);
    }

    #[test]
    fn the_waiting_time_of_t_0_does_not_shrink_with_d_and_that_of_a_block_not_with_f() {
        let parameters = Parameters { wi: Some(2), ..Parameters::default() };
        let fast = FiDi::new(0x96).unwrap();
        assert_eq!(Timing::of(&parameters, Protocol::T0, fast).wwt_clk, 2 * 960 * 512);
        assert_eq!(Timing::of(&parameters, Protocol::T1, fast).bwt_clk, 11 * 16 + 16 * 960 * 372);
    }

    #[test]
    fn the_extra_guard_time_255_is_one_etu_less_in_t_1_alone() {
        let parameters = Parameters { extra_guard_etu: Some(255), ..Parameters::default() };
        let guard = |protocol| Timing::of(&parameters, protocol, FiDi::DEFAULT).guard_clk;
        assert_eq!((guard(Protocol::T0), guard(Protocol::T1)), (12 * 372, 11 * 372));
    }

    #[test]
    fn the_extra_guard_time_is_in_etu_in_use_or_with_t_15_in_etu_offered() {
        use super::super::parameters::Globals;
        let mut parameters =
            Parameters { extra_guard_etu: Some(4), ta1: FiDi::new(0x96), ..Parameters::default() };
        let guard = |p: &Parameters| Timing::of(p, Protocol::T0, FiDi::DEFAULT).guard_clk;
        assert_eq!(guard(&parameters), 16 * 372);
        parameters.globals = Some(Globals::default());
        assert_eq!(guard(&parameters), 12 * 372 + 4 * 16);
    }

    #[test]
    fn reserved_values_are_none_and_broken_etus_are_rounded_up() {
        let reserved = [0x10, 0x1A, 0x71, 0x81, 0xE1, 0xFF];
        assert!(reserved.iter().all(|&byte| FiDi::new(byte).is_none()));
        assert_eq!(FiDi::new(0x15).unwrap().etu_clk(1), 24);
        assert_eq!(FiDi::new(0x15).unwrap().etu_clk(4), 93);
    }

    #[test]
    fn a_card_does_what_lies_between_the_default_and_its_offer() {
        let offered = FiDi::new(0x95).unwrap();
        for (wanted, can) in
            [(0x95, true), (0x94, true), (0x11, true), (0x96, false), (0xA5, false)]
        {
            assert_eq!(offered.allows(FiDi::new(wanted).unwrap()), can, "{wanted:02X}");
        }
    }
}

//! BPSK: the answer of a card of Type B at 106 kbit/s (ISO/IEC 14443-2:2016, 9.2.5; ISO/IEC
//! 14443-3:2018, 7.1).
//!
//! The card is silent (TR0), then sends the subcarrier alone (TR1). The phase it has there is logic
//! 1 from then on, the opposite one logic 0; the frame itself is as a reader's, SOF to EOF, in
//! these phases. Then the subcarrier goes off. Nothing ties the phases of two cards together: what
//! comes of two answers at once is no frame, and does not say where they differ.

use super::{Fault, nrz};
use crate::link::Frame;

/// One etu of the subcarrier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// No subcarrier.
    Off,
    /// As in TR1: logic 1.
    Same,
    /// Turned by half a period: logic 0.
    Opposite,
}

impl Phase {
    /// - for none, + for the phase of TR1, / for the opposite one.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Off => '-',
            Self::Same => '+',
            Self::Opposite => '/',
        }
    }

    /// The phase of a letter.
    #[must_use]
    pub const fn of_letter(letter: char) -> Option<Self> {
        match letter {
            '-' => Some(Self::Off),
            '+' => Some(Self::Same),
            '/' => Some(Self::Opposite),
            _ => None,
        }
    }
}

/// TR0 at its shortest by default, 64/fs, in etu of 128/fc.
pub const TR0_MIN_ETU: usize = 8;
/// TR1 at its shortest by default, 80/fs, in etu of 128/fc.
pub const TR1_MIN_ETU: usize = 10;
/// TR1 at its longest, 200/fs, in etu of 128/fc.
pub const TR1_MAX_ETU: usize = 25;

/// The phases of a frame from the end of the reader's EOF on: `tr0_etu` of silence, `tr1_etu` of
/// subcarrier, the frame with `guard_etu` between its characters, and silence.
#[must_use]
pub fn encode(frame: &Frame, tr0_etu: usize, tr1_etu: usize, guard_etu: usize) -> Vec<Phase> {
    let mut phases = Vec::with_capacity(tr0_etu + tr1_etu + nrz::etus(frame, guard_etu) + 1);
    phases.extend(std::iter::repeat_n(Phase::Off, tr0_etu));
    phases.extend(std::iter::repeat_n(Phase::Same, tr1_etu));
    let levels = nrz::encode(frame, guard_etu);
    phases.extend(levels.into_iter().map(|on| if on { Phase::Same } else { Phase::Opposite }));
    phases.push(Phase::Off);
    phases
}

/// The frame that phases are, from the end of the reader's EOF on. The minima are those of the
/// standard unless ATTRIB has lowered them.
///
/// # Errors
/// The first [`Fault`].
pub fn decode(phases: &[Phase], tr0_etu_min: usize, tr1_etu_min: usize) -> Result<Frame, Fault> {
    let tr0_etu = run(phases, 0, Phase::Off);
    let tr1_etu = run(phases, tr0_etu, Phase::Same);
    if tr1_etu == 0 {
        return Err(Fault::NoStart);
    }
    if tr0_etu < tr0_etu_min {
        return Err(Fault::Tr0 { etu: tr0_etu });
    }
    if !(tr1_etu_min..=TR1_MAX_ETU).contains(&tr1_etu) {
        return Err(Fault::Tr1 { etu: tr1_etu });
    }
    let begin = tr0_etu + tr1_etu;
    let (mut levels, mut is_over) = (Vec::with_capacity(phases.len()), false);
    for (place, phase) in phases.iter().enumerate().skip(begin) {
        match phase {
            Phase::Off => is_over = true,
            _ if is_over => return Err(Fault::AfterEnd { symbol: place }),
            phase => levels.push(*phase == Phase::Same),
        }
    }
    if !is_over {
        return Err(Fault::NoEnd);
    }
    nrz::decode(&levels, nrz::CARD_GUARD_ETU_MAX).map_err(|fault| fault.behind(begin))
}

/// How many etu from `from` on have this phase.
fn run(phases: &[Phase], from: usize, phase: Phase) -> usize {
    phases.iter().skip(from).take_while(|is| **is == phase).count()
}

impl Fault {
    /// The same fault where the frame begins `etu` later.
    const fn behind(self, begin: usize) -> Self {
        match self {
            Self::Mark { etu } => Self::Mark { etu: etu + begin },
            Self::AfterEnd { symbol } => Self::AfterEnd { symbol: symbol + begin },
            other => other,
        }
    }
}

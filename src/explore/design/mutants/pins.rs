//! The tries of a PIN in one place, counted where they stand.

use crate::{
    explore::design::{Design, Pulsed, Rig, textbook::TRIES},
    nvm::{
        Geometry, Memory, Pulse, WORD_BYTES,
        journal::{INTENT, MARKER, WIPE},
    },
};

/// What three, two and one tries left are written as; none is [`BLOCKED`].
const LEFT: [[u8; WORD_BYTES]; 3] = [INTENT, MARKER, WIPE];
const BLOCKED: [u8; WORD_BYTES] = [0x3C, 0x96, 0xC3, 0x5A];

/// What an erased counter reads as: a byte of FF, taken for a number.
const ERASED_READS: u16 = 255;

/// A counter of tries that is erased and programmed where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct PinInPlace {
    compares_first: bool,
}

pub(super) const MUTANTS: &[(&str, PinInPlace)] = &[
    ("PIN: counted in place, then compared", PinInPlace { compares_first: false }),
    ("PIN: compared, then counted in place", PinInPlace { compares_first: true }),
];

fn word(left: u16) -> [u8; WORD_BYTES] {
    LEFT.get(usize::from(TRIES.wrapping_sub(left))).copied().unwrap_or(BLOCKED)
}

impl PinInPlace {
    fn left<M: Memory>(self, memory: &mut M) -> u16 {
        let found = (0..=TRIES).rev().find(|&left| memory.reads_as(0, word(left)));
        found.unwrap_or(ERASED_READS)
    }
}

impl Design for PinInPlace {
    type Ram = ();
    type Value = u16;

    fn geometry(&self) -> Geometry {
        super::tiny()
    }

    fn bytes(&self) -> u32 {
        WORD_BYTES as u32
    }

    fn format<M: Memory>(&self, memory: &mut M) -> Pulsed {
        memory.pulse(Pulse::Program { at: 0, data: &word(TRIES) })
    }

    fn settle<M: Memory>(&self, _: &mut M, (): &mut ()) -> Pulsed {
        Ok(())
    }

    fn value<M: Memory>(&self, memory: &mut M, (): &()) -> u16 {
        self.left(memory)
    }

    fn change<R: Rig>(&self, rig: &mut R, (): &mut (), _: u32) -> Pulsed {
        let left = self.left(rig);
        if left == 0 {
            return Ok(());
        }
        if self.compares_first {
            rig.use_up();
        }
        rig.pulse(Pulse::Erase { at: 0, bytes: WORD_BYTES as u32 })?;
        rig.pulse(Pulse::Program { at: 0, data: &word(left - 1) })?;
        if !self.compares_first {
            rig.use_up();
        }
        Ok(())
    }

    fn after(&self, value: &u16, _: u32) -> u16 {
        value.saturating_sub(1)
    }

    fn tries_left(&self, value: &u16) -> Option<u32> {
        Some((*value).into())
    }

    fn is_decided_once(&self) -> bool {
        false
    }
}

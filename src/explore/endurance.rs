//! Endurance: how often a card can be used before its first unit is worn out.

use std::fmt;

use super::{Broken, Place};
use crate::{Card, Response, nvm::Memory as _};

/// Taps between two looks at the wear.
const BLOCK_TAPS: u64 = 256;

/// How long a card lasts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endurance {
    /// Taps until the first unit was erased more often than it is good for, less than 256 fewer
    /// than there were.
    pub taps: u64,
    /// Where that unit lies.
    pub place: Place,
    /// Which of the journal's own units was erased most often by then, and how often.
    pub journal: (Place, u32),
}

impl fmt::Display for Endurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} taps, then {}", self.taps, self.place)
    }
}

/// Uses a fork of `card` until one of its units has been erased more than `cycles` times: each tap
/// is a power-up, the commands, and the loss of power. The answers are not looked at.
///
/// Nothing is reckoned; the card is used so often. Taps that wear out nothing end after `taps_max`,
/// with `None`.
///
/// # Errors
/// [`Broken::Power`]: the card does not power up, or a command loses its power.
pub fn endurance<C: AsRef<[u8]>>(
    card: &Card,
    tap: &[C],
    cycles: u32,
    taps_max: u64,
) -> Result<Option<Endurance>, Broken> {
    let mut card = card.clone();
    card.power_off();
    let start = card.eeprom().wear().cycles();
    let mut response = Response::new();
    let mut taps = 0;
    while taps < taps_max {
        for _ in 0..BLOCK_TAPS {
            card.power_on().map_err(|_| Broken::Power)?;
            for command in tap {
                card.exchange(command.as_ref(), &mut response).map_err(|_| Broken::Power)?;
            }
            card.power_off();
        }
        let now = card.eeprom().wear().cycles();
        let worn = |unit: usize| now[unit] - start[unit];
        let worst = (0..now.len()).max_by_key(|&unit| worn(unit)).filter(|&u| worn(u) > cycles);
        if let Some(worst) = worst {
            let unit_bytes = card.eeprom().geometry().unit_bytes;
            let at = |unit: usize| unit as u32 * unit_bytes;
            let ends = card.layout().counters.base;
            let journal =
                (0..now.len()).take_while(|&unit| at(unit) < ends).max_by_key(|&u| worn(u));
            let journal = journal.unwrap_or(0);
            return Ok(Some(Endurance {
                taps,
                place: Place::at(&card, at(worst)),
                journal: (Place::at(&card, at(journal)), worn(journal)),
            }));
        }
        taps += BLOCK_TAPS;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        free_files::{SELECT, bytes, card},
        nvm::layout::Region,
    };

    #[test]
    fn the_journal_is_not_what_wears_out_first_and_a_tap_that_only_reads_wears_nothing() {
        let update = |offset: u8| bytes(&format!("00 D6 81 {offset:02X} 02 BEEF"));
        let tap = [bytes(SELECT), update(0), update(8), update(16)];
        let lasts = endurance(&card("page64"), &tap, 1000, 10_000).unwrap().unwrap();
        assert!((744..=1000).contains(&lasts.taps), "{lasts}");
        assert!(matches!(lasts.place, Place::Segment { .. }), "{lasts}");
        // Three transactions and a power-up a tap, on five lanes.
        let (place, cycles) = &lasts.journal;
        assert!(matches!(place, Place::Engine(Region::Marker { .. } | Region::Log)), "{place}");
        assert!((750..990).contains(cycles), "{cycles}");
        let read = [bytes(SELECT), bytes("00 B0 81 00 04")];
        assert_eq!(endurance(&card("page64"), &read, 1, 1000).unwrap(), None);
    }
}

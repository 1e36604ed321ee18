//! Slower faults than tears: worn units, stuck pages, charge that leaks away.
//!
//! Off unless somebody inflicts them ([`Eeprom::inflict`](super::Eeprom::inflict)). The engine
//! reads back what it writes, so a pulse without effect is noticed and answered 6581; a bit that
//! wavers after a completed pulse, or decays between sessions, may go unnoticed, on this card as on
//! a real one.

use super::Geometry;

/// What is wrong with a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// F1: the unit that `at` lies in is past its last cycle.
    WornUnit {
        /// An address in it.
        at: u32,
        /// How it shows.
        shows: WornOut,
    },
    /// F1: every unit that passes the part's endurance is worn out from then on.
    WearsOut {
        /// How it shows.
        shows: WornOut,
    },
    /// F2: bits lose their charge: they read as erased.
    Decay {
        /// Address of the byte.
        at: u32,
        /// Its bits.
        mask: u8,
    },
    /// F3: nothing changes the page that `at` lies in any more, and nothing says so.
    StuckPage {
        /// An address in it.
        at: u32,
    },
}

/// What a pulse does to a worn unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WornOut {
    /// Nothing.
    Ignores,
    /// Nothing, and the part says so.
    Reports,
    /// What it should, but for one bit, which is left indeterminate.
    Wavers,
}

/// The lasting faults of a part.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Faults {
    wears_out: Option<WornOut>,
    worn_units: Vec<(u32, WornOut)>,
    stuck_pages: Vec<u32>,
}

impl Faults {
    /// Adds a lasting fault.
    pub(super) fn add(&mut self, geometry: &Geometry, fault: Fault) {
        match fault {
            Fault::WornUnit { at, shows } => {
                let unit = geometry.unit_start(at);
                self.worn_units.retain(|(worn, _)| *worn != unit);
                self.worn_units.push((unit, shows));
            }
            Fault::WearsOut { shows } => self.wears_out = Some(shows),
            Fault::StuckPage { at } => {
                let page = geometry.page_start(at);
                self.stuck_pages.retain(|stuck| *stuck != page);
                self.stuck_pages.push(page);
            }
            Fault::Decay { .. } => {}
        }
    }

    /// How the unit that `at` lies in takes a pulse, after `cycles` erases; `None`: as it should.
    pub(super) fn at(&self, geometry: &Geometry, at: u32, cycles: u32) -> Option<WornOut> {
        if self.stuck_pages.contains(&geometry.page_start(at)) {
            return Some(WornOut::Ignores);
        }
        let unit = geometry.unit_start(at);
        let named = self.worn_units.iter().find(|(worn, _)| *worn == unit);
        let worn = self.wears_out.filter(|_| cycles > geometry.endurance_cycles);
        named.map(|&(_, shows)| shows).or(worn)
    }
}

#[cfg(test)]
mod tests;

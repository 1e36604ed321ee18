//! Wrong engines for tests: a memory that ignores one kind of pulse, as if the engine left it out.
//!
//! An ignored pulse is counted and takes its time, so that the schedules of a wrong engine are
//! those of the right one.

use super::{Eeprom, TornByte};
use crate::nvm::{self, Layout, Pulse, layout};

/// The pulses that are ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Deaf {
    pub(crate) to: Region,
    pub(crate) kind: Kind,
    pub(crate) when: When,
    pub(crate) layout: Layout,
}

/// What a pulse is given to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Region {
    Intent,
    Marker,
    Wipe,
    Log,
    CounterIntent,
    CounterValue,
    CounterValidity,
    Home,
}

/// Erase or program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Erase,
    Program,
}

/// Whether the pulse is the first towards what it drives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// It changes a stable bit.
    Fresh,
    /// Every bit it drives is there already, or indeterminate: a pulse that makes solid.
    Again,
}

impl Deaf {
    /// Every kind.
    pub(crate) fn all(layout: Layout) -> impl Iterator<Item = Self> {
        use Region::{
            CounterIntent, CounterValidity, CounterValue, Home, Intent, Log, Marker, Wipe,
        };
        let regions =
            [Intent, Marker, Wipe, Log, CounterIntent, CounterValue, CounterValidity, Home];
        regions.into_iter().flat_map(move |to| {
            [Kind::Erase, Kind::Program].into_iter().flat_map(move |kind| {
                [When::Fresh, When::Again].map(|when| Self { to, kind, when, layout })
            })
        })
    }

    fn region(&self, at: u32) -> Region {
        match self.layout.region(at) {
            layout::Region::Intent { .. } => Region::Intent,
            layout::Region::Marker { .. } => Region::Marker,
            layout::Region::Wipe => Region::Wipe,
            layout::Region::Log | layout::Region::Unused => Region::Log,
            layout::Region::CounterIntent { .. } => Region::CounterIntent,
            layout::Region::CounterValue { .. } => Region::CounterValue,
            layout::Region::CounterValidity { .. } => Region::CounterValidity,
            layout::Region::Segments => Region::Home,
        }
    }
}

/// Whether `eeprom` ignores `pulse`.
pub(crate) fn ignores(eeprom: &Eeprom, pulse: &Pulse<'_>) -> bool {
    let Some(deaf) = eeprom.deaf else { return false };
    let kind = if matches!(pulse, Pulse::Erase { .. }) { Kind::Erase } else { Kind::Program };
    deaf.to == deaf.region(pulse.at()) && deaf.kind == kind && deaf.when == when(eeprom, pulse)
}

fn when(eeprom: &Eeprom, pulse: &Pulse<'_>) -> When {
    let erased = nvm::Memory::geometry(eeprom).erased;
    let changes = |i: usize| {
        let at = pulse.at() as usize + i;
        let programmed = eeprom.cells()[at] ^ erased;
        let driven = match *pulse {
            Pulse::Erase { .. } => programmed,
            Pulse::Program { data, .. } => (data[i] ^ erased) & !programmed,
        };
        let torn = eeprom.torn().iter().find(|byte| byte.at as usize == at);
        driven & !torn.map_or(0, |&TornByte { mask, .. }| mask) != 0
    };
    if (0..pulse.bytes()).any(changes) { When::Fresh } else { When::Again }
}

//! Bytes about which nothing is promised: those of a write past the journal that was torn.

use std::{borrow::Cow, ops::Range};

use super::state::State;
use crate::{
    Card,
    nvm::Memory as _,
    os::steps::{Change, Step},
};

/// Ranges of addresses in the segments.
#[derive(Clone, Debug, Default)]
pub(super) struct AtRisk(Vec<Range<u32>>);

impl AtRisk {
    /// What an earlier tear has left in a card that has been judged.
    pub(super) fn left_in(card: &Card) -> Self {
        let segments = card.layout().segments;
        let torn = card.eeprom().torn().iter().filter(|byte| byte.at >= segments);
        Self(torn.map(|byte| byte.at..byte.at + 1).collect())
    }

    /// And the units of what `step` writes past the journal.
    pub(super) fn and(&self, card: &Card, step: Option<&Step>) -> Self {
        let geometry = card.eeprom().geometry();
        let units = |change: &Change| match change {
            Change::Raw { at, bytes } => {
                let end = geometry.whole_units(at + bytes.len() as u32);
                Some(geometry.unit_start(*at)..end)
            }
            Change::Store { .. } | Change::Count { .. } => None,
        };
        let added = step.into_iter().flat_map(|step| &step.changes).filter_map(units);
        Self(self.0.iter().cloned().chain(added).collect())
    }

    pub(super) fn contains(&self, at: u32) -> bool {
        self.0.iter().any(|range| range.contains(&at))
    }

    /// A state with these bytes as a card holds them.
    pub(super) fn seen_in<'s>(&self, card: &Card, state: &'s State) -> Cow<'s, State> {
        let mut seen = Cow::Borrowed(state);
        let segments = card.layout().segments as usize;
        for range in &self.0 {
            let held = &card.eeprom().cells()[range.start as usize..range.end as usize];
            let place = range.start as usize - segments..range.end as usize - segments;
            seen.to_mut().segments[place].copy_from_slice(held);
        }
        seen
    }
}

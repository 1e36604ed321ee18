//! What must survive a tear: the applets' segments and the counters.

use super::{Broken, Place, at_risk::AtRisk};
use crate::{
    Card,
    nvm::{Counters, layout::Region},
    os::steps::{Change, Step},
};

/// Everything of a card that applets can read again after power was lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct State {
    pub(super) segments: Vec<u8>,
    pub(super) counters: Vec<u32>,
}

/// Which of two states a card is in; a card in which they are the same is in the old one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    Old,
    New,
}

impl State {
    /// What a settled card holds.
    pub(super) fn of(card: &Card) -> Self {
        Self { segments: segments(card).to_vec(), counters: counters(card).collect() }
    }

    /// This, and what an applet was told is solid.
    pub(super) fn after(&self, card: &Card, step: &Step) -> Self {
        let mut after = self.clone();
        for change in &step.changes {
            match change {
                Change::Store { at, bytes, .. } | Change::Raw { at, bytes } => {
                    let at = (at - card.layout().segments) as usize;
                    after.segments[at..at + bytes.len()].copy_from_slice(bytes);
                }
                Change::Count { number, value } => after.counters[usize::from(*number)] = *value,
            }
        }
        after
    }

    /// How many bytes of the segments are others in `other`.
    pub(super) fn bytes_other_than(&self, other: &Self) -> usize {
        self.segments.iter().zip(&other.segments).filter(|(one, other)| one != other).count()
    }

    /// A settled card holds this.
    pub(super) fn is_in(&self, card: &Card) -> bool {
        self.segments == segments(card) && self.counters.iter().copied().eq(counters(card))
    }

    /// Which of `old` and `new` a settled card holds, whole.
    pub(super) fn found(card: &Card, old: &Self, new: &Self) -> Result<Found, Broken> {
        if old.is_in(card) {
            return Ok(Found::Old);
        }
        if new.is_in(card) {
            return Ok(Found::New);
        }
        let got = Self::of(card);
        let (mut still_old, mut already_new) = (None, None);
        for (i, ((got, old), new)) in got.values().zip(old.values()).zip(new.values()).enumerate() {
            let place = || place_of_value(card, i);
            if got != old && got != new {
                return Err(Broken::Foreign { place: place(), got, old, new });
            }
            if old != new && got == old {
                still_old = still_old.or_else(|| Some(place()));
            } else if old != new {
                already_new = already_new.or_else(|| Some(place()));
            }
        }
        match (still_old, already_new) {
            (Some(old), Some(new)) => Err(Broken::Mix { old, new }),
            // Equal to one of them in every value, and so caught above.
            _ => Ok(Found::Old),
        }
    }

    /// The first place where this and `other` differ.
    pub(super) fn first_difference(&self, card: &Card, other: &Self) -> Option<Place> {
        let first = self.values().zip(other.values()).position(|(one, other)| one != other);
        first.map(|i| place_of_value(card, i))
    }

    /// Where this and `other` differ: the first of a run of places, and their number.
    pub(super) fn differences(&self, card: &Card, other: &Self) -> Vec<(Place, u32)> {
        let mut places: Vec<(usize, u32)> = Vec::new();
        for (i, (one, other)) in self.values().zip(other.values()).enumerate() {
            match places.last_mut() {
                _ if one == other => {}
                Some((first, number)) if *first + *number as usize == i => *number += 1,
                _ => places.push((i, 1)),
            }
        }
        places.into_iter().map(|(i, number)| (place_of_value(card, i), number)).collect()
    }

    fn values(&self) -> impl Iterator<Item = u32> {
        self.segments.iter().map(|&byte| byte.into()).chain(self.counters.iter().copied())
    }
}

fn segments(card: &Card) -> &[u8] {
    &card.eeprom().cells()[card.layout().segments as usize..]
}

fn counters(card: &Card) -> impl Iterator<Item = u32> {
    let counters = Counters::new(card.layout());
    (0..card.layout().counter_count).map(move |n| counters.get(card.eeprom(), n))
}

/// The place of the n-th value of a state.
fn place_of_value(card: &Card, n: usize) -> Place {
    let segments = segments(card).len();
    if n >= segments {
        return Place::Counter((n - segments) as u16);
    }
    Place::at(card, card.layout().segments + n as u32)
}

/// Indeterminate bits that the card's next reads could meet.
pub(super) fn indeterminate_live_bits(card: &Card, at_risk: &AtRisk) -> Result<(), Broken> {
    let (eeprom, layout) = (card.eeprom(), card.layout());
    let counters = Counters::new(layout);
    let live = |at: u32| {
        at >= layout.segments && !at_risk.contains(at)
            || matches!(layout.region(at), Region::Marker { .. })
            || counters.hang_on(eeprom, at)
    };
    match eeprom.torn().iter().find(|byte| live(byte.at)) {
        Some(byte) => Err(Broken::Indeterminate { place: Place::at(card, byte.at) }),
        None => Ok(()),
    }
}

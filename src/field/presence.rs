//! Cards that come into a field and leave it, at once or at a time written down, and their power.
//!
//! A card that is in a field that is on has power; it has none before and loses it when either
//! ends. When the field goes off for less than a card can bear, nothing happens to the card.

use super::{Field, Place, listening::Spoken};
use crate::link::{Application, picc::Picc};

/// A card that has a place.
#[derive(Debug)]
pub(super) struct Member<A> {
    pub(super) picc: Picc<A>,
    /// In the field, or beside it.
    is_in: bool,
    has_power: bool,
    /// Frames that begin earlier it does not hear.
    pub(super) hears_from_fc: u64,
    /// While it speaks it does not hear either.
    pub(super) speaks_until_fc: u64,
}

impl<A: Application> Member<A> {
    /// It hears a frame that began then.
    pub(super) fn hears(&self, begin_fc: u64) -> bool {
        self.has_power && self.hears_from_fc <= begin_fc && self.speaks_until_fc <= begin_fc
    }

    fn get_power(&mut self, now_fc: u64, start_fc: u64) {
        if self.is_in && !self.has_power {
            self.has_power = true;
            self.hears_from_fc = now_fc.saturating_add(start_fc);
            self.speaks_until_fc = 0;
            self.picc.field_on();
        }
    }

    pub(super) fn lose_power(&mut self) {
        if self.has_power {
            self.has_power = false;
            self.picc.field_off();
        }
    }
}

/// What is written down to happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Move {
    Enter(Place),
    Leave(Place),
}

impl<A: Application> Field<A> {
    /// Brings a card into the field now.
    pub fn enter(&mut self, picc: Picc<A>) -> Place {
        let place = self.lay_beside(picc);
        self.go_in(place, self.now_fc);
        place
    }

    /// Gives a card a place now and brings it into the field at `at_fc`, or now if that is past.
    /// It hears no frame that has begun by then.
    pub fn enter_at(&mut self, picc: Picc<A>, at_fc: u64) -> Place {
        let place = self.lay_beside(picc);
        self.write_down(at_fc, Move::Enter(place));
        place
    }

    /// Brings a card back at `at_fc` that is to leave, or has left, and keeps its place.
    pub fn return_at(&mut self, place: Place, at_fc: u64) {
        self.write_down(at_fc, Move::Enter(place));
    }

    /// Takes a card out now, and its place with it; also one that has left at a time written down.
    /// What it was saying breaks off.
    pub fn leave(&mut self, place: Place) -> Option<Picc<A>> {
        self.go_out(place, self.now_fc);
        self.moves.retain(
            |(_, other)| !matches!(*other, Move::Enter(at) | Move::Leave(at) if at == place),
        );
        Some(self.members.get_mut(place.0)?.take()?.picc)
    }

    /// Takes a card out of the field at `at_fc`, or now if that is past: in the middle of a frame,
    /// of the reader's or of its own, if it so happens. It keeps its place.
    pub fn leave_at(&mut self, place: Place, at_fc: u64) {
        self.write_down(at_fc, Move::Leave(place));
    }

    /// The card at a place, in the field or beside it.
    #[must_use]
    pub fn picc(&self, place: Place) -> Option<&Picc<A>> {
        Some(&self.member(place)?.picc)
    }

    /// The same, to do something to it.
    #[must_use]
    pub fn picc_mut(&mut self, place: Place) -> Option<&mut Picc<A>> {
        Some(&mut self.members.get_mut(place.0)?.as_mut()?.picc)
    }

    /// The card at this place is in the field, whether that is on or not.
    #[must_use]
    pub fn is_in(&self, place: Place) -> bool {
        self.member(place).is_some_and(|member| member.is_in)
    }

    /// Every place that has a card, in the field or beside it.
    pub fn places(&self) -> impl Iterator<Item = Place> + '_ {
        (0..self.members.len()).map(Place).filter(|place| self.member(*place).is_some())
    }

    /// Switches the field on. A card that has no power gets it.
    pub fn switch_on(&mut self) {
        self.is_on = true;
        let start_fc = self.surroundings.start_fc;
        for member in self.members.iter_mut().flatten() {
            member.get_power(self.now_fc, start_fc);
        }
    }

    /// Switches the field off. Whoever speaks breaks off; cards lose their power when they have
    /// held it as long as they do, unless the field is on again by then.
    pub fn switch_off(&mut self) {
        if self.is_on {
            self.is_on = false;
            self.off_since_fc = self.now_fc;
            self.spoken.clear();
            self.echo.clear();
            for member in self.members.iter_mut().flatten() {
                member.speaks_until_fc = 0;
            }
        }
        self.pass_until(self.now_fc);
    }

    /// The field is on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    fn member(&self, place: Place) -> Option<&Member<A>> {
        self.members.get(place.0)?.as_ref()
    }

    fn lay_beside(&mut self, picc: Picc<A>) -> Place {
        let member =
            Member { picc, is_in: false, has_power: false, hears_from_fc: 0, speaks_until_fc: 0 };
        match self.members.iter().position(Option::is_none) {
            Some(free) => {
                self.members[free] = Some(member);
                Place(free)
            }
            None => {
                self.members.push(Some(member));
                Place(self.members.len() - 1)
            }
        }
    }

    fn go_in(&mut self, place: Place, at_fc: u64) {
        let (is_on, start_fc) = (self.is_on, self.surroundings.start_fc);
        if let Some(Some(member)) = self.members.get_mut(place.0) {
            member.is_in = true;
            if is_on {
                member.get_power(at_fc, start_fc);
            }
        }
    }

    fn go_out(&mut self, place: Place, at_fc: u64) {
        if let Some(Some(member)) = self.members.get_mut(place.0) {
            member.is_in = false;
            member.lose_power();
        }
        self.spoken
            .iter_mut()
            .filter(|spoken| spoken.place == place)
            .for_each(|spoken| spoken.break_off(at_fc));
    }

    fn write_down(&mut self, at_fc: u64, what: Move) {
        let behind = self.moves.partition_point(|(other_fc, _)| *other_fc <= at_fc);
        self.moves.insert(behind, (at_fc, what));
        self.move_cards(self.now_fc);
    }

    /// Does what is written down up to `to_fc`.
    pub(super) fn move_cards(&mut self, to_fc: u64) {
        let due = self.moves.partition_point(|(at_fc, _)| *at_fc <= to_fc);
        let due: Vec<_> = self.moves.drain(..due).collect();
        for (at_fc, what) in due {
            let at_fc = at_fc.max(self.now_fc);
            match what {
                Move::Enter(place) => self.go_in(place, at_fc),
                Move::Leave(place) => self.go_out(place, at_fc),
            }
        }
    }

    /// When a card is written down to leave next.
    pub(super) fn leaves_fc(&self, spoken: &Spoken) -> Option<u64> {
        let leaves = |(_, what): &&(u64, Move)| *what == Move::Leave(spoken.place);
        self.moves.iter().find(leaves).map(|(at_fc, _)| *at_fc)
    }
}

//! What a reader hears in the time it listens: which answers begin in it, which of them sound
//! together, and what befalls them.

use super::superposition::{self, Expected, Voice};
use super::symbol;
use super::{Field, Place};
use crate::link::{Application, Fate, Frame, Rate, pcd::Heard};

/// A card's answer and when it is on the air.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) place: Place,
    start_fc: u64,
    frame: Frame,
    /// When it breaks off, if that is before its end.
    cut_fc: Option<u64>,
}

impl Spoken {
    pub(super) fn new(place: Place, start_fc: u64, frame: Frame) -> Self {
        Self { place, start_fc, frame, cut_fc: None }
    }

    pub(super) fn voice(&self) -> Voice<'_> {
        Voice { frame: &self.frame, start_fc: self.start_fc, cut_fc: self.cut_fc }
    }

    fn full_end_fc(&self) -> u64 {
        self.start_fc.saturating_add(symbol::card_takes_fc(&self.frame))
    }

    /// When nothing of it is left.
    pub(super) fn ends_fc(&self) -> u64 {
        self.cut_fc.unwrap_or_else(|| self.full_end_fc())
    }

    /// It is heard no longer than until then.
    pub(super) fn break_off(&mut self, at_fc: u64) {
        if at_fc < self.ends_fc() {
            self.cut_fc = Some(at_fc);
        }
    }

    /// There is something of it.
    fn sounds(&self) -> bool {
        self.ends_fc() > self.start_fc
    }

    fn starts_again_at(&mut self, start_fc: u64) {
        let lasts_fc = self.cut_fc.map(|cut_fc| cut_fc - self.start_fc);
        self.start_fc = start_fc;
        self.cut_fc = lasts_fc.map(|lasts_fc| start_fc.saturating_add(lasts_fc));
    }
}

impl<A: Application> Field<A> {
    /// Listens for the beginning of an answer until `wait_fc` from now, and to its end.
    pub(super) fn listen(&mut self, wait_fc: u64, expected: Expected) -> Heard {
        let from_fc = self.now_fc;
        let until_fc = from_fc.saturating_add(wait_fc);
        for mut again in std::mem::take(&mut self.echo) {
            again.starts_again_at(from_fc + 1);
            self.spoken.push(again);
        }
        self.foresee_leaving();
        self.heard = self.first_group(until_fc);
        if self.heard.is_empty() {
            self.pass_until(until_fc);
            return Heard::Nothing;
        }
        let end_fc = self.heard.iter().map(Spoken::ends_fc).max().unwrap_or(until_fc);
        // Whoever began while the reader still sent is not heard from its start on.
        let is_whole = self.heard.iter().all(|spoken| spoken.start_fc >= from_fc);
        let voices: Vec<Voice<'_>> = self.heard.iter().map(Spoken::voice).collect();
        let heard = match is_whole {
            true => superposition::heard(&voices, expected),
            false => Heard::Noise,
        };
        self.befalls(heard, end_fc, until_fc)
    }

    /// Answers of cards that are written down to leave break off there.
    fn foresee_leaving(&mut self) {
        let mut spoken = std::mem::take(&mut self.spoken);
        for one in &mut spoken {
            if let Some(at_fc) = self.leaves_fc(one) {
                one.break_off(at_fc);
            }
        }
        spoken.retain(Spoken::sounds);
        self.spoken = spoken;
    }

    /// Takes from the air what sounds together with the first answer that begins by `until_fc`.
    fn first_group(&mut self, until_fc: u64) -> Vec<Spoken> {
        let mut spoken = std::mem::take(&mut self.spoken);
        spoken.sort_by_key(|one| (one.start_fc, one.place));
        let mut end_fc = until_fc;
        let mut count = 0;
        for one in &spoken {
            if one.start_fc > end_fc {
                break;
            }
            // From the first one on, what begins within a bit of the end is still part of it.
            let ends_fc = one.ends_fc().saturating_add(Rate::Fc128.bit_fc() - 1);
            end_fc = if count == 0 { ends_fc } else { end_fc.max(ends_fc) };
            count += 1;
        }
        self.spoken = spoken.split_off(count);
        if self.surroundings.captures {
            let nearest = spoken.iter().map(|one| one.place).min();
            spoken.retain(|one| Some(one.place) == nearest);
            spoken.truncate(1);
        }
        spoken
    }

    /// What the reader gets of what it would have heard.
    fn befalls(&mut self, heard: Heard, end_fc: u64, until_fc: u64) -> Heard {
        let bits = match &heard {
            Heard::Frame(frame) | Heard::Collision { frame, .. } => frame.bits(),
            Heard::Nothing | Heard::Noise => 0,
        };
        let gets = match self.noise.fate(bits) {
            Fate::Passes => heard,
            Fate::IsDamaged { bit } => damaged(heard, bit),
            Fate::IsDoubled => {
                self.echo.clone_from(&self.heard);
                heard
            }
            Fate::IsLost => {
                self.pass_until(until_fc);
                return Heard::Nothing;
            }
            Fate::IsLate => {
                self.pass_until(until_fc);
                for mut late in std::mem::take(&mut self.heard) {
                    late.starts_again_at(until_fc.saturating_add(1));
                    if let Some(Some(member)) = self.members.get_mut(late.place.0) {
                        member.speaks_until_fc = late.ends_fc();
                    }
                    self.spoken.push(late);
                }
                return Heard::Nothing;
            }
        };
        self.pass_until(end_fc);
        gets
    }
}

/// A bit of it turned round.
fn damaged(heard: Heard, bit: usize) -> Heard {
    match heard {
        Heard::Frame(frame) => Heard::Frame(symbol::with_bit_turned(&frame, bit)),
        Heard::Collision { frame, at } => Heard::Collision {
            frame: Frame { intact: false, ..symbol::with_bit_turned(&frame, bit) },
            at,
        },
        other => other,
    }
}

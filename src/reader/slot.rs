//! A card in a reader's slot: power, reset, commands, the image it is kept in, and faults on
//! demand.
//!
//! Invariants:
//! * what the card answered is in its image before the answer leaves the slot, so a host program
//!   that is killed at any moment loses no answered command;
//! * a card that has been torn is out of the reader until it is put back.

use std::{fs::File, path::PathBuf};

use crate::{
    Card, Response,
    image::{self, ImageError},
    trace::Event,
};

/// Who is told what happens in a slot.
pub type Observer = Box<dyn FnMut(&Card, &Event<'_>) + Send>;

/// A slot with a card in it or beside it.
pub struct Slot {
    card: Card,
    present: bool,
    response: Response,
    keep: Option<Keep>,
    observer: Option<Observer>,
    /// Pulse of the next command that is to be torn.
    tear: Option<u32>,
    /// Pulse of the next recovery that is to be torn.
    tear_recovery: Option<u32>,
}

/// The file a card is kept in.
struct Keep {
    path: PathBuf,
    /// Locked as long as the slot lives: two writers would undo each other's changes.
    _lock: File,
    /// Pulses and random state of the card as it was last saved.
    saved: (u64, u64),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// Power failed in the command; the card is out of the reader now.
    #[error("power failed in the command")]
    Torn,
    /// The card has no power, or is not there.
    #[error("the card has no power")]
    Mute,
    /// The image could not be written: the command must not be answered.
    #[error("the card cannot be kept: {0}")]
    Keep(#[from] ImageError),
}

impl Slot {
    /// A slot with `card` in it.
    #[must_use]
    pub fn new(card: Card) -> Self {
        Self {
            card,
            present: true,
            response: Response::new(),
            keep: None,
            observer: None,
            tear: None,
            tear_recovery: None,
        }
    }

    /// Keeps the card in a file from now on; the file is written at once.
    ///
    /// # Errors
    /// [`ImageError::Kept`] when another program keeps a card there, [`ImageError::File`].
    pub fn keep_in(&mut self, path: PathBuf) -> Result<(), ImageError> {
        let lock = image::lock(&path)?;
        image::save_file(&path, &self.card)?;
        self.keep = Some(Keep { path, _lock: lock, saved: self.changes() });
        Ok(())
    }

    /// Tells `observer` of every event from now on; `None` tells nobody.
    pub fn observe(&mut self, observer: Option<Observer>) {
        self.observer = observer;
    }

    /// The card, in the reader or beside it.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The card is in the reader.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// The answer to reset the reader reports.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    /// Power will fail in pulse `n` (from 1) of the next command that gives pulses; 0 takes that
    /// back. Commands that only read do not use the order up, for programs send many of them
    /// unasked; one with fewer pulses than `n` does, and is answered.
    pub fn tear_at(&mut self, n: u32) {
        self.tear = (n > 0).then_some(n);
    }

    /// Power will fail in pulse `n` (from 1) of the recovery at the next power-up; 0 takes that
    /// back.
    pub fn tear_recovery_at(&mut self, n: u32) {
        self.tear_recovery = (n > 0).then_some(n);
    }

    /// Powers the card; a card that has power is reset.
    ///
    /// # Errors
    /// [`SlotError::Mute`] when the card is not there, [`SlotError::Torn`] when an armed tear hit
    /// the recovery, [`SlotError::Keep`].
    pub fn power_on(&mut self) -> Result<(), SlotError> {
        if !self.present {
            return Err(SlotError::Mute);
        }
        let was_powered = self.card.is_powered();
        let before = self.card.pulses();
        self.card.tear_at(self.tear_recovery.take().unwrap_or(0));
        let powered = self.card.power_on();
        self.card.tear_at(0);
        let pulses = self.card.pulses() - before;
        let atr = self.card.atr().to_vec();
        self.tell(&match (powered, was_powered) {
            (Err(_), _) => Event::TornInRecovery { pulses },
            (Ok(()), true) => Event::Reset { atr: &atr },
            (Ok(()), false) => Event::PowerOn { atr: &atr },
        });
        self.save()?;
        if powered.is_err() {
            self.leave();
        }
        powered.map_err(|_| SlotError::Torn)
    }

    /// Takes power away between commands.
    pub fn power_off(&mut self) {
        if self.card.is_powered() {
            self.card.power_off();
            self.tell(&Event::PowerOff);
        }
    }

    /// Runs one command; the answer lies in the slot until the next one.
    ///
    /// # Errors
    /// [`SlotError`]: there is no answer.
    pub fn exchange(&mut self, command: &[u8]) -> Result<&[u8], SlotError> {
        if !self.present || !self.card.is_powered() {
            return Err(SlotError::Mute);
        }
        self.card.tear_at(self.tear.unwrap_or(0));
        let (clock_us, before) = (self.card.clock_us(), self.card.pulses());
        let mut response = std::mem::take(&mut self.response);
        let exchanged = self.card.exchange(command, &mut response);
        self.card.tear_at(0);
        let pulses = self.card.pulses() - before;
        if pulses > 0 {
            self.tear = None;
        }
        let took_us = self.card.clock_us() - clock_us;
        self.tell(&match exchanged {
            Ok(()) => Event::Exchange { command, response: response.as_bytes(), took_us, pulses },
            Err(_) => Event::Torn { command, pulses },
        });
        self.response = response;
        self.save()?;
        if exchanged.is_err() {
            self.leave();
            return Err(SlotError::Torn);
        }
        Ok(self.response.as_bytes())
    }

    /// Takes the card out of the reader.
    pub fn remove(&mut self) {
        if self.present {
            self.power_off();
            self.leave();
        }
    }

    /// Puts the card back, without power.
    pub fn insert(&mut self) {
        if !self.present {
            self.present = true;
            self.tell(&Event::Inserted);
        }
    }

    fn leave(&mut self) {
        self.present = false;
        self.tell(&Event::Removed);
    }

    fn tell(&mut self, event: &Event<'_>) {
        if let Some(observer) = &mut self.observer {
            observer(&self.card, event);
        }
    }

    fn changes(&self) -> (u64, u64) {
        (self.card.pulses(), self.card.saved_state().0)
    }

    fn save(&mut self) -> Result<(), ImageError> {
        let now = self.changes();
        if let Some(keep) = &mut self.keep
            && keep.saved != now
        {
            image::save_file(&keep.path, &self.card)?;
            keep.saved = now;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const SELECT: &str = "00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF";
    const WRONG_PIN: &str = "00 20 00 00 03 999999";

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("tessera-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn slot() -> Slot {
        let mut slot = Slot::new(testing::made("tiny"));
        slot.power_on().unwrap();
        slot.exchange(&testing::bytes(SELECT)).unwrap();
        slot
    }

    #[test]
    fn what_is_answered_is_in_the_image_already() {
        let directory = directory("answered");
        let path = directory.join("card.image");
        let mut slot = slot();
        slot.keep_in(path.clone()).unwrap();
        for left in (0..=5).rev() {
            let answer = slot.exchange(&testing::bytes(WRONG_PIN)).unwrap().to_vec();
            assert_eq!(answer, [0x63, 0xC0 | left]);
            let mut copy = image::open_file(&path).unwrap();
            copy.power_on().unwrap();
            assert_eq!(copy.counters(), [u32::from(left)]);
        }
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn an_image_is_kept_by_one_slot_at_a_time() {
        let directory = directory("lock");
        let path = directory.join("card.image");
        let mut first = slot();
        first.keep_in(path.clone()).unwrap();
        let refused = slot().keep_in(path.clone());
        assert!(matches!(refused, Err(ImageError::Kept { .. })), "{refused:?}");
        drop(first);
        slot().keep_in(path).unwrap();
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_torn_card_is_mute_until_it_is_put_back_and_then_whole() {
        let mut slot = slot();
        slot.tear_at(3);
        assert!(matches!(slot.exchange(&testing::bytes(WRONG_PIN)), Err(SlotError::Torn)));
        assert!(!slot.is_present());
        assert!(matches!(slot.power_on(), Err(SlotError::Mute)));
        slot.insert();
        assert!(matches!(slot.exchange(&testing::bytes(SELECT)), Err(SlotError::Mute)));
        slot.power_on().unwrap();
        assert_eq!(slot.exchange(&testing::bytes(SELECT)).unwrap(), [0x90, 0x00]);
    }

    #[test]
    fn a_tear_in_the_recovery_is_followed_by_one_that_ends() {
        let mut slot = slot();
        slot.tear_at(2);
        slot.exchange(&testing::bytes(WRONG_PIN)).unwrap_err();
        slot.insert();
        slot.tear_recovery_at(1);
        assert!(matches!(slot.power_on(), Err(SlotError::Torn)));
        slot.insert();
        slot.power_on().unwrap();
    }

    #[test]
    fn a_tear_waits_for_a_command_that_gives_pulses_and_is_used_up_by_it() {
        let mut slot = slot();
        slot.tear_at(100);
        assert_eq!(slot.exchange(&testing::bytes(WRONG_PIN)).unwrap(), [0x63, 0xC5]);
        slot.tear_at(1);
        assert_eq!(slot.exchange(&testing::bytes(SELECT)).unwrap(), [0x90, 0x00]);
        assert!(slot.exchange(&testing::bytes(WRONG_PIN)).is_err());
    }
}

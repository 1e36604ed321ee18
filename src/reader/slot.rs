//! A card in a reader's slot: power, reset, commands, the image it is kept in, and faults on
//! demand.
//!
//! Invariants:
//! * what the card answered is in its image before the answer leaves the slot, so a host program
//!   that is killed at any moment loses no answered command;
//! * a card whose image cannot be saved gives no answer and is out of the reader until it is saved:
//!   its memory is what it is, as a real card's, and what it did is done when it comes back;
//! * a card that has been torn is out of the reader until it is put back;
//! * a card that is dead is out of the reader, and leaves it again when it is put back and powered.

use tessera_framework::Interface;

use crate::{
    Card, NoAtr, Response,
    image::{FileError, ImageFile},
    link::Delivery,
    nvm::fault::Fault,
    trace::Event,
};

/// Who is told what happens in a slot.
pub type Observer = Box<dyn FnMut(&Card, &Event<'_>) + Send>;

/// A slot with a card in it or beside it.
pub struct Slot {
    card: Card,
    present: bool,
    /// The buffer of answers; none while nothing has been answered, for it is large.
    response: Option<Response>,
    keep: Option<Keep>,
    /// Out of the reader because it could not be saved.
    waits_to_be_kept: bool,
    /// Out of the reader because power failed in a command or a recovery.
    torn: bool,
    /// Its memory could not be settled when it was last powered.
    dead: bool,
    observer: Option<Observer>,
    /// Pulse of the next command that is to be torn.
    tear: Option<u32>,
    /// Pulse of the next recovery that is to be torn.
    tear_recovery: Option<u32>,
}

/// The file a card is kept in.
struct Keep {
    file: ImageFile,
    /// Pulses and random state of the card as it was last saved.
    saved: Option<(u64, u64)>,
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
    /// The memory cannot be settled; the card is out of the reader now.
    #[error("{0}")]
    Dead(NoAtr),
    /// The image could not be written: the command must not be answered. The card is out of the
    /// reader now.
    #[error("the card cannot be kept: {0}")]
    Keep(#[from] FileError),
}

impl Slot {
    /// A slot with `card` in it.
    #[must_use]
    pub fn new(card: Card) -> Self {
        Self {
            card,
            present: true,
            response: None,
            keep: None,
            waits_to_be_kept: false,
            torn: false,
            dead: false,
            observer: None,
            tear: None,
            tear_recovery: None,
        }
    }

    /// Keeps the card in a file from now on; the file is written at once.
    ///
    /// # Errors
    /// [`FileError`]: it cannot be written. The card is not kept then.
    pub fn keep_in(&mut self, file: ImageFile) -> Result<(), FileError> {
        self.keep = Some(Keep { file, saved: None });
        self.save().inspect_err(|_| self.keep = None)
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

    /// The card is out of the reader because it could not be saved: [`insert`](Self::insert) tries
    /// again.
    #[must_use]
    pub fn waits_to_be_kept(&self) -> bool {
        self.waits_to_be_kept
    }

    /// The card is out of the reader since power failed in a command or a recovery.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// The memory could not be settled when the card was last powered: it is mute.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead
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

    /// The next random bytes the card draws; see [`Card::give_random`].
    pub fn give_random(&mut self, bytes: &[u8]) {
        self.card.give_random(bytes);
        self.tell(&Event::GivenRandom { bytes });
    }

    /// Something goes wrong with the card's memory for good. An image does not keep it.
    pub fn inflict(&mut self, fault: Fault) {
        self.card.inflict(fault);
    }

    /// Puts the card into another kind of reader: it loses power on the way.
    pub fn set_interface(&mut self, interface: Interface) {
        self.power_off();
        self.card.set_interface(interface);
    }

    /// How commands come from now on; see [`Card::set_delivery`].
    pub fn set_delivery(&mut self, delivery: Delivery) {
        self.card.set_delivery(delivery);
    }

    /// Powers the card; a card that has power is reset.
    ///
    /// # Errors
    /// [`SlotError::Mute`] when the card is not there, [`SlotError::Torn`] when an armed tear hit
    /// the recovery, [`SlotError::Dead`], [`SlotError::Keep`].
    pub fn power_on(&mut self) -> Result<(), SlotError> {
        if !self.present {
            return Err(SlotError::Mute);
        }
        let was_powered = self.card.is_powered();
        let before = self.card.pulses();
        self.card.tear_at(self.tear_recovery.take().unwrap_or(0));
        let powered = self.card.power_on();
        self.card.tear_at(0);
        self.dead = powered == Err(NoAtr::MemoryFailure);
        let pulses = self.card.pulses() - before;
        let atr = self.card.atr().to_vec();
        self.tell(&match (powered, was_powered) {
            (Err(NoAtr::PowerLost), _) => Event::TornInRecovery { pulses },
            (Err(NoAtr::MemoryFailure), _) => Event::Dead { pulses },
            (Ok(()), true) => Event::Reset { atr: &atr },
            (Ok(()), false) => Event::PowerOn { atr: &atr },
        });
        let kept = self.save();
        if powered.is_err() || kept.is_err() {
            self.leave(kept.is_err());
            self.torn = powered == Err(NoAtr::PowerLost);
        }
        kept?;
        powered.map_err(|error| match error {
            NoAtr::PowerLost => SlotError::Torn,
            dead @ NoAtr::MemoryFailure => SlotError::Dead(dead),
        })
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
        let mut response = self.response.take().unwrap_or_default();
        let exchanged = self.card.exchange(command, &mut response);
        self.card.tear_at(0);
        let pulses = self.card.pulses() - before;
        if pulses > 0 {
            self.tear = None;
        }
        let took_us = self.card.clock_us() - clock_us;
        // Before anybody hears the answer, whoever looks on included.
        let kept = self.save();
        let answer = response.as_bytes();
        self.tell(&match (exchanged, &kept) {
            (Err(_), _) => Event::Torn { command, pulses },
            (Ok(()), Ok(())) => Event::Exchange { command, response: answer, took_us, pulses },
            (Ok(()), Err(_)) => Event::NotKept { command, response: answer },
        });
        self.response = Some(response);
        if exchanged.is_err() || kept.is_err() {
            self.leave(kept.is_err());
            self.torn = exchanged.is_err();
        }
        kept?;
        exchanged.map_err(|_| SlotError::Torn)?;
        Ok(self.response.as_ref().map_or(&[], Response::as_bytes))
    }

    /// Takes the card out of the reader.
    pub fn remove(&mut self) {
        if self.present {
            self.leave(false);
        }
        self.waits_to_be_kept = false;
        self.torn = false;
    }

    /// Puts the card back, without power.
    ///
    /// # Errors
    /// [`FileError`]: what it did cannot be saved, so it stays outside.
    pub fn insert(&mut self) -> Result<(), FileError> {
        if !self.present {
            self.save()?;
            self.present = true;
            self.waits_to_be_kept = false;
            self.torn = false;
            self.tell(&Event::Inserted);
        }
        Ok(())
    }

    /// Takes the card out for good and gives its file free.
    pub fn close(&mut self) {
        self.power_off();
        self.present = false;
        self.keep = None;
    }

    fn leave(&mut self, waits_to_be_kept: bool) {
        self.power_off();
        self.present = false;
        self.waits_to_be_kept = waits_to_be_kept;
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

    fn save(&mut self) -> Result<(), FileError> {
        let now = self.changes();
        let Some(keep) = &mut self.keep else { return Ok(()) };
        // A count that is at its end does not tell of changes any more.
        if keep.saved != Some(now) || now.0 == u64::MAX {
            keep.saved = None;
            keep.file.save(&self.card)?;
            keep.saved = Some(now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{image, testing};

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
        slot.keep_in(ImageFile::claim(&path).unwrap()).unwrap();
        for left in (0..=5).rev() {
            let answer = slot.exchange(&testing::bytes(WRONG_PIN)).unwrap().to_vec();
            assert_eq!(answer, [0x63, 0xC0 | left]);
            let mut copy = image::open_file(&path).unwrap();
            copy.power_on().unwrap();
            assert_eq!(copy.counters(), [u32::from(left)]);
        }
        std::fs::remove_dir_all(directory).unwrap();
    }

    /// A made image may say that the count of pulses is at its end, where it stays.
    #[test]
    fn a_card_whose_pulses_are_counted_out_is_kept_all_the_same() {
        let directory = directory("counted-out");
        let path = directory.join("card.image");
        let mut slot = Slot::new(image::open(&image::tests::counted_out()).unwrap());
        slot.keep_in(ImageFile::claim(&path).unwrap()).unwrap();
        slot.power_on().unwrap();
        slot.exchange(&testing::bytes(SELECT)).unwrap();
        assert_eq!(slot.exchange(&testing::bytes(WRONG_PIN)).unwrap(), [0x63, 0xC5]);
        let mut copy = image::open_file(&path).unwrap();
        copy.power_on().unwrap();
        assert_eq!(copy.counters(), [5]);
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn nobody_hears_what_is_not_saved_and_a_card_taken_out_stays_out() {
        let directory = directory("unsaved");
        let path = directory.join("card.image");
        let mut slot = slot();
        slot.keep_in(ImageFile::claim(&path).unwrap()).unwrap();
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let tells = told.clone();
        slot.observe(Some(Box::new(move |_, event| {
            tells.lock().unwrap().push(format!("{event:?}").split(' ').next().unwrap().to_owned());
        })));
        // A directory that nothing removes stands where the next image would be written.
        let in_the_way = directory.join("card.image.new");
        std::fs::create_dir(&in_the_way).unwrap();
        assert!(matches!(slot.exchange(&testing::bytes(WRONG_PIN)), Err(SlotError::Keep(_))));
        assert!(slot.waits_to_be_kept() && !slot.is_present());
        slot.insert().unwrap_err();
        assert!(slot.waits_to_be_kept() && !slot.is_present());
        assert_eq!(*told.lock().unwrap(), ["NotKept", "PowerOff", "Removed"]);
        slot.remove();
        assert!(!slot.waits_to_be_kept(), "an order of the user's stands");
        std::fs::remove_dir(&in_the_way).unwrap();
        slot.insert().unwrap();
        // Torn and not saved: it is both.
        std::fs::create_dir(&in_the_way).unwrap();
        slot.power_on().unwrap_err();
        std::fs::remove_dir(&in_the_way).unwrap();
        slot.insert().unwrap();
        slot.power_on().unwrap();
        slot.exchange(&testing::bytes(SELECT)).unwrap();
        std::fs::create_dir(&in_the_way).unwrap();
        slot.tear_at(2);
        assert!(matches!(slot.exchange(&testing::bytes(WRONG_PIN)), Err(SlotError::Keep(_))));
        assert!(slot.waits_to_be_kept() && !slot.is_present());
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_torn_card_is_mute_until_it_is_put_back_and_then_whole() {
        let mut slot = slot();
        slot.tear_at(3);
        assert!(matches!(slot.exchange(&testing::bytes(WRONG_PIN)), Err(SlotError::Torn)));
        assert!(!slot.is_present());
        assert!(matches!(slot.power_on(), Err(SlotError::Mute)));
        slot.insert().unwrap();
        assert!(matches!(slot.exchange(&testing::bytes(SELECT)), Err(SlotError::Mute)));
        slot.power_on().unwrap();
        assert_eq!(slot.exchange(&testing::bytes(SELECT)).unwrap(), [0x90, 0x00]);
    }

    #[test]
    fn a_dead_card_is_told_as_dead_whenever_it_is_powered() {
        let mut slot = Slot::new(testing::made("clinic"));
        slot.power_on().unwrap();
        for command in [SELECT, "00 20 00 00 03 123456", "00 A4 00 0C 02 DF01"] {
            assert_eq!(slot.exchange(&testing::bytes(command)).unwrap(), [0x90, 0x00]);
        }
        for at in crate::reader::place::pages(slot.card(), "social-security").unwrap() {
            slot.inflict(Fault::StuckPage { at });
        }
        let update = "00 DC 03 34 11 280F 303537333636363636363600000000";
        assert_eq!(slot.exchange(&testing::bytes(update)).unwrap(), [0x65, 0x81]);
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let tells = told.clone();
        slot.observe(Some(Box::new(move |_, event| {
            tells.lock().unwrap().push(format!("{event:?}").split(' ').next().unwrap().to_owned());
        })));
        slot.power_off();
        for _ in 0..2 {
            assert!(matches!(slot.power_on(), Err(SlotError::Dead(NoAtr::MemoryFailure))));
            assert!(slot.is_dead() && !slot.is_present());
            assert!(matches!(slot.power_on(), Err(SlotError::Mute)));
            slot.insert().unwrap();
        }
        let expected = ["PowerOff", "Dead", "Removed", "Inserted", "Dead", "Removed", "Inserted"];
        assert_eq!(*told.lock().unwrap(), expected);
    }

    #[test]
    fn a_tear_in_the_recovery_is_followed_by_one_that_ends() {
        let mut slot = slot();
        slot.tear_at(2);
        slot.exchange(&testing::bytes(WRONG_PIN)).unwrap_err();
        slot.insert().unwrap();
        slot.tear_recovery_at(1);
        assert!(matches!(slot.power_on(), Err(SlotError::Torn)));
        slot.insert().unwrap();
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

//! What the commands of a PN532 do.
//!
//! Invariants:
//! * at most two targets, by the numbers 1 and 2; at most one of them without a CID is awake while
//!   another is activated;
//! * the field is on when a card is looked for, and off after PowerDown;
//! * the registers say how frames are after every search, as host libraries count on.
//!
//! Where documents on the chip and host libraries leave something open, the choice is ours:
//! * a search lets the field dip while targets are awake that nobody has released, so programs that
//!   ask again and again find the same card; and after something went wrong with one;
//! * a target that is spoken to after it was put aside is woken and activated again;
//! * blocks are repeated at least twice before a card is given up.

use super::{
    command::{self, Command, Kind, RfItem, Status, flag},
    dialogue,
    registers::{Effect, Framing, Registers},
    target::{Activation, DATA_BYTES_MAX, Outcome, Target, find_a, find_b, find_uid},
    thru,
    timer::Stopwatch,
};
use crate::{
    field::{Field, GUARD_FC},
    link::{Application, PiccType, pcd::Air},
};

/// Firmware 1.6 of chip 32, which knows Type A, Type B and ISO/IEC 18092.
const VERSION: [u8; 4] = [0x32, 0x01, 0x06, 0x07];

/// How often blocks are asked for again at least and at most.
const RETRIES: (u8, u8) = (2, 32);

/// The unit of InAutoPoll's period, in microseconds.
const PERIOD_US: u64 = 150_000;

/// What stands for an unlimited number.
const ENDLESS: u8 = 0xFF;

/// The chip and the cards in its field.
#[derive(Debug)]
pub struct Chip<A> {
    field: Field<A>,
    registers: Registers,
    settings: Settings,
    /// By number, from 1; one that was released leaves its number free.
    targets: Vec<Option<Target>>,
    poll: Poll,
    /// Somewhere in the field is a card that may speak blocks and is no target: it hears no request
    /// before it has lost its power.
    is_one_astray: bool,
    /// The last status that was not fine.
    error: u8,
}

#[derive(Debug)]
struct Settings {
    /// Of SetParameters.
    flags: u8,
    wait: u8,
    retries_of_exchange: u8,
    retries_of_search: u8,
}

/// How far a command has come that waits.
#[derive(Debug, Default)]
struct Poll {
    rounds: u8,
    pause_us: u64,
}

impl<A: Application> Chip<A> {
    /// A chip that has just got power, over a field that is off.
    #[must_use]
    pub fn new(field: Field<A>) -> Self {
        let settings = Settings {
            flags: flag::AUTOMATIC_RATS,
            wait: 0x0A,
            retries_of_exchange: 0,
            retries_of_search: ENDLESS,
        };
        Self {
            field,
            registers: Registers::default(),
            settings,
            targets: Vec::new(),
            poll: Poll::default(),
            is_one_astray: false,
            error: 0,
        }
    }

    /// The field and what is in it.
    pub const fn field(&self) -> &Field<A> {
        &self.field
    }

    /// The same, to be changed.
    pub const fn field_mut(&mut self) -> &mut Field<A> {
        &mut self.field
    }

    fn switch(&mut self, on: bool) {
        if on && !self.field.is_on() {
            self.field.switch_on();
            self.field.pause(GUARD_FC);
        } else if !on {
            self.field.switch_off();
            self.field.pause(GUARD_FC);
            self.is_one_astray = false;
        }
        self.registers.show_field(on);
    }

    /// How long an answer is listened for, in carrier periods: 100 us doubled, at most 3.3 s.
    fn wait_fc(&self) -> u64 {
        match self.settings.wait {
            0 => 1356 << 15,
            wait => 1356 << (wait - 1),
        }
    }

    fn activation(&self, number: u8, rats: bool) -> Activation {
        Activation {
            rats,
            number,
            cid: self.settings.flags & flag::DID_USED != 0,
            retries: self.settings.retries_of_exchange.clamp(RETRIES.0, RETRIES.1),
        }
    }

    /// The targets there are, with their numbers.
    fn numbered(&self) -> impl Iterator<Item = (u8, &Target)> {
        (1..).zip(&self.targets).filter_map(|(number, target)| Some((number, target.as_ref()?)))
    }

    fn target(&mut self, number: u8) -> Option<&mut Target> {
        self.targets.get_mut(usize::from(number).checked_sub(1)?)?.as_mut()
    }

    fn diagnose(&mut self, test: u8, parameters: &[u8]) -> Option<Vec<u8>> {
        Some(match test {
            // What was said comes back: the line is tested.
            0x00 => [&[0x00], parameters].concat(),
            // Of 128 polls for FeliCa all fail.
            0x04 => vec![0x80],
            // An echo without end.
            0x05 => return None,
            0x06 => {
                let air = &mut self.field;
                let awake = self.targets.iter_mut().flatten().rev().find(|one| !one.is_aside());
                vec![match awake.map_or(Err(Status::NotAcceptable), |one| one.is_present(air)) {
                    Ok(true) => Status::Fine,
                    Ok(false) => Status::TimeOut,
                    Err(status) => status,
                } as u8]
            }
            // ROM, RAM and antenna are as they should be.
            _ => vec![0x00],
        })
    }

    /// The last error, no field of another reader's, the targets with their rates and kind, and
    /// nothing of a SAM.
    fn general_status(&self) -> Vec<u8> {
        let mut status = vec![self.error, 0x00, self.numbered().count() as u8];
        for (number, _) in self.numbered() {
            status.extend_from_slice(&[number, 0x00, 0x00, 0x00]);
        }
        status.push(0x80);
        status
    }

    fn read_registers(&mut self, addresses: &[[u8; 2]]) -> Vec<u8> {
        addresses.iter().map(|at| self.registers.read(u16::from_be_bytes(*at))).collect()
    }

    fn write_registers(&mut self, writes: &[[u8; 3]]) {
        for &[high, low, value] in writes {
            match self.registers.write(u16::from_be_bytes([high, low]), value) {
                None => {}
                Some(Effect::Field(on)) if on == self.field.is_on() => {}
                Some(Effect::Field(on)) => self.switch(on),
                Some(Effect::Transceive) => {
                    let bytes = self.registers.take_fifo();
                    let wait_fc = self.wait_fc();
                    let mut air = Stopwatch::new(&mut self.field);
                    let heard = thru::transceive(&mut self.registers, &mut air, &bytes, wait_fc);
                    self.registers.timer_counted(air.counted_fc);
                    // What was heard lies in the FIFO; what was not heard does not.
                    if matches!(heard, Err(Status::TimeOut)) {
                        self.registers.fill_fifo(&[]);
                    }
                }
            }
        }
    }

    fn configure(&mut self, item: RfItem) {
        match item {
            RfItem::Field(on) => self.switch(on),
            RfItem::Timing { wait } => self.settings.wait = wait,
            RfItem::RetriesOfExchange(retries) => self.settings.retries_of_exchange = retries,
            RfItem::RetriesOfSearch(retries) => self.settings.retries_of_search = retries,
            RfItem::Analog => {}
        }
    }

    fn communicate_thru(&mut self, bytes: &[u8]) -> Vec<u8> {
        let wait_fc = self.wait_fc();
        match thru::transceive(&mut self.registers, &mut self.field, bytes, wait_fc) {
            Ok(heard) if heard.len() > DATA_BYTES_MAX => vec![Status::Overflow as u8],
            Ok(heard) => [&[Status::Fine as u8], &heard[..]].concat(),
            Err(status) => vec![status as u8],
        }
    }

    /// Puts the targets aside that cannot stay active beside another one, which is `but`.
    fn make_room(&mut self, but: u8) {
        for (number, target) in (1..).zip(&mut self.targets) {
            match target {
                Some(target) if number != but && !target.bears_others() => {
                    target.put_aside(&mut self.field);
                }
                _ => {}
            }
        }
    }

    /// Makes a target the one that is spoken to.
    fn select(&mut self, number: u8) -> Status {
        let Some(target) = self.target(number) else { return Status::NotAcceptable };
        if target.is_awake() {
            return Status::Fine;
        }
        let activation = self.activation(number, true);
        self.make_room(number);
        let Some(Some(target)) = self.targets.get_mut(usize::from(number) - 1) else {
            return Status::NotAcceptable;
        };
        match target.wake(&mut self.field, activation) {
            Ok(()) => Status::Fine,
            Err(status) => status,
        }
    }

    fn data_exchange(&mut self, number: u8, data: &[u8], more: bool) -> Vec<u8> {
        match self.select(number) {
            Status::Fine => {}
            status => return vec![status as u8],
        }
        let wait_fc = self.wait_fc();
        let at = usize::from(number) - 1;
        match self.targets.get_mut(at) {
            Some(Some(target)) => {
                target.exchange(&mut self.registers, &mut self.field, (data, more), wait_fc)
            }
            _ => vec![Status::NotAcceptable as u8],
        }
    }

    /// Puts targets aside; 0 means all.
    fn deselect(&mut self, number: u8) -> Status {
        if number == 0 {
            let targets = self.targets.iter_mut().flatten();
            targets.for_each(|target| target.put_aside(&mut self.field));
            return Status::Fine;
        }
        match self.targets.get_mut(usize::from(number) - 1) {
            Some(Some(target)) => {
                target.put_aside(&mut self.field);
                Status::Fine
            }
            _ => Status::NotAcceptable,
        }
    }

    /// Puts targets aside and forgets them; 0 means all.
    fn release(&mut self, number: u8) -> Status {
        let status = self.deselect(number);
        let astray =
            self.numbered().any(|(n, one)| (number == 0 || n == number) && !one.is_aside());
        self.is_one_astray |= astray;
        match usize::from(number).checked_sub(1).map(|at| self.targets.get_mut(at)) {
            None => self.targets.clear(),
            Some(Some(target)) => *target = None,
            Some(None) => {}
        }
        status
    }

    /// Forgets the targets. Where one is not known to be put aside, the field dips.
    fn forget(&mut self) {
        if self.is_one_astray || !self.targets.iter().flatten().all(Target::is_aside) {
            self.switch(false);
            self.switch(true);
        }
        self.targets.clear();
    }

    /// The field is on and the registers are set for what is looked for; targets are forgotten.
    fn begin_search(&mut self, kind: Kind) {
        self.forget();
        self.switch(true);
        self.registers.prepare(match kind {
            Kind::A => Framing::A,
            Kind::B => Framing::B,
            Kind::Stranger => Framing::Other,
        });
    }

    /// Looks once for up to `most` targets.
    fn search(&mut self, most: u8, kind: Kind, data: &[u8], rats: bool) {
        for number in 1..=most {
            self.make_room(0);
            let activation = self.activation(number, rats);
            let outcome = match kind {
                Kind::A if data.is_empty() => find_a(&mut self.field, activation),
                Kind::A if number == 1 => find_uid(&mut self.field, data, activation),
                Kind::B => {
                    let afi = data.first().copied().unwrap_or_default();
                    find_b(&mut self.field, afi, activation)
                }
                Kind::A | Kind::Stranger => Outcome::Nobody,
            };
            self.registers.fill_fifo(match outcome {
                Outcome::Nobody if kind == Kind::A => &[0x26],
                _ => &[],
            });
            match outcome {
                Outcome::Found(target) => self.targets.push(Some(*target)),
                Outcome::Nobody => break,
                Outcome::Lost => {
                    self.is_one_astray = true;
                    break;
                }
            }
        }
        // The only one there is was put aside for a second one.
        if self.targets.len() == 1 {
            self.select(1);
        }
    }

    fn list(&mut self, most: u8, kind: Kind, data: &[u8], again: bool) -> Option<Vec<u8>> {
        if !again {
            self.begin_search(kind);
        }
        let retries = self.settings.retries_of_search;
        let tries = if retries == ENDLESS { 1 } else { u16::from(retries) + 1 };
        let rats = self.settings.flags & flag::AUTOMATIC_RATS != 0;
        for _ in 0..tries {
            if self.is_one_astray {
                self.forget();
            }
            self.search(most, kind, data, rats);
            if !self.targets.is_empty() {
                break;
            }
        }
        if self.targets.is_empty() && retries == ENDLESS {
            return None;
        }
        let mut listed = vec![self.targets.len() as u8];
        for (number, target) in self.numbered() {
            listed.extend(target.data(number));
        }
        Some(listed)
    }

    fn auto_poll(&mut self, rounds: u8, period: u8, types: &[u8], again: bool) -> Option<Vec<u8>> {
        if !again {
            let kinds = types.iter().find_map(|of| command::kind(*of));
            self.begin_search(kinds.unwrap_or(Kind::A));
            self.poll = Poll { rounds, pause_us: 0 };
        }
        if self.poll.pause_us > 0 {
            return None;
        }
        for &of in types {
            let Some(kind) = command::kind(of) else { continue };
            self.begin_search(kind);
            let automatic = self.settings.flags & flag::AUTOMATIC_RATS != 0;
            let data: &[u8] = if kind == Kind::B { &[0x00] } else { &[] };
            self.search(2, kind, data, of == 0x20 || automatic && of != 0x10);
            // Asked for cards with part 4, others do not count.
            if of == 0x20 && !self.targets.iter().flatten().all(Target::is_activated) {
                continue;
            }
            if !self.targets.is_empty() {
                return Some(self.polled());
            }
        }
        self.forget();
        if self.poll.rounds != ENDLESS {
            self.poll.rounds = self.poll.rounds.saturating_sub(1);
        }
        if self.poll.rounds == 0 {
            return Some(vec![0x00]);
        }
        self.poll.pause_us = PERIOD_US * u64::from(period) * types.len() as u64;
        None
    }

    /// The number of targets, and for each its type and how long its data are.
    fn polled(&self) -> Vec<u8> {
        let mut polled = vec![self.targets.len() as u8];
        for (number, target) in self.numbered() {
            let of = match target.picc_type() {
                PiccType::B => 0x23,
                PiccType::A if target.is_activated() => 0x20,
                PiccType::A => 0x10,
            };
            let data = target.data(number);
            polled.extend_from_slice(&[of, data.len() as u8]);
            polled.extend(data);
        }
        polled
    }
}

impl<A: Application> dialogue::Chip for Chip<A> {
    fn run(&mut self, command: &Command<'_>, again: bool) -> Option<Vec<u8>> {
        let with_status = |status: Status| vec![status as u8];
        let data = match *command {
            Command::Diagnose(test, parameters) => self.diagnose(test, parameters)?,
            Command::GetFirmwareVersion => VERSION.to_vec(),
            Command::GetGeneralStatus => return Some(self.general_status()),
            Command::ReadRegister(addresses) => return Some(self.read_registers(addresses)),
            Command::WriteRegister(writes) => {
                self.write_registers(writes);
                Vec::new()
            }
            // Every line is high.
            Command::ReadGpio => vec![0x3F, 0x06, 0x03],
            Command::WriteGpio | Command::SetSerialBaudRate | Command::SamConfiguration => {
                Vec::new()
            }
            Command::SetParameters(flags) => {
                self.settings.flags = flags;
                Vec::new()
            }
            Command::PowerDown => {
                self.switch(false);
                self.targets.clear();
                with_status(Status::Fine)
            }
            Command::RfConfiguration(item) => {
                self.configure(item);
                Vec::new()
            }
            Command::InDataExchange { target, more, data } => {
                self.data_exchange(target, data, more)
            }
            Command::InCommunicateThru(bytes) => self.communicate_thru(bytes),
            Command::InDeselect(number) => with_status(self.deselect(number)),
            Command::InRelease(number) => with_status(self.release(number)),
            Command::InSelect(number) => with_status(self.select(number)),
            Command::InListPassiveTarget { most, kind, data } => {
                return self.list(most, kind, data, again);
            }
            Command::InAutoPoll { rounds, period, types } => {
                return self.auto_poll(rounds, period, types, again);
            }
            Command::InJump => with_status(Status::TimeOut),
            Command::InActivate(_) => with_status(Status::NotAcceptable),
        };
        self.note(command, &data);
        Some(data)
    }

    fn rest(&mut self, passed_us: u64) {
        self.poll.pause_us = self.poll.pause_us.saturating_sub(passed_us);
        self.field.pause(passed_us.saturating_mul(1356) / 100);
    }

    fn frames_are_bare(&self) -> bool {
        self.settings.flags & flag::BARE_FRAMES != 0
    }
}

impl<A> Chip<A> {
    /// Keeps the status of a response that has one.
    fn note(&mut self, command: &Command<'_>, data: &[u8]) {
        use Command as C;
        let has_status = matches!(
            command,
            C::InDataExchange { .. }
                | C::InCommunicateThru(_)
                | C::InDeselect(_)
                | C::InRelease(_)
                | C::InSelect(_)
                | C::InJump
                | C::InActivate(_)
        );
        if let (true, Some(status @ 1..=0x3F)) = (has_status, data.first()) {
            self.error = *status;
        }
    }
}

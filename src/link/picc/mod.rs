//! The card's side of ISO/IEC 14443 (PICC): anticollision and activation of both types, and the
//! transmission protocol.
//!
//! A [`Picc`] is told when the field comes and goes and when a frame of the reader's has ended; it
//! says what it answers and how long after. It holds the [`Application`] behind it and knows
//! nothing of other cards: who puts several in a field lays their answers over each other.
//!
//! | module | what lives there |
//! |---|---|
//! | [`block`] | PCB, CID, NAD, information field |
//! | [`parameters`] | what a card is, and the bytes that tell it |
//! | `protocol` | blocks: chaining, repeats, waiting times |
//! | [`sizes`] | what FSCI, FWI, SFGI and bit rates stand for |
//! | [`timing`] | when a card answers, how long a frame takes |
//! | `type_a`, `type_b` | the states before and around the protocol |
//! | [`uid`] | UIDs and their cascade levels |

pub mod block;
pub mod parameters;
mod protocol;
pub mod sizes;
#[cfg(test)]
mod tests;
pub mod timing;
mod type_a;
mod type_b;
pub mod uid;

pub use parameters::{AtsForm, Parameters, ParametersError, Part4, TypeA, TypeB};
pub use protocol::COMMAND_BYTES_MAX;
pub use sizes::Rates;
pub use uid::{Uid, UidError};

use self::protocol::{Link, Protocol, Turn};
use super::{Application, Delivery, Frame, Mute, PiccType};
use crate::random::Random;

/// Slots a test can give a card before it draws its own.
const DRAWS_MAX: usize = 1024;

/// A contactless card.
#[derive(Debug)]
pub struct Picc<A> {
    parameters: Parameters,
    machine: Machine,
    core: Core<A>,
}

#[derive(Debug)]
enum Machine {
    A(type_a::Machine),
    B(type_b::Machine),
}

/// What both types need behind their states.
#[derive(Debug)]
struct Core<A> {
    application: A,
    protocol: Protocol,
    random: Random,
    /// No command has run since the application was powered up.
    fresh: bool,
}

/// What a card says, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Carrier periods from the end of the reader's frame. Type A: from the end of the last pause
    /// to the first modulation, on the grid of ISO/IEC 14443-3:2018, 6.2.1.1. Type B: from the end
    /// of the EOF to the beginning of the SOF, that is TR0 and TR1.
    pub delay_fc: u64,
    /// What it says.
    pub frame: Frame,
}

impl Answer {
    /// When it is over, if the reader's frame ended at `now_fc`.
    #[must_use]
    pub fn end_fc(&self, now_fc: u64) -> u64 {
        now_fc.saturating_add(self.delay_fc).saturating_add(timing::frame_fc(&self.frame))
    }
}

/// Where a card is in ISO/IEC 14443-3, figures of the states of both types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Without a field.
    PowerOff,
    /// The application has gone silent; only the field's going helps.
    Mute,
    /// Waiting for REQA, WUPA, REQB or WUPB.
    Idle,
    /// Type A: taking part in anticollision.
    Ready,
    /// Type A: selected.
    Active,
    /// Put aside; WUPA or WUPB wakes it.
    Halt,
    /// READY of a card that was in HALT.
    ReadyStar,
    /// ACTIVE of a card that was in HALT.
    ActiveStar,
    /// Type B: waiting for its slot.
    ReadyRequested,
    /// Type B: has sent its ATQB.
    ReadyDeclared,
    /// Speaking blocks of ISO/IEC 14443-4.
    Protocol,
}

impl State {
    /// Its name in the standard.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PowerOff => "POWER-OFF",
            Self::Mute => "mute",
            Self::Idle => "IDLE",
            Self::Ready => "READY",
            Self::Active => "ACTIVE",
            Self::Halt => "HALT",
            Self::ReadyStar => "READY*",
            Self::ActiveStar => "ACTIVE*",
            Self::ReadyRequested => "READY-REQUESTED",
            Self::ReadyDeclared => "READY-DECLARED",
            Self::Protocol => "PROTOCOL",
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl<A: Application> Picc<A> {
    /// A card outside of any field. `seed` decides random UIDs, PUPIs and slots. Parameters that
    /// [`Parameters::check`] refuses are taken with the low bits of each field.
    #[must_use]
    pub fn new(parameters: Parameters, application: A, seed: u64) -> Self {
        let machine = match &parameters {
            Parameters::A(a) => Machine::A(type_a::Machine::new(a.clone())),
            Parameters::B(b) => Machine::B(type_b::Machine::new(b.clone())),
        };
        let random = Random::new(seed);
        let core = Core { application, protocol: Protocol::new(), random, fresh: true };
        Self { parameters, machine, core }
    }

    /// What stands behind it.
    pub const fn application(&self) -> &A {
        &self.core.application
    }

    /// The same, to be changed.
    pub const fn application_mut(&mut self) -> &mut A {
        &mut self.core.application
    }

    /// What stands behind it, without the card.
    pub fn into_application(self) -> A {
        self.core.application
    }

    /// What it was made of.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Type A or B.
    pub const fn picc_type(&self) -> PiccType {
        self.parameters.picc_type()
    }

    /// The UID or PUPI it has now; a random one is zeros, or its known first draw, before the first
    /// field.
    pub fn identifier(&self) -> &[u8] {
        match &self.machine {
            Machine::A(a) => a.uid.as_slice(),
            Machine::B(b) => &b.pupi,
        }
    }

    /// Where it is.
    pub const fn state(&self) -> State {
        match &self.machine {
            Machine::A(a) => a.state,
            Machine::B(b) => b.state,
        }
    }

    /// Type B: the slots of its next draws, 1 to 16, before it draws by its seed again. A draw
    /// among fewer slots takes what is left of a number by their count. At most 1024 are kept.
    pub fn give_draws(&mut self, slots: &[u8]) {
        if let Machine::B(b) = &mut self.machine {
            let room = DRAWS_MAX.saturating_sub(b.draws.len());
            b.draws.extend(slots.iter().take(room));
        }
    }

    /// The largest WTXM the card asks for at once, 1 to 59; 59 if nothing is said here. Real cards
    /// often ask for 1 each time.
    ///
    /// A card asks when an answer takes longer than 7/8 of FWT by its application's own time, and
    /// asks then, at 7/8 of FWT, for as many whole FWT as it still takes. An answer that takes
    /// 3 1/2 FWT has WTXM 3. If that is above the largest, the card asks again at 7/8 of what it
    /// was granted.
    pub const fn set_wtxm_max(&mut self, wtxm: u8) {
        self.core.protocol.wtxm_max = match wtxm {
            0 => 1,
            1..=protocol::WTXM_MAX => wtxm,
            _ => protocol::WTXM_MAX,
        };
    }

    /// The field comes: the application has power, random identifiers are drawn.
    pub fn field_on(&mut self) {
        match &mut self.machine {
            Machine::A(a) => a.field_on(&mut self.core.random),
            Machine::B(b) => b.field_on(&mut self.core.random),
        }
        self.core.fresh = true;
        if self.core.application.power_on().is_err() {
            self.set_state(State::Mute);
        }
    }

    /// The field goes.
    pub fn field_off(&mut self) {
        if self.state() != State::PowerOff {
            self.core.application.power_off();
        }
        self.set_state(State::PowerOff);
    }

    /// A frame of the reader's has ended at `now_fc`; the answer, if there is one. Frames that
    /// other cards send are not for this card and must not come here.
    pub fn on_frame(&mut self, now_fc: u64, frame: &Frame) -> Option<Answer> {
        match &mut self.machine {
            Machine::A(a) => a.on_frame(now_fc, frame, &mut self.core),
            Machine::B(b) => b.on_frame(now_fc, frame, &mut self.core),
        }
    }

    const fn set_state(&mut self, state: State) {
        match &mut self.machine {
            Machine::A(a) => a.state = state,
            Machine::B(b) => b.state = state,
        }
    }
}

impl<A: Application> Core<A> {
    /// An activation begins a session: what an earlier one left in the application is forgotten,
    /// as by a reset.
    fn activate(&mut self, link: Link) -> Result<(), Mute> {
        if !std::mem::take(&mut self.fresh) {
            self.application.power_on()?;
        }
        self.application.set_delivery(Delivery::Apdus);
        self.protocol.start(link);
        Ok(())
    }

    fn on_block(&mut self, now_fc: u64, bytes: &[u8]) -> Turn {
        self.protocol.on_block(now_fc, bytes, &mut self.application)
    }

    /// Runs a command outside of blocks; how long it took.
    fn run(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.application.exchange(command, response).map(sizes::fc_of_us)
    }
}

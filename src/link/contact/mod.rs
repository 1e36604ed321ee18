//! The card's side of the serial line (ISO/IEC 7816-3:2006): answer to reset, protocol and
//! parameters selection, T=0 and T=1 behind one face.
//!
//! Time is counted in cycles of CLK. A character's time is the leading edge of its start bit. A
//! caller tells what the reader sends and then asks [`Contact::poll_output`] until nothing is left;
//! an output's time may lie ahead, as the card takes its time. From the last character the card
//! needs to the end of its answer ([`Output::end_clk`]) it hears nothing, asked or not: the line is
//! half duplex.
//!
//! The clock may be stopped where the answer to reset allows it, and time stands still then. What a
//! card does whose clock stops when it must not, the standard does not say; this one is as if it
//! had lost its power, the harshest thing it may do.
//!
//! | module | what lives there |
//! |---|---|
//! | [`atr`] | the answer to reset, decoded |
//! | [`parameters`] | what a card says of itself, and its answer to reset |
//! | [`timing`] | F, D and the times that follow |
//! | [`character`] | ten moments on the line, in both conventions |
//! | [`block`] | a block of T=1 |

pub mod atr;
pub mod block;
pub mod character;
mod output;
pub mod parameters;
mod pps;
mod t0;
mod t1;
pub mod timing;

pub use character::{Character, Convention};
pub use output::Output;
pub use parameters::{Level, Offer, Parameters, Procedure, Protocol};
pub use timing::{FiDi, Timing};

use super::{Application, Delivery, Mute};
use output::Outbox;

/// The two ways to begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reset {
    /// Power, clock, then RST goes high.
    Cold,
    /// RST goes low and high again; power and clock stay.
    Warm,
}

/// Where the card is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Without power.
    Off,
    /// Silent until the next reset.
    Mute,
    /// The answer to reset is out; the first character says what follows.
    Fresh,
    /// Within a PPS request; the leading edge of its last character.
    Selecting(pps::Request, u64),
    /// A protocol is running.
    Running(Protocol),
}

/// A card on the line.
#[derive(Clone, Debug)]
pub struct Contact<A> {
    application: A,
    parameters: Parameters,
    state: State,
    timing: Timing,
    out: Outbox,
    t0: t0::Machine,
    t1: t1::Machine,
    /// The clock is stopped.
    is_stopped: bool,
}

/// What a protocol works with for one character.
struct Context<'a, A> {
    application: &'a mut A,
    parameters: &'a Parameters,
    timing: &'a Timing,
    out: &'a mut Outbox,
    /// The leading edge of the last character.
    now_clk: u64,
}

impl<A> Context<'_, A> {
    /// The earliest the card can answer.
    fn turn_clk(&self) -> u64 {
        self.now_clk.saturating_add(self.timing.turn_clk)
    }

    fn say(&mut self, bytes: &[u8]) {
        self.out.begin().extend_from_slice(bytes);
        self.out.send(self.turn_clk(), self.timing.spacing_clk);
    }
}

impl<A: Application> Contact<A> {
    /// A card without power.
    #[must_use]
    pub fn new(parameters: Parameters, application: A) -> Self {
        Self {
            application,
            state: State::Off,
            timing: Timing::initial(&parameters),
            out: Outbox::default(),
            t0: t0::Machine::new(),
            t1: t1::Machine::new(&parameters),
            is_stopped: false,
            parameters,
        }
    }

    /// What stands behind the line.
    #[must_use]
    pub const fn application(&self) -> &A {
        &self.application
    }

    /// What stands behind the line, to be changed.
    pub const fn application_mut(&mut self) -> &mut A {
        &mut self.application
    }

    /// What the card says of itself.
    #[must_use]
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The times in force.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// The protocol that is running; none before the first character after a reset and PPS.
    #[must_use]
    pub const fn protocol(&self) -> Option<Protocol> {
        match self.state {
            State::Running(protocol) => Some(protocol),
            _ => None,
        }
    }

    /// The card has power.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !matches!(self.state, State::Off)
    }

    /// RST goes high. The answer to reset is the next output, unless the card does not come up.
    pub fn reset(&mut self, now_clk: u64, reset: Reset) {
        match reset {
            Reset::Cold => self.power_off(),
            Reset::Warm if !self.is_on() || self.is_stopped => return,
            Reset::Warm => {}
        }
        self.out.clear();
        self.is_stopped = false;
        if self.application.power_on().is_err() {
            self.state = State::Mute;
            return;
        }
        self.state = State::Fresh;
        self.timing = Timing::initial(&self.parameters);
        self.out.begin().extend(self.parameters.atr());
        let delay_clk = u64::from(self.parameters.atr_delay_clk.clamp(400, 40_000));
        self.out.send(now_clk.saturating_add(delay_clk), self.timing.spacing_clk);
    }

    /// Power goes.
    pub fn power_off(&mut self) {
        if self.is_on() {
            self.application.power_off();
        }
        self.out.clear();
        self.state = State::Off;
        self.is_stopped = false;
    }

    /// CLK stays at a level. Where the card does not allow it, it loses its power.
    pub fn stop_clock(&mut self, level: Level) {
        let allowed =
            self.parameters.globals.is_some_and(|globals| globals.clock_stop.allows(level));
        if allowed && self.is_on() {
            self.is_stopped = true;
        } else {
            self.power_off();
        }
    }

    /// CLK goes on.
    pub fn start_clock(&mut self) {
        self.is_stopped = false;
    }

    /// A character of the reader. It is lost while the card speaks.
    pub fn on_character(&mut self, now_clk: u64, character: Character) {
        if self.out.is_busy(now_clk) || self.is_stopped {
            return;
        }
        match &mut self.state {
            State::Off | State::Mute => {}
            State::Fresh => self.on_first(now_clk, character),
            State::Selecting(request, last_clk) => {
                *last_clk = now_clk;
                if request.push(character.byte, character.parity_ok) {
                    let request = *request;
                    self.on_request(now_clk, request);
                }
            }
            State::Running(protocol) => {
                let protocol = *protocol;
                self.run(protocol, now_clk, character);
            }
        }
    }

    /// Characters of the reader at the least distance. Returns when the next one can begin.
    pub fn on_bytes(&mut self, now_clk: u64, bytes: &[u8]) -> u64 {
        let mut at_clk = now_clk;
        for &byte in bytes {
            self.on_character(at_clk, Character::intact(byte));
            at_clk = at_clk.saturating_add(self.timing.guard_clk);
        }
        at_clk
    }

    /// What the card sends next.
    pub fn poll_output(&mut self) -> Option<Output> {
        let mut output = Output::default();
        self.poll_output_into(&mut output).then_some(output)
    }

    /// What the card sends next, in place of what `output` holds. False when there is nothing.
    pub fn poll_output_into(&mut self, output: &mut Output) -> bool {
        !self.is_stopped && self.out.take(output)
    }

    /// When the card waits no longer for a character.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<u64> {
        if self.out.is_full() || self.is_stopped {
            return None;
        }
        match self.state {
            State::Selecting(_, last_clk) => Some(last_clk.saturating_add(self.timing.wwt_clk)),
            State::Running(Protocol::T1) => self.t1.deadline_clk(&self.timing),
            _ => None,
        }
    }

    /// Time has gone on without a character.
    pub fn on_deadline(&mut self, now_clk: u64) {
        if self.poll_deadline().is_none_or(|deadline_clk| deadline_clk > now_clk) {
            return;
        }
        match self.state {
            State::Selecting(..) => self.state = State::Fresh,
            State::Running(Protocol::T1) => {
                let (t1, context) = self.split(now_clk);
                let done = t1.on_deadline(context);
                self.done(done);
            }
            _ => {}
        }
    }

    /// T=0: the reader pulls I/O low after the card's character `n`, from 0, of the last output: it
    /// and those behind it come again, not sooner than 2 etu after `now_clk`. A NULL is an output.
    pub fn on_error_signal(&mut self, now_clk: u64, n: usize) {
        let by_characters = match self.state {
            State::Running(protocol) => protocol == Protocol::T0,
            _ => self.is_on(),
        };
        if by_characters {
            self.out.repeat(now_clk.saturating_add(self.timing.fi_di.etu_clk(2)), n);
        }
    }

    fn on_first(&mut self, now_clk: u64, character: Character) {
        let negotiable = self.parameters.specific.is_none();
        let (protocol, timing) = self.parameters.begins_with();
        // A request must not be taken for a command because its first character was damaged.
        if negotiable && protocol == Protocol::T0 && !character.parity_ok {
            self.out.signal_error(now_clk.saturating_add(self.timing.error_signal_clk()));
            return;
        }
        if negotiable && pps::is_ppss(character) {
            let mut request = pps::Request::default();
            request.push(character.byte, character.parity_ok);
            self.state = State::Selecting(request, now_clk);
            return;
        }
        self.begin(protocol, timing);
        self.run(protocol, now_clk, character);
    }

    fn on_request(&mut self, now_clk: u64, request: pps::Request) {
        self.state = State::Fresh;
        let Some(agreement) = request.judge(&self.parameters) else { return };
        self.out.begin().extend_from_slice(agreement.answer());
        self.out.send(now_clk.saturating_add(self.timing.turn_clk), self.timing.spacing_clk);
        let timing = Timing::of(&self.parameters, agreement.protocol, agreement.fi_di);
        self.begin(agreement.protocol, timing);
    }

    fn begin(&mut self, protocol: Protocol, timing: Timing) {
        self.state = State::Running(protocol);
        self.timing = timing;
        match protocol {
            Protocol::T0 => {
                self.application.set_delivery(Delivery::Tpdus);
                self.t0.begin();
            }
            Protocol::T1 => {
                self.application.set_delivery(Delivery::Apdus);
                self.t1.begin(&self.parameters);
            }
        }
    }

    fn run(&mut self, protocol: Protocol, now_clk: u64, character: Character) {
        let done = match protocol {
            Protocol::T0 => {
                let Self { application, parameters, timing, out, t0, .. } = self;
                t0.on_character(
                    character,
                    Context { application, parameters, timing, out, now_clk },
                )
            }
            Protocol::T1 => {
                let (t1, context) = self.split(now_clk);
                t1.on_character(character, context)
            }
        };
        self.done(done);
    }

    fn split(&mut self, now_clk: u64) -> (&mut t1::Machine, Context<'_, A>) {
        let Self { application, parameters, timing, out, t1, .. } = self;
        (t1, Context { application, parameters, timing, out, now_clk })
    }

    fn done(&mut self, done: Result<(), Mute>) {
        if done.is_err() {
            self.state = State::Mute;
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

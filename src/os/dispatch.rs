//! One command: checked row by row in the order of the [module's table](super), then run.

use tessera_framework::{
    Apdu, Class, Command, Halt, Ins, Reply, StatusWord, class::SecureMessaging,
};

use super::{channel, registry::Registry, select, state::Core};
use crate::{link::Delivery, nvm::PowerLost};

/// Processing time of a command without its pulses, and per byte that moves (own choice; no card's
/// data sheet gives one).
const COMMAND_US: u64 = 180;
const BYTE_US: u64 = 2;

/// Who saw a command.
pub(super) enum Seen {
    /// The operating system alone.
    ByTheSystem,
    /// It goes on with a command, or is not whole yet.
    InPart,
    /// The applet.
    ByTheApplet,
}

impl Core {
    /// Runs a command and writes the response APDU to `out`, which has
    /// [`RESPONSE_BYTES_MAX`](super::state::RESPONSE_BYTES_MAX) bytes. Returns its length.
    pub(crate) fn exchange(
        &mut self,
        registry: &Registry,
        command: &[u8],
        out: &mut [u8],
    ) -> Result<usize, PowerLost> {
        if !self.memory.is_powered() {
            return Err(PowerLost);
        }
        if command.get(1) != Some(&Ins::ENVELOPE.0) {
            self.envelope.clear();
        }
        let mut seen = Seen::ByTheSystem;
        let answer = self.answer(registry, command, out, &mut seen);
        if let Seen::ByTheSystem = seen {
            self.tell_passed_over(registry, command);
            if !is_get_response(command) {
                self.held.clear();
            }
        }
        let (bytes, status) = match answer {
            Ok(answer) => answer,
            Err(Halt::Status(status)) => (0, status),
            Err(Halt::Torn(_)) => return Err(PowerLost),
        };
        out[bytes..bytes + 2].copy_from_slice(&status.to_bytes());
        let took_us = COMMAND_US + BYTE_US * (command.len() + bytes) as u64;
        self.processing_us = self.processing_us.saturating_add(took_us);
        Ok(bytes + 2)
    }

    /// Tells the current applet of the command's channel, or of the basic one when it names none
    /// that is open.
    fn tell_passed_over(&mut self, registry: &Registry, command: &[u8]) {
        let named = command.first().map_or(0, |&cla| Class::decode(cla).channel());
        let open = |number: &u8| self.channels.get(usize::from(*number)).is_some_and(|c| c.open);
        let number = Some(named).filter(open).unwrap_or(0);
        let applet = self.channels[usize::from(number)].applet;
        // A tear has its own answer: the command's.
        let _ = self.call(registry, applet, number, |applet, env| {
            applet.passed_over(env);
            Ok(())
        });
    }

    /// Rows 1 to 8 of the table.
    pub(super) fn answer(
        &mut self,
        registry: &Registry,
        command: &[u8],
        out: &mut [u8],
        seen: &mut Seen,
    ) -> Result<(usize, StatusWord), Halt> {
        let apdu = Apdu::parse(command)?;
        let class = Class::decode(apdu.cla);
        if matches!(class, Class::Reserved(_) | Class::Invalid) {
            return Halt::status(StatusWord::CLA_NOT_SUPPORTED);
        }
        let number = class.channel();
        let Some(channel) = self.channels.get(usize::from(number)).filter(|channel| channel.open)
        else {
            return Halt::status(StatusWord::CHANNEL_NOT_SUPPORTED);
        };
        // An application's own class may have them where nothing is taken for a procedure byte.
        let is_free = matches!(class, Class::Proprietary(_)) && self.interface.is_contactless();
        if !apdu.ins.is_valid() && !is_free {
            return Halt::status(StatusWord::INS_NOT_SUPPORTED);
        }
        if self.chain.is_open() && !self.chain.continues_with(&apdu) {
            self.chain.drop_parts();
            return Halt::status(StatusWord::LAST_OF_CHAIN_EXPECTED);
        }
        let descriptor = registry.entry(channel.applet).descriptor;
        // What is the operating system's own is never protected: only applets have keys.
        let is_own = matches!(apdu.ins, Ins::SELECT | Ins::MANAGE_CHANNEL);
        let is_read = descriptor.secure_messaging && !is_own;
        if class.secure_messaging() != SecureMessaging::None && !is_read {
            return Halt::status(StatusWord::SECURE_MESSAGING_NOT_SUPPORTED);
        }
        if !class.chaining() && !self.chain.is_open() {
            return self.run(registry, class, &apdu, out, seen);
        }
        if !descriptor.chaining {
            self.chain.drop_parts();
            return Halt::status(StatusWord::CHAINING_NOT_SUPPORTED);
        }
        if !self.chain.add(&apdu, self.command_bytes_max) {
            self.chain.drop_parts();
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        if class.chaining() {
            self.held.clear();
            *seen = Seen::InPart;
            return Ok((0, StatusWord::OK));
        }
        let data = self.chain.take();
        let answer = self.run(registry, class, &Apdu { data: &data, ..apdu }, out, seen);
        self.chain.give_back(data);
        answer
    }

    /// Rows 9 to 11: the operating system's own commands, then the applet's.
    fn run(
        &mut self,
        registry: &Registry,
        class: Class,
        apdu: &Apdu<'_>,
        out: &mut [u8],
        seen: &mut Seen,
    ) -> Result<(usize, StatusWord), Halt> {
        let number = class.channel();
        if apdu.ins == Ins::GET_RESPONSE && class.is_interindustry() {
            let answer = self.get_response(number, apdu, out)?;
            *seen = Seen::InPart;
            return Ok(answer);
        }
        let comes_in_parts = self.delivery == Delivery::Tpdus && !self.envelope.is_running();
        if apdu.ins == Ins::ENVELOPE && class.is_interindustry() && comes_in_parts {
            return self.envelope(registry, number, apdu, out, seen);
        }
        if self.held.is_repeated_by(apdu) {
            *seen = Seen::InPart;
            return Ok(self.held.repeat(number, out));
        }
        self.held.clear();
        if apdu.data.len() > self.command_bytes_max {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        let mut reply = Reply::new(&mut out[..self.response_bytes_max]);
        let pulses = self.memory.memory().pulses();
        match apdu.ins {
            Ins::SELECT if class.is_interindustry() => {
                select::select(self, registry, number, apdu, &mut reply)?;
                *seen = Seen::ByTheApplet;
            }
            Ins::MANAGE_CHANNEL if class.is_interindustry() => {
                channel::manage(self, registry, number, apdu, &mut reply)?;
            }
            _ => {
                // A TPDU that brings data has no room for Le: whatever there is may be the answer.
                let has_no_le = self.delivery == Delivery::Tpdus && apdu.ne == 0;
                let most = if apdu.extended { 65_536 } else { 256 };
                let ne = if has_no_le && !apdu.data.is_empty() { most } else { apdu.ne };
                let command = Command {
                    class,
                    ins: apdu.ins,
                    p1: apdu.p1,
                    p2: apdu.p2,
                    data: apdu.data,
                    ne,
                    ne_is_maximum: ne == if apdu.extended { 65_536 } else { 256 },
                    interface: self.interface,
                };
                let applet = self.channels[usize::from(number)].applet;
                *seen = Seen::ByTheApplet;
                self.call(registry, applet, number, |applet, env| {
                    applet.process(env, &command, &mut reply)
                })?;
            }
        }
        let (bytes, status) = (reply.data().len(), reply.status());
        let ne = if reply.exceeds_le() { apdu.ne.max(bytes as u32) } else { apdu.ne };
        let extended = apdu.extended && !self.envelope.is_running();
        let apdu = &Apdu { ne, extended, ..*apdu };
        let has_changed = self.memory.memory().pulses() != pulses;
        Ok(self.held.send(apdu, number, self.delivery, &out[..bytes], status, has_changed))
    }

    fn get_response(
        &mut self,
        channel: u8,
        apdu: &Apdu<'_>,
        out: &mut [u8],
    ) -> Result<(usize, StatusWord), Halt> {
        if (apdu.p1, apdu.p2) != (0, 0) {
            return Halt::status(StatusWord::WRONG_P1P2);
        }
        if !self.held.awaits_get_response(channel) {
            return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        if apdu.ne == 0 || !apdu.data.is_empty() {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        Ok(self.held.get_response(apdu, self.delivery, out))
    }
}

/// GET RESPONSE on whatever channel, right or wrong.
fn is_get_response(command: &[u8]) -> bool {
    match *command {
        [cla, ins, ..] => Ins(ins) == Ins::GET_RESPONSE && Class::decode(cla).is_interindustry(),
        _ => false,
    }
}

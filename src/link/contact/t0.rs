//! T=0, the card's side (ISO/IEC 7816-3:2006, clause 10): a header, procedure bytes, data one way.
//!
//! The line passes TPDUs. What an APDU becomes on it, 61XX, 6CXX, GET RESPONSE and ENVELOPE, is the
//! card's operating system's and the reader's to know.
//!
//! Invariants:
//! * The card speaks only when it has been asked: after a header, or after the data it asked for.
//! * A character with a wrong parity is not taken; the card signals it, and it comes again.
//! * A header is run once, when all of it and of its data is there.

use super::{
    Context, character::Character, output::Waiting, parameters::Procedure, timing::clk_of_us,
};
use crate::link::{Application, Direction, Mute};

const HEADER_BYTES: usize = 5;
const TPDU_BYTES_MAX: usize = HEADER_BYTES + 255;

const GET_RESPONSE: u8 = 0xC0;

/// What has come of a TPDU.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Header and data, in the form of an APDU.
    received: [u8; TPDU_BYTES_MAX],
    got: usize,
    /// Bytes there must be before something happens.
    wanted: usize,
    response: Vec<u8>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self {
            received: [0; TPDU_BYTES_MAX],
            got: 0,
            wanted: HEADER_BYTES,
            response: Vec::with_capacity(256 + 2),
        }
    }

    pub(super) fn begin(&mut self) {
        self.got = 0;
        self.wanted = HEADER_BYTES;
    }

    pub(super) fn on_character<A: Application>(
        &mut self,
        character: Character,
        mut context: Context<'_, A>,
    ) -> Result<(), Mute> {
        if !character.parity_ok {
            let after_clk = context.timing.error_signal_clk();
            context.out.signal_error(context.now_clk.saturating_add(after_clk));
            return Ok(());
        }
        if let Some(place) = self.received.get_mut(self.got) {
            *place = character.byte;
            self.got += 1;
        }
        if self.got < self.wanted {
            return Ok(());
        }
        let [cla, ins, p1, p2, p3, ..] = self.received;
        let whole = HEADER_BYTES + usize::from(p3);
        if self.got > HEADER_BYTES {
            return if self.got == whole {
                self.run(whole, false, context)
            } else {
                self.ask(context);
                Ok(())
            };
        }
        // FF is PPSS, and 6X and 9X would be taken for SW1 (10.3.2). The standard leaves open what
        // a card says to them; this one refuses them as a class and an instruction it has not.
        match (cla, ins >> 4) {
            (0xFF, _) => context.say(&[0x6E, 0x00]),
            (_, 6 | 9) => context.say(&[0x6D, 0x00]),
            _ => {
                return match context.application.direction([cla, ins, p1, p2]) {
                    Direction::In if p3 > 0 => {
                        self.ask(context);
                        Ok(())
                    }
                    Direction::In | Direction::Unknown => self.run(4, false, context),
                    Direction::Out => self.run(HEADER_BYTES, true, context),
                };
            }
        }
        self.begin();
        Ok(())
    }

    /// Asks for data bytes.
    fn ask<A>(&mut self, mut context: Context<'_, A>) {
        let [_, ins, _, _, p3, ..] = self.received;
        match context.parameters.procedure {
            Procedure::AllAtOnce => {
                self.wanted = HEADER_BYTES + usize::from(p3);
                context.say(&[ins]);
            }
            Procedure::OneByOne => {
                self.wanted = self.got + 1;
                context.say(&[!ins]);
            }
        }
    }

    /// Runs the first `bytes` that were received, and sends what comes of it.
    fn run<A: Application>(
        &mut self,
        bytes: usize,
        with_data: bool,
        context: Context<'_, A>,
    ) -> Result<(), Mute> {
        let Context { application, parameters, timing, out, now_clk } = context;
        let [_, ins, _, _, p3, ..] = self.received;
        self.response.clear();
        let command = self.received.get(..bytes).unwrap_or_default();
        let took_us = application.exchange(command, &mut self.response)?;
        self.begin();
        let (data, status) = self.response.split_last_chunk::<2>().unwrap_or((&[], &[0x6F, 0]));
        let le = if p3 == 0 { 256 } else { usize::from(p3) };
        let data = data.get(..le).unwrap_or(data);
        let to_send = out.begin();
        if with_data && !data.is_empty() {
            let at_once = parameters.procedure == Procedure::AllAtOnce || ins == GET_RESPONSE;
            if at_once && data.len() == le {
                to_send.push(ins);
                to_send.extend_from_slice(data);
            } else {
                // Less than was asked for can only be sent so that each byte may be the last.
                to_send.extend(data.iter().flat_map(|&byte| [!ins, byte]));
            }
        }
        to_send.extend_from_slice(status);
        let took_clk = clk_of_us(took_us, parameters.clock_hz).max(timing.turn_clk);
        out.send(now_clk.saturating_add(took_clk), timing.spacing_clk);
        // A sixteenth early, so that no reader's clock is too fast for it.
        let every_clk = timing.wwt_clk - timing.wwt_clk / 16;
        out.wait(Waiting { last_clk: now_clk, every_clk, silence_clk: every_clk, again_clk: None });
        Ok(())
    }
}

#[cfg(test)]
mod tests;

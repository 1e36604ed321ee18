//! The reader: bytes from the host in, bytes to the host out.
//!
//! Invariants:
//! * every whole frame is answered by one frame, or by the request to send it again;
//! * whatever the host sends, not more than a message is kept of it, and each byte is dealt with in
//!   bounded time;
//! * what is told of a card unasked is told at most once between two answers and slot.

use super::{
    frame::{self, Deframer, Received},
    message::{self, Answer, Error, Icc, Kind, Request},
    model::Model,
    protocol::ProtocolData,
    seat::{Seat, Transferred},
};
use crate::link::{Application, Noise, contact::Contact};

/// What the reader says of its firmware.
const FIRMWARE: &[u8] = b"Tessera serial CCID 1.0";

/// Clock of the cards, in kHz, which cannot be set.
const CLOCK_KHZ: u32 = 4000;

/// A reader with cards in it.
pub struct Machine<A> {
    model: Model,
    seats: Vec<Seat<A>>,
    deframer: Deframer,
    /// Cards that come and go are told right before the next answer, not at once.
    is_synchronous: bool,
    /// A host has spoken; before, nobody is told anything.
    has_host: bool,
    /// The last answer, for a host that asks for it again.
    last: Vec<u8>,
}

impl<A: Application> Machine<A> {
    /// A reader without cards.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self {
            model,
            seats: (0..model.slots()).map(|_| Seat::default()).collect(),
            deframer: Deframer::default(),
            is_synchronous: false,
            has_host: false,
            last: Vec::new(),
        }
    }

    /// Which reader it is.
    #[must_use]
    pub const fn model(&self) -> Model {
        self.model
    }

    /// Puts a card into a slot, from 0. Gives it back when there is no such slot, or one is in it.
    ///
    /// # Errors
    /// The card.
    pub fn insert(&mut self, slot: usize, contact: Contact<A>) -> Result<(), Box<Contact<A>>> {
        match self.seats.get_mut(slot) {
            Some(seat) if seat.contact().is_none() => {
                seat.insert(contact, self.has_host);
                Ok(())
            }
            _ => Err(Box::new(contact)),
        }
    }

    /// Takes the card out of a slot, without power.
    pub fn remove(&mut self, slot: usize) -> Option<Contact<A>> {
        self.seats.get_mut(slot)?.remove(self.has_host)
    }

    /// The card in a slot.
    #[must_use]
    pub fn contact(&self, slot: usize) -> Option<&Contact<A>> {
        self.seats.get(slot)?.contact()
    }

    /// Blocks of T=1 between the reader and a slot's card, both ways, meet this from now on.
    pub fn disturb(&mut self, slot: usize, noise: Noise) {
        if let Some(seat) = self.seats.get_mut(slot) {
            seat.disturb(noise);
        }
    }

    /// Takes bytes from the host; returns what goes back.
    pub fn on_bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 64);
        for &byte in bytes {
            if self.model.echoes() {
                out.push(byte);
            }
            let Some(received) = self.deframer.take(byte) else { continue };
            self.has_host = true;
            let (request, is_too_long) = match received {
                Received::Damaged => {
                    out.extend_from_slice(&frame::AGAIN);
                    continue;
                }
                Received::Again => {
                    out.extend_from_slice(&self.last);
                    continue;
                }
                Received::Message(message) => (message.to_vec(), false),
                Received::TooLong(header) => (header.to_vec(), true),
            };
            if let Some(request) = Request::of_header(&request) {
                self.answer(&request, is_too_long, &mut out);
            }
        }
        out
    }

    /// Nothing has come from the host for a while, longer than within a frame; returns what goes to
    /// it unasked.
    pub fn on_silence(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.deframer.silence() {
            out.extend_from_slice(&frame::AGAIN);
        }
        if !self.is_synchronous {
            self.tell_news(&mut out);
        }
        out
    }

    fn tell_news(&mut self, out: &mut Vec<u8>) {
        for news in self.seats.iter_mut().filter_map(Seat::news) {
            out.extend_from_slice(&frame::notice(news));
        }
    }

    fn answer(&mut self, request: &Request<'_>, is_too_long: bool, out: &mut Vec<u8>) {
        self.tell_news(out);
        let slot = usize::from(request.slot());
        let outcome = match self.seats.get_mut(slot) {
            None => Err(Error::SLOT),
            Some(_) if is_too_long => Err(Error::LENGTH),
            Some(_) if request.kind() == Kind::ESCAPE => self.escape(request.data()),
            Some(seat) => obey(seat, request, out),
        };
        let icc = self.seats.get(slot).map_or(Icc::Absent, Seat::icc);
        self.last.clear();
        frame::put(&mut self.last, &message::emit(request, icc, outcome));
        out.extend_from_slice(&self.last);
    }

    /// The few commands of the maker's that a driver needs.
    fn escape(&mut self, data: &[u8]) -> Result<Answer, Error> {
        match data {
            [0x02] => Ok(Answer::of(FIRMWARE)),
            &[0x01, 0x01, how @ 0..=1] => {
                self.is_synchronous = how == 1;
                Ok(Answer::default())
            }
            _ => Err(Error::NOT_SUPPORTED),
        }
    }
}

/// Does what a message asks of a slot. Signs that the card needs time go out on the way.
fn obey<A: Application>(
    seat: &mut Seat<A>,
    request: &Request<'_>,
    out: &mut Vec<u8>,
) -> Result<Answer, Error> {
    let [specific, ..] = request.specific();
    let data = request.data();
    if !data.is_empty() && takes_no_data(request.kind()) {
        return Err(Error::LENGTH);
    }
    match request.kind() {
        Kind::GET_SLOT_STATUS | Kind::ABORT => Ok(seat.clock_status()),
        Kind::ICC_POWER_ON => seat.power_on(specific).map(Answer::of),
        Kind::ICC_POWER_OFF => {
            seat.power_off();
            Ok(seat.clock_status())
        }
        Kind::ICC_CLOCK => seat.clock(specific).map(|()| seat.clock_status()),
        Kind::XFR_BLOCK => {
            let Transferred { data, time_requests } = seat.transfer(data, specific)?;
            out.extend(std::iter::repeat_n(frame::TIME_REQUEST, time_requests));
            Ok(Answer::of(data))
        }
        Kind::GET_PARAMETERS => seat.protocol().map(told),
        Kind::RESET_PARAMETERS => seat.set_protocol(ProtocolData::T0_DEFAULT).map(told),
        Kind::SET_PARAMETERS if specific > 1 => Err(Error::SPECIFIC),
        Kind::SET_PARAMETERS => {
            let wanted = ProtocolData::of(specific, data).ok_or(Error::LENGTH)?;
            seat.set_protocol(wanted).map(told)
        }
        Kind::SET_DATA_RATE if data.len() != 8 => Err(Error::LENGTH),
        Kind::SET_DATA_RATE => {
            let rate_bps = seat.protocol()?.rate_bps(CLOCK_KHZ);
            Ok(Answer::of([CLOCK_KHZ.to_le_bytes(), rate_bps.to_le_bytes()].concat()))
        }
        _ => Err(Error::NOT_SUPPORTED),
    }
}

const fn takes_no_data(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::GET_SLOT_STATUS
            | Kind::ABORT
            | Kind::ICC_POWER_ON
            | Kind::ICC_POWER_OFF
            | Kind::ICC_CLOCK
            | Kind::GET_PARAMETERS
            | Kind::RESET_PARAMETERS
    )
}

fn told(protocol: ProtocolData) -> Answer {
    Answer { specific: protocol.number(), data: protocol.bytes().to_vec() }
}

#[cfg(test)]
mod tests;

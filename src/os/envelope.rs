//! ENVELOPE on a T=0 line: a command longer than a TPDU comes in parts (ISO/IEC 7816-3:2006, 12.2;
//! ISO/IEC 7816-4:2020, 11.8.2).
//!
//! The command tells its own length, so the part that completes it is the last, and what it is
//! answered is held for GET RESPONSE. Whether an Le follows the data the length does not tell. A
//! reader whose parts end exactly with the data sends the Le as a part of its own: the command has
//! run by then, as one that takes whatever there is, and it is answered again that its answer is
//! held (own design). So is an empty part, by which some readers say that nothing follows.
//!
//! Invariant: the parts of one command at most are kept, and no more bytes than the card takes in a
//! command.

use tessera_framework::{Apdu, Halt, StatusWord};

use super::{dispatch::Seen, registry::Registry, state::Core};

/// CLA, INS, P1, P2, three bytes of Lc and two of Le.
const AROUND_DATA_BYTES: usize = 9;

/// The parts of a command that have come.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Envelope {
    parts: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    /// Parts are missing, or none has come.
    #[default]
    Open,
    /// The command runs now.
    Running,
    /// It has run, and its Le may still come.
    RanWithoutLe,
    /// It has run.
    Ran,
}

impl Envelope {
    /// Forgets the parts.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.state = State::Open;
    }

    /// The command that runs came in parts: no TPDU carries its answer.
    pub(crate) fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// All of the command is there, with its Le or without; half an Le is none.
    fn is_whole(&self) -> bool {
        match *self.parts.as_slice() {
            [_, _, _, _, 0, high, low, ..] => {
                let with_data = 7 + usize::from(u16::from_be_bytes([high, low]));
                self.parts.len() >= with_data && self.parts.len() != with_data + 1
            }
            [_, _, _, _, lc, ..] if lc > 0 => self.parts.len() >= 5 + usize::from(lc),
            _ => false,
        }
    }
}

impl Core {
    /// A part; with the last one the command runs.
    pub(super) fn envelope(
        &mut self,
        registry: &Registry,
        channel: u8,
        apdu: &Apdu<'_>,
        out: &mut [u8],
        seen: &mut Seen,
    ) -> Result<(usize, StatusWord), Halt> {
        if (apdu.p1, apdu.p2) != (0, 0) {
            self.envelope.clear();
            return Halt::status(StatusWord::WRONG_P1P2);
        }
        let says_nothing_new = match self.envelope.state {
            State::RanWithoutLe => matches!(apdu.data.len(), 0 | 2),
            State::Ran => apdu.data.is_empty(),
            State::Open | State::Running => false,
        };
        if says_nothing_new && let Some(left) = self.held.left_for_get_response(channel) {
            *seen = Seen::InPart;
            return Ok((0, StatusWord::more(left)));
        }
        if self.envelope.state != State::Open {
            self.envelope.clear();
        }
        self.held.clear();
        let bytes_max = self.command_bytes_max + AROUND_DATA_BYTES;
        let fits = self.envelope.parts.len() + apdu.data.len() <= bytes_max;
        if apdu.data.is_empty() || !fits {
            self.envelope.clear();
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        self.envelope.parts.extend_from_slice(apdu.data);
        if !self.envelope.is_whole() {
            *seen = Seen::InPart;
            return Ok((0, StatusWord::OK));
        }
        let command = std::mem::take(&mut self.envelope.parts);
        self.envelope.state = State::Running;
        let answer = self.answer(registry, &command, out, seen);
        self.envelope.parts = command;
        let has_le = Apdu::parse(&self.envelope.parts).is_ok_and(|apdu| apdu.ne > 0);
        self.envelope.clear();
        self.envelope.state = if has_le { State::Ran } else { State::RanWithoutLe };
        answer
    }
}

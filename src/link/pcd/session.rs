//! The reader's side of the block protocol (ISO/IEC 14443-4:2018, 7.5), after an activation.
//!
//! * The number is 0 at first and turns with each I-block of the card, or R(ACK) to a chained
//!   block, that has it. Nothing else is progress.
//! * What is not heard, or not whole, is asked for again: R(NAK), or R(ACK) within a chain of the
//!   card's. An I-block is sent again only after an R(ACK) that says the card never had it. So no
//!   command runs twice, whatever is lost.
//! * Every loop is bounded: by retries, by requests for time, by bytes and blocks of an answer.
//! * After an error it is not known what the card did; the session has ended, and all that can
//!   still be sent is S(DESELECT), which frees the card for the next activation.

use super::{Air, Heard, PcdError};
use crate::link::{
    Frame, PiccType, Rate,
    crc::{crc_a, crc_b},
    picc::{
        block::{Block, Kind, inf_bytes_max},
        sizes::{ACTIVATION_FWT_FC, DELTA_FWT_FC, extended_fwt_fc},
    },
};

/// The longest response APDU: 65,536 bytes and a status word.
pub const RESPONSE_BYTES_MAX: usize = 65_538;

/// What was agreed on at activation, and how patient the reader is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// Type A or B.
    pub picc_type: PiccType,
    /// Bytes of the longest frame the card takes.
    pub fsc_bytes: usize,
    /// Bytes of the longest frame the reader takes.
    pub fsd_bytes: usize,
    /// The frame waiting time.
    pub fwt_fc: u64,
    /// The CID to put into blocks; `None` leaves it out.
    pub cid: Option<u8>,
    /// The node addresses to put into first blocks.
    pub nad: Option<u8>,
    /// Bit rate to the card.
    pub to_card: Rate,
    /// Bit rate to the reader.
    pub to_reader: Rate,
    /// Time between what the card said and the next frame.
    pub gap_fc: u64,
    /// Bytes of the longest chained command, where the card told it (MBL).
    pub command_bytes_max: Option<usize>,
    /// How many times in a row the reader asks again (NFC Forum and EMV: 2); a right S(WTX) ends
    /// the row.
    pub retries: u8,
    /// How many S(WTX) it grants within one exchange.
    pub waits: u32,
    /// An I-block with the wrong number ends the session at once, as NFC Forum and EMV readers
    /// have it; else it is asked for again, as ISO/IEC 14443-4 has it.
    pub wrong_number_ends: bool,
}

impl Link {
    /// A card of this type with FSC and FSD 256 and the longest FWT; two retries.
    #[must_use]
    pub const fn new(picc_type: PiccType) -> Self {
        Self {
            picc_type,
            fsc_bytes: 256,
            fsd_bytes: 256,
            fwt_fc: crate::link::picc::sizes::FWT_FC_MAX,
            cid: None,
            nad: None,
            to_card: Rate::Fc128,
            to_reader: Rate::Fc128,
            gap_fc: match picc_type {
                PiccType::A => 1172,
                PiccType::B => 1792,
            },
            command_bytes_max: None,
            retries: 2,
            waits: 10_000,
            wrong_number_ends: false,
        }
    }
}

/// How a reader asks whether a card is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// An empty I-block, which the card answers with one.
    EmptyBlock,
    /// R(NAK) with the reader's number, which the card answers with R(ACK).
    Nak,
}

/// A session with an activated card.
#[derive(Clone, Debug)]
pub struct Session {
    link: Link,
    number: bool,
    state: State,
    /// The frame that was sent last; its bytes are reused.
    frame: Frame,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Open,
    /// An error has ended it, and the card may not know.
    Failed,
    /// The card has answered S(DESELECT).
    Deselected,
}

/// What came that is no fault.
enum Reply<'a> {
    /// An I-block with the other number, where [`Link::wrong_number_ends`].
    WrongNumber,
    Information {
        inf: &'a [u8],
        chaining: bool,
    },
    Ack,
    /// R(ACK) with the other number: the card does not have the last I-block.
    Missed,
    WaitingTime(u8),
    Deselected,
}

/// What the last block was, which decides what may come and how it is asked for again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// An I-block; more follows or not.
    Block { chaining: bool },
    /// An R(ACK) that asks for the card's next block.
    Next,
    /// R(NAK) to see whether the card is there.
    Presence,
}

impl Sent {
    const fn name(self) -> &'static str {
        match self {
            Self::Block { chaining: false } => "an I-block",
            Self::Block { chaining: true } => "a chained I-block",
            Self::Next => "R(ACK)",
            Self::Presence => "R(NAK)",
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Block { chaining: false } | Self::Next => "an I-block",
            Self::Block { chaining: true } => "R(ACK)",
            Self::Presence => "R(ACK) with the other number",
        }
    }
}

impl Session {
    /// A session after an activation that came to `link`.
    #[must_use]
    pub fn new(link: Link) -> Self {
        let frame = match link.picc_type {
            PiccType::A => Frame::standard(&[]),
            PiccType::B => Frame::type_b(&[]),
        };
        let frame = Frame { last_bits: 8, ..frame.at(link.to_card) };
        Self { link, number: false, state: State::Open, frame }
    }

    /// What was agreed on.
    #[must_use]
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// Neither S(DESELECT) nor an error has ended it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Sends a command APDU and gives the response APDU.
    ///
    /// # Errors
    /// [`PcdError`]; but for [`PcdError::TooLong`] the session has ended, and the command may or
    /// may not have run.
    pub fn exchange(&mut self, air: &mut impl Air, apdu: &[u8]) -> Result<Vec<u8>, PcdError> {
        let mut response = Vec::new();
        self.exchange_into(air, apdu, &mut response)?;
        Ok(response)
    }

    /// The same, appending to `response`.
    ///
    /// # Errors
    /// As [`Session::exchange`]; `response` may have got a part of an answer.
    pub fn exchange_into(
        &mut self,
        air: &mut impl Air,
        apdu: &[u8],
        response: &mut Vec<u8>,
    ) -> Result<(), PcdError> {
        if let Some(most) = self.link.command_bytes_max.filter(|most| apdu.len() > *most) {
            return Err(PcdError::TooLong { bytes: apdu.len(), most });
        }
        self.guarded(|session| session.whole_exchange(air, apdu, response))
    }

    /// Whether the card still answers.
    ///
    /// # Errors
    /// [`PcdError`] when it answers something else; silence is `false`, and ends the session.
    pub fn is_present(&mut self, air: &mut impl Air, how: Presence) -> Result<bool, PcdError> {
        let asked = self.guarded(|session| match how {
            Presence::EmptyBlock => session.whole_exchange(air, &[], &mut Vec::new()),
            Presence::Nak => {
                let number = session.number;
                session.put(Kind::Nak { number }, None, &[]);
                session.converse(air, Sent::Presence, &[], &mut Vec::new(), &mut 0).map(|_| ())
            }
        });
        match asked {
            Ok(()) => Ok(true),
            Err(PcdError::Silence { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends the session: S(DESELECT), once more if it is not answered. The card is in HALT. So is
    /// one whose session an error has ended, which would else not be found again
    /// (ISO/IEC 14443-4:2018, 7.5.5.3, leaves a reader this after its retries).
    ///
    /// # Errors
    /// [`PcdError`] when there was no right answer; the session has ended all the same, and
    /// S(DESELECT) can be tried again. [`PcdError::Ended`] when the card has answered one before.
    pub fn deselect(&mut self, air: &mut impl Air) -> Result<(), PcdError> {
        if self.state == State::Deselected {
            return Err(PcdError::Ended);
        }
        self.state = State::Failed;
        self.put(Kind::Deselect, None, &[]);
        let mut got = String::new();
        for _ in 0..2 {
            let heard = self.transceive(air, ACTIVATION_FWT_FC);
            match self.read(&heard, Sent::Presence) {
                Ok(Reply::Deselected) => {
                    self.state = State::Deselected;
                    return Ok(());
                }
                _ => got = described(&heard),
            }
        }
        match got.as_str() {
            NOTHING => Err(PcdError::Silence { after: "S(DESELECT)" }),
            _ => Err(PcdError::Damage { after: "S(DESELECT)", got }),
        }
    }

    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, PcdError>,
    ) -> Result<T, PcdError> {
        if !self.is_open() {
            return Err(PcdError::Ended);
        }
        let done = work(self);
        if done.is_err() {
            self.state = State::Failed;
        }
        done
    }

    fn whole_exchange(
        &mut self,
        air: &mut impl Air,
        apdu: &[u8],
        response: &mut Vec<u8>,
    ) -> Result<(), PcdError> {
        let (mut rest, mut nad, mut waits) = (apdu, self.link.nad, 0);
        let mut more = loop {
            let has_cid = self.link.cid.is_some();
            let most = inf_bytes_max(self.link.fsc_bytes, has_cid, nad.is_some()).max(1);
            let (inf, after) = rest.split_at(rest.len().min(most));
            let chaining = !after.is_empty();
            let kind = Kind::Information { number: self.number, chaining };
            self.put(kind, nad.take(), inf);
            let sent = Sent::Block { chaining };
            let more = self.converse(air, sent, inf, response, &mut waits)?;
            if !chaining {
                break more;
            }
            rest = after;
        };
        let (first, mut blocks) = (response.len(), 0);
        while more {
            blocks += 1;
            if blocks > RESPONSE_BYTES_MAX || response.len() - first > RESPONSE_BYTES_MAX {
                return Err(PcdError::Protocol {
                    after: "R(ACK)",
                    expected: "the end of the chain",
                    got: format!("more than {RESPONSE_BYTES_MAX} bytes or blocks"),
                });
            }
            self.put(Kind::Ack { number: self.number }, None, &[]);
            more = self.converse(air, Sent::Next, &[], response, &mut waits)?;
        }
        Ok(())
    }

    /// Sends what was put and everything that is needed until it has its answer. Appends what an
    /// I-block brings; `true` when more of it follows.
    fn converse(
        &mut self,
        air: &mut impl Air,
        sent: Sent,
        inf: &[u8],
        response: &mut Vec<u8>,
        waits: &mut u32,
    ) -> Result<bool, PcdError> {
        let (mut faults, mut repeats) = (0, 0);
        let mut wait_fc = self.link.fwt_fc;
        let nad = self.link.nad.filter(|_| self.frame.bytes.first().is_some_and(|b| b & 4 != 0));
        loop {
            let heard = self.transceive(air, std::mem::replace(&mut wait_fc, self.link.fwt_fc));
            let protocol = |got| {
                let (after, expected) = (sent.name(), sent.expected());
                Err(PcdError::Protocol { after, expected, got })
            };
            match (self.read(&heard, sent), sent) {
                (Ok(Reply::Information { .. }), Sent::Block { chaining: true })
                | (Ok(Reply::WrongNumber), _) => return protocol(described(&heard)),
                (Ok(Reply::Information { inf, chaining }), Sent::Block { .. } | Sent::Next) => {
                    self.number = !self.number;
                    response.extend_from_slice(inf);
                    return Ok(chaining);
                }
                (Ok(Reply::Ack), Sent::Block { chaining: true }) => {
                    self.number = !self.number;
                    return Ok(false);
                }
                (Ok(Reply::Ack), Sent::Block { chaining: false }) => {
                    return protocol(described(&heard));
                }
                (Ok(Reply::Missed), Sent::Presence) => return Ok(false),
                (Ok(Reply::Missed), Sent::Block { chaining }) => {
                    repeats += 1;
                    if repeats > 2 * u32::from(self.link.retries) + 1 {
                        return protocol(format!("{}, again and again", described(&heard)));
                    }
                    self.put(Kind::Information { number: self.number, chaining }, nad, inf);
                    continue;
                }
                (Ok(Reply::WaitingTime(wtxm)), _) => {
                    *waits += 1;
                    let right = matches!(wtxm & 0x3F, 1..=59);
                    if !right || *waits > self.link.waits {
                        return protocol(format!("{} for the {waits}. time", described(&heard)));
                    }
                    faults = 0;
                    wait_fc = extended_fwt_fc(self.link.fwt_fc, wtxm & 0x3F);
                    self.put(Kind::WaitingTime, None, &[wtxm & 0x3F]);
                    continue;
                }
                _ => {}
            }
            faults += 1;
            if faults > self.link.retries {
                let after = sent.name();
                return Err(match heard {
                    Heard::Nothing => PcdError::Silence { after },
                    heard => PcdError::Damage { after, got: described(&heard) },
                });
            }
            let number = self.number;
            let again = sent == Sent::Next;
            self.put(if again { Kind::Ack { number } } else { Kind::Nak { number } }, None, &[]);
        }
    }

    /// What was heard, if it is a whole block for this session that can come now.
    fn read<'a>(&self, heard: &'a Heard, sent: Sent) -> Result<Reply<'a>, ()> {
        let Heard::Frame(frame) = heard else { return Err(()) };
        let ours = frame.of == self.link.picc_type && frame.rate == self.link.to_reader;
        let bytes = frame.checked().filter(|_| ours).ok_or(())?;
        if frame.bytes.len() > self.link.fsd_bytes {
            return Err(());
        }
        let block = Block::parse(bytes).map_err(|_| ())?;
        if block.cid.map(|cid| cid & 0x0F) != self.link.cid {
            return Err(());
        }
        // A card has node addresses in its first block, when its reader had them in its own, and
        // there from its own side (ISO/IEC 14443-4:2018, 7.1.2.3).
        let is_first = matches!(sent, Sent::Block { chaining: false });
        let nad = self.link.nad.filter(|_| is_first).map(|nad| nad.rotate_left(4));
        if matches!(block.kind, Kind::Information { .. }) && block.nad != nad {
            return Err(());
        }
        match block.kind {
            Kind::Information { number, chaining } if number == self.number => {
                Ok(Reply::Information { inf: block.inf, chaining })
            }
            Kind::Information { .. } if self.link.wrong_number_ends => Ok(Reply::WrongNumber),
            Kind::Ack { number } if number == self.number => Ok(Reply::Ack),
            Kind::Ack { .. } if sent != Sent::Next => Ok(Reply::Missed),
            Kind::WaitingTime => {
                Ok(Reply::WaitingTime(block.inf.first().copied().unwrap_or_default()))
            }
            Kind::Deselect => Ok(Reply::Deselected),
            _ => Err(()),
        }
    }

    /// Makes the next frame.
    fn put(&mut self, kind: Kind, nad: Option<u8>, inf: &[u8]) {
        let bytes = &mut self.frame.bytes;
        bytes.clear();
        Block { kind, cid: self.link.cid, nad, inf }.emit(bytes);
        let crc = match self.link.picc_type {
            PiccType::A => crc_a(bytes),
            PiccType::B => crc_b(bytes),
        };
        bytes.extend_from_slice(&crc);
    }

    fn transceive(&self, air: &mut impl Air, wait_fc: u64) -> Heard {
        air.pause(self.link.gap_fc);
        air.transceive(&self.frame, wait_fc.saturating_add(DELTA_FWT_FC))
    }
}

const NOTHING: &str = "nothing";

/// What was heard, for an error.
pub(super) fn described(heard: &Heard) -> String {
    match heard {
        Heard::Nothing => NOTHING.into(),
        Heard::Noise => "noise".into(),
        Heard::Collision { at, .. } => format!("a collision at bit {at}"),
        Heard::Frame(frame) => {
            let mut text = String::new();
            for byte in frame.bytes.iter().take(16) {
                text.push_str(&format!("{byte:02X}"));
            }
            if frame.bytes.len() > 16 {
                text.push('…');
            }
            if frame.checked().is_none() {
                text.push_str(" (damaged)");
            }
            text
        }
    }
}

#[cfg(test)]
mod tests;

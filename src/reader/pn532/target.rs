//! A card a PN532 has found: what the host is told of it, blocks or frames to and from it, how it
//! is put aside and woken again.

use super::{
    command::Status,
    registers::{Framing, Registers},
    thru,
};
use crate::{
    field::search::{POLL_GUARD_FC, Step, a, b},
    link::{
        Frame, PiccType,
        pcd::{
            Air, Atqb, Heard, PcdError, Presence, Session,
            activation::{Options, SelectedA, attrib, rats, select_a},
        },
    },
};

/// The code of the longest frame the chip takes from a card: 64 bytes.
const FSDI: u8 = 5;

/// Bytes of the longest command a host can put together with More Information.
const COMMAND_BYTES_MAX: usize = 65_544;

/// Bytes of a card's answer that go into one response: a frame's less TFI, code and status.
pub const DATA_BYTES_MAX: usize = 262;

/// The status byte's mark that more of the answer waits.
const MORE: u8 = 0x40;

/// How long S(DESELECT) is waited for, in carrier periods.
const DESELECT_FC: u64 = 65_536 + 49_152;

/// How often it is sent, and after which silence: longer than any TR2 and frame delay.
const DESELECT_TRIES: u8 = 3;
const DESELECT_GAP_FC: u64 = 9472;

/// How long a card of Type B may take to answer a request, in carrier periods.
const REQUEST_B_FC: u64 = 7680;
/// The same for Type A.
const REQUEST_A_FC: u64 = 1236 + 4 * 128;

/// A target.
#[derive(Debug)]
pub struct Target {
    card: Card,
    session: Option<Session>,
    whereabouts: Whereabouts,
    /// What has come of a command of which more follows.
    command: Vec<u8>,
    /// What has not gone to the host of an answer.
    rest: Vec<u8>,
}

/// Where a card is, as far as is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whereabouts {
    /// Selected or activated.
    Awake,
    /// Put aside, and it has said so.
    Aside,
    /// Anywhere: something was not answered as it should have been.
    Unknown,
}

#[derive(Debug)]
enum Card {
    A {
        card: SelectedA,
        /// Empty when the card was not activated.
        ats: Vec<u8>,
    },
    B {
        atqb: Atqb,
        /// Of ATTRIB; empty when the card was not activated.
        answer: Vec<u8>,
    },
}

/// How targets are activated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Activation {
    /// A card of Type A that has part 4 gets RATS.
    pub rats: bool,
    /// The target's number, which is its CID if CIDs are used.
    pub number: u8,
    /// Cards of Type A get a CID; those of Type B always do.
    pub cid: bool,
    /// How often anything is asked for again.
    pub retries: u8,
}

impl Activation {
    fn options(self, of: PiccType) -> Options {
        let cid = (self.cid || of == PiccType::B).then_some(self.number);
        Options { fsdi: FSDI, cid, retries: self.retries, ..Options::default() }
    }
}

/// What a search comes to.
#[derive(Debug)]
pub enum Outcome {
    /// A card, activated as was asked.
    Found(Box<Target>),
    /// Nobody answers the request.
    Nobody,
    /// Somebody does, and nothing comes of it.
    Lost,
}

/// Finds a card of Type A that is not put aside.
pub fn find_a(air: &mut impl Air, activation: Activation) -> Outcome {
    let mut atqa = [0; 2];
    let observe = |_: &_, step: Step<'_, a::Concludes>| {
        if let (Some(_), Heard::Frame(frame) | Heard::Collision { frame, .. }) =
            (step.sent.short_command(), step.heard)
            && let &[low, high] = &frame.bytes[..]
        {
            atqa = [low, high];
        }
    };
    let found = a::Search::new(air, a::Options::default(), observe).next_card();
    match found {
        Ok(Some(found)) => {
            let card = SelectedA { atqa, uid: found.uid, sak: found.sak };
            activate_a(air, card, activation)
        }
        Ok(None) => Outcome::Nobody,
        Err(_) => Outcome::Lost,
    }
}

/// Finds the card of Type A that has this UID, with cascade tags or without, put aside or not.
pub fn find_uid(air: &mut impl Air, told: &[u8], activation: Activation) -> Outcome {
    let uid = &without_tags(told)[..];
    let Some(atqa) = wake_a(air) else { return Outcome::Nobody };
    match select_a(air, uid) {
        Ok(sak) => activate_a(air, SelectedA { atqa, uid: uid.to_vec(), sak }, activation),
        Err(_) => Outcome::Lost,
    }
}

/// Finds a card of Type B that is not put aside.
pub fn find_b(air: &mut impl Air, afi: u8, activation: Activation) -> Outcome {
    let options = b::Options { afi, rounds_max: 64, ..b::Options::default() };
    let found = b::Search::new(air, options, |_: &_, _: _| {}).next_card();
    match found {
        Ok(Some(atqb)) => {
            let mut target = Target::new(Card::B { atqb, answer: Vec::new() });
            match target.activate(air, activation) {
                Ok(()) => Outcome::Found(Box::new(target)),
                Err(_) => Outcome::Lost,
            }
        }
        Ok(None) => Outcome::Nobody,
        Err(_) => Outcome::Lost,
    }
}

fn activate_a(air: &mut impl Air, card: SelectedA, activation: Activation) -> Outcome {
    let has_part_4 = card.has_part4();
    let mut target = Target::new(Card::A { card, ats: Vec::new() });
    if has_part_4 && activation.rats && target.activate(air, activation).is_err() {
        return Outcome::Lost;
    }
    Outcome::Found(Box::new(target))
}

/// A UID without cascade tags.
fn without_tags(told: &[u8]) -> Vec<u8> {
    match *told {
        [0x88, a, b, c, 0x88, ref rest @ ..] if rest.len() == 7 => [&[a, b, c], rest].concat(),
        [0x88, ref rest @ ..] if rest.len() == 7 => rest.to_vec(),
        _ => told.to_vec(),
    }
}

/// WUPA; what was heard, if somebody answers.
fn wake_a(air: &mut impl Air) -> Option<[u8; 2]> {
    air.pause(POLL_GUARD_FC);
    match air.transceive(&Frame::short(0x52), REQUEST_A_FC) {
        Heard::Nothing => None,
        Heard::Frame(frame) | Heard::Collision { frame, .. } => match frame.bytes[..] {
            [low, high] => Some([low, high]),
            _ => Some([0; 2]),
        },
        Heard::Noise => Some([0; 2]),
    }
}

impl Target {
    const fn new(card: Card) -> Self {
        Self {
            card,
            session: None,
            whereabouts: Whereabouts::Awake,
            command: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// Type A or B.
    #[must_use]
    pub const fn picc_type(&self) -> PiccType {
        match self.card {
            Card::A { .. } => PiccType::A,
            Card::B { .. } => PiccType::B,
        }
    }

    /// It speaks blocks.
    #[must_use]
    pub const fn is_activated(&self) -> bool {
        self.session.is_some()
    }

    /// It can be spoken to.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        let is_open = self.session.as_ref().is_none_or(Session::is_open);
        self.whereabouts == Whereabouts::Awake && is_open
    }

    /// A request finds it if it was put aside, and not for certain otherwise.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        self.whereabouts == Whereabouts::Aside
    }

    /// It stays active while other cards are spoken to, for its blocks have a CID.
    #[must_use]
    pub fn bears_others(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.link().cid.is_some())
    }

    /// What the host is told of it: InListPassiveTarget's TargetData, the number first.
    #[must_use]
    pub fn data(&self, number: u8) -> Vec<u8> {
        let mut data = vec![number];
        match &self.card {
            Card::A { card: SelectedA { atqa: [low, high], uid, sak }, ats } => {
                // At most 10 bytes.
                data.extend_from_slice(&[*high, *low, *sak, uid.len() as u8]);
                data.extend_from_slice(uid);
                data.extend_from_slice(ats);
            }
            Card::B { atqb, answer } => {
                data.push(0x50);
                data.extend_from_slice(&atqb.pupi);
                data.extend_from_slice(&atqb.application_data);
                data.extend_from_slice(&atqb.protocol);
                data.push(answer.len() as u8);
                data.extend_from_slice(answer);
            }
        }
        data
    }

    /// RATS or ATTRIB to the card, which must be selected or have declared itself. When its answer
    /// is lost the card is activated and knows no such frame any more: S(DESELECT) and a request
    /// lead back.
    fn activate(&mut self, air: &mut impl Air, activation: Activation) -> Result<(), PcdError> {
        let mut tries = 0;
        loop {
            match self.try_to_activate(air, activation) {
                Err(_) if tries < activation.retries => tries += 1,
                tried => return tried,
            }
            deselect(air, self.picc_type(), Some(activation.number));
            deselect(air, self.picc_type(), None);
            // What goes wrong here goes wrong in the next try.
            let _ = self.request(air);
        }
    }

    fn try_to_activate(
        &mut self,
        air: &mut impl Air,
        activation: Activation,
    ) -> Result<(), PcdError> {
        let options = activation.options(self.picc_type());
        let mut air = Overheard { air, last: None };
        match &mut self.card {
            Card::A { ats, .. } => {
                let (_, session) = rats(&mut air, &options)?;
                // What it was heard to say last is the ATS: rates are not negotiated.
                let last = air.last.unwrap_or_else(|| Frame::standard(&[]));
                *ats = last.checked().unwrap_or_default().to_vec();
                self.session = Some(session);
            }
            Card::B { atqb, answer } => {
                if !atqb.has_part4() {
                    return Ok(());
                }
                let (_, session) = attrib(&mut air, atqb, &options)?;
                let last = air.last.unwrap_or_else(|| Frame::type_b(&[]));
                *answer = last.checked().unwrap_or_default().to_vec();
                self.session = Some(session);
            }
        }
        Ok(())
    }

    /// WUPA and SELECT, or WUPB.
    fn request(&self, air: &mut impl Air) -> Result<(), Status> {
        match &self.card {
            Card::A { card, .. } => {
                wake_a(air).ok_or(Status::TimeOut)?;
                select_a(air, &card.uid).map_err(|error| status(&error))?;
            }
            Card::B { .. } => {
                // Others may answer too; the card has declared itself all the same.
                air.pause(POLL_GUARD_FC);
                let request = Frame::with_crc(PiccType::B, &[0x05, 0x00, 0x08]);
                air.transceive(&request, REQUEST_B_FC);
            }
        }
        Ok(())
    }

    /// Puts the card aside: S(DESELECT), HLTA or HLTB. One that has failed before is not taken to
    /// be aside, whatever it answers.
    pub fn put_aside(&mut self, air: &mut impl Air) {
        if self.is_aside() {
            return;
        }
        self.command.clear();
        self.rest.clear();
        let was_awake = self.is_awake();
        let has_answered = self.halt(air);
        self.whereabouts =
            if was_awake && has_answered { Whereabouts::Aside } else { Whereabouts::Unknown };
    }

    /// Whether the card has answered as it should; to HLTA that is nothing.
    fn halt(&self, air: &mut impl Air) -> bool {
        match (&self.session, &self.card) {
            (Some(session), _) => deselect(air, self.picc_type(), session.link().cid),
            (None, Card::A { .. }) => {
                let halt = Frame::with_crc(PiccType::A, &[0x50, 0x00]);
                air.transceive(&halt, REQUEST_B_FC) == Heard::Nothing
            }
            (None, Card::B { atqb, .. }) => {
                let [a, b, c, d] = atqb.pupi;
                let halt = Frame::with_crc(PiccType::B, &[0x50, a, b, c, d]);
                let heard = air.transceive(&halt, DESELECT_FC);
                matches!(heard, Heard::Frame(frame) if frame.checked() == Some(&[0x00]))
            }
        }
    }

    /// Wakes a card that is not awake, down to where it was.
    ///
    /// # Errors
    /// The status the host is told.
    pub fn wake(&mut self, air: &mut impl Air, activation: Activation) -> Result<(), Status> {
        if self.is_awake() {
            return Ok(());
        }
        self.command.clear();
        self.rest.clear();
        if !self.is_aside() {
            self.halt(air);
        }
        self.whereabouts = Whereabouts::Unknown;
        let mut tries = 0;
        while let Err(status) = self.request(air) {
            if tries == activation.retries {
                return Err(status);
            }
            tries += 1;
            // It may speak blocks, and then hears no request.
            self.halt(air);
        }
        if self.session.is_some() {
            self.activate(air, activation).map_err(|error| status(&error))?;
        }
        self.whereabouts = Whereabouts::Awake;
        Ok(())
    }

    /// Whether the card is still there.
    ///
    /// # Errors
    /// [`Status::NotAcceptable`] when it was never activated.
    pub fn is_present(&mut self, air: &mut impl Air) -> Result<bool, Status> {
        let session = self.session.as_mut().ok_or(Status::NotAcceptable)?;
        Ok(session.is_present(air, Presence::Nak).unwrap_or(false))
    }

    /// InDataExchange: data to the card, and the response's status and data.
    pub fn exchange(
        &mut self,
        registers: &mut Registers,
        air: &mut impl Air,
        (data, more): (&[u8], bool),
        wait_fc: u64,
    ) -> Vec<u8> {
        if data.is_empty() && !more && !self.rest.is_empty() {
            return self.next_part();
        }
        self.rest.clear();
        if self.command.len() + data.len() > COMMAND_BYTES_MAX {
            self.command.clear();
            return vec![Status::Overflow as u8];
        }
        self.command.extend_from_slice(data);
        if more {
            return vec![Status::Fine as u8];
        }
        let command = std::mem::take(&mut self.command);
        let answer = match &mut self.session {
            Some(session) => session.exchange(air, &command).map_err(|error| status(&error)),
            None => {
                let of = self.picc_type();
                registers.prepare(if of == PiccType::A { Framing::A } else { Framing::B });
                thru::transceive(registers, air, &command, wait_fc)
            }
        };
        match answer {
            Ok(answer) => {
                self.rest = answer;
                self.next_part()
            }
            Err(status) => vec![status as u8],
        }
    }

    fn next_part(&mut self) -> Vec<u8> {
        let after = self.rest.split_off(self.rest.len().min(DATA_BYTES_MAX));
        let status = if after.is_empty() { Status::Fine as u8 } else { MORE };
        let part = std::mem::replace(&mut self.rest, after);
        [&[status], &part[..]].concat()
    }
}

/// S(DESELECT), again when it is not answered; whether it was.
fn deselect(air: &mut impl Air, of: PiccType, cid: Option<u8>) -> bool {
    let (bytes, length) = match cid {
        Some(cid) => ([0xCA, cid], 2),
        None => ([0xC2, 0x00], 1),
    };
    let frame = Frame::with_crc(of, bytes.get(..length).unwrap_or_default());
    (0..DESELECT_TRIES).any(|_| {
        air.pause(DESELECT_GAP_FC);
        let heard = air.transceive(&frame, DESELECT_FC);
        let Heard::Frame(answer) = &heard else { return false };
        answer.checked().is_some_and(|answer| answer.first() == Some(&bytes[0]))
    })
}

/// The status byte of a session that went wrong.
fn status(error: &PcdError) -> Status {
    match error {
        PcdError::Silence { .. } | PcdError::Ended => Status::TimeOut,
        PcdError::Damage { .. } => Status::Crc,
        PcdError::Protocol { .. } => Status::Protocol,
        PcdError::Unsupported(_) => Status::NotAcceptable,
        PcdError::TooLong { .. } => Status::Overflow,
    }
}

/// An air that remembers the last frame that was heard.
struct Overheard<'a, R> {
    air: &'a mut R,
    last: Option<Frame>,
}

impl<R: Air> Air for Overheard<'_, R> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        let heard = self.air.transceive(frame, wait_fc);
        self.last = match &heard {
            Heard::Frame(frame) => Some(frame.clone()),
            _ => None,
        };
        heard
    }

    fn pause(&mut self, fc: u64) {
        self.air.pause(fc);
    }

    fn now_fc(&self) -> u64 {
        self.air.now_fc()
    }
}

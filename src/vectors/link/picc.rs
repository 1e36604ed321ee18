//! A dialogue with a single card on the air: frames as they are on `picc-a` and `picc-b`, or
//! blocks without their checks behind an activation on `block`.

use crate::link::{
    Application, Frame, PiccType, Rate,
    picc::{
        Parameters, Part4, Picc, Rates, TypeA, TypeB, Uid,
        sizes::{fc_of_us, frame_bytes, sfgt_fc},
        timing::frame_fc,
        uid::RANDOM_MARK,
    },
};

use super::{
    Behind, Dialogue, Event, Like, Link, Settings, bits,
    run::{Bytes, Heard, Peer},
};

/// Carrier periods between what a card has said and the reader's next frame, unless the card asks
/// for more with its SFGI: 516 microseconds.
const PAUSE_FC: u64 = 7_000;

/// Seed of what a card draws.
const SEED: u64 = 1;

/// A card in a field, and its reader's clock.
pub struct Air {
    picc: Picc<Box<dyn Application>>,
    now_fc: u64,
    /// Lines are blocks.
    blocks: bool,
    rates: Agreed,
}

/// The bit rates in force.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Agreed {
    to_card: Rate,
    to_reader: Rate,
}

impl Air {
    /// A card in a field that is on; on `block` it is activated.
    ///
    /// # Errors
    /// Why there is no such card.
    pub fn new(dialogue: &Dialogue, behind: Behind) -> Result<Self, String> {
        let Behind { application, like } = behind;
        let told = match &like {
            Some(Like { picc_type: PiccType::B, .. }) => Some("b"),
            Some(_) => None,
            None => dialogue.card.word("type"),
        };
        let of = match (dialogue.link, told) {
            (Link::PiccA | Link::PiccB, _) if like.is_some() => match dialogue.link {
                Link::PiccB => PiccType::B,
                _ => PiccType::A,
            },
            (Link::PiccB, None | Some("b")) | (Link::Block, Some("b")) => PiccType::B,
            (Link::PiccA, None | Some("a")) | (Link::Block, None | Some("a")) => PiccType::A,
            (link, _) => {
                return Err(format!("a card of this type is not held with {}", link.name()));
            }
        };
        let parameters = match (like, of) {
            (Some(like), PiccType::A) => Parameters::A(like.a),
            (Some(like), PiccType::B) => Parameters::B(like.b),
            (None, of) => parameters(&dialogue.card, of)?,
        };
        let mut picc = Picc::new(parameters, application, SEED);
        give_draws(&mut picc, &dialogue.card);
        picc.field_on();
        let blocks = dialogue.link == Link::Block;
        let mut air = Self { picc, now_fc: 100_000, blocks, rates: Agreed::default() };
        if blocks {
            air.activate(&dialogue.reader)?;
        }
        Ok(air)
    }

    fn activate(&mut self, reader: &Settings) -> Result<(), String> {
        let fsd = reader.number("fsd").unwrap_or(256);
        let fsdi = size_code(fsd).ok_or_else(|| format!("there is no FSD {fsd}"))?;
        let cid = reader.byte("cid").unwrap_or(0);
        let identifier = self.picc.identifier().to_vec();
        let frames = match (self.picc.picc_type(), identifier.as_slice()) {
            (PiccType::A, &[a, b, c, d]) => vec![
                Frame::short(0x26),
                Frame::with_crc(PiccType::A, &[0x93, 0x70, a, b, c, d, a ^ b ^ c ^ d]),
                Frame::with_crc(PiccType::A, &[0xE0, fsdi << 4 | cid]),
            ],
            (PiccType::B, &[a, b, c, d]) => vec![
                Frame::with_crc(PiccType::B, &[0x05, 0x00, 0x00]),
                Frame::with_crc(PiccType::B, &[0x1D, a, b, c, d, 0x00, fsdi, 0x01, cid]),
            ],
            _ => return Err("on the link block a card has an identifier of four bytes".into()),
        };
        for frame in frames {
            if self.transceive(&frame).is_none() {
                return Err(format!(
                    "the card is silent to {:02X?}, and is not active",
                    frame.bytes
                ));
            }
        }
        Ok(())
    }

    /// Sends a frame; the answer, and how long after it began.
    fn transceive(&mut self, frame: &Frame) -> Option<(Frame, u64)> {
        let guard_fc = sfgt_fc(self.picc.parameters().part4().sfgi);
        self.now_fc += PAUSE_FC.max(guard_fc) + frame_fc(frame);
        let answer = self.picc.on_frame(self.now_fc, frame)?;
        self.now_fc = self.now_fc.saturating_add(answer.delay_fc) + frame_fc(&answer.frame);
        Some((answer.frame, answer.delay_fc))
    }
}

impl Peer for Air {
    fn send(&mut self, sent: &Bytes<'_>) -> Result<Heard, String> {
        let of = self.picc.picc_type();
        let sent = Bytes { check: sent.check || self.blocks, ..*sent };
        let frame = frame(of, &sent, self.blocks).at(self.rates.to_card);
        let state = self.picc.state();
        let answer = self.transceive(&frame);
        let layer = if self.blocks { "block" } else { "frame" };
        let who = format!("{layer}, card in {state}");
        let Some((answer, delay_fc)) = answer else { return Ok(Heard { who, ..Heard::default() }) };
        let mut heard = heard(&answer, Some(delay_fc), who);
        if answer.rate != self.rates.to_reader {
            heard.fault = Some(format!("its rate is {:?}", answer.rate));
        }
        self.rates = self.rates.after(of, sent.bytes, &answer.bytes);
        if self.blocks {
            if !heard.checked {
                heard.fault = Some("its check is wrong".into());
            }
            let bytes = answer.bytes.get(..answer.bytes.len().saturating_sub(2));
            heard.bytes = bytes.map(<[u8]>::to_vec);
            heard.bits = None;
        }
        Ok(heard)
    }

    fn event(&mut self, event: &Event) -> Result<Option<Heard>, String> {
        match event {
            Event::On => self.picc.field_on(),
            Event::Off => {
                self.picc.field_off();
                self.rates = Agreed::default();
            }
            Event::Wait(time_us) => self.now_fc = self.now_fc.saturating_add(fc_of_us(*time_us)),
            _ => return Err("there is no such event with a single card".into()),
        }
        self.now_fc += 100_000;
        Ok(None)
    }
}

impl Agreed {
    /// The rates after something was sent and answered so: PPS and ATTRIB set them, S(DESELECT)
    /// takes them back.
    pub(super) fn after(self, of: PiccType, sent: &[u8], answer: &[u8]) -> Self {
        let agreed = |integers: u8| Self {
            to_reader: Rate::of_integer(integers >> 2),
            to_card: Rate::of_integer(integers),
        };
        match (of, sent, answer) {
            (PiccType::A, &[start @ 0xD0..=0xDF, 0x11, integers, ..], &[first, ..])
                if first == start =>
            {
                agreed(integers)
            }
            (PiccType::B, &[0x1D, _, _, _, _, _, rates, ..], _) => agreed(rates >> 4),
            (_, &[0xC2 | 0xCA, ..], &[0xC2 | 0xCA, ..]) => Self::default(),
            _ => self,
        }
    }
}

/// The frame a vector's line stands for.
pub(super) fn frame(of: PiccType, sent: &Bytes<'_>, blocks: bool) -> Frame {
    let mut frame = match (of, sent.check) {
        (_, true) => Frame::with_crc(of, sent.bytes),
        (PiccType::A, false) => Frame::standard(sent.bytes),
        (PiccType::B, false) => Frame::type_b(sent.bytes),
    };
    if sent.last_bits < 8 {
        frame.last_bits = sent.last_bits;
        if let Some(byte) = frame.bytes.last_mut() {
            *byte &= (1 << sent.last_bits) - 1;
        }
    }
    match frame.bytes.last_mut() {
        Some(check) if sent.damaged && blocks => *check ^= 0xFF,
        _ => frame.intact = !sent.damaged,
    }
    frame
}

/// What a reader hears of a frame.
pub(super) fn heard(frame: &Frame, at: Option<u64>, who: String) -> Heard {
    let whole = frame.is_whole();
    Heard {
        bytes: whole.then(|| frame.bytes.clone()),
        bits: (frame.of == PiccType::A).then(|| bits::of(frame)),
        at,
        checked: frame.checked().is_some(),
        fault: (!frame.intact).then(|| "it is damaged".into()),
        who,
        ..Heard::default()
    }
}

/// A card's slots, where a vector gives them.
pub(super) fn give_draws(picc: &mut Picc<Box<dyn Application>>, settings: &Settings) {
    let draws = settings.numbers("draws").unwrap_or_default();
    let draws: Vec<u8> = draws.iter().map(|&slot| slot as u8).collect();
    picc.give_draws(&draws);
}

/// The card a vector's settings describe.
pub(super) fn parameters(settings: &Settings, of: PiccType) -> Result<Parameters, String> {
    let fsc = settings.number("fsc").unwrap_or(256);
    let part4 = Part4 {
        fsci: size_code(fsc).ok_or_else(|| format!("there is no FSC {fsc}"))?,
        fwi: settings.byte("fwi").unwrap_or(8),
        sfgi: settings.byte("sfgi").unwrap_or(0),
        rates: Rates::of_byte(settings.byte("rates").unwrap_or(0)),
        cid: settings.yes("cid").unwrap_or(true),
        nad: settings.yes("nad").unwrap_or(false),
    };
    let has_part4 = settings.yes("part-4").unwrap_or(true);
    let parameters = match of {
        PiccType::A => {
            let mut card = TypeA { part4, has_part4, ..TypeA::new(uid(settings)?) };
            card.historical = settings.bytes("historical").unwrap_or_default().to_vec();
            if let Some(&[first, second]) = settings.bytes("atqa") {
                card.anticollision_bit = (first & 0x1F).trailing_zeros() as u8 + 1;
                card.atqa_proprietary = second;
            }
            card.sak_incomplete = settings.byte("sak-incomplete").unwrap_or(0);
            card.sak_complete = settings.byte("sak-complete").unwrap_or(0);
            Parameters::A(card)
        }
        PiccType::B => {
            let pupi = settings.bytes("pupi").and_then(|pupi| pupi.try_into().ok());
            let mut card = TypeB { part4, has_part4, ..TypeB::new(pupi) };
            card.afi = settings.byte("afi").unwrap_or(0);
            card.slot_marker = settings.yes("slot-marker").unwrap_or(true);
            if let Some(data) = settings.bytes("application-data") {
                card.application_data = data.try_into().unwrap_or_default();
            }
            Parameters::B(card)
        }
    };
    parameters.check().map_err(|error| error.to_string())?;
    Ok(parameters)
}

fn uid(settings: &Settings) -> Result<Uid, String> {
    if settings.yes("uid-random") == Some(true) {
        return Ok(Uid::random());
    }
    match settings.bytes("uid").unwrap_or(&[1, 2, 3, 4]) {
        &[RANDOM_MARK, a, b, c] => Ok(Uid::random_first([a, b, c])),
        uid => Uid::fixed(uid).map_err(|error| error.to_string()),
    }
}

/// FSCI or FSDI of a size.
pub(super) fn size_code(bytes: u64) -> Option<u8> {
    (0..=12).find(|&code| frame_bytes(code) as u64 == bytes)
}

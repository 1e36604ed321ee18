//! From a field to a session: finding the one card in it, RATS and PPS, ATTRIB
//! (ISO/IEC 14443-3:2018, 6.5 and 7; ISO/IEC 14443-4:2018, 5).
//!
//! Several cards need an anticollision loop, which is not here: what [`select_a`], [`rats`] and
//! [`attrib`] need can come from it.

use super::{
    Air, Heard, POLL_GUARD_FC, PcdError,
    session::{Link, Presence, Session, described},
    told::{Atqb, Ats},
};
use crate::link::{
    Frame, PiccType, Rate,
    picc::{
        sizes::{ACTIVATION_FWT_FC, DELTA_FWT_FC, Rates, frame_bytes, sfgt_fc},
        uid::CASCADE_TAG,
    },
};

/// What a reader waits for answers of anticollision, from the end of its frame: those of Type A
/// come after 1236 at the latest, an ATQB within TR0 and TR1 (7680 in all).
const STEP_A_FC: u64 = 1236 + 128;
const STEP_B_FC: u64 = 7680;

/// How long after HLTA a card may still say that it has not understood: 1 ms.
const HLTA_FC: u64 = 13_560;

/// Between what a card said and the next frame.
const GAP_A_FC: u64 = 1172;
const GAP_B_FC: u64 = 1792;

const PART4: &str = "ISO/IEC 14443-4";

/// How a reader activates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The code of the longest frame the reader takes, 0 to C.
    pub fsdi: u8,
    /// The CID to give, 0 to 14, if the card takes one. `None` gives 0 and leaves it out of blocks.
    pub cid: Option<u8>,
    /// Node addresses for first blocks, if the card takes them.
    pub nad: Option<u8>,
    /// The bit rates of the reader; the fastest that both sides can are agreed on.
    pub rates: Rates,
    /// WUPA and WUPB instead of REQA and REQB: cards in HALT answer too.
    pub wakes: bool,
    /// The application family asked for.
    pub afi: u8,
    /// How many times anything is asked for again.
    pub retries: u8,
}

impl Default for Options {
    /// FSD 256, no CID, no NAD, fc/128, cards in HALT too, all families, two retries.
    fn default() -> Self {
        Self { fsdi: 8, cid: None, nad: None, rates: Rates::NONE, wakes: true, afi: 0, retries: 2 }
    }
}

/// A selected card of Type A.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelectedA {
    /// The ATQA in the order of the air.
    pub atqa: [u8; 2],
    /// 4, 7 or 10 bytes.
    pub uid: Vec<u8>,
    /// The last SAK.
    pub sak: u8,
}

impl SelectedA {
    /// The card has ISO/IEC 14443-4.
    #[must_use]
    pub const fn has_part4(&self) -> bool {
        self.sak & 0x24 == 0x20
    }
}

/// A card with which there is a session.
#[derive(Clone, Debug)]
pub enum Activated {
    /// Type A.
    A {
        /// What it told in anticollision.
        card: SelectedA,
        /// What it told after RATS.
        ats: Ats,
        /// The session.
        session: Session,
    },
    /// Type B.
    B {
        /// What it told in anticollision.
        atqb: Atqb,
        /// The maximum buffer length index of its answer to ATTRIB.
        mbli: u8,
        /// The session.
        session: Session,
    },
}

impl Activated {
    /// The session.
    pub const fn session(&mut self) -> &mut Session {
        match self {
            Self::A { session, .. } | Self::B { session, .. } => session,
        }
    }

    /// The session, and nothing else.
    #[must_use]
    pub fn into_session(self) -> Session {
        match self {
            Self::A { session, .. } | Self::B { session, .. } => session,
        }
    }
}

/// Why there is no session.
enum Failed {
    /// No card was on the way to one.
    Early(PcdError),
    /// This one was, and may be in PROTOCOL.
    HalfWay(PiccType, PcdError),
}

/// Finds the only card in the field, Type A before Type B, and activates it.
///
/// A card whose activation fails half-way is brought to HALT, also after the last try, and woken
/// again. Where [`Options::wakes`], so is one that does not answer the requests because a session
/// with it was not ended.
///
/// # Errors
/// [`PcdError`] when there is none, or it has no part 4, or the activation fails, or a CID that
/// cannot be given.
pub fn activate(air: &mut impl Air, options: &Options) -> Result<Activated, PcdError> {
    given_cid(options)?;
    let mut options = *options;
    let mut tries = 0;
    let mut sleeps = options.wakes;
    let mut half_way = None;
    loop {
        match try_to_activate(air, &options) {
            Ok(activated) => return Ok(activated),
            Err(Failed::HalfWay(of, error)) => {
                // An ATS that was not heard may have asked for any guard time there is.
                if of == PiccType::A {
                    air.pause(sfgt_fc(14));
                }
                release(air, of, &options);
                if tries == options.retries {
                    return Err(error);
                }
                tries += 1;
                (options.wakes, sleeps) = (true, true);
                half_way = Some(error);
            }
            Err(Failed::Early(PcdError::Silence { .. })) if sleeps => {
                sleeps = false;
                release(air, PiccType::A, &options);
                release(air, PiccType::B, &options);
            }
            // What a card came to before says more than that none is heard now.
            Err(Failed::Early(error @ PcdError::Silence { .. })) => {
                return Err(half_way.unwrap_or(error));
            }
            Err(Failed::Early(error)) => return Err(error),
        }
    }
}

fn try_to_activate(air: &mut impl Air, options: &Options) -> Result<Activated, Failed> {
    match poll_a(air, options) {
        Ok(card) if !card.has_part4() => {
            return Err(Failed::Early(PcdError::Unsupported(PART4)));
        }
        Ok(card) => {
            return match rats(air, options) {
                Ok((ats, session)) => Ok(Activated::A { card, ats, session }),
                Err(error) => Err(Failed::HalfWay(PiccType::A, error)),
            };
        }
        Err(PcdError::Silence { .. }) => {}
        Err(error) => return Err(Failed::Early(error)),
    }
    let atqb = poll_b(air, options).map_err(Failed::Early)?;
    match attrib(air, &atqb, options) {
        Ok((mbli, session)) => Ok(Activated::B { atqb, mbli, session }),
        Err(error @ PcdError::Unsupported(_)) => Err(Failed::Early(error)),
        Err(error) => Err(Failed::HalfWay(PiccType::B, error)),
    }
}

/// Sends S(DESELECT) for a card with which there is no session but that may be in PROTOCOL: at each
/// rate it may listen at, with the CID and without. Whether it was heard shows when the card is
/// woken.
fn release(air: &mut impl Air, of: PiccType, options: &Options) {
    let rates = [Rate::Fc128, Rate::Fc64, Rate::Fc32, Rate::Fc16];
    for to_card in rates.into_iter().filter(|&rate| options.rates.to_card(rate)) {
        for cid in [Some(options.cid.unwrap_or(0)), None] {
            let link = Link { cid, to_card, ..Link::new(of) };
            if Session::new(link).deselect(air).is_ok() {
                return;
            }
        }
    }
}

/// The CID for RATS and ATTRIB.
fn given_cid(options: &Options) -> Result<u8, PcdError> {
    match options.cid.unwrap_or(0) {
        cid @ 0..=14 => Ok(cid),
        _ => Err(PcdError::Unsupported("CID beyond 14")),
    }
}

/// Finds the only card of Type A and selects it. The field has been on for some time or not: 5.1 ms
/// pass first.
///
/// # Errors
/// [`PcdError`] when no card answers, or several, or one that breaks a rule.
pub fn poll_a(air: &mut impl Air, options: &Options) -> Result<SelectedA, PcdError> {
    let mut request = Frame::short(if options.wakes { 0x52 } else { 0x26 });
    let mut failed = PcdError::Silence { after: "REQA" };
    for _ in 0..=options.retries {
        match try_poll_a(air, &request) {
            Ok(card) => return Ok(card),
            Err(error) => failed = error,
        }
        // A card may be in any state now, also if nothing was heard of it, and to one in READY the
        // next request would be an error. HLTA leaves it in IDLE or, if it was selected, in HALT.
        air.pause(GAP_A_FC);
        air.transceive(&Frame::with_crc(PiccType::A, &[0x50, 0x00]), HLTA_FC);
        if !matches!(failed, PcdError::Silence { after: "REQA" }) {
            request = Frame::short(0x52);
        }
    }
    Err(failed)
}

fn try_poll_a(air: &mut impl Air, request: &Frame) -> Result<SelectedA, PcdError> {
    air.pause(POLL_GUARD_FC);
    let atqa = match air.transceive(request, STEP_A_FC) {
        Heard::Frame(frame) if frame.is_whole() && frame.bytes.len() == 2 => {
            [frame.bytes[0], frame.bytes[1]]
        }
        heard => return Err(bad("REQA", "an ATQA", &heard)),
    };
    let mut uid = Vec::with_capacity(10);
    for sel in [0x93, 0x95, 0x97] {
        air.pause(GAP_A_FC);
        let own = match air.transceive(&Frame::standard(&[sel, 0x20]), STEP_A_FC) {
            Heard::Frame(frame) if frame.is_whole() => <[u8; 5]>::try_from(&frame.bytes[..])
                .ok()
                .filter(|own| own.iter().fold(0, |bcc, byte| bcc ^ byte) == 0)
                .ok_or_else(|| bad("ANTICOLLISION", "four bytes and BCC", &Heard::Frame(frame)))?,
            heard => return Err(bad("ANTICOLLISION", "four bytes and BCC", &heard)),
        };
        let sak = select(air, sel, own)?;
        let [first, rest @ .., _] = own;
        if sak & 0x04 == 0 {
            uid.push(first);
            uid.extend(rest);
            return Ok(SelectedA { atqa, uid, sak });
        }
        if first != CASCADE_TAG {
            return Err(PcdError::Protocol {
                after: "SELECT",
                expected: "a SAK that says the UID is complete, as there was no cascade tag",
                got: format!("{sak:02X}"),
            });
        }
        uid.extend(rest);
    }
    Err(PcdError::Protocol {
        after: "SELECT",
        expected: "a complete UID after three levels",
        got: "a SAK that says more follows".into(),
    })
}

/// Selects the card with this UID of 4, 7 or 10 bytes, which must have been woken by a request.
///
/// # Errors
/// [`PcdError`] when it does not answer as it should, or no UID has so many bytes.
pub fn select_a(air: &mut impl Air, uid: &[u8]) -> Result<u8, PcdError> {
    if !matches!(uid.len(), 4 | 7 | 10) {
        return Err(PcdError::Unsupported("UID of that length"));
    }
    let mut rest = uid;
    let mut sak = 0;
    for sel in [0x93, 0x95, 0x97] {
        let [a, b, c, d] = match *rest {
            [a, b, c, d] => {
                rest = &[];
                [a, b, c, d]
            }
            [a, b, c, ref after @ ..] => {
                rest = after;
                [CASCADE_TAG, a, b, c]
            }
            _ => return Ok(sak),
        };
        sak = select(air, sel, [a, b, c, d, a ^ b ^ c ^ d])?;
    }
    Ok(sak)
}

fn select(air: &mut impl Air, sel: u8, own: [u8; 5]) -> Result<u8, PcdError> {
    let [a, b, c, d, bcc] = own;
    let select = Frame::with_crc(PiccType::A, &[sel, 0x70, a, b, c, d, bcc]);
    air.pause(GAP_A_FC);
    let heard = air.transceive(&select, STEP_A_FC);
    match checked(&heard) {
        Some(&[sak]) => Ok(sak),
        _ => Err(bad("SELECT", "a SAK", &heard)),
    }
}

/// RATS, again if it is not answered, and PPS where faster rates can be had; a card that keeps its
/// rates is spoken to at fc/128.
///
/// # Errors
/// [`PcdError`] when the card does not answer with an ATS, or the CID is beyond 14.
pub fn rats(air: &mut impl Air, options: &Options) -> Result<(Ats, Session), PcdError> {
    let cid = given_cid(options)?;
    let request = Frame::with_crc(PiccType::A, &[0xE0, options.fsdi << 4 | cid]);
    let mut heard = Heard::Nothing;
    let mut told = None;
    for _ in 0..=options.retries {
        air.pause(GAP_A_FC);
        heard = air.transceive(&request, ACTIVATION_FWT_FC + DELTA_FWT_FC);
        told = checked(&heard).and_then(|bytes| Ats::parse(bytes).ok());
        if told.is_some() {
            break;
        }
    }
    let ats = told.ok_or_else(|| bad("RATS", "an ATS", &heard))?;
    air.pause(ats.sfgt_fc());
    let link = Link {
        fsc_bytes: ats.fsc_bytes(),
        fsd_bytes: frame_bytes(options.fsdi),
        fwt_fc: ats.fwt_fc(),
        cid: options.cid.filter(|_| ats.cid),
        nad: options.nad.filter(|_| ats.nad),
        gap_fc: GAP_A_FC,
        retries: options.retries,
        ..Link::new(PiccType::A)
    };
    let (to_reader, to_card) = ats.rates.fastest(options.rates);
    if (to_reader, to_card) == (Rate::Fc128, Rate::Fc128) {
        return Ok((ats, Session::new(link)));
    }
    let faster = Link { to_reader, to_card, ..link };
    let session = pps(air, cid, faster).or_else(|error| probe(air, link).ok_or(error))?;
    Ok((ats, session))
}

/// Agrees on the rates of `faster`.
fn pps(air: &mut impl Air, cid: u8, faster: Link) -> Result<Session, PcdError> {
    let start = 0xD0 | cid;
    let integers = faster.to_reader.integer() << 2 | faster.to_card.integer();
    air.pause(GAP_A_FC);
    let request = Frame::with_crc(PiccType::A, &[start, 0x11, integers]);
    let heard = air.transceive(&request, faster.fwt_fc + DELTA_FWT_FC);
    match checked(&heard) {
        Some(&[answer]) if answer == start => Ok(Session::new(faster)),
        // Only the card knows whether it has changed its rates.
        _ => probe(air, faster).ok_or_else(|| bad("PPS", "its first byte again", &heard)),
    }
}

/// A session with a card that may have agreed to `link`: it is asked with R(NAK), which changes
/// nothing, and answers if it has.
fn probe(air: &mut impl Air, link: Link) -> Option<Session> {
    let mut session = Session::new(link);
    matches!(session.is_present(air, Presence::Nak), Ok(true)).then_some(session)
}

/// Finds the only card of Type B that matches the family. 5.1 ms pass first.
///
/// # Errors
/// [`PcdError`] when no card answers, or several.
pub fn poll_b(air: &mut impl Air, options: &Options) -> Result<Atqb, PcdError> {
    let parameter = if options.wakes { 0x18 } else { 0x10 };
    let request = Frame::with_crc(PiccType::B, &[0x05, options.afi, parameter]);
    let mut heard = Heard::Nothing;
    for _ in 0..=options.retries {
        air.pause(POLL_GUARD_FC);
        heard = air.transceive(&request, STEP_B_FC);
        if let Some(atqb) = checked(&heard).and_then(|bytes| Atqb::parse(bytes).ok()) {
            return Ok(atqb);
        }
    }
    Err(bad("REQB", "an ATQB", &heard))
}

/// ATTRIB, again if it is not answered: the MBLI of the answer (0 where only the card's blocks say
/// that it has taken it), and the session.
///
/// # Errors
/// [`PcdError`] when the card has no part 4 or does not answer as it should, or the CID is beyond
/// 14.
pub fn attrib(
    air: &mut impl Air,
    atqb: &Atqb,
    options: &Options,
) -> Result<(u8, Session), PcdError> {
    if !atqb.has_part4() {
        return Err(PcdError::Unsupported(PART4));
    }
    given_cid(options)?;
    let cid = options.cid.filter(|_| atqb.cid);
    let (to_reader, to_card) = atqb.rates.fastest(options.rates);
    let rates = to_reader.integer() << 6 | to_card.integer() << 4;
    let [a, b, c, d] = atqb.pupi;
    let fsdi = options.fsdi & 0x0F;
    let bytes = [0x1D, a, b, c, d, 0x00, rates | fsdi, 0x01, cid.unwrap_or(0)];
    let request = Frame::with_crc(PiccType::B, &bytes);
    let link = Link {
        fsc_bytes: atqb.fsc_bytes(),
        fsd_bytes: frame_bytes(fsdi),
        fwt_fc: atqb.fwt_fc(),
        cid,
        nad: options.nad.filter(|_| atqb.nad),
        to_card,
        to_reader,
        gap_fc: GAP_B_FC.max(atqb.tr2_fc()),
        retries: options.retries,
        ..Link::new(PiccType::B)
    };
    let mut heard = Heard::Nothing;
    for _ in 0..=options.retries {
        air.pause(link.gap_fc);
        heard = air.transceive(&request, atqb.fwt_fc() + DELTA_FWT_FC);
        let &[first, ..] = checked(&heard).unwrap_or_default() else { continue };
        if first & 0x0F != cid.unwrap_or(0) {
            break;
        }
        air.pause(atqb.sfgt_fc());
        let mbli = first >> 4;
        let command_bytes_max = (mbli > 0).then(|| atqb.fsc_bytes() << (mbli - 1));
        return Ok((mbli, Session::new(Link { command_bytes_max, ..link })));
    }
    // The card may have answered and not been heard.
    air.pause(atqb.sfgt_fc());
    match probe(air, link) {
        Some(session) => Ok((0, session)),
        None => Err(bad("ATTRIB", "its CID", &heard)),
    }
}

fn checked(heard: &Heard) -> Option<&[u8]> {
    if let Heard::Frame(frame) = heard { frame.checked() } else { None }
}

fn bad(after: &'static str, expected: &'static str, heard: &Heard) -> PcdError {
    match heard {
        Heard::Nothing => PcdError::Silence { after },
        heard => PcdError::Protocol { after, expected, got: described(heard) },
    }
}

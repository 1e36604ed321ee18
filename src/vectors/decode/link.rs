//! What goes over a link, decoded: checks, blocks, selections.

use crate::{
    field::symbol::{bpsk, manchester, miller, nrz},
    link::{
        Frame,
        contact::block::{Block, Edc, Refusal, Repr, Supervision},
        crc,
        pcd::told::{Atqb, Ats},
        picc::sizes::fwt_fc,
    },
    vectors::{link::bits, run::spaced},
};

use super::type_b;

/// Most historical bytes a PC/SC reader tells (PC/SC part 3, 3.1.3.2.3.1).
const TOLD_HISTORICAL_MAX: usize = 15;

/// What is decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// CRC_A of the bytes.
    CrcA,
    /// CRC_B of the bytes.
    CrcB,
    /// A block of T=1 with LRC.
    T1Block,
    /// An ATS without its CRC.
    Ats,
    /// An ATQB without its CRC.
    Atqb,
    /// A command of a reader to cards of Type B without its CRC.
    TypeBCommand,
    /// A frame of a reader to cards of Type A, as symbols.
    Miller,
    /// A short frame, one byte of which seven bits are sent.
    MillerShort,
    /// The reader's part of an anticollision frame, whose last byte has so many bits, 1 to 7.
    MillerPart(u8),
    /// A frame of a card of Type A, as symbols.
    Manchester,
    /// The card's part of an anticollision frame, of whose first byte the reader has sent so many
    /// bits, 1 to 7.
    ManchesterPart(u8),
    /// A frame of a reader to cards of Type B, as levels.
    Nrz,
    /// A frame of a card of Type B, as phases, from the end of the reader's frame on.
    Bpsk,
}

/// The decoder of frames whose first or last byte is split after so many bits.
type Part = fn(u8) -> Kind;

/// Behind these a number of bits stands.
const PARTS: [(&str, Part); 2] =
    [("miller-part-", Kind::MillerPart), ("manchester-part-", Kind::ManchesterPart)];

const NAMES: [(&str, Kind); 11] = [
    ("crc-a", Kind::CrcA),
    ("crc-b", Kind::CrcB),
    ("t1-block", Kind::T1Block),
    ("ats", Kind::Ats),
    ("atqb", Kind::Atqb),
    ("type-b-command", Kind::TypeBCommand),
    ("miller", Kind::Miller),
    ("miller-short", Kind::MillerShort),
    ("manchester", Kind::Manchester),
    ("nrz", Kind::Nrz),
    ("bpsk", Kind::Bpsk),
];

impl Kind {
    /// What a header names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let part = PARTS.iter().find_map(|(known, kind)| {
            let bits = name.strip_prefix(known)?.parse().ok()?;
            (1..=7).contains(&bits).then(|| kind(bits))
        });
        part.or_else(|| NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind))
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name).chain(["miller-part-N", "manchester-part-N"])
    }

    /// What it says about some bytes.
    ///
    /// # Errors
    /// Why they cannot be decoded.
    pub fn lines(self, bytes: &[u8]) -> Result<Vec<String>, String> {
        match self {
            Self::CrcA => Ok(vec![format!("crc {}", spaced(&crc::crc_a(bytes)))]),
            Self::CrcB => Ok(vec![format!("crc {}", spaced(&crc::crc_b(bytes)))]),
            Self::T1Block => t1_block(bytes),
            Self::Ats => ats(bytes),
            Self::Atqb => atqb(bytes),
            Self::TypeBCommand => type_b::command(bytes),
            Self::Miller => Ok(of_reader(&Frame::standard(bytes))),
            Self::MillerShort => match bytes {
                &[command] => Ok(of_reader(&Frame::short(command))),
                _ => Err("a short frame has one byte".into()),
            },
            Self::MillerPart(bits) => {
                let whole = 8 * bytes.len().saturating_sub(1);
                Ok(of_reader(&Frame::first_part(bytes, whole + usize::from(bits))))
            }
            Self::Manchester => Ok(of_card(&Frame::standard(bytes))),
            Self::ManchesterPart(bits) => Ok(of_card(&Frame::second_part(bytes, bits))),
            Self::Nrz => {
                let levels = nrz::encode(&Frame::type_b(bytes), 0);
                Ok(vec![format!("levels {}", nrz::text(&levels))])
            }
            Self::Bpsk => {
                let frame = Frame::type_b(bytes);
                let phases =
                    bpsk::encode(&frame, bpsk::TR0_MIN_ETU, bpsk::TR1_MIN_ETU, 0).into_iter();
                Ok(vec![format!("phases {}", phases.map(bpsk::Phase::letter).collect::<String>())])
            }
        }
    }
}

/// A frame of a reader to cards of Type A.
fn of_reader(frame: &Frame) -> Vec<String> {
    let symbols: String = miller::encode(frame).into_iter().map(miller::Symbol::letter).collect();
    vec![format!("bits {}", bits::of(frame)), format!("symbols {symbols}")]
}

/// A frame of a card of Type A.
fn of_card(frame: &Frame) -> Vec<String> {
    let symbols = manchester::encode(frame).into_iter().map(manchester::Symbol::letter);
    let symbols: String = symbols.collect();
    vec![format!("bits {}", bits::of(frame)), format!("symbols {symbols}")]
}

/// A block of T=1 with LRC.
fn t1_block(bytes: &[u8]) -> Result<Vec<String>, String> {
    let block = Block::new_checked(bytes, Edc::Lrc).map_err(refusal)?;
    let repr = Repr::parse(&block).map_err(refusal)?;
    let mut lines = vec![format!("nad {:02X}", block.nad())];
    lines.push(match repr {
        Repr::I { number, more, .. } => format!("I-block number {number}, more {}", yes(more)),
        Repr::R { number, refusal } => {
            let why = match refusal {
                None => "no error",
                Some(Refusal::Check) => "check or parity wrong",
                Some(Refusal::Other) => "other error",
            };
            format!("R-block number {number}, {why}")
        }
        Repr::Request(about) => format!("S-block {} request", supervision(about)),
        Repr::Response(about) => format!("S-block {} response", supervision(about)),
    });
    lines.push(format!("length {}", block.information().len()));
    if !block.information().is_empty() {
        lines.push(format!("information {}", hex::encode_upper(block.information())));
    }
    Ok(lines)
}

fn ats(bytes: &[u8]) -> Result<Vec<String>, String> {
    let ats = Ats::parse(bytes).map_err(|error| error.to_string())?;
    let mut lines = vec![format!("TL {}", bytes.len())];
    let t0 = bytes.get(1).copied().unwrap_or(0);
    let named =
        [(0x10, "TA"), (0x20, "TB"), (0x40, "TC")].into_iter().filter(|(bit, _)| t0 & bit != 0);
    for ((_, name), byte) in named.zip(bytes.iter().skip(2)) {
        lines.push(format!("{name} {byte:02X}"));
    }
    lines.push(format!("FSC {}", ats.fsc_bytes()));
    lines.push(format!("FWI {}", waiting_integer(ats.fwt_fc())));
    lines.push(format!("FWT {}", ats.fwt_fc()));
    lines.push(format!("SFGT {}", ats.sfgt_fc()));
    lines.push(format!("cid {}", yes(ats.cid)));
    lines.push(format!("nad {}", yes(ats.nad)));
    if !ats.historical.is_empty() {
        lines.push(format!("historical {}", hex::encode_upper(&ats.historical)));
    }
    lines.push(format!("crc {}", spaced(&crc::crc_a(bytes))));
    lines.push(format!("pcsc-atr {}", spaced(&told_atr(&ats.historical))));
    Ok(lines)
}

/// FWI of a waiting time: a reserved one counts as what it is read as.
fn waiting_integer(time_fc: u64) -> u8 {
    (0..15).find(|&fwi| fwt_fc(fwi) == time_fc).unwrap_or(15)
}

/// What a PC/SC reader makes of the historical bytes.
fn told_atr(historical: &[u8]) -> Vec<u8> {
    let told = historical.get(..TOLD_HISTORICAL_MAX).unwrap_or(historical);
    let mut atr = vec![0x3B, 0x80 | told.len() as u8, 0x80, 0x01];
    atr.extend(told);
    atr.push(crc::lrc(atr.get(1..).unwrap_or_default()));
    atr
}

fn atqb(bytes: &[u8]) -> Result<Vec<String>, String> {
    let atqb = Atqb::parse(bytes).map_err(|error| error.to_string())?;
    Ok(vec![
        format!("PUPI {}", hex::encode_upper(atqb.pupi)),
        format!("application-data {}", hex::encode_upper(atqb.application_data)),
        format!("rates {:02X}", atqb.rates.byte()),
        format!("FSC {}", atqb.fsc_bytes()),
        format!("part-4 {}", yes(atqb.has_part4())),
        format!("TR2 {}", atqb.tr2_fc()),
        format!("FWI {}", waiting_integer(atqb.fwt_fc())),
        format!("FWT {}", atqb.fwt_fc()),
        format!("ADC {}", atqb.adc),
        format!("nad {}", yes(atqb.nad)),
        format!("cid {}", yes(atqb.cid)),
        format!("SFGI {}", atqb.sfgi.unwrap_or(0)),
        format!("crc {}", spaced(&crc::crc_b(bytes))),
    ])
}

fn supervision(about: Supervision) -> &'static str {
    match about {
        Supervision::Resynch => "RESYNCH",
        Supervision::Ifs(_) => "IFS",
        Supervision::Abort => "ABORT",
        Supervision::Wtx(_) => "WTX",
    }
}

fn refusal(why: Refusal) -> String {
    match why {
        Refusal::Check => "check wrong".into(),
        Refusal::Other => "another error".into(),
    }
}

fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

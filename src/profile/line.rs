//! `[card.line]`: how the card speaks on contacts, and its answer to reset (ISO/IEC 7816-3:2006,
//! clause 8). What is not said is not in the answer to reset and has the standard's default.
//!
//! ```toml
//! [card.line]
//! protocols = ["T=0", "T=1"]  # or one of them
//! fi-di = "95"                # TA1
//! tb1 = "00"                  # no longer in use, still in many answers
//! extra-guard = 0             # TC1: etu between characters beside the usual; 255 for the least
//! # TA2: nothing is negotiated
//! specific = { protocol = "T=1", can-change = true, implicit = false }
//! waiting-integer = 10        # TC2: WI of T=0
//! ifsc = 32                   # T=1: information bytes of a block the card takes
//! block-waiting = 4           # BWI of T=1, and character-waiting, CWI: both or none
//! character-waiting = 13
//! check = "LRC"               # of a block; or "CRC", "CRC of ISO/IEC 13239"
//! clock-stop = "no"           # or "low", "high", "either"
//! classes = "A"               # supply voltages: of A, B and C those that do
//! spu = "80"                  # what contact C6 is used for
//! inverse = true              # the inverse convention, 3F
//! one-by-one = true           # T=0: the card asks for each byte of data (INS xor FF)
//! ifs-request = 64            # T=1: the card asks for blocks of this size before its first answer
//! clock-hz = 3571200          # of the reader's clock, by which the card's time is told
//! ```
//!
//! A profile without it has the answer of the Chinese cards its historical bytes come from: T=0,
//! TB1 and TC1 00.

use serde::Deserialize;
use toml::Spanned;

use super::{ProfileError, Source};
use crate::link::contact::{
    Convention, FiDi, Offer, Parameters, Procedure, Protocol,
    block::Edc,
    parameters::{ClockStop, Globals, SpecificMode},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    protocols: Spanned<Vec<String>>,
    fi_di: Option<Spanned<String>>,
    tb1: Option<Spanned<String>>,
    extra_guard: Option<u8>,
    specific: Option<Spanned<Specific>>,
    waiting_integer: Option<u8>,
    ifsc: Option<u8>,
    block_waiting: Option<Spanned<u8>>,
    character_waiting: Option<Spanned<u8>>,
    check: Option<Spanned<String>>,
    clock_stop: Option<Spanned<String>>,
    classes: Option<Spanned<String>>,
    spu: Option<Spanned<String>>,
    #[serde(default)]
    inverse: bool,
    #[serde(default)]
    one_by_one: bool,
    ifs_request: Option<u8>,
    clock_hz: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Specific {
    protocol: Spanned<String>,
    #[serde(default)]
    can_change: bool,
    #[serde(default)]
    implicit: bool,
}

/// The line of a card with these historical bytes.
pub(super) fn parameters(
    source: &Source<'_>,
    section: Option<Spanned<Section>>,
    historical: &[u8],
) -> Result<Parameters, ProfileError> {
    let Some(section) = section else {
        return Ok(Parameters {
            tb1: Some(0),
            extra_guard_etu: Some(0),
            historical: historical.to_vec(),
            ..Parameters::default()
        });
    };
    let span = section.span();
    let parameters = section.into_inner().parameters(source, historical)?;
    match parameters.check() {
        Ok(()) => Ok(parameters),
        Err(error) => Err(source.wrong(span, "a line there can be", error.to_string())),
    }
}

impl Section {
    fn parameters(
        self,
        source: &Source<'_>,
        historical: &[u8],
    ) -> Result<Parameters, ProfileError> {
        let usual = Parameters::default();
        let byte = |text: &Option<Spanned<String>>| text.as_ref().map(|t| byte(source, t));
        Ok(Parameters {
            convention: if self.inverse { Convention::Inverse } else { Convention::Direct },
            ta1: self.fi_di.as_ref().map(|text| fi_di(source, text)).transpose()?,
            tb1: byte(&self.tb1).transpose()?,
            extra_guard_etu: self.extra_guard,
            offer: offer(source, &self.protocols)?,
            specific: self.specific.as_ref().map(|s| specific(source, s.get_ref())).transpose()?,
            wi: self.waiting_integer,
            ifsc_bytes: self.ifsc,
            bwi_cwi: self.waiting(source)?,
            edc: self.check.as_ref().map(|text| one_of(source, text, &CHECKS)).transpose()?,
            globals: self.globals(source)?,
            historical: historical.to_vec(),
            procedure: if self.one_by_one { Procedure::OneByOne } else { Procedure::AllAtOnce },
            ifs_request_bytes: self.ifs_request,
            clock_hz: self.clock_hz.unwrap_or(usual.clock_hz),
            ..usual
        })
    }

    /// BWI and CWI share a byte.
    fn waiting(&self, source: &Source<'_>) -> Result<Option<(u8, u8)>, ProfileError> {
        match (&self.block_waiting, &self.character_waiting) {
            (None, None) => Ok(None),
            (Some(bwi), Some(cwi)) => Ok(Some((*bwi.get_ref(), *cwi.get_ref()))),
            (Some(one), None) | (None, Some(one)) => {
                let expected = "block-waiting and character-waiting, which share a byte";
                Err(source.wrong(one.span(), expected, "one of them"))
            }
        }
    }

    fn globals(&self, source: &Source<'_>) -> Result<Option<Globals>, ProfileError> {
        if self.clock_stop.is_none() && self.classes.is_none() && self.spu.is_none() {
            return Ok(None);
        }
        let stops = [
            ("no", ClockStop::No),
            ("low", ClockStop::Low),
            ("high", ClockStop::High),
            ("either", ClockStop::Either),
        ];
        let clock_stop = self.clock_stop.as_ref().map(|text| one_of(source, text, &stops));
        let spu = self.spu.as_ref().map(|text| byte(source, text)).transpose()?;
        let classes = self.classes.as_ref().map(|text| classes(source, text)).transpose()?;
        Ok(Some(Globals {
            clock_stop: clock_stop.transpose()?.unwrap_or_default(),
            classes: classes.unwrap_or(1),
            spu,
        }))
    }
}

/// Nobody's log of a card with a CRC was found: as the one public reader stack computes it, or by
/// the letter of ISO/IEC 13239.
const CHECKS: [(&str, Edc); 3] = [
    ("LRC", Edc::Lrc),
    ("CRC", Edc::Crc { complemented: false, low_first: false }),
    ("CRC of ISO/IEC 13239", Edc::Crc { complemented: true, low_first: true }),
];

const PROTOCOLS: [(&str, Protocol); 2] = [("T=0", Protocol::T0), ("T=1", Protocol::T1)];

fn offer(source: &Source<'_>, names: &Spanned<Vec<String>>) -> Result<Offer, ProfileError> {
    match names.get_ref().iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["T=0"] => Ok(Offer::T0),
        ["T=1"] => Ok(Offer::T1),
        ["T=0", "T=1"] => Ok(Offer::Both),
        _ => {
            let expected = "[\"T=0\"], [\"T=1\"] or [\"T=0\", \"T=1\"]";
            Err(source.wrong(names.span(), expected, format!("{:?}", names.get_ref())))
        }
    }
}

fn specific(source: &Source<'_>, given: &Specific) -> Result<SpecificMode, ProfileError> {
    let protocol = one_of(source, &given.protocol, &PROTOCOLS)?;
    Ok(SpecificMode { protocol, can_change: given.can_change, implicit: given.implicit })
}

fn fi_di(source: &Source<'_>, text: &Spanned<String>) -> Result<FiDi, ProfileError> {
    FiDi::new(byte(source, text)?).ok_or_else(|| {
        let expected = "Fi and Di that are not reserved";
        source.wrong(text.span(), expected, format!("{:?}", text.get_ref()))
    })
}

fn byte(source: &Source<'_>, text: &Spanned<String>) -> Result<u8, ProfileError> {
    source.bytes::<1>(text).map(|[byte]| byte)
}

/// A letter each, b1 for A.
fn classes(source: &Source<'_>, text: &Spanned<String>) -> Result<u8, ProfileError> {
    let bit = |letter: char| "ABC".find(letter).map(|n| 1 << n);
    let bits: Option<Vec<u8>> = text.get_ref().chars().map(bit).collect();
    match bits {
        Some(bits) if !bits.is_empty() => Ok(bits.iter().fold(0, |all, bit| all | bit)),
        _ => {
            let got = format!("{:?}", text.get_ref());
            Err(source.wrong(text.span(), "of the letters A, B and C those that do", got))
        }
    }
}

/// The value of a word, which is one of a few.
pub(super) fn one_of<T: Copy>(
    source: &Source<'_>,
    text: &Spanned<String>,
    words: &[(&str, T)],
) -> Result<T, ProfileError> {
    let found = words.iter().find(|(word, _)| word == text.get_ref());
    found.map(|(_, value)| *value).ok_or_else(|| {
        let all: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        source.wrong(text.span(), &all.join(" or "), format!("{:?}", text.get_ref()))
    })
}

//! What a reader makes of an answer to reset (ISO/IEC 7816-3:2006, clause 8).

use crate::link::contact::{
    Convention, FiDi, Offer, Parameters, Protocol,
    atr::{self, Atr},
    block::Edc,
    parameters::{ClockStop, Globals, SpecificMode},
};

/// How many bytes an answer to reset has by those that have come; none while that is open.
#[must_use]
pub(super) fn bytes_wanted(got: &[u8]) -> Option<usize> {
    let t0 = *got.get(1)?;
    let (mut at, mut announced, mut check) = (1, t0 >> 4, false);
    while announced != 0 {
        at += announced.count_ones() as usize;
        if announced & 8 == 0 {
            break;
        }
        let td = *got.get(at)?;
        check |= td & 0x0F != 0;
        announced = td >> 4;
    }
    Some(at + 1 + usize::from(t0 & 0x0F) + usize::from(check))
}

/// What a reader does after an answer to reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It begins with this protocol, at these F and D, and sends no PPS.
    Begin(Protocol, FiDi),
    /// It sends a PPS for these.
    Select(Protocol, FiDi),
}

/// The decision of a reader that wants this protocol, if any, and can do some F and D. In specific
/// mode there is nothing to decide. Else PPS is sent when the protocol wanted is not the first one,
/// or the card offers to be faster than by default and the reader can.
#[must_use]
pub fn decide(card: &Parameters, wanted: Option<Protocol>, can: impl Fn(FiDi) -> bool) -> Decision {
    let (first, timing) = card.begins_with();
    let protocol = wanted.filter(|&protocol| card.offer.has(protocol)).unwrap_or(first);
    let offered = card.offered();
    let is_faster = offered.f() < FiDi::DEFAULT.f() * offered.d();
    let fi_di = if is_faster && can(offered) { offered } else { FiDi::DEFAULT };
    if card.specific.is_some() || protocol == first && fi_di == FiDi::DEFAULT {
        return Decision::Begin(first, timing.fi_di);
    }
    Decision::Select(protocol, fi_di)
}

/// The parameters an answer to reset tells; none when the card begins with a protocol that is
/// neither T=0 nor T=1, or is fixed to what is reserved. What is reserved and not fixed counts as
/// the default.
///
/// Of a CRC the answer to reset says only that it is one, not how it is sent: here it is the one
/// way there is a public record of (see [`Edc::Crc`]), and [`super::t1`] finds out.
#[must_use]
pub fn parameters(atr: &Atr) -> Option<Parameters> {
    let begins_with_known = atr.specific_mode().is_some() || atr.first_protocol() <= 1;
    if begins_with_known { offered(atr) } else { None }
}

/// The same for a card in negotiable mode whose first protocol is neither T=0 nor T=1, but that
/// offers one of them behind it: after PPS they hold, before it nothing does.
#[must_use]
pub fn parameters_after_pps(atr: &Atr) -> Option<Parameters> {
    if parameters(atr).is_none() && atr.specific_mode().is_none() { offered(atr) } else { None }
}

fn offered(atr: &Atr) -> Option<Parameters> {
    let at = |protocol: u8| atr.protocols.iter().position(|&offered| offered == protocol);
    let offer = match (at(0), at(1)) {
        (Some(t0), Some(t1)) if t1 < t0 => Offer::BothT1First,
        (Some(_), Some(_)) => Offer::Both,
        (Some(_), None) => Offer::T0,
        (None, Some(_)) => Offer::T1,
        (None, None) => return None,
    };
    let ta1 = atr.interface_byte('A', 1).map(FiDi::new);
    let specific = match atr.specific_mode() {
        None => None,
        Some(mode) => {
            let protocol = match mode.protocol {
                0 => Protocol::T0,
                1 => Protocol::T1,
                _ => return None,
            };
            if !mode.implicit && ta1 == Some(None) {
                return None;
            }
            let (can_change, implicit) = (mode.can_change, mode.implicit);
            Some(SpecificMode { protocol, can_change, implicit })
        }
    };
    let of = |letter: char, protocol: u8| {
        let bytes = atr.interface_bytes.iter();
        bytes.filter(|b| b.letter == letter && b.protocol == Some(protocol)).map(|b| b.value).next()
    };
    let names_t15 =
        atr.interface_bytes.iter().any(|byte| byte.letter == 'D' && byte.value & 0x0F == 15);
    let ta_of_t15 = of('A', 15);
    let crc = Edc::Crc { complemented: false, low_first: false };
    Some(Parameters {
        convention: match atr.convention {
            atr::Convention::Direct => Convention::Direct,
            atr::Convention::Inverse => Convention::Inverse,
        },
        ta1: ta1.flatten(),
        tb1: atr.interface_byte('B', 1),
        extra_guard_etu: atr.interface_byte('C', 1),
        offer,
        specific,
        wi: atr.interface_byte('C', 2).filter(|&wi| wi > 0),
        ifsc_bytes: of('A', 1).filter(|bytes| (1..255).contains(bytes)),
        bwi_cwi: of('B', 1).map(|tb| (tb >> 4, tb & 0x0F)).filter(|&(bwi, _)| bwi <= 9),
        edc: of('C', 1).map(|tc| if tc & 1 == 0 { Edc::Lrc } else { crc }),
        globals: names_t15.then(|| globals(ta_of_t15, of('B', 15))),
        is_t15_without_ta: names_t15 && ta_of_t15.is_none(),
        historical: atr.historical.clone(),
        ..Parameters::default()
    })
}

fn globals(ta: Option<u8>, spu: Option<u8>) -> Globals {
    let Some(ta) = ta else { return Globals { spu, ..Globals::default() } };
    let clock_stop = match ta >> 6 {
        0 => ClockStop::No,
        1 => ClockStop::Low,
        2 => ClockStop::High,
        _ => ClockStop::Either,
    };
    Globals { clock_stop, classes: ta & 0x3F, spu }
}

//! `[card.air]`: what the card is without contacts, as Type A and as Type B (ISO/IEC 14443-3 and
//! -4). All of it may be left out.
//!
//! ```toml
//! [card.air]
//! type = "A"                      # or "B": what a contactless reader finds
//! uid = "04112233445566"          # 4, 7 or 10 bytes; "random": 08 and three drawn in each field
//! anticollision-bit = 3           # of b1 to b5 of the ATQA the one that is set
//! atqa-proprietary = 0            # the low half of its second byte
//! sak-bits = "00"                 # of the last SAK, besides b3 and b6, which follow from the card
//!
//! pupi = "11223344"               # Type B; or "random"
//! afi = "10"                      # application family
//! application-data = "00000000"   # of the ATQB
//! application-data-coded = false  # AFI, CRC of the AID and a number, else proprietary
//! slot-marker = true              # it answers Slot-MARKER; else only in slot 1
//! extended-atqb = true            # to a reader that can take one; without it no sfgi of Type B
//! tr2 = 0                         # code of the least time before the reader's next frame
//! mbli = 0                        # maximum buffer length index
//! attrib-runs = false             # what ATTRIB carries is given to the application
//!
//! fsci = 8                        # both: longest frame, 0 to 12; 13 to 15, RFU, is as 12
//! fwi = 7                         # frame waiting time, 0 to 14; 15, RFU, is as 4
//! sfgi = 0                        # guard time after the ATS, 0 to 14; 15, RFU, is as 0
//! rates = "80"                    # as TA(1) of an ATS has them
//! cid = true
//! nad = false
//! ```
//!
//! `ats` of `[card]`, the interface bytes of an ATS, says the last six too; what stands here goes
//! before it.

use serde::Deserialize;
use toml::Spanned;

use super::{ProfileError, Source, line::one_of};
use crate::link::{
    PiccType,
    picc::{AtsForm, Parameters, Part4, Rates, TypeA, TypeB, Uid},
};

/// What a card is without contacts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Air {
    /// What a contactless reader finds, unless another type is asked for.
    pub picc_type: PiccType,
    /// The card of Type A.
    pub a: TypeA,
    /// The card of Type B.
    pub b: TypeB,
}

impl Air {
    /// The card of either type.
    #[must_use]
    pub fn parameters(&self, picc_type: PiccType) -> Parameters {
        match picc_type {
            PiccType::A => Parameters::A(self.a.clone()),
            PiccType::B => Parameters::B(self.b.clone()),
        }
    }
}

/// The word for what is drawn in each field.
const RANDOM: &str = "random";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    r#type: Option<Spanned<String>>,
    uid: Option<Spanned<String>>,
    anticollision_bit: Option<u8>,
    atqa_proprietary: Option<u8>,
    sak_bits: Option<Spanned<String>>,
    pupi: Option<Spanned<String>>,
    afi: Option<Spanned<String>>,
    application_data: Option<Spanned<String>>,
    application_data_coded: Option<bool>,
    slot_marker: Option<bool>,
    extended_atqb: Option<bool>,
    tr2: Option<u8>,
    mbli: Option<u8>,
    attrib_runs: Option<bool>,
    fsci: Option<u8>,
    fwi: Option<u8>,
    sfgi: Option<u8>,
    rates: Option<Spanned<String>>,
    cid: Option<bool>,
    nad: Option<bool>,
}

/// The card whose ATS has these interface bytes, T0 and what it announces.
pub(super) fn air(
    source: &Source<'_>,
    section: Option<Spanned<Section>>,
    ats_interface: &[u8],
    historical: &[u8],
) -> Result<Air, ProfileError> {
    let span = section.as_ref().map(Spanned::span).unwrap_or_default();
    let section = section.map(Spanned::into_inner).unwrap_or_default();
    let (form, told) = ats(ats_interface);
    let part4 = section.part4(source, told)?;
    // A byte that the ATS leaves out says its default: it is there when something else holds.
    let ats_form = if part4 == told { form } else { AtsForm::WHOLE };
    let a = TypeA {
        part4,
        ats_form,
        historical: historical.to_vec(),
        anticollision_bit: section.anticollision_bit.unwrap_or(3),
        atqa_proprietary: section.atqa_proprietary.unwrap_or(0),
        sak_complete: section.sak_bits.as_ref().map_or(Ok(0), |bits| byte(source, bits))?,
        ..TypeA::new(section.uid(source)?)
    };
    let types = [("A", PiccType::A), ("B", PiccType::B)];
    let picc_type = section.r#type.as_ref().map(|text| one_of(source, text, &types));
    let picc_type = picc_type.transpose()?.unwrap_or(PiccType::A);
    let mut b = TypeB { part4, ..section.type_b(source)? };
    // What the card of Type A tells in its ATS is no mistake of the one of Type B.
    if picc_type == PiccType::A && !b.extended_atqb {
        b.part4.sfgi = 0;
    }
    let air = Air { picc_type, a, b };
    for picc_type in [PiccType::A, PiccType::B] {
        air.parameters(picc_type).check().map_err(|error| {
            source.wrong(span.clone(), "a card there can be", error.to_string())
        })?;
    }
    Ok(air)
}

/// What the interface bytes of an ATS say, and which there are (ISO/IEC 14443-4:2018, 5.2).
fn ats(interface: &[u8]) -> (AtsForm, Part4) {
    let t0 = interface.first().copied().unwrap_or(0x02);
    let mut rest = interface.iter().skip(1).copied();
    let mut next = |bit| if t0 & bit == 0 { None } else { rest.next() };
    let (ta, tb, tc) = (next(0x10), next(0x20), next(0x40));
    let form = AtsForm { t0: true, ta: ta.is_some(), tb: tb.is_some(), tc: tc.is_some() };
    let (tb, tc) = (tb.unwrap_or(0x40), tc.unwrap_or(0x02));
    let part4 = Part4 {
        fsci: t0 & 0x0F,
        fwi: tb >> 4,
        sfgi: tb & 0x0F,
        rates: ta.map_or(Rates::NONE, Rates::of_byte),
        cid: tc & 0x02 != 0,
        nad: tc & 0x01 != 0,
    };
    (form, part4)
}

impl Section {
    fn part4(&self, source: &Source<'_>, told: Part4) -> Result<Part4, ProfileError> {
        let rates = self.rates.as_ref().map(|text| byte(source, text)).transpose()?;
        Ok(Part4 {
            fsci: self.fsci.unwrap_or(told.fsci),
            fwi: self.fwi.unwrap_or(told.fwi),
            sfgi: self.sfgi.unwrap_or(told.sfgi),
            rates: rates.map_or(told.rates, Rates::of_byte),
            cid: self.cid.unwrap_or(told.cid),
            nad: self.nad.unwrap_or(told.nad),
        })
    }

    fn uid(&self, source: &Source<'_>) -> Result<Uid, ProfileError> {
        let Some(text) = self.uid.as_ref().filter(|text| text.get_ref() != RANDOM) else {
            return Ok(Uid::random());
        };
        Uid::fixed(&source.hex(text)?)
            .map_err(|error| source.wrong(text.span(), "a UID", error.to_string()))
    }

    fn type_b(&self, source: &Source<'_>) -> Result<TypeB, ProfileError> {
        let pupi = self.pupi.as_ref().filter(|text| text.get_ref() != RANDOM);
        let usual = TypeB::new(pupi.map(|text| source.bytes(text)).transpose()?);
        let data = self.application_data.as_ref().map(|text| source.bytes(text)).transpose()?;
        Ok(TypeB {
            afi: self.afi.as_ref().map_or(Ok(usual.afi), |text| byte(source, text))?,
            application_data: data.unwrap_or(usual.application_data),
            application_data_coded: self
                .application_data_coded
                .unwrap_or(usual.application_data_coded),
            slot_marker: self.slot_marker.unwrap_or(usual.slot_marker),
            extended_atqb: self.extended_atqb.unwrap_or(usual.extended_atqb),
            tr2: self.tr2.unwrap_or(usual.tr2),
            mbli: self.mbli.unwrap_or(usual.mbli),
            attrib_runs: self.attrib_runs.unwrap_or(usual.attrib_runs),
            ..usual
        })
    }
}

fn byte(source: &Source<'_>, text: &Spanned<String>) -> Result<u8, ProfileError> {
    source.bytes::<1>(text).map(|[byte]| byte)
}

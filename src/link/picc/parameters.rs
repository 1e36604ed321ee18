//! What a contactless card is: all of it by meaning, and the bytes that tell it (ATQA, SAK, ATS,
//! ATQB).
//!
//! Size bits of the ATQA and bits 3 and 6 of the last SAK are made from the UID and from whether
//! the card has part 4, so that they cannot disagree; in the SAKs before it b3 is set, and no
//! reader looks at the others. Where an integer has more bits than its field,
//! the low ones are taken; [`Parameters::check`] says so beforehand, with the rule.

use super::{
    sizes::{Rates, frame_bytes, sfgt_fc},
    uid::Uid,
};
use crate::link::PiccType;

/// A card of either type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parameters {
    /// Type A.
    A(TypeA),
    /// Type B.
    B(TypeB),
}

/// What both types have in common: the transmission protocol of ISO/IEC 14443-4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part4 {
    /// The code of the longest frame the card takes, 0 to 15; D to F are RFU and read as C.
    pub fsci: u8,
    /// The frame waiting time integer, 0 to 15; 15 is RFU and read as 4.
    pub fwi: u8,
    /// The start-up frame guard time integer, 0 to 15; 15 is RFU and read as 0. A card of Type B
    /// can tell it only in an extended ATQB. The card does not hear a frame that begins earlier.
    pub sfgi: u8,
    /// The bit rates besides fc/128.
    pub rates: Rates,
    /// The card takes a CID.
    pub cid: bool,
    /// The card takes node addresses.
    pub nad: bool,
}

impl Default for Part4 {
    /// Frames of 256 bytes, FWT of 77 ms, all rates, CID and no NAD.
    fn default() -> Self {
        Self { fsci: 8, fwi: 8, sfgi: 0, rates: Rates::ALL, cid: true, nad: false }
    }
}

/// Which of its bytes an ATS has behind TL; one that is left out says its default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtsForm {
    /// T0 (FSCI 2); without it there is nothing else, not even historical bytes.
    pub t0: bool,
    /// TA(1) (only fc/128).
    pub ta: bool,
    /// TB(1) (FWI 4, SFGI 0).
    pub tb: bool,
    /// TC(1) (CID and no NAD).
    pub tc: bool,
}

impl AtsForm {
    /// All of them.
    pub const WHOLE: Self = Self { t0: true, ta: true, tb: true, tc: true };
}

/// A card of Type A.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeA {
    /// The UID.
    pub uid: Uid,
    /// Which of b1 to b5 of the ATQA says that the card can bit frame anticollision, 1 to 5.
    pub anticollision_bit: u8,
    /// The proprietary bits of the ATQA's second byte, 0 to F.
    pub atqa_proprietary: u8,
    /// Bits of the SAK besides b3 while the UID is not complete. There are cards that set b6 here;
    /// a reader does not look at it.
    pub sak_incomplete: u8,
    /// Bits of the SAK besides b3 and b6 when it is complete.
    pub sak_complete: u8,
    /// The card has ISO/IEC 14443-4; else it is silent to RATS.
    pub has_part4: bool,
    /// Its transmission protocol.
    pub part4: Part4,
    /// What the ATS has of it.
    pub ats_form: AtsForm,
    /// The historical bytes, at most 250; those that do not fit the reader's frame are left out.
    pub historical: Vec<u8>,
}

impl TypeA {
    /// A card with this UID, part 4 with the values of [`Part4::default`] and no historical bytes.
    #[must_use]
    pub const fn new(uid: Uid) -> Self {
        Self {
            uid,
            anticollision_bit: 3,
            atqa_proprietary: 0,
            sak_incomplete: 0,
            sak_complete: 0,
            has_part4: true,
            part4: Part4 { fsci: 8, fwi: 8, sfgi: 0, rates: Rates::ALL, cid: true, nad: false },
            ats_form: AtsForm::WHOLE,
            historical: Vec::new(),
        }
    }

    /// The ATQA in the order of the air (ISO/IEC 14443-3:2018, 6.5.2).
    #[must_use]
    pub const fn atqa(&self) -> [u8; 2] {
        let size = (self.uid.levels() - 1) << 6;
        let bit = match self.anticollision_bit {
            bit @ 1..=5 => bit - 1,
            _ => 2,
        };
        [size | 1 << bit, self.atqa_proprietary & 0x0F]
    }

    /// The SAK after a cascade level, 1 to 3 (ISO/IEC 14443-3:2018, 6.5.3.4).
    #[must_use]
    pub const fn sak(&self, level: u8) -> u8 {
        if level < self.uid.levels() {
            return self.sak_incomplete | 0x04;
        }
        let part4 = if self.has_part4 { 0x20 } else { 0 };
        self.sak_complete & !0x24 | part4
    }

    /// The ATS without its CRC, as long as its card's own frames allow. A reader with a smaller FSD
    /// gets fewer historical bytes, for its frame has no room for more.
    #[must_use]
    pub fn ats(&self) -> Vec<u8> {
        self.ats_within(257)
    }

    /// The ATS in a frame of `fsd_bytes` with its CRC.
    pub(super) fn ats_within(&self, fsd_bytes: usize) -> Vec<u8> {
        let (form, part4) = (self.ats_form, self.part4);
        let mut ats = vec![0];
        if form.t0 {
            let says = |here, bit| if here { bit } else { 0 };
            let follow = says(form.ta, 0x10) | says(form.tb, 0x20) | says(form.tc, 0x40);
            ats.push(follow | part4.fsci & 0x0F);
            ats.extend(form.ta.then_some(part4.rates.byte()));
            ats.extend(form.tb.then_some(part4.fwi << 4 | part4.sfgi & 0x0F));
            ats.extend(form.tc.then_some(u8::from(part4.cid) << 1 | u8::from(part4.nad)));
            let room = fsd_bytes.saturating_sub(2 + ats.len());
            ats.extend(self.historical.iter().take(room.min(250)));
        }
        let length = ats.len() as u8;
        if let Some(first) = ats.first_mut() {
            *first = length;
        }
        ats
    }
}

/// A card of Type B.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeB {
    /// The PUPI; `None` draws one each time the field comes on.
    pub pupi: Option<[u8; 4]>,
    /// The application family the card is found by.
    pub afi: u8,
    /// The application data of the ATQB.
    pub application_data: [u8; 4],
    /// They are coded (AFI, CRC_B of the AID, number of applications), else proprietary.
    pub application_data_coded: bool,
    /// The card answers Slot-MARKER; else it answers only when it draws slot 1.
    pub slot_marker: bool,
    /// The card sends an extended ATQB to a reader that can take one.
    pub extended_atqb: bool,
    /// The code of the least time between its answer and the reader's next frame, 0 to 3.
    pub tr2: u8,
    /// The maximum buffer length index of the answer to ATTRIB, 0 to 15; 0 tells nothing.
    pub mbli: u8,
    /// What ATTRIB carries for the higher layer is given to the application, else left unanswered
    /// (both are allowed). The answer must fit one frame and FWT, else none is given.
    pub attrib_runs: bool,
    /// The card has ISO/IEC 14443-4; else it is silent to ATTRIB.
    pub has_part4: bool,
    /// Its transmission protocol.
    pub part4: Part4,
}

impl TypeB {
    /// A card with this PUPI, or a random one: no application family, no application data, all
    /// means of anticollision, part 4 with the values of [`Part4::default`].
    #[must_use]
    pub const fn new(pupi: Option<[u8; 4]>) -> Self {
        Self {
            pupi,
            afi: 0,
            application_data: [0; 4],
            application_data_coded: false,
            slot_marker: true,
            extended_atqb: true,
            tr2: 0,
            mbli: 0,
            attrib_runs: false,
            has_part4: true,
            part4: Part4 { fsci: 8, fwi: 8, sfgi: 0, rates: Rates::ALL, cid: true, nad: false },
        }
    }

    /// The ATQB of a card with this PUPI, without its CRC; `extended` adds the fourth protocol
    /// byte (ISO/IEC 14443-3:2018, 7.9).
    #[must_use]
    pub fn atqb(&self, pupi: [u8; 4], extended: bool) -> Vec<u8> {
        let part4 = self.part4;
        let mut atqb = Vec::with_capacity(15);
        atqb.push(0x50);
        atqb.extend(pupi);
        atqb.extend(self.application_data);
        atqb.push(part4.rates.byte());
        atqb.push(part4.fsci << 4 | (self.tr2 & 3) << 1 | u8::from(self.has_part4));
        let coded = u8::from(self.application_data_coded) << 2;
        let options = u8::from(part4.nad) << 1 | u8::from(part4.cid);
        atqb.push(part4.fwi << 4 | coded | options);
        atqb.extend((extended && self.extended_atqb).then_some(part4.sfgi << 4));
        atqb
    }

    /// Bytes a chained command can have: MBL where the card tells it.
    pub(super) const fn command_bytes_max(&self) -> usize {
        match self.mbli & 0x0F {
            0 => usize::MAX,
            mbli => frame_bytes(self.part4.fsci) << (mbli - 1),
        }
    }
}

/// A rule that parameters break.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParametersError {
    /// A field has more than its bits.
    #[error("{field} is {value}, expected {least} to {most}")]
    Range {
        /// The field.
        field: &'static str,
        /// What it was.
        value: usize,
        /// The least it can be.
        least: usize,
        /// The most.
        most: usize,
    },
    /// A byte of the ATS is left out that says something else than its default.
    #[error("the ATS leaves out {0}, whose default is not what the card has")]
    LeftOut(&'static str),
    /// SFGI where no reader could learn it.
    #[error("SFGI of Type B is told only in an extended ATQB, which the card does not send")]
    Sfgi,
}

impl Parameters {
    /// Which of the two.
    #[must_use]
    pub const fn picc_type(&self) -> PiccType {
        match self {
            Self::A(_) => PiccType::A,
            Self::B(_) => PiccType::B,
        }
    }

    /// The transmission protocol.
    #[must_use]
    pub const fn part4(&self) -> &Part4 {
        match self {
            Self::A(TypeA { part4, .. }) | Self::B(TypeB { part4, .. }) => part4,
        }
    }

    /// The ATS of a card of Type A, without its CRC.
    #[must_use]
    pub fn ats(&self) -> Option<Vec<u8>> {
        if let Self::A(a) = self { Some(a.ats()) } else { None }
    }

    /// The ATQA of a card of Type A.
    #[must_use]
    pub const fn atqa(&self) -> Option<[u8; 2]> {
        if let Self::A(a) = self { Some(a.atqa()) } else { None }
    }

    /// The last SAK of a card of Type A.
    #[must_use]
    pub const fn sak(&self) -> Option<u8> {
        if let Self::A(a) = self { Some(a.sak(a.uid.levels())) } else { None }
    }

    /// The basic ATQB of a card of Type B, without its CRC; zeros where the PUPI is random.
    #[must_use]
    pub fn atqb(&self) -> Option<Vec<u8>> {
        if let Self::B(b) = self { Some(b.atqb(b.pupi.unwrap_or_default(), false)) } else { None }
    }

    /// Whether every field is within its bits and the card can tell what it is.
    ///
    /// # Errors
    /// [`ParametersError`] names the first rule that is broken.
    pub fn check(&self) -> Result<(), ParametersError> {
        let part4 = self.part4();
        within("FSCI", usize::from(part4.fsci), 0, 15)?;
        within("FWI", usize::from(part4.fwi), 0, 15)?;
        within("SFGI", usize::from(part4.sfgi), 0, 15)?;
        match self {
            Self::A(a) => a.check(),
            Self::B(b) => {
                within("the TR2 code", usize::from(b.tr2), 0, 3)?;
                within("MBLI", usize::from(b.mbli), 0, 15)?;
                if sfgt_fc(part4.sfgi) > 0 && !b.extended_atqb {
                    return Err(ParametersError::Sfgi);
                }
                Ok(())
            }
        }
    }
}

impl TypeA {
    fn check(&self) -> Result<(), ParametersError> {
        let (form, part4) = (self.ats_form, &self.part4);
        within("the anticollision bit", usize::from(self.anticollision_bit), 1, 5)?;
        within("the proprietary part of ATQA", usize::from(self.atqa_proprietary), 0, 15)?;
        within("historical bytes", self.historical.len(), 0, 250)?;
        let default_t0 = part4.fsci == 2 && self.historical.is_empty();
        let default_tb = part4.fwi == 4 && part4.sfgi == 0;
        let told = [
            (form.t0 || default_t0, "T0"),
            (form.t0 && form.ta || part4.rates == Rates::NONE, "TA(1)"),
            (form.t0 && form.tb || default_tb, "TB(1)"),
            (form.t0 && form.tc || part4.cid && !part4.nad, "TC(1)"),
        ];
        match told.iter().find(|(told, _)| !told) {
            Some((_, byte)) => Err(ParametersError::LeftOut(byte)),
            None => Ok(()),
        }
    }
}

fn within(
    field: &'static str,
    value: usize,
    least: usize,
    most: usize,
) -> Result<(), ParametersError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(ParametersError::Range { field, value, least, most })
    }
}

#[cfg(test)]
mod tests;

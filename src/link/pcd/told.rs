//! What a card tells of itself: ATS (ISO/IEC 14443-4:2018, 5.2) and ATQB
//! (ISO/IEC 14443-3:2018, 7.9), read as a reader reads them.

use crate::link::picc::sizes::{Rates, frame_bytes, fwt_fc, sfgt_fc};

/// What an ATS says; what it leaves out has its default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ats {
    /// The code of the longest frame the card takes, as it was sent.
    pub fsci: u8,
    /// The frame waiting time integer, as it was sent.
    pub fwi: u8,
    /// The start-up frame guard time integer, as it was sent.
    pub sfgi: u8,
    /// The bit rates besides fc/128.
    pub rates: Rates,
    /// The card takes a CID.
    pub cid: bool,
    /// The card takes node addresses.
    pub nad: bool,
    /// The historical bytes.
    pub historical: Vec<u8>,
}

/// The bytes are no ATS, or no ATQB.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ToldError {
    /// TL is another than the number of bytes.
    #[error("TL is {told}, and there are {bytes} bytes")]
    Length {
        /// What TL says.
        told: usize,
        /// Bytes there are.
        bytes: usize,
    },
    /// T0 announces a byte that is not there.
    #[error("the ATS ends before a byte that T0 announces")]
    Short,
    /// It does not begin with 50, or has not 12 or 13 bytes.
    #[error("not an ATQB")]
    NoAtqb,
}

impl Ats {
    /// Reads an ATS without its CRC.
    ///
    /// # Errors
    /// [`ToldError`] when TL is not the number of bytes, or a byte that T0 announces is missing.
    pub fn parse(bytes: &[u8]) -> Result<Self, ToldError> {
        let told = bytes.first().map_or(0, |&tl| usize::from(tl));
        if told != bytes.len() || told == 0 {
            return Err(ToldError::Length { told, bytes: bytes.len() });
        }
        let mut ats = Self {
            fsci: 2,
            fwi: 4,
            sfgi: 0,
            rates: Rates::NONE,
            cid: true,
            nad: false,
            historical: Vec::new(),
        };
        let mut rest = bytes.iter().skip(1).copied();
        let Some(t0) = rest.next() else { return Ok(ats) };
        ats.fsci = t0 & 0x0F;
        if t0 & 0x10 != 0 {
            ats.rates = Rates::told(rest.next().ok_or(ToldError::Short)?);
        }
        if t0 & 0x20 != 0 {
            let tb = rest.next().ok_or(ToldError::Short)?;
            (ats.fwi, ats.sfgi) = (tb >> 4, tb & 0x0F);
        }
        if t0 & 0x40 != 0 {
            let tc = rest.next().ok_or(ToldError::Short)?;
            (ats.cid, ats.nad) = (tc & 2 != 0, tc & 1 != 0);
        }
        ats.historical = rest.collect();
        Ok(ats)
    }

    /// Bytes of the longest frame the card takes.
    #[must_use]
    pub const fn fsc_bytes(&self) -> usize {
        frame_bytes(self.fsci)
    }

    /// How long the reader waits for an answer.
    #[must_use]
    pub const fn fwt_fc(&self) -> u64 {
        fwt_fc(self.fwi)
    }

    /// How long the reader keeps still after the ATS.
    #[must_use]
    pub const fn sfgt_fc(&self) -> u64 {
        sfgt_fc(self.sfgi)
    }
}

/// What an ATQB says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Atqb {
    /// The PUPI.
    pub pupi: [u8; 4],
    /// The application data.
    pub application_data: [u8; 4],
    /// The bit rates besides fc/128.
    pub rates: Rates,
    /// The code of the longest frame the card takes, as it was sent.
    pub fsci: u8,
    /// The protocol type, four bits: b1 says ISO/IEC 14443-4, b4 must be 0.
    pub protocol_type: u8,
    /// The frame waiting time integer, as it was sent.
    pub fwi: u8,
    /// What the application data are: 1 coded, 0 proprietary.
    pub adc: u8,
    /// The card takes node addresses.
    pub nad: bool,
    /// The card takes a CID.
    pub cid: bool,
    /// The start-up frame guard time integer; only an extended ATQB has one.
    pub sfgi: Option<u8>,
    /// The first three protocol bytes as they were sent.
    pub protocol: [u8; 3],
}

impl Atqb {
    /// Reads an ATQB without its CRC.
    ///
    /// # Errors
    /// [`ToldError::NoAtqb`] when it does not begin with 50 or has not 12 or 13 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ToldError> {
        let (first, rest) = bytes.split_first_chunk::<12>().ok_or(ToldError::NoAtqb)?;
        let &[0x50, p0, p1, p2, p3, a0, a1, a2, a3, rates, size, times] = first else {
            return Err(ToldError::NoAtqb);
        };
        let sfgi = match *rest {
            [] => None,
            [protocol_4] => Some(protocol_4 >> 4),
            _ => return Err(ToldError::NoAtqb),
        };
        Ok(Self {
            pupi: [p0, p1, p2, p3],
            application_data: [a0, a1, a2, a3],
            rates: Rates::told(rates),
            fsci: size >> 4,
            protocol_type: size & 0x0F,
            fwi: times >> 4,
            adc: times >> 2 & 3,
            nad: times & 2 != 0,
            cid: times & 1 != 0,
            sfgi,
            protocol: [rates, size, times],
        })
    }

    /// The card has ISO/IEC 14443-4.
    #[must_use]
    pub const fn has_part4(&self) -> bool {
        self.protocol_type & 0x09 == 0x01
    }

    /// Bytes of the longest frame the card takes.
    #[must_use]
    pub const fn fsc_bytes(&self) -> usize {
        frame_bytes(self.fsci)
    }

    /// How long the reader waits for an answer.
    #[must_use]
    pub const fn fwt_fc(&self) -> u64 {
        fwt_fc(self.fwi)
    }

    /// How long the reader keeps still after the answer to ATTRIB.
    #[must_use]
    pub const fn sfgt_fc(&self) -> u64 {
        match self.sfgi {
            Some(sfgi) => sfgt_fc(sfgi),
            None => 0,
        }
    }

    /// How long the card needs between its answer and the reader's next frame (TR2).
    #[must_use]
    pub const fn tr2_fc(&self) -> u64 {
        match self.protocol_type >> 1 & 3 {
            0 => 1792,
            1 => 3328,
            2 => 5376,
            _ => 9472,
        }
    }
}

#[cfg(test)]
mod tests;

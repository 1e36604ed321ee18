//! The sums of a year: eight accumulators and four counts of visits.
//!
//! | accumulator | what is added |
//! |---|---|
//! | 0 1 2 3 | A, S, P, D of every settlement |
//! | 4 | P where flag b2 is set or the class is '5': chronic disease |
//! | 5 | P where the class is '4': in-patient |
//! | 6 | credits |
//! | 7 | P where flag b1 is set: out of area |
//!
//! | visits | class |
//! |---|---|
//! | 0 | '0' out-patient |
//! | 1 | '4' in-patient |
//! | 2 | '5' chronic or serious disease |
//! | 3 | '6' pharmacy |

use tessera_framework::Halt;

use crate::{amounts::Amounts, words::RANGE_END};

/// Bytes of the sums, accumulators first.
pub(crate) const TALLY_BYTES: usize = 8 * 4 + 4 * 2;

/// Flag b1: out of area.
pub(crate) const OUT_OF_AREA: u8 = 0x01;
/// Flag b2: chronic disease.
pub(crate) const CHRONIC: u8 = 0x02;
/// Flag b3: out-patient pool.
pub(crate) const POOL: u8 = 0x04;

/// Where credits are summed.
const CREDITS: usize = 6;

/// The sums of a year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    sums: [u32; 8],
    visits: [u16; 4],
}

impl Tally {
    /// A year in which nothing has happened.
    pub(crate) const EMPTY: Self = Self { sums: [0; 8], visits: [0; 4] };

    pub(crate) fn decode(bytes: &[u8; TALLY_BYTES]) -> Self {
        let mut tally = Self::EMPTY;
        let (sums, visits) = bytes.split_at(32);
        for (to, from) in tally.sums.iter_mut().zip(sums.as_chunks::<4>().0) {
            *to = u32::from_be_bytes(*from);
        }
        for (to, from) in tally.visits.iter_mut().zip(visits.as_chunks::<2>().0) {
            *to = u16::from_be_bytes(*from);
        }
        tally
    }

    pub(crate) fn encode(&self) -> [u8; TALLY_BYTES] {
        let mut bytes = [0; TALLY_BYTES];
        let (sums, visits) = bytes.split_at_mut(32);
        for (to, from) in sums.as_chunks_mut::<4>().0.iter_mut().zip(self.sums) {
            *to = from.to_be_bytes();
        }
        for (to, from) in visits.as_chunks_mut::<2>().0.iter_mut().zip(self.visits) {
            *to = from.to_be_bytes();
        }
        bytes
    }

    /// With a credit.
    ///
    /// # Errors
    /// 9402 when a sum would not fit its four bytes.
    pub(crate) fn with_credit(mut self, amount: u32) -> Result<Self, Halt> {
        if let Some(credits) = self.sums.get_mut(CREDITS) {
            *credits = credits.checked_add(amount).ok_or(Halt::Status(RANGE_END))?;
        }
        Ok(self)
    }

    /// With the amounts of a settlement of this class and these flags; `visit`: it is one more
    /// visit.
    ///
    /// # Errors
    /// 9402 when a sum or count would not fit its place.
    pub(crate) fn with(
        mut self,
        (class, flags): (u8, u8),
        amounts: &Amounts,
        visit: bool,
    ) -> Result<Self, Halt> {
        let end = Halt::Status(RANGE_END);
        for (sum, part) in self.sums.iter_mut().zip(parts(class, flags, amounts)) {
            *sum = sum.checked_add(part).ok_or(end)?;
        }
        if let Some(visits) = self.visits_of(class).filter(|_| visit) {
            *visits = visits.checked_add(1).ok_or(end)?;
        }
        Ok(self)
    }

    /// Without amounts of such a settlement that were added before; `visit`: nor its visit.
    pub(crate) fn without(
        mut self,
        (class, flags): (u8, u8),
        amounts: &Amounts,
        visit: bool,
    ) -> Self {
        for (sum, part) in self.sums.iter_mut().zip(parts(class, flags, amounts)) {
            *sum = sum.saturating_sub(part);
        }
        if let Some(visits) = self.visits_of(class).filter(|_| visit) {
            *visits = visits.saturating_sub(1);
        }
        self
    }

    fn visits_of(&mut self, class: u8) -> Option<&mut u16> {
        let [out_patient, in_patient, chronic, pharmacy] = &mut self.visits;
        match class {
            b'0' => Some(out_patient),
            b'4' => Some(in_patient),
            b'5' => Some(chronic),
            b'6' => Some(pharmacy),
            _ => None,
        }
    }
}

/// What a settlement adds to each accumulator.
const fn parts(class: u8, flags: u8, amounts: &Amounts) -> [u32; 8] {
    let Amounts { account, own, pooled, deductible } = *amounts;
    let chronic = flags & CHRONIC != 0 || class == b'5';
    [
        account,
        own,
        pooled,
        deductible,
        if chronic { pooled } else { 0 },
        if class == b'4' { pooled } else { 0 },
        0,
        if flags & OUT_OF_AREA != 0 { pooled } else { 0 },
    ]
}

//! A year that is over: one record of EF09.
//!
//! Year (2), the day and month it began (2), its [sums](crate::tally) (40), the balance it closed
//! with (4), the sequence of its last entry (4).

use crate::{state::State, tally::TALLY_BYTES};

/// Bytes of a year's record.
pub(crate) const YEAR_BYTES: usize = 52;

/// The record of the year that ends now.
pub(crate) fn record(state: &State) -> [u8; YEAR_BYTES] {
    let mut bytes = [0; YEAR_BYTES];
    bytes[0..2].copy_from_slice(&state.year);
    bytes[2..4].copy_from_slice(&state.start);
    bytes[4..4 + TALLY_BYTES].copy_from_slice(&state.tally.encode());
    bytes[44..48].copy_from_slice(&state.balance.to_be_bytes());
    bytes[48..52].copy_from_slice(&state.sequence.to_be_bytes());
    bytes
}

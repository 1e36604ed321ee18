//! Presenting a PIN: count first, compare in constant time, restore on success.

use crate::{CounterId, Env, Halt, StatusWord};

/// Longest PIN, in bytes.
pub const PIN_BYTES_MAX: usize = 16;

/// A PIN in the applet's segment: one length byte, then [`PIN_BYTES_MAX`] bytes of reference data.
///
/// Invariants: the retry counter is solid before the comparison, so no cut gives a free try; the
/// comparison takes the same time for every candidate of the reference's length.
#[derive(Clone, Copy, Debug)]
pub struct Pin {
    /// Offset of the length byte in the segment; a multiple of [`BYTES`](Self::BYTES), so that
    /// nothing shares a unit with it.
    pub at: u32,
    /// The retry counter: tries left.
    pub tries: CounterId,
    /// Value of the counter after a successful presentation, 1 to 15.
    pub tries_max: u8,
}

impl Pin {
    /// Bytes a PIN takes in the segment: whole units of every memory part.
    pub const BYTES: u32 = 32;

    /// Presents `candidate`. `Ok` when it is right; the retry counter is then at its maximum again.
    ///
    /// # Errors
    /// * 6983: blocked, nothing is compared and nothing counted.
    /// * 6984: no reference data has been set.
    /// * 6700: the candidate's length differs from the reference data's; nothing counted.
    /// * 63CX: wrong, X tries are left.
    /// * `Torn`: the try is counted or not, but never uncounted.
    pub fn present(&self, env: &mut Env<'_>, candidate: &[u8]) -> Result<(), Halt> {
        let tries = env.counter(self.tries)?;
        if tries == 0 {
            return Halt::status(StatusWord::BLOCKED);
        }
        let [length] = env.load_array(self.at)?;
        if length == 0 {
            return Halt::status(StatusWord::REFERENCE_DATA_NOT_USABLE);
        }
        if candidate.len() != usize::from(length) {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        env.set_counter(self.tries, tries - 1)?;
        let mut reference = env.load_array::<PIN_BYTES_MAX>(self.at + 1)?;
        let right = reference
            .get(..candidate.len())
            .is_some_and(|reference| equal_in_constant_time(candidate, reference));
        forget(&mut reference);
        if !right {
            return Halt::status(StatusWord::tries_left((tries - 1).min(15) as u8));
        }
        env.set_counter(self.tries, u32::from(self.tries_max))
    }

    /// Tries left, 0 when blocked.
    ///
    /// # Errors
    /// 6F00 when the counter is not declared.
    pub fn tries_left(&self, env: &Env<'_>) -> Result<u8, Halt> {
        Ok(env.counter(self.tries)?.min(15) as u8)
    }

    /// Sets the reference data, as personalisation or a change does; takes part in a transaction.
    ///
    /// # Errors
    /// 6A80 unless it has 1 to [`PIN_BYTES_MAX`] bytes; `Torn`.
    pub fn set_reference(&self, env: &mut Env<'_>, reference: &[u8]) -> Result<(), Halt> {
        let mut bytes = [0; 1 + PIN_BYTES_MAX];
        let (length, value) = bytes.split_at_mut(1);
        match value.get_mut(..reference.len()) {
            Some(value) if !reference.is_empty() => value.copy_from_slice(reference),
            _ => return Halt::status(StatusWord::WRONG_DATA),
        }
        length[0] = reference.len() as u8;
        let stored = env.store_secret(self.at, &bytes);
        forget(&mut bytes);
        stored
    }
}

/// True when the two are equal; the time depends on their length only.
#[must_use]
pub fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let difference = a.iter().zip(b).fold(0, |sum, (x, y)| core::hint::black_box(sum | (x ^ y)));
    core::hint::black_box(difference) == 0
}

/// Overwrites a copy of a secret with zeros, in a way the compiler keeps.
pub fn forget(secret: &mut [u8]) {
    secret.fill(0);
    core::hint::black_box(secret);
}

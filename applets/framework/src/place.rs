//! Typed places: where a value lies in the segment or in RAM, as part of its type.
//!
//! A place has no value of its own (it is ROM); `get` and `set` go through the [`Env`]. Numbers are
//! big-endian in memory, so that a dump reads like the standard.

use core::marker::PhantomData;

use crate::{Clear, Env, Halt, Outcome, StatusWord};

/// A value with a fixed number of bytes in memory.
pub trait Plain: Copy {
    /// Bytes in memory.
    const BYTES: u32;
    /// Its bytes, handed to `with`.
    fn with_bytes<R>(self, with: impl FnOnce(&[u8]) -> R) -> R;
    /// Read back from bytes that `fill` writes.
    ///
    /// # Errors
    /// What `fill` answered.
    fn from_bytes(fill: impl FnOnce(&mut [u8]) -> Outcome) -> Result<Self, Halt>;
}

macro_rules! plain_numbers {
    ($($number:ty),*) => {$(
        impl Plain for $number {
            const BYTES: u32 = size_of::<Self>() as u32;
            fn with_bytes<R>(self, with: impl FnOnce(&[u8]) -> R) -> R {
                with(&self.to_be_bytes())
            }
            fn from_bytes(fill: impl FnOnce(&mut [u8]) -> Outcome) -> Result<Self, Halt> {
                let mut bytes = [0; size_of::<Self>()];
                fill(&mut bytes)?;
                Ok(Self::from_be_bytes(bytes))
            }
        }
    )*};
}

plain_numbers!(u8, u16, u32, u64);

impl<const N: usize> Plain for [u8; N] {
    const BYTES: u32 = N as u32;
    fn with_bytes<R>(self, with: impl FnOnce(&[u8]) -> R) -> R {
        with(&self)
    }
    fn from_bytes(fill: impl FnOnce(&mut [u8]) -> Outcome) -> Result<Self, Halt> {
        let mut bytes = [0; N];
        fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// A value in the segment at offset `AT`.
#[derive(Clone, Copy, Debug)]
pub struct Persistent<T, const AT: u32>(PhantomData<T>);

impl<T: Plain, const AT: u32> Persistent<T, AT> {
    /// The place.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a place is a constant, not a value")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// First offset behind the place, where the next one may lie.
    pub const END: u32 = AT + T::BYTES;

    /// Reads the value.
    ///
    /// # Errors
    /// 6F00 outside the segment.
    pub fn get(&self, env: &Env<'_>) -> Result<T, Halt> {
        T::from_bytes(|bytes| env.load(AT, bytes))
    }

    /// Writes the value.
    ///
    /// # Errors
    /// 6F00 outside the segment, 6A84 beyond the commit capacity, `Torn`.
    pub fn set(&self, env: &mut Env<'_>, value: T) -> Outcome {
        value.with_bytes(|bytes| env.store(AT, bytes))
    }
}

/// A value in RAM that is cleared when the applet is deselected, at offset `AT` of that RAM.
#[derive(Clone, Copy, Debug)]
pub struct Transient<T, const AT: u32>(PhantomData<T>, Clear);

impl<T: Plain, const AT: u32> Transient<T, AT> {
    /// A place that is cleared on deselect: one value per logical channel.
    #[must_use]
    pub const fn clear_on_deselect() -> Self {
        Self(PhantomData, Clear::OnDeselect)
    }

    /// A place that is cleared on reset: one value for all channels.
    #[must_use]
    pub const fn clear_on_reset() -> Self {
        Self(PhantomData, Clear::OnReset)
    }

    /// First offset behind the place, where the next one may lie.
    pub const END: u32 = AT + T::BYTES;

    /// Reads the value.
    ///
    /// # Errors
    /// 6F00 when the descriptor asks for too little RAM.
    pub fn get(&self, env: &Env<'_>) -> Result<T, Halt> {
        let ram = env.ram(self.1).get(AT as usize..(AT + T::BYTES) as usize);
        let ram = ram.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
        T::from_bytes(|bytes| {
            bytes.copy_from_slice(ram);
            Ok(())
        })
    }

    /// Writes the value.
    ///
    /// # Errors
    /// 6F00 when the descriptor asks for too little RAM.
    pub fn set(&self, env: &mut Env<'_>, value: T) -> Outcome {
        let ram = env.ram_mut(self.1).get_mut(AT as usize..(AT + T::BYTES) as usize);
        let ram = ram.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
        value.with_bytes(|bytes| ram.copy_from_slice(bytes));
        Ok(())
    }
}

/// `N` bytes of the segment from offset `AT`.
#[derive(Clone, Copy, Debug)]
pub struct Array<const N: u32, const AT: u32>;

impl<const N: u32, const AT: u32> Array<N, AT> {
    /// First offset behind the array.
    pub const END: u32 = AT + N;

    /// Reads `out.len()` bytes from `offset` of the array.
    ///
    /// # Errors
    /// 6F00 beyond the array's end.
    pub fn read(&self, env: &Env<'_>, offset: u32, out: &mut [u8]) -> Outcome {
        env.load(Self::place(offset, out.len())?, out)
    }

    /// Writes `bytes` at `offset` of the array.
    ///
    /// # Errors
    /// 6F00 beyond the array's end, 6A84 beyond the commit capacity, `Torn`.
    pub fn write(&self, env: &mut Env<'_>, offset: u32, bytes: &[u8]) -> Outcome {
        env.store(Self::place(offset, bytes.len())?, bytes)
    }

    fn place(offset: u32, bytes: usize) -> Result<u32, Halt> {
        match u32::try_from(bytes).ok().and_then(|bytes| offset.checked_add(bytes)) {
            Some(end) if end <= N => Ok(AT + offset),
            _ => Halt::status(StatusWord::NO_DIAGNOSIS),
        }
    }
}

/// A ring of `N` records of `L` bytes from offset `AT`: record 1 is the newest.
///
/// In memory: the slot of the newest record (1 byte), how many have been written (1 byte, at most
/// `N`), then the slots.
#[derive(Clone, Copy, Debug)]
pub struct Records<const L: u32, const N: u8, const AT: u32>;

impl<const L: u32, const N: u8, const AT: u32> Records<L, N, AT> {
    /// First offset behind the ring.
    pub const END: u32 = AT + 2 + L * N as u32;

    /// Number of records written so far, at most `N`.
    ///
    /// # Errors
    /// 6F00 outside the segment.
    pub fn count(&self, env: &Env<'_>) -> Result<u8, Halt> {
        let [_, count] = env.load_array(AT)?;
        Ok(count.min(N))
    }

    /// Reads the first `out.len()` bytes (at most `L`) of record `number`, 1 the newest.
    ///
    /// # Errors
    /// 6A83 when there is no such record, 6F00 outside the segment.
    pub fn read(&self, env: &Env<'_>, number: u8, out: &mut [u8]) -> Outcome {
        let [newest, count] = env.load_array(AT)?;
        if number == 0 || number > count.min(N) || out.len() > L as usize {
            return Halt::status(StatusWord::RECORD_NOT_FOUND);
        }
        let slot = (u32::from(newest) + u32::from(N) - u32::from(number - 1)) % u32::from(N);
        env.load(AT + 2 + slot * L, out)
    }

    /// Writes a record as number 1; when all are taken, the oldest is lost.
    ///
    /// # Errors
    /// 6700 unless it has `L` bytes, 6A84 beyond the commit capacity, `Torn`.
    pub fn push(&self, env: &mut Env<'_>, record: &[u8]) -> Outcome {
        if record.len() != L as usize {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        let [newest, count] = env.load_array(AT)?;
        let slot = if count == 0 { 0 } else { (u32::from(newest) + 1) % u32::from(N) };
        env.atomically(|env| {
            env.store(AT + 2 + slot * L, record)?;
            env.store(AT, &[slot as u8, count.saturating_add(1).min(N)])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Rig;

    #[test]
    fn a_ring_numbers_its_records_from_the_newest_and_loses_the_oldest() {
        let ring = Records::<2, 3, 10>;
        let mut rig = Rig::<64>::new();
        let mut env = rig.env();
        assert_eq!(ring.read(&env, 1, &mut [0; 2]), Halt::status(StatusWord::RECORD_NOT_FOUND));
        for n in 1..=5 {
            ring.push(&mut env, &[n, n]).unwrap();
        }
        let mut seen = [0; 3];
        for number in 1..=3 {
            let mut record = [0; 2];
            ring.read(&env, number, &mut record).unwrap();
            seen[usize::from(number) - 1] = record[0];
        }
        assert_eq!(seen, [5, 4, 3]);
        assert_eq!(ring.count(&env), Ok(3));
        assert!(ring.read(&env, 4, &mut [0; 2]).is_err());
    }

    #[test]
    fn a_place_beyond_the_segment_is_the_applets_fault_and_changes_nothing() {
        let mut rig = Rig::<8>::new();
        let mut env = rig.env();
        let last = Persistent::<u32, 4>::new();
        let beyond = Persistent::<u32, 5>::new();
        last.set(&mut env, 7).unwrap();
        assert_eq!(beyond.set(&mut env, 9), Halt::status(StatusWord::NO_DIAGNOSIS));
        assert_eq!(last.get(&env), Ok(7));
        assert!(Array::<4, 0>.write(&mut env, 3, &[1, 2]).is_err());
    }
}

//! A platform in plain RAM, so that an applet is tested without the card.
//!
//! Stores are counted instead of pulsed: [`Rig::tear_at`] cuts power in the n-th store or counter
//! change from now. Only finished commits survive it, as on the card; what a half-done pulse leaves
//! in the cells is the card's own affair and is explored there.
//!
//! ```
//! use tessera_framework::testing::Rig;
//! let mut rig = Rig::<64>::new();
//! rig.env().store(0, b"old").unwrap();
//! rig.tear_at(2);
//! let torn = rig.env().atomically(|env| {
//!     env.store(0, b"new")?;
//!     env.store(3, b"er")
//! });
//! assert!(torn.is_err());
//! rig.power_on();
//! assert_eq!(rig.env().load_array::<5>(0).unwrap(), *b"old\0\0");
//! ```

use crate::{
    Aid, Applet, Clear, Command, Descriptor, Env, Halt, Outcome, Platform, Reply, Selected,
    Selection, StatusWord, Torn,
};

/// Counters of a rig.
const COUNTERS: usize = 64;

/// Random bytes that may wait.
const RANDOM_BYTES_MAX: usize = 64;

/// A segment of `BYTES` bytes with counters and RAM around it.
#[derive(Clone, Debug)]
pub struct Rig<const BYTES: usize> {
    solid: [u8; BYTES],
    working: [u8; BYTES],
    counters: [u32; COUNTERS],
    on_reset: [u8; 64],
    on_deselect: [u8; Descriptor::RAM_ON_DESELECT_MAX as usize],
    in_transaction: bool,
    doomed: bool,
    random: u8,
    /// Random bytes to come first, the next one last.
    queued: [u8; RANDOM_BYTES_MAX],
    queued_bytes: usize,
    stores: u32,
    cut: Option<u32>,
    power_lost: bool,
}

impl<const BYTES: usize> Default for Rig<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> Rig<BYTES> {
    /// An empty segment, power on.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            solid: [0; BYTES],
            working: [0; BYTES],
            counters: [0; COUNTERS],
            on_reset: [0; 64],
            on_deselect: [0; Descriptor::RAM_ON_DESELECT_MAX as usize],
            in_transaction: false,
            doomed: false,
            random: 0,
            queued: [0; RANDOM_BYTES_MAX],
            queued_bytes: 0,
            stores: 0,
            cut: None,
            power_lost: false,
        }
    }

    /// A rig with `applet` installed: its counters at their starting values, its data in place.
    ///
    /// # Errors
    /// What the applet's `install` answered.
    pub fn with(applet: &dyn Applet, data: &[u8]) -> Result<Self, Halt> {
        let mut rig = Self::new();
        for (counter, &start) in rig.counters.iter_mut().zip(applet.descriptor().counters) {
            *counter = start;
        }
        let mut env = rig.env();
        env.atomically(|env| applet.install(env, data))?;
        Ok(rig)
    }

    /// A handle on it.
    pub fn env(&mut self) -> Env<'_> {
        Env::new(self)
    }

    /// Selects a file of `applet`; RAM is put back when that fails, as the card does.
    ///
    /// # Errors
    /// What the applet answered.
    pub fn select(
        &mut self,
        applet: &dyn Applet,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        let before = self.on_deselect;
        let selected = applet.select(&mut self.env(), selection, reply);
        if selected.is_err() {
            self.on_deselect = before;
            applet.passed_over(&mut self.env());
        }
        selected
    }

    /// Runs one command of `applet`; a transaction left open is aborted, as the card does.
    ///
    /// # Errors
    /// What the applet answered.
    pub fn process(
        &mut self,
        applet: &dyn Applet,
        command: &Command<'_>,
        reply: &mut Reply<'_>,
    ) -> Outcome {
        let outcome = applet.process(&mut self.env(), command, reply);
        self.abort();
        outcome
    }

    /// The next random bytes the applet asks for, instead of any that still wait; behind them the
    /// rig's own go on.
    ///
    /// # Panics
    /// When there are more than 64.
    pub fn queue_random(&mut self, bytes: &[u8]) {
        let places = self.queued[..bytes.len()].iter_mut();
        places.zip(bytes.iter().rev()).for_each(|(place, &byte)| *place = byte);
        self.queued_bytes = bytes.len();
    }

    /// Power will fail in the `n`-th store or counter change from now, 1 the next.
    pub fn tear_at(&mut self, n: u32) {
        self.stores = 0;
        self.cut = Some(n);
    }

    /// Stores and counter changes since the last [`tear_at`](Self::tear_at) or power-up.
    #[must_use]
    pub fn stores(&self) -> u32 {
        self.stores
    }

    /// Power comes back: RAM is empty, the segment holds what was committed.
    pub fn power_on(&mut self) {
        self.working = self.solid;
        self.on_reset = [0; 64];
        self.on_deselect = [0; Descriptor::RAM_ON_DESELECT_MAX as usize];
        self.in_transaction = false;
        self.doomed = false;
        self.power_lost = false;
        self.cut = None;
        self.stores = 0;
    }

    fn pulse(&mut self) -> Outcome {
        self.stores += 1;
        self.power_lost |= self.cut == Some(self.stores);
        Torn::witnessed(self).map_or(Ok(()), |torn| Err(Halt::Torn(torn)))
    }

    fn range(at: u32, bytes: usize) -> Result<core::ops::Range<usize>, Halt> {
        let at = at as usize;
        match at.checked_add(bytes) {
            Some(end) if end <= BYTES => Ok(at..end),
            _ => Halt::status(StatusWord::NO_DIAGNOSIS),
        }
    }
}

impl<const BYTES: usize> Platform for Rig<BYTES> {
    fn segment_bytes(&self) -> u32 {
        BYTES as u32
    }

    fn load(&self, at: u32, out: &mut [u8]) -> Outcome {
        out.copy_from_slice(&self.working[Self::range(at, out.len())?]);
        Ok(())
    }

    fn store(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        let range = Self::range(at, bytes.len())?;
        self.pulse()?;
        self.working[range.clone()].copy_from_slice(bytes);
        if !self.in_transaction {
            self.solid[range].copy_from_slice(bytes);
        }
        Ok(())
    }

    fn store_secret(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        self.store(at, bytes)
    }

    fn store_nonatomic(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        if self.in_transaction {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        self.store(at, bytes)
    }

    fn commit_bytes_left(&self) -> u32 {
        BYTES as u32
    }

    fn unit_bytes(&self) -> u32 {
        4
    }

    fn begin(&mut self) -> Outcome {
        self.in_transaction = true;
        Torn::witnessed(self).map_or(Ok(()), |torn| Err(Halt::Torn(torn)))
    }

    fn commit(&mut self) -> Outcome {
        if self.doomed {
            self.abort();
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        self.pulse()?;
        self.solid = self.working;
        self.in_transaction = false;
        Ok(())
    }

    fn abort(&mut self) {
        self.working = self.solid;
        self.in_transaction = false;
        self.doomed = false;
    }

    fn doom(&mut self) {
        self.doomed = true;
    }

    fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    fn counter(&self, n: u8) -> Result<u32, Halt> {
        let counter = self.counters.get(usize::from(n));
        counter.copied().ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
    }

    fn set_counter(&mut self, n: u8, value: u32) -> Outcome {
        self.counter(n)?;
        self.pulse()?;
        self.counters[usize::from(n)] = value;
        Ok(())
    }

    fn ram(&self, clear: Clear) -> &[u8] {
        match clear {
            Clear::OnReset => &self.on_reset,
            Clear::OnDeselect => &self.on_deselect,
        }
    }

    fn ram_mut(&mut self, clear: Clear) -> &mut [u8] {
        match clear {
            Clear::OnReset => &mut self.on_reset,
            Clear::OnDeselect => &mut self.on_deselect,
        }
    }

    fn challenge(&mut self, out: &mut [u8]) {
        for byte in out {
            if let Some(next) = self.queued_bytes.checked_sub(1) {
                self.queued_bytes = next;
                *byte = self.queued[next];
                continue;
            }
            self.random = self.random.wrapping_mul(5).wrapping_add(0x53);
            *byte = self.random;
        }
    }

    fn elapsed_us(&self) -> u64 {
        u64::from(self.stores) * 4_000
    }

    fn service(&mut self, _: &Aid, _: &[u8], _: &mut [u8]) -> Result<usize, Halt> {
        Halt::status(StatusWord::NOT_FOUND)
    }

    fn power_lost(&self) -> bool {
        self.power_lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CounterId, pin::Pin};

    const PIN: Pin = Pin { at: 0, tries: CounterId(0), tries_max: 3 };

    fn rig() -> Rig<64> {
        let mut rig = Rig::new();
        rig.counters[0] = 3;
        PIN.set_reference(&mut rig.env(), &[0x12, 0x34, 0x56]).unwrap();
        rig
    }

    #[test]
    fn a_wrong_pin_counts_down_to_blocked_and_the_right_one_then_fails_too() {
        let mut rig = rig();
        for left in [2, 1, 0] {
            let answer = PIN.present(&mut rig.env(), &[9, 9, 9]);
            assert_eq!(answer, Halt::status(StatusWord::tries_left(left)));
        }
        let answer = PIN.present(&mut rig.env(), &[0x12, 0x34, 0x56]);
        assert_eq!(answer, Halt::status(StatusWord::BLOCKED));
    }

    #[test]
    fn a_tear_at_any_store_never_gives_a_try_back() {
        for (candidate, stores) in [([9, 9, 9], 1), ([0x12, 0x34, 0x56], 2)] {
            for n in 1..=stores {
                let mut rig = rig();
                rig.tear_at(n);
                assert!(matches!(PIN.present(&mut rig.env(), &candidate), Err(Halt::Torn(_))));
                rig.power_on();
                assert!(PIN.tries_left(&rig.env()).unwrap() >= 2);
            }
        }
    }

    #[test]
    fn a_failure_inside_that_is_passed_over_fails_the_whole_transaction() {
        let mut rig = rig();
        let failed = rig.env().atomically(|env| {
            let _ = env.atomically(|env| {
                env.store(40, &[1])?;
                Halt::status::<()>(StatusWord::CONDITIONS_NOT_SATISFIED)
            });
            env.store(41, &[2])
        });
        assert_eq!(failed, Halt::status(StatusWord::NO_DIAGNOSIS));
        assert_eq!(rig.env().load_array::<2>(40).unwrap(), [0, 0]);
        rig.env().atomically(|env| env.store(41, &[2])).unwrap();
    }

    #[test]
    fn queued_random_bytes_come_first_and_once() {
        let (mut plain, mut queued) = (rig(), rig());
        queued.queue_random(&[1, 2, 3]);
        let mut out = [0; 4];
        queued.env().challenge(&mut out);
        let mut own = [0; 1];
        plain.env().challenge(&mut own);
        assert_eq!(out, [1, 2, 3, own[0]]);
    }

    #[test]
    fn no_operation_answers_once_power_is_gone() {
        let mut rig = rig();
        rig.tear_at(1);
        let mut env = rig.env();
        let swallowed = env.store(40, &[1]);
        assert!(matches!(swallowed, Err(Halt::Torn(_))));
        assert!(env.store(40, &[1]).is_err());
        assert!(env.set_counter(CounterId(0), 9).is_err());
        assert!(env.atomically(|_| Ok(())).is_err());
        rig.power_on();
        assert_eq!(rig.env().load_array::<1>(40).unwrap(), [0]);
    }
}

//! What an applet may do while it runs: its segment, transactions, counters, RAM, challenges,
//! services.

use crate::{Aid, Clear, CounterId, Halt, Outcome, Platform, StatusWord};

/// The applet's handle for the length of one call. It knows that applet's own segment only.
///
/// There is no way to name another applet's memory, the journal or the line. What is underneath is
/// private:
///
/// ```compile_fail,E0616
/// fn reach_below(env: &mut tessera_framework::Env<'_>) {
///     env.platform.begin();
/// }
/// ```
///
/// An offset counts from the start of the segment and is never negative, so that what lies before
/// it has no offset (and what lies behind it is refused, 6F00):
///
/// ```compile_fail,E0600
/// fn reach_before(env: &tessera_framework::Env<'_>, out: &mut [u8]) {
///     let _ = env.load(-1_u32, out);
/// }
/// ```
///
/// No call takes an applet to read from; a question to another one is answered by its own code:
///
/// ```compile_fail,E0061
/// use tessera_framework::{Aid, Env};
/// fn reach_beside(env: &Env<'_>, neighbour: &Aid, out: &mut [u8]) {
///     let _ = env.load(neighbour, 0, out);
/// }
/// ```
///
/// Neither the journal nor the line is known to this crate, and it is the only one an applet sees:
///
/// ```compile_fail,E0432
/// use tessera_framework::nvm::Journal;
/// ```
///
/// ```compile_fail,E0432
/// use tessera_framework::reader::Slot;
/// ```
///
/// And a handle cannot be kept beyond the call, for a tear or for another applet's turn:
///
/// ```compile_fail
/// use tessera_framework::Env;
/// fn keep(env: &mut Env<'_>) -> &'static mut Env<'static> {
///     env
/// }
/// ```
pub struct Env<'p> {
    platform: &'p mut dyn Platform,
}

impl<'p> Env<'p> {
    /// A handle over a platform; made by the runtime and the test rig.
    pub fn new(platform: &'p mut dyn Platform) -> Self {
        Self { platform }
    }

    /// Size of the applet's segment in bytes.
    #[must_use]
    pub fn segment_bytes(&self) -> u32 {
        self.platform.segment_bytes()
    }

    /// Reads `out.len()` bytes of the segment from offset `at`.
    ///
    /// # Errors
    /// 6F00 outside the segment.
    pub fn load(&self, at: u32, out: &mut [u8]) -> Outcome {
        match self.platform.in_place(at, out.len()) {
            Some(bytes) if bytes.len() == out.len() => {
                out.copy_from_slice(bytes);
                Ok(())
            }
            _ => self.platform.load(at, out),
        }
    }

    /// Writes `bytes` to the segment at offset `at`: with the open transaction, else at once and
    /// atomically.
    ///
    /// # Errors
    /// 6F00 outside the segment, 6A84 beyond the commit capacity, 6581 when the cells have
    /// failed, `Torn`.
    pub fn store(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        self.platform.store(at, bytes)
    }

    /// As [`store`](Self::store), for PINs and keys: no copy of the bytes is left in the journal. A
    /// secret must share no [unit](Self::unit_bytes) with anything else, or what is stored beside
    /// it takes it along into the journal.
    ///
    /// # Errors
    /// As there.
    pub fn store_secret(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        self.platform.store_secret(at, bytes)
    }

    /// Writes `bytes` at once and past the journal: fewer pulses, and no promise. A tear may leave
    /// the [units](Self::unit_bytes) that they lie in with any value, also one that changes from
    /// read to read, their other bytes included; and to write a part of such a unit again is to
    /// read the rest of it. Whole units are safe to write again.
    ///
    /// # Errors
    /// 6F00 outside the segment and inside a transaction; 6581 when the cells have failed; `Torn`.
    pub fn store_nonatomic(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        self.platform.store_nonatomic(at, bytes)
    }

    /// The commit capacity: bytes that the open transaction, or the next one, can take at least,
    /// in one run.
    #[must_use]
    pub fn commit_bytes_left(&self) -> u32 {
        self.platform.commit_bytes_left()
    }

    /// The memory part's unit: the smallest range that is erased by itself, 1 to 32 bytes. Units
    /// are counted from the start of the segment.
    #[must_use]
    pub fn unit_bytes(&self) -> u32 {
        self.platform.unit_bytes()
    }

    /// All of what `work` stores, or nothing of it. A call inside another joins the outer one; when
    /// it fails, so does the outer one, whatever becomes of its error.
    ///
    /// # Errors
    /// What `work` answered, after everything was forgotten; 6A84; 6F00 when a call inside failed
    /// and `work` passed over it; `Torn`.
    pub fn atomically<R>(
        &mut self,
        work: impl FnOnce(&mut Env<'_>) -> Result<R, Halt>,
    ) -> Result<R, Halt> {
        if self.platform.in_transaction() {
            let done = work(self);
            if done.is_err() {
                self.platform.doom();
            }
            return done;
        }
        self.platform.begin()?;
        match work(self) {
            Ok(done) => self.platform.commit().map(|()| done),
            Err(halt) => {
                self.platform.abort();
                Err(halt)
            }
        }
    }

    /// Value of one of the applet's counters.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor declares no such counter.
    pub fn counter(&self, counter: CounterId) -> Result<u32, Halt> {
        self.platform.counter(counter.0)
    }

    /// Sets a counter. It is solid when this returns, whatever becomes of any transaction.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor declares no such counter; `Torn`.
    pub fn set_counter(&mut self, counter: CounterId, value: u32) -> Outcome {
        self.platform.set_counter(counter.0, value)
    }

    /// The applet's RAM of one kind, of the size its descriptor asks for.
    #[must_use]
    pub fn ram(&self, clear: Clear) -> &[u8] {
        self.platform.ram(clear)
    }

    /// The applet's RAM of one kind, to write.
    pub fn ram_mut(&mut self, clear: Clear) -> &mut [u8] {
        self.platform.ram_mut(clear)
    }

    /// Fills `out` from the card's random source (GET CHALLENGE, transaction random numbers).
    pub fn challenge(&mut self, out: &mut [u8]) {
        self.platform.challenge(out);
    }

    /// Microseconds on the card's clock since power-up.
    #[must_use]
    pub fn elapsed_us(&self) -> u64 {
        self.platform.elapsed_us()
    }

    /// Puts a question to the applet named `provider`. It runs in its own context, is told who
    /// asks, and refuses unless it names the asker; only bytes cross. Returns the length of the
    /// answer. A refusal inside a transaction fails that transaction: what the provider has stored
    /// is a part of it.
    ///
    /// # Errors
    /// 6A82 when no such applet is on the card, otherwise what it answered.
    pub fn service(
        &mut self,
        provider: &Aid,
        request: &[u8],
        answer: &mut [u8],
    ) -> Result<usize, Halt> {
        self.platform.service(provider, request, answer)
    }

    /// Reads a fixed number of bytes.
    ///
    /// # Errors
    /// 6F00 outside the segment.
    pub fn load_array<const N: usize>(&self, at: u32) -> Result<[u8; N], Halt> {
        if let Some(&bytes) = self.platform.in_place(at, N).and_then(|bytes| bytes.first_chunk()) {
            return Ok(bytes);
        }
        let mut bytes = [0; N];
        self.platform.load(at, &mut bytes)?;
        Ok(bytes)
    }

    /// Whether `bytes` stand in the segment at offset `at`.
    ///
    /// # Errors
    /// 6F00 outside the segment.
    pub fn holds(&self, at: u32, bytes: &[u8]) -> Result<bool, Halt> {
        if let Some(there) = self.platform.in_place(at, bytes.len()) {
            return Ok(there == bytes);
        }
        let mut piece = [0; 32];
        let mut at = at;
        for expected in bytes.chunks(piece.len()) {
            let there = &mut piece[..expected.len()];
            self.platform.load(at, there)?;
            if there != expected {
                return Ok(false);
            }
            at += expected.len() as u32;
        }
        Ok(true)
    }

    /// Copies inside the segment, in pieces of 32 bytes; outside a transaction each is one of its
    /// own. The ranges must not overlap unless `to <= from`.
    ///
    /// # Errors
    /// 6F00 outside the segment, 6A84 beyond the commit capacity, 6581 when the cells have
    /// failed, `Torn`.
    pub fn copy_within(&mut self, from: u32, to: u32, bytes: u32) -> Outcome {
        let end = |at: u32| at.checked_add(bytes).filter(|end| *end <= self.segment_bytes());
        if end(from).is_none() || end(to).is_none() {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        let mut piece = [0; 32];
        let mut done = 0;
        while done < bytes {
            let n = (bytes - done).min(32);
            let part = piece.get_mut(..n as usize).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
            self.load(from + done, part)?;
            self.store(to + done, part)?;
            done += n;
        }
        Ok(())
    }
}

//! What the card's runtime puts under an [`Env`](crate::Env); applets never see it.

use crate::{Aid, Halt, Outcome};

/// When a piece of RAM is cleared. Both kinds are also lost with power.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clear {
    /// Kept until reset; one per applet, shared by all logical channels.
    OnReset,
    /// Kept while the applet is selected, or an application directly below it; one per logical
    /// channel. The MF's is not kept so: what is shown there counts for nothing elsewhere.
    OnDeselect,
}

/// One applet's view of the card, implemented by the runtime (and by [`testing`](crate::testing)).
///
/// Offsets count from the start of the applet's own segment. An access beyond its end is an error
/// in the applet, not in the terminal: it is answered 6F00 and changes nothing.
pub trait Platform {
    /// Size of the applet's segment in bytes.
    fn segment_bytes(&self) -> u32;

    /// Reads from the segment; inside a transaction the new values.
    ///
    /// # Errors
    /// 6F00 outside the segment.
    fn load(&self, at: u32, out: &mut [u8]) -> Outcome;

    /// Bytes of the segment where they lie, when reading them is no more than that: inside the
    /// segment, stable, and not touched by an open transaction. Otherwise `None`, and
    /// [`load`](Self::load) is to be asked.
    fn in_place(&self, at: u32, bytes: usize) -> Option<&[u8]> {
        let _ = (at, bytes);
        None
    }

    /// Writes to the segment: at commit when a transaction is open, else atomically at once.
    ///
    /// # Errors
    /// 6F00 outside the segment, 6A84 when the transaction outgrows the commit capacity, 6581
    /// when the cells have failed, `Torn`.
    fn store(&mut self, at: u32, bytes: &[u8]) -> Outcome;

    /// As [`store`](Self::store), and nothing of the bytes is left where they passed through.
    ///
    /// # Errors
    /// As there.
    fn store_secret(&mut self, at: u32, bytes: &[u8]) -> Outcome;

    /// Writes to the segment at once and past the journal.
    ///
    /// # Errors
    /// 6F00 outside the segment or inside a transaction, 6581 when the cells have failed, `Torn`.
    fn store_nonatomic(&mut self, at: u32, bytes: &[u8]) -> Outcome;

    /// Bytes that fit at least into the open transaction, or into the next one.
    fn commit_bytes_left(&self) -> u32;

    /// Bytes of the smallest range that is erased by itself.
    fn unit_bytes(&self) -> u32;

    /// Opens a transaction.
    ///
    /// # Errors
    /// `Torn` when power is gone.
    fn begin(&mut self) -> Outcome;

    /// Makes everything since [`begin`](Self::begin) solid.
    ///
    /// # Errors
    /// 6A84 when a store was refused, 6F00 after [`doom`](Self::doom); nothing is solid then.
    /// `Torn`.
    fn commit(&mut self) -> Outcome;

    /// Forgets everything since [`begin`](Self::begin); costs no pulse.
    fn abort(&mut self);

    /// A part of the open transaction has failed: it can only be aborted from now on.
    fn doom(&mut self);

    /// True while a transaction is open.
    fn in_transaction(&self) -> bool;

    /// Value of the applet's n-th counter.
    ///
    /// # Errors
    /// 6F00 when the applet declared no such counter.
    fn counter(&self, n: u8) -> Result<u32, Halt>;

    /// Sets the n-th counter, outside any transaction; solid on return.
    ///
    /// # Errors
    /// 6F00 when the applet declared no such counter, `Torn`.
    fn set_counter(&mut self, n: u8, value: u32) -> Outcome;

    /// The applet's RAM of one kind.
    fn ram(&self, clear: Clear) -> &[u8];

    /// The applet's RAM of one kind, to write.
    fn ram_mut(&mut self, clear: Clear) -> &mut [u8];

    /// Fills `out` from the card's random source.
    fn challenge(&mut self, out: &mut [u8]);

    /// Microseconds on the card's clock since power-up.
    fn elapsed_us(&self) -> u64;

    /// Puts a question to another applet; see [`Env::service`](crate::Env::service).
    ///
    /// # Errors
    /// 6A82 when no such applet is on the card, otherwise what it answered.
    fn service(&mut self, provider: &Aid, request: &[u8], answer: &mut [u8])
    -> Result<usize, Halt>;

    /// True once power has failed; every other operation then refuses.
    fn power_lost(&self) -> bool;
}

//! A design: one way to keep a value, or a limited number of tries, in memory that tears.
//!
//! The card's journal and counters are designs, so are those of textbooks and of your own.
//! [`explore::design`](crate::explore::design) tears them.

use std::fmt::Debug;

use crate::nvm::{Geometry, Memory, PulseError};

/// What an act on memory comes to.
pub type Pulsed = Result<(), PulseError>;

/// A memory with a world around it: what leaves the chip cannot be taken back by a tear.
pub trait Rig: Memory {
    /// Something leaves the chip that a counter is to limit: a wrong PIN was compared, a cryptogram
    /// given.
    fn use_up(&mut self);
}

/// A way to keep a value in memory whose pulses can be cut.
///
/// A design is code without state, as an applet is: all that lasts is in memory, all that is known
/// while power lasts is in [`Ram`](Self::Ram). Memory is read with [`Memory::read`] where no bit
/// can be indeterminate and with [`Memory::reads_as`] where one can; whoever reads with the first
/// what needed the second is found out by a foul read.
pub trait Design {
    /// What is known while power lasts; [`Default`] is how it begins at power-up.
    type Ram: Default + Clone;

    /// What is kept, neighbours that must not change included.
    type Value: Clone + PartialEq + Debug;

    /// The memory part.
    fn geometry(&self) -> Geometry;

    /// Bytes of memory it takes.
    fn bytes(&self) -> u32;

    /// Writes the first value into erased memory, at the factory: not torn.
    ///
    /// # Errors
    /// Those of the pulses, as in all that follows: pass them on with `?`.
    fn format<M: Memory>(&self, memory: &mut M) -> Pulsed;

    /// Power-up: brings memory to a state without doubt.
    ///
    /// # Errors
    /// Those of the pulses.
    fn settle<M: Memory>(&self, memory: &mut M, ram: &mut Self::Ram) -> Pulsed;

    /// Reads the value, between changes.
    fn value<M: Memory>(&self, memory: &mut M, ram: &Self::Ram) -> Self::Value;

    /// One change, the `step`-th of a life, from 0.
    ///
    /// # Errors
    /// Those of the pulses.
    fn change<R: Rig>(&self, rig: &mut R, ram: &mut Self::Ram, step: u32) -> Pulsed;

    /// What `value` becomes by the change `step`.
    fn after(&self, value: &Self::Value, step: u32) -> Self::Value;

    /// What the tries of `value` are, where it limits something: at no time may the uses that were
    /// made and the tries that are left be more than there were at first.
    fn tries_left(&self, value: &Self::Value) -> Option<u32> {
        let _ = value;
        None
    }

    /// Whether a value once read after a completed power-up must stay. A design that says no is
    /// held to its tries alone: a tear adds none and removes at most one.
    fn is_decided_once(&self) -> bool {
        true
    }

    /// Whether a value that was `was` and `is` now has gone back, where it must not: a counter that
    /// only counts up.
    fn is_back(&self, was: &Self::Value, is: &Self::Value) -> bool {
        let _ = (was, is);
        false
    }

    /// Pulses a power-up may take at most.
    fn recovery_pulses_max(&self) -> u32 {
        u32::MAX
    }

    /// What lies at an address, in words.
    fn place(&self, at: u32) -> String {
        format!("address {at}")
    }
}

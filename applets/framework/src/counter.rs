//! Names of an applet's counters, and what its descriptor says of each.

/// One of the applet's counters, by its place in [`Descriptor::counters`](crate::Descriptor).
///
/// A counter is outside every transaction: retry counters, transaction numbers. The runtime keeps
/// it in two slots, and a change is solid before the call returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CounterId(pub u8);

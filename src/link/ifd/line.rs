//! The contacts, as a reader has them.

use crate::link::contact::{Character, Reset};

/// What is at the other end of a reader's contacts: a card, or a script that plays one.
///
/// Time is that of the last leading edge on the line, or of the end of waiting for one.
pub trait Line {
    /// Clock cycles since the beginning.
    fn now_clk(&self) -> u64;

    /// Lets time pass.
    fn pause(&mut self, clk: u64);

    /// Power and clock where they are missing, and RST goes high.
    fn reset(&mut self, reset: Reset);

    /// Power goes.
    fn power_off(&mut self);

    /// From here on what is sent at once is a block of T=1, and so is what comes back.
    fn speak_blocks(&mut self, blocks: bool);

    /// Sends characters, the first so long after now and the others at this distance. Nothing is
    /// heard meanwhile, and what had not been heard is lost. Returns how many were taken: fewer
    /// when the card signalled a wrong parity in the one behind them (T=0).
    fn send(&mut self, bytes: &[u8], turn_clk: u64, guard_clk: u64) -> usize;

    /// The next character, when one begins within this time.
    fn hear(&mut self, wait_clk: u64) -> Option<Character>;

    /// The character just heard had a wrong parity; it comes again (T=0).
    fn signal_error(&mut self);
}

//! The card operating system: from a whole command to the applet it is for, and back.
//!
//! # Order of checks
//!
//! The standard leaves the order open (ISO/IEC 7816-4:2020, 5.6); this card's is fixed. Each row
//! answers and ends the command unless the condition holds.
//!
//! | # | condition | else |
//! |---|---|---|
//! | 1 | the bytes are one of the cases 1 to 4, short or extended (5.2) | 6700 |
//! | 2 | the class is interindustry or proprietary: not reserved (2X, 3X), not FF (5.4.1) | 6E00 |
//! | 3 | the logical channel is open (5.4.1) | 6881 |
//! | 4 | the instruction is not 6X or 9X (5.5) | 6D00 |
//! | 5 | an unfinished chain goes on with the same class, instruction, P1 and P2 (5.3) | 6883, the chain is dropped |
//! | 6 | no secure messaging, or the selected applet reads it and gets the command (5.4.1) | 6882 |
//! | 7 | no chaining, or the selected applet takes it (5.3) | 6884 |
//! | 8 | a chain, joined, fits the card's command buffer | 6700, the chain is dropped |
//! | 9 | GET RESPONSE: P1-P2 0000 (6A86), something is held (6985), Le present (6700) (11.7.1) | as named |
//! | 10 | SELECT and MANAGE CHANNEL: P1-P2 known (6A86), lengths (6700, 6A87), target there (6A82, 6A81) | as named |
//! | 11 | what the applet says | its status word |
//!
//! A command that ends in rows 1 to 4 leaves an unfinished chain as it is. What is held for GET
//! RESPONSE, or for a command repeated with the right Le, is dropped by any other command: it has
//! to follow at once. A GET RESPONSE that is refused drops nothing (own choice).
//!
//! # What goes out
//!
//! See [`chaining`]: all at once, `61XX`, or `6CXX`, by protocol, case and Ne. On T=0 a command
//! longer than a TPDU comes in parts: [`envelope`].

pub(crate) mod chaining;
pub(crate) mod channel;
pub(crate) mod context;
pub(crate) mod dispatch;
pub(crate) mod envelope;
pub(crate) mod registry;
pub(crate) mod select;
pub(crate) mod state;
pub(crate) mod steps;
#[cfg(test)]
mod tests;

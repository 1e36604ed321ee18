//! Instructions of these cards that ISO/IEC 7816-4 does not have.

use tessera_framework::{Class, Direction, Ins};

/// CARD BLOCK.
pub const CARD_BLOCK: Ins = Ins(0x16);
/// APPLICATION UNBLOCK.
pub const APPLICATION_UNBLOCK: Ins = Ins(0x18);
/// APPLICATION BLOCK.
pub const APPLICATION_BLOCK: Ins = Ins(0x1E);
/// PIN UNBLOCK (P2 00) and PIN RELOAD (P2 01).
pub const PIN_MAINTENANCE: Ins = Ins(0x24);
/// PIN CHANGE.
pub const PIN_CHANGE: Ins = Ins(0x5E);

/// Which way the data of a command goes, for
/// [`Applet::direction`](tessera_framework::Applet::direction).
#[must_use]
pub const fn direction(class: Class, ins: Ins, p1: u8) -> Direction {
    match ins {
        CARD_BLOCK | APPLICATION_UNBLOCK | APPLICATION_BLOCK | PIN_CHANGE => Direction::In,
        _ => Direction::of(class, ins, p1),
    }
}

//! Instructions of PBOC cards that ISO/IEC 7816-4 does not have.

use tessera_framework::{Class, Direction, Ins};

/// CARD BLOCK.
pub const CARD_BLOCK: Ins = Ins(0x16);
/// APPLICATION UNBLOCK.
pub const APPLICATION_UNBLOCK: Ins = Ins(0x18);
/// APPLICATION BLOCK.
pub const APPLICATION_BLOCK: Ins = Ins(0x1E);
/// PIN UNBLOCK.
pub const PIN_UNBLOCK: Ins = Ins(0x24);
/// RELOAD PIN and CHANGE PIN.
pub const PIN_MAINTENANCE: Ins = Ins(0x5E);
/// WRITE BINARY, here another name of UPDATE BINARY.
pub const WRITE_BINARY: Ins = Ins(0xD0);
/// WRITE RECORD, here another name of UPDATE RECORD.
pub const WRITE_RECORD: Ins = Ins(0xD2);

/// Which way the data of a command goes, for
/// [`Applet::direction`](tessera_framework::Applet::direction).
#[must_use]
pub const fn direction(class: Class, ins: Ins, p1: u8) -> Direction {
    match ins {
        CARD_BLOCK | APPLICATION_UNBLOCK | APPLICATION_BLOCK | PIN_MAINTENANCE => Direction::In,
        _ => Direction::of(class, ins, p1),
    }
}

//! Instructions and status words of this family that ISO/IEC 7816-4 does not have.

use tessera_framework::{Ins, StatusWord};

pub(crate) const ERASE_DF: Ins = Ins(0x0E);
pub(crate) const CARD_BLOCK: Ins = Ins(0x16);
pub(crate) const APPLICATION_UNBLOCK: Ins = Ins(0x18);
pub(crate) const APPLICATION_BLOCK: Ins = Ins(0x1E);
pub(crate) const PIN_UNBLOCK: Ins = Ins(0x24);
pub(crate) const PIN_MAINTENANCE: Ins = Ins(0x5E);
pub(crate) const WRITE_BINARY: Ins = Ins(0xD0);
pub(crate) const WRITE_RECORD: Ins = Ins(0xD2);
pub(crate) const WRITE_KEY: Ins = Ins(0xD4);

/// The MAC is wrong, or the message it protects.
pub(crate) const MAC_WRONG: StatusWord = StatusWord(0x9302);
/// The application is locked for ever.
pub(crate) const APPLICATION_LOCKED: StatusWord = StatusWord(0x9303);
/// There is no key with this identifier.
pub(crate) const KEY_NOT_FOUND: StatusWord = StatusWord(0x9403);

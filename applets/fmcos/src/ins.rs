//! Instructions of this family that build a card.

use tessera_framework::Ins;

pub(crate) const ERASE_DF: Ins = Ins(0x0E);
pub(crate) const WRITE_KEY: Ins = Ins(0xD4);

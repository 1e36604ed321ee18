//! Instructions of this card that neither ISO/IEC 7816-4 nor the PBOC cards' basic commands have.

use tessera_cos::basic;
use tessera_framework::{Class, Direction, Ins};

pub(crate) const INIT_FOR_DESCRYPT: Ins = Ins(0x1A);
pub(crate) const INIT_FOR_GREY_LOCK: Ins = Ins(0x40);
pub(crate) const CHECK_GREY_LOCK: Ins = Ins(0x42);
pub(crate) const DEBIT_FOR_UNLOCK: Ins = Ins(0x44);
pub(crate) const INIT_SAM_FOR_PURCHASE: Ins = Ins(0x70);
pub(crate) const CREDIT_SAM_FOR_PURCHASE: Ins = Ins(0x72);
pub(crate) const WRITE_KEY: Ins = Ins(0xD4);
pub(crate) const DELIVER_SESSION_KEY: Ins = Ins(0xDE);
pub(crate) const DES_CRYPT: Ins = Ins(0xFA);

/// Which way the data of a command goes.
pub(crate) const fn direction(class: Class, ins: Ins, p1: u8) -> Direction {
    match (class, ins) {
        (
            Class::Proprietary(_),
            INIT_FOR_DESCRYPT
            | INIT_FOR_GREY_LOCK
            | CHECK_GREY_LOCK
            | DEBIT_FOR_UNLOCK
            | INIT_SAM_FOR_PURCHASE
            | CREDIT_SAM_FOR_PURCHASE
            | WRITE_KEY
            | DELIVER_SESSION_KEY
            | DES_CRYPT,
        ) => Direction::In,
        _ => basic::ins::direction(class, ins, p1),
    }
}

//! A card on each of its interfaces: what it is there, and the answer to reset it has.

use tessera_framework::Interface;

use super::Profile;
use crate::link::{Delivery, PiccType, contact, picc};

impl Profile {
    /// The interface of the card in a contactless reader.
    #[must_use]
    pub const fn contactless(&self) -> Interface {
        match self.air.picc_type {
            PiccType::A => Interface::ContactlessA,
            PiccType::B => Interface::ContactlessB,
        }
    }

    /// What a contactless reader finds there.
    #[must_use]
    pub fn picc(&self) -> picc::Parameters {
        self.air.parameters(self.air.picc_type)
    }

    /// How commands come when nobody has chosen a protocol.
    #[must_use]
    pub fn first_delivery(&self, interface: Interface) -> Delivery {
        let is_t0 = self.line.begins_with().0 == contact::Protocol::T0;
        if interface == Interface::Contact && is_t0 { Delivery::Tpdus } else { Delivery::Apdus }
    }

    /// The answer to reset a PC/SC reader reports: on contacts the card's own, contactless `3B 8n
    /// 80 01` and the historical bytes of Type A or what Type B told (PC/SC part 3, 3.1.3.2.3).
    #[must_use]
    pub fn atr(&self, interface: Interface) -> Vec<u8> {
        let told = match interface {
            Interface::Contact => return self.line.atr(),
            Interface::ContactlessA => self.historical.clone(),
            Interface::ContactlessB => {
                let b = &self.air.b;
                // PUPI aside, what the ATQB says; then what the answer to ATTRIB does.
                let atqb = b.atqb([0; 4], false);
                [atqb.get(5..).unwrap_or_default(), &[b.mbli << 4]].concat()
            }
        };
        let mut atr = [&[0x3B, 0x80 | told.len() as u8, 0x80, 0x01][..], &told].concat();
        atr.push(atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte));
        atr
    }
}

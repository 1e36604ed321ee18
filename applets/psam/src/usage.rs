//! The usage byte of a key: how often it is diversified, what kind it is, and what may be done with
//! what becomes of it.
//!
//! | kind | name | INIT FOR DESCRYPT, then DES CRYPT | otherwise |
//! |---|---|---|---|
//! | 00 | master key of the DF | no | WRITE KEY |
//! | 01 | maintenance key | no | updates of files, blocking |
//! | 02 | purchase | no | INIT SAM FOR PURCHASE, grey lock |
//! | 03 | PIN unblock | encipher, MAC | * PIN UNBLOCK |
//! | 04 | PIN reload | MAC, folded | * RELOAD PIN |
//! | 05 | user-card application maintenance | encipher, MAC | |
//! | 06 | MAC only | MAC | |
//! | 07 | encryption only | encipher, decipher | |
//! | 08 | MAC and encryption | encipher, decipher, MAC | |
//! | 09 | load | of a session key: MAC | |
//! | 0C | TAC | MAC, folded | |
//! | 0D | PIN | no | VERIFY |
//! | 0E | external authentication | encipher | * EXTERNAL AUTHENTICATE |
//! | 0F | internal authentication | encipher, decipher, MAC | * INTERNAL AUTHENTICATE, P1 00 |
//! | 19 | vehicle data | encipher, decipher | |
//! | 1E | export | no | |
//!
//! * A key with no level is one of the card's own then, and makes no temporary key.
//!
//! The kinds are those of published lists; what each may do is inferred from the user card's
//! commands that want it. A purchase or load key that enciphered what the terminal likes would give
//! away session keys, a key of the card's own would answer the card's own challenges. "Folded": the
//! halves of a key of 16 bytes are XORed, as the user card does for its TAC and for RELOAD PIN.
//! What may encipher at level n (kinds 07, 08, 0F) computes the key of level n + 1 too, by
//! enciphering a factor and its complement: such a key must not share its root with a purchase key
//! of more levels.
//! Kind 19 is in no list; toll terminals send 59, and decipher vehicle data (inferred). It has two
//! levels or more.
//!
//! Keys of the card's own are kept as the types of [`tessera_cos::basic`], whose commands use them;
//! no other usage byte is one of those.

use tessera_cos::{basic, keys::KeyRecord};

/// Kinds, the low five bits.
pub mod kind {
    /// Master key of the DF: loads the others.
    pub const MASTER: u8 = 0x00;
    /// Maintenance of the card itself.
    pub const MAINTENANCE: u8 = 0x01;
    /// Purchase.
    pub const PURCHASE: u8 = 0x02;
    /// Unblocks a user card's PIN.
    pub const PIN_UNBLOCK: u8 = 0x03;
    /// Sets a user card's PIN anew.
    pub const PIN_RELOAD: u8 = 0x04;
    /// Maintains a user card's application.
    pub const APPLICATION_MAINTENANCE: u8 = 0x05;
    /// Makes MACs.
    pub const MAC: u8 = 0x06;
    /// Enciphers.
    pub const ENCRYPTION: u8 = 0x07;
    /// Both.
    pub const MAC_AND_ENCRYPTION: u8 = 0x08;
    /// Load.
    pub const LOAD: u8 = 0x09;
    /// Transaction codes.
    pub const TAC: u8 = 0x0C;
    /// A PIN of the card itself.
    pub const PIN: u8 = 0x0D;
    /// External authentication.
    pub const EXTERNAL: u8 = 0x0E;
    /// Internal authentication.
    pub const INTERNAL: u8 = 0x0F;
    /// Vehicle data.
    pub const VEHICLE: u8 = 0x19;
    /// Leaves a mother card.
    pub const EXPORT: u8 = 0x1E;
}

/// A usage byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage(pub u8);

/// What may be done with a temporary key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Powers {
    pub(crate) encipher: bool,
    pub(crate) decipher: bool,
    pub(crate) mac: bool,
    /// The key's halves are XORed first.
    pub(crate) folded: bool,
    /// By INIT FOR DESCRYPT: the derived key itself.
    pub(crate) itself: bool,
    /// By DELIVER SESSION KEY: one block under the derived key.
    pub(crate) session: bool,
}

impl Usage {
    /// Of a key.
    #[must_use]
    pub const fn of(key: &KeyRecord) -> Self {
        Self(key.usage())
    }

    /// How often the key is diversified, 0 to 7.
    #[must_use]
    pub const fn levels(self) -> u8 {
        self.0 >> 5
    }

    /// What kind it is.
    #[must_use]
    pub const fn kind(self) -> u8 {
        self.0 & 0x1F
    }

    /// Whether a key can have this usage: keys of the card itself are not diversified, a purchase
    /// key is at least once (so found on real cards).
    #[must_use]
    pub const fn is_known(self) -> bool {
        match self.kind() {
            kind::MASTER | kind::MAINTENANCE | kind::PIN => self.levels() == 0,
            kind::PURCHASE => self.levels() > 0,
            kind::PIN_UNBLOCK..=kind::LOAD
            | kind::TAC
            | kind::EXTERNAL
            | kind::INTERNAL
            | kind::EXPORT => true,
            kind::VEHICLE => self.levels() > 1,
            _ => false,
        }
    }

    /// Whether failures with it are counted: of the card's own keys, by which somebody shows who
    /// they are.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        self.is_own() && self.kind() != kind::INTERNAL
    }

    /// A key of the card's own, which makes no temporary key.
    pub(crate) const fn is_own(self) -> bool {
        let kind = matches!(
            self.kind(),
            kind::MASTER
                | kind::MAINTENANCE
                | kind::PIN_UNBLOCK
                | kind::PIN_RELOAD
                | kind::PIN
                | kind::EXTERNAL
                | kind::INTERNAL
        );
        kind && self.levels() == 0
    }

    /// The type such a key is kept as.
    #[must_use]
    pub const fn kept_as(self) -> u8 {
        match self.kind() {
            _ if !self.is_own() => self.0,
            kind::MAINTENANCE => basic::usage::LINE,
            kind::PIN_UNBLOCK => basic::usage::PIN_UNBLOCK,
            kind::PIN_RELOAD => basic::usage::PIN_RELOAD,
            kind::PIN => basic::usage::PIN,
            kind::EXTERNAL => basic::usage::EXTERNAL,
            kind::INTERNAL => basic::usage::ENCIPHER,
            _ => self.0,
        }
    }

    /// What the security register becomes after a PIN, and after an external authentication, where
    /// nothing else was said (own choice).
    #[must_use]
    pub const fn register(self) -> u8 {
        match self.kind() {
            kind::PIN => 1,
            kind::EXTERNAL if self.is_own() => 2,
            _ => 0,
        }
    }

    /// What may be done with a temporary key made of such a key.
    pub(crate) const fn powers(self) -> Powers {
        let (encipher, decipher, mac) = match self.kind() {
            _ if self.is_own() => (false, false, false),
            kind::PIN_UNBLOCK | kind::APPLICATION_MAINTENANCE => (true, false, true),
            kind::PIN_RELOAD | kind::MAC | kind::LOAD | kind::TAC => (false, false, true),
            kind::ENCRYPTION | kind::VEHICLE => (true, true, false),
            kind::MAC_AND_ENCRYPTION | kind::INTERNAL => (true, true, true),
            kind::EXTERNAL => (true, false, false),
            _ => (false, false, false),
        };
        let any = encipher || decipher || mac;
        let folded = matches!(self.kind(), kind::PIN_RELOAD | kind::TAC);
        let itself = any && self.kind() != kind::LOAD;
        Powers { encipher, decipher, mac, folded, itself, session: any && !folded }
    }
}

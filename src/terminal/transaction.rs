//! Kinds of transactions and what hangs on each: type byte, which number counts it, which purse has
//! it.

use std::fmt;

/// One of the two purses of an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purse {
    /// The electronic deposit ED (电子存折), used with the PIN.
    Deposit,
    /// The electronic purse EP (电子钱包).
    Purse,
}

impl Purse {
    /// P2 of the commands.
    #[must_use]
    pub const fn p2(self) -> u8 {
        match self {
            Self::Deposit => 1,
            Self::Purse => 2,
        }
    }

    const fn or(self, deposit: u8, purse: u8) -> u8 {
        match self {
            Self::Deposit => deposit,
            Self::Purse => purse,
        }
    }
}

impl fmt::Display for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deposit => "deposit",
            Self::Purse => "purse",
        })
    }
}

/// A kind of transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Load.
    Load,
    /// Unload, of the deposit.
    Unload,
    /// Cash withdrawal, of the deposit.
    Cash,
    /// Purchase.
    Purchase,
    /// Update of the overdraft limit, of the deposit.
    Overdraft,
    /// Compound application (CAPP) purchase, of the purse.
    Compound,
}

impl Kind {
    /// The type byte (JR/T 0025.1).
    #[must_use]
    pub const fn type_byte(self, purse: Purse) -> u8 {
        match self {
            Self::Load => purse.or(0x01, 0x02),
            Self::Unload => 0x03,
            Self::Cash => 0x04,
            Self::Purchase => purse.or(0x05, 0x06),
            Self::Overdraft => 0x07,
            Self::Compound => 0x09,
        }
    }

    /// P1 of INITIALIZE.
    #[must_use]
    pub const fn p1(self) -> u8 {
        match self {
            Self::Load => 0,
            Self::Purchase => 1,
            Self::Cash => 2,
            Self::Compound => 3,
            Self::Overdraft => 4,
            Self::Unload => 5,
        }
    }

    /// Whether a terminal's security module takes part, and the card's offline number counts it.
    #[must_use]
    pub const fn is_offline(self) -> bool {
        matches!(self, Self::Purchase | Self::Cash | Self::Compound)
    }

    /// Whether the card asks for the PIN whatever its purse says: all but purchases with EP.
    #[must_use]
    pub const fn needs_pin(self, purse: Purse) -> bool {
        !matches!((self, purse), (Self::Purchase | Self::Compound, Purse::Purse))
    }

    /// Whether the purse has transactions of this kind.
    #[must_use]
    pub const fn is_of(self, purse: Purse) -> bool {
        match self {
            Self::Load | Self::Purchase => true,
            Self::Unload | Self::Cash | Self::Overdraft => matches!(purse, Purse::Deposit),
            Self::Compound => matches!(purse, Purse::Purse),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Unload => "unload",
            Self::Cash => "cash withdrawal",
            Self::Purchase => "purchase",
            Self::Overdraft => "change of the overdraft limit",
            Self::Compound => "compound purchase",
        })
    }
}

/// What a type byte in a log means.
#[must_use]
pub const fn type_in_words(byte: u8) -> &'static str {
    match byte {
        0x01 => "load of the deposit",
        0x02 => "load of the purse",
        0x03 => "unload",
        0x04 => "cash withdrawal",
        0x05 => "purchase with the deposit",
        0x06 => "purchase with the purse",
        0x07 => "change of the overdraft limit",
        0x09 => "compound purchase",
        0x91 => "grey lock of the deposit",
        0x92 => "grey lock of the purse",
        0x93 => "purchase and unlock of the deposit",
        0x94 => "purchase and unlock of the purse",
        0x95 => "grey unlock of the deposit by the host",
        0x96 => "grey unlock of the purse by the host",
        _ => "unknown transaction",
    }
}

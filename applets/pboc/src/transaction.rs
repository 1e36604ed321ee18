//! Kinds of transactions: what the type byte of each says.

/// The two purses of an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PurseId {
    /// Electronic deposit 电子存折, file 0001.
    Ed,
    /// Electronic purse 电子钱包, file 0002.
    Ep,
}

/// A kind of transaction, by its type byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Transaction {
    /// `01`: load 圈存 of the ED.
    LoadEd = 0x01,
    /// `02`: load of the EP.
    LoadEp = 0x02,
    /// `04`: cash withdrawal 取现 from the ED.
    Cash = 0x04,
    /// `05`: purchase 消费 with the ED.
    PurchaseEd = 0x05,
    /// `06`: purchase with the EP.
    PurchaseEp = 0x06,
}

/// Which of a purse's two numbers a transaction counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Numbering {
    /// Transactions with the issuer.
    Online,
    /// Transactions with a terminal alone.
    Offline,
}

/// Types of keys, b6-b1; b8-b7 say how the key is written and change nothing here.
pub(crate) mod key_type {
    /// Of transaction certificates, DTK.
    pub(crate) const TAC: u8 = 0x34;
    /// Purchase and cash withdrawal, DPK.
    pub(crate) const PURCHASE: u8 = 0x3E;
    /// Load, DLK.
    pub(crate) const LOAD: u8 = 0x3F;
}

impl PurseId {
    /// By P2 of the commands that name a purse: 01 or 02.
    pub(crate) const fn from_p2(p2: u8) -> Option<Self> {
        match p2 {
            0x01 => Some(Self::Ed),
            0x02 => Some(Self::Ep),
            _ => None,
        }
    }

    /// The purse that transactions of this type change, whether the card does them or not.
    pub(crate) const fn of_type(transaction_type: u8) -> Option<Self> {
        match transaction_type {
            0x01 | 0x03 | 0x04 | 0x05 | 0x07 => Some(Self::Ed),
            0x02 | 0x06 | 0x09 => Some(Self::Ep),
            _ => None,
        }
    }

    /// File identifier of the purse file.
    pub(crate) const fn fid(self) -> u16 {
        match self {
            Self::Ed => 0x0001,
            Self::Ep => 0x0002,
        }
    }
}

impl Transaction {
    /// The transaction that P1 and P2 of INITIALIZE begin.
    pub(crate) const fn initialized_by(p1: u8, p2: u8) -> Option<Self> {
        match (p1, p2) {
            (0x00, 0x01) => Some(Self::LoadEd),
            (0x00, 0x02) => Some(Self::LoadEp),
            (0x01, 0x01) => Some(Self::PurchaseEd),
            (0x01, 0x02) => Some(Self::PurchaseEp),
            (0x02, 0x01) => Some(Self::Cash),
            _ => None,
        }
    }

    /// By its type byte.
    pub(crate) const fn from_type(transaction_type: u8) -> Option<Self> {
        match transaction_type {
            0x01 => Some(Self::LoadEd),
            0x02 => Some(Self::LoadEp),
            0x04 => Some(Self::Cash),
            0x05 => Some(Self::PurchaseEd),
            0x06 => Some(Self::PurchaseEp),
            _ => None,
        }
    }

    /// The type byte.
    pub(crate) const fn type_byte(self) -> u8 {
        self as u8
    }

    /// The purse it changes.
    pub(crate) const fn purse(self) -> PurseId {
        match self {
            Self::LoadEd | Self::Cash | Self::PurchaseEd => PurseId::Ed,
            Self::LoadEp | Self::PurchaseEp => PurseId::Ep,
        }
    }

    /// It brings money in, and the issuer's host speaks for it.
    pub(crate) const fn is_load(self) -> bool {
        matches!(self, Self::LoadEd | Self::LoadEp)
    }

    /// The number it counts.
    pub(crate) const fn numbering(self) -> Numbering {
        if self.is_load() { Numbering::Online } else { Numbering::Offline }
    }

    /// Type of the key its session key comes from.
    pub(crate) const fn key_type(self) -> u8 {
        if self.is_load() { key_type::LOAD } else { key_type::PURCHASE }
    }
}

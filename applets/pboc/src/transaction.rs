//! Kinds of transactions: what the type byte of each says.

use tessera_framework::StatusWord;

use crate::Rules;

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
    /// `03`: unload 圈提 of the ED.
    Unload = 0x03,
    /// `04`: cash withdrawal 取现 from the ED.
    Cash = 0x04,
    /// `05`: purchase 消费 with the ED.
    PurchaseEd = 0x05,
    /// `06`: purchase with the EP.
    PurchaseEp = 0x06,
    /// `07`: another overdraft limit 透支限额 of the ED.
    Overdraft = 0x07,
    /// `09`: compound purchase 复合应用消费 (CAPP) with the EP.
    Capp = 0x09,
    /// `91`: grey lock 灰锁 of the ED.
    GreyLockEd = 0x91,
    /// `92`: grey lock of the EP.
    GreyLockEp = 0x92,
    /// `93`: debit for unlock 解扣 of the ED.
    DebitForUnlockEd = 0x93,
    /// `94`: debit for unlock of the EP.
    DebitForUnlockEp = 0x94,
    /// `95`: grey unlock 联机解扣 of the ED.
    GreyUnlockEd = 0x95,
    /// `96`: grey unlock of the EP.
    GreyUnlockEp = 0x96,
}

/// What INITIALIZE begins, and the second command that ends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// CREDIT FOR LOAD.
    Load,
    /// DEBIT FOR UNLOAD.
    Unload,
    /// DEBIT FOR PURCHASE, FOR CASH WITHDRAW or FOR CAPP PURCHASE, one command for all.
    Purchase,
    /// UPDATE OVERDRAW LIMIT.
    Overdraft,
    /// GREY LOCK.
    GreyLock,
    /// DEBIT FOR UNLOCK, which needs no INITIALIZE.
    DebitForUnlock,
    /// GREY UNLOCK.
    GreyUnlock,
}

/// Which of a purse's two numbers a transaction counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Numbering {
    /// Transactions with the issuer.
    Online,
    /// Transactions with a terminal alone.
    Offline,
}

impl Numbering {
    /// The other of the two.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Online => Self::Offline,
            Self::Offline => Self::Online,
        }
    }
}

/// Types of keys, b6-b1; b8-b7 say how the key is written and change nothing here.
pub(crate) mod key_type {
    /// Of transaction certificates, DTK.
    pub(crate) const TAC: u8 = 0x34;
    /// Change of the overdraft limit, DUK.
    pub(crate) const OVERDRAFT: u8 = 0x3C;
    /// Unload and grey unlock, DULK.
    pub(crate) const UNLOAD: u8 = 0x3D;
    /// Purchase, cash withdrawal and grey lock, DPK.
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

    /// P2 of the commands that name it.
    pub(crate) const fn p2(self) -> u8 {
        match self {
            Self::Ed => 0x01,
            Self::Ep => 0x02,
        }
    }

    /// File identifier of the purse file.
    pub(crate) const fn fid(self) -> u16 {
        match self {
            Self::Ed => 0x0001,
            Self::Ep => 0x0002,
        }
    }

    /// One or the other.
    pub(crate) const fn pick(self, ed: Transaction, ep: Transaction) -> Transaction {
        match self {
            Self::Ed => ed,
            Self::Ep => ep,
        }
    }
}

impl Transaction {
    /// The transaction that P1 and P2 of INITIALIZE, class 80, begin.
    pub(crate) const fn initialized_by(p1: u8, p2: u8) -> Option<Self> {
        match (p1, p2) {
            (0x00, 0x01) => Some(Self::LoadEd),
            (0x00, 0x02) => Some(Self::LoadEp),
            (0x01, 0x01) => Some(Self::PurchaseEd),
            (0x01, 0x02) => Some(Self::PurchaseEp),
            (0x02, 0x01) => Some(Self::Cash),
            (0x03, 0x02) => Some(Self::Capp),
            (0x04, 0x01) => Some(Self::Overdraft),
            (0x05, 0x01) => Some(Self::Unload),
            _ => None,
        }
    }

    /// By its type byte.
    pub(crate) const fn from_type(transaction_type: u8) -> Option<Self> {
        match transaction_type {
            0x01 => Some(Self::LoadEd),
            0x02 => Some(Self::LoadEp),
            0x03 => Some(Self::Unload),
            0x04 => Some(Self::Cash),
            0x05 => Some(Self::PurchaseEd),
            0x06 => Some(Self::PurchaseEp),
            0x07 => Some(Self::Overdraft),
            0x09 => Some(Self::Capp),
            0x91 => Some(Self::GreyLockEd),
            0x92 => Some(Self::GreyLockEp),
            0x93 => Some(Self::DebitForUnlockEd),
            0x94 => Some(Self::DebitForUnlockEp),
            0x95 => Some(Self::GreyUnlockEd),
            0x96 => Some(Self::GreyUnlockEp),
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
            Self::LoadEd
            | Self::Unload
            | Self::Cash
            | Self::PurchaseEd
            | Self::Overdraft
            | Self::GreyLockEd
            | Self::DebitForUnlockEd
            | Self::GreyUnlockEd => PurseId::Ed,
            Self::LoadEp
            | Self::PurchaseEp
            | Self::Capp
            | Self::GreyLockEp
            | Self::DebitForUnlockEp
            | Self::GreyUnlockEp => PurseId::Ep,
        }
    }

    /// What it does.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::LoadEd | Self::LoadEp => Kind::Load,
            Self::Unload => Kind::Unload,
            Self::Cash | Self::PurchaseEd | Self::PurchaseEp | Self::Capp => Kind::Purchase,
            Self::Overdraft => Kind::Overdraft,
            Self::GreyLockEd | Self::GreyLockEp => Kind::GreyLock,
            Self::DebitForUnlockEd | Self::DebitForUnlockEp => Kind::DebitForUnlock,
            Self::GreyUnlockEd | Self::GreyUnlockEp => Kind::GreyUnlock,
        }
    }

    /// The number it counts.
    pub(crate) const fn numbering(self) -> Numbering {
        if self.kind().is_online() { Numbering::Online } else { Numbering::Offline }
    }

    /// The PIN is needed, whatever the use right of the purse says.
    pub(crate) const fn needs_pin(self, rules: &Rules) -> bool {
        match self {
            Self::LoadEd | Self::LoadEp => rules.load_needs_pin,
            Self::PurchaseEd | Self::PurchaseEp | Self::Capp => false,
            _ => true,
        }
    }

    /// What a missing PIN or use right is answered with: the lists of INITIALIZE FOR LOAD and FOR
    /// UNLOAD have no 6982.
    pub(crate) const fn security_refusal(self) -> StatusWord {
        match self.kind() {
            Kind::Load | Kind::Unload => StatusWord::CONDITIONS_NOT_SATISFIED,
            _ => StatusWord::SECURITY_STATUS_NOT_SATISFIED,
        }
    }
}

impl Kind {
    /// The issuer's host speaks for it, and the card sends a MAC first.
    pub(crate) const fn is_online(self) -> bool {
        matches!(self, Self::Load | Self::Unload | Self::Overdraft | Self::GreyUnlock)
    }

    /// It belongs to the grey lock, which not every build has.
    pub(crate) const fn is_grey(self) -> bool {
        matches!(self, Self::GreyLock | Self::DebitForUnlock | Self::GreyUnlock)
    }

    /// Type of the key its session key comes from.
    pub(crate) const fn key_type(self) -> u8 {
        match self {
            Self::Load => key_type::LOAD,
            Self::Unload | Self::GreyUnlock => key_type::UNLOAD,
            Self::Purchase | Self::GreyLock | Self::DebitForUnlock => key_type::PURCHASE,
            Self::Overdraft => key_type::OVERDRAFT,
        }
    }

    /// It ends with a certificate of the TAC key; else with a MAC of the session key.
    pub(crate) const fn has_tac(self) -> bool {
        !matches!(self, Self::Unload | Self::GreyUnlock)
    }
}

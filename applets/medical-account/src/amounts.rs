//! The four amounts of a settlement, AM = A S P D, in fen.

/// Bytes of the four amounts.
pub(crate) const AMOUNTS_BYTES: usize = 16;

/// What a settlement or reversal is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Amounts {
    /// A: taken from the account.
    pub(crate) account: u32,
    /// S: self-paid within the policy.
    pub(crate) own: u32,
    /// P: paid by the pooled fund.
    pub(crate) pooled: u32,
    /// D: the part counted to the deductible.
    pub(crate) deductible: u32,
}

impl Amounts {
    /// An amount of the account alone.
    pub(crate) const fn of_account(account: u32) -> Self {
        Self { account, own: 0, pooled: 0, deductible: 0 }
    }

    pub(crate) fn decode(bytes: &[u8; AMOUNTS_BYTES]) -> Self {
        let number = |at: usize| {
            u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        Self { account: number(0), own: number(4), pooled: number(8), deductible: number(12) }
    }

    pub(crate) fn encode(&self) -> [u8; AMOUNTS_BYTES] {
        let mut bytes = [0; AMOUNTS_BYTES];
        let amounts = [self.account, self.own, self.pooled, self.deductible];
        for (to, from) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(amounts) {
            *to = from.to_be_bytes();
        }
        bytes
    }

    /// What is counted to the deductible was paid: D is at most A + S.
    pub(crate) fn is_sound(&self) -> bool {
        u64::from(self.deductible) <= u64::from(self.account) + u64::from(self.own)
    }

    /// None of them is greater than the other's.
    pub(crate) const fn is_within(&self, other: &Self) -> bool {
        self.account <= other.account
            && self.own <= other.own
            && self.pooled <= other.pooled
            && self.deductible <= other.deductible
    }
}

//! The internal file of amounts (内部金额文件): what the card knows of the account, and no command
//! reads or writes.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 2 | on-line counter, of credits |
//! | 2 | 2 | off-line counter, of settlements |
//! | 4 | 4 | balance of the personal account, in fen |
//! | 8 | 4 | self-pay of the year |
//! | 12 | 4 | pooled fund of the year |
//! | 16 | 2 | payment year, four digits |
//! | 18 | 2 | its first day, month and day |
//!
//! It is a block of its own under DF04, no file that could be selected.

use tessera_cos::{
    Header,
    find::find_block,
    layout::{Kind, df_at},
    tree,
};
use tessera_framework::{DfId, Env, Halt, Outcome, StatusWord};

use super::command::{Sum, Time};

/// Bytes of the file.
pub const AMOUNTS_BYTES: usize = 20;

/// Identifier of the block.
const IDENTIFIER: u16 = 0x00C8;

/// The file's content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amounts {
    /// On-line counter: credits so far.
    pub online: u16,
    /// Off-line counter: settlements so far.
    pub offline: u16,
    /// Balance of the personal account, in fen.
    pub balance: u32,
    /// Self-pay of the year, in fen.
    pub self_pay: u32,
    /// Pooled fund of the year, in fen.
    pub fund: u32,
    /// Payment year, packed digits.
    pub year: u16,
    /// Month and day on which a payment year begins, packed digits.
    pub start: u16,
}

impl Amounts {
    /// Of an account that nothing has happened to, of no year yet; years begin with January.
    pub const NEW: Self = Self {
        online: 0,
        offline: 0,
        balance: 0,
        self_pay: 0,
        fund: 0,
        year: 0x0000,
        start: 0x0101,
    };

    /// As the file has them.
    #[must_use]
    pub fn encode(&self) -> [u8; AMOUNTS_BYTES] {
        let mut bytes = [0; AMOUNTS_BYTES];
        bytes[0..2].copy_from_slice(&self.online.to_be_bytes());
        bytes[2..4].copy_from_slice(&self.offline.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.balance.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.self_pay.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.fund.to_be_bytes());
        bytes[16..18].copy_from_slice(&self.year.to_be_bytes());
        bytes[18..20].copy_from_slice(&self.start.to_be_bytes());
        bytes
    }

    /// From the file.
    #[must_use]
    pub const fn decode(bytes: &[u8; AMOUNTS_BYTES]) -> Self {
        let [o0, o1, f0, f1, b0, b1, b2, b3, s0, s1, s2, s3, p0, p1, p2, p3, y0, y1, d0, d1] =
            *bytes;
        Self {
            online: u16::from_be_bytes([o0, o1]),
            offline: u16::from_be_bytes([f0, f1]),
            balance: u32::from_be_bytes([b0, b1, b2, b3]),
            self_pay: u32::from_be_bytes([s0, s1, s2, s3]),
            fund: u32::from_be_bytes([p0, p1, p2, p3]),
            year: u16::from_be_bytes([y0, y1]),
            start: u16::from_be_bytes([d0, d1]),
        }
    }

    /// After a settlement.
    ///
    /// # Errors
    /// 9401 above the balance; 9402 when a sum or the counter is at its end.
    pub(super) fn settled(&self, sum: &Sum, time: Time) -> Result<Self, Halt> {
        let year = self.payment_year(time);
        let (self_pay, fund) = if year > self.year { (0, 0) } else { (self.self_pay, self.fund) };
        let full = Halt::Status(StatusWord::NUMBER_AT_MAXIMUM);
        Ok(Self {
            offline: next(self.offline)?,
            balance: self.less(sum.account)?,
            self_pay: self_pay.checked_add(sum.self_pay).ok_or(full)?,
            fund: fund.checked_add(sum.fund).ok_or(full)?,
            year: year.max(self.year),
            ..*self
        })
    }

    /// After a credit.
    ///
    /// # Errors
    /// 9402 when the balance or the counter is at its end.
    pub(super) fn credited(&self, amount: u32) -> Result<Self, Halt> {
        let full = Halt::Status(StatusWord::NUMBER_AT_MAXIMUM);
        let balance = self.balance.checked_add(amount).ok_or(full)?;
        Ok(Self { online: next(self.online)?, balance, ..*self })
    }

    /// The balance less an amount.
    ///
    /// # Errors
    /// 9401.
    pub(super) fn less(&self, amount: u32) -> Result<u32, Halt> {
        let short = Halt::Status(StatusWord::BALANCE_INSUFFICIENT);
        self.balance.checked_sub(amount).ok_or(short)
    }

    /// The payment year a time belongs to. Packed digits are in the order of the numbers they
    /// stand for.
    fn payment_year(&self, Time([y0, y1, month, day, ..]): Time) -> u16 {
        let year = u16::from_be_bytes([y0, y1]);
        if u16::from_be_bytes([month, day]) >= self.start { year } else { before(year) }
    }
}

/// The year before one of four packed digits; of 0000 itself.
const fn before(year: u16) -> u16 {
    let mut digits = year;
    let mut place = 0;
    while place < 16 {
        if digits >> place & 0xF > 0 {
            return digits - (1 << place);
        }
        digits |= 9 << place;
        place += 4;
    }
    year
}

/// A counter's next value.
///
/// # Errors
/// 9402.
pub(super) fn next(counter: u16) -> Result<u16, Halt> {
    counter.checked_add(1).ok_or(Halt::Status(StatusWord::NUMBER_AT_MAXIMUM))
}

/// The file of a DF and what it says.
pub(super) struct Account {
    pub(super) file: Header,
    pub(super) amounts: Amounts,
}

impl Account {
    /// # Errors
    /// 9403 on a card without one, which has no keys for it either.
    pub(super) fn open(env: &Env<'_>, df: &Header) -> Result<Self, Halt> {
        let of_amounts = |block: &Header| block.kind == Kind::Object && block.fid().0 == IDENTIFIER;
        let file = find_block(env, df.at, of_amounts)?;
        let file = file.ok_or(Halt::Status(StatusWord::KEY_NOT_FOUND))?;
        let amounts = Amounts::decode(&env.load_array(file.body())?);
        Ok(Self { file, amounts })
    }
}

/// Makes the file of a DF, with what it is to hold.
///
/// # Errors
/// 6A84; `Torn`.
pub(crate) fn create(env: &mut Env<'_>, df: DfId, content: Option<&[u8]>) -> Outcome {
    let new = Amounts::NEW.encode();
    tree::create_object(env, df_at(df), IDENTIFIER, content.unwrap_or(&new), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_before() {
        for (year, earlier) in
            [(0x2025, 0x2024), (0x2020, 0x2019), (0x2000, 0x1999), (0x0001, 0x0000), (0, 0)]
        {
            assert_eq!(before(year), earlier, "{year:04X}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let amounts = Amounts {
            online: 0x0102,
            offline: 0x0304,
            balance: 0x0506_0708,
            self_pay: 0x090A_0B0C,
            fund: 0x0D0E_0F10,
            year: 0x2025,
            start: 0x0701,
        };
        assert_eq!(Amounts::decode(&amounts.encode()), amounts);
    }
}

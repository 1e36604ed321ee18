//! What a visit costs whom: account, holder, pooled fund. Whole fen; the fund's part is rounded
//! down.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::terminal::{Fen, tariff::TariffError};

use super::entry::Amounts;

/// A tariff, as its file has it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MedicalTariff {
    /// Points of percent less from the fund for a visit out of the area.
    #[serde(default)]
    out_of_area_points: u8,
    /// By the class of the visit.
    class: BTreeMap<char, ClassTariff>,
}

/// What the fund pays of a class of visits.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ClassTariff {
    /// What the holder pays within the year before the fund does.
    #[serde(default, deserialize_with = "crate::terminal::tariff::yuan")]
    deductible: Fen,
    /// What the fund pays of the rest.
    #[serde(default)]
    pool_percent: u8,
}

/// What is to be priced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bill {
    /// Class of the visit, a character.
    pub class: char,
    /// What it costs.
    pub total: Fen,
    /// The out-patient pool is asked for.
    pub pool: bool,
    /// The visit is for the chronic disease.
    pub chronic: bool,
}

/// What the price depends on beside the bill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Situation {
    /// Balance of the account.
    pub balance: Fen,
    /// Counted to the deductible in the year so far.
    pub deductible: Fen,
    /// The terminal is out of the insured area.
    pub out_of_area: bool,
    /// Most that is taken from the account at once; 0 for none.
    pub single_limit: Fen,
}

/// Flags of a settlement: out of area, chronic, out-patient pool, deductible reached.
pub const OUT_OF_AREA: u8 = 0x01;
/// See [`OUT_OF_AREA`].
pub const CHRONIC: u8 = 0x02;
/// See [`OUT_OF_AREA`].
pub const POOL: u8 = 0x04;
/// See [`OUT_OF_AREA`].
pub const DEDUCTIBLE_REACHED: u8 = 0x08;

/// What a visit costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    /// Who pays what.
    pub amounts: Amounts,
    /// Flags of the settlement.
    pub flags: u8,
}

impl MedicalTariff {
    /// From the text of a file.
    ///
    /// # Errors
    /// [`TariffError`] with `place`.
    pub fn parse(place: &str, text: &str) -> Result<Self, TariffError> {
        let tariff: Self = toml::from_str(text)
            .map_err(|error| TariffError::Form { place: place.into(), error: Box::new(error) })?;
        let percents = tariff.class.values().map(|class| class.pool_percent);
        for percent in percents.chain([tariff.out_of_area_points]) {
            if percent > 100 {
                return Err(TariffError::Value {
                    place: place.into(),
                    what: "percent",
                    expected: "0 to 100",
                    got: percent.to_string(),
                });
            }
        }
        Ok(tariff)
    }

    /// That of the examples.
    ///
    /// # Errors
    /// [`TariffError`]: the example is broken.
    pub fn usual() -> Result<Self, TariffError> {
        let text = include_str!("../../../examples/medical-tariff.toml");
        Self::parse("examples/medical-tariff.toml", text)
    }

    /// The price of a visit; `None` when the tariff has no such class.
    #[must_use]
    pub fn price(&self, bill: &Bill, situation: &Situation) -> Option<Price> {
        let class = self.class.get(&bill.class)?;
        // An out-patient visit is the pool's when the pool is asked for, others by their class.
        let is_pooled = bill.class != '0' || bill.pool;
        let points = if situation.out_of_area { self.out_of_area_points } else { 0 };
        let percent = if is_pooled { class.pool_percent.saturating_sub(points) } else { 0 };
        let before_fund = match percent {
            0 => Fen(0),
            _ => Fen(class.deductible.0.saturating_sub(situation.deductible.0)),
        };
        let deductible = Fen(before_fund.0.min(bill.total.0));
        let above = u64::from(bill.total.0 - deductible.0);
        let pool = Fen((above * u64::from(percent) / 100) as u32);
        let own = bill.total.0 - pool.0;
        let most = match situation.single_limit {
            Fen(0) => u32::MAX,
            Fen(limit) => limit,
        };
        let account = Fen(own.min(situation.balance.0).min(most));
        let self_paid = Fen(own - account.0);
        let is_reached = percent > 0 && deductible == before_fund;
        let mut flags = 0;
        for (set, flag) in [
            (situation.out_of_area, OUT_OF_AREA),
            (bill.chronic || bill.class == '5', CHRONIC),
            (bill.pool, POOL),
            (is_reached, DEDUCTIBLE_REACHED),
        ] {
            flags |= if set { flag } else { 0 };
        }
        Some(Price { amounts: Amounts { account, self_paid, pool, deductible }, flags })
    }
}

/// A visit without the network: the account and the holder alone pay.
#[must_use]
pub fn off_line_price(bill: &Bill, situation: &Situation) -> Price {
    let most = match situation.single_limit {
        Fen(0) => u32::MAX,
        Fen(limit) => limit,
    };
    let account = Fen(bill.total.0.min(situation.balance.0).min(most));
    let self_paid = Fen(bill.total.0 - account.0);
    let flags = if bill.chronic || bill.class == '5' { CHRONIC } else { 0 };
    Price { amounts: Amounts { account, self_paid, ..Amounts::default() }, flags }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(bill: Bill, situation: Situation) -> ([u32; 4], u8) {
        let price = MedicalTariff::usual().unwrap().price(&bill, &situation).unwrap();
        let Amounts { account, self_paid, pool, deductible } = price.amounts;
        assert_eq!(price.amounts.total(), u64::from(bill.total.0));
        assert!(deductible.0 <= account.0 + self_paid.0, "the card checks D <= A + S");
        ([account, self_paid, pool, deductible].map(|fen| fen.0), price.flags)
    }

    #[test]
    fn who_pays_what_is_told_by_class_pool_deductible_balance_and_area() {
        let visit = Bill { class: '0', total: Fen(16_000), pool: true, chronic: false };
        let rich = Situation {
            balance: Fen(50_000),
            deductible: Fen(0),
            out_of_area: false,
            single_limit: Fen(0),
        };
        // 100.00 are the deductible, half of the other 60.00 is the fund's.
        assert_eq!(price(visit, rich), ([13_000, 0, 3_000, 10_000], 0x0C));
        let met = Situation { deductible: Fen(10_000), ..rich };
        assert_eq!(price(visit, met), ([8_000, 0, 8_000, 0], 0x0C));
        let poor = Situation { balance: Fen(1_000), ..met };
        assert_eq!(price(visit, poor), ([1_000, 7_000, 8_000, 0], 0x0C));
        let capped = Situation { single_limit: Fen(500), ..met };
        assert_eq!(price(visit, capped), ([500, 7_500, 8_000, 0], 0x0C));
        let away = Situation { out_of_area: true, ..met };
        assert_eq!(price(visit, away), ([9_600, 0, 6_400, 0], 0x0D));
        assert_eq!(price(Bill { pool: false, ..visit }, rich), ([16_000, 0, 0, 0], 0));
        let small = Bill { total: Fen(9_999), ..visit };
        assert_eq!(price(small, rich), ([9_999, 0, 0, 9_999], 0x04), "not reached");
        let odd = Bill { total: Fen(3), ..visit };
        assert_eq!(price(odd, met), ([2, 0, 1, 0], 0x0C), "the fund's part is rounded down");
        let chronic = Bill { class: '5', total: Fen(40_000), pool: false, chronic: false };
        assert_eq!(price(chronic, rich), ([33_000, 0, 7_000, 30_000], 0x0A));
        let shop = Bill { class: '6', total: Fen(700), pool: false, chronic: false };
        assert_eq!(price(shop, rich), ([700, 0, 0, 0], 0));
        let tariff = MedicalTariff::usual().unwrap();
        assert_eq!(
            tariff.price(&Bill { class: '8', ..visit }, &rich),
            None,
            "no cash, no transfer"
        );
        let off = off_line_price(&visit, &Situation { balance: Fen(1_000), ..rich }).amounts;
        assert_eq!((off.account, off.self_paid, off.pool), (Fen(1_000), Fen(15_000), Fen(0)));
    }

    #[test]
    fn what_is_no_tariff_is_told_with_its_place() {
        for (text, says) in [
            ("", "t: TOML parse error"),
            ("[class.0]\npool-percent = 101", "t: percent: expected 0 to 100, got 101"),
            ("[class.0]\ndeductible = \"1.234\"", "t: TOML parse error at line 2"),
            ("[class.00]", "t: TOML parse error"),
            ("out-of-area-points = 101\n[class.0]", "t: percent: expected 0 to 100, got 101"),
        ] {
            let error = MedicalTariff::parse("t", text).unwrap_err().to_string();
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }
}

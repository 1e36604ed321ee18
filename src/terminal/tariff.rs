//! What a ride or a passage costs: a base fare, stages, and what is taken off. Whole fen, rounded
//! down in favour of the passenger.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Fen;

/// A tariff, as its file has it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tariff {
    /// Fare of the first `reach` stops, or kilometres.
    #[serde(deserialize_with = "yuan")]
    base: Fen,
    /// How far the base fare goes.
    reach: u16,
    /// Fare of each further stage that is begun.
    #[serde(deserialize_with = "yuan")]
    stage: Fen,
    /// How long a stage is, 1 or more.
    stage_reach: u16,
    /// The most a ride costs; also that of a ride whose end nobody saw.
    #[serde(deserialize_with = "yuan")]
    most: Fen,
    /// Percent off by the type of card, in decimal: the first byte of the card's file 0016.
    #[serde(default)]
    card_type_percent_off: BTreeMap<String, u8>,
    /// A ride that begins so soon after the end of another one.
    transfer: Option<Transfer>,
    /// Percent off from so much paid in the month on.
    #[serde(default)]
    month: Vec<Month>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Transfer {
    within_minutes: u64,
    percent_off: u8,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Month {
    #[serde(deserialize_with = "yuan")]
    from: Fen,
    percent_off: u8,
}

/// The file is no tariff.
#[derive(Debug, thiserror::Error)]
pub enum TariffError {
    /// It is not of the form.
    #[error("{place}: {error}")]
    Form {
        /// Which file.
        place: String,
        /// What is wrong, and in which line.
        error: Box<toml::de::Error>,
    },
    /// A value that cannot be.
    #[error("{place}: {what}: expected {expected}, got {got}")]
    Value {
        /// Which file.
        place: String,
        /// Which value.
        what: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        got: String,
    },
}

/// What the fare of a ride depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Journey {
    /// Stops, or kilometres.
    pub distance: u16,
    /// Type of the card.
    pub card_type: u8,
    /// Minutes between the end of the ride before and the beginning of this one.
    pub minutes_since_last: Option<u64>,
    /// Paid in this month so far.
    pub paid_this_month: Fen,
}

/// A fare, and how it came about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fare {
    /// Before anything is taken off.
    pub full: Fen,
    /// What is to be paid.
    pub amount: Fen,
    /// What was taken off, in words.
    pub reasons: Vec<String>,
}

/// A bus line of the examples.
const BUS: &str = r#"
base = "2.00"
reach = 10
stage = "0.50"
stage-reach = 5
most = "6.00"
card-type-percent-off = { 2 = 50, 3 = 100 }
transfer = { within-minutes = 60, percent-off = 50 }
month = [{ from = "50.00", percent-off = 10 }, { from = "100.00", percent-off = 20 }]
"#;

/// A toll road of the examples, by the kilometre.
const ROAD: &str = r#"
base = "5.00"
reach = 10
stage = "0.45"
stage-reach = 1
most = "450.00"
"#;

impl Tariff {
    /// The bus line of the examples.
    ///
    /// # Errors
    /// [`TariffError`]: never.
    pub fn bus() -> Result<Self, TariffError> {
        Self::parse("the built-in bus tariff", BUS)
    }

    /// The toll road of the examples.
    ///
    /// # Errors
    /// [`TariffError`]: never.
    pub fn road() -> Result<Self, TariffError> {
        Self::parse("the built-in road tariff", ROAD)
    }

    /// From a TOML file's text; `place` names it.
    ///
    /// # Errors
    /// [`TariffError`].
    pub fn parse(place: &str, text: &str) -> Result<Self, TariffError> {
        let form = |error| TariffError::Form { place: place.into(), error: Box::new(error) };
        let tariff: Self = toml::from_str(text).map_err(form)?;
        let wrong = |what, expected, got: String| TariffError::Value {
            place: place.into(),
            what,
            expected,
            got,
        };
        if tariff.stage_reach == 0 {
            return Err(wrong("stage-reach", "1 or more", "0".into()));
        }
        if tariff.most < tariff.base {
            return Err(wrong("most", "no less than base", tariff.most.to_string()));
        }
        for kind in tariff.card_type_percent_off.keys() {
            let is_canonical = kind.parse::<u8>().is_ok_and(|byte| byte.to_string() == *kind);
            if !is_canonical {
                return Err(wrong("a card type", "0 to 255", kind.clone()));
            }
        }
        let percents = tariff.card_type_percent_off.values().copied();
        let percents = percents.chain(tariff.month.iter().map(|month| month.percent_off));
        let transfer = tariff.transfer.iter().map(|transfer| transfer.percent_off);
        match percents.chain(transfer).find(|percent| *percent > 100) {
            Some(percent) => Err(wrong("percent off", "0 to 100", percent.to_string())),
            None => Ok(tariff),
        }
    }

    /// What a ride costs whose end nobody saw.
    #[must_use]
    pub const fn most(&self) -> Fen {
        self.most
    }

    /// What a ride costs.
    #[must_use]
    pub fn fare(&self, journey: &Journey) -> Fare {
        let beyond = journey.distance.saturating_sub(self.reach);
        let stages = u32::from(beyond.div_ceil(self.stage_reach));
        let full = self.base.0.saturating_add(self.stage.0.saturating_mul(stages));
        let full = Fen(full.min(self.most.0));
        let mut fare = Fare { full, amount: full, reasons: Vec::new() };
        let by_card = self.card_type_percent_off.get(&journey.card_type.to_string());
        if let Some(percent) = by_card {
            fare.take_off(*percent, &format!("card type {}", journey.card_type));
        }
        if let (Some(transfer), Some(minutes)) = (&self.transfer, journey.minutes_since_last)
            && minutes <= transfer.within_minutes
        {
            fare.take_off(transfer.percent_off, &format!("transfer after {minutes} minutes"));
        }
        let paid = journey.paid_this_month;
        let reached = self.month.iter().filter(|month| month.from <= paid);
        if let Some(month) = reached.max_by_key(|month| month.from) {
            fare.take_off(month.percent_off, &format!("{paid} paid this month"));
        }
        fare
    }
}

impl Fare {
    fn take_off(&mut self, percent: u8, reason: &str) {
        let left = u64::from(self.amount.0) * u64::from(100_u8.saturating_sub(percent)) / 100;
        self.amount = Fen(u32::try_from(left).unwrap_or(u32::MAX));
        self.reasons.push(format!("{percent} % off: {reason}"));
    }
}

impl std::fmt::Display for Fare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.amount)?;
        if self.reasons.is_empty() {
            return Ok(());
        }
        write!(f, " of {} ({})", self.full, self.reasons.join("; "))
    }
}

pub(super) fn yuan<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Fen, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(distance: u16, card_type: u8, since: Option<u64>, paid: u32) -> u32 {
        let journey =
            Journey { distance, card_type, minutes_since_last: since, paid_this_month: Fen(paid) };
        Tariff::bus().unwrap().fare(&journey).amount.0
    }

    #[test]
    fn a_fare_grows_by_stages_up_to_the_most() {
        for (distance, expected) in
            [(0, 200), (10, 200), (11, 250), (15, 250), (16, 300), (50, 600), (u16::MAX, 600)]
        {
            assert_eq!(fen(distance, 0, None, 0), expected, "{distance}");
        }
        let road = Tariff::road().unwrap();
        let journey = Journey {
            distance: 130,
            card_type: 0,
            minutes_since_last: Some(1),
            paid_this_month: Fen(1_000_000),
        };
        let fare = road.fare(&journey);
        assert_eq!((fare.amount, fare.reasons.len()), (Fen(5900), 0));
    }

    #[test]
    fn discounts_are_taken_off_one_after_the_other_and_rounded_down() {
        for (card_type, since, paid, expected) in [
            (2, None, 0, 125),
            (3, None, 0, 0),
            (0, Some(60), 0, 125),
            (0, Some(61), 0, 250),
            (0, None, 4_999, 250),
            (0, None, 5_000, 225),
            (0, None, 10_000, 200),
            (2, Some(0), 5_000, 55),
        ] {
            assert_eq!(fen(12, card_type, since, paid), expected, "{card_type} {since:?} {paid}");
        }
        let journey = Journey {
            distance: 12,
            card_type: 2,
            minutes_since_last: Some(7),
            paid_this_month: Fen(5_000),
        };
        assert_eq!(
            Tariff::bus().unwrap().fare(&journey).to_string(),
            "0.55 of 2.50 (50 % off: card type 2; 50 % off: transfer after 7 minutes; \
             10 % off: 50.00 paid this month)"
        );
    }

    #[test]
    fn a_file_that_is_no_tariff_is_told_with_its_place() {
        for (from, to, says) in [
            ("stage-reach = 5", "stage-reach = 0", "stage-reach: expected 1 or more, got 0"),
            ("\"6.00\"", "\"1.99\"", "most: expected no less than base, got 1.99"),
            ("3 = 100", "3 = 101", "percent off: expected 0 to 100, got 101"),
            ("3 = 100", "300 = 1", "a card type: expected 0 to 255, got 300"),
            ("\"2.00\"", "\"2.001\"", "expected yuan such as 12 or 12.50"),
            ("reach = 10", "", "missing field `reach`"),
            ("base", "bass", "unknown field `bass`"),
        ] {
            let text = BUS.replacen(from, to, 1);
            let error = Tariff::parse("file.toml", &text).unwrap_err().to_string();
            assert!(error.starts_with("file.toml: ") && error.contains(says), "{error}");
        }
    }
}

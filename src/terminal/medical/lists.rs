//! The two lists a terminal has as files: institutions that may settle, and cards that may not.
//!
//! A deny list comes whole and then by increments, each with its number and its time:
//!
//! ```text
//! full 12 2025-06-29 08:00:00
//! + K00000137 lost
//! increment 13 2025-06-30 08:00:00
//! + K00000145 replaced
//! - K00000137
//! ```
//!
//! A list of institutions has a line for each: code, kind, `off-line` where it has the licence to
//! settle without the network (else `on-line`), name.

use std::collections::BTreeMap;

use crate::terminal::Moment;

/// A list is good for so many minutes: a day.
const AGE_MINUTES_MAX: u64 = 24 * 60;

/// Why a file is no list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: expected {expected}, got {got:?}")]
pub struct ListError {
    place: String,
    expected: &'static str,
    got: String,
}

/// Lines with their places, without comments and empty ones.
fn lines<'t>(place: &'t str, text: &'t str) -> impl Iterator<Item = (String, &'t str)> {
    (1..).zip(text.lines()).filter_map(move |(n, line)| {
        let line = line.split('#').next().unwrap_or_default().trim();
        (!line.is_empty()).then(|| (format!("{place}:{n}"), line))
    })
}

/// What kind of institution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InstitutionKind {
    /// A hospital or clinic.
    Hospital,
    /// A pharmacy: class 6 alone.
    Pharmacy,
}

impl InstitutionKind {
    /// Whether it settles visits of this class.
    #[must_use]
    pub const fn settles(self, class: char) -> bool {
        match self {
            Self::Hospital => matches!(class, '0'..='5' | '9'),
            Self::Pharmacy => class == '6',
        }
    }
}

/// A designated institution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Institution {
    /// Its code, nine characters.
    pub code: String,
    /// Its kind.
    pub kind: InstitutionKind,
    /// It may settle without the network.
    pub off_line: bool,
    /// Its name.
    pub name: String,
}

/// The designated institutions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Institutions(BTreeMap<String, Institution>);

impl Institutions {
    /// From the lines of a file.
    ///
    /// # Errors
    /// [`ListError`] with `place` and the line.
    pub fn parse(place: &str, text: &str) -> Result<Self, ListError> {
        let mut all = BTreeMap::new();
        for (place, line) in lines(place, text) {
            let expected = "CODE hospital|pharmacy on-line|off-line NAME";
            let wrong = || ListError { place: place.clone(), expected, got: line.into() };
            let mut words = line.split_whitespace();
            let mut word = || words.next().ok_or_else(wrong);
            let code = word()?.to_owned();
            let kind = match word()? {
                "hospital" => InstitutionKind::Hospital,
                "pharmacy" => InstitutionKind::Pharmacy,
                _ => return Err(wrong()),
            };
            let off_line = match word()? {
                "off-line" => true,
                "on-line" => false,
                _ => return Err(wrong()),
            };
            let name = words.collect::<Vec<_>>().join(" ");
            if code.len() != 9 || name.is_empty() {
                return Err(wrong());
            }
            if all.contains_key(&code) {
                let expected = "each institution once";
                return Err(ListError { place, expected, got: code });
            }
            all.insert(code.clone(), Institution { code, kind, off_line, name });
        }
        Ok(Self(all))
    }

    /// Those of the examples.
    ///
    /// # Errors
    /// [`ListError`]: the examples are broken.
    pub fn usual() -> Result<Self, ListError> {
        let text = include_str!("../../../examples/institutions.txt");
        Self::parse("examples/institutions.txt", text)
    }

    /// The institution with this code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Institution> {
        self.0.get(code)
    }
}

/// Cards that are not to be served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DenyList {
    number: u32,
    when: Moment,
    cards: BTreeMap<String, String>,
}

impl DenyList {
    /// From the lines of a file: a full list, then increments in their order.
    ///
    /// # Errors
    /// [`ListError`] with `place` and the line.
    pub fn parse(place: &str, text: &str) -> Result<Self, ListError> {
        let mut list: Option<Self> = None;
        for (place, line) in lines(place, text) {
            let wrong = |expected| ListError { place: place.clone(), expected, got: line.into() };
            let words: Vec<_> = line.split_whitespace().collect();
            match (words.as_slice(), &mut list) {
                ([kind @ ("full" | "increment"), number, date, time], list) => {
                    let number = number.parse().map_err(|_| wrong("the list's number"))?;
                    let when = Moment::parse(date, time).map_err(|_| wrong("date and time"))?;
                    match (list, *kind) {
                        (list @ None, "full") => {
                            *list = Some(Self { number, when, cards: BTreeMap::new() });
                        }
                        (Some(list), "increment")
                            if list.number.checked_add(1) == Some(number) && list.when <= when =>
                        {
                            (list.number, list.when) = (number, when);
                        }
                        _ => return Err(wrong("a full list, then its increments in order")),
                    }
                }
                (["+", card, reason @ ..], Some(list)) if !reason.is_empty() => {
                    list.cards.insert((*card).into(), reason.join(" "));
                }
                (["-", card], Some(list)) => {
                    list.cards.remove(*card).ok_or_else(|| wrong("a card that is listed"))?;
                }
                _ => return Err(wrong("`full N DATE TIME`, then `+ CARD REASON` or `- CARD`")),
            }
        }
        list.ok_or_else(|| ListError {
            place: place.into(),
            expected: "`full N DATE TIME`",
            got: "no list".into(),
        })
    }

    /// An empty list of this moment: that of an authority at hand.
    #[must_use]
    pub const fn empty(when: Moment) -> Self {
        Self { number: 0, when, cards: BTreeMap::new() }
    }

    /// Why a card is on it.
    #[must_use]
    pub fn reason(&self, card: &str) -> Option<&str> {
        self.cards.get(card).map(String::as_str)
    }

    /// When it was made.
    #[must_use]
    pub const fn when(&self) -> Moment {
        self.when
    }

    /// Whether it is at most 24 hours old; one of a later moment says that a clock is wrong.
    #[must_use]
    pub fn is_fresh(&self, now: &Moment) -> bool {
        let to_the_second = self.when.later(AGE_MINUTES_MAX);
        self.when <= *now && to_the_second.is_some_and(|end| *now <= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# comment\nfull 12 2025-06-29 08:00:00\n+ K00000137 lost\n\
                        increment 13 2025-06-30 08:00:00\n+ K00000145 card replaced\n- K00000137\n";

    fn at(date: &str, time: &str) -> Moment {
        Moment::parse(date, time).unwrap()
    }

    #[test]
    fn increments_add_and_remove_and_the_last_one_is_the_lists_age() {
        let list = DenyList::parse("deny", LIST).unwrap();
        assert_eq!(list.reason("K00000137"), None);
        assert_eq!(list.reason("K00000145"), Some("card replaced"));
        assert!(list.is_fresh(&at("2025-06-30", "08:00:00")));
        assert!(list.is_fresh(&at("2025-07-01", "08:00:00")));
        assert!(!list.is_fresh(&at("2025-07-01", "08:00:01")), "a second older than a day");
        assert!(!list.is_fresh(&at("2025-06-30", "07:59:59")), "a list of the future");
    }

    #[test]
    fn what_is_no_deny_list_is_told_with_its_line() {
        for (text, says) in [
            ("", "deny: expected `full N DATE TIME`, got \"no list\""),
            ("+ K1 lost", "deny:1: expected `full N DATE TIME`, then"),
            ("increment 2 2025-06-30 08:00:00", "deny:1: expected a full list, then"),
            ("full x 2025-06-30 08:00:00", "deny:1: expected the list's number"),
            ("full 1 2025-06-31 08:00:00", "deny:1: expected date and time"),
            ("full 1 2025-06-30 08:00:00\n- K1", "deny:2: expected a card that is listed"),
            ("full 1 2025-06-30 08:00:00\n+ K1", "deny:2: expected `full N"),
            (
                "full 1 2025-06-30 08:00:00\nincrement 3 2025-06-30 09:00:00",
                "deny:2: expected a full",
            ),
            (
                "full 1 2025-06-30 08:00:00\nincrement 2 2025-06-30 07:00:00",
                "deny:2: expected a full",
            ),
            ("full 1 2025-06-30 08:00:00\nfull 2 2025-06-30 09:00:00", "deny:2: expected a full"),
        ] {
            let error = DenyList::parse("deny", text).unwrap_err().to_string();
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }

    #[test]
    fn institutions_are_designated_by_a_line_each() {
        let text =
            "330400001 hospital on-line First clinic # the one\n330400002 pharmacy off-line Shop";
        let all = Institutions::parse("list", text).unwrap();
        let clinic = all.get("330400001").unwrap();
        assert_eq!((clinic.name.as_str(), clinic.off_line), ("First clinic", false));
        assert!(clinic.kind.settles('0') && clinic.kind.settles('4') && !clinic.kind.settles('6'));
        let shop = all.get("330400002").unwrap();
        assert!(shop.off_line && shop.kind.settles('6') && !shop.kind.settles('0'));
        assert!(!shop.kind.settles('8'), "neither cash nor transfer has a class");
        assert_eq!(all.get("330400003"), None);
        for wrong in [
            "33040001 hospital on-line Short code",
            "330400001 hotel on-line X",
            "330400001 hospital sometimes X",
            "330400001 hospital on-line",
            "330400001 hospital on-line A\n330400001 hospital on-line A",
        ] {
            assert!(Institutions::parse("list", wrong).is_err(), "{wrong}");
        }
        assert!(Institutions::usual().is_ok());
    }
}

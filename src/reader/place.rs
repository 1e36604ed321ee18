//! Places in a card's memory, as the orders of a developer name them.

use crate::Card;

/// A place that is not there, or not understood.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlaceError {
    /// Neither an area's name nor an address.
    #[error("expected journal, counters, {applications}, a name+OFFSET or an address, got {got:?}")]
    Unknown {
        /// Names of the card's applications.
        applications: String,
        /// What was said.
        got: String,
    },
    /// Beyond the end of what was named.
    #[error("{offset:X} is beyond the end: {of} has {bytes:X} bytes, in hexadecimal")]
    Beyond {
        /// What was named.
        of: String,
        /// The offset asked for.
        offset: u32,
        /// The size of what was named.
        bytes: u32,
    },
}

/// First addresses of the pages that `place` lies in.
///
/// A place is `journal` (the engine's words and log), `counters`, an application's name: all of
/// its pages; or one of these and `+OFFSET`, or an address: one page. Offsets and addresses are
/// hexadecimal. A name goes before an address that is written the same.
///
/// # Errors
/// [`PlaceError`].
pub fn pages(card: &Card, place: &str) -> Result<Vec<u32>, PlaceError> {
    let layout = card.layout();
    let engine = [("journal", 0, layout.counters.base), {
        let counters = layout.counters;
        ("counters", counters.base, counters.bytes)
    }];
    let applications =
        card.applications().map(|(with, home)| (with.name.as_str(), home.base, home.bytes));
    let areas: Vec<_> = engine.into_iter().chain(applications).collect();
    let named = |name: &str| areas.iter().copied().find(|area| area.0 == name);
    let hexadecimal = |digits: &str| u32::from_str_radix(digits, 16).ok();
    let geometry = crate::nvm::Memory::geometry(card.eeprom());
    if let Some((_, base, bytes)) = named(place) {
        return Ok((base..base + bytes).step_by(geometry.page_bytes as usize).collect());
    }
    let memory = ("the memory", 0, card.memory().len() as u32);
    let within = match place.rsplit_once('+') {
        Some((name, offset)) => named(name).zip(hexadecimal(offset)),
        None => hexadecimal(place).map(|at| (memory, at)),
    };
    match within {
        Some(((of, _, bytes), offset)) if offset >= bytes => {
            Err(PlaceError::Beyond { of: of.into(), offset, bytes })
        }
        Some(((_, base, _), offset)) => Ok(vec![geometry.page_start(base + offset)]),
        None => {
            let names: Vec<_> = areas.iter().skip(engine.len()).map(|area| area.0).collect();
            let got = place.chars().take(80).collect();
            Err(PlaceError::Unknown { applications: names.join(", "), got })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{nvm::Memory, testing};

    #[test]
    fn areas_follow_each_other_page_by_page_and_share_none() {
        let card = testing::made("tiny");
        let page = card.eeprom().geometry().page_bytes;
        let mut found = Vec::new();
        for name in ["journal", "counters", "master", "social-security"] {
            found.extend(pages(&card, name).unwrap());
        }
        let expected: Vec<u32> = (0..found.len() as u32).map(|n| n * page).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_offset_and_an_address_name_one_page_in_hexadecimal() {
        let card = testing::made("tiny");
        let page = card.eeprom().geometry().page_bytes;
        let home = pages(&card, "social-security").unwrap();
        let offset = format!("social-security+{:x}", page + 1);
        assert_eq!(pages(&card, &offset).unwrap(), [home[1]]);
        let address = format!("{:05X}", home[1] + 1);
        assert_eq!(pages(&card, &address).unwrap(), [home[1]]);
        assert_eq!(pages(&card, "journal+0").unwrap(), [0]);
    }

    #[test]
    fn a_place_that_is_not_there_is_told_so() {
        let card = testing::made("tiny");
        for (place, says) in [
            ("elsewhere", "expected journal, counters, master, social-security, a name+OFFSET"),
            ("elsewhere+0", "got \"elsewhere+0\""),
            ("master+", "got \"master+\""),
            ("master+-1", "got"),
            ("", "got \"\""),
            ("FFFFFFFFF", "got"),
            ("FFFFFFFF", "FFFFFFFF is beyond the end: the memory has "),
            ("master+FFFFFFFF", "beyond the end: master has "),
        ] {
            let said = pages(&card, place).unwrap_err().to_string();
            assert!(said.contains(says), "{place}: {said}");
        }
    }
}

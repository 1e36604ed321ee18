//! The settlements of a station that its authority has not confirmed: what was about to be booked,
//! and what is booked, with all that the TAC is computed over.
//!
//! Invariants:
//! * a settlement is here before the command that books it leaves the terminal, and until it is
//!   known not to be booked, or the authority has it;
//! * of a card at most one settlement is in doubt.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::terminal::{
    answer::Mac4,
    kept::{Kept, KeptError},
};

use super::{entry::Settlement, written};

/// A settlement that is not confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unconfirmed {
    /// The card's TAC; none yet while it is in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "written::optional_bytes")]
    pub tac: Option<Mac4>,
    /// The card alone says that it is booked: neither PSAM nor authority has checked it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchecked: bool,
    /// The settlement.
    pub settlement: Settlement,
}

/// What stands in the file.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    settlement: Vec<Unconfirmed>,
}

/// The journal.
#[derive(Debug, Default)]
pub struct StationJournal {
    file: Option<Kept>,
    rows: Vec<Unconfirmed>,
}

impl StationJournal {
    /// One that ends with the terminal's power.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The journal in a file; a file that is not there holds nothing.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn in_file(path: &Path) -> Result<Self, KeptError> {
        let file = Kept::claim("journal of a station", path)?;
        let rows = match file.read()? {
            Some(text) => {
                let written: Written =
                    toml::from_str(&text).map_err(|error| file.damaged(error.to_string()))?;
                written.settlement
            }
            None => Vec::new(),
        };
        Ok(Self { file: Some(file), rows })
    }

    /// All of it, the oldest first.
    #[must_use]
    pub fn rows(&self) -> &[Unconfirmed] {
        &self.rows
    }

    /// The settlement that is in doubt with this card.
    #[must_use]
    pub fn in_doubt(&self, card: &str) -> Option<&Settlement> {
        let row =
            self.rows.iter().find(|row| row.tac.is_none() && row.settlement.card.number == card);
        row.map(|row| &row.settlement)
    }

    /// The first settlement in doubt, whatever card.
    #[must_use]
    pub fn any_in_doubt(&self) -> Option<&Settlement> {
        self.doubtful().next()
    }

    /// Settlements in doubt, whatever card.
    pub fn doubtful(&self) -> impl Iterator<Item = &Settlement> {
        self.rows.iter().filter(|row| row.tac.is_none()).map(|row| &row.settlement)
    }

    /// Settlements that are booked, with their TACs.
    pub fn booked(&self) -> impl Iterator<Item = (&Settlement, Mac4)> {
        self.rows.iter().filter_map(|row| Some((&row.settlement, row.tac?)))
    }

    /// Keeps a settlement that is about to be booked.
    ///
    /// # Errors
    /// [`KeptError`]: nothing may be asked of the card then.
    pub fn begin(&mut self, settlement: Settlement) -> Result<(), KeptError> {
        self.change(|rows| rows.push(Unconfirmed { tac: None, unchecked: false, settlement }))
    }

    /// A settlement is booked; whether somebody beside the card has checked that.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn book(
        &mut self,
        settlement: &Settlement,
        tac: Mac4,
        is_checked: bool,
    ) -> Result<(), KeptError> {
        self.change(|rows| {
            for row in rows.iter_mut().filter(|row| row.settlement == *settlement) {
                (row.tac, row.unchecked) = (Some(tac), !is_checked);
            }
        })
    }

    /// A settlement was not booked, or the authority has it.
    ///
    /// # Errors
    /// [`KeptError`]: the file still tells of it.
    pub fn remove(&mut self, settlement: &Settlement) -> Result<(), KeptError> {
        self.change(|rows| rows.retain(|row| row.settlement != *settlement))
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<Unconfirmed>)) -> Result<(), KeptError> {
        let mut rows = self.rows.clone();
        change(&mut rows);
        if let Some(file) = &self.file {
            match rows.is_empty() {
                true => file.clear()?,
                false => {
                    let written = Written { settlement: rows.clone() };
                    let text = toml::to_string(&written);
                    file.write(&text.map_err(|error| file.damaged(error.to_string()))?)?;
                }
            }
        }
        self.rows = rows;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::{
        Fen, Moment,
        medical::entry::{Amounts, CardId},
    };

    fn settlement(sequence: u32) -> Settlement {
        Settlement {
            sequence,
            class: '6',
            flags: 0x02,
            mode: 2,
            terminal: [0x33, 4, 0, 0x11, 0x22, 0x33],
            terminal_counter: [0, 0, 0, 9],
            when: Moment::parse("20250630", "120000").unwrap(),
            balance_after: Fen(1250),
            card_counter: 7,
            card: CardId {
                number: "K00000129".into(),
                region: "330400".into(),
                factor: [1, 2, 3, 4, 5, 6, 7, 8],
                sm4: true,
            },
            amounts: Amounts { account: Fen(5), self_paid: Fen(6), ..Amounts::default() },
        }
    }

    #[test]
    fn settlements_stay_until_they_are_undone_or_confirmed() {
        let path = std::env::temp_dir().join(format!("tessera-{}-station", std::process::id()));
        let mut journal = StationJournal::in_file(&path).unwrap();
        journal.begin(settlement(1)).unwrap();
        journal.book(&settlement(1), [1, 2, 3, 4], false).unwrap();
        journal.begin(settlement(2)).unwrap();
        assert!(StationJournal::in_file(&path).unwrap_err().to_string().contains("is in use"));
        drop(journal);
        let mut journal = StationJournal::in_file(&path).unwrap();
        assert_eq!(journal.in_doubt("K00000129"), Some(&settlement(2)));
        assert_eq!(journal.in_doubt("K00000137"), None);
        assert!(journal.rows()[0].unchecked, "what nobody has checked stays so in the file");
        assert_eq!(journal.booked().collect::<Vec<_>>(), [(&settlement(1), [1, 2, 3, 4])]);
        journal.remove(&settlement(2)).unwrap();
        assert_eq!(journal.any_in_doubt(), None);
        journal.remove(&settlement(1)).unwrap();
        assert!(!path.exists());
        drop(journal);
        std::fs::write(&path, "settlement = 3\ncheck = \"00000000\"\n").unwrap();
        let error = StationJournal::in_file(&path).unwrap_err().to_string();
        assert!(error.contains("is no journal of a station: its last line is no checksum"));
        std::fs::remove_file(&path).unwrap();
        std::fs::remove_file(path.with_extension("lock")).unwrap_or_default();
    }
}

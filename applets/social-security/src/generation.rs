//! Which tables a card is made by.

use crate::{
    structure::{Df, File},
    table, version_1,
};

/// The tables of a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Generation {
    /// LB002-2000, as far as it is known.
    Version1,
    /// The data items V2.0. Cards of the third generation are made by them too: nothing is
    /// published of others.
    #[default]
    Version2,
}

impl Generation {
    /// The directories: the environment itself, then those under it.
    #[must_use]
    pub fn dfs(self) -> &'static [&'static Df] {
        match self {
            Self::Version1 => &version_1::DFS,
            Self::Version2 => &table::DFS,
        }
    }

    /// The number installation data know it by.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Version1 => 1,
            Self::Version2 => 2,
        }
    }

    /// The generation of a number.
    #[must_use]
    pub const fn of(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Version1),
            2 => Some(Self::Version2),
            _ => None,
        }
    }

    /// A directory by the number installation data name it by.
    #[must_use]
    pub fn df(self, number: u8) -> Option<&'static Df> {
        self.dfs().iter().copied().find(|df| df.number() == number)
    }

    /// A file of a directory.
    #[must_use]
    pub fn file(self, df: u8, sfi: u8) -> Option<&'static File> {
        self.df(df)?.files.iter().find(|file| file.sfi == sfi)
    }

    /// Which records of a file of items keep their length, filled with E, when they are rewritten
    /// shorter: b1 the first to b8 the eighth.
    #[must_use]
    pub fn filled_records(self, df: u16, file: &File) -> u8 {
        let tags = match self {
            Self::Version1 => version_1::rewritable(df, file.sfi),
            Self::Version2 => &[],
        };
        (1..=8)
            .filter(|number| {
                file.item_of_record(*number).is_some_and(|item| tags.contains(&item.tag))
            })
            .fold(0, |marks, number| marks | 1 << (number - 1))
    }
}

//! `tessera field`: several cards in one field, drawn step by step.
//!
//! | module | what lives there |
//! |---|---|
//! | [`cards`] | the cards that lie in the field, and their identifiers |
//! | [`drawing`] | a step of the reader as a line |
//! | [`reader`] | the loops, and what the reader does with what they find |

mod cards;
mod drawing;
mod reader;

use std::process::ExitCode;

use tessera::{
    field::{Field, Surroundings},
    link::Noise,
};

use self::{cards::Kinds, reader::Reader};
use super::{Outcome, say};

/// Show how a reader finds each of several cards in its field, step by step.
#[derive(clap::Args)]
pub(crate) struct ShowField {
    /// Put cards of these profiles into the field, by built-in name or file
    #[arg(value_name = "PROFILE", conflicts_with = "cards")]
    profiles: Vec<String>,
    /// Put so many cards of built-in profiles into the field
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=64))]
    cards: u8,
    /// Cards of Type A and of Type B in turn
    #[arg(long, conflicts_with_all = ["type_a", "type_b"])]
    mixed: bool,
    /// Every card is of Type A, whatever its profile says
    #[arg(long, conflicts_with = "type_b")]
    type_a: bool,
    /// Every card is of Type B, whatever its profile says
    #[arg(long)]
    type_b: bool,
    /// Bytes of the UIDs of Type A: 4, 7, 10, or mixed
    #[arg(long, value_name = "BYTES", default_value = "7", value_parser = ["4", "7", "10", "mixed"])]
    uid_size: String,
    /// What identifiers, slots and noise are drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Of cards that answer at once only the first in the field is heard
    #[arg(long)]
    capture: bool,
    /// So many frames in a thousand are lost, damaged, late or doubled
    #[arg(long, value_name = "PER_MILLE", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1000))]
    noise: u64,
    /// Halt each card that is found; else cards are activated as long as there are CIDs
    #[arg(long)]
    halt: bool,
}

impl ShowField {
    pub(crate) fn run(self) -> Outcome {
        let kinds = Kinds {
            mixed: self.mixed,
            all_a: self.type_a,
            all_b: self.type_b,
            uid_size: self.uid_size.parse().ok(),
            seed: self.seed,
        };
        let names = match self.profiles.is_empty() {
            true => cards::built_in(self.cards.into()),
            false => self.profiles,
        };
        let mut field = Field::new();
        field.set_surroundings(Surroundings { captures: self.capture, ..field.surroundings() });
        field.set_noise(Noise::seeded(self.seed, self.noise));
        for (n, name) in names.iter().enumerate() {
            field.enter(cards::card(name, n, &kinds)?);
        }
        field.switch_on();
        let is_unsure = self.noise > 0 || self.capture;
        let mut reader = Reader::new(field, &names, !self.halt, is_unsure, say);
        Ok(if reader.finds_all() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

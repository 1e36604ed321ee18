//! The enquiry terminal: what the holder does by himself.

use tessera::terminal::{
    Fen, Pin,
    medical::{MedicalError, Station, identity::text},
};

use super::{Files, report};
use crate::cli::{Failure, say};

/// What an enquiry terminal does.
#[derive(clap::Subcommand)]
pub(in crate::cli::terminal) enum Kiosk {
    /// Balance, limits and the year's figures, with the PIN or by the terminal's own key
    Balance(FilesOnly),
    /// Own data, with the PIN
    Own(FilesOnly),
    /// Print the statement and acknowledge it
    Statement(Statement),
    /// Change the PIN
    Pin(NewPin),
}

/// Nothing but files.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct FilesOnly {
    #[command(flatten)]
    files: Files,
}

/// A statement.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct Statement {
    /// Number of the identity card that was shown, where there is no PIN
    #[arg(long, value_name = "NUMBER")]
    id: Option<String>,
    /// Print it only: it stays due
    #[arg(long)]
    no_ack: bool,
    #[command(flatten)]
    files: Files,
}

/// A new PIN.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct NewPin {
    /// The new PIN, in digits; --pin is the old one
    #[arg(long, value_name = "DIGITS")]
    new: String,
    #[command(flatten)]
    files: Files,
}

/// What the holder may want to see: directory, file, what it is, and its texts.
const OWN: [(u16, u8, &str, &[u8]); 3] = [
    (0xDF01, 0x06, "residence", &[0x23, 0x28]),
    (0xDF01, 0x07, "status", &[0x29]),
    (0xDF01, 0x09, "employer", &[0x2E]),
];

impl Kiosk {
    pub(super) fn files(&self) -> &Files {
        match self {
            Self::Balance(FilesOnly { files }) | Self::Own(FilesOnly { files }) => files,
            Self::Statement(statement) => &statement.files,
            Self::Pin(pin) => &pin.files,
        }
    }

    pub(super) fn run(&self, station: &mut Station<'_>) -> Result<bool, Failure> {
        match self {
            Self::Balance(_) => {
                let (identity, status, figures) = station.enquire()?;
                report::balance(&identity, &status, &figures);
            }
            Self::Own(_) => own(station)?,
            Self::Statement(statement) => {
                let (identity, ..) = station.enquire()?;
                if station.settings.pin.is_none() {
                    let shown = statement.id.clone().unwrap_or_else(|| "nobody".into());
                    if identity.number != shown {
                        return Err(MedicalError::OtherHolder { shown }.into());
                    }
                }
                let printed = station.statement()?;
                // What was not printed is not acknowledged.
                report::statement(&identity, &printed)?;
                match statement.no_ack {
                    true => say("  not acknowledged: it stays due"),
                    false => {
                        station.acknowledge(&identity.card, &printed)?;
                        say("  acknowledged: the card begins a new one");
                    }
                }
            }
            Self::Pin(NewPin { new, .. }) => {
                station.change_pin(&Pin::parse(new)?)?;
                say("\nthe PIN is changed");
            }
        }
        Ok(true)
    }
}

fn own(station: &mut Station<'_>) -> Result<(), Failure> {
    let identity = station.identify()?;
    station.show_pin()?;
    let mut lines =
        vec![format!("\n{}, {}, card {}", identity.name, identity.number, identity.card.number)];
    for (directory, sfi, what, tags) in OWN {
        let items = match station.own_data(directory, sfi) {
            Ok(items) => items,
            // A region may have the card without a file.
            Err(MedicalError::Terminal(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let texts = tags.iter().filter_map(|tag| items.get(*tag)).map(text);
        let shown: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
        if !shown.is_empty() {
            lines.push(format!("  {what}: {}", shown.join(", ")));
        }
    }
    say(&lines.join("\n"));
    Ok(())
}

/// Whether an amount is worth a line.
pub(super) fn is_some(amount: Fen) -> bool {
    amount != Fen(0)
}

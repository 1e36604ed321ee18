//! `tessera demo`: a day of cards in words, with the power pulled.

mod bus;
mod clinic;

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use super::{Outcome, say};

/// Show the cards at work: a clinic visit with a torn update, a bus ride, a torn purchase.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Plain text even on a terminal that shows colours
    #[arg(long)]
    plain: bool,
}

impl Demo {
    pub(crate) fn run(self) -> Outcome {
        let colours =
            !self.plain && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        clinic::visit(colours)?;
        bus::ride(colours)?;
        title(colours, "Next");
        say(
            "  tessera serve --trace                   the card in a PC/SC reader, for your own software\n  tessera serve purse psam                a purse and a terminal's PSAM in two readers\n  tessera terminal --help                 the terminal of the bus, a shop, a fuel pump\n  tessera send 00A40000023F00             commands of yours, answers in words\n  tessera ctl tear 3                      power fails in the third pulse of the next change\n  tessera profile clinic                  the file that describes a card; change it and serve yours",
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn title(colours: bool, text: &str) {
    let (on, off) = if colours { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    say(&format!("\n{on}{text}{off}"));
}

//! Every tear of commands from the command line, as a table.

use std::process::ExitCode;

use tessera::explore::Explorer;

use super::super::{Outcome, cards, say};

/// Tears `commands` on the card named.
pub(super) fn tear(card: &str, commands: &[String], explorer: &Explorer) -> Outcome {
    let card = cards::named(card)?;
    let parsed = commands.iter().enumerate().map(|(n, text)| {
        let digits: String = text.split_whitespace().collect();
        hex::decode(&digits).map_err(|error| {
            format!("command {}: expected hexadecimal digits, got {text:?}: {error}", n + 1)
        })
    });
    let commands = parsed.collect::<Result<Vec<_>, _>>()?;
    let report = explorer.every_tear(&card, &commands)?;
    say(report.to_string().trim_end());
    if report.commands.iter().all(|command| command.pulses == 0) {
        say("\nno command has changed memory: nothing was torn");
        return Ok(ExitCode::FAILURE);
    }
    say(&format!(
        "\n{} runs of up to {} tears: every promise kept",
        report.schedules(),
        report.cuts_max()
    ));
    Ok(ExitCode::SUCCESS)
}

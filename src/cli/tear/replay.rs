//! A line of a failed exploration run again and told.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use tessera::explore::{Broken, Explorer, Origin, Schedule, Start};

use super::{
    super::{Outcome, cards, say},
    Tear,
    words::Teller,
};

/// Runs `line` again.
pub(super) fn replay(line: &str, arguments: &Tear) -> Outcome {
    if !line.contains([' ', ':']) && hex::decode(line).is_err() {
        let error = format!(
            "{line:?} is no line to run again; to tear commands on such a card: tessera tear {line} -- HEX..."
        );
        return Err(error.into());
    }
    let schedule: Schedule = line.parse()?;
    let start = match &schedule.origin {
        Origin::Given => Start::cold(cards::named(&arguments.card)?),
        Origin::Profile(name) => Start::cold(cards::named(name)?),
        Origin::Vector { .. } => Explorer::start(&arguments.collection()?, &schedule.origin)?,
    };
    let colours = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let replay = arguments.explorer().watch(&start, &schedule);
    if let Err(failure) = &replay.verdict
        && matches!(failure.broken, Broken::Misfit { .. })
    {
        return Err(failure.broken.clone().into());
    }
    let mut teller = Teller::new(&start, colours);
    say(&teller.introduction(&schedule.origin));
    for happening in &replay.happenings {
        teller.tell(happening).iter().for_each(|line| say(line));
    }
    say(&teller.verdict(&replay.verdict));
    Ok(if replay.verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

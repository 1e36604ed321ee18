//! `tessera demo`: one day of a citizen's card in words, with the power pulled.
//!
//! | module | what it answers |
//! |---|---|
//! | [`pocket`] | the card and the PSAMs, and who tells of them |
//! | [`agency`], [`clinic`], [`pharmacy`], [`library`], [`bus`] | the stops of the day |

mod agency;
mod bus;
mod clinic;
mod library;
mod pharmacy;
mod pocket;

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use tessera::terminal::{
    Moment, Pin,
    medical::{
        Authority, Station, StationJournal, StationSettings, authority::keys::AuthorityKeys,
        lists::Institutions, tariff::MedicalTariff,
    },
};

use self::pocket::{Pocket, Teller};
use super::{Failure, Outcome, say};

/// One day of a citizen's card: agency, clinic, pharmacy, library, bus. In the clinic the card is
/// pulled out in the middle of its settlement.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Plain text even on a terminal that shows colours
    #[arg(long)]
    plain: bool,
    /// Show every step and the commands too
    #[arg(long)]
    apdu: bool,
}

impl Demo {
    pub(crate) fn run(self) -> Outcome {
        let colours =
            !self.plain && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let mut day = Day::begin(Teller { apdu: self.apdu, colours })?;
        agency::visit(&mut day)?;
        clinic::visit(&mut day)?;
        pharmacy::buy(&mut day)?;
        library::visit(&mut day)?;
        bus::ride(&mut day)?;
        pharmacy::evening(&mut day)?;
        day.teller.title("Next");
        say(
            "  tessera demo --apdu                     the same day, every step and command\n  tessera serve --trace                   a card in a PC/SC reader, for your own software\n  tessera serve medical social-security-psam   card and PSAM of a clinic in two readers\n  tessera terminal clinic visit --help    clinic, pharmacy, kiosk, agency, and purse terminals\n  tessera ctl tear 3                      power fails in the third pulse of the next change\n  tessera profile citizen                 the file that describes a card; change it and serve yours",
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// The PIN of the built-in cards.
const PIN: &str = "123456";
/// The day.
const DATE: &str = "2026-11-27";

/// Card, terminals and authority of the day.
struct Day {
    card: Pocket,
    /// That of clinic, pharmacy, library and agency.
    psam: Pocket,
    /// That of the bus.
    bus: Pocket,
    authority: Authority,
    /// What the pharmacy could not tell the authority yet.
    waiting: StationJournal,
    teller: Teller,
}

impl Day {
    fn begin(teller: Teller) -> Result<Self, Failure> {
        Ok(Self {
            card: Pocket::of("citizen", "card", teller)?,
            psam: Pocket::of("social-security-psam", "PSAM", teller)?,
            bus: Pocket::of("psam", "PSAM", teller)?,
            authority: Authority::new(AuthorityKeys::public(), MedicalTariff::usual()?),
            waiting: StationJournal::in_memory(),
            teller,
        })
    }

    /// A station at this time that tells steps which begin with these words; with the authority.
    fn station(
        &mut self,
        time: &str,
        institution: Option<&str>,
        shown: &'static [&'static str],
    ) -> Result<(Station<'_>, &mut Authority), Failure> {
        let settings = settings(time, institution)?;
        let station = Station::new(&mut self.card, settings, self.teller.progress(shown));
        Ok((station.with_psam(&mut self.psam), &mut self.authority))
    }
}

fn moment(time: &str) -> Result<Moment, Failure> {
    Ok(Moment::parse(DATE, time)?)
}

/// A station's settings; one of an institution asks for the PIN.
fn settings(time: &str, institution: Option<&str>) -> Result<StationSettings, Failure> {
    let all = Institutions::usual()?;
    let institution = match institution {
        Some(code) => Some(all.get(code).cloned().ok_or("an institution of the examples")?),
        None => None,
    };
    let pin = institution.is_some().then(|| Pin::parse(PIN)).transpose()?;
    Ok(StationSettings { when: moment(time)?, pin, tries: 3, institution })
}

//! `tessera terminal clinic`, `pharmacy`, `kiosk` and `agency`: stations for social-security cards.
//!
//! | module | what it answers |
//! |---|---|
//! | [`clinic`] | visits, what is open, what was settled without the network |
//! | [`kiosk`] | what the holder does by himself |
//! | [`agency`] | what the insurance does |
//! | [`sign`] | settlement with a card that has no medical account |
//! | [`report`] | what is printed |

mod agency;
mod clinic;
mod kiosk;
pub(in crate::cli) mod report;
mod sign;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use tessera::terminal::{
    Fen, Pin, Step,
    medical::{
        Authority, MedicalError, Station, StationJournal, StationSettings,
        authority::keys::AuthorityKeys,
        lists::{DenyList, Institutions},
        tariff::MedicalTariff,
    },
};

use super::{
    DEMO_PIN, EXIT_CODES, NOT_DONE, OPEN, Setting,
    place::{Place, Places},
};
use crate::cli::{Failure, Outcome, print_failure, say};

pub(super) use self::{agency::Agency, clinic::Clinic, kiosk::Kiosk};

/// Profiles of card and PSAM where none is named.
const USUAL: (&str, &str) = ("medical", "social-security-psam");
/// What is in the account for --demo.
const DEMO_BALANCE: Fen = Fen(50_000);

/// Files a station has, beside card, PSAM and journal.
#[derive(clap::Args)]
struct Files {
    /// The authority's books: accounts, orders and the journal of all cards; else of this call
    #[arg(long, value_name = "FILE")]
    books: Option<PathBuf>,
    /// The designated institutions, a line each; else those of the examples
    #[arg(long, value_name = "FILE")]
    institutions: Option<PathBuf>,
    /// Code of this institution; else the clinic or pharmacy of the examples
    #[arg(long, value_name = "CODE")]
    institution: Option<String>,
    /// Cards that are not served off line: a full list, then increments
    #[arg(long, value_name = "FILE")]
    deny: Option<PathBuf>,
    /// What the fund pays of a visit, a TOML file; else that of the examples
    #[arg(long, value_name = "FILE")]
    tariff: Option<PathBuf>,
}

/// A medical order of `tessera terminal`, and where it is given.
pub(super) enum Order<'a> {
    /// At a clinic, or at a pharmacy.
    Clinic(&'a Clinic, clinic::Kind),
    /// At an enquiry terminal.
    Kiosk(&'a Kiosk),
    /// At an agency.
    Agency(&'a Agency),
}

impl<'a> Order<'a> {
    /// `None` when it is one for a purse.
    pub(super) fn of(order: &'a super::Order) -> Option<Self> {
        match order {
            super::Order::Clinic(order) => Some(Self::Clinic(order, clinic::Kind::Clinic)),
            super::Order::Pharmacy(order) => Some(Self::Clinic(order, clinic::Kind::Pharmacy)),
            super::Order::Kiosk(order) => Some(Self::Kiosk(order)),
            super::Order::Agency(order) => Some(Self::Agency(order)),
            _ => None,
        }
    }

    fn files(&self) -> &Files {
        match self {
            Self::Clinic(order, _) => order.files(),
            Self::Kiosk(order) => order.files(),
            Self::Agency(order) => order.files(),
        }
    }

    /// Code of the institution in the examples.
    fn usual_institution(&self) -> Option<&'static str> {
        match self {
            Self::Clinic(_, clinic::Kind::Clinic) => Some("330400001"),
            Self::Clinic(_, clinic::Kind::Pharmacy) => Some("330400002"),
            Self::Kiosk(_) | Self::Agency(_) => None,
        }
    }
}

/// Carries out a medical order.
pub(super) fn run(order: &Order<'_>, places: &Places, setting: &Setting) -> Outcome {
    let files = order.files();
    agrees(order, places, setting)?;
    let mut authority = authority(files, setting)?;
    let mut settings = settings(order, setting)?;
    let mut place = Place::open(places, USUAL)?;
    if places.demo {
        settings.pin.get_or_insert(Pin::parse(DEMO_PIN)?);
        open_for_demo(&mut place, &mut authority, &settings)?;
    }
    place.arm();
    let quiet = setting.quiet;
    let progress = Box::new(move |step: &Step| {
        if !quiet {
            say(&super::report::step(step));
        }
    });
    let (card, psam) = place.both();
    let mut station = Station::new(card, settings, progress);
    if let Some(psam) = psam {
        station = station.with_psam(psam);
    }
    if let Some(path) = &setting.journal {
        station = station.with_journal(StationJournal::in_file(path)?);
    }
    if let Some(path) = &files.deny {
        station = station.with_deny_list(DenyList::parse(&name(path), &text(path)?)?);
    }
    let done = match order {
        Order::Clinic(order, kind) => order.run(&mut station, &mut authority, *kind),
        Order::Kiosk(order) => order.run(&mut station),
        Order::Agency(order) => order.run(&mut station, &mut authority),
    };
    match done {
        Ok(done) => Ok(ExitCode::from(if done { 0 } else { NOT_DONE })),
        Err(error) => ended(error, &station, places, setting),
    }
}

/// A TAC that only the call knows would be lost with it: refused before a card is woken.
fn agrees(order: &Order<'_>, places: &Places, setting: &Setting) -> Result<(), Failure> {
    let Order::Clinic(clinic, _) = order else { return Ok(()) };
    let Some(off_line) = clinic.off_line() else { return Ok(()) };
    let is_visit = matches!(clinic, Clinic::Visit(_));
    match (off_line, &setting.journal, &order.files().books) {
        (true, None, _) if is_visit && !places.demo => {
            Err("--off-line: expected --journal with it, for the card's TAC is kept there until \
                 the authority is told; got none"
                .into())
        }
        (false, Some(_), None) => {
            Err("--journal: expected --books with it, for the authority is told what the journal \
                 keeps, and without them its books end with this call; got none"
                .into())
        }
        _ => Ok(()),
    }
}

/// An order that failed: a settlement may be open, or booked on the card and not told.
fn ended(error: Failure, station: &Station<'_>, places: &Places, setting: &Setting) -> Outcome {
    if error.is::<agency::StaysOpen>() {
        print_failure(error.as_ref());
        return Ok(ExitCode::from(OPEN));
    }
    if let Some(MedicalError::Booked { card, sequence, .. }) = error.downcast_ref() {
        let mut rows = station.journal().rows().iter().map(|row| &row.settlement);
        let is_here = rows.any(|row| (&row.card.number, &row.sequence) == (card, sequence));
        let kept = match (is_here, &setting.journal) {
            (false, _) => "the authority has it".into(),
            (true, Some(path)) => format!("it is kept in {}", path.display()),
            (true, None) => "it is kept nowhere, for there is no --journal: note it down".into(),
        };
        eprintln!("tessera: booked: entry {sequence} of card {card}; {kept}");
        print_failure(error.as_ref());
        return Ok(ExitCode::from(OPEN));
    }
    let Some(open) = station.journal().any_in_doubt() else { return Err(hinted(error, places)) };
    let kept = match &setting.journal {
        Some(path) => format!("it is kept in {}", path.display()),
        None => "it is kept nowhere, for there is no --journal".into(),
    };
    eprintln!("tessera: open: {}; {kept}", open.in_words());
    print_failure(error.as_ref());
    Ok(ExitCode::from(OPEN))
}

/// A card nobody has an account of is opened at the agency.
fn hinted(error: Failure, places: &Places) -> Failure {
    let text = error.to_string();
    let is_unknown = matches!(error.downcast_ref(), Some(MedicalError::Authority(_)))
        && text.contains("has no account");
    match is_unknown {
        true if places.card_is_kept() => {
            format!("{text}; `tessera terminal agency open` opens one, with the same --books")
                .into()
        }
        true => format!(
            "{text}; --demo opens one first, or keep the card with --card-image, the accounts with \
             --books, and `agency open`"
        )
        .into(),
        false => error,
    }
}

fn settings(order: &Order<'_>, setting: &Setting) -> Result<StationSettings, Failure> {
    let files = order.files();
    let institutions = match &files.institutions {
        Some(path) => Institutions::parse(&name(path), &text(path)?)?,
        None => Institutions::usual()?,
    };
    let code = files.institution.as_deref().or(order.usual_institution());
    let institution = match code {
        Some(code) => {
            let found = institutions.get(code).cloned();
            Some(found.ok_or_else(|| MedicalError::NotDesignated { code: code.into() })?)
        }
        None => None,
    };
    Ok(StationSettings {
        when: setting.when()?,
        pin: setting.pin.as_deref().map(Pin::parse).transpose()?,
        tries: 3,
        institution,
    })
}

fn authority(files: &Files, setting: &Setting) -> Result<Authority, Failure> {
    let keys = match &setting.host_keys {
        Some(path) => AuthorityKeys::parse(&name(path), &text(path)?)?,
        None => AuthorityKeys::public(),
    };
    let tariff = match &files.tariff {
        Some(path) => MedicalTariff::parse(&name(path), &text(path)?)?,
        None => MedicalTariff::usual()?,
    };
    let authority = Authority::new(keys, tariff);
    Ok(match &files.books {
        Some(path) => authority.with_books(path)?,
        None => authority,
    })
}

/// The agency opens an account on a new card.
fn open_for_demo(
    place: &mut Place,
    authority: &mut Authority,
    settings: &StationSettings,
) -> Result<(), Failure> {
    let (card, psam) = place.both();
    let mut agency = Station::new(card, settings.clone(), Box::new(|_| {}));
    if let Some(psam) = psam {
        agency = agency.with_psam(psam);
    }
    agency::open(&mut agency, authority, DEMO_BALANCE)?;
    say(&format!("a new card with {DEMO_BALANCE} yuan in its medical account, a new PSAM\n"));
    Ok(())
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

fn text(path: &Path) -> Result<String, Failure> {
    Ok(fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?)
}

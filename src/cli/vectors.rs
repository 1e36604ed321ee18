//! `tessera vectors`: runs vector files against a card.

use std::{fs, path::PathBuf, process::ExitCode};

use tessera::{
    Profile,
    vectors::{Cards, Collection, Report, Targets, Verdict, junit},
};

use super::{Failure, Outcome, cards, say};

/// Where vectors are looked for when no path is given.
const DIRECTORY: &str = "vectors";

/// Run vector files against a card.
///
/// Each runs on a fresh card of the profile it names. With --card or --reader one card
/// takes them all, and those for other profiles are skipped. The exit code is 1 when one fails.
#[derive(clap::Args)]
pub(crate) struct Vectors {
    /// Files and directories; none: the directory `vectors`
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The card under test: a new one of this profile (a built-in name or a file), or the one in
    /// this image
    #[arg(long, short, value_name = "PROFILE|IMAGE")]
    card: Option<String>,
    /// Use the card in this PC/SC reader, by index or a part of its name. With --card it is said
    /// to be of that profile, with its holder and PIN: it will be written to
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// Write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Only vectors with this in their names
    #[arg(long, value_name = "PART")]
    filter: Option<String>,
    /// List the vectors and run none
    #[arg(long)]
    list: bool,
    /// Print failures and counts alone
    #[arg(long, short)]
    quiet: bool,
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
enum VectorsError {
    #[error("there is no directory {DIRECTORY:?} here; name files or directories of vectors")]
    NoDirectory,
    #[error("no vector is left to run: {0}")]
    None(String),
    #[error("{path}: {error}")]
    Junit { path: PathBuf, error: std::io::Error },
    #[cfg(not(feature = "pcsc"))]
    #[error(
        "this tessera was built without PC/SC, so there is no reader {0:?}; build it with --features pcsc"
    )]
    NoPcsc(String),
}

impl Vectors {
    pub(crate) fn run(self) -> Outcome {
        let paths = match self.paths.as_slice() {
            [] if !PathBuf::from(DIRECTORY).is_dir() => {
                return Err(VectorsError::NoDirectory.into());
            }
            [] => vec![DIRECTORY.into()],
            paths => paths.to_vec(),
        };
        let mut collection = Collection::load(&paths)?;
        if let Some(part) = &self.filter {
            collection.filter(part);
        }
        if collection.entries.is_empty() {
            let why = match &self.filter {
                Some(part) => format!("none has {part:?} in its name"),
                None => "there are no .vec files".into(),
            };
            return Err(VectorsError::None(why).into());
        }
        if self.list {
            list(&collection);
            return Ok(ExitCode::SUCCESS);
        }
        let report = collection.run(self.targets()?.as_mut());
        self.tell(&report);
        if let Some(path) = self.junit {
            fs::write(&path, junit::write(&report))
                .map_err(|error| VectorsError::Junit { path, error })?;
        }
        Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn targets(&self) -> Result<Box<dyn Targets>, Failure> {
        if let Some(reader) = &self.reader {
            let profile = self.card.as_deref().map(Profile::load).transpose()?;
            return self::reader(reader, profile.map(|profile| profile.name));
        }
        Ok(Box::new(match &self.card {
            Some(card) => Cards::only(cards::named(card)?),
            None => Cards::new(),
        }))
    }

    fn tell(&self, report: &Report) {
        for result in &report.results {
            match &result.verdict {
                Verdict::Passed if self.quiet => {}
                Verdict::Skipped(_) if self.quiet => {}
                Verdict::Passed => say(&format!("pass  {}", result.name)),
                Verdict::Skipped(why) => say(&format!("skip  {}: {why}", result.name)),
                Verdict::Failed(failure) => {
                    say(&format!("FAIL  {}", result.name));
                    for line in failure.to_string().lines() {
                        say(&format!("      {line}"));
                    }
                }
            }
        }
        for complaint in &report.complaints {
            say(&format!("FAIL  {complaint}"));
        }
        let (passed, failed, skipped) = report.counts();
        say(&format!("{passed} passed, {failed} failed, {skipped} skipped"));
    }
}

fn list(collection: &Collection) {
    for entry in &collection.entries {
        match &entry.vector {
            Ok(vector) => say(&format!("{}\t{}", entry.name, vector.clause)),
            Err(error) => say(&format!("{}\t{error}", entry.name)),
        }
    }
}

#[cfg(feature = "pcsc")]
fn reader(name: &str, profile: Option<String>) -> Result<Box<dyn Targets>, Failure> {
    Ok(Box::new(tessera::vectors::pcsc::Reader::open(name, profile)?))
}

#[cfg(not(feature = "pcsc"))]
fn reader(name: &str, _: Option<String>) -> Result<Box<dyn Targets>, Failure> {
    Err(VectorsError::NoPcsc(name.into()).into())
}

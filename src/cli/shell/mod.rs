//! `tessera shell`: a prompt on a card, and scripts.
//!
//! | module | what it answers |
//! |---|---|
//! | [`session`] | a line in, commands to the card and words out |
//! | [`card`] | the card on the desk, in this process or in a reader |
//! | [`line`](mod@line), [`expect`] | what stands on a line; what an answer has to be |
//! | [`words`], [`verb`], [`verbs`] | the words behind a verb, which verbs there are, what each does |
//! | [`raw`] | lines of digits |
//! | [`protect`] | line protection |
//! | [`files`], [`keys`] | what is known of the card's files and keys |
//! | [`script`] | files of lines |
//! | [`prompt`], [`complete`], [`history`] | the terminal |
//! | [`error`] | what is wrong with a line |

mod card;
mod complete;
mod error;
mod expect;
mod files;
mod history;
mod keys;
mod line;
mod prompt;
mod protect;
mod raw;
mod script;
mod session;
#[cfg(test)]
mod tests;
mod verb;
mod verbs;
mod words;

use std::{
    env, fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
};

use tessera::{Profile, profile};

use self::{
    card::OnDesk,
    error::LineError,
    session::{Outcome as Line, Session},
};
use super::{Failure, Outcome, cards, say};

/// Type commands to a card: hex, or words that become commands; or run a script of them.
///
/// `help` lists the words. MACs and cryptograms are computed with the keys it is told (`key`,
/// --keys) or has seen on their way into the card. A script stops with exit code 1 at the first
/// line whose answer is not the one it expects, or, where it expects none, at an error.
#[derive(clap::Args)]
pub(crate) struct Shell {
    /// Lines to run instead of a prompt; standard input when it is no terminal
    script: Option<PathBuf>,
    /// The same
    #[arg(long = "script", value_name = "FILE", conflicts_with = "script")]
    named_script: Option<PathBuf>,
    /// A new card of this profile: a built-in name or a file; or a copy of the card in an image
    #[arg(
        long,
        short,
        visible_alias = "card",
        value_name = "NAME|FILE",
        default_value = profile::DEFAULT
    )]
    profile: String,
    /// Keep the card in this file: opened if it is there, else made from --profile
    #[arg(long, short, value_name = "FILE")]
    image: Option<PathBuf>,
    /// The card in this PC/SC reader, by index or a part of its name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["profile", "image"])]
    reader: Option<String>,
    /// Keys, a line each: `[DF] TYPE/ID = HEX`; DF is a path such as 3f00/3f01 or a name, the MF
    /// where there is none
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Go on after a line of a script that failed; the exit code is 1 all the same
    #[arg(long)]
    keep_going: bool,
    /// Print answers alone, in hex
    #[arg(long, short)]
    quiet: bool,
    /// Keep no history of the prompt's lines
    #[arg(long)]
    no_history: bool,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
enum ShellError {
    #[cfg(not(feature = "pcsc"))]
    #[error(
        "this tessera was built without PC/SC, so there is no reader {0:?}; build it with --features pcsc"
    )]
    NoPcsc(String),
    #[error("the terminal cannot be read: {0}")]
    Terminal(#[from] rustyline::error::ReadlineError),
}

impl Shell {
    pub(crate) fn run(self) -> Outcome {
        let (card, words) = match &self.reader {
            Some(reader) => (self::reader(reader)?, Profile::load(profile::DEFAULT)?.vocabulary()),
            None => {
                let slot = cards::keep(&self.profile, self.image.as_deref(), false)?;
                let words = slot.card().profile().vocabulary();
                (Box::new(slot) as Box<dyn OnDesk>, words)
            }
        };
        let mut session = Session::new(card, words, Box::new(say));
        session.traces = !self.quiet;
        session.keeps_going = self.keep_going;
        if let Some(path) = &self.keys {
            read_keys(&mut session, path)?;
        }
        session.power_on()?;
        let script = self.script.or(self.named_script);
        let ended = match script {
            Some(path) => script::run_file(&mut session, &path),
            None if !io::stdin().is_terminal() => {
                script::run(&mut session, "standard input", io::stdin().lock())
            }
            None => {
                let history = history::default_path(|name| env::var(name).ok());
                let history = history.filter(|_| !self.no_history);
                session.say("`help` lists the verbs, `help lines` the rest; Ctrl-D ends");
                prompt::run(&mut session, history).map_err(ShellError::Terminal)?;
                Ok(Line::Quit)
            }
        };
        ended?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Keys of a file: lines as behind `key`.
fn read_keys(session: &mut Session, path: &Path) -> Result<(), LineError> {
    let refused = |error| LineError::File { path: path.into(), error };
    let text = fs::read_to_string(path).map_err(refused)?;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split(['#', ';']).next().unwrap_or_default();
        let told = words::split(line).and_then(|words| match words.is_empty() {
            true => Ok(()),
            false => {
                let words = words::Words::new(words, "key", "[DF] TYPE/ID = [sm4] HEX");
                verbs::names::tell_key(session, words, "--keys")
            }
        });
        told.map_err(|error| LineError::Keys {
            path: path.into(),
            line: number,
            error: Box::new(error),
        })?;
    }
    Ok(())
}

#[cfg(feature = "pcsc")]
fn reader(name: &str) -> Result<Box<dyn OnDesk>, Failure> {
    let reader = tessera::vectors::pcsc::Reader::open(name, None)?;
    Ok(Box::new(card::InReader(reader.connect()?)))
}

#[cfg(not(feature = "pcsc"))]
fn reader(name: &str) -> Result<Box<dyn OnDesk>, Failure> {
    Err(ShellError::NoPcsc(name.into()).into())
}

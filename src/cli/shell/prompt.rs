//! The prompt at a terminal: line editing, completion, history.

use std::path::PathBuf;

use rustyline::{
    CompletionType, Config, Context, Editor, Helper, completion::Completer, error::ReadlineError,
    highlight::Highlighter, hint::Hinter, history::MemHistory, validate::Validator,
};

use super::{
    complete,
    error::LineError,
    files::Files,
    history,
    session::{Outcome, Session},
};

/// What completion looks at: the files as they are now.
struct Words(Files);

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> Result<(usize, Vec<String>), ReadlineError> {
        Ok(complete::complete(line, cursor, &self.0))
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}

/// Reads lines and does them until Ctrl-D or `quit`. Ctrl-C drops the line.
///
/// # Errors
/// The terminal cannot be read.
pub(super) fn run(session: &mut Session, history: Option<PathBuf>) -> Result<(), ReadlineError> {
    let config = Config::builder().completion_type(CompletionType::List).build();
    let mut editor = Editor::<Words, _>::with_history(config, MemHistory::new())?;
    let mut kept = history;
    for line in kept.iter().flat_map(|path| history::read(path)) {
        editor.add_history_entry(line)?;
    }
    loop {
        editor.set_helper(Some(Words(session.files.clone())));
        let line = match editor.readline(&session.prompt()) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error),
        };
        if line.trim().is_empty() {
            continue;
        }
        editor.add_history_entry(&line)?;
        if let Some(path) = kept.as_deref().filter(|_| !history::is_secret(&line))
            && let Err(error) = history::add(path, &line)
        {
            session.complain(&LineError::File { path: path.into(), error });
            kept = None;
        }
        match session.run_line(&line) {
            Ok(Outcome::Quit) => return Ok(()),
            Ok(_) => {}
            Err(error) => session.complain(&error),
        }
    }
}

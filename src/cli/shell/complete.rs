//! What may stand where the cursor is: verbs, their words, files of the vocabulary, types of keys.

use super::{
    files::Files,
    keys::KINDS,
    verb::{self, VERBS},
    words,
};

/// Where the word under the cursor begins, and what it may become.
pub(super) fn complete(line: &str, cursor: usize, files: &Files) -> (usize, Vec<String>) {
    let (start, mut fits) = candidates(line, cursor, files);
    // What is the only one is done, but a path may go on.
    if let [only] = &mut fits[..]
        && words::fid(only).is_none()
        && !files.words.dfs.iter().any(|df| df.short.eq_ignore_ascii_case(only))
    {
        only.push(' ');
    }
    (start, fits)
}

fn candidates(line: &str, cursor: usize, files: &Files) -> (usize, Vec<String>) {
    let before = line.get(..cursor).unwrap_or(line);
    let start = before.rfind([' ', '=', '\t']).map_or(0, |at| at + 1);
    let (done, word) = before.split_at(start);
    let done = words::split(done).unwrap_or_default();
    if done.is_empty() {
        return (start, verbs(word, 0));
    }
    match verb::find(done.clone()) {
        Ok((verb, behind)) => {
            let last = behind.last().map(|word| word.text.as_str());
            match verb.name {
                "select" if behind.is_empty() => path(start, word, files),
                "key" if behind.is_empty() => path(start, word, files),
                "write-key" if behind.is_empty() => (start, kinds(word)),
                "help" => (start, verbs(word, 0)),
                _ if last == Some("sfi") => (start, short_files(word, files)),
                _ => (start, beginning(word, usage_words(verb.usage))),
            }
        }
        // The first word of a verb of two.
        Err(_) => {
            let first = &done[0].text;
            let second = VERBS.iter().filter_map(|verb| verb.name.split_once(' '));
            let second = second.filter(|(name, _)| name.starts_with(first.as_str()));
            (start, beginning(word, second.map(|(_, second)| second.to_owned())))
        }
    }
}

fn verbs(word: &str, at: usize) -> Vec<String> {
    beginning(word, VERBS.iter().filter_map(|verb| verb.name.split(' ').nth(at)).map(Into::into))
}

fn kinds(word: &str) -> Vec<String> {
    beginning(word, KINDS.iter().map(|kind| kind.name.to_owned()))
}

/// Candidates that begin as the word does, each once.
fn beginning(word: &str, candidates: impl IntoIterator<Item = String>) -> Vec<String> {
    let word = word.to_ascii_lowercase();
    let mut fits: Vec<String> = candidates
        .into_iter()
        .filter(|candidate| candidate.to_ascii_lowercase().starts_with(&word))
        .collect();
    fits.sort();
    fits.dedup();
    fits
}

/// The words of a usage that are typed as they stand.
fn usage_words(usage: &str) -> Vec<String> {
    let words = usage.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').skip(1);
    let typed = words
        .filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    typed.map(str::to_owned).collect()
}

fn short_files(word: &str, files: &Files) -> Vec<String> {
    let here = files.df(files.current());
    let named = files.words.dfs.iter().filter(|df| Some(df.fid) == here.fid);
    let named = named.flat_map(|df| df.efs.iter().map(|ef| format!("{:02X}", ef.sfi)));
    let created = here.efs.keys().filter(|&&fid| (1..=30).contains(&fid));
    beginning(word, named.chain(created.map(|fid| format!("{fid:02X}"))))
}

/// Elements of a path: what lies under the directory the path has come to.
fn path(start: usize, word: &str, files: &Files) -> (usize, Vec<String>) {
    let (before, element) = word.rsplit_once('/').map_or(("", word), |(b, e)| (b, e));
    let start =
        if before.is_empty() && !word.contains('/') { start } else { start + before.len() + 1 };
    let above = before.rsplit('/').next().unwrap_or_default();
    let here = files.df(files.current());
    let of = |df: &&tessera::trace::DfWords| match above {
        "" => Some(df.fid) == here.fid,
        above => df.short.eq_ignore_ascii_case(above) || words::fid(above) == Some(df.fid),
    };
    let mut candidates: Vec<String> =
        files.words.dfs.iter().map(|df| df.short.to_lowercase()).collect();
    let named = files.words.dfs.iter().filter(of);
    candidates.extend(named.flat_map(|df| df.efs.iter().map(|ef| format!("{:04x}", ef.fid))));
    candidates.extend(here.efs.keys().map(|fid| format!("{fid:04x}")));
    let met = files.dfs().filter_map(|(_, df)| df.fid);
    candidates.extend(met.map(|fid| format!("{fid:04x}")));
    candidates.extend(if word.contains('/') { vec![] } else { vec!["aid".into(), "name".into()] });
    (start, beginning(element, candidates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera::Profile;

    fn at_end(line: &str) -> (usize, Vec<String>) {
        let files = Files::new(Profile::load("social-security").unwrap().vocabulary());
        complete(line, line.len(), &files)
    }

    #[test]
    fn verbs_their_second_words_and_their_options_are_completed() {
        assert_eq!(at_end("sel"), (0, vec!["select ".to_owned()]));
        assert_eq!(at_end("read r").1, ["record", "records"]);
        assert_eq!(at_end("read ").1, ["binary", "record", "records"]);
        assert_eq!(at_end("power o").1, ["off", "on"]);
        assert!(at_end("create binary 0015 s").1.contains(&"size ".to_owned()));
        assert!(at_end("frobnicate x").1.is_empty());
    }

    #[test]
    fn files_are_completed_element_by_element() {
        assert_eq!(at_end("select ss").1, ["ssse"]);
        let (start, files) = at_end("select ssse/ef");
        assert_eq!(start, "select ssse/".len());
        assert_eq!(files, ["ef05", "ef06", "ef07", "ef08"]);
        assert!(at_end("select 2f").1.contains(&"2f00".to_owned()));
        assert_eq!(at_end("read record 1 sfi 1").1, ["1D", "1E"]);
    }

    #[test]
    fn types_of_keys_are_completed() {
        assert_eq!(at_end("write-key re").1, ["reload "]);
        assert_eq!(at_end("help wr").1, ["write-key "]);
    }
}

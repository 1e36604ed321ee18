//! A directory of vectors: found, read, run, counted.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    EXTENSION, Failure, Flags, Skipped, Targets, Vector, VectorError, Verdict, flags, parse, run,
    skipped,
};

/// Vectors longer than this are no vectors.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Vectors that lie below one directory.
#[derive(Clone, Debug)]
pub struct Collection {
    /// The directory that has `FLAGS.md`, or the vectors' own when they use no flags.
    pub root: PathBuf,
    /// What flags mean.
    pub flags: Flags,
    /// Which vectors are known to fail.
    pub skipped: Skipped,
    /// The vectors by name, in order; or why a file is none.
    pub entries: Vec<Entry>,
    /// All files below the root are among them.
    complete: bool,
}

/// A file of a collection.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name: the path below the root, without its end.
    pub name: String,
    /// The vector, or what is wrong with the file.
    pub vector: Result<Vector, VectorError>,
}

/// What came of a vector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of many.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Each vector.
    pub results: Vec<Outcome>,
    /// What is wrong with the list of skipped ones.
    pub complaints: Vec<String>,
}

impl Report {
    /// Passed, failed and skipped vectors.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |of: fn(&Verdict) -> bool| {
            self.results.iter().filter(|result| of(&result.verdict)).count()
        };
        (
            count(|verdict| matches!(verdict, Verdict::Passed)),
            count(|verdict| matches!(verdict, Verdict::Failed(_))),
            count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        )
    }

    /// Nothing failed and there is nothing to complain about.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.counts().1 == 0 && self.complaints.is_empty()
    }
}

impl Collection {
    /// Finds the vectors in files and directories. They have to lie below one directory with
    /// `FLAGS.md`, or, when they use no flags, in one directory.
    ///
    /// # Errors
    /// [`VectorError`] when a path cannot be read, or they lie under several. A file that is no
    /// vector is no error here but an [`Entry`].
    pub fn load(paths: &[PathBuf]) -> Result<Self, VectorError> {
        let mut root: Option<PathBuf> = None;
        let mut files = BTreeMap::new();
        let mut complete = false;
        for path in paths {
            let here = root_of(path)?;
            if root.as_ref().is_some_and(|root| *root != here) {
                let what = format!("not below the same {} as the paths before", flags::FILE);
                return Err(VectorError::file(shown(path), what));
            }
            complete |= real(path)? == here;
            root = Some(here);
            find(path, &mut files)?;
        }
        let Some(root) = root else {
            return Err(VectorError::file("vectors", "no path is given"));
        };
        let flags = flags_of(&root)?;
        let skipped_file = root.join(skipped::FILE);
        let skipped = if skipped_file.exists() {
            Skipped::parse(&shown(&skipped_file), &text(&skipped_file)?)?
        } else {
            Skipped::default()
        };
        let mut entries = Vec::new();
        for (real, file) in files {
            let name = name_of(&root, &real)?;
            let vector =
                text(&file).and_then(|text| parse(&shown(&file), &root, &name, &text, &flags));
            entries.push(Entry { name, vector });
        }
        Ok(Self { root, flags, skipped, entries, complete })
    }

    /// Keeps the vectors with `part` in their names.
    pub fn filter(&mut self, part: &str) {
        self.entries.retain(|entry| entry.name.contains(part));
        self.complete = false;
    }

    /// Runs one vector, with the list of skipped ones in mind.
    pub fn run_one(&self, entry: &Entry, targets: &mut dyn Targets) -> Verdict {
        let vector = match &entry.vector {
            Ok(vector) => vector,
            Err(error) => return Verdict::Failed(unreadable(error)),
        };
        let Some(skip) = self.skipped.entry(&entry.name) else { return run(vector, targets) };
        if !targets.is_home() {
            return Verdict::Skipped(skip.reason.clone());
        }
        match run(vector, targets) {
            Verdict::Passed => Verdict::Failed(Failure {
                file: vector.file.clone(),
                line: 0,
                what: format!("passes, and {} says that it does not", skipped::FILE),
                expected: format!("a failure ({})", skip.reason),
                got: "none: take it off the list".into(),
                transcript: Vec::new(),
            }),
            Verdict::Failed(_) => Verdict::Skipped(skip.reason.clone()),
            skipped @ Verdict::Skipped(_) => skipped,
        }
    }

    /// What is wrong with the list of skipped vectors: entries that fit none. Only the whole
    /// directory can tell.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        if !self.complete {
            return Vec::new();
        }
        let names: Vec<_> = self.entries.iter().map(|entry| entry.name.as_str()).collect();
        let unused = self.skipped.unused(&names);
        unused.map(|skip| format!("{}: {:?} fits no vector", skipped::FILE, skip.pattern)).collect()
    }

    /// Runs all.
    pub fn run(&self, targets: &mut dyn Targets) -> Report {
        let results = self.entries.iter().map(|entry| Outcome {
            name: entry.name.clone(),
            verdict: self.run_one(entry, targets),
        });
        Report { results: results.collect(), complaints: self.complaints() }
    }
}

/// A vector by its name below a root.
pub(super) fn read(root: &Path, name: &str) -> Result<Vector, VectorError> {
    let file = root.join(format!("{name}.{EXTENSION}"));
    parse(&shown(&file), root, name, &text(&file)?, &flags_of(root)?)
}

fn flags_of(root: &Path) -> Result<Flags, VectorError> {
    let file = root.join(flags::FILE);
    if file.exists() { Flags::parse(&shown(&file), &text(&file)?) } else { Ok(Flags::default()) }
}

fn unreadable(error: &VectorError) -> Failure {
    let (file, line, what, expected, got) = match error {
        VectorError::Line { file, line, expected, got } => {
            (file, *line, "this line is wrong", expected.as_str(), got.as_str())
        }
        VectorError::File { file, what } => (file, 0, what.as_str(), "", ""),
    };
    Failure {
        file: file.clone(),
        line,
        what: what.into(),
        expected: expected.into(),
        got: got.into(),
        transcript: Vec::new(),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn real(path: &Path) -> Result<PathBuf, VectorError> {
    path.canonicalize().map_err(|error| VectorError::file(shown(path), error))
}

/// The nearest directory above a path, or the path itself, that has `FLAGS.md`; else the directory
/// itself, or the one the file lies in.
fn root_of(path: &Path) -> Result<PathBuf, VectorError> {
    let real = real(path)?;
    let root = real.ancestors().find(|above| above.join(flags::FILE).is_file());
    let own = if real.is_dir() { &real } else { real.parent().unwrap_or(&real) };
    Ok(root.unwrap_or(own).to_path_buf())
}

/// Files by their real paths, with the paths messages call them by.
type Files = BTreeMap<PathBuf, PathBuf>;

fn find(path: &Path, files: &mut Files) -> Result<(), VectorError> {
    if !path.is_dir() {
        files.insert(real(path)?, path.to_path_buf());
        return Ok(());
    }
    let wrong = |error| VectorError::file(shown(path), error);
    for entry in fs::read_dir(path).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(wrong)?);
        // A link to a directory may lead back to where it lies.
        if kind.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|end| end == EXTENSION) {
            files.insert(real(&path)?, path);
        }
    }
    Ok(())
}

fn name_of(root: &Path, file: &Path) -> Result<String, VectorError> {
    let below = file.strip_prefix(root).unwrap_or(file).with_extension("");
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    match parts {
        Some(parts) => Ok(parts.join("/")),
        None => Err(VectorError::file(shown(file), "its name is not UTF-8")),
    }
}

fn text(file: &Path) -> Result<String, VectorError> {
    let wrong = |error| VectorError::file(shown(file), error);
    let bytes = fs::metadata(file).map_err(wrong)?.len();
    if bytes > FILE_BYTES_MAX {
        let what = format!("{bytes} bytes; a vector has at most {FILE_BYTES_MAX}");
        return Err(VectorError::file(shown(file), what));
    }
    fs::read_to_string(file).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::super::{Cards, junit};
    use super::*;

    const GOOD: &str = "> 00A4 000C 02 3F00\n< 9000\n";
    const WRONG: &str = "> 00A4 000C 02 3F00\n< 6A82\n";

    /// A directory of vectors that is gone when the test is over.
    struct Directory(PathBuf);

    impl Directory {
        fn new(test: &str, skipped: &str, vectors: &[(&str, &str)]) -> Self {
            let name = format!("tessera-{}-{test}", std::process::id());
            let directory = Self(std::env::temp_dir().join(name));
            fs::create_dir_all(directory.0.join("a")).unwrap();
            fs::write(directory.0.join(flags::FILE), "").unwrap();
            fs::write(directory.0.join(skipped::FILE), skipped).unwrap();
            for (name, steps) in vectors {
                let text = format!("name: {name}\nclause: x\nsource: own\nexpect: os\n{steps}");
                fs::write(directory.0.join(format!("{name}.vec")), text).unwrap();
            }
            directory
        }

        fn report(&self) -> Report {
            Collection::load(std::slice::from_ref(&self.0)).unwrap().run(&mut Cards::new())
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_wrong_answer_and_a_broken_file_fail_the_run() {
        let files = [("a/good", GOOD), ("a/wrong", WRONG), ("broken", "> 0")];
        let directory = Directory::new("wrong", "", &files);
        let report = directory.report();
        assert_eq!(report.counts(), (1, 2, 0));
        assert!(!report.is_good());
        let xml = junit::write(&report);
        assert!(xml.contains("tests=\"3\" failures=\"2\""), "{xml}");
        assert!(xml.contains("broken.vec:5: this line is wrong"), "{xml}");
    }

    #[test]
    fn a_skipped_vector_that_passes_fails_the_run() {
        let list = "[[skip]]\npattern = \"a/*\"\nreason = \"later\"\n";
        let directory = Directory::new("fails", list, &[("a/wrong", WRONG), ("good", GOOD)]);
        let report = directory.report();
        assert_eq!(report.counts(), (1, 0, 1));
        assert!(report.is_good());
        assert_eq!(report.results[0].verdict, Verdict::Skipped("later".into()));

        let directory = Directory::new("passes", list, &[("a/good", GOOD), ("good", GOOD)]);
        let report = directory.report();
        assert_eq!(report.counts(), (1, 1, 0));
        let Verdict::Failed(failure) = &report.results[0].verdict else { unreachable!() };
        assert!(failure.to_string().contains("take it off the list"), "{failure}");
    }

    #[test]
    fn a_skipped_pattern_for_nothing_is_complained_about_when_all_is_run() {
        let list = "[[skip]]\npattern = \"gone\"\nreason = \"later\"\n";
        let directory = Directory::new("stale", list, &[("good", GOOD)]);
        let report = directory.report();
        assert_eq!(report.complaints, ["skipped.toml: \"gone\" fits no vector"]);
        assert!(!report.is_good());
        let mut part = Collection::load(&[directory.0.join("good.vec")]).unwrap();
        assert!(part.run(&mut Cards::new()).is_good());
        part = Collection::load(std::slice::from_ref(&directory.0)).unwrap();
        part.filter("oo");
        assert!(part.run(&mut Cards::new()).is_good());
    }

    #[test]
    fn paths_that_are_not_there_say_so() {
        let wrong = |path: &Path| Collection::load(&[path.to_path_buf()]).unwrap_err().to_string();
        assert!(wrong(Path::new("no-such-vectors")).starts_with("no-such-vectors: "));
    }

    #[test]
    fn without_an_explanation_of_flags_vectors_may_use_none() {
        let flagged = format!("flags: select\n{GOOD}");
        let files = [("a/flagged", flagged.as_str()), ("a/plain", GOOD)];
        let directory = Directory::new("flagless", "", &files);
        fs::remove_file(directory.0.join(flags::FILE)).unwrap();
        let collection = Collection::load(std::slice::from_ref(&directory.0)).unwrap();
        let fine: Vec<_> = collection.entries.iter().map(|entry| entry.vector.is_ok()).collect();
        assert_eq!(fine, [false, true]);
    }
}

//! The rules of the house that a machine can check; a failure says file and line.
//!
//! * A Rust file begins with `//!` and what it is for, and has at most 500 lines (a test 600).
//! * A line has at most 100 columns, but for rows of documentation tables and code that is laid out
//!   as a table under `rustfmt::skip`; no tabs, no control characters, no space at its end.
//! * A function has at most 70 lines.
//! * An applet is `no_std` and forbids unsafe code; every crate takes the workspace's lints.
//! * No file is named for what it might be good for, no word stands for another one, and nothing
//!   names a machine's own paths.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Most lines of a file, of a test, and of a function; most columns of a line.
const FILE_LINES_MAX: usize = 500;
const TEST_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const COLUMNS_MAX: usize = 100;

/// Names that say nothing.
const VAGUE: [&str; 6] = ["utils", "util", "common", "helpers", "helper", "misc"];

/// Directories of a machine.
const MACHINE: [&str; 3] = ["/home/", "/Users/", "C:\\\\"];

/// A file of the repository, by its path from the root.
struct File {
    path: PathBuf,
    text: String,
}

impl File {
    fn is(&self, extension: &str) -> bool {
        self.path.extension().is_some_and(|found| found == extension)
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.split('\n'))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file that is ours.
fn files() -> Vec<File> {
    let mut found = Vec::new();
    for part in ["applets", "benches", "fuzz", "profiles", "src", "tests", "vectors", ".ci"] {
        collect(&root().join(part), &mut found);
    }
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            read(path, &mut found);
        }
    }
    assert!(found.len() > 50, "the files are where they are looked for");
    found
}

fn collect(directory: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target" && name != "corpus") {
                collect(&path, found);
            }
        } else {
            read(path, found);
        }
    }
}

fn read(path: PathBuf, found: &mut Vec<File>) {
    if let Ok(text) = fs::read_to_string(&path) {
        found.push(File { path: path.strip_prefix(root()).unwrap().into(), text });
    }
}

fn rust_files() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| file.is("rs"))
}

/// All that is wrong at once, not only the first.
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_first_what_it_is_for_and_is_not_too_long() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        if !file.text.starts_with("//! ") {
            wrong.push(format!("{}: expected //! and what it is for", file.at(1)));
        }
        let is_test = file.path.starts_with("tests") || file.path.ends_with("tests.rs");
        let most = if is_test { TEST_LINES_MAX } else { FILE_LINES_MAX };
        let lines = file.text.lines().count();
        if lines > most {
            wrong.push(format!("{}: expected at most {most} lines", file.at(lines)));
        }
    }
    none(&wrong);
}

#[test]
fn lines_fit_a_hundred_columns_and_have_no_odd_characters() {
    let mut wrong = Vec::new();
    for file in files().into_iter().filter(|file| file.is("rs") || file.is("toml")) {
        let mut table_depth = None;
        for (number, line) in file.lines() {
            let indent = line.len() - line.trim_start().len();
            match table_depth {
                // A table ends with the closing bracket at the depth where it began.
                Some(depth) if indent == depth && line.trim_start().starts_with(['}', ']']) => {
                    table_depth = None;
                }
                None if line.trim() == "#[rustfmt::skip]" => table_depth = Some(indent),
                _ => {}
            }
            let row = ["//! |", "/// |"].iter().any(|row| line.trim_start().starts_with(row));
            // What a message says or a test sends stays on its line, and so does TOML's string and
            // a table inside a string, which begins at the first column.
            let literal = file.is("toml")
                || line.trim_start().starts_with(['"', '(', '#'])
                || line.starts_with(|first: char| first.is_ascii_uppercase());
            let columns = line.chars().count();
            if columns > COLUMNS_MAX && !row && !literal && table_depth.is_none() {
                wrong.push(format!("{}: {columns} columns", file.at(number)));
            }
            if line.chars().any(|character| character.is_control()) {
                wrong.push(format!("{}: a tab or control character", file.at(number)));
            }
            if line.ends_with(' ') {
                wrong.push(format!("{}: a space at the end", file.at(number)));
            }
        }
        if !file.text.ends_with('\n') || file.text.ends_with("\n\n") {
            wrong.push(format!("{}: expected one line feed at the end", file.path.display()));
        }
    }
    none(&wrong);
}

/// Counts on rustfmt: a function ends with a brace at the column where it began.
#[test]
fn functions_fit_a_screen() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        let mut open: Vec<(usize, usize)> = Vec::new();
        for (number, line) in file.lines() {
            let code = line.trim_start();
            let indent = line.len() - code.len();
            let words = code.split(['(', '<']).next().unwrap_or_default();
            let begins = words.split_whitespace().rev().nth(1) == Some("fn");
            if begins && !code.starts_with("//") && !code.ends_with(';') && !code.ends_with('}') {
                open.push((indent, number));
            } else if code.ends_with(';') && open.last().is_some_and(|&(at, _)| at == indent) {
                open.pop(); // a function of a trait, declared on several lines
            } else if code == "}" && open.last().is_some_and(|&(at, _)| at == indent) {
                let began = open.pop().map_or(number, |(_, began)| began);
                let lines = number - began + 1;
                if lines > FUNCTION_LINES_MAX {
                    wrong.push(format!("{}: a function of {lines} lines", file.at(began)));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn applets_are_no_std_without_unsafe_and_every_crate_takes_the_lints() {
    let mut wrong = Vec::new();
    let mut manifests = 0;
    for file in files() {
        let name = file.path.file_name().unwrap_or_default();
        if name == "Cargo.toml" && !file.path.starts_with("fuzz") {
            manifests += 1;
            if !file.text.contains("[lints]\nworkspace = true\n") {
                wrong.push(format!("{}: expected [lints] workspace = true", file.at(1)));
            }
        }
        let library = file.path.starts_with("applets") && file.path.ends_with("src/lib.rs");
        for attribute in ["#![no_std]", "#![forbid(unsafe_code)]"] {
            if library && !file.lines().any(|(_, line)| line == attribute) {
                wrong.push(format!("{}: expected {attribute}", file.at(1)));
            }
        }
    }
    assert!(manifests >= 5, "{manifests}");
    none(&wrong);
}

#[test]
fn nothing_is_named_vaguely_and_no_machine_is_named() {
    let mut wrong = Vec::new();
    for file in files() {
        for part in file.path.iter() {
            let stem = Path::new(part).file_stem().unwrap_or_default();
            if VAGUE.iter().any(|vague| stem == *vague) {
                wrong.push(format!("{}: a name that says nothing", file.path.display()));
            }
        }
        if file.path == Path::new("tests/house_rules.rs") {
            continue;
        }
        for (number, line) in file.lines() {
            if let Some(path) = MACHINE.iter().find(|path| line.contains(*path)) {
                wrong.push(format!("{}: a machine's path {path}", file.at(number)));
            }
            let module = line.trim_start().trim_start_matches("pub(crate) ");
            let module = module.trim_start_matches("pub ").strip_prefix("mod ");
            let module = module.map(|rest| rest.trim_end_matches([';', '{', ' ']));
            if file.is("rs") && module.is_some_and(|name| VAGUE.contains(&name)) {
                wrong.push(format!("{}: a module whose name says nothing", file.at(number)));
            }
        }
    }
    none(&wrong);
}

//! The dialogues of vectors as bare steps: what is sent, what the card draws, when it is reset.
//! Commands with names in them are left out, and what is expected is not looked at.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use tessera::{Card, Profile};

/// What happens to the card.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Command(Vec<u8>),
    /// What it draws at random next.
    Random(Vec<u8>),
    Reset,
}

/// The steps of a vector, those of the vectors before it in front.
pub(crate) struct Script {
    /// Its name.
    pub(crate) name: String,
    /// The profile of the card it is for.
    pub(crate) profile: String,
    /// What happens.
    pub(crate) steps: Vec<Step>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The dialogues below a directory of the vectors that are for a named card, in their order.
pub(crate) fn of(directory: &str) -> Vec<Script> {
    let mut files = Vec::new();
    find(&root().join(directory), &mut files);
    files.sort();
    files.iter().filter_map(|file| script(file)).collect()
}

fn find(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => find(&path, files),
            false => files.push(path),
        }
    }
}

fn script(file: &Path) -> Option<Script> {
    let text = fs::read_to_string(file).unwrap().replace("\n  ", " ");
    let name = file.strip_prefix(root()).unwrap().with_extension("");
    let (mut profile, mut steps) = (None, Vec::new());
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let bytes = |digits: &str| hex::decode(digits.replace(' ', "")).ok();
        if let Some(before) = line.strip_prefix("after: ") {
            let before = script(&root().join(format!("{before}.vec")))?;
            profile = Some(before.profile);
            steps = before.steps;
            steps.push(Step::Reset);
        } else if let Some(named) = line.strip_prefix("profile: ") {
            profile = Some(named.to_owned());
        } else if let Some(digits) = line.strip_prefix("! random ") {
            steps.extend(bytes(digits).map(Step::Random));
        } else if let Some(digits) = line.strip_prefix('>') {
            steps.extend(bytes(digits).map(Step::Command));
        } else if line.starts_with('+') {
            steps.push(Step::Reset);
        }
    }
    let name = name.to_string_lossy().into_owned();
    profile.filter(|_| !steps.is_empty()).map(|profile| Script { name, profile, steps })
}

/// Cards of profiles, each made once: built-in ones, and files below the vectors.
#[derive(Default)]
pub(crate) struct Cards(BTreeMap<String, Card>);

impl Cards {
    /// A fork of the card of a profile, without power.
    pub(crate) fn of(&mut self, profile: &str) -> Card {
        let made = self.0.entry(profile.to_owned()).or_insert_with(|| {
            let path = match profile.ends_with(".toml") {
                true => root().join(profile).to_string_lossy().into_owned(),
                false => profile.to_owned(),
            };
            Card::from_profile(&Profile::load(&path).unwrap()).unwrap()
        });
        made.clone()
    }
}

//! Every vector file as a test of its own, and what holds for all of them together.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, hash_map::Entry},
    path::Path,
    rc::Rc,
};

use libtest_mimic::{Arguments, Failed, Trial};
use tessera::{
    Card, Profile,
    vectors::{
        Action, Body, Cards, Collection, Dialogue, Target, Targets, Unavailable, Vector, Verdict,
    },
};

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let collection = match Collection::load(&[root]) {
        Ok(collection) => collection,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    };
    let collection: &'static Collection = Box::leak(Box::new(collection));
    let mut trials = vec![
        Trial::test("every_flag_is_used", || every_flag_is_used(collection)),
        Trial::test("the_list_of_skipped_vectors_is_fresh", || told(&collection.complaints())),
        Trial::test("scenarios_name_vectors_that_are_there", || scenarios(collection)),
        Trial::test("what_changes_a_card_for_good_needs_its_holder", || {
            what_changes_a_card_for_good_needs_its_holder(collection)
        }),
        Trial::test("vectors_leave_a_card_as_it_was_or_need_a_fresh_one", || {
            vectors_leave_a_card_as_it_was_or_need_a_fresh_one(collection)
        }),
    ];
    trials.extend(collection.entries.iter().map(|entry| {
        Trial::test(entry.name.clone(), move || {
            match collection.run_one(entry, &mut Cards::new()) {
                Verdict::Passed | Verdict::Skipped(_) => Ok(()),
                Verdict::Failed(failure) => Err(Failed::from(format!("\n{failure}"))),
            }
        })
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

fn told(complaints: &[String]) -> Result<(), Failed> {
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
}

fn vectors(collection: &Collection) -> impl Iterator<Item = &Vector> {
    collection.entries.iter().filter_map(|entry| entry.vector.as_ref().ok())
}

/// A flag that nothing uses explains nothing.
fn every_flag_is_used(collection: &Collection) -> Result<(), Failed> {
    let used: BTreeSet<&str> =
        vectors(collection).flat_map(|vector| vector.flags.iter().map(String::as_str)).collect();
    let unused = collection.flags.all().map(|(flag, _)| flag).filter(|flag| !used.contains(flag));
    told(&unused.map(|flag| format!("{flag} is used by no vector")).collect::<Vec<_>>())
}

/// The tables of scenarios point to vectors; a name that ends in a slash to all below it.
fn scenarios(collection: &Collection) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for directory in ["iso7816-3", "iso14443-4"] {
        let file = collection.root.join(directory).join("SCENARIOS.md");
        let text = std::fs::read_to_string(&file)?;
        let names: Vec<_> =
            text.split('`').filter(|name| name.starts_with("iso") && !name.contains(' ')).collect();
        let missing = names.iter().filter(|name| {
            let below = name.ends_with('/');
            let fits = |entry: &str| entry == **name || below && entry.starts_with(**name);
            !collection.entries.iter().any(|entry| fits(&entry.name))
        });
        wrong.extend(missing.map(|name| format!("{}: there is no {name}", file.display())));
        if names.len() < 20 {
            wrong.push(format!("{}: only {} names", file.display(), names.len()));
        }
    }
    told(&wrong)
}

/// On a card in a reader such a vector may use up a PIN's tries or write over its holder's data, so
/// it runs only where that was asked for.
fn what_changes_a_card_for_good_needs_its_holder(collection: &Collection) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for vector in vectors(collection) {
        let Body::Dialogue(dialogue) = &vector.body else { continue };
        if dialogue.needs_holder {
            continue;
        }
        for step in &dialogue.steps {
            if let Action::Exchange(command, _) = &step.action
                && may_change(command.leading())
            {
                wrong.push(format!("{}:{}: needs: holder", vector.file, step.line));
            }
        }
    }
    told(&wrong)
}

/// All that do not need a fresh card pass on one and the same, one after the other and once more
/// from the first.
fn vectors_leave_a_card_as_it_was_or_need_a_fresh_one(
    collection: &Collection,
) -> Result<(), Failed> {
    let mut kept = Kept::default();
    let mut wrong = Vec::new();
    for vector in vectors(collection).chain(vectors(collection)) {
        if let Body::Dialogue(dialogue) = &vector.body
            && !dialogue.needs_fresh
            && dialogue.after.is_none()
            && let Verdict::Failed(failure) = tessera::vectors::run(vector, &mut kept)
        {
            wrong.push(failure.to_string());
        }
    }
    told(&wrong)
}

/// One card of each profile for all vectors.
#[derive(Default)]
struct Kept(HashMap<Option<String>, Rc<RefCell<Card>>>);

impl Targets for Kept {
    fn target(
        &mut self,
        vector: &Vector,
        dialogue: &Dialogue,
    ) -> Result<Box<dyn Target>, Unavailable> {
        let wanted = dialogue.profile.clone();
        let card = match self.0.entry(wanted.clone()) {
            Entry::Occupied(card) => card.into_mut(),
            Entry::Vacant(place) => {
                let name = wanted.unwrap_or_else(|| tessera::profile::DEFAULT.into());
                let file = vector.root.join(&name);
                let name = if file.is_file() { file.display().to_string() } else { name };
                let broken = |error: &dyn std::error::Error| Unavailable::Error(error.to_string());
                let profile = Profile::load(&name).map_err(|error| broken(&error))?;
                let card = Card::from_profile(&profile).map_err(|error| broken(&error))?;
                place.insert(Rc::new(RefCell::new(card)))
            }
        };
        let own = card.borrow().profile().interface;
        card.borrow_mut().set_interface(dialogue.interface.unwrap_or(own));
        Ok(Box::new(KeptTarget(Rc::clone(card))))
    }

    fn is_home(&self) -> bool {
        true
    }
}

struct KeptTarget(Rc<RefCell<Card>>);

impl Target for KeptTarget {
    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String> {
        let mut card = self.0.borrow_mut();
        Ok(card.power_on().ok().map(|()| card.atr().to_vec()))
    }

    fn power_off(&mut self) -> Result<(), String> {
        self.0.borrow_mut().power_off();
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.borrow_mut().transmit(command).ok())
    }

    fn tear_at(&mut self, pulse: u32) {
        self.0.borrow_mut().tear_at(pulse);
    }

    fn give_random(&mut self, bytes: &[u8]) {
        self.0.borrow_mut().give_random(bytes);
    }

    fn random_left(&self) -> usize {
        self.0.borrow().random_left()
    }

    fn memory(&self) -> Option<&[u8]> {
        None
    }
}

/// VERIFY with data, every instruction that writes (ISO/IEC 7816-4:2020, table 5), and what a name
/// hides.
fn may_change(command: (&[u8], bool)) -> bool {
    match command {
        ([] | [_], more) => more,
        ([_, 0x20 | 0x21, rest @ ..], more) => more || rest.len() > 2,
        ([_, ins, ..], _) => matches!(
            ins,
            0x04 | 0x0C..=0x0F | 0x24..=0x2D | 0x44 | 0xD0..=0xDF | 0xE0..=0xEF | 0xFE
        ),
    }
}

//! Every vector file as a test of its own, and what holds for all of them together.

use std::{collections::BTreeSet, path::Path};

use libtest_mimic::{Arguments, Failed, Trial};
use tessera::vectors::{Action, Body, Cards, Collection, Vector, Verdict};

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
        Trial::test("what_changes_a_card_for_good_needs_its_holder", || {
            what_changes_a_card_for_good_needs_its_holder(collection)
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

//! A save left behind each of its steps, a save that fails at each, and claims that race.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::*;
use crate::testing;

/// A directory of one test, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tessera-file-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn image(&self) -> PathBuf {
        self.0.join("card")
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What a machine finds after the process that wrote here is gone: all but its lock.
    fn after_a_kill(&self) -> Self {
        let copy = Self::new();
        for name in self.names() {
            fs::copy(self.0.join(&name), copy.0.join(&name)).unwrap();
        }
        copy
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Two states of one card.
fn two() -> (Card, Card) {
    let old = testing::made("tiny");
    let mut new = old.clone();
    new.power_on().unwrap();
    new.transmit(&testing::bytes("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF")).unwrap();
    new.transmit(&testing::bytes("00 20 00 00 03 999999")).unwrap();
    new.power_off();
    assert!(old != new);
    (old, new)
}

/// A hook that stops before the n-th step, from 0, and notes the steps before.
fn stop_before(
    n: usize,
    steps: &mut Vec<Step>,
    with: ErrorKind,
) -> impl FnMut(Step) -> io::Result<()> {
    move |step| {
        if steps.len() == n {
            return Err(with.into());
        }
        steps.push(step);
        Ok(())
    }
}

#[test]
fn a_save_left_behind_any_step_leaves_the_old_card_or_the_new_one() {
    let (old, new) = two();
    for (synced, replaces) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut n = 0;
        let last = loop {
            let directory = Directory::new();
            let mut file = ImageFile::claim(&directory.image()).unwrap().synced(synced);
            if replaces {
                file.save(&old).unwrap();
            }
            let mut steps = Vec::new();
            let ended =
                file.step_by_step(&save(&new), &mut stop_before(n, &mut steps, ErrorKind::Other));
            let found = directory.after_a_kill();
            let next = ImageFile::claim(&found.image()).unwrap();
            let card = next.open().unwrap();
            let renamed = steps.contains(&Step::Rename);
            match (renamed, replaces) {
                (true, _) => assert!(card == Some(new.clone()), "{steps:?}"),
                (false, true) => assert!(card == Some(old.clone()), "{steps:?}"),
                (false, false) => assert!(card.is_none(), "{steps:?}"),
            }
            drop(next);
            let left = if renamed || replaces { &["card"][..] } else { &[] };
            assert_eq!(found.names(), left, "{steps:?}: leftovers are cleared away");
            if ended.is_ok() {
                break steps;
            }
            n += 1;
        };
        let parts = save(&new).len().div_ceil(PART_BYTES);
        assert!(parts > 2, "a part may be missing at the end or in the middle");
        assert_eq!(last.iter().filter(|step| **step == Step::Write).count(), parts);
        assert_eq!(n, 4 + parts + usize::from(replaces) + 2 * usize::from(synced), "{last:?}");
    }
}

#[test]
fn a_save_that_fails_at_any_step_leaves_no_litter_and_the_next_one_succeeds() {
    let (old, new) = two();
    let directory = Directory::new();
    let mut n = 0;
    loop {
        let mut file = ImageFile::claim(&directory.image()).unwrap().synced(true);
        file.save(&old).unwrap();
        let mut steps = Vec::new();
        let ended =
            file.write_by(&save(&new), &mut stop_before(n, &mut steps, ErrorKind::StorageFull));
        let there = open_file(&directory.image()).unwrap();
        assert!(there == if steps.contains(&Step::Rename) { new.clone() } else { old.clone() });
        assert_eq!(directory.names(), ["card", "card.lock"], "{steps:?}");
        if let Err(error) = &ended {
            let says = error.to_string();
            assert!(says.contains(&*directory.0.to_string_lossy()), "{says}");
            assert!(says.ends_with("needs room for a second one beside it"), "{says}");
        }
        file.save(&new).unwrap();
        assert!(open_file(&directory.image()).unwrap() == new);
        drop(file);
        assert_eq!(directory.names(), ["card"]);
        if ended.is_ok() {
            break;
        }
        n += 1;
    }
    assert!(n > 8, "{n}");
}

#[test]
fn one_claim_at_a_time_while_keepers_come_and_go() {
    let directory = Directory::new();
    let (held, claims) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while claims.load(Ordering::SeqCst) < 400 {
                    match ImageFile::claim(&directory.image()) {
                        Ok(file) => {
                            assert!(!held.swap(true, Ordering::SeqCst), "two keepers at once");
                            claims.fetch_add(1, Ordering::SeqCst);
                            std::thread::yield_now();
                            held.store(false, Ordering::SeqCst);
                            drop(file);
                        }
                        Err(FileError::Kept { .. }) => std::thread::yield_now(),
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(directory.names(), [""; 0], "nobody leaves anything behind");
}

/// A program that has opened the lock just before its holder removed it must not take it for one.
#[test]
fn a_lock_that_was_removed_claims_nothing() {
    let directory = Directory::new();
    let first = ImageFile::claim(&directory.image()).unwrap();
    let lock = directory.0.join("card.lock");
    let opened_before = File::open(&lock).unwrap();
    drop(first);
    opened_before.try_lock().unwrap();
    assert!(!is_at(&opened_before, &lock));
    let second = ImageFile::claim(&directory.image()).unwrap();
    assert!(!is_at(&opened_before, &lock), "the name is another file's now");
    assert!(matches!(ImageFile::claim(&directory.image()), Err(FileError::Kept { .. })));
    drop(second);
}

#[test]
fn what_another_keeper_has_saved_is_not_written_over() {
    let (old, new) = two();
    let directory = Directory::new();
    let mut first = ImageFile::claim(&directory.image()).unwrap();
    first.save(&old).unwrap();
    fs::remove_file(directory.0.join("card.lock")).unwrap();
    let mut second = ImageFile::claim(&directory.image()).unwrap();
    assert!(matches!(first.save(&old), Err(FileError::Kept { .. })));
    second.save(&new).unwrap();
    drop(second);
    assert!(matches!(first.save(&old), Err(FileError::Changed { .. })));
    assert!(open_file(&directory.image()).unwrap() == new);
    drop(first);
    let again = ImageFile::claim(&directory.image()).unwrap();
    assert!(again.open().unwrap() == Some(new), "a new claim reads what is there");
}

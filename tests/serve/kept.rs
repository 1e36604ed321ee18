//! A card kept in an image, with the server as a process: killed, a full disk, a file or directory
//! that goes or may not be written, other names of the file, other programs that want it.
//!
//! A save that is stopped after each of its steps is tested beside the code, in `image::file`.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::fake_reader::{Directory, Reader, SELECT, TRIES, WRONG_PIN, ctl};
use tessera::image;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn beside(image: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", image.display()))
}

fn serve(image: &Path) -> Reader {
    Reader::with(&["tiny", "--image", text(image)])
}

/// Tries left on the card that the file holds now.
fn tries_in(image: &Path) -> u32 {
    let mut card = image::open_file(image).unwrap();
    card.power_on().unwrap();
    card.counters()[0]
}

fn tessera(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tessera")).args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// What a verb that must fail says.
fn fails(arguments: &[&str]) -> String {
    let (succeeded, says) = tessera(arguments);
    assert!(!succeeded, "{arguments:?}");
    says
}

#[test]
fn a_killed_server_loses_no_answered_command_and_its_claim_ends() {
    let directory = Directory::new();
    let image = directory.join("card");
    for left in (0..6).rev() {
        let mut arguments = vec!["tiny", "--image", text(&image)];
        arguments.extend((left % 2 == 0).then_some("--sync"));
        let mut reader = Reader::with(&arguments);
        assert_eq!(reader.selected().ask(WRONG_PIN), format!("63C{left}"));
        reader.kill();
        assert_eq!(tries_in(&image), left);
    }
    let mut reader = serve(&image);
    assert_eq!(reader.selected().ask(WRONG_PIN), "6983");
    assert_eq!(reader.stop(), 0);
    assert_eq!(directory.names(), ["card"], "nothing else is left behind");
}

#[test]
fn what_an_interrupted_save_left_is_harmless_and_cleared_away() {
    let directory = Directory::new();
    let image = directory.join("card");
    let mut reader = serve(&image);
    assert_eq!(reader.selected().ask(WRONG_PIN), "63C5");
    reader.kill();
    let victim = directory.join("victim");
    fs::write(&victim, "not ours").unwrap();
    symlink(&victim, beside(&image, ".new")).unwrap();
    let mut reader = serve(&image);
    assert_eq!(reader.selected().ask(TRIES), "63C5");
    assert_eq!(reader.stop(), 0);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "not ours", "links are not followed");
    assert_eq!(directory.names(), ["card", "victim"]);
}

#[test]
fn an_image_in_use_is_refused_by_whatever_name() {
    let directory = Directory::new();
    let image = directory.join("card");
    let (link, other) = (directory.join("link"), directory.join("other"));
    let mut reader = serve(&image);
    let mut line = reader.selected();
    symlink(&image, &link).unwrap();
    let winding = directory.join("../").join(directory.path().file_name().unwrap()).join("card");
    for name in [&image, &link, &winding] {
        let says = serve(name).refusal();
        assert!(says.contains("is in use: another program keeps a card in it"), "{says}");
    }
    let name = text(&image);
    for writer in [
        &["send", "--image", name, SELECT][..],
        &["new", "--force", "tiny", name],
        &["ctl", "--control", text(&reader.control), "image", "-o", name],
    ] {
        assert!(fails(writer).contains("is in use"), "{writer:?}");
    }
    assert!(tessera(&["info", "--image", name]).0, "a look is free");
    fs::hard_link(&image, &other).unwrap();
    let says = serve(&other).refusal();
    assert!(says.contains("has 2 names (hard links), expected one"), "{says}");
    fs::remove_file(&other).unwrap();
    assert_eq!(line.ask(WRONG_PIN), "63C5");
    assert_eq!(reader.stop(), 0);
    let both = ["tiny", "tiny", "--image", name, "--image", text(&link)];
    let says = Reader::with(&both).refusal();
    assert!(says.contains("or another slot of this one"), "{says}");
    assert_eq!(directory.names(), ["card", "link"]);
}

#[test]
fn a_link_stays_a_link_and_permissions_stay_as_they_are() {
    let directory = Directory::new();
    let image = directory.join("card");
    let link = directory.join("link");
    assert!(tessera(&["new", "tiny", text(&image)]).0);
    fs::set_permissions(&image, fs::Permissions::from_mode(0o600)).unwrap();
    symlink("card", &link).unwrap();
    let mut reader = serve(&link);
    assert_eq!(reader.selected().ask(WRONG_PIN), "63C5");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&image).unwrap().mode() & 0o777, 0o600);
    assert_eq!(tries_in(&image), 5);
    fs::remove_file(&link).unwrap();
    symlink("nowhere", &link).unwrap();
    let says = serve(&link).refusal();
    assert!(says.contains("is a link to a file that is not there"), "{says}");
}

#[test]
fn what_cannot_hold_a_card_is_refused_before_the_card_is_served() {
    let directory = Directory::new();
    let refused = |image: &Path| serve(image).refusal();
    let image = directory.join("card");
    assert!(tessera(&["new", "tiny", text(&image)]).0);
    fs::set_permissions(&image, fs::Permissions::from_mode(0o444)).unwrap();
    let says = refused(&image);
    assert!(says.contains("card is read-only, expected a file that may be written"), "{says}");
    assert!(fails(&["new", "--force", "tiny", text(&image)]).contains("is read-only"));
    let says = refused(directory.path());
    assert!(says.contains("expected a file"), "{says}");
    let says = refused(&directory.join("no/card"));
    assert!(says.contains("/no: No such file or directory"), "{says}");
    let says = refused(&image.join("card"));
    assert!(says.contains("Not a directory"), "{says}");
    let says = refused(Path::new("/dev/zero"));
    assert!(says.contains("expected a file"), "{says}");
    let says = refused(&directory.join("card.new"));
    assert!(says.contains("does not end in .new or .lock"), "{says}");
    fs::create_dir(directory.join("other.lock")).unwrap();
    let says = refused(&directory.join("other"));
    assert!(says.contains("other.lock: Is a directory"), "{says}");
    assert_eq!(directory.names(), ["card", "other.lock"], "and leaves nothing behind");
}

/// Breaks the saving of an image, sees the card leave without an answer and the operator told, and
/// the card come back by itself, with nothing answered lost, once `mend` is done.
fn unsaved(mut reader: Reader, image: &Path, told: &str, spoil: &dyn Fn(u32), mend: &dyn Fn(u32)) {
    let mut line = reader.selected();
    assert_eq!(line.ask(WRONG_PIN), "63C5");
    let before = fs::read(image).unwrap();
    let process = reader.serve.id();
    spoil(process);
    assert_eq!(line.ask(TRIES), "63C5", "what changes nothing is answered");
    assert_eq!(line.ask(WRONG_PIN), "hung up");
    let says = reader.complaint();
    assert!(says.starts_with("tessera: slot 0: the card cannot be kept: "), "{says}");
    assert!(says.contains(told), "{says}");
    assert!(says.contains("not answered"), "{says}");
    let refused = ctl(&reader.control, "insert");
    let says = String::from_utf8(refused.stderr).unwrap();
    assert!(says.contains(told), "{says}");
    mend(process);
    let mut line = reader.selected();
    assert_eq!(line.ask(TRIES), "63C4", "the card remembers what it did without an answer");
    assert_eq!(tries_in(image), 4, "and so does its image");
    assert_ne!(fs::read(image).unwrap(), before);
    assert_eq!(line.ask(WRONG_PIN), "63C3");
    assert_eq!(reader.stop(), 0);
}

#[test]
fn a_full_disk_takes_the_card_out_until_there_is_room() {
    let directory = Directory::new();
    let image = directory.join("card");
    let limit = |process: u32, bytes: &str| {
        let limited = Command::new("prlimit")
            .args(["--pid", &process.to_string(), &format!("--fsize={bytes}:unlimited")])
            .status();
        assert!(limited.unwrap().success());
    };
    // The nearest to a full disk that needs no rights: no file may grow beyond 5000 bytes.
    let reader = Reader::after("trap '' XFSZ", &["tiny", "--image", text(&image)]);
    let full = |process| limit(process, "5000");
    let roomy = |process| limit(process, "unlimited");
    unsaved(reader, &image, "card.new: File too large", &full, &roomy);
    assert_eq!(directory.names(), ["card"]);
}

#[test]
fn a_directory_that_goes_takes_the_card_with_it_until_it_is_back() {
    let directory = Directory::new();
    let (inner, away) = (directory.join("inner"), directory.join("away"));
    fs::create_dir(&inner).unwrap();
    let image = inner.join("card");
    let go = |_| fs::rename(&inner, &away).unwrap();
    let come = |_| fs::rename(&away, &inner).unwrap();
    unsaved(serve(&image), &image, "No such file or directory", &go, &come);
    // Gone for good, and another one made in its place.
    fs::remove_file(&image).unwrap();
    let go = |_| fs::remove_dir_all(&inner).unwrap();
    let make = |_| fs::create_dir(&inner).unwrap();
    unsaved(serve(&image), &image, "No such file or directory", &go, &make);
}

#[test]
fn a_file_that_becomes_read_only_or_a_directory_is_not_replaced() {
    let directory = Directory::new();
    let image = directory.join("card");
    let mode = |mode| {
        let image = image.clone();
        move |_| fs::set_permissions(&image, fs::Permissions::from_mode(mode)).unwrap()
    };
    unsaved(serve(&image), &image, "card is read-only", &mode(0o444), &mode(0o644));
    fs::remove_file(&image).unwrap();
    let away = directory.join("away");
    let spoil = |_| {
        fs::rename(&image, &away).unwrap();
        fs::create_dir(&image).unwrap();
    };
    let mend = |_| {
        fs::remove_dir(&image).unwrap();
        fs::rename(&away, &image).unwrap();
    };
    unsaved(serve(&image), &image, "card is a directory, expected a file", &spoil, &mend);
}

#[test]
fn a_server_whose_claim_was_taken_away_answers_no_more() {
    let directory = Directory::new();
    let image = directory.join("card");
    let mut first = serve(&image);
    let mut line = first.selected();
    assert_eq!(line.ask(WRONG_PIN), "63C5");
    fs::remove_file(beside(&image, ".lock")).unwrap();
    assert_eq!(line.ask(WRONG_PIN), "63C4", "the claim is renewed");
    fs::remove_file(beside(&image, ".lock")).unwrap();
    let mut second = serve(&image);
    assert_eq!(second.selected().ask(WRONG_PIN), "63C3");
    assert_eq!(line.ask(WRONG_PIN), "hung up");
    assert!(first.complaint().contains("is in use"));
    assert_eq!(second.stop(), 0);
    let says = first.complaint();
    assert!(says.contains("was changed by another program"), "{says}");
    assert_eq!(tries_in(&image), 3, "what the second has answered stands");
}

#[test]
fn send_prints_no_answer_that_is_not_kept() {
    let directory = Directory::new();
    let image = directory.join("card");
    let mut send = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["send", "--card", "tiny", "--image", text(&image)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut commands = send.stdin.take().unwrap();
    let mut printed = BufReader::new(send.stdout.take().unwrap()).lines().map(Result::unwrap);
    writeln!(commands, "{SELECT}\n{WRONG_PIN}").unwrap();
    assert!(printed.any(|line| line.contains("63C5 verification failed, 5 tries left")));
    fs::set_permissions(&image, fs::Permissions::from_mode(0o444)).unwrap();
    writeln!(commands, "{WRONG_PIN}").unwrap();
    drop(commands);
    let rest: Vec<String> = printed.collect();
    assert!(!rest.iter().any(|line| line.contains("63C4")), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("no answer")), "{rest:?}");
    let output = send.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let says = String::from_utf8(output.stderr).unwrap();
    assert!(says.contains("card is read-only"), "{says}");
    assert_eq!(tries_in(&image), 5);
}

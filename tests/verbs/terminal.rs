//! `tessera terminal` as a process: what it prints, what it keeps, and what it says of mistakes.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
};

fn terminal(arguments: &str, kept: &Kept) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tessera"))
        .current_dir(&kept.0)
        .arg("terminal")
        .args(arguments.split(' '))
        .args(["--date", "2025-06-30", "--time", "12:00:00"])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A directory for card, PSAM and journal.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir();
        let path = path.join(format!("tessera-{}-terminal-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn prints(&self, arguments: &str) -> String {
        let output = terminal(arguments, self);
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments}: {says}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn fails(&self, arguments: &str) -> String {
        self.ends(1, arguments).1
    }

    /// Both outputs of a call that ends with this exit code.
    fn ends(&self, code: i32, arguments: &str) -> (String, String) {
        let output = terminal(arguments, self);
        let [out, error] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
        (out, error)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn has(text: &str, shown: &[&str]) {
    let mut rest = text;
    for line in shown {
        let found = rest.find(line);
        assert!(found.is_some(), "{line}, not there or too early: {text}");
        rest = &rest[found.unwrap()..];
    }
}

#[test]
fn the_demo_of_a_purchase_tells_each_step_and_two_runs_are_equal() {
    let kept = Kept::new("demo");
    let text = kept.prints("purchase --amount 12.50 --demo");
    has(
        &text,
        &[
            "a new card with 100.00 yuan in purse and deposit each, a new PSAM",
            "card     open the application A00000000386980701",
            "serial number 33049900000001290011",
            "PSAM     tell which terminal it is in",
            "card     prepare a purchase of 12.50 with the purse",
            "balance 100.00, number 0",
            "PSAM     ask the card for 12.50",
            "terminal transaction 1, MAC1 ",
            "card     pay",
            "paid: TAC ",
            "PSAM     agree that the card has paid (MAC2)",
            "paid 12.50 yuan (purchase with the purse), 87.50 left",
            "the PSAM has checked the card's MAC2",
        ],
    );
    assert_eq!(text, kept.prints("purchase --amount 12.50 --demo"));
    assert!(!text.contains('>'), "commands are shown when they are asked for");
    let with_commands = kept.prints("purchase --amount 12.50 --demo --apdu");
    has(
        &with_commands,
        &["card| > 80 50 01 02 0B", "PSAM| > 80 70 00 00 1C", "card| > 80 54 01 00"],
    );
}

#[test]
fn a_purchase_torn_in_any_pulse_is_recovered_and_told() {
    let kept = Kept::new("torn");
    let (mut done, mut again) = (false, false);
    for pulse in (1..40).step_by(3) {
        let text = kept.prints(&format!("purchase --amount 12.50 --demo --tear {pulse}"));
        has(&text, &["paid 12.50 yuan (purchase with the purse), 87.50 left"]);
        if text.contains("card     pay                                                no answer") {
            has(&text, &["terminal what became of number 1?", "card     prove number 1"]);
        }
        done |= text.contains("it was done");
        again |= text.contains("it was not done");
    }
    assert!(done && again);
}

#[test]
fn every_service_has_a_demo() {
    let kept = Kept::new("services");
    for (arguments, shown) in [
        ("load --amount 50", &["host     allow the load of 50.00?", "loaded 50.00 yuan"][..]),
        ("load --ed --amount 50", &["with the deposit", "loaded 50.00 yuan, number 2"]),
        ("cash --amount 20", &["paid 20.00 yuan (cash withdrawal), 80.00 left"]),
        ("purchase --ed --amount 20", &["paid 20.00 yuan (purchase with the deposit), 80.00 left"]),
        ("unload --amount 20", &["give the amount back", "unloaded 20.00 yuan"]),
        (
            "overdraft --amount 500",
            &["allow the change of the overdraft limit to 500.00?", "limit 500.00 yuan"],
        ),
        ("balance", &["purse: 100.00 yuan", "deposit: 100.00 yuan"]),
        ("log", &["the last 2, the newest first:", "load of the deposit", "load of the purse"]),
        ("proof --type 02 --number 1", &["number 1, load of the purse: MAC 00000000, TAC "]),
        ("ride --from 3 --to 17", &["on at stop 3", "20 minutes later", "paid 2.50 yuan"]),
        ("toll --from 101 --km 57", &["knows key 01", "90 minutes later", "paid 26.15 yuan"]),
        ("fuel --amount 80", &["let fuel flow", "pay 80.00 and unlock", "20.00 left"]),
        ("fuel --amount 101", &["the pump stops at 100.00", "paid 100.00 yuan", "0.00 left"]),
        (
            "fuel --amount 80 --power-cut",
            &["lose power", "yes, by terminal 330499000001", "the host took 80.00 yuan"],
        ),
        ("recover", &["nothing is open"]),
    ] {
        has(&kept.prints(&format!("{arguments} --demo")), shown);
    }
    let (text, _) = kept.ends(4, "proof --type 02 --number 2 --demo");
    has(&text, &["number 2, load of the purse: no proof"]);
    let text = kept.prints("balance --demo");
    assert!(text.ends_with("\npurse: 100.00 yuan\ndeposit: 100.00 yuan\n"), "{text}");
    let text = kept.prints("balance --demo --apdu");
    has(&text, &["> 00 20 00 00 03 ******"]);
    assert!(!text.contains("123456"), "{text}");
}

#[test]
fn card_and_psam_are_kept_in_their_images_from_call_to_call() {
    let kept = Kept::new("images");
    let both = "-q --card-image card --psam-image psam --pin 123456";
    kept.prints(&format!("load --amount 50 {both}"));
    kept.prints(&format!("ride --from 3 {both}"));
    let text = kept.prints(&format!("ride --to 12 {both}"));
    has(
        &text,
        &["paid 2.00 yuan (compound purchase), 48.00 left", "terminal 330499000001, its number 2"],
    );
    let log = kept.prints(&format!("log {both}"));
    has(
        &log,
        &["the last 3, the newest first:\n", "2.00  compound", "0.00  compound", "50.00  load"],
    );
}

/// The journal of a purchase of 12.50 that was about to be debited.
const OPEN: &str = r#"
kind = "06"
deposit = false
card = "33049900000001290011"
key = 1
number = 0
fen = 1250
balance_fen = 5000
limit_fen = 0
random = "01020304"
terminal = "330499000001"
terminal_number = "00000001"
when = "20250630120000"
stage = "in-doubt"
check = "9B615B38"
"#;

/// What a terminal leaves that lost its own power just before the debit: the same journal whatever
/// came of the debit.
#[test]
fn a_journal_is_settled_by_a_later_call_and_nothing_is_begun_before() {
    let kept = Kept::new("journal");
    let both = "-q --card-image card --psam-image psam --journal open";
    kept.prints(&format!("load --amount 50 {both} --pin 123456"));
    assert!(!kept.0.join("open").exists(), "settled");
    let write = || std::fs::write(kept.0.join("open"), OPEN).unwrap();
    write();
    let (_, error) = kept.ends(3, &format!("purchase --amount 12.50 {both}"));
    has(
        &error,
        &["tessera: open: purchase with the purse of 12.50, number 1", "it is kept in open"],
    );
    has(&error, &["the journal holds an open transaction: purchase with the purse of 12.50"]);
    let error = kept.fails("recover --journal open");
    has(&error, &["--journal: expected --card-image or --reader"]);
    assert!(kept.0.join("open").exists(), "a new card settles nothing");
    let (text, _) = kept.ends(4, &format!("recover {both}"));
    has(&text, &["not done: purchase with the purse of 12.50"]);
    assert!(!kept.0.join("open").exists());
    kept.prints(&format!("purchase --amount 12.50 {both}"));
    write();
    let text = kept.prints(&format!("recover {both}"));
    has(&text, &["paid 12.50 yuan", "37.50 left", "the PSAM has computed the card's TAC"]);
    kept.prints(&format!("purchase --amount 1 {both}"));
    write();
    let (_, error) = kept.ends(3, &format!("recover {both}"));
    has(
        &error,
        &["the card has gone on to number 2 and does not prove number 1 any more, but its log"],
    );
    has(&error, &["nothing is given for it"]);
    assert!(kept.0.join("open").exists(), "it stays open");
    std::fs::write(kept.0.join("open"), "nonsense").unwrap();
    let error = kept.fails(&format!("recover {both}"));
    has(&error, &["open is no journal of a terminal: "]);
}

#[test]
fn mistakes_are_told_with_whose_fault_where_expected_and_got() {
    let kept = Kept::new("mistakes");
    std::fs::write(kept.0.join("keys"), "3F/01 = 00112233445566778899AABBCCDDEEFF\n").unwrap();
    std::fs::write(kept.0.join("no-keys"), "# keys\n3F/01 = 0011\n").unwrap();
    std::fs::write(kept.0.join("tariff"), "base = 2\n").unwrap();
    for (arguments, says) in [
        ("purchase --amount 1", "got 9401 the amount is more than there is"),
        ("purchase --amount 1 --card clinic", "the card refused to open the application A0"),
        ("purchase --amount 1 --psam clinic", "the PSAM refused to tell what it is: expected 9000"),
        ("purchase --amount 1 --levels 2 --demo", "the PSAM refused to ask the card for 1.00"),
        ("load --amount 1", "the holder's PIN: expected one (--pin)"),
        ("purchase --amount 1", "the card is new and empty: --demo loads it first"),
        ("ride --from 1 --ed --demo", "--ed: expected the purse"),
        ("toll --from 1 --ed --demo", "--ed: expected the purse"),
        ("load --amount 1 --pin 123", "the card refused to show the holder's PIN"),
        (
            "load --amount 1 --pin 12x4",
            "the PIN: expected 2 to 12 digits, got 4 characters, not all of them digits",
        ),
        ("load --amount 42949672.95 --demo", "the card refused to prepare a load of 42949672.95"),
        ("load --amount 1 --pin 123456 --host-keys keys", "the card's MAC1 does not fit"),
        ("load --amount 1 --host-keys no-keys", "no-keys:2: expected 8 or 16 bytes in hexadecimal"),
        ("load --amount 1 --host-keys nowhere", "nowhere: "),
        ("load --amount 1 --online-key 2 --demo", "got 9403 there is no such key"),
        ("balance --application A0 --demo", "--application: expected 5 to 16 bytes"),
        (
            "balance --application A000000099 --demo",
            "the card refused to open the application A000",
        ),
        ("purchase --amount 1 --psam-application 1002 --demo", "to open the directory 1002"),
        ("purchase --amount 1 --psam-application x --demo", "expected four digits, got \"x\""),
        ("overdraft --amount 200000 --demo", "an overdraft limit: expected at most 167772.15"),
        ("unlock --amount 1 --demo", "an unlock: expected a grey lock in the journal, got none"),
        ("ride --to 3 --demo", "an exit: expected a card that has got on"),
        ("ride --from 3 --tariff tariff --demo", "tariff: TOML parse error at line 1, column 8"),
    ] {
        let error = kept.fails(&format!("{arguments} -q"));
        assert!(error.starts_with("tessera: ") && error.contains(says), "{arguments}: {error}");
    }
    let wrong_day = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["terminal", "balance", "--date", "2025-02-30"])
        .output()
        .unwrap();
    assert_eq!(wrong_day.status.code(), Some(1));
    let error = String::from_utf8(wrong_day.stderr).unwrap();
    has(&error, &["\"2025-02-30\" is no date: expected one of the calendar, YYYY-MM-DD"]);
    let (_, error) = kept.ends(2, "purchase --amount -1");
    has(&error, &["\"-1\" is no amount: expected yuan such as 12 or 12.50"]);
    let help = kept.prints("--help");
    has(&help, &["Exit codes:", "3  refused, or an error, and a transaction stays open"]);
    let late = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["terminal", "balance", "-q", "--date", "2035-01-06"])
        .output()
        .unwrap();
    let error = String::from_utf8(late.stderr).unwrap();
    has(&error, &["the card is valid from 20250105 to 20350105, and today is 20350106"]);
}

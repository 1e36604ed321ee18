//! `tessera terminal clinic`, `pharmacy`, `kiosk` and `agency` as processes: what they print, what
//! they keep, and what they say of mistakes.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// A directory for card, PSAM, journal and books.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir();
        let path = path.join(format!("tessera-{}-medical-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let fresh = "full 1 2025-06-30 08:00:00\n+ K00000137 lost\n";
        fs::write(path.join("deny"), fresh).unwrap();
        Self(path)
    }

    fn run(&self, arguments: &str) -> Output {
        let words = arguments.split(' ').filter(|word| !word.is_empty());
        Command::new(env!("CARGO_BIN_EXE_tessera"))
            .current_dir(&self.0)
            .arg("terminal")
            .args(words)
            .args(["--date", "2025-06-30", "--time", "12:00:00"])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Both outputs of a call that ends with this exit code.
    fn ends(&self, code: i32, arguments: &str) -> (String, String) {
        let output = self.run(arguments);
        let [out, error] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert_eq!(output.status.code(), Some(code), "{arguments}: {out}{error}");
        (out, error)
    }

    fn prints(&self, arguments: &str) -> String {
        self.ends(0, arguments).0
    }

    /// On the card, the PSAM and the books of this directory.
    fn on_kept(&self, arguments: &str) -> String {
        self.prints(&format!("{arguments} {KEPT}"))
    }
}

const KEPT: &str = "--card-image card --psam-image psam --books books -q";

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
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
fn the_demo_of_a_visit_tells_each_step_and_a_torn_one_is_recovered_and_told() {
    let kept = Kept::new("demo");
    let text = kept.prints("clinic visit --amount 80 --demo");
    has(
        &text,
        &[
            "a new card with 500.00 yuan in its medical account, a new PSAM",
            "card     tell who holds it",
            "测试甲, 330499199001010018",
            "PSAM     tell which terminal it is in                       330400112233",
            "terminal is the card genuine?",
            "terminal shown to the clerk:",
            "employees' insurance in 330400, class 11",
            "card     show the holder's PIN",
            "card     prepare 80.00 from the account                     balance 500.00, entry 1",
            "card     book the settlement",
            "PSAM     agree that the card has booked (MAC2)              yes",
            "host     take entry 1                                       posted, its TAC fits",
            "\nNumber One Clinic\n",
            "80.00 yuan: 80.00 from the account, 0.00 in cash, 0.00 from the pooled fund",
            "420.00 left; 1 of 60 entries since the last statement",
            "posted by the authority",
        ],
    );
    assert_eq!(text, kept.prints("clinic visit --amount 80 --demo"));
    let (mut proved, mut again) = (0, 0);
    for pulse in 1..100 {
        let text = kept.prints(&format!("clinic visit --amount 80 --demo --tear {pulse}"));
        has(&text, &["\nNumber One Clinic\n", "420.00 left; 1 of 60"]);
        match (text.contains("no answer"), text.contains(", proved by the card")) {
            (true, true) => proved += 1,
            (true, false) => again += 1,
            (false, _) => break,
        }
    }
    assert!(proved > 3 && again > 3, "{proved} {again}");
    let commands = kept.prints("clinic visit --amount 80 --demo --apdu");
    has(&commands, &["card| > 00 88 00 00", "PSAM| > BF DE 67 08", "card| > D0 28 01 01 19"]);
    assert!(!commands.contains("123456"), "the PIN is not shown");
}

#[test]
fn a_holders_month_is_kept_in_card_books_and_journal() {
    let kept = Kept::new("month");
    has(&kept.on_kept("agency open --amount 500"), &["500.00 yuan, last entry 0; 1 order"]);
    has(&kept.on_kept("agency credit --amount 120"), &["620.00 yuan, last entry 1"]);
    let visit = "clinic visit --class 5 --amount 400 --pin 123456";
    has(&kept.on_kept(visit), &["330.00 from the account", "70.00 from the pooled fund"]);
    let off_line = "--off-line --pin 123456 --journal journal --deny deny";
    let text = kept.on_kept(&format!("pharmacy visit --amount 30 {off_line}"));
    has(&text, &["Pharmacy at the Bridge", "off line", "the authority is told later"]);
    assert!(fs::read_to_string(kept.0.join("journal")).unwrap().contains("sequence = 3"));
    has(&kept.on_kept("pharmacy upload --journal journal"), &["1 settlements told", "0 left"]);
    assert!(!kept.0.join("journal").exists());
    has(&kept.on_kept("kiosk balance"), &["260.00 yuan", "off line: 30.00 in 1 settlements"]);
    has(&kept.on_kept("agency contact"), &["260.00 yuan, last entry 3; 1 order"]);
    has(&kept.on_kept("kiosk balance"), &["off line: 0.00 in 0 settlements"]);
    has(&kept.on_kept("agency refund --entry 2"), &["590.00 yuan, last entry 4"]);
    has(&kept.on_kept("agency status --set 3"), &["测试甲: status 3"]);
    let own = kept.on_kept("kiosk own --pin 123456");
    has(&own, &["测试甲, 330499199001010018", "status: 3", "示例制造有限公司"]);
    let printed = kept.on_kept("kiosk statement --no-ack --id 330499199001010018");
    has(&printed, &["statement 1 of 测试甲", "refund", "it stays due"]);
    let printed = kept.on_kept("kiosk statement --pin 123456");
    has(&printed, &["500.00 before + 120.00 credits - 360.00 settled + 330.00 refunds = 590.00"]);
    has(&printed, &["acknowledged"]);
    has(&kept.on_kept("kiosk statement --pin 123456"), &["statement 2"]);
    has(&kept.on_kept("kiosk pin --pin 123456 --new 654321"), &["the PIN is changed"]);
    has(&kept.on_kept("clinic visit --amount 1 --pin 654321"), &["589.00 left; 1 of 60"]);
    let forgotten = "agency pin --id 330499199001010018";
    has(&kept.on_kept(&format!("{forgotten} --new 111111")), &["测试甲 has a new PIN"]);
    has(&kept.on_kept("clinic visit --amount 1 --pin 111111"), &["588.00 left; 2 of 60"]);
    has(&kept.on_kept(forgotten), &["has all tries of the PIN"]);
    has(&kept.on_kept(&format!("{forgotten} --new 654321")), &["has a new PIN"]);
    has(
        &kept.on_kept("agency lost --number K00000129 --written"),
        &["is frozen (lost, in writing)"],
    );
    has(&kept.on_kept("agency deny-list"), &["full 1 2025-06-30", "+ K00000129 lost, in writing"]);
    let (_, error) = kept.ends(1, &format!("clinic visit --amount 1 --pin 654321 {KEPT}"));
    has(&error, &["serves no one with card K00000129: its loss was reported in writing"]);
    has(&kept.on_kept("agency found"), &["588.00 yuan"]);
    has(&kept.on_kept("clinic visit --amount 1 --pin 654321"), &["587.00 left"]);
    has(&kept.on_kept("agency close"), &["0.00 yuan, last entry 8"]);
    has(&kept.on_kept("agency books"), &["0.00 yuan, last entry 8, closed", "0 in suspense"]);
}

#[test]
fn a_settlement_that_is_open_in_the_journal_is_told_by_the_exit_code_and_recovered() {
    let kept = Kept::new("open");
    kept.on_kept("agency open --amount 500");
    has(&kept.on_kept("clinic recover --journal journal"), &["nothing is open"]);
    // What a terminal that lost power before the booking has left behind.
    let off_line = "--off-line --pin 123456 --journal journal --deny deny";
    let before = fs::read(kept.0.join("card")).unwrap();
    kept.on_kept(&format!("pharmacy visit --amount 30 {off_line}"));
    let journal = fs::read_to_string(kept.0.join("journal")).unwrap();
    let open =
        journal.lines().filter(|line| !line.starts_with("tac") && !line.starts_with("check"));
    let open = open.collect::<Vec<_>>().join("\n") + "\n";
    let open = format!("{open}check = \"{:08X}\"\n", crc32fast::hash(open.as_bytes()));
    fs::write(kept.0.join("journal"), &open).unwrap();
    let (_, error) =
        kept.ends(3, &format!("clinic visit --amount 1 --pin 123456 --journal journal {KEPT}"));
    has(&error, &["tessera: open: entry 1 of card K00000129, 30.00 from the account"]);
    has(&error, &["it is kept in journal", "a settlement with this card is open"]);
    let text = kept.on_kept("pharmacy recover --pin 123456 --journal journal");
    has(&text, &["booked: entry 1 of card K00000129, 30.00", "posted by the authority"]);
    // The same, on the card as it was before.
    fs::write(kept.0.join("journal"), &open).unwrap();
    fs::write(kept.0.join("card"), before).unwrap();
    let (text, _) = kept.ends(4, &format!("pharmacy recover --journal journal {KEPT}"));
    has(&text, &["not booked: entry 1"]);
    assert!(!kept.0.join("journal").exists());
    let (_, error) = kept.ends(1, &format!("clinic visit --amount 1 --pin 123456 {KEPT}"));
    has(&error, &["the card went back: its last entry is 0, that of the books 1"]);
}

#[test]
fn a_card_without_a_medical_account_signs_in_each_of_the_three_modes() {
    let kept = Kept::new("sign");
    let sign = "clinic sign --pin 123456 --card social-security-p16 -q --amount 100 --account 50";
    for (more, shown) in [
        ("", "account 0.00, self-pay 100.00, fund 80.00; TAC "),
        ("--mode temporary --class 1", "account 0.00, self-pay 100.00, fund 100.00; TAC "),
        ("--tear 30", ""),
    ] {
        let text = kept.prints(&format!("{sign} --fund 30 {more}"));
        has(&text, &["测试甲: signed as number ", shown]);
        assert!(text.contains("the authority comes to the same") || text.contains("TAC was lost"));
    }
    let (_, error) = kept.ends(1, &format!("{sign} --fund 51"));
    has(&error, &["--amount: expected at least --account and --fund, 50.00 and 51.00"]);
    let large = sign.replace("--amount 100", "--amount 200");
    let (_, error) = kept.ends(1, &format!("{large} --mode temporary"));
    has(&error, &["200.00 would not stay below 200.00 and 4 settlements"]);
    // A card that keeps a balance has none to begin with.
    let (_, error) = kept.ends(1, &format!("{sign} --mode off-line"));
    has(&error, &["tessera: "]);
}

#[test]
fn what_is_booked_and_not_confirmed_ends_with_3_and_is_told_later() {
    let kept = Kept::new("booked");
    kept.on_kept("agency open --amount 500");
    // The books cannot be written: a directory is where the new ones would be.
    fs::create_dir(kept.0.join("books.new")).unwrap();
    let visit = "clinic visit --amount 80 --pin 123456";
    let (_, error) = kept.ends(3, &format!("{visit} --journal journal {KEPT}"));
    has(&error, &["booked: entry 1 of card K00000129; it is kept in journal", "80.00", "TAC "]);
    fs::remove_dir(kept.0.join("books.new")).unwrap();
    let text = kept.on_kept("clinic recover --off-line --journal journal");
    has(&text, &["1 settlements are booked, the authority is told later"]);
    has(&kept.on_kept("clinic recover --journal journal"), &["1 settlements told"]);
    has(&kept.on_kept("agency books"), &["420.00 yuan, last entry 1"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_statement_that_cannot_be_printed_is_not_acknowledged() {
    let kept = Kept::new("full");
    kept.on_kept("agency open --amount 500");
    kept.on_kept("clinic visit --amount 80 --pin 123456");
    let words = format!("terminal kiosk statement --pin 123456 {KEPT} --date 2025-06-30");
    let output = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .current_dir(&kept.0)
        .args(words.split(' '))
        .stdin(Stdio::null())
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    has(&error, &["the statement is not printed, and not acknowledged"]);
    has(&kept.on_kept("kiosk balance"), &["1 of 60 entries since the last statement"]);
}

#[test]
fn mistakes_are_told_with_whose_fault_where_expected_and_got() {
    let kept = Kept::new("mistakes");
    for (name, text) in [
        ("none", "no list\n"),
        ("old", "full 1 2025-06-28 08:00:00\n"),
        ("keys", "ML-AK = 00112233445566778899AABBCCDDEEFF\n"),
        ("no-keys", "ML-AK = 0011\n"),
        ("shops", "330400009 shop on-line A\n"),
        ("tariff", "[class.0]\npool-percent = 101\n"),
    ] {
        fs::write(kept.0.join(name), text).unwrap();
    }
    for (arguments, says) in [
        (
            "clinic visit --amount 1",
            "the authority has no account for card K00000129; --demo opens",
        ),
        ("clinic visit --amount 1 --class 6 --demo", "class '6': expected 0 to 5 or 9"),
        ("pharmacy visit --amount 1 --class 0 --demo", "class '0': expected 6, a pharmacy's"),
        ("clinic visit --amount 1 --pool --demo", "not entitled to the out-patient pool (item 81)"),
        ("clinic visit --amount 1 --pin 111111 --demo", "to show the holder's PIN"),
        ("clinic visit --amount 1 --off-line --demo", "Number One Clinic has no licence for it"),
        ("pharmacy visit --amount 1 --off-line --demo", "there is no deny list"),
        (
            "pharmacy visit --amount 1 --off-line --deny old --demo",
            "the deny list of 2025-06-28 08:00:00 is no good at 2025-06-30 12:00:00",
        ),
        ("pharmacy visit --amount 1 --deny none --demo", "none:1: expected `full N DATE TIME`"),
        (
            "pharmacy visit --amount 250 --off-line --deny deny --demo",
            "would not stay below 200.00",
        ),
        ("clinic visit --amount 1 --institution 999999999 --demo", "999999999 is no designated"),
        ("clinic visit --amount 1 --institutions shops --demo", "shops:1: expected CODE hospital"),
        ("clinic visit --amount 1 --tariff tariff --demo", "tariff: percent: expected 0 to 100"),
        ("clinic visit --amount 1 --tariff nowhere --demo", "nowhere: "),
        ("clinic visit --amount 1 --host-keys keys --demo", "6988"),
        ("clinic visit --amount 1 --host-keys no-keys --demo", "no-keys:1: expected 16 bytes"),
        ("clinic visit --amount 1 --card purse", "to open the social-security card"),
        ("clinic visit --amount 1 --psam psam --demo", "the PSAM refused to open its application"),
        ("clinic visit --amount 1 --ed", "expected none of them with a social-security card"),
        ("kiosk balance --levels 2", "expected none of them with a social-security card"),
        ("pharmacy visit --amount 1 --off-line", "--off-line: expected --journal with it"),
        ("clinic visit --amount 1 --journal j", "--journal: expected --books with it"),
        ("clinic upload --journal j --demo", "--journal: expected --books with it"),
        ("clinic recover --journal j", "--journal: expected --books with it"),
        ("clinic visit --amount 0 --demo", "what a visit costs: expected more than 0.00"),
        ("clinic upload --off-line --demo", "--off-line: expected the network"),
        ("kiosk own", "the holder's PIN: expected one (--pin)"),
        ("kiosk statement --demo --pin 111111", "to show the holder's PIN"),
        ("kiosk statement", "the card is not that of nobody: expected the holder"),
        ("agency pin --id 330499199001010026", "the card is not that of 330499199001010026"),
        ("kiosk pin --pin 123456 --new 12x4", "the PIN: expected 2 to 12 digits"),
        ("agency open --demo", "330499199001010018 has an account with card K00000129"),
        ("agency refund --entry 7 --demo", "entry 7 is no posted settlement of the card"),
        ("agency lost --number K1", "no account has card K1"),
    ] {
        let (_, error) = kept.ends(1, &format!("{arguments} -q"));
        assert!(error.starts_with("tessera: ") && error.contains(says), "{arguments}: {error}");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["terminal", "clinic", "visit", "--help"])
        .output()
        .unwrap();
    has(&String::from_utf8(help.stdout).unwrap(), &["Exit codes:", "3  refused, or an error, and"]);
    let (_, error) = kept.ends(2, "clinic visit --amount -1");
    has(&error, &["\"-1\" is no amount: expected yuan such as 12 or 12.50"]);
}

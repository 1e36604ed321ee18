//! The other verbs of the command line as processes: what they print, and what they say of
//! mistakes.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

fn tessera(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn prints(arguments: &[&str]) -> String {
    let output = tessera(arguments);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {says}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(arguments: &[&str]) -> String {
    let output = tessera(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tessera-{}-{name}", std::process::id()))
}

const SELECT: &str = "00A404000F7378312E73682EC9E7BBE1B1A3D5CF";

#[test]
fn the_demo_is_a_day_of_a_holder_for_who_knows_no_command_and_for_who_does() {
    let text = prints(&["demo"]);
    let mut rest = text.as_str();
    for shown in [
        "\nMorning at the agency",
        "测试甲, 330499199001010018",
        "\nA clinic",
        "book the settlement                                no answer",
        "prove entry 2                                      booked: MAC2 ",
        "330.00 from the account, 0.00 in cash, 70.00 from the pooled fund",
        "\nA pharmacy",
        "the authority is told later",
        "it would not stay below 200.00",
        "\nThe library",
        "is back, 0 out",
        "\nThe bus home",
        "18.00 left",
        "\nEvening",
        "card:  340.00 yuan, last entry 3\n  books: 340.00 yuan, last entry 3",
    ] {
        let (_, after) = rest.split_once(shown).unwrap_or_else(|| panic!("{shown}: {text}"));
        rest = after;
    }
    assert!(!text.contains('\x1b'), "no colours where nobody looks at them");
    assert!(!text.contains("> 00"), "commands are shown when they are asked for");
    assert_eq!(text, prints(&["demo"]), "two runs give equal traces");
    let stops: Vec<_> = text.split("\n\n").map(|stop| stop.lines().count()).collect();
    assert!(stops.iter().all(|lines| *lines <= 24), "less than a screen each: {stops:?}");
    let commands = prints(&["demo", "--apdu"]);
    for shown in ["card| > D0 2C 01 00 0F", "PSAM| > 80 70 02 00", "card| > 00 20 00 00 03 ******"]
    {
        assert!(commands.contains(shown), "{shown}");
    }
}

#[test]
fn a_roll_back_is_found_and_shown_and_the_cards_own_counter_is_not_rolled_back() {
    let text = prints(&["tear", "--demo-rollback"]);
    for shown in [
        "  found: change cut 4 | on read 1 | on read 0\n",
        "  pulse 4   program  slot A validity                power fails: 16 bits waver\n",
        "  power on  read     slot A validity                clear, this time\n",
        "            the counter is 11   rolled back\n",
        " finds nothing in ",
        " 16 wavering bits are solid now\n",
        "  tiny           5 tears   ",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert_eq!(text.matches("rolled back").count(), 1);
    assert!(text.lines().count() < 50, "about a screen");
}

/// The lines of the README between two texts are printed, in this order.
fn is_shown(from: &str, to: &str, printed: &str) {
    let readme = include_str!("../../README.md");
    let (_, after) = readme.split_once(from).unwrap();
    let (shown, _) = after.split_once(to).unwrap();
    let mut rest = printed.lines();
    for line in shown.lines().filter(|line| !matches!(*line, "" | "...")) {
        assert!(rest.any(|printed| printed == line), "not printed, or not in this order: {line}");
    }
}

#[test]
fn what_the_readme_shows_of_the_demo_is_what_it_prints() {
    is_shown("$ cargo run --release -- demo\n", "$ cargo test\n", &prints(&["demo"]));
}

#[test]
fn what_the_readme_shows_of_the_terminal_is_what_it_prints() {
    let (words, when) =
        ("terminal purchase --amount 12.50 --demo --tear 12", "--date 2025-06-30 --time 12:00:00");
    let words = format!("{words} {when}");
    let printed = prints(&words.split(' ').collect::<Vec<_>>());
    is_shown(&format!("$ tessera {words}\n"), "```", &printed);
}

/// Money is not made or lost in any cut, and each pulse is there.
#[test]
fn the_demo_settles_once_whenever_the_card_is_pulled() {
    let text = prints(&["demo"]);
    let (_, table) = text.split_once("then the terminal\n").unwrap();
    let (table, _) = table.split_once("  booked once on the card and once in the books").unwrap();
    let rows: Vec<Vec<_>> = table.lines().map(|row| row.split_whitespace().collect()).collect();
    let [not, done] = &rows[..] else { panic!("{table}") };
    assert_eq!((not[0], not[1], not[3], not[4]), ("1", "to", "700.00", "sees"), "{table}");
    assert_eq!((done[1], done[3], done[4]), ("to", "370.00", "takes"), "{table}");
    let pulse = |word: &str| word.parse::<u32>().unwrap();
    assert_eq!(pulse(not[2]) + 1, pulse(done[0]), "{table}");
    assert!(pulse(not[2]) > 5 && pulse(done[2]) > pulse(done[0]) + 5, "{table}");
}

#[test]
fn send_takes_arguments_and_lines_and_answers_in_order() {
    let fci = "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388011E9000\n";
    assert_eq!(
        prints(&["send", "-q", SELECT, "00 B2 07 2C 0B"]),
        format!("{fci}07094B30303030303132399000\n")
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["send", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = format!(
        "# the environment\n{SELECT}\n\ntear 1\n00 20 00 00 03 111111 # torn\nreset\n{SELECT}\n"
    );
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{fci}\n{fci}"));
}

#[test]
fn a_recorded_session_is_a_vector_that_passes() {
    let directory = file("recorded");
    std::fs::create_dir_all(&directory).unwrap();
    let vector = directory.join("session.vec");
    let vector = vector.to_str().unwrap();
    prints(&[
        "send",
        "-q",
        "--record",
        vector,
        SELECT,
        "tear 3",
        "0020000003111111",
        "reset",
        SELECT,
    ]);
    let report = prints(&["vectors", directory.to_str().unwrap()]);
    assert!(report.ends_with("1 passed, 0 failed, 0 skipped\n"), "{report}");
    assert!(fails(&["send", "--record", vector, SELECT]).contains("exists"));
    assert!(fails(&["send", "--record", "session.txt"]).contains("ends in .vec"));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn an_image_is_made_kept_and_told_about() {
    let image = file("kept.image");
    let image = image.to_str().unwrap();
    let _ = std::fs::remove_file(image);
    prints(&["new", "tiny", image]);
    assert!(fails(&["new", "tiny", image]).contains("is there already; --force replaces it"));
    for left in ["63C5\n", "63C4\n"] {
        let answers = prints(&["send", "-q", "--image", image, SELECT, "0020000003111111"]);
        assert!(answers.ends_with(left), "{answers}");
    }
    let info = prints(&["info", "--card", image, "--read"]);
    assert!(info.contains("07 卡号 card number: K00000129"), "{info}");
    assert!(info.contains("guarded"), "{info}");
    let mut bytes = std::fs::read(image).unwrap();
    bytes[100] ^= 1;
    std::fs::write(image, bytes).unwrap();
    assert!(fails(&["info", "--image", image]).contains("damaged card image"));
    std::fs::remove_file(image).unwrap();
    assert!(!PathBuf::from(format!("{image}.lock")).exists(), "nothing else is left behind");
    assert!(fails(&["info", "--image", image]).contains("No such file or directory"));
}

#[test]
fn info_shows_what_the_pin_guards_once_it_is_presented() {
    for card in ["social-security", "social-security-contact"] {
        let info = prints(&["info", "--card", card, "--read", "--pin", "123456"]);
        assert!(info.contains("2E 单位名称 employer name: 示例制造有限公司"), "{card}: {info}");
    }
    assert!(fails(&["info", "--pin", "000000"]).contains("63C5"));
    assert!(fails(&["info", "--pin", "12x"]).contains("--pin: expected digits"));
}

#[test]
fn a_profile_is_printed_changed_and_used() {
    let path = file("own.toml");
    let text = prints(&["profile", "clinic"]).replace("测试甲", "测试乙");
    std::fs::write(&path, text).unwrap();
    let info = prints(&["info", "--card", path.to_str().unwrap(), "--read"]);
    assert!(info.contains("09 姓名 name: 测试乙"), "{info}");
    let text =
        std::fs::read_to_string(&path).unwrap().replace("memory-bytes = 8192", "memory-bytes = 9");
    std::fs::write(&path, text).unwrap();
    let says = fails(&["info", "--card", path.to_str().unwrap()]);
    assert!(says.contains("own.toml:8: expected 4096 to 81920 bytes of memory"), "{says}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn mistakes_are_told_with_whose_and_where() {
    assert!(fails(&["send", "00A4zz"]).contains("argument 1: expected hexadecimal digits"));
    assert!(fails(&["send", "--card", "no-such"]).contains("no profile \"no-such\""));
    assert!(
        fails(&["send", "tear 1", "0020000003111111", SELECT, "0020000003111111", SELECT])
            .contains("no power")
    );
    assert!(
        fails(&["ctl", "--control", "/nonexistent/socket", "status"])
            .contains("no serve answers on")
    );
    assert_eq!(tessera(&["explode"]).status.code(), Some(2));
}

#[test]
fn a_line_of_an_exploration_runs_again_in_words() {
    let line = format!("profile clinic: {SELECT} 0020000003123455 cut 5 | read 01 cut 2 | read 0");
    let text = prints(&["tear", &line]);
    for shown in [
        "A card of clinic, 8192 bytes of page64",
        "VERIFY the PIN 123455",
        "The same with the power failing in pulse 5 of 5",
        "POWER FAILS, 16 bits waver",
        "clear (in doubt)",
        "16 bits that wavered are solid",
        "Power comes, and fails again",
        "Kept. After every power-up the card holds the old value: counter 0",
    ] {
        assert!(text.contains(shown), "{shown}:\n{text}");
    }
    let text = prints(&["tear", "vector memory/torn_right_pin:19: cut 4 | read 1 | again"]);
    assert!(text.contains("The card of memory/torn_right_pin at line 19"), "{text}");
    assert!(text.contains("VERIFY the PIN 000000: 63C4"), "{text}");
    let text = prints(&["tear", &format!("profile clinic: {SELECT} cut 1 | on")]);
    assert!(text.ends_with("the card holds what it should, for no change was torn\n"), "{text}");
    let text = prints(&["tear", &format!("profile clinic: {SELECT} cut 1")]);
    assert!(text.ends_with("No power-up completes in this line: end it with `| on`\n"), "{text}");
    let text = prints(&["tear", "clinic", "--", SELECT, "00 20 00 00 03 123455"]);
    assert!(text.ends_with("runs of up to 2 tears: every promise kept\n"), "{text}");
}

#[test]
fn a_line_that_does_not_fit_says_which_part() {
    for (line, says) in [
        (
            "clinic",
            "no line to run again; to tear commands on such a card: tessera tear clinic -- HEX...",
        ),
        ("vector nowhere: cut 1", "the card of the line: expected `profile NAME: ` or"),
        (
            "profile clinic: 00A4000C023F00 cut 2",
            "part 1 of the line does not fit the card: expected 1, behind the answer, for the command gives no pulse, got 2",
        ),
        (
            "profile clinic: on",
            "part 1 of the line does not fit the card: expected a command, got `on`",
        ),
        (
            "vector memory/torn_right_pin:1: sent",
            "the card of the line does not fit the vectors: expected the line of a command",
        ),
        (
            "vector memory/nowhere:1: sent",
            "the card of the line does not fit the vectors: expected the name of a vector, got `memory/nowhere`",
        ),
        ("profile nowhere: 00", "no profile \"nowhere\""),
    ] {
        let text = fails(&["tear", line]);
        assert!(text.contains(says), "{line}: {text}");
    }
}

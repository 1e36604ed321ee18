//! `tessera shell` as a process: scripts in every form, cards of every kind, what it says of
//! mistakes, what it keeps.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// A directory of a test's own, gone when the test is over.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("tessera-{}-shell-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The shell with these lines on standard input.
fn shell(arguments: &[&str], lines: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .arg("shell")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that has failed already reads no more.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

fn prints(arguments: &[&str], lines: &str) -> String {
    let output = shell(arguments, lines);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{says}");
    assert_eq!(says, "");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(arguments: &[&str], lines: &str) -> String {
    let output = shell(arguments, lines);
    assert_eq!(output.status.code(), Some(1), "{lines}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn verbs_print_the_command_the_answer_and_what_they_mean() {
    let lines = "select ssse/ef06\nrr tag 09\nv 123456\nur 3 sfi 6 \"x\" -> 6982\n";
    let text = prints(&[], lines);
    for shown in [
        "> 00 A4 04 00 0F 7378312E73682EC9E7BBE1B1A3D5CF 00\n  SELECT by name SSSE",
        "       84 DF name: 7378312E73682EC9E7BBE1B1A3D5CF \"sx1.sh.社会保障\"",
        "> 00 A4 00 00 02 EF06 00\n  SELECT SSSE/EF06 持卡人基本信息",
        "> 00 B2 09 00 00\n",
        "    09 姓名 name: 测试甲",
        "  VERIFY the PIN 123456\n< 9000",
        "< 6982\n  6982 security status not satisfied",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains('\x1b') && !text.contains("MF>"), "nobody looks at it");
    let quiet = prints(&["-q"], "select ssse\nreset\n");
    let fci = "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388011E9000";
    let atr = "3B8D800100815653438601330400000298E1";
    assert_eq!(quiet, format!("{atr}\n{fci}\n{atr}\n"));
}

#[test]
fn every_form_of_script_is_understood() {
    let place = Place::new("forms");
    let script = place.file(
        "all.txt",
        "\u{feff}# hex, as scriptor takes it\r
reset\r
00 A4 04 0C 0F 73 78 31 2E 73 68 2E \\\r
 C9 E7 BB E1 B1 A3 D5 CF\r
00A40000023F00 ; SW 9000
00a4 0000 023f00 // anything
00A4000002EF99 -> 6A82
  # the answer on the next line, behind a comment
> 00 A4 00 00 02 EF99

< 6A82
00A4000002EF99 SW1SW2=6A82
00A4000002EF99
; SW1SW2=6A82
00A4000002EF99 (9000,6AXX)
select ssse [6F16 84 XX ] (6A82)
select ssse -> 6F 16 ... 9000
expect 9000
0020000003111111 -> 63CX
+ power off
0084000008
< none
+ power on
< 3B ... E1
! tear 1
select ssse
verify 111111
< none
reset
let name = 7378312E7368
00A4 0400 06 {name}
",
    );
    let text = fails(&[&script], "");
    assert!(text.contains("all.txt:16: select ssse [6F16 84 XX ] (6A82)\n"), "{text}");
    let fixed = fs::read_to_string(&script).unwrap().replace("[6F16 84 XX ] (6A82)", "");
    let script = place.file("right.txt", fixed);
    prints(&[&script], "");
    prints(&["--script", &script], "");
    prints(&[], &format!("script {script}\nexpect 9000\n"));
}

#[test]
fn a_script_stops_at_the_first_line_that_is_not_as_expected() {
    for (lines, says) in [
        (
            "reset\n00A4000002EF99\nreset\n",
            "standard input:2: 00A4000002EF99\n  expected 9000, 61XX, 62XX, or 63XX without a lost \
             try, got 6A82 file or application not found",
        ),
        (
            "select ssse -> 6A82\n",
            "standard input:1: select ssse -> 6A82\n  expected 6A82, got 6F16",
        ),
        ("select ssse\n\n< 9001\n", "standard input:1: select ssse\n  expected 9001, got 6F16"),
        ("select ssse\nverify 111111\nverify 123456\n", "standard input:2: verify 111111\n"),
        ("select ssse\nverify 111111", "got 63C5 verification failed, 5 tries left"),
        ("power off\nselect ssse\n", "standard input:2: select ssse\n  expected 9000, 61XX, 62XX"),
        ("\n< 9000 what\n", "standard input:2: < 9000 what\n  expected"),
        ("frobnicate\n", "standard input:1: frobnicate\n  expected a verb"),
        ("00A\n", "whole bytes, got an odd number of digits, 00A"),
        ("read binary sfi 99\n", "  usage: read binary"),
        (
            "script /nowhere/at/all\n",
            "standard input:1: script /nowhere/at/all\n  /nowhere/at/all: ",
        ),
    ] {
        let text = fails(&[], lines);
        assert!(text.contains(says), "{lines}: {text}");
    }
    let text = fails(&[], "select ssse\nverify 111111\nselect ssse\n");
    assert!(!text.contains(":3:"), "it has stopped");
}

#[test]
fn a_script_that_keeps_going_says_all_that_failed_and_fails() {
    let lines = "00A4000002EF99\nselect ssse -> 9001\nselect ssse\n00A4000002EF99 -> 6A82\nx\n";
    let output = shell(&["--keep-going", "-q"], lines);
    assert_eq!(output.status.code(), Some(1));
    let says = String::from_utf8(output.stderr).unwrap();
    for failed in ["input:1: ", "input:2: ", "input:5: ", "standard input: 3 lines failed"] {
        assert!(says.contains(failed), "{failed}: {says}");
    }
    assert!(!says.contains("input:3: ") && !says.contains("input:4: "));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 5);
}

#[test]
fn scripts_in_scripts_name_the_inner_place_and_one_that_runs_itself_ends() {
    let place = Place::new("nested");
    let inner = place.file("inner.txt", "reset\n00A4000002EF99\n");
    let text = fails(&[], &format!("script {inner}\n"));
    assert!(text.contains("inner.txt:2: 00A4000002EF99"), "{text}");
    let path = place.0.join("loop.txt");
    fs::write(&path, format!("script {}\n", path.display())).unwrap();
    let text = fails(&[path.to_str().unwrap()], "");
    assert!(text.contains("at most 8 scripts in each other"), "{text}");
    assert!(prints(&[], "quit\nfrobnicate\n").contains("power on"), "quit ends a script");
}

#[test]
fn an_image_keeps_what_was_done_and_has_one_keeper() {
    let place = Place::new("image");
    let image = place.0.join("card.image");
    let image = image.to_str().unwrap();
    prints(&["--image", image], "select ssse\nverify 111111 -> 63C5\n");
    prints(&["--image", image], "select ssse\nverify 111111 -> 63C4\n");
    prints(&["--profile", image], "select ssse\nverify 111111 -> 63C3\n");
    let copies = "select ssse\nverify 111111 -> 63C3\n";
    prints(&["--profile", image], copies);
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["shell", "--image", image])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It has spoken, so it has the card.
    std::io::Read::read(keeper.stdout.as_mut().unwrap(), &mut [0; 1]).unwrap();
    assert!(fails(&["--image", image], "reset\n").contains("card.image"));
    drop(keeper.stdin.take());
    keeper.wait_with_output().unwrap();
}

#[test]
fn a_card_that_is_not_there_is_told() {
    assert!(fails(&["--profile", "no-such"], "").contains("no profile \"no-such\""));
    assert!(fails(&["/nowhere/script"], "").contains("/nowhere/script: "));
    assert!(fails(&["--keys", "/nowhere/keys"], "").contains("/nowhere/keys: "));
    #[cfg(not(feature = "pcsc"))]
    assert!(fails(&["--reader", "0"], "").contains(
        "this tessera was built without PC/SC, so there is no reader \"0\"; build it with --features pcsc"
    ));
    let code = |arguments: &[&str]| shell(arguments, "").status.code();
    assert_eq!(code(&["--reader", "0", "--image", "x"]), Some(2));
    assert_eq!(code(&["a", "--script", "b"]), Some(2));
}

#[test]
fn keys_come_from_a_file_and_their_mistakes_have_a_line() {
    let place = Place::new("keys");
    let keys = place.file(
        "keys.txt",
        "# the card's\n39/00 = FF*16\n3f00/3f01 line/01 = 1122334455667788 ; of the ADF\nssse 04 = 04*16\n",
    );
    let text = prints(&["--keys", &keys], "keys\nkeys show\n");
    for shown in [
        "MF 39/00  16 bytes, check value ",
        "3F01 36/01  8 bytes, 1122334455667788, --keys",
        "SSSE 04  16",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    for (line, says) in [
        ("39/00 = 00", "keys.txt:2: key: expected a key of 8 or 16 bytes, got 1 bytes"),
        ("39/00", "keys.txt:2: key: expected the key, got the end of the line"),
        ("nowhere 39/00 = FF*8", "keys.txt:2: key: expected TYPE/ID, or a directory and TYPE/ID"),
    ] {
        let keys = place.file("keys.txt", format!("\n{line}\n"));
        let text = fails(&["--keys", &keys], "");
        assert!(text.contains(says), "{line}: {text}");
    }
}

/// A blank card is personalised in words, and everything that needs a key is computed.
#[test]
fn a_blank_card_is_personalised_used_blocked_and_unblocked() {
    let lines = "\
create key-file size 0x50
write-key line 0 FF*16
write-key external 0 FF*16
create df 3f01 space 1000 aid A00000000386980701
select aid A00000000386980701
create key-file size 400
wk external 0 follow 0A FF*8
wk line 0 36*16
wk unblock 0 37*16
wk reload 0 38*8
wk F9 2 1122334455667788
wk pin 0 123456
create binary 0015 size 30 mac write F0
create binary 0016 size 30 enc key 7F
create cyclic 0018 records 3 length 4
update binary sfi 15 offset 2 AABB
read binary sfi 15 2 2
< AABB 9000
ub sfi 16 0102030405060708
rb sfi 16 0 8
ar sfi 18 01020304
rr 1 sfi 18 -> 01020304 9000
rr 9 sfi 18 -> 6A83
ext 0
verify 123455 -> 63C2
reload-pin 5678
v 5678
change-pin 5678 123456
v 123457 -> 63C2
v 123457
< 63C1
v 123457
< 63C0
v 123456 -> 6983
unblock-pin 123456
v 123456
block
rb sfi 15 -> 6A81
unblock
rb sfi 15 2 2 -> AABB 9000
key line/00 = 35*16
unblock -> 69XX|93XX
";
    let text = prints(&["--profile", "blank"], lines);
    for shown in ["MAC ", "its MAC is right; data 0102030405060708", "key 39/00 of 3F01"] {
        assert!(text.contains(shown), "{shown}");
    }
}

/// The sample personalisation of the manuals as hex, then a load whose MACs the script computes.
#[test]
fn the_sample_personalisation_in_hex_runs_and_loads_the_purse() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/personalise.txt");
    let text = prints(&["--profile", "blank", script], "");
    for shown in [
        "  WRITE KEY: add 00 of type 39\n",
        "  CREATE FILE 0015, transparent\n",
        "04D6950022111122223333000603010006199808170000003019980815199812155566 from ",
        "  CREDIT FOR LOAD\n",
        "-- balance 40.96\n",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

//! The engine with a card that answers by rote: what each verb sends, what is computed, what is
//! remembered. Values are those of published traces and manuals where there are any.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use tessera::Profile;

use super::{
    card::{Exchanged, NoAnswer, OnDesk},
    session::{Outcome, Session},
};

/// Commands a card got, and what it says to the next ones: 9000 when nothing is prepared.
#[derive(Default)]
struct Rote {
    got: Vec<String>,
    answers: VecDeque<String>,
    said: Vec<String>,
}

struct Desk(Arc<Mutex<Rote>>);

impl OnDesk for Desk {
    fn power_on(&mut self) -> Result<Vec<u8>, NoAnswer> {
        Ok(vec![0x3B, 0x00])
    }

    fn power_off(&mut self) -> Result<(), NoAnswer> {
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Exchanged, NoAnswer> {
        let mut rote = self.0.lock().unwrap();
        rote.got.push(hex::encode_upper(command));
        let answer = rote.answers.pop_front().unwrap_or("9000".into());
        let response = hex::decode(answer.replace(' ', "")).unwrap();
        Ok(Exchanged { response, took_us: 0, pulses: 0 })
    }

    fn tear_at(&mut self, _: u32) -> Result<(), NoAnswer> {
        Err(NoAnswer::Broken("it cannot be torn".into()))
    }
}

/// A session and its card.
struct Bench {
    session: Session,
    rote: Arc<Mutex<Rote>>,
}

impl Bench {
    fn new() -> Self {
        let rote = Arc::new(Mutex::new(Rote::default()));
        let words = Profile::load("social-security").unwrap().vocabulary();
        let said = rote.clone();
        let say = move |text: &str| said.lock().unwrap().said.push(text.to_owned());
        let mut session = Session::new(Box::new(Desk(rote.clone())), words, Box::new(say));
        session.power_on().unwrap();
        Self { session, rote }
    }

    fn rote(&self) -> MutexGuard<'_, Rote> {
        self.rote.lock().unwrap()
    }

    /// Does a line with these answers prepared; returns the commands it made.
    fn line(&mut self, line: &str, answers: &[&str]) -> Vec<String> {
        self.rote().answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        self.rote().got.clear();
        let outcome = self.session.run_line(line);
        assert!(outcome.is_ok(), "{line}: {}", outcome.unwrap_err());
        assert!(self.rote().answers.is_empty(), "{line}: answers nobody asked for");
        std::mem::take(&mut self.rote().got)
    }

    /// A line that is refused, with its reason; and nothing was sent but what `answers` prepared.
    fn refused(&mut self, line: &str, answers: &[&str]) -> String {
        self.rote().answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        self.rote().got.clear();
        let error = self.session.run_line(line).expect_err(line).to_string();
        assert_eq!(self.rote().got.len(), answers.len(), "{line}");
        error
    }

    fn said(&self, part: &str) -> bool {
        self.rote().said.iter().any(|line| line.contains(part))
    }
}

/// The sample personalisation of the FMCOS digest, in words.
#[rustfmt::skip]
const PERSONALISATION: [(&str, &str); 33] = [
    ("create mf",                                            "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF"),
    ("create mf create CA erase 00 sfi 95 reserved 72FF name 1PAY.SYS.DDF01",
                                                             "80E03F001638FFFFCA009572FF315041592E5359532E4444463031"),
    ("create key-file size 0x50",                            "80E00000073F005001F0FFFF"),
    ("write-key line 0 FF*8",                                "80D401000D36F0F0FF33FFFFFFFFFFFFFFFF"),
    ("write-key external 00 follow AA errors 33 FF*16",      "80D401001539F0F0AA33FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"),
    ("create fixed 0001 records 2 length 19 write 00",                "80E00001072A0213F000FFFF"),
    ("append record sfi 01 61114F09A00000000386980701500450424F43",
                                                             "00E200081361114F09A00000000386980701500450424F43"),
    ("create df 3f01 space 0x36F aid A00000000386980701",    "80E03F011138036FF0F095FFFFA00000000386980701"),
    ("select aid A00000000386980701",                        "00A4040009A0000000038698070100"),
    ("create key-file size 0x18F",                           "80E00000073F018F95F0FFFF"),
    ("write-key tac 0 change 02 34*16",                      "80D401001534F002000134343434343434343434343434343434"),
    ("write-key line 0 change 02 36*16",                     "80D401001536F002FF3336363636363636363636363636363636"),
    ("write-key unblock 0 F002FF33 37*16",                   "80D401001537F002FF3337373737373737373737373737373737"),
    ("write-key reload 0 F002FF33 38*16",                    "80D401001538F002FF3338383838383838383838383838383838"),
    ("write-key 39 0 change 02 follow 44 39*16",             "80D401001539F002443339393939393939393939393939393939"),
    ("write-key purchase 1 change 02 3E01*8",                "80D40101153EF00200013E013E013E013E013E013E013E013E01"),
    ("write-key purchase 2 change 02 3E02*8",                "80D40102153EF00200013E023E023E023E023E023E023E023E02"),
    ("wk load 1 F0020001 3F01*8",                            "80D40101153FF00200013F013F013F013F013F013F013F013F01"),
    ("wk load 2 F0020001 3F02*8",                            "80D40102153FF00200013F023F023F023F023F023F023F023F02"),
    ("wk unload 1 change 02 version 01 algorithm 00 3D01*8", "80D40101153DF00201003D013D013D013D013D013D013D013D01"),
    ("wk overdraft 1 F0020100 3C01*8",                       "80D40101153CF00201003C013C013C013C013C013C013C013C01"),
    ("wk overdraft 2 F0020100 3C02*8",                       "80D40102153CF00201003C023C023C023C023C023C023C023C02"),
    ("wk pin 0 12345FFFFFFFFFFF",                            "80D401000D3AF0EF013312345FFFFFFFFFFF"),
    ("wk pin 0 F0EFAAFF 1234",                               "80D40100073AF0EFAAFF1234"),
    ("create binary 0015 size 30 mac",                       "80E0001507A8001EF0F0FFFF"),
    ("create binary 0016 size 39 mac",                       "80E0001607A80027F0F0FFFF"),
    ("create binary 0017 size 1500",                         "80E00017072805DCF0F0FFFF"),
    ("create cyclic 0018 records 10 length 23 read F1 write EF", "80E00018072E0A17F1EFFFFF"),
    ("create variable 0019 size 64 enc key FD",              "80E0001907EC0040F0F0FFFD"),
    ("create purse ed use F1",                               "80E00001072F0208F100FF18"),
    ("create purse ep",                                      "80E00002072F0208F000FF18"),
    ("erase-df",                                             "800E000000"),
    ("balance ep",                                           "805C000204"),
];

#[test]
fn the_sample_personalisation_in_words_is_the_published_bytes() {
    let mut bench = Bench::new();
    for (line, command) in PERSONALISATION {
        assert_eq!(bench.line(line, &[]), [command], "{line}");
    }
}

#[test]
fn the_basic_verbs_are_these_commands() {
    let mut bench = Bench::new();
    for (line, commands) in [
        ("challenge", &["0084000004"][..]),
        ("challenge 16", &["0084000010"]),
        ("select 3f00", &["00A40000023F0000"]),
        ("s 3f00/DF03", &["00A40000023F0000", "00A4000002DF0300"]),
        ("select mf no-fci", &["00A4000C023F00"]),
        ("select ..", &["00A4030000"]),
        ("select name 1PAY.SYS.DDF01", &["00A404000E315041592E5359532E444446303100"]),
        ("select name sx1.sh.社会保障", &["00A404000F7378312E73682EC9E7BBE1B1A3D5CF00"]),
        ("read binary", &["00B0000000"]),
        ("rb 16 4", &["00B0001004"]),
        ("rb sfi 0015 offset 0x10 length 256", &["00B0951000"]),
        ("read record 1", &["00B2010400"]),
        ("rr 3 sfi 18 23", &["00B203C417"]),
        ("rr tag 9F sfi 5", &["00B29F2800"]),
        ("update binary sfi 16 offset 2 01 02 \"AB\"", &["00D69602040102 4142"]),
        ("ur 2 sfi 5 0102", &["00DC022C020102"]),
        ("ur tag 09 sfi 5 0901FF", &["00DC0928030901FF"]),
        ("ur previous sfi 18 01", &["00DC00C30101"]),
        ("verify 123456", &["0020000003123456"]),
        ("v 12345 ref 1", &["002000010312345F"]),
        ("v \"1234\"", &["002000000431323334"]),
        ("verify", &["00200000"]),
        ("change-pin 1234 567890 ref 1", &["805E0101061234FF567890"]),
        ("00 a4 04 00", &["00A40400"]),
        ("00:84:00:00:08", &["0084000008"]),
        ("80D4 0100 0D 39F0F0AA33 FF*8", &["80D401000D39F0F0AA33FFFFFFFFFFFFFFFF"]),
    ] {
        let commands: Vec<_> = commands.iter().map(|command| command.replace(' ', "")).collect();
        assert_eq!(bench.line(line, &[]), commands, "{line}");
    }
}

#[test]
fn a_verb_of_several_commands_stops_at_the_first_that_fails() {
    let mut bench = Bench::new();
    assert_eq!(bench.line("select 3f00/3f01/0015", &["9000", "6A82"]).len(), 2);
    assert_eq!(bench.line("read records sfi 5", &["01 9000", "02 9000", "6A83"]).len(), 3);
    assert_eq!(bench.session.run_line("expect 6A83").unwrap(), Outcome::Judged);
}

#[test]
fn what_waits_is_fetched_and_a_wrong_le_is_mended() {
    let mut bench = Bench::new();
    let got = bench.line("select 3f01", &["6107", "6F0584033F0102 9000"]);
    assert_eq!(got, ["00A40000023F0100", "00C0000007"]);
    assert_eq!(bench.session.files.prompt(), "3F01", "control information says it is a directory");
    let got = bench.line("rr 1 sfi 5", &["6C03", "010203 9000"]);
    assert_eq!(got, ["00B2012C00", "00B2012C03"]);
    let got = bench.line("00A40000023F01", &["6107"]);
    assert_eq!(got.len(), 1, "digits are sent as they stand");
}

#[test]
fn a_key_written_encrypted_is_the_real_cards_trace() {
    let mut bench = Bench::new();
    bench.line("key 39/00 = FF*8", &[]);
    let line = "write-key F9 02 F0F0AAFF 1122334455667788";
    assert_eq!(
        bench.line(line, &["4C45BAB9 9000"]),
        ["0084000004", "84D40102147C87BC23140021B3AFEA67E6359DDCFED7C943F6"]
    );
    assert!(bench.said("MAC D7C943F6 over 84D40102147C87BC23140021B3AFEA67E6359DDCFE"));
    let line = "write-key external 2 F0F0AAFF encrypted 1122334455667788";
    assert_eq!(bench.line(line, &["4C45BAB9 9000"])[1][..10], *"84D4010214");
    bench.line("let k = encrypt 39/02 00*8", &[]);
    assert_ne!(bench.session.names["k"], [0; 8], "it is known from then on");
}

#[test]
fn line_protection_is_the_published_values() {
    let mut bench = Bench::new();
    bench.line("key 36/00 = FF*16", &[]);
    let data = "11223344556677889900AABBCCDDEEFF";
    let protected = format!("04D6000014{data}F2F62231");
    let line = format!("update binary {data} mac");
    assert_eq!(bench.line(&line, &["44A47DEB 9000"]), ["0084000004", &protected]);
    let raw = format!("04D6000014{data}{{mac}}");
    assert_eq!(bench.line(&raw, &["44A47DEB 9000"]), ["0084000004", &protected]);
    let right = format!("{data}8D318577 9000");
    let got = bench.line("read binary 0 16 mac", &["D0FE4FB9 9000", &right]);
    assert_eq!(got[1], "04B0000004F09C8A1910");
    assert!(bench.said(&format!("its MAC is right; data {data}")));
    let wrong = format!("{data}8D318578 9000");
    let why = bench.refused("rb 0 16 mac", &["D0FE4FB9 9000", &wrong]);
    assert!(why.contains("an answer whose MAC is right"), "{why}");
    let why = bench.refused("rb 0 16 mac", &["D0FE4FB9 9000", "0102 9000"]);
    assert!(why.contains("an answer with a MAC"), "{why}");
}

#[test]
fn a_file_is_protected_as_it_was_created_with_the_keys_its_key_byte_names() {
    let mut bench = Bench::new();
    bench.line("create binary 0015 size 30 mac key 7D", &[]);
    bench.line("key line/02 = 4444444444444444", &[]);
    bench.line("key line/00 = 5555555555555555", &[]);
    let got = bench.line("update binary sfi 15 01", &["0A0B0C0D 9000"]);
    assert_eq!(got[1][..12], *"04D695000501");
    assert!(bench.said("key 36/02 of MF"));
    assert_eq!(bench.line("ub sfi 15 01 plain", &[]), ["00D695000101"]);
    let why = bench.refused("rb sfi 15", &["0A0B0C0D 9000", "6988"].map(|_| "9000"));
    assert!(why.contains("with a MAC"), "protected reading: {why}");
    assert!(bench.said("key 36/00 of MF"));
    bench.line("create binary 0016 size 30 enc", &[]);
    let got = bench.line("update binary sfi 16 01020304050607 key 02", &["0A0B0C0D 9000"]);
    assert_eq!(got[1][..26], *"04D696000C19479307DF791D7F");
}

#[test]
fn authentications_are_the_manuals_examples() {
    let mut bench = Bench::new();
    bench.line("key 39/01 = 0102030405060708", &[]);
    let got = bench.line("authenticate external 01", &["BB83BFF3 9000"]);
    assert_eq!(got, ["0084000004", "008200010874B0047DD681D96C"]);
    for kind in ["30/01", "31/02", "32/03"] {
        bench.line(&format!("key {kind} = 1122334455667788"), &[]);
    }
    for (line, command, answer) in [
        ("int 01 0102030405060708", "0088000108010203040506070800", "178F59F8578E0D3F"),
        ("int 02 178F59F8578E0D3F decrypt", "0088010208178F59F8578E0D3F00", "0102030405060708"),
        ("int 03 0102030405060708 mac", "0088020308010203040506070800", "A82A8CEB"),
    ] {
        assert_eq!(bench.line(line, &[&format!("{answer} 9000")]), [command]);
        let why = bench.refused(line, &["0000000000000000 9000"]);
        assert!(why.contains(answer), "{why}");
    }
}

#[test]
fn the_social_security_form_is_the_known_answers() {
    let mut bench = Bench::new();
    bench.line("select ssse", &["9000"]);
    bench.line("key 04 = AA5DEA529AE898E7FCFF9122BD86A7D5", &[]);
    let got = bench.line("ext 04 factor 0102030405060708", &["0B2ACE5DEF2ECF12 9000"]);
    assert_eq!(got, ["0084000008", "0082000410BFBB5F69FD33404F0102030405060708"]);
    bench.line("key 00 = BDF31EFF409D704DBD0D9DD7EFC3AD36", &[]);
    let line = "int 00 629264A3ADFBA1D9 factor 1122334455667788";
    let got = bench.line(line, &["519DF3EEB728DEBA 9000"]);
    assert_eq!(got, ["0088000010629264A3ADFBA1D9112233445566778800"]);
    assert!(bench.refused(line, &["519DF3EEB728DEBB 9000"]).contains("519DF3EEB728DEBA"));
    bench.line("key 02 = F61D1EE73400E6C99647B071EC3D2F1C", &[]);
    let got = bench.line("unblock-pin", &["F64551FCD6F07823 9000"]);
    assert_eq!(got, ["0084000008", "8424000004DA02D2B6"]);
    let got = bench.line("reload-pin 123456", &["3946CA64FF78D93C 9000"]);
    assert_eq!(got[1], "842400010CF02BCD6D75EF86AE2DA6D602");
    bench.line("select df04", &["9000"]);
    bench.line("key 84 = 5B95485649E4AF894C6576D7D1E49F8D", &[]);
    let got = bench.line("ext 84 version 01", &["F7088D7F354FADFC 9000"]);
    assert_eq!(got[1], "0082008411918084B794E27320010203040506070801");
    bench.line("key 85 = sm4 7986B94259AFDA2FB79A56314915AD27", &[]);
    let got = bench.line("ext 85", &["E8BC163C82EEE18733288C7D4AC636DB 9000"]);
    assert_eq!(got, ["0084000010", "0082008510F692BC5A462A16210102030405060708"]);
    let why = bench.refused("ext 85", &["0102 9000"]);
    assert!(why.contains("a challenge of 16 bytes, got 0102"), "{why}");
}

#[test]
fn pins_and_applications_are_maintained_under_their_keys() {
    let mut bench = Bench::new();
    bench.line("key reload/00 = FFEEDDCCBBAA99887766554433221100", &[]);
    assert_eq!(bench.line("reload-pin 123456", &[]), ["805E00000712345695DEBDDA"]);
    bench.line("key unblock/00 = 00112233445566778899AABBCCDDEEFF", &[]);
    let got = bench.line("unblock-pin 123456", &["0A0B0C0D 9000"]);
    assert_eq!(got, ["0084000004", "842400000CE064EE49D8825A6DB7F99FF1"]);
    let got = bench.line("unblock-pin 123456 ref 1", &["0A0B0C0D 9000"]);
    assert_eq!(got[1][..10], *"842401000C");
    bench.line("key line/00 = 00112233445566778899AABBCCDDEEFF", &[]);
    for (line, command) in [
        ("block", "841E0000044E4530BD"),
        ("block card", "84160000047E4A2D37"),
        ("unblock", "8418000004017BA5C2"),
    ] {
        assert_eq!(bench.line(line, &["0A0B0C0D 9000"]), ["0084000004", command]);
    }
    assert_eq!(bench.line("block for-ever", &["0A0B0C0D 9000"])[1][..10], *"841E000104");
}

#[test]
fn a_challenge_is_used_by_the_next_command_and_by_no_other() {
    let mut bench = Bench::new();
    bench.line("key 39/00 = FF*8", &[]);
    bench.line("challenge 8", &["0102030405060708 9000"]);
    assert_eq!(bench.line("ext 00", &[]).len(), 1, "the challenge is there already");
    assert_eq!(bench.line("ext 00", &["01020304 9000"]).len(), 2);
    bench.line("challenge 8", &["0102030405060708 9000"]);
    bench.line("verify", &["63C3"]);
    assert_eq!(bench.line("ext 00", &["01020304 9000"]).len(), 2);
    let why = bench.refused("ext 00", &["6D00"]);
    assert!(why.starts_with("the card gave no challenge: 6D00"), "{why}");
}

#[test]
fn keys_belong_to_their_directory_and_go_with_it() {
    let mut bench = Bench::new();
    bench.line("create df 3f01 space 100 aid A00000000386980701", &[]);
    bench.line("80D401000D39F0F0AA33FFFFFFFFFFFFFFFF", &[]);
    bench.line("select 3f01", &["9000"]);
    let why = bench.refused("ext 0", &[]);
    assert_eq!(why, "no key 39/00 of 3F01 is known; `key 39/00 = HEX` tells it, or --keys FILE");
    bench.line("write-key 39 00 1122334455667788", &[]);
    assert_eq!(bench.line("ext 0", &["01020304 9000"]).len(), 2);
    bench.line("select mf", &[]);
    bench.line("select aid A00000000386980701", &["6F0B8409A00000000386980701 9000"]);
    assert_eq!(bench.session.files.prompt(), "3F01", "it was created with that name");
    bench.line("keys", &[]);
    assert!(bench.said("3F01 39/00  8 bytes, check value ") && !bench.said("1122334455667788, "));
    bench.line("erase-df", &[]);
    bench.refused("ext 0", &[]);
    bench.line("reset", &[]);
    assert_eq!(bench.line("ext 0", &["01020304 9000"]).len(), 2, "the MF's own is still there");
    bench.line("write-key 39 01 1122334455667788", &["6982"]);
    assert!(bench.refused("ext 1", &[]).contains("no key 39/01 of MF"), "it was not written");
    bench.line("key 3f00/3f02 39/00 = 01*8", &[]);
    bench.line("create df 3f02 space 100 name ABCDE", &[]);
    bench.line("select 3f02", &[]);
    assert_eq!(bench.line("ext 0", &["01020304 9000"]).len(), 2, "told by its path");
}

#[test]
fn names_stand_for_values_and_answers_bind_them() {
    let mut bench = Bench::new();
    bench.line(
        "805000020B0100000010666666666666 -> (8) {random:4} (4) 9000",
        &["0000000000000001 4E066548 0D39ADBB 9000"],
    );
    bench.line("let s = encrypt 3F3F3F3F3F3F3F3F1122334455667788 {random}00008000", &[]);
    assert_eq!(hex::encode_upper(&bench.session.names["s"]), "3B75C79CFA8C2327");
    bench.line("let m = mac {s} 000000000000001002666666666666", &[]);
    assert_eq!(bench.line("8052{m}", &["01020304 9000"]), ["80520D39ADBB"]);
    bench.line("let a = answer 1..3", &[]);
    assert_eq!(bench.session.names["a"], [2, 3]);
    bench.line("let b = answer", &[]);
    assert_eq!(bench.session.names["b"], [1, 2, 3, 4]);
    for (line, says) in [
        ("let c = answer 3..5", "FROM..TO within the 4 bytes of data"),
        ("let C = 00", "small letters"),
        ("let mac = 00", "small letters"),
        ("00{nobody}", "a name that has a value"),
        ("let d = encrypt 39/00 00", "no key 39/00 of MF"),
        ("let d = encrypt 01*8 00", "whole blocks"),
    ] {
        let why = bench.refused(line, &[]);
        assert!(why.contains(says), "{line}: {why}");
    }
}

#[rustfmt::skip]
const MISTAKES: [(&str, &str); 30] = [
    ("select", "select: expected a path, aid HEX or name TEXT, got the end of the line"),
    ("select nowhere", "identifiers of four digits, names of `tree`, mf or .., got nowhere"),
    ("select mf 1", "nothing more, got 1"),
    ("read record 0", "a record number from 1 to 254, got 0"),
    ("read record", "a record number from 1 to 254, got the end of the line"),
    ("read binary 40000", "an offset up to 32767, got 40000"),
    ("read binary sfi 5 256", "an offset up to 255, got 256"),
    ("read binary 0 257", "a length from 1 to 256, got 257"),
    ("read binary sfi 1F", "sfi 01 to 1E in hexadecimal"),
    ("update binary sfi 5", "data, got the end of the line"),
    ("update binary 0", "an odd number of digits"),
    ("update binary 00 plain mac", "`plain` or a protection, got both"),
    ("verify 12x4", "a PIN of digits"),
    ("change-pin 1234", "the new PIN, got the end of the line"),
    ("challenge 5", "4, 8 or 16 bytes, got 5"),
    ("ext", "a key identifier, got the end of the line"),
    ("ext 0 factor 01", "a factor of 8 bytes, got 01"),
    ("ext 0 type 99x", "a type of key, see `help keys`, got 99x"),
    ("ext 0 version 01", "a factor with `version` or `key`, got none"),
    ("create df 3f01 space 100", "aid HEX or name TEXT, got none"),
    ("create df 3f01 aid A0000000", "a name of 5 to 16 bytes, got 4 bytes"),
    ("create df 3f01 aid A000000003", "space N, got none"),
    ("create binary 15 size 1", "a file identifier of four digits, got 15"),
    ("create fixed 0001 records 256 length 1", "records up to 255, got 256"),
    ("create purse et", "ed or ep, got et"),
    ("write-key 39 0 0102", "a key of 8 or 16 bytes, got 2 bytes"),
    ("write-key line 0 follow 11 FF*8", "use, change and errors for type 36, got another attribute"),
    ("write-key pin 0 1", "a PIN of 2 to 8 bytes, got 1"),
    ("key 39/00 = 0102", "a key of 8 or 16 bytes, got 2 bytes"),
    ("power up", "on, off or reset, got up"),
];

#[test]
fn mistakes_say_what_should_stand_there_and_send_nothing() {
    let mut bench = Bench::new();
    for (line, says) in MISTAKES {
        let why = bench.refused(line, &[]);
        assert!(why.contains(says), "{line}: {why}");
    }
    assert!(bench.refused("select", &[]).contains("\n  usage: select 3f00/df03/ef05"));
    let why = bench.refused("expect 9000", &[]);
    assert!(why.contains("a command before its answer") || why.contains("got 3B00"), "{why}");
}

#[test]
fn help_knows_every_verb_and_answers_alone_are_hex() {
    let mut bench = Bench::new();
    bench.line("help", &[]);
    for verb in &super::verb::VERBS {
        assert!(bench.said(verb.usage), "{}", verb.name);
        bench.line(&format!("help {}", verb.name), &[]);
        assert!(bench.said(verb.does), "{}", verb.name);
    }
    bench.line("help keys", &[]);
    bench.line("help lines", &[]);
    bench.refused("help nothing-of-the-kind", &[]);
    bench.line("trace off", &[]);
    bench.rote().said.clear();
    bench.line("rb", &["0102 9000"]);
    assert_eq!(bench.rote().said, ["01029000"]);
    assert_eq!(bench.session.run_line("quit").unwrap(), Outcome::Quit);
}

//! The account of DF04 and the module of a terminal: cards of the profiles that settle with one
//! another by nothing but what they answer; torn in every pulse of it.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use tessera::{Card, Profile};

const CARD: &str = "8601330400000298";
const CITY: &str = "3333303430307378";
const PROVINCE: &str = "3333303030307368";
const FACTOR: &str = "0102030405060708";
const SSSE: &str = "00A404000F7378312E73682EC9E7BBE1B1A3D5CF";
const DF04: &str = "00A4000002DF04";
const DF03: &str = "00A4000002DF03";
const DF01: &str = "00A4000002DF01";
const PIN: &str = "0020000003123456";

/// A card in a reader: what it answers, also in parts.
#[derive(Clone)]
struct Reader(Card);

impl Reader {
    fn of(text: &str) -> Self {
        let profile = Profile::parse("card.toml", text).unwrap();
        let mut card = Card::from_profile(&profile).unwrap();
        card.power_on().unwrap();
        Self(card)
    }

    fn user(algorithm: &str, account: &str) -> Self {
        Self::with_interface("contactless", algorithm, account)
    }

    fn with_interface(interface: &str, algorithm: &str, account: &str) -> Self {
        Self::of(&format!(
            "name = \"holder\"\n\
             like = [\"social-security-p16\"]\n\
             [card]\n\
             interface = \"{interface}\"\n\
             historical = \"00815653438601330400000298\"\n\
             memory-bytes = 16384\n\
             [keys]\n\
             region = \"330400\"\n\
             algorithm = \"{algorithm}\"\n\
             [social-security.account]\n\
             {account}\n"
        ))
    }

    fn psam(algorithm: &str) -> Self {
        let text = include_str!("../profiles/social-security-psam.toml");
        let mut psam =
            Self::of(&text.replace("[keys]", &format!("[keys]\nalgorithm = \"{algorithm}\"")));
        psam.ok(DF01);
        psam
    }

    /// The answer with its status word.
    fn send(&mut self, command: &str) -> String {
        let answer = self.0.transmit(&hex::decode(command).unwrap()).unwrap();
        match answer[..] {
            [0x61, length] => self.send(&format!("00C00000{length:02X}")),
            _ => hex::encode_upper(answer),
        }
    }

    /// The answer of a command that succeeds, without its status word.
    #[track_caller]
    fn ok(&mut self, command: &str) -> String {
        let answer = self.send(command);
        assert!(answer.ends_with("9000"), "{command}: {answer}");
        answer[..answer.len() - 4].into()
    }

    fn enter(&mut self) {
        self.ok(SSSE);
        self.ok(DF04);
        self.ok(PIN);
    }
}

/// A command by header and data.
fn command(header: &str, data: &str) -> String {
    format!("{header}{:02X}{data}", data.len() / 2)
}

/// The two of a settlement, with the cipher that both have.
struct Pair {
    card: Reader,
    psam: Reader,
}

impl Pair {
    fn new(algorithm: &str, account: &str) -> Self {
        Self::of(Reader::user(algorithm, account), algorithm)
    }

    fn of(mut card: Reader, algorithm: &str) -> Self {
        card.enter();
        Self { card, psam: Reader::psam(algorithm) }
    }

    /// The card shows nothing, the module proves the terminal to it by a key.
    #[track_caller]
    fn authenticate(&mut self, usage: &str, psam_kid: &str, kid: &str, three: bool, bytes: u8) {
        let challenge = self.card.ok(&format!("00840000{bytes:02X}"));
        let province = if three { PROVINCE } else { "" };
        let data = format!("{CARD}{CITY}{province}{challenge}");
        self.psam.ok(&command(&format!("BFDE{usage}{psam_kid}"), &data));
        let authenticator = self.authenticator(bytes);
        self.card.ok(&command(&format!("008200{kid}"), &format!("{authenticator}{FACTOR}")));
    }

    /// The factor under the module's session key, folded when a block has sixteen bytes.
    fn authenticator(&mut self, block_bytes: u8) -> String {
        if block_bytes == 8 {
            return self.psam.ok(&command("80FA0000", FACTOR));
        }
        let block = self.psam.ok(&command("80FA0000", &format!("{FACTOR}{}", "0".repeat(16))));
        let block = u128::from_str_radix(&block, 16).unwrap();
        format!("{:016X}", (block >> 64) as u64 ^ block as u64)
    }

    /// First commands of both; the second one of the card.
    #[track_caller]
    fn begin(&mut self, index: u8, sum: &str, time: &str) -> String {
        let terminal = self.psam_terminal();
        let answer = self.card.ok(&format!("B028010113{index:02X}{sum}{terminal}16"));
        let (counter, key, random) = (&answer[28..32], &answer[32..36], &answer[36..44]);
        let data = format!("{random}{counter}{sum}32{time}{key}{CARD}{CITY}");
        let answer = self.psam.ok(&format!("{}08", command("80700100", &data)));
        let (number, mac1) = answer.split_at(8);
        format!("B02C01000F{number}{time}{mac1}08")
    }

    /// EF 0016 of the MF, read once for all: the module goes on in its application.
    fn psam_terminal(&self) -> String {
        let mut psam = self.psam.clone();
        psam.ok("00A40000023F00");
        psam.ok("00B0960006")
    }
}

#[test]
fn a_settlement_between_card_and_module() {
    let account = "balance = 100000\nyear = \"2025\"";
    for algorithm in ["3DES", "SM4"] {
        for (index, interface) in [(1, "contactless"), (2, "contact"), (3, "contactless")] {
            let card = Reader::with_interface(interface, algorithm, account);
            let mut pair = Pair::of(card, algorithm);
            let next = pair.psam.ok("00B0990004");
            let debit = pair.begin(index, "000009C400000FA000002D50", "20250321090001");
            assert_eq!(debit[10..18], next, "the number that the module's file said");
            let answer = pair.card.ok(&debit);
            let (_, mac2) = answer.split_at(8);
            let wrong = format!("{:08X}", u32::from_str_radix(mac2, 16).unwrap() ^ 1);
            assert_eq!(pair.psam.send(&format!("8072000004{wrong}")), "63CF");
            pair.psam.ok(&format!("8072000004{mac2}"));
            let log = pair.card.ok("00B201441C");
            assert_eq!(log, "00003233040011223320250321090001000009C400000FA000002D50");
            let after =
                pair.card.ok(&format!("B0280101130{index}{}33040011223316", "0".repeat(24)));
            assert!(after.starts_with("00017CDC00000FA000002D5020250001"), "{after}");
        }
    }
}

/// Known answers between the built-in profiles themselves.
#[test]
fn the_known_answers_of_the_rules() {
    let mut pair = Pair::new("3DES", "year = \"2025\"");
    pair.card.0.give_random(&hex::decode("C75DE8C1").unwrap());
    let debit = pair.begin(1, "0000000000003CF000003390", "20250320141500");
    assert_eq!(debit, "B02C01000F000000062025032014150048C6F9DF08");
    assert_eq!(pair.card.send(&debit), "3438FCECB90A51719000");
    pair.psam.ok("8072000004B90A5171");
    let account = "balance = 100000\nself-pay = 15600\nfund = 13200\noffline-counter = 1\n\
                   year = \"2025\"";
    pair.card = Reader::user("3DES", account);
    pair.card.enter();
    pair.card.0.give_random(&hex::decode("BEE98BF1").unwrap());
    let debit = pair.begin(2, "000009C400000FA000002D50", "20250321090001");
    assert_eq!(debit, "B02C01000F0000000720250321090001A8DB041308");
    assert_eq!(pair.card.send(&debit), "E086829BF121046F9000");
    pair.psam.ok("8072000004F121046F");
    pair.card = Reader::user("3DES", "balance = 100000");
    pair.card.enter();
    pair.card.0.give_random(&hex::decode("2804BAD6").unwrap());
    assert_eq!(
        pair.card.send("B02800010B010000C35033040000000110"),
        "000186A0000001012804BAD630C8ECDA9000"
    );
    assert_eq!(pair.card.send("B02A00000B20250401083000130B9CD204"), "4C3301519000");
}

/// A read key of DF03 by the module, and the card's own proof to it.
#[test]
fn card_and_module_authenticate_each_other() {
    for (algorithm, bytes) in [("3DES", 8), ("SM4", 16)] {
        let mut pair = Pair::new(algorithm, "");
        pair.card.ok(DF03);
        assert_eq!(pair.card.send("00B2010407"), "6986");
        pair.authenticate("67", "2B", "84", true, bytes);
        pair.card.ok("00A4000002EF07");
        assert!(pair.card.ok("00B2010405").starts_with("7003"));
        let random = "00112233445566778899AABBCCDDEEFF".split_at(2 * usize::from(bytes)).0;
        let data = format!("{CARD}{CITY}{PROVINCE}{random}");
        pair.psam.ok(&command("BFDE6708", &data));
        let expected = pair.authenticator(bytes);
        let proof = pair.card.ok(&command("00880000", &format!("{random}{FACTOR}")));
        assert_eq!(proof, expected);
    }
}

/// On-line with the network down: the terminal settles, counts in EF06, and notes a special one.
#[test]
fn the_terminal_writes_the_off_line_counters_and_special_settlements() {
    let mut pair = Pair::new("3DES", "year = \"2025\"");
    // Items 90, 92, 93 want the PIN and the read key together.
    assert_eq!(pair.card.send("00B201340300"), "6700");
    assert_eq!(pair.card.send("00B2013403"), "6982");
    pair.authenticate("67", "2D", "84", true, 8);
    assert_eq!(pair.card.ok("00B2013403"), "900131");
    assert_eq!(pair.card.ok("00B2023406"), "920400000000");
    let debit = pair.begin(1, "000000000000500000005000", "20250701101500");
    let answer = pair.card.ok(&debit);
    pair.psam.ok(&format!("8072000004{}", &answer[8..]));
    assert_eq!(pair.card.send("00DC023406920400020480"), "6982");
    pair.authenticate("47", "2A", "86", false, 8);
    pair.card.ok("00DC023406920400020480");
    pair.card.ok("00DC03340493023031");
    pair.card.ok("00DC01AC03000031");
    assert_eq!(pair.card.ok("00B2023406"), "920400020480");
    assert_eq!(pair.card.ok("00B201AC03"), "000031");
    // Nobody writes the log but the card.
    assert_eq!(pair.card.send(&command("00DC0144", &"00".repeat(28))), "6982");
    // The account field was 0: there is a log and sums, and no balance.
    assert!(
        pair.card
            .ok(&format!("B02801011301{}33040011223316", "0".repeat(24)))
            .starts_with("00000000000050000000500020250001")
    );
}

/// Whatever pulse fails, all is as before or as after, and the next settlement goes through.
#[test]
fn a_settlement_torn_in_every_pulse_is_whole_or_not_done() {
    let view = |card: &Reader| {
        let mut card = card.clone();
        card.enter();
        let zero = format!("B02801011301{}33040011223316", "0".repeat(24));
        let amounts = card.ok(&zero)[..36].to_owned();
        (amounts, card.send("00B201441C"), card.send("00B202441C"))
    };
    for algorithm in ["3DES", "SM4"] {
        let mut pair = Pair::new(algorithm, "balance = 100000\nyear = \"2025\"");
        let debit = pair.begin(1, "000009C400000FA000002D50", "20260321090001");
        let old = view(&pair.card);
        let mut whole = pair.card.clone();
        let mac2 = whole.ok(&debit)[8..].to_owned();
        let new = view(&whole);
        assert_ne!(old, new);
        let mut pulse = 1;
        let (mut olds, mut news) = (0, 0);
        loop {
            let mut torn = pair.card.clone();
            torn.0.tear_at(pulse);
            if torn.0.transmit(&hex::decode(&debit).unwrap()).is_ok() {
                break;
            }
            torn.0.power_on().unwrap();
            let after = view(&torn);
            assert!(after == old || after == new, "pulse {pulse}: {after:?}");
            (olds, news) = (olds + u32::from(after == old), news + u32::from(after == new));
            let mut again = Pair { card: torn, psam: pair.psam.clone() };
            again.card.enter();
            assert_eq!(again.card.send(&debit), "6985");
            let debit = again.begin(2, "000000010000000200000003", "20260321090002");
            again.card.ok(&debit);
            pulse += 1;
        }
        assert!(olds > 0 && news > 0, "{olds} before, {news} after");
        pair.psam.ok(&format!("8072000004{mac2}"));
    }
}

/// The module's number: torn in every pulse, none is given out twice.
#[test]
fn the_number_of_the_module_torn_in_every_pulse_is_given_out_once() {
    let psam = Reader::psam("3DES");
    let zero = "0".repeat(28);
    let data = format!("C75DE8C1{zero}32202503201415000101{CARD}{CITY}");
    let settle = command("80700100", &data);
    for pulse in 1.. {
        let mut torn = psam.clone();
        torn.0.tear_at(pulse);
        if torn.0.transmit(&hex::decode(&settle).unwrap()).is_ok() {
            assert!(pulse > 1);
            break;
        }
        torn.0.power_on().unwrap();
        torn.ok(DF01);
        let next = torn.ok("00B0990004");
        assert!(["00000006", "00000007"].contains(&&*next));
        assert_eq!(torn.ok(&settle)[..8], next);
        assert_ne!(torn.ok("00B0990004"), next);
    }
}

//! What a reader sends, given how the card reacts, block by block.

use super::*;
use crate::link::picc::sizes;

/// An air on which everything is written down.
#[derive(Default)]
struct Script {
    /// What must be sent, without CRC, and what is heard then: a block, SILENCE, DAMAGE or NOISE.
    lines: Vec<(Vec<u8>, String)>,
    at: usize,
    waits_fc: Vec<u64>,
    of: Option<PiccType>,
}

impl Script {
    fn of(lines: &[(&str, &str)]) -> Self {
        let lines = lines.iter().map(|(sent, heard)| (hex::decode(sent).unwrap(), (*heard).into()));
        Self { lines: lines.collect(), ..Self::default() }
    }

    fn is_over(&self) -> bool {
        self.at == self.lines.len()
    }
}

impl Air for Script {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        let of = self.of.unwrap_or(PiccType::A);
        let (sent, heard) = &self.lines[self.at];
        assert_eq!(frame, &Frame::with_crc(of, sent), "line {}", self.at);
        self.at += 1;
        self.waits_fc.push(wait_fc);
        match heard.as_str() {
            "SILENCE" => Heard::Nothing,
            "NOISE" => Heard::Noise,
            "DAMAGE" => Heard::Frame(Frame::standard(&[0x02, 0x90, 0x00, 0x00, 0x00])),
            block => Heard::Frame(Frame::with_crc(of, &hex::decode(block).unwrap())),
        }
    }

    fn pause(&mut self, _: u64) {}

    fn now_fc(&self) -> u64 {
        0
    }
}

fn link() -> Link {
    Link { fwt_fc: sizes::fwt_fc(4), ..Link::new(PiccType::A) }
}

/// What the reader sends and hears, without CRC. Worked out from ISO/IEC 14443-4:2018, 7.5.5, and
/// run through an independent reader.
const SCENARIOS: &str = "\
SCENARIO pcd-01 fsc 256 apdu 00a4040000 9000: plain exchange
PCD 0200a4040000 029000
SCENARIO pcd-03 fsc 256 apdu 00a4040000 9000: answer damaged: R(NAK)
PCD 0200a4040000 DAMAGE
PCD b2 029000
SCENARIO pcd-04 fsc 256 apdu 00a4040000 9000: command lost: R(NAK) is answered by R(ACK) with the other number, the PCD repeats the I-block
PCD 0200a4040000 SILENCE
PCD b2 a3
PCD 0200a4040000 029000
SCENARIO pcd-06 fsc 256 apdu 00b0000010 00112233445566779000: error inside PICC chaining: R(ACK) again, never R(NAK)
PCD 0200b0000010 1200112233
PCD a3 DAMAGE
PCD a3 1344556677
PCD a2 SILENCE
PCD a2 029000
SCENARIO pcd-07 fsc 16 apdu 00d600001011111111111111111111111111111111 9000: PCD chaining over FSC 16 (13 bytes of INF)
PCD 1200d60000101111111111111111 a2
PCD 031111111111111111 039000
SCENARIO pcd-09 fsc 16 apdu 00d600001011111111111111111111111111111111 9000: PCD chaining, block lost: R(ACK) with the other number
PCD 1200d60000101111111111111111 SILENCE
PCD b2 a3
PCD 1200d60000101111111111111111 a2
PCD 031111111111111111 039000
SCENARIO pcd-10 fsc 256 apdu 00a4040000 9000: one S(WTX)
PCD 0200a4040000 f205
PCD f205 029000
SCENARIO pcd-12 fsc 256 apdu 00a4040000 9000: several S(WTX) in a row
PCD 0200a4040000 f201
PCD f201 f23b
PCD f23b 029000
SCENARIO pcd-13 fsc 256 apdu 00a4040000 9000: damaged answer after S(WTX) response: R(NAK)
PCD 0200a4040000 f202
PCD f202 DAMAGE
PCD b2 029000
SCENARIO pcd-15 fsc 256 apdu 00a4040000 error: no answer at all
PCD 0200a4040000 SILENCE
PCD b2 SILENCE
PCD b2 SILENCE
SCENARIO pcd-16 fsc 256 apdu 00a4040000 error: R(ACK) with the current number when nothing is chained is a protocol error
PCD 0200a4040000 a2
SCENARIO pcd-18 fsc 256 apdu 00a4040000 error: S(WTX) with WTXM 0
PCD 0200a4040000 f200";

#[test]
fn the_scenarios_come_out() {
    let mut scenarios: Vec<(&str, Script)> = Vec::new();
    for line in SCENARIOS.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "SCENARIO" => scenarios.push((line, Script::default())),
            _ => scenarios
                .last_mut()
                .unwrap()
                .1
                .lines
                .push((hex::decode(words[1]).unwrap(), words[2].into())),
        }
    }
    assert_eq!(scenarios.len(), 12);
    for (line, mut script) in scenarios {
        let words: Vec<&str> = line.split([' ', ':']).collect();
        let mut session = Session::new(Link { fsc_bytes: words[3].parse().unwrap(), ..link() });
        let outcome = session.exchange(&mut script, &hex::decode(words[5]).unwrap());
        assert!(script.is_over(), "{line}");
        assert_eq!(outcome.ok(), hex::decode(words[6]).ok(), "{line}");
    }
}

/// Plays a dialogue after which the command `00A4` has this outcome.
fn outcome(lines: &[(&str, &str)], link: Link) -> Result<Vec<u8>, PcdError> {
    let mut script = Script::of(lines);
    script.of = Some(link.picc_type);
    let mut session = Session::new(link);
    let outcome = session.exchange(&mut script, &[0x00, 0xA4]);
    assert!(script.is_over(), "{lines:?}");
    assert_eq!(session.is_open(), outcome.is_ok());
    outcome
}

#[test]
fn the_reader_waits_fwt_and_what_it_granted_for_one_answer() {
    let mut script = Script::of(&[
        ("0200a4", "f205"),
        ("f205", "f23b"),
        ("f23b", "SILENCE"),
        ("b2", "029000"),
        ("0300a4", "039000"),
    ]);
    let mut session = Session::new(link());
    assert_eq!(session.exchange(&mut script, &[0x00, 0xA4]), Ok(vec![0x90, 0x00]));
    assert_eq!(session.exchange(&mut script, &[0x00, 0xA4]), Ok(vec![0x90, 0x00]));
    let fwt_fc = 65_536;
    let waits_fc = [fwt_fc, 5 * fwt_fc, 59 * fwt_fc, fwt_fc, fwt_fc].map(|fc| fc + 49_152);
    assert_eq!(script.waits_fc, waits_fc);
    let mut script = Script::of(&[("0200a4", "f202"), ("f202", "029000")]);
    let mut session = Session::new(Link { fwt_fc: sizes::fwt_fc(14), ..link() });
    assert_eq!(session.exchange(&mut script, &[0x00, 0xA4]), Ok(vec![0x90, 0x00]));
    assert_eq!(script.waits_fc, [sizes::FWT_FC_MAX + 49_152; 2]);
}

/// Rules 4 to 7 of ISO/IEC 14443-4:2018, 7.5.5.3, where the open scenarios leave off.
#[test]
fn what_is_not_an_answer_is_asked_for_again_or_ends_the_session() {
    type Row<'a> = (&'a [(&'a str, &'a str)], Result<&'a [u8], &'a str>);
    let right: Result<&[u8], &str> = Ok(&[0x90, 0x00]);
    let rows: [Row<'_>; 20] = [
        (&[("0200a4", "NOISE"), ("b2", "029000")], right),
        (&[("0200a4", "039000"), ("b2", "029000")], right), // of the number before
        (&[("0200a4", "b2"), ("b2", "029000")], right),     // R(NAK) is never the card's
        (&[("0200a4", "c2"), ("b2", "029000")], right),
        (&[("0200a4", "f0"), ("b2", "029000")], right),
        (&[("0200a4", "0a009000"), ("b2", "029000")], right), // a CID that was not given
        (&[("0200a4", "42"), ("b2", "029000")], right),
        (&[("0200a4", "a3"), ("0200a4", "029000")], right),
        (&[("0200a4", "SILENCE"), ("b2", "SILENCE"), ("b2", "029000")], right),
        (
            &[
                ("0200a4", "SILENCE"),
                ("b2", "a3"),
                ("0200a4", "SILENCE"),
                ("b2", "a3"),
                ("0200a4", "029000"),
            ],
            right,
        ),
        (&[("0200a4", "NOISE"), ("b2", "NOISE"), ("b2", "NOISE")], Err("Damage")),
        (&[("0200a4", "NOISE"), ("b2", "NOISE"), ("b2", "SILENCE")], Err("Silence")),
        (&[("0200a4", "SILENCE"), ("b2", "a2")], Err("Protocol")),
        (&[("0200a4", "f200")], Err("Protocol")),
        (&[("0200a4", "f23c")], Err("Protocol")),
        (&[("0200a4", "f2c5"), ("f205", "029000")], right), // the power level is not echoed
        (
            &[("0200a4", "1290"), ("a3", "SILENCE"), ("a3", "SILENCE"), ("a3", "SILENCE")],
            Err("Silence"),
        ),
        (&[("0200a4", "1290"), ("a3", "1290"), ("a3", "0300")], right), // the block before again
        (&[("0200a4", "1290"), ("a3", "a2"), ("a3", "0300")], right),
        (&[("0200a4", "1290"), ("a3", "f201"), ("f201", "0300")], right),
    ];
    for (lines, expected) in rows {
        match (outcome(lines, link()), expected) {
            (Ok(response), Ok(expected)) => assert_eq!(response, expected, "{lines:?}"),
            (Err(error), Err(kind)) => {
                assert!(format!("{error:?}").starts_with(kind), "{lines:?}: {error}");
            }
            (outcome, _) => panic!("{lines:?}: {outcome:?}"),
        }
    }
    // A card that never has the block, however often it is sent.
    let again = [("0200a4", "a3"); 6];
    assert!(matches!(outcome(&again, link()), Err(PcdError::Protocol { .. })));
    // One more retry, one more try; a card that asks for time too often.
    let lines = [("0200a4", "NOISE"), ("b2", "NOISE"), ("b2", "NOISE"), ("b2", "029000")];
    assert!(outcome(&lines, Link { retries: 3, ..link() }).is_ok());
    let lines = [("0200a4", "f201"), ("f201", "f201"), ("f201", "f201")];
    assert!(outcome(&lines, Link { waits: 2, ..link() }).is_err());
    let strict = Link { wrong_number_ends: true, ..link() };
    assert!(matches!(outcome(&[("0200a4", "039000")], strict), Err(PcdError::Protocol { .. })));
}

#[test]
fn a_chain_of_the_reader_s_wants_an_acknowledgement_of_each_block() {
    let small = Link { fsc_bytes: 16, ..link() };
    let command = [0x11; 20];
    let (first, last) = ("12".to_owned() + &"11".repeat(13), "03".to_owned() + &"11".repeat(7));
    let rows: [(&[(&str, &str)], bool); 6] = [
        (&[(&first, "a2"), (&last, "039000")], true),
        (&[(&first, "SILENCE"), ("b2", "a2"), (&last, "039000")], true),
        (&[(&first, "f201"), ("f201", "a2"), (&last, "039000")], true),
        // A copy of the acknowledgement before: the block is sent once more.
        (&[(&first, "a2"), (&last, "a2"), (&last, "039000")], true),
        (&[(&first, "029000")], false),
        (&[(&first, "a2"), (&last, "a3")], false),
    ];
    for (lines, right) in rows {
        let mut script = Script::of(lines);
        let outcome = Session::new(small).exchange(&mut script, &command);
        assert!(script.is_over());
        assert_eq!(outcome.is_ok(), right, "{lines:?}: {outcome:?}");
    }
}

/// What [`Link::waits`] allows bounds the whole.
#[test]
fn retries_are_counted_in_a_row() {
    let lines = [
        [("0200a4", "f201"), ("f201", "SILENCE"), ("b2", "NOISE"), ("b2", "f201")],
        [("f201", "SILENCE"), ("b2", "SILENCE"), ("b2", "f201"), ("f201", "029000")],
    ];
    assert!(outcome(&lines.concat(), link()).is_ok());
    let short = &lines.concat()[..7];
    let ended = outcome(short, Link { waits: 2, ..link() });
    assert!(matches!(ended, Err(PcdError::Protocol { .. })), "{ended:?}");
}

#[test]
fn node_addresses_are_the_reader_s_turned_round_and_only_in_the_first_block() {
    let with = Link { nad: Some(0x21), ..link() };
    let right: [&[(&str, &str)]; 3] = [
        (&[("062100a4", "06129000")]),
        (&[("062100a4", "161290"), ("a3", "0300")]),
        (&[("062100a4", "SILENCE"), ("b2", "161290"), ("a3", "SILENCE"), ("a3", "0300")]),
    ];
    for lines in right {
        assert_eq!(outcome(lines, with), Ok(vec![0x90, 0x00]), "{lines:?}");
    }
    // As they were sent, of others, none; then in a later block. All are asked for again.
    for wrong in ["06219000", "06539000", "029000"] {
        let lines = [("062100a4", wrong), ("b2", "06129000")];
        assert_eq!(outcome(&lines, with), Ok(vec![0x90, 0x00]), "{wrong}");
    }
    let lines = [("062100a4", "161290"), ("a3", "071200"), ("a3", "0300")];
    assert_eq!(outcome(&lines, with), Ok(vec![0x90, 0x00]));
    for uncalled in ["06129000", "06009000"] {
        let lines = [("0200a4", uncalled), ("b2", "029000")];
        assert_eq!(outcome(&lines, link()), Ok(vec![0x90, 0x00]), "{uncalled}");
    }
}

#[test]
fn cid_and_nad_go_where_they_belong() {
    let with = Link { cid: Some(5), nad: Some(0x21), fsc_bytes: 16, ..link() };
    let lines = [("0e052100a4", "1e05129000"), ("ab05", "0b05")];
    assert_eq!(outcome(&lines, with), Ok(vec![0x90, 0x00]));
    // INF of 11 bytes with CID and NAD, of 12 in the blocks after.
    let mut script = Script::of(&[
        (&("1e0521".to_owned() + &"33".repeat(11)), "SILENCE"),
        ("ba05", "ab05"),
        (&("1e0521".to_owned() + &"33".repeat(11)), "aa05"),
        (&("1b05".to_owned() + &"33".repeat(12)), "ab05"),
        ("0a0533", "f205"),
        ("ba05", "fa0503"),
        ("fa0503", "0e05129000"),
    ]);
    let mut session = Session::new(with);
    assert_eq!(session.exchange(&mut script, &[0x33; 24]), Ok(vec![0x90, 0x00]));
    assert!(script.is_over());
}

#[test]
fn what_is_too_long_is_not_taken_or_not_sent() {
    let small = Link { fsd_bytes: 16, ..link() };
    let long = "02".to_owned() + &"11".repeat(14);
    assert!(outcome(&[("0200a4", &long), ("b2", "029000")], small).is_ok());
    let mut session = Session::new(Link { command_bytes_max: Some(32), ..link() });
    let error = session.exchange(&mut Script::default(), &[0; 33]);
    assert_eq!(error, Err(PcdError::TooLong { bytes: 33, most: 32 }));
    assert!(session.is_open());
}

/// A card that chains for ever, with bytes and without.
#[test]
fn an_answer_has_an_end() {
    struct Endless(Vec<u8>, u64);
    impl Air for Endless {
        fn transceive(&mut self, frame: &Frame, _: u64) -> Heard {
            self.1 += 1;
            let mut block = vec![0x12 | frame.bytes[0] & 1];
            block.extend(&self.0);
            Heard::Frame(Frame::with_crc(PiccType::A, &block))
        }
        fn pause(&mut self, _: u64) {}
        fn now_fc(&self) -> u64 {
            0
        }
    }
    for inf in [vec![], vec![7; 250]] {
        let mut air = Endless(inf, 0);
        let error = Session::new(link()).exchange(&mut air, &[1]);
        assert!(matches!(error, Err(PcdError::Protocol { .. })));
        assert!(air.1 <= 65_540);
    }
}

#[test]
fn whether_the_card_is_there_is_asked_two_ways() {
    use Presence::{EmptyBlock, Nak};
    // The way, the dialogue, what comes of it.
    type Row<'a> = (Presence, &'a [(&'a str, &'a str)], Result<bool, ()>);
    let rows: [Row<'_>; 8] = [
        (EmptyBlock, &[("02", "02")], Ok(true)),
        (EmptyBlock, &[("02", "SILENCE"), ("b2", "02")], Ok(true)),
        (EmptyBlock, &[("02", "SILENCE"), ("b2", "SILENCE"), ("b2", "SILENCE")], Ok(false)),
        (Nak, &[("b2", "a3")], Ok(true)),
        (Nak, &[("b2", "DAMAGE"), ("b2", "a3")], Ok(true)),
        (Nak, &[("b2", "SILENCE"), ("b2", "SILENCE"), ("b2", "SILENCE")], Ok(false)),
        (Nak, &[("b2", "NOISE"), ("b2", "NOISE"), ("b2", "NOISE")], Err(())),
        (Nak, &[("b2", "029000"), ("b2", "a2"), ("b2", "a3")], Ok(true)),
    ];
    for (how, lines, expected) in rows {
        let mut script = Script::of(lines);
        let mut session = Session::new(link());
        let there = session.is_present(&mut script, how);
        assert!(script.is_over());
        assert_eq!(there.map_err(|_| ()), expected, "{how:?} {lines:?}");
        assert_eq!(session.is_open(), expected == Ok(true));
    }
    // An empty block has a number like any other; R(NAK) changes none.
    let mut script = Script::of(&[("02", "02"), ("b3", "a2"), ("0300a4", "039000")]);
    let mut session = Session::new(link());
    assert_eq!(session.is_present(&mut script, EmptyBlock), Ok(true));
    assert_eq!(session.is_present(&mut script, Nak), Ok(true));
    assert!(session.exchange(&mut script, &[0x00, 0xA4]).is_ok());
}

#[test]
fn deselect_is_sent_twice_at_most_and_ends_the_session() {
    let rows: [(&[(&str, &str)], bool); 5] = [
        (&[("c2", "c2")], true),
        (&[("c2", "SILENCE"), ("c2", "c2")], true),
        (&[("c2", "DAMAGE"), ("c2", "c2")], true),
        (&[("c2", "SILENCE"), ("c2", "SILENCE")], false),
        (&[("c2", "029000"), ("c2", "DAMAGE")], false),
    ];
    for (lines, right) in rows {
        let mut script = Script::of(lines);
        let mut session = Session::new(link());
        assert_eq!(session.deselect(&mut script).is_ok(), right, "{lines:?}");
        assert!(script.is_over() && !session.is_open());
        assert_eq!(session.is_present(&mut script, Presence::Nak), Err(PcdError::Ended));
        // Only a card that has answered needs no more of it.
        let mut again = Script::of(&[("c2", "c2")]);
        let ended = session.deselect(if right { &mut script } else { &mut again });
        assert_eq!(ended, if right { Err(PcdError::Ended) } else { Ok(()) });
        assert_eq!(session.deselect(&mut script), Err(PcdError::Ended));
    }
}

/// The card may not know that the session has ended.
#[test]
fn a_card_is_freed_after_an_error() {
    let lines = [("0200a4", "f200"), ("c2", "SILENCE"), ("c2", "c2")];
    let mut script = Script::of(&lines);
    let mut session = Session::new(link());
    assert!(session.exchange(&mut script, &[0x00, 0xA4]).is_err());
    assert_eq!(session.exchange(&mut script, &[0x00, 0xA4]), Err(PcdError::Ended));
    assert_eq!(session.deselect(&mut script), Ok(()));
    assert!(script.is_over() && !session.is_open());
}

#[test]
fn an_error_says_what_was_expected_and_what_came() {
    let said = |lines: &[(&str, &str)]| outcome(lines, link()).unwrap_err().to_string();
    assert_eq!(said(&[("0200a4", "a2")]), "expected an I-block after an I-block, got A2E6D7");
    let lines = [("0200a4", "SILENCE"), ("b2", "SILENCE"), ("b2", "SILENCE")];
    assert_eq!(said(&lines), "nothing was heard after an I-block");
    let lines = [("0200a4", "NOISE"), ("b2", "NOISE"), ("b2", "DAMAGE")];
    assert_eq!(
        said(&lines),
        "nothing whole was heard after an I-block; the last was 0290000000 (damaged)"
    );
}

/// Frames of another type or at another rate are not this session's.
#[test]
fn blocks_of_type_b_have_its_crc() {
    let of_b = Link { fwt_fc: sizes::fwt_fc(4), ..Link::new(PiccType::B) };
    assert!(outcome(&[("0200a4", "DAMAGE"), ("b2", "029000")], of_b).is_ok());
    let faster = Link { to_reader: Rate::Fc16, ..link() };
    let lines = [("0200a4", "029000"), ("b2", "029000"), ("b2", "029000")];
    assert!(matches!(outcome(&lines, faster), Err(PcdError::Damage { .. })));
}

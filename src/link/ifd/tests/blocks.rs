//! T=1 at cards that a test plays: dialogues on record, and cards that misbehave.

use super::super::{t1::T1Error, *};
use super::script::*;
use crate::link::{
    Direction, Mute,
    contact::{
        Offer,
        block::{Edc, Repr, Supervision},
    },
    noisy::Fault,
};

const IFS: (&str, &str) = ("00C101FE", "00E101FE");
const HELLO: &str = "00000A00A404000548454C4C4F";
const ANSWER: &str = "000004000A9000";
const HELLO_AGAIN: (&str, &str) = ("00400A00A404000548454C4C4F", "004004000A9000");
const HELLO_APDU: (&str, Result<&str, IfdError>) = ("00A404000548454C4C4F", Ok("000A9000"));

/// Where the faults are those that a widespread reader was shown, it did the same.
#[test]
fn faults_within_an_answer_are_mended() {
    for trouble in [
        &[(HELLO, ANSWER)][..],
        &[(HELLO, "000004000A9000!"), ("008100", ANSWER)],
        &[(HELLO, "000004000A9000!"), ("008100", "000004000A9000!"), ("008100", ANSWER)],
        &[(HELLO, ""), ("008200", ANSWER)],
        // The card asks for the command again.
        &[(HELLO, "008200"), (HELLO, ANSWER)],
        &[(HELLO, "008100"), (HELLO, "008100"), (HELLO, ANSWER)],
        // The card asks for shorter blocks, and for time, twice.
        &[(HELLO, "00C10110"), ("00E10110", ANSWER)],
        &[(HELLO, "00C30102"), ("00E30102", "00C301FF"), ("00E301FF", ANSWER)],
        // A number that is not expected, a reserved block, an acknowledgement of all.
        &[(HELLO, "004004000A9000"), ("008200", ANSWER)],
        &[(HELLO, "00E000"), ("008200", ANSWER)],
        &[(HELLO, "0000FF00"), ("008200", ANSWER)],
        &[(HELLO, "009000"), ("008200", ANSWER)],
        // The second failure is another one, and the same R-block is sent for it.
        &[(HELLO, "000004000A9000!"), ("008100", ""), ("008100", ANSWER)],
    ] {
        let steps = [&[IFS], trouble, &[HELLO_AGAIN]].concat();
        plays(at_blocks(T1_ATR, &steps), &[HELLO_APDU, HELLO_APDU]);
    }
}

/// As in t1-dropack, t1-rerrchain: an acknowledgement is damaged, and a part asked for again.
#[test]
fn a_chain_of_the_reader_goes_on_where_the_card_says() {
    let steps = [
        IFS,
        ("00200400D60000", "009000"),
        ("0060040A010203", "008000!"),
        ("008100", "008000"),
        ("00200404050607", "008100"),
        ("00200404050607", "009000"),
        ("00400308090A", "0000029000"),
        ("00000400D60000", "0040026700"),
    ];
    let apdus = [("00D600000A0102030405060708090A", Ok("9000")), ("00D60000", Ok("6700"))];
    plays(at_blocks(T1_SHORT_ATR, &steps), &apdus);
}

/// As in t1-readbad: the second part of the answer is damaged.
#[test]
fn a_chain_of_the_card_is_fetched_part_by_part() {
    let steps = [
        IFS,
        ("00000500B0000000", "0020020102"),
        ("009000", "00600103"),
        ("008000", "0000029000!"),
        ("008000", "0000029000"),
        ("00400500B0000000", "0040026A82"),
    ];
    let apdus = [("00B0000000", Ok("0102039000")), ("00B0000000", Ok("6A82"))];
    plays(at_blocks(T1_ATR, &steps), &apdus);
}

/// The card has had the whole command: the reader does not know whether it ran.
#[test]
fn after_three_failures_a_command_the_card_had_is_not_sent_again() {
    let steps = [
        IFS,
        (HELLO, "000004000A9000!"),
        ("008100", "000004000A9000!"),
        ("008100", "000004000A9000!"),
        ("00C000", ""),
        ("00C000", "00C000"),
        ("00C000", "00E000"),
        IFS,
        (HELLO, ANSWER),
    ];
    let uncertain = Err(IfdError::T1(T1Error::Uncertain));
    plays(at_blocks(T1_ATR, &steps), &[(HELLO_APDU.0, uncertain), HELLO_APDU]);
}

/// The last part was never sent: it cannot have run, and is begun again, once.
#[test]
fn after_three_failures_a_command_the_card_had_not_is_begun_again() {
    let failure = [
        IFS,
        ("00200400D60000", "009000"),
        ("00600404010203", ""),
        ("008200", ""),
        ("008200", ""),
        ("00C000", "00E000"),
    ];
    let success = [
        IFS,
        ("00200400D60000", "009000"),
        ("00600404010203", "008000"),
        ("00000104", "0000029000"),
    ];
    let apdu = "00D600000401020304";
    let steps = [&failure[..], &success[..]].concat();
    plays(at_blocks(T1_SHORT_ATR, &steps), &[(apdu, Ok("9000"))]);
    let steps = [&failure[..], &failure[..]].concat();
    let not_run = Err(IfdError::T1(T1Error::NotRun));
    plays(at_blocks(T1_SHORT_ATR, &steps), &[(apdu, not_run)]);
}

#[test]
fn a_card_that_aborts_has_its_way_and_both_begin_anew() {
    let steps = [
        IFS,
        ("00200400D60000", "00C200"),
        // It is the card's turn, and the reader hears it out.
        ("00E200", "009000"),
        ("00C000", "00E000"),
        IFS,
        ("00000400200000", "0000029000"),
    ];
    let aborted = Err(IfdError::T1(T1Error::Aborted));
    let apdus = [("00D600000401020304", aborted), ("00200000", Ok("9000"))];
    plays(at_blocks(T1_SHORT_ATR, &steps), &apdus);
}

#[test]
fn a_card_that_does_not_begin_or_never_ends_is_given_up() {
    let mute = Err(IfdError::T1(T1Error::Mute));
    for endless in ["00", "00E101FD1D", "FFFFFFFFFFFF"] {
        let mut ifd = stubborn(T1_ATR, endless);
        assert_eq!(ifd.exchange(&apdu("00200000")), mute, "{endless}");
    }
    // These ask for time and shorter blocks, or send the same part, for ever, and do not answer
    // when the reader resynchronises.
    for endless in ["00C301FF3D", "00C10110D0", "002002010221"] {
        let mut ifd = at_blocks(T1_ATR, &[IFS]);
        ifd.line_mut().endless = endless.into();
        assert_eq!(ifd.exchange(&apdu("00200000")), mute, "{endless}");
        assert!(ifd.line().now_clk < 1_000_000_000);
    }
}

/// The card's addresses are the reader's own, changed over: both are 0.
#[test]
fn a_block_from_or_to_another_is_no_answer() {
    for nad in ["21", "11", "08", "80", "FF", "01"] {
        let strange = |block: &str| format!("{nad}{block}");
        let steps = [
            ("00C101FE", strange("E101FE")),
            (IFS.0, IFS.1.into()),
            (HELLO, strange("0004000A9000")),
            ("008200", strange("0004000A9000!")),
            ("008200", ANSWER.into()),
            (HELLO_AGAIN.0, strange("C30102")),
            ("009200", HELLO_AGAIN.1.into()),
        ];
        let steps: Vec<_> = steps.iter().map(|(sent, back)| (*sent, back.as_str())).collect();
        plays(at_blocks(T1_ATR, &steps), &[HELLO_APDU, HELLO_APDU]);
    }
}

#[test]
fn parts_with_nothing_in_them_have_an_end() {
    let mut ifd = at_blocks(T1_ATR, &[IFS]);
    let empty = |number: u8| vec![0x00, 0x20 | number << 6, 0x00, 0x20 | number << 6];
    let wait = [vec![0x00, 0xE0, 0x00, 0xE0]];
    ifd.line_mut().any = (0..1001).map(|n| empty(n as u8 & 1)).chain(wait).collect();
    let endless = Err(IfdError::T1(T1Error::Endless));
    assert_eq!(ifd.exchange(&apdu("00200000")), endless);
    assert!(ifd.line().any.is_empty());
    // Some are borne.
    let steps = [
        IFS,
        ("00000400200000", "002000"),
        ("009000", "006000"),
        ("008000", "00200190"),
        ("009000", "00400100"),
    ];
    plays(at_blocks(T1_ATR, &steps), &[("00200000", Ok("9000"))]);
}

/// A card that does not say what it has to say after an abortion is waited for.
#[test]
fn after_an_abortion_the_reader_waits_for_the_card() {
    let steps = [IFS, ("00000400200000", "00C200"), ("00E200", "")];
    let mut ifd = at_blocks(T1_ATR, &steps);
    let bwt_clk = ifd.protocol().unwrap().1.bwt_clk;
    ifd.line_mut().endless = "00E000E0".into();
    ifd.exchange(&apdu("00200000")).unwrap_err();
    assert_eq!(ifd.line().now_clk, bwt_clk);
}

/// An answer to reset says that there is a CRC, and not which.
#[test]
fn the_reader_finds_out_how_a_card_sends_its_crc() {
    for (complemented, low_first) in [(false, false), (false, true), (true, false), (true, true)] {
        let edc = Edc::Crc { complemented, low_first };
        let parameters = Parameters { offer: Offer::T1, edc: Some(edc), ..Parameters::default() };
        for noise in [Noise::none(), Noise::at(1, Fault::Damage), Noise::at(2, Fault::Loss)] {
            let contact = Contact::new(parameters.clone(), Nobody);
            let mut ifd = Ifd::on(Wired::new(contact, noise));
            ifd.power_on().unwrap();
            for _ in 0..2 {
                assert_eq!(ifd.exchange(&apdu("00200000")), Ok(vec![0x90, 0x00]), "{edc:?}");
            }
        }
    }
}

/// Once a block was right, another CRC that is right by chance is a wrong one.
#[test]
fn what_a_reader_has_found_out_it_keeps() {
    let block = |complemented, repr: Repr<'_>| {
        let mut block = Vec::new();
        repr.emit(0, Edc::Crc { complemented, low_first: false }, &mut block);
        hex::encode_upper(block)
    };
    let ifs = block(false, Repr::Request(Supervision::Ifs(254)));
    let agreed = block(false, Repr::Response(Supervision::Ifs(254)));
    let wrong = block(true, Repr::Response(Supervision::Resynch));
    let right = block(false, Repr::Response(Supervision::Resynch));
    let aborts = block(false, Repr::Request(Supervision::Abort));
    let aborted = block(false, Repr::Response(Supervision::Abort));
    let resynch = block(false, Repr::Request(Supervision::Resynch));
    let command = block(false, Repr::I { number: 0, more: false, information: &[0, 0x20, 0, 0] });
    let steps = [
        (ifs.as_str(), agreed.as_str()),
        (&command, &aborts),
        (&aborted, ""),
        (&resynch, &wrong),
        (&resynch, &right),
    ];
    let aborted = Err(IfdError::T1(T1Error::Aborted));
    plays(ifd("3B8081410141", &steps), &[("00200000", aborted)]);
}

/// A reader that has stopped listening too soon waits until the card has said all.
#[test]
fn nothing_is_sent_while_the_card_speaks() {
    let parameters = Parameters { offer: Offer::T1, ..Parameters::default() };
    let mut line = Wired::new(Contact::new(parameters, Nobody), Noise::none());
    line.reset(Reset::Cold);
    while line.hear(ATR_WAIT_CLK).is_some() {}
    line.speak_blocks(true);
    let Timing { turn_clk, guard_clk, .. } = *line.contact().timing();
    line.send(&apdu("00C101FE3E"), turn_clk, guard_clk);
    assert_eq!(line.hear(1_000_000).map(|character| character.byte), Some(0x00));
    line.send(&apdu("00C101FE3E"), turn_clk, guard_clk);
    let heard: Vec<u8> = (0..6).filter_map(|_| line.hear(1_000_000)).map(|c| c.byte).collect();
    assert_eq!(heard, apdu("00E101FE1E"));
}

/// Behind a card: 9000.
struct Nobody;

impl Application for Nobody {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, _: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        response.extend([0x90, 0x00]);
        Ok(0)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

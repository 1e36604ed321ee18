//! The reader at cards that a test plays: dialogues on record, and cards that misbehave.

use std::collections::VecDeque;

use super::super::{mapping::MappingError, t0::T0Error, t1::T1Error, *};
use crate::link::contact::Character;

type Steps<'a> = &'a [(&'a str, &'a str)];

/// A card played from a script: for what the reader sends each time, what comes back.
#[derive(Default)]
struct Script {
    steps: VecDeque<(String, String)>,
    /// What comes back then, whatever is sent.
    any: VecDeque<Vec<u8>>,
    /// What comes back when all is over, again and again.
    endless: String,
    coming: VecDeque<u8>,
    now_clk: u64,
    resets: usize,
}

impl Script {
    fn new(steps: Steps<'_>) -> Self {
        let steps = steps.iter().map(|(sent, back)| ((*sent).into(), (*back).into())).collect();
        Self { steps, ..Self::default() }
    }

    fn come(&mut self, bytes: &str) {
        self.coming = hex::decode(bytes).unwrap().into();
    }
}

impl Line for Script {
    fn now_clk(&self) -> u64 {
        self.now_clk
    }

    fn pause(&mut self, clk: u64) {
        self.now_clk += clk;
    }

    /// The answer to a reset stands in the script behind `cold` or `warm`.
    fn reset(&mut self, reset: Reset) {
        self.resets += 1;
        let kind = if reset == Reset::Cold { "cold" } else { "warm" };
        self.step(kind.into());
    }

    fn power_off(&mut self) {
        self.coming.clear();
    }

    fn speak_blocks(&mut self, _: bool) {}

    fn send(&mut self, bytes: &[u8], _: u64, _: u64) -> usize {
        self.step(hex::encode_upper(bytes));
        bytes.len()
    }

    fn hear(&mut self, wait_clk: u64) -> Option<Character> {
        match self.coming.pop_front() {
            Some(byte) => Some(Character::intact(byte)),
            None => {
                self.now_clk += wait_clk;
                None
            }
        }
    }

    fn signal_error(&mut self) {}
}

impl Script {
    fn step(&mut self, sent: String) {
        if let (true, Some(back)) = (self.steps.is_empty(), self.any.pop_front()) {
            self.coming = back.into();
            return;
        }
        match self.steps.pop_front() {
            Some((expected, back)) => {
                assert_eq!(sent, expected);
                self.come(&back);
            }
            None if !self.endless.is_empty() => self.come(&self.endless.clone()),
            None => panic!("the reader sends {sent}, and the script is over"),
        }
    }
}

/// A reader at a scripted card that has been reset.
fn ifd(atr: &str, steps: Steps<'_>) -> Ifd<Script> {
    let mut script = Script::new(steps);
    script.steps.push_front(("cold".into(), atr.into()));
    let mut ifd = Ifd::on(script);
    assert_eq!(hex::encode_upper(ifd.power_on().unwrap()), atr);
    ifd
}

/// The same, with blocks of T=1 without their checks; `!` is a wrong one.
fn at_blocks(atr: &str, steps: Steps<'_>) -> Ifd<Script> {
    let check = |block: &str| {
        let (block, wrong) = block.strip_suffix('!').map_or((block, 0), |block| (block, 0x55));
        let sum = hex::decode(block).unwrap().iter().fold(wrong, |sum, byte| sum ^ byte);
        if block.is_empty() { String::new() } else { format!("{block}{sum:02X}") }
    };
    let mut ifd = ifd(atr, &[]);
    let steps = steps.iter().map(|(sent, back)| (check(sent), check(back)));
    ifd.line_mut().steps.extend(steps);
    ifd
}

/// A card that says the same whatever it is sent.
fn stubborn(atr: &str, endless: &str) -> Ifd<Script> {
    let mut ifd = ifd(atr, &[]);
    ifd.line_mut().endless = endless.into();
    ifd
}

fn apdu(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

/// The APDUs come to this, and the script is over.
fn plays(mut ifd: Ifd<Script>, apdus: &[(&str, Result<&str, IfdError>)]) {
    for &(command, response) in apdus {
        let came = ifd.exchange(&apdu(command)).map(hex::encode_upper);
        assert_eq!(came, response.map(String::from));
    }
    assert!(ifd.line().steps.is_empty(), "{:?}", ifd.line().steps);
}

const T0_ATR: &str = "3B00";
const T1_ATR: &str = "3B8281312045564342";
/// The card takes blocks of four bytes.
const T1_SHORT_ATR: &str = "3B808131044571";

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
        ("00E200", ""),
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

#[test]
fn what_no_card_may_do_on_t_0_is_an_error() {
    let t0 = |why| Err(IfdError::T0(MappingError::Tpdu(why)));
    for (command, steps, came) in [
        ("00200000", &[("0020000000", "")][..], t0(T0Error::Mute)),
        ("00200000", &[("0020000000", "6060")], t0(T0Error::Mute)),
        ("00200000", &[("0020000000", "90")], t0(T0Error::Mute)),
        ("00200000", &[("0020000000", "21")], t0(T0Error::Procedure(0x21))),
        // The form of INS that asked for a programming voltage.
        ("00D6000001AA", &[("00D6000001", "D7")], t0(T0Error::Procedure(0xD7))),
        ("00200000", &[("0020000000", "20")], t0(T0Error::TooMuch)),
        ("00D6000001AA", &[("00D6000001", "D6"), ("AA", "D6")], t0(T0Error::TooMuch)),
        ("00B0000001", &[("00B0000001", "B0AAB0")], t0(T0Error::TooMuch)),
        ("FF200000", &[], t0(T0Error::Header { cla: 0xFF, ins: 0x20 })),
        ("00600000", &[], t0(T0Error::Header { cla: 0x00, ins: 0x60 })),
        ("00", &[], Err(IfdError::T0(MappingError::Malformed))),
        ("002000000201", &[], Err(IfdError::T0(MappingError::Malformed))),
        ("00200000000000", &[("0020000000", "6700")], Ok("6700")),
    ] {
        plays(ifd(T0_ATR, steps), &[(command, came)]);
    }
    let mut endless = stubborn(T0_ATR, &"60".repeat(20_000));
    let error = endless.exchange(&apdu("00200000")).unwrap_err();
    assert_eq!(error, IfdError::T0(MappingError::Tpdu(T0Error::Endless)));
    let mut endless = stubborn(T0_ATR, "6101");
    let error = endless.exchange(&apdu("00B0000000")).unwrap_err();
    assert_eq!(error, IfdError::T0(MappingError::Endless));
}

#[test]
fn a_card_that_is_lost_has_no_power_until_it_is_reset() {
    let mut t0 = ifd(T0_ATR, &[("0020000000", "21"), ("cold", T0_ATR), ("0020000000", "9000")]);
    assert!(t0.exchange(&apdu("00200000")).is_err());
    assert_eq!(t0.exchange(&apdu("00200000")), Err(IfdError::Off));
    t0.power_on().unwrap();
    // Nothing was sent, so nothing is lost.
    assert!(matches!(t0.exchange(&apdu("00600000")), Err(IfdError::T0(_))));
    assert_eq!(t0.exchange(&apdu("00200000")), Ok(vec![0x90, 0x00]));
    let mut t1 = stubborn(T1_ATR, "00");
    assert_eq!(t1.exchange(&apdu("00200000")), Err(IfdError::T1(T1Error::Mute)));
    assert_eq!(t1.exchange(&apdu("00200000")), Err(IfdError::Off));
}

mod drawn {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever a card says, a reader comes to an end, and with no more than an APDU has.
        #[test]
        fn no_card_breaks_the_reader(
            t1 in any::<bool>(),
            said in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 0..200),
            command in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut ifd = ifd(if t1 { T1_SHORT_ATR } else { T0_ATR }, &[]);
            let line = ifd.line_mut();
            line.any = said.into_iter().collect();
            if t1 {
                line.any.push_front(vec![0x00, 0xE1, 0x01, 0xFE, 0x1E]);
            }
            line.endless = "00".into();
            if let Ok(response) = ifd.exchange(&command) {
                prop_assert!(response.len() <= 65_536 + 2);
            }
        }
    }
}

#[test]
fn a_card_may_end_a_tpdu_at_any_procedure_byte() {
    for (command, steps, came) in [
        ("00D6000003AABBCC", &[("00D6000003", "6A82")][..], "6A82"),
        ("00D6000003AABBCC", &[("00D6000003", "29"), ("AA", "6029"), ("BB", "6A80")], "6A80"),
        ("00D6000003AABBCC", &[("00D6000003", "29"), ("AA", "D6"), ("BBCC", "9000")], "9000"),
        ("00B0000003", &[("00B0000003", "4FAA606F00")], "AA6F00"),
        ("00B0000003", &[("00B0000003", "604FAA60B0BBCC9000")], "AABBCC9000"),
    ] {
        plays(ifd(T0_ATR, steps), &[(command, Ok(came))]);
    }
}

/// ISO/IEC 7816-3:2006, 12.2.
#[test]
fn the_cases_of_apdus_become_tpdus() {
    let cases: &[(&str, Steps<'_>, &str)] = &[
        ("00200000", &[("0020000000", "9000")], "9000"),
        ("00B0000002", &[("00B0000002", "B0AABB9000")], "AABB9000"),
        ("00B0000002", &[("00B0000002", "6700")], "6700"),
        // The card has less, or more, than asked for.
        ("00B0000003", &[("00B0000003", "6C02"), ("00B0000002", "B0AABB9000")], "AABB9000"),
        ("00B0000001", &[("00B0000001", "6C02"), ("00B0000002", "B0AABB9000")], "AA9000"),
        // A second 6CXX is no invitation.
        ("00B0000001", &[("00B0000001", "6C02"), ("00B0000002", "6C03")], "6C03"),
        ("00D6000001AA", &[("00D6000001", "D6"), ("AA", "9000")], "9000"),
        ("00A4000001AA00", &[("00A4000001", "A4"), ("AA", "9000")], "9000"),
        ("00A4000001AA00", &[("00A4000001", "A4"), ("AA", "6A82")], "6A82"),
        (
            "00A4000001AA00",
            &[("00A4000001", "A4"), ("AA", "6102"), ("00C0000002", "C0BBCC9000")],
            "BBCC9000",
        ),
        // Only what is expected is fetched.
        (
            "00A4000001AA01",
            &[("00A4000001", "A4"), ("AA", "6102"), ("00C0000001", "C0BB6101")],
            "BB6101",
        ),
        ("00A4000001AA", &[("00A4000001", "A4"), ("AA", "6102")], "6102"),
        (
            "00A4000001AA00",
            &[
                ("00A4000001", "A4"),
                ("AA", "6102"),
                ("00C0000002", "6C01"),
                ("00C0000001", "C0BB6101"),
                ("00C0000001", "C0CC9000"),
            ],
            "BBCC9000",
        ),
        // Logical channel 2 of a command in secure messaging; channel 5.
        (
            "0EA4000001AA00",
            &[("0EA4000001", "A4"), ("AA", "6101"), ("02C0000001", "C0BB9000")],
            "BB9000",
        ),
        (
            "61A4000001AA00",
            &[("61A4000001", "A4"), ("AA", "6101"), ("41C0000001", "C0BB9000")],
            "BB9000",
        ),
        // Extended, and short enough.
        ("00D60000000001AA", &[("00D6000001", "D6"), ("AA", "9000")], "9000"),
        ("00B00000000100", &[("00B0000000", "6102"), ("00C0000002", "C0AABB9000")], "AABB9000"),
    ];
    for (command, steps, came) in cases {
        plays(ifd(T0_ATR, steps), &[(command, Ok(came))]);
    }
}

#[test]
fn a_command_longer_than_a_tpdu_goes_in_envelopes() {
    let data = "AB".repeat(300);
    let command = format!("01D6000000012C{data}0000");
    let (first, second) = (&command[..510], &command[510..]);
    let steps = [
        ("01C20000FF", "C2"),
        (first, "9000"),
        ("01C2000036", "C2"),
        (second, "6101"),
        ("01C0000001", "C0BB9000"),
    ];
    plays(ifd(T0_ATR, &steps), &[(&command, Ok("BB9000"))]);
    let steps = [("01C20000FF", "C2"), (first, "6A80")];
    plays(ifd(T0_ATR, &steps), &[(&command, Ok("6A80"))]);
}

#[test]
fn an_answer_to_reset_that_is_none_is_asked_for_once_more() {
    for bad in ["", "3C00", "3B8281312045564343", "3B82813120", "3B8F0F"] {
        let mut ifd = Ifd::on(Script::new(&[("cold", bad), ("warm", "3B00")]));
        assert_eq!(ifd.power_on(), Ok(vec![0x3B, 0x00]), "{bad}");
        let mut ifd = Ifd::on(Script::new(&[("cold", bad), ("warm", bad)]));
        assert!(ifd.power_on().is_err(), "{bad}");
        assert_eq!(ifd.exchange(&[0; 4]), Err(IfdError::Off));
        assert_eq!(ifd.choose(Protocol::T0, FiDi::DEFAULT), Err(IfdError::Off));
    }
    // T=14 alone, and a specific mode with a reserved F.
    for foreign in ["3B800E8E", "3B907F1100FE"] {
        let mut ifd = Ifd::on(Script::new(&[("cold", foreign), ("warm", foreign)]));
        assert_eq!(ifd.power_on(), Err(IfdError::Unknown), "{foreign}");
    }
    // Endless: 33 bytes are enough to know.
    let mut ifd =
        Ifd::on(Script::new(&[("cold", &format!("3B{}", "F1".repeat(99))), ("warm", "")]));
    assert_eq!(ifd.power_on(), Err(IfdError::NoAtr));
}

const BOTH_ATR: &str = "3B9095800184";
const SPECIFIC_ATR: &str = "3B9095118195";

#[test]
fn a_selection_holds_when_the_answer_is_right() {
    let fast = FiDi::new(0x95).unwrap();
    for (back, agreed) in [
        ("FF11957B", Some(fast)),
        ("FF01FE", Some(FiDi::DEFAULT)),
        ("", None),
        ("FF11", None),
        ("FF11947A", None),
        ("FF10957A", None),
        ("FF11957A", None),
        ("FE11957A", None),
        ("FF3195805B", None),
    ] {
        let mut ifd = ifd(BOTH_ATR, &[("FF11957B", back), ("warm", BOTH_ATR)]);
        let chosen = ifd.choose(Protocol::T1, fast);
        let (protocol, timing) = ifd.protocol().unwrap();
        match agreed {
            Some(fi_di) => {
                assert_eq!((chosen, protocol, timing.fi_di), (Ok(()), Protocol::T1, fi_di));
            }
            None => {
                assert_eq!(chosen, Err(IfdError::NotAgreed), "{back}");
                assert_eq!((protocol, timing.fi_di), (Protocol::T0, FiDi::DEFAULT));
            }
        }
    }
}

#[test]
fn a_selection_that_comes_too_late_or_cannot_be_is_not_sent() {
    let fast = FiDi::new(0x95).unwrap();
    let steps = [("0020000000", "9000"), ("warm", BOTH_ATR)];
    let mut begun = ifd(BOTH_ATR, &steps);
    assert_eq!(begun.choose(Protocol::T0, FiDi::DEFAULT), Ok(()));
    assert_eq!(begun.exchange(&apdu("00200000")), Ok(vec![0x90, 0x00]));
    assert_eq!(begun.choose(Protocol::T1, fast), Err(IfdError::NotAgreed));
    let mut specific = ifd(SPECIFIC_ATR, &[("warm", SPECIFIC_ATR)]);
    assert_eq!(specific.choose(Protocol::T1, FiDi::DEFAULT), Err(IfdError::NotAgreed));
    assert_eq!(specific.choose(Protocol::T1, fast), Ok(()));
}

#[test]
fn a_reader_decides_by_what_is_offered_and_what_it_can() {
    let fast = FiDi::new(0x95).unwrap();
    let settle = |atr: &str, wanted, can: bool, steps: Steps<'_>| {
        let mut ifd = ifd(atr, steps);
        assert_eq!(ifd.settle(wanted, |_| can), Ok(()));
        assert!(ifd.line().steps.is_empty());
        let (protocol, timing) = ifd.protocol().unwrap();
        (protocol, timing.fi_di)
    };
    let (t0, t1) = (Protocol::T0, Protocol::T1);
    assert_eq!(settle(T0_ATR, None, true, &[]), (t0, FiDi::DEFAULT));
    assert_eq!(settle(T0_ATR, Some(t1), true, &[]), (t0, FiDi::DEFAULT));
    assert_eq!(settle(T1_ATR, None, true, &[]), (t1, FiDi::DEFAULT));
    assert_eq!(settle(BOTH_ATR, None, false, &[]), (t0, FiDi::DEFAULT));
    let select = [("FF11957B", "FF11957B")];
    assert_eq!(settle(BOTH_ATR, Some(t1), true, &select), (t1, fast));
    assert_eq!(settle(BOTH_ATR, None, true, &[("FF10957A", "FF10957A")]), (t0, fast));
    let select = [("FF1111FF", "FF1111FF")];
    assert_eq!(settle(BOTH_ATR, Some(t1), false, &select), (t1, FiDi::DEFAULT));
    // Slower than by default is no reason to select.
    assert_eq!(settle("3B1021", None, true, &[]), (t0, FiDi::DEFAULT));
    // Specific mode.
    assert_eq!(settle(SPECIFIC_ATR, Some(t0), true, &[]), (t1, fast));
}

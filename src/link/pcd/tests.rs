//! Both sides of the air together: a session with a card, of either type.

use proptest::prelude::*;

use super::{
    Activated, Air, Alone, Heard, Link, Options, PcdError, Presence, Session, activate,
    activation::{poll_a, select_a},
};
use crate::link::{
    Application, Direction, Frame, Mute, Noise, PiccType, Rate,
    noisy::Fault,
    picc::{Parameters, Picc, Rates, State, TypeA, TypeB, Uid},
};

/// Answers a command with its own bytes and 9000; counts.
#[derive(Debug, Default)]
pub(super) struct Echo {
    pub(super) runs: usize,
    pub(super) took_us: u64,
}

impl Application for Echo {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.runs += 1;
        response.extend_from_slice(command);
        response.extend_from_slice(&[0x90, 0x00]);
        Ok(self.took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

fn type_a() -> Parameters {
    Parameters::A(TypeA::new(Uid::fixed(&[4, 1, 2, 3, 4, 5, 6]).unwrap()))
}

fn type_b() -> Parameters {
    Parameters::B(TypeB::new(Some([1, 2, 3, 4])))
}

fn alone(parameters: Parameters) -> Alone<Echo> {
    Alone::new(Picc::new(parameters, Echo::default(), 1))
}

#[test]
fn a_session_of_either_type_carries_commands_of_any_length() {
    for parameters in [type_a(), type_b()] {
        for rates in [Rates::NONE, Rates::ALL, Rates::of_byte(0x82)] {
            for (fsdi, cid) in [(0, None), (0, Some(0)), (8, Some(14)), (12, None)] {
                let mut air = alone(parameters.clone());
                let options = Options { fsdi, cid, rates, ..Options::default() };
                let mut session = activate(&mut air, &options).unwrap().into_session();
                if rates == Rates::ALL {
                    assert_eq!(session.link().to_card, Rate::Fc16);
                }
                for len in [1, 5, 12, 13, 14, 252, 253, 254, 255, 600, 65_000] {
                    let command = vec![len as u8; len];
                    let mut expected = command.clone();
                    expected.extend([0x90, 0x00]);
                    assert_eq!(session.exchange(&mut air, &command), Ok(expected));
                }
                assert!(session.is_present(&mut air, Presence::EmptyBlock).unwrap());
                assert!(session.is_present(&mut air, Presence::Nak).unwrap());
                assert_eq!(air.picc().application().runs, 11);
                assert_eq!(session.deselect(&mut air), Ok(()));
                assert_eq!(air.picc().state(), State::Halt);
                assert_eq!(session.exchange(&mut air, &[1]), Err(PcdError::Ended));
                assert!(activate(&mut air, &Options { wakes: false, ..options }).is_err());
                assert!(activate(&mut air, &options).is_ok());
            }
        }
    }
}

#[test]
fn a_card_that_takes_long_asks_for_time() {
    for took_us in [0, 50_000, 77_000, 100_000, 5_000_000, 60_000_000] {
        let mut air = alone(type_a());
        air.picc_mut().application_mut().took_us = took_us;
        let mut card = activate(&mut air, &Options::default()).unwrap();
        assert!(matches!(card, Activated::A { .. }));
        let began = super::Air::now_fc(&air);
        assert!(card.session().exchange(&mut air, &[0, 1, 2, 3]).is_ok());
        let took_fc = super::Air::now_fc(&air) - began;
        assert!(took_fc >= took_us * 1356 / 100 && took_fc < took_us * 1356 / 100 + 2_000_000);
    }
}

/// Cards that ask for time after the activation do not hear a reader that gives them none.
#[test]
fn the_reader_keeps_still_as_long_as_the_card_asks() {
    for parameters in [type_a(), type_b()] {
        for rates in [Rates::NONE, Rates::ALL] {
            let mut parameters = parameters.clone();
            match &mut parameters {
                Parameters::A(TypeA { part4, .. }) | Parameters::B(TypeB { part4, .. }) => {
                    part4.sfgi = 10;
                }
            }
            let mut air = alone(parameters);
            let options = Options { rates, retries: 0, ..Options::default() };
            let mut session = activate(&mut air, &options).unwrap().into_session();
            assert!(session.exchange(&mut air, &[1, 2]).is_ok());
            assert!(air.now_fc() > 4096 << 10);
        }
    }
}

/// A PPS that the card did not hear leaves it at fc/128; one whose answer was not heard does not.
#[test]
fn after_a_lost_pps_the_reader_finds_the_card_s_rates() {
    // Two levels of anticollision and RATS are twelve frames; then PPS and its answer.
    for (lost, rate) in [(12, Rate::Fc128), (13, Rate::Fc16)] {
        let mut air = alone(type_a()).with_noise(Noise::at(lost, Fault::Loss));
        let options = Options { rates: Rates::ALL, ..Options::default() };
        let mut session = activate(&mut air, &options).unwrap().into_session();
        assert_eq!((session.link().to_card, session.link().to_reader), (rate, rate));
        assert!(session.exchange(&mut air, &[1, 2]).is_ok());
    }
}

/// Whatever single step of an anticollision is lost, the next try finds the card, though no state
/// of a card knows all of what a reader may send next.
#[test]
fn a_lost_step_costs_one_try() {
    for wakes in [false, true] {
        for lost in 0..12 {
            let mut air = alone(type_a()).with_noise(Noise::at(lost, Fault::Loss));
            let options = Options { wakes, retries: 1, ..Options::default() };
            assert!(activate(&mut air, &options).is_ok(), "{lost} {wakes}");
        }
    }
}

/// Whatever is lost, however long, the card is found when the air is quiet again: a session is
/// there, or none, or one that failed.
#[test]
fn a_burst_of_losses_loses_no_card() {
    for (parameters, sfgi) in [(type_a(), 0), (type_a(), 10), (type_b(), 0), (type_b(), 10)] {
        let mut parameters = parameters;
        match &mut parameters {
            Parameters::A(TypeA { part4, .. }) | Parameters::B(TypeB { part4, .. }) => {
                part4.sfgi = sfgi;
            }
        }
        for rates in [Rates::NONE, Rates::ALL] {
            for (from, burst) in (0..24).flat_map(|from| [4, 12, 40].map(|burst| (from, burst))) {
                let lost = (from..from + burst).map(|n| (n, Fault::Loss)).collect();
                let mut air = alone(parameters.clone()).with_noise(Noise::written(lost));
                let options = Options { rates, cid: Some(3), ..Options::default() };
                if let Ok(mut card) = activate(&mut air, &options) {
                    while air.frames() < from + burst {
                        let _ = card.session().exchange(&mut air, &[1, 2]);
                        if !card.session().is_open() {
                            break;
                        }
                    }
                }
                air.set_noise(Noise::none());
                let card = activate(&mut air, &options);
                let error = card.err();
                assert!(error.is_none(), "{rates:?} {burst} from {from}, {sfgi}: {error:?}");
            }
        }
    }
}

/// A failed activation leaves the card in HALT, also after its last try.
#[test]
fn a_card_that_fails_half_way_is_left_in_halt() {
    for (parameters, request) in [(type_a(), 0xE0), (type_b(), 0x1D)] {
        let card = Picc::new(parameters, Echo::default(), 1);
        let mut air = Deaf { air: Alone::new(card), after: request };
        let options = Options { retries: 1, ..Options::default() };
        assert!(activate(&mut air, &options).is_err());
        assert_eq!(air.air.picc().state(), State::Halt);
    }
}

/// A reader that does not hear what comes after this request, nor a presence check.
struct Deaf {
    air: Alone<Echo>,
    after: u8,
}

impl Air for Deaf {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        let heard = self.air.transceive(frame, wait_fc);
        let nak = matches!(frame.bytes.first(), Some(0xB2 | 0xBA));
        if nak || frame.bytes.first() == Some(&self.after) {
            return Heard::Nothing;
        }
        heard
    }

    fn pause(&mut self, fc: u64) {
        self.air.pause(fc);
    }

    fn now_fc(&self) -> u64 {
        self.air.now_fc()
    }
}

/// 15 is RFU, and four bits are all that RATS and ATTRIB have.
#[test]
fn a_cid_beyond_14_is_refused_before_anything_is_sent() {
    for parameters in [type_a(), type_b()] {
        for cid in [15, 16, 17, 0x41, 0xFF] {
            let mut air = alone(parameters.clone());
            let options = Options { cid: Some(cid), ..Options::default() };
            let error = activate(&mut air, &options).unwrap_err();
            assert_eq!(error, PcdError::Unsupported("CID beyond 14"));
            assert_eq!(air.now_fc(), 0);
        }
    }
}

#[test]
fn a_card_is_selected_by_its_uid_without_anticollision() {
    let mut air = alone(type_a());
    air.transceive(&Frame::short(0x26), 2000);
    assert_eq!(select_a(&mut air, &[4, 1, 2, 3, 4, 5, 6]), Ok(0x20));
    assert_eq!(air.picc().state(), State::Active);
    for len in [0, 1, 3, 5, 6, 8, 9, 11, 13] {
        let error = select_a(&mut air, &vec![1; len]);
        assert_eq!(error, Err(PcdError::Unsupported("UID of that length")));
    }
    assert_eq!(air.picc().state(), State::Active, "nothing was sent");
    assert!(matches!(select_a(&mut air, &[1, 2, 3, 4]), Err(PcdError::Silence { .. })));
}

/// SAK and cascade tag must say the same.
#[test]
fn a_sak_that_asks_for_more_where_there_is_none_is_an_error() {
    let crc = |bytes: &[u8]| Heard::Frame(Frame::with_crc(PiccType::A, bytes));
    let whole = |bytes: &[u8]| Heard::Frame(Frame::standard(bytes));
    let steps = [whole(&[4, 0]), whole(&[1, 2, 3, 4, 4]), crc(&[0x04])];
    let mut air = Anything(steps.into_iter().rev().collect());
    let options = Options { retries: 0, ..Options::default() };
    let error = poll_a(&mut air, &options).unwrap_err().to_string();
    assert!(error.contains("cascade tag"), "{error}");
}

/// An air on which anything is heard, for as long as there is something.
struct Anything(Vec<Heard>);

impl Air for Anything {
    fn transceive(&mut self, _: &Frame, _: u64) -> Heard {
        self.0.pop().unwrap_or(Heard::Nothing)
    }

    fn pause(&mut self, _: u64) {}

    fn now_fc(&self) -> u64 {
        0
    }
}

fn heard() -> impl Strategy<Value = Heard> {
    let bytes = prop_oneof![
        prop::sample::select(vec![0x02, 0x03, 0x12, 0x13, 0xA2, 0xA3, 0xC2, 0xF2])
            .prop_map(|b| vec![b]),
        Just(vec![0xF2, 0x01]),
        Just(vec![0x20]),
        Just(vec![0x05, 0x78, 0x77, 0x80, 0x02]),
        Just(vec![0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0x77, 0x81, 0x81]),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    let frames = (bytes, any::<bool>(), any::<bool>()).prop_map(|(bytes, a, crc)| match (a, crc) {
        (true, true) => Frame::with_crc(PiccType::A, &bytes),
        (true, false) => Frame::standard(&bytes),
        (false, _) => Frame::with_crc(PiccType::B, &bytes),
    });
    prop_oneof![
        8 => frames.clone().prop_map(Heard::Frame),
        1 => (frames, 0usize..60).prop_map(|(frame, at)| Heard::Collision { frame, at }),
        1 => Just(Heard::Nothing),
        1 => Just(Heard::Noise),
    ]
}

proptest! {
    /// Whatever a card says, the reader comes to an end.
    #[test]
    fn a_reader_bears_anything(said in prop::collection::vec(heard(), 0..60), a in any::<bool>()) {
        let mut air = Anything(said);
        let _ = activate(&mut air, &Options { rates: Rates::ALL, ..Options::default() });
        let of = if a { PiccType::A } else { PiccType::B };
        let mut session = Session::new(Link { fsc_bytes: 16, ..Link::new(of) });
        let _ = session.exchange(&mut air, &[0x11; 40]);
        let _ = session.is_present(&mut air, Presence::Nak);
        let mut session = Session::new(Link { fsc_bytes: 0, ..Link::new(of) });
        let _ = session.exchange(&mut air, &[0x11; 40]);
        let _ = session.deselect(&mut air);
    }
}

//! The air at which nfcpy's driver `udp` sends: one reader, and the cards in its field.
//!
//! Invariants:
//! * the field comes on with a reader's first frame and goes off when it says so or another reader
//!   sends a frame, so no card has a state of a reader that is gone: the driver takes a new socket
//!   for each search, and does not always say that it has closed the last one;
//! * a frame is answered at most once.
//!
//! The driver knows no collisions: it takes the answer to `9320` for one card's. Where several
//! cards answer differently it is told that the frame could not be read, and finds none of them.

use std::net::SocketAddr;

use super::datagram::{Datagram, Sent};
use crate::{
    field::{Field, GUARD_FC},
    link::{
        Application,
        pcd::{Air, Heard},
    },
};

/// How long an answer is listened for: the longest FWT there is and what a reader adds to it
/// (ISO/IEC 14443-4:2018, 7.2), for the driver does not say how long it waits.
const WAIT_FC: u64 = (4096 << 14) + 49_152;

/// Time between an answer and the reader's next frame (ISO/IEC 14443-3:2018, 6.2.1.2 and 6.2.1.4:
/// the request guard time, which is the longer one).
const PAUSE_FC: u64 = 7_000;

/// A reader's field behind a socket.
#[derive(Debug)]
pub struct Machine<A> {
    field: Field<A>,
    /// Whose field it is.
    reader: Option<SocketAddr>,
}

impl<A: Application> Machine<A> {
    /// Cards in a field that is off.
    #[must_use]
    pub const fn new(field: Field<A>) -> Self {
        Self { field, reader: None }
    }

    /// The field and what is in it.
    pub const fn field(&self) -> &Field<A> {
        &self.field
    }

    /// The same, to be changed.
    pub const fn field_mut(&mut self) -> &mut Field<A> {
        &mut self.field
    }

    /// A datagram comes; the one that answers it.
    pub fn on_datagram(&mut self, from: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
        let is_known = self.reader == Some(from);
        match Datagram::read(bytes)? {
            Datagram::FieldOff => {
                if is_known {
                    self.switch_off();
                }
                None
            }
            Datagram::Frame(sent) => {
                if !is_known {
                    self.switch_off();
                }
                self.reader = Some(from);
                self.answer(&sent)
            }
        }
    }

    /// Time passes and nothing comes, in microseconds.
    pub fn rest(&mut self, passed_us: u64) {
        self.field.pause(passed_us.saturating_mul(1356) / 100);
    }

    fn switch_off(&mut self) {
        self.reader = None;
        self.field.switch_off();
        self.field.pause(GUARD_FC);
    }

    fn answer(&mut self, sent: &Sent) -> Option<Vec<u8>> {
        if self.field.is_on() {
            self.field.pause(PAUSE_FC);
        } else {
            self.field.switch_on();
            self.field.pause(GUARD_FC + PAUSE_FC);
        }
        match self.field.transceive(&sent.frame, WAIT_FC) {
            Heard::Nothing => None,
            Heard::Frame(frame) if frame.rate == sent.frame.rate => Some(sent.answered_by(&frame)),
            Heard::Frame(_) | Heard::Collision { .. } | Heard::Noise => {
                Some(sent.answered_unreadably())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        field::Place,
        link::{
            Direction, Mute, Noise,
            noisy::Fault,
            picc::{Parameters, Picc, TypeA, TypeB, Uid},
        },
    };

    const FIRST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);
    const SECOND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_001);

    /// Answers with how many commands it has run, then the command.
    struct Fake(u8);

    impl Application for Fake {
        fn power_on(&mut self) -> Result<(), Mute> {
            Ok(())
        }

        fn power_off(&mut self) {}

        fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
            self.0 += 1;
            response.push(self.0);
            response.extend_from_slice(command);
            Ok(0)
        }

        fn direction(&self, _: [u8; 4]) -> Direction {
            Direction::Unknown
        }
    }

    fn type_a(uid: &[u8]) -> Picc<Fake> {
        let card = TypeA::new(Uid::fixed(uid).unwrap());
        Picc::new(Parameters::A(card), Fake(0), 1)
    }

    fn machine(cards: Vec<Picc<Fake>>) -> Machine<Fake> {
        let mut field = Field::new();
        for card in cards {
            field.enter(card);
        }
        Machine::new(field)
    }

    /// What the reader sends and hears, a line each; nothing behind `>` means no datagram.
    fn talk(machine: &mut Machine<Fake>, text: &str) {
        talk_from(FIRST, machine, text);
    }

    fn talk_from(reader: SocketAddr, machine: &mut Machine<Fake>, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (sent, heard) = line.split_once('>').unwrap();
            let got = machine.on_datagram(reader, sent.trim().as_bytes()).unwrap_or_default();
            assert_eq!(String::from_utf8(got).unwrap(), heard.trim(), "{line}");
        }
    }

    #[test]
    fn nfcpy_senses_a_card_of_type_a_and_speaks_blocks() {
        let mut machine = machine(vec![type_a(&[0x04, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66])]);
        talk(
            &mut machine,
            "
            106A 26 > 106A 4400
            106A 9320 > 106A 88041122bf
            106A 937088041122bf > 106A 04
            106A 9520 > 106A 3344556644
            106A 95703344556644 > 106A 20
            106A e080 > 106A 0578778002
            106A 0200a4 > 106A 020100a4
            106A b2 > 106A 020100a4
            106A b3 > 106A a2
            106A c2 > 106A c2
            106A 26 >
            106A 52 > 106A 4400
            RFOFF >
            106A 26 > 106A 4400
            212F 0600ffff0100 >
            RFOFF >
            ",
        );
        assert!(!machine.field().is_on());
    }

    #[test]
    fn and_one_of_type_b() {
        let card = TypeB::new(Some([1, 2, 3, 4]));
        let atqb = hex::encode(card.atqb([1, 2, 3, 4], true));
        let mut machine = machine(vec![Picc::new(Parameters::B(card), Fake(0), 1)]);
        let text = format!(
            "
            106A 26 >
            106B 050010 > 106B {atqb}
            106B 1d0102030400080100 > 106B 00
            106B 0200a4 > 106B 020100a4
            106B c2 > 106B c2
            "
        );
        talk(&mut machine, &text);
    }

    #[test]
    fn several_cards_cannot_be_read() {
        let cards = vec![type_a(&[0x12, 0x34, 0x56, 0x78]), type_a(&[0x12, 0x34, 0x56, 0x79])];
        let mut machine = machine(cards);
        talk(&mut machine, "106A 26 > 106A 0400\n 106A 9320 > 106A");
        machine.field_mut().leave(Place(1)).unwrap();
        talk(&mut machine, "106A 26 >\n 106A 26 > 106A 0400\n 106A 9320 > 106A 1234567808");
    }

    #[test]
    fn another_reader_begins_anew_and_one_that_is_gone_ends_nothing() {
        let mut machine = machine(vec![type_a(&[0x12, 0x34, 0x56, 0x78])]);
        let select = "106A 26 > 106A 0400\n 106A 93701234567808 > 106A 20";
        talk(&mut machine, select);
        talk_from(SECOND, &mut machine, select);
        machine.rest(1_000_000);
        talk(&mut machine, "RFOFF >");
        talk_from(SECOND, &mut machine, "106A e080 > 106A 0578778002\n RFOFF >");
        assert!(!machine.field().is_on());
    }

    #[test]
    fn a_damaged_frame_cannot_be_read_and_a_lost_one_is_not_answered() {
        for (kind, heard) in [(Fault::Loss, ""), (Fault::Damage, "106A"), (Fault::Delay, "")] {
            let mut machine = machine(vec![type_a(&[0x12, 0x34, 0x56, 0x78])]);
            talk(
                &mut machine,
                "
                106A 26 > 106A 0400
                106A 93701234567808 > 106A 20
                106A e080 > 106A 0578778002
                ",
            );
            machine.field_mut().set_noise(Noise::at(1, kind));
            let got = machine.on_datagram(FIRST, b"106A 0200a4").unwrap_or_default();
            assert_eq!(String::from_utf8(got).unwrap(), heard, "{kind:?}");
            if kind == Fault::Delay {
                // The card still speaks and does not hear.
                talk(&mut machine, "106A b2 >");
            }
            talk(&mut machine, "106A b2 > 106A 020100a4");
        }
    }

    proptest! {
        #[test]
        fn anything_may_come(
            datagrams in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..60),
                    "(106|212)[AB] ([0-9a-f]{2}){1,20}".prop_map(String::into_bytes),
                ],
                0..20,
            ),
        ) {
            let mut machine = machine(vec![type_a(&[0x12, 0x34, 0x56, 0x78])]);
            for datagram in datagrams {
                machine.on_datagram(FIRST, &datagram);
            }
        }
    }
}

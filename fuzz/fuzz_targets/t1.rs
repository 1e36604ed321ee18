//! The card's side of T=1: any characters, right blocks between them, pauses and resets.
//!
//! Held against: each turn of the card is one right block no longer than the reader takes; a
//! command runs only for an I-block that ends one; what is kept is never longer than an APDU.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tessera::link::{
    Contact,
    contact::{
        Character, Offer, Output, Parameters, Reset,
        block::{Block, Edc, Refusal, Repr, Supervision},
    },
};
use tessera_fuzz::{Bytes, Stand, reached};

/// The longest command APDU.
const COMMAND_BYTES_MAX: usize = 4 + 3 + 65_535 + 2;

struct Line {
    card: Contact<Stand>,
    edc: Edc,
    now_clk: u64,
    ifsd_bytes: usize,
    /// I-blocks that end a command.
    ends: usize,
}

impl Line {
    fn new(kind: u8) -> Self {
        let crc = Edc::Crc { complemented: kind & 2 != 0, low_first: kind & 4 != 0 };
        let edc = if kind & 1 == 0 { Edc::Lrc } else { crc };
        let parameters = Parameters {
            offer: Offer::T1,
            edc: Some(edc),
            ifsc_bytes: Some([32, 1, 254, 16][usize::from(kind >> 3 & 3)]),
            bwi_cwi: Some((0, kind >> 5)),
            ifs_request_bytes: (kind == 0xA8).then_some(20),
            ..Parameters::default()
        };
        let card = Contact::new(parameters, Stand::default());
        let mut line = Self { card, edc, now_clk: 0, ifsd_bytes: 32, ends: 0 };
        line.reset(Reset::Cold);
        line
    }

    fn reset(&mut self, reset: Reset) {
        self.card.reset(self.now_clk, reset);
        let atr = self.card.poll_output().expect("a card that comes up answers");
        self.now_clk = atr.end_clk();
        self.ifsd_bytes = 32;
    }

    fn send(&mut self, bytes: &[u8]) {
        // A block that ends with them may be right by chance.
        self.ends += 1;
        self.now_clk = self.card.on_bytes(self.now_clk, bytes);
        self.hear();
    }

    fn block(&mut self, pcb: u8, information: &[u8]) {
        let mut block = Vec::new();
        Repr::I { number: 0, more: false, information }.emit(0, Edc::Lrc, &mut block);
        block.truncate(3 + information.len());
        block[1] = pcb;
        let mut check = Vec::new();
        append_check(self.edc, &block, &mut check);
        block.extend(check);
        // So may one that began before this.
        let has_begun = self.card.poll_deadline().is_some();
        self.ends += usize::from(has_begun || pcb & 0xA0 == 0);
        self.now_clk = self.card.on_bytes(self.now_clk, &block);
        self.hear();
    }

    fn wait(&mut self) {
        if let Some(deadline_clk) = self.card.poll_deadline() {
            reached("a block cut short");
            self.now_clk = self.now_clk.max(deadline_clk);
            self.card.on_deadline(self.now_clk);
            self.hear();
        }
    }

    fn hear(&mut self) {
        let Some(output) = self.card.poll_output() else { return };
        self.now_clk = self.now_clk.max(output.end_clk());
        self.judge(&output);
        assert_eq!(self.card.poll_output(), None, "one turn is one block");
        let stand = self.card.application();
        assert!(stand.runs <= self.ends);
        assert!(stand.command_bytes_max <= COMMAND_BYTES_MAX);
    }

    fn judge(&mut self, output: &Output) {
        let block = Block::new_checked(output.bytes.as_slice(), self.edc).expect("a right block");
        match Repr::parse(&block).expect("a block that means something") {
            Repr::I { more, information, .. } => {
                assert!(information.len() <= self.ifsd_bytes);
                reached(if more { "a part of an answer" } else { "the end of an answer" });
            }
            Repr::R { refusal: None, .. } => reached("a part acknowledged"),
            Repr::R { refusal: Some(Refusal::Check), .. } => reached("a check refused"),
            Repr::R { refusal: Some(Refusal::Other), .. } => reached("a block refused"),
            Repr::Request(Supervision::Wtx(_)) => reached("time asked for"),
            Repr::Request(Supervision::Ifs(_)) => reached("another length asked for"),
            Repr::Request(_) => panic!("a card neither resynchronises nor aborts"),
            Repr::Response(Supervision::Ifs(bytes)) => {
                self.ifsd_bytes = bytes.into();
                reached("another length agreed on");
            }
            Repr::Response(Supervision::Resynch) => {
                self.ifsd_bytes = 32;
                reached("resynchronised");
            }
            Repr::Response(Supervision::Abort) => reached("aborted"),
            Repr::Response(Supervision::Wtx(_)) => panic!("only a reader answers that"),
        }
    }
}

fn append_check(edc: Edc, block: &[u8], check: &mut Vec<u8>) {
    // Whatever PCB there is, the check is that of the bytes.
    match edc {
        Edc::Lrc => check.push(block.iter().fold(0, |sum, byte| sum ^ byte)),
        Edc::Crc { complemented, low_first } => {
            let crc = tessera::link::crc::crc_t1(block)
                .map(|byte| if complemented { !byte } else { byte });
            check.extend(crc);
            if low_first {
                check.reverse();
            }
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut bytes = Bytes(input);
    let Some(kind) = bytes.next() else { return };
    let mut line = Line::new(kind);
    while let Some(what) = bytes.next() {
        match what {
            // A right block with this PCB.
            0x00..=0x7F | 0x80..=0x9F | 0xC0..=0xEF => {
                let length = bytes.next().unwrap_or(0);
                let information = bytes.take(length.min(254).into());
                line.block(what, information);
            }
            0xA0..=0xAF => line.send(bytes.take(usize::from(what & 0x0F))),
            0xB0 => line.card.on_character(line.now_clk, Character::damaged(0x00)),
            0xB1 => line.wait(),
            0xB2 => line.now_clk += 1 << 20,
            0xB3 => line.reset(Reset::Warm),
            // The same part of a long chain, many times.
            0xB4 => {
                let part = bytes.take(254);
                let times = bytes.next().unwrap_or(0);
                for n in 0..usize::from(times) {
                    line.block(0x20 | (n as u8 & 1) << 6, part);
                }
            }
            _ => {}
        }
    }
    line.wait();
});

//! A card in a reader: both ends, the clock they share, and what befalls what they send.
//!
//! A block of T=1 is lost, damaged in a bit, late or doubled whole. Of damage in LEN the parity
//! tells, of all other only the check: a LEN that is wrong unnoticed makes another block of the
//! characters, which is right by chance one time in 256, and T=1 has no help against that. A late
//! block of the reader arrives just before it sends next, one of the card just after, and what was
//! said behind it comes behind it: a line does not change the order. A doubled one comes again as
//! soon as the line is free.
//!
//! The reader sends nothing while the card is speaking, though it may have stopped listening: the
//! card would not hear it.
//!
//! On T=0 a character is damaged so that its parity tells, whatever fault is drawn: nothing else
//! happens to a character that this model knows. The answer to reset and PPS are spared.

use std::collections::VecDeque;

use super::line::Line;
use crate::link::{
    Application, Contact, Fate, Noise,
    contact::{Character, Output, Reset},
};

/// A card in a reader.
#[derive(Clone, Debug)]
pub struct Wired<A> {
    contact: Contact<A>,
    noise: Noise,
    now_clk: u64,
    /// The card has said all it has begun to say.
    free_clk: u64,
    spoken: Spoken,
    /// What the card is sending, and which character comes next.
    current: Turn,
    at: usize,
    /// What comes after it.
    behind: VecDeque<Turn>,
    /// A block of the reader that is still on its way.
    late_to_card: Option<Vec<u8>>,
    /// Blocks of the card that are still on their way.
    late_to_reader: VecDeque<Turn>,
    block: Vec<u8>,
}

/// What the card says in one turn, as it reaches the reader.
#[derive(Clone, Debug, Default)]
struct Turn {
    output: Output,
    /// The character whose parity is wrong.
    wrong: Option<usize>,
}

/// What is on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Spoken {
    /// The answer to reset, or PPS.
    Beginning,
    /// T=0.
    Characters,
    /// T=1.
    Blocks,
}

impl<A: Application> Wired<A> {
    /// A card without power.
    #[must_use]
    pub fn new(contact: Contact<A>, noise: Noise) -> Self {
        Self {
            contact,
            noise,
            now_clk: 0,
            free_clk: 0,
            spoken: Spoken::Beginning,
            current: Turn::default(),
            at: 0,
            behind: VecDeque::new(),
            late_to_card: None,
            late_to_reader: VecDeque::new(),
            block: Vec::new(),
        }
    }

    /// The card.
    #[must_use]
    pub const fn contact(&self) -> &Contact<A> {
        &self.contact
    }

    /// The card, to be changed.
    pub const fn contact_mut(&mut self) -> &mut Contact<A> {
        &mut self.contact
    }

    /// The card, taken out of the reader.
    #[must_use]
    pub fn into_contact(self) -> Contact<A> {
        self.contact
    }

    /// What befalls blocks.
    #[must_use]
    pub const fn noise(&self) -> &Noise {
        &self.noise
    }

    /// Other things befall blocks from here on.
    pub fn set_noise(&mut self, noise: Noise) {
        self.noise = noise;
    }

    fn forget(&mut self) {
        self.current.output.bytes.clear();
        self.at = 0;
        self.behind.clear();
    }

    /// The card has a block, and what it says to it comes behind what it said before.
    fn deliver(&mut self, bytes: &[u8], wrong: Option<usize>, from_clk: u64, guard_clk: u64) {
        let mut at_clk = from_clk;
        for (n, &byte) in bytes.iter().enumerate() {
            let parity_ok = wrong != Some(n);
            self.contact.on_character(at_clk, Character { byte, parity_ok });
            self.now_clk = at_clk;
            at_clk = at_clk.saturating_add(guard_clk);
        }
    }

    /// Takes what the card sends now, before it hears more.
    fn drain(&mut self) {
        while let Some(output) = self.contact.poll_output() {
            self.free_clk = output.end_clk();
            let fate = self.noise.fate(8 * output.bytes.len());
            self.pass(Turn { output, wrong: None }, fate);
        }
    }

    fn pass(&mut self, mut turn: Turn, fate: Fate) {
        if !self.late_to_reader.is_empty() {
            self.late_to_reader.push_back(turn);
            return;
        }
        match fate {
            Fate::Passes => self.behind.push_back(turn),
            Fate::IsLost => {}
            Fate::IsDamaged { bit } => {
                turn.wrong = turn_round(&mut turn.output.bytes, bit);
                self.behind.push_back(turn);
            }
            Fate::IsLate => self.late_to_reader.push_back(turn),
            Fate::IsDoubled => {
                let mut again = turn.clone();
                again.output.at_clk = turn.output.end_clk();
                self.behind.push_back(turn);
                self.behind.push_back(again);
            }
        }
    }

    fn send_block(&mut self, bytes: &[u8], from_clk: u64, guard_clk: u64) {
        let mut from_clk = from_clk;
        // What is late from before comes before all that is said now.
        let late_to_reader = std::mem::take(&mut self.late_to_reader);
        if let Some(late) = self.late_to_card.take() {
            self.deliver(&late, None, from_clk, guard_clk);
            self.drain();
            from_clk = self.now_clk.saturating_add(guard_clk).max(self.free_clk);
        }
        match self.noise.fate(8 * bytes.len()) {
            Fate::Passes => self.deliver(bytes, None, from_clk, guard_clk),
            Fate::IsLost => {}
            Fate::IsDamaged { bit } => {
                let mut block = std::mem::take(&mut self.block);
                block.clear();
                block.extend_from_slice(bytes);
                let wrong = turn_round(&mut block, bit);
                self.deliver(&block, wrong, from_clk, guard_clk);
                self.block = block;
            }
            Fate::IsLate => self.late_to_card = Some(bytes.to_vec()),
            Fate::IsDoubled => {
                self.deliver(bytes, None, from_clk, guard_clk);
                self.drain();
                let again_clk = self.now_clk.saturating_add(guard_clk).max(self.free_clk);
                self.deliver(bytes, None, again_clk, guard_clk);
            }
        }
        let distances = bytes.len().saturating_sub(1) as u64;
        self.now_clk = from_clk.saturating_add(distances.saturating_mul(guard_clk));
        for mut late in late_to_reader.into_iter().rev() {
            late.output.at_clk = self.now_clk;
            self.behind.push_front(late);
        }
    }

    /// The next character passes, as one of a block that has passed does.
    fn is_spared(&mut self) -> bool {
        self.spoken != Spoken::Characters || self.noise.fate(8) == Fate::Passes
    }

    fn send_characters(&mut self, bytes: &[u8], from_clk: u64, guard_clk: u64) -> usize {
        let mut at_clk = from_clk;
        for (n, &byte) in bytes.iter().enumerate() {
            let parity_ok = self.is_spared();
            self.contact.on_character(at_clk, Character { byte, parity_ok });
            self.now_clk = at_clk;
            at_clk = at_clk.saturating_add(guard_clk);
            if parity_ok {
                continue;
            }
            match self.contact.poll_output() {
                Some(output) if output.is_error_signal => {
                    self.now_clk = output.at_clk;
                    return n;
                }
                Some(output) => {
                    self.free_clk = output.end_clk();
                    self.behind.push_back(Turn { output, wrong: None });
                }
                None => {}
            }
        }
        bytes.len()
    }

    /// The next output of the card moves to `current`. False when there is none.
    fn refill(&mut self) -> bool {
        self.at = 0;
        loop {
            if let Some(turn) = self.behind.pop_front() {
                self.current = turn;
                return true;
            }
            self.current.wrong = None;
            if !self.contact.poll_output_into(&mut self.current.output) {
                return false;
            }
            self.free_clk = self.current.output.end_clk();
            let bits = 8 * self.current.output.bytes.len();
            let blocks = self.spoken == Spoken::Blocks;
            let fate = if blocks { self.noise.fate(bits) } else { Fate::Passes };
            if fate == Fate::Passes && self.late_to_reader.is_empty() {
                return true;
            }
            let turn = std::mem::take(&mut self.current);
            self.pass(turn, fate);
        }
    }
}

/// Turns a bit round. Returns the character whose parity tells.
fn turn_round(bytes: &mut [u8], bit: usize) -> Option<usize> {
    let at = bit / 8;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << (bit % 8);
    }
    (at == 2).then_some(at)
}

impl<A: Application> Line for Wired<A> {
    fn now_clk(&self) -> u64 {
        self.now_clk
    }

    fn pause(&mut self, clk: u64) {
        self.now_clk = self.now_clk.saturating_add(clk);
    }

    fn reset(&mut self, reset: Reset) {
        self.forget();
        self.late_to_card = None;
        self.late_to_reader.clear();
        self.spoken = Spoken::Beginning;
        self.free_clk = 0;
        self.contact.reset(self.now_clk, reset);
    }

    fn power_off(&mut self) {
        self.forget();
        self.contact.power_off();
    }

    fn speak_blocks(&mut self, blocks: bool) {
        self.spoken = if blocks { Spoken::Blocks } else { Spoken::Characters };
    }

    fn send(&mut self, bytes: &[u8], turn_clk: u64, guard_clk: u64) -> usize {
        self.forget();
        let from_clk = self.now_clk.saturating_add(turn_clk).max(self.free_clk);
        if self.spoken == Spoken::Blocks {
            self.send_block(bytes, from_clk, guard_clk);
            return bytes.len();
        }
        self.send_characters(bytes, from_clk, guard_clk)
    }

    fn hear(&mut self, wait_clk: u64) -> Option<Character> {
        let until_clk = self.now_clk.saturating_add(wait_clk);
        loop {
            let Turn { output, wrong } = &self.current;
            if let Some(&byte) = output.bytes.get(self.at) {
                let behind_clk = (self.at as u64).saturating_mul(output.spacing_clk);
                let at_clk = output.at_clk.saturating_add(behind_clk).max(self.now_clk);
                if at_clk > until_clk {
                    break;
                }
                let parity_ok = *wrong != Some(self.at) && self.is_spared();
                self.at += 1;
                self.now_clk = at_clk;
                return Some(Character { byte, parity_ok });
            }
            if self.refill() {
                continue;
            }
            match self.contact.poll_deadline() {
                Some(deadline_clk) if deadline_clk <= until_clk => {
                    self.contact.on_deadline(deadline_clk);
                }
                _ => break,
            }
        }
        self.now_clk = until_clk;
        None
    }

    fn signal_error(&mut self) {
        if self.spoken != Spoken::Blocks && self.at > 0 {
            self.contact.on_error_signal(self.now_clk, self.at - 1);
            self.current.output.bytes.clear();
        }
    }
}

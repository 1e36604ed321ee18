//! A card in a reader: both ends, the clock they share, and what befalls what they send.
//!
//! A block of T=1 is lost, damaged in a bit that parity does not tell, late or doubled whole. A
//! late one arrives just before, or just after, the reader sends next; a doubled one again as soon
//! as the line is free. On T=0 a character is damaged so that its parity tells, whatever fault is
//! drawn: nothing else happens to a character that this model knows.

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
    blocks: bool,
    /// What the card is sending, and which character comes next.
    current: Output,
    at: usize,
    /// What comes after it.
    behind: VecDeque<Output>,
    /// A block of the reader that is still on its way.
    late_to_card: Option<Vec<u8>>,
    /// A block of the card that is still on its way.
    late_to_reader: Option<Output>,
    block: Vec<u8>,
}

impl<A: Application> Wired<A> {
    /// A card without power.
    #[must_use]
    pub fn new(contact: Contact<A>, noise: Noise) -> Self {
        Self {
            contact,
            noise,
            now_clk: 0,
            blocks: false,
            current: Output::default(),
            at: 0,
            behind: VecDeque::new(),
            late_to_card: None,
            late_to_reader: None,
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
        self.current.bytes.clear();
        self.at = 0;
        self.behind.clear();
    }

    /// The card has a block, and what it says to it comes behind what it said before.
    fn deliver(&mut self, bytes: &[u8], from_clk: u64, guard_clk: u64) {
        let mut at_clk = from_clk;
        for &byte in bytes {
            self.contact.on_character(at_clk, Character::intact(byte));
            self.now_clk = at_clk;
            at_clk = at_clk.saturating_add(guard_clk);
        }
    }

    /// Takes what the card sends now, before it hears more.
    fn drain(&mut self) {
        while let Some(output) = self.contact.poll_output() {
            let fate = self.noise.fate(8 * output.bytes.len());
            self.pass(output, fate);
        }
    }

    fn pass(&mut self, mut output: Output, fate: Fate) {
        match fate {
            Fate::Passes => self.behind.push_back(output),
            Fate::IsLost => {}
            Fate::IsDamaged { bit } => {
                turn_round(&mut output.bytes, bit);
                self.behind.push_back(output);
            }
            Fate::IsLate => self.late_to_reader = Some(output),
            Fate::IsDoubled => {
                let again = Output { at_clk: output.end_clk(), ..output.clone() };
                self.behind.push_back(output);
                self.behind.push_back(again);
            }
        }
    }

    fn send_block(&mut self, bytes: &[u8], from_clk: u64, guard_clk: u64) {
        if let Some(late) = self.late_to_card.take() {
            self.deliver(&late, from_clk.saturating_sub(1), guard_clk);
            self.drain();
        }
        let late_to_reader = self.late_to_reader.take();
        match self.noise.fate(8 * bytes.len()) {
            Fate::Passes => self.deliver(bytes, from_clk, guard_clk),
            Fate::IsLost => {}
            Fate::IsDamaged { bit } => {
                let mut block = std::mem::take(&mut self.block);
                block.clear();
                block.extend_from_slice(bytes);
                turn_round(&mut block, bit);
                self.deliver(&block, from_clk, guard_clk);
                self.block = block;
            }
            Fate::IsLate => self.late_to_card = Some(bytes.to_vec()),
            Fate::IsDoubled => {
                self.deliver(bytes, from_clk, guard_clk);
                self.drain();
                let free_clk = self.behind.back().map_or(self.now_clk, Output::end_clk);
                self.deliver(bytes, free_clk, guard_clk);
            }
        }
        let distances = bytes.len().saturating_sub(1) as u64;
        self.now_clk = from_clk.saturating_add(distances.saturating_mul(guard_clk));
        if let Some(late) = late_to_reader {
            self.behind.push_front(Output { at_clk: self.now_clk, ..late });
        }
    }

    fn send_characters(&mut self, bytes: &[u8], from_clk: u64, guard_clk: u64) -> usize {
        let mut at_clk = from_clk;
        for (n, &byte) in bytes.iter().enumerate() {
            let parity_ok = self.noise.fate(8) == Fate::Passes;
            self.contact.on_character(at_clk, Character { byte, parity_ok });
            self.now_clk = at_clk;
            at_clk = at_clk.saturating_add(guard_clk);
            if !parity_ok && self.contact.poll_output().is_some_and(|out| out.is_error_signal) {
                return n;
            }
        }
        bytes.len()
    }

    /// The next output of the card moves to `current`. False when there is none.
    fn refill(&mut self) -> bool {
        self.at = 0;
        loop {
            if let Some(output) = self.behind.pop_front() {
                self.current = output;
                return true;
            }
            if !self.contact.poll_output_into(&mut self.current) {
                return false;
            }
            let bits = 8 * self.current.bytes.len();
            let fate = if self.blocks { self.noise.fate(bits) } else { Fate::Passes };
            if fate == Fate::Passes {
                return true;
            }
            let output = std::mem::take(&mut self.current);
            self.pass(output, fate);
        }
    }
}

fn turn_round(bytes: &mut [u8], bit: usize) {
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
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
        self.late_to_reader = None;
        self.blocks = false;
        self.contact.reset(self.now_clk, reset);
    }

    fn power_off(&mut self) {
        self.forget();
        self.contact.power_off();
    }

    fn speak_blocks(&mut self, blocks: bool) {
        self.blocks = blocks;
    }

    fn send(&mut self, bytes: &[u8], turn_clk: u64, guard_clk: u64) -> usize {
        self.forget();
        let from_clk = self.now_clk.saturating_add(turn_clk);
        if self.blocks {
            self.send_block(bytes, from_clk, guard_clk);
            return bytes.len();
        }
        self.send_characters(bytes, from_clk, guard_clk)
    }

    fn hear(&mut self, wait_clk: u64) -> Option<Character> {
        let until_clk = self.now_clk.saturating_add(wait_clk);
        loop {
            if let Some(&byte) = self.current.bytes.get(self.at) {
                let behind_clk = (self.at as u64).saturating_mul(self.current.spacing_clk);
                let at_clk = self.current.at_clk.saturating_add(behind_clk).max(self.now_clk);
                if at_clk > until_clk {
                    break;
                }
                self.at += 1;
                self.now_clk = at_clk;
                let parity_ok = self.blocks || self.noise.fate(8) == Fate::Passes;
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
        if !self.blocks && self.at > 0 {
            self.contact.on_error_signal(self.now_clk, self.at - 1);
            self.current.bytes.clear();
        }
    }
}

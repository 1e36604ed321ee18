//! A card that a test plays from a script.

use std::collections::VecDeque;

use super::super::*;
use crate::link::contact::Character;

pub(super) type Steps<'a> = &'a [(&'a str, &'a str)];

/// A card played from a script: for what the reader sends each time, what comes back.
#[derive(Default)]
pub(super) struct Script {
    pub(super) steps: VecDeque<(String, String)>,
    /// What comes back then, whatever is sent.
    pub(super) any: VecDeque<Vec<u8>>,
    /// What comes back when all is over, again and again.
    pub(super) endless: String,
    pub(super) coming: VecDeque<u8>,
    pub(super) now_clk: u64,
    /// The reader has sent something before it had heard all.
    pub(super) has_spoken_over: bool,
}

impl Script {
    pub(super) fn new(steps: Steps<'_>) -> Self {
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
        let kind = if reset == Reset::Cold { "cold" } else { "warm" };
        self.step(kind.into());
    }

    fn power_off(&mut self) {
        self.coming.clear();
    }

    fn speak_blocks(&mut self, _: bool) {}

    fn send(&mut self, bytes: &[u8], _: u64, _: u64) -> usize {
        self.has_spoken_over |= !self.coming.is_empty();
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
        if self.steps.is_empty()
            && let Some(back) = self.any.pop_front()
        {
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
pub(super) fn ifd(atr: &str, steps: Steps<'_>) -> Ifd<Script> {
    let mut script = Script::new(steps);
    script.steps.push_front(("cold".into(), atr.into()));
    let mut ifd = Ifd::on(script);
    assert_eq!(hex::encode_upper(ifd.power_on().unwrap()), atr);
    ifd
}

/// The same, with blocks of T=1 without their checks; `!` is a wrong one.
pub(super) fn at_blocks(atr: &str, steps: Steps<'_>) -> Ifd<Script> {
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
pub(super) fn stubborn(atr: &str, endless: &str) -> Ifd<Script> {
    let mut ifd = ifd(atr, &[]);
    ifd.line_mut().endless = endless.into();
    ifd
}

pub(super) fn apdu(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

/// The APDUs come to this, and the script is over.
pub(super) fn plays(mut ifd: Ifd<Script>, apdus: &[(&str, Result<&str, IfdError>)]) {
    for &(command, response) in apdus {
        let came = ifd.exchange(&apdu(command)).map(hex::encode_upper);
        assert_eq!(came, response.map(String::from));
    }
    assert!(ifd.line().steps.is_empty(), "{:?}", ifd.line().steps);
    assert!(!ifd.line().has_spoken_over);
}

pub(super) const T0_ATR: &str = "3B00";
pub(super) const T1_ATR: &str = "3B8281312045564342";
/// The card takes blocks of four bytes.
pub(super) const T1_SHORT_ATR: &str = "3B808131044571";

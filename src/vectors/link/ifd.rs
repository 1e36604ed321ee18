//! A dialogue with the reader's side of the line: the reader is given orders, `>` is what it has
//! to send at once, and the file plays the card.

use std::collections::VecDeque;

use crate::{
    link::{
        contact::{Character, FiDi, Protocol, Reset},
        ifd::{Ifd, Line},
    },
    vectors::run::{Failure, spaced},
};

use super::{
    Action, Answer, Dialogue, Event, Form, Step,
    run::{Check, Held, words},
};

/// Holds the dialogue.
pub(super) fn hold(held: Held, dialogue: &Dialogue) -> Check {
    let file = File { steps: &[], now_clk: 0, to_hear: VecDeque::new(), held, failure: None };
    let mut ifd = Ifd::on(file);
    let mut steps = dialogue.steps.as_slice();
    while let Some((step, rest)) = steps.split_first() {
        let Action::Event(order, atr) = &step.action else { break };
        let exchanges = rest.iter().take_while(|step| matches!(step.action, Action::Exchange(..)));
        let (exchanges, rest) = rest.split_at(exchanges.count());
        let file = ifd.line_mut();
        file.held.said(step.line, &format!("+ {}", words(order)));
        file.steps = exchanges;
        file.to_hear.clear();
        if let Some(atr) = atr {
            file.play(atr);
        }
        let got = obey(order, &mut ifd);
        let file = ifd.line_mut();
        file.ended()?;
        match (rest.split_first(), got) {
            (_, got) if *order == Event::Reset => {
                if let Err(why) = got {
                    let what = format!("reader: {why}");
                    return Err(file.held.failure(step.line, &what, "an answer to reset", "none"));
                }
                steps = rest;
            }
            (Some((Step { line, action: Action::Outcome(expected) }, rest)), got) => {
                file.held.came_to(*line, expected, got)?;
                steps = rest;
            }
            _ => break,
        }
    }
    Ok(())
}

fn obey(order: &Event, ifd: &mut Ifd<File<'_>>) -> Result<Option<Vec<u8>>, String> {
    let done = match order {
        Event::Reset => ifd.reset(Reset::Cold).map(Some),
        Event::Run(command) => ifd.exchange(command).map(Some),
        Event::Choose(protocol, fi_di) => {
            let protocol = if *protocol == 1 { Protocol::T1 } else { Protocol::T0 };
            let fi_di = FiDi::new(*fi_di).ok_or("F or D is reserved")?;
            ifd.choose(protocol, fi_di).map(|()| None)
        }
        _ => return Err("there is no such order at a line".into()),
    };
    done.map_err(|error| error.to_string())
}

/// The card's side, out of the file.
struct File<'f> {
    /// What is still to come of this order.
    steps: &'f [Step],
    now_clk: u64,
    to_hear: VecDeque<Character>,
    held: Held,
    /// What went wrong; nothing is played any more.
    failure: Option<Box<Failure>>,
}

impl File<'_> {
    /// The order is carried out: nothing of the file may be left.
    fn ended(&mut self) -> Check {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        match self.steps.first() {
            None => Ok(()),
            Some(step) => {
                let what = "reader: it sends nothing more";
                Err(self.held.failure(step.line, what, "what this line says", "nothing"))
            }
        }
    }

    fn play(&mut self, answer: &Answer) {
        let (bytes, damaged) = match &answer.form {
            Form::Played(bytes, damaged) => (bytes.as_slice(), *damaged),
            Form::Damaged => (&[0x00][..], true),
            _ => (&[][..], false),
        };
        let mark = if damaged { " ~" } else { "" };
        let text = if bytes.is_empty() { "none".into() } else { spaced(bytes) };
        self.held.said(answer.line, &format!("< {text}{mark}"));
        self.to_hear.extend(bytes.iter().map(|&byte| Character::intact(byte)));
        if let Some(last) = self.to_hear.back_mut() {
            last.parity_ok = !damaged;
        }
    }

    fn wrong(&mut self, line: usize, what: &str, expected: &str, got: &str) {
        if self.failure.is_none() {
            self.failure = Some(self.held.failure(line, what, expected, got));
        }
    }
}

impl Line for File<'_> {
    fn now_clk(&self) -> u64 {
        self.now_clk
    }

    fn pause(&mut self, clk: u64) {
        self.now_clk = self.now_clk.saturating_add(clk);
    }

    fn reset(&mut self, _reset: Reset) {}

    fn power_off(&mut self) {}

    fn speak_blocks(&mut self, _blocks: bool) {}

    fn send(&mut self, bytes: &[u8], turn_clk: u64, guard_clk: u64) -> usize {
        let takes_clk = guard_clk.saturating_mul(bytes.len() as u64);
        self.pause(turn_clk.saturating_add(takes_clk));
        if self.failure.is_some() {
            return bytes.len();
        }
        self.to_hear.clear();
        let Some((step, rest)) = self.steps.split_first() else {
            let what = "reader: it goes on where the file has nothing more";
            self.wrong(0, what, "nothing", &spaced(bytes));
            return bytes.len();
        };
        self.steps = rest;
        let Action::Exchange(sent, answer) = &step.action else { return bytes.len() };
        let expected = match self.held.bytes(step.line, sent) {
            Ok(expected) => expected,
            Err(failure) => {
                self.failure = Some(failure);
                return bytes.len();
            }
        };
        self.held.said(step.line, &format!("> {}", spaced(bytes)));
        if expected == bytes {
            self.play(answer);
        } else {
            let what = "reader: it sends something else";
            self.wrong(step.line, what, &spaced(&expected), &spaced(bytes));
        }
        bytes.len()
    }

    fn hear(&mut self, wait_clk: u64) -> Option<Character> {
        let character = self.to_hear.pop_front();
        self.pause(if character.is_some() { 1 } else { wait_clk });
        character
    }

    fn signal_error(&mut self) {}
}

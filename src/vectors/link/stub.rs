//! What stands behind a link when a vector names no profile: commands with their answers, as the
//! vector lists them.

use std::{cell::RefCell, rc::Rc};

use crate::link::{Application, Direction, Mute};

/// A command the stand-in knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The command APDU.
    pub command: Vec<u8>,
    /// What it answers; none: it is mute from then on.
    pub answer: Option<Vec<u8>>,
    /// How long it takes, in microseconds.
    pub took_us: u64,
}

#[derive(Debug, Default)]
struct Script {
    known: Vec<Known>,
    runs: usize,
    unknown: Vec<Vec<u8>>,
}

/// A stand-in. Its clones are one and the same, so that a runner can go on telling it commands
/// when a link has it.
#[derive(Clone, Debug, Default)]
pub struct Stub {
    script: Rc<RefCell<Script>>,
}

impl Stub {
    /// From now on it answers this command so.
    pub fn learn(&self, known: Known) {
        let mut script = self.script.borrow_mut();
        script.known.retain(|before| before.command != known.command);
        script.known.push(known);
    }

    /// Commands that have come.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.script.borrow().runs
    }

    /// The first command that came and is not known: the vector or the link is wrong.
    #[must_use]
    pub fn unknown(&self) -> Option<Vec<u8>> {
        self.script.borrow().unknown.first().cloned()
    }
}

impl Application for Stub {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        let mut script = self.script.borrow_mut();
        script.runs += 1;
        let Some(known) = script.known.iter().find(|known| known.command == command).cloned()
        else {
            script.unknown.push(command.to_vec());
            response.extend([0x6D, 0x00]);
            return Ok(0);
        };
        response.extend(known.answer.ok_or(Mute)?);
        Ok(known.took_us)
    }

    /// Commands of four bytes and those with data go in, those with Le alone go out. Which it is
    /// of those that are listed both ways, the last one says.
    fn direction(&self, header: [u8; 4]) -> Direction {
        let script = self.script.borrow();
        let known = script.known.iter().rev().find(|known| known.command.starts_with(&header));
        match known.map(|known| known.command.len()) {
            None => Direction::Unknown,
            Some(5) => Direction::Out,
            Some(_) => Direction::In,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_what_it_was_told_last_and_counts_the_rest() {
        let mut stub = Stub::default();
        let told = stub.clone();
        let known = |answer: &[u8]| Known {
            command: vec![0, 0xB0, 0, 0, 4],
            answer: Some(answer.to_vec()),
            took_us: 7,
        };
        told.learn(known(&[1]));
        told.learn(known(&[2]));
        let mut response = Vec::new();
        assert_eq!(stub.exchange(&[0, 0xB0, 0, 0, 4], &mut response), Ok(7));
        assert_eq!(stub.exchange(&[0, 0xB0, 0, 0], &mut response), Ok(0));
        assert_eq!(response, [2, 0x6D, 0x00]);
        assert_eq!((told.runs(), told.unknown()), (2, Some(vec![0, 0xB0, 0, 0])));
        assert_eq!(stub.direction([0, 0xB0, 0, 0]), Direction::Out);
        assert_eq!(stub.direction([0, 0xB1, 0, 0]), Direction::Unknown);
    }
}

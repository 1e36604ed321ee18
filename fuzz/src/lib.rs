//! What the targets share: a reading of the fuzzer's bytes, a card's stand-in, and a note of what a
//! run has reached.

use std::sync::Mutex;

use tessera::link::{Application, Direction, Mute};

/// The fuzzer's bytes, from the first to the last; behind them there is nothing.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next byte.
    pub fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// So many of those that are left, or all.
    pub fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Answers so long, and takes so long, as the command's first bytes say. The bytes of an answer say
/// which run they are from.
#[derive(Clone, Debug, Default)]
pub struct Stand {
    /// Commands that were run.
    pub runs: usize,
    /// The longest command.
    pub command_bytes_max: usize,
}

impl Application for Stand {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.runs += 1;
        self.command_bytes_max = self.command_bytes_max.max(command.len());
        let [length, took] = [0, 1].map(|n| command.get(n).copied().unwrap_or(0));
        if [length, took] == [0xFF, 0xFF] {
            return Err(Mute);
        }
        response.resize(usize::from(length) * 3, self.runs as u8);
        response.extend([0x90, 0x00]);
        Ok(u64::from(took) * u64::from(took) * 200)
    }

    fn direction(&self, [_, ins, ..]: [u8; 4]) -> Direction {
        [Direction::In, Direction::Out, Direction::Unknown][usize::from(ins % 3)]
    }
}

static REACHED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// Notes that a run came here, and says so the first time: a run that finds nothing should at least
/// tell where it looked.
pub fn reached(what: &'static str) {
    let mut reached = REACHED.lock().unwrap();
    if !reached.contains(&what) {
        reached.push(what);
        eprintln!("reached {:2}: {what}", reached.len());
    }
}

//! A hostile applet: commands that reach for any offset, counter and applet they are told to.
//!
//! | INS | what it does |
//! |---|---|
//! | 10 | reads, and answers the whole of what it read |
//! | 12, 14, 16 | stores at once; inside a transaction; in one with good stores around, errors swallowed |
//! | 18 | copies within the segment, from its start |
//! | 1A | fills its RAM with its mark |
//! | 1C | reads through a typed place that lies beyond the segment |
//! | 1E | answers the lengths and contents of its RAM |
//! | 20, 22 | reads counter P1; sets it |
//! | 24 | asks another applet: P1 = 00 the left one, 01 the MF, 02 one that is not there |
//! | 26 | stores and counts, whatever it is told |
//! | 28 | asks the application whose name's length and name begin the data, with what is behind them |

#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::atomic::{AtomicU32, Ordering};

use tessera_framework::{
    Aid, Applet, Clear, Command, CounterId, Descriptor, Env, Halt, Outcome, Persistent, Reply,
    Selected, Selection, StatusWord,
};

/// One of three of its kind.
pub(crate) struct Prober {
    descriptor: Descriptor,
    mark: u8,
}

pub(crate) static LEFT: Prober = prober(b"\xF0LEFT", 0x11, &[40, 41]);
pub(crate) static HOSTILE: Prober = prober(b"\xF0HOST", 0x22, &[50, 51]);
pub(crate) static RIGHT: Prober = prober(b"\xF0RGHT", 0x33, &[60, 61]);

const fn prober(name: &'static [u8], mark: u8, counters: &'static [u32]) -> Prober {
    let descriptor = Descriptor {
        aid: Aid::new(name),
        fid: None,
        counters,
        ram_on_deselect_bytes: 24,
        ram_on_reset_bytes: 10,
        secure_messaging: false,
        chaining: false,
    };
    Prober { descriptor, mark }
}

/// Where to reach, how far, and what to put there.
pub(crate) struct Probe {
    pub(crate) at: u32,
    pub(crate) length: u8,
    pub(crate) byte: u8,
}

impl Probe {
    pub(crate) fn command(&self, ins: u8) -> Vec<u8> {
        let [a, b, c, d] = self.at.to_be_bytes();
        vec![0x80, ins, 0, 0, 6, a, b, c, d, self.length, self.byte, 0]
    }

    fn of(command: &Command<'_>) -> Result<Self, Halt> {
        match *command.data {
            [a, b, c, d, length, byte] => {
                Ok(Self { at: u32::from_be_bytes([a, b, c, d]), length, byte })
            }
            _ => Halt::status(StatusWord::WRONG_LENGTH),
        }
    }
}

impl Prober {
    pub(crate) fn name(&self) -> &[u8] {
        self.descriptor.aid.as_bytes()
    }

    pub(crate) fn mark(&self) -> u8 {
        self.mark
    }

    /// SELECT by name, without an answer.
    pub(crate) fn select(&self) -> Vec<u8> {
        let name = self.name();
        [&[0x00, 0xA4, 0x04, 0x0C, name.len() as u8], name].concat()
    }

    fn store(&self, env: &mut Env<'_>, command: &Command<'_>) -> Outcome {
        let Probe { at, length, byte } = Probe::of(command)?;
        let bytes = &[byte; 255][..length.into()];
        match command.ins.0 {
            0x12 => env.store(at, bytes),
            0x14 => env.atomically(|env| env.store(at, bytes)),
            _ => env.atomically(|env| {
                env.store(3, &[byte; 2])?;
                let _ = env.store(at, bytes);
                env.store(70, &[byte; 2])
            }),
        }
    }

    fn show_ram(env: &Env<'_>, reply: &mut Reply<'_>) -> Outcome {
        let (on_deselect, on_reset) = (env.ram(Clear::OnDeselect), env.ram(Clear::OnReset));
        reply.push(&[on_deselect.len() as u8, on_reset.len() as u8])?;
        reply.push(on_deselect)?;
        reply.push(on_reset)
    }

    fn ask(env: &mut Env<'_>, whom: u8, reply: &mut Reply<'_>) -> Outcome {
        let name: &[u8] = match whom {
            0 => LEFT.name(),
            1 => b"\xF0TESSERA.MF",
            _ => b"\xF0NOBODY",
        };
        let mut answer = [0; 32];
        let length = env.service(&Aid::new(name), b"who am I?", &mut answer)?;
        reply.push(&answer[..length])
    }

    /// Whatever question to whatever application.
    fn ask_anything(env: &mut Env<'_>, data: &[u8], reply: &mut Reply<'_>) -> Outcome {
        let asked = data.split_first().and_then(|(&n, rest)| rest.split_at_checked(n.into()));
        let Some((Some(name), request)) = asked.map(|(name, r)| (Aid::from_bytes(name), r)) else {
            return Halt::status(StatusWord::WRONG_LENGTH);
        };
        let mut answer = [0; 64];
        let length = env.service(&name, request, &mut answer)?;
        reply.push(&answer[..length])
    }

    /// Goes on after every error, and counts what is answered as if nothing had happened.
    fn ignore_everything(env: &mut Env<'_>) {
        let mut torn = false;
        let mut note = |outcome: Outcome| {
            if torn && !matches!(outcome, Err(Halt::Torn(_))) {
                ANSWERED_WITHOUT_POWER.fetch_add(1, Ordering::Relaxed);
            }
            torn |= outcome.is_err();
        };
        for round in 0..4 {
            note(env.store(round * 9, &[0xEE; 5]));
            note(env.set_counter(CounterId(0), round));
            note(env.store_secret(64 + round * 9, &[0xDD; 5]));
            note(env.store_nonatomic(128 + round * 4, &[0xCC; 4]));
            let outcome = env.atomically(|env| {
                note(env.store(100, &[round as u8; 70]));
                note(env.set_counter(CounterId(1), round));
                note(env.store(200, &[round as u8; 3]));
                Ok(())
            });
            note(outcome);
        }
    }
}

/// Stores, counts and transactions that did not answer `Torn` after one had.
pub(crate) static ANSWERED_WITHOUT_POWER: AtomicU32 = AtomicU32::new(0);

impl Applet for Prober {
    fn descriptor(&self) -> &'static Descriptor {
        match self.mark {
            0x11 => &LEFT.descriptor,
            0x22 => &HOSTILE.descriptor,
            _ => &RIGHT.descriptor,
        }
    }

    fn install(&self, env: &mut Env<'_>, _: &[u8]) -> Outcome {
        for at in (0..env.segment_bytes()).step_by(64) {
            env.store(at, &[self.mark; 64])?;
        }
        Ok(())
    }

    fn select(
        &self,
        _: &mut Env<'_>,
        _: &Selection<'_>,
        _: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        Ok(Selected::Here)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        match command.ins.0 {
            0x10 => {
                let Probe { at, length, .. } = Probe::of(command)?;
                let mut bytes = [0; 255];
                let read = env.load(at, &mut bytes[..length.into()]);
                // Not even an error leaves a foreign byte in the applet's hands.
                if read.is_err() && bytes != [0; 255] {
                    return reply.push(&bytes);
                }
                read?;
                reply.push(&bytes[..length.into()])
            }
            0x12 | 0x14 | 0x16 => self.store(env, command),
            0x18 => {
                let Probe { at, length, .. } = Probe::of(command)?;
                env.copy_within(0, at, length.into())
            }
            0x1A => {
                env.ram_mut(Clear::OnDeselect).fill(self.mark);
                env.ram_mut(Clear::OnReset).fill(self.mark);
                Ok(())
            }
            0x1C => {
                Persistent::<u32, 509>::new().get(env)?;
                Persistent::<u64, { u32::MAX }>::new().set(env, 0)
            }
            0x1E => Self::show_ram(env, reply),
            0x20 => reply.push(&env.counter(CounterId(command.p1))?.to_be_bytes()),
            0x22 => env.set_counter(CounterId(command.p1), 0xEE),
            0x24 => Self::ask(env, command.p1, reply),
            0x28 => Self::ask_anything(env, command.data, reply),
            0x26 => {
                Self::ignore_everything(env);
                Ok(())
            }
            _ => Halt::status(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    fn serve(&self, _: &mut Env<'_>, caller: &Aid, _: &[u8], reply: &mut Reply<'_>) -> Outcome {
        reply.push(caller.as_bytes())
    }
}

//! An applet that does as it is told: the operating system's tests see through it what an applet
//! sees, and make it misbehave.

use tessera_framework::{
    Aid, Applet, Clear, Command, Control, Descriptor, Env, FileId, Halt, Ins, Outcome, Reply,
    Selected, Selection, StatusWord, Tag, Target,
};

use crate::{Card, Profile, profile::Installation};

/// Answers P1-P2 bytes (0: 65,536) of rising numbers.
pub(crate) const ANSWER: Ins = Ins(0x10);
/// Answers the command data field.
const ECHO: Ins = Ins(0x12);
/// Answers the data field with the warning P1-P2.
const WARN: Ins = Ins(0x14);
/// Writes an answer, then refuses with P1-P2.
const REFUSE: Ins = Ins(0x16);
/// Answers how often the applet has run a command since reset, this one not counted.
const RUNS: Ins = Ins(0x18);
/// Asks the applet whose AID is in the data field, P1 bytes of it, the rest of the data field. With
/// P2 = 01 it passes over a refusal.
const ASK: Ins = Ins(0x1A);
/// Puts the data field into `OnDeselect` RAM.
const KEEP: Ins = Ins(0x1C);
/// Answers Ne bytes of `OnDeselect` RAM.
const KEPT: Ins = Ins(0x1E);
/// Stores the data field at offset P1-P2 of the segment.
const STORE: Ins = Ins(0x30);
/// Answers Ne bytes of the segment from offset P1-P2.
const LOAD: Ins = Ins(0x32);
/// Answers P1, P2 and Ne as the applet got them.
const SEEN: Ins = Ins(0x34);
/// Answers Ne random bytes.
const DRAW: Ins = Ins(0x36);
/// Answers how many commands the applet did not get to see since reset, and how often one below it
/// became current.
const TOLD: Ins = Ins(0x38);

/// Segment offset at which deselections are counted; then the RAM byte seen at the last.
const DESELECTED_AT: u32 = 0;

/// A file identifier whose selection writes an answer and then fails.
const SPOILT: FileId = FileId(0x6666);
/// A DF every probe says lies under its root.
const BESIDE: FileId = FileId(0x6001);
/// An EF identifier the applet says, wrongly, is above its root.
const ABOVE: FileId = FileId(0x7777);

/// Questions of the service: one byte.
const WHO_ASKS: u8 = 1;
const ASK_BACK: u8 = 2;
const YOUR_RAM: u8 = 3;
const STORE_AND_REFUSE: u8 = 4;
const STORE_AND_ANSWER: u8 = 5;

/// The applet.
pub(crate) struct Probe {
    descriptor: &'static Descriptor,
}

const PLAIN: Descriptor = Descriptor {
    aid: Aid::new(b"\xF0PROBE.A"),
    fid: Some(FileId(0x7001)),
    counters: &[],
    ram_on_deselect_bytes: 16,
    ram_on_reset_bytes: 4,
    secure_messaging: false,
    chaining: true,
};

static A: Probe = Probe { descriptor: &PLAIN };
/// Takes no chains.
static B: Probe = Probe {
    descriptor: &Descriptor {
        aid: Aid::new(b"\xF0PROBE.B"),
        fid: Some(FileId(0x7002)),
        chaining: false,
        ..PLAIN
    },
};
/// Lies under A; reads the secure messaging bits itself.
static C: Probe = Probe {
    descriptor: &Descriptor {
        aid: Aid::new(b"\xF0PROBE.AC"),
        fid: Some(FileId(0x7003)),
        secure_messaging: true,
        ..PLAIN
    },
};

/// The default card with the probes A and B under the MF and C under A, as large as an answer and a
/// command can be.
pub(crate) fn profile() -> Profile {
    let mut profile = Profile::load(crate::profile::DEFAULT).unwrap();
    profile.memory_bytes = 16_384;
    profile.limits.command_bytes = 65_535;
    profile.limits.response_bytes = 65_536;
    let place = profile.applets.len() as u8;
    for (name, applet, parent) in [("a", &A, 0), ("b", &B, 0), ("c", &C, place)] {
        profile.applets.push(Installation {
            name: name.into(),
            applet,
            data: Vec::new(),
            segment_bytes: Some(64),
            parent,
        });
    }
    profile
}

/// A card of [`profile`], powered.
pub(crate) fn card() -> Card {
    let mut card = Card::from_profile(&profile()).unwrap();
    card.power_on().unwrap();
    card
}

impl Applet for Probe {
    fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    fn install(&self, env: &mut Env<'_>, _: &[u8]) -> Outcome {
        env.store(0, &[0; 32])
    }

    /// Answers its name; any other file of it is not found.
    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        match selection.target {
            Target::Df(_) | Target::PathFromRoot([]) if selection.control == Control::None => {
                Ok(Selected::Here)
            }
            Target::Df(_) | Target::PathFromRoot([]) => {
                reply.tlv(Tag::DF_NAME, |reply| reply.push(self.descriptor.aid.as_bytes()))?;
                Ok(Selected::Here)
            }
            Target::PathFromCurrent([]) | Target::DfBeside(BESIDE) => Ok(Selected::Here),
            Target::Parent | Target::Ef(ABOVE) => Ok(Selected::Above),
            Target::FileId(SPOILT) | Target::ChildDf(FileId(0x7003)) => {
                reply.push(b"spoilt")?;
                reply.warn(StatusWord::DEACTIVATED);
                env.ram_mut(Clear::OnDeselect).fill(0xEE);
                Halt::status(StatusWord::NOT_FOUND)
            }
            _ => Halt::status(StatusWord::NOT_FOUND),
        }
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        let runs = env.ram(Clear::OnReset)[0];
        env.ram_mut(Clear::OnReset)[0] = runs + u8::from(command.ins != RUNS);
        match command.ins {
            ANSWER => {
                let bytes = if command.p1p2() == 0 { 65_536 } else { command.p1p2().into() };
                let space = reply.extend(bytes)?;
                space.iter_mut().enumerate().for_each(|(n, byte)| *byte = n as u8);
                Ok(())
            }
            ECHO => reply.push(command.data),
            WARN => {
                reply.warn(StatusWord(command.p1p2()));
                reply.push(command.data)
            }
            REFUSE => {
                reply.push(b"refused")?;
                Halt::status(StatusWord(command.p1p2()))
            }
            RUNS => reply.push_byte(runs),
            TOLD => reply.push(&env.ram(Clear::OnReset)[2..4]),
            ASK => {
                let (name, request) = command.data.split_at(command.p1.into());
                let mut answer = [0; 64];
                let bytes = env.atomically(|env| {
                    env.store(16, b"asked")?;
                    match env.service(&Aid::new(name), request, &mut answer) {
                        Err(_) if command.p2 == 1 => Ok(0),
                        answered => answered,
                    }
                })?;
                reply.push(&answer[..bytes])
            }
            KEEP => {
                env.ram_mut(Clear::OnDeselect)[..command.data.len()].copy_from_slice(command.data);
                Ok(())
            }
            KEPT => reply.push(&env.ram(Clear::OnDeselect)[..command.ne as usize]),
            STORE => env.store(command.p1p2().into(), command.data),
            LOAD => {
                let space = reply.extend(command.ne as usize)?;
                env.load(command.p1p2().into(), space)
            }
            DRAW => {
                let space = reply.extend(command.ne as usize)?;
                env.challenge(space);
                Ok(())
            }
            SEEN => {
                reply.push(&[command.p1, command.p2, u8::from(command.ne_is_maximum)])?;
                reply.push(&command.ne.to_be_bytes())
            }
            _ => Halt::status(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    fn passed_over(&self, env: &mut Env<'_>) {
        env.ram_mut(Clear::OnReset)[2] += 1;
    }

    fn child_selected(&self, env: &mut Env<'_>) {
        env.ram_mut(Clear::OnReset)[3] += 1;
        env.ram_mut(Clear::OnDeselect)[1] = 0xCC;
    }

    fn deselect(&self, env: &mut Env<'_>) {
        let seen = env.ram(Clear::OnDeselect)[0];
        if let Ok([count]) = env.load_array(DESELECTED_AT) {
            let _ = env.store(DESELECTED_AT, &[count + 1, seen]);
        }
    }

    fn inherit(&self, env: &mut Env<'_>) {
        env.ram_mut(Clear::OnDeselect)[0] |= 0x80;
    }

    /// Answers A and C, nobody else.
    fn serve(
        &self,
        env: &mut Env<'_>,
        caller: &Aid,
        request: &[u8],
        reply: &mut Reply<'_>,
    ) -> Outcome {
        if ![PLAIN.aid, C.descriptor.aid].contains(caller) {
            return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        match request {
            [WHO_ASKS] => reply.push(caller.as_bytes()),
            // Asks on, and answers how deep it went: one byte for each applet that was asked.
            [ASK_BACK] => {
                let mut answer = [0; 64];
                let next =
                    if self.descriptor.aid == PLAIN.aid { C.descriptor.aid } else { PLAIN.aid };
                reply.push_byte(1)?;
                match env.service(&next, request, &mut answer) {
                    Ok(bytes) => reply.push(&answer[..bytes]),
                    Err(Halt::Status(status)) => reply.push(&status.to_bytes()),
                    Err(torn) => Err(torn),
                }
            }
            [YOUR_RAM] => {
                let bytes = env.ram(Clear::OnDeselect).len() + env.ram_mut(Clear::OnDeselect).len();
                reply.push(&[bytes as u8, env.ram(Clear::OnReset)[0]])
            }
            [STORE_AND_REFUSE] => {
                env.store(8, b"half")?;
                Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED)
            }
            [STORE_AND_ANSWER] => env.store(8, b"done"),
            _ => Halt::status(StatusWord::WRONG_DATA),
        }
    }
}

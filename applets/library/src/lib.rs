//! A reader's card of a library (图书馆读者证) among the applications of a citizen card: the smallest
//! real applet there is here, and the one to copy.
//!
//! # What it is
//!
//! A library that lends without a deposit wants to know of a card whose it is, whether he may
//! borrow, and what he took last. The terminal at the desk decides; the card keeps what it is told
//! by who shows the right key. There is no PIN and no command of its own, so all that this crate
//! says is [which files there are](files) and how they come about, and everything else is
//! [`tessera_cos::social`]'s.
//!
//! | file | structure | read | update |
//! |---|---|---|---|
//! | EF05 reader | one record for each item: number, opened on, state, deposit, limit | free | UK1 (83) |
//! | EF08 loans | a ring of 20 records of 21 bytes, the newest first | free | UK2 (84) |
//!
//! It is DF0C under the social-security environment, named F0 and the letters SSC.LB1. It asks of
//! that one whether the card is blocked and which of its keys were shown, for the card lock key
//! locks here too. All of it is of our own design.
//!
//! # How to write an applet
//!
//! An applet is ROM: code without state. Whatever lasts lies in the card's memory, and the applet
//! sees of that its own segment alone, through the [`Env`] it is handed for the length of one call.
//! So it can be copied, forked, torn at any pulse and looked at byte by byte; and whatever it does
//! wrong, it does to itself. Eight steps lead from nothing to an applet that survives a power
//! failure at any moment. The listing below has them by number.
//!
//! 1. **Describe it.** A [`Descriptor`] is all that the card knows of an applet beforehand: its
//!    name (of your own: F0 and what you like, 5 to 16 bytes in all; else registered), the file
//!    identifier by which the application above it finds it, its counters, and how much RAM it
//!    wants until it is deselected and until reset.
//! 2. **Say where its values lie.** A [place](tessera_framework::place) is a constant with a type:
//!    `Persistent` in the segment, `Transient` in RAM, `Array` and `Records` for more of them.
//!    `END` is where the next may begin. Here a number of swims, and a ring of the last dates.
//! 3. **Install.** The segment is empty, and the data are in a form of your own, for it is your
//!    [profile](#a-profile) that makes them. Refuse with 6A80 what you do not understand.
//! 4. **Select.** The card has found that the applet is meant and asks for control information.
//!    RAM of kind `OnDeselect` is all zero when another applet was current before.
//! 5. **Process** the rest. Channels, chains and response data longer than asked for are the card's
//!    affair. Say 6E00 to a class and 6D00 to an instruction that you do not know.
//! 6. **Check first, store then.** An error status is a promise that nothing has changed. So look
//!    at P1-P2 (6A86), lengths (6700), security (6982), the state (6985) and the data (6A80) before
//!    the first store; what fails after it is undone in a transaction (7), and nowhere else.
//! 7. **Move together what belongs together.** A store is whole or not done, and so is everything
//!    inside [`Env::atomically`]: here one swim less and the date of it. What must survive even a
//!    failure, as the try of a PIN, is a [counter](tessera_framework::counter), and counted before
//!    anything is compared.
//! 8. **Try it, and take the power away.** A [`Rig`](tessera_framework::testing::Rig) is a card in
//!    a few lines of plain RAM. Cut the power in the first store, the second, and so on until the
//!    command gets through, and look at what is left: all or nothing, each time.
//!
//! ```
//! use tessera_framework::{
//!     Aid, Applet, Class, Command, Control, Descriptor, DfId, Env, Halt, Ins, Interface, Outcome,
//!     Persistent, Records, Reply, Selected, Selection, StatusWord, Tag, Target, testing::Rig,
//! };
//!
//! /// A ticket for a swimming pool: the gate takes one swim at a time, and leaves the date.
//! struct Swims;
//!
//! // 1
//! static DESCRIPTOR: Descriptor = Descriptor {
//!     aid: Aid::new(b"\xF0SWIMS"),
//!     fid: None,
//!     counters: &[],
//!     ram_on_deselect_bytes: 0,
//!     ram_on_reset_bytes: 0,
//!     secure_messaging: false,
//!     chaining: false,
//! };
//!
//! // 2
//! const LEFT: Persistent<u8, 0> = Persistent::new();
//! const DATES: Records<4, 10, { Persistent::<u8, 0>::END }> = Records;
//!
//! const ENTER: Ins = Ins(0x10);
//! const SHOW: Ins = Ins(0x12);
//!
//! impl Applet for Swims {
//!     fn descriptor(&self) -> &'static Descriptor {
//!         &DESCRIPTOR
//!     }
//!
//!     // 3
//!     fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
//!         let &[swims] = data else { return Halt::status(StatusWord::WRONG_DATA) };
//!         LEFT.set(env, swims)
//!     }
//!
//!     // 4
//!     fn select(
//!         &self,
//!         _: &mut Env<'_>,
//!         selection: &Selection<'_>,
//!         reply: &mut Reply<'_>,
//!     ) -> Result<Selected, Halt> {
//!         let (Target::Df(DfId::ROOT) | Target::PathFromRoot([])) = selection.target else {
//!             return Halt::status(StatusWord::NOT_FOUND);
//!         };
//!         let name = DESCRIPTOR.aid.as_bytes();
//!         reply.tlv(Tag::FCI, |fci| fci.tlv(Tag::DF_NAME, |value| value.push(name)))?;
//!         Ok(Selected::Here)
//!     }
//!
//!     // 5
//!     fn process(&self, env: &mut Env<'_>, c: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
//!         match (c.class, c.ins) {
//!             (Class::Proprietary(0x80), ENTER) => enter(env, c),
//!             (Class::Proprietary(0x80), SHOW) => reply.push_byte(LEFT.get(env)?),
//!             (Class::Proprietary(0x80), _) => Halt::status(StatusWord::INS_NOT_SUPPORTED),
//!             _ => Halt::status(StatusWord::CLA_NOT_SUPPORTED),
//!         }
//!     }
//! }
//!
//! /// Takes one swim; the data field is the date.
//! fn enter(env: &mut Env<'_>, command: &Command<'_>) -> Outcome {
//!     // 6
//!     if command.p1p2() != 0 {
//!         return Halt::status(StatusWord::WRONG_P1P2);
//!     }
//!     let Ok(date) = <[u8; 4]>::try_from(command.data) else {
//!         return Halt::status(StatusWord::WRONG_LENGTH);
//!     };
//!     let Some(left) = LEFT.get(env)?.checked_sub(1) else {
//!         return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
//!     };
//!     // 7
//!     env.atomically(|env| {
//!         LEFT.set(env, left)?;
//!         DATES.push(env, &date)
//!     })
//! }
//!
//! // 8
//! fn send(rig: &mut Rig<64>, ins: Ins, data: &[u8], reply: &mut Reply<'_>) -> Outcome {
//!     let (class, interface) = (Class::decode(0x80), Interface::ContactlessA);
//!     let command =
//!         Command { class, ins, p1: 0, p2: 0, data, ne: 256, ne_is_maximum: true, interface };
//!     rig.process(&Swims, &command, reply)
//! }
//!
//! let mut buffer = [0; 256];
//! let mut reply = Reply::new(&mut buffer);
//! let mut rig = Rig::<64>::with(&Swims, &[2])?;
//! let by_name = Selection { target: Target::Df(DfId::ROOT), control: Control::Fci };
//! rig.select(&Swims, &by_name, &mut reply)?;
//! assert_eq!(reply.data(), b"\x6F\x08\x84\x06\xF0SWIMS");
//!
//! for cut in 1.. {
//!     let mut torn = rig.clone();
//!     torn.tear_at(cut);
//!     let done = send(&mut torn, ENTER, &[0x20, 0x26, 0x07, 0x01], &mut reply);
//!     if done.is_ok() {
//!         break;
//!     }
//!     torn.power_on();
//!     let left = (LEFT.get(&torn.env())?, DATES.count(&torn.env())?);
//!     assert_eq!(left, (2, 0), "cut in store {cut}");
//! }
//!
//! send(&mut rig, ENTER, &[0x20, 0x26, 0x07, 0x01], &mut reply)?;
//! send(&mut rig, ENTER, &[0x20, 0x26, 0x07, 0x02], &mut reply)?;
//! let refused = send(&mut rig, ENTER, &[0x20, 0x26, 0x07, 0x03], &mut reply);
//! assert_eq!(refused, Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED));
//! let mut newest = [0; 4];
//! DATES.read(&rig.env(), 1, &mut newest)?;
//! assert_eq!((LEFT.get(&rig.env())?, newest), (0, [0x20, 0x26, 0x07, 0x02]));
//! # Ok::<(), Halt>(())
//! ```
//!
//! ## A real one
//!
//! A terminal in the field expects files, keys and the commands of its family of cards. They are in
//! [`tessera_cos`], as a library: an applet names its files and its [`Family`], and
//! passes on what it has not answered itself. Copy this crate and change, in this order:
//!
//! | where | what |
//! |---|---|
//! | `Cargo.toml` | the crate's name; `members`, `default-members` and a dependency in the card's |
//! | here | what the crate is for; whose PIN it asks for, if any |
//! | `files.rs` | name and identifier, the files, their conditions, and the keys that those name |
//! | `install.rs` | only if the files need more than items and records |
//! | [`process`](Applet::process) | commands of your own, in front of the family's |
//! | [`passed_over`](Applet::passed_over) | whatever of yours is good for the next command only |
//! | `tests` | each file read and written, each refusal, each tear |
//!
//! The employer's application (`tessera-employer`) is this one with a command of its own and the
//! holder's PIN; the medical account (`tessera-medical-account`) one with states and sums.
//!
//! ## A profile
//!
//! A card is made of a profile: a list of installations, the MF first. A program of your own pushes
//! one more, and nothing of the card is changed for it:
//!
//! ```text
//! profile.applets.push(Installation {
//!     name: "swims".into(),
//!     applet: &Swims,
//!     data: vec![10],
//!     segment_bytes: Some(64),
//!     parent: 0, // the place in the list of the application it lies under
//! });
//! ```
//!
//! `cargo run --example own_applet` does that, talks to the card, and tears it in every pulse. An
//! applet that built-in profiles are to have gets a section of TOML: one file beside
//! `src/profile/library.rs`, which is this one's.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile, in any order:
//!
//! | tag | value |
//! |---|---|
//! | C2 | an item: its tag, then the value, whose end may be missing |
//! | C3 | a key of the [table](files::KEYS): identifier, version, algorithm (0 triple DES, 4 SM4), then its 16 bytes |
//! | C4 | a loan of 21 bytes, the oldest first |

#![no_std]
#![forbid(unsafe_code)]

pub mod files;
mod install;
#[cfg(test)]
mod tests;

use tessera_cos::{
    session::{self, SESSION_BYTES},
    social::{self, Family, Place},
};
use tessera_framework::{
    Aid, Applet, Class, Command, Descriptor, DfId, Direction, Env, Halt, Ins, Outcome, Reply,
    Selected, Selection,
};

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct Library;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(files::NAME),
    fid: Some(files::FID),
    counters: &[],
    ram_on_deselect_bytes: SESSION_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: true,
    chaining: false,
};

/// The environment above, if there is one; its PIN is not the library's.
static FAMILY: Family = Family {
    dialect: Family::DIALECT,
    place: Place::Below { environment: Aid::new(files::ENVIRONMENT), pin: false },
    proprietary: None,
};

impl Applet for Library {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        install::install(env, data)
    }

    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        tessera_cos::df_by_name(env, prefix, nth)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        social::select(env, &FAMILY, selection, reply)
    }

    fn passed_over(&self, env: &mut Env<'_>) {
        social::passed_over(env);
    }

    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        social::ins::direction(class, ins, p1)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        social::process(env, &FAMILY, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

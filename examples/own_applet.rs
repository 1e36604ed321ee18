//! An applet of one's own beside the social-security card: installed, used, and torn in every pulse.
//!
//! It is the one that the guide in the crate `tessera-library` builds step by step. Nothing of the
//! card is changed for it: a program brings its applet along.

use std::error::Error;

use tessera::{Card, Profile, explore, profile::Installation};
use tessera_framework::{
    Aid, Applet, Class, Command, Descriptor, DfId, Env, FileId, Halt, Ins, Outcome, Persistent,
    Records, Reply, Selected, Selection, StatusWord, Tag, Target,
};

/// A ticket for a swimming pool: the gate takes one swim at a time, and leaves the date.
struct Swims;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(b"\xF0SWIMS"),
    fid: Some(FileId(0xDF0F)),
    counters: &[],
    ram_on_deselect_bytes: 0,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: false,
};

const LEFT: Persistent<u8, 0> = Persistent::new();
const DATES: Records<4, 10, { Persistent::<u8, 0>::END }> = Records;

const ENTER: Ins = Ins(0x10);
const SHOW: Ins = Ins(0x12);

impl Applet for Swims {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        let &[swims] = data else { return Halt::status(StatusWord::WRONG_DATA) };
        LEFT.set(env, swims)
    }

    fn select(
        &self,
        _: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        let (Target::Df(DfId::ROOT) | Target::PathFromRoot([])) = selection.target else {
            return Halt::status(StatusWord::NOT_FOUND);
        };
        let name = DESCRIPTOR.aid.as_bytes();
        reply.tlv(Tag::FCI, |fci| fci.tlv(Tag::DF_NAME, |value| value.push(name)))?;
        Ok(Selected::Here)
    }

    fn process(&self, env: &mut Env<'_>, c: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        match (c.class, c.ins) {
            (Class::Proprietary(0x80), ENTER) => enter(env, c),
            (Class::Proprietary(0x80), SHOW) => reply.push_byte(LEFT.get(env)?),
            (Class::Proprietary(0x80), _) => Halt::status(StatusWord::INS_NOT_SUPPORTED),
            _ => Halt::status(StatusWord::CLA_NOT_SUPPORTED),
        }
    }
}

/// Takes one swim; the data field is the date.
fn enter(env: &mut Env<'_>, command: &Command<'_>) -> Outcome {
    if command.p1p2() != 0 {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let Ok(date) = <[u8; 4]>::try_from(command.data) else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let Some(left) = LEFT.get(env)?.checked_sub(1) else {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    };
    env.atomically(|env| {
        LEFT.set(env, left)?;
        DATES.push(env, &date)
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut profile = Profile::load("tiny")?;
    profile.applets.push(Installation {
        name: "swims".into(),
        applet: &Swims,
        data: vec![2],
        segment_bytes: Some(64),
        parent: 0, // the MF
    });
    let mut card = Card::from_profile(&profile)?;
    card.power_on()?;
    let commands = [
        "00A4040006F05357494D53", // SELECT by name
        "8012000001",             // how many are left?
        "801000000420260701",     // one swim
        "801000000420260702",     // and another
        "801000000420260703",     // one too many
        "8012000001",
        "00A4000C023F00", // back to the MF,
        "00A4000C02DF0F", // and in by identifier
    ];
    let commands: Vec<Vec<u8>> = commands
        .iter()
        .map(|digits| hex::decode(digits.replace(' ', "")))
        .collect::<Result<_, _>>()?;
    let fresh = card.clone();
    for command in &commands {
        let answer = card.transmit(command)?;
        println!("{:<26} {}", hex::encode_upper(command), hex::encode_upper(answer));
    }
    // Power fails in each pulse of each of them, and in each of the recovery: old or new, always.
    let report = explore::every_tear(&fresh, &commands)?;
    println!("\n{} schedules of lost power, all of them old or new\n{report}", report.schedules());
    Ok(())
}

//! The exploration explored: engines that leave something out are found, and their lines run again.

use std::path::Path;

use tessera_framework::{
    Aid, Applet, Clear, Command, Descriptor, Env, Halt, Outcome, Reply, Selected, Selection,
    StatusWord,
};

use super::*;
use crate::{
    Profile,
    free_files::{COMMANDS, SELECT, bytes, card},
    nvm::{
        Geometry,
        eeprom::deaf::{
            Deaf,
            Kind::{Erase, Program},
            Region::{self, CounterIntent, Home, Intent, Log, Wipe},
            When::{Again, Fresh},
        },
        record::crash_images,
    },
    vectors::{Cards, Collection},
};

const UPDATE: &str = "00 D6 81 3C 04 DEADBEEF";
const UPDATE_OVER_PAGES: &str = "00 D6 81 05 3C 0102030405060708090A0B0C0D0E0F101112131415161718\
    191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C";
const VERIFY_WRONG: &str = "00 20 00 00 04 30303030";
const VERIFY_RIGHT: &str = "00 20 00 00 04 31323334";

fn commands() -> Vec<Vec<u8>> {
    [SELECT, UPDATE, UPDATE_OVER_PAGES, VERIFY_WRONG, VERIFY_RIGHT].map(bytes).to_vec()
}

fn wrong_engines(right: &Card) -> impl Iterator<Item = (Card, Deaf)> {
    Deaf::all(*right.layout()).map(|deaf| {
        let mut wrong = right.clone();
        wrong.set_deaf(deaf);
        (wrong, deaf)
    })
}

/// One kind of pulse left out at a time, in commands and in recovery alike.
#[test]
fn an_engine_that_leaves_out_any_kind_of_pulse_is_found() {
    for part in ["page64", "byte"] {
        let right = card(part);
        every_tear(&right, &commands()).unwrap();
        let mut found = 0;
        for (wrong, Deaf { to, kind, when, .. }) in wrong_engines(&right) {
            let harmless = match (to, kind, when) {
                // Costs every later power-up its pulses, no more: see the journal's own tests.
                (Intent | CounterIntent, Erase, _) => true,
                // No command here stores a secret.
                (Wipe, ..) => true,
                // Each is erased before it is programmed: there is no such pulse.
                (Log | Home | Region::CounterValue, Program, Again) => true,
                (_, Erase | Program, Fresh | Again) => false,
            };
            let result = every_tear(&wrong, &commands());
            assert_eq!(result.is_ok(), harmless, "{part}: {to:?} {kind:?} {when:?}: {result:?}");
            found += u32::from(!harmless);
        }
        assert_eq!(found, 21);
    }
}

#[test]
fn the_line_of_a_failure_runs_again_to_the_same_failure() {
    let right = card("page64");
    let mut lines = 0;
    for (wrong, _) in wrong_engines(&right) {
        let symbolic = every_tear(&wrong, &commands());
        let concrete = Explorer::default().random_tears(&wrong, &commands(), 200, 1);
        for failure in [symbolic, concrete].into_iter().filter_map(Result::err) {
            let schedule: Schedule = failure.schedule.to_string().parse().unwrap();
            assert_eq!(Explorer::default().replay(&wrong, &schedule), Err(failure.clone()));
            assert_eq!(Explorer::default().replay(&right, &schedule), Ok(()), "{failure}");
            lines += 1;
        }
    }
    assert!(lines > 30, "{lines}");
}

#[test]
fn without_a_tear_a_command_is_held_to_its_status_word_alone() {
    let explorer = Explorer { cuts: 0, ..Explorer::default() };
    let report = explorer.every_tear(&card("page64"), &commands()).unwrap();
    assert_eq!((report.commands.len(), report.schedules()), (commands().len(), 0));
}

#[test]
fn a_schedule_that_does_not_fit_the_card_says_which_part_does_not() {
    let right = card("page64");
    let update = format!("{SELECT}00D6813C04DEADBEEF").replace(' ', "");
    let (select, update) = update.split_at(update.len() - 18);
    for (line, says) in [
        (
            "cut 1".to_owned(),
            "part 1 of the line does not fit the card: expected a command, got `cut 1`",
        ),
        (
            format!("{select} {update} cut 40"),
            "part 1 of the line does not fit the card: expected a pulse from 1 to 7, or 8, behind the answer, got 40",
        ),
        (
            format!("{select} {update} cut 1 | cut 40"),
            "part 2 of the line does not fit the card: expected a pulse from 1 to 2 of this recovery, got `cut 40`",
        ),
    ] {
        let schedule: Schedule = line.parse().unwrap();
        let failure = Explorer::default().replay(&right, &schedule).unwrap_err();
        assert_eq!(failure.broken.to_string(), says, "{line}");
    }
}

/// What the record gives for a tear is what a command leaves that is torn there.
#[test]
fn a_recorded_command_cut_short_leaves_what_a_torn_one_does() {
    let mut pulses = 0;
    for part in Geometry::parts() {
        let mut before = card(part);
        for (name, command) in COMMANDS {
            let mut after = before.clone();
            after.start_record();
            after.transmit(&bytes(command)).unwrap();
            for (cut, image) in (1..).zip(crash_images(before.eeprom(), &after.take_record())) {
                let mut torn = before.clone();
                torn.tear_at(cut);
                assert!(torn.transmit(&bytes(command)).is_err(), "{part} {name} {cut}");
                assert_eq!(image.eeprom.cells(), torn.memory(), "{part} {name} {cut}");
                assert_eq!(image.eeprom.torn(), torn.eeprom().torn(), "{part} {name} {cut}");
                let bits: u32 = image.eeprom.torn().iter().map(|b| b.mask.count_ones()).sum();
                assert_eq!(image.bits, bits, "{part} {name} {cut}: nothing was in doubt before");
                pulses += 1;
            }
            before = after;
        }
    }
    assert!(pulses > 400, "{pulses}");
}

/// Writes its command's data field in two transactions of its own, then a byte that says that it is
/// there; with P2 = 01 that byte comes between.
struct Halves;

static HALVES: Descriptor = Descriptor { aid: Aid::new(b"\xF0HALVES"), ..KEEPER };

impl Applet for Halves {
    fn descriptor(&self) -> &'static Descriptor {
        &HALVES
    }

    fn install(&self, env: &mut Env<'_>, _: &[u8]) -> Outcome {
        env.store(0, &[0; 32])
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
        let there = env.load_array::<1>(0)?;
        match command.ins.0 {
            0xE0 | 0xD6 => {
                let (one, other) = command.data.split_at(command.data.len() / 2);
                env.store(1, one)?;
                if command.p2 == 1 {
                    env.store(0, &[1])?;
                }
                env.store(1 + one.len() as u32, other)?;
                env.store(0, &[1])
            }
            0xB0 if there == [1] && command.p1p2() == 0 => env.load(1, reply.extend(8)?),
            _ => Halt::status(StatusWord::INS_NOT_SUPPORTED),
        }
    }
}

#[test]
fn what_is_made_in_parts_is_seen_whole_or_not_at_all() {
    const HALF_SEEN: &str = "00E00001080102030405060708";
    let tear = |command: &str| {
        let commands = ["00A4040C07F048414C564553", command].map(bytes);
        every_tear(&Halves, &commands).map_err(|failure| failure.broken)
    };
    let report = tear("00E00000080102030405060708").unwrap();
    assert_eq!(report.commands[1].changes, 3, "{report}");
    match tear(HALF_SEEN) {
        Err(Broken::InPart { part: 2, command, answer, .. }) => {
            assert_eq!(command, bytes("00B0000000"));
            assert_eq!(answer, bytes("01020304000000009000"));
        }
        other => panic!("{other:?}"),
    }
    let in_parts = tear("00D60000080102030405060708");
    assert_eq!(in_parts.unwrap_err(), Broken::Transactions { got: 3, expected: 1 });
}

/// Stores what follows the challenge it drew last.
struct Asker;

static ASKER: Descriptor =
    Descriptor { aid: Aid::new(b"\xF0ASK"), ram_on_deselect_bytes: 4, ..KEEPER };

impl Applet for Asker {
    fn descriptor(&self) -> &'static Descriptor {
        &ASKER
    }

    fn install(&self, env: &mut Env<'_>, _: &[u8]) -> Outcome {
        env.store(0, &[0; 8])
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
        if command.ins.0 == 0x84 {
            let mut challenge = [0; 4];
            env.challenge(&mut challenge);
            env.ram_mut(Clear::OnDeselect).copy_from_slice(&challenge);
            return reply.push(&challenge);
        }
        match command.data.strip_prefix(env.ram(Clear::OnDeselect)) {
            Some(data) => env.store(0, data),
            None => Halt::status(StatusWord(0x6988)),
        }
    }
}

#[test]
fn what_is_sent_again_meets_the_challenge_it_met() {
    let mut card = subject::Subject::card(&&Asker).unwrap().into_owned();
    card.give_random(&[1, 2, 3, 4]);
    let commands = ["00A4040C04F041534B", "0084000004", "00D600000601020304AABB"];
    let report = every_tear(&card, &commands.map(bytes)).unwrap();
    assert_eq!(report.commands[2].status, StatusWord::OK);
    let line = format!("{} cut 1 | read 0 | again cut 2 | on", commands.join(" "));
    let replayed = Explorer::default().replay(&card, &line.parse().unwrap());
    assert_eq!(replayed, Ok(()), "a refused command has no second pulse");
}

/// Stores its command's data field as a secret, over two pages.
struct Keeper;

static KEEPER: Descriptor = Descriptor {
    aid: Aid::new(b"\xF0KEEP"),
    fid: None,
    counters: &[],
    ram_on_deselect_bytes: 0,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: false,
};

impl Applet for Keeper {
    fn descriptor(&self) -> &'static Descriptor {
        &KEEPER
    }

    fn install(&self, _: &mut Env<'_>, _: &[u8]) -> Outcome {
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

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, _: &mut Reply<'_>) -> Outcome {
        env.store_secret(60, command.data)
    }
}

#[test]
fn an_engine_that_leaves_a_secret_in_its_log_is_found() {
    let commands =
        ["00A4040C05F04B454550", "80100000080123456789ABCDEF", "8010000008FEDCBA9876543210"]
            .map(bytes);
    let report = every_tear(&Keeper, &commands).unwrap();
    assert!(report.schedules() > 500, "{report}");
    let card = subject::Subject::card(&&Keeper).unwrap().into_owned();
    let found = |deaf: &Deaf| {
        let mut wrong = card.clone();
        wrong.set_deaf(*deaf);
        every_tear(&wrong, &commands).err().map(|failure| failure.broken)
    };
    let mut copies = 0;
    for deaf in Deaf::all(*card.layout()) {
        let broken = found(&deaf);
        let leaves_a_copy = matches!(
            (deaf.to, deaf.kind, deaf.when),
            (Wipe, Program, Fresh) | (Log, Erase, Fresh | Again)
        );
        if leaves_a_copy {
            assert!(broken.is_some(), "{:?} {:?} {:?}", deaf.to, deaf.kind, deaf.when);
        }
        copies += u32::from(matches!(broken, Some(Broken::Secret { .. })));
    }
    assert!(copies >= 2, "{copies}");
}

/// The engine that does not make a marker solid before it acts on it, under the vectors.
#[test]
fn a_wrong_engine_under_a_vector_is_found_and_its_line_runs_again() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut collection = Collection::load(&[vectors]).unwrap();
    collection.filter("memory/update_of_bytes");
    let entry = &collection.entries[0];
    let profile = collection.root.join("profiles/social-security-writable.toml");
    let right = Card::from_profile(&Profile::load(profile.to_str().unwrap()).unwrap()).unwrap();
    let explorer = Explorer::default();
    let hold = |card: &Card| {
        explorer.hold(Cards::only(card.clone()), &collection, entry, vectors::Way::Every)
    };
    let report = hold(&right).unwrap();
    assert_eq!(report.applets.keys().collect::<Vec<_>>(), ["social-security"]);
    assert!(report.quiet > 0 && report.total().commands >= 3, "{report:?}");
    let mut found = 0;
    for (wrong, deaf) in wrong_engines(&right) {
        let Err(VectorFailure::Broken(failure)) = hold(&wrong) else { continue };
        let line = failure.schedule.to_string();
        assert!(line.starts_with("vector memory/update_of_bytes:"), "{line}");
        let schedule: Schedule = line.parse().unwrap();
        let start = Explorer::start_of(Cards::only(wrong), &collection, &schedule.origin).unwrap();
        let replay = explorer.watch(&start, &schedule);
        assert_eq!(replay.verdict, Err(failure), "{deaf:?}");
        found += 1;
    }
    assert!(found > 10, "{found}");
}

#[test]
fn a_line_names_a_card_that_anybody_can_make_and_no_other() {
    let clinic = Card::from_profile(&Profile::load("clinic").unwrap()).unwrap();
    assert_eq!(Origin::of(&clinic), Origin::Profile("clinic".into()));
    let mut used = clinic;
    used.power_on().unwrap();
    used.transmit(&bytes("00A404000F7378312E73682EC9E7BBE1B1A3D5CF")).unwrap();
    used.transmit(&bytes("0020000003000000")).unwrap();
    assert_eq!(Origin::of(&used), Origin::Given);
    assert_eq!(Origin::of(&card("page64")), Origin::Given);
}

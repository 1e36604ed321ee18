//! Sessions on other lanes than the last, logs that are full and wrap round, many counters, the PIN
//! among other data: what the exploration by itself does not walk through.

use crate::writer::*;
use tessera::{
    Card, Profile, explore::Explorer, nvm::Geometry, profile::Installation, vectors::Collection,
};
use tessera_framework::{
    Aid, Applet, Command, CounterId, Descriptor, Env, Halt, Outcome, Reply, Selected, Selection,
};

/// The same in the applets there are.
#[test]
fn no_command_of_the_free_files_brings_the_pin_into_the_log() {
    for part in Geometry::parts() {
        let mut card = crate::free_files::card(part);
        println!("{part}: {} at personalisation", copies(&card, b"\x041234"));
        for (name, command) in crate::free_files::COMMANDS {
            card.transmit(&crate::free_files::bytes(command)).unwrap();
            assert_eq!(copies(&card, b"\x041234"), 1, "{part}: {name}");
        }
    }
}

#[test]
fn what_is_said_to_be_left_outside_a_transaction_fits_wherever_it_goes() {
    for part in Geometry::parts() {
        for commit_bytes in (300..340).chain([511, 1000, 4097, 16_383, 16_384]) {
            let mut profile = Profile::load("tiny").unwrap();
            part.clone_into(&mut profile.part);
            profile.memory_bytes = 80 << 10;
            profile.limits.commit_bytes = commit_bytes;
            profile.applets.push(Installation {
                name: "writer".into(),
                applet: &Writer,
                data: Vec::new(),
                segment_bytes: Some(20_480),
                parent: 0,
            });
            let mut card = Card::from_profile(&profile).unwrap();
            power_on(&mut card).unwrap();
            let offsets = if commit_bytes > 4096 { 3 } else { 140 };
            for at in 0..offsets {
                assert_eq!(send(&mut card, FILL_ALONE, at, &[]).unwrap(), DONE, "{part} {at}");
            }
            // And a log as long as it may be comes home, from wherever it begins.
            let segment = |card: &Card| card.segment(card.applications().last().unwrap().1);
            let mut done = card.clone();
            assert_eq!(send(&mut done, FILL_ALONE, 200, &[]).unwrap(), DONE);
            for cut in (1..).step_by(if commit_bytes > 4096 { 97 } else { 7 }) {
                let mut torn = card.clone();
                torn.tear_at(cut);
                if send(&mut torn, FILL_ALONE, 200, &[]).is_ok() {
                    break;
                }
                power_on(&mut torn).unwrap();
                let got = segment(&torn);
                assert!(got == segment(&card) || got == segment(&done), "{part} {cut}");
            }
        }
    }
}

#[test]
fn every_lane_step_explored_over_the_vectors() {
    let vectors = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let collection = Collection::load(&[vectors]).unwrap();
    for lane_step in 1..=4 {
        let explorer = Explorer { cuts: 1, lane_step, ..Explorer::default() };
        let report = explorer.every_vector(&collection, 1).unwrap();
        println!("{lane_step}: {}", report.total().commands);
    }
}

fn command(ins: u8, at: u16, data: &[u8]) -> Vec<u8> {
    let [p1, p2] = at.to_be_bytes();
    [&[0x80, ins, p1, p2, data.len() as u8], data].concat()
}

#[test]
fn every_lane_step_explored_over_the_free_files() {
    let session: Vec<Vec<u8>> = std::iter::once(crate::free_files::SELECT)
        .chain(crate::free_files::COMMANDS.map(|(_, command)| command))
        .map(crate::free_files::bytes)
        .collect();
    for part in ["page64", "byte", "page32-whole", "tiny"] {
        for lane_step in 1..=4 {
            let explorer = Explorer { lane_step, ..Explorer::default() };
            let report = explorer.every_tear(&crate::free_files::card(part), &session).unwrap();
            println!("{part} {lane_step}: {}", report.schedules());
        }
    }
}

#[test]
fn every_lane_step_explored_over_secrets_counts_and_transactions_that_fill_the_log() {
    let commands = [
        b"\x00\xA4\x04\x0C\x07\xF0WRITER".to_vec(),
        command(STORE_SECRET, 1024, b"SECRET-1"),
        command(STORE, 30, &(0..210).collect::<Vec<u8>>()),
        command(COUNT_INSIDE, 1024, b"\xF1\x17\xE3\x5B\x88"),
        command(STORE, 30, &(0..210).rev().collect::<Vec<u8>>()),
        command(STORE_NONATOMIC, 1536, &[0x3C; 64]),
        command(STORE_SECRET, 1020, &(0..130).map(|n| n ^ 0xE1).collect::<Vec<u8>>()),
        command(STORE_NONATOMIC, 1536, &[0xC3; 64]),
        command(COUNT_INSIDE, 1024, b"\xF7\x29\xD5\x4C\x03"),
        command(COUNT, 9, &[0]),
    ];
    for part in ["page64", "word"] {
        for lane_step in [0, 1, 4] {
            let explorer = Explorer { lane_step, transactions_max: 2, ..Explorer::default() };
            match explorer.every_tear(&card(part), &commands) {
                Ok(report) => println!("{part} {lane_step}: {}", report.schedules()),
                Err(failure) => panic!("{part} {lane_step}: {failure}"),
            }
        }
    }
}

/// Many touched counters, the last one included.
struct Counting;
static COUNTING: Descriptor = Descriptor {
    aid: Aid::new(b"\xF0COUNTS"),
    fid: None,
    counters: &[7; 250],
    ram_on_deselect_bytes: 0,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: false,
};
impl Applet for Counting {
    fn descriptor(&self) -> &'static Descriptor {
        &COUNTING
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
        env.set_counter(CounterId(command.p1), command.p2.into())
    }
}

#[test]
fn two_hundred_and_fifty_counters_torn_and_settled() {
    let mut profile = Profile::load("tiny").unwrap();
    profile.memory_bytes = 64 << 10;
    profile.applets.truncate(1);
    profile.applets.push(Installation {
        name: "counting".into(),
        applet: &Counting,
        data: Vec::new(),
        segment_bytes: Some(64),
        parent: 0,
    });
    let mut card = Card::from_profile(&profile).unwrap();
    card.power_on().unwrap();
    let select = b"\x00\xA4\x04\x0C\x07\xF0COUNTS".to_vec();
    assert_eq!(card.transmit(&select).unwrap(), DONE);
    let before = card.counters().len();
    for n in 0..250 {
        let pulses = card.pulses();
        assert_eq!(card.transmit(&[0x80, 0, n, 9]).unwrap(), DONE);
        assert_eq!(card.pulses() - pulses, 5, "{n}");
        assert_eq!(card.transmit(&[0x80, 0, n, 8]).unwrap(), DONE);
        assert_eq!(card.pulses() - pulses, 9, "{n}");
    }
    let pulses = card.pulses();
    card.power_on().unwrap();
    println!("{} counters, recovery {}", before, card.pulses() - pulses);
    assert_eq!(card.pulses() - pulses, 3 * 250);
    let commands = [select, vec![0x80, 0, 249, 3], vec![0x80, 0, 0, 3]];
    Explorer::default().every_tear(&card, &commands).unwrap();
}

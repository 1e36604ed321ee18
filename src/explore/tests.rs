//! The exploration explored: engines that leave something out are found, and their lines run again.

use super::*;
use crate::{
    free_files::{COMMANDS, SELECT, bytes, card},
    nvm::{
        Geometry,
        deaf::{
            Deaf,
            Kind::{Erase, Program},
            Region::{self, CounterIntent, Home, Intent, Log, Wipe},
            When::{Again, Fresh},
        },
        record::crash_images,
    },
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
            "part 1 of the line does not fit the card: expected a pulse from 1 to 8 of the command, got 40",
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

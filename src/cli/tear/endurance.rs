//! How long each application's cards last (N9): a tap in commands, taken until a unit is worn out.

use tessera::{
    Card, Profile,
    explore::{Endurance, endurance},
};

use super::{Failure, thousands};

/// Erase cycles that a unit is good for here: those of the parts that wear out soonest but the tiny
/// one.
pub(super) const CYCLES: u32 = 100_000;
/// No tap that changes something gets so far.
const TAPS_MAX: u64 = 10_000_000;

/// A way of using a card.
struct Tap {
    application: &'static str,
    profile: &'static str,
    what: &'static str,
    commands: &'static [&'static str],
}

const SELECT_SSSE: &str = "00A404000F7378312E73682EC9E7BBE1B1A3D5CF";
const VERIFY: &str = "0020000003123456";
const SELECT_DF01: &str = "00A4000002DF01";
const NEW_POST_CODE: &str = "00DC0234052403330401";
const NEW_TELEPHONE: &str = "00DC033411280F303537333636363636363600000000";

const TAPS: [Tap; 3] = [
    Tap {
        application: "social-security",
        profile: "clinic",
        what: "the holder is looked up",
        commands: &[SELECT_SSSE, "00B2013500"],
    },
    Tap {
        application: "social-security",
        profile: "clinic",
        what: "the PIN is presented",
        commands: &[SELECT_SSSE, VERIFY],
    },
    Tap {
        application: "social-security",
        profile: "clinic",
        what: "the PIN, then two records updated",
        commands: &[SELECT_SSSE, VERIFY, SELECT_DF01, NEW_POST_CODE, NEW_TELEPHONE],
    },
];

/// The table, in Markdown.
pub(super) fn table() -> Result<String, Failure> {
    let mut lines = vec![
        format!(
            "| applet | a tap | taps until a unit passes {} cycles | which unit | the journal's most worn unit by then: its cycles |",
            thousands(CYCLES.into())
        ),
        "|---|---|---:|---|---|".to_owned(),
    ];
    for Tap { application, profile, what, commands } in TAPS {
        let card = Card::from_profile(&Profile::load(profile)?)?;
        let commands: Vec<Vec<u8>> = commands.iter().map(hex::decode).collect::<Result<_, _>>()?;
        let lasts = endurance(&card, &commands, CYCLES, TAPS_MAX)?;
        let lasts = match lasts {
            None => "any number | none is worn | 0".to_owned(),
            Some(Endurance { taps, place, journal: (unit, cycles) }) => {
                format!("{} | {place} | {unit}: {}", thousands(taps), thousands(cycles.into()))
            }
        };
        lines.push(format!("| {application} | {what} | {lasts} |"));
    }
    Ok(lines.join("\n"))
}

//! Every key of the table: what it opens, and what it does not.

use tessera_cos::{
    Access,
    cipher::{Algorithm, Key},
    messaging::social_security::Session,
    social::{Role, usage},
};

use super::*;
use crate::keys::{KEYS, KeyEntry};

const FACTOR: [u8; 8] = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88];

/// The bytes of a key, each different.
fn bytes_of(at: usize, version: u8) -> [u8; 16] {
    core::array::from_fn(|n| {
        (at as u8).wrapping_mul(7).wrapping_add(version.wrapping_mul(101)).wrapping_add(n as u8)
    })
}

fn keys(versions: u8, algorithm: u8) -> Vec<Vec<u8>> {
    let one = |(at, key): (usize, &KeyEntry)| {
        let versions = 1..=key.groups.min(versions);
        let (df, usage, kid) = (key.df, key.role.code() << 4 | key.usage, key.kid);
        versions
            .map(|version| {
                let header = [df, usage, kid, version, algorithm];
                object(0xC1, &[&header[..], &bytes_of(at, version)].concat())
            })
            .collect::<Vec<_>>()
    };
    KEYS.iter().enumerate().flat_map(one).collect()
}

fn card(algorithm: u8) -> Dialogue {
    Dialogue::of(&data(&every_file(), Some(PIN), &keys(1, algorithm)))
}

fn enter(card: &mut Dialogue, df: u8) {
    let df = DFS.iter().find(|d| d.number() == df).unwrap();
    let name = hex(df.name);
    assert!(card.send(&format!("00A40400{:02X}{name}", df.name.len())).ends_with("9000"));
}

/// EXTERNAL AUTHENTICATE with a key of the table.
fn show(card: &mut Dialogue, label: &str, algorithm: Algorithm) -> String {
    let at = KEYS.iter().position(|key| key.label == label).unwrap();
    let le = if algorithm == Algorithm::Sm4 { 16 } else { 8 };
    let challenge = card.send(&format!("00840000{le:02X}"));
    let challenge = unhex(challenge.strip_suffix("9000").unwrap());
    let key = Key::new(algorithm, &bytes_of(at, 1)).unwrap();
    let proof = Session::new(&key, &challenge).unwrap().authenticator(&FACTOR);
    card.send(&format!("008200{:02X}10{}{}", KEYS[at].kid, hex(&proof), hex(&FACTOR)))
}

/// Whether reading and updating of a file are let, by their status words.
fn open(card: &mut Dialogue, file: &crate::structure::File) -> (bool, bool) {
    use crate::structure::Content;
    let read = match file.content {
        Content::Transparent { .. } => format!("00B0{:02X}0001", 0x80 | file.sfi),
        _ => format!("00B201{:02X}00", file.sfi << 3 | 4),
    };
    let update = match file.content {
        // Behind the end: whoever may update is told so.
        Content::Transparent { .. } => format!("00D6{:02X}FF0155", 0x80 | file.sfi),
        // Record 200, which is not there; of a ring no record but the first is updated.
        _ => format!("00DCC8{:02X}0155", file.sfi << 3 | 4),
    };
    (card.send(&read) != "6982", card.send(&update) != "6982")
}

#[test]
fn each_key_opens_the_files_that_name_it_and_no_others() {
    let keyed = card(0);
    let mut shown = 0;
    for key in KEYS.iter().filter(|key| key.usage == usage::EXTERNAL) {
        for df in DFS {
            let mut card = keyed.clone();
            enter(&mut card, key.df);
            assert_eq!(show(&mut card, key.label, Algorithm::TripleDes), "9000", "{}", key.label);
            enter(&mut card, df.number());
            for file in df.files {
                let counts = df.number() == key.df || key.df == 0;
                let by_key = |access: Access| match access {
                    Access::Always => true,
                    Access::Key(kid) | Access::PinOrKey(kid) => counts && kid == key.kid,
                    _ => false,
                };
                let expected = (by_key(file.read), by_key(file.update));
                let at = format!("{} at {}/{:04X}", key.label, df.english, file.fid());
                assert_eq!(open(&mut card, file), expected, "{at}");
            }
        }
        shown += 1;
    }
    assert_eq!(shown, 51);
}

#[test]
fn pin_and_key_wants_both() {
    let mut card = card(0);
    enter(&mut card, 4);
    card.check(&[("00B2013400", "6982"), ("0020000003123456", "9000"), ("00B2013400", "6982")]);
    assert_eq!(show(&mut card, "RK1DF04", Algorithm::TripleDes), "9000");
    card.check(&[("00B2013400", "900100 9000"), ("0020000003999999", "63C5")]);
    card.check(&[("00B2013400", "6982")]);
}

#[test]
fn the_third_generation_has_the_same_with_sm4() {
    let mut card = card(4);
    assert_eq!(show(&mut card, "RKSSSE", Algorithm::Sm4), "9000"); // 00 82 00 0A 10
    assert_eq!(show(&mut card, "UKSSSE", Algorithm::Sm4), "9000"); // 00 82 00 04 10
    card.check(&[("00B0870001", "00 9000"), ("00DC032C06 0304332E3030", "9000")]);
    card.check(&[("00B2032C00", "0304332E3030 9000")]);
    enter(&mut card, 1);
    assert_eq!(show(&mut card, "UK2DF01", Algorithm::Sm4), "9000");
    card.check(&[("00DC013C03 290132", "9000"), ("00DC014403 2B0131", "6982")]);
}

/// The holder's status is changed by one key of the directory alone.
#[test]
fn status_is_updated_by_uk2_of_df01_only() {
    let keyed = card(0);
    for key in KEYS.iter().filter(|key| key.usage == usage::EXTERNAL && matches!(key.df, 0 | 1)) {
        let mut card = keyed.clone();
        enter(&mut card, 1);
        card.check(&[("0020000003123456", "9000")]);
        assert_eq!(show(&mut card, key.label, Algorithm::TripleDes), "9000");
        let expected = if key.label == "UK2DF01" { "9000" } else { "6982" };
        card.check(&[("00DC013C03 290132", expected)]);
    }
}

#[test]
fn keys_without_a_directory_or_of_no_form_are_refused() {
    let key = bytes_of(0, 1);
    for (object, why) in [
        (object(0xC1, &[&[2, 1, 0x83, 1, 0][..], &key].concat()), "of a directory left out"),
        (object(0xC1, &[&[0, 1, 0x04, 1, 2][..], &key].concat()), "of no algorithm"),
        (object(0xC1, &[&[0, 1, 0x04, 1, 0][..], &key[..9]].concat()), "of nine bytes"),
        (object(0xC1, &[0, 1, 0x04]), "cut short"),
    ] {
        let refused = Rig::<20_480>::with(&SocialSecurity, &data(&[0, 5], None, &[object]));
        assert_eq!(refused.err(), Some(Halt::Status(StatusWord::WRONG_DATA)), "{why}");
    }
}

#[test]
fn the_table_of_keys_is_sound() {
    for (at, key) in KEYS.iter().enumerate() {
        let same = KEYS
            .iter()
            .filter(|other| (other.df, other.usage, other.kid) == (key.df, key.usage, key.kid));
        assert_eq!(same.count(), 1, "{}", key.label);
        assert!(!KEYS[..at].iter().any(|other| other.label == key.label), "{}", key.label);
        let of_df = key.kid & 0x80 != 0;
        let shown = matches!(key.usage, usage::EXTERNAL | usage::MAINTENANCE);
        assert!(!shown || of_df == (key.df != 0), "{}", key.label);
        assert!(matches!((key.levels, key.groups), (2 | 3, 1 | 3)), "{}", key.label);
    }
    let role = |role| KEYS.iter().filter(move |key| key.role == role).map(|key| key.label);
    assert!(role(Role::Lock).eq(["LKDF03", "LKDF04", "LKDF06"]));
    assert!(role(Role::CardLock).eq(["BK"]));
    assert!(role(Role::PinUnlock).eq(["PUK"]));
    // Every key that a condition names is there.
    for df in DFS {
        for file in df.files {
            for access in [file.read, file.update] {
                let (Access::Key(kid) | Access::PinOrKey(kid) | Access::PinAndKey(kid)) = access
                else {
                    continue;
                };
                let there = |key: &&KeyEntry| {
                    (key.df, key.kid, key.usage) == (df.number(), kid, usage::EXTERNAL)
                };
                assert!(KEYS.iter().any(|key| there(&key)), "{kid:02X} of {}", df.english);
            }
        }
    }
}

#[test]
fn three_versions_of_each_key_fit_too() {
    let mut card = Dialogue::of(&data(&every_file(), Some(PIN), &keys(3, 0)));
    assert_eq!(show(&mut card, "UKSSSE", Algorithm::TripleDes), "9000");
    enter(&mut card, 7);
    assert_eq!(show(&mut card, "UK3DF07", Algorithm::TripleDes), "9000");
}

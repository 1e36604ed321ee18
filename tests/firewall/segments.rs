//! The wall between applets, twice: who may depend on whom, read from the manifests; and a hostile
//! applet that reaches for everything around its own segment and gets none of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use crate::free_files::{bytes, profile};
use crate::prober::{ANSWERED_WITHOUT_POWER, HOSTILE, LEFT, Probe, RIGHT};
use tessera::{Card, StatusWord, nvm::Segment};

/// RustCrypto crates an applet may call, without their default features.
const CRYPTO: [&str; 11] =
    ["aes", "cbc-mac", "cipher", "cmac", "des", "digest", "hmac", "sha1", "sha2", "sm3", "sm4"];

/// What an applet may build on: the contract, and the libraries on it, each on those before it.
const ENGINES: [&str; 3] = ["tessera-framework", "tessera-cos", "tessera-pboc"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Name and manifest of each crate under `applets/`.
fn applets() -> Vec<(String, toml::Table)> {
    let directories = fs::read_dir(root().join("applets")).unwrap();
    let manifests = directories.map(|entry| entry.unwrap().path().join("Cargo.toml"));
    let parsed = manifests.filter(|path| path.exists()).map(|path| {
        let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        (manifest["package"]["name"].as_str().unwrap().to_owned(), manifest)
    });
    parsed.collect()
}

/// What a manifest makes part of the applet: every kind of dependency but those of its tests.
fn dependencies(manifest: &toml::Table) -> Vec<(String, toml::Value)> {
    let mut found = Vec::new();
    let mut tables = vec![manifest];
    let of_targets = manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(of_targets.into_iter().flat_map(|t| t.values()).filter_map(|t| t.as_table()));
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let named = table.get(kind).and_then(toml::Value::as_table);
            for (name, value) in named.into_iter().flatten() {
                let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(name);
                found.push((package.to_owned(), value.clone()));
            }
        }
    }
    found
}

#[test]
fn an_applet_depends_on_the_framework_its_two_libraries_and_named_ciphers_only() {
    let applets = applets();
    assert!(applets.len() >= 4, "the applets are where they are looked for");
    for (applet, manifest) in &applets {
        for (dependency, value) in dependencies(manifest) {
            let cipher = CRYPTO.contains(&dependency.as_str());
            let allowed = match applet.as_str() {
                "tessera-framework" => false,
                "tessera-cos" => cipher || dependency == "tessera-framework",
                "tessera-pboc" => cipher || ENGINES[..2].contains(&&*dependency),
                _ => cipher || ENGINES.contains(&&*dependency),
            };
            assert!(allowed, "{applet} depends on {dependency}");
            let default = value.get("default-features").and_then(toml::Value::as_bool);
            assert!(!cipher || default == Some(false), "{applet}: {dependency} with its defaults");
            let inherited = value.get("workspace").is_some();
            assert!(!inherited, "{applet}: {dependency} hides its features in the workspace");
        }
        assert!(manifest.get("features").is_none(), "{applet} has features: nothing tests them");
    }
}

#[test]
fn every_directory_under_applets_is_a_member_and_is_tested() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let workspace = &manifest["workspace"];
    for list in ["members", "default-members"] {
        let listed: BTreeSet<&str> =
            workspace[list].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
        for entry in fs::read_dir(root().join("applets")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                listed.contains(&*format!("applets/{name}")),
                "applets/{name} is not in {list}"
            );
        }
    }
}

#[test]
fn the_card_names_applets_in_its_profile_alone() {
    let source = root().join("src");
    let names = applets().into_iter().map(|(name, _)| name.replace('-', "_"));
    let names: Vec<String> = names.filter(|name| name != "tessera_framework").collect();
    let mut looked_at = 0;
    rust_files(&source, &mut |path, text| {
        looked_at += 1;
        let within = path.strip_prefix(&source).unwrap();
        if within.starts_with("profile") || within == Path::new("profile.rs") {
            return;
        }
        if within == Path::new("cryptography.rs") {
            // Pure functions on bytes, for whoever speaks to a card.
            let code = text.lines().filter(|line| !line.starts_with("//") && !line.is_empty());
            assert!(code.eq(["pub use tessera_cos::{cipher, messaging};"]), "no more than that");
            return;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let named = names.iter().find(|name| line.contains(&***name));
            assert_eq!(named, None, "src/{}:{number}", within.display());
        }
    });
    assert!(looked_at > 20);
}

fn rust_files(directory: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// Three probers in a row, each with its marks in memory, counters and RAM; the middle one is
/// hostile.
fn card() -> Card {
    let mut card = Card::from_profile(&profile("page64", &[&LEFT, &HOSTILE, &RIGHT])).unwrap();
    card.power_on().unwrap();
    for applet in [&LEFT, &RIGHT] {
        card.transmit(&applet.select()).unwrap();
        assert_eq!(card.transmit(&bytes("80 1A 00 00")).unwrap(), [0x90, 0x00], "marks its RAM");
    }
    assert_eq!(card.transmit(&HOSTILE.select()).unwrap(), [0x90, 0x00]);
    card
}

fn segment(card: &Card) -> Segment {
    let mut applications = card.applications();
    applications.find(|(with, _)| with.name == "HOST").unwrap().1
}

/// Every byte of memory that is neither the hostile applet's nor the engine's own.
fn neighbours(card: &Card) -> Vec<u8> {
    let own = segment(card);
    let first = card.applications().next().unwrap().1.base;
    let (before, rest) = card.memory().split_at(own.base as usize);
    [&before[first as usize..], &rest[own.bytes as usize..]].concat()
}

/// Offsets around the segment's ends and around everything that could wrap.
fn offsets(bytes: u32) -> impl Iterator<Item = u32> {
    let around = [0, bytes, 1 << 15, 1 << 16, 1 << 31, u32::MAX];
    around
        .into_iter()
        .flat_map(|at| (0..=70).flat_map(move |d| [at.wrapping_add(d), at.wrapping_sub(d)]))
}

#[test]
fn no_offset_and_no_length_reads_a_byte_outside_the_segment() {
    let mut card = card();
    let own = segment(&card);
    for at in offsets(own.bytes) {
        for length in [0, 1, 2, 4, 31, 64, 65, 200] {
            let probe = Probe { at, length, byte: 0 };
            let answer = card.transmit(&probe.command(0x10)).unwrap();
            let inside = u64::from(at) + u64::from(length) <= own.bytes.into();
            let from = (own.base + at.min(own.bytes)) as usize;
            let expected = match inside {
                true => [&card.memory()[from..from + length as usize], &[0x90, 0x00]].concat(),
                // What was read, if anything, would have been in the buffer the applet sends.
                false => vec![0x6F, 0x00],
            };
            assert!(answer == expected, "read {length} at {at}: {}", hex::encode(&answer));
        }
    }
}

#[test]
fn no_offset_and_no_length_writes_a_byte_outside_the_segment() {
    let start = card();
    let own = segment(&start);
    let before = neighbours(&start);
    for at in offsets(own.bytes) {
        for length in [0, 1, 2, 4, 64, 65] {
            // 12 stores at once, 14 inside a transaction, 16 swallows every error and commits.
            for ins in [0x12, 0x14, 0x16] {
                let mut card = start.clone();
                let answer = card.transmit(&Probe { at, length, byte: 0xEE }.command(ins)).unwrap();
                let inside = u64::from(at) + u64::from(length) <= own.bytes.into();
                let expected = if inside || ins == 0x16 { [0x90, 0x00] } else { [0x6F, 0x00] };
                assert_eq!(answer, expected, "INS {ins:02X}: write {length} at {at}");
                assert!(neighbours(&card) == before, "INS {ins:02X}: write {length} at {at}");
                assert_eq!(card.counters(), start.counters());
                if !inside && ins != 0x16 {
                    assert!(card.memory() == start.memory(), "a refusal has changed memory");
                }
            }
        }
    }
}

#[test]
fn copying_and_typed_places_are_bound_to_the_segment_too() {
    let start = card();
    let own = segment(&start);
    let before = neighbours(&start);
    for at in [own.bytes - 40, own.bytes - 1, own.bytes, own.bytes + 1, u32::MAX - 70, u32::MAX] {
        for ins in [0x18, 0x1C] {
            let mut card = start.clone();
            let answer = card.transmit(&Probe { at, length: 70, byte: 0 }.command(ins)).unwrap();
            assert_eq!(answer, [0x6F, 0x00], "INS {ins:02X} at {at}");
            assert!(neighbours(&card) == before, "INS {ins:02X} at {at}");
        }
    }
}

#[test]
fn an_applet_has_its_own_counters_and_no_others() {
    let start = card();
    for number in 0..=255 {
        let mut card = start.clone();
        let read = card.transmit(&[0x80, 0x20, number, 0, 0]).unwrap();
        let written = card.transmit(&[0x80, 0x22, number, 0]).unwrap();
        let mut expected = start.counters();
        if number < 2 {
            assert_eq!(read, [0, 0, 0, 50 + number, 0x90, 0x00]);
            assert_eq!(written, [0x90, 0x00]);
            expected[2 + usize::from(number)] = 0xEE;
        } else {
            assert_eq!((read, written), (vec![0x6F, 0x00], vec![0x6F, 0x00]), "counter {number}");
        }
        assert_eq!(card.counters(), expected, "counter {number}");
    }
}

#[test]
fn an_applet_sees_its_own_ram_only_and_empty() {
    let mut card = card();
    let lengths_and_contents = card.transmit(&bytes("80 1E 00 00 00")).unwrap();
    let mut expected = vec![24, 10];
    expected.extend([0; 34]);
    expected.extend([0x90, 0x00]);
    assert_eq!(lengths_and_contents, expected);
    card.transmit(&bytes("80 1A 00 00")).unwrap();
    for applet in [&LEFT, &RIGHT] {
        card.transmit(&applet.select()).unwrap();
        let ram = card.transmit(&bytes("80 1E 00 00 00")).unwrap();
        assert_eq!(ram[2..26], [0; 24], "RAM of kind OnDeselect is gone with the selection");
        assert_eq!(ram[26..36], [applet.mark(); 10], "RAM of kind OnReset is as it was left");
    }
}

#[test]
fn a_question_to_another_applet_names_the_asker_and_moves_bytes_only() {
    let mut card = card();
    let before = neighbours(&card);
    let answer = card.transmit(&bytes("80 24 00 00 00")).unwrap();
    let expected = [HOSTILE.name(), &[0x90, 0x00]].concat();
    assert_eq!(answer, expected, "the left one says who asked");
    let answer = card.transmit(&bytes("80 24 01 00 00")).unwrap();
    assert_eq!(answer, StatusWord::CONDITIONS_NOT_SATISFIED.to_bytes(), "the MF serves nobody");
    let answer = card.transmit(&bytes("80 24 02 00 00")).unwrap();
    assert_eq!(answer, StatusWord::NOT_FOUND.to_bytes(), "no such applet");
    assert!(neighbours(&card) == before);
}

/// After a tear an applet may run on, ignoring what it is told: nothing it does reaches memory.
#[test]
fn an_applet_that_swallows_the_loss_of_power_changes_nothing_any_more() {
    let start = card();
    let mut cuts = 0;
    for cut in 1.. {
        let mut card = start.clone();
        card.tear_at(cut);
        if card.transmit(&bytes("80 26 00 00")).is_ok() {
            break;
        }
        cuts += 1;
        assert_eq!(card.pulses(), start.pulses() + u64::from(cut), "no pulse after the tear");
        assert!(!card.is_powered());
        card.power_on().unwrap();
    }
    assert!(cuts > 20);
    assert_eq!(ANSWERED_WITHOUT_POWER.load(Ordering::Relaxed), 0);
}

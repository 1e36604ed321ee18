//! The sets of files P8 to P80: which files a card of each has, in their published net bytes, and
//! the least memory it takes.

use super::*;
use crate::card::PersonaliseError;

/// Directories by name, with the short identifiers of the files each may have.
const DIRECTORIES: [(&str, &[u8]); 8] = [
    ("DDF1", &[0x05, 0x06, 0x07, 0x08]),
    ("DF01", &[0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A]),
    ("DF02", &[0x05, 0x06, 0x07, 0x09, 0x15, 0x16]),
    ("DF03", &[0x05, 0x06, 0x07, 0x15, 0x16, 0x17, 0x18, 0x19]),
    ("DF04", &[0x05, 0x06, 0x08, 0x15]),
    ("DF05", &[0x05]),
    ("DF06", &[0x05, 0x06]),
    ("DF07", &[0x05, 0x06, 0x07]),
];

fn profile_with(set: &str) -> Profile {
    let text = EMBEDDED[0].1.replace("files = \"P8\"", &format!("files = \"{set}\""));
    let text = text.replace("memory-bytes = 8192", "memory-bytes = 32768");
    Profile::parse("set.toml", &text).unwrap()
}

/// The files of each directory, and the sum of what their control parameters say they hold.
fn contents(set: &str) -> Vec<(Vec<u8>, u32)> {
    let mut card = Card::from_profile(&profile_with(set)).unwrap();
    card.power_on().unwrap();
    let mut select = |command: String| card.transmit(&testing::bytes(&command)).unwrap();
    let mut contents = Vec::new();
    for (directory, files) in DIRECTORIES {
        let path = if directory == "DDF1" { String::new() } else { directory.to_string() };
        let (mut there, mut bytes) = (Vec::new(), 0);
        for &sfi in files {
            let path = format!("DDF1{path}EF{sfi:02X}");
            let answer = select(format!("00A40804{:02X}{path}00", path.len() / 2));
            if answer == [0x6A, 0x82] {
                continue;
            }
            // 62 length, 80 02 and the number of data bytes.
            assert_eq!((answer[0], &answer[2..4]), (0x62, &[0x80, 0x02][..]), "{set} {path}");
            bytes += u32::from(u16::from_be_bytes([answer[4], answer[5]]));
            there.push(sfi);
        }
        contents.push((there, bytes));
    }
    contents
}

fn sums(contents: &[(Vec<u8>, u32)]) -> Vec<u32> {
    contents.iter().map(|(_, bytes)| *bytes).collect()
}

#[test]
fn p8_leaves_out_pictures_reserved_files_logs_and_df07() {
    let p8 = contents("P8");
    assert_eq!(sums(&p8), [155, 537, 1078, 857, 195, 0, 0, 0]);
    assert_eq!(p8[0].0, [0x05, 0x06]);
    assert_eq!(p8[1].0, [0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x15]);
    assert_eq!(p8[4].0, [0x05, 0x06]);
}

/// All files in use and all reserved ones, and DF05; of those preset, DF02 EF05, which P8 has, too.
#[test]
fn p16_has_what_is_in_use_or_reserved_and_all_that_p8_has() {
    let (p8, p16) = (contents("P8"), contents("P16"));
    assert_eq!(sums(&p16), [155, 2017, 1078, 857, 1059, 506, 0, 0]);
    for ((small, _), (large, _)) in p8.iter().zip(&p16) {
        assert!(small.iter().all(|sfi| large.contains(sfi)));
    }
}

#[test]
fn p32_and_p80_have_every_file() {
    for set in ["P32", "P80"] {
        let contents = contents(set);
        assert_eq!(sums(&contents), [5019, 2017, 1078, 857, 1059, 506, 384, 116], "{set}");
        for ((there, _), (directory, files)) in contents.iter().zip(DIRECTORIES) {
            assert_eq!(there, files, "{set} {directory}");
        }
    }
}

/// The least segment, in pages of 64 bytes, and what a page less is answered.
fn least_bytes(set: &str, keys: bool) -> u32 {
    let made = |bytes| {
        let mut profile = profile_with(set);
        if !keys {
            let without = profile.source.replace("[keys]", "[card-keys]");
            let (before, _) = without.split_once("[card-keys]").unwrap();
            profile = Profile::parse("set.toml", before).unwrap();
        }
        profile.applets[1].segment_bytes = Some(bytes);
        Card::from_profile(&profile)
    };
    let least = (1..).map(|pages| pages * 64).find(|&bytes| made(bytes).is_ok()).unwrap();
    let refused = made(least - 64).unwrap_err();
    let PersonaliseError::NotEnoughMemory { who, bytes, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!((who.as_str(), *bytes), ("social-security", least - 64), "{set}");
    least
}

#[test]
fn each_set_takes_a_least_memory_and_one_page_less_is_too_little() {
    for (set, net_bytes) in [("P8", 2822), ("P16", 5672), ("P32", 11_036)] {
        let least = least_bytes(set, false);
        // Headers and lengths of records take less than half of what they serve.
        assert!((net_bytes..net_bytes * 3 / 2).contains(&least), "{set}: {least} bytes");
    }
}

/// A key has 16 bytes; what is known of it takes five more, and each directory's keys lie in memory
/// units of their own; the account of DF04 comes with them. With all its keys P8 leaves more than
/// 1 KiB of 8 to the engine and others.
#[test]
fn keys_take_little_more_than_their_bytes() {
    for (set, keys, most) in [("P8", 53, 6400), ("P16", 55, 9600), ("P32", 67, 17_000)] {
        let (with, without) = (least_bytes(set, true), least_bytes(set, false));
        assert!((keys * 16..keys * 30).contains(&(with - without)), "{set}: {with} {without}");
        assert!(with <= most, "{set}: {with}");
    }
}

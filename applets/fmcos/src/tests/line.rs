//! Line protection: what each type byte and key byte want, for each kind of file.

use super::*;

const MAC: Protection = Protection::Checksum;
const BOTH: Protection = Protection::CryptogramAndChecksum;

const KEYS: [[u8; 16]; 4] = [[0x10; 16], [0x21; 16], [0x32; 16], [0x43; 16]];

/// A DF with the line protection keys 0 to 3 and a file 0005 made so, the DF entered again.
fn card(file: &str) -> Dialogue {
    let mut card = Dialogue::blank();
    card.run(&["80E03F010E 380600F0F095FFFF 010203040506", DF, "80E0000007 3F010095F0FFFF"]);
    for (id, bytes) in KEYS.iter().enumerate() {
        card.run(&[&key("36", &format!("{id:02X}"), "F0F0 FF FF", bytes)]);
    }
    card.run(&[&format!("80E0000507{file}"), DF]);
    card
}

fn how(line: u8) -> Protection {
    if line & 0x40 == 0 { MAC } else { BOTH }
}

/// Keys for reading and writing by the bits of the key byte.
fn keys_of(key_byte: u8) -> (usize, usize) {
    (usize::from(3 - (key_byte >> 2 & 3)), usize::from(3 - (key_byte & 3)))
}

#[test]
fn each_type_and_key_byte_guards_a_binary_file() {
    for line in [0x00, 0x80, 0x40, 0xC0] {
        for key_byte in [0xFF, 0x7F, 0xFD, 0xFE, 0xF7, 0x73, 0xE0, 0x60] {
            let mut card = card(&format!("{:02X}0010F0F0FF{key_byte:02X}", 0x28 | line));
            let (read, write) = keys_of(key_byte);
            let plain = if line == 0 { "9000" } else { "6987" };
            card.check(&[("00D6850003 AABBCC", plain)]);
            for (id, bytes) in KEYS.iter().enumerate() {
                let command = card.wrap(bytes, how(line), "04D68500", "010203");
                let expected = if id == write { "9000" } else { "6988" };
                assert_eq!(card.bytes(&command), expected, "{line:02X} {key_byte:02X} write {id}");
            }
            if line == 0x40 || line == 0xC0 {
                let command = card.wrap(&KEYS[write], MAC, "04D68500", "010203");
                assert_eq!(card.bytes(&command), "6988", "{line:02X} not enciphered");
            }
            let plain = if key_byte & 0x80 == 0 { "6900" } else { "0102039000" };
            card.check(&[("00B0850003", plain)]);
            for (id, bytes) in KEYS.iter().enumerate() {
                let challenge = card.challenge();
                let command = wrapped(bytes, MAC, &challenge, "04B08500", "", Some(3));
                let answer = unhex(&card.bytes(&command));
                if id != read {
                    assert_eq!(answer, [0x69, 0x88]);
                    continue;
                }
                let (data, status) = answer.split_at(answer.len() - 2);
                assert_eq!(status, [0x90, 0x00], "{line:02X} {key_byte:02X} read {id}");
                let key = Key::des(bytes).unwrap();
                let opened = Line::new(&key).unwrap(how(line), &challenge, data);
                assert_eq!(opened.ok().unwrap().as_slice(), [1, 2, 3]);
            }
        }
    }
}

/// Fixed, variable and cyclic records: appended, replaced, read under protection.
#[test]
fn each_kind_of_records_is_guarded() {
    let records = [
        ("2A", "0304", "AABBCCDD", "01020304", "04DC0104", "04B20104"),
        ("2C", "0020", "6102AABB", "61020102", "04DC0104", "04B20104"),
        ("2E", "0304", "AABBCCDD", "01020304", "04DC0003", "04B20104"),
    ];
    for line in [0x00, 0x80, 0x40, 0xC0] {
        for (kind, size, first, second, update, read) in records {
            let kind = u8::from_str_radix(kind, 16).unwrap() | line;
            let mut card = card(&format!("{kind:02X}{size}F0F0FFFF"));
            let plain = if line == 0 { "9000" } else { "6987" };
            card.run(&["00A40000020005"]);
            card.check(&[(&format!("00E2000404{first}"), plain)]);
            let append = card.wrap(&KEYS[0], how(line), "04E20004", first);
            assert_eq!(card.bytes(&append), "9000", "{kind:02X}");
            card.check(&[(&format!("00{}04{second}", &update[2..]), plain)]);
            let wrong = spoilt(card.wrap(&KEYS[0], how(line), update, first));
            assert_eq!(card.bytes(&wrong), "6988", "{kind:02X}");
            let change = card.wrap(&KEYS[0], how(line), update, second);
            assert_eq!(card.bytes(&change), "9000", "{kind:02X}");
            card.check(&[("00B2010404", &format!("{second}9000"))]);
            let challenge = card.challenge();
            let command = wrapped(&KEYS[0], MAC, &challenge, read, "", Some(4));
            let answer = unhex(&card.bytes(&command));
            let key = Key::des(&KEYS[0]).unwrap();
            let data = &answer[..answer.len() - 2];
            let opened = Line::new(&key).unwrap(how(line), &challenge, data).ok().unwrap();
            assert_eq!(opened.as_slice(), unhex(second), "{kind:02X}");
        }
    }
}

/// The longest plain answer that fits with what protects it; one byte more is 6700.
#[test]
fn a_protected_answer_that_is_too_long_is_refused() {
    for (line, most) in [(0x80, 252), (0xC0, 247)] {
        let mut card = card(&format!("{:02X}0180F0F0FFFF", 0x28 | line));
        card.wrap(&KEYS[0], how(line), "04D68500", "01");
        for (bytes, fits) in [(most, true), (most + 1, false), (255, false)] {
            let challenge = card.challenge();
            let le = Some(bytes as u8);
            let command = wrapped(&KEYS[0], MAC, &challenge, "04B08500", "", le);
            let answer = card.bytes(&command);
            assert_eq!(answer == "6700", !fits, "{bytes}: {answer}");
            assert!(!fits || answer.ends_with("6281"), "{answer}");
        }
        let challenge = card.challenge();
        let command = wrapped(&KEYS[0], MAC, &challenge, "04B08500", "", Some(0));
        let answer = unhex(&card.bytes(&command));
        let key = Key::des(&KEYS[0]).unwrap();
        let opened = Line::new(&key).unwrap(how(line), &challenge, &answer[..answer.len() - 2]);
        assert_eq!(opened.ok().unwrap().as_slice().len(), most);
    }
}

#[test]
fn a_record_of_239_bytes_is_read_where_it_fits() {
    let mut card = card("2A02EFF0F0FFFF");
    card.run(&["00A40000020005", &format!("00E20004EF{}", "5A".repeat(239))]);
    card.refused(&format!("00E20004F0{}", "5A".repeat(240)), "6700");
    assert_eq!(card.send("00B2010400").len(), 2 * 241);
    let challenge = card.challenge();
    let command = wrapped(&KEYS[0], MAC, &challenge, "04B20104", "", Some(0));
    assert_eq!(card.bytes(&command).len(), 2 * (239 + 4 + 2));
}

#[test]
fn what_is_wrong_with_a_protected_command() {
    let mut card = card("A80010F0F0FFFF");
    card.refused("04D6850007 010203 00000000", "6985");
    for (command, status) in [
        ("04D6850003 010203", "6700"),
        ("04D6850004 01020304", "6700"),
        ("04D6850007 010203 00000000", "6988"),
        ("04D6901007 010203 00000000", "6A82"),
        ("04D6851007 010203 00000000", "6B00"),
        ("04B085000300000000", "6700"),
        ("04B08500", "6700"),
    ] {
        card.challenge();
        let memory = card.memory();
        assert_eq!(card.send(command), status, "{command}");
        assert!(card.memory() == memory, "{command}");
    }
    let long = card.wrap(&KEYS[0], MAC, "04D68500", &"11".repeat(17));
    assert_eq!(card.bytes(&long), "6700");
    let stale = card.wrap(&KEYS[0], MAC, "04D68500", "0102");
    card.challenge();
    assert_eq!(card.bytes(&stale), "6988", "made for another challenge");
    let fresh = card.wrap(&KEYS[0], MAC, "04D68500", "0102");
    assert_eq!(card.bytes(&fresh), "9000");
    assert_eq!(card.bytes(&fresh), "6985");
}

#[test]
fn a_line_key_that_is_missing_or_not_usable() {
    let mut card = Dialogue::small();
    card.run(&["80E0000607 A80010F0F0FFFD", &key("36", "03", "F2F0 FF 33", &LINE)]);
    card.run(&["80E0000707 A80010F0F0FFFC"]);
    let command = card.wrap(&LINE, MAC, "04D68600", "01");
    assert_eq!(card.bytes(&command), "6A88");
    let command = card.wrap(&LINE, MAC, "04D68700", "01");
    assert_eq!(card.bytes(&command), "6982");
}

/// On 0015 and 0016 the third wrong MAC in a row locks the application for ever; on others the key
/// alone.
#[test]
fn three_wrong_macs_lock_an_application() {
    let mut card = Dialogue::small();
    card.run(&["80E0000607 A80010F0F0FFFF"]);
    let mut other = card.clone();
    for expected in ["6988", "6988", "9303"] {
        let command = spoilt(card.wrap(&LINE, MAC, "04D69500", "01"));
        assert_eq!(card.bytes(&command), expected);
    }
    card.check(&[("00B0950001", "6A81"), (DF, "6A81")]);
    let command = card.wrap(&LINE, MAC, "84180000", "");
    assert_eq!(card.bytes(&command), "9303");
    for expected in ["6988", "6988", "6988", "6983"] {
        let command = spoilt(other.wrap(&LINE, MAC, "04D68600", "01"));
        assert_eq!(other.bytes(&command), expected);
    }
    other.check(&[("00B0950001", "FF 6281")]);
}

#[test]
fn a_right_mac_between_wrong_ones_starts_the_count_anew() {
    let mut card = Dialogue::small();
    for _ in 0..3 {
        for _ in 0..2 {
            let command = spoilt(card.wrap(&LINE, MAC, "04D69500", "01"));
            assert_eq!(card.bytes(&command), "6988");
        }
        let command = card.wrap(&LINE, MAC, "04D69500", "01");
        assert_eq!(card.bytes(&command), "9000");
    }
}

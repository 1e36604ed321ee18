//! INIT FOR DESCRYPT, DELIVER SESSION KEY, DES CRYPT: each mode, each kind of key, every refusal.

use super::*;

const FACTOR: &str = "1122334455667788";
/// MASTER by FACTOR, as published: the key of a worked example.
const DERIVED: &str = "496BD7A3513644533100B54E71196528";

const BLOCK: &str = "0102030405060708";

/// A block under a key.
fn enciphered(key: &str, block: &str) -> String {
    let mut block = unhex(block);
    Key::des(&unhex(key)).unwrap().cipher().encrypt_ecb(&mut block).unwrap();
    hex(&block)
}

#[test]
fn a_derived_key_of_a_published_example() {
    let mut card = Dialogue::usual();
    card.run(&[&format!("801A280108{FACTOR}")]);
    let two = format!("80FA000010{BLOCK}{BLOCK}");
    let block = enciphered(DERIVED, BLOCK);
    card.check(&[(&two, &format!("{block}{block}9000"))]);
    // 02 says that more follow, which changes nothing.
    card.check(&[(&two.replacen("FA00", "FA02", 1), &format!("{block}{block}9000"))]);
    card.check(&[(&format!("80FA800008{block}"), &format!("{BLOCK}9000"))]);
}

#[test]
fn a_key_without_levels_is_taken_as_it_is() {
    let mut card = Dialogue::usual();
    card.run(&["801A0802"]);
    // FIPS 46-3's best-known pair.
    card.check(&[("80FA000008 4E6F772069732074", "3FA40E8A984D4815 9000")]);
}

/// Values computed apart from the card, by algorithm 3 with 16 bytes and CBC with 8.
#[test]
fn macs_of_known_answers() {
    for (key, mac) in [("0800", "E73862F5"), ("0802", "F3B70F34")] {
        let mut card = Dialogue::usual();
        card.run(&[&format!("801A{key}")]);
        let whole =
            "80FA050020 5D72B3FD00000000 04D6950012010203 0405060708090A0B 0C0D0E8000000000";
        card.check(&[(whole, &format!("{mac}9000"))]);
        // The same in parts.
        card.check(&[
            ("80FA070010 5D72B3FD00000000 04D6950012010203", "9000"),
            ("80FA030008 0405060708090A0B", "9000"),
            ("80FA010008 0C0D0E8000000000", &format!("{mac}9000")),
            ("80FA010008 0C0D0E8000000000", "6901"),
            ("80FA070018 5D72B3FD00000000 04D6950012010203 0405060708090A0B", "9000"),
            ("80FA010008 0C0D0E8000000000", &format!("{mac}9000")),
        ]);
    }
}

/// The MAC of a published key-loading session, its initial value a challenge.
#[test]
fn a_mac_of_a_published_session() {
    let mut card = Dialogue::usual();
    card.run(&["801A0600"]);
    let message = "84D400001CDCC0BB5793ABFCA2CA8C1624822F6E01A86A0B5CBED191DD 800000";
    let data = format!("5D72B3FD00000000{message}");
    card.check(&[(&command("80FA0500", &data), "8A9D4ADB9000")]);
}

/// A user card's TAC, and what RELOAD PIN asks for: by a key whose halves are XORed.
#[test]
fn kinds_0c_and_04_are_folded() {
    for usage in ["2C", "24"] {
        let mut card = Dialogue::usual();
        card.run(&[&format!("801A{usage}0008{CARD}")]);
        // Amount, type, terminal, number, date and time of a purchase.
        let data = "0000000000000000 00000064 06 330499000001 00000001 20250102 030405 8000";
        card.check(&[(&command("80FA0500", data), "5D8AF7A4 9000")]);
    }
}

#[test]
fn a_mac_under_way_ends_with_any_other_mode_and_with_a_refusal() {
    let mut started = Dialogue::usual();
    started.run(&["801A0800", "80FA070010 00000000000000000102030405060708"]);
    for ends in [
        "80FA0000080102030405060708",
        "80FA8000080102030405060708",
        "80FA05001000000000000000000102030405060708",
        "80FA040008 0102030405060708",
        "80FA030007 01020304050607",
        "80FA030108 0102030405060708",
        "801A0800",
    ] {
        let mut card = started.clone();
        card.send(ends);
        card.refused("80FA010008 0102030405060708", "6901");
        card.refused("80FA030008 0102030405060708", "6901");
    }
    // It goes on over commands that have nothing to do with it.
    started.run(&["00B0990004", "0084000004", "80FA0100080102030405060708"]);
}

#[test]
fn the_temporary_key_ends_with_the_next_one_a_purchase_and_a_selection() {
    let mut keyed = Dialogue::usual();
    keyed.run(&["801A0800"]);
    for ends in [
        "801A0000",
        "801A2801",
        "BFDE0000",
        "80DE0000",
        "8070000000",
        &init_usual(),
        "E0400000",
        ADF,
        "00A40000020017",
    ] {
        let mut card = keyed.clone();
        card.send(ends);
        card.refused("80FA000008 0102030405060708", "6901");
    }
    let mut card = keyed.clone();
    card.reset();
    card.run(&[ADF]);
    card.refused("80FA000008 0102030405060708", "6901");
    // A selection that fails ends nothing.
    for goes_on in ["00A4000002AAAA", "00A4040003AAAAAA", "00B0990004", "8072000004 00000000"] {
        let mut card = keyed.clone();
        card.send(goes_on);
        card.run(&["80FA000008 0102030405060708"]);
    }
}

/// What each kind may do, of two levels: encipher, decipher, MAC; then by DELIVER SESSION KEY.
const POWERS: [(&str, [bool; 3], [bool; 3]); 11] = [
    ("42", [false; 3], [false; 3]),
    ("43", [true, false, true], [true, false, true]),
    ("44", [false, false, true], [false; 3]),
    ("45", [true, false, true], [true, false, true]),
    ("46", [false, false, true], [false, false, true]),
    ("47", [true, true, false], [true, true, false]),
    ("48", [true, true, true], [true, true, true]),
    ("49", [false; 3], [false, false, true]),
    ("4C", [false, false, true], [false; 3]),
    ("59", [true, true, false], [true, true, false]),
    ("5E", [false; 3], [false; 3]),
];

const DERIVED_ONLY: [(&str, [bool; 3]); 2] =
    [("4E", [true, false, false]), ("4F", [true, true, true])];

/// A card with keys of each kind, diversified and not.
fn kinds() -> Dialogue {
    let mut names: Vec<String> = POWERS.iter().map(|(usage, ..)| format!("{usage}07")).collect();
    names.extend(DERIVED_ONLY.iter().map(|(usage, _)| format!("{usage}07")));
    names.extend(["00", "01", "03", "04", "0E", "0F", "1E"].map(|usage| format!("{usage}07")));
    let keys: Vec<String> = names.iter().map(|name| key(name, MASTER)).collect();
    let mut objects =
        vec![(0xC0, "3F00 03 315041592E5359532E4444463031"), (0xC0, "1001 03 F054455353455241")];
    objects.extend(keys.iter().map(|key| (0xC3, &**key)));
    let mut card = Dialogue::new(&installation(&objects));
    card.run(&[ADF]);
    card
}

#[test]
fn each_kind_does_what_its_name_says_and_nothing_else() {
    let modes = [
        "80FA000008 0102030405060708",
        "80FA800008 0102030405060708",
        "80FA050010 0000000000000000 0102030405060708",
    ];
    let both = POWERS.iter().copied();
    let derived = DERIVED_ONLY.iter().map(|&(usage, may)| (usage, may, may));
    for (usage, itself, session) in both.chain(derived) {
        for (begin, may) in [
            (format!("801A{usage}0710{FACTOR}{FACTOR}"), itself),
            (format!("BFDE{usage}0718{FACTOR}{FACTOR}{BLOCK}"), session),
        ] {
            let mut card = kinds();
            if may == [false; 3] {
                card.refused(&begin, "6985");
                continue;
            }
            card.run(&[&begin]);
            for (mode, may) in modes.iter().zip(may) {
                match may {
                    true => card.run(&[mode]),
                    false => card.refused(mode, "6985"),
                }
            }
            let part = "80FA070010 0000000000000000 0102030405060708";
            assert_eq!(card.send(part), if may[2] { "9000" } else { "6985" }, "{usage}");
        }
    }
}

#[test]
fn keys_of_the_cards_own_make_no_temporary_key() {
    for usage in ["00", "01", "03", "04", "0E", "0F", "1E"] {
        let mut card = kinds();
        card.refused(&format!("801A{usage}07"), "6985");
        card.refused(&format!("BFDE{usage}0708{BLOCK}"), "6985");
        card.refused("80FA000008 0102030405060708", "6901");
    }
}

/// The types that the card's own keys are kept as are no usage bytes.
#[test]
fn no_usage_byte_reaches_a_key_of_the_cards_own() {
    const OWN: [&str; 7] = ["00", "01", "03", "04", "0D", "0E", "0F"];
    let keys = OWN.map(|usage| match usage {
        "0D" => key("0D07", "123456"),
        usage => key(&format!("{usage}07"), MASTER),
    });
    let mut objects =
        vec![(0xC0, "3F00 03 315041592E5359532E4444463031"), (0xC0, "1001 03 F054455353455241")];
    objects.extend(keys.iter().map(|key| (0xC3, &**key)));
    let mut card = Dialogue::new(&installation(&objects));
    card.run(&[ADF]);
    for usage in 0x00..=0xFF_u8 {
        let factors = FACTOR.repeat((usage >> 5).into());
        let usage = format!("{usage:02X}");
        let status = if OWN.contains(&&*usage) { "6985" } else { "6A88" };
        card.refused(&command(&format!("801A{usage}07"), &factors), status);
        for class in ["BF", "80"] {
            let header = format!("{class}DE{usage}07");
            card.refused(&command(&header, &format!("{factors}{BLOCK}")), status);
        }
        card.refused("80FA000008 0102030405060708", "6901");
    }
}

#[test]
fn init_for_descrypt_is_refused() {
    let mut card = Dialogue::usual();
    for (command, status) in [
        ("801A2801", "6700"),
        ("801A280107 11223344556677", "6700"),
        ("801A280110 11223344556677881122334455667788", "6700"),
        ("801A080008 1122334455667788", "6700"),
        ("801A280008 1122334455667788", "6A88"),
        ("801A480110 11223344556677881122334455667788", "6A88"),
        ("801A280508 1122334455667788", "6982"),
        ("801A220108 1122334455667788", "6985"),
        ("841A2801081122334455667788", "6E00"),
        ("BFDE2801081122334455667788", "6700"),
        ("BFDE280111 112233445566778811223344556677 8800", "6700"),
        ("BFDE0800", "6700"),
        ("BFDE280010 11223344556677881122334455667788", "6A88"),
        ("BFDE280510 11223344556677881122334455667788", "6982"),
        ("BFDE2C0010 11223344556677881122334455667788", "6985"),
        ("84DE280110 11223344556677881122334455667788", "6E00"),
    ] {
        card.refused(command, status);
    }
}

#[test]
fn des_crypt_is_refused() {
    let mut card = Dialogue::usual();
    card.refused("80FA000008 0102030405060708", "6901");
    card.refused("80FA050010 00000000000000000102030405060708", "6901");
    card.run(&["801A0800"]);
    for (command, status) in [
        ("80FA000108 0102030405060708", "6A86"),
        ("80FA040008 0102030405060708", "6A86"),
        ("80FA060008 0102030405060708", "6A86"),
        ("80FA820008 0102030405060708", "6A86"),
        ("80FA0000", "6700"),
        ("80FA000007 01020304050607", "6700"),
        ("80FA000009 010203040506070809", "6700"),
        ("80FA050008 0102030405060708", "6700"),
        ("80FA070008 0102030405060708", "6700"),
        ("80FA05000F 000000000000000001020304050607", "6700"),
        ("80FA010008 0102030405060708", "6901"),
        ("80FA030008 0102030405060708", "6901"),
        ("84FA000008 0102030405060708", "6E00"),
    ] {
        card.refused(command, status);
    }
    // 232 bytes are the most that a command has in whole blocks.
    card.run(&[&command("80FA0000", &"00".repeat(232))]);
    card.refused(&command("80FA0000", &"00".repeat(240)), "6700");
}

/// Session keys of social-security cards, by roots and factors of their own known answers.
#[test]
fn deliver_session_key_by_known_answers() {
    let uk = key("4812", "E6AE3D2843156636B257A425284A6CDD");
    let rk = key("6808", "C82341CF1F3674AB25D128FEF33D8445");
    let irk = key("6708", "74738433AB1B5917AF2C4A777E649C2A");
    let mut card = Dialogue::new(&installation(&[
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC0, "1001 03 D15600000590"),
        (0xC3, &uk),
        (0xC3, &rk),
        (0xC3, &irk),
    ]));
    card.run(&[ADF]);
    for (begin, factor, cipher) in [
        (
            "BFDE481218 8601330400000298 3333303430307378 0B2ACE5DEF2ECF12",
            "0102030405060708",
            "BFBB5F69FD33404F",
        ),
        (
            "80DE680820 8601330400000298 3333303430307378 3333303030307368 F7088D7F354FADFC",
            "0102030405060708",
            "918084B794E27320",
        ),
        (
            "BFDE670820 8684420100000135 3432303130307378 3432303030307368 629264A3ADFBA1D9",
            "1122334455667788",
            "519DF3EEB728DEBA",
        ),
    ] {
        card.check(&[(begin, "9000"), (&format!("80FA000008{factor}"), &format!("{cipher}9000"))]);
    }
}

//! `[psam]`: what the built-in profile puts on the card, and what is said of each mistake.

use super::*;

fn text() -> &'static str {
    EMBEDDED.iter().find(|(name, _)| *name == "psam").unwrap().1
}

#[test]
fn the_built_in_one_has_its_files_and_names_them() {
    let mut card = testing::made("psam");
    card.power_on().unwrap();
    testing::check(
        &mut card,
        &[
            ("00 B0 95 00 0E", "3304990100000000000101010101 9000"),
            ("00 B0 96 00 06", "330499000001 9000"),
            ("00 A4 00 0C 02 1001", "9000"),
            ("00 B0 99 00 04", "00000001 9000"),
        ],
    );
    let words = card.profile().vocabulary();
    let files: Vec<_> = words.dfs.iter().flat_map(|df| df.efs.iter().map(|ef| ef.fid)).collect();
    assert_eq!(files, [0x0015, 0x0016, 0x0017, 0x0019]);
    assert_eq!(words.dfs[1].name, b"\xF0TESSERA.PSAM");
}

#[test]
fn records_rights_and_keys_of_the_cards_own() {
    let text = text()
        .replace(
            "[psam.files]\n",
            "[psam.files]\n\"0001\" = { records = [\"6101\", \"62\"], update = \"F2\", mac = false }\n\
             \"0002\" = [\"6103\"]\n\"0003\" = { bytes = \"AA\", read = \"F1\" }\n",
        )
        .replace("[psam.keys]\n", "[psam.keys]\n\"0D/00\" = \"123456\"\n");
    let text = text.replace("[psam]\n", "").replace("\"22/01\" = \"", "\"59/01\" = \"");
    let profile = Profile::parse("card.toml", &text).unwrap();
    let mut card = Card::from_profile(&profile).unwrap();
    card.power_on().unwrap();
    testing::check(
        &mut card,
        &[
            ("00 B2 01 0C 02", "6101 9000"),
            ("00 B2 02 0C 01", "62 9000"),
            ("00 DC 01 0C 02 6102", "6982"),
            ("00 DC 01 14 02 6104", "6987"),
            ("00 B2 01 14 02", "6103 9000"),
            ("00 B0 83 00 01", "6982"),
            ("00 20 00 00 03 123456", "9000"),
            ("00 B0 83 00 01", "AA 9000"),
        ],
    );
}

#[test]
fn mistakes_name_their_line() {
    let wide = format!("{}\n", "[[psam.applications]]\nfid = \"2001\"\nname = \"F0000000F1\"\n");
    for (from, to, says) in [
        (
            "\"0016\" = \"330499000001\"",
            "\"0016\" = \"3304990000\"",
            "expected 6 bytes: the terminal",
        ),
        ("\"0016\" =", "\"16\" =", "expected a file identifier of 2 bytes, got 1 bytes"),
        ("\"0016\" = \"330499000001\"", "\"0016\" = \"\"", "expected 6 bytes"),
        ("\"0016\" = \"330499000001\"", "\"0016\" = \"3X\"", "expected hexadecimal bytes"),
        (
            "\"0016\" = \"330499000001\"",
            "\"0016\" = { bytes = \"00\", records = [\"00\"] }",
            "expected either bytes or records, got both or none",
        ),
        (
            "\"0016\" = \"330499000001\"",
            "\"0016\" = { bytes = \"330499000001\", read = \"F0F0\" }",
            "expected a right byte",
        ),
        (
            "\"0016\" = \"330499000001\"",
            "\"0001\" = [\"\"]",
            "expected a record of 1 to 255 bytes, got 0 bytes",
        ),
        (
            "\"0019\" = \"00000001\"",
            "\"0019\" = \"0001\"",
            "expected 4 bytes: the transaction number",
        ),
        ("\"22/01\" =", "\"2201\" =", "expected usage byte and version of a key, as \"22/01\""),
        ("\"22/01\" =", "\"22/1\" =", "expected usage byte and version"),
        ("\"22/01\" =", "\"02/01\" =", "expected a usage byte that keys have"),
        (
            "\"22/01\" = \"3E013E013E013E010011223344556677\"",
            "\"22/01\" = \"3E01\"",
            "expected a key of 8 or 16 bytes, got 2 bytes",
        ),
        (
            "\"22/01\" = \"3E013E013E013E010011223344556677\"",
            "\"0D/01\" = \"3E013E013E013E0100\"",
            "expected a PIN of 2 to 8 bytes, got 9 bytes",
        ),
        (
            "\"22/01\" = \"3E013E013E013E010011223344556677\"",
            "\"22/01\" = { key = \"3E013E013E013E01\", tries = 16 }",
            "expected a register of 0 to 15 and 1 to 15 tries, got 0 and 16",
        ),
        ("fid = \"1001\"", "fid = \"1001\"\nmac2-tries = 0", "expected 1 to 15 tries, got 0"),
        ("fid = \"1001\"", "fid = \"10\"", "expected a file identifier of 2 bytes"),
        ("name = \"F0 54", "name = \"F0\" # 54", "expected a name of 5 to 16 bytes, got 1 bytes"),
        ("fid = \"1001\"", "fid = \"1001\"\nsize = 1", "unknown field `size`"),
        ("[psam.files]", "[iso7816]\n[psam.files]", "a section that brings the card's MF, alone"),
        ("# Master", &wide.repeat(7), "expected at most 7 applications, got one more"),
    ] {
        let changed = if says.contains("at most 7") {
            format!("{}\n{to}", text())
        } else {
            text().replacen(from, to, 1)
        };
        assert_ne!(changed, text(), "{from} stands in the profile");
        let error = Profile::parse("card.toml", &changed).unwrap_err().to_string();
        assert!(error.contains(says), "{from} -> {to}\n  got: {error}\n  not: {says}");
        assert!(error.starts_with("card.toml:"), "{error}");
    }
}

#[test]
fn nobody_gets_a_right_to_write_the_transaction_number() {
    let from = "\"0019\" = \"00000001\"";
    let line = text()[..text().find(from).unwrap()].lines().count() + 1;
    for right in ["F0", "EF"] {
        let to = format!("\"0019\" = {{ bytes = \"00000001\", update = \"{right}\" }}");
        let error = Profile::parse("card.toml", &text().replacen(from, &to, 1)).unwrap_err();
        let says = "expected no `update` of 0019: the card alone counts, got";
        assert_eq!(error.to_string(), format!("card.toml:{line}: {says} \"{right}\""));
    }
}

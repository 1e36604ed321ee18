//! `[card.air]`: what a contactless reader finds, and what is said of each mistake.

use super::*;
use crate::link::PiccType;

fn profile(card: &str) -> Result<Profile, ProfileError> {
    let text = format!(
        "name = \"card\"\n[card]\ninterface = \"contactless\"\nhistorical = \"8601\"\n\
         memory-bytes = 4096\n{card}\n[iso7816]\n"
    );
    Profile::parse("card.toml", &text)
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode_upper(bytes)
}

#[test]
fn a_card_that_says_nothing_of_the_air_is_of_type_a_with_a_random_uid() {
    let card = profile("").unwrap();
    assert_eq!(card.interface, Interface::ContactlessA);
    let picc = card.picc();
    assert_eq!(picc.picc_type(), PiccType::A);
    assert_eq!(hex(picc.atqa().unwrap()), "0400");
    assert_eq!(picc.sak(), Some(0x20));
    assert_eq!(hex(picc.ats().unwrap()), "07788070028601");
    assert_eq!(hex(card.atr(Interface::ContactlessA)), "3B828001860184");
}

#[test]
fn an_ats_that_leaves_bytes_out_says_their_defaults() {
    for (ats, whole) in [("02", "04028601"), ("1277", "0512778601"), ("0002", "")] {
        let card = profile(&format!("ats = \"{ats}\""));
        match whole {
            "" => assert!(card.is_err(), "bytes that T0 does not announce"),
            whole => assert_eq!(hex(card.unwrap().picc().ats().unwrap()), whole),
        }
    }
    let card = profile("ats = \"02\"\n[card.air]\nfwi = 9").unwrap();
    assert_eq!(hex(card.picc().ats().unwrap()), "07720090028601", "TB(1) says it now");
}

#[test]
fn all_that_is_said_of_type_a_is_found() {
    let air = "[card.air]\nuid = \"04112233445566\"\nanticollision-bit = 5\natqa-proprietary = 3\n\
               sak-bits = \"08\"\nfsci = 12\nfwi = 14\nsfgi = 2\nrates = \"77\"\n\
               cid = false\nnad = true";
    let picc = profile(air).unwrap().picc();
    assert_eq!(hex(picc.atqa().unwrap()), "5003");
    assert_eq!(picc.sak(), Some(0x28));
    assert_eq!(hex(picc.ats().unwrap()), "077C77E2018601");
}

#[test]
fn a_card_of_type_b_is_found_as_one_and_pc_sc_tells_its_atqb() {
    let air = "[card.air]\ntype = \"B\"\npupi = \"11223344\"\nafi = \"10\"\nmbli = 3\nfwi = 8\n\
               application-data = \"A1B2C3D4\"\napplication-data-coded = true\nrates = \"00\"";
    let card = profile(air).unwrap();
    assert_eq!(card.interface, Interface::ContactlessB);
    assert_eq!(hex(card.picc().atqb().unwrap()), "5011223344A1B2C3D4008185");
    let atr = card.atr(Interface::ContactlessB);
    assert_eq!(hex(&atr[..atr.len() - 1]), "3B888001A1B2C3D400818530");
    assert_eq!(atr[1..].iter().fold(0, |sum, byte| sum ^ byte), 0);
    assert_eq!(hex(card.atr(Interface::ContactlessA)), "3B828001860184");
}

/// Only an extended ATQB tells SFGI. A card that is found as Type A has it in its ATS all the same.
#[test]
fn a_guard_time_that_no_atqb_tells_is_refused() {
    let of = |picc_type: &str| {
        profile(&format!("[card.air]\ntype = \"{picc_type}\"\nsfgi = 2\nextended-atqb = false"))
    };
    let says = of("B").unwrap_err().to_string();
    assert!(says.contains("only in an extended ATQB"), "{says}");
    let card = of("A").unwrap();
    assert_eq!((card.air.a.part4.sfgi, card.air.b.part4.sfgi), (2, 0));
}

#[test]
fn codes_for_later_use_can_be_tried() {
    let picc = profile("[card.air]\nfsci = 15\nfwi = 15\nsfgi = 15").unwrap().picc();
    assert_eq!(hex(picc.ats().unwrap()), "077F80FF028601");
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let says = |line: &str| profile(&format!("[card.air]\n{line}")).unwrap_err().to_string();
    let mistakes = [
        ("uid = \"0411223344\"", 7, "a UID has 4, 7 or 10 bytes, not 5"),
        ("uid = \"88112233\"", 7, "cascade tag"),
        ("uid = \"08112233\"", 7, "random"),
        ("type = \"F\"", 7, "\"A\" or \"B\""),
        ("pupi = \"112233\"", 7, "4 bytes"),
        ("fsci = 16", 6, "FSCI is 16"),
        ("mbli = 16", 6, "MBLI is 16"),
        ("sfgi = 99", 6, "SFGI is 99"),
        ("anticollision-bit = 0", 6, "anticollision bit"),
        ("rates = \"7\"", 7, "hexadecimal"),
    ];
    for (line, number, word) in mistakes {
        let says = says(line);
        assert!(says.starts_with(&format!("card.toml:{number}: ")), "{line}: {says}");
        assert!(says.contains(word), "{line}: {says}");
    }
}

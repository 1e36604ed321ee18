//! `[employer]`: what it puts on a card, and what is said of each mistake.

use super::{
    library::{answers, refused},
    *,
};

fn text() -> &'static str {
    EMBEDDED.iter().find(|(name, _)| *name == "employer").unwrap().1
}

#[test]
fn the_environment_is_an_employers_and_the_application_lies_below_it() {
    answers(
        text(),
        &[
            ("00A404000F 7378312E73682EC9E7BBE1B1A3D5CF", SSSE),
            ("00B2022C00", "020135 9000"),
            ("00B2013400", "0812 000000000000000000000000000000000000 9000"),
            ("00A4000002DF0B", "6F0A 8408F05353432E454331 9000"),
            ("00B2022C00", "3009 303030303030303139 9000"),
            ("00B206 2C00", "E906 330499000019 9000"),
            ("00B2072C00", "EA03 330400 9000"),
            ("00B20B2C00", "EE04 20050101 9000"),
            ("00B2013400", "6982"),
            ("0020000003123456", "9000"),
            ("00B2013400", "EF0E FA03313130 FB0131 FC0420050101 9000"),
            ("00B2033400", "EF0E FA03000000 FB0100 FC04FFFFFFFF 9000"),
        ],
    );
}

/// On contacts the instruction 9A would be a status byte, so the stamp has another there.
#[test]
fn a_batch_is_stamped_by_either_interface() {
    let mut card = testing::made("employer");
    let digest = "5A".repeat(32);
    let batch = format!("30 00000005 52 0000000C {digest} 20260701083000");
    for (interface, refused, done) in
        [(Interface::ContactlessA, "", "D09A0000"), (Interface::Contact, "D09A0000", "D05C0000")]
    {
        card.set_interface(interface);
        card.power_on().unwrap();
        let mut send = |command: &str| {
            let command = hex::decode(command.replace(' ', "")).unwrap();
            hex::encode_upper(card.transmit(&command).unwrap())
        };
        send("00A4040C08 F05353432E454331");
        assert_eq!(send("0020000003123456"), "9000");
        if !refused.is_empty() {
            assert_eq!(send(&format!("{refused}{batch}")), "6D00");
        }
        let stamped = send(&format!("{done}{batch}"));
        assert!(stamped.ends_with("9000") || stamped == "6104", "{interface:?}: {stamped}");
        assert_eq!(send("00B2014C20").len(), 68);
    }
}

const SSSE: &str = "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000";

#[test]
fn declarations_are_kept_from_the_newest() {
    let declaration = |month: u32, persons: u32| {
        format!(
            "\n[[employer.declarations]]\nmonth = \"{month}\"\nscheme = \"110\"\n\
             persons = {persons}\nbase = 4294967296\nstate = \"1\"\nreceipt = 66051\n"
        )
    };
    let declarations = declaration(202_606, 12) + &declaration(202_605, 11);
    answers(
        &format!("{}{declarations}", text()),
        &[
            ("00A4040008 F05353432E454331", "6F0A 8408F05353432E454331 9000"),
            ("0020000003123456", "9000"),
            ("00B2013C00", "202606 313130 0000000C 0000000100000000 31 010203 9000"),
            ("00B2023C00", "202605 313130 0000000B 0000000100000000 31 010203 9000"),
            ("00B2033C00", "6A83"),
        ],
    );
    let one_too_many = format!("{}{}", text(), declaration(202_606, 12).repeat(25));
    let error = Profile::parse("card.toml", &one_too_many).unwrap_err().to_string();
    assert!(error.contains("expected at most 24, got 25"), "{error}");
    let receipt = format!("{}{}", text(), declaration(202_606, 12).replace("66051", "16777216"));
    let error = Profile::parse("card.toml", &receipt).unwrap_err().to_string();
    assert!(error.contains("expected a receipt of three bytes, got 16777216"), "{error}");
}

#[test]
fn values_that_do_not_fit_are_refused() {
    refused("employer", "\"000000019\"", "\"0000000190\"", "at most 9 bytes");
    refused("employer", "registration = \"330499000019\"", "registration = \"K\"", "decimal");
    refused("employer", "rights = \"1\"", "rights = \"12\"", "at most 1 bytes");
    let agent = "\n[[employer.agents]]\nname = \"1\"\nnumber = \"1\"\nrights = \"1\"\n";
    let error = Profile::parse("card.toml", &format!("{}{}", text(), agent.repeat(3)));
    assert!(error.unwrap_err().to_string().contains("expected at most 3, got 4"));
}

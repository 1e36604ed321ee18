//! `[card.line]`: the answer to reset it makes, and what is said of each mistake.

use super::*;

fn profile(line: &str) -> Result<Profile, ProfileError> {
    let text = format!(
        "name = \"card\"\n[card]\ninterface = \"contact\"\nhistorical = \"8601\"\n\
         memory-bytes = 4096\n{line}\n[iso7816]\n"
    );
    Profile::parse("card.toml", &text)
}

fn atr(line: &str) -> String {
    let profile = profile(&format!("[card.line]\n{line}")).unwrap();
    hex::encode_upper(profile.atr(Interface::Contact))
}

#[test]
fn what_is_said_is_in_the_answer_to_reset_and_nothing_else() {
    let usual = profile("").unwrap();
    assert_eq!(hex::encode_upper(usual.atr(Interface::Contact)), "3B6200008601");
    assert_eq!(atr("protocols = [\"T=0\"]"), "3B028601");
    assert_eq!(atr("protocols = [\"T=0\"]\nwaiting-integer = 20"), "3B8240148601");
    assert_eq!(atr("protocols = [\"T=1\"]"), "3B8201860104");
    assert_eq!(atr("protocols = [\"T=1\"]\nifsc = 254\nfi-di = \"95\""), "3B92958111FE8601EE");
    let all = "protocols = [\"T=0\", \"T=1\"]\nfi-di = \"18\"\ntb1 = \"00\"\nextra-guard = 255\n\
               specific = { protocol = \"T=1\", can-change = true }\nwaiting-integer = 5\n\
               ifsc = 64\n\
               block-waiting = 5\ncharacter-waiting = 6\ncheck = \"CRC\"\nclock-stop = \"either\"\n\
               classes = \"AC\"\nspu = \"80\"\ninverse = true";
    assert_eq!(atr(all), "3FF21800FFD00105F14056013FC5808601DA");
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let says = |line: &str| profile(&format!("[card.line]\n{line}")).unwrap_err().to_string();
    let none = profile("[card.line]\nifsc = 32").unwrap_err().to_string();
    assert!(none.contains("missing field `protocols`"), "{none}");
    let mistakes = [
        ("protocols = [\"T=1\", \"T=0\"]", 7, "[\"T=0\"], [\"T=1\"] or [\"T=0\", \"T=1\"]"),
        ("protocols = [\"T=0\"]\nfi-di = \"70\"", 8, "Fi and Di that are not reserved"),
        ("protocols = [\"T=0\"]\ntb1 = \"0000\"", 8, "1 bytes"),
        ("protocols = [\"T=1\"]\nblock-waiting = 4", 8, "which share a byte"),
        ("protocols = [\"T=1\"]\ncheck = \"XOR\"", 8, "\"LRC\" or \"CRC\""),
        ("protocols = [\"T=1\"]\nclasses = \"AD\"", 8, "of the letters A, B and C"),
        ("protocols = [\"T=1\"]\nclock-stop = \"yes\"", 8, "\"no\" or \"low\""),
        ("protocols = [\"T=1\"]\nifsc = 255", 6, "IFSC is 255"),
        ("protocols = [\"T=0\"]\nwaiting-integer = 0", 6, "WI is 0"),
        ("protocols = [\"T=0\"]\nspecific = { protocol = \"T=1\" }", 6, "not offered"),
    ];
    for (line, number, word) in mistakes {
        let says = says(line);
        assert!(says.starts_with(&format!("card.toml:{number}: ")), "{line}: {says}");
        assert!(says.contains(word), "{line}: {says}");
    }
}

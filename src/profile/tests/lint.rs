//! What a profile is warned of.

use super::*;

/// A profile with the tables of these.
fn like(names: &str) -> Profile {
    let text = format!(
        "name = \"card\"\nlike = [{names}]\n[card]\ninterface = \"contactless\"\n\
         historical = \"00815653438601330400000298\"\nmemory-bytes = 65536\n"
    );
    Profile::parse("card.toml", &text).unwrap()
}

#[test]
fn a_purse_beside_the_medical_account_is_warned_of() {
    let both = like("\"medical\", \"purse\"").warnings();
    assert_eq!(both.len(), 1);
    assert!(both[0].starts_with("a purse and the medical account on one chip"), "{both:?}");
    for alone in ["\"medical\"", "\"social-security-p16\", \"purse\"", "\"library\", \"purse\""] {
        assert!(like(alone).warnings().is_empty(), "{alone}");
    }
}

#[test]
fn no_built_in_profile_but_the_citizens_is_warned_of() {
    for name in names().filter(|name| *name != "citizen") {
        assert!(Profile::load(name).unwrap().warnings().is_empty(), "{name}");
    }
}

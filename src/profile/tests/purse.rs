//! `[purse]`: what is said of each mistake, before the applet meets it.

use super::*;

fn text() -> &'static str {
    EMBEDDED.iter().find(|(name, _)| *name == "purse").unwrap().1
}

/// A change of the built-in profile is refused at the line where the changed text stands.
#[track_caller]
fn refused(from: &str, to: &str, says: &str) {
    let changed = text().replacen(from, to, 1);
    assert_ne!(changed, text(), "{from} stands in the profile");
    let error = Profile::parse("card.toml", &changed).unwrap_err().to_string();
    let line = text()[..text().find(from).unwrap()].lines().count();
    let line = format!("card.toml:{line}: ");
    assert!(error.starts_with(&line) && error.contains(says), "{to}: {error}, not {line}{says}");
}

#[test]
fn the_serial_number_is_that_of_file_0015() {
    refused(
        "33049900000001290011 20250105",
        "33049900000001290012 20250105",
        "expected bytes 10 to 19 as `serial` has them, 33049900000001290011, \
         got 33049900000001290012",
    );
    // Without the file or its content there is nothing to hold it against.
    let content =
        "content = \"3304990000000001 03 01 33049900000001290011 20250105 20350105 0000\"";
    assert!(text().contains(content));
    let without = text().replacen(&format!(", {content}"), "", 1);
    Profile::parse("card.toml", &without).unwrap();
}

#[test]
fn what_a_purse_begins_with_stands_at_a_purse() {
    for start in ["balance = 1", "online = 1", "offline = 1", "overdraft = 1"] {
        refused(
            "{ fid = \"0018\", create",
            &format!("{{ fid = \"0018\", {start}, create"),
            "expected a purse (first byte 2F)",
        );
    }
}

#[test]
fn files_fit_and_are_there_once() {
    refused("A8 0027", "A8 0026", "expected at most 38 bytes, got 39 bytes");
    refused("fid = \"0018\"", "fid = \"0016\"", "expected each file once, got 0016 again");
    refused("2E 0A10", "2D 0A10", "expected a first byte of 28, 2A, 2C, 2E or 2F");
    refused("2F 0208 F0", "6F 0208 F0", "expected a first byte of 28, 2A, 2C, 2E or 2F");
}

#[test]
fn keys_are_there_once() {
    refused(
        "{ id = \"02\", record = \"3E F0 EF 02 00\"",
        "{ id = \"01\", record = \"3E F0 EF 02 00\"",
        "expected each key once, got 3E/01 again",
    );
}

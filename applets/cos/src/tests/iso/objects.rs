//! PUT DATA and GET DATA; keys among them.

use super::*;

#[test]
fn an_object_is_put_got_replaced_and_deleted() {
    let mut card = free();
    card.refused(&[("00CA004500", "6A88"), ("00DA0045", "6A88")]);
    card.done(&["00DA004503 010203"]);
    card.check(&[("00CA004500", "010203 9000")]);
    card.done(&["00DA004501 FF"]);
    card.check(&[("00CA004500", "FF 9000")]);
    let long = "5A".repeat(200);
    card.done(&[&format!("00DA0045C8{long}"), "00DA9F1E02 0708", "00DA020101 33"]);
    assert_eq!(card.send("00CA004500"), format!("{long}9000"));
    card.check(&[("00CA9F1E00", "0708 9000"), ("00CA020100", "33 9000")]);
    card.done(&["00DA0045"]);
    card.check(&[("00CA004500", "6A88"), ("00CA9F1E00", "0708 9000")]);
    card.check(&[("00CA009900", "626C7565 9000")]); // the applet's own
}

#[test]
fn each_directory_has_objects_of_its_own_which_go_with_it() {
    let mut card = free();
    card.done(&["00DA004501 01", &directory("7000", ""), "00DA004501 02"]);
    card.check(&[("00CA004500", "02 9000"), ("00A4030C", "9000"), ("00CA004500", "01 9000")]);
    card.done(&["00E4010002 7000", &directory("7000", "")]);
    card.check(&[("00CA004500", "6A88")]);
}

#[test]
fn an_object_is_no_file() {
    let mut card = free();
    card.done(&["00DA9F1E01 01"]);
    card.check(&[("00A4000C02 9F1E", "6A82"), ("00E4000002 9F1E", "6A82")]);
    card.done(&[&transparent("9F1E", "")]);
}

#[test]
fn space_is_given_back_when_objects_change() {
    let mut card = free();
    for n in 0..200_u32 {
        let value = "5A".repeat(1 + (n % 100) as usize);
        card.done(&[&format!("00DA0045{:02X}{value}", value.len() / 2)]);
    }
    card.done(&["00DA0045", "00DA004501 01"]);
}

#[test]
fn tags_that_are_none_and_tags_of_the_card_are_refused() {
    let mut card = free();
    card.refused(&[
        ("00DA000001 01", "6A86"),
        ("00DA003F01 01", "6A86"),
        ("00DA005F01 01", "6A86"), // begins a longer tag
        ("00DA00FF01 01", "6A86"),
        ("00DA010101 01", "6A86"),
        ("00DA020001 01", "6A86"),
        ("00DA02FF01 01", "6A86"),
        ("00DA400001 01", "6A86"), // a tag of one byte
        ("00DA5F8001 01", "6A86"),
        ("00CA000000", "6A86"),
        ("00CA01E100", "6A86"),
        ("00CA0045", "6700"),
        ("00CA004501 01 00", "6700"),
        ("00DA006201 01", "6985"),
        ("00DA006401 01", "6985"),
        ("00DA006F01 01", "6985"),
        ("00DA008401 01", "6985"),
    ]);
    let value = "5A".repeat(2000);
    card.refused(&[(&format!("00DA00450007D0{value}"), "6A84")]);
}

#[test]
fn objects_have_their_own_rules() {
    // PUT DATA with the PIN, GET DATA free; the file's own rules say nothing of objects.
    let mut card = ruled("A0 05 8C 03 03 10 00");
    card.refused(&[("00DA004501 01", "6982"), ("00CA004500", "6A88")]);
    card.done(&["0020000103 123456", "00DA004501 01"]);
    let mut card = ruled("8C 08 7F 00000000000000");
    card.refused(&[("00DA004501 01", "6982"), ("00CA004500", "6982")]);
    card.check(&[("00CA008400", "424C414E4B 9000")]);
    // By the command's header.
    let mut card = ruled("AB 06 84 02 DACA 90 00");
    card.done(&["00DA004501 01"]);
    card.check(&[("00CA004500", "01 9000"), (&transparent("1001", ""), "6982")]);
}

#[test]
fn a_key_cannot_be_got() {
    let mut card = keyed();
    card.check(&[("00CA010000", "6A88")]);
}

#[test]
fn a_key_that_cannot_be_is_refused() {
    let mut card = keyed();
    let put = |object: &str| {
        let object = unhex(object);
        format!("00DA0100{:02X}{}", object.len(), hex(&object))
    };
    let key = "8F10 000102030405060708090A0B0C0D0E0F";
    for object in [
        String::new(),
        "83".into(),
        "830105".into(),
        "830105 950180 800102".into(),  // no value
        format!("950180 800102 {key}"), // no reference
        format!("830100 950180 800102 {key}"),
        format!("830120 950180 800102 {key}"),
        format!("830160 950180 800102 {key}"),
        format!("83020505 950180 800102 {key}"),
        format!("830105 800102 {key}"), // no usage
        format!("830105 950190 800102 {key}"),
        format!("830105 95018880 800102 {key}"),
        format!("830105 950180 {key}"), // no algorithm
        format!("830105 950180 800104 {key}"),
        format!("830105 950180 800102 900100 {key}"),
        format!("830105 950180 800102 900110 {key}"),
        format!("830105 950180 800102 {key} {key}"),
        format!("830105 830105 950180 800102 {key}"),
        format!("830105 950180 800102 910101 {key}"),
        format!("8301C5 950180 800102 {key}"),
        format!("830105 9501C0 800103 {key}"), // no session keys for SM4
        format!("830105 950130 800103 {key}"),
        "830105 950180 800102 8F0F 000102030405060708090A0B0C0D0E".into(),
        "830105 950180 800101 8F08 0001020304050607".into(),
        "830105 950180 800103 8F18 000102030405060708090A0B0C0D0E0F0001020304050607".into(),
        "830105 950108 8F03 123456".into(), // reference data without tries
        "830105 950108 800102 900103 8F03 123456".into(),
        "830105 950108 900103 8F11 0001020304050607080910111213141516".into(),
    ] {
        card.refused(&[(&put(&object), "6A80")]);
    }
    card.refused(&[
        (&put("830105 950180 800102 8F00"), "6A88"),
        (&put("830105 950108 900103 8F00"), "6A88"),
    ]);
    // Global ones are kept in the root, and put there.
    card.done(&[&directory("7000", "")]);
    card.refused(&[(&put(&format!("830105 950180 800102 {key}")), "6A80")]);
    card.done(&[&put(&format!("830185 950180 800102 {key}"))]);
}

#[test]
fn keys_run_out_of_counters_but_can_always_be_replaced() {
    let mut card = keyed(); // four of six counters
    card.done(&["00DA0100 0E 830102 950108 900103 8F03123456"]);
    card.refused(&[("00DA0100 0E 830103 950108 900103 8F03123456", "6A84")]);
    for _ in 0..5 {
        card.done(&["00DA0100 0E 830102 950108 900105 8F03123456"]);
    }
    card.check(&[("00200002", "63C5")]);
    card.done(&["00DA0100 0B 830102 950108 900103 8F00"]);
    card.check(&[("00200002", "6A88")]);
    card.done(&["00DA0100 0E 830103 950108 900103 8F03123456"]);
}

#[test]
fn what_was_shown_with_a_replaced_key_counts_no_more() {
    let mut card = keyed();
    card.done(&["0020000103 123456"]);
    card.check(&[("00200001", "9000")]);
    card.done(&[KEYS[0]]);
    card.check(&[("00200001", "63C3")]);
}

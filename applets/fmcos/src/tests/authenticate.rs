//! The challenge, EXTERNAL and INTERNAL AUTHENTICATE.

use super::*;

#[test]
fn a_challenge_has_four_or_eight_bytes() {
    let mut card = Dialogue::small();
    for (command, status) in [
        ("0084000000", "6700"),
        ("0084000005", "6700"),
        ("00840000", "6700"),
        ("0084010004", "6A86"),
    ] {
        card.refused(command, status);
    }
    card.refused("008400000100 04", "6700");
    assert_eq!(card.send("0084000008").len(), 20);
}

#[test]
fn four_and_eight_bytes_are_answered_to() {
    let mut card = Dialogue::small();
    card.authenticate(1, &MASTER);
    let challenge = card.send("0084000008");
    let mut block = unhex(challenge.strip_suffix("9000").unwrap());
    Key::des(&MASTER).unwrap().cipher().encrypt_ecb(&mut block).unwrap();
    card.check(&[(&format!("0082000108{}", hex(&block)), "9000")]);
    assert_eq!(card.registers(), (0, 2));
}

/// Whatever comes in between, succeeding or failing, the challenge is gone.
#[test]
fn a_challenge_is_good_for_the_next_command_alone() {
    for between in [
        "00B0950001",
        "00B0820001",
        "00FF000000",
        "00D6850001 11",
        "0020000002 4321",
        "805C000204",
        "80500102 0B 01000000010102030405 06 0F",
        "0084000004",
        "0084000003",
        "E0CA000000",
        DF,
        "00A40000020005",
        "00A40000024444",
        "00A4040005 4444444444",
    ] {
        let mut card = Dialogue::small();
        let proof = card.proof(1, &MASTER);
        card.send(between);
        let before = card.counters();
        let answer = card.bytes(&proof);
        if between == "0084000004" {
            assert_eq!(answer, "63C2", "{between}");
            continue;
        }
        assert_eq!(answer, "6985", "{between}");
        assert_eq!(card.counters(), before, "nothing was compared");
    }
}

#[test]
fn a_challenge_is_answered_once() {
    let mut card = Dialogue::small();
    let proof = card.proof(1, &MASTER);
    assert_eq!(card.bytes(&proof), "9000");
    assert_eq!(card.bytes(&proof), "6985");
    let proof = spoilt(card.proof(1, &MASTER));
    assert_eq!(card.bytes(&proof), "63C2");
    assert_eq!(card.bytes(&spoilt(proof)), "6985");
    let proof = card.proof(1, &MASTER);
    card.reset();
    card.run(&[DF]);
    assert_eq!(card.bytes(&proof), "6985");
}

#[test]
fn external_authenticate_refuses_in_order() {
    let mut card = Dialogue::small();
    card.run(&[&key("39", "02", "F3F0 02 33", &MASTER), &key("39", "03", "F0F0 02 30", &MASTER)]);
    for (command, status) in [
        ("0082010108 0000000000000000", "6A86"),
        ("0082000107 00000000000000", "6700"),
        ("0082000109 000000000000000000", "6700"),
        ("0082000708 0000000000000000", "6A88"),
        ("0082000208 0000000000000000", "6982"),
        ("0082000108 0000000000000000", "6985"),
        ("8082000108 0000000000000000", "6E00"),
    ] {
        card.refused(command, status);
    }
    let proof = card.proof(3, &MASTER);
    assert_eq!(card.bytes(&proof), "6983");
    card.run(&["00A40000023F00"]);
    card.refused("0082000108 0000000000000000", "6A82");
}

#[test]
fn tries_run_out_and_success_restores_them() {
    let mut card = Dialogue::small();
    for expected in ["63C2", "63C1"] {
        let proof = spoilt(card.proof(1, &MASTER));
        assert_eq!(card.bytes(&proof), expected);
    }
    card.authenticate(1, &MASTER);
    for expected in ["63C2", "63C1", "63C0", "6983"] {
        let proof = spoilt(card.proof(1, &MASTER));
        assert_eq!(card.bytes(&proof), expected);
    }
    let proof = card.proof(1, &MASTER);
    assert_eq!(card.bytes(&proof), "6983");
}

#[test]
fn internal_authenticate_takes_keys_of_its_types_alone() {
    let mut card = Dialogue::small();
    card.run(&[&key("30", "01", "F0F0 00 00", &LINE_1), &key("31", "02", "F0F0 00 00", &LINE_1)]);
    card.run(&[&key("32", "03", "F0F0 00 00", &LINE_1), &key("30", "04", "F1F0 00 00", &LINE_1)]);
    card.run(&[&key("34", "05", "F0F0 00 00", &LINE_1), &key("3E", "06", "F0F0 00 00", &LINE_1)]);
    let data = "08 0102030405060708 00";
    for p1 in 0..3 {
        for id in 1..=3 {
            let answer = card.send(&format!("00880{p1}0{id}{data}"));
            let fits = p1 + 1 == id;
            assert_eq!(answer.ends_with("9000"), fits, "{p1} {id} {answer}");
            assert!(fits || answer == "6981", "{p1} {id} {answer}");
        }
        for other in ["00", "05", "06"] {
            card.refused(&format!("00880{p1}{other}{data}"), "6A88");
        }
    }
    card.refused(&format!("00880004{data}"), "6982");
    card.refused(&format!("00880301{data}"), "6A86");
    card.refused("0088000100", "6700");
    card.refused("008801020700010203040506", "6700");
    card.run(&["00A40000023F00"]);
    card.refused(&format!("00880001{data}"), "6A82");
}

#[test]
fn enciphering_and_deciphering_are_each_others_reverse() {
    let mut card = Dialogue::small();
    card.run(&[&key("30", "01", "F0F0 00 00", &LINE), &key("31", "01", "F0F0 00 00", &LINE)]);
    let cryptogram = card.send("008800010B 0102030405060708090A0B 00");
    let cryptogram = cryptogram.strip_suffix("9000").unwrap();
    card.check(&[(&format!("0088010110{cryptogram}00"), "0102030405060708090A0B8000000000 9000")]);
    let long = "5A".repeat(239);
    assert_eq!(card.send(&format!("00880001EF{long}00")).len(), 2 * 242);
    card.refused(&format!("00880001F0{long}5A00"), "6700");
}

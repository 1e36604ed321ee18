//! SELECT: in what order files are found, and what it answers.

use super::*;

/// MF > 3F10 (aaaaaa) > 3F20, 3F21; MF > 3F11.
fn tree() -> Dialogue {
    let mut card = Dialogue::blank();
    card.run(&["80E03F110E 380040F0F095FFFF 1111111111 11"]);
    card.run(&["80E03F100E 380400F0F095FFFF 1010101010 10", "00A40000023F10"]);
    card.run(&["80E0000507 280001F0F0FFFF", "00D6850001 10"]);
    card.run(&["80E03F200E 380080F0F095FFFF 2020202020 20"]);
    card.run(&["80E03F210E 380080F0F095FFFF 2121212121 21", "00A40000023F21"]);
    card.run(&["80E0000607 280001F0F0FFFF", "00A40000023F20"]);
    card.run(&["80E0000507 280001F0F0FFFF", "00D6850001 20"]);
    card.run(&["00A40000023F00"]);
    card
}

fn fci(name: &str) -> String {
    format!("6F088406{name}9000")
}

#[test]
fn by_identifier_the_current_df_then_below_then_beside() {
    let mut card = tree();
    card.check(&[("00A40000023F20", "6A82"), ("00A40000023F10", &fci("101010101010"))]);
    card.check(&[("00A40000023F10", &fci("101010101010"))]);
    card.check(&[("00A40000023F11", &fci("111111111111")), ("00A40000023F20", "6A82")]);
    card.check(&[("00A40000023F10", &fci("101010101010"))]);
    card.check(&[("00A40000023F20", &fci("202020202020"))]);
    card.check(&[("00A40000023F21", &fci("212121212121"))]);
    card.check(&[("00A40000023F20", &fci("202020202020"))]);
    card.check(&[("00A40000023F10", "6A82"), ("00A40000023F11", "6A82")]);
    card.check(&[("00A40000020006", "6A82"), ("00A40000020005", "9000")]);
    card.check(&[("00B0000001", "20 9000"), ("00A40000024444", "6A82")]);
}

#[test]
fn an_ef_with_the_identifier_of_its_df_cannot_be_reached() {
    let mut card = tree();
    card.run(&["00A40000023F10", "80E03F1007 280001F0F0FFFF"]);
    card.check(&[("00A40000023F10", &fci("101010101010")), ("00B0000001", "6A82")]);
}

#[test]
fn by_name_the_mf_the_current_df_those_beside_and_below() {
    let reached = |card: &mut Dialogue, n: &str| {
        let mut card = card.clone();
        card.send(&format!("00A4040006{}", n.repeat(6))) != "6A82"
    };
    let mut card = tree();
    for (from, seen) in [
        ("00A40000023F00", ["10", "11", ""]),
        ("00A40000023F11", ["10", "11", ""]),
        ("00A40000023F10", ["10", "11", "2021"]),
        ("00A40000023F20", ["", "", "2021"]),
    ] {
        card.run(&[from]);
        let seen = seen.concat();
        for n in ["10", "11", "20", "21"] {
            let expected = seen.as_bytes().chunks(2).any(|name| name == n.as_bytes());
            assert_eq!(reached(&mut card, n), expected, "{n} from {from}");
        }
        let mut up = card.clone();
        up.run(&["00A404000E 315041592E5359532E4444463031"]);
    }
}

#[test]
fn control_information_of_mf_directory_and_application() {
    let mut card = Dialogue::blank();
    let mf = "6F15840E315041592E5359532E4444463031A503880101 9000";
    card.check(&[("00A40000023F00", mf), ("00A40000", mf), ("00A4000C023F00", "9000")]);
    card.run(&["80E03F100E 380100F0F002FFFF 101010101010"]);
    card.check(&[("00A40000023F10", "6F0D8406101010101010A503880102 9000")]);
    card.run(&["00A40000023F00", "80E03F1111 380100F0F095FFFF A00000000386980701"]);
    card.check(&[("00A40000023F11", "6F0B8409A00000000386980701 9000")]);
    card.run(&["80E0001507 28001EF0F0FFFF", &format!("00D695001E{}", "15".repeat(30))]);
    let whole = format!("6F2E8409A00000000386980701A5219F0C1E{}9000", "15".repeat(30));
    card.check(&[("00A40000023F11", &whole), ("00A4040009A00000000386980701", &whole)]);
}

#[test]
fn an_mf_with_a_name_of_its_own() {
    let mut card = Dialogue::new(8192, &["80E03F001138FFFFF0F095FFFF A00000000386980701"]);
    card.check(&[("00A40000023F00", "6F0B8409A00000000386980701 9000")]);
}

#[test]
fn an_issuer_file_longer_than_an_answer_is_cut() {
    let mut card = Dialogue::blank();
    card.run(&["80E03F1118 380400F0F095FFFF 000102030405060708090A0B0C0D0E0F", "00A40000023F11"]);
    card.run(&["80E0001507 280200F0F0FFFF"]);
    let answer = unhex(&card.send("00A40000023F11"));
    assert!(answer.ends_with(&[0x90, 0x00]) && answer.len() <= 258, "{}", hex(&answer));
    assert_eq!((answer[0], answer[1], usize::from(answer[2])), (0x6F, 0x81, answer.len() - 5));
}

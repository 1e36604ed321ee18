//! SIGN BATCH: the stamp, each refusal in its order, each tear.

use super::*;

/// Batch 5, 12 lines, 1 July 2026, 08:30:00, without its kind.
fn batch(kind: &str) -> String {
    let digest: String = (0..0x20).map(|byte| format!("{byte:02X}")).collect();
    format!("00000005 {kind} 0000000C {digest} 20260701083000")
}

/// What EF09 has of it.
const RECORD: &str = "00000005 52 0000000C 000102030405060708090A0B0C0D0E0F 20260701083000";

fn command(kind: &str) -> String {
    format!("D09A000030 {}", batch(kind))
}

#[test]
fn a_batch_is_stamped_and_kept() {
    let mut card = Dialogue::usual().with_pin();
    let answer = card.send(&command("52"));
    // The rule, spelled out: single DES with the halves XORed, first four bytes of the CBC-MAC.
    let halves = triple_des(DTK);
    let (left, right) = halves.as_slice().split_at(8);
    let single: Vec<u8> = left.iter().zip(right).map(|(l, r)| l ^ r).collect();
    let mut state = [0; 8];
    let padded = [bytes(&batch("52")), bytes("8000000000000000")].concat();
    for block in padded.chunks(8) {
        state.iter_mut().zip(block).for_each(|(to, from)| *to ^= from);
        Key::des(&single).unwrap().cipher().encrypt_block(&mut state).unwrap();
    }
    assert_eq!(answer, digits(&state[..4]) + "9000");
    card.check(&[("00B2014C00", &format!("{RECORD} 9000")), ("00B2024C00", "6A83")]);
    // The instruction for contacts is the same command.
    assert_eq!(card.send(&format!("D05C000030 {}", batch("52"))), digits(&state[..4]) + "9000");
}

#[test]
fn with_sm4_the_checksum_is_folded() {
    let mut card = Dialogue::new(&keys(Algorithm::Sm4)).with_pin();
    let answer = card.send(&command("52"));
    let cipher = key(Algorithm::Sm4, DTK, 1).cipher();
    let mut state = [0; 16];
    let padded = [bytes(&batch("52")), bytes("80"), [0; 15].into()].concat();
    for block in padded.chunks(16) {
        state.iter_mut().zip(block).for_each(|(to, from)| *to ^= from);
        cipher.encrypt_block(&mut state).unwrap();
    }
    let folded: Vec<u8> =
        (0..4).map(|at| state[at] ^ state[at + 4] ^ state[at + 8] ^ state[at + 12]).collect();
    assert_eq!(answer, digits(&folded) + "9000");
}

#[test]
fn four_kinds_are_stamped_and_no_other() {
    for kind in 0..=0xFF_u8 {
        let mut card = Dialogue::usual().with_pin();
        let before = card.memory();
        let answer = card.send(&command(&format!("{kind:02X}")));
        if b"RALC".contains(&kind) {
            assert_eq!((answer.len(), &answer[8..]), (12, "9000"), "{kind:02X}");
        } else {
            assert_eq!(answer, "6A80", "{kind:02X}");
            assert!(card.memory() == before);
        }
    }
}

#[test]
fn every_digit_of_the_time_is_a_digit() {
    for at in 0..14 {
        let mut card = Dialogue::usual().with_pin();
        let mut command = command("52").replace(' ', "");
        let place = command.len() - 14 + at;
        command.replace_range(place..=place, "A");
        let before = card.memory();
        card.check(&[(&command, "6A80")]);
        assert!(card.memory() == before);
    }
}

#[test]
fn a_locked_application_stamps_nothing() {
    for (p2, answer) in [("00", "6A81"), ("01", "9303")] {
        let mut card = Dialogue::usual().with_pin();
        assert_eq!(card.show(LK, &triple_des(LK)), "9000");
        assert_eq!(card.protect(&format!("841E00{p2}"), "", &triple_des(STK)), "9000");
        card.check(&[("D09A000101 00", answer), (&command("52"), answer)]);
        card.check(&[("D09B0000", "6D00"), ("00B2012C00", answer)]);
    }
}

/// Each fault by itself, with all of those behind it: the first one answers.
#[test]
fn refusals_come_in_their_order() {
    let wrong = batch("58"); // no kind
    let long = format!("D09A000031 {wrong} 00");
    let mut card = Dialogue::usual();
    let before = card.memory();
    card.check(&[
        (&format!("D49A000130 {wrong}"), "6E00"), // there is none with a MAC
        (&format!("D09B000130 {wrong}"), "6D00"),
        (&format!("D09A000131 {wrong} 00"), "6A86"),
        (&format!("D09A010030 {wrong}"), "6A86"),
        (&long, "6700"),
        ("D09A0000", "6700"),
        (&format!("D09A000030 {wrong}"), "6982"),
    ]);
    for id in [UK1, UK2, UK3, LK, RK1] {
        assert_eq!(card.show(id, &triple_des(id)), "9000");
    }
    card.check(&[(&command("52"), "6982")]); // no key stands for the PIN
    assert!(card.memory() == before);
    let mut bare = Dialogue::new(&employer()).with_pin();
    bare.check(&[(&format!("D09A000030 {wrong}"), "6A80"), (&command("52"), "6A88")]);
}

#[test]
fn power_failing_in_any_store_leaves_the_batch_kept_or_not() {
    let start = Dialogue::usual().with_pin();
    for cut in 1.. {
        let mut card = start.clone();
        card.0.tear_at(cut);
        if let Some(answer) = card.try_send(&command("52")) {
            assert!(answer.ends_with("9000") && cut > 2);
            break;
        }
        card.reset();
        let mut card = card.with_pin();
        let left = card.send("00B2014C00");
        assert!(left == "6A83" || left == digits(&bytes(RECORD)) + "9000", "{cut}: {left}");
        assert_eq!(card.send(&command("52")).len(), 12);
    }
}

/// A challenge does not outlast the command, whatever becomes of that.
#[test]
fn it_takes_a_challenge_with_it() {
    let mut card = Dialogue::usual();
    let proof = card.proof(&triple_des(UK1));
    card.check(&[(&command("52"), "6982"), (&format!("0082008310{proof}"), "6984")]);
}

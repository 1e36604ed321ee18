//! What goes out: the table of `chaining`, line by line, and GET RESPONSE.

use Interface::{Contact, ContactlessA as Contactless};

use super::*;

/// How often probe A has run a command: each answer is made once, however it is fetched.
fn runs(card: &mut Card) -> u8 {
    card.transmit(&bytes("0018000001")).unwrap()[0]
}

/// A dialogue of commands and the sizes and status words they are answered with; `ran` commands of
/// it reached the applet.
#[track_caller]
fn dialogue(interface: Interface, ran: u8, steps: &[(&str, usize, u16)]) {
    let mut card = card_after(interface, &[SELECT_A]);
    for &(command, bytes, status) in steps {
        let answer = size(&mut card, command);
        assert_eq!(answer, (bytes, status), "{command}: {:04X}", answer.1);
    }
    assert_eq!(runs(&mut card), ran, "{steps:?}");
}

#[test]
fn on_contacts_case_2_is_answered_exactly_or_told_the_right_le() {
    dialogue(Contact, 1, &[("0010001010", 16, 0x9000)]);
    dialogue(Contact, 1, &[("0010001020", 0, 0x6C10), ("0010001010", 16, 0x9000)]);
    dialogue(Contact, 1, &[("0010001000", 0, 0x6C10), ("0010001010", 16, 0x9000)]);
    dialogue(Contact, 1, &[("0010002010", 0, 0x6C20), ("0010002020", 32, 0x9000)]);
    dialogue(Contact, 1, &[("0010010000", 256, 0x9000)]);
    dialogue(Contact, 1, &[("0010010010", 0, 0x6C00), ("0010010000", 256, 0x9000)]);
    dialogue(Contact, 1, &[("0010012C00", 256, 0x612C), ("00C000002C", 44, 0x9000)]);
    dialogue(
        Contact,
        1,
        &[("0010012C10", 0, 0x6C00), ("0010012C00", 256, 0x612C), ("00C000002C", 44, 0x9000)],
    );
    dialogue(
        Contact,
        1,
        &[("0010025800", 256, 0x6100), ("00C0000000", 256, 0x6158), ("00C0000058", 88, 0x9000)],
    );
}

#[test]
fn on_contacts_the_other_short_cases_are_fetched_with_get_response() {
    dialogue(Contact, 1, &[("00100010", 0, 0x6110), ("00C0000010", 16, 0x9000)]);
    dialogue(Contact, 1, &[("0012000003AABBCC", 0, 0x6103), ("00C0000003", 3, 0x9000)]);
    dialogue(Contact, 1, &[("0012000003AABBCC00", 0, 0x6103), ("00C0000003", 3, 0x9000)]);
    dialogue(Contact, 1, &[("0012000003AABBCC03", 0, 0x6103), ("00C0000003", 3, 0x9000)]);
    dialogue(Contact, 1, &[("00100100", 0, 0x6100), ("00C0000000", 256, 0x9000)]);
    dialogue(
        Contact,
        1,
        &[
            ("0010012C", 0, 0x6100),
            ("00C0000000", 256, 0x612C),
            ("00C0000020", 32, 0x610C),
            ("00C0000020", 0, 0x6C0C),
            ("00C000000C", 12, 0x9000),
            ("00C000000C", 0, 0x6985),
        ],
    );
    dialogue(Contact, 1, &[("0010012C", 0, 0x6100), ("00C00000000000", 300, 0x9000)]);
    dialogue(Contact, 1, &[("00120000", 0, 0x9000)]); // nothing to fetch
    dialogue(Contact, 1, &[("0012000010", 0, 0x9000)]);
}

#[test]
fn without_contacts_up_to_ne_bytes_go_out_at_once() {
    dialogue(Contactless, 1, &[("0010001010", 16, 0x9000)]);
    dialogue(Contactless, 1, &[("0010001020", 16, 0x9000)]);
    dialogue(Contactless, 1, &[("0010001000", 16, 0x9000)]);
    dialogue(Contactless, 1, &[("0010002010", 0, 0x6C20), ("0010002020", 32, 0x9000)]);
    dialogue(Contactless, 1, &[("0010010010", 0, 0x6C00), ("0010010000", 256, 0x9000)]);
    dialogue(Contactless, 1, &[("0010012C00", 256, 0x612C), ("00C0000000", 44, 0x9000)]);
    dialogue(Contactless, 1, &[("0010012C10", 16, 0x6100), ("00C0000000", 256, 0x611C)]);
    dialogue(Contactless, 1, &[("0012000003AABBCC03", 3, 0x9000)]);
    dialogue(Contactless, 1, &[("0012000003AABBCC02", 2, 0x6101), ("00C0000001", 1, 0x9000)]);
    // Cases 1 and 3: reader programs written for T=0 leave Le out.
    dialogue(Contactless, 1, &[("00100010", 16, 0x9000)]);
    dialogue(Contactless, 1, &[("0012000003AABBCC", 3, 0x9000)]);
    dialogue(Contactless, 1, &[("00100100", 256, 0x9000)]);
    dialogue(Contactless, 1, &[("0010012C", 256, 0x612C), ("00C000002C", 44, 0x9000)]);
}

#[test]
fn with_extended_lengths_both_interfaces_answer_alike() {
    for interface in [Contact, Contactless] {
        dialogue(interface, 1, &[("0010012C00012C", 300, 0x9000)]);
        dialogue(interface, 1, &[("0010012C00012D", 300, 0x9000)]);
        dialogue(interface, 1, &[("0010012C000000", 300, 0x9000)]);
        dialogue(interface, 1, &[("0010012C000101", 257, 0x612B), ("00C000002B", 43, 0x9000)]);
        dialogue(interface, 1, &[("0010012C000001", 1, 0x6100), ("00C00000000000", 299, 0x9000)]);
        dialogue(interface, 1, &[("00120000000003AABBCC0002", 2, 0x6101)]);
        dialogue(interface, 1, &[("0010000000FFFF", 65_535, 0x6101), ("00C0000001", 1, 0x9000)]);
    }
}

#[test]
fn the_longest_answer_and_the_longest_command_go_through() {
    for interface in [Contact, Contactless] {
        let mut card = card_after(interface, &[SELECT_A]);
        let answer = card.transmit(&bytes("00100000000000")).unwrap();
        assert_eq!(answer.len(), 65_538);
        assert!(answer[..65_536].iter().enumerate().all(|(n, &byte)| byte == n as u8));
        assert_eq!(answer[65_536..], [0x90, 0x00]);

        let mut command = bytes("00120000 00FFFF");
        command.extend((0..65_535).map(|n: u32| (n * 7) as u8));
        command.extend([0, 0]);
        assert_eq!(command.len(), 65_544);
        let answer = card.transmit(&command).unwrap();
        assert_eq!(answer[..65_535], command[7..65_542]);
        assert_eq!(answer[65_535..], [0x90, 0x00]);
        command.push(0);
        assert_eq!(card.transmit(&command).unwrap(), [0x67, 0x00]);
    }
}

/// In pieces of every size the whole is what one answer would have been.
#[test]
fn pieces_join_to_the_whole() {
    for interface in [Contact, Contactless] {
        for piece in [1_u8, 7, 64, 255] {
            let mut card = card_after(interface, &[SELECT_A]);
            let mut joined = Vec::new();
            let mut answer = card.transmit(&bytes("00100208")).unwrap();
            loop {
                let (data, status) = answer.split_last_chunk::<2>().unwrap();
                joined.extend_from_slice(data);
                match *status {
                    [0x90, 0x00] => break,
                    [0x61, left] if left > 0 && left < piece => {
                        answer = card.transmit(&[0, 0xC0, 0, 0, left]).unwrap();
                    }
                    [0x61, _] => answer = card.transmit(&[0, 0xC0, 0, 0, piece]).unwrap(),
                    other => panic!("{other:02X?}"),
                }
            }
            assert_eq!(joined, (0..0x208).map(|n| n as u8).collect::<Vec<_>>());
        }
    }
}

#[test]
fn what_is_held_goes_with_any_other_command() {
    let held = || {
        let mut card = card_after(Contact, &[SELECT_A]);
        check(&mut card, &[("0012000003 AABBCC", "6103")]);
        card
    };
    // GET RESPONSE that is refused, on this channel and another.
    for refused in ["01C0000003", "04C0000003", "00C0010003", "00C00000", "00C0000001AA"] {
        let mut card = held();
        size(&mut card, refused);
        check(&mut card, &[("00C0000003", "AABBCC 9000")]);
    }
    for other in ["00", "FFC0000003", "00600000", "41B0000010", "20B0000001", "80C0000003"] {
        let mut card = held();
        size(&mut card, other);
        check(&mut card, &[("00C0000003", "6985")]);
    }
    for run in ["00160000", "00A4000C02 3F00", "00A4000C02 4444", "00700000", "1012000001 AA"] {
        let mut card = held();
        size(&mut card, run);
        if run.starts_with("10") {
            check(&mut card, &[("00C0000003", "6883")]); // it ends the chain
        }
        check(&mut card, &[("00C0000003", "6985")]);
    }
    let mut card = held();
    card.power_on().unwrap();
    check(&mut card, &[("00C0000003", "6985")]);
}

#[test]
fn get_response_belongs_to_the_channel_of_the_command() {
    let mut card = card_after(Contact, &["00700001", SELECT_A]);
    check(&mut card, &[("0012000003 AABBCC", "6103")]);
    check(&mut card, &[("01C0000003", "6985"), ("00C0000003", "AABBCC 9000")]);
}

#[test]
fn only_the_same_command_with_the_announced_le_is_given_what_6c_announced() {
    let announced = || {
        let mut card = card_after(Contact, &[SELECT_A]);
        check(&mut card, &[("0010000300", "6C03")]);
        card
    };
    for (other, ran) in
        [("0010000302", 2), ("0010000303AAAAAA", 2), ("0010000403", 2), ("8010000303", 2)]
    {
        let mut card = announced();
        size(&mut card, other);
        assert_eq!(runs(&mut card), ran, "{other}");
    }
    // A refusal in between does not undo it, GET RESPONSE does not fetch it.
    let mut card = announced();
    check(&mut card, &[("00C0000003", "6985"), ("0010000303", "000102 9000")]);
    assert_eq!(runs(&mut card), 1);
}

/// On T=0 the file's end is told by `6CXX`; with that Le nothing is missing any more.
#[test]
fn the_end_of_a_file_is_no_warning_once_le_is_right() {
    let mut card = card_after(Contact, &[]);
    let (_, status) = size(&mut card, "00B09D00FF");
    assert_eq!(status >> 8, 0x6C);
    let right = format!("00B09D00{:02X}", status & 0xFF);
    assert_eq!(size(&mut card, &right), ((status & 0xFF).into(), 0x9000));
    let mut card = card_after(Contactless, &[]);
    assert_eq!(size(&mut card, "00B09D00FF"), ((status & 0xFF).into(), 0x6282));
    // Other warnings stay.
    let mut card = card_after(Contact, &[SELECT_A]);
    check(&mut card, &[("0014628302 AABB", "6102"), ("00C0000002", "AABB 6283")]);
}

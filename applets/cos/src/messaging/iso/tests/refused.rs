//! What a card refuses though its checksum is right, and what it never computes a checksum for.

use tessera_framework::StatusWord;

use super::*;
use crate::{cipher::padding, messaging::Refusal};

const HEADER: [u8; 4] = [0x0C, 0xD6, 0x00, 0x00];

/// The checksum by the letter: counter, padded header, padded objects.
fn checksum(counter: &str, header: Option<[u8; 4]>, objects: &[u8]) -> [u8; 8] {
    let mut message = hex(counter);
    for part in header.iter().map(|header| &header[..]).chain([objects]) {
        if !part.is_empty() {
            let from = message.len();
            message.extend_from_slice(part);
            message.resize(from + padding::padded_bytes(part.len(), 8), 0);
            padding::pad(&mut message[from..], part.len(), 8).unwrap();
        }
    }
    // Padded already: the last block of the chain, then the other half of the key and back.
    let mac_key = key(Algorithm::TripleDes, KS_MAC);
    let part = |at: usize| Key::des(&mac_key.as_slice()[at..at + 8]).unwrap().cipher();
    part(0).encrypt_cbc(&[], &mut message).unwrap();
    let mut last: [u8; 8] = *message.last_chunk().unwrap();
    part(8).decrypt_block(&mut last).unwrap();
    part(0).encrypt_block(&mut last).unwrap();
    last
}

/// Objects with a right checksum behind them.
fn sealed(header: Option<[u8; 4]>, objects: &str) -> Vec<u8> {
    let objects = hex(objects);
    let checksum = checksum("887022120C06C227", header, &objects);
    [objects.as_slice(), &[0x8E, 8], &checksum].concat()
}

fn command(header: [u8; 4], field: &[u8]) -> Result<(Vec<u8>, u32, bool), Refusal> {
    let mut buffer = [0; 300];
    let plain = triple_des(COUNTER).unwrap_command(header, field, &mut buffer)?;
    Ok((plain.data.to_vec(), plain.ne, plain.header_authenticated))
}

fn response(ins: u8, field: &[u8], status: u16) -> Result<Vec<u8>, Refusal> {
    let mut buffer = [0; 300];
    let data = triple_des(COUNTER).unwrap_response(ins, field, StatusWord(status), &mut buffer)?;
    Ok(data.to_vec())
}

/// Blocks encrypted as an object 87 or 85 of the next message holds them.
fn cryptogram(plain: &str) -> std::string::String {
    let mut blocks = hex(plain);
    key(Algorithm::TripleDes, KS_ENC).cipher().encrypt_cbc(&[], &mut blocks).unwrap();
    blocks.iter().map(|byte| std::format!("{byte:02X}")).collect()
}

#[test]
fn commands_by_the_rules_are_taken() {
    let padded = cryptogram("1122338000000000");
    let whole = cryptogram("1122334455667788");
    for (ins, objects, data, ne) in [
        (0xD6, "", "", 0),
        (0xD6, "8103AABBCC", "AABBCC", 0),
        (0xD6, "818103AABBCC", "AABBCC", 0),
        (0xD6, "81820003AABBCC", "AABBCC", 0),
        (0xD7, "B103AABBCC", "AABBCC", 0),
        (0xD6, &std::format!("870901{padded}"), "112233", 0),
        (0xD6, &std::format!("870902{whole}"), "1122334455667788", 0),
        (0xD7, &std::format!("8508{padded}"), "112233", 0),
        (0xD6, "970105 8101AA", "AA", 5),
        (0xD6, "970100", "", 256),
        (0xD6, "97020000", "", 65_536),
        (0xD6, "97020100", "", 256),
        (0xD6, "8904 0CD60000 8101AA", "AA", 0),
    ] {
        let header = [0x0C, ins, 0, 0];
        // The object 89 repeats the header that was sent.
        let taken = command(header, &sealed(Some(header), objects));
        assert_eq!(taken, Ok((hex(data), ne, true)), "{ins:02X} {objects}");
    }
}

#[test]
fn objects_that_are_not_by_the_rules_are_refused_although_the_checksum_is_right() {
    let padded = cryptogram("1122338000000000");
    for (ins, objects, why) in [
        (0xD6, "8003AABBCC", "80 is not authenticated"),
        (0xD6, &std::format!("860901{padded}"), "86 is not authenticated"),
        (0xD6, "960105", "96 is not authenticated"),
        (0xD6, "990290008101AA", "99 belongs in a response"),
        (0xD6, "9B0101", "9B means nothing here"),
        (0xD6, "8101AA8101AA", "data twice"),
        (0xD6, &std::format!("8101AA870901{padded}"), "data in two forms"),
        (0xD6, "970105970105", "Le twice"),
        (0xD6, "89040CD6000089040CD60000", "header twice"),
        (0xD6, "9700", "Le of no byte"),
        (0xD6, "9703000000", "Le of three bytes"),
        (0xD6, "89040CD60001", "another header"),
        (0xD6, "89030CD600", "part of a header"),
        (0xD6, "8501AA", "85 with an even instruction"),
        (0xD6, "B101AA", "B1 with an even instruction"),
        (0xD7, "8101AA", "81 with an odd instruction"),
        (0xD7, &std::format!("870901{padded}"), "87 with an odd instruction"),
        (0xD6, &std::format!("870900{padded}"), "padding indicator 00"),
        (0xD6, &std::format!("870903{padded}"), "padding indicator 03"),
        (0xD6, "8700", "no padding indicator"),
        (0xD6, "870101", "no cryptogram"),
        (0xD6, "870102", "no cryptogram, no padding"),
        (0xD7, "8500", "no cryptogram in 85"),
        (0xD6, &std::format!("870801{}", &padded[..14]), "part of a block"),
        (0xD6, &std::format!("870901{}", cryptogram("1122334455667788")), "no padding"),
        (0xD6, &std::format!("870901{}", cryptogram("0000000000000000")), "zeros only"),
        (0xD6, &std::format!("871101{}", cryptogram("11800000000000000000000000000000")), "long"),
        (0xD6, "0000 8101AA", "filler between the objects"),
    ] {
        let header = [0x0C, ins, 0, 0];
        let refusal = command(header, &sealed(Some(header), objects));
        assert_eq!(refusal, Err(Refusal::Content), "{why}");
    }
}

#[test]
fn what_is_no_sequence_of_objects_is_refused() {
    for (field, refusal) in [
        ("", Refusal::Missing),
        ("8101AA", Refusal::Missing),
        ("970105", Refusal::Missing),
        ("81", Refusal::Content),
        ("8102AA", Refusal::Content),
        ("8180AA", Refusal::Content),
        ("8181", Refusal::Content),
        ("818200", Refusal::Content),
        ("8183000001AA", Refusal::Content),
        ("81FFAA", Refusal::Content),
        ("8E04 00000000", Refusal::Content),
        ("8E07 00000000000000", Refusal::Content),
        ("8E09 000000000000000000", Refusal::Content),
        ("8E08 0000000000000000 00", Refusal::Content),
        ("8E08 0000000000000000 8101AA", Refusal::Content),
        ("8E08 0000000000000000", Refusal::Checksum),
    ] {
        assert_eq!(command(HEADER, &hex(field)), Err(refusal), "{field}");
    }
}

#[test]
fn a_class_byte_without_secure_messaging_of_iso_form_protects_nothing() {
    for cla in 0..=u8::MAX {
        let header = [cla, 0xD6, 0, 0];
        let iso = matches!(cla, 0x08..=0x0F | 0x18..=0x1F | 0x60..=0x7F);
        let covered = matches!(cla, 0x0C..=0x0F | 0x1C..=0x1F).then_some(header);
        let result = command(header, &sealed(covered, "8101AA"));
        let expected =
            if iso { Ok((hex("AA"), 0, covered.is_some())) } else { Err(Refusal::Missing) };
        assert_eq!(result, expected, "{cla:02X}");
        let mut out = [0; 64];
        let written = triple_des(COUNTER).wrap_command(header, Form::Plain, &[], 0, &mut out);
        assert_eq!(written.is_some(), iso, "{cla:02X}");
    }
}

#[test]
fn without_the_header_in_the_checksum_an_object_89_authenticates_it() {
    let header = [0x08, 0xD6, 0, 0];
    let field = sealed(None, "8904 08D60000 8101AA");
    assert_eq!(command(header, &field), Ok((hex("AA"), 0, true)));
    assert_eq!(command([0x08, 0xD6, 0, 1], &field), Err(Refusal::Content));
    assert_eq!(command([0x09, 0xD6, 0, 0], &field), Err(Refusal::Content));
    let field = sealed(None, "8101AA");
    assert_eq!(command(header, &field), Ok((hex("AA"), 0, false)));
    assert_eq!(command([0x0C, 0xD6, 0, 0], &field), Err(Refusal::Checksum));
    assert_eq!(command(header, &sealed(Some(header), "8101AA")), Err(Refusal::Checksum));
}

#[test]
fn responses_by_the_rules_are_taken_and_others_refused() {
    let padded = cryptogram("1122338000000000");
    let ok = |objects: &str| sealed(None, objects);
    assert_eq!(response(0xB0, &ok("99029000"), 0x9000), Ok(hex("")));
    assert_eq!(response(0xB0, &ok("8101AA99026282"), 0x6282), Ok(hex("AA")));
    assert_eq!(response(0xB1, &ok("B101AA99029000"), 0x9000), Ok(hex("AA")));
    let objects = std::format!("8508{padded}99029000");
    assert_eq!(response(0xB1, &ok(&objects), 0x9000), Ok(hex("112233")));
    for (objects, status, refusal) in [
        ("8101AA", 0x9000, Refusal::Missing),
        ("99029000", 0x6282, Refusal::Content),
        ("990190", 0x9000, Refusal::Content),
        ("9903900000", 0x9000, Refusal::Content),
        ("9902900099029000", 0x9000, Refusal::Content),
        ("97010099029000", 0x9000, Refusal::Content),
        ("89040CB0000099029000", 0x9000, Refusal::Content),
        ("8001AA99029000", 0x9000, Refusal::Content),
        ("870101 99029000", 0x9000, Refusal::Content),
    ] {
        assert_eq!(response(0xB0, &ok(objects), status), Err(refusal), "{objects}");
    }
    assert_eq!(response(0xB0, &[], 0x6988), Err(Refusal::Missing), "an unprotected refusal");
    assert_eq!(response(0xB0, &hex("99029000"), 0x9000), Err(Refusal::Missing));
}

#[test]
fn a_buffer_that_is_too_short_is_said_to_be() {
    let field = sealed(Some(HEADER), "8103AABBCC");
    let mut buffer = [0; 8];
    for room in 0..3 {
        let result = triple_des(COUNTER).unwrap_command(HEADER, &field, &mut buffer[..room]);
        assert_eq!(result, Err(Refusal::TooLong));
    }
    let objects = std::format!("870901{}", cryptogram("1122338000000000"));
    let field = sealed(Some(HEADER), &objects);
    let result = triple_des(COUNTER).unwrap_command(HEADER, &field, &mut buffer[..7]);
    assert_eq!(result, Err(Refusal::TooLong));
    assert!(triple_des(COUNTER).unwrap_command(HEADER, &field, &mut buffer).is_ok());
}

#[test]
fn the_counter_goes_up_with_a_refused_message_too() {
    let mut session = triple_des(COUNTER);
    assert!(session.unwrap_command(HEADER, &[], &mut []).is_err());
    assert_eq!(session.counter(), hex("887022120C06C227"));
    assert!(session.unwrap_response(0xB0, &[], StatusWord::OK, &mut []).is_err());
    assert_eq!(session.counter(), hex("887022120C06C228"));
    assert!(session.wrap_command([0; 4], Form::Plain, &[], 0, &mut []).is_none());
    assert_eq!(session.counter(), hex("887022120C06C229"));
    assert!(session.wrap_response(0xB0, Form::Plain, &[], StatusWord::OK, &mut []).is_none());
    assert_eq!(session.counter(), hex("887022120C06C22A"));
}

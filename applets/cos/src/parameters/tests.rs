//! Every object of a template, what it makes, and every refusal.

extern crate std;

use std::{vec, vec::Vec};

use proptest::prelude::*;

use super::*;

const UNANNOUNCED: Announced = Announced { descriptor: 0, sfi: 0 };

fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    match value.len() {
        length @ 0..=0x7F => [&[tag, length as u8], value].concat(),
        length => [&[tag, 0x81, length as u8], value].concat(),
    }
}

fn template(objects: &[&[u8]]) -> Vec<u8> {
    object(0x62, &objects.concat())
}

fn made(objects: &[&[u8]]) -> Result<NewFile<'static>, Halt> {
    let data: &'static [u8] = template(objects).leak();
    parse(UNANNOUNCED, data).map(|parameters| parameters.file)
}

fn ef(objects: &[&[u8]]) -> EfSpec<'static> {
    match made(objects).unwrap() {
        NewFile::Ef(spec) => spec,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(objects: &[&[u8]]) {
    let refused = Halt::status::<()>(StatusWord::WRONG_DATA);
    assert_eq!(made(objects).map(drop), refused, "{objects:02X?}");
}

const FID: &[u8] = &[0x83, 2, 0x12, 0x03];
const TRANSPARENT: &[u8] = &[0x82, 1, 0x01];
const SIZE: &[u8] = &[0x80, 2, 0x01, 0x00];
const DF: &[u8] = &[0x82, 1, 0x38];

#[test]
fn a_transparent_ef_is_made_of_its_objects() {
    let spec = ef(&[&[0x82, 2, 0x41, 0x61], FID, SIZE, &[0x88, 1, 0xF0], &[0x8A, 1, 5]]);
    assert_eq!(spec.fid, FileId(0x1203));
    assert_eq!(spec.structure, Structure::Transparent { bytes: 0x100 });
    assert_eq!((spec.sfi, spec.life_cycle), (Sfi::new(30), LifeCycle::ACTIVATED));
    assert_eq!((spec.flags.data_coding(), spec.fill), (0x61, 0xFF));
    let spec = ef(&[TRANSPARENT, FID, &[0x81, 2, 0, 9]]);
    assert_eq!(spec.structure, Structure::Transparent { bytes: 9 });
    assert_eq!((spec.sfi, spec.life_cycle), (Sfi::new(3), LifeCycle::CREATION));
    assert_eq!((spec.flags.data_coding(), spec.fill), (DATA_CODING_DEFAULT, 0x00));
    let spec = ef(&[TRANSPARENT, FID, &[0x80, 4, 0, 1, 0, 0], &[0x88, 0]]);
    assert_eq!((spec.structure, spec.sfi), (Structure::Transparent { bytes: 0x1_0000 }, None));
    let spec = ef(&[TRANSPARENT, &[0x83, 2, 0x12, 0x1F], SIZE]);
    assert_eq!(spec.sfi, None, "31 is no short identifier");
}

#[test]
fn record_files_have_the_structure_their_descriptor_says() {
    let fixed = |tlv| Structure::LinearFixed { record_bytes: 4, records: 3, tlv };
    assert_eq!(ef(&[&[0x82, 5, 0x02, 0x21, 0, 4, 3], FID]).structure, fixed(false));
    assert_eq!(ef(&[&[0x82, 6, 0x03, 0x21, 0, 4, 0, 3], FID]).structure, fixed(true));
    assert_eq!(ef(&[&[0x82, 3, 0x02, 0x21, 4], FID, &[0x80, 1, 12]]).structure, fixed(false));
    assert_eq!(ef(&[&[0x82, 4, 0x02, 0x21, 0, 4], FID, &[0x80, 1, 12]]).structure, fixed(false));
    let ring = Structure::Cyclic { record_bytes: 4, records: 3 };
    assert_eq!(ef(&[&[0x82, 5, 0x06, 0x21, 0, 4, 3], FID, &[0x80, 1, 12]]).structure, ring);
    let variable = |record_bytes_max, records, tlv| Structure::LinearVariable {
        bytes: 30,
        record_bytes_max,
        records,
        tlv,
    };
    let size: &[u8] = &[0x80, 1, 30];
    assert_eq!(ef(&[&[0x82, 5, 0x04, 0x21, 0, 9, 7], FID, size]).structure, variable(9, 7, false));
    assert_eq!(ef(&[&[0x82, 1, 0x05], FID, size]).structure, variable(30, 15, true));
}

#[test]
fn a_df_is_made_of_its_objects() {
    let data = [DF, FID, &[0x84, 3, 1, 2, 3], &[0xA5, 2, 0x9F, 0], &[0x8A, 1, 7]];
    let Ok(NewFile::Df(spec)) = made(&data) else { panic!("a DF") };
    assert_eq!((spec.fid, spec.name), (FileId(0x1203), &[1, 2, 3][..]));
    assert_eq!((spec.proprietary, spec.full_control), (&[0x9F, 0][..], true));
    assert_eq!(spec.life_cycle, LifeCycle(7));
    let Ok(NewFile::Df(spec)) = made(&[&[0x82, 2, 0x78, 0x21], FID]) else { panic!("a DF") };
    assert!(spec.name.is_empty() && spec.proprietary.is_empty());
}

#[test]
fn the_template_may_be_an_fci_with_or_without_templates_in_it() {
    let parameters = [DF, FID].concat();
    let name = object(0x84, b"NAME");
    for data in [
        object(0x6F, &[&parameters[..], &name].concat()),
        object(0x6F, &[object(0x62, &parameters), object(0x64, &name)].concat()),
        object(0x6F, &object(0x62, &[&parameters[..], &name].concat())),
    ] {
        let parameters = parse(UNANNOUNCED, &data).unwrap();
        assert!(matches!(parameters.file, NewFile::Df(spec) if spec.name == b"NAME"));
    }
    let good = template(&[&parameters]);
    for data in [
        vec![],
        object(0x64, &parameters),
        object(0x61, &parameters),
        parameters.clone(),
        [&good[..], &good].concat(),
        [&good[..], &[0x84]].concat(),
        good[..good.len() - 1].to_vec(),
        object(0x6F, &[&good[..], &name].concat()),
        object(0x6F, &[&good[..], &good].concat()),
        object(0x62, &good),
        object(0x6F, &object(0x6F, &parameters)),
    ] {
        assert_eq!(
            parse(UNANNOUNCED, &data).map(drop),
            Halt::status(StatusWord::WRONG_DATA),
            "{data:02X?}"
        );
    }
}

#[test]
fn p1_and_p2_may_say_descriptor_and_short_identifier_and_must_not_differ() {
    let with = |descriptor, sfi, objects: &[&[u8]]| {
        let data: &'static [u8] = template(objects).leak();
        parse(Announced { descriptor, sfi }, data).map(|parameters| parameters.file)
    };
    let sfi = |file| match file {
        Ok(NewFile::Ef(spec)) => spec.sfi.map(Sfi::number),
        other => panic!("{other:?}"),
    };
    assert_eq!(sfi(with(0x01, 0x28, &[FID, SIZE])), Some(5));
    assert_eq!(sfi(with(0x01, 0x28, &[FID, SIZE, TRANSPARENT, &[0x88, 1, 0x28]])), Some(5));
    assert!(matches!(with(0x38, 0, &[FID]), Ok(NewFile::Df(_))));
    for refused in [
        with(0x02, 0, &[FID, SIZE, TRANSPARENT]),
        with(0x00, 0, &[FID, SIZE]),
        with(0x01, 0x28, &[FID, SIZE, &[0x88, 1, 0x30]]),
        with(0x01, 0x28, &[FID, SIZE, &[0x88, 0]]),
        with(0x01, 0x29, &[FID, SIZE]),
        with(0x01, 0xF8, &[FID, SIZE]),
        with(0x38, 0x28, &[FID]),
    ] {
        assert_eq!(refused.map(drop), Halt::status(StatusWord::WRONG_DATA));
    }
}

#[test]
fn objects_that_are_missing_double_unknown_or_of_the_other_kind_are_refused() {
    refused(&[TRANSPARENT, SIZE]); // no identifier
    refused(&[FID, SIZE]); // no descriptor
    refused(&[TRANSPARENT, FID]); // no size
    for twice in [FID, SIZE, TRANSPARENT, &[0x88, 1, 0x28], &[0x8A, 1, 5], &[0x81, 2, 2, 0]] {
        let once: &[u8] = if [FID, SIZE, TRANSPARENT].contains(&twice) { &[] } else { twice };
        assert!(made(&[TRANSPARENT, FID, SIZE, once]).is_ok());
        refused(&[TRANSPARENT, FID, SIZE, once, twice]);
    }
    for twice in [&[0x84, 1, 1][..], &[0xA5, 1, 1]] {
        assert!(made(&[DF, FID, twice]).is_ok());
        refused(&[DF, FID, twice, twice]);
        refused(&[TRANSPARENT, FID, SIZE, twice]);
    }
    for unknown in [
        &[0x85, 1, 1][..],
        &[0x86, 1, 1],
        &[0x87, 2, 1, 1],
        &[0x8B, 1, 1],
        &[0x8D, 2, 1, 1],
        &[0x8E, 1, 1],
        &[0x8F, 1, 1],
        &[0xA1, 0],
        &[0xA2, 0],
        &[0xAC, 0],
        &[0x5F, 0x50, 0],
    ] {
        refused(&[TRANSPARENT, FID, SIZE, unknown]);
        refused(&[DF, FID, unknown]);
    }
    for of_an_ef in [SIZE, &[0x88, 1, 0x28], &[0x88, 0]] {
        refused(&[DF, FID, of_an_ef]);
    }
}

#[test]
fn values_that_cannot_be_are_refused() {
    for fid in [[0, 0], [0xFF, 0xFF], [0x3F, 0x00], [0x3F, 0xFF]] {
        refused(&[TRANSPARENT, SIZE, &object(0x83, &fid)]);
        refused(&[DF, &object(0x83, &fid)]);
    }
    for fid in [&[0x83, 1, 1][..], &[0x83, 3, 1, 2, 3], &[0x83, 0]] {
        refused(&[TRANSPARENT, SIZE, fid]);
    }
    for size in [&[0x80, 0][..], &[0x80, 1, 0], &[0x80, 5, 0, 0, 0, 0, 1], &[0x81, 1, 1]] {
        refused(&[TRANSPARENT, FID, size]);
    }
    refused(&[TRANSPARENT, FID, SIZE, &[0x81, 2, 0x00, 0xFF]]); // less with structure
    for sfi in [&[0x88, 1, 0x00][..], &[0x88, 1, 0xF8], &[0x88, 1, 0x29], &[0x88, 2, 0x28, 0]] {
        refused(&[TRANSPARENT, FID, SIZE, sfi]);
    }
    for life_cycle in [&[0x8A, 1, 2][..], &[0x8A, 1, 8], &[0x8A, 1, 0x0C], &[0x8A, 0]] {
        refused(&[TRANSPARENT, FID, SIZE, life_cycle]);
    }
    for name in [&[0x84, 0][..], &object(0x84, &[1; 17]), &object(0xA5, &[1; 33])] {
        refused(&[DF, FID, name]);
    }
    refused(&[FID, &[0x82, 3, 0x38, 0x21, 0]]);
}

#[test]
fn descriptors_this_card_does_not_know_are_refused() {
    let mut known = 0;
    for descriptor in 1..=u8::MAX {
        let objects = [&object(0x82, &[descriptor]), FID, SIZE];
        known += u32::from(made(&objects).is_ok());
    }
    // 01, 04, 05, shareable or not; the others need a record size, and a DF has none.
    assert_eq!(known, 6);
    for descriptor in [0x00, 0x07, 0x09, 0x0C, 0x10, 0x39, 0x3A, 0x81] {
        refused(&[&[0x82, 5, descriptor, 0x21, 0, 4, 3], FID]);
    }
    for coding in [0x00, 0x02, 0x0F, 0x81, 0x11] {
        refused(&[&[0x82, 2, 0x01, coding], FID, SIZE]);
    }
}

#[test]
fn sizes_of_records_that_cannot_be_are_refused() {
    refused(&[&[0x82, 3, 0x01, 0x21, 4], FID, SIZE]); // a transparent file has none
    refused(&[&[0x82, 1, 0x02], FID, SIZE]);
    refused(&[&[0x82, 3, 0x02, 0x21, 4], FID]); // neither number nor size
    refused(&[&[0x82, 3, 0x02, 0x21, 0], FID, SIZE]);
    refused(&[&[0x82, 5, 0x02, 0x21, 0, 0, 3], FID]);
    refused(&[&[0x82, 5, 0x02, 0x21, 1, 0, 3], FID]); // records of 256 bytes
    refused(&[&[0x82, 5, 0x02, 0x21, 0, 4, 0], FID]);
    refused(&[&[0x82, 5, 0x02, 0x21, 0, 4, 255], FID]);
    refused(&[&[0x82, 6, 0x02, 0x21, 0, 4, 1, 0], FID]);
    refused(&[&[0x82, 6, 0x02, 0x21, 0xFF, 0xFF, 0xFF, 0xFF], FID]);
    refused(&[&[0x82, 7, 0x02, 0x21, 0, 4, 0, 3, 0], FID]);
    refused(&[&[0x82, 5, 0x02, 0x21, 0, 4, 3], FID, &[0x80, 1, 13]]);
    refused(&[&[0x82, 3, 0x02, 0x21, 4], FID, &[0x80, 1, 13]]);
    refused(&[&[0x82, 5, 0x04, 0x21, 0, 9, 7], FID]); // variable records: how many bytes
    refused(&[&[0x82, 5, 0x04, 0x21, 1, 0, 7], FID, SIZE]);
    refused(&[&[0x82, 5, 0x04, 0x21, 0, 9, 0], FID, SIZE]);
}

#[test]
fn access_rules_are_kept_in_their_order_and_must_be_well_formed() {
    let expanded = [0xAB, 5, 0x80, 1, 0x01, 0x90, 0];
    let compact = [0x8C, 2, 0x01, 0x00];
    let data = template(&[&expanded, TRANSPARENT, FID, SIZE, &compact]);
    let parameters = parse(UNANNOUNCED, &data).unwrap();
    assert_eq!(parameters.attributes.as_bytes(), [&expanded[..], &compact].concat());
    let data = template(&[TRANSPARENT, FID, SIZE]);
    assert_eq!(parse(UNANNOUNCED, &data).unwrap().attributes.as_bytes(), []);
    refused(&[TRANSPARENT, FID, SIZE, &[0x8C, 1, 0x01]]);
    refused(&[TRANSPARENT, FID, SIZE, &[0xAB, 0]]);
    let of_objects = object(0xA0, &compact);
    let data = template(&[DF, FID, &of_objects, &compact]);
    let parameters = parse(UNANNOUNCED, &data).unwrap();
    assert_eq!(parameters.attributes.as_bytes(), [&of_objects[..], &compact].concat());
    refused(&[TRANSPARENT, FID, SIZE, &of_objects]);
    // The longest rules there is room for, and one byte more.
    let rule = |bytes: usize| object(0x8C, &vec![0x00; bytes]);
    assert!(made(&[DF, FID, &rule(ATTRIBUTES_BYTES_MAX - 2 - 1)]).is_ok());
    assert_eq!(rule(ATTRIBUTES_BYTES_MAX - 3).len(), ATTRIBUTES_BYTES_MAX - 1);
    refused(&[DF, FID, &rule(ATTRIBUTES_BYTES_MAX)]);
    refused(&[DF, FID, &compact, &rule(ATTRIBUTES_BYTES_MAX - 3)]);
}

/// Objects of any tag, or of `tags`.
fn objects(tags: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let tag = prop_oneof![any::<u8>(), prop::sample::select(tags)];
    let value = prop::collection::vec(any::<u8>(), 0..7);
    prop::collection::vec((tag, value), 0..8)
        .prop_map(|objects| objects.iter().flat_map(|(tag, value)| object(*tag, value)).collect())
}

const TAGS: &[u8] = &[0x80, 0x81, 0x82, 0x83, 0x84, 0x88, 0x8A, 0x8C, 0xA0, 0xA5, 0xAB];

proptest! {
    #[test]
    fn no_bytes_panic(p1: u8, p2: u8, objects in objects(TAGS), raw: [u8; 24]) {
        let announced = Announced { descriptor: p1, sfi: p2 };
        let with_fid = [FID, &objects].concat();
        for inside in [&objects[..], &with_fid, &raw] {
            for data in [inside, &object(0x62, inside), &object(0x6F, inside)] {
                let _ = parse(announced, data);
                let _ = parse(UNANNOUNCED, data);
            }
        }
    }
}

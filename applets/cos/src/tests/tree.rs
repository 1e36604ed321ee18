//! Creating files: what is refused, and memory filled to the last byte.

use super::*;
use crate::layout::HEADER_BYTES;

fn status<T: std::fmt::Debug>(made: Result<T, Halt>) -> StatusWord {
    match made {
        Err(Halt::Status(status)) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_that_cannot_be_are_refused_and_change_nothing() {
    let mut dialogue = Dialogue::with(&STANDARD);
    let before = dialogue.memory();
    let mut env = dialogue.rig.env();
    let root = DfId::ROOT;
    let linear =
        |record_bytes, records| Structure::LinearFixed { record_bytes, records, tlv: true };
    let variable = |record_bytes_max, records| Structure::LinearVariable {
        bytes: 9,
        record_bytes_max,
        records,
        tlv: false,
    };
    let ring = |record_bytes, records| Structure::Cyclic { record_bytes, records };
    for bad in [
        ef(0x0000, 20, RING),
        ef(0xFFFF, 20, RING),
        ef(0xFFFF, 20, RING),
        ef(0x3F00, 20, RING), // the MF's
        ef(0x0020, 20, bytes(0)),
        ef(0x0020, 20, linear(0, 1)),
        ef(0x0020, 20, linear(1, 0)),
        ef(0x0020, 20, linear(1, 255)),
        ef(0x0020, 20, variable(0, 1)),
        ef(0x0020, 20, variable(1, 0)),
        ef(0x0020, 20, variable(1, 255)),
        ef(0x0020, 20, ring(0, 1)),
        ef(0x0020, 20, ring(1, 0)),
        ef(0x0020, 20, ring(1, 255)),
    ] {
        let made = files::create_ef(&mut env, root, &bad);
        assert_eq!(status(made), StatusWord::WRONG_DATA, "{bad:?}");
    }
    for bad in [
        df(0x0000, b"GAMMA"),
        df(0xFFFF, b"GAMMA"),
        df(0xFFFF, b"GAMMA"),
        df(0x3F00, b"GAMMA"), // only a root is the MF
        df(0x0400, b"seventeen letters"),
        DfSpec { proprietary: &[0; 33], ..df(0x0400, b"GAMMA") },
    ] {
        let made = files::create_df(&mut env, root, &bad);
        assert_eq!(status(made), StatusWord::WRONG_DATA, "{bad:?}");
    }
    assert_eq!(dialogue.memory(), before);
}

#[test]
fn identifiers_short_identifiers_and_names_are_taken_once() {
    let mut dialogue = Dialogue::with(&STANDARD);
    let before = dialogue.memory();
    let mut env = dialogue.rig.env();
    let alpha = crate::df_by_name(&env, b"ALPHA", 0).unwrap().unwrap();
    for (parent, taken) in [
        (DfId::ROOT, ef(0x0001, 20, RING)),
        (DfId::ROOT, ef(0x0020, 1, RING)),
        (DfId::ROOT, ef(0x0100, 20, RING)), // a DF's
        (alpha, ef(0x0110, 20, RING)),
    ] {
        let made = files::create_ef(&mut env, parent, &taken);
        assert_eq!(status(made), StatusWord::FILE_EXISTS, "{taken:?}");
    }
    for (parent, fid) in [(DfId::ROOT, 0x0001), (DfId::ROOT, 0x0100), (alpha, 0x0110)] {
        let made = files::create_df(&mut env, parent, &df(fid, b"GAMMA"));
        assert_eq!(status(made), StatusWord::FILE_EXISTS, "{fid:04X}");
    }
    for name in [&b"ROOT"[..], b"ALPHA", b"ALPHABET"] {
        let made = files::create_df(&mut env, DfId::ROOT, &df(0x0400, name));
        assert_eq!(status(made), StatusWord::NAME_EXISTS, "{name:?}");
    }
    assert_eq!(dialogue.memory(), before);
    // Elsewhere, or with what is left open, they are free.
    let mut env = dialogue.rig.env();
    files::create_ef(&mut env, alpha, &ef(0x0001, 2, RING)).unwrap();
    files::create_ef(&mut env, alpha, &ef(0x0002, 0, RING)).unwrap();
    files::create_ef(&mut env, alpha, &ef(0x0003, 0, RING)).unwrap();
    files::create_df(&mut env, alpha, &df(0x0100, b"ALPH")).unwrap();
}

#[test]
fn a_segment_is_filled_to_its_last_byte_and_one_more_is_too_many() {
    let full = Dialogue::with(&STANDARD);
    let free = layout::free(&full.clone().rig.env()).unwrap();
    let left = 2048 - free;
    let spare = |body: u32| left - HEADER_BYTES - body;
    // (file, one byte less than it needs is too little).
    let files: [(EfSpec, EfSpec); 2] = [
        (ef(0x20, 20, bytes(spare(0))), ef(0x20, 20, bytes(spare(0) + 1))),
        (ef(0x20, 20, variable(spare(2 + 2 * 9))), ef(0x20, 20, variable(spare(2 + 2 * 9) + 1))),
    ];
    for (fits, does_not) in files {
        let mut dialogue = full.clone();
        let before = dialogue.memory();
        let mut env = dialogue.rig.env();
        let made = files::create_ef(&mut env, DfId::ROOT, &does_not);
        assert_eq!(status(made), StatusWord::NOT_ENOUGH_MEMORY);
        assert_eq!(dialogue.memory(), before);
        let mut env = dialogue.rig.env();
        files::create_ef(&mut env, DfId::ROOT, &fits).unwrap();
        assert_eq!(layout::free(&env), Ok(2048));
        let made = files::create_ef(&mut env, DfId::ROOT, &ef(0x21, 21, bytes(1)));
        assert_eq!(status(made), StatusWord::NOT_ENOUGH_MEMORY);
        let made = files::create_df(&mut env, DfId::ROOT, &df(0x0400, b"G"));
        assert_eq!(status(made), StatusWord::NOT_ENOUGH_MEMORY);
    }
    let mut dialogue = full.clone();
    let mut env = dialogue.rig.env();
    let made = files::create_ef(&mut env, DfId::ROOT, &ef(0x20, 20, bytes(u32::MAX)));
    assert_eq!(status(made), StatusWord::NOT_ENOUGH_MEMORY);
    // The last byte can be written and read.
    files::create_ef(&mut env, DfId::ROOT, &ef(0x20, 20, bytes(spare(0)))).unwrap();
    let last = spare(0) - 1;
    dialogue.check(&[
        ("00A4020C02 0020", "9000"),
        (&format!("00D6{last:04X}01 5A"), "9000"),
        (&format!("00B0{last:04X}00"), "5A 9000"),
        (&format!("00D6{last:04X}02 5A5A"), "6A84"),
    ]);
}

fn variable(bytes: u32) -> Structure {
    Structure::LinearVariable { bytes, record_bytes_max: 255, records: 9, tlv: false }
}

#[test]
fn names_are_found_by_their_beginnings_in_the_order_of_creation() {
    let mut dialogue = Dialogue::with(&STANDARD);
    let env = dialogue.rig.env();
    let found = |prefix: &[u8], nth| crate::df_by_name(&env, prefix, nth).unwrap();
    assert_eq!(found(b"ROOT", 0), Some(DfId::ROOT));
    let (alpha, inner) = (found(b"ALPHA", 0).unwrap(), found(b"ALPHA", 1).unwrap());
    assert!(alpha.0 < inner.0);
    assert_eq!(found(b"ALPHA", 2), None);
    assert_eq!(found(b"ALPHAB", 0), Some(inner));
    assert_eq!(found(b"ALPHABETS", 0), None);
    assert_eq!((0..9).filter(|&nth| found(b"", nth).is_some()).count(), 5);
}

#[test]
fn an_erased_segment_is_nobodys_tree() {
    let mut rig = Rig::<64>::new();
    let mut env = rig.env();
    assert_eq!(layout::free(&env), Halt::status(StatusWord::NO_DIAGNOSIS));
    let made = files::create_ef(&mut env, DfId::ROOT, &ef(0x0020, 20, RING));
    assert_eq!(status(made), StatusWord::NO_DIAGNOSIS);
    let mut small = Rig::<27>::new();
    assert_eq!(layout::format(&mut small.env()), Halt::status(StatusWord::NO_DIAGNOSIS));
}

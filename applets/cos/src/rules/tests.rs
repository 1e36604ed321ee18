//! One test for each row of the tables, then what the formats allow themselves.

extern crate std;

use std::{vec, vec::Vec};

use proptest::prelude::*;

use super::*;

/// What a test says has been shown.
#[derive(Clone, Default)]
struct Status {
    checksum: Option<u8>,
    confidentiality: Option<u8>,
    external: Option<u8>,
    user: Option<u8>,
    environment: u8,
}

impl Shown for Status {
    fn secured(&self, protection: Protection, key: Option<u8>) -> bool {
        fits(
            if protection == Protection::Checksum { self.checksum } else { self.confidentiality },
            key,
        )
    }
    fn external(&self, key: Option<u8>) -> bool {
        fits(self.external, key)
    }
    fn user(&self, reference: Option<u8>) -> bool {
        fits(self.user, reference)
    }
    fn environment(&self) -> u8 {
        self.environment
    }
}

fn fits(shown: Option<u8>, asked: Option<u8>) -> bool {
    shown.is_some() && (asked.is_none() || asked == shown)
}

fn nothing() -> Status {
    Status::default()
}

fn checksum() -> Status {
    Status { checksum: Some(1), ..nothing() }
}

fn confidentiality() -> Status {
    Status { confidentiality: Some(1), ..nothing() }
}

fn external() -> Status {
    Status { external: Some(1), ..nothing() }
}

fn user() -> Status {
    Status { user: Some(1), ..nothing() }
}

fn external_and_user() -> Status {
    Status { external: Some(1), ..user() }
}

const OPERATIONS: [Operation; 13] = [
    Op::Read,
    Op::Update,
    Op::Write,
    Op::CreateEf,
    Op::CreateDf,
    Op::DeleteChild,
    Op::DeleteSelf,
    Op::Terminate,
    Op::Activate,
    Op::Deactivate,
    Op::GetData,
    Op::PutData,
    Op::ManageSecurityEnvironment,
];

const SUBJECTS: [Subject; 3] = [Subject::Df, Subject::Ef, Subject::DataObjects];

/// Header of a READ BINARY.
const HEADER: [u8; 4] = [0x00, 0xB0, 0x81, 0x02];

/// Operations allowed, of a subject, to whom has shown `status`.
fn allowed(attributes: &[u8], subject: Subject, status: &Status) -> Vec<Operation> {
    let allowed = |op: &Operation| allows(attributes, *op, subject, HEADER, status);
    OPERATIONS.into_iter().filter(allowed).collect()
}

fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, value.len() as u8], value].concat()
}

/// An expanded rule for reading an EF.
fn reading(conditions: &[u8]) -> Vec<u8> {
    object(0xAB, &[&[0x80, 1, 0x01], conditions].concat())
}

/// Whether an EF may be read under an expanded rule with these conditions.
fn opens(conditions: &[u8], status: &Status) -> bool {
    let attributes = reading(conditions);
    let opens = allows(&attributes, Op::Read, Subject::Ef, HEADER, status);
    assert!(well_formed(&attributes), "{attributes:02X?}");
    opens
}

/// Whether an EF may be read under this condition byte.
fn byte_opens(byte: u8, status: &Status) -> bool {
    let opens = allows(&[0x8C, 2, 0x01, byte], Op::Read, Subject::Ef, HEADER, status);
    assert_eq!(opens, self::opens(&[0x9E, 1, byte], status), "both formats, {byte:02X}");
    opens
}

/// A test for a row of the access mode byte: in both formats, for each subject, the bit allows what
/// the row says and nothing else.
macro_rules! access_mode_rows {
    ($($name:ident: $bit:literal => $df:ident, $ef:ident, $data_objects:expr;)*) => {$(
        #[test]
        fn $name() {
            let data_objects: Option<Operation> = $data_objects;
            for rule in [
                object(0x8C, &[$bit, 0x00]),
                object(0xAB, &[0x80, 1, $bit, 0x90, 0]),
            ] {
                assert!(well_formed(&rule));
                assert_eq!(allowed(&rule, Subject::Df, &nothing()), [Op::$df]);
                assert_eq!(allowed(&rule, Subject::Ef, &nothing()), [Op::$ef]);
                assert_eq!(allowed(&rule, Subject::DataObjects, &nothing()), []);
                let rule = object(0xA0, &rule);
                assert!(well_formed(&rule));
                assert_eq!(allowed(&rule, Subject::Df, &nothing()), []);
                assert_eq!(allowed(&rule, Subject::Ef, &nothing()), []);
                let found = allowed(&rule, Subject::DataObjects, &nothing());
                assert_eq!(found, Vec::from_iter(data_objects));
            }
        }
    )*};
}

access_mode_rows! {
    b7_deletes_the_file: 0x40 => DeleteSelf, DeleteSelf, None;
    b6_terminates: 0x20 => Terminate, Terminate, None;
    b5_activates: 0x10 => Activate, Activate, None;
    b4_deactivates: 0x08 => Deactivate, Deactivate, None;
    b3_creates_dfs_writes_manages: 0x04 => CreateDf, Write, Some(Op::ManageSecurityEnvironment);
    b2_creates_efs_updates_puts: 0x02 => CreateEf, Update, Some(Op::PutData);
    b1_deletes_children_reads_gets: 0x01 => DeleteChild, Read, Some(Op::GetData);
}

#[test]
fn b8_makes_b7_to_b4_proprietary_and_leaves_the_rest() {
    let rule = [0x8C, 8, 0xFF, 0, 0, 0, 0, 0, 0, 0];
    assert!(well_formed(&rule));
    assert_eq!(allowed(&rule, Subject::Ef, &nothing()), [Op::Read, Op::Update, Op::Write]);
    let rule = object(0xAB, &[0x80, 1, 0xFF, 0x90, 0]);
    assert_eq!(allowed(&rule, Subject::Ef, &nothing()), [Op::Read, Op::Update, Op::Write]);
    assert_eq!(allowed(&rule, Subject::Df, &nothing()).len(), 3);
}

/// A test for a row of the conditions: who opens, and who does not.
macro_rules! condition_rows {
    ($($name:ident: [$($condition:expr),*] opens to $yes:expr, not to $no:expr;)*) => {$(
        #[test]
        fn $name() {
            let condition: Vec<u8> = [$(&$condition[..]),*].concat();
            let (yes, no): (Vec<Status>, Vec<Status>) = ($yes, $no);
            for status in &yes {
                assert!(opens(&condition, status));
            }
            for status in &no {
                assert!(!opens(&condition, status));
            }
        }
    )*};
}

fn everything() -> Status {
    let (checksum, confidentiality) = (Some(1), Some(1));
    Status { checksum, confidentiality, environment: 3, ..external_and_user() }
}

condition_rows! {
    always_needs_nothing: [[0x90, 0]] opens to vec![nothing()], not to vec![];
    never_opens_to_nobody: [[0x97, 0]] opens to vec![], not to vec![nothing(), everything()];
    a_byte_is_a_condition: [[0x9E, 1, 0x10]] opens to vec![user()], not to vec![nothing()];
    a4_with_80_is_external: [[0xA4, 6, 0x83, 1, 1, 0x95, 1, 0x80]]
        opens to vec![external()], not to vec![user(), Status { external: Some(2), ..nothing() }];
    a4_with_08_is_the_user: [[0xA4, 6, 0x83, 1, 1, 0x95, 1, 0x08]]
        opens to vec![user()], not to vec![external(), Status { user: Some(2), ..nothing() }];
    a4_with_both_is_both: [[0xA4, 6, 0x83, 1, 1, 0x95, 1, 0x88]]
        opens to vec![external_and_user()], not to vec![external(), user()];
    a4_without_usage_is_either: [[0xA4, 3, 0x83, 1, 1]]
        opens to vec![external(), user()], not to vec![nothing(), checksum()];
    a4_without_key_is_any_key: [[0xA4, 3, 0x95, 1, 0x80]]
        opens to vec![external(), Status { external: Some(2), ..nothing() }], not to vec![user()];
    a4_with_another_usage_is_not_judged: [[0xA4, 3, 0x95, 1, 0x40]]
        opens to vec![], not to vec![everything()];
    b4_is_a_checksum: [[0xB4, 6, 0x83, 1, 1, 0x95, 1, 0x30]]
        opens to vec![checksum()],
        not to vec![confidentiality(), Status { checksum: Some(2), ..nothing() }];
    b6_is_not_judged: [[0xB6, 3, 0x83, 1, 1]] opens to vec![], not to vec![everything()];
    b8_is_encipherment: [[0xB8, 3, 0x83, 1, 1]]
        opens to vec![confidentiality()],
        not to vec![checksum(), Status { confidentiality: Some(2), ..nothing() }];
    a0_is_any_of: [[0xA0, 6, 0x9E, 1, 0x20, 0x9E, 1, 0x10]]
        opens to vec![external(), user(), external_and_user()], not to vec![nothing()];
    af_is_all_of: [[0xAF, 6, 0x9E, 1, 0x20, 0x9E, 1, 0x10]]
        opens to vec![external_and_user()], not to vec![external(), user(), nothing()];
    a7_is_none_of: [[0xA7, 6, 0x9E, 1, 0x20, 0x9E, 1, 0x10]]
        opens to vec![nothing(), checksum()], not to vec![external(), user(), external_and_user()];
    conditions_in_a_row_are_alternatives: [[0x9E, 1, 0x20], [0x9E, 1, 0x10]]
        opens to vec![external(), user()], not to vec![nothing()];
}

#[test]
fn what_cannot_be_judged_does_not_open_by_its_negation() {
    let unknown = [0xB6, 3, 0x83, 1, 1];
    assert!(!opens(&object(0xA7, &unknown), &everything()));
    assert!(!opens(&object(0xA7, &object(0xA0, &unknown)), &nothing()));
    assert!(opens(&object(0xA0, &[&unknown[..], &[0x90, 0]].concat()), &nothing()));
    assert!(!opens(&object(0xAF, &[&unknown[..], &[0x90, 0]].concat()), &nothing()));
    // All of it fails by another one, so that none of it is sure.
    let fails = object(0xAF, &[&unknown[..], &[0x97, 0]].concat());
    assert!(opens(&object(0xA7, &fails), &nothing()));
    let holds = object(0xA7, &[&unknown[..], &[0x90, 0]].concat());
    assert!(!opens(&holds, &nothing()));
}

/// A test for a row of the condition byte.
macro_rules! condition_byte_rows {
    ($($name:ident: $byte:literal opens to $yes:expr, not to $no:expr;)*) => {$(
        #[test]
        fn $name() {
            let (yes, no): (Vec<Status>, Vec<Status>) = ($yes, $no);
            assert!(yes.iter().all(|status| byte_opens($byte, status)));
            assert!(!no.iter().any(|status| byte_opens($byte, status)));
        }
    )*};
}

condition_byte_rows! {
    byte_00_is_always: 0x00 opens to vec![nothing()], not to vec![];
    byte_ff_is_never: 0xFF opens to vec![], not to vec![everything()];
    byte_b7_is_secure_messaging: 0x40
        opens to vec![checksum()], not to vec![external_and_user(), confidentiality()];
    byte_b6_is_external: 0x20 opens to vec![external()], not to vec![user(), checksum()];
    byte_b5_is_the_user: 0x10 opens to vec![user()], not to vec![external(), checksum()];
    byte_without_b8_is_one_of: 0x70
        opens to vec![checksum(), external(), user()], not to vec![nothing()];
    byte_with_b8_is_all_of: 0xB0
        opens to vec![external_and_user()], not to vec![external(), user(), checksum()];
    byte_with_all_three: 0xF0 opens to vec![everything()], not to vec![external_and_user()];
    byte_names_an_environment: 0x13
        opens to vec![Status { environment: 3, ..user() }],
        not to vec![user(), Status { environment: 2, ..user() }];
}

#[test]
fn set_bits_alone_have_conditions_most_significant_first() {
    // Deactivate with the user, update never, read free: bits b4, b2, b1.
    let rule = [0x8C, 4, 0x0B, 0x10, 0xFF, 0x00];
    assert_eq!(allowed(&rule, Subject::Ef, &nothing()), [Op::Read]);
    assert_eq!(allowed(&rule, Subject::Ef, &user()), [Op::Read, Op::Deactivate]);
}

#[test]
fn groups_rules_and_attributes_are_alternatives() {
    for rule in [
        vec![0x8C, 4, 0x01, 0x20, 0x01, 0x10],
        vec![0x8C, 2, 0x01, 0x20, 0x8C, 2, 0x01, 0x10],
        object(0xAB, &[0x80, 1, 1, 0x9E, 1, 0x20, 0x80, 1, 1, 0x9E, 1, 0x10]),
        [&[0x8C, 2, 0x01, 0x20][..], &reading(&[0x9E, 1, 0x10])].concat(),
    ] {
        assert!(well_formed(&rule));
        assert_eq!(allowed(&rule, Subject::Ef, &nothing()), []);
        assert_eq!(allowed(&rule, Subject::Ef, &external()), [Op::Read]);
        assert_eq!(allowed(&rule, Subject::Ef, &user()), [Op::Read]);
    }
}

#[test]
fn conditions_belong_to_the_access_mode_before_them() {
    let rule = object(0xAB, &[0x80, 1, 0x01, 0x9E, 1, 0x10, 0x80, 1, 0x02, 0x90, 0]);
    assert_eq!(allowed(&rule, Subject::Ef, &nothing()), [Op::Update]);
    assert_eq!(allowed(&rule, Subject::Ef, &user()), [Op::Read, Op::Update]);
}

#[test]
fn without_attributes_all_is_free_and_with_some_the_unnamed_is_never() {
    for subject in SUBJECTS {
        assert_eq!(allowed(&[], subject, &nothing()), OPERATIONS);
        assert_eq!(allowed(&[0x8C, 1, 0x00], subject, &everything()), []);
    }
    assert!(well_formed(&[]) && well_formed(&[0x8C, 1, 0x00]));
}

#[test]
fn a_command_header_names_the_bytes_its_tag_says() {
    let free = |mode: &[u8]| {
        let rule = object(0xAB, &[mode, &[0x90, 0]].concat());
        assert!(well_formed(&rule), "{rule:02X?}");
        allows(&rule, Op::Read, Subject::Ef, HEADER, &nothing())
    };
    assert!(free(&[0x88, 1, 0x00]) && !free(&[0x88, 1, 0x80]), "CLA");
    assert!(free(&[0x84, 1, 0xB0]) && !free(&[0x84, 1, 0xB2]), "INS");
    assert!(free(&[0x82, 1, 0x81]) && !free(&[0x82, 1, 0x82]), "P1");
    assert!(free(&[0x81, 1, 0x02]) && !free(&[0x81, 1, 0x81]), "P2");
    assert!(free(&[0x87, 3, 0xB0, 0x81, 0x02]) && !free(&[0x87, 3, 0xB0, 0x81, 0x03]));
    assert!(free(&[0x8F, 4, 0x00, 0xB0, 0x81, 0x02]) && !free(&[0x8F, 4, 0x00, 0xB0, 0x02, 0x81]));
    assert!(free(&[0x84, 2, 0xB2, 0xB0]) && !free(&[0x84, 2, 0xB2, 0xB1]), "a list");
    assert!(free(&[0x85, 4, 0xB0, 0x01, 0xB0, 0x02]) && !free(&[0x85, 4, 0xB0, 0x01, 0x02, 0xB0]));
    assert!(!free(&[0x9C, 2, 0xB0, 0x81]), "a proprietary state machine");
}

#[test]
fn templates_nest_and_not_without_end() {
    // User and not external.
    let condition = object(0xAF, &[&[0x9E, 1, 0x10][..], &object(0xA7, &[0x9E, 1, 0x20])].concat());
    assert!(opens(&condition, &user()));
    assert!(!opens(&condition, &external_and_user()) && !opens(&condition, &nothing()));
    let mut deep = vec![0x90, 0];
    for _ in 0..DEPTH_MAX {
        deep = object(0xA0, &deep);
    }
    assert!(opens(&deep, &nothing()));
    let too_deep = reading(&object(0xA0, &deep));
    assert!(!well_formed(&too_deep));
    assert!(!allows(&too_deep, Op::Read, Subject::Ef, HEADER, &everything()));
}

#[test]
fn what_is_malformed_opens_nothing_even_beside_a_rule_that_does() {
    let malformed: [&[u8]; 43] = [
        &[0x8C],
        &[0x8C, 0],
        &[0x8C, 2, 0x01],
        &[0x8C, 1, 0x01],             // no condition for b1
        &[0x8C, 3, 0x03, 0x00, 0x01], // the same after a sound one
        &[0x8C, 2, 0x03, 0x00],
        &[0x8C, 8, 0x7F, 0, 0, 0, 0, 0, 0],
        &[0x8C, 2, 0x01, 0x80], // all of no way
        &[0x8C, 2, 0x01, 0x01], // an environment and no way
        &[0x8C, 2, 0x01, 0x1F], // environment 15
        &[0x8B, 1, 1],
        &[0x86, 2, 0x01, 0x00],
        &[0x80, 1, 1],
        &[0xA0, 0],
        &[0xA0, 5, 0xA0, 3, 0x8C, 1, 0x00],
        &[0xAB, 0],
        &[0xAB, 3, 0x80, 1, 0x01], // no condition
        &[0xAB, 2, 0x90, 0],       // no access mode
        &[0xAB, 8, 0x80, 1, 0x01, 0x80, 1, 0x02, 0x90, 0],
        &[0xAB, 8, 0x80, 1, 0x01, 0x90, 0, 0x80, 1, 0x02],
        &[0xAB, 6, 0x80, 2, 0x01, 0x02, 0x90, 0],
        &[0xAB, 4, 0x80, 0, 0x90, 0],
        &[0xAB, 4, 0x84, 0, 0x90, 0],
        &[0xAB, 5, 0x85, 1, 0xB0, 0x90, 0],
        &[0xAB, 6, 0x80, 1, 0x01, 0x90, 1, 0x00],
        &[0xAB, 6, 0x80, 1, 0x01, 0x97, 1, 0x00],
        &[0xAB, 5, 0x80, 1, 0x01, 0x9E, 0],
        &[0xAB, 7, 0x80, 1, 0x01, 0x9E, 2, 0x00, 0x00],
        &[0xAB, 6, 0x80, 1, 0x01, 0x9E, 1, 0x0F],
        &[0xAB, 5, 0x80, 1, 0x01, 0x91, 0], // no such condition
        &[0xAB, 5, 0x80, 1, 0x01, 0xA0, 0],
        &[0xAB, 5, 0x80, 1, 0x01, 0xAF, 0],
        &[0xAB, 5, 0x80, 1, 0x01, 0xA7, 0],
        &[0xAB, 6, 0x80, 1, 0x01, 0xA7, 1, 0x97],
        &[0xAB, 7, 0x80, 1, 0x01, 0xA7, 2, 0x91, 0],
        &[0xAB, 5, 0x80, 1, 0x01, 0xA4, 0],
        &[0xAB, 7, 0x80, 1, 0x01, 0xA4, 2, 0x83, 0],
        &[0xAB, 9, 0x80, 1, 0x01, 0xA4, 4, 0x83, 2, 1, 1],
        &[0xAB, 11, 0x80, 1, 0x01, 0xA4, 6, 0x83, 1, 1, 0x83, 1, 2],
        &[0xAB, 8, 0x80, 1, 0x01, 0xA4, 3, 0x84, 1, 1],
        &[0xAB, 8, 0x80, 1, 0x01, 0xB4, 3, 0x80, 1, 1],
        &[0xAB, 6, 0x80, 1, 0x01, 0x90, 0x81],
        &[0xAB, 5, 0x80, 1, 0x01, 0x90],
    ];
    assert!(!well_formed(&[0x00]), "padding is not no attributes");
    assert_eq!(allowed(&[0x00], Subject::Ef, &everything()), []);
    let free = [0x8C, 2, 0x01, 0x00];
    for bad in malformed {
        assert!(!well_formed(bad), "{bad:02X?}");
        for attributes in [bad.to_vec(), [bad, &free].concat(), [&free, bad].concat()] {
            for subject in SUBJECTS {
                assert_eq!(allowed(&attributes, subject, &everything()), [], "{attributes:02X?}");
            }
        }
    }
}

/// Bytes that look like attributes: random, or well-formed objects of known tags around random
/// ones.
fn attribute_like() -> impl Strategy<Value = Vec<u8>> {
    let raw = prop::collection::vec(any::<u8>(), 0..12);
    let known = prop::sample::select(
        &[
            0x8C_u8, 0xAB, 0xA0, 0xA7, 0xAF, 0x80, 0x84, 0x9E, 0x90, 0x97, 0xA4, 0xB4, 0x83, 0x95,
            0x9C,
        ][..],
    );
    raw.prop_recursive(5, 40, 4, move |inner| {
        prop::collection::vec((known.clone(), inner), 1..4).prop_map(|objects| {
            let bytes = |(tag, value): &(u8, Vec<u8>)| object(*tag, &value[..value.len().min(120)]);
            objects.iter().flat_map(bytes).collect()
        })
    })
}

proptest! {
    #[test]
    fn no_bytes_panic_and_what_opens_is_well_formed(attributes in attribute_like()) {
        let sound = well_formed(&attributes);
        for subject in SUBJECTS {
            let open = allowed(&attributes, subject, &everything());
            prop_assert!(sound || open.is_empty());
        }
    }
}

//! Tests of keys: kept apart, counted first, replaced whole.

use super::*;
use crate::{
    header::{Flags, Header},
    keys::{self, KeyRecord, KeySpec, Tries},
    layout::ROOT_AT,
    space::{delete, erase_under},
};

type Segment = Rig<2048>;

const COUNTERS: core::ops::Range<u8> = 1..5;

const PIN_KEY: KeySpec = KeySpec {
    usage: 0x3A,
    id: 1,
    usable: Access::Register(0xF0),
    change: Access::Register(0xEF),
    version_or_follow_up: 0x01,
    algorithm: 0,
    tries: Some(Tries { max: 3, left: 3 }),
    flags: Flags(0),
};

fn segment() -> (Segment, DfId) {
    let mut rig = Segment::new();
    let mut env = rig.env();
    layout::format(&mut env).unwrap();
    files::create_root(&mut env, &df(0x3F00, b"ROOT")).unwrap();
    let a = files::create_df(&mut env, DfId::ROOT, &df(0xA000, b"A")).unwrap();
    (rig, a)
}

fn add(rig: &mut Segment, df: DfId, spec: &KeySpec, bytes: &[u8]) -> KeyRecord {
    keys::add(&mut rig.env(), COUNTERS, df, spec, bytes).unwrap()
}

fn find(rig: &mut Segment, df: DfId, usage: u8, id: u8) -> Option<KeyRecord> {
    keys::find(&rig.env(), layout::df_at(df), usage, id).unwrap()
}

#[test]
fn a_key_is_found_by_type_and_identifier_in_its_own_directory() {
    let (mut rig, a) = segment();
    let first = add(&mut rig, a, &PIN_KEY, &[1, 2, 3]);
    let other = KeySpec { usage: 0x39, tries: None, ..PIN_KEY };
    let second = add(&mut rig, a, &other, &[0x39; 16]);
    assert_eq!(find(&mut rig, a, 0x3A, 1), Some(first));
    assert_eq!(find(&mut rig, a, 0x39, 1), Some(second));
    assert_eq!(find(&mut rig, a, 0x39, 2), None);
    assert_eq!(find(&mut rig, DfId::ROOT, 0x39, 1), None);
    assert_eq!(first.load(&rig.env()).unwrap().as_slice(), [1, 2, 3]);
    assert_eq!(second.load(&rig.env()).unwrap().as_slice(), [0x39; 16]);
    assert_eq!((first.usable(), first.change()), (PIN_KEY.usable, PIN_KEY.change));
    assert_eq!((first.version_or_follow_up(), second.algorithm()), (1, 0));
    assert_eq!((first.counter().is_some(), second.counter().is_some()), (true, false));
}

#[test]
fn a_keys_bytes_share_no_unit_with_anything() {
    let (mut rig, a) = segment();
    for length in 1..=32 {
        let spec = KeySpec { id: length, tries: None, ..PIN_KEY };
        let key = add(&mut rig, a, &spec, &[0xEE; 32][..usize::from(length)]);
        assert_eq!((key.block().end % 32, key.key_bytes()), (0, length));
        assert!(key.block().end - 32 >= key.block().at + layout::HEADER_BYTES);
        delete(&mut rig.env(), key.block()).unwrap();
    }
}

#[test]
fn a_key_is_no_file() {
    let (mut rig, a) = segment();
    let key = add(&mut rig, a, &PIN_KEY, &[1, 2, 3]);
    let fid = key.block().fid();
    let found = crate::find::find_child(&rig.env(), layout::df_at(a), |file| file.fid() == fid);
    assert_eq!(found, Ok(None));
    assert!(files::create_ef(&mut rig.env(), a, &ef(fid.0, 0, bytes(1))).is_ok());
}

#[test]
fn tries_count_down_to_blocked_and_success_restores_them() {
    let (mut rig, a) = segment();
    let key = add(&mut rig, a, &PIN_KEY, &[1, 2, 3]);
    let mut present = |pin: &[u8]| key.present(&mut rig.env(), pin);
    assert_eq!(present(&[9, 9, 9]), Halt::status(StatusWord(0x63C2)));
    assert_eq!(present(&[1, 2]), Halt::status(StatusWord(0x63C1)));
    assert_eq!(present(&[1, 2, 3]), Ok(()));
    for left in [2, 1, 0] {
        assert_eq!(present(&[9, 9, 9]), Halt::status(StatusWord::tries_left(left)));
    }
    assert_eq!(present(&[1, 2, 3]), Halt::status(StatusWord::BLOCKED));
}

#[test]
fn a_try_is_solid_before_anything_is_compared() {
    for candidate in [[9, 9, 9], [1, 2, 3]] {
        let (mut rig, a) = segment();
        let key = add(&mut rig, a, &PIN_KEY, &[1, 2, 3]);
        rig.tear_at(1);
        let mut compared = false;
        let torn = key.attempt(&mut rig.env(), |_| {
            compared = true;
            candidate == [1, 2, 3]
        });
        assert!(matches!(torn, Err(Halt::Torn(_))) && !compared);
        rig.power_on();
        rig.tear_at(2);
        let seen = key.attempt(&mut rig.env(), |_| candidate == [1, 2, 3]);
        rig.power_on();
        let left = key.tries_left(&rig.env()).unwrap();
        assert_eq!(left, Some(2), "{seen:?}");
    }
}

#[test]
fn a_key_without_a_counter_is_not_counted() {
    let (mut rig, a) = segment();
    let key = add(&mut rig, a, &KeySpec { tries: None, ..PIN_KEY }, &[1, 2, 3]);
    for _ in 0..20 {
        assert_eq!(key.present(&mut rig.env(), &[9]), Halt::status(StatusWord(0x63CF)));
    }
    assert_eq!(key.present(&mut rig.env(), &[1, 2, 3]), Ok(()));
}

#[test]
fn a_replaced_key_is_the_old_or_the_new_one_with_its_own_tries_at_every_cut() {
    for cut in 1.. {
        let (mut rig, a) = segment();
        let key = add(&mut rig, a, &PIN_KEY, &[1, 2, 3]);
        key.present(&mut rig.env(), &[9]).unwrap_err();
        let spec = KeySpec { tries: Some(Tries { max: 6, left: 5 }), ..PIN_KEY };
        rig.tear_at(cut);
        let done = keys::replace(&mut rig.env(), COUNTERS, &key, &spec, &[7; 8]);
        rig.power_on();
        let now = find(&mut rig, a, 0x3A, 1).unwrap();
        let is = (now.load(&rig.env()).unwrap().as_slice().to_vec(), now.tries_max());
        let left = now.tries_left(&rig.env()).unwrap();
        let old = (vec![1, 2, 3], 3);
        assert!((is, left) == ((vec![7; 8], 6), Some(5)) || (done.is_err() && left == Some(2)));
        if done.is_ok() {
            return;
        }
        assert_eq!((now.load(&rig.env()).unwrap().as_slice().to_vec(), now.tries_max()), old);
    }
}

#[test]
fn counters_are_given_out_once_and_one_stays_spare() {
    let (mut rig, a) = segment();
    for id in 1..=3 {
        add(&mut rig, a, &KeySpec { id, ..PIN_KEY }, &[id; 4]);
    }
    let full = keys::add(&mut rig.env(), COUNTERS, a, &KeySpec { id: 4, ..PIN_KEY }, &[4; 4]);
    assert_eq!(full.map(drop), Halt::status(StatusWord::NOT_ENOUGH_MEMORY));
    let second = find(&mut rig, a, 0x3A, 2).unwrap();
    let before = second.counter();
    second.set_bytes(&mut rig.env(), COUNTERS, &[8; 4], 3).expect("the spare one serves");
    let second = find(&mut rig, a, 0x3A, 2).unwrap();
    assert_ne!(second.counter(), before);
    let all = (1..=3).map(|id| find(&mut rig, a, 0x3A, id).unwrap().counter());
    let different: std::collections::BTreeSet<_> =
        all.map(|counter| counter.map(|c| c.0)).collect();
    assert_eq!(different.len(), 3);
    let first = find(&mut rig, a, 0x3A, 1).unwrap();
    delete(&mut rig.env(), first.block()).unwrap();
    add(&mut rig, a, &KeySpec { id: 4, ..PIN_KEY }, &[4; 4]);
}

#[test]
fn a_key_goes_with_its_directory_and_its_bytes_with_it() {
    let (mut rig, a) = segment();
    let key = add(&mut rig, a, &KeySpec { tries: None, ..PIN_KEY }, &[0xC5; 16]);
    let root = Header::load(&rig.env(), ROOT_AT).unwrap();
    erase_under(&mut rig.env(), &root).unwrap();
    assert_eq!(rig.env().load_array::<32>(key.block().end - 32).unwrap(), [0; 32]);
}

#[test]
fn lengths_no_key_has_are_refused_and_nothing_is_stored() {
    let (mut rig, a) = segment();
    for bytes in [&[][..], &[1; 33]] {
        let refused = keys::add(&mut rig.env(), COUNTERS, a, &PIN_KEY, bytes).map(drop);
        assert_eq!(refused, Halt::status(StatusWord::WRONG_DATA));
    }
    assert_eq!(find(&mut rig, a, 0x3A, 1), None);
}

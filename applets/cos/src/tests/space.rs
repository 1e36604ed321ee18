//! Tests of space given back: deleted files, erased directories, and cuts in between.

use super::*;
use crate::{
    find::{find_block, find_child},
    header::Header,
    layout::{ROOT_AT, df_at, free},
    space::{delete, erase_under},
};

type Segment = Rig<2048>;

/// A root, DFs A with two files and a DF of its own with one, and B with one.
fn segment() -> Segment {
    let mut rig = Segment::new();
    let mut env = rig.env();
    layout::format(&mut env).unwrap();
    files::create_root(&mut env, &df(0x3F00, b"ROOT")).unwrap();
    let a = files::create_df(&mut env, DfId::ROOT, &df(0xA000, b"A")).unwrap();
    let b = files::create_df(&mut env, DfId::ROOT, &df(0xB000, b"B")).unwrap();
    files::create_ef(&mut env, a, &ef(0xA001, 1, bytes(40))).unwrap();
    files::create_ef(&mut env, b, &ef(0xB001, 1, bytes(20))).unwrap();
    let inner = files::create_df(&mut env, a, &df(0xA100, b"AA")).unwrap();
    files::create_ef(&mut env, inner, &ef(0xA101, 1, bytes(8))).unwrap();
    files::create_ef(&mut env, a, &ef(0xA002, 2, bytes(30))).unwrap();
    rig
}

fn child(rig: &mut Segment, parent: u32, fid: u16) -> Option<Header> {
    find_child(&rig.env(), parent, |file| file.fid().0 == fid).unwrap()
}

fn root_child(rig: &mut Segment, fid: u16) -> Header {
    child(rig, ROOT_AT, fid).unwrap()
}

/// File identifiers of what lies under the root, each DF followed by what lies under it.
fn listing(rig: &mut Segment, parent: u32) -> Vec<u16> {
    let mut children = Vec::new();
    find_block(&rig.env(), parent, |block| {
        children.push(*block);
        false
    })
    .unwrap();
    let with_theirs = children.into_iter().flat_map(|block| {
        let below = match block.kind {
            layout::Kind::Df => listing(rig, block.at),
            _ => Vec::new(),
        };
        [vec![block.fid().0], below].concat()
    });
    with_theirs.collect()
}

const ALL: [u16; 7] = [0xA000, 0xA001, 0xA100, 0xA101, 0xA002, 0xB000, 0xB001];

#[test]
fn a_deleted_file_is_gone_and_its_space_is_taken_again() {
    let mut rig = segment();
    assert_eq!(listing(&mut rig, ROOT_AT), ALL);
    let end = free(&rig.env()).unwrap();
    let a = root_child(&mut rig, 0xA000);
    let gone = child(&mut rig, a.at, 0xA001).unwrap();
    delete(&mut rig.env(), &gone).unwrap();
    assert_eq!(child(&mut rig, a.at, 0xA001), None);
    let spec = EfSpec { fill: 0x5A, ..ef(0xA003, 3, bytes(40)) };
    let new = files::create_ef(&mut rig.env(), a.df_id(), &spec).unwrap();
    assert_eq!((new.at, new.end), (gone.at, gone.end), "in the same place");
    assert_eq!(rig.env().load_array::<40>(new.body()).unwrap(), [0x5A; 40]);
    assert_eq!(free(&rig.env()).unwrap(), end);
}

#[test]
fn a_smaller_file_leaves_the_rest_free_and_one_that_would_leave_too_little_goes_elsewhere() {
    let mut rig = segment();
    let a = root_child(&mut rig, 0xA000);
    let gone = child(&mut rig, a.at, 0xA001).unwrap();
    delete(&mut rig.env(), &gone).unwrap();
    let (a, end) = (a.df_id(), free(&rig.env()).unwrap());
    let small = ef(0xA003, 3, bytes(gone.body_bytes() - 25));
    assert_eq!(files::create_ef(&mut rig.env(), a, &small).unwrap().at, end);
    let fits = ef(0xA004, 4, bytes(gone.body_bytes() - 26));
    assert_eq!(files::create_ef(&mut rig.env(), a, &fits).unwrap().at, gone.at);
    let rest = Header::load(&rig.env(), gone.end - 26).unwrap();
    assert_eq!((rest.kind, rest.end), (layout::Kind::Freed, gone.end));
}

#[test]
fn erasing_a_directory_takes_all_below_it_and_leaves_the_others() {
    let mut rig = segment();
    let a = root_child(&mut rig, 0xA000);
    erase_under(&mut rig.env(), &a).unwrap();
    assert_eq!(listing(&mut rig, ROOT_AT), [0xA000, 0xB000, 0xB001]);
    assert_eq!(files::create_df(&mut rig.env(), a.df_id(), &df(0xA100, b"AA")).map(drop), Ok(()));
    assert_eq!(listing(&mut rig, ROOT_AT), [0xA000, 0xA100, 0xB000, 0xB001]);
    let root = Header::load(&rig.env(), ROOT_AT).unwrap();
    erase_under(&mut rig.env(), &root).unwrap();
    assert_eq!(listing(&mut rig, ROOT_AT), []);
    let all = ef(0x0001, 1, bytes(2048 - root.end - 26));
    files::create_ef(&mut rig.env(), DfId::ROOT, &all).expect("the whole segment is free again");
}

#[test]
fn a_generation_comes_round_without_what_it_held_the_last_time() {
    let mut rig = segment();
    for _ in 0..300 {
        let a = root_child(&mut rig, 0xA000);
        erase_under(&mut rig.env(), &a).unwrap();
        assert_eq!(listing(&mut rig, a.at), []);
        files::create_ef(&mut rig.env(), a.df_id(), &ef(0xA001, 1, bytes(4))).unwrap();
    }
    assert_eq!(listing(&mut rig, ROOT_AT), [0xA000, 0xA001, 0xB000, 0xB001]);
}

#[test]
fn names_of_what_is_gone_are_free_again() {
    let mut rig = segment();
    let a = root_child(&mut rig, 0xA000);
    delete(&mut rig.env(), &a).unwrap();
    for name in [&b"A"[..], b"AA"] {
        assert_eq!(crate::df_by_name(&rig.env(), name, 0).unwrap(), None);
    }
    let b = crate::df_by_name(&rig.env(), b"B", 0).unwrap().unwrap();
    assert_eq!(df_at(b), root_child(&mut rig, 0xB000).at);
    files::create_df(&mut rig.env(), b, &df(0xA100, b"AA")).unwrap();
    files::create_df(&mut rig.env(), DfId::ROOT, &df(0xA000, b"A")).unwrap();
}

#[test]
fn the_root_is_not_deleted() {
    let mut rig = segment();
    let root = Header::load(&rig.env(), ROOT_AT).unwrap();
    let refused = delete(&mut rig.env(), &root);
    assert_eq!(refused, Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED));
}

/// Cuts power in each store of a change. What is listed then is as before or as after, also once
/// the next creation has swept; and in the end no space is lost.
fn every_cut(change: impl Fn(&mut Segment) -> Outcome, after: &[u16]) {
    for cut in 1.. {
        let mut rig = segment();
        rig.tear_at(cut);
        let done = change(&mut rig);
        let torn = matches!(done, Err(Halt::Torn(_)));
        assert!(torn || done.is_ok(), "{done:?}");
        rig.power_on();
        let listed = listing(&mut rig, ROOT_AT);
        assert!(listed == after || (torn && listed == ALL), "cut {cut}: {listed:X?}");
        let named = crate::df_by_name(&rig.env(), b"AA", 0).unwrap().is_some();
        assert_eq!(named, listed.contains(&0xA100), "cut {cut}");
        files::create_ef(&mut rig.env(), DfId::ROOT, &ef(0x0001, 1, bytes(1))).unwrap();
        assert_eq!(listing(&mut rig, ROOT_AT).len(), listed.len() + 1, "cut {cut}");
        let root = Header::load(&rig.env(), ROOT_AT).unwrap();
        erase_under(&mut rig.env(), &root).unwrap();
        let all = ef(0x0001, 1, bytes(2048 - root.end - 26));
        files::create_ef(&mut rig.env(), DfId::ROOT, &all).expect("no space is lost");
        if !torn {
            assert!(cut > 3);
            return;
        }
    }
}

#[test]
fn erasing_is_all_or_nothing_at_every_cut() {
    let erase = |rig: &mut Segment| {
        let a = root_child(rig, 0xA000);
        erase_under(&mut rig.env(), &a)
    };
    every_cut(erase, &[0xA000, 0xB000, 0xB001]);
}

#[test]
fn deleting_a_directory_is_all_or_nothing_at_every_cut() {
    let delete_a = |rig: &mut Segment| {
        let a = root_child(rig, 0xA000);
        delete(&mut rig.env(), &a)
    };
    every_cut(delete_a, &[0xB000, 0xB001]);
}

#[test]
fn creating_in_freed_space_is_all_or_nothing_at_every_cut() {
    for size in [8, 14, 40, 400] {
        for cut in 1.. {
            let mut rig = segment();
            let a = root_child(&mut rig, 0xA000);
            for fid in [0xA001, 0xA100, 0xA002] {
                let gone = child(&mut rig, a.at, fid).unwrap();
                delete(&mut rig.env(), &gone).unwrap();
            }
            rig.tear_at(cut);
            let made = files::create_ef(&mut rig.env(), a.df_id(), &ef(0xA005, 5, bytes(size)));
            let torn = matches!(made, Err(Halt::Torn(_)));
            rig.power_on();
            let listed = listing(&mut rig, ROOT_AT);
            let before = [0xA000, 0xB000, 0xB001];
            let after = [0xA000, 0xA005, 0xB000, 0xB001];
            assert!(listed == after || (torn && listed == before), "cut {cut}: {listed:X?}");
            if !torn {
                break;
            }
        }
    }
}

//! The compound purchase: what its cache takes and refuses, and that records and money move
//! together or not at all.

use tessera_cos::record;

use super::*;

mod line;

const fn records(fid: u16, structure: Structure) -> EfSpec<'static> {
    EfSpec {
        fid: FileId(fid),
        sfi: Sfi::new(fid as u8),
        structure,
        read: Access::Register(0xF0),
        update: Access::Register(0xF0),
        own: 0xFF,
        ..EfSpec::PLAIN
    }
}

const TLV: Structure =
    Structure::LinearVariable { bytes: 200, record_bytes_max: 130, records: 4, tlv: true };
const FIXED: Structure = Structure::LinearFixed { record_bytes: 16, records: 3, tlv: false };
const TRIPS: Structure = Structure::Cyclic { record_bytes: 16, records: 3 };

/// 0017: records 09 of 48 and AA of 43 bytes, as a bus and a toll road have them. 0010: three of 16
/// bytes. 001A: a cyclic log of trips. 0011 wants another right, 0012 a MAC, 0016 a cipher too,
/// 0013 is out of use, 0014 has records of 120 bytes and names key 01, 0015 has no records.
static RECORDS: [EfSpec<'static>; 9] = [
    records(0x0017, TLV),
    records(0x0010, FIXED),
    records(0x001A, TRIPS),
    EfSpec { update: Access::Register(0xF2), ..records(0x0011, FIXED) },
    EfSpec { flags: Flags::MAC, ..records(0x0012, FIXED) },
    EfSpec { flags: Flags(0xC0), ..records(0x0016, FIXED) },
    EfSpec { life_cycle: LifeCycle::DEACTIVATED, ..records(0x0013, FIXED) },
    EfSpec {
        own: 0xFE,
        ..records(0x0014, Structure::LinearFixed { record_bytes: 120, records: 3, tlv: false })
    },
    records(0x0015, Structure::Transparent { bytes: 16 }),
];

/// A card with money and a record in every linear file. No PIN was shown: none is needed.
pub(super) fn card() -> Dialogue {
    card_of(&USUAL)
}

pub(super) fn card_of(make: &Make) -> Dialogue {
    let mut card = Dialogue::with(&Make { records: &RECORDS, ..*make });
    card.set_purse(Kind::Capp, 1000, 9, 10);
    for (fid, data) in [
        (0x0017, tlv(0x09, 48, 0)),
        (0x0017, tlv(0xAA, 43, 0)),
        (0x0010, vec![0; 16]),
        (0x0010, [&[0xAA][..], &[0; 15]].concat()),
        (0x0010, vec![0; 16]),
        (0x0011, vec![0; 16]),
        (0x0012, vec![0; 16]),
        (0x0013, vec![0; 16]),
        (0x0016, vec![0; 16]),
        (0x0014, vec![0; 120]),
        (0x0014, vec![0; 120]),
        (0x0014, vec![0; 120]),
    ] {
        let file = card.file(fid);
        record::add(&mut card.rig.env(), &file, data.len(), &data).unwrap();
    }
    card
}

/// A CAPP record: type, length of the rest, lock flag, data.
fn tlv(id: u8, bytes: usize, fill: u8) -> Vec<u8> {
    let mut record = vec![fill; bytes];
    record[..3].copy_from_slice(&[id, bytes as u8 - 2, 0]);
    record
}

pub(super) fn update(p1: u8, p2: u8, data: &[u8]) -> String {
    format!("80DC{p1:02X}{p2:02X}{:02X}{}", data.len(), hex(data))
}

fn read(number: u8, sfi: u8) -> String {
    format!("00B2{number:02X}{:02X}00", sfi << 3 | 4)
}

#[test]
fn all_that_was_cached_is_written_by_the_debit_and_not_before() {
    let mut card = card();
    let before = card.memory();
    let opened = card.open(Kind::Capp, 7);
    let (bus, toll) = (tlv(0x09, 48, 0x11), tlv(0xAA, 43, 0x22));
    card.check(&[
        (&update(0x09, 0xB8, &bus), "9000"), // first with this identifier
        (&update(0x02, 0xBC, &toll), "9000"), // by number
        (&update(0xAA, 0x80, &[0x33; 16]), "9000"), // first byte, in a file without TLV records
        (&update(0x00, 0xD3, &[0x44; 16]), "9000"), // a new one of a cyclic file
        (&update(0x01, 0xD3, &[0x55; 16]), "9000"), // the other P1 for the same
    ]);
    assert!(card.memory() == before, "nothing is written yet");
    assert_eq!(card.close(&opened), opened.certificates());
    card.check(&[
        (&read(1, 0x17), &(hex(&bus) + "9000")),
        (&read(2, 0x17), &(hex(&toll) + "9000")),
        (&read(2, 0x10), &("33".repeat(16) + "9000")),
        (&read(1, 0x10), &("00".repeat(16) + "9000")),
        (&read(1, 0x1A), &("55".repeat(16) + "9000")),
        (&read(2, 0x1A), &("44".repeat(16) + "9000")),
        (&read(3, 0x1A), "6A83"),
        (&opened.prove(), &opened.proof()),
        ("00B201C400", &opened.record()),
        ("805C0002", "000003E1 9000"),
    ]);
    assert_eq!(card.pending(), NOTHING);
}

#[test]
fn the_current_file_is_taken_where_p2_names_none() {
    let mut card = card();
    for (select, status) in [("00A40000020010", "9000"), (SELECT, "6A82")] {
        card.check(&[(select, "9000")]);
        let opened = card.open(Kind::Capp, 0);
        card.check(&[(&update(0x01, 0x04, &[0x66; 16]), status)]);
        if status == "9000" {
            card.close(&opened);
            card.check(&[(&read(1, 0x10), &("66".repeat(16) + "9000"))]);
        }
    }
}

#[test]
fn the_last_of_two_updates_of_a_record_stays() {
    let mut card = card();
    let opened = card.open(Kind::Capp, 0);
    card.check(&[
        (&update(0x01, 0x84, &[0x11; 16]), "9000"),
        (&update(0x01, 0x84, &[0x22; 16]), "9000"),
    ]);
    card.close(&opened);
    card.check(&[(&read(1, 0x10), &("22".repeat(16) + "9000"))]);
}

/// With what is wrong, and the status word; each ends the transaction and forgets the cache.
#[test]
fn every_refusal_drops_the_transaction_and_what_it_cached() {
    for (p1, p2, data, status) in [
        (0x01, 0xE4, vec![0; 16], "6A82"),   // no such file
        (0x01, 0xAC, vec![0; 16], "6981"),   // no file of records
        (0x00, 0xBB, tlv(9, 48, 1), "6981"), // "previous" in a linear file
        (0x01, 0xD4, vec![0; 16], "6981"),   // a number in a cyclic file
        (0x00, 0xD0, vec![0; 16], "6981"),   // an identifier in a cyclic file
        (0x01, 0x9C, vec![0; 16], "6985"),   // out of use
        (0x01, 0x8C, vec![0; 16], "6982"),   // its update right
        (0x04, 0x84, vec![0; 16], "6A83"),
        (0x00, 0x84, vec![0; 16], "6A83"),
        (0x03, 0xBC, tlv(9, 48, 1), "6A83"),
        (0x77, 0xB8, tlv(0x77, 48, 1), "6A83"),
        (0x77, 0x80, vec![0; 16], "6A83"),
        (0x01, 0x94, vec![0; 16], "6987"),   // it wants a MAC
        (0x09, 0xB8, vec![9; 48], "6A80"),   // no TLV object
        (0x09, 0xB8, tlv(9, 47, 1), "6700"), // shorter than the record in its place
        (0x09, 0xB8, tlv(9, 49, 1), "6700"),
        (0x01, 0x84, vec![0; 15], "6700"),
        (0x01, 0x84, vec![0; 17], "6700"),
        (0x01, 0xD3, vec![0; 15], "6700"),
        (0x01, 0xD3, vec![0; 17], "6700"),
        (0x01, 0x84, vec![], "6700"),
        (0x02, 0xD3, vec![0; 16], "6A86"), // P1 of "previous"
        (0x01, 0xFC, vec![0; 16], "6A86"), // short identifier 31
        (0x01, 0x81, vec![0; 16], "6A86"), // modes that mean nothing here
        (0x01, 0x82, vec![0; 16], "6A86"),
        (0x01, 0x85, vec![0; 16], "6A86"),
        (0x01, 0x86, vec![0; 16], "6A86"),
        (0x01, 0x87, vec![0; 16], "6A86"),
    ] {
        let mut card = card();
        let opened = card.open(Kind::Capp, 7);
        card.check(&[(&update(0x01, 0x84, &[0x33; 16]), "9000")]);
        let command = update(p1, p2, &data);
        let command = if data.is_empty() { command[..8].into() } else { command };
        card.refuse(&command, status);
        card.refuse(&hex(&opened.second()), "6901");
    }
}

#[test]
fn an_update_without_a_compound_purchase_is_6901() {
    let command = update(0x01, 0x84, &[0; 16]);
    card().refuse(&command, "6901");
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Capp) {
        let mut card = card();
        card.check(&[(VERIFY, "9000")]);
        card.set_purse(Kind::LoadEd, 1000, 0, 0);
        let opened = card.open(kind, 1);
        card.refuse(&command, "6901");
        card.refuse(&hex(&opened.second()), "6901");
    }
}

/// Lc, P1-P2, state, file, structure, use, right, record, MAC, form, length, room: each step takes
/// away what is found first.
#[test]
fn checks_of_an_update_come_in_their_order() {
    let mut card = card();
    card.refuse("80DC0185", "6700");
    card.refuse(&update(0x01, 0x85, &[0]), "6A86");
    card.refuse(&update(0x01, 0xE4, &[0]), "6901");
    let mut next = |p1, p2, data: &[u8], status| {
        card.open(Kind::Capp, 0);
        card.refuse(&update(p1, p2, data), status);
    };
    next(0x01, 0xE4, &[0], "6A82");
    next(0x09, 0xAC, &[0], "6981");
    next(0x09, 0x9C, &[0], "6985");
    next(0x09, 0x8C, &[0], "6982");
    next(0x09, 0x94, &[0], "6A83");
    next(0x01, 0x94, &[0], "6987");
    next(0x01, 0xBC, &[0], "6A80");
    next(0x01, 0xBC, &[9, 0], "6700");
}

/// 256 bytes, eight of them in front of each record: two of 120, and then there is no room for
/// another.
#[test]
fn a_full_cache_is_6a84() {
    let mut card = card();
    for third in [false, true] {
        let opened = card.open(Kind::Capp, 7);
        card.check(&[
            (&update(0x01, 0xA4, &[0x11; 120]), "9000"),
            (&update(0x02, 0xA4, &[0x22; 120]), "9000"),
        ]);
        if third {
            card.refuse(&update(0x01, 0x84, &[0; 16]), "6A84");
            card.refuse(&hex(&opened.second()), "6901");
        } else {
            card.close(&opened);
            card.check(&[(&read(2, 0x14), &("22".repeat(120) + "9000"))]);
        }
    }
    let opened = card.open(Kind::Capp, 7);
    for _ in 0..10 {
        card.check(&[(&update(0x00, 0xD3, &[0x77; 16]), "9000")]);
    }
    card.close(&opened);
}

#[test]
fn whatever_else_comes_forgets_the_cache() {
    for between in
        ["805C0002", "805A0009020001", "00B2018400", VERIFY, SELECT, "00EE0000", "805003020B"]
    {
        let mut card = card();
        let opened = card.open(Kind::Capp, 7);
        card.check(&[(&update(0x01, 0x84, &[0x33; 16]), "9000")]);
        assert_ne!(card.pending()[PENDING_BYTES as usize..], NOTHING[PENDING_BYTES as usize..]);
        card.send(between);
        assert_eq!(card.pending(), NOTHING, "{between}");
        card.refuse(&hex(&opened.second()), "6901");
    }
    let mut card = card();
    card.open(Kind::Capp, 7);
    card.check(&[(&update(0x01, 0x84, &[0x33; 16]), "9000")]);
    let next = card.open(Kind::Capp, 7);
    card.close(&next);
    card.check(&[(&read(1, 0x10), &("00".repeat(16) + "9000"))]);
}

/// A line-protected record wants a challenge; no other command than one that draws it is let by.
#[test]
fn a_challenge_leaves_the_purchase_pending_and_a_refused_one_does_not() {
    for (command, stays) in [
        ("0084000004", true),
        ("0084000008", true),
        ("0084000005", false),
        ("0084000000", false),
        ("00840000", false),
        ("0084000104", false),
        ("0084010004", false),
        ("0084000001 00 04", false),
        ("8084000004", false),
        ("8484000004", false),
        ("0484000004", false),
        ("0C84000004", false),
        ("1084000004", false),
    ] {
        let mut card = card();
        let opened = card.open(Kind::Capp, 7);
        card.check(&[(&update(0x01, 0x84, &[0x33; 16]), "9000")]);
        let answer = card.send(command);
        if stays {
            assert!(answer.ends_with("9000"), "{command}: {answer}");
            card.close(&opened);
        } else {
            assert_eq!(card.pending(), NOTHING, "{command}: {answer}");
            card.refuse(&hex(&opened.second()), "6901");
        }
    }
}

#[test]
fn a_wrong_mac_writes_nothing() {
    let mut card = card();
    let opened = card.open(Kind::Capp, 7);
    card.check(&[(&update(0x01, 0x84, &[0x33; 16]), "9000")]);
    let mut second = opened.second();
    *second.last_mut().unwrap() ^= 1;
    card.refuse(&hex(&second), "9302");
    card.refuse(&hex(&opened.second()), "6901");
}

/// Another logical channel may have put the file out of shape in between: nothing is paid then.
#[test]
fn a_record_that_no_longer_is_as_it_was_stops_the_payment() {
    for (change, status) in [("gone", "6A83"), ("shorter", "6700")] {
        let mut card = card();
        let opened = card.open(Kind::Capp, 7);
        card.check(&[(&update(0x02, 0xBC, &tlv(0xAA, 43, 1)), "9000")]);
        let at = card.file(0x0017).body();
        let (at, byte) = if change == "gone" { (at + 1, 1) } else { (at + 2 + 2 + 48 + 1, 40) };
        card.rig.env().store(at, &[byte]).unwrap();
        card.refuse(&hex(&opened.second()), status);
    }
}

/// Another logical channel has given the record another identifier: by identifier that is no longer
/// the record that was meant, by number it is, and the last writer wins.
#[test]
fn a_record_whose_identifier_changed_stops_the_payment_by_identifier_alone() {
    for by_identifier in [true, false] {
        let mut card = card();
        let opened = card.open(Kind::Capp, 7);
        let (p1, p2) = if by_identifier { (0x09, 0xB8) } else { (0x01, 0xBC) };
        card.check(&[(&update(p1, p2, &tlv(0x09, 48, 1)), "9000")]);
        let at = card.file(0x0017);
        let at = record::locate(&card.rig.env(), &at, 1, 2).unwrap().at;
        card.rig.env().store(at, &[0x0A]).unwrap();
        if by_identifier {
            card.refuse(&hex(&opened.second()), "6A83");
            card.refuse(&hex(&opened.second()), "6901");
        } else {
            card.close(&opened);
            card.check(&[(&read(1, 0x17), &(hex(&tlv(0x09, 48, 1)) + "9000"))]);
        }
    }
}

/// Identifiers are those before the DEBIT, also where it changes one.
#[test]
fn an_identifier_that_the_debit_itself_changes_stops_nothing() {
    let mut card = card();
    let opened = card.open(Kind::Capp, 7);
    card.check(&[
        (&update(0x09, 0xB8, &tlv(0x0A, 48, 1)), "9000"),
        (&update(0x09, 0xB8, &tlv(0x0B, 48, 2)), "9000"),
    ]);
    card.close(&opened);
    card.check(&[(&read(1, 0x17), &(hex(&tlv(0x0B, 48, 2)) + "9000"))]);
}

/// What is remembered is no linear file of this DF: nothing is written there.
#[test]
fn a_record_elsewhere_stops_the_payment() {
    let mut card = card();
    let trips = card.file(0x001A);
    record::add(&mut card.rig.env(), &trips, 16, &[0; 16]).unwrap();
    let far = tree::create_ef(&mut card.rig.env(), DfId::ROOT, &records(0x0010, FIXED)).unwrap();
    record::add(&mut card.rig.env(), &far, 16, &[0; 16]).unwrap();
    for at in [card.file(0x0015).at, card.file(0x0002).at, trips.at, far.at] {
        let mut card = card.clone();
        let opened = card.open(Kind::Capp, 7);
        card.check(&[(&update(0x01, 0x84, &[0x33; 16]), "9000")]);
        let cache = PENDING_AT + usize::from(PENDING_BYTES);
        let mut env = card.rig.env();
        env.ram_mut(Clear::OnDeselect)[cache..cache + 4].copy_from_slice(&at.to_be_bytes());
        card.refuse(&hex(&opened.second()), "6A83");
    }
}

/// The purse, the log, both records and the trip: all or none, wherever power fails.
#[test]
fn records_and_money_move_together_or_not_at_all() {
    let mut start = card();
    let opened = start.open(Kind::Capp, 7);
    start.check(&[
        (&update(0x01, 0xA4, &[0x11; 120]), "9000"),
        (&update(0x02, 0x84, &[0x22; 16]), "9000"),
        (&update(0x00, 0xD3, &[0x33; 16]), "9000"),
    ]);
    let old = start.memory();
    let mut whole = start.clone();
    whole.rig.tear_at(u32::MAX);
    whole.close(&opened);
    let (new, stores) = (whole.memory(), whole.rig.stores());
    assert!(stores >= 7 && old != new);
    for n in 1..=stores {
        let mut torn = start.clone();
        torn.rig.tear_at(n);
        assert_eq!(torn.try_send(&opened.second()), None, "torn at {n}");
        torn.power_on();
        let after = torn.memory();
        assert!(after == old || after == new, "torn at {n}: a mix");
        let proof = torn.send(&opened.prove());
        assert_eq!(proof, if after == new { opened.proof() } else { "9406".into() });
    }
}

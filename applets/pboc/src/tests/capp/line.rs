//! Line-protected records of a compound purchase: class 84, a MAC that begins with a challenge, and
//! a key that counts wrong ones.

use tessera_cos::{
    keys::Tries,
    messaging::{Line, Protection},
};
use tessera_framework::CounterId;

use super::*;

const LINE_KEY: [u8; 16] = *b"line key 36/00..";
const TRIES: CounterId = CounterId(0);

/// The card with line protection key 36/00, of three tries.
fn protected() -> Dialogue {
    let mut card = card();
    let df = DfId(card.df());
    let mut env = card.rig.env();
    let structure = Structure::KeyFile { space: 0x100 };
    tree::create_ef(&mut env, df, &EfSpec { fid: FileId(0), structure, ..EfSpec::PLAIN }).unwrap();
    let tries = Some(Tries { max: 3, left: 3 });
    let key = KeySpec { tries, ..key(0x36, 0x00) };
    keys::add(&mut env, 0..4, df, &key, &LINE_KEY).unwrap();
    card
}

/// UPDATE CAPP DATA CACHE in class 84, after a challenge.
fn wrapped(card: &mut Dialogue, p1: u8, p2: u8, protection: Protection, data: &[u8]) -> String {
    let challenge = unhex(&card.send("0084000004"));
    let key = Key::des(&LINE_KEY).unwrap();
    let header = [0x84, 0xDC, p1, p2];
    let line = Line::new(&key);
    hex(line.wrap(protection, &challenge[..4], header, data, None).unwrap().as_slice())
}

#[test]
fn a_record_with_a_mac_or_enciphered_is_cached_and_written() {
    for (p2, protection) in
        [(0x94, Protection::Checksum), (0xB4, Protection::CryptogramAndChecksum)]
    {
        let mut card = protected();
        let opened = card.open(Kind::Capp, 7);
        card.check(&[(&update(0x01, 0x84, &[0x11; 16]), "9000")]);
        let command = wrapped(&mut card, 0x01, p2, protection, &[0x22; 16]);
        card.check(&[(&command, "9000")]);
        card.close(&opened);
        let number = |p2: u8| read(1, p2 >> 3);
        card.check(&[
            (&read(1, 0x10), &("11".repeat(16) + "9000")),
            (&number(p2), &("22".repeat(16) + "9000")),
        ]);
    }
}

/// A file that wants no MAC takes one, as UPDATE RECORD does.
#[test]
fn a_mac_that_is_not_asked_for_is_looked_at() {
    let mut card = protected();
    let opened = card.open(Kind::Capp, 7);
    let mut command = wrapped(&mut card, 0x01, 0x84, Protection::Checksum, &[0x33; 16]);
    card.check(&[(&command, "9000")]);
    card.close(&opened);
    card.check(&[(&read(1, 0x10), &("33".repeat(16) + "9000"))]);
    let opened = card.open(Kind::Capp, 7);
    command = wrapped(&mut card, 0x01, 0x84, Protection::Checksum, &[0x44; 16]);
    command.replace_range(10..12, "45");
    card.refuse(&command, "6988");
    card.refuse(&hex(&opened.second()), "6901");
}

#[test]
fn a_wrong_mac_is_6988_counted_and_ends_the_transaction() {
    let mut card = protected();
    for left in [2, 1, 0] {
        let opened = card.open(Kind::Capp, 7);
        let mut command = unhex(&wrapped(&mut card, 0x01, 0x94, Protection::Checksum, &[0x22; 16]));
        *command.last_mut().unwrap() ^= 1;
        card.refuse(&hex(&command), "6988");
        assert_eq!(card.rig.env().counter(TRIES), Ok(left));
        card.refuse(&hex(&opened.second()), "6901");
    }
    card.open(Kind::Capp, 7);
    let command = wrapped(&mut card, 0x01, 0x94, Protection::Checksum, &[0x22; 16]);
    card.refuse(&command, "6983");
}

#[test]
fn without_a_challenge_a_key_or_a_mac_it_is_refused() {
    let mut card = protected();
    let opened = card.open(Kind::Capp, 7);
    let command = wrapped(&mut card, 0x01, 0x94, Protection::Checksum, &[0x22; 16]);
    card.check(&[(&command, "9000")]);
    card.refuse(&command, "6985"); // the challenge was good for one
    card.refuse(&hex(&opened.second()), "6901");
    card.open(Kind::Capp, 7);
    card.refuse("84DC01940400000000", "6700");
    card.open(Kind::Capp, 7);
    card.refuse(&update(0x01, 0x94, &[0x22; 16]), "6987");
    card.refuse(&command, "6901");
    card.open(Kind::Capp, 7);
    let command = wrapped(&mut card, 0x01, 0xA4, Protection::Checksum, &[0x22; 120]);
    card.refuse(&command, "6A88"); // it names another key
    let mut keyless = super::card();
    keyless.open(Kind::Capp, 7);
    let command = wrapped(&mut keyless, 0x01, 0x94, Protection::Checksum, &[0x22; 16]);
    keyless.refuse(&command, "6A82");
}

/// A challenge on its way to a record keeps the cache; in any other transaction it ends it.
#[test]
fn get_challenge_leaves_a_compound_purchase_alone() {
    for kind in KINDS.into_iter().filter(|kind| kind.purse() == 2) {
        let mut card = protected();
        card.check(&[(VERIFY, "9000")]);
        let opened = card.open(kind, 7);
        assert!(card.send("0084000004").ends_with("9000"));
        if kind == Kind::Capp {
            card.close(&opened);
        } else {
            card.refuse(&hex(&opened.second()), "6901");
        }
    }
}

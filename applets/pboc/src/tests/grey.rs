//! The grey lock: what it refuses, what survives, and that money and lock move together.

use super::*;

mod refused;

/// The same card with purses that can be locked.
pub(super) fn with_locks(make: &Make) -> Make {
    let structure = purse::STRUCTURE_WITH_LOCK;
    let lockable = |ef: Option<EfSpec<'static>>| ef.map(|ef| EfSpec { structure, ..ef });
    let rules = Rules { grey_lock: true, ..make.rules };
    Make { rules, ed: lockable(make.ed), ep: lockable(make.ep), ..*make }
}

/// What the pump draws by lot.
const TERMINAL_RANDOM: [u8; 4] = [0xB0, 0xB1, 0xB2, 0xB3];
/// GET LOCK PROOF of a purse that is neither locked nor has a TAC to be fetched.
pub(super) const FREE: &str = "000000000000000000000000000000000000000000000000000000000000 9000";

/// One of the two purses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    Ed = 1,
    Ep = 2,
}

pub(super) const BOTH: [Of; 2] = [Of::Ed, Of::Ep];

impl Of {
    fn other(self) -> Self {
        if self == Self::Ed { Self::Ep } else { Self::Ed }
    }

    fn get_balance(self) -> String {
        format!("805C00{:02X}", self as u8)
    }

    /// INITIALIZE FOR GREY LOCK.
    pub(super) fn begin_lock(self) -> String {
        format!("E07A08{:02X}0701{}", self as u8, hex(&TERMINAL))
    }

    /// INITIALIZE FOR GREY UNLOCK.
    fn begin_unlock(self) -> String {
        format!("E07A09{:02X}0701{}", self as u8, hex(&TERMINAL))
    }
}

/// The PIN shown, 1000 in both purses; numbers 7 and 8 of the ED, 9 and 10 of the EP.
fn card() -> Dialogue {
    card_of(&with_locks(&USUAL))
}

fn card_of(make: &Make) -> Dialogue {
    let mut card = Dialogue::with(make);
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::LoadEd, 1000, 7, 8);
    card.set_purse(Kind::LoadEp, 1000, 9, 10);
    card
}

/// A lock that was begun, or is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grey {
    pub(super) of: Of,
    balance: [u8; 4],
    /// Offline, before it is counted.
    number: u16,
    key: [u8; 8],
}

impl Grey {
    #[track_caller]
    pub(super) fn begin(card: &mut Dialogue, of: Of) -> Self {
        let answer = unhex(&card.send(&of.begin_lock()));
        assert_eq!((answer.len(), &answer[15..]), (17, &[0x90, 0x00][..]), "{of:?}");
        let [high, low] = [TERMINAL_NUMBER[2], TERMINAL_NUMBER[3]];
        let block = [&answer[11..15], &answer[4..6], &[high, low]].concat();
        let key = session_key(&Key::des(&PURCHASE_KEY).unwrap(), &block).unwrap();
        let key = session_key(&key, &[&TERMINAL_RANDOM[..], &[0x80, 0, 0, 0]].concat()).unwrap();
        Self {
            of,
            balance: answer[..4].try_into().unwrap(),
            number: u16::from_be_bytes([answer[4], answer[5]]),
            key: key.as_slice().try_into().unwrap(),
        }
    }

    /// GREY LOCK.
    pub(super) fn lock(&self) -> Vec<u8> {
        let mac1 = mac(&self.key, &[&[0x90 + self.of as u8][..], &TERMINAL, &WHEN].concat());
        let head = &unhex("E07C080013")[..];
        [head, &TERMINAL_NUMBER, &TERMINAL_RANDOM, &WHEN, &mac1].concat()
    }

    fn gtac(&self) -> [u8; 4] {
        let (kind, number) = ([0x90 + self.of as u8], TERMINAL_NUMBER);
        mac(&terminal::tac_key(), &[&[0; 4][..], &kind, &TERMINAL, &number, &WHEN].concat())
    }

    fn mac2(&self) -> [u8; 4] {
        mac(&self.key, &[&self.balance[..], &self.number.to_be_bytes()].concat())
    }

    /// DEBIT FOR UNLOCK.
    pub(super) fn debit(&self, amount: u32) -> Vec<u8> {
        let gmac = mac(&self.key, &amount.to_be_bytes());
        let head = unhex(&format!("E07E08{:02X}1B{amount:08X}", self.of as u8));
        let number = (self.number + 1).to_be_bytes();
        [&head[..], &number, &TERMINAL, &TERMINAL_NUMBER, &WHEN, &gmac].concat()
    }

    fn tac(&self, amount: u32) -> [u8; 4] {
        let (amount, kind) = (amount.to_be_bytes(), [0x92 + self.of as u8]);
        mac(
            &terminal::tac_key(),
            &[&amount[..], &kind, &TERMINAL, &TERMINAL_NUMBER, &WHEN].concat(),
        )
    }

    /// What GET LOCK PROOF tells while the purse is locked.
    pub(super) fn locked(&self) -> String {
        let head = [&[0x01, 0x90 + self.of as u8, self.of as u8][..], &self.balance];
        let number = (self.number + 1).to_be_bytes();
        let proof = [&head.concat()[..], &number, &TERMINAL, &WHEN, &self.mac2(), &self.gtac()];
        hex(&proof.concat()) + "9000"
    }

    /// What it tells once it is debited.
    pub(super) fn debited(&self, amount: u32) -> String {
        let balance = u32::from_be_bytes(self.balance) - amount;
        let head =
            [&[0x10, 0x92 + self.of as u8, self.of as u8][..], &balance.to_be_bytes()].concat();
        let number = (self.number + 1).to_be_bytes();
        let proof = [&head[..], &number, &TERMINAL, &WHEN, &[0; 4], &self.tac(amount)];
        hex(&proof.concat()) + "9000"
    }
}

#[track_caller]
fn locked(card: &mut Dialogue, of: Of) -> Grey {
    let grey = Grey::begin(card, of);
    let answer = card.send(&hex(&grey.lock()));
    assert_eq!(answer, hex(&[grey.gtac(), grey.mac2()].concat()) + "9000");
    grey
}

/// INITIALIZE FOR GREY UNLOCK; GREY UNLOCK of this amount, and its answer.
#[track_caller]
pub(super) fn begin_unlock(card: &mut Dialogue, of: Of, amount: u32) -> (Vec<u8>, String) {
    let answer = unhex(&card.send(&of.begin_unlock()));
    assert_eq!((answer.len(), &answer[18..]), (20, &[0x90, 0x00][..]), "{of:?}");
    let (balance, offline, online) = (&answer[..4], &answer[4..6], &answer[6..8]);
    let block = [&answer[10..14], online, &[0x80, 0x00]].concat();
    let key = session_key(&Key::des(&UNLOAD_KEY).unwrap(), &block).unwrap();
    let key = key.as_slice().try_into().unwrap();
    let kind = [0x94 + of as u8];
    let mac1 = mac(&key, &[balance, offline, &kind, &TERMINAL].concat());
    assert_eq!(answer[14..18], mac1);
    let what = [&amount.to_be_bytes()[..], &kind, &TERMINAL, &WHEN].concat();
    let left = u32::from_be_bytes(balance.try_into().unwrap()).wrapping_sub(amount);
    let mac3 = mac(&key, &[&left.to_be_bytes()[..], online, &what].concat());
    let head = unhex(&format!("E07E09000F{amount:08X}"));
    ([&head[..], &WHEN, &mac(&key, &what)].concat(), hex(&mac3) + "9000")
}

/// Every byte but the session in RAM of what an unlocking needs.
fn key_bytes(card: &mut Dialogue, of: Of) -> Vec<u8> {
    let at = crate::lock::key_at(&card.file(of as u16));
    card.rig.env().load_array::<32>(at).unwrap().to_vec()
}

#[test]
fn a_purse_is_locked_debited_and_free_again_also_without_power_in_between() {
    for (of, power_fails) in BOTH.into_iter().flat_map(|of| [(of, false), (of, true)]) {
        let mut card = card();
        card.check(&[("E0CA0000", FREE)]);
        let grey = locked(&mut card, of);
        assert_eq!(key_bytes(&mut card, of)[..8], grey.key);
        if power_fails {
            card.power_on();
            card.check(&[("E0CA0000", &grey.locked()), (VERIFY, "9000")]);
        }
        let tac = hex(&grey.tac(0x123)) + "9000";
        card.check(&[
            ("E0CA0000", &grey.locked()),
            ("E0CA0100", &grey.locked()), // it is no TAC that waits
            ("E0CA0000", &grey.locked()),
            (&of.get_balance(), "000003E8 9000"),
            ("00B201C400", "6A83"), // no record of a lock
            (&hex(&grey.debit(0x123)), &tac),
            (&of.get_balance(), "000002C5 9000"),
        ]);
        assert_eq!(key_bytes(&mut card, of), [0; 32]);
        let number = grey.number + 1;
        let (kind, terminal, when) = (0x92 + of as u8, hex(&TERMINAL), hex(&WHEN));
        let record = format!("{number:04X} 000000 00000123 {kind:02X} {terminal} {when} 9000");
        let prove = format!("805A00{kind:02X}02{number:04X}");
        card.power_on();
        card.check(&[
            (VERIFY, "9000"),
            ("00B201C400", &record),
            ("00B202C400", "6A83"),
            (&prove, &format!("00000000 {tac}")),
            ("E0CA0000", &grey.debited(0x123)),
            ("E0CA0100", &grey.debited(0x123)),
            ("E0CA0000", FREE),
            ("E0CA0100", FREE),
        ]);
        assert_eq!(Grey::begin(&mut card, of).number, number, "the lock has counted it, alone");
    }
}

#[test]
fn the_issuer_unlocks_what_no_terminal_can() {
    for of in BOTH {
        let mut card = card();
        let grey = locked(&mut card, of);
        card.power_on();
        card.check(&[(VERIFY, "9000")]);
        let (unlock, answer) = begin_unlock(&mut card, of, 0x23);
        card.check(&[
            (&hex(&unlock), &answer),
            (&of.get_balance(), "000003C5 9000"),
            ("E0CA0000", FREE),
        ]);
        assert_eq!(key_bytes(&mut card, of), [0; 32]);
        let (kind, terminal, when) = (0x94 + of as u8, hex(&TERMINAL), hex(&WHEN));
        let number = if of == Of::Ed { 8 } else { 10 };
        let record = format!("{number:04X} 000000 00000023 {kind:02X} {terminal} {when} 9000");
        let prove = format!("805A00{kind:02X}02{number:04X}");
        card.check(&[("00B201C400", &record)]);
        card.check(&[(&prove, &format!("{} 00000000 9000", answer.trim_end_matches("9000")))]);
        card.refuse(&hex(&grey.debit(1)), "6985");
        card.refuse(&hex(&unlock), "6901");
    }
}

#[test]
fn a_locked_purse_takes_part_in_nothing_else_and_the_other_one_does() {
    for of in BOTH {
        let mut card = card();
        locked(&mut card, of);
        for kind in KINDS {
            if kind.purse() == of as u16 {
                card.refuse(&initialize(kind, 0), "6985");
            } else {
                card.transact(kind, 1);
            }
        }
        card.refuse(&of.begin_lock(), "6985");
        card.refuse(&of.other().begin_lock(), "6985"); // one lock at a time
        card.refuse(&of.other().begin_unlock(), "6985");
        card.check(&[(&of.get_balance(), "000003E8 9000")]);
    }
}

#[test]
fn an_unfetched_tac_hinders_another_lock_and_nothing_else() {
    for of in BOTH {
        let mut card = card();
        let grey = locked(&mut card, of);
        card.check(&[(&hex(&grey.debit(1)), &(hex(&grey.tac(1)) + "9000"))]);
        for kind in KINDS {
            card.transact(kind, 1);
        }
        for of in BOTH {
            card.refuse(&of.begin_lock(), "6985");
            card.refuse(&of.begin_unlock(), "6985");
        }
        card.check(&[("E0CA0000", &grey.debited(1)), ("E0CA0100", &grey.debited(1))]);
        locked(&mut card, of.other());
    }
}

#[test]
fn the_last_number_is_not_locked_or_unlocked_with() {
    for (of, kind) in [(Of::Ed, Kind::LoadEd), (Of::Ep, Kind::LoadEp)] {
        let mut card = card();
        card.set_purse(kind, 1000, 0xFFFF, 0xFFFF);
        card.refuse(&of.begin_lock(), "9402");
        card.set_purse(kind, 1000, 0xFFFF, 0xFFFE);
        let grey = locked(&mut card, of);
        card.refuse(&of.begin_unlock(), "9402");
        card.check(&[(&hex(&grey.debit(1)), &(hex(&grey.tac(1)) + "9000"))]);
    }
}

#[test]
fn lock_and_money_move_together_or_not_at_all() {
    for (of, step) in BOTH.into_iter().flat_map(|of| (0..4).map(move |step| (of, step))) {
        let mut start = card();
        let (command, name) = if step == 0 {
            (Grey::begin(&mut start, of).lock(), "lock")
        } else {
            let grey = locked(&mut start, of);
            match step {
                1 => (grey.debit(5), "debit"),
                2 => (begin_unlock(&mut start, of, 5).0, "unlock"),
                _ => {
                    start.send(&hex(&grey.debit(5)));
                    (unhex("E0CA0100"), "fetched")
                }
            }
        };
        let old = start.memory();
        let mut whole = start.clone();
        whole.rig.tear_at(u32::MAX);
        assert!(whole.try_send(&command).unwrap().ends_with(&[0x90, 0x00]));
        let (new, stores) = (whole.memory(), whole.rig.stores());
        assert!(stores >= 1 && old != new);
        for n in 1..=stores {
            let mut torn = start.clone();
            torn.rig.tear_at(n);
            assert_eq!(torn.try_send(&command), None, "{name} at {n}");
            torn.power_on();
            let after = torn.memory();
            assert!(after == old || after == new, "{name} torn at {n}: a mix");
        }
    }
}

#[test]
fn what_does_not_fit_the_reply_locks_and_pays_nothing() {
    for (of, step) in BOTH.into_iter().flat_map(|of| (0..3).map(move |step| (of, step))) {
        let mut card = card();
        let (command, bytes) = if step == 0 {
            (Grey::begin(&mut card, of).lock(), 8)
        } else {
            let grey = locked(&mut card, of);
            let unlock = begin_unlock(&mut card, of, 5).0;
            (if step == 1 { grey.debit(5) } else { unlock }, 4)
        };
        card.refuse_short_of_reply(&command, bytes - 1);
    }
}

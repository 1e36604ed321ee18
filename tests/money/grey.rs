//! A fuel pump: the purse is locked before the amount is known, and debited when it is.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tessera::cryptography::cipher::{Key, Mac, session_key};

use super::Life;
use crate::desk::{TERMINAL, WHEN, card_key};

/// Power fails in this pulse of the command, then in these of the recoveries.
pub(crate) type Tears = Option<(u32, Vec<u32>)>;

/// A lock that stands.
#[derive(Clone, Debug)]
pub(crate) struct Lock {
    pub(crate) purse: usize,
    session: Key,
    terminal_number: [u8; 4],
    /// The offline number after the lock.
    number: u16,
}

/// GET LOCK PROOF.
const PROOF: [u8; 5] = [0xE0, 0xCA, 0x00, 0x00, 0x1E];
/// The same, and the TAC is fetched.
const FETCHED: [u8; 5] = [0xE0, 0xCA, 0x01, 0x00, 0x1E];

fn mac(key: &Key, pieces: &[&[u8]]) -> [u8; 4] {
    Mac::cbc(key).of(&[], pieces).four()
}

fn tac(pieces: &[&[u8]]) -> [u8; 4] {
    mac(&card_key(0x34, 0).xor_halves(), pieces)
}

impl Life {
    /// INITIALIZE FOR GREY LOCK and GREY LOCK.
    pub(crate) fn lock(&mut self, purse: usize, tears: &Tears) -> Result<(), TestCaseError> {
        let p2 = purse as u8 + 1;
        let initialize = [&[0xE0, 0x7A, 0x08, p2, 0x07, 0x01][..], &TERMINAL].concat();
        let answer = self.send(&initialize);
        if self.lock.is_some() {
            prop_assert_eq!(answer, "6985");
            return Ok(());
        }
        prop_assert!(answer.ends_with("9000"), "{}", answer);
        let answer = hex::decode(answer).unwrap();
        let before = self.book.purses[purse];
        prop_assert_eq!(&answer[..4], before.balance.to_be_bytes());
        prop_assert_eq!(&answer[4..6], before.offline.to_be_bytes());
        self.terminal_number += 1;
        let terminal_number = self.terminal_number.to_be_bytes();
        let terminal_random = [0xA5, 0x5A, 0x3C, self.terminal_number as u8];
        let block = [&answer[11..15], &answer[4..6], &terminal_number[2..]].concat();
        let temporary = session_key(&card_key(0x3E, 1), &block).unwrap();
        let block = [&terminal_random[..], &[0x80, 0, 0, 0]].concat();
        let session = session_key(&temporary, &block).unwrap();
        let mac1 = mac(&session, &[&[0x91 + purse as u8], &TERMINAL, &WHEN]);
        let head = [0xE0, 0x7C, 0x08, 0x00, 0x13];
        let command =
            [&head[..], &terminal_number, &terminal_random, &WHEN, &mac1, &[0x08]].concat();
        let number = before.offline + 1;
        let lock = Lock { purse, session, terminal_number, number };
        let is_locked = if self.torn(&command, tears) {
            let mac2 = mac(&lock.session, &[&answer[..6]]);
            prop_assert_eq!(&self.response.as_bytes()[4..], [&mac2[..], &[0x90, 0x00]].concat());
            true
        } else {
            self.send(&PROOF).starts_with("01")
        };
        if is_locked {
            self.book.purses[purse].offline = number;
            self.lock = Some(lock);
        }
        Ok(())
    }

    /// DEBIT FOR UNLOCK.
    pub(crate) fn debit_for_unlock(
        &mut self,
        amount: u32,
        tears: &Tears,
    ) -> Result<(), TestCaseError> {
        let Some(lock) = self.lock.clone() else { return Ok(()) };
        let (p2, purse) = (lock.purse as u8 + 1, self.book.purses[lock.purse]);
        let (amount_bytes, number) = (amount.to_be_bytes(), lock.number.to_be_bytes());
        let gmac = mac(&lock.session, &[&amount_bytes]);
        let data = [&amount_bytes[..], &number, &TERMINAL, &lock.terminal_number, &WHEN, &gmac];
        let command = [&[0xE0, 0x7E, 0x08, p2, 0x1B][..], &data.concat(), &[0x04]].concat();
        let kind = 0x93 + lock.purse as u8;
        let expected = tac(&[&amount_bytes, &[kind], &TERMINAL, &lock.terminal_number, &WHEN]);
        let Some(balance) = purse.balance.checked_sub(amount) else {
            prop_assert_eq!(self.send(&command), "9401");
            return Ok(());
        };
        if self.torn(&command, tears) {
            let expected = [&expected[..], &[0x90, 0x00]].concat();
            prop_assert_eq!(self.response.as_bytes(), expected);
        } else {
            let proof = self.send(&PROOF);
            if proof.starts_with("01") {
                return Ok(());
            }
            prop_assert_eq!(&proof[..2], "10");
            prop_assert_eq!(&proof[52..60], hex::encode_upper(expected));
        }
        // A pump has the TAC now, and a new lock may come.
        prop_assert!(self.send(&FETCHED).starts_with("10"));
        prop_assert!(self.send(&PROOF).starts_with("00"));
        prop_assert_eq!(self.send(&command), "6985", "twice");
        self.settle(&lock, amount, balance, kind, lock.number);
        Ok(())
    }

    /// INITIALIZE FOR GREY UNLOCK and GREY UNLOCK.
    pub(crate) fn grey_unlock(&mut self, amount: u32, tears: &Tears) -> Result<(), TestCaseError> {
        let Some(lock) = self.lock.clone() else { return Ok(()) };
        let (p2, purse) = (lock.purse as u8 + 1, self.book.purses[lock.purse]);
        let answer = self.send(&[&[0xE0, 0x7A, 0x09, p2, 0x07, 0x01][..], &TERMINAL].concat());
        prop_assert!(answer.ends_with("9000"), "{}", answer);
        let answer = hex::decode(answer).unwrap();
        prop_assert_eq!(&answer[6..8], purse.online.to_be_bytes());
        let block = [&answer[10..14], &answer[6..8], &[0x80, 0x00]].concat();
        let session = session_key(&card_key(0x3D, 1), &block).unwrap();
        let (kind, amount_bytes) = (0x95 + lock.purse as u8, amount.to_be_bytes());
        let mac2 = mac(&session, &[&amount_bytes, &[kind], &TERMINAL, &WHEN]);
        let head = [0xE0, 0x7E, 0x09, 0x00, 0x0F];
        let command = [&head[..], &amount_bytes, &WHEN, &mac2, &[0x04]].concat();
        let Some(balance) = purse.balance.checked_sub(amount) else {
            prop_assert_eq!(self.send(&command), "9401");
            return Ok(());
        };
        if !self.torn(&command, tears) && self.send(&PROOF).starts_with("01") {
            return Ok(());
        }
        prop_assert!(self.send(&PROOF).starts_with("00"));
        self.book.purses[lock.purse].online += 1;
        self.settle(&lock, amount, balance, kind, purse.online + 1);
        Ok(())
    }

    fn settle(&mut self, lock: &Lock, amount: u32, balance: u32, kind: u8, number: u16) {
        self.book.pay(lock.purse, amount, balance, kind, number);
        self.unlocked += 1;
        self.lock = None;
    }
}

//! The account of DF04: a card with an account, what a terminal and the authority make of its
//! answers, and the values of the rules' known answers, computed apart from the card.

mod boundaries;
mod history;
mod kill;
mod order;
mod refused;
mod tear;
mod values;

use tessera_cos::cipher::{Key, Mac, session_key};
use tessera_framework::Clear;

use super::*;
use crate::account::amounts::Amounts;

/// Keys of the card with factor 8601330400000298 in region 330400; the roots are public.
const DPK: [&str; 3] = [
    "35B7BCCF412B18BAF6E44FEDEEC630C5",
    "279BB6803128288BAC9170986700C18D",
    "4D0DE9ED070561432CD9F2E14F436658",
];
const DLK: [&str; 3] = [
    "458F46CC601AFEA6162AFFC225836C12",
    "58D3C87C53A10955075F441A3C2FC192",
    "E1C844F2ADA30897FA4E1A93471C0350",
];
const DTK: &str = "B09EA5C9EECF1A51B547DEC245E151FB";
const STK: &str = "456C723FD4EA53105A8EF9DB00ACC2FF";

const SELECT_DF04: &str = "00A4000002DF04";
const VERIFY: &str = "0020000003 123456";
const TERMINAL: &str = "330400112233";

/// An account in the middle of a year.
const USUAL: Amounts = Amounts {
    online: 3,
    offline: 7,
    balance: 100_000,
    self_pay: 15_600,
    fund: 13_200,
    year: 0x2025,
    start: 0x0101,
};

/// A key of DF04 as installation data have it.
fn key(usage: u8, kid: u8, algorithm: u8, key: &str) -> Vec<u8> {
    object(0xC1, &[&[4, usage, kid, 1, algorithm], &*unhex(key)].concat())
}

/// The keys of a card without SM4.
fn usual_keys() -> Vec<Vec<u8>> {
    let mut keys = vec![key(7, 0x00, 0, DTK), key(3, 0x82, 0, STK)];
    for (n, (dpk, dlk)) in (1..).zip(DPK.iter().zip(DLK)) {
        keys.extend([key(4, n, 0, dpk), key(5, n, 0, dlk)]);
    }
    keys
}

/// A card with files, keys and amounts, nothing selected.
fn made(pairs: &[u8], pin: Option<&[u8]>, keys: &[Vec<u8>], amounts: &Amounts) -> Dialogue {
    let more = [keys, &[object(0xC8, &amounts.encode())]].concat();
    Dialogue::of(&data(pairs, pin, &more))
}

/// A card with an account, DF04 current and the PIN shown.
fn card(amounts: &Amounts) -> Dialogue {
    let mut card = made(&every_file(), Some(PIN), &usual_keys(), amounts);
    card.enter();
    card
}

/// A settlement's amounts and index of the key, as the first command has them.
fn init(index: u8, account: u32, self_pay: u32, fund: u32) -> String {
    format!("B028010113 {index:02X} {account:08X} {self_pay:08X} {fund:08X} {TERMINAL} 16")
}

fn init_load(index: u8, amount: u32) -> String {
    format!("B02800010B {index:02X} {amount:08X} {TERMINAL} 10")
}

/// A MAC or TAC over hexadecimal pieces, single DES.
fn mac(key: &Key, message: &str) -> String {
    hex(&Mac::cbc(key).of(&[], &[&unhex(message)]).four())
}

fn session(key: &str, input: &str) -> Key {
    session_key(&Key::des(&unhex(key)).unwrap(), &unhex(input)).unwrap()
}

impl Dialogue {
    /// Selects DF04 and shows the PIN.
    fn enter(&mut self) {
        assert!(self.send(SELECT_DF04).ends_with("9000"));
        assert!(self.send(VERIFY).ends_with("9000"));
    }

    /// A command that succeeds, its answer without the status word.
    #[track_caller]
    fn ok(&mut self, command: &str) -> String {
        let answer = self.send(command);
        assert!(answer.ends_with("9000"), "{command}: {answer}");
        answer[..answer.len() - 4].into()
    }

    /// Begins a settlement; its second command, by a terminal that makes of the answer what it
    /// does: terminal's counter 00000006.
    #[track_caller]
    fn begin(&mut self, index: u8, amounts: [u32; 3], time: &str) -> String {
        let [account, self_pay, fund] = amounts;
        let answer = self.ok(&init(index, account, self_pay, fund));
        let (counter, random) = (&answer[28..32], &answer[36..44]);
        let dpk = DPK[usize::from(index) - 1];
        let session = session(dpk, &format!("{random}{counter}0006"));
        let sum = format!("{account:08X}{self_pay:08X}{fund:08X}");
        let mac1 = mac(&session, &format!("{sum}32{TERMINAL}{time}"));
        format!("B02C01000F 00000006 {time} {mac1} 08")
    }

    /// Begins a credit; its second command.
    #[track_caller]
    fn begin_load(&mut self, index: u8, amount: u32, time: &str) -> String {
        let answer = self.ok(&init_load(index, amount));
        let (counter, random) = (&answer[8..12], &answer[16..24]);
        let session = session(DLK[usize::from(index) - 1], &format!("{random}{counter}8000"));
        let mac2 = mac(&session, &format!("{amount:08X}31{TERMINAL}{time}"));
        format!("B02A00000B {time} {mac2} 04")
    }

    /// What the account holds, by the block's own words: what a first command answers.
    fn amounts(&self) -> Amounts {
        let mut card = self.clone();
        card.0.power_on();
        card.enter();
        let answer = unhex(&card.ok(&init(1, 0, 0, 0)));
        let load = unhex(&card.ok(&init_load(1, 0)));
        let four = |at: usize| u32::from_be_bytes(answer[at..at + 4].try_into().unwrap());
        let two = |at: usize| u16::from_be_bytes(answer[at..at + 2].try_into().unwrap());
        Amounts {
            online: u16::from_be_bytes([load[4], load[5]]),
            offline: two(14),
            balance: four(0),
            self_pay: four(4),
            fund: four(8),
            year: two(12),
            start: USUAL.start,
        }
    }

    /// A record of the log.
    fn log(&self, number: u8) -> String {
        let mut card = self.clone();
        card.0.power_on();
        card.enter();
        card.send(&format!("00B2{number:02X}4400"))
    }

    /// The whole segment.
    fn memory(&self) -> Vec<u8> {
        let mut segment = vec![0; 20_480];
        self.clone().0.env().load(0, &mut segment).unwrap();
        segment
    }

    /// Refused with this status word, and nothing stored.
    #[track_caller]
    fn refused(&mut self, command: &str, status: &str) {
        let before = self.memory();
        assert_eq!(self.send(command), status, "{command}");
        assert!(self.memory() == before, "{command} changed something");
    }

    /// What is kept in RAM behind the session.
    fn pending(&mut self) -> Vec<u8> {
        let at = usize::from(tessera_cos::session::SESSION_BYTES);
        self.0.env().ram(Clear::OnDeselect)[at..][..28].to_vec()
    }
}

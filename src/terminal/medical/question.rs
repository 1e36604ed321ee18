//! What is asked of a social-security card, its ledger and its PSAM, as bytes and in words.
//!
//! A question forgets its bytes when it goes: a PIN may be among them.

use tessera_framework::pin::forget;

use crate::{
    keys::Factor,
    terminal::{
        Answer, Fen, Moment, Pin,
        answer::{Mac4, TerminalId},
        line::Question,
        words::status_in_words,
    },
};

use super::{answer, entry::Amounts, words};

/// Name of the environment: `sx1.sh.` and 社会保障 in GBK.
pub(super) const ENVIRONMENT: &[u8] = b"sx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";
/// Name of the ledger (own design).
pub(super) const LEDGER: &[u8] = b"\xF0SSC.ML1";
/// Name of the PSAM's application.
pub(super) const PSAM_APPLICATION: &[u8] = &[0xD1, 0x56, 0x00, 0x00, 0x05, 0x90];

/// One command, and how to read what comes.
pub(in crate::terminal) struct Ask {
    apdu: Vec<u8>,
    asked: String,
    tells: fn(&[u8]) -> Option<String>,
}

impl Drop for Ask {
    fn drop(&mut self) {
        forget(&mut self.apdu);
    }
}

impl Question for Ask {
    fn apdu(&self) -> Vec<u8> {
        self.apdu.clone()
    }

    fn in_words(&self) -> String {
        self.asked.clone()
    }

    fn answer_in_words(&self, answer: &Answer) -> String {
        match answer.status.0 {
            0x9000 => (self.tells)(&answer.data).unwrap_or_else(|| "done".into()),
            0x9406 => "no: 9406, that is not the last entry".into(),
            _ => format!("refused: {}", status_in_words(answer.status)),
        }
    }
}

impl Ask {
    /// A command as somebody else has made it.
    pub(in crate::terminal) fn whole(apdu: Vec<u8>, asked: impl Into<String>) -> Self {
        Self { apdu, asked: asked.into(), tells: |_| None }
    }

    fn of(header: [u8; 4], data: &[&[u8]], le: Option<u8>, asked: impl Into<String>) -> Self {
        let data = data.concat();
        let mut apdu = header.to_vec();
        if !data.is_empty() {
            apdu.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
            apdu.extend_from_slice(&data);
        }
        apdu.extend(le);
        Self::whole(apdu, asked)
    }

    fn telling(mut self, tells: fn(&[u8]) -> Option<String>) -> Self {
        self.tells = tells;
        self
    }
}

/// SELECT by name.
pub(in crate::terminal) fn select_name(name: &[u8], asked: &str) -> Ask {
    Ask::of([0x00, 0xA4, 0x04, 0x00], &[name], Some(0), asked).telling(|_| Some("opened".into()))
}

/// SELECT of a DF below the environment.
pub(in crate::terminal) fn select_directory(fid: u16) -> Ask {
    let asked = format!("open the directory {fid:04X}");
    Ask::of([0x00, 0xA4, 0x00, 0x00], &[&fid.to_be_bytes()], Some(0), asked)
        .telling(|_| Some("opened".into()))
}

/// SELECT of the ledger.
pub(in crate::terminal) fn select_ledger() -> Ask {
    Ask::of([0x00, 0xA4, 0x04, 0x00], &[LEDGER], Some(0), "open the medical account")
        .telling(|data| Some(words::state(answer::Ledger::of(data)?.state).into()))
}

/// READ RECORD of a record, or of all from that one on.
pub(in crate::terminal) fn read_record(sfi: u8, number: u8, all: bool, asked: &str) -> Ask {
    let mode = if all { 0b101 } else { 0b100 };
    Ask::of([0x00, 0xB2, number, sfi << 3 | mode], &[], Some(0), asked)
        .telling(|data| Some(words::value(data)))
}

/// The issuer's data or the holder's, all records.
pub(in crate::terminal) fn read_items(sfi: u8, asked: &str) -> Ask {
    read_record(sfi, 1, true, asked).telling(words::items)
}

/// An entry of the ledger's log, 1 the newest.
pub(in crate::terminal) fn read_entry(number: u8) -> Ask {
    Ask::of([0x00, 0xB2, number, 0x44], &[], Some(0x30), format!("read entry {number} of the log"))
        .telling(|data| Some(answer::LogEntry::of(data)?.in_words()))
}

/// UPDATE RECORD: a data item in its place, or a new record of a cyclic file.
pub(in crate::terminal) fn update_record(sfi: u8, number: u8, data: &[u8], asked: &str) -> Ask {
    Ask::of([0x00, 0xDC, number, sfi << 3 | 0b100], &[data], None, asked)
}

/// READ BINARY by short identifier.
pub(in crate::terminal) fn read_binary(sfi: u8, bytes: u8, asked: &str) -> Ask {
    Ask::of([0x00, 0xB0, 0x80 | sfi, 0x00], &[], Some(bytes), asked)
        .telling(|data| Some(hex::encode_upper(data)))
}

/// VERIFY.
pub(in crate::terminal) fn verify(pin: &Pin) -> Ask {
    Ask::of([0x00, 0x20, 0x00, 0x00], &[pin.bytes()], None, "show the holder's PIN")
}

/// PIN CHANGE.
pub(in crate::terminal) fn change_pin(old: &Pin, new: &Pin) -> Ask {
    let data: [&[u8]; 3] = [old.bytes(), &[0xFF], new.bytes()];
    Ask::of([0x80, 0x5E, 0x01, 0x00], &data, None, "take a new PIN for the old one")
}

/// GET CHALLENGE.
pub(in crate::terminal) fn get_challenge(bytes: u8) -> Ask {
    Ask::of([0x00, 0x84, 0x00, 0x00], &[], Some(bytes), "give a random number")
        .telling(|data| Some(hex::encode_upper(data)))
}

/// INTERNAL AUTHENTICATE with the IRK.
pub(in crate::terminal) fn internal_authenticate(random: &[u8], factor: &Factor) -> Ask {
    let asked = "prove that it is the issuer's";
    Ask::of([0x00, 0x88, 0x00, 0x00], &[random, factor], Some(0x08), asked)
        .telling(|data| Some(hex::encode_upper(data)))
}

/// EXTERNAL AUTHENTICATE.
pub(in crate::terminal) fn external_authenticate(
    key: u8,
    cryptogram: &[u8],
    factor: &Factor,
) -> Ask {
    let asked = format!("see that the terminal knows key {key:02X}");
    Ask::of([0x00, 0x82, 0x00, key], &[cryptogram, factor], None, asked)
}

/// STATUS, short.
pub(in crate::terminal) fn status() -> Ask {
    Ask::of([0xD0, 0xCA, 0x01, 0x00], &[], Some(0x0C), "tell how the account stands")
        .telling(|data| Some(words::status(&answer::Status::of(data)?)))
}

/// STATUS, long.
pub(in crate::terminal) fn figures() -> Ask {
    Ask::of([0xD0, 0xCA, 0x02, 0x00], &[], Some(0x47), "tell the balance and the year's figures")
        .telling(|data| Some(format!("balance {}", answer::Figures::of(data)?.balance)))
}

/// What a settlement is prepared with.
pub(in crate::terminal) struct Prepare<'a> {
    /// 1 on line, 2 off line.
    pub(in crate::terminal) mode: u8,
    /// Index of the key DPK.
    pub(in crate::terminal) key: u8,
    /// What is to be booked.
    pub(in crate::terminal) amounts: &'a Amounts,
    /// Class of the visit.
    pub(in crate::terminal) class: u8,
    /// Flags of the visit.
    pub(in crate::terminal) flags: u8,
    /// The terminal.
    pub(in crate::terminal) terminal: TerminalId,
}

/// INITIALIZE SETTLEMENT.
pub(in crate::terminal) fn prepare_settlement(prepare: &Prepare<'_>) -> Ask {
    let Prepare { mode, key, amounts, class, flags, terminal } = prepare;
    let data: [&[u8]; 5] = [&[*key], &amounts.bytes(), &[*class], &[*flags], terminal];
    let asked = format!("prepare {} from the account", amounts.account);
    Ask::of([0xD0, 0x28, *mode, 0x01], &data, Some(0x12), asked)
        .telling(|data| Some(words::prepared(&answer::Prepared::of(data)?)))
}

/// COMMIT SETTLEMENT.
pub(in crate::terminal) fn commit_settlement(counter: [u8; 4], when: Moment, mac1: Mac4) -> Ask {
    let data: [&[u8]; 3] = [&counter, &when.bytes(), &mac1];
    Ask::of([0xD0, 0x2C, 0x01, 0x00], &data, Some(0x08), "book the settlement")
        .telling(|data| words::two_macs("booked: TAC", "MAC2", data))
}

/// INITIALIZE CREDIT.
pub(in crate::terminal) fn prepare_credit(
    key: u8,
    amount: Fen,
    terminal: TerminalId,
    asn: u32,
) -> Ask {
    let data: [&[u8]; 4] = [&[key], &amount.bytes(), &terminal, &asn.to_be_bytes()];
    let asked = format!("prepare a credit of {amount}, order {asn}");
    Ask::of([0xD0, 0x40, 0x00, 0x01], &data, Some(0x14), asked)
        .telling(|data| Some(words::prepared_online(&answer::PreparedCredit::of(data)?.online)))
}

/// COMMIT CREDIT.
pub(in crate::terminal) fn commit_credit(when: Moment, mac2: Mac4) -> Ask {
    Ask::of([0xD0, 0x42, 0x00, 0x00], &[&when.bytes(), &mac2], Some(0x04), "book the credit")
        .telling(|data| Some(format!("booked: TAC {}", hex::encode_upper(data))))
}

/// INITIALIZE REVERSAL.
pub(in crate::terminal) fn prepare_reversal(
    kind: u8,
    key: u8,
    reference: u32,
    amounts: &Amounts,
    terminal: TerminalId,
    asn: u32,
) -> Ask {
    let (reference, order) = (reference.to_be_bytes(), asn.to_be_bytes());
    let data: [&[u8]; 5] = [&[key], &reference, &amounts.bytes(), &terminal, &order];
    let asked =
        format!("prepare to take entry {} back, order {asn}", u32::from_be_bytes(reference));
    Ask::of([0xD0, 0x44, kind, 0x01], &data, Some(0x12), asked)
        .telling(|data| Some(words::prepared(&answer::Prepared::of(data)?)))
}

/// COMMIT REVERSAL.
pub(in crate::terminal) fn commit_reversal(when: Moment, mac1: Mac4) -> Ask {
    Ask::of([0xD0, 0x46, 0x01, 0x00], &[&when.bytes(), &mac1], Some(0x08), "book the reversal")
        .telling(|data| words::two_macs("booked: TAC", "MAC2", data))
}

/// GET STATEMENT.
pub(in crate::terminal) fn get_statement() -> Ask {
    Ask::of([0xD0, 0x4C, 0x00, 0x00], &[], Some(0x27), "tell its statement")
        .telling(|data| Some(words::statement(&answer::Statement::of(data)?)))
}

/// PROOF of the last entry.
pub(in crate::terminal) fn prove(sequence: u32) -> Ask {
    let asked = format!("prove entry {sequence}");
    Ask::of([0xD0, 0x5A, 0x00, 0x00], &[&sequence.to_be_bytes()], Some(0x08), asked)
        .telling(|data| words::two_macs("booked: MAC2", "TAC", data))
}

/// The PSAM derives a key of the card and leaves a session.
pub(in crate::terminal) fn derive(
    (usage, key): (u8, u8),
    factors: &[Factor],
    input: &[u8],
    asked: &str,
) -> Ask {
    Ask::of([0xBF, 0xDE, usage, key], &[&factors.concat(), input], None, asked)
}

/// The PSAM encrypts with the session key, or makes a MAC with it.
pub(in crate::terminal) fn cipher(mode: u8, data: &[u8]) -> Ask {
    let asked = if mode == 0 { "encrypt with it" } else { "make a MAC with it" };
    Ask::of([0x80, 0xFA, mode, 0x00], &[data], Some(0x00), asked)
        .telling(|data| Some(hex::encode_upper(data)))
}

/// The PSAM's MAC1 for a settlement in the ledger.
pub(in crate::terminal) fn sam_settlement(
    prepare: &Prepare<'_>,
    prepared: &answer::Prepared,
    when: Moment,
    factors: &[Factor],
) -> Ask {
    let Prepare { mode, amounts, class, flags, .. } = prepare;
    let (counter, when) = (prepared.counter.to_be_bytes(), when.bytes());
    let data: [&[u8]; 7] = [
        &prepared.random,
        &counter,
        &amounts.bytes(),
        &[*class, *flags, *mode],
        &when,
        &[prepared.version, prepared.algorithm],
        &factors.concat(),
    ];
    let asked = format!("ask the card for {}", amounts.account);
    Ask::of([0x80, 0x70, 0x02, 0x00], &data, Some(0x08), asked).telling(words::terminal_counter)
}

/// The PSAM checks that the card has booked.
pub(in crate::terminal) fn sam_check(sequence: u32, balance: Fen, mac2: Mac4) -> Ask {
    let data: [&[u8]; 3] = [&sequence.to_be_bytes(), &balance.bytes(), &mac2];
    Ask::of([0x80, 0x72, 0x02, 0x00], &data, None, "agree that the card has booked (MAC2)")
        .telling(|_| Some("yes".into()))
}

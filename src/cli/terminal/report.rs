//! What `tessera terminal` prints: a line for each step, and what came of it.

use tessera::terminal::{
    CheckedBy, Fen, Kind, Purse, Receipt, Step,
    answer::{LogRecord, Mac4},
    grey::ForeignReceipt,
    online::Booked,
    ride::Passed,
    transaction::type_in_words,
    words::log_in_words,
};

use crate::cli::say;

/// Columns of what is asked.
const ASKED_COLUMNS: usize = 50;

/// Who was asked what, and what came back.
pub(in crate::cli) fn step(step: &Step) -> String {
    let line = format!("{:<8} {:<ASKED_COLUMNS$} {}", step.party, step.asked, step.came);
    line.trim_end().into()
}

pub(super) fn receipt(receipt: &Receipt) {
    let checked = match receipt.checked {
        CheckedBy::Mac2 => "the PSAM has checked the card's MAC2",
        CheckedBy::Tac => "the PSAM has computed the card's TAC",
        CheckedBy::Issuer => "the issuer will check the TAC",
    };
    say(&format!(
        "\npaid {} yuan ({}), {} left\n  card {}, its number {}; terminal {}, its number {}\n  {}, TAC {}: {checked}",
        receipt.amount,
        type_in_words(receipt.kind),
        receipt.balance,
        hex::encode_upper(receipt.serial),
        receipt.number,
        hex::encode_upper(receipt.terminal),
        u32::from_be_bytes(receipt.terminal_number),
        receipt.when,
        hex::encode_upper(receipt.tac),
    ));
}

/// What other pumps did not fetch.
pub(super) fn foreign(receipts: &[ForeignReceipt]) {
    for receipt in receipts {
        say(&format!(
            "\npaid at another pump, which did not fetch the TAC; for the issuer:\n  card {}, its \
             number {}, {} left in the {}; terminal {}, locked at {}, TAC {}",
            hex::encode_upper(receipt.serial),
            receipt.number,
            receipt.balance,
            receipt.purse,
            hex::encode_upper(receipt.terminal),
            hex::encode_upper(receipt.when),
            hex::encode_upper(receipt.tac),
        ));
    }
}

/// An entry or an exit.
pub(super) fn passed(what: &str, passed: &Passed) {
    say(&format!("\n{what}: {}", passed.fare));
    receipt(&passed.receipt);
}

/// A proof of a transaction, or that there is none.
pub(super) fn proof(kind: u8, number: u16, proof: Option<(Mac4, Mac4)>) {
    let what = format!("\nnumber {number}, {}", type_in_words(kind));
    say(&match proof {
        None => format!("{what}: no proof; not done, or a later one has followed"),
        Some((mac, tac)) => {
            format!("{what}: MAC {}, TAC {}", hex::encode_upper(mac), hex::encode_upper(tac))
        }
    });
}

pub(super) fn booked(kind: Kind, booked: &Booked) {
    let (what, proof) = match kind {
        Kind::Unload => ("unloaded", "MAC3"),
        Kind::Overdraft => ("overdraft limit", "TAC"),
        _ => ("loaded", "TAC"),
    };
    say(&format!(
        "\n{what} {} yuan, number {}, {proof} {}",
        booked.amount,
        booked.number,
        hex::encode_upper(booked.proof)
    ));
}

pub(super) fn balance(purse: Purse, balance: Fen) {
    say(&format!("{purse}: {balance} yuan"));
}

pub(super) fn log(records: &[LogRecord]) {
    say(&match records.len() {
        0 => "\nthe log is empty".to_owned(),
        n => format!("\nthe last {n}, the newest first:"),
    });
    for record in records {
        say(&format!("  {}", log_in_words(record)));
    }
}

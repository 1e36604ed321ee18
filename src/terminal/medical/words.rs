//! Answers of the medical card and its PSAM in words.

use crate::terminal::{Fen, answer};

use super::{
    answer::{LogEntry, Online, Prepared, State, Statement, Status},
    identity::{Items, text},
};

/// A state.
pub(super) const fn state(state: State) -> &'static str {
    match state {
        State::New => "not opened",
        State::Active => "in use",
        State::Frozen => "frozen",
        State::Terminated => "closed for ever",
    }
}

/// A data item's value, as text where it is one.
pub(super) fn value(data: &[u8]) -> String {
    match data {
        [_, length, value @ ..]
            if value.len() == usize::from(*length)
                && value.iter().all(|byte| byte.is_ascii_graphic()) =>
        {
            text(value)
        }
        [_, length, value @ ..] if value.len() == usize::from(*length) => hex::encode_upper(value),
        _ => hex::encode_upper(data),
    }
}

pub(super) fn status(status: &Status) -> String {
    format!(
        "{}, last entry {}, {} of {} since the last statement",
        state(status.state),
        status.sequence,
        status.unstated,
        status.limit
    )
}

pub(super) fn prepared(prepared: &Prepared) -> String {
    format!("balance {}, entry {}", prepared.balance, prepared.sequence)
}

pub(super) fn prepared_online(online: &Online) -> String {
    format!("balance {}, entry {}", online.balance, online.sequence)
}

pub(super) fn statement(statement: &Statement) -> String {
    format!(
        "number {}, entries {} to {}, balance {}",
        statement.number, statement.from, statement.to, statement.closing
    )
}

pub(super) fn two_macs(one: &str, other: &str, data: &[u8]) -> Option<String> {
    let (first, second) = answer::two_macs(data)?;
    Some(format!("{one} {}, {other} {}", hex::encode_upper(first), hex::encode_upper(second)))
}

pub(super) fn terminal_counter(data: &[u8]) -> Option<String> {
    let (number, mac1) = answer::two_macs(data)?;
    let number = u32::from_be_bytes(number);
    Some(format!("terminal transaction {number}, MAC1 {}", hex::encode_upper(mac1)))
}

/// The items by which a person is known.
pub(super) fn items(data: &[u8]) -> Option<String> {
    let items = Items::of(data)?;
    let shown: Vec<_> =
        [0x07, 0x09, 0x08].iter().filter_map(|tag| Some(text(items.get(*tag)?))).collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// What a type of entry is called.
pub(super) const fn kind_in_words(kind: u8, class: u8) -> &'static str {
    match (kind, class) {
        (0x31, _) => "credit",
        (0x32, b'0') => "out-patient visit",
        (0x32, b'1') => "work injury",
        (0x32, b'2') => "maternity",
        (0x32, b'3') => "medical assistance",
        (0x32, b'4') => "stay in hospital",
        (0x32, b'5') => "chronic disease visit",
        (0x32, b'6') => "pharmacy",
        (0x32, _) => "settlement",
        (0x33, 0x02) => "refund",
        (0x33, 0x03) => "red correction",
        (0x33, 0x04) => "black correction",
        (0x33, _) => "reversal",
        (0x35, b'-') => "adjustment, minus",
        (0x35, _) => "adjustment, plus",
        (0x36, _) => "year settlement",
        (0x37, _) => "opening",
        (0x38, _) => "closing",
        _ => "entry of an unknown type",
    }
}

impl LogEntry {
    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let when = self.moment().map_or_else(|| hex::encode(self.when), |when| when.to_string());
        let mut paid = String::new();
        for (amount, what) in
            [(self.amounts.pool, "from the pool"), (self.amounts.self_paid, "in cash")]
        {
            if amount != Fen(0) {
                paid.push_str(&format!(", {amount} {what}"));
            }
        }
        let off_line = if self.flags & 0x80 == 0 { "" } else { ", off line" };
        let refunded = if self.flags & 0x40 == 0 { "" } else { ", refunded" };
        format!(
            "{:5}  {when}  {:>10}  {:>10} left  {}{paid}{off_line}{refunded}",
            self.sequence,
            self.amounts.account.to_string(),
            self.balance.to_string(),
            kind_in_words(self.kind, self.class),
        )
    }
}

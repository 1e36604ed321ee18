//! What stations print: receipts, statements, figures, books.

use std::io::{self, Write};

use tessera::terminal::{
    Fen,
    medical::{
        Authority, Receipt,
        answer::{Figures, Status},
        contact::Met,
        entry::Settlement,
        identity::Identity,
        kiosk::Printed,
        visit::Told,
    },
};

use crate::cli::{Failure, say};

fn told(told: &Told) -> String {
    match told {
        Told::Posted => "posted by the authority".into(),
        Told::Suspense(why) => format!("with the authority, in suspense: {why}"),
        Told::Later => "the authority is told later".into(),
    }
}

/// A receipt.
pub(in crate::cli) fn receipt(receipt: &Receipt) {
    let Receipt { settlement, unstated, limit, .. } = receipt;
    let amounts = &settlement.amounts;
    let total = amounts.account.0 + amounts.self_paid.0 + amounts.pool.0;
    let off_line = if settlement.mode == 2 { ", off line" } else { "" };
    let proved = if receipt.recovered { ", proved by the card" } else { "" };
    say(&format!(
        "\n{}\n  {}, card {}, entry {}, {}{off_line}\n  {} yuan: {} from the account, {} in cash, {} from the pooled fund\n  {} left; {unstated} of {limit} entries since the last statement\n  terminal {}, its number {}; TAC {}{proved}; {}",
        receipt.institution,
        receipt.name,
        settlement.card.number,
        settlement.sequence,
        settlement.when,
        Fen(total),
        amounts.account,
        amounts.self_paid,
        amounts.pool,
        settlement.balance_after,
        hex::encode_upper(settlement.terminal),
        u32::from_be_bytes(settlement.terminal_counter),
        hex::encode_upper(receipt.tac),
        told(&receipt.told),
    ));
    if receipt.warns() {
        let left = limit.saturating_sub(*unstated);
        say(&format!("  {left} more, then a statement has to be printed before the next"));
    }
}

/// A settlement that was open.
pub(super) fn recovered(settlement: &Settlement, tac: [u8; 4], state: &Told) {
    let tac = hex::encode_upper(tac);
    say(&format!("\nbooked: {}; TAC {tac}; {}", settlement.in_words(), told(state)));
}

/// Balance and figures.
pub(super) fn balance(identity: &Identity, status: &Status, figures: &Figures) {
    let [account, self_paid, pool, deductible, ..] = figures.sums;
    say(&format!(
        "\n{}, card {}: {} yuan\n  {}: {account} from the account, {self_paid} in cash, {pool} from the pooled fund, {deductible} to the deductible\n  off line: {} in {} settlements, less than {} and {} allowed\n  last entry {}; {} of {} entries since the last statement",
        identity.name,
        identity.card.number,
        figures.balance,
        hex::encode(figures.year),
        figures.offline,
        figures.offline_count,
        figures.offline_limit,
        figures.offline_count_limit,
        status.sequence,
        status.unstated,
        status.limit,
    ));
}

/// A statement as it is printed. An error of standard output is one here: the statement was not
/// printed.
pub(super) fn statement(identity: &Identity, printed: &Printed) -> Result<(), Failure> {
    let statement = &printed.statement;
    let mut lines = vec![format!(
        "\nstatement {} of {}, {}, card {}\n  entry  when                     account     balance",
        statement.number, identity.name, identity.number, identity.card.number
    )];
    lines.extend(printed.entries.iter().map(|entry| format!("  {}", entry.in_words())));
    let mut sums = format!("  {} before", statement.opening);
    for (sign, amount, what) in [
        ('+', statement.credits, "credits"),
        ('-', statement.settlements, "settled"),
        ('+', statement.refunds, "refunds"),
        ('+', statement.plus, "other"),
        ('-', statement.minus, "other"),
    ] {
        if super::kiosk::is_some(amount) {
            sums.push_str(&format!(" {sign} {amount} {what}"));
        }
    }
    lines.push(format!("{sums} = {}", statement.closing));
    let mut out = io::stdout().lock();
    writeln!(out, "{}", lines.join("\n")).and_then(|()| out.flush()).map_err(|error| {
        format!("the statement is not printed, and not acknowledged: standard output: {error}")
    })?;
    Ok(())
}

/// A card has met its authority.
pub(super) fn met(identity: &Identity, met: &Met) {
    say(&format!(
        "\n{}, card {}: {} yuan, last entry {}; {} carried out",
        identity.name,
        identity.card.number,
        met.now.figures.balance,
        met.now.status.sequence,
        match met.orders {
            1 => "1 order".into(),
            orders => format!("{orders} orders"),
        },
    ));
}

/// The books.
pub(super) fn books(authority: &Authority) {
    let books = authority.books();
    for (card, account) in &books.account {
        say(&format!(
            "card {card} of {}: {} yuan, last entry {}, {}",
            account.holder,
            account.balance,
            account.sequence,
            format!("{:?}", account.state).to_lowercase(),
        ));
        for ordered in &account.order {
            say(&format!("  order {}: {}", ordered.asn, ordered.order.in_words()));
        }
    }
    let (sum, waiting) = books.day_end();
    let posted = books.row.len() - waiting.len();
    let yuan = format!("{}.{:02}", sum / 100, sum % 100);
    say(&format!("{yuan} yuan in all; {posted} rows judged, {} in suspense", waiting.len()));
    for row in waiting {
        say(&format!("  card {}, entry {}: {}", row.card, row.sequence, row.why));
    }
}

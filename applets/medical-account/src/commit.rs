//! COMMIT of a settlement, a credit, a reversal: the other side's MAC, then the entry, atomically.

use tessera_cos::{cipher::Mac, social::usage};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    command::{
        Credit, Four, OFF_LINE as OFF_LINE_MODE, Opening, Request, Reversing, Settlement,
        require_digits,
    },
    cryptogram::{
        credit_mac2, credit_tac, mac2, reversal_mac1, reversal_tac, settlement_mac1, settlement_tac,
    },
    entry::{Entry, Kind, OFF_LINE, Reversal},
    guard,
    initialize::{AUTHORITY, reversed, settlement_on_card},
    pending::Pending,
    post::{self, Beside, count},
    state::{Proof, State},
    words::{CLOSED_YEAR, require},
};

/// COMMIT SETTLEMENT; answers TAC and MAC2.
///
/// # Errors
/// 6985 when no settlement is pending; 9302; 6A80 on a time that is none; 9484; `Torn`.
pub(crate) fn settlement(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    pending: Option<Pending>,
    (terminal_counter, Request { time, mac }): (Four, &Request),
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(Pending { opening: Opening::Settlement(settlement), random }) = pending else {
        return nothing_pending();
    };
    let state = &asked.state;
    let key = (usage::PURCHASE, settlement.index);
    let [_, _, high, low] = terminal_counter;
    let session = asked.session(env, key, random, (state.settled, [high, low]))?;
    let right = settlement_mac1(&session, &settlement, time);
    guard::check(env, &right, mac, StatusWord::MAC_WRONG)?;
    require_digits(time)?;
    require(time.starts_with(&state.year), CLOSED_YEAR)?;

    let Settlement { mode, amounts, class, flags, terminal, .. } = settlement;
    let mut after = *state;
    (after.settled, after.sequence) = count(state.settled, state)?;
    let left = state.balance.checked_sub(amounts.account);
    after.balance = left.ok_or(Halt::Status(StatusWord::BALANCE_INSUFFICIENT))?;
    after.tally = state.tally.with((class, flags), &amounts, true)?;
    let off_line = mode == OFF_LINE_MODE;
    if off_line {
        after.off_line.amount = after.off_line.amount.saturating_add(amounts.account);
        after.off_line.count = after.off_line.count.saturating_add(1);
    }
    let mut entry = Entry {
        sequence: after.sequence,
        kind: Kind::Settlement,
        class,
        flags: flags | if off_line { OFF_LINE } else { 0 },
        terminal,
        time: *time,
        amounts,
        reference: 0,
        balance_after: after.balance,
        tac: [0; 4],
    };
    let of_tac = asked.tac(env)?;
    entry.tac = settlement_tac(&of_tac, &settlement, terminal_counter, &entry, state.settled);
    finish(env, &mut after, &entry, Some(&session), Beside::default(), reply)
}

/// COMMIT CREDIT; answers the TAC.
///
/// # Errors
/// 6985 when no credit is pending; 9302; 6A80 on a time that is none; `Torn`.
pub(crate) fn credit(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    pending: Option<Pending>,
    Request { time, mac }: &Request,
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(Pending { opening: Opening::Credit(credit), random }) = pending else {
        return nothing_pending();
    };
    let state = &asked.state;
    let key = (usage::LOAD, credit.index);
    let session = asked.session(env, key, random, (state.online, AUTHORITY))?;
    let right = credit_mac2(&session, &credit, time);
    guard::check(env, &right, mac, StatusWord::MAC_WRONG)?;
    require_digits(time)?;

    let Credit { amount, terminal, authority_number, .. } = credit;
    let mut after = *state;
    (after.online, after.sequence) = count(state.online, state)?;
    after.authority_number = authority_number;
    after.balance = state.balance_with(amount)?;
    after.tally = state.tally.with_credit(amount)?;
    let mut entry = Entry::of_account(Kind::Credit, &after, amount, terminal, *time);
    entry.tac = credit_tac(&asked.tac(env)?, &credit, &entry, state.online);
    finish(env, &mut after, &entry, None, Beside::default(), reply)
}

/// COMMIT REVERSAL; answers TAC and MAC2. The flag of the old entry moves with the new one.
///
/// # Errors
/// 6985 when no reversal is pending; 9302; 6A80 on a time that is none; `Torn`.
pub(crate) fn reversal(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    pending: Option<Pending>,
    Request { time, mac }: &Request,
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(Pending { opening: Opening::Reversal(reversing), random }) = pending else {
        return nothing_pending();
    };
    let state = &asked.state;
    let [_, _, high, low] = reversing.authority_number.to_be_bytes();
    let key = (usage::REVERSAL, reversing.index);
    let session = asked.session(env, key, random, (state.online, [high, low]))?;
    let right = reversal_mac1(&session, &reversing, time);
    guard::check(env, &right, mac, StatusWord::MAC_WRONG)?;
    require_digits(time)?;

    let Reversing { kind, reference, amounts, terminal, authority_number, .. } = reversing;
    let old = settlement_on_card(env, state, reference)?;
    let kind = Reversal::of(kind).ok_or(Halt::Status(StatusWord::WRONG_P1P2))?;
    let mut after = reversed(state, &old, kind, &reversing)?;
    (after.online, after.sequence) = count(state.online, state)?;
    after.authority_number = authority_number;
    let mut entry = Entry {
        class: kind as u8,
        amounts,
        reference,
        ..Entry::of_account(Kind::Reversal, &after, 0, terminal, *time)
    };
    entry.tac = reversal_tac(&asked.tac(env)?, &reversing, &entry, state.online);
    let beside = Beside { flagged: Some((&old, old.entry.flags | kind.flag())), year: None };
    finish(env, &mut after, &entry, Some(&session), beside, reply)
}

/// Answers the TAC, and MAC2 where there is a session to make it with; then posts.
fn finish(
    env: &mut Env<'_>,
    after: &mut State,
    entry: &Entry,
    session: Option<&Mac>,
    beside: Beside<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    reply.push(&entry.tac)?;
    after.proof = Proof { mac2: [0; 4], tac: entry.tac };
    if let Some(session) = session {
        after.proof.mac2 = mac2(session, entry);
        reply.push(&after.proof.mac2)?;
    }
    post::entry(env, after, entry, beside)
}

fn nothing_pending() -> Outcome {
    Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED)
}

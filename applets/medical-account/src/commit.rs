//! COMMIT of a settlement, a credit, a reversal: the other side's MAC, then the entry, atomically.

use tessera_cos::{
    cipher::Mac,
    social::{failures::Counted, usage},
};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    command::{
        Credit, Four, OFF_LINE as OFF_LINE_MODE, Opening, Request, Reversing, Settlement, Time,
        require_digits,
    },
    cryptogram::{
        credit_mac2, credit_tac, mac2, reversal_mac1, reversal_tac, settlement_mac1, settlement_tac,
    },
    entry::{Entry, Kind, OFF_LINE, Reversal},
    files::Placed,
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
    let counted = guard::check(env, &right, mac, StatusWord::MAC_WRONG)?;
    let made = settled(env, asked, &settlement, terminal_counter, time);
    finish(env, (counted, Some(&session)), made, reply)
}

fn settled(
    env: &Env<'_>,
    asked: &Asked<'_>,
    settlement: &Settlement,
    terminal_counter: Four,
    time: &Time,
) -> Result<Made, Halt> {
    let state = &asked.state;
    require_digits(time)?;
    require(time.starts_with(&state.year), CLOSED_YEAR)?;
    let Settlement { mode, amounts, class, flags, terminal, .. } = *settlement;
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
    entry.tac = settlement_tac(&of_tac, settlement, terminal_counter, &entry, state.settled);
    Ok(Made { after, entry, old: None })
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
    let counted = guard::check(env, &right, mac, StatusWord::MAC_WRONG)?;
    let made = credited(env, asked, &credit, time);
    finish(env, (counted, None), made, reply)
}

fn credited(env: &Env<'_>, asked: &Asked<'_>, credit: &Credit, time: &Time) -> Result<Made, Halt> {
    let state = &asked.state;
    require_digits(time)?;
    let Credit { amount, terminal, authority_number, .. } = *credit;
    let mut after = *state;
    (after.online, after.sequence) = count(state.online, state)?;
    after.authority_number = authority_number;
    after.balance = state.balance_with(amount)?;
    after.tally = state.tally.with_credit(amount)?;
    let mut entry = Entry::of_account(Kind::Credit, &after, amount, terminal, *time);
    entry.tac = credit_tac(&asked.tac(env)?, credit, &entry, state.online);
    Ok(Made { after, entry, old: None })
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
    let counted = guard::check(env, &right, mac, StatusWord::MAC_WRONG)?;
    let made = reversal_made(env, asked, &reversing, time);
    finish(env, (counted, Some(&session)), made, reply)
}

fn reversal_made(
    env: &Env<'_>,
    asked: &Asked<'_>,
    reversing: &Reversing,
    time: &Time,
) -> Result<Made, Halt> {
    let state = &asked.state;
    require_digits(time)?;
    let Reversing { kind, reference, amounts, terminal, authority_number, .. } = *reversing;
    let old = settlement_on_card(env, state, reference)?;
    let kind = Reversal::of(kind).ok_or(Halt::Status(StatusWord::WRONG_P1P2))?;
    let mut after = reversed(state, &old, kind, reversing)?;
    (after.online, after.sequence) = count(state.online, state)?;
    after.authority_number = authority_number;
    let mut entry = Entry {
        class: kind as u8,
        amounts,
        reference,
        ..Entry::of_account(Kind::Reversal, &after, 0, terminal, *time)
    };
    entry.tac = reversal_tac(&asked.tac(env)?, reversing, &entry, state.online);
    Ok(Made { after, entry, old: Some((old, old.entry.flags | kind.flag())) })
}

/// What a COMMIT comes to.
struct Made {
    after: State,
    entry: Entry,
    /// The entry that it reverses, and the flags of that from now on.
    old: Option<(Placed, u8)>,
}

/// Answers the TAC, and MAC2 where there is a session to make it with; then posts. The MAC of the
/// other side was right, which is noted together with the entry, or with a refusal alone.
fn finish(
    env: &mut Env<'_>,
    (counted, session): (Counted, Option<&Mac>),
    made: Result<Made, Halt>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let Made { mut after, entry, old } = match made {
        Ok(made) => made,
        Err(refusal) => {
            counted.right(env)?;
            return Err(refusal);
        }
    };
    reply.push(&entry.tac)?;
    after.proof = Proof { mac2: [0; 4], tac: entry.tac };
    if let Some(session) = session {
        after.proof.mac2 = mac2(session, &entry);
        reply.push(&after.proof.mac2)?;
    }
    let flagged = old.as_ref().map(|(old, flags)| (old, *flags));
    post::entry(env, &after, &entry, Beside { counted: Some(counted), flagged, year: None })
}

fn nothing_pending() -> Outcome {
    Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED)
}

//! INITIALIZE of a settlement, a credit, a reversal: everything is looked at that can be, and
//! nothing is stored. The answer is what the other side needs for its MAC.

use tessera_cos::social::{CardKey, usage};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    command::{Credit, Four, OFF_LINE, Opening, Reversing, Settlement},
    cryptogram::{credit_mac1, transaction_session},
    entry::{FLAGS_OF_COMMANDS, Kind, Reversal},
    files::{self, Parameters, Placed},
    pending::Pending,
    post::{count, require_room},
    state::State,
    tally::{CHRONIC, OUT_OF_AREA, POOL},
    words::{ALREADY_REVERSED, LIMIT, NOT_ENTITLED, NOT_ON_CARD, PLACE, STATEMENT_DUE, require},
};

/// Counter input of a session with the authority, in place of a terminal's counter.
pub(crate) const AUTHORITY: [u8; 2] = [0x80, 0x00];

/// Begins a transaction.
///
/// # Errors
/// In the order of the crate's documentation.
pub(crate) fn initialize(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    opening: Opening,
    random: Four,
    reply: &mut Reply<'_>,
) -> Outcome {
    match &opening {
        Opening::Settlement(settlement) => {
            check_settlement(env, asked, settlement)?;
            answer(asked, (settlement.index, asked.state.settled), random, reply)?;
        }
        Opening::Reversal(reversing) => {
            check_reversal(env, asked, reversing)?;
            answer(asked, (reversing.index, asked.state.online), random, reply)?;
        }
        Opening::Credit(credit) => {
            let key = check_credit(env, asked, credit)?;
            let State { balance, online, .. } = asked.state;
            head(asked, (credit.index, online), random, reply)?;
            let session = transaction_session(&key.load(env)?, random, online, AUTHORITY)?;
            reply.push(&credit_mac1(&session, balance, credit))?;
        }
    }
    Pending { opening, random }.keep(env)
}

/// Balance, the entry's sequence, the counter, version and algorithm of the key, random number. The
/// version is the key's index, as in the published settlement: a terminal's module takes its key by
/// it.
fn head(
    asked: &Asked<'_>,
    (index, counter): (u8, u16),
    random: Four,
    reply: &mut Reply<'_>,
) -> Outcome {
    reply.push(&asked.state.balance.to_be_bytes())?;
    reply.push(&asked.state.sequence.wrapping_add(1).to_be_bytes())?;
    reply.push(&counter.to_be_bytes())?;
    reply.push(&[index, asked.suite as u8])?;
    reply.push(&random)
}

/// The same, then how many entries are in no statement, and where the account stands.
fn answer(
    asked: &Asked<'_>,
    index_and_counter: (u8, u16),
    random: Four,
    reply: &mut Reply<'_>,
) -> Outcome {
    head(asked, index_and_counter, random, reply)?;
    reply.push(&[asked.state.unstated_byte(), asked.state.standing as u8])
}

/// # Errors
/// 6982 without the PIN; 9486, 6985; 9481; 9403; 6A80 class, flags, D; 9485, 6A80 the place; 948C;
/// 9483 one settlement; 9401; 9483 off-line; 9402.
fn check_settlement(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    settlement: &Settlement,
) -> Result<CardKey, Halt> {
    let Settlement { mode, index, amounts, class, flags, terminal } = settlement;
    let state = &asked.state;
    asked.require_pin(env)?;
    state.open_for_money()?;
    require(state.unstated() < u32::from(state.limit), STATEMENT_DUE)?;
    let key = asked.key(env, (usage::PURCHASE, *index), StatusWord::KEY_NOT_FOUND)?;

    let is_class = matches!(class, b'0'..=b'6' | b'9');
    let well_made = is_class && flags & !FLAGS_OF_COMMANDS == 0 && amounts.is_sound();
    require(well_made, StatusWord::WRONG_DATA)?;

    let parameters = Parameters::load(env)?;
    let (abroad, off_line) = (flags & OUT_OF_AREA != 0, *mode == OFF_LINE);
    if !parameters.is_home_of(terminal) {
        require(abroad && !off_line && parameters.is_marked(4), PLACE)?;
    } else if abroad {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let chronic = flags & CHRONIC != 0 || *class == b'5';
    require(!chronic || parameters.is_marked(6), NOT_ENTITLED)?;
    require(flags & POOL == 0 || parameters.is_marked(5), NOT_ENTITLED)?;

    let single = state.limits.single;
    require(single == 0 || amounts.account <= single, LIMIT)?;
    require(amounts.account <= state.balance, StatusWord::BALANCE_INSUFFICIENT)?;
    if off_line {
        require(amounts.pooled == 0 && is_within_off_line(state, amounts.account), LIMIT)?;
    }
    count(state.settled, state)?;
    state.tally.with((*class, *flags), amounts, true)?;
    Ok(key)
}

/// What has been settled off-line and this together stay below both limits.
fn is_within_off_line(state: &State, account: u32) -> bool {
    let State { off_line, limits, .. } = state;
    let amount = u64::from(off_line.amount) + u64::from(account);
    limits.off_line_allowed == 1
        && amount < u64::from(limits.off_line_amount)
        && u16::from(off_line.count) + 1 < u16::from(limits.off_line_count)
}

/// # Errors
/// 9486, 6985; 9481; 9403; 9487; 9402.
fn check_credit(env: &Env<'_>, asked: &Asked<'_>, credit: &Credit) -> Result<CardKey, Halt> {
    let state = &asked.state;
    state.open_for_money()?;
    require_room(state)?;
    let key = asked.key(env, (usage::LOAD, credit.index), StatusWord::KEY_NOT_FOUND)?;
    state.newer(credit.authority_number)?;
    state.balance_with(credit.amount)?;
    count(state.online, state)?;
    state.tally.with_credit(credit.amount)?;
    Ok(key)
}

/// # Errors
/// 9486, 6985; 9481; 9403; 9487; 9488; 6A86; 9489; 6A80; 9401; 9402.
fn check_reversal(
    env: &Env<'_>,
    asked: &Asked<'_>,
    reversing: &Reversing,
) -> Result<CardKey, Halt> {
    let state = &asked.state;
    state.open_for_money()?;
    require_room(state)?;
    let key = asked.key(env, (usage::REVERSAL, reversing.index), StatusWord::KEY_NOT_FOUND)?;
    state.newer(reversing.authority_number)?;
    let old = settlement_on_card(env, state, reversing.reference)?;
    let kind = Reversal::of(reversing.kind).ok_or(Halt::Status(StatusWord::WRONG_P1P2))?;
    require(old.entry.flags & kind.forbidden_by() == 0, ALREADY_REVERSED)?;
    let (amounts, there) = (&reversing.amounts, &old.entry.amounts);
    match kind {
        Reversal::Refund => require(amounts == there, StatusWord::WRONG_DATA)?,
        Reversal::Red => require(amounts.is_within(there), StatusWord::WRONG_DATA)?,
        Reversal::Black => {
            require(amounts.account <= state.balance, StatusWord::BALANCE_INSUFFICIENT)?;
        }
    }
    count(state.online, state)?;
    reversed(state, &old, kind, reversing)?;
    Ok(key)
}

/// The settlement with this sequence, if it is on the card.
///
/// # Errors
/// 9488.
pub(crate) fn settlement_on_card(
    env: &Env<'_>,
    state: &State,
    sequence: u32,
) -> Result<Placed, Halt> {
    let number = state.sequence.wrapping_sub(sequence).wrapping_add(1);
    let placed = files::entry(env, &files::entries(env)?, number)?;
    let settlement = placed.filter(|placed| {
        placed.entry.kind == Kind::Settlement && placed.entry.sequence == sequence
    });
    settlement.ok_or(Halt::Status(NOT_ON_CARD))
}

/// Balance and sums once a reversal is done. The sums change only when the settlement is of the
/// present year; otherwise only the authority's books do.
///
/// # Errors
/// 9401 when a black entry is greater than the balance; 9402 when the balance or a sum would not
/// fit its place.
pub(crate) fn reversed(
    state: &State,
    old: &Placed,
    kind: Reversal,
    Reversing { amounts, .. }: &Reversing,
) -> Result<State, Halt> {
    let Placed { entry, .. } = old;
    let this_year = entry.time.starts_with(&state.year);
    let what = (entry.class, entry.flags);
    let visit = kind == Reversal::Refund;
    let mut after = *state;
    if kind == Reversal::Black {
        let left = state.balance.checked_sub(amounts.account);
        after.balance = left.ok_or(Halt::Status(StatusWord::BALANCE_INSUFFICIENT))?;
        if this_year {
            after.tally = state.tally.with(what, amounts, false)?;
        }
    } else {
        after.balance = state.balance_with(amounts.account)?;
        if this_year {
            after.tally = state.tally.without(what, amounts, visit);
        }
    }
    Ok(after)
}

//! The commands with a MAC: what the authority orders, and the acknowledgement of a statement.
//!
//! The MAC is over CLA INS P1 P2 Lc and the data in front of it, Lc counting the MAC, in a session
//! of the challenge that the command before drew.

use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Asked,
    command::{Action, OpenOrder, Order, Reconciliation, YearOrder, require_digits, require_sign},
    cryptogram::{order_tac, session},
    entry::{Entry, Kind, MINUS},
    event::{Event, Happened},
    guard,
    post::{self, Beside, count, require_room},
    state::{BALANCE_MAX, LIMIT_USUAL, OffLine, Proof, Standing, State},
    words::{FIGURES_DIFFER, FROZEN, RANGE_END, RECONCILE_FIRST, require},
    year,
};

/// Bytes of the challenge; a cipher with longer blocks has 00 behind them.
const CHALLENGE_BYTES: usize = 8;

/// The command comes from who has the key.
///
/// # Errors
/// 6984 without a challenge; 6988, which is counted; 6A88 without the key; `Torn`.
pub(crate) fn authentic(env: &mut Env<'_>, asked: &Asked<'_>, key: (u8, u8)) -> Outcome {
    let key = asked.key(env, key, StatusWord::REFERENCED_DATA_NOT_FOUND)?;
    let missing = Halt::Status(StatusWord::REFERENCE_DATA_NOT_USABLE);
    let challenge = asked.turn.challenge.last(CHALLENGE_BYTES).ok_or(missing)?;
    let session = session(&key.load(env)?, challenge)?;
    let data = asked.turn.command.data;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    let (body, mac) = data.split_last_chunk::<4>().ok_or(Halt::Status(wrong))?;
    let header = tessera_cos::messaging::header_bytes(asked.turn.command);
    let right = session.of(&[], &[&header, &[data.len() as u8], body]);
    guard::check(env, &right, mac, wrong)?.right(env)
}

/// FREEZE, unfreeze, terminate.
///
/// # Errors
/// 6985 when the account is not open; 9486 when it is to be frozen and is; 9487; 6A80 on a time
/// that is none; `Torn`.
pub(crate) fn freeze(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    (action, reason): (Action, u8),
    (authority_number, time): (u32, [u8; 7]),
) -> Outcome {
    let state = &asked.state;
    state.open()?;
    let freezes = action == Action::Freeze;
    require(!(freezes && state.standing == Standing::Frozen), FROZEN)?;
    state.newer(authority_number)?;
    require_digits(&time)?;
    let (standing, happened) = match action {
        Action::Freeze => (Standing::Frozen, Happened::Frozen),
        Action::Unfreeze => (Standing::Active, Happened::Unfrozen),
        Action::Terminate => (Standing::Terminated, Happened::Terminated),
    };
    let after = State { standing, authority_number, ..*state };
    let event = Event { happened, reason, authority_number, sequence: state.sequence, time };
    post::event(env, &after, &event)
}

/// YEAR SETTLEMENT: the old year's record, then a year of nothing and the interest. Answers the
/// entry's sequence and its TAC.
///
/// # Errors
/// 9486, 6985; 9487; 948A; 948B; 6A80; 9481; 9402; `Torn`.
pub(crate) fn year(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    order: &YearOrder,
    reply: &mut Reply<'_>,
) -> Outcome {
    let YearOrder { year, start, interest, balance, authority_number, time } = *order;
    let state = &asked.state;
    state.open_for_money()?;
    state.newer(authority_number)?;
    require(state.off_line.count == 0, RECONCILE_FIRST)?;
    require(balance == state.balance, FIGURES_DIFFER)?;
    require(year > state.year, StatusWord::WRONG_DATA)?;
    for digits in [&year[..], &start, &time] {
        require_digits(digits)?;
    }
    require_room(state)?;
    let mut after = State {
        balance: state.balance_with(interest)?,
        tally: crate::tally::Tally::EMPTY,
        year,
        start,
        ..*state
    };
    let order = Order { authority_number, terminal: [0; 6], time };
    let entry = ordered(env, asked, &mut after, &order, (Kind::Year, interest, 0, 0))?;
    reply.push(&entry.sequence.to_be_bytes())?;
    reply.push(&entry.tac)?;
    let record = year::record(state);
    post::entry(env, &after, &entry, Beside { year: Some(&record), ..Beside::default() })
}

/// ADJUST; answers the entry's sequence and its TAC.
///
/// # Errors
/// 9486, 6985; 9487; 9401; 6A80 on a sign or time that is none; 9481; 9402; `Torn`.
pub(crate) fn adjust(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    (sign, amount, reference): (u8, u32, u32),
    order: &Order,
    reply: &mut Reply<'_>,
) -> Outcome {
    let state = &asked.state;
    state.open_for_money()?;
    state.newer(order.authority_number)?;
    let minus = sign == MINUS;
    require(!minus || amount <= state.balance, StatusWord::BALANCE_INSUFFICIENT)?;
    require_sign(sign)?;
    require_digits(&order.time)?;
    require_room(state)?;
    let balance = match state.balance.checked_sub(amount).filter(|_| minus) {
        Some(less) => less,
        None => state.balance_with(amount)?,
    };
    let mut after = State { balance, ..*state };
    let what = (Kind::Adjustment, amount, reference, sign);
    let entry = ordered(env, asked, &mut after, order, what)?;
    reply.push(&entry.sequence.to_be_bytes())?;
    reply.push(&entry.tac)?;
    post::entry(env, &after, &entry, Beside::default())
}

/// CLOSE: nothing is left, for ever. Answers what was left, the entry's sequence and its TAC.
///
/// # Errors
/// 6985; 9487; 6A80 on a time that is none; 9481; 9402; `Torn`.
pub(crate) fn close(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    order: &Order,
    reply: &mut Reply<'_>,
) -> Outcome {
    let state = &asked.state;
    state.open()?;
    state.newer(order.authority_number)?;
    require_digits(&order.time)?;
    require_room(state)?;
    let mut after = State { standing: Standing::Terminated, balance: 0, ..*state };
    let what = (Kind::Closing, state.balance, 0, 0);
    let entry = ordered(env, asked, &mut after, order, what)?;
    reply.push(&state.balance.to_be_bytes())?;
    reply.push(&entry.sequence.to_be_bytes())?;
    reply.push(&entry.tac)?;
    post::entry(env, &after, &entry, Beside::default())
}

/// OPEN: a new account, or one that goes on from another card. Answers the entry's sequence and
/// its TAC. The entry has the sequence the order names, and counts as stated.
///
/// # Errors
/// 6985 unless the account is new; 9487; 6A80 on a time, a year or a limit that is none; 9402 a
/// balance that is too great; `Torn`.
pub(crate) fn open(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    open: &OpenOrder,
    reply: &mut Reply<'_>,
) -> Outcome {
    let state = &asked.state;
    let is_new = state.standing == Standing::New;
    require(is_new, StatusWord::CONDITIONS_NOT_SATISFIED)?;
    let (mut after, entry) = opened(state, open)?;
    let tac = order_tac(&asked.tac(env)?, open.order.authority_number, &entry, state.online);
    let entry = Entry { tac, ..entry };
    after.proof = Proof { mac2: [0; 4], tac };
    reply.push(&entry.sequence.to_be_bytes())?;
    reply.push(&entry.tac)?;
    post::entry(env, &after, &entry, Beside::default())
}

/// The state and the entry, without its TAC, that opening comes to.
///
/// # Errors
/// As [`open`], without the first.
pub(crate) fn opened(state: &State, open: &OpenOrder) -> Result<(State, Entry), Halt> {
    let OpenOrder { balance, sequence, year, start, tally, statement, limit, limits, ref order } =
        *open;
    state.newer(order.authority_number)?;
    require_limit(limit)?;
    for digits in [&year[..], &start, &order.time] {
        require_digits(digits)?;
    }
    require(balance <= BALANCE_MAX, RANGE_END)?;
    let after = State {
        standing: Standing::Active,
        sequence,
        base: sequence,
        statement,
        limit,
        balance,
        limits,
        online: state.online.checked_add(1).ok_or(Halt::Status(RANGE_END))?,
        authority_number: order.authority_number,
        tally,
        year,
        start,
        ..*state
    };
    let entry = Entry::of_account(Kind::Opening, &after, balance, order.terminal, order.time);
    Ok((after, entry))
}

/// RECONCILE: the authority has all entries; off-line settlements begin anew, with these limits.
///
/// # Errors
/// 6985; 948B; 9487; 6A80 on a limit or time that is none; `Torn`.
pub(crate) fn reconcile(env: &mut Env<'_>, asked: &Asked<'_>, order: &Reconciliation) -> Outcome {
    let Reconciliation { up_to, balance, limits, limit, authority_number, time } = *order;
    let state = &asked.state;
    state.open()?;
    require((up_to, balance) == (state.sequence, state.balance), FIGURES_DIFFER)?;
    state.newer(authority_number)?;
    require_limit(limit)?;
    require_digits(&time)?;
    let off_line = OffLine { amount: 0, count: 0 };
    let after = State { off_line, limits, limit, authority_number, ..*state };
    let (happened, sequence) = (Happened::Reconciled, state.sequence);
    post::event(env, &after, &Event { happened, reason: 0, authority_number, sequence, time })
}

/// ACK STATEMENT: what stands in it need not be kept for the next one.
///
/// # Errors
/// 6985; 948B; 6A80 on a time that is none; 9402; `Torn`.
pub(crate) fn acknowledge(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    (number, to, balance): (u16, u32, u32),
    time: [u8; 7],
) -> Outcome {
    let state = &asked.state;
    state.open()?;
    let next = state.statement.wrapping_add(1);
    let figures = (next, state.sequence, state.balance);
    require((number, to, balance) == figures, FIGURES_DIFFER)?;
    require_digits(&time)?;
    let statement = state.statement.checked_add(1).ok_or(Halt::Status(RANGE_END))?;
    let after = State { base: state.sequence, statement, ..*state };
    let (happened, sequence) = (Happened::Stated, state.sequence);
    post::event(env, &after, &Event { happened, reason: 0, authority_number: 0, sequence, time })
}

/// The entry an order makes: type, amount, the entry it refers to, class. `after` has its balance,
/// and gets sequence, counter, number and proof.
fn ordered(
    env: &Env<'_>,
    asked: &Asked<'_>,
    after: &mut State,
    Order { authority_number, terminal, time }: &Order,
    (kind, amount, reference, class): (Kind, u32, u32, u8),
) -> Result<Entry, Halt> {
    let state = &asked.state;
    (after.online, after.sequence) = count(state.online, state)?;
    after.authority_number = *authority_number;
    let entry = Entry::of_account(kind, after, amount, *terminal, *time);
    let mut entry = Entry { reference, class, ..entry };
    entry.tac = order_tac(&asked.tac(env)?, *authority_number, &entry, state.online);
    after.proof = Proof { mac2: [0; 4], tac: entry.tac };
    Ok(entry)
}

/// # Errors
/// 6A80 unless it is 1 to 60.
fn require_limit(limit: u8) -> Outcome {
    require((1..=LIMIT_USUAL).contains(&limit), StatusWord::WRONG_DATA)
}

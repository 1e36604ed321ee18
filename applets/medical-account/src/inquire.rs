//! What the ledger tells: control information, STATUS, GET STATEMENT, PROOF.

use tessera_cos::Header;
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord, Tag};

use crate::{
    Asked,
    entry::{Entry, Kind, MINUS, Reversal},
    files::{self, Parameters, Suite},
    state::{STATUS_LONG, Standing, State},
    words::require,
};

/// Tag of the data an issuer puts into an application's control information.
const ISSUER_DATA: Tag = Tag(0x9F0C);

/// First byte of them: version of this layout.
const LAYOUT_VERSION: u8 = 0x01;

/// The A5 object of the control information: algorithm, standing, entries without a statement,
/// their limit, year, insured region.
///
/// # Errors
/// 6F00 when the segment is damaged or it does not fit the reply.
pub(crate) fn proprietary(env: &Env<'_>, _: &Header, reply: &mut Reply<'_>) -> Outcome {
    let state = State::load(env)?;
    let Parameters { region, .. } = Parameters::load(env)?;
    let suite = Suite::load(env)?;
    reply.tlv(ISSUER_DATA, |reply| {
        let State { standing, limit, year, .. } = state;
        let unstated = state.unstated_byte();
        reply.push(&[LAYOUT_VERSION, suite as u8, standing as u8, unstated, limit])?;
        reply.push(&year)?;
        reply.push(&region)
    })
}

/// STATUS.
///
/// # Errors
/// 6982: the long form wants the PIN or the read key.
pub(crate) fn status(
    env: &mut Env<'_>,
    asked: &Asked<'_>,
    long: bool,
    reply: &mut Reply<'_>,
) -> Outcome {
    let state = &asked.state;
    if long {
        asked.require_pin_or_read_key(env)?;
        return reply.push(state.encode().get(STATUS_LONG).unwrap_or_default());
    }
    reply.push(&[state.standing as u8, state.unstated_byte(), state.limit])?;
    reply.push(&state.statement.to_be_bytes())?;
    reply.push(&state.sequence.to_be_bytes())?;
    reply.push(&state.year)?;
    reply.push_byte(0)
}

/// PROOF: MAC2 and TAC of the last entry.
///
/// # Errors
/// 9406 when the sequence is not that of the last entry.
pub(crate) fn proof(asked: &Asked<'_>, sequence: u32, reply: &mut Reply<'_>) -> Outcome {
    let state = &asked.state;
    let is_last = state.standing != Standing::New && sequence == state.sequence;
    require(is_last, StatusWord::NO_PROOF)?;
    reply.push(&state.proof.mac2)?;
    reply.push(&state.proof.tac)
}

/// What the entries of a statement sum up to. Sums are modulo 2^32, as are those of the balance
/// they lead to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sums {
    credits: u32,
    settlements: u32,
    refunds: u32,
    plus: u32,
    minus: u32,
}

impl Sums {
    /// With an entry.
    const fn and(mut self, entry: &Entry) -> Self {
        let sum = match entry.kind {
            Kind::Credit => &mut self.credits,
            Kind::Settlement => &mut self.settlements,
            Kind::Reversal if entry.class == Reversal::Black as u8 => &mut self.settlements,
            Kind::Reversal => &mut self.refunds,
            Kind::Adjustment if entry.class == MINUS => &mut self.minus,
            Kind::Adjustment | Kind::Year | Kind::Opening => &mut self.plus,
            Kind::Closing => &mut self.minus,
        };
        *sum = sum.wrapping_add(entry.amounts.account);
        self
    }

    /// The balance before, when they led to this one.
    const fn before(&self, balance: u32) -> u32 {
        let taken = self.settlements.wrapping_add(self.minus);
        let given = self.credits.wrapping_add(self.refunds).wrapping_add(self.plus);
        balance.wrapping_add(taken).wrapping_sub(given)
    }
}

/// GET STATEMENT: the entries since the last one, summed up.
///
/// # Errors
/// 6982 without the PIN or the read key; 6985 when the account is not open.
pub(crate) fn statement(env: &mut Env<'_>, asked: &Asked<'_>, reply: &mut Reply<'_>) -> Outcome {
    asked.require_pin_or_read_key(env)?;
    let state = &asked.state;
    state.open()?;
    let entries = files::entries(env)?;
    let mut sums = Sums::default();
    for number in 1..=state.unstated() {
        let placed = files::entry(env, &entries, number)?;
        let placed = placed.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
        sums = sums.and(&placed.entry);
    }
    reply.push(&state.statement.wrapping_add(1).to_be_bytes())?;
    reply.push(&state.base.wrapping_add(1).to_be_bytes())?;
    reply.push(&state.sequence.to_be_bytes())?;
    reply.push_byte(state.unstated_byte())?;
    let Sums { credits, settlements, refunds, plus, minus } = sums;
    for sum in [sums.before(state.balance), credits, settlements, refunds, plus, minus] {
        reply.push(&sum.to_be_bytes())?;
    }
    reply.push(&state.balance.to_be_bytes())
}

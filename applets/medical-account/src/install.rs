//! Installation: the application's DF, its files and keys, what is in the parameters, and perhaps
//! an account that is open.

use tessera_cos::{
    DfSpec,
    layout::{self, ROOT_AT},
    record,
    social::{self, CardKeySpec, usage},
    tree,
};
use tessera_framework::{
    DfId, Env, Halt, Outcome, StatusWord,
    tlv::{DataObject, DataObjects},
};

use crate::{
    command::OpenOrder,
    cryptogram::{order_tac, tac},
    entry::Entry,
    files::{self, FILES, ITEMS, ROOT, Suite, TAC_KEY},
    order,
    post::{self, Beside},
    state::{Proof, State},
};

const KEY: u16 = 0xC1;
const SUITE: u16 = 0xC2;
const ITEM: u16 = 0xC4;
const OPENED: u16 = 0xC5;

const WRONG: Halt = Halt::Status(StatusWord::WRONG_DATA);
const DAMAGED: Halt = Halt::Status(StatusWord::NO_DIAGNOSIS);

/// Makes the application.
///
/// # Errors
/// 6A80 on data that is not understood or does not fit together; 6A84; `Torn`.
pub(crate) fn install(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    let suite = suite(data)?;
    layout::format(env)?;
    tree::create_root(env, &DfSpec { own: suite as u8, ..ROOT })?;
    if values(data, KEY).next().is_some() {
        check_keys(suite, data)?;
        let keys = values(data, KEY).filter_map(CardKeySpec::parse);
        social::keys::create(env, DfId::ROOT, keys)?;
    }
    for (file, at) in &FILES {
        let made = tree::create_ef(env, DfId::ROOT, file)?.at;
        if made != files::first(env)? + at {
            return Err(DAMAGED);
        }
    }
    fill_parameters(env, data)?;
    State::NEW.store(env)?;
    match (values(data, OPENED).next(), values(data, OPENED).nth(1)) {
        (None, _) => Ok(()),
        (Some(open), None) => begin_open(env, open),
        _ => Err(WRONG),
    }
}

/// The values of all objects with a tag.
fn values(data: &[u8], tag: u16) -> impl Iterator<Item = &[u8]> + Clone {
    let objects = DataObjects::new(data).flatten();
    objects.filter(move |object| object.tag.0 == tag).map(|object| object.value)
}

/// The cipher, if all objects are known ones.
fn suite(data: &[u8]) -> Result<Suite, Halt> {
    let known = |object: Result<DataObject<'_>, _>| {
        object.is_ok_and(|object| matches!(object.tag.0, SUITE | KEY | ITEM | OPENED))
    };
    if !DataObjects::new(data).all(known) {
        return Err(WRONG);
    }
    match (values(data, SUITE).next(), values(data, SUITE).nth(1)) {
        (Some(&[byte]), None) => Suite::of(byte).ok_or(WRONG),
        _ => Err(WRONG),
    }
}

/// The records of EF05, each written or not.
fn fill_parameters(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    let file = files::parameters(env)?;
    let items = || values(data, ITEM);
    for value in items() {
        let named = value.first().copied().unwrap_or_default();
        let again = items().filter(|other| other.first() == Some(&named)).count();
        if !(1..=ITEMS.len()).contains(&usize::from(named)) || again > 1 {
            return Err(WRONG);
        }
    }
    for (number, item) in (1..).zip(ITEMS) {
        let mut record = [0; 2 + 0x1D];
        let bytes = item.unwritten.len();
        let record = record.get_mut(..2 + bytes).ok_or(DAMAGED)?;
        let (head, value) = record.split_at_mut(2);
        head.copy_from_slice(&[item.tag, bytes as u8]);
        value.copy_from_slice(item.unwritten);
        let mut items = items().filter_map(|value| value.split_first());
        if let Some((_, given)) = items.find(|(named, _)| **named == number) {
            if given.len() != bytes {
                return Err(WRONG);
            }
            value.copy_from_slice(given);
        }
        record::add(env, &file, record.len(), record)?;
    }
    Ok(())
}

/// Every key of the application is one of its cipher.
fn check_keys(suite: Suite, data: &[u8]) -> Outcome {
    let fits =
        |key: Option<CardKeySpec<'_>>| key.is_some_and(|key| key.algorithm == suite.algorithm());
    match values(data, KEY).all(|value| fits(CardKeySpec::parse(value))) {
        true => Ok(()),
        false => Err(WRONG),
    }
}

/// The account is open: what OPEN says, without its MAC.
fn begin_open(env: &mut Env<'_>, value: &[u8]) -> Outcome {
    let state = State::NEW;
    let open = OpenOrder::read(value).map_err(|_| WRONG)?;
    let (mut after, entry) = order::opened(&state, &open).map_err(|_| WRONG)?;
    let key = social::keys::find(env, ROOT_AT, usage::TAC, TAC_KEY, None)?.ok_or(WRONG)?;
    let of_tac = tac(&key.load(env)?);
    let tac = order_tac(&of_tac, open.order.authority_number, &entry, state.online);
    after.proof = Proof { mac2: [0; 4], tac };
    post::entry(env, &after, &Entry { tac, ..entry }, Beside::default())
}

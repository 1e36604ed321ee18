//! Installation: the application's DF, its files and keys, what is in the parameters, and perhaps
//! an account that is open.

use tessera_cos::{
    Access, DfSpec, Flags,
    keys::{self, KeySpec},
    layout, record, tree,
};
use tessera_framework::{DfId, Env, Halt, Outcome, StatusWord, tlv::DataObjects};

use crate::{
    command::OpenOrder,
    cryptogram::{order_tac, tac},
    entry::Entry,
    files::{self, FILES, ITEMS, ROOT, Suite},
    key_usage, order, post,
    post::Beside,
    state::{Proof, State},
};

const SUITE: u16 = 0xC1;
const KEY: u16 = 0xC3;
const ITEM: u16 = 0xC4;
const OPENED: u16 = 0xC5;

/// Bytes of every key of the application.
const KEY_BYTES: usize = 16;

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
    for (file, at) in &FILES {
        if tree::create_ef(env, DfId::ROOT, file)?.at != *at {
            return Err(DAMAGED);
        }
    }
    fill_parameters(env, data)?;
    State::NEW.store(env)?;
    for object in DataObjects::new(data) {
        let object = object.map_err(|_| WRONG)?;
        match object.tag.0 {
            SUITE | ITEM => {}
            KEY => add_key(env, suite, object.value)?,
            OPENED => begin_open(env, suite, object.value)?,
            _ => return Err(WRONG),
        }
    }
    Ok(())
}

fn suite(data: &[u8]) -> Result<Suite, Halt> {
    let mut suites = DataObjects::new(data).flatten().filter(|object| object.tag.0 == SUITE);
    match (suites.next().map(|object| object.value), suites.next()) {
        (Some(&[byte]), None) => Suite::of(byte).ok_or(WRONG),
        _ => Err(WRONG),
    }
}

/// The records of EF05, each written or not.
fn fill_parameters(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    let file = files::parameters(env)?;
    let items = || DataObjects::new(data).flatten().filter(|object| object.tag.0 == ITEM);
    for object in items() {
        let named = object.value.first().copied().unwrap_or_default();
        let again = items().filter(|other| other.value.first() == Some(&named)).count();
        if !(1..=ITEMS.len()).contains(&usize::from(named)) || again > 1 {
            return Err(WRONG);
        }
    }
    for (number, item) in (1..).zip(ITEMS) {
        let mut record = [item.unwritten; 2 + 0x1D];
        let bytes = usize::from(item.bytes);
        let record = record.get_mut(..2 + bytes).ok_or(DAMAGED)?;
        let (head, value) = record.split_at_mut(2);
        head.copy_from_slice(&[item.tag, item.bytes]);
        let mut items = items().filter_map(|object| object.value.split_first());
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

/// Usage, identifier, version, key.
fn add_key(env: &mut Env<'_>, suite: Suite, value: &[u8]) -> Outcome {
    let Some((&[usage, id, version], key)) = value.split_first_chunk() else { return Err(WRONG) };
    if key.len() != KEY_BYTES {
        return Err(WRONG);
    }
    let spec = KeySpec {
        usage,
        id,
        usable: Access::Always,
        change: Access::Never,
        version_or_follow_up: version,
        algorithm: suite.key_byte(),
        tries: None,
        flags: Flags(0),
    };
    keys::add(env, 0..0, DfId::ROOT, &spec, key).map(drop)
}

/// The account is open: what OPEN says, without its MAC.
fn begin_open(env: &mut Env<'_>, suite: Suite, value: &[u8]) -> Outcome {
    let state = State::load(env)?;
    if state != State::NEW {
        return Err(WRONG);
    }
    let open = OpenOrder::read(value).map_err(|_| WRONG)?;
    let (mut after, entry) = order::opened(&state, &open).map_err(|_| WRONG)?;
    let key = files::key(env, suite, (key_usage::TAC, key_usage::TAC_ID), StatusWord::WRONG_DATA)?;
    let number = open.order.authority_number;
    let tac = order_tac(&tac(&key.key), number, &entry, state.online);
    after.proof = Proof { mac2: [0; 4], tac };
    post::entry(env, &after, &Entry { tac, ..entry }, Beside::default())
}

//! A blank card by the letter of ISO/IEC 7816-4 and 7816-9: an MF, and the commands to put files,
//! rights, keys and data objects on it.
//!
//! It is the MF of its card. What the commands do is said in [`tessera_cos::iso`]; this applet adds
//! what lies on the card at first.
//!
//! | what | which |
//! |---|---|
//! | MF | 3F00, named F0 and the letters TESSERA.ISO (own design: the standard gives it no name), activated |
//! | transport key | global key number 1, for EXTERNAL AUTHENTICATE, 15 tries |
//! | PIN | global reference data number 1, 3 tries |
//!
//! With a transport key, the MF's rules let only who has shown it create, delete, change the life
//! cycle of what lies in the MF, put data and store security environments; data objects are free to
//! get. Without one the MF has no rules and everything is free. Both come from the installation
//! data; neither need be there. The card's issuer replaces the key with PUT DATA.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile, each at most once:
//!
//! | tag | value |
//! |---|---|
//! | C0 | the PIN, 1 to 16 bytes |
//! | C1 | the transport key: its algorithm (01 triple DES, 02 AES, 03 SM4) and its bytes |

#![no_std]
#![forbid(unsafe_code)]

use tessera_cos::{
    Access, DfSpec, Dialect, Iso, Session,
    iso::key_object,
    layout, no_data_object,
    session::{self, EPOCH_BYTES},
    tree,
};
use tessera_framework::{
    Aid, Applet, Command, Descriptor, DfId, Env, FileId, Halt, Outcome, Reply, Selected, Selection,
    StatusWord,
    pin::forget,
    tlv::{DataObject, DataObjects, Tag},
};

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct Iso7816;

/// The MF's name.
const NAME: Aid = Aid::new(b"\xF0TESSERA.ISO");

/// Installation data: the PIN.
pub const PIN: Tag = Tag(0xC0);
/// Installation data: the transport key.
pub const TRANSPORT_KEY: Tag = Tag(0xC1);

/// Tries of the PIN and of the transport key.
const PIN_TRIES: u8 = 3;
const KEY_TRIES: u8 = 15;

/// Keys and reference data whose tries are counted, and the one counter that stays spare.
const COUNTERS: usize = 12;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: NAME,
    fid: Some(FileId::MF),
    counters: &[0; COUNTERS],
    ram_on_deselect_bytes: tessera_cos::iso::RAM_BYTES,
    ram_on_reset_bytes: EPOCH_BYTES,
    secure_messaging: true,
    chaining: true,
};

const ISO: Iso = Iso { counters_first: 0, counters_end: COUNTERS as u8 };

static DIALECT: Dialect = Dialect {
    pin: None,
    cyclic_update_adds: false,
    ef_answers_fci: true,
    ef_selection_finds_dfs: false,
    data_object: no_data_object,
    iso: Some(ISO),
};

/// Rules of an MF with a transport key: all its operations by external authentication, and so
/// for putting data and managing security environments; getting data is free.
const TRANSPORT_RULES: &[u8] = &[
    0x8C, 0x08, 0x7F, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, //
    0xA0, 0x06, 0x8C, 0x04, 0x07, 0x20, 0x20, 0x00,
];

impl Applet for Iso7816 {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        let (mut pin, mut key) = (None, None);
        for object in DataObjects::new(data) {
            match object {
                Ok(DataObject { tag: PIN, value }) if pin.is_none() => pin = Some(value),
                Ok(DataObject { tag: TRANSPORT_KEY, value: [algorithm, value @ ..] })
                    if key.is_none() =>
                {
                    key = Some((*algorithm, value));
                }
                _ => return Halt::status(StatusWord::WRONG_DATA),
            }
        }
        layout::format(env)?;
        tree::create_root(
            env,
            &DfSpec {
                fid: FileId::MF,
                name: NAME.as_bytes(),
                full_control: true,
                create: Access::Rules,
                erase: Access::Rules,
                attributes: if key.is_some() { TRANSPORT_RULES } else { &[] },
                ..DfSpec::PLAIN
            },
        )?;
        if let Some(value) = pin {
            let object = [0x83, 1, 1, 0x95, 1, key_object::usage::REFERENCE, 0x90, 1, PIN_TRIES];
            put(env, &object, value)?;
        }
        if let Some((algorithm, value)) = key {
            let usage = key_object::usage::EXTERNAL;
            let object = [0x83, 1, 1, 0x95, 1, usage, 0x90, 1, KEY_TRIES, 0x80, 1, algorithm];
            put(env, &object, value)?;
        }
        Ok(())
    }

    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        tessera_cos::df_by_name(env, prefix, nth)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        tessera_cos::select(env, &DIALECT, selection, reply)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        tessera_cos::process(env, &DIALECT, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

/// Puts a key into the MF: what describes it, and its value.
fn put(env: &mut Env<'_>, description: &[u8], value: &[u8]) -> Outcome {
    const LONGEST: usize = 12 + 2 + 32;
    let mut object = [0; LONGEST];
    let header = [0x8F, value.len() as u8];
    let parts = description.iter().chain(&header).chain(value);
    let bytes = description.len() + header.len() + value.len();
    // An empty value would ask to delete a key.
    let Some(place) = object.get_mut(..bytes).filter(|_| !value.is_empty()) else {
        return Halt::status(StatusWord::WRONG_DATA);
    };
    for (to, from) in place.iter_mut().zip(parts) {
        *to = *from;
    }
    let done = key_object::put(env, ISO, Session::load(env)?, place);
    forget(&mut object);
    done
}

#[cfg(test)]
mod tests;

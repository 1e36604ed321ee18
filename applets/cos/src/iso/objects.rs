//! PUT DATA and GET DATA (ISO/IEC 7816-4:2020, 11.5): data objects kept in a DF.
//!
//! Each is a block under the DF, its tag where a file has its identifier. A new value is written to
//! free space and takes the old one's place in one transaction, so that it is all or nothing
//! whatever its length; there must be room for both. An empty value deletes the object (own
//! choice). The tags of control information are the card's (6985), and 0100 is how
//! [keys](super::reference) get in.

use tessera_framework::{Command, Env, Halt, Outcome, Reply, StatusWord, Tag};

use super::{Card, check_open, key_object};
use crate::{
    Operation, Session, control,
    find::find_block,
    header::Header,
    layout::{Kind, df_at},
    rights,
    space::delete,
    tree::create_object,
};

/// P1-P2 of PUT DATA for keys and reference data (own design, of the range the standard leaves to
/// the card).
pub const KEY_OBJECT: u16 = 0x0100;

/// P1-P2 of GET DATA and PUT DATA as a tag.
///
/// # Errors
/// 6A86 when it is none: one-byte BER tags are 0040 to 00FE, two-byte ones 4000 to FFFE, SIMPLE-TLV
/// tags 0201 to 02FE.
pub(crate) fn tag_of(command: &Command<'_>) -> Result<u16, Halt> {
    let tag = command.p1p2();
    let [first, second] = tag.to_be_bytes();
    let is_long = |byte: u8| byte & 0x1F == 0x1F;
    match tag {
        0x0040..=0x00FE if !is_long(second) => Ok(tag),
        0x4000..=0xFFFE if is_long(first) && second & 0x80 == 0 => Ok(tag),
        0x0201..=0x02FE | KEY_OBJECT => Ok(tag),
        _ => Halt::status(StatusWord::WRONG_P1P2),
    }
}

/// What the card computes, and nobody stores.
const fn is_control(tag: u16) -> bool {
    matches!(Tag(tag), Tag::FCP | Tag::FMD | Tag::FCI | Tag::DF_NAME)
}

/// A data object of the current DF.
pub(crate) fn find(env: &Env<'_>, session: &Session, tag: u16) -> Result<Option<Header>, Halt> {
    find_block(env, session.df, |block| block.kind == Kind::Object && block.fid().0 == tag)
}

/// PUT DATA: sets, replaces or, with an empty value, deletes an object of the current DF.
///
/// # Errors
/// 6985 for control information and in a DF that is not in use; 6982; 6A88 when there is none to
/// delete; 6A84; those of a key object; `Torn`.
pub(crate) fn put(env: &mut Env<'_>, card: Card<'_>, tag: u16, data: &[u8]) -> Outcome {
    let session = Session::load(env)?;
    check_open(env, session.df)?;
    if is_control(tag) {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let df = Header::load(env, session.df)?;
    rights::check(env, card.dialect, &session, &df, Operation::PutData)?;
    if tag == KEY_OBJECT {
        return key_object::put(env, card.iso, session, data);
    }
    let old = find(env, &session, tag)?;
    match (data, old) {
        ([], None) => Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND),
        ([], Some(old)) => delete(env, &old),
        _ => create_object(env, df_at(df.df_id()), tag, data, old.as_ref()),
    }
}

/// GET DATA: the value of an object of the current DF; control information is free.
///
/// # Errors
/// 6985 in a DF that is not in use; 6982; 6A88; 6F00 when it does not fit the reply.
pub(crate) fn get(env: &mut Env<'_>, card: Card<'_>, tag: u16, reply: &mut Reply<'_>) -> Outcome {
    if is_control(tag) {
        return control::get_data(env, card.dialect, tag, reply);
    }
    let session = Session::load(env)?;
    check_open(env, session.df)?;
    let df = Header::load(env, session.df)?;
    rights::check(env, card.dialect, &session, &df, Operation::GetData)?;
    match find(env, &session, tag)? {
        Some(object) => env.load(object.body(), reply.extend(object.body_bytes() as usize)?),
        None => control::get_data(env, card.dialect, tag, reply),
    }
}

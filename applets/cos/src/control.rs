//! Control information (ISO/IEC 7816-4:2020, 7.4.3): FCI in 6F, FCP in 62, FMD in 64; and GET DATA.

use tessera_framework::{Control, Env, Halt, Outcome, Reply, StatusWord, Tag};

use crate::{Dialect, Session, find::DfBody, header::Header, layout::Kind};

/// Writes the control information of a file.
///
/// # Errors
/// 6F00 when it does not fit the reply.
pub fn write(env: &Env<'_>, file: &Header, control: Control, reply: &mut Reply<'_>) -> Outcome {
    match control {
        Control::None => Ok(()),
        Control::Fci => reply.tlv(Tag::FCI, |reply| match file.kind {
            Kind::Df if !file.marked() => management(env, file, reply),
            _ => parameters(env, file, reply),
        }),
        Control::Fcp => reply.tlv(Tag::FCP, |reply| parameters(env, file, reply)),
        Control::Fmd => reply.tlv(Tag::FMD, |reply| management(env, file, reply)),
    }
}

/// The objects of the file control parameters.
fn parameters(env: &Env<'_>, file: &Header, reply: &mut Reply<'_>) -> Outcome {
    if file.kind != Kind::Df {
        let data_bytes = match file.kind {
            Kind::Transparent => file.body_bytes(),
            Kind::LinearVariable => {
                file.body_bytes().saturating_sub(2 + 2 * u32::from(file.records_max()))
            }
            _ => u32::from(file.record_bytes()) * u32::from(file.records_max()),
        };
        let [_, high, middle, low] = data_bytes.to_be_bytes();
        reply.tlv(Tag::DATA_BYTES, |reply| match high {
            0 => reply.push(&[middle, low]),
            _ => reply.push(&[high, middle, low]),
        })?;
    }
    reply.tlv(Tag::FILE_DESCRIPTOR, |reply| {
        let [size0, size1] = file.record_bytes().to_be_bytes();
        match file.kind {
            Kind::Df => reply.push(&[file.descriptor()]),
            Kind::Transparent => reply.push(&[file.descriptor(), file.flags().data_coding()]),
            _ => reply.push(&[
                file.descriptor(),
                file.flags().data_coding(),
                size0,
                size1,
                file.records_max(),
            ]),
        }
    })?;
    reply.tlv(Tag::FILE_ID, |reply| reply.push(&file.fid().0.to_be_bytes()))?;
    if file.kind == Kind::Df {
        management(env, file, reply)?;
    } else {
        reply.tlv(Tag::SHORT_EF_ID, |reply| match file.sfi() {
            Some(sfi) => reply.push_byte(sfi.number() << 3),
            None => Ok(()),
        })?;
    }
    reply.tlv(Tag::LIFE_CYCLE, |reply| reply.push_byte(file.life_cycle().0))?;
    // Access rules are whole data objects already.
    let (at, bytes) = file.attributes();
    env.load(at, reply.extend(bytes as usize)?)
}

/// Name of a DF, and its proprietary object if it has one; an EF has neither.
fn management(env: &Env<'_>, file: &Header, reply: &mut Reply<'_>) -> Outcome {
    if file.kind != Kind::Df {
        return Ok(());
    }
    let body = DfBody::load(env, file)?;
    if !body.name().is_empty() {
        reply.tlv(Tag::DF_NAME, |reply| reply.push(body.name()))?;
    }
    match body.proprietary() {
        [] => Ok(()),
        value => reply.tlv(Tag::PROPRIETARY, |reply| reply.push(value)),
    }
}

/// GET DATA (11.4.3): 62 answers the control parameters of the current file, 84 the name of the
/// current DF; the rest is the applet's.
///
/// # Errors
/// 6A88 when there is no such object.
pub fn get_data(env: &Env<'_>, dialect: &Dialect, tag: u16, reply: &mut Reply<'_>) -> Outcome {
    let session = Session::load(env)?;
    match Tag(tag) {
        Tag::FCP => {
            let file = Header::load(env, session.ef.unwrap_or(session.df))?;
            parameters(env, &file, reply)
        }
        Tag::DF_NAME => {
            let df = Header::load(env, session.df)?;
            match DfBody::load(env, &df)?.name() {
                [] => Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND),
                name => reply.push(name),
            }
        }
        _ if (dialect.data_object)(env, tag, reply)? => Ok(()),
        _ => Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND),
    }
}

//! Personalisation: from installation data to files.

use tessera_cos::{
    DfSpec, EfSpec, Header, Structure, binary, layout,
    layout::{Kind, LifeCycle},
    record,
    social::{keys, service},
    tree,
};
use tessera_framework::{DfId, Env, FileId, Outcome, Sfi};

use crate::{
    FAMILY,
    account::amounts,
    data::{ACCOUNT, CHILDREN, DF04, Data, OWN_DF, PIN, PROPRIETARY, Plan},
    generation::Generation,
};

/// Fills an empty segment.
pub(crate) fn install(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    let data = Data::checked(data)?;
    layout::format(env)?;
    if let (Some(reference), Some((pin, _))) = (data.all(PIN).next(), FAMILY.dialect.pin) {
        pin.set_reference(env, reference)?;
    }
    for df in data.generation().dfs() {
        let number = df.number();
        let at = if number == 0 {
            let proprietary = data.all(PROPRIETARY).next().unwrap_or_default();
            tree::create_root(env, &spec(df.fid, df.name, proprietary))?;
            DfId::ROOT
        } else if data.has_df(number) {
            tree::create_df(env, DfId::ROOT, &spec(df.fid, df.name, &[]))?
        } else {
            continue;
        };
        fill_df(env, at, number, data)?;
    }
    for value in data.all(OWN_DF) {
        let [number, name @ ..] = value else { continue };
        let fid = u16::from_be_bytes([0xDF, *number]);
        let at = tree::create_df(env, DfId::ROOT, &spec(fid, name, &[]))?;
        fill_df(env, at, *number, data)?;
    }
    Ok(())
}

/// Keys, then files.
fn fill_df(env: &mut Env<'_>, at: DfId, number: u8, data: Data<'_>) -> Outcome {
    if data.keys(number).next().is_some() {
        keys::create(env, at, data.keys(number))?;
        if number == DF04 && data.generation() == Generation::Version2 {
            amounts::create(env, at, data.all(ACCOUNT).next())?;
        }
    }
    if let (0, Some(names)) = (number, data.all(CHILDREN).next()) {
        service::name_children(env, names)?;
    }
    for sfi in data.files(number) {
        if let Some(plan) = data.plan(number, sfi) {
            create(env, at, number, &plan, data)?;
        }
    }
    Ok(())
}

fn spec<'a>(fid: u16, name: &'a [u8], proprietary: &'a [u8]) -> DfSpec<'a> {
    DfSpec {
        fid: FileId(fid),
        name,
        proprietary,
        full_control: false,
        life_cycle: LifeCycle::ACTIVATED,
        ..DfSpec::PLAIN
    }
}

fn create(env: &mut Env<'_>, parent: DfId, df: u8, plan: &Plan, data: Data<'_>) -> Outcome {
    let spec = EfSpec {
        fid: FileId(0xEF00 | u16::from(plan.sfi)),
        sfi: Sfi::new(plan.sfi),
        structure: plan.structure,
        read: plan.read,
        update: plan.update,
        life_cycle: LifeCycle::ACTIVATED,
        flags: plan.flags,
        own: plan.filled,
        ..EfSpec::PLAIN
    };
    let ef = tree::create_ef(env, parent, &spec)?;
    match plan.structure {
        Structure::Transparent { .. } => {
            for (at, bytes) in data.bytes(df, plan.sfi) {
                let mut at = u32::from(at);
                for piece in bytes.chunks(64) {
                    binary::put(env, &ef, at, piece)?;
                    at += piece.len() as u32;
                }
            }
            Ok(())
        }
        Structure::Cyclic { .. } => {
            for (_, record) in data.records(df, plan.sfi) {
                record::add(env, &ef, record.len(), record)?;
            }
            Ok(())
        }
        _ => fill_records(env, &ef, df, plan, data),
    }
}

/// Each record as the data name it; what they do not name is written as not written.
fn fill_records(env: &mut Env<'_>, ef: &Header, df: u8, plan: &Plan, data: Data<'_>) -> Outcome {
    let mut unwritten = [0; 255];
    for number in 1..=ef.records_max() {
        let item = plan.file.and_then(|file| file.item_of_record(number));
        let planned = item.map_or(0, |item| usize::from(item.record_bytes()));
        let given = data.records(df, plan.sfi).find(|(given, _)| *given == number);
        match (given, item) {
            (Some((_, record)), _) => {
                let capacity = match ef.kind {
                    Kind::LinearFixed => usize::from(ef.record_bytes()),
                    _ => planned.max(record.len()),
                };
                record::add(env, ef, capacity, record)?;
            }
            (None, Some(item)) => {
                let record = unwritten.get_mut(..planned).unwrap_or_default();
                item.write_unwritten(record);
                record::add(env, ef, planned, record)?;
            }
            (None, None) => break,
        }
    }
    Ok(())
}

//! Installation data of the MF: EF.DIR from the list of applications, EF.ATR/INFO from the card's
//! facts.

use iso7816_tlv::ber::{Tag, Tlv, Value};

use super::{Installation, Limits, purse};

/// Room for the MF, EF.DIR of a few applications, EF.ATR/INFO and a payment directory.
pub(super) const SEGMENT_BYTES: u32 = 512;

/// Card service data: selection by full and partial name, EF.DIR and EF.ATR hold BER-TLV objects
/// and are read with READ BINARY, there is an MF (ISO/IEC 7816-4:2020, table 117).
const SERVICE_DATA: u8 = 0xF8;

/// A 61 template for each application, then the content of EF.ATR/INFO in E0, and a
/// record of the payment directory in E1 for each application that pays.
pub(super) fn installation_data(
    historical: &[u8],
    limits: &Limits,
    applets: &[Installation],
) -> Vec<u8> {
    let mut data = Vec::new();
    for with in applets {
        let descriptor = with.applet.descriptor();
        let mut objects = vec![
            object(0x4F, Value::Primitive(descriptor.aid.as_bytes().to_vec())),
            object(0x50, Value::Primitive(with.name.as_bytes().to_vec())),
        ];
        if let Some(path) = path(with, applets) {
            objects.push(object(0x51, Value::Primitive(path)));
        }
        let objects = objects.into_iter().flatten().collect();
        data.extend(object(0x61, Value::Constructed(objects)).map_or(Vec::new(), |o| o.to_vec()));
    }
    let number = |value: u32| {
        let value = value.min(0xFFFF) as u16;
        object(0x02, Value::Primitive(value.to_be_bytes().to_vec()))
    };
    // Header and Lc, but no Le: of a command so long no form holds more data than the card takes.
    let lengths = [number(limits.command_bytes + 7), number(limits.response_bytes)];
    let information = [
        object(0x43, Value::Primitive(vec![SERVICE_DATA])),
        object(0x47, Value::Primitive(capabilities(limits).to_vec())),
        object(0x5F52, Value::Primitive(historical.to_vec())),
        object(0x7F66, Value::Constructed(lengths.into_iter().flatten().collect())),
    ];
    let information = information.into_iter().flatten().collect();
    data.extend(object(0xE0, Value::Constructed(information)).map_or(Vec::new(), |o| o.to_vec()));
    for with in applets.iter().filter(|with| with.name == purse::NAME) {
        let record = payment_record(with).and_then(|record| object(0xE1, record));
        data.extend(record.map_or(Vec::new(), |object| object.to_vec()));
    }
    data
}

/// The path of an application from the MF: itself, or what it lies under and itself. `applets` are
/// all of them without the MF, and have their parents by their places with it.
fn path(with: &Installation, applets: &[Installation]) -> Option<Vec<u8>> {
    let above = usize::from(with.parent).checked_sub(1).and_then(|place| applets.get(place));
    let mut path = vec![0x3F, 0x00];
    for with in above.into_iter().chain([with]) {
        path.extend(with.applet.descriptor().fid?.0.to_be_bytes());
    }
    Some(path)
}

/// A record of the payment directory: a 61 template with the application's name and what people
/// call it.
fn payment_record(with: &Installation) -> Option<Value> {
    let aid = object(0x4F, Value::Primitive(with.applet.descriptor().aid.as_bytes().to_vec()));
    let label = object(0x50, Value::Primitive(b"PBOC".to_vec()));
    let template = object(0x61, Value::Constructed(vec![aid?, label?]))?;
    Some(Value::Constructed(vec![template]))
}

/// Card capabilities (ISO/IEC 7816-4:2020, tables 118 to 120): every method of selection; data
/// coding byte; chaining, extended lengths and their limits in EF.ATR/INFO, channel numbers given
/// by card or terminal, and how many channels (7 stands for eight or more).
fn capabilities(limits: &Limits) -> [u8; 3] {
    [0xFF, 0x21, 0xF8 | (limits.channels - 1).min(7)]
}

fn object(tag: u16, value: Value) -> Option<Tlv> {
    Tlv::new(Tag::try_from(tag).ok()?, value).ok()
}

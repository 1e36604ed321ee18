//! How bytes are written: commands laid out, text beside its digits, data objects a line each.

use tessera_framework::{Apdu, Tag, tlv::DataObjects};

use super::control::{self, Descriptor};

/// What a value of control information says, for those that hide it in bits.
fn meaning_of(tag: Tag, value: &[u8]) -> Option<String> {
    match (tag, value) {
        (Tag::FILE_DESCRIPTOR, value) => Some(Descriptor::decode(value).ok()?.to_string()),
        (Tag::LIFE_CYCLE, &[status]) => Some(control::life_cycle(status).into()),
        _ => None,
    }
}

/// Data objects a line each, templates with what they hold.
pub(super) fn objects_in_words(data: &[u8], indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for object in DataObjects::new(data) {
        let Ok(object) = object else {
            lines.push(format!("{indent}the rest is not a data object"));
            break;
        };
        let name = object.tag.name().map_or(String::new(), |name| format!(" {name}"));
        let constructed = object.tag.0.to_be_bytes()[2 - object.tag.encoded_bytes()] & 0x20 != 0;
        if constructed && !object.value.is_empty() && indent.len() < 12 {
            lines.push(format!("{indent}{:?}{name}", object.tag));
            lines.extend(objects_in_words(object.value, &format!("{indent}   ")));
        } else {
            let value = match (object.value, meaning_of(object.tag, object.value)) {
                ([], _) => "empty".into(),
                (value, None) => readable(value),
                (value, Some(meaning)) => format!("{} {meaning}", hex::encode_upper(value)),
            };
            lines.push(format!("{indent}{:?}{name}: {value}", object.tag));
        }
    }
    lines
}

/// Hexadecimal, and in quotes as text where it is text: ASCII and the common Chinese characters.
pub(super) fn readable(bytes: &[u8]) -> String {
    let digits = hex::encode_upper(bytes);
    let mut rest = bytes;
    let common = loop {
        rest = match rest {
            [] => break true,
            [0x20..=0x7E, rest @ ..] | [0xA1..=0xF7, 0xA1..=0xFE, rest @ ..] => rest,
            _ => break false,
        };
    };
    if bytes.len() < 3 || !common {
        return digits;
    }
    let (text, _, _) = encoding_rs::GBK.decode(bytes);
    format!("{digits} \"{text}\"")
}

/// Header in pairs, then Lc, data and Le apart where the bytes are a command: `00 A4 04 00 02
/// 3F00`.
pub(super) fn spaced(command: &[u8]) -> String {
    let (header, rest) = command.split_at(command.len().min(4));
    let mut text: Vec<String> = header.iter().map(|byte| format!("{byte:02X}")).collect();
    let nc = Apdu::parse(command).map_or(0, |apdu| apdu.data.len());
    let lc_bytes = if rest.first() == Some(&0) { 3 } else { 1 };
    if nc > 0 && rest.len() >= lc_bytes + nc {
        let (lc, rest) = rest.split_at(lc_bytes);
        let (data, le) = rest.split_at(nc);
        text.extend([lc, data, le].map(hex::encode_upper));
    } else {
        text.push(hex::encode_upper(rest));
    }
    text.retain(|part| !part.is_empty());
    text.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn commands_are_laid_out_by_their_case() {
        for (command, laid_out) in [
            ("00840000", "00 84 00 00"),
            ("0084000008", "00 84 00 00 08"),
            ("00A40004023F0000", "00 A4 00 04 02 3F00 00"),
            ("00D6000000000201020000", "00 D6 00 00 000002 0102 0000"),
            ("00B000000001FF", "00 B0 00 00 0001FF"),
            ("00A4000003AABB", "00 A4 00 00 03AABB"),
            ("00A4", "00 A4"),
        ] {
            assert_eq!(spaced(&testing::bytes(command)), laid_out);
        }
    }
}

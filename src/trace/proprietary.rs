//! Commands and status words of FMCOS and PBOC cards that ISO/IEC 7816-4 has no name for, or
//! another one.

use tessera_framework::{Apdu, StatusWord};

use super::{account, employer, medical, psam};

/// What a command of the proprietary class means.
pub(super) fn meaning(apdu: &Apdu<'_>) -> Option<String> {
    let (p1, p2) = (apdu.p1, apdu.p2);
    let own = psam::meaning(apdu).or_else(|| medical::meaning(apdu));
    let own = own.or_else(|| account::meaning(apdu));
    if let Some(text) = own.or_else(|| employer::meaning(apdu)) {
        return Some(text);
    }
    if apdu.cla & 0xF0 != 0x80 {
        return None;
    }
    let purse = match p2 {
        1 => " of the deposit ED",
        2 => " of the purse EP",
        _ => "",
    };
    let text = match (apdu.ins.0, p1) {
        (0x0E, _) => "ERASE DF".into(),
        (0x16, _) => "CARD BLOCK".into(),
        (0x18, _) => "APPLICATION UNBLOCK".into(),
        (0x1E, _) if p2 == 1 => "APPLICATION BLOCK for ever".into(),
        (0x1E, _) => "APPLICATION BLOCK".into(),
        (0x24, _) => "PIN UNBLOCK".into(),
        (0x50, 0) => format!("INITIALIZE FOR LOAD{purse}"),
        (0x50, 1) => format!("INITIALIZE FOR PURCHASE{purse}"),
        (0x50, _) => format!("INITIALIZE, P1-P2 {p1:02X}{p2:02X}"),
        (0x52, _) => "CREDIT FOR LOAD".into(),
        (0x54, _) => "DEBIT".into(),
        (0x5A, _) => "GET TRANSACTION PROOF".into(),
        (0x5C, _) => format!("GET BALANCE{purse}"),
        (0x5E, 0) => format!("RELOAD PIN {p2:02X}"),
        (0x5E, 1) => format!("CHANGE PIN {p2:02X}"),
        (0xD4, 1) => format!("WRITE KEY: add {p2:02X}{}", kind(apdu)),
        (0xD4, kind) => format!("WRITE KEY: replace {kind:02X}/{p2:02X}"),
        (0xE0, _) => format!("CREATE FILE {p1:02X}{p2:02X}{}", file(apdu)),
        _ => return None,
    };
    let protected = if apdu.cla & 0x04 != 0 { ", protected" } else { "" };
    Some(format!("{text}{protected}"))
}

/// The type of a key that comes in the clear.
fn kind(apdu: &Apdu<'_>) -> String {
    match (apdu.cla & 0x04, apdu.data.first()) {
        (0, Some(kind)) => format!(" of type {kind:02X}"),
        _ => String::new(),
    }
}

fn file(apdu: &Apdu<'_>) -> &'static str {
    match apdu.data.first() {
        Some(0x38) => ", a directory",
        Some(0x3F) => ", the key file",
        Some(kind) => match kind & 0x3F {
            0x28 => ", transparent",
            0x2A => ", records of one length",
            0x2C => ", records of any length",
            0x2E => ", cyclic records",
            0x2F => ", a purse",
            _ => "",
        },
        None => "",
    }
}

/// What a status word beyond ISO/IEC 7816-4 means.
pub(super) const fn status(status: StatusWord) -> Option<&'static str> {
    match status.0 {
        0x9302 => Some("MAC wrong"),
        0x9303 => Some("application locked for ever"),
        0x9401 => Some("amount insufficient"),
        0x9402 => Some("counter at its end"),
        0x9403 => Some("key not found"),
        0x9406 => Some("proof not there"),
        _ => medical::status(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn commands_are_named_in_their_own_class_only() {
        for (command, means) in [
            ("80E000001507A8001EF0F0FFFF", None),
            ("80E0001507A8001EF0F0FFFF", Some("CREATE FILE 0015, transparent")),
            ("80D401000D39F0F0AA33FFFFFFFFFFFFFFFF", Some("WRITE KEY: add 00 of type 39")),
            ("84D439000401020304", Some("WRITE KEY: replace 39/00, protected")),
            ("800E000000", Some("ERASE DF")),
            ("000E000000", None),
            ("841E00010401020304", Some("APPLICATION BLOCK for ever, protected")),
            ("805C000204", Some("GET BALANCE of the purse EP")),
        ] {
            let bytes = testing::bytes(command);
            let apdu = Apdu::parse(&bytes).ok();
            let said = apdu.and_then(|apdu| meaning(&apdu));
            assert_eq!(said.as_deref(), means, "{command}");
        }
        assert_eq!(status(StatusWord(0x9302)), Some("MAC wrong"));
        assert_eq!(status(StatusWord(0x9304)), None);
    }
}

//! Commands of a terminal's security module (PSAM) that ISO/IEC 7816-4 has no name for.

use tessera_framework::Apdu;

/// What such a command means.
pub(super) fn meaning(apdu: &Apdu<'_>) -> Option<String> {
    let (p1, p2) = (apdu.p1, apdu.p2);
    Some(match (apdu.cla, apdu.ins.0) {
        (0x80, 0x1A) => format!("INIT FOR DESCRYPT: {} version {p2:02X}", key(p1)),
        (0x80, 0x70) if p1 == 1 => {
            format!("INIT SAM FOR PURCHASE, settlement{}", factors(apdu, 28))
        }
        (0x80, 0x70) if p1 == 2 => {
            format!("INIT SAM FOR PURCHASE, settlement with the ledger{}", factors(apdu, 34))
        }
        (0x80, 0x70) => format!("INIT SAM FOR PURCHASE{}", factors(apdu, 20)),
        (0x80, 0x72) if p1 == 2 => "CREDIT SAM FOR PURCHASE, settlement with the ledger".into(),
        (0x80, 0x72) => "CREDIT SAM FOR PURCHASE".into(),
        (0x80, 0xFA) => format!("DES CRYPT: {}", mode(p1)),
        (0x80 | 0xBF, 0xDE) => format!("DELIVER SESSION KEY: {} version {p2:02X}", key(p1)),
        (0x84, 0xD4) if p1 == 0 => "WRITE KEY of the PSAM, protected".into(),
        (0xE0, 0x40) => "INIT SAM FOR GREY LOCK".into(),
        (0xE0, 0x42) => "CHECK GREY LOCK".into(),
        (0xE0, 0x44) => "DEBIT FOR UNLOCK: GMAC".into(),
        _ => return None,
    })
}

/// A usage byte in words.
fn key(usage: u8) -> String {
    let kind = match usage & 0x1F {
        0x00 => "master key",
        0x01 => "maintenance key",
        0x02 => "purchase key",
        0x03 => "PIN unblock key",
        0x04 => "PIN reload key",
        0x05 => "application maintenance key",
        0x06 => "MAC key",
        0x07 => "encryption key",
        0x08 => "key for MAC and encryption",
        0x09 => "load key",
        0x0C => "TAC key",
        0x0D => "PIN",
        0x0E => "external authentication key",
        0x0F => "internal authentication key",
        0x1E => "export key",
        _ => "key",
    };
    match usage >> 5 {
        1 => format!("{kind} {usage:02X}, one level,"),
        levels => format!("{kind} {usage:02X}, {levels} levels,"),
    }
}

fn factors(apdu: &Apdu<'_>, in_front: usize) -> String {
    match apdu.data.len().saturating_sub(in_front) / 8 {
        1 => ", one factor".into(),
        factors => format!(", {factors} factors"),
    }
}

const fn mode(p1: u8) -> &'static str {
    match p1 {
        0x00 => "encipher",
        0x02 => "encipher, more follows",
        0x80 => "decipher",
        0x05 => "MAC",
        0x07 => "MAC, first part",
        0x03 => "MAC, another part",
        0x01 => "MAC, last part",
        _ => "unknown mode",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn commands_are_named_in_their_own_class_only() {
        for (command, means) in [
            ("807000001C00", None),
            ("8072000004AABBCCDD", Some("CREDIT SAM FOR PURCHASE")),
            ("0072000004AABBCCDD", None),
            (
                "801A2801080102030405060708",
                Some("INIT FOR DESCRYPT: key for MAC and encryption 28, one level, version 01"),
            ),
            ("801A4203", Some("INIT FOR DESCRYPT: purchase key 42, 2 levels, version 03")),
            (
                "BFDE0600080102030405060708",
                Some("DELIVER SESSION KEY: MAC key 06, 0 levels, version 00"),
            ),
            ("80FA05000801020304050607080000", None),
            ("80FA0500080102030405060708", Some("DES CRYPT: MAC")),
            ("84D400000401020304", Some("WRITE KEY of the PSAM, protected")),
            ("84D439000401020304", None),
            ("E042000004AABBCCDD", Some("CHECK GREY LOCK")),
            ("8042000004AABBCCDD", None),
        ] {
            let bytes = testing::bytes(command);
            let said = Apdu::parse(&bytes).ok().and_then(|apdu| meaning(&apdu));
            assert_eq!(said.as_deref(), means, "{command}");
        }
        let two = [&testing::bytes("8070000024")[..], &[0; 36]].concat();
        let said = Apdu::parse(&two).ok().and_then(|apdu| meaning(&apdu));
        assert_eq!(said.as_deref(), Some("INIT SAM FOR PURCHASE, 2 factors"));
        for (header, more, means) in [
            ("8070010024", 36, "INIT SAM FOR PURCHASE, settlement, one factor"),
            ("807001002C", 44, "INIT SAM FOR PURCHASE, settlement, 2 factors"),
            ("8070020032", 50, "INIT SAM FOR PURCHASE, settlement with the ledger, 2 factors"),
            ("807202000C", 12, "CREDIT SAM FOR PURCHASE, settlement with the ledger"),
        ] {
            let command = [testing::bytes(header), vec![0; more]].concat();
            let said = Apdu::parse(&command).ok().and_then(|apdu| meaning(&apdu));
            assert_eq!(said.as_deref(), Some(means));
        }
    }
}

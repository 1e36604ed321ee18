//! Commands and status words of the medical account, classes D0 and D4.

use tessera_framework::{Apdu, StatusWord};

/// What such a command means.
pub(super) fn meaning(apdu: &Apdu<'_>) -> Option<String> {
    let (p1, p2) = (apdu.p1, apdu.p2);
    Some(match (apdu.cla, apdu.ins.0) {
        (0xD0, 0xCA) if p1 == 1 => "STATUS of the account, short".into(),
        (0xD0, 0xCA) => "STATUS of the account, long".into(),
        (0xD0, 0x28) => format!("INITIALIZE SETTLEMENT{}{}", mode(p1), settlement(apdu.data)),
        (0xD0, 0x2C) => format!("COMMIT SETTLEMENT{}", at(apdu.data, 4)),
        (0xD0, 0x40) => format!("INITIALIZE CREDIT of {}", money(apdu.data, 1)),
        (0xD0, 0x42) => format!("COMMIT CREDIT{}", at(apdu.data, 0)),
        (0xD0, 0x44) => {
            let entry = number(apdu.data, 1).map_or(String::new(), |n| format!(" of entry {n}"));
            format!("INITIALIZE REVERSAL, {}{entry}", reversal(p1))
        }
        (0xD0, 0x46) => format!("COMMIT REVERSAL{}", at(apdu.data, 0)),
        (0xD0, 0x4C) => "GET STATEMENT".into(),
        (0xD0, 0x5A) => match number(apdu.data, 0) {
            Some(entry) => format!("PROOF of entry {entry}"),
            None => "PROOF".into(),
        },
        (0xD4, 0x48) => format!("{}, {}", freeze(p1), reason(p2)),
        (0xD4, 0x4A) => match apdu.data {
            [a, b, ..] => format!("YEAR SETTLEMENT, the year is {a:02X}{b:02X} now"),
            _ => "YEAR SETTLEMENT".into(),
        },
        (0xD4, 0x4E) => "ACK STATEMENT".into(),
        (0xD4, 0x50) => format!("CLOSE the account, {}", reason(p2)),
        (0xD4, 0x52) => format!("OPEN the account with {}", money(apdu.data, 0)),
        (0xD4, 0x56) => "RECONCILE".into(),
        (0xD4, 0x58) => {
            let sign = apdu.data.first().copied().map_or('?', char::from);
            format!("ADJUST by {sign}{}", money(apdu.data, 1))
        }
        _ => return None,
    })
}

/// What a status word of the account means.
pub(super) const fn status(status: StatusWord) -> Option<&'static str> {
    match status.0 {
        0x9481 => Some("a statement is due"),
        0x9483 => Some("beyond a limit"),
        0x9484 => Some("not in the account's year"),
        0x9485 => Some("not in this place"),
        0x9486 => Some("account frozen"),
        0x9487 => Some("number of the authority is old"),
        0x9488 => Some("no such settlement on the card"),
        0x9489 => Some("reversed already"),
        0x948A => Some("reconcile first"),
        0x948B => Some("figures are not the card's"),
        0x948C => Some("not entitled"),
        _ => None,
    }
}

const fn mode(p1: u8) -> &'static str {
    match p1 {
        1 => ", on-line",
        2 => ", off-line",
        _ => "",
    }
}

/// Class and amount of a settlement, behind the key's index.
fn settlement(data: &[u8]) -> String {
    let class = match data.get(17) {
        Some(b'0') => "out-patient",
        Some(b'1') => "work injury",
        Some(b'2') => "maternity",
        Some(b'3') => "medical assistance",
        Some(b'4') => "in-patient",
        Some(b'5') => "chronic disease",
        Some(b'6') => "pharmacy",
        Some(b'9') => "other",
        _ => "unknown class",
    };
    format!(", {class}, {} from the account", money(data, 1))
}

const fn reversal(kind: u8) -> &'static str {
    match kind {
        2 => "refund",
        3 => "red entry",
        4 => "black entry",
        _ => "unknown kind",
    }
}

const fn freeze(p1: u8) -> &'static str {
    match p1 {
        0 => "UNFREEZE the account",
        1 => "FREEZE the account",
        2 => "TERMINATE the account",
        _ => "FREEZE",
    }
}

const fn reason(p2: u8) -> &'static str {
    match p2 {
        1 => "telephone report",
        2 => "written report",
        3 => "by the authority",
        4 => "suspicion",
        5 => "death",
        6 => "card replaced",
        _ => "unknown reason",
    }
}

/// The number of four bytes at a place.
fn number(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

/// An amount in fen, as yuan.
fn money(data: &[u8], at: usize) -> String {
    number(data, at).map_or("nothing".into(), |fen| format!("{}.{:02}", fen / 100, fen % 100))
}

/// The day and time at a place, seven bytes.
fn at(data: &[u8], at: usize) -> String {
    match data.get(at..).and_then(|time| time.first_chunk()) {
        Some([a, b, month, day, hour, minute, _]) => {
            format!(" of {a:02X}{b:02X}-{month:02X}-{day:02X} {hour:02X}:{minute:02X}")
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn commands_are_named_in_their_own_class_only() {
        for (command, means) in [
            ("D0CA01000C", Some("STATUS of the account, short")),
            ("D4CA01000C", None),
            (
                "D0280101190100000500000001400000113000000000300033040011223312",
                Some("INITIALIZE SETTLEMENT, on-line, out-patient, 12.80 from the account"),
            ),
            (
                "D02C01000F0000100120250110101500917F139708",
                Some("COMMIT SETTLEMENT of 2025-01-10 10:15"),
            ),
            ("D04000010F010000C3503304000000010000000214", Some("INITIALIZE CREDIT of 500.00")),
            (
                "D04402011F0100000002000005000000014000001130000000003304001122330000000312",
                Some("INITIALIZE REVERSAL, refund of entry 2"),
            ),
            ("D05A00000400000009", Some("PROOF of entry 9")),
            ("D05A0000", Some("PROOF")),
            (
                "D44801020F0000000620250120080000D04EF965",
                Some("FREEZE the account, written report"),
            ),
            (
                "D44A00001B20260101000000370000A8C000000009202601010030002A20012C",
                Some("YEAR SETTLEMENT, the year is 2026 now"),
            ),
            (
                "D45800001F2D0000012C0000000701000000083304000000012025012209000094534D61",
                Some("ADJUST by -3.00"),
            ),
            (
                "D4500006150000000A33040000000120260105090000C6A6DF30",
                Some("CLOSE the account, card replaced"),
            ),
            ("D05C0000", None),
        ] {
            let bytes = testing::bytes(command);
            let said = Apdu::parse(&bytes).ok().and_then(|apdu| meaning(&apdu));
            assert_eq!(said.as_deref(), means, "{command}");
        }
        assert_eq!(status(StatusWord(0x948A)), Some("reconcile first"));
        assert_eq!(status(StatusWord(0x9482)), None);
    }
}

//! Commands of the account of social-security cards, class B0.

use tessera_framework::Apdu;

/// What such a command means.
pub(super) fn meaning(apdu: &Apdu<'_>) -> Option<String> {
    if apdu.cla != 0xB0 {
        return None;
    }
    Some(match (apdu.ins.0, apdu.p1, apdu.p2) {
        (0x28, 1, 1) => {
            let [account, self_pay, fund] = [1, 5, 9].map(|at| money(apdu.data, at));
            format!("INITIALIZE FOR PURCHASE: account {account}, self-pay {self_pay}, fund {fund}")
        }
        (0x2C, 1, 0) => format!("DEBIT FOR PURCHASE{}", at(apdu.data, 4)),
        (0x28, 0, 1) => format!("INITIALIZE FOR LOAD of {}", money(apdu.data, 1)),
        (0x2A, 0, 0) => format!("CREDIT FOR LOAD{}", at(apdu.data, 0)),
        _ => return None,
    })
}

/// An amount in yuan.
fn money(data: &[u8], at: usize) -> String {
    match data.get(at..).and_then(|data| data.first_chunk()) {
        Some(fen) => {
            let fen = u32::from_be_bytes(*fen);
            format!("{}.{:02}", fen / 100, fen % 100)
        }
        None => "?".into(),
    }
}

/// The time of a transaction.
fn at(data: &[u8], at: usize) -> String {
    match data.get(at..).and_then(|data| data.first_chunk()) {
        Some([century, year, month, day, hour, minute, second]) => format!(
            ", {century:02X}{year:02X}-{month:02X}-{day:02X} {hour:02X}:{minute:02X}:{second:02X}"
        ),
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
            (
                "B028010113 02 000009C4 00000FA0 00002D50 330400112233 16",
                Some("INITIALIZE FOR PURCHASE: account 25.00, self-pay 40.00, fund 116.00"),
            ),
            (
                "B02C01000F 00000007 20250321090001 A8DB0413 08",
                Some("DEBIT FOR PURCHASE, 2025-03-21 09:00:01"),
            ),
            ("B02800010B 01 0000C350 330400000001 10", Some("INITIALIZE FOR LOAD of 500.00")),
            (
                "B02A00000B 20250401 083000 130B9CD2 04",
                Some("CREDIT FOR LOAD, 2025-04-01 08:30:00"),
            ),
            ("B0280001", Some("INITIALIZE FOR LOAD of ?")),
            ("B0280201", None),
            ("802801010100", None),
            ("002801010100", None),
        ] {
            let bytes = testing::bytes(command);
            let said = Apdu::parse(&bytes).ok().and_then(|apdu| meaning(&apdu));
            assert_eq!(said.as_deref(), means, "{command}");
        }
    }
}

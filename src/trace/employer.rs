//! The employer's stamp, D0 9A or, on contacts, D0 5C.

use tessera_framework::Apdu;

/// Bytes of a batch: number, kind, count, digest, time.
const BATCH_BYTES: usize = 48;

/// What it stamps.
pub(super) fn meaning(apdu: &Apdu<'_>) -> Option<String> {
    if !matches!((apdu.cla, apdu.ins.0), (0xD0, 0x9A | 0x5C)) {
        return None;
    }
    let data: Option<&[u8; BATCH_BYTES]> = apdu.data.try_into().ok();
    let Some(&[a, b, c, d, kind, e, f, g, h, ..]) = data else {
        return Some("SIGN BATCH".into());
    };
    let (number, lines) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    let kind = match kind {
        b'R' => "roster",
        b'A' => "approval of the card file",
        b'L' => "loss letter",
        b'C' => "contributions",
        _ => "unknown kind",
    };
    Some(format!("SIGN BATCH {number}: {kind}, {lines} lines"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(command: &str) -> Option<String> {
        let command = hex::decode(command.replace(' ', "")).unwrap();
        meaning(&Apdu::parse(&command).unwrap())
    }

    #[test]
    fn a_batch_is_told_by_kind_and_lines() {
        let rest = format!("{} 20260701083000", "5A".repeat(32));
        let batch = format!("00000005 52 0000000C {rest}");
        let told = Some("SIGN BATCH 5: roster, 12 lines".into());
        assert_eq!(said(&format!("D09A000030 {batch} 04")), told);
        assert_eq!(said(&format!("D05C000030 {batch}")), told);
        assert_eq!(said("D09A0000"), Some("SIGN BATCH".into()));
        assert_eq!(said(&format!("809A000030 {batch}")), None);
        assert_eq!(said("D0CA01000C"), None);
    }
}

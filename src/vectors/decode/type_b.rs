//! What a reader says to cards of Type B before the blocks, decoded (ISO/IEC 14443-3:2018, 7.7,
//! 7.8, 7.10 and 7.12).

use crate::{
    link::{crc, picc::sizes::frame_bytes},
    vectors::run::spaced,
};

/// A command without its CRC.
pub(super) fn command(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut lines = match *bytes {
        [0x05, afi, parameter] => vec![request(afi, parameter)?],
        [marker] if marker & 0x0F == 0x05 && marker > 0x0F => {
            vec![format!("Slot-MARKER {}", (marker >> 4) + 1)]
        }
        [0x50, a, b, c, d] => vec![format!("HLTB {a:02X}{b:02X}{c:02X}{d:02X}")],
        [0x1D, a, b, c, d, p1, p2, p3, p4, ref higher @ ..] => {
            let mut lines = vec![format!("ATTRIB {a:02X}{b:02X}{c:02X}{d:02X}")];
            lines.extend(attrib([p1, p2, p3, p4]));
            if !higher.is_empty() {
                lines.push(format!("higher-layer {}", hex::encode_upper(higher)));
            }
            lines
        }
        _ => return Err("no command of Type B".into()),
    };
    lines.push(format!("crc {}", spaced(&crc::crc_b(bytes))));
    Ok(lines)
}

fn request(afi: u8, parameter: u8) -> Result<String, String> {
    let slots = match parameter & 0x07 {
        code @ 0..=4 => 1 << code,
        code => return Err(format!("N is coded {code}, which is reserved")),
    };
    let name = if parameter & 0x08 == 0 { "REQB" } else { "WUPB" };
    let extended = if parameter & 0x10 == 0 { "" } else { ", extended" };
    Ok(format!("{name} AFI {afi:02X}, slots {slots}{extended}"))
}

fn attrib([p1, p2, p3, p4]: [u8; 4]) -> [String; 6] {
    let mark = |bit: u8| if p1 & bit == 0 { "sent" } else { "left out" };
    [
        format!("TR0 {}, TR1 {}", p1 >> 6, p1 >> 4 & 3),
        format!("EOF {}, SOF {}", mark(0x08), mark(0x04)),
        format!("DSI {}, DRI {}", p2 >> 6, p2 >> 4 & 3),
        format!("FSD {}", frame_bytes(p2)),
        format!("protocol {}", p3 & 0x0F),
        format!("CID {}", p4 & 0x0F),
    ]
}

//! The checks of blocks and frames: CRC_A and CRC_B (ISO/IEC 14443-3:2018, annex B), LRC and the
//! CRC of T=1 (ISO/IEC 7816-3:2006, 11.3.4).

/// The polynomial x^16 + x^12 + x^5 + 1 with its bits turned round, as both standards shift it.
const POLYNOMIAL: u16 = 0x8408;

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

fn register(start: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(start, |crc, byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

/// CRC_A of Type A frames, in the order of the air: low byte first.
#[must_use]
pub fn crc_a(bytes: &[u8]) -> [u8; 2] {
    register(0x6363, bytes).to_le_bytes()
}

/// CRC_B of Type B frames, in the order of the air: low byte first.
#[must_use]
pub fn crc_b(bytes: &[u8]) -> [u8; 2] {
    (!register(0xFFFF, bytes)).to_le_bytes()
}

/// The longitudinal redundancy check of T=1: all bytes and it come to 00.
#[must_use]
pub fn lrc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// The CRC of T=1 as the one reader stack computes it whose source is public: not complemented,
/// high byte first. No log of a card that has one was found, so this is inferred.
#[must_use]
pub fn crc_t1(bytes: &[u8]) -> [u8; 2] {
    register(0xFFFF, bytes).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO/IEC 14443-3:2018, annex B: the worked examples.
    #[test]
    fn the_examples_of_the_standard_come_out() {
        assert_eq!(crc_a(&[0x00, 0x00]), [0xA0, 0x1E]);
        assert_eq!(crc_a(&[0x12, 0x34]), [0x26, 0xCF]);
        assert_eq!(crc_b(&[0x00, 0x00, 0x00]), [0xCC, 0xC6]);
        assert_eq!(crc_b(&[0x0F, 0xAA, 0xFF]), [0xFC, 0xD1]);
        assert_eq!(crc_b(&[0x0A, 0x12, 0x34, 0x56]), [0x2C, 0xF6]);
    }

    #[test]
    fn the_checks_of_t_1_come_to_what_they_should() {
        assert_eq!(lrc(&[0x00, 0xC1, 0x01, 0xFE]), 0x3E);
        // The register of CRC_B before it is complemented, the other byte first.
        assert_eq!(crc_t1(&[0x00, 0x00, 0x00]), [!0xC6, !0xCC]);
    }
}

//! P1-P2 and lengths of every command.

use super::*;

/// Class, instruction, bytes of the data field, P1-P2 that are taken.
type Row = (u8, u8, usize, &'static [(u8, u8)]);

/// P1-P2 and Lc of every command: no other is taken.
#[test]
fn no_other_p1_p2_and_no_other_length_is_taken() {
    let p1p2: [Row; 16] = [
        (0xD0, 0xCA, 0, &[(1, 0), (2, 0)]),
        (0xD0, 0x28, 0x19, &[(1, 1), (2, 1)]),
        (0xD0, 0x2C, 0x0F, &[(1, 0)]),
        (0xD0, 0x40, 0x0F, &[(0, 1)]),
        (0xD0, 0x42, 0x0B, &[(0, 0)]),
        (0xD0, 0x44, 0x1F, &[]),
        (0xD0, 0x46, 0x0B, &[(1, 0)]),
        (0xD0, 0x4C, 0, &[(0, 0)]),
        (0xD0, 0x5A, 4, &[(0, 0)]),
        (0xD4, 0x4A, 0x1B, &[(0, 0)]),
        (0xD4, 0x4E, 0x1B, &[(0, 0)]),
        (0xD4, 0x52, 0x56, &[(0, 0)]),
        (0xD4, 0x56, 0x22, &[(0, 0)]),
        (0xD4, 0x58, 0x1F, &[(0, 0)]),
        (0xD4, 0x48, 0x0F, &REASONS[..18]),
        (0xD4, 0x50, 0x15, &REASONS[..6]),
    ];
    let mut card = Dialogue::open();
    for (cla, ins, lc, fits) in p1p2 {
        for (p1, p2) in (0..8).flat_map(|p1| (0..8).map(move |p2| (p1, p2))) {
            let fits = fits.contains(&(p1, p2))
                || (ins == 0x44 && p2 == 1)
                || (ins == 0x48 && (p1, p2) == (0, 0)); // unfreezing has no reason
            for bytes in [lc, lc + 1, lc.saturating_sub(1)] {
                let mut command = vec![cla, ins, p1, p2];
                if bytes > 0 {
                    command.push(bytes as u8);
                    command.extend(vec![0; bytes]);
                }
                let answer = card.send_bytes(&command);
                assert_eq!(answer == "6A86", !fits, "{cla:02X}{ins:02X} {p1} {p2}: {answer}");
                assert_eq!(answer == "6700", fits && bytes != lc, "{ins:02X} {bytes}: {answer}");
            }
        }
    }
}

const REASONS: [(u8, u8); 18] = {
    let mut reasons = [(0, 0); 18];
    let mut at = 0;
    while at < 18 {
        reasons[at] = ((at / 6) as u8, (at % 6) as u8 + 1);
        at += 1;
    }
    reasons
};

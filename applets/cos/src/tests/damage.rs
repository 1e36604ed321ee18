//! A segment with any bytes in it: every command is answered, none panics, none runs on.

use super::*;

/// Commands that touch every structure in every mode.
const COMMANDS: [&str; 30] = [
    "00A4040004 524F4F54",
    "00CA006200",
    "00CA008400",
    "00A4000002 0100",
    "00A4030000",
    "00A4020402 0001",
    "00A4020402 0003",
    "00A4020402 0004",
    "00CA006200",
    "00A4080406 0100 0110 0111",
    "00A4080400",
    "00B0810000",
    "00D6810001 AA",
    "00B2001200",
    "00B2001200",
    "00B2001300",
    "00B2FF1400",
    "00B2011500",
    "00E2001004 41424344",
    "00B2A11B00",
    "00B2011E00",
    "00DCA11803 A10101",
    "00E2001803 A10101",
    "00B2FE2400",
    "00B2012600",
    "00DC002303 414141",
    "00E2002003 414141",
    "00B2002100",
    "00B2002200",
    "0020000003 123456",
];

#[test]
fn damaged_bytes_anywhere_are_answered_and_never_panic() {
    let whole = Dialogue::with(&STANDARD);
    let free = layout::free(&whole.clone().rig.env()).unwrap();
    let mut random = 1_u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    let mut answers = 0;
    for round in 0..6_000_u32 {
        let mut dialogue = whole.clone();
        let mut env = dialogue.rig.env();
        // Each byte in turn gets each of the telling values, then several get any.
        if round < 3 * free {
            let value = [0xFF, 0x00, 0x80][(round / free) as usize];
            env.store(round % free, &[value]).unwrap();
        } else {
            for _ in 0..1 + next(6) {
                env.store(next(free), &[next(256) as u8]).unwrap();
            }
        }
        for command in COMMANDS {
            let answer = dialogue.send(command);
            let status = &answer[answer.len() - 4..];
            assert!(status.starts_with('6') || status.starts_with('9'), "{command}: {answer}");
            answers += 1;
        }
    }
    assert_eq!(answers, 180_000);
}

//! In which order the checks are: of two mistakes in one command, the one that is answered.

use super::*;

/// The state, two mistakes, and the answer of the first.
#[test]
fn the_first_mistake_is_answered() {
    let mut card = Dialogue::usual();
    for (command, status) in [
        // Class before length and parameters.
        ("8470FFFF01 00", "6E00"),
        ("8472FFFF01 00", "6E00"),
        // P1-P2 before Lc.
        ("8070000101 00", "6A86"),
        ("8072000101 00", "6A86"),
        ("80FA040101 00", "6A86"),
        ("E040000101 00", "6A86"),
        ("84D4010001 00", "6A86"),
        // Lc before the algorithm, that before the key, the key before its levels.
        (&init("00", "02", "00"), "6700"),
        (&init("00", "02", CARD), "6A80"),
        (&init("00", "00", ""), "9403"),
        (&init("04", "00", ""), "6700"),
        // Levels before the key's right.
        (&init("04", "00", &format!("{CARD}{CARD}")), "6700"),
        // Lc before the state.
        ("8072000003 000000", "6700"),
        ("80FA000007 00000000000000", "6700"),
        // Lc before the key, the key before the kind.
        ("801A9999", "6700"),
        ("801A02FF", "6A88"),
        // No challenge before the MAC; no key before the challenge.
        ("84D400001C 00000000000000000000000000000000000000000000000000000000", "6984"),
    ] {
        card.refused(command, status);
    }
    // What waits is asked for before the tries.
    card.run(&["00A40000023F00"]);
    card.refused("8072000004 00000000", "6901");
    card.refused("84D400001C 00000000000000000000000000000000000000000000000000000000", "6A88");
    // The key before the files.
    card.run(&["00A40000021003"]);
    card.refused(&init("09", "00", CARD), "9403");
    // Of a kind that may not, the temporary key before the chain.
    card.run(&[ADF, "801A0600"]);
    card.refused("80FA000008 0000000000000000", "6985");
    card.run(&["801A0802"]);
    card.refused("80FA010008 0000000000000000", "6901");
    card.run(&[&format!("801A2E0108{CARD}")]);
    card.refused("80FA010008 0000000000000000", "6985");
}

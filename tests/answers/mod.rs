//! What holds of every answer of a card with keys: a status word of its lists, memory as it was
//! where the word says so, no data where the word refuses, no more of it than asked for.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tessera::{Card, StatusWord};
use tessera_framework::{Apdu, Class, class::SecureMessaging};

/// Bytes by which a protected answer is longer than Le: a length byte, padding and a MAC.
const PROTECTION_BYTES: usize = 12;

/// Status words beyond those of ISO/IEC 7816-4: of PBOC cards, and of the medical account.
const PBOC: [u16; 6] = [0x9302, 0x9303, 0x9401, 0x9402, 0x9403, 0x9406];
const MEDICAL: [u16; 11] =
    [0x9481, 0x9483, 0x9484, 0x9485, 0x9486, 0x9487, 0x9488, 0x9489, 0x948A, 0x948B, 0x948C];

/// Most bytes that a counted MAC changes in a segment of the social-security family: the count, and
/// the lock that it may come to.
const COUNTED_BYTES_MAX: usize = 2;

/// What the application's memory holds.
fn segments(card: &Card) -> Vec<Vec<u8>> {
    card.applications().map(|(_, segment)| card.segment(segment)).collect()
}

/// In how many bytes two states of all segments differ.
fn differences(before: &[Vec<u8>], after: &[Vec<u8>]) -> usize {
    let pairs = before.iter().zip(after).flat_map(|(before, after)| before.iter().zip(after));
    pairs.filter(|(before, after)| before != after).count()
}

/// Sends a command and checks all that holds of every answer; `None` when power failed.
pub(crate) fn exchange(card: &mut Card, command: &[u8]) -> Result<Option<Vec<u8>>, TestCaseError> {
    let (before, counters, segments_before) =
        (card.memory().to_vec(), card.counters(), segments(card));
    let Ok(answer) = card.transmit(command) else { return Ok(None) };
    let Some((data, status)) = answer.split_last_chunk::<2>() else {
        return Err(TestCaseError::fail("an answer without a status word"));
    };
    let status = StatusWord::from(*status);
    let in_range = match status.0 {
        0x9000 | 0x6100..=0x6EFF => true,
        word => {
            let own = PBOC.contains(&word) || MEDICAL.contains(&word);
            card.profile().name != "iso7816" && own
        }
    };
    prop_assert!(in_range, "{command:02X?}: {status}");
    // A command with a MAC counts a try before it looks, and may be refused for something else.
    // The unblocking commands carry theirs in class 80 too, and what commits in B0 and D0.
    let is_counted = matches!(command, [class, ins, ..] if class & 0x04 != 0
        || *class == 0x80 && matches!(ins, 0x18 | 0x24)
        || matches!(class, 0xB0 | 0xD0) && matches!(ins, 0x2A | 0x2C | 0x42 | 0x46));
    if status.promises_unchanged() {
        let unchanged = is_counted || (card.memory() == before && card.counters() == counters);
        prop_assert!(unchanged, "{command:02X?}: {status}, and memory has changed");
        let changes = differences(&segments_before, &segments(card));
        let most = if is_counted { COUNTED_BYTES_MAX } else { 0 };
        prop_assert!(changes <= most, "{command:02X?}: {status}, and {changes} bytes have changed");
    }
    if !matches!(status.sw1(), 0x90 | 0x61 | 0x62) {
        prop_assert!(data.is_empty(), "{command:02X?}: data with {status}");
    }
    match Apdu::parse(command) {
        Err(wrong) => prop_assert_eq!(status, wrong),
        Ok(apdu) => {
            let class = Class::decode(apdu.cla);
            let is_protected = class.secure_messaging() == SecureMessaging::Proprietary;
            let most = if apdu.ne == 0 { 256 } else { apdu.ne as usize };
            let more = if is_protected { PROTECTION_BYTES } else { 0 };
            prop_assert!(data.len() <= most + more, "{command:02X?}: {} bytes", data.len());
        }
    }
    Ok(Some(answer))
}

//! What a recovery may cost and a command may wear (P7, P8), and where a secret may not be (P10).

use std::ops::Range;

use super::{Broken, Place, state::State};
use crate::{
    Card,
    nvm::{
        Geometry, Memory,
        journal::Secrecy,
        layout::Region,
        record::{Event, Given},
    },
    os::steps::{Change, Step},
};

/// A piece of a secret that is a copy of it wherever it is found.
const PIECE_BYTES: usize = 4;

/// Most pulses of a recovery after a tear in `torn`, the step that was not complete. `session` is a
/// card at the end of the session that is torn, `before` one before the command.
///
/// That is `2k + 3` for `k` page ranges of the transaction, three for each counter changed since
/// power-up, and one more than the log has pages where the transaction carried a secret. A word
/// that was left in doubt when an earlier recovery was torn may be gone through once more: two
/// pulses for a lane, three for a counter, the log for the wipe word.
pub(super) fn recovery_pulses_max(before: &Card, session: &Card, torn: Option<&Step>) -> u64 {
    let geometry = before.eeprom().geometry();
    let pages = torn.map_or(0, |step| ranges(geometry, step));
    let (mut doubtful, mut lanes) = (Vec::new(), 0);
    let mut wipe = torn.is_some_and(is_secret);
    let (mut counters, layout) = (session.touched_counters(), before.layout());
    for byte in before.eeprom().torn() {
        let region = layout.region(byte.at);
        if doubtful.contains(&region) {
            continue;
        }
        doubtful.push(region);
        match region {
            Region::Intent { .. } => lanes += 1,
            Region::CounterIntent { .. } => counters += 1,
            Region::Wipe => wipe = true,
            _ => {}
        }
    }
    let log_pages = u64::from(layout.log.bytes / geometry.page_bytes);
    let wiping = if wipe { log_pages + 1 } else { 0 };
    2 * pages + 3 + 2 * lanes + 3 * u64::from(counters) + wiping
}

/// Runs of units within a page that a transaction stores to.
fn ranges(geometry: &Geometry, step: &Step) -> u64 {
    let mut units = Vec::new();
    for change in &step.changes {
        if let Change::Store { at, bytes, .. } = change
            && !bytes.is_empty()
        {
            let last = at + bytes.len() as u32 - 1;
            units.extend((at / geometry.unit_bytes)..=(last / geometry.unit_bytes));
        }
    }
    units.sort_unstable();
    units.dedup();
    let page_units = geometry.page_bytes / geometry.unit_bytes;
    let begins = |(i, unit): (usize, &u32)| {
        i == 0 || units[i - 1] + 1 != *unit || unit.is_multiple_of(page_units)
    };
    units.iter().enumerate().filter(|&it| begins(it)).count() as u64
}

pub(super) fn is_secret(step: &Step) -> bool {
    let secret = |change: &Change| matches!(change, Change::Store { secrecy: Secrecy::Secret, .. });
    step.changes.iter().any(secret)
}

/// P8: a command erases no unit more often than it makes changes; a log that held a secret is
/// erased once more for that.
pub(super) fn command_wear(
    before: &Card,
    after: &Card,
    events: &[Event],
    steps: &[Step],
) -> Result<(), Broken> {
    let wipes = steps.iter().filter(|step| is_secret(step)).count();
    let expected = (steps.len() + wipes) as u32;
    let unit_bytes = before.eeprom().geometry().unit_bytes as usize;
    for (at, bytes) in erases(events) {
        for unit in (at..at + bytes).step_by(unit_bytes) {
            let got = after.eeprom().wear().at(unit) - before.eeprom().wear().at(unit);
            if got > expected {
                return Err(Broken::Wear { place: Place::at(before, unit), got, expected });
            }
        }
    }
    Ok(())
}

/// P8: a recovery erases no unit more than once.
pub(super) fn recovery_wear(card: &Card, events: &[Event]) -> Result<(), Broken> {
    let mut erased: Vec<(u32, u32)> = Vec::new();
    for (at, bytes) in erases(events) {
        if erased.iter().any(|&(from, end)| from < at + bytes && at < end) {
            return Err(Broken::Wear { place: Place::at(card, at), got: 2, expected: 1 });
        }
        erased.push((at, at + bytes));
    }
    Ok(())
}

/// Address and length of each erase pulse.
fn erases(events: &[Event]) -> impl Iterator<Item = (u32, u32)> {
    events.iter().filter_map(|event| match *event {
        Event::Pulsed(Given::Erase { at, bytes }) | Event::Torn(Given::Erase { at, bytes }) => {
            Some((at, bytes))
        }
        _ => None,
    })
}

/// Pieces of the secrets that a command replaces and stores, and of those stored in its session
/// before it, which may lie in their place alone.
pub(super) fn secrets(card: &Card, steps: &[Step], states: &[State]) -> Vec<[u8; PIECE_BYTES]> {
    let mut pieces = Vec::new();
    for (step, before) in steps.iter().zip(states) {
        for change in &step.changes {
            let Change::Store { at, bytes, secrecy: Secrecy::Secret } = change else { continue };
            let at = (at - card.layout().segments) as usize;
            let old = &before.segments[at..at + bytes.len()];
            pieces.extend(old.windows(PIECE_BYTES).chain(bytes.windows(PIECE_BYTES)));
        }
    }
    for &(at, bytes) in card.secret_places() {
        let there = &card.eeprom().cells()[at as usize..(at + bytes) as usize];
        pieces.extend(there.windows(PIECE_BYTES));
    }
    let mut pieces: Vec<_> = pieces.iter().filter_map(|piece| (*piece).try_into().ok()).collect();
    pieces.retain(says_something);
    pieces.sort_unstable();
    pieces.dedup();
    if !pieces.is_empty() {
        let open = open_pieces(card, steps, states);
        pieces.retain(|piece| open.binary_search(piece).is_err());
    }
    pieces
}

/// Pieces that are no copies of a secret although they look like one: the command stores them
/// openly, or the engine had them before it.
fn open_pieces(card: &Card, steps: &[Step], states: &[State]) -> Vec<[u8; PIECE_BYTES]> {
    let (geometry, segments) = (card.eeprom().geometry(), card.layout().segments);
    let mut open: Vec<[u8; PIECE_BYTES]> = Vec::new();
    let mut add = |bytes: &[u8]| {
        let pieces = bytes.windows(PIECE_BYTES);
        open.extend(pieces.filter_map(|piece| <[u8; PIECE_BYTES]>::try_from(piece).ok()));
    };
    add(&card.eeprom().cells()[..segments as usize]);
    let secret = secret_ranges(card, steps);
    for (step, after) in steps.iter().zip(states.iter().skip(1)) {
        for change in &step.changes {
            let (Change::Store { at, bytes, secrecy: Secrecy::Open } | Change::Raw { at, bytes }) =
                change
            else {
                continue;
            };
            // The log has whole units, but a secret in one of them must not get there.
            let mut from = geometry.unit_start(*at);
            let end = geometry.whole_units(at + bytes.len() as u32);
            while from < end {
                let within = |range: &&Range<u32>| range.contains(&from);
                if let Some(range) = secret.iter().find(within) {
                    from = range.end;
                    continue;
                }
                let next = secret.iter().map(|range| range.start).filter(|&at| at > from).min();
                let until = next.map_or(end, |at| at.min(end));
                let run = (from - segments) as usize..(until - segments) as usize;
                add(after.segments.get(run).unwrap_or_default());
                from = until;
            }
        }
    }
    open.sort_unstable();
    open
}

/// Where secrets lie that the session has stored before, or this command stores.
fn secret_ranges(card: &Card, steps: &[Step]) -> Vec<Range<u32>> {
    let before = card.secret_places().iter().map(|&(at, bytes)| at..at + bytes);
    let changes = steps.iter().flat_map(|step| &step.changes);
    let now = changes.filter_map(|change| match change {
        Change::Store { at, bytes, secrecy: Secrecy::Secret } => Some(*at..at + bytes.len() as u32),
        _ => None,
    });
    before.chain(now).collect()
}

/// At least three different bytes: what has less, padding above all, is found everywhere.
fn says_something(piece: &[u8; PIECE_BYTES]) -> bool {
    let mut bytes = *piece;
    bytes.sort_unstable();
    bytes.windows(2).filter(|pair| pair[0] != pair[1]).count() >= 2
}

/// P10: no secret outside the segments. Within them [`State`] says what every byte is. Bytes that
/// were `drawn` are no evidence: among many draws some hit a secret.
pub(super) fn forgotten(
    card: &Card,
    secrets: &[[u8; PIECE_BYTES]],
    drawn: &[u32],
) -> Result<(), Broken> {
    if secrets.is_empty() {
        return Ok(());
    }
    let engine = &card.eeprom().cells()[..card.layout().segments as usize];
    let is_copy = |(at, window): &(usize, &[u8])| {
        let found = (*window).try_into().is_ok_and(|piece| secrets.binary_search(piece).is_ok());
        let piece = *at as u32..(at + PIECE_BYTES) as u32;
        found && !drawn.iter().any(|byte| piece.contains(byte))
    };
    match engine.windows(PIECE_BYTES).enumerate().find(is_copy).map(|(at, _)| at) {
        Some(at) => Err(Broken::Secret { place: Place::at(card, at as u32) }),
        None => Ok(()),
    }
}

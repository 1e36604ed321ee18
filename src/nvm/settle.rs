//! Power-up: what a torn session has left is brought to a state without doubt.

use super::{
    Layout, Memory, Pulse, PulseError, WORD_BYTES, counter, erase_word, journal::MARKER,
    layout::Lane, log,
};

/// Brings memory to a state without doubt; see the [module's argument](super).
///
/// Takes no pulse after a session that changed nothing. After others at most `2k + 3` for a log of
/// `k` page ranges, three for each counter that was changed, and one more than the log has pages
/// after a tear in a transaction that carried a secret. An intent that an earlier tear has left in
/// doubt, and that has read idle until now, may cost its lane two more, or its counter three.
///
/// # Errors
/// [`PulseError::PowerLost`]: settle again at the next power-up. [`PulseError::MemoryFailure`]: a
/// marker, a home page or a counter's validity does not take what it is given, and data stays in
/// doubt.
pub fn settle<M: Memory>(memory: &mut M, layout: &Layout) -> Result<(), PulseError> {
    let idle = [memory.geometry().erased; WORD_BYTES];
    for lane in layout.lanes() {
        if !memory.reads_as(lane.intent, idle) {
            settle_lane(memory, layout, lane)?;
            pass_over_failure(erase_word(memory, lane.intent))?;
        }
    }
    counter::settle(memory, layout)?;
    if !memory.reads_as(layout.wipe, idle) {
        pass_over_failure(log::wipe(memory, layout, layout.lane(0), layout.log.bytes))?;
    }
    Ok(())
}

/// Settles what a lane's transactions may have left.
pub(crate) fn settle_lane<M: Memory>(
    memory: &mut M,
    layout: &Layout,
    lane: Lane,
) -> Result<(), PulseError> {
    if memory.reads_as(lane.marker, MARKER) {
        memory.drive(Pulse::Program { at: lane.marker, data: &MARKER })?;
        log::copy_home(memory, layout, lane)?;
    }
    erase_word(memory, lane.marker)
}

/// What fails here leaves nothing in doubt: an intent that cannot be erased costs each power-up
/// its pulses, and a log that cannot be wiped cannot be used either.
pub(crate) fn pass_over_failure(outcome: Result<(), PulseError>) -> Result<(), PulseError> {
    match outcome {
        Err(PulseError::MemoryFailure) => Ok(()),
        outcome => outcome,
    }
}

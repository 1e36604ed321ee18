//! What a card sends, and when: one thing at a time.

/// A card's turn on the line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// The leading edge of the first character, or the moment I/O is pulled low.
    pub at_clk: u64,
    /// The characters; none when the card signals an error instead.
    pub bytes: Vec<u8>,
    /// Distance of the leading edges of its characters.
    pub spacing_clk: u64,
    /// T=0: the last character had a wrong parity. The card pulls I/O low, and the reader sends the
    /// character again (ISO/IEC 7816-3:2006, 7.3).
    pub is_error_signal: bool,
}

impl Output {
    /// The leading edge of the last character.
    #[must_use]
    pub fn last_clk(&self) -> u64 {
        let distances = self.bytes.len().saturating_sub(1) as u64;
        self.at_clk.saturating_add(distances.saturating_mul(self.spacing_clk))
    }

    /// The earliest leading edge of a character behind it from the same side.
    #[must_use]
    pub fn end_clk(&self) -> u64 {
        self.last_clk().saturating_add(self.spacing_clk)
    }
}

/// NULL characters of T=0 before what is to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Waiting {
    /// The last character on the line before the next NULL.
    pub(super) last_clk: u64,
    /// A NULL comes so long after it.
    pub(super) every_clk: u64,
    /// The most the card may be silent.
    pub(super) silence_clk: u64,
    /// The last NULL was not understood and comes again at this time.
    pub(super) again_clk: Option<u64>,
}

/// The one thing that waits to be sent. Its buffer is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    /// What is sent; on T=0 also what is sent again.
    pub(super) output: Output,
    pending: bool,
    waiting: Option<Waiting>,
    error_signal_clk: Option<u64>,
    /// What was taken last is a NULL.
    has_said_null: bool,
    /// What was taken last is over.
    over_clk: u64,
}

/// The procedure byte that asks for nothing but patience (ISO/IEC 7816-3:2006, 10.3.3).
pub(super) const NULL: u8 = 0x60;

impl Outbox {
    pub(super) fn clear(&mut self) {
        self.pending = false;
        self.waiting = None;
        self.error_signal_clk = None;
        self.output.bytes.clear();
        self.has_said_null = false;
        self.over_clk = 0;
    }

    /// Something waits to be sent.
    pub(super) fn is_full(&self) -> bool {
        self.pending || self.error_signal_clk.is_some()
    }

    /// Something waits to be sent, or is on the line at this time.
    pub(super) fn is_busy(&self, now_clk: u64) -> bool {
        self.is_full() || now_clk < self.over_clk
    }

    /// The buffer, empty.
    pub(super) fn begin(&mut self) -> &mut Vec<u8> {
        self.output.bytes.clear();
        &mut self.output.bytes
    }

    /// What is in the buffer is sent at this time.
    pub(super) fn send(&mut self, at_clk: u64, spacing_clk: u64) {
        self.output.at_clk = at_clk;
        self.output.spacing_clk = spacing_clk;
        self.pending = true;
        self.waiting = None;
        self.has_said_null = false;
    }

    /// Before it NULL is sent, as often as needed.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting = Some(waiting);
    }

    /// I/O is pulled low at this time.
    pub(super) fn signal_error(&mut self, at_clk: u64) {
        self.error_signal_clk = Some(at_clk);
    }

    /// The last output's characters from `first` on are sent again.
    pub(super) fn repeat(&mut self, at_clk: u64, first: usize) {
        if self.error_signal_clk.is_some() {
            return;
        }
        if self.pending {
            // What waits has not been said; if anything has, it is the NULL before it.
            let null = self.waiting.as_mut().filter(|_| self.has_said_null && first == 0);
            if let Some(waiting) = null {
                waiting.again_clk = Some(at_clk);
            }
        } else if first < self.output.bytes.len() {
            self.waiting = None;
            self.output.bytes.drain(..first);
            self.output.at_clk = at_clk;
            self.pending = true;
        }
    }

    /// Moves the next output to `into`. False when there is none.
    pub(super) fn take(&mut self, into: &mut Output) -> bool {
        into.bytes.clear();
        into.spacing_clk = self.output.spacing_clk;
        into.is_error_signal = false;
        if let Some(at_clk) = self.error_signal_clk.take() {
            into.at_clk = at_clk;
            into.is_error_signal = true;
            return true;
        }
        if !self.pending {
            return false;
        }
        if let Some(waiting) = &mut self.waiting {
            let due_clk = waiting.last_clk.saturating_add(waiting.silence_clk);
            if waiting.again_clk.is_some() || self.output.at_clk > due_clk {
                let next_clk = waiting.last_clk.saturating_add(waiting.every_clk);
                into.at_clk = waiting.again_clk.take().unwrap_or(next_clk);
                into.bytes.push(NULL);
                waiting.last_clk = into.at_clk;
                self.has_said_null = true;
                self.over_clk = into.end_clk();
                self.output.at_clk = self.output.at_clk.max(self.over_clk);
                return true;
            }
        }
        into.at_clk = self.output.at_clk;
        into.bytes.extend_from_slice(&self.output.bytes);
        self.pending = false;
        self.has_said_null = false;
        self.over_clk = into.end_clk();
        true
    }
}

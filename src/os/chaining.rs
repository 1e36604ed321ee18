//! Long commands in, long answers out: command chaining, GET RESPONSE, `61XX` and `6CXX`
//! (ISO/IEC 7816-4:2020, 5.3, 5.4.2 and 11.7.1; ISO/IEC 7816-3:2006, 12.2).
//!
//! | protocol | case | answer of n bytes | goes out as |
//! |---|---|---|---|
//! | T=0 | 2 short | n = Ne | all |
//! | | 2 short | n differs, n up to 256 | `6Cnn`, held for the same command with the right Le |
//! | | 2 short | n above 256 | 256 bytes and `61XX` when Ne is 256, else `6C00`, held likewise |
//! | | 1, 3, 4 short | | `61nn`, held for GET RESPONSE |
//! | T=1, contactless | 2, 4 | n up to Ne | all |
//! | | 2 short | n above Ne, up to 256 | `6Cnn`, held for the same command with the right Le |
//! | | 4, or n above 256 | n above Ne | Ne bytes and `61XX` |
//! | | 1, 3 | | all up to 256 bytes, then `61XX` |
//! | both | extended | n above Ne | Ne bytes and `61XX` |
//!
//! A command is never run a second time because its Le was wrong: what `6CXX` announces is held,
//! and given to the same header with the right Le. Where the command has changed memory it is
//! `61XX` in its place, for `6CXX` says that nothing has changed (own design). Data for cases 1 and
//! 3 is what reader programs written for T=0 rely on (they send SELECT
//! without Le); the standard lets a card withhold it (11.2.2), this one does not.
//!
//! Invariant: at most one answer is held and at most one chain is open, each for one channel.

use tessera_framework::{Apdu, Ins, StatusWord};

use crate::link::Delivery;

/// A command chain that is not complete.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Chain {
    header: Option<Header>,
    data: Vec<u8>,
}

/// What all parts of a chain, and a command repeated after `6CXX`, have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Header {
    cla: u8,
    ins: Ins,
    p1: u8,
    p2: u8,
}

/// Most bytes a short Le can ask for.
const SHORT_BYTES_MAX: usize = 256;

/// The chaining bit of an interindustry class byte.
const CHAINING_BIT: u8 = 0x10;

impl Header {
    fn of(apdu: &Apdu<'_>) -> Self {
        Self { cla: apdu.cla, ins: apdu.ins, p1: apdu.p1, p2: apdu.p2 }
    }

    fn of_part(apdu: &Apdu<'_>) -> Self {
        Self { cla: apdu.cla & !CHAINING_BIT, ..Self::of(apdu) }
    }
}

impl Chain {
    /// A chain is open.
    pub(crate) fn is_open(&self) -> bool {
        self.header.is_some()
    }

    /// The command goes on with the open chain.
    pub(crate) fn continues_with(&self, apdu: &Apdu<'_>) -> bool {
        self.header == Some(Header::of_part(apdu))
    }

    /// Adds a part; false when the joined data would be longer than `bytes_max`.
    pub(crate) fn add(&mut self, apdu: &Apdu<'_>, bytes_max: usize) -> bool {
        self.header = Some(Header::of_part(apdu));
        let fits = self.data.len() + apdu.data.len() <= bytes_max;
        if fits {
            self.data.extend_from_slice(apdu.data);
        }
        fits
    }

    /// Forgets the chain; its buffer is kept for the next one.
    pub(crate) fn drop_parts(&mut self) {
        self.header = None;
        self.data.clear();
    }

    /// Takes the joined data out, leaving no chain. [`give_back`](Self::give_back) the buffer.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.header = None;
        std::mem::take(&mut self.data)
    }

    /// Returns a buffer for reuse.
    pub(crate) fn give_back(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.data = buffer;
    }
}

/// An answer, or the rest of one, that the terminal has not fetched.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Held {
    state: Option<Fetch>,
    data: Vec<u8>,
    /// How much of `data` has gone out.
    sent: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fetch {
    /// By GET RESPONSE on this channel; then this status word.
    GetResponse { channel: u8, status: StatusWord },
    /// By the same command with the right Le.
    Repeat { header: Header, status: StatusWord },
}

impl Held {
    /// Forgets what is held.
    #[inline]
    pub(crate) fn clear(&mut self) {
        if self.state.is_some() {
            self.state = None;
            self.data.clear();
            self.sent = 0;
        }
    }

    /// An answer is held for GET RESPONSE on `channel`.
    pub(crate) fn awaits_get_response(&self, channel: u8) -> bool {
        matches!(self.state, Some(Fetch::GetResponse { channel: here, .. }) if here == channel)
    }

    /// How many bytes GET RESPONSE on `channel` would find.
    pub(crate) fn left_for_get_response(&self, channel: u8) -> Option<usize> {
        self.awaits_get_response(channel).then(|| self.data.len() - self.sent)
    }

    /// The command is the one a `6CXX` was answered to, with the Le it named.
    #[inline]
    pub(crate) fn is_repeated_by(&self, apdu: &Apdu<'_>) -> bool {
        match self.state {
            Some(Fetch::Repeat { header, .. }) => {
                header == Header::of(apdu)
                    && apdu.data.is_empty()
                    && apdu.ne as usize == self.data.len().min(SHORT_BYTES_MAX)
            }
            _ => false,
        }
    }

    /// Hands out what the repeated command gets; what is beyond 256 bytes waits for GET RESPONSE.
    pub(crate) fn repeat(&mut self, channel: u8, out: &mut [u8]) -> (usize, StatusWord) {
        let Some(Fetch::Repeat { status, .. }) = self.state else {
            return (0, StatusWord::NO_DIAGNOSIS);
        };
        self.state = Some(Fetch::GetResponse { channel, status });
        self.next_piece(SHORT_BYTES_MAX, status, out)
    }

    /// GET RESPONSE for Ne bytes: the next piece, and the status word that goes with it.
    pub(crate) fn get_response(
        &mut self,
        apdu: &Apdu<'_>,
        delivery: Delivery,
        out: &mut [u8],
    ) -> (usize, StatusWord) {
        let Some(Fetch::GetResponse { status, .. }) = self.state else {
            return (0, StatusWord::CONDITIONS_NOT_SATISFIED);
        };
        let (rest, ne) = (&self.data[self.sent..], apdu.ne as usize);
        if delivery == Delivery::Tpdus && !apdu.extended && rest.len() < ne {
            return (0, StatusWord::wrong_le(rest.len()));
        }
        self.next_piece(ne, status, out)
    }

    fn next_piece(
        &mut self,
        bytes_max: usize,
        status: StatusWord,
        out: &mut [u8],
    ) -> (usize, StatusWord) {
        let rest = &self.data[self.sent..];
        let piece = rest.len().min(bytes_max);
        out[..piece].copy_from_slice(&rest[..piece]);
        self.sent += piece;
        match self.data.len() - self.sent {
            0 => {
                self.clear();
                (piece, status)
            }
            left => (piece, StatusWord::more(left)),
        }
    }

    fn hold(&mut self, state: Fetch, data: &[u8]) {
        self.state = Some(state);
        self.data.clear();
        self.data.extend_from_slice(data);
        self.sent = 0;
    }

    /// Decides how an answer of `data` goes out: how many of its bytes now, and with which status
    /// word. What does not go out now is held. `has_changed`: the command has changed memory, which
    /// `6CXX` would deny.
    #[inline]
    pub(crate) fn send(
        &mut self,
        apdu: &Apdu<'_>,
        channel: u8,
        delivery: Delivery,
        data: &[u8],
        status: StatusWord,
        has_changed: bool,
    ) -> (usize, StatusWord) {
        let (n, ne) = (data.len(), apdu.ne as usize);
        if n == 0 || (n <= ne && (delivery == Delivery::Apdus || apdu.extended)) {
            return (n, status);
        }
        self.send_in_pieces(apdu, channel, delivery, data, status, has_changed)
    }

    fn send_in_pieces(
        &mut self,
        apdu: &Apdu<'_>,
        channel: u8,
        delivery: Delivery,
        data: &[u8],
        status: StatusWord,
        has_changed: bool,
    ) -> (usize, StatusWord) {
        let (n, ne) = (data.len(), apdu.ne as usize);
        let now = match (delivery, apdu.case()) {
            _ if apdu.extended => ne.min(n),
            (Delivery::Tpdus, 2) if n == ne => return (n, status),
            (Delivery::Tpdus, 2) if n > 256 && ne == 256 => 256,
            (Delivery::Apdus, 2) if n > 256 => ne,
            (Delivery::Tpdus, 2) if has_changed => 0,
            (Delivery::Apdus, 2) if has_changed => ne.min(n),
            (_, 2) => {
                // With the right Le nothing is missing before the end of the file.
                let status =
                    if status == StatusWord::END_OF_FILE { StatusWord::OK } else { status };
                self.hold(Fetch::Repeat { header: Header::of(apdu), status }, data);
                return (0, StatusWord::wrong_le(n.min(SHORT_BYTES_MAX)));
            }
            (Delivery::Tpdus, _) => 0,
            (Delivery::Apdus, 4) => ne.min(n),
            (Delivery::Apdus, _) => n.min(256),
        };
        if now == n {
            return (n, status);
        }
        self.hold(Fetch::GetResponse { channel, status }, &data[now..]);
        (now, StatusWord::more(n - now))
    }
}

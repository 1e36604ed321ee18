//! A line for each step of a reader: what it sends, who answers, what is on the air, and what the
//! reader makes of it.

use tessera::{
    field::{Field, Place, symbol::manchester::Symbol},
    link::{Application, Frame, PiccType, pcd::Heard, picc::State},
};

/// Columns of what the reader sends: a word, and the bytes without their CRC.
const WORD_COLUMNS: usize = 7;
const SENT_COLUMNS: usize = 21;
/// Columns of what is heard.
const HEARD_COLUMNS: usize = 20;
/// Most cards that have a column of their own.
const CARDS_MAX: usize = 14;

/// The marks, in words.
pub(super) const LEGEND: &str =
    "* answers  . is silent  - is halted  = is active  o answers and is masked  C a collision";

/// Which cards have which columns.
pub(super) struct Drawing {
    /// The cards, those of Type A first.
    places: Vec<Place>,
    gap_before: Option<usize>,
}

impl Drawing {
    pub(super) fn of<A: Application>(field: &Field<A>) -> Self {
        let is_a =
            |place: &Place| field.picc(*place).is_some_and(|picc| picc.picc_type() == PiccType::A);
        let (a, b): (Vec<_>, Vec<_>) = field.places().partition(is_a);
        let gap_before = (!a.is_empty() && !b.is_empty()).then_some(a.len());
        Self { places: [a, b].concat(), gap_before }
    }

    /// The cards in the order of their columns, and their letters.
    pub(super) fn cards(&self) -> impl Iterator<Item = (char, Place)> + '_ {
        let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(std::iter::repeat('+'));
        letters.zip(self.places.iter().copied())
    }

    /// The letter of a card.
    pub(super) fn letter(&self, place: Place) -> char {
        self.cards().find(|(_, at)| *at == place).map_or('?', |(letter, _)| letter)
    }

    /// What stands above the lines.
    pub(super) fn head(&self) -> String {
        let sent = WORD_COLUMNS + SENT_COLUMNS + 3;
        let columns = match self.has_columns() {
            true => self.row(|place| self.letter(place)),
            false => "cards".to_owned(),
        };
        format!(
            "{:sent$}{columns}  {:HEARD_COLUMNS$}  the reader concludes",
            "  the reader sends", "on the air"
        )
    }

    /// A step.
    pub(super) fn line<A: Application>(
        &self,
        field: &Field<A>,
        sent: &Frame,
        heard: &Heard,
        concludes: &str,
    ) -> String {
        let (word, bytes) = words_of(sent);
        let marks = match self.has_columns() {
            true => self.row(|place| mark(field, place)),
            false => format!("{:>5}", field.answered().len()),
        };
        let heard = heard_text(sent, heard, &field.on_air());
        let line = format!(
            "  {word:WORD_COLUMNS$}{bytes:SENT_COLUMNS$} {marks}  {heard:HEARD_COLUMNS$}  {concludes}"
        );
        line.trim_end().to_owned()
    }

    fn has_columns(&self) -> bool {
        self.places.len() <= CARDS_MAX
    }

    fn row(&self, mark: impl Fn(Place) -> char) -> String {
        let spaced = self.places.len() <= CARDS_MAX / 2;
        let mut row = String::new();
        for (n, place) in self.places.iter().enumerate() {
            if self.gap_before == Some(n) || spaced && n > 0 {
                row.push(' ');
            }
            if self.gap_before == Some(n) && spaced {
                row.push(' ');
            }
            row.push(mark(*place));
        }
        format!("{row:5}")
    }
}

/// What a card does in this step.
fn mark<A: Application>(field: &Field<A>, place: Place) -> char {
    if field.answered().contains(&place) {
        let masked = field.surroundings().captures && !field.heard_from().any(|at| at == place);
        return if masked { 'o' } else { '*' };
    }
    match field.picc(place).map(|picc| picc.state()) {
        Some(State::Halt | State::ReadyStar | State::ActiveStar) => '-',
        Some(State::Protocol) => '=',
        Some(_) if field.is_in(place) => '.',
        _ => ' ',
    }
}

/// A frame of the reader's: what it is called, and its bytes.
fn words_of(frame: &Frame) -> (String, String) {
    let bytes = frame.checked().unwrap_or(&frame.bytes);
    let whole = hex::encode_upper(bytes);
    let word = match (frame.of, bytes) {
        (PiccType::A, [0x26]) => "REQA",
        (PiccType::A, [0x52]) => "WUPA",
        (PiccType::A, [sel @ (0x93 | 0x95 | 0x97), nvb, ..]) => {
            let level = (sel - 0x91) / 2;
            let word = if *nvb == 0x70 { "SELECT".to_owned() } else { format!("CL{level} ?") };
            return (word, anticollision(frame, bytes));
        }
        (PiccType::A, [0x50, 0x00]) => "HLTA",
        (PiccType::A, [0xE0, _]) => "RATS",
        (PiccType::A, [0xD0..=0xDF, 0x01 | 0x11, ..]) => "PPS",
        (PiccType::B, [0x05, _, param]) if param & 0x08 == 0 => "REQB",
        (PiccType::B, [0x05, _, _]) => "WUPB",
        (PiccType::B, [marker]) => return (format!("slot {}", (marker >> 4) + 1), whole),
        (PiccType::B, [0x50, ..]) => "HLTB",
        (PiccType::B, [0x1D, ..]) => "ATTRIB",
        _ => "block",
    };
    (word.to_owned(), short(&whole, SENT_COLUMNS - 1))
}

/// SEL, NVB, and what is known of the level: its bytes, then its further bits.
fn anticollision(frame: &Frame, bytes: &[u8]) -> String {
    let whole = if frame.last_bits == 8 { bytes.len() } else { bytes.len() - 1 };
    let further = if frame.last_bits == 8 { 0 } else { usize::from(frame.last_bits) };
    let bits: String = frame.data_bits().skip(8 * whole).take(further).map(bit_letter).collect();
    let known = bytes.get(2..whole).map(hex::encode_upper).unwrap_or_default();
    let start = bytes.get(..2).map(hex::encode_upper).unwrap_or_default();
    let text = [start, known, bits].into_iter().filter(|part| !part.is_empty());
    text.collect::<Vec<_>>().join(" ")
}

/// What is heard: bytes while they are clear, and the bits of the one in which cards differ in the
/// order of the air.
fn heard_text(sent: &Frame, heard: &Heard, on_air: &[Symbol]) -> String {
    let text = match heard {
        Heard::Nothing => String::new(),
        Heard::Noise => "~~~~~~~~".to_owned(),
        Heard::Frame(frame) => {
            // Only what was sent with a CRC is answered with one.
            let checked = frame.checked().filter(|_| sent.checked().is_some());
            let rest = checked.map_or_else(|| clear(frame, frame.bytes.len()), hex::encode_upper);
            if frame.intact { rest } else { rest + " !" }
        }
        Heard::Collision { frame, at } => {
            let first_bit = usize::from(frame.first_bit);
            let byte = (at + first_bit) / 8;
            let in_byte = (9 * byte).saturating_sub(first_bit)..9 * byte + 8 - first_bit;
            let bits = on_air.get(in_byte).unwrap_or_default();
            let bits: String = bits.iter().map(|symbol| symbol.bit_letter()).collect();
            [clear(frame, byte), bits + ".."].join(" ").trim_start().to_owned()
        }
    };
    short(&text, HEARD_COLUMNS)
}

/// The first bytes of a frame; the rest of a split byte by its bits.
fn clear(frame: &Frame, bytes: usize) -> String {
    let mut parts = Vec::with_capacity(2);
    let mut whole = frame.bytes.get(..bytes).unwrap_or_default();
    if frame.first_bit > 0 && !whole.is_empty() {
        let bits = frame.data_bits().take(8 - usize::from(frame.first_bit));
        parts.push(bits.map(bit_letter).collect::<String>());
        whole = whole.get(1..).unwrap_or_default();
    }
    if !whole.is_empty() {
        parts.push(hex::encode_upper(whole));
    }
    parts.join(" ")
}

fn bit_letter(bit: bool) -> char {
    if bit { '1' } else { '0' }
}

fn short(text: &str, columns: usize) -> String {
    match text.get(..columns.saturating_sub(2)) {
        Some(begin) if text.len() > columns => format!("{begin}.."),
        _ => text.to_owned(),
    }
}

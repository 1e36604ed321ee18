//! The words of a line: options by name, then what stands in its place, then bytes.
//!
//! Identifiers (files, short identifiers, keys, rights) are hexadecimal, as manuals write them;
//! numbers and lengths are decimal, or hexadecimal behind `0x`.

use encoding_rs::GBK;

use super::error::LineError;

/// Longest data field of a short command; what `XX*N` may make.
const REPEATED_BYTES_MAX: usize = 65_536;

/// A word of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// It stood in quotes, so it is text and neither an option nor digits.
    pub(super) quoted: bool,
}

/// The words behind a verb, taken one after the other.
#[derive(Clone, Debug)]
pub(super) struct Words {
    left: Vec<Word>,
    verb: &'static str,
    usage: &'static str,
}

/// Cuts a line into words. `=` and `,` only part them.
pub(super) fn split(line: &str) -> Result<Vec<Word>, LineError> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '=' || c == ',');
        if rest.is_empty() {
            return Ok(words);
        }
        if let Some(inside) = rest.strip_prefix('"') {
            let Some((text, after)) = inside.split_once('"') else {
                return Err(LineError::wrong("a closing quote", rest));
            };
            words.push(Word { text: text.into(), quoted: true });
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == ',' || c == '"');
        let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
        words.push(Word { text: text.into(), quoted: false });
        rest = after;
    }
}

impl Words {
    /// The words behind a verb, which errors name.
    pub(super) fn new(left: Vec<Word>, verb: &'static str, usage: &'static str) -> Self {
        Self { left, verb, usage }
    }

    /// An error of this verb, with how it is used.
    pub(super) fn wrong(&self, expected: impl Into<String>, got: impl Into<String>) -> LineError {
        LineError::Verb {
            verb: self.verb,
            expected: expected.into(),
            got: got.into(),
            usage: self.usage,
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.left.iter().position(|word| !word.quoted && word.text.eq_ignore_ascii_case(name))
    }

    /// This word stands there; it is taken.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.place(name).map(|at| self.left.remove(at)).is_some()
    }

    /// What stands behind this word; both are taken.
    pub(super) fn named(&mut self, name: &str) -> Result<Option<Word>, LineError> {
        let Some(at) = self.place(name) else { return Ok(None) };
        if at + 1 >= self.left.len() {
            return Err(self.wrong(format!("a value behind `{name}`"), "the end of the line"));
        }
        self.left.remove(at);
        Ok(Some(self.left.remove(at)))
    }

    /// A number behind this word.
    pub(super) fn named_number(&mut self, name: &str) -> Result<Option<u32>, LineError> {
        match self.named(name)? {
            Some(word) => self.number(name, &word).map(Some),
            None => Ok(None),
        }
    }

    /// A byte in hexadecimal behind this word.
    pub(super) fn named_byte(&mut self, name: &str) -> Result<Option<u8>, LineError> {
        match self.named(name)? {
            Some(word) => self.byte(name, &word.text).map(Some),
            None => Ok(None),
        }
    }

    /// Bytes behind this word, in one piece.
    pub(super) fn named_bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, LineError> {
        match self.named(name)? {
            Some(word) => self.joined(name, &[word]).map(Some),
            None => Ok(None),
        }
    }

    /// A short file identifier behind `sfi`: 01 to 1E, or the file's identifier.
    pub(super) fn sfi(&mut self) -> Result<Option<u8>, LineError> {
        let Some(word) = self.named("sfi")? else { return Ok(None) };
        let number = u16::from_str_radix(&word.text, 16).ok();
        match number.map(u16::to_be_bytes) {
            Some([_, sfi @ 1..=30]) if word.text.len() != 3 => Ok(Some(sfi)),
            _ => Err(self.wrong("sfi 01 to 1E in hexadecimal, or a file such as 0015", &word.text)),
        }
    }

    /// The word whose turn it is stays there.
    pub(super) fn peek(&self) -> Option<&Word> {
        self.left.first()
    }

    /// The word whose turn it is.
    pub(super) fn take(&mut self) -> Option<Word> {
        (!self.left.is_empty()).then(|| self.left.remove(0))
    }

    /// The word whose turn it is, which has to be there.
    pub(super) fn need(&mut self, what: &str) -> Result<Word, LineError> {
        self.take().ok_or_else(|| self.wrong(what, "the end of the line"))
    }

    /// A number whose turn it is, if there is one.
    pub(super) fn take_number(&mut self, what: &str) -> Result<Option<u32>, LineError> {
        match self.take() {
            Some(word) => self.number(what, &word).map(Some),
            None => Ok(None),
        }
    }

    /// A byte in hexadecimal whose turn it is.
    pub(super) fn need_byte(&mut self, what: &str) -> Result<u8, LineError> {
        let word = self.need(what)?;
        self.byte(what, &word.text)
    }

    /// A file identifier whose turn it is.
    pub(super) fn need_fid(&mut self) -> Result<u16, LineError> {
        let what = "a file identifier of four digits";
        let word = self.need(what)?;
        fid(&word.text).ok_or_else(|| self.wrong(what, &word.text))
    }

    /// All that is left, as bytes.
    pub(super) fn data(&mut self, what: &str) -> Result<Vec<u8>, LineError> {
        let left = std::mem::take(&mut self.left);
        if left.is_empty() {
            return Err(self.wrong(what, "the end of the line"));
        }
        self.joined(what, &left)
    }

    /// All that is left, as words.
    pub(super) fn rest(&mut self) -> Vec<Word> {
        std::mem::take(&mut self.left)
    }

    /// Nothing is left.
    pub(super) fn end(&self) -> Result<(), LineError> {
        match self.left.first() {
            Some(word) => Err(self.wrong("nothing more", &word.text)),
            None => Ok(()),
        }
    }

    /// A number in decimal, or in hexadecimal behind `0x`.
    pub(super) fn number(&self, what: &str, word: &Word) -> Result<u32, LineError> {
        number(&word.text).ok_or_else(|| {
            let expected = format!("{what}: a number in decimal, or 0x and hexadecimal");
            self.wrong(expected, &word.text)
        })
    }

    /// A byte in hexadecimal.
    pub(super) fn byte(&self, what: &str, text: &str) -> Result<u8, LineError> {
        byte(text).ok_or_else(|| self.wrong(format!("{what}: a byte in hexadecimal"), text))
    }

    /// Bytes of several words.
    pub(super) fn joined(&self, what: &str, words: &[Word]) -> Result<Vec<u8>, LineError> {
        bytes(words).map_err(|got| {
            let expected = format!("{what}: hexadecimal digits, XX*N, or \"text\"");
            self.wrong(expected, got)
        })
    }
}

/// A number in decimal, or in hexadecimal behind `0x`.
pub(super) fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A byte of one or two hexadecimal digits.
pub(super) fn byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let right = digits.len() <= 2 && digits.chars().all(|c| c.is_ascii_hexdigit());
    right.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// A file identifier of four hexadecimal digits.
pub(super) fn fid(text: &str) -> Option<u16> {
    let right = text.len() == 4 && text.chars().all(|c| c.is_ascii_hexdigit());
    right.then(|| u16::from_str_radix(text, 16).ok()).flatten()
}

/// Digits, `XX*N` and quoted text, joined; the error is what does not belong there.
pub(super) fn bytes(words: &[Word]) -> Result<Vec<u8>, String> {
    let (mut bytes, mut digits) = (Vec::new(), String::new());
    let flush = |digits: &mut String, bytes: &mut Vec<u8>| {
        let decoded = hex::decode(&*digits).map_err(|_| match digits.len() % 2 {
            1 => format!("an odd number of digits, {digits}"),
            _ => digits.clone(),
        });
        digits.clear();
        decoded.map(|decoded| bytes.extend(decoded))
    };
    for word in words {
        if word.quoted {
            flush(&mut digits, &mut bytes)?;
            let (text, _, unknown) = GBK.encode(&word.text);
            if unknown {
                return Err(format!("{:?}, which GBK has no bytes for", word.text));
            }
            bytes.extend_from_slice(&text);
        } else if let Some((unit, times)) = word.text.split_once('*') {
            flush(&mut digits, &mut bytes)?;
            let unit = hex::decode(unit).ok().filter(|unit| !unit.is_empty());
            let times = times.parse().ok().filter(|&times| times <= REPEATED_BYTES_MAX);
            let (Some(unit), Some(times)) = (unit, times) else { return Err(word.text.clone()) };
            if unit.len().saturating_mul(times) > REPEATED_BYTES_MAX {
                return Err(format!("{}, more than {REPEATED_BYTES_MAX} bytes", word.text));
            }
            bytes.extend(unit.repeat(times));
        } else {
            digits.push_str(&word.text);
        }
    }
    flush(&mut digits, &mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Words {
        Words::new(split(line).unwrap(), "verb", "verb SOMETHING")
    }

    #[test]
    fn options_are_found_wherever_they_stand_and_the_rest_is_data() {
        let mut words = words("sfi 15 00 11 offset=0x10 2233 mac");
        assert_eq!(words.sfi().unwrap(), Some(0x15));
        assert_eq!(words.named_number("offset").unwrap(), Some(16));
        assert!(words.flag("MAC") && !words.flag("mac"));
        assert_eq!(words.data("data").unwrap(), [0, 0x11, 0x22, 0x33]);
        words.end().unwrap();
    }

    #[test]
    fn bytes_are_digits_repetitions_and_text() {
        let of = |line: &str| bytes(&split(line).unwrap());
        assert_eq!(of("00 a4 0").unwrap_err(), "an odd number of digits, 00a40");
        assert_eq!(of("FF*3 01").unwrap(), [0xFF, 0xFF, 0xFF, 1]);
        assert_eq!(of("01 \"1A 测\"").unwrap(), [1, b'1', b'A', b' ', 0xB2, 0xE2]);
        for bad in ["*3", "FF*", "FF*99999999999", "F*2", "FF*-1", "xyz1"] {
            of(bad).unwrap_err();
        }
        assert!(of("FF*65537").unwrap_err().contains("FF*65537"));
    }

    #[test]
    fn a_quoted_word_is_never_an_option() {
        let mut words = words("\"sfi\" sfi 05");
        assert_eq!(words.sfi().unwrap(), Some(5));
        assert_eq!(words.data("data").unwrap(), b"sfi");
        assert!(split("\"open").unwrap_err().to_string().contains("closing quote"));
    }

    #[test]
    fn mistakes_name_the_verb_and_its_usage() {
        let says = |line: &str, of: fn(&mut Words) -> Result<(), LineError>| {
            of(&mut words(line)).unwrap_err().to_string()
        };
        let sfi = says("sfi 1F", |words| words.sfi().map(|_| ()));
        assert!(sfi.starts_with("verb: expected sfi 01 to 1E"), "{sfi}");
        assert!(sfi.ends_with("got 1F\n  usage: verb SOMETHING"), "{sfi}");
        assert!(says("sfi", |words| words.sfi().map(|_| ())).contains("a value behind `sfi`"));
        assert!(says("1", |words| words.end()).contains("nothing more, got 1"));
        assert!(says("", |words| words.data("data").map(|_| ())).contains("the end of the line"));
        assert!(says("0xZ", |words| words.take_number("n").map(|_| ())).contains("0xZ"));
        assert!(says("123", |words| words.need_byte("b").map(|_| ())).contains("hexadecimal"));
        assert!(says("3F0", |words| words.need_fid().map(|_| ())).contains("four digits"));
    }
}

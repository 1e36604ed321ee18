//! Settings of cards and readers, as vectors write them: `uid 01 02 03 04, fsc 24, cid no`.

use super::Link;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A number.
    Number(u64),
    /// Several.
    Numbers(Vec<u64>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// One of a few words.
    Word(&'static str),
}

/// A setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// What is set.
    pub key: &'static str,
    /// To what.
    pub value: Value,
}

/// Settings; each key once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings(Vec<Setting>);

/// What a key may be set to.
enum Kind {
    /// A number in this range.
    Number(u64, u64),
    /// Numbers in this range, with spaces between them.
    Numbers(u64, u64),
    /// Bytes, as many as one of these; none: any number up to 255.
    Bytes(&'static [usize]),
    /// One of these words.
    Words(&'static [&'static str]),
}

const YES_NO: Kind = Kind::Words(&["yes", "no"]);

type Keys = &'static [(&'static str, Kind)];

const LINE: Keys = &[
    ("convention", Kind::Words(&["direct", "inverse"])),
    ("protocols", Kind::Words(&["T=0", "T=1", "T=0 T=1"])),
    ("ta1", Kind::Bytes(&[1])),
    ("ta2", Kind::Bytes(&[1])),
    ("guard", Kind::Number(0, 255)),
    ("wi", Kind::Number(1, 255)),
    ("ifsc", Kind::Number(1, 254)),
    ("bwi", Kind::Number(0, 9)),
    ("cwi", Kind::Number(0, 15)),
    ("edc", Kind::Words(&["lrc", "crc"])),
    ("historical", Kind::Bytes(&[])),
    ("procedure", Kind::Words(&["all", "one"])),
    ("announces-ifsc", Kind::Number(1, 254)),
];

const PICC: Keys = &[
    ("type", Kind::Words(&["a", "b"])),
    ("uid", Kind::Bytes(&[4, 7, 10])),
    ("uid-random", YES_NO),
    ("atqa", Kind::Bytes(&[2])),
    ("pupi", Kind::Bytes(&[4])),
    ("afi", Kind::Bytes(&[1])),
    ("application-data", Kind::Bytes(&[4])),
    ("draws", Kind::Numbers(1, 16)),
    ("slot-marker", YES_NO),
    ("sak-incomplete", Kind::Bytes(&[1])),
    ("sak-complete", Kind::Bytes(&[1])),
    ("part-4", YES_NO),
    ("fsc", Kind::Number(16, 4096)),
    ("fwi", Kind::Number(0, 14)),
    ("sfgi", Kind::Number(0, 14)),
    ("rates", Kind::Bytes(&[1])),
    ("cid", YES_NO),
    ("nad", YES_NO),
    ("historical", Kind::Bytes(&[])),
];

const READER: Keys = &[
    ("fsd", Kind::Number(16, 4096)),
    ("cid", Kind::Number(0, 14)),
    ("nad", Kind::Bytes(&[1])),
    ("rates", Kind::Bytes(&[1])),
];

/// Text that is no setting: what should stand there and what does.
pub type Wrong = (String, String);

impl Settings {
    /// Reads the settings of a card on this link.
    ///
    /// # Errors
    /// What should stand there, and what does.
    pub fn card(link: Link, text: &str) -> Result<Self, Wrong> {
        Self::read(if link == Link::Contact { LINE } else { PICC }, text)
    }

    /// Reads the settings of a reader.
    ///
    /// # Errors
    /// As [`card`](Self::card).
    pub fn reader(text: &str) -> Result<Self, Wrong> {
        Self::read(READER, text)
    }

    fn read(keys: Keys, text: &str) -> Result<Self, Wrong> {
        let mut settings = Self::default();
        for setting in text.split(',').map(str::trim) {
            let (key, value) = setting.split_once(' ').unwrap_or((setting, ""));
            let Some((key, kind)) = keys.iter().find(|(known, _)| *known == key) else {
                let known: Vec<_> = keys.iter().map(|(known, _)| *known).collect();
                return Err((format!("settings: {}", known.join(", ")), setting.into()));
            };
            if settings.get(key).is_some() {
                return Err(("each setting once".into(), setting.into()));
            }
            let value = kind.read(value.trim()).map_err(|why| (why, setting.to_string()))?;
            settings.0.push(Setting { key, value });
        }
        Ok(settings)
    }

    /// All, in order.
    pub fn all(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|setting| setting.key == key).map(|setting| &setting.value)
    }

    /// A number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.get(key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A number that fits a byte.
    #[must_use]
    pub fn byte(&self, key: &str) -> Option<u8> {
        match self.get(key) {
            Some(Value::Number(number)) => u8::try_from(*number).ok(),
            Some(Value::Bytes(bytes)) => bytes.first().copied(),
            _ => None,
        }
    }

    /// Numbers.
    #[must_use]
    pub fn numbers(&self, key: &str) -> Option<&[u64]> {
        match self.get(key) {
            Some(Value::Numbers(numbers)) => Some(numbers),
            _ => None,
        }
    }

    /// Bytes.
    #[must_use]
    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        match self.get(key) {
            Some(Value::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// A word.
    #[must_use]
    pub fn word(&self, key: &str) -> Option<&'static str> {
        match self.get(key) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Yes or no.
    #[must_use]
    pub fn yes(&self, key: &str) -> Option<bool> {
        self.word(key).map(|word| word == "yes")
    }
}

impl Kind {
    fn read(&self, text: &str) -> Result<Value, String> {
        let number = |text: &str, least: u64, most: u64| {
            text.parse().ok().filter(|number| (least..=most).contains(number))
        };
        let (value, expected) = match *self {
            Self::Number(least, most) => (
                number(text, least, most).map(Value::Number),
                format!("a number {least} to {most}"),
            ),
            Self::Numbers(least, most) => {
                let all: Option<Vec<_>> =
                    text.split_whitespace().map(|text| number(text, least, most)).collect();
                let all = all.filter(|all| !all.is_empty());
                (all.map(Value::Numbers), format!("numbers {least} to {most}"))
            }
            Self::Bytes(lengths) => {
                let bytes = bytes(text).filter(|bytes| match lengths {
                    [] => bytes.len() <= 255,
                    lengths => lengths.contains(&bytes.len()),
                });
                let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
                let expected = match lengths.as_slice() {
                    [] => "bytes in hexadecimal digits".into(),
                    lengths => format!("{} bytes in hexadecimal digits", lengths.join(" or ")),
                };
                (bytes.map(Value::Bytes), expected)
            }
            Self::Words(words) => {
                let word = words.iter().find(|word| **word == text);
                (word.map(|word| Value::Word(word)), words.join(" or "))
            }
        };
        value.ok_or(expected)
    }
}

/// Bytes in hexadecimal digits, with spaces as you like.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split_whitespace().collect();
    hex::decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_by_what_they_are() {
        let text = "uid 01 02 03 04, fsc 24, cid no, draws 2 1";
        let settings = Settings::card(Link::Field, text).unwrap();
        assert_eq!(settings.bytes("uid"), Some(&[1, 2, 3, 4][..]));
        assert_eq!(settings.number("fsc"), Some(24));
        assert_eq!(settings.yes("cid"), Some(false));
        assert_eq!(settings.numbers("draws"), Some(&[2, 1][..]));
        assert_eq!((settings.number("uid"), settings.yes("nad")), (None, None));
        assert_eq!(settings.all().count(), 4);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for (text, says) in [
            ("", "settings: type, uid"),
            ("ifsc 32", "settings: type, uid"),
            ("uid 010203", "4 or 7 or 10 bytes"),
            ("uid xx", "4 or 7 or 10 bytes"),
            ("fwi 15", "a number 0 to 14"),
            ("cid maybe", "yes or no"),
            ("cid yes, cid no", "each setting once"),
            ("draws", "numbers 1 to 16"),
            ("draws 0", "numbers 1 to 16"),
        ] {
            let (expected, _) = Settings::card(Link::PiccA, text).unwrap_err();
            assert!(expected.starts_with(says), "{text}: {expected}");
        }
        assert!(Settings::card(Link::Contact, "uid 01020304").is_err());
        assert!(Settings::reader("cid 15").is_err());
    }
}

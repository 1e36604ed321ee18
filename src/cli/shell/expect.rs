//! What an answer has to be: status words with holes, or whole answers as vectors write them.
//!
//! | written | fits |
//! |---|---|
//! | `9000` | this status word, whatever the data |
//! | `61XX`, `63CX` | X stands for any digit |
//! | `9000\|6A82`, `9000, 61XX` | one of several |
//! | `6F .. 840E {name} ... 9000` | the whole answer, with the holes and names of a vector |
//! | `none` | no answer: the card has no power, or lost it |
//! | `any` | whatever comes |

use std::fmt;

use tessera::{
    StatusWord,
    vectors::pattern::{Names, Pattern},
};

use super::error::LineError;

/// What an answer has to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Expected {
    text: String,
    what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    Any,
    Nothing,
    Words(Vec<Status>),
    Whole(Pattern),
    /// Data, and one of several status words.
    Parts(Pattern, Vec<Status>),
}

/// Four digits of a status word; `None` stands for any.
type Status = [Option<u8>; 4];

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Expected {
    /// Reads what stands behind `->`, `<` or `expect`.
    pub(super) fn parse(text: &str, names: &Names) -> Result<Self, LineError> {
        let text = text.trim();
        let what = match text.to_ascii_lowercase().as_str() {
            "" => return Err(LineError::wrong("a status word or an answer", "nothing")),
            "any" => What::Any,
            "none" => What::Nothing,
            _ => match statuses(text) {
                Some(statuses) => What::Words(statuses),
                None => What::Whole(pattern(text, names)?),
            },
        };
        Ok(Self { text: text.into(), what })
    }

    /// Reads status words alone.
    pub(super) fn words(text: &str) -> Option<Self> {
        let statuses = statuses(text.trim())?;
        Some(Self { text: text.trim().into(), what: What::Words(statuses) })
    }

    /// Reads data and status words apart, as in `[data] (9000)`; XX stands for any byte.
    pub(super) fn parts(data: &str, words: &str, names: &Names) -> Result<Self, LineError> {
        let Some(statuses) = statuses(words) else {
            return Err(LineError::wrong("status words in the brackets", words));
        };
        let holes = data.replace("XX", " .. ").replace("xx", " .. ");
        let text = format!("[{}] ({})", data.trim(), words.trim());
        Ok(Self { text, what: What::Parts(pattern(&holes, names)?, statuses) })
    }

    /// Compares an answer, `None` for none; names in it get their values.
    pub(super) fn check(&self, answer: Option<&[u8]>, names: &mut Names) -> Result<(), LineError> {
        let fits = match (&self.what, answer) {
            (What::Any, _) | (What::Nothing, None) => Ok(()),
            (What::Nothing, Some(_)) | (_, None) => Err(None),
            (What::Words(words), Some(answer)) => one_of(words, answer).ok_or(None),
            (What::Whole(pattern), Some(answer)) => bind(pattern, answer, names),
            (What::Parts(pattern, words), Some(answer)) => match one_of(words, answer) {
                None => Err(None),
                Some(()) => bind(pattern, &answer[..answer.len() - 2], names),
            },
        };
        fits.map_err(|why: Option<String>| LineError::Unexpected {
            expected: self.text.clone(),
            got: match why {
                Some(why) => format!("{}: {why}", shown(answer)),
                None => shown(answer),
            },
        })
    }
}

/// An answer as messages show it: its data, and its status word in words.
pub(super) fn shown(answer: Option<&[u8]>) -> String {
    match answer.map(|answer| (answer, answer.split_last_chunk::<2>())) {
        None => "no answer".into(),
        Some((_, Some(([], &status)))) => StatusWord::from(status).to_string(),
        Some((_, Some((data, &status)))) => {
            format!("{} {}", hex::encode_upper(data), StatusWord::from(status))
        }
        Some((answer, None)) => hex::encode_upper(answer),
    }
}

/// Without an expectation a script takes these: success, more to fetch, and warnings that cost
/// nothing. 63CX is a lost try: a script that went on would lose the others.
pub(super) fn is_good(status: StatusWord) -> bool {
    status == StatusWord::OK
        || matches!(status.sw1(), 0x61 | 0x62)
        || status.sw1() == 0x63 && status.sw2() >> 4 != 0xC
}

fn pattern(text: &str, names: &Names) -> Result<Pattern, LineError> {
    let mut bound = names.keys().cloned().collect();
    Pattern::parse(text, &mut bound).map_err(|bad| LineError::wrong(bad.expected, bad.got))
}

fn bind(pattern: &Pattern, answer: &[u8], names: &mut Names) -> Result<(), Option<String>> {
    *names = pattern.matches(answer, names).map_err(|mismatch| Some(mismatch.to_string()))?;
    Ok(())
}

fn statuses(text: &str) -> Option<Vec<Status>> {
    text.split(['|', ',']).map(|word| status(word.trim())).collect()
}

/// `9000`, `90 00`, `61XX`.
fn status(text: &str) -> Option<Status> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits: [char; 4] = digits.try_into().ok()?;
    let mut status = [None; 4];
    for (to, digit) in status.iter_mut().zip(digits) {
        match digit.to_digit(16) {
            Some(value) => *to = u8::try_from(value).ok(),
            None if matches!(digit, 'X' | 'x') => {}
            None => return None,
        }
    }
    Some(status)
}

fn one_of(words: &[Status], answer: &[u8]) -> Option<()> {
    let &[high, low] = answer.last_chunk::<2>()?;
    let digits = [high >> 4, high & 15, low >> 4, low & 15];
    let fits = |word: &Status| {
        word.iter().zip(digits).all(|(wanted, digit)| wanted.is_none_or(|wanted| wanted == digit))
    };
    words.iter().any(fits).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, answer: Option<&str>) -> Result<(), String> {
        let answer = answer.map(|answer| hex::decode(answer).unwrap());
        let expected = Expected::parse(expected, &Names::new()).unwrap();
        expected.check(answer.as_deref(), &mut Names::new()).map_err(|error| error.to_string())
    }

    #[test]
    fn status_words_fit_with_holes_and_alternatives_and_whatever_the_data() {
        for (expected, answer) in [
            ("9000", "9000"),
            ("90 00", "01029000"),
            ("61XX", "6115"),
            ("63cx", "63C5"),
            ("9000|6A82", "6A82"),
            ("9000, 61XX", "6108"),
            ("any", "6F00"),
        ] {
            check(expected, Some(answer)).unwrap();
        }
        for (expected, answer) in [("9000", "9001"), ("61XX", "6215"), ("9000|6A82", "6A83")] {
            check(expected, Some(answer)).unwrap_err();
        }
        check("none", None).unwrap();
        assert_eq!(
            check("none", Some("9000")).unwrap_err(),
            said("none", "9000 normal processing")
        );
        assert_eq!(check("9000", None).unwrap_err(), said("9000", "no answer"));
    }

    fn said(expected: &str, got: &str) -> String {
        format!("expected {expected}, got {got}")
    }

    #[test]
    fn whole_answers_fit_as_in_vectors_and_give_names_their_values() {
        check("6F .. (2) 9000", Some("6F0102039000")).unwrap();
        let why = check("01 02 9000", Some("01039000")).unwrap_err();
        assert!(why.starts_with("expected 01 02 9000, got 0103 9000 normal processing: "), "{why}");
        let mut names = Names::new();
        let expected = Expected::parse("{random:4} 9000", &names).unwrap();
        expected.check(Some(&[1, 2, 3, 4, 0x90, 0]), &mut names).unwrap();
        assert_eq!(names["random"], [1, 2, 3, 4]);
        assert!(Expected::parse("zz", &names).is_err() && Expected::parse("", &names).is_err());
    }

    #[test]
    fn data_and_status_words_may_stand_apart() {
        let names = &mut Names::new();
        let expected = Expected::parts("3FXX 00", "9000,91XX", names).unwrap();
        expected.check(Some(&[0x3F, 0x77, 0, 0x91, 5]), names).unwrap();
        expected.check(Some(&[0x3F, 0x77, 1, 0x91, 5]), names).unwrap_err();
        expected.check(Some(&[0x3F, 0x77, 0, 0x92, 5]), names).unwrap_err();
        expected.check(Some(&[]), names).unwrap_err();
        assert!(Expected::parts("3F", "90", names).is_err());
    }

    #[test]
    fn a_lost_try_is_not_good_and_other_warnings_are() {
        for good in [0x9000, 0x6110, 0x6281, 0x6310] {
            assert!(is_good(StatusWord(good)));
        }
        for bad in [0x63C2, 0x6A82, 0x6C10, 0x9302, 0x6700] {
            assert!(!is_good(StatusWord(bad)));
        }
    }
}

//! Commands and expected answers: hexadecimal bytes with holes and names.
//!
//! Both are sequences of pieces; the table stands in the [format](super). What a `{name}` in an
//! answer does is decided when the answer is there: a name that has a value is compared, one that
//! has none takes bytes. A later piece that computes its bytes from others (a MAC over named
//! values) is a further variant of [`Piece`] and of [`Element`]; both are resolved against
//! [`Names`] alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Longest command or fixed answer a vector may spell out, and longest hole: 65,544 bytes is the
/// longest command APDU.
const BYTES_MAX: usize = 65_544;

/// What bound names stand for.
pub type Names = BTreeMap<String, Vec<u8>>;

/// Text that is no pattern: what should stand there and what does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadPattern {
    /// What is allowed.
    pub expected: String,
    /// What was found.
    pub got: String,
}

fn bad<T>(expected: &str, got: impl Into<String>) -> Result<T, BadPattern> {
    Err(BadPattern { expected: expected.into(), got: got.into() })
}

/// Names that have a value at a place of the file, as far as reading it can tell.
pub type Bound = BTreeSet<String>;

/// A piece of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The value of a name.
    Name(String),
}

/// A command with names in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads a command.
    ///
    /// # Errors
    /// [`BadPattern`] on anything but bytes and names that are bound.
    pub fn parse(text: &str, bound: &Bound) -> Result<Self, BadPattern> {
        let expected = "bytes in hexadecimal digits and bound names";
        let mut pieces = Vec::new();
        for token in tokens(text)? {
            match token {
                Token::Bytes(bytes) => pieces.push(Piece::Bytes(bytes)),
                Token::Braces(name) if bound.contains(name) => {
                    pieces.push(Piece::Name(name.into()));
                }
                Token::Braces(name) if is_name(name) => {
                    return bad("a name that an answer before has bound", format!("{{{name}}}"));
                }
                Token::Braces(inside) => return bad(expected, format!("{{{inside}}}")),
                Token::Any(_) | Token::Rest => return bad(expected, text.trim()),
            }
        }
        Ok(Self { pieces })
    }

    /// The bytes before the first name, and whether a name follows.
    #[must_use]
    pub fn leading(&self) -> (&[u8], bool) {
        match self.pieces.as_slice() {
            [] => (&[], false),
            [Piece::Bytes(bytes), rest @ ..] => (bytes, !rest.is_empty()),
            [Piece::Name(_), ..] => (&[], true),
        }
    }

    /// The bytes to send.
    ///
    /// # Errors
    /// The name that has no value: the answer that binds it did not come.
    pub fn bytes(&self, names: &Names) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(some) => bytes.extend(some),
                Piece::Name(name) => bytes.extend(names.get(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(bytes)
    }
}

/// A piece of an expected answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Element {
    /// These bytes.
    Bytes(Vec<u8>),
    /// So many bytes of any value.
    Any(usize),
    /// Any number of bytes of any value.
    Rest,
    /// Compares, or binds so many bytes.
    Name {
        /// The name.
        name: String,
        /// How many bytes it takes when it has no value yet; none: what the others leave.
        bytes: Option<usize>,
    },
    /// One of several values, which the name then stands for.
    OneOf {
        /// The name.
        name: String,
        /// What may stand here, all of one length.
        alternatives: Vec<Piece>,
    },
}

/// An expected answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    text: String,
    elements: Vec<Element>,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why an answer does not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mismatch {
    /// This byte, counted from 1, is not as expected.
    Byte {
        /// Place in the answer.
        at: usize,
        /// What should stand there, in words.
        expected: String,
    },
    /// All bytes there are fit, but there are too few or too many.
    Length {
        /// How many there are.
        got: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The pattern makes no sense with the values names have got.
    Pattern(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte { at, expected } => write!(f, "byte {at} should be {expected}"),
            Self::Length { got, expected } => write!(f, "{got} bytes where {expected} should be"),
            Self::Pattern(why) => f.write_str(why),
        }
    }
}

impl Pattern {
    /// Reads an expected answer and notes the names it binds.
    ///
    /// # Errors
    /// [`BadPattern`].
    pub fn parse(text: &str, bound: &mut Bound) -> Result<Self, BadPattern> {
        let mut elements = Vec::new();
        let (mut here, mut open) = (BTreeSet::new(), 0);
        for token in tokens(text)? {
            let element = match token {
                Token::Bytes(bytes) => Element::Bytes(bytes),
                Token::Any(bytes) => Element::Any(bytes),
                Token::Rest => Element::Rest,
                Token::Braces(inside) => named(inside, bound)?,
            };
            match &element {
                Element::Rest => open += 1,
                Element::Name { name, bytes: None } if !bound.contains(name) => {
                    open += 1;
                    here.insert(name.clone());
                }
                Element::Name { name, .. } | Element::OneOf { name, .. } => {
                    if here.contains(name) {
                        return bad(
                            "a length where a name is bound that stands here twice: {name:4}",
                            text.trim(),
                        );
                    }
                    bound.insert(name.clone());
                }
                Element::Bytes(_) | Element::Any(_) => {}
            }
            elements.push(element);
        }
        if open > 1 {
            return bad(
                "one piece without a length at most (`...` or a new {name} without `:n`)",
                text.trim(),
            );
        }
        bound.extend(here);
        Ok(Self { text: text.split_whitespace().collect::<Vec<_>>().join(" "), elements })
    }

    /// Compares an answer and returns the values of the names, with those it binds.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn matches(&self, answer: &[u8], names: &Names) -> Result<Names, Mismatch> {
        let mut names = names.clone();
        let left = self.open_bytes(answer.len(), &names)?;
        let mut at = 0;
        for element in &self.elements {
            let rest = answer.get(at..).unwrap_or_default();
            at += match element {
                Element::Bytes(bytes) => same(at, rest, bytes, None)?,
                Element::Any(bytes) => take(rest, *bytes, at)?.len(),
                Element::Rest => left,
                Element::Name { name, bytes } => match names.get(name) {
                    Some(value) => same(at, rest, value, Some(name))?,
                    None => {
                        let value = take(rest, bytes.unwrap_or(left), at)?;
                        names.insert(name.clone(), value.to_vec());
                        value.len()
                    }
                },
                Element::OneOf { name, alternatives } => {
                    let value = one_of(at, rest, alternatives, &names)?;
                    if let Some(before) = names.get(name) {
                        same(at, rest, before, Some(name))?;
                    }
                    let bytes = value.len();
                    names.insert(name.clone(), value);
                    bytes
                }
            };
        }
        if at != answer.len() {
            return Err(Mismatch::Length { got: answer.len(), expected: at });
        }
        Ok(names)
    }

    /// How many bytes are left for the piece without a length.
    fn open_bytes(&self, answer: usize, names: &Names) -> Result<usize, Mismatch> {
        let (mut fixed, mut open) = (0, 0);
        let mut here = BTreeMap::new();
        for element in &self.elements {
            fixed += match element {
                Element::Bytes(bytes) => bytes.len(),
                Element::Any(bytes) => *bytes,
                Element::OneOf { alternatives, .. } => first_bytes(alternatives, names),
                Element::Name { name, bytes } => {
                    let known = names.get(name).map(Vec::len).or_else(|| here.get(name).copied());
                    match known.or(*bytes) {
                        Some(bytes) => *here.entry(name.clone()).or_insert(bytes),
                        None => {
                            open += 1;
                            0
                        }
                    }
                }
                Element::Rest => {
                    open += 1;
                    0
                }
            };
        }
        if open > 1 {
            let why = "two pieces without a length: a name this pattern compares has no value";
            return Err(Mismatch::Pattern(why.into()));
        }
        Ok(answer.saturating_sub(fixed))
    }
}

fn first_bytes(alternatives: &[Piece], names: &Names) -> usize {
    alternatives.first().and_then(|piece| value_of(piece, names)).map_or(0, <[u8]>::len)
}

fn value_of<'v>(piece: &'v Piece, names: &'v Names) -> Option<&'v [u8]> {
    match piece {
        Piece::Bytes(bytes) => Some(bytes),
        Piece::Name(name) => names.get(name).map(Vec::as_slice),
    }
}

fn one_of(
    at: usize,
    rest: &[u8],
    alternatives: &[Piece],
    names: &Names,
) -> Result<Vec<u8>, Mismatch> {
    let mut length = None;
    for piece in alternatives {
        let Some(value) = value_of(piece, names) else {
            return Err(Mismatch::Pattern(format!("an alternative has no value: {piece:?}")));
        };
        if length.is_some_and(|bytes| bytes != value.len()) {
            return Err(Mismatch::Pattern("alternatives differ in length".into()));
        }
        length = Some(value.len());
    }
    let got = take(rest, length.unwrap_or(0), at)?;
    if alternatives.iter().any(|piece| value_of(piece, names) == Some(got)) {
        return Ok(got.to_vec());
    }
    let words = alternatives.iter().map(|piece| match piece {
        Piece::Bytes(bytes) => hex::encode_upper(bytes),
        Piece::Name(name) => {
            format!("{name} ({})", hex::encode_upper(value_of(piece, names).unwrap_or_default()))
        }
    });
    let expected = format!("the first of {}", words.collect::<Vec<_>>().join(" or "));
    Err(Mismatch::Byte { at: at + 1, expected })
}

fn take(rest: &[u8], bytes: usize, at: usize) -> Result<&[u8], Mismatch> {
    rest.get(..bytes)
        .ok_or(Mismatch::Length { got: at + rest.len(), expected: at.saturating_add(bytes) })
}

fn same(at: usize, rest: &[u8], value: &[u8], name: Option<&str>) -> Result<usize, Mismatch> {
    match rest.iter().zip(value).position(|(got, expected)| got != expected) {
        Some(place) => {
            let byte = format!("{:02X}", value.get(place).copied().unwrap_or_default());
            let expected = match name {
                Some(name) => format!("{byte}, byte {} of {name}", place + 1),
                None => byte,
            };
            Err(Mismatch::Byte { at: at + place + 1, expected })
        }
        None => take(rest, value.len(), at).map(<[u8]>::len),
    }
}

/// `name`, `name:n` or `name=a|b`.
fn named(inside: &str, bound: &Bound) -> Result<Element, BadPattern> {
    let expected = "{name}, {name:4} or {name=one|other}";
    let got = format!("{{{inside}}}");
    if let Some((name, alternatives)) = inside.split_once('=') {
        let alternatives = alternatives
            .split('|')
            .map(|alternative| match alternative.trim() {
                name if bound.contains(name) => Ok(Piece::Name(name.into())),
                digits => match hex::decode(digits) {
                    Ok(bytes) if !bytes.is_empty() => Ok(Piece::Bytes(bytes)),
                    _ => bad("alternatives that are bound names or bytes", got.as_str()),
                },
            })
            .collect::<Result<_, _>>()?;
        return match name.trim() {
            name if is_name(name) => Ok(Element::OneOf { name: name.into(), alternatives }),
            _ => bad(expected, got),
        };
    }
    let (name, bytes) = match inside.split_once(':') {
        None => (inside, None),
        Some((name, bytes)) => match bytes.trim().parse() {
            Ok(bytes) if (1..=BYTES_MAX).contains(&bytes) => (name, Some(bytes)),
            _ => return bad(expected, got),
        },
    };
    match name.trim() {
        name if is_name(name) => Ok(Element::Name { name: name.into(), bytes }),
        _ => bad("a name: letters, digits and _, not to be read as bytes", got),
    }
}

/// Letters, digits and underscores, a letter first, and no hexadecimal number.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && hex::decode(name).is_err()
}

enum Token<'t> {
    Bytes(Vec<u8>),
    Any(usize),
    Rest,
    Braces(&'t str),
}

/// Cuts a line into tokens; neighbouring bytes become one.
fn tokens(text: &str) -> Result<Vec<Token<'_>>, BadPattern> {
    let mut tokens = Vec::new();
    let (mut rest, mut total) = (text.trim(), 0_usize);
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '{' => match rest.split_once('}') {
                Some((inside, after)) => (Token::Braces(inside.get(1..).unwrap_or("")), after),
                None => return bad("a } after the {", rest),
            },
            '(' => match rest.split_once(')') {
                Some((inside, after)) => match inside.get(1..).unwrap_or("").trim().parse() {
                    Ok(bytes) if (1..=BYTES_MAX).contains(&bytes) => (Token::Any(bytes), after),
                    _ => return bad("(n), n a number of bytes", format!("{inside})")),
                },
                None => return bad("a ) after the (", rest),
            },
            '.' if rest.starts_with("...") => (Token::Rest, rest.get(3..).unwrap_or("")),
            '.' if rest.starts_with("..") => (Token::Any(1), rest.get(2..).unwrap_or("")),
            _ => {
                let (bytes, after) = byte_run(rest)?;
                (Token::Bytes(bytes), after)
            }
        };
        if let Token::Bytes(bytes) = &token {
            total = total.saturating_add(bytes.len());
            if total > BYTES_MAX {
                return bad("at most 65544 bytes", format!("{total} or more"));
            }
        }
        match (tokens.last_mut(), token) {
            (Some(Token::Bytes(bytes)), Token::Bytes(more)) => bytes.extend(more),
            (_, token) => tokens.push(token),
        }
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Two digits, or two digits, `*` and how many times.
fn byte_run(text: &str) -> Result<(Vec<u8>, &str), BadPattern> {
    let word = || text.split_whitespace().next().unwrap_or("").to_string();
    let byte = text.get(..2).and_then(|digits| hex::decode(digits).ok());
    let (Some(byte), Some(after)) = (byte, text.get(2..)) else {
        return bad("two hexadecimal digits, .., ..., (n) or {name}", word());
    };
    let Some(count) = after.strip_prefix('*') else { return Ok((byte, after)) };
    let digits = count.len() - count.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, after) = count.split_at(digits);
    match number.parse() {
        Ok(n)
            if (1..=BYTES_MAX).contains(&n)
                && !after.starts_with(|c: char| c.is_alphanumeric()) =>
        {
            Ok((byte.repeat(n), after))
        }
        _ => bad("a byte and how many times, 00*20", word()),
    }
}

#[cfg(test)]
mod tests;

//! Vectors of the decoders: bytes in, lines out.

mod cryptography;
pub mod link;
mod type_b;

use tessera_framework::{Apdu, Class, class::SecureMessaging};

use crate::{link::contact::atr::Atr, profile::card_number_check, trace::control};

use super::{Case, Failure, Vector, run::spaced};

/// A decoder a vector can judge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decoder {
    /// Answer to reset.
    Atr,
    /// Control information: an FCI, FCP or FMD template.
    Control,
    /// The value of a file descriptor object.
    Descriptor,
    /// A class byte.
    Class,
    /// The case and the fields of a command.
    Apdu,
    /// The number of a social-security card, its nine characters.
    CardNumber,
    /// Keys of a card from a key above them.
    Diversification,
    /// What a social-security card and its terminal show each other.
    Authenticator,
    /// A maintenance command of a social-security card.
    ProtectedCommand,
    /// An enciphered block of a SAM with 16-byte blocks, and the authenticator made of it.
    FoldedBlock,
    /// What goes over a link below commands.
    Link(link::Kind),
}

const NAMES: [(&str, Decoder); 10] = [
    ("atr", Decoder::Atr),
    ("control", Decoder::Control),
    ("descriptor", Decoder::Descriptor),
    ("class", Decoder::Class),
    ("apdu", Decoder::Apdu),
    ("card-number", Decoder::CardNumber),
    ("diversification", Decoder::Diversification),
    ("authenticator", Decoder::Authenticator),
    ("protected-command", Decoder::ProtectedCommand),
    ("folded-block", Decoder::FoldedBlock),
];

impl Decoder {
    /// The decoder a header names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let own = NAMES.iter().find(|(known, _)| *known == name).map(|(_, decoder)| *decoder);
        own.or_else(|| link::Kind::named(name).map(Self::Link))
    }

    /// All names.
    pub fn names() -> Vec<&'static str> {
        NAMES.iter().map(|(name, _)| *name).chain(link::Kind::names()).collect()
    }

    /// What it says about some bytes.
    ///
    /// # Errors
    /// Why they cannot be decoded.
    pub fn lines(self, bytes: &[u8]) -> Result<Vec<String>, String> {
        match self {
            Self::Atr => Atr::decode(bytes).map(|atr| atr.lines()).map_err(|e| e.to_string()),
            Self::Control => control::Template::decode(bytes)
                .map(|template| template.lines())
                .map_err(|e| e.to_string()),
            Self::Descriptor => control::Descriptor::decode(bytes)
                .map(|descriptor| descriptor.lines())
                .map_err(|e| e.to_string()),
            Self::Class => match bytes {
                &[cla] => Ok(class(cla)),
                _ => Err(format!("a class byte is one byte, not {}", bytes.len())),
            },
            Self::Apdu => match Apdu::parse(bytes) {
                Ok(apdu) => Ok(command(&apdu)),
                Err(status) => Err(status.to_string()),
            },
            Self::CardNumber => card_number(bytes),
            Self::Diversification => cryptography::diversification(bytes),
            Self::Authenticator => cryptography::authenticator(bytes),
            Self::ProtectedCommand => cryptography::protected_command(bytes),
            Self::FoldedBlock => cryptography::folded_block(bytes),
            Self::Link(kind) => kind.lines(bytes),
        }
    }

    pub(super) fn judge(self, vector: &Vector, cases: &[Case]) -> Result<(), Box<Failure>> {
        for case in cases {
            let said = self.lines(&case.bytes);
            for (line, expected) in &case.lines {
                let (fits, what) = match (&said, expected.strip_prefix("error")) {
                    (Err(why), Some(words)) => (
                        why.contains(words.trim()) && !words.trim().is_empty(),
                        "the decoder gives another reason",
                    ),
                    (Ok(_), Some(_)) => (false, "the decoder takes what it has to refuse"),
                    (Ok(lines), None) => {
                        (lines.contains(expected), "the decoder does not print this line")
                    }
                    (Err(_), None) => (false, "the decoder refuses"),
                };
                if !fits {
                    return Err(Box::new(Failure {
                        file: vector.file.clone(),
                        line: *line,
                        what: what.into(),
                        expected: expected.clone(),
                        got: match &said {
                            Ok(lines) => format!("{} lines", lines.len()),
                            Err(why) => format!("error {why}"),
                        },
                        transcript: transcript(case, &said),
                    }));
                }
            }
        }
        Ok(())
    }
}

fn transcript(case: &Case, said: &Result<Vec<String>, String>) -> Vec<String> {
    let mut transcript = vec![format!("{:4} > {}", case.line, spaced(&case.bytes))];
    match said {
        Ok(lines) => transcript.extend(lines.iter().map(|line| format!("     = {line}"))),
        Err(why) => transcript.push(format!("     = error {why}")),
    }
    transcript
}

fn class(cla: u8) -> Vec<String> {
    let class = Class::decode(cla);
    let kind = match class {
        Class::First { .. } => "first interindustry",
        Class::Further { .. } => "further interindustry",
        Class::Reserved(_) => "reserved",
        Class::Proprietary(_) => "proprietary",
        Class::Invalid => "invalid",
    };
    let mut lines = vec![format!("kind {kind}")];
    if class.is_interindustry() {
        lines.push(format!("chaining {}", if class.chaining() { "yes" } else { "no" }));
        let sm = match class.secure_messaging() {
            SecureMessaging::None => "none",
            SecureMessaging::Proprietary => "proprietary",
            SecureMessaging::HeaderPlain => "header not authenticated",
            SecureMessaging::HeaderAuthenticated => "header authenticated",
        };
        lines.push(format!("secure-messaging {sm}"));
        lines.push(format!("channel {}", class.channel()));
    }
    lines
}

fn command(apdu: &Apdu<'_>) -> Vec<String> {
    let size = match (apdu.case(), apdu.extended) {
        (1, _) => "",
        (_, false) => "S",
        (_, true) => "E",
    };
    vec![
        format!("case {}{size}", apdu.case()),
        format!("class {:02X}", apdu.cla),
        format!("instruction {}", apdu.ins),
        format!("p1p2 {:02X} {:02X}", apdu.p1, apdu.p2),
        format!("nc {}", apdu.data.len()),
        format!("data {}", if apdu.data.is_empty() { "none".into() } else { spaced(apdu.data) }),
        format!("ne {}", apdu.ne),
    ]
}

fn card_number(bytes: &[u8]) -> Result<Vec<String>, String> {
    let number = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    match card_number_check(number) {
        None => {
            Err(format!("{number:?} is no capital letter, seven letters or digits, and a check"))
        }
        Some(check) if !number.ends_with(check) => Err(format!("the check character is {check}")),
        Some(check) => Ok(vec![format!("number {number}"), format!("check {check}")]),
    }
}

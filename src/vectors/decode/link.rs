//! What goes over a link, decoded: checks, blocks, selections.

use crate::link::{
    contact::block::{Block, Edc, Refusal, Repr, Supervision},
    crc,
};
use crate::vectors::run::spaced;

/// What is decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// CRC_A of the bytes.
    CrcA,
    /// CRC_B of the bytes.
    CrcB,
    /// A block of T=1 with LRC.
    T1Block,
}

const NAMES: [(&str, Kind); 3] =
    [("crc-a", Kind::CrcA), ("crc-b", Kind::CrcB), ("t1-block", Kind::T1Block)];

impl Kind {
    /// What a header names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// What it says about some bytes.
    ///
    /// # Errors
    /// Why they cannot be decoded.
    pub fn lines(self, bytes: &[u8]) -> Result<Vec<String>, String> {
        match self {
            Self::CrcA => Ok(vec![format!("crc {}", spaced(&crc::crc_a(bytes)))]),
            Self::CrcB => Ok(vec![format!("crc {}", spaced(&crc::crc_b(bytes)))]),
            Self::T1Block => t1_block(bytes),
        }
    }
}

/// A block of T=1 with LRC.
fn t1_block(bytes: &[u8]) -> Result<Vec<String>, String> {
    let block = Block::new_checked(bytes, Edc::Lrc).map_err(refusal)?;
    let repr = Repr::parse(&block).map_err(refusal)?;
    let mut lines = vec![format!("nad {:02X}", block.nad())];
    lines.push(match repr {
        Repr::I { number, more, .. } => format!("I-block number {number}, more {}", yes(more)),
        Repr::R { number, refusal } => {
            let why = match refusal {
                None => "no error",
                Some(Refusal::Check) => "check or parity wrong",
                Some(Refusal::Other) => "other error",
            };
            format!("R-block number {number}, {why}")
        }
        Repr::Request(about) => format!("S-block {} request", supervision(about)),
        Repr::Response(about) => format!("S-block {} response", supervision(about)),
    });
    lines.push(format!("length {}", block.information().len()));
    if !block.information().is_empty() {
        lines.push(format!("information {}", hex::encode_upper(block.information())));
    }
    Ok(lines)
}

fn supervision(about: Supervision) -> &'static str {
    match about {
        Supervision::Resynch => "RESYNCH",
        Supervision::Ifs(_) => "IFS",
        Supervision::Abort => "ABORT",
        Supervision::Wtx(_) => "WTX",
    }
}

fn refusal(why: Refusal) -> String {
    match why {
        Refusal::Check => "check wrong".into(),
        Refusal::Other => "another error".into(),
    }
}

fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

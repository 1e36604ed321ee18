//! The answer to reset, decoded (ISO/IEC 7816-3:2006, clause 8), also in the forms PC/SC gives it
//! for contactless cards (PC/SC part 3, 3.1.3.2.3).
//!
//! Decoding follows the structure, not the values: a value reserved for future use is decoded and
//! named so, bytes that are missing or left over are an error.

use std::fmt;

/// Initial character and what follows it at most.
const ATR_BYTES_MAX: usize = 33;

/// An answer to reset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Atr {
    /// TS.
    pub convention: Convention,
    /// Interface bytes in the order they came.
    pub interface_bytes: Vec<InterfaceByte>,
    /// Protocols offered, in the order they are named; T=15 is no protocol.
    pub protocols: Vec<u8>,
    /// Historical bytes, at most 15.
    pub historical: Vec<u8>,
    /// The check byte, where a protocol other than T=0 is named.
    pub tck: Option<u8>,
    /// The card as PC/SC saw it without contacts.
    pub contactless: Option<Contactless>,
}

/// How a character's bits lie on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Convention {
    /// TS 3B: high is 1, least significant bit first.
    Direct,
    /// TS 3F: low is 1, most significant bit first.
    Inverse,
}

/// An interface byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InterfaceByte {
    /// `A` to `D`.
    pub letter: char,
    /// Its group, from 1.
    pub group: u8,
    /// The protocol the TD before it names; none in the first two groups, which are about all.
    pub protocol: Option<u8>,
    /// Its value.
    pub value: u8,
}

/// A contactless card in PC/SC's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Contactless {
    /// Type A: the historical bytes are those of its answer to select. A card of type B whose bytes
    /// do not look like one is told the same way.
    TypeA,
    /// Type B: application data, protocol information and the buffer index of its ATQB and ATTRIB
    /// answers stand in place of historical bytes. Told by their form alone: eight bytes that are
    /// no historical bytes of type A's usual categories.
    TypeB {
        /// Application data, 4 bytes.
        application_data: [u8; 4],
        /// Protocol information, 3 bytes.
        protocol_info: [u8; 3],
        /// Maximum buffer length index, the high half of the last byte.
        mbli: u8,
    },
}

/// Why bytes are no answer to reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AtrError {
    /// TS is neither 3B nor 3F.
    #[error("TS is {0:02X}, expected 3B or 3F")]
    Ts(u8),
    /// It ends before all announced bytes are there.
    #[error("it ends after {got} bytes, and {missing} is missing")]
    Short {
        /// Bytes there are.
        got: usize,
        /// What should come next.
        missing: &'static str,
    },
    /// There are bytes left over.
    #[error("{0} bytes too many")]
    Long(usize),
    /// More bytes than any answer to reset has.
    #[error("{0} bytes, and an answer to reset has at most 33")]
    TooLong(usize),
    /// The check byte is wrong.
    #[error("TCK is {got:02X}, expected {expected:02X}")]
    Tck {
        /// What it is.
        got: u8,
        /// What it should be.
        expected: u8,
    },
    /// T=15 cannot be the first protocol.
    #[error("TD1 names T=15, which is no protocol")]
    FirstIs15,
}

/// How a card in specific mode works (TA2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpecificMode {
    /// The protocol.
    pub protocol: u8,
    /// After a reset it may be in negotiable mode.
    pub can_change: bool,
    /// Parameters are implicit, not those of TA1.
    pub implicit: bool,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self, what: &'static str) -> Result<u8, AtrError> {
        self.take(1, what).map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    fn take(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], AtrError> {
        let got = self.bytes.len();
        let taken = self.bytes.get(self.at..self.at + n);
        self.at += n;
        taken.ok_or(AtrError::Short { got, missing: what })
    }
}

impl Atr {
    /// Decodes an answer to reset.
    ///
    /// # Errors
    /// [`AtrError`] when bytes are missing or left over, or the check byte is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, AtrError> {
        if bytes.len() > ATR_BYTES_MAX {
            return Err(AtrError::TooLong(bytes.len()));
        }
        let mut reader = Reader { bytes, at: 0 };
        let convention = match reader.byte("TS")? {
            0x3B => Convention::Direct,
            0x3F => Convention::Inverse,
            other => return Err(AtrError::Ts(other)),
        };
        let t0 = reader.byte("T0")?;
        let (mut interface_bytes, mut protocols) = (Vec::new(), Vec::new());
        let (mut present, mut group, mut protocol, mut check) = (t0 >> 4, 1, None, false);
        while present != 0 {
            for (bit, letter) in ['A', 'B', 'C'].into_iter().enumerate() {
                if present >> bit & 1 == 1 {
                    let value = reader.byte("an interface byte")?;
                    interface_bytes.push(InterfaceByte { letter, group, protocol, value });
                }
            }
            if present & 8 == 0 {
                break;
            }
            let value = reader.byte("an interface byte")?;
            interface_bytes.push(InterfaceByte { letter: 'D', group, protocol, value });
            let named = value & 0x0F;
            check |= named != 0;
            match named {
                15 if group == 1 => return Err(AtrError::FirstIs15),
                15 => {}
                _ if protocols.contains(&named) => {}
                _ => protocols.push(named),
            }
            protocol = (group > 1).then_some(named);
            (present, group) = (value >> 4, group + 1);
        }
        if protocols.is_empty() {
            protocols.push(0);
        }
        let historical = reader.take(usize::from(t0 & 0x0F), "a historical byte")?.to_vec();
        let tck = if check { Some(reader.byte("TCK")?) } else { None };
        if let Some(got) = tck {
            let sum = bytes.get(1..reader.at).unwrap_or_default().iter().fold(0, |sum, b| sum ^ b);
            if sum != 0 {
                return Err(AtrError::Tck { got, expected: got ^ sum });
            }
        }
        if reader.at < bytes.len() {
            return Err(AtrError::Long(bytes.len() - reader.at));
        }
        let contactless = contactless(bytes, &historical);
        Ok(Self { convention, interface_bytes, protocols, historical, tck, contactless })
    }

    /// The value of an interface byte, such as `('A', 1)` for TA1.
    #[must_use]
    pub fn interface_byte(&self, letter: char, group: u8) -> Option<u8> {
        let here = |byte: &&InterfaceByte| (byte.letter, byte.group) == (letter, group);
        self.interface_bytes.iter().find(here).map(|byte| byte.value)
    }

    /// The first byte of this letter that is about a protocol, behind the TD that names it.
    fn of_protocol(&self, letter: char, protocol: u8) -> Option<u8> {
        let fits = |b: &&InterfaceByte| b.letter == letter && b.protocol == Some(protocol);
        self.interface_bytes.iter().find(fits).map(|byte| byte.value)
    }

    /// The protocol that is used when none is negotiated.
    #[must_use]
    pub fn first_protocol(&self) -> u8 {
        self.protocols.first().copied().unwrap_or(0)
    }

    /// Fi of TA1, the clock rate conversion integer; `None` where reserved.
    #[must_use]
    pub fn fi(&self) -> Option<u16> {
        const FI: [u16; 16] =
            [372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0];
        let ta1 = self.interface_byte('A', 1).unwrap_or(0x11);
        FI.get(usize::from(ta1 >> 4)).copied().filter(|&fi| fi > 0)
    }

    /// Di of TA1, the baud rate adjustment integer; `None` where reserved.
    #[must_use]
    pub fn di(&self) -> Option<u8> {
        const DI: [u8; 16] = [0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0];
        let ta1 = self.interface_byte('A', 1).unwrap_or(0x11);
        DI.get(usize::from(ta1 & 0x0F)).copied().filter(|&di| di > 0)
    }

    /// N of TC1: extra guard time in etu; 255 stands for the shortest the protocol allows.
    #[must_use]
    pub fn extra_guard_time_etu(&self) -> u8 {
        self.interface_byte('C', 1).unwrap_or(0)
    }

    /// WI of TC2, the waiting time integer of T=0.
    #[must_use]
    pub fn wi(&self) -> u8 {
        self.interface_byte('C', 2).unwrap_or(10)
    }

    /// TA2: the card is in specific mode; `None` in negotiable mode.
    #[must_use]
    pub fn specific_mode(&self) -> Option<SpecificMode> {
        self.interface_byte('A', 2).map(|ta2| SpecificMode {
            protocol: ta2 & 0x0F,
            can_change: ta2 & 0x80 == 0,
            implicit: ta2 & 0x10 != 0,
        })
    }

    /// The card takes blocks of so many bytes in T=1.
    #[must_use]
    pub fn ifsc_bytes(&self) -> u8 {
        self.of_protocol('A', 1).unwrap_or(32)
    }

    /// BWI and CWI, the waiting time integers of T=1.
    #[must_use]
    pub fn bwi_cwi(&self) -> (u8, u8) {
        let tb = self.of_protocol('B', 1).unwrap_or(0x4D);
        (tb >> 4, tb & 0x0F)
    }

    /// The error detection code of T=1 is the CRC, not the LRC.
    #[must_use]
    pub fn has_crc(&self) -> bool {
        self.of_protocol('C', 1).is_some_and(|tc| tc & 1 != 0)
    }

    /// Clock stop and class indicator (first TA for T=15): `(X, Y)`.
    #[must_use]
    pub fn clock_stop_and_class(&self) -> Option<(u8, u8)> {
        self.of_protocol('A', 15).map(|ta| (ta >> 6, ta & 0x3F))
    }

    /// All of it in words, `key value` a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "convention {}",
            match self.convention {
                Convention::Direct => "direct",
                Convention::Inverse => "inverse",
            }
        )];
        for byte in &self.interface_bytes {
            lines.push(format!("T{}{} {:02X}", byte.letter, byte.group, byte.value));
        }
        let protocols: Vec<_> = self.protocols.iter().map(|t| format!("T={t}")).collect();
        lines.push(format!("protocols {}", protocols.join(" ")));
        lines.push(format!("first-protocol T={}", self.first_protocol()));
        lines.push(format!("Fi {}", or_reserved(self.fi())));
        lines.push(format!("Di {}", or_reserved(self.di())));
        lines.push(format!("N {}", self.extra_guard_time_etu()));
        lines.push(match self.specific_mode() {
            None => "mode negotiable".into(),
            Some(mode) => format!(
                "mode specific T={}, {}, parameters {}",
                mode.protocol,
                if mode.can_change { "can change" } else { "cannot change" },
                if mode.implicit { "implicit" } else { "of TA1" },
            ),
        });
        if self.protocols.contains(&0) {
            lines.push(format!("WI {}", self.wi()));
        }
        if self.protocols.contains(&1) {
            let (bwi, cwi) = self.bwi_cwi();
            lines.push(format!("IFSC {}", self.ifsc_bytes()));
            lines.push(format!("BWI {bwi}"));
            lines.push(format!("CWI {cwi}"));
            lines.push(format!("EDC {}", if self.has_crc() { "CRC" } else { "LRC" }));
        }
        if let Some((stop, class)) = self.clock_stop_and_class() {
            let stop = ["not allowed", "low", "high", "low or high"][usize::from(stop & 3)];
            lines.push(format!("clock-stop {stop}"));
            let classes = ["A", "B", "C"].into_iter().enumerate();
            let classes: String =
                classes.filter(|(bit, _)| class >> bit & 1 == 1).map(|(_, name)| name).collect();
            let reserved = if class & 0x38 != 0 { " and reserved" } else { "" };
            lines.push(format!("class {classes}{reserved}"));
        }
        lines.push(format!("historical {}", or_none(&self.historical)));
        lines.push(match self.tck {
            Some(tck) => format!("TCK {tck:02X}"),
            None => "TCK none".into(),
        });
        match &self.contactless {
            None => {}
            Some(Contactless::TypeA) => lines.push("contactless A, or B unlike one".into()),
            Some(Contactless::TypeB { application_data, protocol_info, mbli }) => {
                lines.push("contactless B".into());
                lines.push(format!("application-data {}", hex::encode_upper(application_data)));
                lines.push(format!("protocol-info {}", hex::encode_upper(protocol_info)));
                lines.push(format!("MBLI {mbli}"));
            }
        }
        lines.extend(historical_lines(&self.historical, self.contactless.as_ref()));
        lines
    }
}

impl fmt::Display for Atr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn or_reserved(value: Option<impl fmt::Display>) -> String {
    value.map_or("reserved".into(), |value| value.to_string())
}

fn or_none(bytes: &[u8]) -> String {
    if bytes.is_empty() { "none".into() } else { hex::encode_upper(bytes) }
}

/// `3B 8n 80 01` is how PC/SC writes a contactless card.
fn contactless(atr: &[u8], historical: &[u8]) -> Option<Contactless> {
    let [0x3B, t0, 0x80, 0x01, ..] = atr else { return None };
    if t0 >> 4 != 8 {
        return None;
    }
    match *historical {
        // The protocol type (low half of the second byte of protocol information) has b1 set for a
        // card of ISO/IEC 14443-4 and b4 clear; the low half of the last byte is clear.
        [a, b, c, d, e, f, g, h] if a != 0x80 && f & 0x09 == 0x01 && h & 0x0F == 0 => {
            Some(Contactless::TypeB {
                application_data: [a, b, c, d],
                protocol_info: [e, f, g],
                mbli: h >> 4,
            })
        }
        _ => Some(Contactless::TypeA),
    }
}

/// Historical bytes in words (ISO/IEC 7816-4:2020, 12.2.2): the category indicator, then
/// compact-TLV objects and the status.
fn historical_lines(historical: &[u8], contactless: Option<&Contactless>) -> Vec<String> {
    if matches!(contactless, Some(Contactless::TypeB { .. })) {
        return Vec::new();
    }
    let (objects, status) = match historical {
        [] => return Vec::new(),
        [0x00, rest @ ..] => match rest.split_last_chunk::<3>() {
            Some((objects, status)) => (objects, &status[..]),
            None => return vec!["category 00, its three status bytes are missing".into()],
        },
        [0x10, rest @ ..] => {
            return vec![format!("category 10, DIR data reference {}", or_none(rest))];
        }
        [0x80, rest @ ..] => (rest, &[][..]),
        [category @ 0x81..=0x8F, ..] => return vec![format!("category {category:02X}, reserved")],
        [category, ..] => return vec![format!("category {category:02X}, proprietary")],
    };
    let mut lines = vec![format!("category {:02X}, compact-TLV", historical[0])];
    let mut rest = objects;
    while let [header, more @ ..] = rest {
        let Some((value, after)) = more.split_at_checked(usize::from(header & 0x0F)) else {
            lines.push(format!("compact-TLV ends within object {header:02X}"));
            return lines;
        };
        lines.push(format!("{} {}", compact_name(header >> 4), or_none(value)));
        rest = after;
    }
    if let [life_cycle, sw1, sw2] = status {
        lines.push(format!("status {life_cycle:02X} {sw1:02X}{sw2:02X}"));
    }
    lines
}

/// What the object with this number is (12.2.2, table of historical data objects).
fn compact_name(number: u8) -> &'static str {
    match number {
        1 => "country-code",
        2 => "issuer-identification",
        3 => "card-service-data",
        4 => "initial-access-data",
        5 => "card-issuer-data",
        6 => "pre-issuing-data",
        7 => "card-capabilities",
        8 => "status",
        15 => "application-identifier",
        _ => "unknown-object",
    }
}

#[cfg(test)]
mod tests;

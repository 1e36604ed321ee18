//! The keys of the personal card and of the PSAMs that know them (key index table of 2013).
//!
//! One line a key: directory (0 the environment), label, identifier on the card, usage, role,
//! versions there can be, bytes, diversifications from the root to the card; then usage byte and
//! identifier in a PSAM, 00 for a key that only the authority has.
//!
//! UK1SSSE stands in the table alone and opens nothing. What DSK is for, no source says; it is
//! shown like an update key. A key with three groups may be on a card in three versions.

use tessera_cos::social::{
    Role::{self, CardLock, Lock, PinUnlock, Plain},
    usage,
};

/// A key of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyEntry {
    /// Its label, by which its root key is known.
    pub label: &'static str,
    /// Directory: 0 the environment, else the last digit of its file identifier.
    pub df: u8,
    /// Identifier on the card; with b8 set a key of the current directory.
    pub kid: u8,
    /// [Usage](usage) on the card.
    pub usage: u8,
    /// What showing it is good for beyond access conditions.
    pub role: Role,
    /// Versions of it that can be on a card.
    pub groups: u8,
    /// Bytes in the table; the emulated card has 16 of each, unless its profile says otherwise.
    pub bytes: u8,
    /// Diversifications from the root to the card: 3 province, city and card; 2 city and card.
    pub levels: u8,
    /// Usage byte in a PSAM, 00 in none.
    pub psam_usage: u8,
    /// Identifier in a PSAM, 00 in none.
    pub psam_kid: u8,
}

#[expect(clippy::too_many_arguments, reason = "a line of the table, read from left to right")]
const fn k(
    df: u8,
    label: &'static str,
    kid: u8,
    usage: u8,
    role: Role,
    groups: u8,
    bytes: u8,
    levels: u8,
    psam_usage: u8,
    psam_kid: u8,
) -> KeyEntry {
    KeyEntry { label, df, kid, usage, role, groups, bytes, levels, psam_usage, psam_kid }
}

/// The key of a directory with this label.
#[must_use]
pub fn by_label(label: &str) -> Option<&'static KeyEntry> {
    KEYS.iter().find(|key| key.label == label)
}

/// All keys, directory by directory.
#[rustfmt::skip]
pub static KEYS: &[KeyEntry] = &[
    k(0, "IRK", 0x00, usage::INTERNAL, Plain, 3, 16, 3, 0x67, 0x08),
    k(0, "PUK", 0x06, usage::EXTERNAL, PinUnlock, 1, 16, 2, 0x48, 0x10),
    k(0, "STK", 0x02, usage::MAINTENANCE, Plain, 1, 8, 2, 0x46, 0x09),
    k(0, "BK", 0x05, usage::EXTERNAL, CardLock, 1, 16, 2, 0x48, 0x11),
    k(0, "UKSSSE", 0x04, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x12),
    k(0, "UK1SSSE", 0x0D, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x13),
    k(0, "RKSSSE", 0x0A, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x0A),
    k(1, "STKDF01", 0x82, usage::MAINTENANCE, Plain, 1, 8, 2, 0x46, 0x20),
    k(1, "UK1DF01", 0x83, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x42),
    k(1, "UK2DF01", 0x84, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x43),
    k(1, "UK3DF01", 0x85, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x24),
    k(1, "UK4DF01", 0x86, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x25),
    k(1, "UK5DF01", 0x87, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x44),
    k(1, "RK1DF01", 0x88, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x2E),
    k(1, "UK6DF01", 0x89, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x2F),
    k(1, "UK7DF01", 0x8A, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x30),
    k(1, "UK8DF01", 0x8B, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x31),
    k(1, "UK9DF01", 0x8C, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x32),
    k(1, "UKADF01", 0x8D, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x33),
    k(1, "UKBDF01", 0x8E, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x34),
    k(2, "STKDF02", 0x82, usage::MAINTENANCE, Plain, 1, 8, 2, 0x46, 0x21),
    k(2, "UK1DF02", 0x83, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x26),
    k(2, "UK2DF02", 0x84, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x45),
    k(2, "UK3DF02", 0x85, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x46),
    k(2, "UK4DF02", 0x86, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x27),
    k(2, "UK5DF02", 0x87, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x28),
    k(2, "RK1DF02", 0x88, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x35),
    k(2, "UK6DF02", 0x89, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x36),
    k(3, "STKDF03", 0x82, usage::MAINTENANCE, Plain, 1, 8, 2, 0x46, 0x22),
    k(3, "LKDF03", 0x83, usage::EXTERNAL, Lock, 1, 16, 2, 0x48, 0x40),
    k(3, "RK1DF03", 0x84, usage::EXTERNAL, Plain, 3, 16, 3, 0x67, 0x2B),
    k(3, "RK2DF03", 0x85, usage::EXTERNAL, Plain, 3, 16, 3, 0x67, 0x2C),
    k(3, "UK1DF03", 0x86, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x47),
    k(3, "UK2DF03", 0x87, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x29),
    k(3, "UK3DF03", 0x88, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x48),
    k(3, "UK4DF03", 0x89, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x37),
    k(3, "UK5DF03", 0x8A, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x38),
    k(3, "UK6DF03", 0x8B, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x39),
    k(3, "UK7DF03", 0x8C, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x3A),
    k(3, "UK8DF03", 0x8D, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x3B),
    k(4, "STKDF04", 0x82, usage::MAINTENANCE, Plain, 1, 8, 2, 0x46, 0x23),
    k(4, "LKDF04", 0x83, usage::EXTERNAL, Lock, 1, 16, 2, 0x48, 0x41),
    k(4, "RK1DF04", 0x84, usage::EXTERNAL, Plain, 3, 16, 3, 0x67, 0x2D),
    k(4, "UK1DF04", 0x85, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x49),
    k(4, "UK2DF04", 0x86, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x2A),
    k(4, "DSK", 0x87, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x4A),
    k(4, "DLK1", 0x01, usage::LOAD, Plain, 3, 16, 2, 0x00, 0x00),
    k(4, "DLK2", 0x02, usage::LOAD, Plain, 3, 16, 2, 0x00, 0x00),
    k(4, "DLK3", 0x03, usage::LOAD, Plain, 3, 16, 2, 0x00, 0x00),
    k(4, "DPK1", 0x01, usage::PURCHASE, Plain, 3, 16, 2, 0x42, 0x01),
    k(4, "DPK2", 0x02, usage::PURCHASE, Plain, 3, 16, 2, 0x42, 0x02),
    k(4, "DPK3", 0x03, usage::PURCHASE, Plain, 3, 16, 2, 0x42, 0x03),
    k(4, "DTK", 0x00, usage::TAC, Plain, 1, 16, 2, 0x00, 0x00),
    k(5, "STKDF05", 0x82, usage::MAINTENANCE, Plain, 1, 8, 2, 0x48, 0xB3),
    k(5, "UK1DF05", 0x83, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0xB4),
    k(6, "RK1DF06", 0x83, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x52),
    k(6, "LKDF06", 0x84, usage::EXTERNAL, Lock, 1, 16, 2, 0x48, 0x5B),
    k(6, "UK1DF06", 0x85, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x53),
    k(6, "UK2DF06", 0x86, usage::EXTERNAL, Plain, 3, 16, 2, 0x48, 0x54),
    k(6, "STKDF06", 0x82, usage::MAINTENANCE, Plain, 1, 8, 2, 0x48, 0x58),
    k(7, "STKDF07", 0x82, usage::MAINTENANCE, Plain, 1, 8, 2, 0x48, 0x3C),
    k(7, "RK1DF07", 0x83, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x3D),
    k(7, "RK2DF07", 0x84, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x3F),
    k(7, "RK3DF07", 0x85, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0xB1),
    k(7, "UK1DF07", 0x86, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0x3E),
    k(7, "UK2DF07", 0x87, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0xB0),
    k(7, "UK3DF07", 0x88, usage::EXTERNAL, Plain, 3, 16, 2, 0x47, 0xB2),
];

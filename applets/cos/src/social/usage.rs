//! What a key is for, in the numbering of these cards.

/// Shown by EXTERNAL AUTHENTICATE: UK, RK, PUK, LK, BK. What it opens, its identifier says.
pub const EXTERNAL: u8 = 1;
/// IRK: answers INTERNAL AUTHENTICATE.
pub const INTERNAL: u8 = 2;
/// STK: makes the MAC of maintenance commands and of protected updates.
pub const MAINTENANCE: u8 = 3;
/// DPK: settlements.
pub const PURCHASE: u8 = 4;
/// DLK: credits.
pub const LOAD: u8 = 5;
/// DRK: reversals.
pub const REVERSAL: u8 = 6;
/// DTK: transaction codes (TAC).
pub const TAC: u8 = 7;
/// AK: commands of the authority.
pub const AUTHORITY: u8 = 8;
/// SK: acknowledges statements.
pub const STATEMENT: u8 = 9;

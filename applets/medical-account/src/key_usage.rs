//! What the application's keys are for, in the numbering of social-security cards.

/// DPK 01 to 03: settlement.
pub(crate) const SETTLEMENT: u8 = 4;
/// DLK 01 to 03: credit.
pub(crate) const CREDIT: u8 = 5;
/// DRK 01: reversal.
pub(crate) const REVERSAL: u8 = 6;
/// DTK: certificates.
pub(crate) const TAC: u8 = 7;
/// Its identifier.
pub(crate) const TAC_ID: u8 = 0x00;
/// AK: commands of the authority; usage and identifier.
pub(crate) const AUTHORITY: (u8, u8) = (8, 0x88);
/// SK: acknowledgement of a statement; usage and identifier.
pub(crate) const STATEMENT: (u8, u8) = (9, 0x89);

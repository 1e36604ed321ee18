//! Status words that are the purse's own; the rest are the standard's.

use tessera_framework::StatusWord;

/// `6901`: not accepted in this state: a second command without its first.
pub const INVALID_STATE: StatusWord = StatusWord(0x6901);
/// `9302`: the MAC is wrong.
pub const WRONG_MAC: StatusWord = StatusWord(0x9302);
/// `9401`: the amount is greater than the balance.
pub const BALANCE_INSUFFICIENT: StatusWord = StatusWord(0x9401);
/// `9402`: the transaction number is at its maximum.
pub const NUMBER_AT_MAXIMUM: StatusWord = StatusWord(0x9402);
/// `9403`: there is no key with this identifier.
pub const NO_SUCH_KEY: StatusWord = StatusWord(0x9403);
/// `9406`: the MAC and TAC asked for are not available.
pub const NO_PROOF: StatusWord = StatusWord(0x9406);

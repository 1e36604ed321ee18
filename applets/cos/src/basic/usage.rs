//! Types of keys, without the two high bits that protect their updates.

/// Enciphers for INTERNAL AUTHENTICATE.
pub const ENCIPHER: u8 = 0x30;
/// Deciphers for INTERNAL AUTHENTICATE.
pub const DECIPHER: u8 = 0x31;
/// Makes a MAC for INTERNAL AUTHENTICATE.
pub const MAC: u8 = 0x32;
/// Makes transaction codes (TAC).
pub const TAC: u8 = 0x34;
/// Protects the lines to files, and blocks and unblocks applications.
pub const LINE: u8 = 0x36;
/// Unblocks a PIN.
pub const PIN_UNBLOCK: u8 = 0x37;
/// Sets a PIN anew.
pub const PIN_RELOAD: u8 = 0x38;
/// Proves who is outside; with identifier 0 the master key of its DF.
pub const EXTERNAL: u8 = 0x39;
/// A PIN.
pub const PIN: u8 = 0x3A;
/// Changes the overdraft limit.
pub const OVERDRAFT: u8 = 0x3C;
/// Unloads a deposit.
pub const UNLOAD: u8 = 0x3D;
/// Authorises purchases.
pub const PURCHASE: u8 = 0x3E;
/// Authorises loads.
pub const LOAD: u8 = 0x3F;

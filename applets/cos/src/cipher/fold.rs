//! A block of 16 bytes folded into 8 or 4, as social-security cards of the third generation do.

/// Left half XOR right half: the authenticator of a cipher with 16-byte blocks.
#[must_use]
pub fn left_xor_right(block: &[u8; 16]) -> [u8; 8] {
    core::array::from_fn(|at| block[at] ^ block[at + 8])
}

/// XOR of the four words of four bytes: the checksum of a message under SM4.
#[must_use]
pub fn xor_of_words(block: &[u8; 16]) -> [u8; 4] {
    core::array::from_fn(|at| block[at] ^ block[at + 4] ^ block[at + 8] ^ block[at + 12])
}

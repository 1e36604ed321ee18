//! Padding of ISO/IEC 7816-4 and of ISO/IEC 9797-1 method 2: one 80, then as many 00 as fill the
//! block.

/// What bytes a message has once it is padded: always more than without.
#[must_use]
pub const fn padded_bytes(message_bytes: usize, block_bytes: usize) -> usize {
    (message_bytes / block_bytes + 1) * block_bytes
}

/// Pads the message that takes the first bytes of `buffer`. `None` when the buffer is too short,
/// which is then as it was; otherwise the padded length.
#[must_use]
pub fn pad(buffer: &mut [u8], message_bytes: usize, block_bytes: usize) -> Option<usize> {
    let bytes = padded_bytes(message_bytes, block_bytes);
    let (mark, zeros) = buffer.get_mut(message_bytes..bytes)?.split_first_mut()?;
    *mark = 0x80;
    zeros.fill(0);
    Some(bytes)
}

/// Bytes of the message in front of the padding; `None` when the end is no padding.
#[must_use]
pub fn unpadded_bytes(padded: &[u8], block_bytes: usize) -> Option<usize> {
    let message = padded.iter().rposition(|&byte| byte != 0)?;
    let right = padded.get(message) == Some(&0x80) && padded.len() - message <= block_bytes;
    right.then_some(message)
}

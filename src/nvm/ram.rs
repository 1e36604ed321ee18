//! RAM: lost with power, part of it also when an applet is deselected.

use tessera_framework::Descriptor;

/// Bytes of one logical channel's RAM.
pub const CHANNEL_BYTES: usize = Descriptor::RAM_ON_DESELECT_MAX as usize;

/// One block per logical channel, and the applets' `clear_on_reset` RAM end to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ram {
    /// `clear_on_deselect`: belongs to whichever applet is selected on the channel.
    pub channels: Vec<[u8; CHANNEL_BYTES]>,
    /// `clear_on_reset`: who owns which range is in the registry.
    pub on_reset: Vec<u8>,
}

impl Ram {
    /// RAM for so many channels and bytes, all zero.
    #[must_use]
    pub fn new(channels: usize, on_reset_bytes: usize) -> Self {
        Self { channels: vec![[0; CHANNEL_BYTES]; channels], on_reset: vec![0; on_reset_bytes] }
    }

    /// As after a reset.
    pub fn clear(&mut self) {
        self.channels.fill([0; CHANNEL_BYTES]);
        self.on_reset.fill(0);
    }
}

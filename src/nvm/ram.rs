//! RAM: lost with power, part of it also when an applet is deselected.
//!
//! Invariant: what was put aside is taken back or forgotten before the command is answered.

/// One block per logical channel and one to put aside, each as large as the neediest applet asks
/// for; and the applets' `clear_on_reset` RAM end to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ram {
    /// `clear_on_deselect`: a block belongs to whichever applet is selected on its channel. The
    /// last block is the one put aside.
    blocks: Vec<u8>,
    block_bytes: usize,
    /// `clear_on_reset`: who owns which range is in the registry.
    pub on_reset: Vec<u8>,
}

impl Ram {
    /// RAM for so many channels of `block_bytes` each, all zero.
    #[must_use]
    pub fn new(channels: usize, block_bytes: usize, on_reset_bytes: usize) -> Self {
        let blocks = vec![0; (channels + 1) * block_bytes];
        Self { blocks, block_bytes, on_reset: vec![0; on_reset_bytes] }
    }

    /// As after a reset.
    pub fn clear(&mut self) {
        self.blocks.fill(0);
        self.on_reset.fill(0);
    }

    /// The block of a channel.
    #[must_use]
    pub fn channel(&self, channel: usize) -> &[u8] {
        &self.blocks[channel * self.block_bytes..][..self.block_bytes]
    }

    /// The block of a channel, to be changed.
    pub fn channel_mut(&mut self, channel: usize) -> &mut [u8] {
        &mut self.blocks[channel * self.block_bytes..][..self.block_bytes]
    }

    /// Overwrites a channel's block.
    pub fn forget(&mut self, channel: usize) {
        self.channel_mut(channel).fill(0);
    }

    /// Makes the block of channel `to` that of channel `from`.
    pub fn copy(&mut self, from: usize, to: usize) {
        let bytes = self.block_bytes;
        self.blocks.copy_within(from * bytes..(from + 1) * bytes, to * bytes);
    }

    /// Keeps a copy of a channel's block.
    pub fn put_aside(&mut self, channel: usize) {
        self.copy(channel, self.aside());
    }

    /// Exchanges a channel's block with the one put aside.
    pub fn swap_aside(&mut self, channel: usize) {
        let aside_at = self.aside_at();
        let (channels, aside) = self.blocks.split_at_mut(aside_at);
        channels[channel * self.block_bytes..][..self.block_bytes].swap_with_slice(aside);
    }

    /// Makes a channel's block the one put aside, which is forgotten.
    pub fn take_back(&mut self, channel: usize) {
        self.copy(self.aside(), channel);
        self.forget_aside();
    }

    /// Overwrites the block put aside.
    pub fn forget_aside(&mut self) {
        self.forget(self.aside());
    }

    const fn aside_at(&self) -> usize {
        self.blocks.len() - self.block_bytes
    }

    fn aside(&self) -> usize {
        self.aside_at().checked_div(self.block_bytes).unwrap_or_default()
    }
}

//! RAM: lost with power, part of it also when an applet is deselected.
//!
//! Invariant: what was put aside is taken back or forgotten before the command is answered.

/// Blocks of `clear_on_deselect` RAM, each as large as the neediest applet asks for, and the
/// applets' `clear_on_reset` RAM end to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ram {
    /// The selected applet's block of each channel, then, where there are environments, the block
    /// of the application above it; and as many of either kind put aside.
    blocks: Vec<u8>,
    block_bytes: usize,
    /// Blocks a channel has: 1, or 2 with environments.
    of_channel: usize,
    /// `clear_on_reset`: who owns which range is in the registry.
    pub on_reset: Vec<u8>,
}

/// Which of a channel's blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    /// That of the selected applet.
    Selected,
    /// That of the application directly above it, kept meanwhile.
    Environment,
}

impl Ram {
    /// RAM for so many channels of `block_bytes` each, all zero; with `environments` for the
    /// applications above the selected ones too.
    #[must_use]
    pub fn new(
        channels: usize,
        block_bytes: usize,
        environments: bool,
        on_reset_bytes: usize,
    ) -> Self {
        let of_channel = 1 + usize::from(environments);
        let blocks = vec![0; (channels + 1) * of_channel * block_bytes];
        Self { blocks, block_bytes, of_channel, on_reset: vec![0; on_reset_bytes] }
    }

    /// As after a reset.
    pub fn clear(&mut self) {
        self.blocks.fill(0);
        self.on_reset.fill(0);
    }

    /// A block of a channel; empty when the card has none of this kind.
    #[must_use]
    pub fn block(&self, channel: usize, block: Block) -> &[u8] {
        &self.blocks[self.range(channel, block)]
    }

    /// A block of a channel, to be changed.
    pub fn block_mut(&mut self, channel: usize, block: Block) -> &mut [u8] {
        let range = self.range(channel, block);
        &mut self.blocks[range]
    }

    /// Overwrites a block of a channel.
    pub fn forget(&mut self, channel: usize, block: Block) {
        self.block_mut(channel, block).fill(0);
    }

    /// Makes the selected applet's block of channel `to` that of channel `from`.
    pub fn copy(&mut self, from: usize, to: usize) {
        let [from, to] = [from, to].map(|channel| self.range(channel, Block::Selected));
        self.blocks.copy_within(from, to.start);
    }

    /// The selected applet becomes the environment of the next one, which starts with nothing.
    pub fn enter_environment(&mut self, channel: usize) {
        let [selected, kept] = self.both(channel);
        self.blocks.copy_within(selected, kept.start);
        self.forget(channel, Block::Selected);
    }

    /// The environment becomes the selected applet again.
    pub fn leave_environment(&mut self, channel: usize) {
        let [selected, kept] = self.both(channel);
        self.blocks.copy_within(kept, selected.start);
        self.forget(channel, Block::Environment);
    }

    /// Keeps copies of a channel's blocks.
    pub fn put_aside(&mut self, channel: usize) {
        let [from, aside] = [channel, self.aside()].map(|place| self.whole(place));
        self.blocks.copy_within(from, aside.start);
    }

    /// Exchanges the selected applet's block with one put aside.
    pub fn swap_aside(&mut self, channel: usize, aside: Block) {
        let selected = self.range(channel, Block::Selected);
        let aside = self.range(self.aside(), aside);
        let (channels, put_aside) = self.blocks.split_at_mut(aside.start);
        channels[selected].swap_with_slice(&mut put_aside[..aside.len()]);
    }

    /// Makes a channel's blocks those put aside, which are forgotten.
    pub fn take_back(&mut self, channel: usize) {
        let [to, aside] = [channel, self.aside()].map(|place| self.whole(place));
        self.blocks.copy_within(aside, to.start);
        self.forget_aside();
    }

    /// Overwrites the blocks put aside.
    pub fn forget_aside(&mut self) {
        let aside = self.whole(self.aside());
        self.blocks[aside].fill(0);
    }

    const fn both(&self, channel: usize) -> [std::ops::Range<usize>; 2] {
        [self.range(channel, Block::Selected), self.range(channel, Block::Environment)]
    }

    const fn whole(&self, channel: usize) -> std::ops::Range<usize> {
        let bytes = self.of_channel * self.block_bytes;
        channel * bytes..(channel + 1) * bytes
    }

    const fn range(&self, channel: usize, block: Block) -> std::ops::Range<usize> {
        let whole = self.whole(channel);
        match block {
            Block::Selected => whole.start..whole.start + self.block_bytes,
            Block::Environment if self.of_channel > 1 => whole.start + self.block_bytes..whole.end,
            Block::Environment => whole.start..whole.start,
        }
    }

    /// Behind the last channel.
    fn aside(&self) -> usize {
        let bytes = self.of_channel * self.block_bytes;
        self.blocks.len().checked_div(bytes).unwrap_or(1) - 1
    }
}

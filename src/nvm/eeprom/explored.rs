//! What an exploration does with cells: copies them in place, settles bits as it likes.

use super::Eeprom;

impl Eeprom {
    /// Becomes `other`, in the same place in the host's memory.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        let Self {
            geometry,
            cells,
            torn,
            wear,
            faults,
            pulses,
            busy_us,
            choices,
            foul_reads,
            #[cfg(test)]
            deaf,
        } = other;
        (self.geometry, self.pulses, self.busy_us) = (*geometry, *pulses, *busy_us);
        self.cells.clone_from(cells);
        self.torn.clone_from(torn);
        self.wear.clone_from(wear);
        self.faults.clone_from(faults);
        self.choices.clone_from(choices);
        self.foul_reads.clone_from(foul_reads);
        #[cfg(test)]
        self.deaf.clone_from(deaf);
    }

    /// Decides of each indeterminate bit, by address and from the lowest, whether its pulse has
    /// changed it; `None`: it goes on wavering.
    pub(crate) fn settle_bits(&mut self, mut changed: impl FnMut() -> Option<bool>) {
        for byte in &mut self.torn {
            for bit in (0..8).map(|n| 1 << n) {
                if byte.mask & bit == 0 {
                    continue;
                }
                let Some(changed) = changed() else { continue };
                byte.mask ^= bit;
                self.cells[byte.at as usize] ^= if changed { bit } else { 0 };
            }
        }
        self.torn.retain(|byte| byte.mask != 0);
    }
}

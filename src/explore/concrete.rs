//! Tears with bits at chosen values: what the cells of one real card might hold, drawn from a seed.
//!
//! After each tear every indeterminate bit is settled one way or the other, or left to waver, by a
//! pattern drawn at random; then the card is powered on, maybe torn again, and judged as in the
//! exploration. Each run is a function of its seed alone.

use super::{Explorer, Failure, Leg, Report, Run};
use crate::{Card, choose::Choices, nvm::eeprom::TornByte, random::Random};

/// Tears in the recoveries of one run, at most.
const CUTS_MAX: u64 = 4;

impl Explorer {
    /// As [`every_tear`](Self::every_tear), but `runs` times for each command with torn bits at
    /// values drawn from `seed`, tears at pulses drawn from it, and up to four more in the
    /// recoveries.
    ///
    /// # Errors
    /// The first promise that was not kept; its schedule names the run's own seed.
    pub fn random_tears<C: AsRef<[u8]>>(
        &self,
        card: &Card,
        commands: &[C],
        runs: u64,
        seed: u64,
    ) -> Result<Report, Failure> {
        let mut seeds = Random::new(seed);
        self.each_command(card, commands, |run| {
            (0..runs).try_for_each(|_| run.random_tear(seeds.number()))
        })
    }
}

impl Run {
    /// The run of one seed.
    pub(super) fn random_tear(&mut self, seed: u64) -> Result<(), Failure> {
        let mut random = Random::new(seed);
        let mut card = self.torn(1 + below(&mut random, self.report.pulses + 1) as u32)?;
        settle_bits(&mut card, &mut random);
        let counters = usize::from(card.layout().counter_count);
        let pulses_max = Explorer::recovery_pulses_max(self.report.pulses, counters);
        let mut cuts = 1;
        for _ in 0..below(&mut random, CUTS_MAX + 1) {
            card.tear_at(1 + below(&mut random, pulses_max) as u32);
            if card.power_on().is_err() {
                cuts += 1;
                settle_bits(&mut card, &mut random);
            }
            card.power_off();
        }
        let judged = self.power_up_and_judge(&mut card);
        self.report.schedules += 1;
        self.report.cuts_max = self.report.cuts_max.max(cuts);
        let Err(broken) = judged else { return Ok(()) };
        self.schedule.legs.push(Leg::Seed(seed));
        Err(self.failure(broken))
    }
}

fn below(random: &mut Random, bound: u64) -> u64 {
    random.number() % bound
}

/// Settles indeterminate bits, or leaves them to waver; words that waver are read afresh each time.
fn settle_bits(card: &mut Card, random: &mut Random) {
    let eeprom = card.eeprom();
    let mut cells = eeprom.cells().to_vec();
    let mut torn = Vec::new();
    let count = eeprom.torn().iter().map(|byte| u64::from(byte.mask.count_ones())).sum::<u64>();
    let (pattern, chosen) = (below(random, 8), below(random, count.max(1)));
    let mut n = 0;
    for &TornByte { at, mask } in eeprom.torn() {
        let mut wavering = 0;
        for bit in (0..8).map(|b| 1 << b).filter(|bit| mask & bit != 0) {
            let done = match pattern {
                0 => Some(false),
                1 => Some(true),
                2 => Some(n < chosen),
                3 => Some(n == chosen),
                4 => Some(n != chosen),
                5 => Some(below(random, 2) == 0),
                6 => None,
                _ => [Some(false), Some(true), None][below(random, 3) as usize],
            };
            match done {
                Some(true) => cells[at as usize] ^= bit,
                Some(false) => {}
                None => wavering |= bit,
            }
            n += 1;
        }
        if wavering != 0 {
            torn.push(TornByte { at, mask: wavering });
        }
    }
    let (pulses, busy_us) = (eeprom.pulses(), eeprom.busy_us());
    let settled = eeprom.clone().restored(&cells, torn, &eeprom.wear().cycles(), pulses, busy_us);
    let (state, processing_us) = card.saved_state();
    if let Some(settled) = settled {
        card.restore(settled, state, processing_us);
        card.set_choices(Choices::Seeded(Random::new(random.number())));
    }
}

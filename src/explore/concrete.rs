//! Tears with bits at chosen values: what the cells of one real card might hold, drawn from a seed.
//!
//! After each tear every indeterminate bit is settled one way or the other, or left to waver, by a
//! pattern drawn at random; then the card is powered on, maybe torn again, and judged as in the
//! exploration. Each run is a function of its seed alone.

use super::{Explorer, Failure, Leg, Report, Run, Subject, bounds, replay::Happening};
use crate::{Card, choose::Choices, random::Random};

/// Tears in the recoveries of one run, at most.
const CUTS_MAX: u64 = 4;

/// Of so many runs one looks for what is hidden in the card (P9): nothing in that hangs on what the
/// bits were settled to, and the exploration does it every time.
const FRESH_EVERY: u64 = 16;

impl Explorer {
    /// As [`every_tear`](Self::every_tear), but `runs` times for each command with torn bits at
    /// values drawn from `seed`, tears at pulses drawn from it, and up to four more in the
    /// recoveries.
    ///
    /// # Errors
    /// The first promise that was not kept; its schedule names the run's own seed.
    pub fn random_tears<C: AsRef<[u8]>>(
        &self,
        subject: impl Subject,
        commands: &[C],
        runs: u64,
        seed: u64,
    ) -> Result<Report, Failure> {
        let mut seeds = Random::new(seed);
        self.each_command(&subject, commands, |run| {
            let mut card = run.after.clone();
            (0..runs).try_for_each(|_| run.random_tear(&mut card, seeds.number()).map(drop))
        })
    }
}

impl Run {
    /// Runs of seeds drawn from `seed`, until `tears` tears were made.
    pub(super) fn random_tears(&mut self, tears: u64, seed: u64) -> Result<(), Failure> {
        let mut seeds = Random::new(seed);
        let mut card = self.after.clone();
        let mut made = 0;
        while made < tears {
            made += u64::from(self.random_tear(&mut card, seeds.number())?);
        }
        Ok(())
    }

    /// The run of one seed, with a card of this run. Returns the tears in it.
    pub(super) fn random_tear(&mut self, card: &mut Card, seed: u64) -> Result<u32, Failure> {
        if !self.steps.iter().any(bounds::is_secret) {
            // Of what is stored openly a tear may leave any bits, now and then those of a secret.
            // That they are no copies is shown where every tear is explored.
            self.secrets.clear();
        }
        self.drawn.clear();
        let mut random = Random::new(seed);
        let cut = 1 + below(&mut random, u64::from(self.cuts())) as u32;
        self.tear(card, cut)?;
        self.trace.push(|| Happening::Torn { cut });
        self.draw(card, &mut random);
        let mut cuts = 1;
        for _ in 0..below(&mut random, CUTS_MAX + 1) {
            // Most recoveries are far shorter than they may be.
            let bound = self.recovery_bound;
            let cut = 1 + below(&mut random, bound).min(below(&mut random, bound));
            card.tear_at(cut as u32);
            let completed = self.power_on(card).is_ok();
            card.power_off();
            if completed {
                break;
            }
            cuts += 1;
            self.draw(card, &mut random);
        }
        let judged = self.power_up_and_judge(card, false, seed.is_multiple_of(FRESH_EVERY));
        self.report.concrete_tears += u64::from(cuts);
        self.report.cuts_max = self.report.cuts_max.max(cuts);
        let Err(broken) = judged else { return Ok(cuts) };
        let mut failure = self.failure(broken);
        if let Some(Leg::Commands { cut, .. } | Leg::Again { cut }) =
            failure.schedule.legs.last_mut()
        {
            // The seed says where.
            *cut = 0;
        }
        failure.schedule.legs.push(Leg::Seed(seed));
        Err(failure)
    }

    /// Settles indeterminate bits, or leaves them to waver; words that waver are read afresh each
    /// time.
    fn draw(&mut self, card: &mut Card, random: &mut Random) {
        let torn = card.eeprom().torn();
        if !self.secrets.is_empty() {
            self.drawn.extend(torn.iter().map(|byte| byte.at));
        }
        let count = torn.iter().map(|byte| u64::from(byte.mask.count_ones())).sum::<u64>();
        let (pattern, chosen) = (below(random, 8), below(random, count.max(1)));
        let (mut n, mut drawn) = (0, [0; 3]);
        card.settle_bits(|| {
            let changed = match pattern {
                0 => Some(false),
                1 => Some(true),
                2 => Some(n < chosen),
                3 => Some(n == chosen),
                4 => Some(n != chosen),
                5 => Some(below(random, 2) == 0),
                6 => None,
                _ => [Some(false), Some(true), None][below(random, 3) as usize],
            };
            n += 1;
            drawn[changed.map_or(2, usize::from)] += 1;
            changed
        });
        card.set_choices(Choices::Seeded(Random::new(random.number())));
        let [old, new, wavering] = drawn;
        let eeprom = || Box::new(card.eeprom().clone());
        self.trace.push(|| Happening::Drawn { new, old, wavering, eeprom: eeprom() });
    }
}

fn below(random: &mut Random, bound: u64) -> u64 {
    random.number() % bound
}

//! From a profile to a card: its memory divided, its applets installed.

use std::sync::Arc;

use tessera_framework::{Descriptor, Halt, StatusWord};

use super::Card;
use crate::{
    nvm::{
        Counters, Eeprom, Geometry, Journal, Layout, Ram, Segment, Tearing,
        counter::{COUNTERS_MAX, Touched},
    },
    os::{
        chaining::{Chain, Held},
        envelope::Envelope,
        registry::{Entry, Registry},
        state::{Channel, Core, RESPONSE_BYTES_MAX},
        steps::Steps,
    },
    profile::{Installation, MEMORY_BYTES, Profile},
    random::{Random, Source},
};

/// Why a profile does not make a card.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PersonaliseError {
    /// The memory is too small for the engine, or for what an applet installs (6A84).
    #[error("{who} does not fit: {bytes} bytes of memory, {needed}")]
    NotEnoughMemory {
        /// The applet, or the card itself.
        who: String,
        /// What there was for it.
        bytes: u32,
        /// What it would take, as far as known.
        needed: String,
    },
    /// An applet refused its installation data.
    #[error("{applet} refuses its installation data with {status}")]
    Refused {
        /// The applet.
        applet: String,
        /// Its status word.
        status: StatusWord,
    },
    /// The profile names a memory part that does not exist.
    #[error("there is no memory part {0:?}; there are {parts}", parts = Geometry::parts().collect::<Vec<_>>().join(", "))]
    UnknownPart(String),
    /// A profile built by a program breaks a rule that one read from a file keeps.
    #[error("the profile is not sound: expected {expected}, got {got}")]
    Unsound {
        /// The rule.
        expected: String,
        /// What breaks it.
        got: String,
    },
}

impl Card {
    /// Makes and personalises a card.
    ///
    /// # Errors
    /// The profile asks for more than its memory holds, or for what an applet refuses.
    pub fn from_profile(profile: &Profile) -> Result<Self, PersonaliseError> {
        let mut card = Self::empty(profile)?;
        card.core.memory.power_up();
        for (place, installation) in card.profile.clone().applets.iter().enumerate() {
            card.install(place as u8, installation)?;
        }
        card.power_off();
        Ok(card)
    }

    /// The card of a profile before personalisation, its memory erased.
    pub(crate) fn empty(profile: &Profile) -> Result<Self, PersonaliseError> {
        check(profile)?;
        let geometry = Geometry::part(&profile.part)
            .ok_or_else(|| PersonaliseError::UnknownPart(profile.part.clone()))?;
        let counters =
            profile.applets.iter().map(|a| a.applet.descriptor().counters.len()).sum::<usize>();
        let layout = Layout::new(&geometry, profile.limits.commit_bytes, counters as u16);
        let (entries, on_reset_bytes) = divide(profile, &geometry, &layout)?;
        let channels = usize::from(profile.limits.channels);
        let asked = profile.applets.iter().map(|a| a.applet.descriptor().ram_on_deselect_bytes);
        let block_bytes = asked.max().unwrap_or_default().into();
        let environments = entries.iter().any(|entry| entry.parent.is_some_and(|above| above != 0));
        let core = Core {
            memory: Tearing::new(Eeprom::new(geometry, profile.memory_bytes)),
            journal: Journal::default(),
            touched: Touched::default(),
            layout,
            ram: Ram::new(channels, block_bytes, environments, on_reset_bytes),
            channels: vec![Channel::default(); channels],
            chain: Chain::default(),
            held: Held::default(),
            envelope: Envelope::default(),
            random: Source::new(Random::new(profile.seed)),
            interface: profile.interface,
            delivery: profile.first_delivery(profile.interface),
            command_bytes_max: profile.limits.command_bytes as usize,
            response_bytes_max: (profile.limits.response_bytes as usize)
                .min(RESPONSE_BYTES_MAX - 2),
            processing_us: 0,
            powered_at_us: 0,
            steps: Steps::default(),
        };
        let atr = profile.atr(profile.interface);
        let registry = Arc::new(Registry { entries });
        Ok(Self { profile: Arc::new(profile.clone()), registry, core, atr })
    }

    fn install(&mut self, place: u8, with: &Installation) -> Result<(), PersonaliseError> {
        let entry = *self.registry.entry(place);
        let refused = |halt: Halt| match halt {
            Halt::Status(StatusWord::NOT_ENOUGH_MEMORY) => PersonaliseError::NotEnoughMemory {
                who: with.name.clone(),
                bytes: entry.segment.bytes,
                needed: "the applet asks for more".into(),
            },
            Halt::Status(status) => PersonaliseError::Refused { applet: with.name.clone(), status },
            Halt::Torn(_) => {
                PersonaliseError::Refused { applet: with.name.clone(), status: StatusWord(0x6F00) }
            }
        };
        let counters = Counters::new(&self.core.layout);
        for (n, &start) in entry.descriptor.counters.iter().enumerate() {
            let number = entry.first_counter + n as u16;
            counters
                .set(&mut self.core.memory, &mut self.core.touched, number, start)
                .map_err(|_| refused(Halt::Status(StatusWord::MEMORY_FAILURE)))?;
        }
        self.core.channels[0] = Channel { open: true, applet: place, ..Channel::default() };
        self.core
            .call(&self.registry, place, 0, |applet, env| applet.install(env, &with.data))
            .map_err(refused)
    }
}

/// What the card relies on and a program that builds its own profile may miss.
fn check(profile: &Profile) -> Result<(), PersonaliseError> {
    let unsound = |expected: String, got: String| Err(PersonaliseError::Unsound { expected, got });
    if let Some((what, got, range)) = profile.limits.outside() {
        let expected = format!("{what} from {} to {}", range.start(), range.end());
        return unsound(expected, got.to_string());
    }
    if !MEMORY_BYTES.contains(&profile.memory_bytes) {
        let expected =
            format!("{} to {} bytes of memory", MEMORY_BYTES.start(), MEMORY_BYTES.end());
        return unsound(expected, profile.memory_bytes.to_string());
    }
    if profile.historical.len() > 15 {
        return unsound("at most 15 historical bytes".into(), profile.historical.len().to_string());
    }
    if !(1..=255).contains(&profile.applets.len()) {
        return unsound("1 to 255 applets, the MF first".into(), profile.applets.len().to_string());
    }
    let counters = profile.applets.iter().map(|with| with.applet.descriptor().counters.len());
    let counters = counters.sum::<usize>();
    if counters > usize::from(COUNTERS_MAX) {
        return unsound(format!("at most {COUNTERS_MAX} counters"), counters.to_string());
    }
    let named = profile.applets.iter().filter_map(|with| with.segment_bytes);
    let named = named.map(u64::from).sum::<u64>();
    if named > u64::from(*MEMORY_BYTES.end()) {
        let expected = format!("at most {} bytes in named segments", MEMORY_BYTES.end());
        return unsound(expected, named.to_string());
    }
    for (place, with) in profile.applets.iter().enumerate() {
        let ram = with.applet.descriptor().ram_on_deselect_bytes;
        if ram > Descriptor::RAM_ON_DESELECT_MAX {
            let most = Descriptor::RAM_ON_DESELECT_MAX;
            return unsound(
                format!("at most {most} bytes of RAM for {}", with.name),
                ram.to_string(),
            );
        }
        if place > 0 && usize::from(with.parent) >= place {
            let expected = format!("the parent of {} before it", with.name);
            return unsound(expected, format!("place {}", with.parent));
        }
    }
    Ok(())
}

/// Divides the memory behind the engine's own areas among the applets: those that name a size get
/// it, the others share the rest evenly; each segment starts a page of its own.
fn divide(
    profile: &Profile,
    geometry: &Geometry,
    layout: &Layout,
) -> Result<(Vec<Entry>, usize), PersonaliseError> {
    let named: u32 = profile
        .applets
        .iter()
        .filter_map(|with| with.segment_bytes)
        .map(|bytes| geometry.whole_pages(bytes))
        .sum();
    let unnamed = profile.applets.iter().filter(|with| with.segment_bytes.is_none()).count() as u32;
    let rest = profile.memory_bytes.checked_sub(layout.segments + named);
    let rest = rest.ok_or_else(|| PersonaliseError::NotEnoughMemory {
        who: "the card".into(),
        bytes: profile.memory_bytes,
        needed: format!("the engine takes {}, named segments {named}", layout.segments),
    })?;
    let share = rest / unnamed.max(1) / geometry.page_bytes * geometry.page_bytes;
    let (mut base, mut first_counter, mut on_reset) = (layout.segments, 0, 0);
    let mut entries = Vec::with_capacity(profile.applets.len());
    for (place, with) in profile.applets.iter().enumerate() {
        let descriptor = with.applet.descriptor();
        let bytes = with.segment_bytes.map_or(share, |bytes| geometry.whole_pages(bytes));
        let ram = usize::from(descriptor.ram_on_reset_bytes);
        entries.push(Entry {
            applet: with.applet,
            descriptor,
            parent: (place > 0).then_some(with.parent),
            segment: Segment { base, bytes },
            first_counter,
            on_reset: (on_reset, on_reset + ram),
        });
        base += bytes;
        on_reset += ram;
        first_counter += descriptor.counters.len() as u16;
    }
    Ok((entries, on_reset))
}

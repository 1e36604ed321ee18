//! The cards that lie in the field: profiles, and identifiers that are nobody's.

use tessera::{
    card::Chip,
    link::{
        PiccType,
        picc::{Parameters, Picc, TypeA, TypeB, Uid},
    },
    random::Random,
};
use tessera_framework::Interface;

use super::reader::Shown;
use crate::cli::cards::{CardError, named};

/// Profiles that `--cards` takes in turn.
const BUILT_IN: [&str; 6] =
    ["social-security", "medical", "purse", "library", "employer", "iso7816"];

/// What the cards are besides their profiles.
pub(super) struct Kinds {
    pub(super) mixed: bool,
    pub(super) all_a: bool,
    pub(super) all_b: bool,
    /// 4, 7 or 10 bytes; `None` is each in turn.
    pub(super) uid_size: Option<usize>,
    pub(super) seed: u64,
}

/// Names of so many profiles.
pub(super) fn built_in(cards: usize) -> Vec<String> {
    BUILT_IN.into_iter().cycle().take(cards).map(str::to_owned).collect()
}

/// The `n`-th card of the field: what its profile says, but for an identifier of its own.
pub(super) fn card(name: &str, n: usize, kinds: &Kinds) -> Result<Picc<Chip>, CardError> {
    let mut card = named(name)?;
    let mut random = Random::new(kinds.seed.wrapping_mul(1_000_003).wrapping_add(n as u64));
    let drawn = [random.number(), random.number()].map(u64::to_be_bytes).concat();
    let air = &card.profile().air;
    let parameters = match kinds.of(n, air.picc_type) {
        PiccType::A => {
            let size = kinds.uid_size.unwrap_or([4, 7, 10][n % 3]);
            Parameters::A(TypeA { uid: uid(&drawn, size), ..air.a.clone() })
        }
        PiccType::B => {
            let pupi = drawn.first_chunk().copied();
            Parameters::B(TypeB { pupi, ..air.b.clone() })
        }
    };
    card.set_interface(match parameters.picc_type() {
        PiccType::A => Interface::ContactlessA,
        PiccType::B => Interface::ContactlessB,
    });
    Ok(Picc::new(parameters, Chip::new(card), random.number()))
}

impl Kinds {
    /// The type of the `n`-th card, whose profile says `own`.
    fn of(&self, n: usize, own: PiccType) -> PiccType {
        match (self.all_a, self.all_b, self.mixed) {
            (true, ..) => PiccType::A,
            (_, true, _) => PiccType::B,
            (.., true) if n % 2 == 1 => PiccType::B,
            (.., true) => PiccType::A,
            _ => own,
        }
    }
}

/// A UID that is allowed, of these bytes.
fn uid(drawn: &[u8], size: usize) -> Uid {
    let mut bytes: Vec<u8> = drawn.iter().copied().take(size).collect();
    if let (4, Some(first)) = (size, bytes.first_mut()) {
        // Proprietary, which is free for anyone.
        *first &= 0xF7;
    }
    // The cascade tag is no byte of a UID where a level may begin with it.
    bytes.iter_mut().filter(|byte| **byte == 0x88).for_each(|byte| *byte = 0x77);
    Uid::fixed(&bytes).unwrap_or_else(|_| Uid::random())
}

impl Shown for Chip {
    fn first_select(&self) -> Vec<u8> {
        // The MF comes first, and every card has one.
        let aids = self.card().applications().map(|(with, _)| with.applet.descriptor().aid);
        let aids: Vec<_> = aids.collect();
        let aid = aids.get(1).or(aids.first()).map(|aid| aid.as_bytes()).unwrap_or_default();
        [&[0x00, 0xA4, 0x04, 0x00, aid.len() as u8][..], aid, &[0x00]].concat()
    }
}

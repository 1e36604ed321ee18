//! A card saved to a file, and opened again.
//!
//! An image holds what survives power loss (the EEPROM with its wear and indeterminate bits) and
//! what makes runs reproducible (the profile's text, the random source, the clock). RAM is not in
//! it: opening an image is a power-down.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `TESSERA` and a byte 1A |
//! | 2 | version of the format: 2 |
//! | 8, 8, 8, 8 | random state, processing time, pulses, time in pulses |
//! | 1 | interface: 0 contact, 1 contactless |
//! | 4 + n | profile, UTF-8 |
//! | 4 + n | cells |
//! | 4 + 5n | indeterminate bytes: address (4) and mask (1) each |
//! | 4 + 4n | erase cycles of each unit |
//! | 32 | SHA-256 of everything before |
//!
//! [`ImageFile`] keeps a card in such a file. Numbers are big-endian. A file that differs in a
//! single bit is refused; that the cells themselves may hold anything (an image made on purpose) is
//! the memory engine's business.

mod file;

pub use file::{FileError, ImageFile, open_file};

use sha2::{Digest, Sha256};
use tessera_framework::Interface;

use crate::{
    Card, Profile,
    card::PersonaliseError,
    nvm::{Memory, eeprom::TornByte},
    profile::ProfileError,
};

/// First bytes of every image.
pub const MARK: &[u8; 8] = b"TESSERA\x1A";
const VERSION: u16 = 2;
const CHECK_BYTES: usize = 32;

/// Why bytes are not opened as a card.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file is not an image.
    #[error("not a card image: it starts with {got}, expected {expected}", expected = hex::encode_upper(MARK))]
    Foreign {
        /// The file's first bytes.
        got: String,
    },
    /// The image was written by another version.
    #[error("a card image of version {got}, expected {VERSION}")]
    Version {
        /// The version it says.
        got: u16,
    },
    /// The bytes are not those that were written.
    #[error("a damaged card image: {what}")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
    /// The profile inside is not understood, or does not make a card.
    #[error("the profile inside the image: {0}")]
    Profile(#[from] ProfileError),
    /// The profile inside does not make a card.
    #[error("the profile inside the image: {0}")]
    Personalise(#[from] PersonaliseError),
}

/// The image of a card.
#[must_use]
pub fn save(card: &Card) -> Vec<u8> {
    let eeprom = card.eeprom();
    let (random, processing_us) = card.saved_state();
    let mut image = MARK.to_vec();
    image.extend(VERSION.to_be_bytes());
    for number in [random, processing_us, eeprom.pulses(), eeprom.busy_us()] {
        image.extend(number.to_be_bytes());
    }
    image.push(match card.interface() {
        Interface::Contact => 0,
        Interface::ContactlessA => 1,
        Interface::ContactlessB => 2,
    });
    let source = card.profile().source.as_bytes();
    for part in [source, eeprom.cells()] {
        image.extend((part.len() as u32).to_be_bytes());
        image.extend(part);
    }
    image.extend((eeprom.torn().len() as u32).to_be_bytes());
    for byte in eeprom.torn() {
        image.extend(byte.at.to_be_bytes());
        image.push(byte.mask);
    }
    let cycles = eeprom.wear().cycles();
    image.extend((cycles.len() as u32).to_be_bytes());
    image.extend(cycles.into_iter().flat_map(u32::to_be_bytes));
    let check = Sha256::digest(&image);
    image.extend(check);
    image
}

/// The card of an image, without power.
///
/// # Errors
/// [`ImageError`]: foreign, of another version, damaged, or its profile is not understood.
pub fn open(image: &[u8]) -> Result<Card, ImageError> {
    if !image.starts_with(MARK) {
        let got = hex::encode_upper(&image[..image.len().min(MARK.len())]);
        return Err(ImageError::Foreign { got });
    }
    let damaged = |what| ImageError::Damaged { what };
    let (body, check) = image
        .split_at_checked(image.len().saturating_sub(CHECK_BYTES))
        .ok_or(damaged("it is cut short"))?;
    let mut fields = Fields { rest: body.get(MARK.len()..).ok_or(damaged("it is cut short"))? };
    let version = u16::from_be_bytes(fields.array()?);
    if version != VERSION {
        return Err(ImageError::Version { got: version });
    }
    if Sha256::digest(body)[..] != *check {
        return Err(damaged("its check does not match its bytes"));
    }
    let random = fields.long()?;
    let processing_us = fields.long()?;
    let pulses = fields.long()?;
    let busy_us = fields.long()?;
    let interface = match fields.array()? {
        [0] => Interface::Contact,
        [1] => Interface::ContactlessA,
        [2] => Interface::ContactlessB,
        _ => return Err(damaged("its interface is neither contact nor contactless")),
    };
    let source = fields.counted(1)?;
    let source = std::str::from_utf8(source).map_err(|_| damaged("its profile is not text"))?;
    let cells = fields.counted(1)?;
    let torn = fields.counted(5)?.chunks_exact(5).filter_map(|chunk| match *chunk {
        [a, b, c, d, mask] => Some(TornByte { at: u32::from_be_bytes([a, b, c, d]), mask }),
        _ => None,
    });
    let torn = torn.collect();
    let wear = fields.counted(4)?.chunks_exact(4);
    let wear: Vec<u32> =
        wear.filter_map(|chunk| chunk.try_into().ok().map(u32::from_be_bytes)).collect();
    if !fields.rest.is_empty() {
        return Err(damaged("bytes behind its end"));
    }
    let profile = Profile::parse("image", source)?;
    let mut card = Card::empty(&profile)?;
    let eeprom = card.eeprom().clone().restored(cells, torn, &wear, pulses, busy_us);
    let eeprom = eeprom.ok_or(damaged("its memory is not of its profile's size"))?;
    debug_assert_eq!(eeprom.bytes() as usize, cells.len());
    card.restore(eeprom, random, processing_us);
    card.set_interface(interface);
    Ok(card)
}

/// The rest of an image that has not been read.
struct Fields<'i> {
    rest: &'i [u8],
}

impl<'i> Fields<'i> {
    fn take(&mut self, bytes: usize) -> Result<&'i [u8], ImageError> {
        let cut = ImageError::Damaged { what: "it is cut short" };
        let (field, rest) = self.rest.split_at_checked(bytes).ok_or(cut)?;
        self.rest = rest;
        Ok(field)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        let cut = |_| ImageError::Damaged { what: "it is cut short" };
        self.take(N)?.try_into().map_err(cut)
    }

    fn long(&mut self) -> Result<u64, ImageError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// A count, and as many elements of `bytes_each`.
    fn counted(&mut self, bytes_each: usize) -> Result<&'i [u8], ImageError> {
        let count = u32::from_be_bytes(self.array()?) as usize;
        let bytes = count.checked_mul(bytes_each);
        self.take(bytes.ok_or(ImageError::Damaged { what: "a length is too large" })?)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing;

    fn sealed(mut body: Vec<u8>) -> Vec<u8> {
        let check = Sha256::digest(&body);
        body.extend(check);
        body
    }

    #[test]
    fn a_card_comes_back_as_it_was_without_power() {
        let mut card = testing::made("tiny");
        card.power_on().unwrap();
        testing::check(
            &mut card,
            &[
                ("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF", "9000"),
                ("00 20 00 00 03 999999", "63C5"),
            ],
        );
        card.tear_at(3);
        assert!(card.transmit(&testing::bytes("00 20 00 00 03 999999")).is_err());
        let opened = open(&save(&card)).unwrap();
        card.power_off();
        assert_eq!(opened.eeprom().torn(), card.eeprom().torn());
        assert!(!opened.eeprom().torn().is_empty(), "the tear is in the image");
        assert_eq!(opened.memory(), card.memory());
        assert_eq!(opened.clock_us(), card.clock_us());
        assert_eq!(opened.counters(), card.counters());
        assert_eq!(save(&opened), save(&card));
    }

    /// Every byte, changed in the bit that its place names and in all, and every truncation.
    #[test]
    fn every_changed_byte_and_every_truncation_is_refused() {
        let mut image = save(&testing::made("tiny"));
        for at in 0..image.len() {
            for change in [1 << (at % 8), 0xFF] {
                image[at] ^= change;
                assert!(open(&image).is_err(), "byte {at}");
                image[at] ^= change;
            }
        }
        for end in 0..image.len() {
            assert!(open(&image[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let image = save(&testing::made("tiny"));
        let says = |image: &[u8]| open(image).unwrap_err().to_string();
        assert!(
            says(b"PK\x03\x04 a zip file").starts_with("not a card image: it starts with 504B")
        );
        assert!(says(b"").starts_with("not a card image"));
        let mut later = image.clone();
        later[9] = 3;
        assert_eq!(says(&later), "a card image of version 3, expected 2");
        let mut cells = image[..image.len() - CHECK_BYTES].to_vec();
        cells.extend([0; 9]);
        assert_eq!(says(&sealed(cells)), "a damaged card image: bytes behind its end");
        let mut length = image[..image.len() - CHECK_BYTES].to_vec();
        length[43..47].copy_from_slice(&[0xFF; 4]);
        assert_eq!(says(&sealed(length)), "a damaged card image: it is cut short");
    }

    /// Nothing of a card but its memory, clock and random source outlives power.
    #[test]
    fn an_opened_card_equals_the_one_that_was_saved() {
        let mut card = testing::made("tiny");
        card.power_on().unwrap();
        card.power_off();
        assert!(open(&save(&card)).unwrap() == card, "equal, too long to print");
    }

    /// A card whose processing time, pulses, time in pulses and wear are at their ends.
    pub(crate) fn counted_out() -> Vec<u8> {
        let image = save(&testing::made("tiny"));
        let mut body = image[..image.len() - CHECK_BYTES].to_vec();
        body[18..42].fill(0xFF);
        let wear = 4096 / 4 * 4; // units of four bytes, numbers of four
        let end = body.len();
        body[end - wear..].fill(0xFF);
        sealed(body)
    }

    #[test]
    fn counts_at_their_ends_stay_there() {
        let mut card = open(&counted_out()).unwrap();
        card.power_on().unwrap();
        assert_eq!(card.pulses(), u64::MAX);
        assert_eq!(card.clock_us(), u64::MAX);
        assert_eq!(card.eeprom().wear().cycles()[0], u32::MAX);
    }

    #[test]
    fn sealed_nonsense_never_panics_and_a_card_with_nonsense_cells_still_answers() {
        let image = save(&testing::made("tiny"));
        let body = &image[..image.len() - CHECK_BYTES];
        let mut random = crate::random::Random::new(3);
        for _ in 0..300 {
            let mut body = body.to_vec();
            let from = 47 + (random.number() % (body.len() as u64 - 47)) as usize;
            let to = body.len().min(from + 64);
            random.fill(&mut body[from..to]);
            let Ok(mut card) = open(&sealed(body)) else { continue };
            card.power_on().unwrap();
            for command in [
                "00 A4 04 00 0F 7378312E73682EC9E7BBE1B1A3D5CF",
                "00 A4 00 00 02 EF05",
                "00 B2 01 05 00",
                "00 20 00 00 03 123456",
                "00 A4 00 00 02 DF04",
                "00 B2 05 2C 00",
            ] {
                assert!(card.transmit(&testing::bytes(command)).unwrap().len() >= 2);
            }
        }
    }
}

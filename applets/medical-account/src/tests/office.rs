//! The other side: authority, terminals, statement terminals, with all their keys.

use super::*;
use tessera_cos::{
    cipher::{Algorithm, Key, Mac, diversify, session_key},
    social::keys::algorithm_byte,
};

pub(super) use crate::files::Suite;

/// Usage, identifier, label and root of each key: the first 16 bytes of SHA-256 of "VSC-TEST:" and
/// the label.
const ROOTS: [(u8, u8, &str, &str); 14] = [
    (4, 0x01, "ML-DPK1", "E56A2B83859538CAED60FB3CE6CD2552"),
    (4, 0x02, "ML-DPK2", "49F552EA35A1A4558C1598D76E6F5F98"),
    (4, 0x03, "ML-DPK3", "07D1D9E3A1C987C729E0C6C0B2EED5A3"),
    (5, 0x01, "ML-DLK1", "80CA75E650BD908057A010D02B2FCD8D"),
    (5, 0x02, "ML-DLK2", "238DD4C6757B88B5EB8E663A89606455"),
    (5, 0x03, "ML-DLK3", "5F31E3B6254D538F771105CFF64CCF5E"),
    (6, 0x01, "ML-DRK1", "8C303568C7691A9F6DB265E7429D7C9B"),
    (7, 0x00, "ML-DTK", "5F4B642AB784972538CAE2A5F4A0A00D"),
    (8, 0x88, "ML-AK", "8647880EADE9D55A89E2CE79051C5EEF"),
    (9, 0x89, "ML-SK", "282B2C81EA75CE1FC1B753AD498ADEAC"),
    (1, 0x83, "ML-LK", "B66B65026AC1A44C6029911B27CF2786"),
    (1, 0x84, "ML-RK1", "B7D719B8E148FF45B86D66D77144B122"),
    (1, 0x85, "ML-UK1", "12B80E568CF417C62C0313A5B9D8F4B4"),
    (3, 0x82, "ML-STK", "E698E2E2DA7F9A693DE26A4EE4AD85E0"),
];

const CITY: [u8; 8] = *b"330400sx";
const CARD: [u8; 8] = [0x86, 0x01, 0x33, 0x04, 0x00, 0x00, 0x02, 0x98];

/// What knows the keys of a card.
#[derive(Clone, Copy, Debug)]
pub(super) struct Office {
    pub(super) suite: Suite,
}

impl Office {
    pub(super) const fn new(suite: Suite) -> Self {
        Self { suite }
    }

    /// The card's key with this usage and identifier.
    pub(super) fn key(&self, usage: u8, id: u8) -> Key {
        let (.., root) = ROOTS.iter().find(|key| (key.0, key.1) == (usage, id)).unwrap();
        let algorithm = match self.suite {
            Suite::TripleDes => Algorithm::TripleDes,
            Suite::Sm4 => Algorithm::Sm4,
        };
        let root = Key::new(algorithm, &unhex(root)).unwrap();
        diversify(&diversify(&root, &CITY), &CARD)
    }

    /// The application's installation data.
    pub(super) fn installation_data(&self, marks: &str, region: &str) -> Vec<u8> {
        let mut data = vec![0xC2, 1, self.suite as u8];
        for (usage, id, ..) in ROOTS {
            let role = if id == 0x83 { 0x10 } else { 0 };
            let algorithm = algorithm_byte(self.key(usage, id).algorithm());
            data.extend([0xC1, 20, role | usage, id, 1, algorithm]);
            data.extend(self.key(usage, id).as_slice());
        }
        data.extend([0xC4, 9, 1]);
        data.extend(marks.as_bytes());
        data.extend([0xC4, 4, 2]);
        data.extend(unhex(region));
        data
    }
}

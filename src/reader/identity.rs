//! What a contactless PC/SC reader answers in the card's place: GET DATA of class FF (PC/SC part 3,
//! 3.2.2.1.3), by which terminals ask for the UID.
//!
//! | command | answer |
//! |---|---|
//! | `FF CA 00 00 Le` | the UID of Type A, the PUPI of Type B |
//! | `FF CA 01 00 Le` | the historical bytes of the ATS; of Type B none: 6A81 |
//!
//! Le 00 asks for all there is; one that is too small is answered 6CXX, one too large with what
//! there is and 6282. Another P1 or P2 is 6A81. Whatever else has class FF goes to the card, which
//! refuses it. An identifier that is random is drawn anew when the card gets power.

use tessera_framework::{Interface, StatusWord};

use crate::{
    Card,
    link::{
        Application, Direction, Mute, PiccType,
        picc::{Parameters, Picc},
    },
};

/// A contactless card as its reader knows it.
pub struct Identity {
    picc: Picc<Unasked>,
    powers: u64,
}

/// Nobody sends a command through this air.
struct Unasked;

impl Application for Unasked {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<u64, Mute> {
        Err(Mute)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

impl Identity {
    /// What is known of a card; nothing of one with contacts.
    #[must_use]
    pub fn of(card: &Card) -> Option<Self> {
        let picc_type = match card.interface() {
            Interface::Contact => return None,
            Interface::ContactlessA => PiccType::A,
            Interface::ContactlessB => PiccType::B,
        };
        let profile = card.profile();
        let mut picc = Picc::new(profile.air.parameters(picc_type), Unasked, profile.seed);
        picc.field_on();
        Some(Self { picc, powers: 0 })
    }

    /// The card gets power: what is random is drawn anew, after the first time.
    pub fn power_on(&mut self) {
        if self.powers > 0 {
            self.picc.field_off();
            self.picc.field_on();
        }
        self.powers += 1;
    }

    /// The answer to a command that is the reader's own; none when it is the card's.
    #[must_use]
    pub fn answer(&self, command: &[u8]) -> Option<Vec<u8>> {
        let &[0xFF, 0xCA, p1, p2, ref le @ ..] = command else { return None };
        let wanted = match *le {
            [] => None,
            [le] => Some(usize::from(le)).filter(|&le| le > 0),
            _ => return Some(StatusWord::WRONG_LENGTH.to_bytes().to_vec()),
        };
        let data = match (p1, p2, self.picc.parameters()) {
            (0x00, 0x00, _) => self.picc.identifier(),
            (0x01, 0x00, Parameters::A(a)) => &a.historical,
            _ => return Some(StatusWord::FUNCTION_NOT_SUPPORTED.to_bytes().to_vec()),
        };
        let (data, status) = match wanted {
            Some(le) if le < data.len() => (&[][..], StatusWord::wrong_le(data.len())),
            Some(le) if le > data.len() => (data, StatusWord::END_OF_FILE),
            _ => (data, StatusWord::OK),
        };
        Some([data, &status.to_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Profile, testing::bytes};

    fn identity(air: &str) -> Identity {
        let text = format!(
            "name = \"card\"\n[card]\ninterface = \"contactless\"\nhistorical = \"8601\"\n\
             memory-bytes = 4096\nseed = 5\n[card.air]\n{air}\n[iso7816]\n"
        );
        let profile = Profile::parse("card.toml", &text).unwrap();
        Identity::of(&Card::from_profile(&profile).unwrap()).unwrap()
    }

    fn answer(identity: &Identity, command: &str) -> String {
        hex::encode_upper(identity.answer(&bytes(command)).unwrap())
    }

    #[test]
    fn a_terminal_is_told_the_uid_and_the_historical_bytes() {
        let a = identity("uid = \"11204E31415926\"");
        assert_eq!(answer(&a, "FFCA000000"), "11204E314159269000");
        assert_eq!(answer(&a, "FFCA0000"), "11204E314159269000");
        assert_eq!(answer(&a, "FFCA000007"), "11204E314159269000");
        assert_eq!(answer(&a, "FFCA000004"), "6C07");
        assert_eq!(answer(&a, "FFCA00000A"), "11204E314159266282");
        assert_eq!(answer(&a, "FFCA010000"), "86019000");
        assert_eq!(answer(&a, "FFCA020000"), "6A81");
        assert_eq!(answer(&a, "FFCA000100"), "6A81");
        assert_eq!(answer(&a, "FFCA0000010000"), "6700");
        let b = identity("type = \"B\"\npupi = \"AABBCCDD\"");
        assert_eq!(answer(&b, "FFCA000000"), "AABBCCDD9000");
        assert_eq!(answer(&b, "FFCA010000"), "6A81");
    }

    #[test]
    fn what_is_random_is_drawn_when_the_card_gets_power_and_not_before() {
        let mut card = identity("uid = \"random\"");
        let first = answer(&card, "FFCA000000");
        assert!(first.starts_with("08") && first.len() == 12, "{first}");
        card.power_on();
        assert_eq!(answer(&card, "FFCA000000"), first, "asked before the first power-up");
        card.power_on();
        assert_ne!(answer(&card, "FFCA000000"), first);
    }

    #[test]
    fn other_commands_and_cards_with_contacts_are_not_the_readers_business() {
        let card = identity("");
        for command in ["FFCB000000", "00CA000000", "FF", "FFCA", "FFCA00", "FF00000000"] {
            assert_eq!(card.answer(&bytes(command)), None, "{command}");
        }
        let mut card = Card::from_profile(&Profile::load("psam").unwrap()).unwrap();
        assert!(Identity::of(&card).is_none());
        card.set_interface(Interface::ContactlessB);
        assert!(Identity::of(&card).is_some());
    }
}

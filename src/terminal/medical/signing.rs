//! The settlement of cards without a ledger: the public commands of DF04, by which a card signs
//! what a terminal and its host have reckoned, and counts the year's sums.
//!
//! A region settles in exactly one of the modes of 2012. On line the account field is 0, the
//! self-pay field the whole sum, the fund field what account and fund pay; without the network the
//! account field is 0 and both others are the sum; off line the three are what they say and the
//! card keeps the balance.

use crate::{
    keys::Levels,
    terminal::{
        Answer, Fen, Moment, Party, TerminalError,
        answer::{Fields, Mac4, TerminalId, two_macs},
    },
};

use super::{
    desk::{RK1DF04, Station, StationPsam, UK2DF04},
    entry::{Amounts, CardId},
    error::MedicalError,
    identity::Items,
    question::{self, Ask},
};

/// Directory of the medical insurance.
const DIRECTORY: u16 = 0xDF04;

/// How a region settles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SigningMode {
    /// On line.
    OnLine,
    /// The network of an on-line region is down.
    Temporary,
    /// Off line: the card keeps the balance.
    OffLine,
}

impl SigningMode {
    /// The fields account, self-pay and fund of a settlement.
    #[must_use]
    pub fn fields(self, amounts: &Amounts) -> [Fen; 3] {
        let Amounts { account, self_paid, pool, .. } = *amounts;
        let sum = |parts: &[Fen]| Fen(parts.iter().fold(0, |sum, fen| sum.saturating_add(fen.0)));
        let total = sum(&[account, self_paid, pool]);
        match self {
            Self::OnLine => [Fen(0), total, sum(&[account, pool])],
            Self::Temporary => [Fen(0), total, total],
            Self::OffLine => [account, self_paid, pool],
        }
    }
}

/// What a region allows without the network; neither is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TemporaryLimits {
    /// Of the sum.
    pub amount: Fen,
    /// Of the count.
    pub count: u8,
}

/// What file EF06 of the card says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Temporary {
    /// Item 90: it is allowed.
    pub allowed: bool,
    /// Item 92: settled so since the last time on line.
    pub amount: Fen,
    /// Item 93: how often.
    pub count: u8,
}

impl Temporary {
    /// From the items; `None` when one is missing or none of digits.
    #[must_use]
    pub fn of(items: &Items) -> Option<Self> {
        let amount = hex::encode(items.get(0x92)?).parse().ok()?;
        let count = std::str::from_utf8(items.get(0x93)?).ok()?.trim_end_matches('\0');
        let count = if count.is_empty() { 0 } else { count.parse().ok()? };
        Some(Self { allowed: items.get(0x90)? == b"1", amount: Fen(amount), count })
    }

    /// Whether a settlement of so much may follow without the network.
    #[must_use]
    pub fn allows(&self, sum: Fen, limits: &TemporaryLimits) -> bool {
        let amount = u64::from(self.amount.0) + u64::from(sum.0);
        self.allowed
            && amount < u64::from(limits.amount.0)
            && u16::from(self.count) + 1 < u16::from(limits.count)
    }

    /// After a settlement of so much.
    #[must_use]
    pub const fn after(self, sum: Fen) -> Self {
        let amount = Fen(self.amount.0.saturating_add(sum.0));
        Self { amount, count: self.count.saturating_add(1), ..self }
    }
}

/// A settlement that the card has signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Number of the card's log.
    pub number: u16,
    /// Account, self-pay and fund as the card has them.
    pub fields: [Fen; 3],
    /// The terminal.
    pub terminal: TerminalId,
    /// Its counter.
    pub terminal_counter: [u8; 4],
    /// When.
    pub when: Moment,
    /// The card's TAC; of one whose answer was lost there is none.
    pub tac: Option<Mac4>,
}

impl Signature {
    /// What the TAC is computed over, by the halves of DTK combined.
    #[must_use]
    pub fn tac_message(&self) -> Vec<u8> {
        let [account, self_pay, fund] = self.fields.map(Fen::bytes);
        let when = self.when.bytes();
        let parts: [&[u8]; 7] =
            [&account, &self_pay, &fund, &[0x32], &self.terminal, &self.terminal_counter, &when];
        parts.concat()
    }
}

/// What INITIALIZE FOR PURCHASE answers, behind 14 bytes of the card's own sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Begun {
    counter: u16,
    version: u8,
    algorithm: u8,
    random: [u8; 4],
}

impl Begun {
    fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        fields.take::<14>()?;
        let (counter, version) = (fields.number()?, fields.byte()?);
        let begun = Self { counter, version, algorithm: fields.byte()?, random: fields.take()? };
        fields.end().map(|()| begun)
    }
}

impl Station<'_> {
    /// Has the card sign a settlement. The card was identified, its PIN was shown, and the PSAM is
    /// open.
    ///
    /// # Errors
    /// [`MedicalError`]; [`MedicalError::InDoubt`] when the card did not come back.
    pub fn sign(
        &mut self,
        card: &CardId,
        psam: &StationPsam,
        fields: [Fen; 3],
    ) -> Result<Signature, MedicalError> {
        let mut last = None;
        for attempt in 0..self.settings.tries {
            if attempt > 0 {
                self.come_back(card)?;
            }
            match self.try_to_sign(card, psam, fields) {
                Ok(Some(signature)) => return Ok(signature),
                Ok(None) => {}
                Err(error) if error.is_silence() => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        let asked = "sign".to_owned();
        let silence = || TerminalError::Silence { whom: Party::Card, asked }.into();
        let last = Box::new(last.unwrap_or_else(silence));
        Err(MedicalError::GivenUp { tries: self.settings.tries, last })
    }

    /// The same card again, with its PIN.
    fn come_back(&mut self, card: &CardId) -> Result<(), MedicalError> {
        let identity = self.identify()?;
        if identity.card != *card {
            let (expected, got) = (card.number.clone(), identity.card.number);
            return Err(MedicalError::OtherCard { expected, got });
        }
        self.show_pin()
    }

    /// `None`: it was not signed, as the card's log shows.
    fn try_to_sign(
        &mut self,
        card: &CardId,
        psam: &StationPsam,
        fields: [Fen; 3],
    ) -> Result<Option<Signature>, MedicalError> {
        self.card.get(&question::select_directory(DIRECTORY), &mut self.progress)?;
        let [account, self_pay, fund] = fields.map(Fen::bytes);
        let data = [&[psam.key_index][..], &account, &self_pay, &fund, &psam.terminal].concat();
        let ask = whole([0xB0, 0x28, 0x01, 0x01], &data, 0x16, "prepare to sign a settlement");
        let begun = self.card.read(&ask, "22 bytes", &mut self.progress, Begun::of)?;
        let when = self.settings.when;
        let (counter, key) = (begun.counter.to_be_bytes(), [begun.version, begun.algorithm]);
        let factors = card.factors(Levels::Two).concat();
        let (moment, kind) = (when.bytes(), [0x32]);
        let data: [&[u8]; 9] =
            [&begun.random, &counter, &account, &self_pay, &fund, &kind, &moment, &key, &factors];
        let ask = whole([0x80, 0x70, 0x01, 0x00], &data.concat(), 0x08, "ask the card to sign");
        let made = self.ask_psam(&ask)?;
        let (terminal_counter, mac1) = two_macs(&made).ok_or_else(|| TerminalError::Malformed {
            whom: Party::Psam,
            asked: "ask the card to sign".into(),
            expected: "8 bytes, terminal number and MAC1",
            got: hex::encode_upper(&made),
        })?;
        let signature = Signature {
            number: begun.counter,
            fields,
            terminal: psam.terminal,
            terminal_counter,
            when,
            tac: None,
        };
        let data = [&terminal_counter[..], &moment, &mac1].concat();
        let ask = whole([0xB0, 0x2C, 0x01, 0x00], &data, 0x08, "sign");
        match self.card.ask(&ask, &mut self.progress) {
            Ok(Answer { data, status }) if status.0 == 0x9000 => match two_macs(&data) {
                Some((tac, mac2)) => {
                    let check = whole3([0x80, 0x72, 0x00, 0x00], &mac2, "agree that it is signed");
                    self.ask_psam(&check).map_err(|error| match error.is_status(0x63CF) {
                        true => MedicalError::WrongMac2,
                        false => error,
                    })?;
                    Ok(Some(Signature { tac: Some(tac), ..signature }))
                }
                None => self.was_signed(card, signature),
            },
            Ok(Answer { status, .. }) => Err(self.card.refused(&ask, status).into()),
            Err(error) if error.is_silence_of(Party::Card) => self.was_signed(card, signature),
            Err(error) => Err(error.into()),
        }
    }

    /// The newest record of the log tells whether it was signed; its TAC is lost.
    fn was_signed(
        &mut self,
        card: &CardId,
        signature: Signature,
    ) -> Result<Option<Signature>, MedicalError> {
        let mut last = None;
        for _ in 0..self.settings.tries {
            match self.newest_is(card, &signature) {
                Ok(true) => return Ok(Some(signature)),
                Ok(false) => return Ok(None),
                Err(error) if error.is_silence() => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        let why = last.map_or_else(String::new, |error| error.to_string());
        let amount = signature.fields.into_iter().fold(Fen(0), |most, fen| most.max(fen));
        Err(MedicalError::InDoubt { sequence: u32::from(signature.number), amount, why })
    }

    fn newest_is(&mut self, card: &CardId, signature: &Signature) -> Result<bool, MedicalError> {
        self.come_back(card)?;
        self.card.get(&question::select_directory(DIRECTORY), &mut self.progress)?;
        let ask = question::read_record(0x08, 1, false, "tell the newest record of the log");
        let answer = self.card.ask(&ask, &mut self.progress)?;
        let wanted = [
            &signature.number.to_be_bytes()[..],
            b"2",
            &signature.terminal,
            &signature.when.bytes(),
        ]
        .concat();
        match answer.status.0 {
            0x9000 => Ok(answer.data.starts_with(&wanted)),
            0x6A83 => Ok(false),
            _ => Err(self.card.refused(&ask, answer.status).into()),
        }
    }

    /// What the card says of settlements without the network: PIN and the terminal's key.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn temporary(&mut self, card: &CardId) -> Result<Temporary, MedicalError> {
        self.card.get(&question::select_directory(DIRECTORY), &mut self.progress)?;
        self.show_key(card, RK1DF04)?;
        let ask = question::read_record(0x06, 1, true, "tell what was settled without the network");
        let expected = "items 90, 92 and 93";
        let read = |data: &[u8]| Temporary::of(&Items::of(data)?);
        Ok(self.card.read(&ask, expected, &mut self.progress, read)?)
    }

    /// Writes what was settled without the network, and the class of a special settlement.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn write_temporary(
        &mut self,
        card: &CardId,
        temporary: &Temporary,
        special: Option<(u16, char)>,
    ) -> Result<(), MedicalError> {
        self.card.get(&question::select_directory(DIRECTORY), &mut self.progress)?;
        self.show_key(card, UK2DF04)?;
        let allowed = [0x90, 0x01, if temporary.allowed { b'1' } else { b'0' }];
        let digits = hex::decode(format!("{:08}", temporary.amount.0 % 100_000_000));
        let amount = [&[0x92, 0x04][..], &digits.unwrap_or_default()].concat();
        let count = format!("{:02}", temporary.count.min(99));
        let count = [&[0x93, 0x02][..], count.as_bytes()].concat();
        for (number, data) in [(1, &allowed[..]), (2, &amount), (3, &count)] {
            let asked = "take what was settled without the network";
            let ask = question::update_record(0x06, number, data, asked);
            self.card.get(&ask, &mut self.progress)?;
        }
        if let Some((number, class)) = special.filter(|(_, class)| is_special(*class)) {
            let data = [&number.to_be_bytes()[..], &[class as u8]].concat();
            let ask = question::update_record(0x15, 1, &data, "take the class of the settlement");
            self.card.get(&ask, &mut self.progress)?;
        }
        Ok(())
    }
}

/// Work injury, maternity, medical assistance and others stand in EF15.
const fn is_special(class: char) -> bool {
    matches!(class, '1' | '2' | '3' | '9')
}

fn whole(header: [u8; 4], data: &[u8], le: u8, asked: &str) -> Ask {
    let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
    Ask::whole([&header[..], &[length], data, &[le]].concat(), asked)
}

fn whole3(header: [u8; 4], data: &[u8], asked: &str) -> Ask {
    let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
    Ask::whole([&header[..], &[length], data].concat(), asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cryptography::cipher::{Key, Mac},
        keys::{self, KeyAlgorithm, Region},
    };

    fn amounts() -> Amounts {
        Amounts { account: Fen(5_000), self_paid: Fen(2_000), pool: Fen(3_000), deductible: Fen(0) }
    }

    #[test]
    fn the_three_modes_have_their_own_fields() {
        assert_eq!(SigningMode::OnLine.fields(&amounts()), [Fen(0), Fen(10_000), Fen(8_000)]);
        assert_eq!(SigningMode::Temporary.fields(&amounts()), [Fen(0), Fen(10_000), Fen(10_000)]);
        assert_eq!(SigningMode::OffLine.fields(&amounts()), [Fen(5_000), Fen(2_000), Fen(3_000)]);
    }

    #[test]
    fn without_the_network_both_limits_stay_unreached() {
        let limits = TemporaryLimits { amount: Fen(10_000), count: 3 };
        let start = Temporary { allowed: true, amount: Fen(4_000), count: 1 };
        assert!(start.allows(Fen(5_999), &limits));
        assert!(!start.allows(Fen(6_000), &limits), "the limit itself is reached");
        assert!(!Temporary { count: 2, ..start }.allows(Fen(1), &limits));
        assert!(!Temporary { allowed: false, ..start }.allows(Fen(1), &limits));
        let after = start.after(Fen(5_999));
        assert_eq!(after, Temporary { amount: Fen(9_999), count: 2, ..start });
        let items = |hex: &str| Items::of(&hex::decode(hex).unwrap()).unwrap();
        assert_eq!(
            Temporary::of(&items("900131920400004000930230 31".replace(' ', "").as_str())),
            Some(start)
        );
        assert_eq!(Temporary::of(&items("900131920400004A0093023031")), None);
        assert_eq!(Temporary::of(&items("900131")), None);
    }

    #[test]
    fn the_tac_is_over_the_fields_the_terminal_and_the_moment() {
        let signature = Signature {
            number: 3,
            fields: [Fen(0), Fen(10_000), Fen(8_000)],
            terminal: [0x33, 0x04, 0x00, 0x11, 0x22, 0x33],
            terminal_counter: [0, 0, 0, 7],
            when: Moment::parse("20250630", "120000").unwrap(),
            tac: None,
        };
        let message = signature.tac_message();
        let expected = "00000000000027100000 1F40 32 330400112233 00000007 20250630120000";
        assert_eq!(hex::encode_upper(&message), expected.replace(' ', ""));
        let owner = keys::Owner {
            region: Region::new("330400").unwrap(),
            card: [0x86, 0x01, 0x33, 0x04, 0, 0, 0x02, 0x98],
        };
        let root = keys::root(keys::TEST_PREFIX, "DTK");
        let key: Key = owner.key(KeyAlgorithm::TripleDes, root, Levels::Two).unwrap();
        assert_eq!(Mac::cbc(&key.xor_halves()).of(&[], &[&message]).four().len(), 4);
        assert!(is_special('1') && is_special('9') && !is_special('0') && !is_special('6'));
    }
}

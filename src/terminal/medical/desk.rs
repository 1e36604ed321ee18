//! A station with a card and a PSAM: who is there, whether the card is genuine, what the holder is
//! entitled to, and what gives the right to read.

use tessera_framework::pin::equal_in_constant_time;

use crate::{
    cryptography::cipher::fold::left_xor_right,
    keys::Levels,
    terminal::{
        Acceptor, Moment, Party, Pin, Step, TerminalError,
        answer::TerminalId,
        line::{Line, Progress},
    },
};

use super::{
    answer::{Figures, Ledger, Status},
    entry::CardId,
    error::MedicalError,
    identity::{Entitlement, Identity, Items},
    journal::StationJournal,
    lists::{DenyList, Institution},
    question::{self, Ask},
};

/// What authenticators are made of; any eight bytes do.
const AUTHENTICATOR_FACTOR: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// Directory of the medical insurance.
const MEDICAL_DIRECTORY: u16 = 0xDF04;

/// A key a PSAM holds: what the card knows it by, and what the PSAM does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StationKey {
    /// Identifier on the card.
    pub card: u8,
    /// Usage byte and identifier in the PSAM.
    pub psam: (u8, u8),
    /// Levels of diversification.
    pub levels: Levels,
}

/// Internal authentication.
pub const IRK: StationKey = StationKey { card: 0x00, psam: (0x67, 0x08), levels: Levels::Three };
/// Reads the medical insurance.
pub const RK1DF04: StationKey =
    StationKey { card: 0x84, psam: (0x67, 0x2D), levels: Levels::Three };
/// Unblocks and reloads the PIN.
pub const PUK: StationKey = StationKey { card: 0x06, psam: (0x48, 0x10), levels: Levels::Two };
/// Reads the insurances, in the whole country.
pub const RK1DF03: StationKey =
    StationKey { card: 0x84, psam: (0x67, 0x2B), levels: Levels::Three };
/// Updates the pension insurance.
pub const UK3DF03: StationKey = StationKey { card: 0x88, psam: (0x48, 0x48), levels: Levels::Two };
/// Updates the holder's status.
pub const UK2DF01: StationKey = StationKey { card: 0x84, psam: (0x48, 0x43), levels: Levels::Two };
/// Updates what the medical insurance keeps of settlements without the network.
pub const UK2DF04: StationKey = StationKey { card: 0x86, psam: (0x47, 0x2A), levels: Levels::Two };
/// Reads the ledger (own design).
pub const LEDGER_RK1: StationKey =
    StationKey { card: 0x84, psam: (0x47, 0x94), levels: Levels::Two };
/// Acknowledges statements (own design).
pub const LEDGER_SK: StationKey =
    StationKey { card: 0x89, psam: (0x46, 0x99), levels: Levels::Two };

/// What a station is set up for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StationSettings {
    /// Date and time.
    pub when: Moment,
    /// The holder's PIN.
    pub pin: Option<Pin>,
    /// How often the same thing is tried.
    pub tries: u8,
    /// The institution; `None` where nothing is settled.
    pub institution: Option<Institution>,
}

/// What the PSAM says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StationPsam {
    /// The terminal.
    pub terminal: TerminalId,
    /// Index of the settlement key.
    pub key_index: u8,
}

/// A station: clinic, pharmacy, enquiry terminal or agency.
pub struct Station<'a> {
    pub(in crate::terminal) card: Line<'a>,
    pub(in crate::terminal) psam: Option<Line<'a>>,
    pub(in crate::terminal) progress: Progress<'a>,
    pub(super) journal: StationJournal,
    pub(super) deny: Option<DenyList>,
    /// What it is set up for.
    pub settings: StationSettings,
}

impl<'a> Station<'a> {
    /// A station with a card in its reader and a journal in memory.
    #[must_use]
    pub fn new(
        card: &'a mut dyn Acceptor,
        settings: StationSettings,
        progress: Progress<'a>,
    ) -> Self {
        let (card, journal) = (Line::new(Party::Card, card), StationJournal::in_memory());
        Self { card, psam: None, progress, journal, deny: None, settings }
    }

    /// Gives it a PSAM.
    #[must_use]
    pub fn with_psam(mut self, psam: &'a mut dyn Acceptor) -> Self {
        self.psam = Some(Line::new(Party::Psam, psam));
        self
    }

    /// Gives it a journal that outlasts it.
    #[must_use]
    pub fn with_journal(mut self, journal: StationJournal) -> Self {
        self.journal = journal;
        self
    }

    /// Gives it a deny list.
    #[must_use]
    pub fn with_deny_list(mut self, deny: DenyList) -> Self {
        self.deny = Some(deny);
        self
    }

    /// What is in its journal.
    #[must_use]
    pub const fn journal(&self) -> &StationJournal {
        &self.journal
    }

    /// The journal, when the station closes.
    #[must_use]
    pub fn into_journal(self) -> StationJournal {
        self.journal
    }

    /// Tells of a step of somebody who is not asked by commands.
    pub fn tell(&mut self, party: Party, asked: &str, came: impl Into<String>) {
        (self.progress)(&Step { party, asked: asked.into(), came: came.into() });
    }

    /// Wakes the card and reads who holds it; it has to be valid today.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn identify(&mut self) -> Result<Identity, MedicalError> {
        let identity = self.read_identity()?;
        if !identity.is_valid(&self.settings.when) {
            let today = self.settings.when.date();
            let [issued, expires, today] =
                [identity.issued, identity.expires, today].map(hex::encode_upper);
            return Err(MedicalError::NotValid { issued, expires, today });
        }
        Ok(identity)
    }

    fn read_identity(&mut self) -> Result<Identity, MedicalError> {
        let progress = &mut self.progress;
        let atr = self.card.power_on(progress)?;
        let select = question::select_name(question::ENVIRONMENT, "open the social-security card");
        let information = self.card.get(&select, progress)?;
        // The mark of the algorithm third-generation cards have in their control information.
        let sm4 = information.windows(3).any(|window| window == [0x86, 0x01, 0x03])
            || information.windows(2).any(|window| window == [0x86, 0x03]);
        let issuer = question::read_items(0x05, "tell who has issued it");
        let issuer = self.card.read(&issuer, "data items", progress, Items::of)?;
        let holder = question::read_items(0x06, "tell who holds it");
        let holder = self.card.read(&holder, "data items", progress, Items::of)?;
        let missing = "an item of the issuer's or of the holder's is missing";
        Identity::of(&atr, &issuer, &holder, sm4).ok_or(MedicalError::NoIdentity(missing))
    }

    /// Selects the environment again: what was shown in directories below it is forgotten.
    pub(super) fn open_environment(&mut self) -> Result<(), MedicalError> {
        let select = question::select_name(question::ENVIRONMENT, "open the social-security card");
        self.card.get(&select, &mut self.progress)?;
        Ok(())
    }

    /// Wakes the PSAM and reads which terminal it is.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn open_psam(&mut self) -> Result<StationPsam, MedicalError> {
        let today = self.settings.when.date();
        let progress = &mut self.progress;
        let psam = self.psam.as_mut().ok_or(TerminalError::NoPsam("station"))?;
        psam.power_on(progress)?;
        let number = question::read_binary(0x16, 0x06, "tell which terminal it is in");
        let exact = |data: &[u8]| data.try_into().ok();
        let terminal = psam.read(&number, "6 bytes of file 0016", progress, exact)?;
        let name = question::PSAM_APPLICATION;
        psam.get(&question::select_name(name, "open its application"), progress)?;
        let file = question::read_binary(0x1C, 0x0A, "tell its key and its dates");
        let city: [u8; 10] = psam.read(&file, "10 bytes of file 001C", progress, exact_ten)?;
        let [key_index, _version, a, b, c, d, e, f, g, h] = city;
        let (start, expiry) = ([a, b, c, d], [e, f, g, h]);
        if !(start..=expiry).contains(&today) {
            let [start, expiry, today] = [start, expiry, today].map(hex::encode_upper);
            let whom = Party::Psam;
            return Err(TerminalError::NotValid { whom, start, expiry, today }.into());
        }
        if !(1..=3).contains(&key_index) {
            return Err(TerminalError::Malformed {
                whom: Party::Psam,
                asked: "tell its key and its dates".into(),
                expected: "1 to 3, the index of its key",
                got: format!("{key_index:02X}"),
            }
            .into());
        }
        Ok(StationPsam { terminal, key_index })
    }

    /// Asks the PSAM.
    pub(super) fn ask_psam(&mut self, ask: &Ask) -> Result<Vec<u8>, MedicalError> {
        let psam = self.psam.as_mut().ok_or(TerminalError::NoPsam("station"))?;
        Ok(psam.get(ask, &mut self.progress)?)
    }

    /// Has the PSAM derive a key of the card and leave a session for this input.
    pub(super) fn derive(
        &mut self,
        card: &CardId,
        key: StationKey,
        input: &[u8],
    ) -> Result<(), MedicalError> {
        let factors = card.factors(key.levels);
        let (usage, id) = key.psam;
        let asked = format!("derive the card's key from {usage:02X}/{id:02X}");
        self.ask_psam(&question::derive(key.psam, &factors, input, &asked)).map(drop)
    }

    /// The authenticator of the session: of a cipher of 16 bytes its halves combined.
    fn authenticator(&mut self, card: &CardId) -> Result<[u8; 8], MedicalError> {
        let mut block = AUTHENTICATOR_FACTOR.to_vec();
        if card.sm4 {
            block.resize(16, 0x00);
        }
        let data = self.ask_psam(&question::cipher(0x00, &block))?;
        let eight = match (<[u8; 16]>::try_from(&data[..]), <[u8; 8]>::try_from(&data[..])) {
            (Ok(sixteen), _) => Ok(left_xor_right(&sixteen)),
            (_, Ok(eight)) => Ok(eight),
            _ => Err(TerminalError::Malformed {
                whom: Party::Psam,
                asked: "encrypt with it".into(),
                expected: "8 or 16 bytes",
                got: hex::encode_upper(&data),
            }),
        };
        Ok(eight?)
    }

    /// Whether the card is the issuer's: it has to answer to a number that the PSAM draws.
    ///
    /// # Errors
    /// [`MedicalError::NotGenuine`], and others.
    pub fn authenticate_card(&mut self, card: &CardId) -> Result<(), MedicalError> {
        let mut random = self.ask_psam(&question::get_challenge(0x08))?;
        if card.sm4 {
            random.extend(self.ask_psam(&question::get_challenge(0x08))?);
        }
        let ask = question::internal_authenticate(&random, &AUTHENTICATOR_FACTOR);
        let got = self.card.get(&ask, &mut self.progress)?;
        self.derive(card, IRK, &random)?;
        let expected = self.authenticator(card)?;
        if !equal_in_constant_time(&expected, &got) {
            let (expected, got) = (hex::encode_upper(expected), hex::encode_upper(got));
            return Err(MedicalError::NotGenuine { expected, got });
        }
        self.tell(Party::Terminal, "is the card genuine?", "yes: the PSAM comes to the same");
        Ok(())
    }

    /// Shows the card that the PSAM knows a key.
    pub(in crate::terminal) fn show_key(
        &mut self,
        card: &CardId,
        key: StationKey,
    ) -> Result<(), MedicalError> {
        let bytes = if card.sm4 { 0x10 } else { 0x08 };
        let challenge = self.card.get(&question::get_challenge(bytes), &mut self.progress)?;
        self.derive(card, key, &challenge)?;
        let shown = self.authenticator(card)?;
        let ask = question::external_authenticate(key.card, &shown, &AUTHENTICATOR_FACTOR);
        self.card.get(&ask, &mut self.progress)?;
        Ok(())
    }

    /// Reads what the holder is entitled to, by the terminal's own key.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn entitlement(&mut self, card: &CardId) -> Result<Entitlement, MedicalError> {
        self.card.get(&question::select_directory(MEDICAL_DIRECTORY), &mut self.progress)?;
        self.show_key(card, RK1DF04)?;
        let mut item = |number, tag, asked| {
            let ask = question::read_record(0x05, number, false, asked);
            let value = |data: &[u8]| Some(Items::of(data)?.get(tag)?.to_vec());
            self.card.read(&ask, "one data item", &mut self.progress, value)
        };
        let scheme = item(1, 0x81, "tell the insurance and what it covers")?;
        let region = item(2, 0x84, "tell where the holder is insured")?;
        let class = item(4, 0x8C, "tell the class of the insured person")?;
        let entitlement = Entitlement::of(&scheme, &region, &class);
        let entitlement = entitlement.ok_or(MedicalError::NoIdentity("item 81, 84 or 8C"))?;
        self.tell(Party::Terminal, "shown to the clerk:", entitlement.in_words());
        Ok(entitlement)
    }

    /// Shows the PIN in the environment, where it is good for all below it.
    ///
    /// # Errors
    /// [`MedicalError`]; among them that there is none.
    pub fn show_pin(&mut self) -> Result<(), MedicalError> {
        let pin = self.settings.pin.clone().ok_or_else(no_pin)?;
        self.card.get(&question::verify(&pin), &mut self.progress)?;
        Ok(())
    }

    /// Selects the ledger and reads how it stands.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn open_ledger(&mut self) -> Result<(Ledger, Status), MedicalError> {
        let progress = &mut self.progress;
        let select = question::select_ledger();
        let expected = "control information with 9F0C";
        let ledger = self.card.read(&select, expected, progress, Ledger::of)?;
        // What SELECT tells is not all: the sequence is in the status.
        let status = self.card.read(&question::status(), "12 bytes", progress, Status::of)?;
        Ok((ledger, status))
    }

    /// Gains the right to read the ledger, by the PIN where there is one, else by the terminal's
    /// own key; the ledger is selected.
    pub(super) fn open_ledger_to_read(&mut self, card: &CardId) -> Result<Status, MedicalError> {
        if self.settings.pin.is_some() {
            self.open_environment()?;
            self.show_pin()?;
        }
        let (_, status) = self.open_ledger()?;
        if self.settings.pin.is_none() {
            self.show_key(card, LEDGER_RK1)?;
        }
        Ok(status)
    }

    /// Balance, limits and the year's figures.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn figures(&mut self) -> Result<Figures, MedicalError> {
        let ask = question::figures();
        Ok(self.card.read(&ask, "71 bytes", &mut self.progress, Figures::of)?)
    }
}

/// The card asks for the PIN, and nobody has entered one.
pub(super) fn no_pin() -> TerminalError {
    TerminalError::Order {
        what: "the holder's PIN",
        expected: "one (--pin), for the card asks for it here".into(),
        got: "none".into(),
    }
}

fn exact_ten(data: &[u8]) -> Option<[u8; 10]> {
    data.try_into().ok()
}

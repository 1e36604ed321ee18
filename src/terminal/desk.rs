//! A terminal with a card and a PSAM: waking them, selecting, and telling one card from another.

use super::{
    Acceptor, Fen, Moment, Pin, Request,
    answer::{CardFacts, LOG_RECORD_BYTES, LogRecord, Mac4, PsamFacts, Serial, TerminalId},
    error::{Party, TerminalError},
    grey::ForeignReceipt,
    journal::Journal,
    line::{Line, Progress, Step},
    request::Record,
    transaction::Purse,
};

/// What a terminal is set up for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Name of the card's application.
    pub application: Vec<u8>,
    /// Directory of the PSAM's application.
    pub psam_directory: u16,
    /// The terminal, where no PSAM says it.
    pub terminal: TerminalId,
    /// Date and time.
    pub when: Moment,
    /// The holder's PIN.
    pub pin: Option<Pin>,
    /// Levels by which the PSAM derives the purchase key: 1 by the card, 2 by the issuer too.
    pub levels: u8,
    /// Index of the keys for load, unload and overdraft limit on the card.
    pub online_key: u8,
    /// How often the same thing is tried.
    pub tries: u8,
}

impl Settings {
    /// For the cards of the profiles `purse` and `psam`, at this moment.
    #[must_use]
    pub fn usual(when: Moment) -> Self {
        Self {
            application: vec![0xA0, 0x00, 0x00, 0x00, 0x03, 0x86, 0x98, 0x07, 0x01],
            psam_directory: 0x1001,
            terminal: [0x33, 0x04, 0x99, 0x00, 0x00, 0x01],
            when,
            pin: None,
            levels: 1,
            online_key: 1,
            tries: 3,
        }
    }
}

/// A terminal.
pub struct Terminal<'a> {
    pub(super) card: Line<'a>,
    pub(super) psam: Option<Line<'a>>,
    pub(super) progress: Progress<'a>,
    pub(super) journal: Journal,
    /// What cards had paid at other pumps; one of each.
    pub(super) foreign: Vec<ForeignReceipt>,
    /// What it is set up for.
    pub settings: Settings,
}

impl<'a> Terminal<'a> {
    /// A terminal with a card in its reader, and a journal in memory.
    #[must_use]
    pub fn new(card: &'a mut dyn Acceptor, settings: Settings, progress: Progress<'a>) -> Self {
        let card = Line::new(Party::Card, card);
        let journal = Journal::in_memory();
        Self { card, psam: None, progress, journal, foreign: Vec::new(), settings }
    }

    /// Gives it a PSAM.
    #[must_use]
    pub fn with_psam(mut self, psam: &'a mut dyn Acceptor) -> Self {
        self.psam = Some(Line::new(Party::Psam, psam));
        self
    }

    /// Gives it a journal that outlasts it.
    #[must_use]
    pub fn with_journal(mut self, journal: Journal) -> Self {
        self.journal = journal;
        self
    }

    /// What is in the journal.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Wakes the card, selects its application and reads what it is.
    ///
    /// # Errors
    /// [`TerminalError`]; among them that the card is not valid today.
    pub fn open_card(&mut self) -> Result<CardFacts, TerminalError> {
        let facts = self.read_card()?;
        valid(Party::Card, facts.start, facts.expiry, &self.settings.when)?;
        Ok(facts)
    }

    /// Wakes the card again in the middle of a transaction: it has to be the same one.
    ///
    /// # Errors
    /// [`TerminalError::OtherCard`], and as [`open_card`](Self::open_card).
    pub fn open_same_card(&mut self, serial: Serial) -> Result<CardFacts, TerminalError> {
        let facts = self.read_card()?;
        if facts.serial != serial {
            return Err(TerminalError::OtherCard { expected: serial, got: facts.serial });
        }
        Ok(facts)
    }

    fn read_card(&mut self) -> Result<CardFacts, TerminalError> {
        let facts = self.select_card()?;
        let read = Request::ReadFile { sfi: 0x15, bytes: 0x1E };
        let expected = "30 bytes of file 0015";
        let file = self.card.read(&read, expected, &mut self.progress, CardFacts::of)?;
        match facts {
            Some(facts) if facts != file => {
                let expected = "the same in the answer to SELECT and in file 0015";
                Err(self.card.malformed(&read, expected, &facts.serial))
            }
            _ => Ok(file),
        }
    }

    fn select_card(&mut self) -> Result<Option<CardFacts>, TerminalError> {
        let progress = &mut self.progress;
        self.card.power_on(progress)?;
        self.card.get(&Request::SelectRoot, progress)?;
        let select = Request::SelectName(self.settings.application.clone());
        let information = self.card.get(&select, progress)?;
        Ok(CardFacts::of_control_information(&information))
    }

    /// Shows the PIN.
    ///
    /// # Errors
    /// [`TerminalError::Order`] without one; the card's refusal.
    pub fn show_pin(&mut self) -> Result<(), TerminalError> {
        let pin = self.settings.pin.clone().ok_or_else(|| TerminalError::Order {
            what: "the holder's PIN",
            expected: "one (--pin), for the card asks for it here".into(),
            got: "none".into(),
        })?;
        self.card.get(&Request::Verify(pin), &mut self.progress).map(drop)
    }

    /// Shows the PIN where this purse wants it.
    pub(super) fn show_pin_for(&mut self, purse: Purse, always: bool) -> Result<(), TerminalError> {
        if always || purse == Purse::Deposit { self.show_pin() } else { Ok(()) }
    }

    /// Wakes the PSAM, reads what it is and selects its application.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn open_psam(&mut self) -> Result<PsamFacts, TerminalError> {
        let progress = &mut self.progress;
        let psam = self.psam.as_mut().ok_or(TerminalError::NoPsam("purchase"))?;
        psam.power_on(progress)?;
        let public = psam.get(&Request::ReadFile { sfi: 0x15, bytes: 0x0E }, progress)?;
        let terminal = psam.get(&Request::ReadFile { sfi: 0x16, bytes: 0x06 }, progress)?;
        psam.get(&Request::SelectDirectory(self.settings.psam_directory), progress)?;
        let read = Request::ReadFile { sfi: 0x17, bytes: 0x19 };
        let expected = "25 bytes of file 0017";
        let facts = psam.read(&read, expected, progress, |application| {
            PsamFacts::of(&public, &terminal, application)
        })?;
        valid(Party::Psam, facts.start, facts.expiry, &self.settings.when)?;
        Ok(facts)
    }

    /// Asks the PSAM.
    pub(super) fn ask_psam(&mut self, request: &Request) -> Result<Vec<u8>, TerminalError> {
        let psam = self.psam.as_mut().ok_or(TerminalError::NoPsam("purchase"))?;
        psam.get(request, &mut self.progress)
    }

    /// Factors by which the PSAM derives the keys of a card: the card's first.
    pub(super) fn factors(&self, card: &CardFacts) -> Vec<[u8; 8]> {
        let all = [card.factor(), card.issuer];
        all.into_iter().take(usize::from(self.settings.levels)).collect()
    }

    /// The balance of a purse of the card that is open.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn balance(&mut self, purse: Purse) -> Result<Fen, TerminalError> {
        self.show_pin_for(purse, false)?;
        let read = |data: &[u8]| data.try_into().ok().map(u32::from_be_bytes).map(Fen);
        self.card.read(&Request::GetBalance(purse), "4 bytes", &mut self.progress, read)
    }

    /// The log of the card that is open, the newest first; ten records at most.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn log(&mut self) -> Result<Vec<LogRecord>, TerminalError> {
        let mut records = Vec::new();
        for number in 1..=10 {
            let record = Record::Number(number);
            let read = Request::ReadRecord { sfi: 0x18, record, bytes: LOG_RECORD_BYTES };
            let answer = self.card.ask(&read, &mut self.progress)?;
            match answer.status.0 {
                0x9000 => match LogRecord::of(&answer.data) {
                    Some(record) => records.push(record),
                    None => break,
                },
                0x6A83 => break,
                _ => return Err(self.card.refused(&read, answer.status)),
            }
        }
        Ok(records)
    }

    /// The card's proof of a transaction: its MAC and its TAC, `None` when it has none (any more).
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn proof(&mut self, kind: u8, number: u16) -> Result<Option<(Mac4, Mac4)>, TerminalError> {
        let request = Request::GetProof { kind, number };
        let answer = self.card.ask(&request, &mut self.progress)?;
        match answer.status.0 {
            0x9406 => Ok(None),
            0x9000 => super::answer::two_macs(&answer.data)
                .map(Some)
                .ok_or_else(|| self.card.malformed(&request, "8 bytes, MAC and TAC", &answer.data)),
            _ => Err(self.card.refused(&request, answer.status)),
        }
    }

    /// Tells of a step of somebody who is not asked by commands.
    pub fn tell(&mut self, party: Party, asked: &str, came: String) {
        (self.progress)(&Step { party, asked: asked.into(), came });
    }
}

fn valid(whom: Party, start: [u8; 4], expiry: [u8; 4], when: &Moment) -> Result<(), TerminalError> {
    if (start..=expiry).contains(&when.date()) {
        return Ok(());
    }
    let [start, expiry, today] = [start, expiry, when.date()].map(hex::encode_upper);
    Err(TerminalError::NotValid { whom, start, expiry, today })
}

//! A purchase, a cash withdrawal or a compound purchase with a card and a PSAM, and what becomes of
//! one that was interrupted.
//!
//! Invariants:
//! * the command that debits is sent only when the journal holds the transaction;
//! * it is sent again only when the card has shown, by its number, that the one before was not
//!   done;
//! * a [`Receipt`] exists only for a debit that the PSAM has checked, by MAC2 or by TAC.

use tessera_framework::pin::equal_in_constant_time;

use super::{
    Answer, Fen, Moment, Request, Terminal,
    answer::{CardFacts, Initialized, Mac4, PsamFacts, Serial, TerminalId, factor_of, two_macs},
    error::{Party, TerminalError},
    journal::{Open, Stage},
    request::RecordUpdate,
    settle::Settled,
    transaction::{Kind, Purse},
};

/// What is to be paid, and what the card has to write with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sale {
    /// Purchase, cash withdrawal or compound purchase.
    pub kind: Kind,
    /// From which purse.
    pub purse: Purse,
    /// How much; zero is legal.
    pub amount: Fen,
    /// Records of a compound purchase.
    pub updates: Vec<RecordUpdate>,
    /// The key by which the terminal has to authenticate itself for them.
    pub authentication: Option<u8>,
}

impl Sale {
    /// A purchase of so much.
    #[must_use]
    pub const fn of(purse: Purse, amount: Fen) -> Self {
        Self { kind: Kind::Purchase, purse, amount, updates: Vec::new(), authentication: None }
    }
}

/// How the terminal knows that the card has paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckedBy {
    /// The PSAM checked MAC2.
    Mac2,
    /// The PSAM had lost what MAC2 is checked with, and computed the TAC.
    Tac,
    /// Nobody yet: goods were given for a locked purse, and the issuer checks the TAC.
    Issuer,
}

/// A purchase that was paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Type byte.
    pub kind: u8,
    /// From which purse.
    pub purse: Purse,
    /// The card.
    pub serial: Serial,
    /// The number after the transaction.
    pub number: u16,
    /// Amount.
    pub amount: Fen,
    /// Balance after it.
    pub balance: Fen,
    /// The terminal.
    pub terminal: TerminalId,
    /// Its transaction number.
    pub terminal_number: [u8; 4],
    /// When.
    pub when: Moment,
    /// The card's TAC, for the issuer.
    pub tac: Mac4,
    /// How the terminal knows.
    pub checked: CheckedBy,
}

/// What became of one attempt.
enum Attempt {
    Paid(Receipt),
    /// Nothing was debited, because somebody did not answer.
    NotDone(TerminalError),
}

impl Terminal<'_> {
    /// Takes a payment. Interrupted, it recovers by itself, as the module [`terminal`](super) says.
    ///
    /// # Errors
    /// [`TerminalError`]; what is open is in the journal then.
    pub fn purchase(&mut self, card: &CardFacts, sale: &Sale) -> Result<Receipt, TerminalError> {
        self.nothing_is_open()?;
        self.order_is_possible(sale)?;
        let psam = self.open_psam()?;
        self.purchase_with(card, &psam, sale)
    }

    /// As [`purchase`](Self::purchase), with the PSAM that is open.
    pub(super) fn purchase_with(
        &mut self,
        card: &CardFacts,
        psam: &PsamFacts,
        sale: &Sale,
    ) -> Result<Receipt, TerminalError> {
        self.nothing_is_open()?;
        let mut last = None;
        for attempt in 1..=self.settings.tries {
            match self.attempt(card, psam, sale, attempt > 1)? {
                Attempt::Paid(receipt) => return Ok(receipt),
                Attempt::NotDone(why) => last = Some(why),
            }
        }
        Err(given_up(self.settings.tries, last))
    }

    pub(super) fn nothing_is_open(&self) -> Result<(), TerminalError> {
        match self.journal.open() {
            Some(open) => Err(TerminalError::Open(open.in_words())),
            None => Ok(()),
        }
    }

    fn order_is_possible(&self, sale: &Sale) -> Result<(), TerminalError> {
        if !sale.kind.is_offline() || !sale.kind.is_of(sale.purse) {
            return Err(TerminalError::Order {
                what: "a payment",
                expected: "a purchase, cash of the deposit, a compound purchase of the purse"
                    .into(),
                got: format!("{} of the {}", sale.kind, sale.purse),
            });
        }
        Ok(())
    }

    fn attempt(
        &mut self,
        card: &CardFacts,
        psam: &PsamFacts,
        sale: &Sale,
        again: bool,
    ) -> Result<Attempt, TerminalError> {
        let prepared = match again {
            true => self.open_same_card(card.serial).map(drop),
            false => Ok(()),
        };
        let begun = prepared.and_then(|()| self.begin(card, psam, sale));
        let (initialized, terminal_number, mac1) = match begun {
            Ok(begun) => begun,
            Err(error) => return self.nothing_done(error),
        };
        let open = Open {
            kind: sale.kind.type_byte(sale.purse),
            purse: sale.purse,
            serial: card.serial,
            key: psam.key_index,
            number: initialized.number,
            amount: sale.amount,
            balance: initialized.balance,
            limit: initialized.limit,
            random: initialized.random,
            terminal: psam.terminal,
            terminal_number,
            when: self.settings.when,
            stage: Stage::InDoubt,
        };
        self.journal.store(open)?;
        let debit = Request::Debit { terminal_number, when: open.when, mac1 };
        let settled = match self.complete(&debit, 8)? {
            Some(data) => two_macs(&data).map(|(tac, mac2)| Settled::Done(mac2, tac)),
            None => None,
        };
        let settled = match settled {
            Some(settled) => settled,
            None => self.settle(&open, open.terminal)?,
        };
        match settled {
            Settled::Done(mac2, tac) => self.check(&open, mac2, tac).map(Attempt::Paid),
            Settled::NotDone(_) => {
                self.journal.clear()?;
                let asked = debit.in_words();
                Ok(Attempt::NotDone(TerminalError::Silence { whom: Party::Card, asked }))
            }
        }
    }

    /// Silence before the debit leaves nothing behind; anything else is the end.
    fn nothing_done(&mut self, error: TerminalError) -> Result<Attempt, TerminalError> {
        if error.is_silence_of(Party::Psam) {
            self.open_psam()?;
        }
        match error {
            silence @ TerminalError::Silence { .. } => Ok(Attempt::NotDone(silence)),
            other => Err(other),
        }
    }

    /// Everything up to the command that debits.
    fn begin(
        &mut self,
        card: &CardFacts,
        psam: &PsamFacts,
        sale: &Sale,
    ) -> Result<(Initialized, [u8; 4], Mac4), TerminalError> {
        if sale.kind.needs_pin(sale.purse) {
            self.show_pin()?;
        }
        if let Some(key) = sale.authentication {
            self.authenticate(card, key)?;
        }
        let initialize = Request::Initialize {
            kind: sale.kind,
            purse: sale.purse,
            key: psam.key_index,
            amount: sale.amount,
            terminal: psam.terminal,
        };
        let progress = &mut self.progress;
        let read = Initialized::of_purchase;
        let initialized = self.card.read(&initialize, "15 bytes", progress, read)?;
        let request = Request::SamPurchase {
            card: initialized,
            amount: sale.amount,
            kind: sale.kind.type_byte(sale.purse),
            when: self.settings.when,
            factors: self.factors(card),
        };
        let data = self.ask_psam(&request)?;
        let (number, mac1) = two_macs(&data).ok_or_else(|| TerminalError::Malformed {
            whom: Party::Psam,
            asked: request.in_words(),
            expected: "8 bytes, terminal number and MAC1",
            got: hex::encode_upper(&data),
        })?;
        for update in &sale.updates {
            self.card.get(&Request::UpdateCache(update.clone()), &mut self.progress)?;
        }
        Ok((initialized, number, mac1))
    }

    /// Sends the command that completes a transaction. The data of its answer; `None` when it is
    /// in doubt whether the card did it.
    ///
    /// # Errors
    /// A refusal that is sure, with the journal clear again; a device that fails, with the journal
    /// as it is.
    pub(super) fn complete(
        &mut self,
        request: &Request,
        bytes: usize,
    ) -> Result<Option<Vec<u8>>, TerminalError> {
        match self.card.ask(request, &mut self.progress) {
            Ok(Answer { data, status }) if status.0 == 0x9000 && data.len() == bytes => {
                Ok(Some(data))
            }
            Ok(Answer { status, .. }) if is_sure_refusal(status.0) => {
                self.journal.clear()?;
                Err(self.card.refused(request, status))
            }
            Ok(_) => Ok(None),
            Err(error) if error.is_silence_of(Party::Card) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has the PSAM check that the card has paid.
    pub(super) fn check(
        &mut self,
        open: &Open,
        mac2: Mac4,
        tac: Mac4,
    ) -> Result<Receipt, TerminalError> {
        self.journal.store(Open { stage: Stage::Done(mac2, tac), ..*open })?;
        let credit = Request::SamCredit(mac2);
        let checked = match self.ask_psam(&credit) {
            Ok(_) => CheckedBy::Mac2,
            Err(error) if error.is_silence_of(Party::Psam) => self.woken_psam_checks(open, tac)?,
            // It has lost power in between and knows of no purchase.
            Err(TerminalError::Refused { status, .. })
                if matches!(status.0, 0x6901 | 0x6985 | 0x6D00) =>
            {
                self.woken_psam_checks(open, tac)?
            }
            Err(TerminalError::Refused { status, .. }) if status.0 == 0x9302 => {
                return Err(TerminalError::WrongMac {
                    whom: Party::Card,
                    mac: "MAC2",
                    expected: "one that the PSAM agrees with".into(),
                    got: hex::encode_upper(mac2),
                    then: "the transaction stays open, nothing is given for it",
                });
            }
            Err(error) => return Err(error),
        };
        self.journal.clear()?;
        Ok(receipt(open, tac, checked))
    }

    /// MAC2 cannot be checked any more: the PSAM has lost power.
    fn woken_psam_checks(&mut self, open: &Open, tac: Mac4) -> Result<CheckedBy, TerminalError> {
        self.open_psam()?;
        self.check_tac(open, tac)
    }

    /// Computes the card's TAC with the PSAM's key of the TAC, where it has one.
    pub(super) fn check_tac(&mut self, open: &Open, tac: Mac4) -> Result<CheckedBy, TerminalError> {
        let unproven = || TerminalError::Unproven {
            amount: open.amount,
            number: open.number.wrapping_add(1),
            tac: hex::encode_upper(tac),
        };
        let factors = vec![factor_of(open.serial)];
        match self.ask_psam(&Request::SamKey { usage: 0x2C, version: 0x00, factors }) {
            Ok(_) => {}
            Err(TerminalError::Refused { .. }) => return Err(unproven()),
            Err(error) => return Err(error),
        }
        let mut data = vec![0; 8];
        data.extend_from_slice(&open.amount.bytes());
        data.push(open.kind);
        data.extend_from_slice(&open.terminal);
        data.extend_from_slice(&open.terminal_number);
        data.extend_from_slice(&open.when.bytes());
        pad(&mut data);
        let computed = match self.ask_psam(&Request::SamCipher { mode: 0x05, data }) {
            Ok(computed) => computed,
            Err(TerminalError::Refused { .. }) => return Err(unproven()),
            Err(error) => return Err(error),
        };
        if !equal_in_constant_time(&computed, &tac) {
            return Err(TerminalError::WrongMac {
                whom: Party::Card,
                mac: "TAC",
                expected: hex::encode_upper(computed),
                got: hex::encode_upper(tac),
                then: "the transaction stays open, nothing is given for it",
            });
        }
        Ok(CheckedBy::Tac)
    }

    /// EXTERNAL AUTHENTICATE with a key that the PSAM derives for the card.
    pub(super) fn authenticate(&mut self, card: &CardFacts, key: u8) -> Result<(), TerminalError> {
        let challenge: [u8; 8] =
            self.card.read(&Request::GetChallenge, "8 bytes", &mut self.progress, |data| {
                data.try_into().ok()
            })?;
        let factors = vec![card.factor()];
        self.ask_psam(&Request::SamKey { usage: 0x2E, version: key, factors })?;
        let cipher = Request::SamCipher { mode: 0x00, data: challenge.to_vec() };
        let encrypted = self.ask_psam(&cipher)?;
        let cryptogram =
            encrypted.try_into().map_err(|data: Vec<u8>| TerminalError::Malformed {
                whom: Party::Psam,
                asked: cipher.in_words(),
                expected: "8 bytes",
                got: hex::encode_upper(data),
            })?;
        let request = Request::Authenticate { key, cryptogram };
        self.card.get(&request, &mut self.progress).map(drop)
    }
}

/// Whether this status word says for sure that the card did not complete the transaction.
const fn is_sure_refusal(status: u16) -> bool {
    matches!(status, 0x9302 | 0x9303 | 0x9401..=0x9403 | 0x6901 | 0x6700)
        || matches!(status >> 8, 0x69 | 0x6A | 0x6D | 0x6E)
}

pub(super) fn given_up(tries: u8, last: Option<TerminalError>) -> TerminalError {
    let asked = "begin".to_owned();
    let last = last.unwrap_or(TerminalError::Silence { whom: Party::Card, asked });
    TerminalError::GivenUp { tries, last: Box::new(last) }
}

pub(super) fn receipt(open: &Open, tac: Mac4, checked: CheckedBy) -> Receipt {
    Receipt {
        kind: open.kind,
        purse: open.purse,
        serial: open.serial,
        number: open.number.wrapping_add(1),
        amount: open.amount,
        balance: Fen(open.balance.0.saturating_sub(open.amount.0)),
        terminal: open.terminal,
        terminal_number: open.terminal_number,
        when: open.when,
        tac,
        checked,
    }
}

/// One 80, then 00 to the end of the block.
fn pad(data: &mut Vec<u8>) {
    data.push(0x80);
    data.resize(data.len().next_multiple_of(8), 0x00);
}

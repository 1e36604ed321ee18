//! What a holder does at an enquiry terminal: balance, own data, statement, a new PIN.

use crate::{
    cryptography::cipher::fold::xor_of_words,
    terminal::{Moment, Party, Pin, TerminalError, answer::Mac4},
};

use super::{
    answer::{Figures, LogEntry, Statement, Status},
    desk::{LEDGER_SK, Station},
    entry::CardId,
    error::MedicalError,
    identity::{Identity, Items},
    question::{self, Ask},
};

/// A statement as it is printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Printed {
    /// Its figures.
    pub statement: Statement,
    /// Its entries, the oldest first.
    pub entries: Vec<LogEntry>,
}

impl Station<'_> {
    /// Balance, limits and the year's figures, with the PIN, or by the terminal's own key.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn enquire(&mut self) -> Result<(Identity, Status, Figures), MedicalError> {
        let identity = self.identify()?;
        if self.settings.pin.is_none() {
            self.open_psam()?;
        }
        let status = self.open_ledger_to_read(&identity.card)?;
        Ok((identity, status, self.figures()?))
    }

    /// Data items of a file that the PIN opens, with their records in order.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn own_data(&mut self, directory: u16, sfi: u8) -> Result<Items, MedicalError> {
        self.card.get(&question::select_directory(directory), &mut self.progress)?;
        let ask = question::read_items(sfi, &format!("tell file {sfi:02X}"));
        let items = self.card.read(&ask, "data items", &mut self.progress, Items::of)?;
        self.open_environment()?;
        Ok(items)
    }

    /// Reads the statement and its entries; the sums have to agree.
    ///
    /// # Errors
    /// [`MedicalError::Statement`], and others.
    pub fn statement(&mut self) -> Result<Printed, MedicalError> {
        let read = Statement::of;
        let ask = question::get_statement();
        let statement = self.card.read(&ask, "39 bytes", &mut self.progress, read)?;
        let mut entries = Vec::new();
        for number in (1..=statement.count).rev() {
            entries.extend(self.log_entry(number)?);
        }
        is_whole(&statement, &entries)?;
        Ok(Printed { statement, entries })
    }

    /// Acknowledges a statement that was printed, with the key of statement terminals.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn acknowledge(&mut self, card: &CardId, printed: &Printed) -> Result<(), MedicalError> {
        let psam = self.open_psam()?;
        let challenge = self.card.get(&question::get_challenge(0x08), &mut self.progress)?;
        let mut input = challenge.clone();
        if card.sm4 {
            input.resize(16, 0x00);
        }
        let when: Moment = self.settings.when;
        let Statement { number, to, closing, .. } = printed.statement;
        let header = [0xD4, 0x4E, 0x00, 0x00, 0x1B];
        let command = [
            &header[..],
            &number.to_be_bytes(),
            &to.to_be_bytes(),
            &closing.bytes(),
            &psam.terminal,
            &when.bytes(),
        ]
        .concat();
        self.derive(card, LEDGER_SK, &input)?;
        let mac = self.sam_mac(card, &command)?;
        let ask = Ask::whole([&command[..], &mac].concat(), "take the statement as printed");
        self.card.get(&ask, &mut self.progress)?;
        Ok(())
    }

    /// The PSAM's MAC over a command, with the session it has.
    fn sam_mac(&mut self, card: &CardId, command: &[u8]) -> Result<Mac4, MedicalError> {
        let block = if card.sm4 { 16 } else { 8 };
        let mut data = vec![0; block];
        data.extend_from_slice(command);
        data.push(0x80);
        data.resize(data.len().next_multiple_of(block), 0x00);
        let mac = self.ask_psam(&question::cipher(0x05, &data))?;
        let four = match (<[u8; 16]>::try_from(&mac[..]), mac.first_chunk::<4>()) {
            (Ok(whole), _) => Some(xor_of_words(&whole)),
            (_, four) => four.copied(),
        };
        four.ok_or_else(|| {
            let (whom, asked) = (Party::Psam, "make a MAC with it".to_owned());
            let got = hex::encode_upper(&mac);
            TerminalError::Malformed { whom, asked, expected: "4 or 16 bytes", got }.into()
        })
    }

    /// Changes the PIN; the card is selected.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn change_pin(&mut self, new: &Pin) -> Result<(), MedicalError> {
        self.identify()?;
        let old = self.settings.pin.clone().ok_or_else(|| TerminalError::Order {
            what: "the holder's PIN",
            expected: "the old one (--pin)".into(),
            got: "none".into(),
        })?;
        self.card.get(&question::change_pin(&old, new), &mut self.progress)?;
        Ok(())
    }
}

/// The sums agree with each other and with the entries.
fn is_whole(statement: &Statement, entries: &[LogEntry]) -> Result<(), MedicalError> {
    let no = |why: String| Err(MedicalError::Statement(why));
    if !statement.adds_up() {
        return no("opening, credits, refunds and closing do not agree".into());
    }
    let sequences = entries.iter().map(|entry| entry.sequence);
    if !sequences.eq(statement.from..=statement.to) && statement.count != 0 {
        return no(format!(
            "expected entries {} to {}, got {} of them",
            statement.from,
            statement.to,
            entries.len()
        ));
    }
    let mut sums = [0_u64; 5];
    for entry in entries {
        let place = match (entry.kind, entry.class) {
            (0x31, _) => 0,
            (0x32, _) | (0x33, 0x04) => 1,
            (0x33, _) => 2,
            (0x35, b'-') | (0x38, _) => 4,
            _ => 3,
        };
        if let Some(sum) = sums.get_mut(place) {
            *sum += u64::from(entry.amounts.account.0);
        }
    }
    let Statement { credits, settlements, refunds, plus, minus, .. } = statement;
    let said = [credits, settlements, refunds, plus, minus].map(|fen| u64::from(fen.0));
    for ((sum, said), what) in
        sums.iter().zip(said).zip(["credited", "settled", "refunded", "added", "taken"])
    {
        if *sum != said {
            return no(format!("the entries come to {sum} fen {what}, the statement to {said}"));
        }
    }
    match entries.last() {
        Some(last) if last.balance != statement.closing => {
            no(format!("the last entry leaves {}, not {}", last.balance, statement.closing))
        }
        _ => Ok(()),
    }
}

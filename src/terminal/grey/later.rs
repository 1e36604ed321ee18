//! A locked purse whose pump has lost power: unlocked later, by what the journal knows, or by the
//! host.
//!
//! Invariants:
//! * what the journal says was delivered is what is paid, whatever amount is named later;
//! * before GREY UNLOCK leaves the terminal the journal holds what the host needs to check MAC3;
//! * the host books nothing before MAC3.

use super::{
    super::{
        Fen, Host, Receipt, Request, Terminal,
        answer::{GreyInitialized, Mac4},
        error::{Party, TerminalError},
        host::{GreyUnlocking, grey_kind},
        journal::{Open, Stage},
    },
    Found, at_most, debit_kind, lock_kind,
};

impl Terminal<'_> {
    /// The pump has power again and the card is back: settles what the journal holds; a PSAM is
    /// not needed. `None`: the purse was not locked, nothing has flowed.
    ///
    /// # Errors
    /// [`TerminalError::StillLocked`] when only the host can unlock; others as they come.
    pub fn unlock(&mut self) -> Result<Option<Receipt>, TerminalError> {
        let open = self.open_lock()?;
        let still = TerminalError::StillLocked { balance: open.balance, amount: open.amount };
        if is_online(&open) {
            return Err(still);
        }
        // Without it the issuer checks the TAC.
        let _ = self.open_psam();
        if let Stage::Done(_, tac) = open.stage {
            let receipt = self.check_unlocked(&open, tac)?;
            self.journal.clear()?;
            return Ok(Some(receipt));
        }
        match (self.find(&open)?, open.stage) {
            (Found::Locked(_), Stage::Delivered(gmac)) => {
                self.debit_for_unlock(&open, gmac).map(Some)
            }
            (Found::TacWaits(tac), Stage::Delivered(_)) => {
                self.paid_and_unlocked(&open, tac).map(Some)
            }
            (Found::Free, Stage::Delivered(_)) => {
                // The TAC was fetched, and the journal not cleared any more.
                let after = open.number.wrapping_add(1);
                match self.proof(debit_kind(open.purse), after)? {
                    Some((_, tac)) => self.paid_and_unlocked(&open, tac).map(Some),
                    None => Err(self.gone(&open)),
                }
            }
            (Found::Free, Stage::InDoubt) => {
                self.journal.clear()?;
                Ok(None)
            }
            (Found::Locked(_), _) => Err(still),
            _ => Err(self.gone(&open)),
        }
    }

    /// What an unlock has to take: what the journal says was delivered, else what the pump's meter
    /// shows.
    ///
    /// # Errors
    /// [`TerminalError::Order`] when the two differ, when neither is known, and when it is more
    /// than there is.
    pub fn amount_to_unlock(&self, meter: Option<Fen>) -> Result<Fen, TerminalError> {
        let open = self.open_lock()?;
        let order = |expected, got| {
            Err(TerminalError::Order { what: "the amount of an unlock", expected, got })
        };
        match (delivered(&open), meter) {
            (Some(known), Some(meter)) if known != meter => {
                let expected = format!("{known}, which the journal says was delivered, or none");
                order(expected, meter.to_string())
            }
            (Some(known), _) => Ok(known),
            (None, Some(meter)) => at_most(open.balance, meter).map(|()| meter),
            (None, None) => {
                let expected = "what the pump's meter shows (`tessera terminal unlock --amount`), \
                                for the journal does not know what was delivered";
                order(expected.into(), "none".into())
            }
        }
    }

    /// Has the host take what was delivered, and unlock; the amount, and what is left.
    ///
    /// # Errors
    /// As [`amount_to_unlock`](Self::amount_to_unlock); it stays locked, or in doubt.
    pub fn unlock_online(
        &mut self,
        host: &mut Host,
        meter: Option<Fen>,
    ) -> Result<(Fen, Fen), TerminalError> {
        let amount = self.amount_to_unlock(meter)?;
        for _ in 0..self.settings.tries {
            let (open, mac3) = match self.unlock_online_once(host, amount) {
                Ok(Some(done)) => done,
                Ok(None) => continue,
                Err(error) if error.is_silence_of(Party::Card) => continue,
                Err(error) => return Err(error),
            };
            self.journal.store(Open { stage: Stage::Done(mac3, [0; 4]), ..open })?;
            host.grey_completed(&asked(&open), mac3)?;
            self.tell(Party::Host, "the card's proof", "it fits, and is booked".into());
            self.journal.clear()?;
            return Ok((amount, Fen(open.balance.0.saturating_sub(amount.0))));
        }
        let open = self.open_lock()?;
        let tries = self.settings.tries;
        Err(TerminalError::InDoubt { number: open.number.wrapping_add(1), amount, tries })
    }

    /// One attempt: what was done and its MAC3, `None` when it was not done.
    fn unlock_online_once(
        &mut self,
        host: &Host,
        amount: Fen,
    ) -> Result<Option<(Open, Mac4)>, TerminalError> {
        let open = self.open_lock()?;
        if let (true, Stage::Done(mac3, _)) = (is_online(&open), open.stage) {
            return Ok(Some((open, mac3)));
        }
        match self.find(&open)? {
            Found::Locked(_) => {}
            // GREY UNLOCK was done, and its answer lost.
            _ if is_online(&open) => {
                let proof = self.proof(open.kind, open.number.wrapping_add(1))?;
                let (mac3, _) = proof.ok_or_else(|| self.gone(&open))?;
                return Ok(Some((open, mac3)));
            }
            _ => return Err(self.gone(&open)),
        }
        let (purse, terminal) = (open.purse, open.terminal);
        let key = self.settings.online_key;
        let initialize = Request::InitializeGreyUnlock { purse, key, terminal };
        let progress = &mut self.progress;
        let card = self.card.read(&initialize, "18 bytes", progress, GreyInitialized::of)?;
        if is_online(&open) && card.online != open.number {
            return Err(self.gone(&open));
        }
        let when = self.settings.when;
        let grey = GreyUnlocking { purse, key, serial: open.serial, amount, terminal, when, card };
        let mac2 = host.grey_unlock(&grey)?;
        let came = format!("yes: MAC2 {}", hex::encode_upper(mac2));
        self.tell(Party::Host, &format!("take {amount} and unlock?"), came);
        let begun = Open {
            kind: grey_kind(purse),
            key,
            number: card.online,
            amount,
            balance: card.balance,
            random: card.random,
            when,
            stage: Stage::InDoubt,
            ..open
        };
        self.journal.store(begun)?;
        let request = Request::GreyUnlock(amount, when, mac2);
        let answer = self.card.ask(&request, &mut self.progress)?;
        match (answer.status.0, answer.data.first_chunk::<4>()) {
            (0x9000, Some(mac3)) => Ok(Some((begun, *mac3))),
            (0x9000 | 0x6500..=0x65FF, _) => Ok(None),
            _ => {
                self.journal.store(open)?;
                Err(self.card.refused(&request, answer.status))
            }
        }
    }

    fn open_lock(&self) -> Result<Open, TerminalError> {
        let open = self.journal.open().filter(|open| is_grey(open));
        open.copied().ok_or_else(|| TerminalError::Order {
            what: "an unlock",
            expected: "a grey lock in the journal".into(),
            got: self.journal.open().map_or("none".into(), Open::in_words),
        })
    }
}

/// Whether this is a grey lock, or its unlock by the host.
#[must_use]
pub fn is_grey(open: &Open) -> bool {
    open.kind == lock_kind(open.purse) || is_online(open)
}

fn is_online(open: &Open) -> bool {
    open.kind == grey_kind(open.purse)
}

/// What is known to be delivered. A lock nothing is known of has the amount 0.
fn delivered(open: &Open) -> Option<Fen> {
    let is_known = is_online(open)
        || matches!(open.stage, Stage::Delivered(_) | Stage::Done(..))
        || open.amount > Fen(0);
    is_known.then_some(open.amount)
}

/// What the host was asked for.
const fn asked(open: &Open) -> GreyUnlocking {
    let &Open { purse, key, serial, amount, terminal, when, balance, number, random, .. } = open;
    let card = GreyInitialized {
        balance,
        offline: 0,
        online: number,
        version: 0,
        algorithm: 0,
        random,
        mac1: [0; 4],
    };
    GreyUnlocking { purse, key, serial, amount, terminal, when, card }
}

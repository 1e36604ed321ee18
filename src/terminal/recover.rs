//! Settling what the journal of a terminal holds, after the terminal itself has lost power.

use super::{
    Host, Party, Receipt, Terminal,
    error::TerminalError,
    host::HostError,
    journal::{Open, Stage},
    settle::Settled,
};

/// What became of the open transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recovered {
    /// There was none.
    NothingOpen,
    /// It was not done: nothing moved.
    NotDone(Open),
    /// It was paid, and the proof is checked.
    Paid(Receipt),
    /// An online transaction was done, with the card's MAC and TAC: the host has to book it.
    Done(Open),
}

impl Terminal<'_> {
    /// Settles the open transaction of the journal with the card in the reader. The host has its
    /// word in what went online alone.
    ///
    /// # Errors
    /// [`TerminalError`]: it stays open.
    pub fn recover(&mut self, host: &mut Host) -> Result<Recovered, TerminalError> {
        let Some(open) = self.journal.open().copied() else { return Ok(Recovered::NothingOpen) };
        let is_offline = open.transaction().is_some_and(super::Kind::is_offline);
        if is_offline {
            self.open_psam()?;
        }
        let settled = match open.stage {
            Stage::Done(mac, tac) => Settled::Done(mac, tac),
            _ if is_offline => self.settle(&open, open.terminal)?,
            _ => {
                host.remember(&open);
                self.settle(&open, host.challenge(&open)?)?
            }
        };
        match settled {
            Settled::Done(mac2, tac) if is_offline => {
                self.check(&open, mac2, tac).map(Recovered::Paid)
            }
            Settled::Done(mac, tac) => {
                let open = Open { stage: Stage::Done(mac, tac), ..open };
                self.journal.store(open)?;
                Ok(Recovered::Done(open))
            }
            Settled::NotDone(shown) => {
                match is_offline {
                    true => self.journal.clear()?,
                    false => self.cancel(host, &open, shown)?,
                }
                Ok(Recovered::NotDone(open))
            }
        }
    }

    /// Has the host check the proof of what was [recovered as done](Recovered::Done), and book it.
    ///
    /// # Errors
    /// [`TerminalError`]: it stays open.
    pub fn book(&mut self, host: &mut Host, open: &Open) -> Result<(), TerminalError> {
        host.remember(open);
        if let Some(proof) = open.proof_for_host() {
            let booked = host.completed(open, proof);
            if matches!(booked, Err(HostError::Mac { .. })) {
                // What the host does not agree with is no proof: the card is asked again.
                self.journal.store(Open { stage: Stage::InDoubt, ..*open })?;
            }
            booked?;
        }
        self.tell(Party::Host, "the card's proof", "it fits, and is booked".into());
        Ok(self.journal.clear()?)
    }
}

//! Load, unload and the overdraft limit: the card and the issuer's host, the terminal between them.
//!
//! Invariants are those of a purchase. The host books nothing before the card's TAC, or MAC3 of an
//! unload. Once MAC2 has left the host, no status word and no silence says that nothing was done:
//! nobody answers for them. Whatever is not 9000 is settled before anything else, and what was not
//! done is cancelled at the host, on the card's MAC, before it is begun again.

use super::{
    Fen, Request, Terminal,
    answer::{CardFacts, Initialized, Mac4},
    error::{Party, TerminalError},
    host::{Host, Online},
    journal::{Open, Stage},
    purchase::given_up,
    settle::Settled,
    transaction::{Kind, Purse},
};

/// An online transaction that was done and booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Booked {
    /// The number after the transaction.
    pub number: u16,
    /// Amount; of a limit the new one.
    pub amount: Fen,
    /// The card's TAC, or MAC3 of an unload.
    pub proof: Mac4,
}

/// What an online transaction is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OnlineOrder {
    /// Load, unload or overdraft limit.
    pub kind: Kind,
    /// Of which purse.
    pub purse: Purse,
    /// Amount; the new limit.
    pub amount: Fen,
}

/// Largest overdraft limit: three bytes.
const LIMIT_MAX: Fen = Fen(0x00FF_FFFF);

impl Terminal<'_> {
    /// Loads, unloads or sets the overdraft limit.
    ///
    /// # Errors
    /// [`TerminalError`]; what is open is in the journal then.
    pub fn online(
        &mut self,
        card: &CardFacts,
        host: &mut Host,
        order: OnlineOrder,
    ) -> Result<Booked, TerminalError> {
        self.nothing_is_open()?;
        possible(order)?;
        let mut last = None;
        for attempt in 1..=self.settings.tries {
            let done = self.online_once(card, host, order, attempt > 1);
            match done {
                Ok(Some(booked)) => return Ok(booked),
                Ok(None) => {}
                Err(error) if error.is_silence_of(Party::Card) => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(given_up(self.settings.tries, last))
    }

    /// One attempt; `None` when it was cut and not done.
    fn online_once(
        &mut self,
        card: &CardFacts,
        host: &mut Host,
        order: OnlineOrder,
        again: bool,
    ) -> Result<Option<Booked>, TerminalError> {
        if again {
            self.open_same_card(card.serial)?;
        }
        self.show_pin()?;
        let online = self.initialize_online(card, order)?;
        let mac2 = host.allow(online)?;
        let to = if order.kind == Kind::Overdraft { "to" } else { "of" };
        let what = format!("allow the {} {to} {}?", order.kind, order.amount);
        self.tell(Party::Host, &what, format!("yes: MAC2 {}", hex::encode_upper(mac2)));
        let open = Open {
            kind: order.kind.type_byte(order.purse),
            purse: order.purse,
            serial: card.serial,
            key: self.settings.online_key,
            number: online.card.number,
            amount: order.amount,
            balance: online.card.balance,
            limit: online.card.limit,
            random: online.card.random,
            terminal: online.terminal,
            terminal_number: [0; 4],
            when: online.when,
            stage: Stage::InDoubt,
        };
        self.journal.store(open)?;
        let request = match order.kind {
            Kind::Unload => Request::DebitForUnload(open.when, mac2),
            Kind::Overdraft => Request::UpdateLimit(order.amount, open.when, mac2),
            _ => Request::Credit(open.when, mac2),
        };
        let (answer, refusal) = match self.card.ask(&request, &mut self.progress) {
            Ok(answer) if answer.is_ok() => (<[u8; 4]>::try_from(answer.data).ok(), None),
            Ok(answer) => (None, Some(self.card.refused(&request, answer.status))),
            Err(error) if error.is_silence_of(Party::Card) => (None, None),
            Err(error) => return Err(error),
        };
        let settled = match answer {
            Some(proof) => Settled::Done(proof, proof),
            None => self.settle(&open, host.challenge(&open)?)?,
        };
        match settled {
            Settled::Done(mac, tac) => {
                let open = Open { stage: Stage::Done(mac, tac), ..open };
                self.journal.store(open)?;
                self.book(host, &open)?;
                let number = open.number.wrapping_add(1);
                let proof = open.proof_for_host().unwrap_or(tac);
                Ok(Some(Booked { number, amount: order.amount, proof }))
            }
            Settled::NotDone(shown) => {
                self.cancel(host, &open, shown)?;
                // Refused, and sure that it was: nothing is repeated.
                refusal.map_or(Ok(None), Err)
            }
        }
    }

    /// Has the host cancel what the card shows not to be done.
    pub(super) fn cancel(
        &mut self,
        host: &mut Host,
        open: &Open,
        shown: Option<Initialized>,
    ) -> Result<(), TerminalError> {
        let shown = shown.ok_or_else(|| TerminalError::Open(open.in_words()))?;
        host.cancelled(open, &shown)?;
        self.journal.clear()?;
        self.tell(Party::Host, "it was not done", "cancelled, nothing is booked".into());
        Ok(())
    }

    fn initialize_online(
        &mut self,
        card: &CardFacts,
        order: OnlineOrder,
    ) -> Result<Online, TerminalError> {
        let OnlineOrder { kind, purse, amount } = order;
        let (key, terminal) = (self.settings.online_key, self.settings.terminal);
        let request = Request::Initialize { kind, purse, key, amount, terminal };
        let expected = "the data of INITIALIZE";
        let read = |data: &[u8]| Initialized::of(kind, data);
        let initialized = self.card.read(&request, expected, &mut self.progress, read)?;
        Ok(Online {
            kind,
            purse,
            key,
            serial: card.serial,
            amount,
            terminal,
            when: self.settings.when,
            card: initialized,
        })
    }
}

fn possible(order: OnlineOrder) -> Result<(), TerminalError> {
    let OnlineOrder { kind, purse, amount } = order;
    if kind.is_offline() || !kind.is_of(purse) {
        return Err(TerminalError::Order {
            what: "an online transaction",
            expected: "a load, an unload of the deposit, an overdraft limit of the deposit".into(),
            got: format!("{kind} of the {purse}"),
        });
    }
    if kind == Kind::Overdraft && amount > LIMIT_MAX {
        return Err(TerminalError::Order {
            what: "an overdraft limit",
            expected: format!("at most {LIMIT_MAX}"),
            got: amount.to_string(),
        });
    }
    Ok(())
}

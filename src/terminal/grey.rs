//! The grey lock (灰锁) at a fuel pump: the purse is locked, fuel flows, the amount is debited and
//! the purse unlocked; and what is done when one of them loses power in between.
//!
//! Fuel flows only when the PSAM has checked the card's MAC2 of the lock: a purse that is locked
//! can do nothing else until it has paid, here or at the issuer.
//!
//! | what happens | what the terminal does |
//! |---|---|
//! | no answer to GREY LOCK | wakes the card, GET LOCK PROOF: free, begins again; locked by this terminal for this transaction, its MAC2 goes to the PSAM |
//! | no answer to DEBIT FOR UNLOCK | GET LOCK PROOF: still locked, the same command again; the TAC waits, it was done |
//! | the card is taken away, or another comes | the transaction stays open in the journal |
//! | the pump loses power, what was delivered and its GMAC are in the journal | [`unlock`](Terminal::unlock) sends the same DEBIT FOR UNLOCK when the card is back |
//! | … the GMAC is not, or the PSAM has lost the lock | [`unlock_online`](Terminal::unlock_online): the host takes what the journal says was delivered, else what the pump's meter shows, and unlocks |
//! | … in GREY UNLOCK, the host's unlock | the same again: GET TRANSACTION PROVE has MAC3, or the purse is still locked |
//! | the card has paid | its TAC goes to the journal before the card forgets it |
//! | another pump's TAC waits on the card | it is kept as a [`ForeignReceipt`] before the card forgets it |
//!
//! DEBIT FOR UNLOCK carries the number after GREY LOCK has counted it, the PSAM's part the one
//! before; of what is published one source each says so.

mod later;

pub use later::is_grey;

use super::{
    CheckedBy, Fen, Purse, Receipt, Request, Terminal,
    answer::{
        CardFacts, Initialized, LockProof, LockState, Mac4, PsamFacts, Serial, TerminalId,
        sam_grey, two_macs,
    },
    error::{Party, TerminalError},
    host::grey_kind,
    journal::{Open, Stage},
    purchase::{given_up, receipt},
};

/// A purse that is locked and waits to pay, once.
#[derive(PartialEq, Eq, Debug)]
pub struct Locked {
    open: Open,
}

impl Locked {
    /// What it can pay at most.
    #[must_use]
    pub const fn balance(&self) -> Fen {
        self.open.balance
    }
}

/// What a card has paid at another pump, which did not fetch the TAC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForeignReceipt {
    /// The card.
    pub serial: Serial,
    /// Which purse.
    pub purse: Purse,
    /// The number after the transaction.
    pub number: u16,
    /// Balance after it.
    pub balance: Fen,
    /// The terminal that locked it.
    pub terminal: TerminalId,
    /// When it was locked, date and time.
    pub when: [u8; 7],
    /// The card's TAC, for the issuer.
    pub tac: Mac4,
}

/// Where a locked purse was found.
enum Found {
    /// Free: not locked, or unlocked and its TAC fetched.
    Free,
    Locked(LockProof),
    /// Paid.
    TacWaits(Mac4),
}

const fn lock_kind(purse: Purse) -> u8 {
    match purse {
        Purse::Deposit => 0x91,
        Purse::Purse => 0x92,
    }
}

const fn debit_kind(purse: Purse) -> u8 {
    lock_kind(purse) + 2
}

impl Terminal<'_> {
    /// Locks the purse before fuel flows.
    ///
    /// # Errors
    /// [`TerminalError`]: no fuel. What is open is in the journal.
    pub fn lock(&mut self, card: &CardFacts, purse: Purse) -> Result<Locked, TerminalError> {
        self.nothing_is_open()?;
        let psam = self.open_psam()?;
        let mut last = None;
        for attempt in 1..=self.settings.tries {
            match self.lock_once(card, &psam, purse, attempt > 1) {
                Ok(Some(locked)) => return Ok(locked),
                Ok(None) => {}
                Err(error @ TerminalError::Silence { .. }) if self.journal.open().is_none() => {
                    if error.is_silence_of(Party::Psam) {
                        self.open_psam()?;
                    }
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(given_up(self.settings.tries, last))
    }

    fn lock_once(
        &mut self,
        card: &CardFacts,
        psam: &PsamFacts,
        purse: Purse,
        again: bool,
    ) -> Result<Option<Locked>, TerminalError> {
        if again {
            self.open_same_card(card.serial)?;
        }
        self.show_pin_for_lock(purse)?;
        self.fetch_what_waits(card.serial)?;
        let (key, terminal, when) = (psam.key_index, psam.terminal, self.settings.when);
        let initialize = Request::InitializeGreyLock { purse, key, terminal };
        let progress = &mut self.progress;
        let read = Initialized::of_purchase;
        let initialized = self.card.read(&initialize, "15 bytes", progress, read)?;
        let kind = lock_kind(purse);
        let request = Request::SamGreyLock { card: initialized, kind, when, factor: card.factor() };
        let psam = self.psam.as_mut().ok_or(TerminalError::NoPsam("grey lock"))?;
        let expected = "12 bytes, number, random number and MAC1";
        let (terminal_number, random, mac1) =
            psam.read(&request, expected, &mut self.progress, sam_grey)?;
        let open = Open {
            kind,
            purse,
            serial: card.serial,
            key,
            number: initialized.number,
            amount: Fen(0),
            balance: initialized.balance,
            limit: initialized.limit,
            random: initialized.random,
            terminal,
            terminal_number,
            when,
            stage: Stage::InDoubt,
        };
        self.journal.store(open)?;
        let lock = Request::GreyLock { terminal_number, random, when, mac1 };
        let answer = self.complete(&lock, 8)?;
        let mac2 = match answer.as_deref().and_then(two_macs) {
            Some((_, mac2)) => mac2,
            None => match self.find(&open)? {
                Found::Locked(proof) => proof.mac2,
                Found::Free => {
                    self.journal.clear()?;
                    return Ok(None);
                }
                Found::TacWaits(_) => return Err(TerminalError::Open(open.in_words())),
            },
        };
        let open = Open { stage: Stage::Locked, ..open };
        self.journal.store(open)?;
        let checked = self.ask_psam(&Request::SamGreyCheck(mac2));
        checked.map_err(|error| still_locked(&open, error))?;
        Ok(Some(Locked { open }))
    }

    /// So much was delivered: the purse pays it and is unlocked.
    ///
    /// # Errors
    /// [`TerminalError::Order`] for more than there is, and when the journal has another lock;
    /// [`TerminalError`]: it stays locked, and the journal says so;
    /// [`StillLocked`](TerminalError::StillLocked) when the PSAM has lost the lock.
    pub fn pay_locked(&mut self, locked: Locked, amount: Fen) -> Result<Receipt, TerminalError> {
        let Locked { open } = locked;
        if self.journal.open() != Some(&open) {
            return Err(TerminalError::Order {
                what: "the lock to pay",
                expected: format!("the one in the journal, {}", open.in_words()),
                got: self.journal.open().map_or("none".into(), Open::in_words),
            });
        }
        at_most(open.balance, amount)?;
        let open = Open { amount, ..open };
        // The amount first: whatever happens to the PSAM, it is known what was delivered.
        self.journal.store(open)?;
        let request = Request::SamGreyDebit {
            kind: debit_kind(open.purse),
            factor: super::answer::factor_of(open.serial),
            number: open.number,
            amount,
        };
        let data = self.ask_psam(&request).map_err(|error| still_locked(&open, error))?;
        let gmac = *data.first_chunk::<4>().ok_or_else(|| TerminalError::Malformed {
            whom: Party::Psam,
            asked: request.in_words(),
            expected: "4 bytes, GMAC",
            got: hex::encode_upper(&data),
        })?;
        let open = Open { stage: Stage::Delivered(gmac), ..open };
        self.journal.store(open)?;
        self.debit_for_unlock(&open, gmac)
    }

    fn debit_for_unlock(&mut self, open: &Open, gmac: Mac4) -> Result<Receipt, TerminalError> {
        let request = Request::DebitForUnlock {
            purse: open.purse,
            amount: open.amount,
            number: open.number.wrapping_add(1),
            terminal: open.terminal,
            terminal_number: open.terminal_number,
            when: open.when,
            gmac,
        };
        for _ in 0..self.settings.tries {
            let answer = match self.card.ask(&request, &mut self.progress) {
                Ok(answer) if answer.is_ok() => answer.data.first_chunk::<4>().copied(),
                // It stays locked, and the journal stays as it is.
                Ok(answer) if answer.status.sw1() != 0x65 => {
                    return Err(self.card.refused(&request, answer.status));
                }
                Ok(_) => None,
                Err(error) if error.is_silence_of(Party::Card) => None,
                Err(error) => return Err(error),
            };
            let tac = match answer {
                Some(tac) => tac,
                None => match self.find(open)? {
                    Found::TacWaits(tac) => tac,
                    Found::Locked(_) => continue,
                    Found::Free => return Err(self.gone(open)),
                },
            };
            return self.paid_and_unlocked(open, tac);
        }
        Err(TerminalError::InDoubt {
            number: open.number.wrapping_add(1),
            amount: open.amount,
            tries: self.settings.tries,
        })
    }

    /// Keeps the TAC in the journal, so that the card need not.
    fn paid_and_unlocked(&mut self, open: &Open, tac: Mac4) -> Result<Receipt, TerminalError> {
        let open = Open { stage: Stage::Done([0; 4], tac), ..*open };
        self.journal.store(open)?;
        let checked = self.check_unlocked(&open, tac)?;
        match self.card.ask(&Request::GetLockProof(true), &mut self.progress) {
            Err(error) if !error.is_silence_of(Party::Card) => return Err(error),
            // It is fetched before the next lock, else.
            _ => {}
        }
        self.journal.clear()?;
        Ok(checked)
    }

    fn check_unlocked(&mut self, open: &Open, tac: Mac4) -> Result<Receipt, TerminalError> {
        let open = Open { kind: debit_kind(open.purse), ..*open };
        let checked = match self.check_tac(&open, tac) {
            Ok(checked) => checked,
            // The fuel is in the tank and the card has paid: the TAC is the issuer's to check.
            Err(
                TerminalError::Unproven { .. }
                | TerminalError::NoPsam(_)
                | TerminalError::Silence { whom: Party::Psam, .. }
                | TerminalError::Device { whom: Party::Psam, .. },
            ) => CheckedBy::Issuer,
            Err(error) => return Err(error),
        };
        Ok(receipt(&open, tac, checked))
    }

    /// Wakes the same card and asks where its purse stands; bounded tries.
    fn find(&mut self, open: &Open) -> Result<Found, TerminalError> {
        for _ in 0..self.settings.tries {
            match self.find_once(open) {
                Err(error) if error.is_silence_of(Party::Card) => {}
                found => return found,
            }
        }
        Err(TerminalError::InDoubt {
            number: open.number.wrapping_add(1),
            amount: open.amount,
            tries: self.settings.tries,
        })
    }

    fn find_once(&mut self, open: &Open) -> Result<Found, TerminalError> {
        self.open_same_card(open.serial)?;
        self.show_pin_for_lock(open.purse)?;
        let proof = self.lock_proof()?;
        // Of the host's unlock the journal has its own time, no longer the lock's.
        let is_same_time = proof.when == open.when.bytes() || open.kind == grey_kind(open.purse);
        let is_ours = proof.terminal == open.terminal && is_same_time;
        match proof.state {
            LockState::Free => Ok(Found::Free),
            _ if !is_ours => Err(TerminalError::Order {
                what: "the card's lock",
                expected: format!("that of {} at {}", hex::encode_upper(open.terminal), open.when),
                got: format!("that of {}", hex::encode_upper(proof.terminal)),
            }),
            LockState::Locked => Ok(Found::Locked(proof)),
            LockState::TacWaits => Ok(Found::TacWaits(proof.tac)),
        }
    }

    fn lock_proof(&mut self) -> Result<LockProof, TerminalError> {
        let request = Request::GetLockProof(false);
        self.card.read(&request, "30 bytes", &mut self.progress, LockProof::of)
    }

    /// A TAC that another pump did not fetch: the purse cannot be locked before.
    fn fetch_what_waits(&mut self, serial: Serial) -> Result<(), TerminalError> {
        let proof = self.lock_proof()?;
        if proof.state != LockState::TacWaits {
            return Ok(());
        }
        let foreign = ForeignReceipt {
            serial,
            purse: if proof.purse == 1 { Purse::Deposit } else { Purse::Purse },
            number: proof.offline,
            balance: proof.balance,
            terminal: proof.terminal,
            when: proof.when,
            tac: proof.tac,
        };
        if !self.foreign.contains(&foreign) {
            self.foreign.push(foreign);
        }
        let what = "keep the TAC that waits on the card";
        self.tell(Party::Terminal, what, hex::encode_upper(proof.tac));
        self.card.get(&Request::GetLockProof(true), &mut self.progress).map(drop)
    }

    /// What cards had paid at other pumps and these did not fetch, for the issuer.
    #[must_use]
    pub fn foreign_receipts(&self) -> &[ForeignReceipt] {
        &self.foreign
    }

    /// Cards differ in whether the lock needs the PIN: it is shown when there is one.
    fn show_pin_for_lock(&mut self, purse: Purse) -> Result<(), TerminalError> {
        match self.settings.pin {
            None if purse == Purse::Purse => Ok(()),
            _ => self.show_pin(),
        }
    }

    fn gone(&self, open: &Open) -> TerminalError {
        TerminalError::Overtaken {
            number: open.number.wrapping_add(1),
            now: open.number.wrapping_add(1),
            log: ": its purse is not locked any more",
        }
    }
}

fn at_most(balance: Fen, amount: Fen) -> Result<(), TerminalError> {
    if amount <= balance {
        return Ok(());
    }
    Err(TerminalError::Order {
        what: "the amount of a locked purse",
        expected: format!("at most the {balance} in it"),
        got: amount.to_string(),
    })
}

/// A PSAM that has lost power, and with it the lock, cannot unlock any more.
fn still_locked(open: &Open, error: TerminalError) -> TerminalError {
    let has_lost_it = match &error {
        TerminalError::Silence { .. } => true,
        TerminalError::Refused { status, .. } => matches!(status.0, 0x6901 | 0x6985),
        _ => false,
    };
    match has_lost_it {
        true => TerminalError::StillLocked { balance: open.balance, amount: open.amount },
        false => error,
    }
}

//! Requests and their answers in words, for whoever knows no APDU.

use super::{
    Answer, Fen, Request,
    answer::{
        CardFacts, GreyInitialized, Initialized, LockProof, LockState, LogRecord, sam_grey,
        two_macs,
    },
    request::{Record, RecordUpdate},
    ride::BusRecord,
    toll::TollRecord,
    transaction::{Kind, type_in_words},
};
use tessera_framework::StatusWord;

impl Request {
    /// What is asked.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::SelectRoot => "open the root directory".into(),
            Self::SelectName(name) => format!("open the application {}", name_in_words(name)),
            Self::SelectDirectory(fid) => format!("open the directory {fid:04X}"),
            Self::ReadFile { sfi: 0x15, .. } => "tell what it is".into(),
            Self::ReadFile { sfi: 0x16, bytes: 0x06 } => "tell which terminal it is in".into(),
            Self::ReadFile { sfi: 0x16, .. } => "tell who holds it".into(),
            Self::ReadFile { sfi: 0x17, .. } => "tell for which purchase key it is".into(),
            Self::ReadFile { sfi, .. } => format!("read file {sfi:02X}"),
            Self::ReadRecord { sfi: 0x18, record, .. } => format!("read {record} of the log"),
            Self::ReadRecord { sfi, record, .. } => format!("read {record} of file {sfi:02X}"),
            Self::Verify(_) => "show the holder's PIN".into(),
            Self::GetChallenge => "give a random number".into(),
            Self::Authenticate { key, .. } => {
                format!("prove to it that the terminal knows key {key:02X}")
            }
            Self::Initialize { kind: Kind::Overdraft, purse, .. } => {
                format!("prepare a {} of the {purse}", Kind::Overdraft)
            }
            Self::Initialize { kind, purse, amount, .. } => {
                let article = if *kind == Kind::Unload { "an" } else { "a" };
                format!("prepare {article} {kind} of {amount} with the {purse}")
            }
            Self::Credit(..) => "add the amount".into(),
            Self::Debit { .. } => "pay".into(),
            Self::DebitForUnload(..) => "give the amount back".into(),
            Self::UpdateLimit(limit, ..) => format!("set the overdraft limit to {limit}"),
            Self::UpdateCache(RecordUpdate { sfi, record, .. }) => {
                format!("write {record} of file {sfi:02X} when it pays")
            }
            Self::GetProof { kind, number } => {
                format!("prove number {number}, {}", type_in_words(*kind))
            }
            Self::GetBalance(purse) => format!("tell the balance of the {purse}"),
            Self::InitializeGreyLock { purse, .. } => format!("prepare to lock the {purse}"),
            Self::GreyLock { .. } => "lock until it is paid".into(),
            Self::DebitForUnlock { amount, .. } => format!("pay {amount} and unlock"),
            Self::InitializeGreyUnlock { purse, .. } => {
                format!("prepare to unlock the {purse} for the host")
            }
            Self::GreyUnlock(amount, ..) => format!("pay {amount} to the host and unlock"),
            Self::GetLockProof(false) => "tell whether it is locked".into(),
            Self::GetLockProof(true) => "forget the TAC, which is fetched".into(),
            _ => self.of_psam_in_words(),
        }
    }

    fn of_psam_in_words(&self) -> String {
        match self {
            Self::SamPurchase { amount, .. } => format!("ask the card for {amount}"),
            Self::SamCredit(_) => "agree that the card has paid (MAC2)".into(),
            Self::SamKey { usage, version, .. } => {
                format!("derive the card's key from {usage:02X}/{version:02X}")
            }
            Self::SamCipher { mode: 0x00, .. } => "encrypt with it".into(),
            Self::SamCipher { .. } => "make a MAC with it".into(),
            Self::SamGreyLock { .. } => "ask the card to be locked".into(),
            Self::SamGreyCheck(_) => "agree that the card is locked (MAC2)".into(),
            Self::SamGreyDebit { amount, .. } => {
                format!("ask the locked card for {amount}")
            }
            _ => String::new(),
        }
    }

    /// What an answer to this says.
    #[must_use]
    pub fn answer_in_words(&self, answer: &Answer) -> String {
        if answer.status.0 == 0x9406 {
            return "no: 9406, not done, or a later one has followed".into();
        }
        if !answer.is_ok() {
            return format!("refused: {}", status_in_words(answer.status));
        }
        self.data_in_words(&answer.data).unwrap_or_else(|| "done".into())
    }

    fn data_in_words(&self, data: &[u8]) -> Option<String> {
        Some(match self {
            Self::Initialize { kind, .. } => initialized_in_words(&Initialized::of(*kind, data)?),
            Self::InitializeGreyLock { .. } => {
                initialized_in_words(&Initialized::of_purchase(data)?)
            }
            Self::InitializeGreyUnlock { .. } => {
                let read = GreyInitialized::of(data)?;
                format!("balance {}, number {}", read.balance, read.online)
            }
            Self::GetBalance(_) => {
                let bytes = <[u8; 4]>::try_from(data).ok()?;
                Fen(u32::from_be_bytes(bytes)).to_string()
            }
            Self::Debit { .. } => macs_in_words("paid: TAC", "MAC2", data)?,
            Self::GetProof { .. } => macs_in_words("done: MAC", "TAC", data)?,
            Self::GreyLock { .. } => macs_in_words("locked: GTAC", "MAC2", data)?,
            Self::Credit(..) | Self::UpdateLimit(..) | Self::DebitForUnlock { .. } => {
                format!("done: TAC {}", hex::encode_upper(data))
            }
            Self::DebitForUnload(..) | Self::GreyUnlock(..) => {
                format!("done: MAC3 {}", hex::encode_upper(data))
            }
            Self::GetLockProof(false) => lock_in_words(&LockProof::of(data)?),
            Self::SamPurchase { .. } => {
                let (number, mac1) = two_macs(data)?;
                terminal_in_words(number, mac1)
            }
            Self::SamGreyLock { .. } => {
                let (number, _, mac1) = sam_grey(data)?;
                terminal_in_words(number, mac1)
            }
            Self::SamGreyDebit { .. } => format!("GMAC {}", hex::encode_upper(data)),
            Self::SamCredit(_) | Self::SamGreyCheck(_) => "yes".into(),
            Self::SamCipher { .. } => hex::encode_upper(data),
            _ => return self.file_in_words(data),
        })
    }

    fn file_in_words(&self, data: &[u8]) -> Option<String> {
        Some(match self {
            Self::SelectName(_) | Self::SelectDirectory(_) | Self::SelectRoot => {
                match CardFacts::of_control_information(data) {
                    Some(facts) => format!("serial number {}", hex::encode_upper(facts.serial)),
                    None => "opened".into(),
                }
            }
            Self::ReadFile { sfi: 0x15, bytes: 0x1E } => {
                let facts = CardFacts::of(data)?;
                let [issuer, start, expiry] = [&facts.issuer[..], &facts.start, &facts.expiry];
                let [issuer, start, expiry] = [issuer, start, expiry].map(hex::encode_upper);
                format!("issuer {issuer}, valid {start} to {expiry}")
            }
            Self::ReadFile { sfi: 0x15, .. } => {
                format!("serial number {}", hex::encode_upper(data.first_chunk::<10>()?))
            }
            Self::ReadFile { sfi: 0x16, bytes: 0x06 } => {
                format!("terminal {}", hex::encode_upper(data))
            }
            Self::ReadFile { sfi: 0x16, .. } => format!("a card of type {}", data.first()?),
            Self::ReadFile { sfi: 0x17, .. } => format!("key {:02X}", data.first()?),
            Self::ReadRecord { sfi: 0x18, .. } => match LogRecord::of(data) {
                Some(record) => log_in_words(&record),
                None => "nothing there".into(),
            },
            Self::ReadRecord { record: Record::Id(0x09), .. } => {
                BusRecord::of(data).map_or_else(|_| hex::encode_upper(data), |read| read.in_words())
            }
            Self::ReadRecord { record: Record::Id(0xAA), .. } => TollRecord::of(data)
                .map_or_else(|_| hex::encode_upper(data), |read| read.in_words()),
            Self::ReadFile { .. } | Self::ReadRecord { .. } => hex::encode_upper(data),
            _ => return None,
        })
    }
}

fn macs_in_words(one: &str, other: &str, data: &[u8]) -> Option<String> {
    let (first, second) = two_macs(data)?;
    Some(format!("{one} {}, {other} {}", hex::encode_upper(first), hex::encode_upper(second)))
}

fn terminal_in_words(number: [u8; 4], mac1: [u8; 4]) -> String {
    let number = u32::from_be_bytes(number);
    format!("terminal transaction {number}, MAC1 {}", hex::encode_upper(mac1))
}

impl std::fmt::Debug for Request {
    /// In words: a PIN is not among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_words())
    }
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "record {number}"),
            Self::Id(id) => write!(f, "record {id:02X}"),
            Self::Append => write!(f, "a new record"),
        }
    }
}

/// A record of the log in words.
#[must_use]
pub fn log_in_words(record: &LogRecord) -> String {
    format!(
        "number {:5}  {}  {:>12}  {}, terminal {}",
        record.number,
        record.when_in_words(),
        match record.kind {
            0x07 => record.limit.to_string(),
            _ => record.amount.to_string(),
        },
        type_in_words(record.kind),
        hex::encode_upper(record.terminal),
    )
}

fn initialized_in_words(read: &Initialized) -> String {
    format!("balance {}, number {}", read.balance, read.number)
}

fn lock_in_words(proof: &LockProof) -> String {
    let terminal = hex::encode_upper(proof.terminal);
    match proof.state {
        LockState::Free => "no".into(),
        LockState::Locked => format!("yes, by terminal {terminal}, number {}", proof.offline),
        LockState::TacWaits => format!("paid, and its TAC waits: {}", hex::encode_upper(proof.tac)),
    }
}

fn name_in_words(name: &[u8]) -> String {
    if name.iter().all(u8::is_ascii_graphic) {
        return String::from_utf8_lossy(name).into_owned();
    }
    hex::encode_upper(name)
}

/// A status word of a purse or a PSAM.
#[must_use]
pub fn status_in_words(status: StatusWord) -> String {
    let words = match status.0 {
        0x6A81 => "the card or the application is blocked",
        0x6901 => "not expected at this point",
        0x6983 => "blocked after too many tries",
        0x9302 => "the MAC does not fit",
        0x9303 => "the application is locked for ever",
        0x9401 => "the amount is more than there is",
        0x9402 => "the counter is at its end",
        0x9403 => "there is no such key",
        0x9406 => "not done, or a later transaction has followed",
        0x9481 => "a statement is due: it has to be printed first",
        0x9483 => "more than the limits allow",
        0x9484 => "the year of the account is another",
        0x9485 => "not at this place",
        0x9486 => "the account is frozen on the card",
        0x9487 => "the order is done already",
        0x9488 => "the entry is not on the card",
        0x9489 => "the entry was taken back before",
        0x948A => "reconcile first",
        0x948B => "the figures differ",
        0x948C => "the holder is not entitled to it",
        sw if sw & 0xFFF0 == 0x63C0 => {
            return format!("{:04X} wrong, {} tries left", status.0, sw & 15);
        }
        _ => return status.to_string(),
    };
    format!("{:04X} {words}", status.0)
}

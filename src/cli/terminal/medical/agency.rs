//! The agency of the insurance: status, opening, credits, loss, and the authority's books.

use tessera::terminal::{
    Fen, Pin,
    medical::{
        Authority, MedicalError, Station,
        agency::STATUS_ITEM,
        answer::State,
        authority::order::{Order, Reason},
        contact::Met,
        identity::Identity,
    },
};

use super::{Files, report};
use crate::cli::{Failure, say};

/// What an agency does.
#[derive(clap::Subcommand)]
pub(in crate::cli::terminal) enum Agency {
    /// Update the holder's status (item 29) by the terminal's own key
    Status(Status),
    /// Open the account on a card, or take the account of a card that was made open into the books
    Open(Amount),
    /// Credit an amount, as after the employer's payment of the month
    Credit(Amount),
    /// Take a settlement back
    Refund(Entry),
    /// Book a difference onto the card, or off it
    Adjust(Difference),
    /// The holder reports the loss of the card
    Lost(Lost),
    /// The card was found
    Found(FilesOnly),
    /// Load a new PIN for one that is forgotten, the holder's identity card at hand
    Pin(NewPin),
    /// Take an order out that the card has not carried out
    Cancel(Cancelled),
    /// Let the card meet its authority: orders, year, limits
    Contact(FilesOnly),
    /// Close the account
    Close(FilesOnly),
    /// Print the books: accounts, orders, what is in suspense
    Books(FilesOnly),
    /// Print a deny list for terminals
    DenyList(FilesOnly),
}

/// Nothing but files.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct FilesOnly {
    #[command(flatten)]
    files: Files,
}

/// A status.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct Status {
    /// The code, such as 1
    #[arg(long, value_name = "DIGIT")]
    set: char,
    #[command(flatten)]
    files: Files,
}

/// An amount.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct Amount {
    /// Yuan and fen, such as 500.00
    #[arg(long, short, value_name = "YUAN", allow_negative_numbers = true, default_value = "0")]
    amount: Fen,
    #[command(flatten)]
    files: Files,
}

/// A difference.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct Difference {
    /// Yuan and fen
    #[arg(long, short, value_name = "YUAN", allow_negative_numbers = true)]
    amount: Fen,
    /// Off the card; else onto it
    #[arg(long)]
    minus: bool,
    #[command(flatten)]
    files: Files,
}

/// An order that is taken out.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct Cancelled {
    /// Its number, as `agency books` prints it
    #[arg(long, value_name = "N")]
    order: u32,
    #[command(flatten)]
    files: Files,
}

/// An entry.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct Entry {
    /// Its sequence, as the receipt has it
    #[arg(long, value_name = "N")]
    entry: u32,
    #[command(flatten)]
    files: Files,
}

/// A new PIN.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct NewPin {
    /// Number of the identity card that was shown
    #[arg(long, value_name = "NUMBER")]
    id: String,
    /// The new PIN, in digits; else the tries of the old one come back
    #[arg(long, value_name = "DIGITS")]
    new: Option<String>,
    #[command(flatten)]
    files: Files,
}

/// A loss.
#[derive(clap::Args)]
pub(in crate::cli::terminal) struct Lost {
    /// In writing: the account is frozen; else by telephone: it is held
    #[arg(long)]
    written: bool,
    /// Number of the card; else that of the card in the reader
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    #[command(flatten)]
    files: Files,
}

impl Agency {
    pub(super) fn files(&self) -> &Files {
        match self {
            Self::Status(status) => &status.files,
            Self::Open(amount) | Self::Credit(amount) => &amount.files,
            Self::Refund(entry) => &entry.files,
            Self::Adjust(difference) => &difference.files,
            Self::Lost(lost) => &lost.files,
            Self::Pin(pin) => &pin.files,
            Self::Cancel(cancelled) => &cancelled.files,
            Self::Found(FilesOnly { files })
            | Self::Contact(FilesOnly { files })
            | Self::Close(FilesOnly { files })
            | Self::Books(FilesOnly { files })
            | Self::DenyList(FilesOnly { files }) => files,
        }
    }

    pub(super) fn run(
        &self,
        station: &mut Station<'_>,
        authority: &mut Authority,
    ) -> Result<bool, Failure> {
        match self {
            Self::Status(status) => {
                let identity = station.identify()?;
                station.open_psam()?;
                let value = [u8::try_from(status.set)?];
                station.update_item(&identity.card, &STATUS_ITEM, &value)?;
                say(&format!("\n{}: status {}", identity.name, status.set));
            }
            Self::Open(Amount { amount, .. }) => {
                let (identity, met) = open(station, authority, *amount)?;
                report::met(&identity, &met);
            }
            Self::Credit(Amount { amount, .. }) => {
                ordered(station, authority, Some(Order::Credit { fen: amount.0 }))?;
            }
            Self::Refund(Entry { entry, .. }) => {
                ordered(station, authority, Some(Order::Refund { sequence: *entry }))?;
            }
            Self::Adjust(Difference { amount, minus, .. }) => {
                ordered(station, authority, Some(Order::Adjust { plus: !minus, fen: amount.0 }))?;
            }
            Self::Cancel(Cancelled { order, .. }) => {
                let identity = station.identify()?;
                let ordered = authority.cancel(&identity.card, *order)?;
                say(&format!("\norder {order} is taken out: {}", ordered.order.in_words()));
            }
            Self::Close(_) => ordered(station, authority, Some(Order::Close))?,
            Self::Contact(_) => ordered(station, authority, None)?,
            Self::Lost(lost) => lose(lost, station, authority)?,
            Self::Found(_) => {
                let identity = station.identify()?;
                authority.found(&identity.card)?;
                ordered(station, authority, None)?;
            }
            Self::Pin(NewPin { id, new, .. }) => {
                let identity = station.identify()?;
                station.open_psam()?;
                let new = new.as_deref().map(Pin::parse).transpose()?;
                station.reload_pin(authority, &identity, id, new.as_ref())?;
                let what = if new.is_some() { "a new PIN" } else { "all tries of the PIN" };
                say(&format!("\n{} has {what}", identity.name));
            }
            Self::Books(_) => report::books(authority),
            Self::DenyList(_) => {
                say(authority.deny_list(1, &station.settings.when).trim_end());
            }
        }
        Ok(true)
    }
}

/// Opens the account on a card; that of a card which was made open is taken into the books.
pub(super) fn open(
    station: &mut Station<'_>,
    authority: &mut Authority,
    amount: Fen,
) -> Result<(Identity, Met), Failure> {
    let identity = station.identify()?;
    let psam = station.open_psam()?;
    // Nothing a card tells is taken into the books before it has proved to be the issuer's.
    station.authenticate_card(&identity.card)?;
    let (_, status) = station.open_ledger()?;
    let when = station.settings.when;
    let mut asn = None;
    match status.state {
        State::New => asn = Some(authority.open(&identity, amount, &when)?.asn),
        _ => {
            let (_, status, figures) = station.enquire()?;
            authority.register(&identity, figures.balance, status.sequence, &when)?;
            authority.asn_is(&identity.card, figures.asn)?;
            station.identify()?;
            station.open_psam()?;
        }
    }
    let met = station.meet(authority, &identity.card, psam.terminal);
    let met = met.map_err(|error| left_open(error, authority, &identity, asn))?;
    Ok((identity, met))
}

/// An order that was given is still open: to order it again would do it twice.
#[derive(Debug, thiserror::Error)]
#[error(
    "order {asn} stays open in the books: `agency contact` carries it out, do not order it again \
     (`agency cancel --order {asn}` takes it out); {why}"
)]
pub(super) struct StaysOpen {
    asn: u32,
    why: MedicalError,
}

fn left_open(
    why: MedicalError,
    authority: &Authority,
    identity: &Identity,
    asn: Option<u32>,
) -> Failure {
    let account = authority.account(&identity.card).ok();
    let is_open = |asn: &u32| {
        account.is_some_and(|account| account.order.iter().any(|order| order.asn == *asn))
    };
    match asn.filter(is_open) {
        Some(asn) => StaysOpen { asn, why }.into(),
        None => why.into(),
    }
}

/// Gives an order, if there is one, and lets the card carry out all that there are.
fn ordered(
    station: &mut Station<'_>,
    authority: &mut Authority,
    order: Option<Order>,
) -> Result<(), Failure> {
    let identity = station.identify()?;
    let psam = station.open_psam()?;
    station.authenticate_card(&identity.card)?;
    let asn = order.map(|order| authority.order(&identity.card, order)).transpose()?;
    let asn = asn.map(|ordered| ordered.asn);
    let met = station.meet(authority, &identity.card, psam.terminal);
    let met = met.map_err(|error| left_open(error, authority, &identity, asn))?;
    report::met(&identity, &met);
    match met.refused {
        Some((asn, word)) => {
            Err(format!("the card refuses order {asn} for good ({word:04X}); it is taken out")
                .into())
        }
        None => Ok(()),
    }
}

/// The card need not be there: that is the point of it.
fn lose(lost: &Lost, station: &mut Station<'_>, authority: &mut Authority) -> Result<(), Failure> {
    let reason = if lost.written { Reason::Written } else { Reason::Telephone };
    let card = match &lost.number {
        Some(number) => {
            let account = authority.books().account.get(number);
            account.ok_or_else(|| format!("no account has card {number}"))?.card.clone()
        }
        None => station.identify()?.card,
    };
    authority.lost(&card, station.settings.when, reason)?;
    let what = if lost.written { "frozen" } else { "held" };
    say(&format!("\nthe account of card {} is {what} ({})", card.number, reason.in_words()));
    Ok(())
}

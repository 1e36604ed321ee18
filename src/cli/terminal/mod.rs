//! `tessera terminal`: what a terminal does with a purse and a PSAM, a line for each step.
//!
//! | module | what it answers |
//! |---|---|
//! | [`place`] | which card and which PSAM, and what they are reached through |
//! | [`services`] | bus, toll road, fuel pump, proof |
//! | [`medical`] | clinic, pharmacy, enquiry terminal and agency |
//! | [`report`] | what is printed |

pub(super) mod medical;
pub(super) mod place;
pub(super) mod report;
mod services;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use tessera::terminal::{
    Fen, Host, HostKeys, Journal, Kind, Moment, Party, Pin, Purse, Sale, Settings, Step,
    Terminal as Desk, TerminalError, grey::is_grey, online::OnlineOrder, recover::Recovered,
};

use self::place::{Place, Places};
use super::{Failure, Outcome, print_failure, say};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, or an error, and nothing is open
  2  the command line cannot be read
  3  refused, or an error, and a transaction stays open, or is booked on the card and not
     confirmed: what it is and where it is kept is said
  4  not done (recover, unlock), or no proof of it (proof)";

/// The transaction that is open, or the unlock of a purse, was not done; there is no proof.
const NOT_DONE: u8 = 4;
/// A transaction stays open.
const OPEN: u8 = 3;

/// Do what a terminal does with a purse (PBOC ED/EP) or a social-security card, and a PSAM: a line
/// for each step.
///
/// Card and PSAM are new ones of a profile, images, or in PC/SC readers. The terminal speaks
/// commands only; --apdu shows them. A transaction that is interrupted is recovered by itself.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Terminal {
    #[command(subcommand)]
    order: Order,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    setting: Setting,
}

/// What is the same for all of them.
#[derive(clap::Args)]
struct Setting {
    /// The holder's PIN, in digits
    #[arg(long, global = true, value_name = "DIGITS")]
    pin: Option<String>,
    /// The deposit (ED, with the PIN) instead of the purse (EP)
    #[arg(long, global = true)]
    ed: bool,
    /// The issuer's master keys, a line each: `TYPE/ID = HEX`, of the medical account
    /// `LABEL = HEX`; else the public test keys
    #[arg(long, global = true, value_name = "FILE")]
    host_keys: Option<PathBuf>,
    /// Keep an open transaction in this file, so that it can be recovered by a later call
    #[arg(long, global = true, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Date of the transaction; else today (UTC)
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Time of the transaction; else now (UTC)
    #[arg(long, global = true, value_name = "HH:MM:SS")]
    time: Option<String>,
    /// Levels by which the PSAM derives its purchase key: 2 with the issuer's number
    #[arg(long, global = true, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(1..=2))]
    levels: u8,
    /// Name of the card's application, in hexadecimal; else that of the PBOC purse
    #[arg(long, global = true, value_name = "HEX")]
    application: Option<String>,
    /// Directory of the PSAM's application, in hexadecimal
    #[arg(long, global = true, value_name = "FID", default_value = "1001")]
    psam_application: String,
    /// Index of the card's keys for load, unload, overdraft limit and grey unlock
    #[arg(long, global = true, value_name = "N", default_value_t = 1)]
    online_key: u8,
    /// Print no steps, only what came of it
    #[arg(long, short, global = true)]
    quiet: bool,
}

impl Setting {
    fn has_what_is_of_purses(&self) -> bool {
        let Self { ed, levels, application, psam_application, online_key, .. } = self;
        *ed || application.is_some()
            || (*levels, *online_key, psam_application.as_str()) != (1, 1, "1001")
    }

    /// The moment: as told, else now.
    fn when(&self) -> Result<Moment, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let now = Moment::from_unix(now).map_or_else(String::new, |now| now.to_string());
        let (date, time) = now.split_once(' ').unwrap_or_default();
        let date = self.date.as_deref().unwrap_or(date);
        let time = self.time.as_deref().unwrap_or(time);
        Ok(Moment::parse(date, time)?)
    }
}

/// What the terminal is to do.
#[derive(clap::Subcommand)]
enum Order {
    /// Load an amount, the issuer's host at hand
    Load(Amount),
    /// Pay
    Purchase(Amount),
    /// Draw cash from the deposit
    Cash(Amount),
    /// Give money back from the deposit to the issuer
    Unload(Amount),
    /// Set the overdraft limit of the deposit
    Overdraft(Amount),
    /// Tell the balances
    Balance,
    /// Tell the last transactions, the newest first
    Log,
    /// Tell the card's proof of a transaction
    Proof(services::Proof),
    /// A bus ride: get on, get off and pay by the tariff
    Ride(services::Ride),
    /// A toll road: drive in, drive out and pay by the kilometre
    Toll(services::Toll),
    /// Fuel: the purse is locked, fuel flows, the amount is paid and the purse unlocked
    Fuel(services::Fuel),
    /// Unlock a purse that a pump has locked and could not unlock, as the journal says
    Unlock(Meter),
    /// Settle the transaction that is open in the journal
    Recover,
    /// A clinic: settle a visit with the medical account of a social-security card
    #[command(subcommand, after_help = EXIT_CODES)]
    Clinic(medical::Clinic),
    /// A pharmacy: the same for class 6, without the network too
    #[command(subcommand, after_help = EXIT_CODES)]
    Pharmacy(medical::Clinic),
    /// An enquiry terminal: own data, balance, statement, PIN
    #[command(subcommand)]
    Kiosk(medical::Kiosk),
    /// The insurance's agency: status, opening, credits, loss, books
    #[command(subcommand)]
    Agency(medical::Agency),
}

/// An amount of money.
#[derive(clap::Args)]
struct Amount {
    /// Yuan and fen, such as 12.50
    #[arg(long, short, value_name = "YUAN", allow_negative_numbers = true)]
    amount: Fen,
}

/// What was delivered.
#[derive(clap::Args)]
struct Meter {
    /// What the pump's meter shows, yuan; left out where the journal knows it, and refused where
    /// it knows another
    #[arg(long, short, value_name = "YUAN", allow_negative_numbers = true)]
    amount: Option<Fen>,
}

/// The PIN of the built-in cards, for --demo.
const DEMO_PIN: &str = "123456";
/// What is loaded for --demo.
const DEMO_LOAD: Fen = Fen(10_000);

impl Terminal {
    pub(crate) fn run(self) -> Outcome {
        self.agrees()?;
        if let Some(order) = medical::Order::of(&self.order) {
            return medical::run(&order, &self.places, &self.setting);
        }
        let mut settings = self.settings()?;
        let mut place = Place::open(&self.places, ("purse", "psam"))?;
        let mut host = Host::new(self.host_keys()?);
        if self.places.demo {
            settings.pin.get_or_insert(Pin::parse(DEMO_PIN)?);
            self.load_for_demo(&mut place, &mut host, &settings)?;
        }
        let quiet = self.setting.quiet;
        let progress = Box::new(move |step: &Step| {
            if !quiet {
                say(&report::step(step));
            }
        });
        let journal = match &self.setting.journal {
            Some(path) => Journal::in_file(path)?,
            None => Journal::in_memory(),
        };
        place.arm();
        let (card, psam) = place.both();
        let mut desk = Desk::new(card, settings, progress).with_journal(journal);
        if let Some(psam) = psam {
            desk = desk.with_psam(psam);
        }
        let done = self.obey(&mut desk, &mut host);
        report::foreign(desk.foreign_receipts());
        match (done, desk.journal().open()) {
            (Ok(done), _) => Ok(ExitCode::from(if done { 0 } else { NOT_DONE })),
            (Err(error), None) => Err(self.with_hint(error)),
            (Err(error), Some(open)) => {
                let kept = match &self.setting.journal {
                    Some(path) => format!("it is kept in {}", path.display()),
                    None => "it is kept nowhere, for there is no --journal".into(),
                };
                eprintln!("tessera: open: {}; {kept}", open.in_words());
                print_failure(error.as_ref());
                Ok(ExitCode::from(OPEN))
            }
        }
    }

    /// What cannot go well with these arguments, before a card is made or woken.
    fn agrees(&self) -> Result<(), Failure> {
        let is_medical = medical::Order::of(&self.order).is_some();
        if is_medical && self.setting.has_what_is_of_purses() {
            return Err(
                "--ed, --levels, --application, --psam-application, --online-key: expected \
                        none of them with a social-security card, for they are of purses"
                    .into(),
            );
        }
        if self.setting.journal.is_some() && !self.places.card_is_kept() && !is_medical {
            return Err("--journal: expected --card-image or --reader with it, for a transaction \
                        is open with one card; got a new card, which knows nothing of it"
                .into());
        }
        if self.setting.ed && matches!(self.order, Order::Ride(_) | Order::Toll(_)) {
            return Err("--ed: expected the purse, for bus and toll road are paid with it alone; \
                        got the deposit"
                .into());
        }
        Ok(())
    }

    /// A card that is new and was not loaded has nothing to pay with.
    fn with_hint(&self, error: Failure) -> Failure {
        let is_empty = matches!(
            error.downcast_ref(),
            Some(TerminalError::Refused { whom: Party::Card, status, .. }) if status.0 == 0x9401
        );
        if is_empty && self.places.card_is_new() {
            return format!(
                "{error}; the card is new and empty: --demo loads it first, or keep it \
                            with --card-image and `load`"
            )
            .into();
        }
        error
    }

    /// False: it was not done, or there is no proof of it.
    fn obey(&self, desk: &mut Desk<'_>, host: &mut Host) -> Result<bool, Failure> {
        match &self.order {
            Order::Load(Amount { amount }) => self.online(desk, host, Kind::Load, *amount)?,
            Order::Unload(Amount { amount }) => self.online(desk, host, Kind::Unload, *amount)?,
            Order::Overdraft(Amount { amount }) => {
                self.online(desk, host, Kind::Overdraft, *amount)?;
            }
            Order::Purchase(Amount { amount }) => {
                self.pay(desk, &Sale::of(self.purse(), *amount))?;
            }
            Order::Cash(Amount { amount }) => {
                let sale = Sale::of(Purse::Deposit, *amount);
                self.pay(desk, &Sale { kind: Kind::Cash, ..sale })?;
            }
            Order::Balance => self.balance(desk)?,
            Order::Log => {
                desk.open_card()?;
                if desk.settings.pin.is_some() {
                    // Of standard cards the log is read with the PIN.
                    desk.show_pin()?;
                }
                let log = desk.log()?;
                report::log(&log);
            }
            Order::Proof(proof) => return proof.run(desk, self.purse()),
            Order::Ride(ride) => ride.run(desk)?,
            Order::Toll(toll) => toll.run(desk)?,
            Order::Fuel(fuel) => fuel.run(desk, host, self.purse())?,
            Order::Unlock(Meter { amount }) => return services::unlock(desk, host, *amount),
            Order::Recover => return recover(desk, host),
            // They have run already, without a purse.
            Order::Clinic(_) | Order::Pharmacy(_) | Order::Kiosk(_) | Order::Agency(_) => {}
        }
        Ok(true)
    }

    fn purse(&self) -> Purse {
        if self.setting.ed { Purse::Deposit } else { Purse::Purse }
    }

    fn pay(&self, desk: &mut Desk<'_>, sale: &Sale) -> Result<(), Failure> {
        let card = desk.open_card()?;
        let receipt = desk.purchase(&card, sale)?;
        report::receipt(&receipt);
        Ok(())
    }

    fn online(
        &self,
        desk: &mut Desk<'_>,
        host: &mut Host,
        kind: Kind,
        amount: Fen,
    ) -> Result<(), Failure> {
        let purse = if kind == Kind::Load { self.purse() } else { Purse::Deposit };
        let card = desk.open_card()?;
        let booked = desk.online(&card, host, OnlineOrder { kind, purse, amount })?;
        report::booked(kind, &booked);
        Ok(())
    }

    /// Of the deposit only with a PIN.
    fn balance(&self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        desk.open_card()?;
        let mut purses = Vec::new();
        if !self.setting.ed {
            purses.push((Purse::Purse, desk.balance(Purse::Purse)?));
        }
        if self.setting.ed || desk.settings.pin.is_some() {
            purses.push((Purse::Deposit, desk.balance(Purse::Deposit)?));
        }
        say("");
        for (purse, balance) in purses {
            report::balance(purse, balance);
        }
        Ok(())
    }

    fn load_for_demo(
        &self,
        place: &mut Place,
        host: &mut Host,
        settings: &Settings,
    ) -> Result<(), Failure> {
        let mut desk = Desk::new(place.both().0, settings.clone(), Box::new(|_| {}));
        let card = desk.open_card()?;
        for purse in [Purse::Purse, Purse::Deposit] {
            desk.online(&card, host, OnlineOrder { kind: Kind::Load, purse, amount: DEMO_LOAD })?;
        }
        say(&format!("a new card with {DEMO_LOAD} yuan in purse and deposit each, a new PSAM\n"));
        Ok(())
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let mut settings = Settings::usual(self.setting.when()?);
        settings.pin = self.setting.pin.as_deref().map(Pin::parse).transpose()?;
        settings.levels = self.setting.levels;
        settings.online_key = self.setting.online_key;
        let Setting { application, psam_application, .. } = &self.setting;
        if let Some(name) = application {
            let bytes = hex::decode(name).ok().filter(|bytes| (5..=16).contains(&bytes.len()));
            settings.application = bytes.ok_or_else(|| {
                format!("--application: expected 5 to 16 bytes in hexadecimal, got {name:?}")
            })?;
        }
        settings.psam_directory = u16::from_str_radix(psam_application, 16).map_err(|_| {
            format!("--psam-application: expected four digits, got {psam_application:?}")
        })?;
        Ok(settings)
    }

    fn host_keys(&self) -> Result<HostKeys, Failure> {
        let Some(path) = &self.setting.host_keys else { return Ok(HostKeys::public()) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        Ok(HostKeys::parse(&name, &text)?)
    }
}

fn recover(desk: &mut Desk<'_>, host: &mut Host) -> Result<bool, Failure> {
    if desk.journal().open().is_some_and(is_grey) {
        return services::unlock(desk, host, None);
    }
    match desk.recover(host)? {
        Recovered::NothingOpen => say("nothing is open"),
        Recovered::NotDone(open) => {
            say(&format!("not done: {}", open.in_words()));
            return Ok(false);
        }
        Recovered::Paid(receipt) => report::receipt(&receipt),
        Recovered::Done(open) => {
            desk.book(host, &open)?;
            say(&format!("done and booked: {}", open.in_words()));
        }
    }
    Ok(true)
}

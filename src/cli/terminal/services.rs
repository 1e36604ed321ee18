//! The terminals of a bus, a toll road and a fuel pump, and the proof of a transaction.

use std::path::{Path, PathBuf};

use tessera::terminal::{
    Fen, Host, Party, Purse, Tariff, Terminal as Desk, TerminalError, ride::Stop,
    tariff::TariffError, toll::Gate,
};

use super::report;
use crate::cli::{Failure, say};

/// What proof is wanted.
#[derive(clap::Args)]
pub(super) struct Proof {
    /// Type byte: 01 and 02 load, 03 unload, 05 and 06 purchase, 09 compound purchase
    #[arg(long = "type", value_name = "HEX", value_parser = byte)]
    kind: u8,
    /// The number after the transaction, as the log has it
    #[arg(long, value_name = "N")]
    number: u16,
}

/// Where a ride begins and ends.
#[derive(clap::Args)]
pub(super) struct Ride {
    /// Line
    #[arg(long, value_name = "N", default_value_t = 1)]
    line: u16,
    /// Get on at this stop
    #[arg(long, value_name = "STOP", required_unless_present = "to")]
    from: Option<u16>,
    /// Get off at this stop
    #[arg(long, value_name = "STOP")]
    to: Option<u16>,
    /// Minutes between the two
    #[arg(long, value_name = "N", default_value_t = 20)]
    minutes: u64,
    /// Tariff, a TOML file; else that of the examples
    #[arg(long, value_name = "FILE")]
    tariff: Option<PathBuf>,
}

/// Where a vehicle comes onto the road and leaves it.
#[derive(clap::Args)]
pub(super) struct Toll {
    /// Drive in at this station
    #[arg(long, value_name = "STATION", required_unless_present = "km")]
    from: Option<u16>,
    /// Drive out after so many kilometres
    #[arg(long, value_name = "N")]
    km: Option<u16>,
    /// Network of roads
    #[arg(long, value_name = "N", default_value_t = 1)]
    network: u16,
    /// Class of the vehicle
    #[arg(long, value_name = "N", default_value_t = 1)]
    class: u8,
    /// Minutes between the two
    #[arg(long, value_name = "N", default_value_t = 90)]
    minutes: u64,
    /// Tariff, a TOML file; else that of the examples
    #[arg(long, value_name = "FILE")]
    tariff: Option<PathBuf>,
}

/// What flows.
#[derive(clap::Args)]
pub(super) struct Fuel {
    /// What the meter shows at the end, yuan
    #[arg(long, short, value_name = "YUAN", allow_negative_numbers = true)]
    amount: Fen,
    /// The pump and its PSAM lose power when the fuel has flowed; the host unlocks the purse
    #[arg(long)]
    power_cut: bool,
}

impl Proof {
    pub(super) fn run(&self, desk: &mut Desk<'_>, purse: Purse) -> Result<bool, Failure> {
        desk.open_card()?;
        if purse == Purse::Deposit {
            desk.show_pin()?;
        }
        let proof = desk.proof(self.kind, self.number)?;
        report::proof(self.kind, self.number, proof);
        Ok(proof.is_some())
    }
}

impl Ride {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let tariff = tariff(self.tariff.as_deref(), Tariff::bus)?;
        let card = desk.open_card()?;
        if let Some(stop) = self.from {
            let at = Stop { line: self.line, stop };
            let passed = desk.get_on(&card, &tariff, at)?;
            report::passed(&format!("on at stop {stop} of line {}", self.line), &passed);
        }
        if let Some(stop) = self.to {
            if self.from.is_some() {
                between(desk, self.minutes)?;
            }
            let at = Stop { line: self.line, stop };
            let passed = desk.get_off(&card, &tariff, at)?;
            report::passed(&format!("off at stop {stop} of line {}", self.line), &passed);
        }
        Ok(())
    }
}

impl Toll {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let tariff = tariff(self.tariff.as_deref(), Tariff::road)?;
        let card = desk.open_card()?;
        if let Some(station) = self.from {
            let gate = Gate { network: self.network, station };
            let passed = desk.drive_in(&card, gate, self.class)?;
            report::passed(&format!("in at station {station}"), &passed);
        }
        if let Some(kilometres) = self.km {
            if self.from.is_some() {
                between(desk, self.minutes)?;
            }
            let passed = desk.drive_out(&card, &tariff, kilometres)?;
            report::passed(&format!("out after {kilometres} km"), &passed);
        }
        Ok(())
    }
}

impl Fuel {
    pub(super) fn run(
        &self,
        desk: &mut Desk<'_>,
        host: &mut Host,
        purse: Purse,
    ) -> Result<(), Failure> {
        let card = desk.open_card()?;
        let locked = desk.lock(&card, purse)?;
        let most = locked.balance();
        if self.amount > most {
            say(&format!("\nthe pump stops at {most}: there is no more in the {purse}"));
        }
        let amount = self.amount.min(most);
        desk.tell(Party::Terminal, "let fuel flow", format!("for {amount}"));
        if self.power_cut {
            say("\nthe pump and its PSAM lose power, and have it again\n");
            return unlock(desk, host, Some(amount)).map(drop);
        }
        match desk.pay_locked(locked, amount) {
            Ok(receipt) => report::receipt(&receipt),
            Err(TerminalError::StillLocked { .. }) => {
                return unlock(desk, host, Some(amount)).map(drop);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Settles a grey lock of the journal: by itself, or with the host. False: it was not locked.
pub(super) fn unlock(
    desk: &mut Desk<'_>,
    host: &mut Host,
    meter: Option<Fen>,
) -> Result<bool, Failure> {
    if meter.is_some() {
        desk.amount_to_unlock(meter)?;
    }
    match desk.unlock() {
        Ok(None) => {
            say("\nthe purse was not locked: nothing has flowed");
            return Ok(false);
        }
        Ok(Some(receipt)) => report::receipt(&receipt),
        Err(TerminalError::StillLocked { .. }) => {
            let (amount, left) = desk.unlock_online(host, meter)?;
            say(&format!("\nthe host took {amount} yuan and unlocked the purse, {left} left"));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(true)
}

/// Time goes by, and the card leaves the reader and comes back.
fn between(desk: &mut Desk<'_>, minutes: u64) -> Result<(), Failure> {
    let later = desk.settings.when.later(minutes);
    desk.settings.when = later.ok_or("--minutes: the end is beyond the calendar")?;
    say(&format!("\n{minutes} minutes later\n"));
    desk.open_card()?;
    Ok(())
}

fn tariff(
    path: Option<&Path>,
    usual: fn() -> Result<Tariff, TariffError>,
) -> Result<Tariff, Failure> {
    let Some(path) = path else { return Ok(usual()?) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    Ok(Tariff::parse(&name, &text)?)
}

fn byte(text: &str) -> Result<u8, String> {
    u8::from_str_radix(text, 16)
        .map_err(|_| format!("expected two digits such as 06, got {text:?}"))
}

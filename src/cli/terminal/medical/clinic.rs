//! Clinic and pharmacy: a visit, what became of one, and what was settled without the network.

use tessera::terminal::{
    Fen,
    medical::{Authority, Station, tariff::Bill, visit::Recovered},
};

use super::{EXIT_CODES, Files, report, sign::Sign};
use crate::cli::{Failure, say};

/// Where it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::terminal) enum Kind {
    Clinic,
    Pharmacy,
}

/// What a clinic or a pharmacy does.
#[derive(clap::Subcommand)]
pub(in crate::cli::terminal) enum Clinic {
    /// Settle a visit, or what was bought
    Visit(Visit),
    /// Find out what became of the settlement that is open in the journal
    Recover(Network),
    /// Tell the authority what was settled without the network
    Upload(Network),
    /// Have a card without a medical account sign a settlement (public commands of DF04)
    Sign(Sign),
}

/// A visit.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli::terminal) struct Visit {
    /// What it costs, yuan
    #[arg(long, short, value_name = "YUAN", allow_negative_numbers = true)]
    amount: Fen,
    /// 0 out-patient, 1 work injury, 2 maternity, 3 assistance, 4 in hospital, 5 chronic disease,
    /// 6 pharmacy, 9 other; else 0, at a pharmacy 6
    #[arg(long, value_name = "DIGIT")]
    class: Option<char>,
    /// The out-patient pool is to pay its part
    #[arg(long)]
    pool: bool,
    /// The visit is for the holder's chronic disease
    #[arg(long)]
    chronic: bool,
    #[command(flatten)]
    network: Network,
}

/// Whether the authority is reached.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli::terminal) struct Network {
    /// The network is down: no authority is reached
    #[arg(long)]
    off_line: bool,
    #[command(flatten)]
    files: Files,
}

impl Network {
    fn reached<'a>(&self, authority: &'a mut Authority) -> Option<&'a mut Authority> {
        (!self.off_line).then_some(authority)
    }
}

impl Clinic {
    /// Whether the network is down; `None` where nothing is told to the authority.
    pub(super) const fn off_line(&self) -> Option<bool> {
        match self {
            Self::Visit(Visit { network, .. }) | Self::Recover(network) | Self::Upload(network) => {
                Some(network.off_line)
            }
            Self::Sign(_) => None,
        }
    }

    pub(super) fn files(&self) -> &Files {
        match self {
            Self::Visit(visit) => &visit.network.files,
            Self::Recover(network) | Self::Upload(network) => &network.files,
            Self::Sign(sign) => sign.files(),
        }
    }

    /// False: the open settlement was not booked.
    pub(super) fn run(
        &self,
        station: &mut Station<'_>,
        authority: &mut Authority,
        kind: Kind,
    ) -> Result<bool, Failure> {
        match self {
            Self::Sign(sign) => sign.run(station, authority)?,
            Self::Visit(visit) => {
                let usual = if kind == Kind::Pharmacy { '6' } else { '0' };
                let class = visit.class.unwrap_or(usual);
                let Visit { amount: total, pool, chronic, .. } = *visit;
                let bill = Bill { class, total, pool, chronic };
                let receipt = station.visit(visit.network.reached(authority), &bill)?;
                report::receipt(&receipt);
            }
            Self::Recover(network) => match station.recover(network.reached(authority))? {
                None => return not_told(station, network.reached(authority)),
                Some(Recovered::NotBooked(open)) => {
                    say(&format!("\nnot booked: {}", open.in_words()));
                    still_open(station);
                    return Ok(false);
                }
                Some(Recovered::Booked(open, tac, told)) => {
                    report::recovered(&open, tac, &told);
                    still_open(station);
                }
            },
            Self::Upload(network) => {
                let Some(authority) = network.reached(authority) else {
                    return Err(
                        "--off-line: expected the network, for the authority is told".into()
                    );
                };
                upload(station, authority)?;
            }
        }
        Ok(true)
    }
}

fn upload(station: &mut Station<'_>, authority: &mut Authority) -> Result<(), Failure> {
    let sent = station.upload(authority)?;
    let left = station.journal().rows().len();
    say(&format!("\n{sent} settlements told, the journal has {left} left"));
    Ok(())
}

/// Nothing is in doubt; what is booked and not told is told now, or it is said that it is not.
fn not_told(station: &mut Station<'_>, authority: Option<&mut Authority>) -> Result<bool, Failure> {
    match (station.journal().booked().count(), authority) {
        (0, _) => say("nothing is open"),
        (_, Some(authority)) => upload(station, authority)?,
        (booked, None) => say(&format!(
            "nothing is in doubt; {booked} settlements are booked, the authority is told later \
             (`upload`)"
        )),
    }
    Ok(true)
}

/// Settlements in doubt of other cards.
fn still_open(station: &Station<'_>) {
    for open in station.journal().doubtful() {
        say(&format!("  still open: {}; bring that card", open.in_words()));
    }
}

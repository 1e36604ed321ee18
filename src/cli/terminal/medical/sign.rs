//! Settlement with a card that has no medical account: it signs what terminal and host have
//! reckoned.

use tessera::terminal::{
    Fen,
    medical::{
        Authority, MedicalError, Station,
        entry::{Amounts, tac},
        signing::{Signature, SigningMode, TemporaryLimits},
    },
};

use super::{EXIT_CODES, Files};
use crate::cli::{Failure, say};

/// What a region allows without the network, where its lists say nothing else.
const LIMITS: TemporaryLimits = TemporaryLimits { amount: Fen(20_000), count: 4 };

/// How the region settles.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    /// The host has priced the visit.
    OnLine,
    /// As on line, and the network is down.
    Temporary,
    /// The card keeps the balance.
    OffLine,
}

/// What is signed.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli::terminal) struct Sign {
    /// What the visit costs, yuan
    #[arg(long, short, value_name = "YUAN", allow_negative_numbers = true)]
    amount: Fen,
    /// What the account pays of it
    #[arg(long, value_name = "YUAN", default_value = "0")]
    account: Fen,
    /// What the pooled fund pays of it
    #[arg(long, value_name = "YUAN", default_value = "0")]
    fund: Fen,
    /// How the region settles
    #[arg(long, value_enum, default_value = "on-line")]
    mode: Mode,
    /// Class of the settlement: without the network 1, 2, 3 and 9 are written down
    #[arg(long, value_name = "DIGIT", default_value = "0")]
    class: char,
    #[command(flatten)]
    files: Files,
}

impl Sign {
    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    pub(super) fn run(
        &self,
        station: &mut Station<'_>,
        authority: &Authority,
    ) -> Result<(), Failure> {
        let paid = self.account.0.checked_add(self.fund.0);
        let self_paid = paid.and_then(|paid| self.amount.0.checked_sub(paid)).map(Fen);
        let self_paid = self_paid.ok_or_else(|| {
            let (account, fund) = (self.account, self.fund);
            format!("--amount: expected at least --account and --fund, {account} and {fund}")
        })?;
        let (account, pool) = (self.account, self.fund);
        let amounts = Amounts { account, self_paid, pool, deductible: Fen(0) };
        let identity = station.identify()?;
        let psam = station.open_psam()?;
        station.authenticate_card(&identity.card)?;
        station.show_pin()?;
        let fields = match self.mode {
            Mode::OnLine => SigningMode::OnLine.fields(&amounts),
            Mode::Temporary => SigningMode::Temporary.fields(&amounts),
            Mode::OffLine => SigningMode::OffLine.fields(&amounts),
        };
        let before = match self.mode {
            Mode::Temporary => Some(station.temporary(&identity.card)?),
            _ => None,
        };
        if before.is_some_and(|before| !before.allows(self.amount, &LIMITS)) {
            return Err(MedicalError::NotOffLine(format!(
                "{} would not stay below {} and {} settlements, or the card does not allow it",
                self.amount, LIMITS.amount, LIMITS.count
            ))
            .into());
        }
        let signature = station.sign(&identity.card, &psam, fields)?;
        if let Some(before) = before {
            let special = Some((signature.number, self.class));
            station.write_temporary(&identity.card, &before.after(self.amount), special)?;
        }
        let key = authority.keys().of_card(&identity.card, "DTK")?;
        let expected = tac(&key, identity.card.algorithm(), &signature.tac_message());
        told(&identity.name, &signature, expected);
        Ok(())
    }
}

fn told(name: &str, signature: &Signature, expected: [u8; 4]) {
    let [account, self_pay, fund] = signature.fields;
    let proof = match signature.tac {
        Some(tac) if tac == expected => {
            format!("TAC {}, and the authority comes to the same", hex::encode_upper(tac))
        }
        Some(tac) => {
            format!("TAC {}, which the authority does not agree with", hex::encode_upper(tac))
        }
        None => "its TAC was lost, its log has the number".into(),
    };
    say(&format!(
        "\n{name}: signed as number {}, {}\n  account {account}, self-pay {self_pay}, fund {fund}; {proof}",
        signature.number, signature.when
    ));
}

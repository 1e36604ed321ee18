//! Clinic, pharmacy, enquiry terminal and agency with the cards of the profiles `medical` and
//! `social-security-psam`: every refusal a clerk meets, and a settlement torn in every pulse is
//! booked and posted exactly once.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod contacts;
mod kept;
mod others;
mod refusals;
mod settlements;

use tessera::{
    Card, Profile,
    reader::Slot,
    terminal::{
        Acceptor, Fen, Heard, Moment, Pin, Step,
        medical::{
            Authority, MedicalError, Receipt, Station, StationJournal, StationSettings,
            agency::STATUS_ITEM,
            answer::State,
            authority::{
                AuthorityError,
                books::{Limits, RowState, Source},
                keys::AuthorityKeys,
                order::{Order, Reason},
            },
            identity::Identity,
            lists::{DenyList, Institution, Institutions},
            tariff::{Bill, MedicalTariff},
            visit::{Recovered, Told},
        },
    },
};

/// A card in its slot, whose power fails where it is told to, and whose answers may be others'.
struct Held {
    slot: Slot,
    /// Begin of the command that is torn, and in which pulse.
    tear: Option<([u8; 2], u32)>,
    was_torn: bool,
    /// Pulse of the recovery that is torn too.
    recovery: u32,
    /// Answers in place of the card's own, by the begin of the command.
    instead: Option<([u8; 2], Vec<u8>)>,
    /// The card that is put in after the tear.
    another: Option<Slot>,
    /// Commands and answers, as a tap on the line hears them.
    heard: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Held {
    fn new(card: &Card) -> Self {
        Self {
            slot: Slot::new(card.clone()),
            tear: None,
            was_torn: false,
            recovery: 0,
            instead: None,
            another: None,
            heard: Vec::new(),
        }
    }

    fn made(profile: &str) -> Self {
        Self::new(&Card::from_profile(&Profile::load(profile).unwrap()).unwrap())
    }
}

impl Acceptor for Held {
    fn power_on(&mut self) -> Result<Heard, String> {
        if self.was_torn {
            if let Some(another) = self.another.take() {
                self.slot = another;
            }
            self.slot.tear_recovery_at(std::mem::take(&mut self.recovery));
        }
        Acceptor::power_on(&mut self.slot)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        if let Some((_, answer)) =
            self.instead.as_ref().filter(|(begin, _)| command.starts_with(begin))
        {
            return Ok(Heard::Bytes(answer.clone()));
        }
        if let Some((_, pulse)) = self.tear.filter(|(begin, _)| command.starts_with(begin)) {
            self.tear = None;
            self.slot.tear_at(pulse);
        }
        let heard = Acceptor::exchange(&mut self.slot, command)?;
        self.slot.tear_at(0);
        match &heard {
            Heard::Bytes(answer) => self.heard.push((command.to_vec(), answer.clone())),
            Heard::Silence => self.was_torn = true,
        }
        Ok(heard)
    }
}

fn at(date: &str, time: &str) -> Moment {
    Moment::parse(date, time).unwrap()
}

fn noon() -> Moment {
    at("2025-06-30", "12:00:00")
}

fn institution(code: &str) -> Institution {
    Institutions::usual().unwrap().get(code).unwrap().clone()
}

const CLINIC: &str = "330400001";
const PHARMACY: &str = "330400002";
/// A hospital with a licence to settle without the network.
const VILLAGE: &str = "330400003";

fn settings(code: &str) -> StationSettings {
    StationSettings {
        when: noon(),
        pin: Pin::parse("123456").ok(),
        tries: 3,
        institution: Some(institution(code)),
    }
}

/// A card with 500.00 on it, its PSAM and its authority.
struct Start {
    card: Held,
    psam: Held,
    authority: Authority,
}

fn silent<'a>() -> Box<dyn FnMut(&Step) + 'a> {
    Box::new(|_| {})
}

fn authority() -> Authority {
    Authority::new(AuthorityKeys::public(), MedicalTariff::usual().unwrap())
}

/// The PSAM with one line of its profile changed.
fn psam_with(line: &str, other: &str) -> Held {
    let text = std::fs::read_to_string("profiles/social-security-psam.toml").unwrap();
    assert!(text.contains(line));
    let profile = Profile::parse("psam.toml", &text.replace(line, other)).unwrap();
    Held::new(&Card::from_profile(&profile).unwrap())
}

impl Start {
    fn of(profile: &str) -> Self {
        let psam = match profile {
            "medical-sm4" => {
                psam_with("region = \"330400\"", "region = \"330400\"\nalgorithm = \"SM4\"")
            }
            _ => Held::made("social-security-psam"),
        };
        let card = Held::made(profile);
        let mut start = Self { card, psam, authority: authority() };
        let (mut agency, authority) = start.station(settings(CLINIC));
        let identity = agency.identify().unwrap();
        let psam = agency.open_psam().unwrap();
        authority.open(&identity, Fen(50_000), &noon()).unwrap();
        agency.meet(authority, &identity.card, psam.terminal).unwrap();
        drop(agency);
        start
    }

    fn new() -> Self {
        Self::of("medical")
    }

    fn station(&mut self, settings: StationSettings) -> (Station<'_>, &mut Authority) {
        let station = Station::new(&mut self.card, settings, silent());
        (station.with_psam(&mut self.psam), &mut self.authority)
    }

    fn visit_at(
        &mut self,
        settings: StationSettings,
        bill: &Bill,
    ) -> Result<Receipt, MedicalError> {
        let (mut station, authority) = self.station(settings);
        station.visit(Some(authority), bill)
    }

    fn visit(&mut self, bill: &Bill) -> Result<Receipt, MedicalError> {
        self.visit_at(settings(CLINIC), bill)
    }

    /// Off line at the pharmacy, with this list.
    fn off_line(&mut self, list: Option<&str>, bill: &Bill) -> Result<Receipt, MedicalError> {
        self.off_line_at(settings(PHARMACY), list, bill)
    }

    fn off_line_at(
        &mut self,
        settings: StationSettings,
        list: Option<&str>,
        bill: &Bill,
    ) -> Result<Receipt, MedicalError> {
        let (mut station, _) = self.station(settings);
        if let Some(list) = list {
            station = station.with_deny_list(DenyList::parse("list", list).unwrap());
        }
        station.visit(None, bill)
    }

    fn identity(&mut self) -> Identity {
        self.station(settings(CLINIC)).0.identify().unwrap()
    }

    fn balance(&mut self) -> (u32, u32, u8) {
        let (_, status, figures) = self.station(settings(CLINIC)).0.enquire().unwrap();
        (figures.balance.0, status.sequence, status.unstated)
    }

    fn orders(&mut self, order: Order) -> Result<usize, MedicalError> {
        let (mut station, authority) = self.station(settings(CLINIC));
        let identity = station.identify()?;
        let psam = station.open_psam()?;
        authority.order(&identity.card, order)?;
        Ok(station.meet(authority, &identity.card, psam.terminal)?.orders)
    }

    fn posted(&self) -> usize {
        self.authority.books().row.iter().filter(|row| row.state == RowState::Posted).count()
    }
}

const FRESH: &str = "full 1 2025-06-30 08:00:00\n";

fn visit(fen: u32) -> Bill {
    Bill { class: '0', total: Fen(fen), pool: false, chronic: false }
}

fn medicine(fen: u32) -> Bill {
    Bill { class: '6', ..visit(fen) }
}

fn says<T>(result: Result<T, MedicalError>, words: &str) {
    let error = result.err().unwrap().to_string();
    assert!(error.contains(words), "{error}");
}

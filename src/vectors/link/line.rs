//! A dialogue with the card on the line of ISO/IEC 7816-3: `>` is what the reader sends, one
//! character behind the other at the least distance; `<` all the card sends until it waits.

use crate::link::{
    Application,
    contact::{
        Contact, Convention, Parameters, Procedure, Protocol, Reset,
        block::Edc,
        character::Character,
        parameters::{Offer, SpecificMode},
        timing::{FiDi, clk_of_us},
    },
};

use super::{Behind, Event, Form, Settings, run::Bytes, run::Heard, run::Peer};

/// Clock cycles between what the card has said and what the reader says next, beyond the least:
/// a reader thinks.
const PAUSE_CLK: u64 = 5_000;

/// Most outputs to one thing sent: NULLs of a card that works for a minute.
const OUTPUTS_MAX: usize = 1_000;

/// The card and its reader's clock.
pub struct Line {
    card: Contact<Box<dyn Application>>,
    now_clk: u64,
}

impl Line {
    /// A card under power, its answer to reset given.
    ///
    /// # Errors
    /// Why there is no such card.
    pub fn new(settings: &Settings, behind: Behind) -> Result<Self, String> {
        let Behind { application, like } = behind;
        let parameters = like.map_or_else(|| parameters(settings), |like| Ok(like.contact))?;
        let mut line = Self { card: Contact::new(parameters, application), now_clk: 0 };
        line.card.reset(line.now_clk, Reset::Cold);
        line.listen(line.now_clk, 0);
        Ok(line)
    }

    fn who(&self) -> String {
        match self.card.protocol() {
            None => "line".into(),
            Some(Protocol::T0) => "line, T=0".into(),
            Some(Protocol::T1) => "line, T=1".into(),
        }
    }

    /// All the card sends until it waits. The times of vectors count from `last_clk`, the leading
    /// edge of the reader's last character, and `free_clk` is when it could send another.
    fn listen(&mut self, last_clk: u64, free_clk: u64) -> Heard {
        self.now_clk = self.now_clk.max(free_clk);
        let mut heard = Heard { who: self.who(), ..Heard::default() };
        for _ in 0..OUTPUTS_MAX {
            if let Some(output) = self.card.poll_output() {
                heard.at.get_or_insert(output.at_clk - last_clk.min(output.at_clk));
                if output.is_error_signal {
                    heard.other = Some(Form::Signal);
                } else {
                    heard.bytes.get_or_insert_with(Vec::new).extend_from_slice(&output.bytes);
                }
                self.now_clk = self.now_clk.max(output.last_clk());
            } else if let Some(clk) = self.card.poll_deadline() {
                self.now_clk = self.now_clk.max(clk);
                self.card.on_deadline(clk);
            } else {
                break;
            }
        }
        self.now_clk += self.card.timing().turn_clk + PAUSE_CLK;
        heard
    }
}

impl Peer for Line {
    fn send(&mut self, sent: &Bytes<'_>) -> Result<Heard, String> {
        let (mut at_clk, mut last_clk) = (self.now_clk, self.now_clk);
        for (index, &byte) in sent.bytes.iter().enumerate() {
            let damaged = sent.damaged && index + 1 == sent.bytes.len();
            self.card.on_character(at_clk, Character { byte, parity_ok: !damaged });
            last_clk = at_clk;
            at_clk += self.card.timing().guard_clk;
        }
        Ok(self.listen(last_clk, at_clk))
    }

    fn event(&mut self, event: &Event) -> Result<Option<Heard>, String> {
        let began_clk = self.now_clk;
        match event {
            Event::On | Event::Reset => self.card.reset(self.now_clk, Reset::Cold),
            Event::WarmReset => self.card.reset(self.now_clk, Reset::Warm),
            Event::Signal(n) => self.card.on_error_signal(self.now_clk, n.saturating_sub(1)),
            Event::Off => {
                self.card.power_off();
                return Ok(None);
            }
            Event::Wait(time_us) => {
                let hz = self.card.parameters().clock_hz;
                self.now_clk += clk_of_us(*time_us, hz);
                if let Some(clk) = self.card.poll_deadline()
                    && clk <= self.now_clk
                {
                    self.card.on_deadline(clk);
                }
                return Ok(None);
            }
            _ => return Err("there is no such event on a line".into()),
        }
        Ok(Some(self.listen(began_clk, began_clk)))
    }
}

fn parameters(settings: &Settings) -> Result<Parameters, String> {
    let mut parameters = Parameters {
        extra_guard_etu: settings.byte("guard"),
        wi: settings.byte("wi"),
        ifsc_bytes: settings.byte("ifsc"),
        ifs_request_bytes: settings.byte("announces-ifsc"),
        historical: settings.bytes("historical").unwrap_or_default().to_vec(),
        ..Parameters::default()
    };
    if settings.word("convention") == Some("inverse") {
        parameters.convention = Convention::Inverse;
    }
    if settings.word("procedure") == Some("one") {
        parameters.procedure = Procedure::OneByOne;
    }
    parameters.offer = match settings.word("protocols") {
        Some("T=1") => Offer::T1,
        Some("T=0 T=1") => Offer::Both,
        _ => Offer::T0,
    };
    if let Some(byte) = settings.byte("ta1") {
        parameters.ta1 = Some(FiDi::new(byte).ok_or("ta1 names a reserved F or D")?);
    }
    if let Some(byte) = settings.byte("ta2") {
        let protocol = if byte & 0x0F == 1 { Protocol::T1 } else { Protocol::T0 };
        let (can_change, implicit) = (byte & 0x80 == 0, byte & 0x10 != 0);
        parameters.specific = Some(SpecificMode { protocol, can_change, implicit });
    }
    let (bwi, cwi) = (settings.byte("bwi"), settings.byte("cwi"));
    if bwi.is_some() || cwi.is_some() {
        parameters.bwi_cwi = Some((bwi.unwrap_or(4), cwi.unwrap_or(13)));
    }
    if settings.word("edc") == Some("crc") {
        parameters.edc = Some(Edc::Crc { complemented: false, low_first: false });
    }
    parameters.check().map_err(|error| error.to_string())?;
    Ok(parameters)
}

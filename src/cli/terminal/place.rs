//! Which card and which PSAM a terminal works with: new ones, images, or in PC/SC readers.

use std::{cell::RefCell, path::PathBuf, rc::Rc};

use tessera::{
    Profile,
    reader::Slot,
    terminal::{Acceptor, Heard, medical, request},
    trace::{Event, Narrator},
};

use crate::cli::{Failure, cards, say};

/// Card and PSAM as the command line names them.
#[derive(clap::Args)]
pub(super) struct Places {
    /// A new card of this profile (a built-in name or a file), or a copy of the one in this image;
    /// else purse, of clinic, pharmacy, kiosk and agency medical
    #[arg(long, short, global = true, value_name = "PROFILE|IMAGE")]
    card: Option<String>,
    /// A new PSAM of this profile, or a copy of the one in this image; else psam, of clinic,
    /// pharmacy, kiosk and agency social-security-psam
    #[arg(long, global = true, value_name = "PROFILE|IMAGE")]
    psam: Option<String>,
    /// Keep the card in this file: opened if it is there, else made from --card
    #[arg(long, global = true, value_name = "FILE")]
    card_image: Option<PathBuf>,
    /// Keep the PSAM in this file: opened if it is there, else made from --psam
    #[arg(long, global = true, value_name = "FILE")]
    psam_image: Option<PathBuf>,
    /// The card is in this PC/SC reader, by index or a part of its name
    #[arg(long, global = true, value_name = "NAME", conflicts_with_all = ["card_image", "demo"])]
    reader: Option<String>,
    /// The PSAM is in this PC/SC reader
    #[arg(long, global = true, value_name = "NAME", conflicts_with_all = ["psam_image", "demo"])]
    psam_reader: Option<String>,
    /// A new card, loaded first, and a new PSAM
    #[arg(long, global = true, conflicts_with_all = ["card_image", "psam_image"])]
    pub(super) demo: bool,
    /// Power of the card fails in this pulse, from 1, of the command that completes the transaction
    #[arg(long, global = true, value_name = "N", conflicts_with = "reader")]
    tear: Option<u32>,
    /// Show the commands too
    #[arg(long, global = true)]
    apdu: bool,
}

impl Places {
    /// The card is one that outlasts this call.
    pub(super) const fn card_is_kept(&self) -> bool {
        self.card_image.is_some() || self.reader.is_some()
    }

    /// The card is made new, with nothing in its purse.
    pub(super) fn card_is_new(&self) -> bool {
        !self.card_is_kept() && !self.demo && self.card.as_deref().unwrap_or("purse") == "purse"
    }
}

/// The command with which the PIN is shown or changed, in which its digits are not.
fn hide_pin(command: &[u8], told: String) -> String {
    let ([0x00, 0x20, _, _, _, pin @ ..] | [0x80, 0x5E, _, _, _, pin @ ..]) = command else {
        return told;
    };
    let shown = format!(" {}", hex::encode_upper(pin));
    told.replace(&shown, &format!(" {}", "**".repeat(pin.len())))
}

/// Card and PSAM, in their readers.
pub(super) struct Place {
    card: OnDesk,
    psam: Option<OnDesk>,
    tear: Option<u32>,
    telling: Rc<RefCell<bool>>,
    apdu: bool,
}

impl Place {
    /// Card and PSAM; where no profile is named, of these two.
    pub(super) fn open(places: &Places, usual: (&str, &str)) -> Result<Self, Failure> {
        let telling = Rc::new(RefCell::new(false));
        let in_process = |name: &str, image: Option<&PathBuf>, who| {
            let slot = cards::keep(name, image.map(PathBuf::as_path), false)?;
            let words = slot.card().profile().vocabulary();
            let narrator = Narrator::new(words);
            Ok::<_, Failure>(OnDesk::new(Reached::Slot(Box::new(slot)), narrator, who, &telling))
        };
        let reached =
            |reader: &Option<String>, name: &str, image: &Option<PathBuf>, who| match reader {
                Some(reader) => {
                    let words = Profile::load(name)?.vocabulary();
                    let reached = self::reader(reader)?;
                    Ok(OnDesk::new(reached, Narrator::new(words), who, &telling))
                }
                None => in_process(name, image.as_ref(), who),
            };
        let card = places.card.as_deref().unwrap_or(usual.0);
        let psam = places.psam.as_deref().unwrap_or(usual.1);
        let card = reached(&places.reader, card, &places.card_image, "card")?;
        let psam = reached(&places.psam_reader, psam, &places.psam_image, "PSAM")?;
        let apdu = places.apdu;
        Ok(Self { card, psam: Some(psam), tear: places.tear, telling, apdu })
    }

    /// From now on commands are shown and the tear waits for its command, if that was ordered.
    pub(super) fn arm(&mut self) {
        self.card.tear = self.tear.take();
        *self.telling.borrow_mut() = self.apdu;
    }

    pub(super) fn both(&mut self) -> (&mut dyn Acceptor, Option<&mut dyn Acceptor>) {
        (&mut self.card, self.psam.as_mut().map(|psam| psam as &mut dyn Acceptor))
    }
}

/// How a card is reached.
enum Reached {
    Slot(Box<Slot>),
    #[cfg(feature = "pcsc")]
    Reader(Box<dyn tessera::vectors::Target>),
}

/// A card, with somebody who can tell what is said to it.
struct OnDesk {
    reached: Reached,
    narrator: Narrator,
    who: &'static str,
    telling: Rc<RefCell<bool>>,
    tear: Option<u32>,
}

impl OnDesk {
    fn new(
        reached: Reached,
        narrator: Narrator,
        who: &'static str,
        telling: &Rc<RefCell<bool>>,
    ) -> Self {
        Self { reached, narrator, who, telling: telling.clone(), tear: None }
    }

    fn tell(&mut self, event: &Event<'_>) {
        let is_telling = *self.telling.borrow();
        tell(&mut self.narrator, event, is_telling.then_some(self.who));
    }
}

/// Follows what is said to a card; with a name it is printed, the digits of a PIN left out.
pub(in crate::cli) fn tell(narrator: &mut Narrator, event: &Event<'_>, who: Option<&str>) {
    let told = narrator.tell(event).to_string();
    let told = match event {
        Event::Exchange { command, .. } | Event::Torn { command, .. } => hide_pin(command, told),
        _ => told,
    };
    for line in told.lines() {
        if let Some(who) = who {
            say(&format!("    {who}| {line}"));
        }
    }
}

impl Acceptor for OnDesk {
    fn power_on(&mut self) -> Result<Heard, String> {
        let heard = match &mut self.reached {
            Reached::Slot(slot) => Acceptor::power_on(slot.as_mut())?,
            #[cfg(feature = "pcsc")]
            Reached::Reader(target) => pcsc::power_on(target)?,
        };
        if let Heard::Bytes(atr) = &heard {
            self.tell(&Event::PowerOn { atr });
        }
        Ok(heard)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        let (heard, took_us, pulses) = match &mut self.reached {
            Reached::Slot(slot) => {
                if request::completes(command) || medical::completes(command) {
                    slot.tear_at(self.tear.take().unwrap_or(0));
                }
                let (pulses, clock_us) = (slot.card().pulses(), slot.card().clock_us());
                let heard = Acceptor::exchange(slot.as_mut(), command)?;
                let card = slot.card();
                (heard, card.clock_us() - clock_us, card.pulses() - pulses)
            }
            #[cfg(feature = "pcsc")]
            Reached::Reader(target) => (Acceptor::exchange(target, command)?, 0, 0),
        };
        match &heard {
            Heard::Bytes(response) => {
                self.tell(&Event::Exchange { command, response, took_us, pulses });
            }
            Heard::Silence => self.tell(&Event::Torn { command, pulses }),
        }
        Ok(heard)
    }
}

#[cfg(feature = "pcsc")]
mod pcsc {
    //! A card that was taken out comes back a moment later, or not at all.

    use std::{thread, time::Duration};

    use tessera::{
        terminal::{Acceptor, Heard},
        vectors::Target,
    };

    /// How often, and how long apart, a card is looked for that is not there.
    const LOOKS: u32 = 20;
    const APART: Duration = Duration::from_millis(250);
    /// The service looks every 400 ms. One that sees only now that a card has come back resets it,
    /// in the middle of whatever is said to it.
    const SEEN_AFTER: Duration = Duration::from_millis(600);

    pub(super) fn power_on(target: &mut Box<dyn Target>) -> Result<Heard, String> {
        if let heard @ Heard::Bytes(_) = Acceptor::power_on(target)? {
            return Ok(heard);
        }
        for _ in 1..LOOKS {
            thread::sleep(APART);
            if let Heard::Bytes(_) = Acceptor::power_on(target)? {
                thread::sleep(SEEN_AFTER);
                return Acceptor::power_on(target);
            }
        }
        Ok(Heard::Silence)
    }
}

#[cfg(feature = "pcsc")]
fn reader(name: &str) -> Result<Reached, Failure> {
    let reader = tessera::vectors::pcsc::Reader::open(name, None)?;
    Ok(Reached::Reader(reader.connect()?))
}

#[cfg(not(feature = "pcsc"))]
fn reader(name: &str) -> Result<Reached, Failure> {
    Err(format!(
        "this tessera was built without PC/SC, so there is no reader {name:?}; build it with \
         --features pcsc"
    )
    .into())
}

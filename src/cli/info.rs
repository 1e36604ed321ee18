//! `tessera info`: what is on a card or in an image, found out as a terminal would: by commands.

use std::process::ExitCode;

use tessera::{
    Card, Response, StatusWord,
    nvm::Memory,
    trace::{ContentWords, DfWords, EfWords},
};
use tessera_framework::Interface;

use super::{Outcome, cards::CardArguments, say};

/// Tell what is on a card or in an image.
#[derive(clap::Args)]
pub(crate) struct Info {
    #[command(flatten)]
    card: CardArguments,
    /// Show what is free to read in each file
    #[arg(long, short)]
    read: bool,
    /// Present this PIN first, so that --read shows what it guards
    #[arg(long, value_name = "DIGITS")]
    pin: Option<String>,
}

impl Info {
    pub(crate) fn run(self) -> Outcome {
        let card = self.card.look()?;
        for line in facts(&card) {
            say(&line);
        }
        let mut looked_at = Watched { card: card.clone(), response: Response::new() };
        looked_at.card.power_on()?;
        let pin = self.pin.as_deref().map(hex::decode).transpose();
        let pin = pin.map_err(|error| format!("--pin: expected digits, two a byte: {error}"))?;
        for df in &card.profile().vocabulary().dfs {
            self.directory(&mut looked_at, df, pin.as_deref())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn directory(
        &self,
        card: &mut Watched,
        df: &DfWords,
        pin: Option<&[u8]>,
    ) -> Result<(), super::Failure> {
        if !card.select(0x04, &df.name)? {
            return Ok(());
        }
        say(&format!("\n{} {:04X} {}", df.short, df.fid, df.text));
        if let (Some(pin), true) = (pin, df.fid != 0x3F00) {
            let command = [&[0x00, 0x20, 0x00, 0x00, pin.len() as u8], pin].concat();
            let status = card.send(&command)?;
            // An application may do without a PIN.
            if !matches!(status, StatusWord::OK | StatusWord::REFERENCED_DATA_NOT_FOUND) {
                return Err(format!("the PIN in {}: {status}", df.short).into());
            }
        }
        for ef in &df.efs {
            if !card.select(0x02, &ef.fid.to_be_bytes())? {
                continue;
            }
            let size = card.control_parameters()?;
            let (access, content) = card.read(ef)?;
            let name = columns(&ef.text, 48);
            say(&format!("  {:04X} {name} {size:<20} {access}", ef.fid));
            if self.read {
                content.iter().for_each(|line| say(&format!("       {line}")));
            }
        }
        Ok(())
    }
}

/// Pads to so many columns; Chinese characters take two.
fn columns(text: &str, columns: usize) -> String {
    let wide = |c: &char| matches!(*c as u32, 0x2E80..=0x9FFF | 0xFF00..=0xFF60);
    let taken = text.chars().count() + text.chars().filter(wide).count();
    format!("{text}{}", " ".repeat(columns.saturating_sub(taken)))
}

/// What the profile and the memory say.
fn facts(card: &Card) -> Vec<String> {
    let profile = card.profile();
    let memory = card.eeprom();
    let geometry = memory.geometry();
    let most = memory.wear().worst().1;
    let interface = match card.interface() {
        Interface::Contact => "with contacts",
        Interface::ContactlessA => "contactless, Type A",
        Interface::ContactlessB => "contactless, Type B",
    };
    let mut lines = vec![
        format!("{}, {interface}", profile.name),
        format!("answer to reset    {}", hex::encode_upper(card.atr())),
    ];
    let told = match card.interface() {
        Interface::Contact => None,
        Interface::ContactlessA => Some(("answer to select  ", profile.air.a.ats())),
        // A random PUPI is drawn in the field.
        Interface::ContactlessB => {
            let b = &profile.air.b;
            Some(("answer to request ", b.atqb(b.pupi.unwrap_or_default(), false)))
        }
    };
    lines.extend(told.map(|(what, bytes)| format!("{what} {}", hex::encode_upper(bytes))));
    lines.push(
        format!(
            "memory             {} bytes of {}, pages of {}; {} pulses so far, {most} cycles on the most used page",
            memory.bytes(),
            geometry.part,
            geometry.page_bytes,
            card.pulses(),
        ),
    );
    let torn: u32 = memory.torn().iter().map(|byte| byte.mask.count_ones()).sum();
    if torn > 0 {
        lines.push(format!(
            "                   {torn} bits are indeterminate: the next power-up settles them"
        ));
    }
    for (with, segment) in card.applications() {
        let aid = with.applet.descriptor().aid;
        lines.push(format!(
            "application        {} {}, segment of {} bytes at {:05X}",
            with.name,
            hex::encode_upper(aid.as_bytes()),
            segment.bytes,
            segment.base
        ));
    }
    lines.extend(profile.warnings().iter().map(|warning| format!("warning            {warning}")));
    lines
}

/// A fork of the card, spoken to by commands.
struct Watched {
    card: Card,
    response: Response,
}

impl Watched {
    fn send(&mut self, command: &[u8]) -> Result<StatusWord, super::Failure> {
        self.card.exchange(command, &mut self.response)?;
        // On contacts, answers come by GET RESPONSE and with the right Le.
        let status = self.response.status();
        match status.sw1() {
            0x61 => {
                self.card.exchange(&[0x00, 0xC0, 0x00, 0x00, status.sw2()], &mut self.response)?
            }
            0x6C => {
                let mut again = command.to_vec();
                if let Some(le) = again.last_mut() {
                    *le = status.sw2();
                }
                self.card.exchange(&again, &mut self.response)?;
            }
            _ => {}
        }
        Ok(self.response.status())
    }

    /// Selects with control parameters; true when the file is there.
    fn select(&mut self, p1: u8, name: &[u8]) -> Result<bool, super::Failure> {
        let header = [0x00, 0xA4, p1, 0x04, name.len() as u8];
        let status = self.send(&[&header[..], name, &[0x00]].concat())?;
        Ok(matches!(status.sw1(), 0x90 | 0x62))
    }

    /// Size and structure from the control parameters of the last selection.
    fn control_parameters(&mut self) -> Result<String, super::Failure> {
        use tessera_framework::{Tag, tlv::DataObjects};
        let objects = DataObjects::new(self.response.data());
        let parameters = DataObjects::new(objects.find(Tag::FCP).unwrap_or_default());
        let number =
            |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        let bytes = number(parameters.find(Tag::DATA_BYTES).unwrap_or_default());
        Ok(match *parameters.find(Tag::FILE_DESCRIPTOR).unwrap_or_default() {
            [fdb, _, high, low, records] => {
                let record = u16::from_be_bytes([high, low]);
                let structure =
                    ["", "", "fixed", "fixed", "variable", "variable", "cyclic", "cyclic"];
                format!("{records} {} of {record}", structure[usize::from(fdb & 7)])
            }
            _ => format!("{bytes} bytes"),
        })
    }

    /// Who may read the selected file now, and what it says if we may.
    fn read(&mut self, ef: &EfWords) -> Result<(String, Vec<String>), super::Failure> {
        let command: &[u8] = match ef.content {
            ContentWords::Items(_) | ContentWords::Fields(_) => &[0x00, 0xB2, 0x01, 0x05, 0, 0, 0],
            ContentWords::Bytes | ContentWords::Objects => &[0x00, 0xB0, 0x00, 0x00, 0x00],
        };
        let status = self.send(command)?;
        let data = self.response.data();
        Ok(match status {
            StatusWord::OK => (
                "readable".into(),
                match &ef.content {
                    ContentWords::Bytes | ContentWords::Objects => {
                        vec![hex::encode_upper(data.get(..32).unwrap_or(data))]
                    }
                    content => content.of_records(data),
                },
            ),
            StatusWord::RECORD_NOT_FOUND => ("readable, no record yet".into(), Vec::new()),
            StatusWord::SECURITY_STATUS_NOT_SATISFIED => ("guarded".into(), Vec::new()),
            other => (other.to_string(), Vec::new()),
        })
    }
}

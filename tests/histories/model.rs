//! The reference model: a card as its terminal knows it, from the standard's rules alone.
//!
//! Files, rights, tries, logical channels and what each of them has current and was shown; a
//! command in, its answer out, and every state of the memory the command goes through. Nothing of
//! the card's code is used, and nothing is known of pulses. Clauses are those of ISO/IEC
//! 7816-4:2020; what the standard leaves open is as the card's own documentation has it.
//!
//! Invariant: a command that is refused leaves the model as it was.

use std::sync::Arc;

/// Who may read or update a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Always,
    Pin,
    Never,
}

/// How a file is made up (7.4); sizes in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Structure {
    Transparent,
    Fixed { size: usize, most: usize, tlv: bool },
    Variable { longest: usize, most: usize },
    Cyclic { size: usize, most: usize },
}

impl Structure {
    /// Records are data objects, and the tag is the record's identifier.
    fn is_tlv(self) -> bool {
        matches!(self, Self::Fixed { tlv: true, .. } | Self::Variable { .. })
    }
}

/// A dedicated file.
#[derive(Clone, Debug)]
pub(crate) struct Df {
    pub(crate) fid: u16,
    pub(crate) name: Vec<u8>,
    /// Its place among the DFs; the MF is its own.
    pub(crate) parent: usize,
    /// The application's topmost DF, its own place for that one.
    pub(crate) application: usize,
}

/// An elementary file.
#[derive(Clone, Debug)]
pub(crate) struct Ef {
    pub(crate) df: usize,
    pub(crate) fid: u16,
    pub(crate) sfi: u8,
    pub(crate) structure: Structure,
    pub(crate) read: Access,
    pub(crate) update: Access,
}

/// A PIN: the application it is of, what is right, and how many tries it has.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    pub(crate) application: usize,
    pub(crate) reference: Vec<u8>,
    pub(crate) most: u8,
}

/// What of a card never changes.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) channels: usize,
    /// The MF first, and an application before what lies in it.
    pub(crate) dfs: Vec<Df>,
    pub(crate) efs: Vec<Ef>,
    pub(crate) pins: Vec<Pin>,
}

/// A record, or the whole of a transparent file, and what a variable record may grow to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    pub(crate) bytes: Vec<u8>,
    pub(crate) room: usize,
}

impl Record {
    pub(crate) fn full(bytes: Vec<u8>) -> Self {
        Self { room: bytes.len(), bytes }
    }
}

/// What outlives power.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Memory {
    /// For each EF its records in the order of their numbers: of a cyclic file the newest first.
    pub(crate) files: Vec<Arc<Vec<Record>>>,
    pub(crate) tries: Vec<u8>,
}

/// What a channel has current and was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Channel {
    df: usize,
    ef: Option<usize>,
    record: Option<usize>,
    shown_in_application: bool,
    shown_in_df: bool,
}

/// A card under power.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Model {
    pub(crate) memory: Memory,
    channels: Vec<Option<Channel>>,
}

/// A command in its parts: short length fields alone, `ne` 0 when there is none.
struct Command<'c> {
    channel: usize,
    ins: u8,
    p1: u8,
    p2: u8,
    data: &'c [u8],
    ne: usize,
}

impl<'c> Command<'c> {
    fn parse(bytes: &'c [u8]) -> Self {
        let &[cla, ins, p1, p2, ref body @ ..] = bytes else { unreachable!("four bytes") };
        let channel = match cla {
            0x00..=0x03 => usize::from(cla),
            0x40..=0x4F => 4 + usize::from(cla & 0x0F),
            _ => unreachable!("first or further interindustry class, no chain: {cla:02X}"),
        };
        let whole = |le: u8| if le == 0 { 256 } else { usize::from(le) };
        let (data, ne) = match body {
            [] => (body, 0),
            [le] => (&body[..0], whole(*le)),
            [lc, data @ ..] if data.len() == usize::from(*lc) => (data, 0),
            [_, data @ .., le] => (data, whole(*le)),
        };
        Self { channel, ins, p1, p2, data, ne }
    }
}

/// Data and status word, or a status word alone.
type Answer = Result<(Vec<u8>, u16), u16>;

const OK: Answer = Ok((Vec::new(), 0x9000));

impl Model {
    pub(crate) fn new(plan: &Plan, memory: Memory) -> Self {
        let mut model = Self { memory, channels: vec![None; plan.channels] };
        model.power_up();
        model
    }

    /// After a reset: the basic channel alone, with the MF current (7.3.1, 5.4.1).
    pub(crate) fn power_up(&mut self) {
        self.channels.fill(None);
        self.channels[0] = Some(Channel::default());
    }

    /// Runs a command. `passed` gets every state that memory goes through, in order.
    pub(crate) fn exchange(
        &mut self,
        plan: &Plan,
        command: &[u8],
        passed: &mut Vec<Memory>,
    ) -> Vec<u8> {
        let command = Command::parse(command);
        let (mut data, mut status) = match self.answer(plan, &command, passed) {
            Ok(answer) => answer,
            Err(status) => (Vec::new(), status),
        };
        if data.len() > 256 {
            // The rest waits for GET RESPONSE (5.3.4).
            status = 0x6100 | (data.len() - 256).min(255) as u16;
            data.truncate(256);
        }
        data.extend(status.to_be_bytes());
        data
    }

    fn answer(&mut self, plan: &Plan, command: &Command<'_>, passed: &mut Vec<Memory>) -> Answer {
        let number = command.channel;
        let Some(&Some(mut channel)) = self.channels.get(number) else { return Err(0x6881) };
        if command.ins == 0x70 {
            return self.manage_channel(command, channel);
        }
        let answer = match command.ins {
            0xA4 => select(plan, &mut channel, command),
            0x20 => self.verify(plan, &mut channel, command, passed),
            0xB0 => self.read_binary(plan, &mut channel, command),
            0xB2 => self.read_record(plan, &mut channel, command),
            0xD6 | 0xDC | 0xE2 => self.update(plan, &mut channel, command, passed),
            _ => Err(0x6D00),
        };
        // A wrong PIN takes away what was shown; any other refusal leaves the channel as it was.
        if !answer.as_ref().is_err_and(|status| status >> 8 != 0x63) {
            self.channels[number] = Some(channel);
        }
        answer
    }

    /// MANAGE CHANNEL (11.1.2).
    fn manage_channel(&mut self, command: &Command<'_>, from: Channel) -> Answer {
        let named = usize::from(command.p2);
        // Opened from the basic channel: the MF; from another: its DF (and what was shown is not).
        let opened = if command.channel == 0 {
            Channel::default()
        } else {
            Channel { df: from.df, ..Channel::default() }
        };
        match (command.p1, named) {
            (0x00, 0) if command.ne == 0 => Err(0x6700),
            (0x00, 0) => {
                let free = self.channels.iter().position(Option::is_none).ok_or(0x6A81u16)?;
                self.channels[free] = Some(opened);
                Ok((vec![free as u8], 0x9000))
            }
            (_, named) if named >= self.channels.len() => Err(0x6A81),
            (0x00, named) if self.channels[named].is_some() => Err(0x6985),
            (0x00, named) => {
                self.channels[named] = Some(opened);
                OK
            }
            (_, named) => match if named == 0 { command.channel } else { named } {
                0 => Err(0x6A86),
                named => match self.channels[named].take() {
                    None => Err(0x6985),
                    Some(_) => OK,
                },
            },
        }
    }

    /// VERIFY (11.6.6): counted before compared, and set back when it was right.
    fn verify(
        &mut self,
        plan: &Plan,
        channel: &mut Channel,
        command: &Command<'_>,
        passed: &mut Vec<Memory>,
    ) -> Answer {
        let here = plan.dfs[channel.df].application;
        let which = plan.pins.iter().position(|pin| pin.application == here);
        let Some(which) = which.filter(|_| command.p2 == 0) else { return Err(0x6A88) };
        let pin = &plan.pins[which];
        let tries = self.memory.tries[which];
        if command.p1 == 0xFF {
            (channel.shown_in_application, channel.shown_in_df) = (false, false);
            return OK;
        }
        match (command.data.len(), tries) {
            (0, _) if channel.pin_shown() => return OK,
            (_, 0) => return Err(0x6983),
            (0, tries) => return Err(0x63C0 | u16::from(tries)),
            (given, _) if given != pin.reference.len() => return Err(0x6700),
            _ => {}
        }
        self.memory.tries[which] = tries - 1;
        passed.push(self.memory.clone());
        if command.data != pin.reference {
            (channel.shown_in_application, channel.shown_in_df) = (false, false);
            return Err(0x63C0 | u16::from(tries - 1));
        }
        self.memory.tries[which] = pin.most;
        passed.push(self.memory.clone());
        let in_application = channel.df == here;
        channel.shown_in_application |= in_application;
        channel.shown_in_df = !in_application;
        OK
    }

    /// READ BINARY (11.3.3).
    fn read_binary(&self, plan: &Plan, channel: &mut Channel, command: &Command<'_>) -> Answer {
        let (ef, offset) = binary_place(plan, channel, command)?;
        open(plan, channel, ef, plan.efs[ef].read, true)?;
        let there = self.memory.files[ef][0].bytes.get(offset..).filter(|bytes| !bytes.is_empty());
        let there = there.ok_or(0x6B00u16)?;
        let data = there[..there.len().min(command.ne)].to_vec();
        // Le 00 asks for what there is; any other Le for as many bytes.
        let ends_before = data.len() < command.ne && command.ne != 256;
        Ok((data, if ends_before { 0x6282 } else { 0x9000 }))
    }

    /// READ RECORD (11.4.3).
    fn read_record(&self, plan: &Plan, channel: &mut Channel, command: &Command<'_>) -> Answer {
        let ef = record_file(plan, channel, command)?;
        open(plan, channel, ef, plan.efs[ef].read, false)?;
        let records = &self.memory.files[ef];
        let data = if command.p2 & 7 == 5 {
            let first = by_number(channel, records, command.p1)?;
            records[first - 1..].iter().flat_map(|record| record.bytes.clone()).collect()
        } else {
            let number = find(plan.efs[ef].structure, channel, records, command)?;
            records[number - 1].bytes.clone()
        };
        Ok((data, 0x9000))
    }

    /// UPDATE BINARY (11.3.5), UPDATE RECORD (11.4.5), APPEND RECORD (11.4.6).
    fn update(
        &mut self,
        plan: &Plan,
        channel: &mut Channel,
        command: &Command<'_>,
        passed: &mut Vec<Memory>,
    ) -> Answer {
        let binary = command.ins == 0xD6;
        let (ef, offset) = if binary {
            binary_place(plan, channel, command)?
        } else {
            (record_file(plan, channel, command)?, 0)
        };
        let file = &plan.efs[ef];
        open(plan, channel, ef, file.update, binary)?;
        let mut records = Vec::clone(&self.memory.files[ef]);
        match command.ins {
            0xD6 => {
                let bytes = &mut records[0].bytes;
                let after = bytes.get_mut(offset..).filter(|bytes| !bytes.is_empty());
                let after = after.ok_or(0x6B00u16)?;
                let place = after.get_mut(..command.data.len()).ok_or(0x6A84u16)?;
                place.copy_from_slice(command.data);
            }
            0xDC => update_record(file.structure, channel, &mut records, command)?,
            _ => append_record(file.structure, channel, &mut records, command.data)?,
        }
        self.memory.files[ef] = Arc::new(records);
        passed.push(self.memory.clone());
        OK
    }
}

impl Channel {
    /// The PIN was shown here, or where it counts here too.
    fn pin_shown(&self) -> bool {
        self.shown_in_application || self.shown_in_df
    }

    /// Another application's DF: all is new. Another DF: what was shown in the DF is gone.
    fn enter_df(&mut self, plan: &Plan, df: usize) {
        if plan.dfs[df].application != plan.dfs[self.df].application {
            *self = Self::default();
        }
        self.shown_in_df &= self.df == df;
        (self.df, self.ef, self.record) = (df, None, None);
    }
}

/// SELECT without an answer (11.2.2), of one of the kinds the histories send.
fn select(plan: &Plan, channel: &mut Channel, command: &Command<'_>) -> Answer {
    let here = channel.df;
    let df = |fits: &dyn Fn(usize, &Df) -> bool| {
        plan.dfs.iter().enumerate().find(|&(place, df)| fits(place, df)).map(|(place, _)| place)
    };
    let fid = command.data.try_into().map(u16::from_be_bytes).unwrap_or(0x3F00);
    let of_this_application = |df: &Df| df.application == plan.dfs[here].application;
    let found = match (command.p1, command.p2) {
        (0x00, 0x0C) => {
            let ef = plan.efs.iter().position(|ef| ef.df == here && ef.fid == fid);
            if let Some(ef) = ef {
                (channel.ef, channel.record) = (Some(ef), None);
                return OK;
            }
            let up = plan.dfs[here].parent;
            df(&|place, df| {
                let near = df.parent == here || [here, up].contains(&place);
                let beside = df.parent == up && of_this_application(df);
                let application = df.application == place && df.parent == 0;
                df.fid == fid && (near || beside || application)
            })
        }
        (0x02, 0x0C) => {
            let ef = plan.efs.iter().position(|ef| ef.df == here && ef.fid == fid);
            (channel.ef, channel.record) = (Some(ef.ok_or(0x6A82u16)?), None);
            return OK;
        }
        (0x03, 0x0C) => (here != 0).then(|| plan.dfs[here].parent),
        (0x04, 0x0C) => df(&|_, df| df.name.starts_with(command.data)),
        other => unreachable!("SELECT with {other:02X?}"),
    };
    channel.enter_df(plan, found.ok_or(0x6A82u16)?);
    OK
}

/// P1-P2 of the binary commands (11.3.2).
fn binary_place(
    plan: &Plan,
    channel: &Channel,
    command: &Command<'_>,
) -> Result<(usize, usize), u16> {
    if command.p1 & 0x80 == 0 {
        let offset = u16::from_be_bytes([command.p1, command.p2]);
        return Ok((channel.ef.ok_or(0x6986u16)?, offset.into()));
    }
    Ok((short(plan, channel, command.p1 & 0x1F)?, command.p2.into()))
}

/// P2 of the record commands (11.4.2).
fn record_file(plan: &Plan, channel: &Channel, command: &Command<'_>) -> Result<usize, u16> {
    match command.p2 >> 3 {
        0 => channel.ef.ok_or(0x6986),
        sfi => short(plan, channel, sfi),
    }
}

fn short(plan: &Plan, channel: &Channel, sfi: u8) -> Result<usize, u16> {
    plan.efs.iter().position(|ef| ef.df == channel.df && ef.sfi == sfi).ok_or(0x6A82)
}

/// Structure, then rights; the file is current then.
fn open(
    plan: &Plan,
    channel: &mut Channel,
    ef: usize,
    access: Access,
    binary: bool,
) -> Result<(), u16> {
    if (plan.efs[ef].structure == Structure::Transparent) != binary {
        return Err(0x6981);
    }
    match access {
        Access::Pin if !channel.pin_shown() => return Err(0x6982),
        Access::Never => return Err(0x6982),
        _ => {}
    }
    if channel.ef != Some(ef) {
        (channel.ef, channel.record) = (Some(ef), None);
    }
    Ok(())
}

/// A record that is there, by its number from 1; 0 is the current one.
fn by_number(channel: &Channel, records: &[Record], number: u8) -> Result<usize, u16> {
    let number = if number == 0 { channel.record } else { Some(number.into()) };
    number.filter(|number| (1..=records.len()).contains(number)).ok_or(0x6A83)
}

/// The record that P1 and the mode name; by identifier the pointer moves to it (11.4.2). Identifier
/// 0 fits each record.
fn find(
    structure: Structure,
    channel: &mut Channel,
    records: &[Record],
    command: &Command<'_>,
) -> Result<usize, u16> {
    let (id, count) = (command.p1, records.len());
    if command.p2 & 7 == 4 {
        return by_number(channel, records, id);
    }
    let fits = |number: &usize| id == 0 || records[number - 1].bytes.first() == Some(&id);
    let pointer = channel.record.filter(|&number| number <= count);
    let found = match command.p2 & 7 {
        0 => (1..=count).find(fits),
        1 => (1..=count).rev().find(fits),
        2 => (pointer.unwrap_or(0) + 1..=count).find(fits),
        3 => (1..pointer.unwrap_or(count + 1)).rev().find(fits),
        mode => unreachable!("mode {mode}"),
    };
    if id != 0 && !structure.is_tlv() {
        return Err(0x6981);
    }
    channel.record = found;
    found.ok_or(0x6A83)
}

fn update_record(
    structure: Structure,
    channel: &mut Channel,
    records: &mut Vec<Record>,
    command: &Command<'_>,
) -> Result<(), u16> {
    if matches!(structure, Structure::Cyclic { .. }) {
        match (command.p2 & 7, command.p1) {
            (3, 0) => {
                add(structure, records, command.data)?;
                channel.record = Some(1);
                return Ok(());
            }
            // As social-security cards have it: record 1 is always a new one.
            (4, 1) => return add(structure, records, command.data).map(drop),
            (4, _) => return Err(0x6A86),
            _ => {}
        }
    }
    let record = &mut records[..];
    let number = find(structure, channel, record, command)?;
    let record = &mut record[number - 1];
    let (data, bytes) = (command.data, record.bytes.len());
    if structure.is_tlv() && !(is_data_object(data) && data.first() == record.bytes.first()) {
        return Err(0x6A80);
    }
    match structure {
        Structure::Variable { .. } if data.len() > record.room => return Err(0x6A84),
        Structure::Variable { .. } => {}
        _ if data.len() != bytes => return Err(0x6700),
        _ => {}
    }
    record.bytes = data.to_vec();
    Ok(())
}

fn append_record(
    structure: Structure,
    channel: &mut Channel,
    records: &mut Vec<Record>,
    data: &[u8],
) -> Result<(), u16> {
    if structure.is_tlv() && !is_data_object(data) {
        return Err(0x6A80);
    }
    channel.record = Some(add(structure, records, data)?);
    Ok(())
}

/// Adds a record and returns its number: the last of a linear file, the first of a cyclic one,
/// whose oldest goes when the ring is full (7.4.3).
fn add(structure: Structure, records: &mut Vec<Record>, data: &[u8]) -> Result<usize, u16> {
    let (fits, most) = match structure {
        Structure::Transparent => unreachable!("no records"),
        Structure::Fixed { size, most, .. } => (data.len() == size, most),
        Structure::Variable { longest, most } => (data.len() <= longest, most),
        Structure::Cyclic { size, .. } => (data.len() == size, usize::MAX),
    };
    if !fits {
        return Err(0x6700);
    }
    if records.len() >= most {
        return Err(0x6A84);
    }
    if let Structure::Cyclic { most, .. } = structure {
        records.insert(0, Record::full(data.to_vec()));
        records.truncate(most);
        return Ok(1);
    }
    records.push(Record::full(data.to_vec()));
    Ok(records.len())
}

/// One data object with a tag and a length of a byte each.
fn is_data_object(data: &[u8]) -> bool {
    matches!(data, [_, length, value @ ..] if usize::from(*length) == value.len())
}

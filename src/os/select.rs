//! SELECT (ISO/IEC 7816-4:2020, 11.2.2): by name anywhere, by identifier and path across
//! applications.
//!
//! What lies inside one application is its own business; here is decided which application is
//! asked, in this order: for P1 = 00 the current one, then those registered under it, beside it,
//! above it and under the MF, then the one above for a DF under its root; for P1 = 01 and 09 the
//! current one, then those under it; for P1 = 02 the current one alone; for P1 = 08 the deepest one
//! along the path; for P1 = 03 the current one, which may point above itself. A selection that
//! fails changes nothing: neither what is current nor what an applet holds in RAM, but for what the
//! current one drops when it is told.

use tessera_framework::{
    Apdu, Control, DfId, FileId, Halt, Outcome, Reply, Selected, Selection, StatusWord, Target,
};

use crate::nvm::Block;

use super::{
    registry::Registry,
    state::{Channel, Core, Occurrence},
};

/// Which of several names that match (P2 b2-b1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    First,
    Last,
    Next,
    Previous,
}

/// Runs SELECT on a channel.
pub(crate) fn select(
    core: &mut Core,
    registry: &Registry,
    channel: u8,
    apdu: &Apdu<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let control = match apdu.p2 & 0x0C {
        0x00 => Control::Fci,
        0x04 => Control::Fcp,
        0x08 => Control::Fmd,
        _ => Control::None,
    };
    let wanted = match apdu.p2 & 0x03 {
        0 => Wanted::First,
        1 => Wanted::Last,
        2 => Wanted::Next,
        _ => Wanted::Previous,
    };
    if apdu.p2 & 0xF0 != 0 || (apdu.p1 != 0x04 && wanted != Wanted::First) {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let mut search = Search { core, registry, channel, control };
    match apdu.p1 {
        0x00 if apdu.data.is_empty() => search.root(Registry::MF, reply),
        0x00 => match file_id(apdu.data)? {
            FileId::MF => search.root(Registry::MF, reply),
            fid => search.by_id(fid, reply),
        },
        0x01 => search.child_df(file_id(apdu.data)?, reply),
        0x02 => search.in_current(Target::Ef(file_id(apdu.data)?), reply),
        0x03 if apdu.data.is_empty() => search.parent(reply),
        0x04 => search.by_name(apdu.data, wanted, reply),
        0x08 | 0x09 => match (apdu.p1, path(apdu.data)?) {
            (_, [0x3F, 0xFF, rest @ ..]) | (0x09, rest) => search.by_path_from_current(rest, reply),
            (_, path) => search.by_path_from_mf(path, reply),
        },
        0x03 => Halt::status(StatusWord::NC_INCONSISTENT_WITH_P1P2),
        _ => Halt::status(StatusWord::WRONG_P1P2),
    }
}

/// Selects the MF on a channel that has nothing selected: at reset and on a new channel.
pub(crate) fn implicitly(core: &mut Core, registry: &Registry, channel: u8) -> Outcome {
    let mut buffer = [0; 256];
    let mut reply = Reply::new(&mut buffer);
    let selection = Selection { target: Target::Df(DfId::ROOT), control: Control::None };
    core.channels[usize::from(channel)].applet = Registry::MF;
    core.call(registry, Registry::MF, channel, |applet, env| {
        applet.select(env, &selection, &mut reply).map(drop)
    })
}

fn file_id(data: &[u8]) -> Result<FileId, Halt> {
    match *data {
        [high, low] => Ok(FileId(u16::from_be_bytes([high, low]))),
        _ => Halt::status(StatusWord::NC_INCONSISTENT_WITH_P1P2),
    }
}

fn path(data: &[u8]) -> Result<&[u8], Halt> {
    if data.is_empty() || !data.len().is_multiple_of(2) {
        return Halt::status(StatusWord::NC_INCONSISTENT_WITH_P1P2);
    }
    Ok(data)
}

/// A SELECT under way.
struct Search<'s> {
    core: &'s mut Core,
    registry: &'s Registry,
    channel: u8,
    control: Control,
}

impl Search<'_> {
    fn current(&self) -> u8 {
        self.core.channels[usize::from(self.channel)].applet
    }

    fn in_current(&mut self, target: Target<'_>, reply: &mut Reply<'_>) -> Outcome {
        self.within(self.current(), target, reply)
    }

    fn root(&mut self, applet: u8, reply: &mut Reply<'_>) -> Outcome {
        self.within(applet, Target::Df(DfId::ROOT), reply)
    }

    /// A file of one applet. Only a parent can lie above its root.
    fn within(&mut self, applet: u8, target: Target<'_>, reply: &mut Reply<'_>) -> Outcome {
        match self.enter(applet, target, reply)? {
            Selected::Here => Ok(()),
            Selected::Above => Halt::status(StatusWord::NOT_FOUND),
        }
    }

    fn parent(&mut self, reply: &mut Reply<'_>) -> Outcome {
        match self.enter(self.current(), Target::Parent, reply)? {
            Selected::Here => Ok(()),
            Selected::Above => match self.registry.entry(self.current()).parent {
                Some(parent) => self.root(parent, reply),
                None => Halt::status(StatusWord::NOT_FOUND),
            },
        }
    }

    fn by_id(&mut self, fid: FileId, reply: &mut Reply<'_>) -> Outcome {
        let target = Target::FileId(fid);
        match self.in_current_or_root_of(target, |search| search.neighbour(fid), reply) {
            Err(Halt::Status(StatusWord::NOT_FOUND)) => match self.environment() {
                Some(above) => self.within(above, Target::DfBeside(fid), reply),
                None => Halt::status(StatusWord::NOT_FOUND),
            },
            outcome => outcome,
        }
    }

    /// The application above the current one, unless that is the MF.
    fn environment(&self) -> Option<u8> {
        self.registry.above(self.current())
    }

    fn child_df(&mut self, fid: FileId, reply: &mut Reply<'_>) -> Outcome {
        let child = |search: &Self| search.registry.child(search.current(), fid);
        self.in_current_or_root_of(Target::ChildDf(fid), child, reply)
    }

    /// A file of the current applet or, when it has none of this kind, another application.
    fn in_current_or_root_of(
        &mut self,
        target: Target<'_>,
        other: impl FnOnce(&Self) -> Option<u8>,
        reply: &mut Reply<'_>,
    ) -> Outcome {
        match self.in_current(target, reply) {
            Err(Halt::Status(StatusWord::NOT_FOUND)) => match other(self) {
                Some(applet) => self.root(applet, reply),
                None => Halt::status(StatusWord::NOT_FOUND),
            },
            outcome => outcome,
        }
    }

    /// The application with this identifier under, beside or above the current one, or under the
    /// MF.
    fn neighbour(&self, fid: FileId) -> Option<u8> {
        let current = self.current();
        let parent = self.registry.entry(current).parent;
        let above = parent.filter(|&p| self.registry.entry(p).descriptor.fid == Some(fid));
        self.registry
            .child(current, fid)
            .or_else(|| parent.and_then(|parent| self.registry.child(parent, fid)))
            .or(above)
            .or_else(|| self.registry.child(Registry::MF, fid))
    }

    fn by_path_from_mf(&mut self, mut path: &[u8], reply: &mut Reply<'_>) -> Outcome {
        // Terminals are seen to send the MF's own identifier first, which the standard leaves out.
        if let [0x3F, 0x00, rest @ ..] = path {
            path = rest;
        }
        let (applet, rest) = self.deepest(Registry::MF, path);
        self.within(applet, Target::PathFromRoot(rest), reply)
    }

    fn by_path_from_current(&mut self, path: &[u8], reply: &mut Reply<'_>) -> Outcome {
        let current = self.current();
        let (applet, rest) = self.deepest(current, path);
        match self.in_current(Target::PathFromCurrent(path), reply) {
            Err(Halt::Status(StatusWord::NOT_FOUND)) if applet != current => {
                self.within(applet, Target::PathFromRoot(rest), reply)
            }
            outcome => outcome,
        }
    }

    /// The last application along a path that begins in `applet`, and what is left of the path.
    fn deepest<'p>(&self, mut applet: u8, mut path: &'p [u8]) -> (u8, &'p [u8]) {
        while let [high, low, rest @ ..] = path {
            let fid = FileId(u16::from_be_bytes([*high, *low]));
            let Some(child) = self.registry.child(applet, fid) else { break };
            (applet, path) = (child, rest);
        }
        (applet, path)
    }

    fn by_name(&mut self, name: &[u8], wanted: Wanted, reply: &mut Reply<'_>) -> Outcome {
        if name.is_empty() || name.len() > 16 {
            return Halt::status(StatusWord::NC_INCONSISTENT_WITH_P1P2);
        }
        let before = self.core.channels[usize::from(self.channel)].found;
        let Some(found) = self.occurrence(name, wanted, before)? else {
            return Halt::status(StatusWord::NOT_FOUND);
        };
        self.within(found.applet, Target::Df(DfId(found.df)), reply)?;
        self.core.channels[usize::from(self.channel)].found = Some(found);
        Ok(())
    }

    /// Walks all DFs whose names begin with `name`, application by application.
    fn occurrence(
        &mut self,
        name: &[u8],
        wanted: Wanted,
        before: Option<Occurrence>,
    ) -> Result<Option<Occurrence>, Halt> {
        let mut last = None;
        for applet in 0..self.registry.len() {
            for nth in 0..u16::MAX {
                let df = self.core.call(self.registry, applet, self.channel, |applet, env| {
                    applet.df_by_name(env, name, nth)
                })?;
                let Some(df) = df else { break };
                let found = Some(Occurrence { applet, df: df.0 });
                match wanted {
                    Wanted::First => return Ok(found),
                    Wanted::Next if found > before => return Ok(found),
                    Wanted::Previous if before.is_none() || found < before => last = found,
                    Wanted::Last => last = found,
                    Wanted::Next | Wanted::Previous => {}
                }
            }
        }
        Ok(last)
    }

    /// Asks an applet to make a file current, and makes the applet current if it does.
    fn enter(
        &mut self,
        applet: u8,
        target: Target<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        let place = usize::from(self.channel);
        let before = self.core.channels[place];
        self.core.ram.put_aside(place);
        let switches = before.applet != applet;
        if switches {
            self.switch(before, applet);
        }
        let selection = Selection { target, control: self.control };
        let selected = self.core.call(self.registry, applet, self.channel, |applet, env| {
            applet.select(env, &selection, reply)
        });
        if !matches!(selected, Ok(Selected::Here)) {
            self.core.channels[place] = before;
            self.core.ram.take_back(place);
            reply.clear();
            return selected;
        }
        self.core.channels[place].found = None;
        if switches {
            self.tell_left(before)?;
        }
        self.core.ram.forget_aside();
        selected
    }

    /// Makes another applet current, with the RAM it begins with.
    fn switch(&mut self, before: Channel, applet: u8) {
        let place = usize::from(self.channel);
        let above = self.registry.above(applet);
        let core = &mut *self.core;
        let environment = if above == Some(before.applet) {
            core.ram.enter_environment(place);
            above
        } else if before.environment == Some(applet) {
            core.ram.leave_environment(place);
            None
        } else {
            core.ram.forget(place, Block::Selected);
            let stays = above.filter(|_| before.environment == above);
            if stays.is_none() {
                core.ram.forget(place, Block::Environment);
            }
            stays
        };
        core.channels[place] = Channel { applet, environment, ..before };
    }

    /// Tells those whose selection is lost, who see their RAM, which was put aside, once more; or
    /// the one that is the environment now.
    fn tell_left(&mut self, before: Channel) -> Outcome {
        let Channel { applet, environment, .. } = self.core.channels[usize::from(self.channel)];
        if environment == Some(before.applet) {
            self.core.call(self.registry, before.applet, self.channel, |applet, env| {
                applet.child_selected(env);
                Ok(())
            })?;
        } else {
            self.tell_deselected(before.applet, Block::Selected)?;
        }
        match before.environment {
            Some(left) if left != applet && environment != before.environment => {
                self.tell_deselected(left, Block::Environment)
            }
            _ => Ok(()),
        }
    }

    fn tell_deselected(&mut self, applet: u8, aside: Block) -> Outcome {
        let place = usize::from(self.channel);
        let now = self.core.channels[place];
        self.core.ram.swap_aside(place, aside);
        self.core.channels[place] = Channel { applet, environment: None, ..now };
        let told = self.core.tell_deselected(self.registry, self.channel);
        self.core.channels[place] = now;
        self.core.ram.swap_aside(place, aside);
        told
    }
}

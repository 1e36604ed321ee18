//! What the shell has learned of the card's files from the line: which directories there are, which
//! is current, and which files want protection.
//!
//! Invariants: the first directory is the MF; what is current changes only with an answer that says
//! so; a loss of power selects the MF again. Commands on other channels than the basic one are not
//! followed.

use std::collections::BTreeMap;

use tessera::{StatusWord, trace::Vocabulary};
use tessera_framework::{Apdu, Ins, tlv::DataObjects};

/// The MF's identifier.
pub(super) const MF: u16 = 0x3F00;

/// A directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Df {
    /// Its identifier, when it is known.
    pub(super) fid: Option<u16>,
    /// Its name, when it is known.
    pub(super) name: Vec<u8>,
    /// The one above it, when it is known.
    parent: Option<usize>,
    /// Files created under it in this session.
    pub(super) efs: BTreeMap<u16, Created>,
}

/// What a file was created with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Created {
    /// Type byte: 80 asks for a MAC when it is written, 40 for encryption.
    pub(super) kind: u8,
    /// Key byte: bit 8 clear asks for a MAC when it is read; which keys.
    pub(super) key: u8,
}

impl Created {
    /// Files with a key byte are those with a body of data.
    fn guards(self) -> bool {
        matches!(self.kind & 0x3F, 0x28 | 0x2A | 0x2C | 0x2E)
    }

    /// Writing it needs a MAC.
    pub(super) fn writes_with_mac(self) -> bool {
        self.guards() && self.kind & 0x80 != 0
    }

    /// Writing it needs encryption; reading it under a MAC gives ciphertext.
    pub(super) fn is_encrypted(self) -> bool {
        self.guards() && self.kind & 0x40 != 0
    }

    /// Reading it needs a MAC.
    pub(super) fn reads_with_mac(self) -> bool {
        self.guards() && self.key & 0x80 == 0
    }

    /// Identifier of the line key for reading: 11 is 0, 10 is 1, 01 is 2, 00 is 3.
    pub(super) fn reading_key(self) -> u8 {
        3 - (self.key >> 2 & 3)
    }

    /// Identifier of the line key for writing.
    pub(super) fn writing_key(self) -> u8 {
        3 - (self.key & 3)
    }
}

/// Directories and what is current.
#[derive(Clone, Debug)]
pub(super) struct Files {
    dfs: Vec<Df>,
    current: usize,
    ef: Option<u16>,
    pub(super) words: Vocabulary,
}

impl Files {
    /// A card of which only the names of this vocabulary are known.
    pub(super) fn new(words: Vocabulary) -> Self {
        let mf = Df { fid: Some(MF), ..Df::default() };
        Self { dfs: vec![mf], current: 0, ef: None, words }
    }

    /// The place of the current directory.
    pub(super) fn current(&self) -> usize {
        self.current
    }

    /// A directory by its place.
    pub(super) fn df(&self, place: usize) -> &Df {
        self.dfs.get(place).unwrap_or(&self.dfs[0])
    }

    /// All directories met so far.
    pub(super) fn dfs(&self) -> impl Iterator<Item = (usize, &Df)> {
        self.dfs.iter().enumerate()
    }

    /// What a directory is called: a path of identifiers, or its name.
    pub(super) fn label(&self, place: usize) -> String {
        let df = self.df(place);
        let Some(fid) = df.fid else { return hex::encode_upper(&df.name) };
        if place == 0 {
            return "MF".into();
        }
        let known = self.words.dfs.iter().find(|words| words.fid == fid);
        let own = known.map_or_else(|| format!("{fid:04X}"), |words| words.short.clone());
        match df.parent {
            Some(0) | None => own,
            Some(parent) => format!("{}/{own}", self.label(parent)),
        }
    }

    /// What is current, for the prompt.
    pub(super) fn prompt(&self) -> String {
        match self.ef {
            Some(ef) => format!("{}/{ef:04X}", self.label(self.current)),
            None => self.label(self.current),
        }
    }

    /// The file a command is about: by short identifier, else the current one.
    pub(super) fn file(&self, sfi: Option<u8>) -> Option<Created> {
        let fid = sfi.map(u16::from).or(self.ef)?;
        self.df(self.current).efs.get(&fid).copied()
    }

    /// The environment of a social-security card, when the current directory is it or under it.
    pub(super) fn social_security(&self) -> Option<usize> {
        let mut at = self.current;
        // No longer than the list, whatever it says.
        for _ in 0..self.dfs.len() {
            if self.df(at).name.starts_with(b"sx1.sh.") {
                return Some(at);
            }
            at = self.df(at).parent?;
        }
        None
    }

    /// Power came, and the MF is selected.
    pub(super) fn powered(&mut self) {
        (self.current, self.ef) = (0, None);
    }

    /// The directory with this path of identifiers from the MF, or with this name; it is noted when
    /// it is new.
    pub(super) fn place_of(&mut self, text: &str) -> Option<usize> {
        let parts: Vec<&str> = text.split('/').collect();
        let fids: Option<Vec<u16>> = parts.iter().map(|part| self.fid_of(part)).collect();
        if let Some(fids) = fids {
            let mut at = 0;
            for fid in fids.into_iter().filter(|&fid| fid != MF) {
                at = self.child(at, fid);
                let known = self.words.dfs.iter().find(|df| df.fid == fid);
                if let (true, Some(known)) = (self.dfs[at].name.is_empty(), known) {
                    self.dfs[at].name.clone_from(&known.name);
                }
            }
            return Some(at);
        }
        let name = hex::decode(text).ok().filter(|name| (5..=16).contains(&name.len()))?;
        Some(self.named(&name))
    }

    fn fid_of(&self, text: &str) -> Option<u16> {
        if text.eq_ignore_ascii_case("mf") {
            return Some(MF);
        }
        super::words::fid(text).or_else(|| {
            let known = self.words.dfs.iter().find(|df| df.short.eq_ignore_ascii_case(text));
            known.map(|df| df.fid)
        })
    }

    fn child(&mut self, parent: usize, fid: u16) -> usize {
        let found = self.dfs.iter().position(|df| df.fid == Some(fid) && df.parent == Some(parent));
        found.unwrap_or_else(|| {
            self.dfs.push(Df { fid: Some(fid), parent: Some(parent), ..Df::default() });
            self.dfs.len() - 1
        })
    }

    fn named(&mut self, name: &[u8]) -> usize {
        let whole = self.dfs.iter().position(|df| df.name == name);
        whole.unwrap_or_else(|| {
            let known = self.words.dfs.iter().find(|df| df.name == name).map(|df| df.fid);
            if known == Some(MF) {
                return 0;
            }
            // Where it lies is known only when its identifier is.
            let parent = known.map(|_| 0);
            self.dfs.push(Df { fid: known, name: name.into(), parent, ..Df::default() });
            self.dfs.len() - 1
        })
    }

    /// Learns from a command and its answer; true when the files under the current directory are
    /// gone.
    pub(super) fn learn(&mut self, command: &[u8], data: &[u8], status: StatusWord) -> bool {
        let Ok(apdu) = Apdu::parse(command) else { return false };
        let blocked = status == StatusWord::FUNCTION_NOT_SUPPORTED && apdu.ins == Ins::SELECT;
        if !matches!(status.sw1(), 0x90 | 0x61..=0x63) && !blocked {
            return false;
        }
        match (apdu.cla, apdu.ins) {
            // A blocked application is current although its selection is refused.
            (0x00, Ins::SELECT) if !blocked || apdu.p1 == 4 || self.names_df(apdu.data) => {
                self.selected(&apdu, data);
            }
            (0x00 | 0x04, Ins::READ_BINARY | Ins::UPDATE_BINARY) if apdu.p1 & 0x80 != 0 => {
                self.ef = Some(u16::from(apdu.p1 & 0x1F));
            }
            (0x00 | 0x04, Ins::READ_RECORD | Ins::UPDATE_RECORD | Ins::APPEND_RECORD)
                if apdu.p2 >> 3 != 0 =>
            {
                self.ef = Some(u16::from(apdu.p2 >> 3));
            }
            (0x80, Ins::CREATE_FILE) => self.created(&apdu),
            (0x80, Ins::ERASE_BINARY) => {
                self.erased();
                return true;
            }
            _ => {}
        }
        false
    }

    /// The identifier of a directory that has been met.
    fn names_df(&self, data: &[u8]) -> bool {
        let fid = <[u8; 2]>::try_from(data).map(u16::from_be_bytes).ok();
        fid.is_some() && self.dfs.iter().any(|df| df.fid == fid)
    }

    fn selected(&mut self, apdu: &Apdu<'_>, data: &[u8]) {
        let name = name_in(data);
        let before = (self.current, self.ef);
        match (apdu.p1, apdu.data) {
            (0x04, wanted) => {
                let place = self.named(name.as_deref().unwrap_or(wanted));
                (self.current, self.ef) = (place, None);
            }
            (0x03, _) => {
                (self.current, self.ef) = (self.df(self.current).parent.unwrap_or(0), None);
            }
            (0x08 | 0x09, path) => {
                let (parts, _) = path.as_chunks::<2>();
                if apdu.p1 == 0x08 {
                    (self.current, self.ef) = (0, None);
                }
                for (at, part) in parts.iter().enumerate() {
                    let told = if at + 1 == parts.len() { data } else { &[0x6F, 0][..] };
                    self.step(u16::from_be_bytes(*part), told);
                }
            }
            (_, []) => (self.current, self.ef) = (0, None),
            (_, &[high, low]) => self.step(u16::from_be_bytes([high, low]), data),
            _ => {}
        }
        let df_selected = self.ef.is_none() && before != (self.current, self.ef);
        if let (true, Some(name)) = (df_selected, name) {
            self.dfs[self.current].name = name;
        }
    }

    /// Selection of a file by its identifier.
    fn step(&mut self, fid: u16, data: &[u8]) {
        if fid == MF {
            (self.current, self.ef) = (0, None);
            return;
        }
        let here = self.current;
        let parent = self.df(here).parent;
        let known = |parent: usize| {
            self.dfs.iter().position(|df| df.fid == Some(fid) && df.parent == Some(parent))
        };
        let met = known(here).or_else(|| parent.and_then(known));
        let is_ef = self.df(here).efs.contains_key(&fid);
        let in_words = self.words.dfs.iter().any(|df| df.fid == fid);
        if is_ef || met.is_none() && !in_words && !is_directory(data) {
            self.ef = Some(fid);
            return;
        }
        let itself = (self.df(here).fid == Some(fid)).then_some(here);
        let place = itself.or(met).unwrap_or_else(|| self.child(here, fid));
        (self.current, self.ef) = (place, None);
    }

    fn created(&mut self, apdu: &Apdu<'_>) {
        let fid = u16::from_be_bytes([apdu.p1, apdu.p2]);
        match *apdu.data {
            [0x38, _, _, _, _, _, _, _, ref name @ ..] if fid != MF => {
                let place = self.child(self.current, fid);
                self.dfs[place].name = name.to_vec();
            }
            [0x38, ..] => (self.current, self.ef) = (0, None),
            [kind, _, _, _, _, _, key] => {
                self.dfs[self.current].efs.insert(fid, Created { kind, key });
            }
            _ => {}
        }
    }

    fn erased(&mut self) {
        let here = self.current;
        self.dfs[here].efs.clear();
        for df in self.dfs.iter_mut().filter(|df| df.parent == Some(here)) {
            // Its place stays, for places are names; nothing finds it any more.
            *df = Df::default();
        }
    }
}

/// The DF name in control information.
fn name_in(data: &[u8]) -> Option<Vec<u8>> {
    let template = DataObjects::new(data).next()?.ok()?;
    let mut objects = DataObjects::new(template.value).flatten();
    objects.find(|object| object.tag.0 == 0x84).map(|object| object.value.to_vec())
}

/// Control information is that of a directory: its descriptor says so, or it has none.
fn is_directory(data: &[u8]) -> bool {
    let Some(Ok(template)) = DataObjects::new(data).next() else { return false };
    if !matches!(template.tag.0, 0x62 | 0x64 | 0x6F) {
        return false;
    }
    let mut objects = DataObjects::new(template.value).flatten();
    match objects.find(|object| object.tag.0 == 0x82) {
        Some(descriptor) => descriptor.value.first().is_some_and(|byte| byte & 0x38 == 0x38),
        None => true,
    }
}

//! What a terminal must see of a blank card: the tree, the keys, the rights, the arithmetic of
//! space, written from the published manuals and this card's own choices where they are silent.
//!
//! Invariant: no directory and no key file holds more than its space.

/// What outlasts power.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Df {
    pub(crate) fid: u16,
    name: Vec<u8>,
    space: usize,
    create: u8,
    erase: u8,
    key_file: Option<KeyFile>,
    keys: Vec<Key>,
    pub(crate) files: Vec<Ef>,
    pub(crate) dfs: Vec<Df>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct KeyFile {
    size: usize,
    add: u8,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    usage: u8,
    id: u8,
    usable: u8,
    change: u8,
    follow_up: u8,
    most: u8,
    left: u8,
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ef {
    pub(crate) fid: u16,
    read: u8,
    write: u8,
    content: Vec<u8>,
    written: bool,
}

/// What is lost with power.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Session {
    /// Identifiers from under the MF to the current DF.
    path: Vec<u16>,
    mf: u8,
    df: u8,
    /// The current DF was empty when it was selected, or has been erased since.
    free: bool,
}

const HEADER: usize = 11;
const EXTERNAL: u8 = 0x39;
const PIN: u8 = 0x3A;
const LEVELS: usize = 3;

/// An answer, and what memory holds after each change on the way to it.
pub(crate) type Answer = (Vec<u8>, Vec<Df>);

fn status(status: u16) -> Answer {
    (status.to_be_bytes().to_vec(), Vec::new())
}

impl Df {
    /// The MF of a blank card with so many bytes.
    pub(crate) fn mf(space: usize) -> Self {
        let name = b"1PAY.SYS.DDF01".to_vec();
        Self { name, ..Self::new(0x3F00, space, 0xF0, 0xF0, &[]) }
    }

    fn new(fid: u16, space: usize, create: u8, erase: u8, name: &[u8]) -> Self {
        let (name, keys, files, dfs) = (name.to_vec(), Vec::new(), Vec::new(), Vec::new());
        Self { fid, name, space, create, erase, key_file: None, keys, files, dfs }
    }

    fn is_empty(&self) -> bool {
        self.key_file.is_none() && self.files.is_empty() && self.dfs.is_empty()
    }

    fn has(&self, fid: u16) -> bool {
        self.files.iter().any(|file| file.fid == fid)
            || self.dfs.iter().any(|df| df.fid == fid)
            || (fid == 0 && self.key_file.is_some())
    }

    fn used(&self) -> usize {
        let own = HEADER + if self.fid == 0x3F00 { 0 } else { self.name.len() };
        let files: usize = self.files.iter().map(|file| HEADER + file.content.len()).sum();
        let dfs: usize = self.dfs.iter().map(|df| df.space).sum();
        own + files + dfs + self.key_file.as_ref().map_or(0, |keys| HEADER + keys.size)
    }

    fn keys_used(&self) -> usize {
        self.keys.iter().map(|key| key.value.len() + 8).sum()
    }

    /// Panics where something holds more than its space.
    pub(crate) fn require_space(&self) {
        assert!(self.used() <= self.space, "{self:?}");
        let room = self.key_file.as_ref().map_or(0, |keys| keys.size);
        assert!(self.keys_used() <= room, "{self:?}");
        self.dfs.iter().for_each(Self::require_space);
    }

    fn at(&self, path: &[u16]) -> &Self {
        path.iter().fold(self, |df, fid| df.dfs.iter().find(|df| df.fid == *fid).unwrap())
    }

    /// This tree with the DF of a path changed.
    fn with(&self, path: &[u16], change: impl FnOnce(&mut Self)) -> Self {
        let mut tree = self.clone();
        let mut df = &mut tree;
        for fid in path {
            df = df.dfs.iter_mut().find(|df| df.fid == *fid).unwrap();
        }
        change(df);
        tree
    }
}

/// Right byte against registers.
fn meets(session: &Session, right: u8) -> bool {
    let (x, y) = (right >> 4, right & 0x0F);
    let met = match x {
        0 => session.mf >= y,
        _ => (y..=x).contains(&session.df),
    };
    met || session.free
}

impl Session {
    pub(crate) fn new(tree: &Df) -> Self {
        Self { path: Vec::new(), mf: 0, df: 0, free: tree.is_empty() }
    }

    /// Runs a command of those that the histories have.
    pub(crate) fn exchange(&mut self, tree: &Df, command: &[u8]) -> Answer {
        match *command {
            [0x00, 0xA4, 0x00, 0x00, 2, high, low] => {
                self.select(tree, u16::from_be_bytes([high, low]))
            }
            [0x80, 0xE0, high, low, _, ref data @ ..] => {
                self.create(tree, u16::from_be_bytes([high, low]), data)
            }
            [0x80, 0xD4, p1, id, _, ref record @ ..] => self.write_key(tree, p1, id, record),
            [0x00, 0x20, 0x00, id, _, ref pin @ ..] => self.show(tree, PIN, id, pin),
            [0x00, 0xB0, sfi, 0, 0] => self.read(tree, u16::from(sfi & 0x1F)),
            [0x00, 0xD6, sfi, offset, _, ref data @ ..] => {
                self.update(tree, u16::from(sfi & 0x1F), offset.into(), data)
            }
            [0x80, 0x0E, 0, 0, 0] => self.erase(tree),
            _ => unreachable!("no history has {command:02X?}"),
        }
    }

    fn select(&mut self, tree: &Df, fid: u16) -> Answer {
        let df = tree.at(&self.path);
        let (parent, siblings) = match self.path.split_last() {
            Some((_, above)) => (above, tree.at(above).dfs.as_slice()),
            None => (&[][..], &[][..]),
        };
        let path = if fid == 0x3F00 {
            Vec::new()
        } else if df.fid == fid {
            self.path.clone()
        } else if df.dfs.iter().any(|df| df.fid == fid) {
            [&self.path[..], &[fid]].concat()
        } else if df.has(fid) {
            return status(0x9000);
        } else if siblings.iter().any(|df| df.fid == fid) {
            [parent, &[fid]].concat()
        } else {
            return status(0x6A82);
        };
        let df = tree.at(&path);
        (self.df, self.free) = (if path.is_empty() { self.mf } else { 0 }, df.is_empty());
        self.path = path;
        let mut object = vec![0x84, df.name.len() as u8];
        object.extend(&df.name);
        if df.fid == 0x3F00 {
            object.extend([0xA5, 3, 0x88, 1, 1]);
        }
        let mut answer = vec![0x6F, object.len() as u8];
        answer.extend(object);
        answer.extend([0x90, 0x00]);
        (answer, Vec::new())
    }

    fn create(&self, tree: &Df, fid: u16, data: &[u8]) -> Answer {
        let df = tree.at(&self.path);
        let [kind, a, b, first, second, ..] = *data else { return status(0x6700) };
        let size = usize::from(u16::from_be_bytes([a, b]));
        if !meets(self, df.create) {
            return status(0x6982);
        }
        if kind == 0x38 && self.path.len() + 1 >= LEVELS {
            return status(0x6A80);
        }
        if df.has(fid) {
            return status(0x6A86);
        }
        if kind == 0x3F && !df.is_empty() {
            return status(0x6A80);
        }
        let name = data.get(8..).unwrap_or_default();
        let cost = if kind == 0x38 { size } else { HEADER + size };
        if df.used() + cost > df.space || (kind == 0x38 && size < HEADER + name.len()) {
            return status(0x6A84);
        }
        let made = tree.with(&self.path, |df| match kind {
            0x38 => df.dfs.push(Df::new(fid, size, first, second, name)),
            0x3F => df.key_file = Some(KeyFile { size, add: second }),
            _ => {
                let content = vec![0xFF; size];
                df.files.push(Ef { fid, read: first, write: second, content, written: false });
            }
        });
        (vec![0x90, 0x00], vec![made])
    }

    fn write_key(&self, tree: &Df, p1: u8, id: u8, record: &[u8]) -> Answer {
        let df = tree.at(&self.path);
        let Some(key_file) = &df.key_file else { return status(0x6A82) };
        let &[usage, usable, change, follow_up, tries, ref value @ ..] = record else {
            return status(0x6700);
        };
        let is_it = |key: &Key| (key.usage, key.id) == (usage, id);
        let there = df.keys.iter().position(is_it);
        let (most, left, value) = (tries >> 4, tries & 0x0F, value.to_vec());
        let key = Key { usage, id, usable, change, follow_up, most, left, value };
        match (p1, there) {
            (1, _) if !meets(self, key_file.add) => return status(0x6982),
            (1, Some(_)) => return status(0x6A86),
            (1, None) if df.keys_used() + key.value.len() + 8 > key_file.size => {
                return status(0x6A84);
            }
            (1, None) => {}
            (_, None) => return status(0x6A88),
            (_, Some(at)) if !meets(self, df.keys[at].change) => return status(0x6982),
            (_, Some(at)) if df.keys[at].value.len() != key.value.len() => return status(0x6700),
            (_, Some(_)) => {}
        }
        let written = tree.with(&self.path, |df| match there {
            Some(at) => df.keys[at] = key,
            None => df.keys.push(key),
        });
        (vec![0x90, 0x00], vec![written])
    }

    /// VERIFY and EXTERNAL AUTHENTICATE; `value` is what the terminal knows.
    pub(crate) fn show(&mut self, tree: &Df, usage: u8, id: u8, value: &[u8]) -> Answer {
        let df = tree.at(&self.path);
        if df.key_file.is_none() {
            return status(0x6A82);
        }
        let found = df.keys.iter().position(|key| (key.usage, key.id) == (usage, id));
        let Some(at) = found else {
            return status(if usage == PIN { 0x9403 } else { 0x6A88 });
        };
        let key = &df.keys[at];
        if !meets(self, key.usable) {
            return status(0x6982);
        }
        if key.left == 0 {
            return status(0x6983);
        }
        let left = key.left - 1;
        let counted = tree.with(&self.path, |df| df.keys[at].left = left);
        if key.value != value {
            return ((0x63C0 | u16::from(left)).to_be_bytes().to_vec(), vec![counted]);
        }
        self.df = key.follow_up & 0x0F;
        if self.path.is_empty() {
            self.mf = self.df;
        }
        let restored = tree.with(&self.path, |df| df.keys[at].left = df.keys[at].most);
        (vec![0x90, 0x00], vec![counted, restored])
    }

    /// EXTERNAL AUTHENTICATE by somebody who has this key.
    pub(crate) fn authenticate(&mut self, tree: &Df, id: u8, key: &[u8]) -> Answer {
        self.show(tree, EXTERNAL, id, key)
    }

    fn read(&self, tree: &Df, fid: u16) -> Answer {
        let file = tree.at(&self.path).files.iter().find(|file| file.fid == fid);
        let Some(file) = file else { return status(0x6A82) };
        if !meets(self, file.read) {
            return status(0x6982);
        }
        let word = if file.written { [0x90, 0x00] } else { [0x62, 0x81] };
        ([&file.content[..], &word].concat(), Vec::new())
    }

    fn update(&self, tree: &Df, fid: u16, offset: usize, data: &[u8]) -> Answer {
        let at = tree.at(&self.path).files.iter().position(|file| file.fid == fid);
        let Some(at) = at else { return status(0x6A82) };
        let file = &tree.at(&self.path).files[at];
        if !meets(self, file.write) {
            return status(0x6982);
        }
        if offset >= file.content.len() {
            return status(0x6B00);
        }
        if offset + data.len() > file.content.len() {
            return status(0x6700);
        }
        let updated = tree.with(&self.path, |df| {
            df.files[at].content[offset..offset + data.len()].copy_from_slice(data);
            df.files[at].written = true;
        });
        (vec![0x90, 0x00], vec![updated])
    }

    fn erase(&mut self, tree: &Df) -> Answer {
        if !meets(self, tree.at(&self.path).erase) {
            return status(0x6982);
        }
        let erased = tree.with(&self.path, |df| {
            df.key_file = None;
            df.keys.clear();
            df.files.clear();
            df.dfs.clear();
        });
        self.free = true;
        (vec![0x90, 0x00], vec![erased])
    }
}

//! What a terminal can see of a card: the files it finds, what it may read of them, data objects,
//! security environments, which keys answer.
//!
//! The fixed list of commands by which a change that was made in parts is judged: whoever powers
//! the card on between two parts must see all of it or nothing. Each look that may count a try is
//! taken by a card of its own, and so disturbs no other.

use super::session::Sent;
use crate::{Card, Response};

/// Directories in one another.
const DEPTH_MAX: usize = 3;
/// Longest file that is read: offsets have 15 bits.
const OFFSET_MAX: usize = 0x7FFF;
/// Key identifiers that are asked for.
const KEY_IDS: [u8; 5] = [0, 1, 2, 3, 4];

/// A file identifier, or the tag of a data object.
type Fid = [u8; 2];
const MF: Fid = [0x3F, 0x00];
/// 6A82: nothing to be seen.
const NOT_FOUND: [u8; 2] = [0x6A, 0x82];
const OK: [u8; 2] = [0x90, 0x00];

/// What was selected, a command, and its answer.
type Look = (Vec<Fid>, Vec<u8>, Vec<u8>);

/// What a terminal sees.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct View {
    looks: Vec<Look>,
    /// The files and data objects it has found.
    files: Vec<Fid>,
}

impl View {
    /// Of a card that was powered on and has had `session` but for its last command. `among`: which
    /// identifiers are tried.
    pub(super) fn of(card: &Card, session: &[Sent], among: &[Fid]) -> Self {
        let mut card = card.clone();
        let mut view = Self::default();
        if let Some((_, earlier)) = session.split_last() {
            for sent in earlier {
                sent.prepare(&mut card);
                answer(&mut card, &sent.command);
            }
            // What is current there, with the rights that were shown.
            view.ef(&card, &[]);
            view.df(&card, &mut Vec::new(), among);
        }
        view.look(&mut card, &[], &select(MF));
        view.df(&card, &mut vec![MF], among);
        view.files.sort_unstable();
        view.files.dedup();
        view
    }

    pub(super) fn files(&self) -> &[Fid] {
        &self.files
    }

    /// The first look at which this is neither the one nor the other.
    pub(super) fn first_difference(&self, old: &Self, new: &Self) -> Option<(&[u8], &[u8])> {
        let other = |view: &Self| {
            let both = self.looks.iter().zip(&view.looks);
            both.take_while(|(one, other)| one == other).count()
        };
        let at = other(old).max(other(new)).min(self.looks.len().checked_sub(1)?);
        let (_, command, answer) = self.looks.get(at)?;
        Some((command, answer))
    }

    fn look(&mut self, card: &mut Card, path: &[Fid], command: &[u8]) -> usize {
        let answered = answer(card, command);
        let bytes = answered.len().saturating_sub(2);
        self.looks.push((path.to_vec(), command.to_vec(), answered));
        bytes
    }

    /// The current DF: its keys, its purses, its data objects, and everything under it.
    fn df(&mut self, card: &Card, path: &mut Vec<Fid>, among: &[Fid]) {
        self.keys(card, path);
        self.objects(card, path, among);
        // What is not found changes nothing: the next may be asked of the same card.
        let mut asked = card.clone();
        for &fid in among.iter().filter(|fid| **fid != MF) {
            let get = [0x00, 0xCA, fid[0], fid[1], 0x00];
            let object = answer(&mut asked, &get);
            if object.ends_with(&OK) {
                self.files.push(fid);
                self.looks.push((path.clone(), get.to_vec(), object));
            }
            if path.contains(&fid) {
                continue;
            }
            let found = answer(&mut asked, &select(fid));
            if found.ends_with(&NOT_FOUND) {
                continue;
            }
            let card_there = std::mem::replace(&mut asked, card.clone());
            self.files.push(fid);
            let is_df = names_a_df(&found);
            self.looks.push((path.clone(), select(fid), found));
            path.push(fid);
            if !is_df {
                self.ef(&card_there, path);
            } else if path.len() <= DEPTH_MAX {
                self.df(&card_there, path, among);
            }
            path.pop();
        }
    }

    /// The current EF, read to its end both as bytes and as records.
    fn ef(&mut self, card: &Card, path: &[Fid]) {
        let mut card = card.clone();
        let mut offset = 0;
        while offset <= OFFSET_MAX {
            let [high, low] = (offset as u16).to_be_bytes();
            match self.look(&mut card, path, &[0x00, 0xB0, high, low, 0x00]) {
                0 => break,
                bytes => offset += bytes,
            }
        }
        for number in 1..=254 {
            if self.look(&mut card, path, &[0x00, 0xB2, number, 0x04, 0x00]) == 0 {
                break;
            }
        }
    }

    /// What tells keys and purses apart from none, and one key from another where it computes.
    fn keys(&mut self, card: &Card, path: &[Fid]) {
        let mut looks: Vec<Vec<u8>> = Vec::new();
        for id in KEY_IDS {
            looks.extend([
                vec![0x00, 0x88, 0x00, id, 0x08, 1, 2, 3, 4, 5, 6, 7, 8],
                vec![0x00, 0x88, 0x01, id, 0x08, 1, 2, 3, 4, 5, 6, 7, 8],
                vec![0x00, 0x88, 0x02, id, 0x08, 1, 2, 3, 4, 5, 6, 7, 8],
                vec![0x00, 0x20, 0x00, id, 0x02, 0xAB, 0xCD],
                vec![0x00, 0x22, 0xF3, id],
                vec![0x00, 0x82, 0x00, id, 0x08, 0, 0, 0, 0, 0, 0, 0, 0],
                vec![0x80, 0x50, 0x00, 0x02, 0x0B, id, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6],
            ]);
        }
        looks.push(vec![0x80, 0x5C, 0x00, 0x01, 0x04]);
        looks.push(vec![0x80, 0x5C, 0x00, 0x02, 0x04]);
        looks.push(vec![0x84, 0x1E, 0x00, 0x00, 0x04, 0, 0, 0, 0]);
        for command in looks {
            let mut card = card.clone();
            answer(&mut card, &[0x00, 0x84, 0x00, 0x00, 0x08]);
            self.look(&mut card, path, &command);
        }
    }

    /// Data objects that are there, and the stored security environments.
    fn objects(&mut self, card: &Card, path: &[Fid], among: &[Fid]) {
        let mut card = card.clone();
        for &[high, low] in among {
            let command = vec![0x00, 0xCA, high, low, 0x00];
            let found = answer(&mut card, &command);
            if found.ends_with(&[0x90, 0x00]) {
                self.looks.push((path.to_vec(), command, found));
            }
        }
        for number in 1..=3 {
            self.look(&mut card, path, &[0x00, 0x22, 0xF3, number]);
        }
    }
}

/// Every two bytes that stand together in memory: an identifier of a file must.
pub(super) fn pairs(segments: &[u8]) -> Vec<Fid> {
    let mut pairs: Vec<Fid> = segments.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn select([high, low]: Fid) -> Vec<u8> {
    vec![0x00, 0xA4, 0x00, 0x00, 0x02, high, low]
}

fn answer(card: &mut Card, command: &[u8]) -> Vec<u8> {
    let mut response = Response::new();
    let answered = card.exchange(command, &mut response);
    answered.map(|()| response.as_bytes().to_vec()).unwrap_or_default()
}

/// Control information with a DF name (84) in it, or with a file descriptor byte (82) that says so.
fn names_a_df(answer: &[u8]) -> bool {
    let [0x6F | 0x62, _, objects @ .., _, _] = answer else { return false };
    let mut rest = objects;
    while let [tag, length, more @ ..] = rest {
        match (tag, more.first()) {
            (0x84, _) => return true,
            (0x82, Some(descriptor)) => return descriptor & 0x3F == 0x38,
            _ => {}
        }
        rest = more.get(usize::from(*length)..).unwrap_or_default();
    }
    false
}

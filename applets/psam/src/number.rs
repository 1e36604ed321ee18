//! The terminal's identifier (EF 0016 of the MF) and its transaction number (EF 0019 of the ADF).
//!
//! EF 0019 holds the number of the next transaction. A number is spent before anything that was
//! made with it leaves the card, so no number ever goes with two different random numbers, and none
//! comes back: neither by a loss of power nor by a command that writes. Published sources do not
//! say when a real card counts.
//!
//! FFFFFFFF is not given out: behind it there is no number (own choice, 9402).

use tessera_cos::{
    Header,
    basic::Turn,
    find::find_child,
    layout::{Kind, ROOT_AT},
};
use tessera_framework::{Env, FileId, Halt, Outcome, StatusWord};

/// The file of the terminal's identifier.
pub const TERMINAL: FileId = FileId(0x0016);
/// The file of the transaction number.
pub const NUMBER: FileId = FileId(0x0019);

/// A number that is about to be spent.
pub(crate) struct Number {
    file: Header,
    value: u32,
}

impl Number {
    /// The next number of the current DF.
    ///
    /// # Errors
    /// 6A82 without the file, 6981 when it is too short or has records; 9402.
    pub(crate) fn next(env: &Env<'_>, turn: &Turn<'_>) -> Result<Self, Halt> {
        let file = file(env, turn.session.df, NUMBER, 4)?;
        match u32::from_be_bytes(env.load_array(file.body())?) {
            u32::MAX => Halt::status(StatusWord::NUMBER_AT_MAXIMUM),
            value => Ok(Self { file, value }),
        }
    }

    /// As it is answered.
    pub(crate) const fn bytes(&self) -> [u8; 4] {
        self.value.to_be_bytes()
    }

    /// Spends it: solid on return.
    ///
    /// # Errors
    /// `Torn`.
    pub(crate) fn spend(&self, env: &mut Env<'_>) -> Outcome {
        env.store(self.file.body(), &self.value.saturating_add(1).to_be_bytes())
    }
}

/// The terminal's identifier.
///
/// # Errors
/// 6A82 without the file, 6981 when it is too short or has records.
pub(crate) fn terminal(env: &Env<'_>) -> Result<[u8; 6], Halt> {
    env.load_array(file(env, ROOT_AT, TERMINAL, 6)?.body())
}

fn file(env: &Env<'_>, df: u32, fid: FileId, bytes: u32) -> Result<Header, Halt> {
    match find_child(env, df, |file| file.fid() == fid)? {
        None => Halt::status(StatusWord::NOT_FOUND),
        Some(file) if file.kind == Kind::Transparent && file.body_bytes() >= bytes => Ok(file),
        Some(_) => Halt::status(StatusWord::INCOMPATIBLE_FILE_STRUCTURE),
    }
}

//! What is current and what has been shown: the applet's RAM, one per logical channel.
//!
//! Sixteen bytes of `clear_on_deselect` RAM, all zero when the applet is entered: then the root DF
//! is current and nothing has been shown.
//!
//! The PIN counts where it was presented: in the root DF for the whole tree below it, in another DF
//! until a different DF becomes current (for the social-security card inferred from published
//! readers). Selecting an EF, or the same DF again, keeps it.

use tessera_framework::{Clear, Env, Halt, Outcome, StatusWord};

use crate::layout::{Header, ROOT_AT};

/// Bytes of RAM a session takes.
pub const SESSION_BYTES: u16 = 16;

/// The state of one channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Session {
    /// Header of the current DF.
    pub df: u32,
    /// Header of the current EF.
    pub ef: Option<u32>,
    /// Record pointer; none when undefined, as after a selection.
    pub record: Option<u8>,
    pin_in_root: bool,
    pin_in_df: bool,
    /// The current DF is deactivated or terminated.
    out_of_use: bool,
}

impl Session {
    /// Reads the channel's state.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub fn load(env: &Env<'_>) -> Result<Self, Halt> {
        let Some(&[a, b, c, d, e, f, g, h, record, pin, out_of_use, ..]) =
            env.ram(Clear::OnDeselect).first_chunk::<{ SESSION_BYTES as usize }>()
        else {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        };
        let df = u32::from_be_bytes([a, b, c, d]);
        let ef = u32::from_be_bytes([e, f, g, h]);
        Ok(Self {
            df: if df == 0 { ROOT_AT } else { df },
            ef: (ef != 0).then_some(ef),
            record: (record != 0).then_some(record),
            pin_in_root: pin & 1 != 0,
            pin_in_df: pin & 2 != 0,
            out_of_use: out_of_use != 0,
        })
    }

    /// Writes it back.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub fn store(&self, env: &mut Env<'_>) -> Outcome {
        let Some(ram) =
            env.ram_mut(Clear::OnDeselect).first_chunk_mut::<{ SESSION_BYTES as usize }>()
        else {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        };
        let [a, b, c, d] = self.df.to_be_bytes();
        let [e, f, g, h] = self.ef.unwrap_or(0).to_be_bytes();
        let pin = u8::from(self.pin_in_root) | u8::from(self.pin_in_df) << 1;
        let record = self.record.unwrap_or(0);
        let out_of_use = u8::from(self.out_of_use);
        *ram = [a, b, c, d, e, f, g, h, record, pin, out_of_use, 0, 0, 0, 0, 0];
        Ok(())
    }

    /// Makes a DF current; no EF is then.
    pub fn enter_df(&mut self, df: &Header) {
        if self.df != df.at {
            self.pin_in_df = false;
        }
        self.df = df.at;
        self.out_of_use = df.life_cycle().warning().is_some();
        self.ef = None;
        self.record = None;
    }

    /// Makes an EF of the current DF current; the record pointer is undefined then.
    pub fn enter_ef(&mut self, ef: u32) {
        self.ef = Some(ef);
        self.record = None;
    }

    /// The current DF is deactivated or terminated, and what lies in it closed.
    #[must_use]
    pub const fn is_out_of_use(&self) -> bool {
        self.out_of_use
    }

    /// The PIN has been presented, here or where it counts here too.
    #[must_use]
    pub const fn pin_shown(&self) -> bool {
        self.pin_in_root || self.pin_in_df
    }

    /// Notes what a presentation came to: right adds to what was shown before, wrong takes it away.
    pub fn note_pin(&mut self, right: bool) {
        self.pin_in_root = right && (self.pin_in_root || self.df == ROOT_AT);
        self.pin_in_df = right && self.df != ROOT_AT;
    }

    /// What a channel opened from this one starts with: the same DF, nothing shown.
    #[must_use]
    pub const fn inherited(&self) -> Self {
        Self { ef: None, record: None, pin_in_root: false, pin_in_df: false, ..*self }
    }
}

/// Prepares the RAM of a channel that was opened from one with this applet selected.
pub fn inherit(env: &mut Env<'_>) {
    let kept = Session::load(env).map(|session| session.inherited());
    env.ram_mut(Clear::OnDeselect).fill(0);
    if let Ok(session) = kept {
        let _ = session.store(env);
    }
}

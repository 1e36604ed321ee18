//! What is current and what has been shown: the applet's RAM, one per logical channel.
//!
//! [`SESSION_BYTES`] bytes of `clear_on_deselect` RAM, all zero when the applet is entered: then
//! the root DF is current and nothing has been shown.
//!
//! What was shown, and what each event makes of it:
//!
//! | | another DF becomes current | the same DF again, or an EF | another application, reset |
//! |---|---|---|---|
//! | PIN, key, reference data: shown in the root | kept | kept | lost |
//! | PIN, key, reference data: shown in another DF | lost | kept | lost |
//! | PIN: shown since this selection | lost | lost; an EF keeps it | lost |
//! | security environment | 0 | kept | 0 |
//! | register of the MF | kept | kept | 0 |
//! | register of the current DF | 0; in the root, that of the MF | 0; in the root, that of the MF; an EF keeps it | 0 |
//! | challenge | lost | lost | lost |
//!
//! The first two rows are inferred from published readers of social-security cards; the registers
//! are those of FMCOS, with its manual's words for the root. The row between is inferred: it is
//! what a load of an electronic purse asks for.
//!
//! A session points at headers. On a card that deletes files, what lies at an offset may become
//! another file while a channel rests: such an applet asks for [`EPOCH_BYTES`] of `clear_on_reset`
//! RAM, where deletions are counted. A session of an earlier count is over: the root DF is current
//! and nothing has been shown.

use tessera_framework::{Clear, Env, Halt, Outcome, StatusWord, pin::forget};

use crate::{header::Header, layout::ROOT_AT};

/// Bytes of RAM a session takes.
pub const SESSION_BYTES: u16 = 58;

/// Bytes of `clear_on_reset` RAM of an applet that deletes files.
pub const EPOCH_BYTES: u16 = 4;

/// Longest challenge in bytes.
pub const CHALLENGE_BYTES_MAX: usize = 16;

/// The state of one channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Session {
    /// Header of the current DF.
    pub df: u32,
    /// Header of the current EF.
    pub ef: Option<u32>,
    /// Record pointer; none when undefined, as after a selection.
    pub record: Option<u8>,
    /// The security registers.
    pub registers: Registers,
    /// Number of the current security environment.
    pub security_environment: u8,
    /// The conditions of the current DF are not in force until another selection: FMCOS lets
    /// whoever finds a DF empty fill it.
    pub free: bool,
    /// What the next command may answer to.
    pub challenge: Challenge,
    /// The key that the security environment names for authentication, 0 for none.
    pub authentication_key: u8,
    /// The key secure messaging goes on with on this channel; `None`: it has not begun.
    pub messaging: Option<u8>,
    /// CLA INS P1 P2 of the command under way, its channel number cleared.
    pub header: [u8; 4],
    /// How the command under way came.
    pub secured: Secured,
    pin_in_root: bool,
    pin_in_df: bool,
    /// The PIN has been presented since the current DF was selected.
    pin_here: bool,
    /// The current DF is deactivated or terminated.
    out_of_use: bool,
    /// Keys shown in the root and in the current DF, a bit for each of 32 identifiers.
    keys_in_root: u32,
    keys_in_df: u32,
    /// Reference data shown, as keys.
    users_in_root: u32,
    users_in_df: u32,
}

/// How secure messaging protected a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Secured {
    /// The key of its checksum; `None` without one.
    pub key: Option<u8>,
    /// What data there was came enciphered, and the response's will go so.
    pub enciphered: bool,
}

/// Security state registers, 0 to 15 each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Registers {
    /// Of the MF.
    pub mf: u8,
    /// Of the current DF.
    pub df: u8,
}

/// Random bytes the card gave out for the next command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Challenge {
    bytes: [u8; CHALLENGE_BYTES_MAX],
    length: u8,
}

impl Challenge {
    /// Draws `length` bytes, at most [`CHALLENGE_BYTES_MAX`].
    pub fn draw(env: &mut Env<'_>, length: usize) -> Self {
        let length = length.min(CHALLENGE_BYTES_MAX);
        let mut bytes = [0; CHALLENGE_BYTES_MAX];
        env.challenge(bytes.get_mut(..length).unwrap_or_default());
        Self { bytes, length: length as u8 }
    }

    /// Its bytes; none when there is no challenge.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The last `bytes` bytes drawn; `None` when there were fewer.
    #[must_use]
    pub fn last(&self, bytes: usize) -> Option<&[u8]> {
        self.bytes().len().checked_sub(bytes).and_then(|from| self.bytes().get(from..))
    }

    /// This one behind the last bytes of the one drawn just before, as many as there is room for:
    /// terminals draw one of sixteen bytes in two halves.
    #[must_use]
    pub fn behind(&self, before: &Self) -> Self {
        let room = CHALLENGE_BYTES_MAX - self.bytes().len();
        let kept = before.last(room.min(before.bytes().len())).unwrap_or_default();
        let mut joined = Self { bytes: [0; CHALLENGE_BYTES_MAX], length: 0 };
        for (to, from) in joined.bytes.iter_mut().zip(kept.iter().chain(self.bytes())) {
            *to = *from;
            joined.length += 1;
        }
        joined
    }

    /// The first eight bytes, a shorter challenge extended with zeros; `None` without one.
    #[must_use]
    pub fn block(&self) -> Option<[u8; 8]> {
        let block = self.bytes.first_chunk::<8>().copied();
        block.filter(|_| self.length > 0)
    }
}

impl Session {
    /// Reads the channel's state.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub fn load(env: &Env<'_>) -> Result<Self, Halt> {
        let Some(ram) = env.ram(Clear::OnDeselect).first_chunk::<{ SESSION_BYTES as usize }>()
        else {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        };
        let number = |at: usize| match ram.get(at..at + 4) {
            Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
            _ => 0,
        };
        if number(45) != epoch(env) {
            return Ok(Self::EMPTY);
        }
        let (df, ef) = (number(0), number(4));
        let [record, flags, registers, security_environment] = [ram[8], ram[9], ram[10], ram[11]];
        let mut challenge =
            Challenge { length: ram[20].min(CHALLENGE_BYTES_MAX as u8), ..Default::default() };
        challenge.bytes.copy_from_slice(&ram[21..21 + CHALLENGE_BYTES_MAX]);
        Ok(Self {
            df: if df == 0 { ROOT_AT } else { df },
            ef: (ef != 0).then_some(ef),
            record: (record != 0).then_some(record),
            registers: Registers { mf: registers >> 4, df: registers & 0x0F },
            security_environment,
            challenge,
            pin_in_root: flags & 1 != 0,
            pin_in_df: flags & 2 != 0,
            out_of_use: flags & 4 != 0,
            free: flags & 8 != 0,
            pin_here: flags & 16 != 0,
            keys_in_root: number(12),
            keys_in_df: number(16),
            users_in_root: number(37),
            users_in_df: number(41),
            authentication_key: ram[49],
            header: number(50).to_be_bytes(),
            messaging: (ram[55] & 4 != 0).then_some(ram[56]),
            secured: Secured {
                key: (ram[55] & 1 != 0).then_some(ram[54]),
                enciphered: ram[55] & 2 != 0,
            },
        })
    }

    /// Writes it back.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub fn store(&self, env: &mut Env<'_>) -> Outcome {
        let epoch = epoch(env);
        let Some(ram) =
            env.ram_mut(Clear::OnDeselect).first_chunk_mut::<{ SESSION_BYTES as usize }>()
        else {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        };
        let flags = u8::from(self.pin_in_root)
            | u8::from(self.pin_in_df) << 1
            | u8::from(self.out_of_use) << 2
            | u8::from(self.free) << 3
            | u8::from(self.pin_here) << 4;
        ram[0..4].copy_from_slice(&self.df.to_be_bytes());
        ram[4..8].copy_from_slice(&self.ef.unwrap_or(0).to_be_bytes());
        ram[8] = self.record.unwrap_or(0);
        ram[9] = flags;
        ram[10] = self.registers.mf << 4 | self.registers.df & 0x0F;
        ram[11] = self.security_environment;
        ram[12..16].copy_from_slice(&self.keys_in_root.to_be_bytes());
        ram[16..20].copy_from_slice(&self.keys_in_df.to_be_bytes());
        ram[20] = self.challenge.length;
        ram[21..21 + CHALLENGE_BYTES_MAX].copy_from_slice(&self.challenge.bytes);
        ram[37..41].copy_from_slice(&self.users_in_root.to_be_bytes());
        ram[41..45].copy_from_slice(&self.users_in_df.to_be_bytes());
        ram[45..49].copy_from_slice(&epoch.to_be_bytes());
        ram[49] = self.authentication_key;
        ram[50..54].copy_from_slice(&self.header);
        ram[54] = self.secured.key.unwrap_or(0);
        ram[55] = u8::from(self.secured.key.is_some())
            | u8::from(self.secured.enciphered) << 1
            | u8::from(self.messaging.is_some()) << 2;
        ram[56] = self.messaging.unwrap_or(0);
        Ok(())
    }

    /// Makes a DF current; no EF is then, and no challenge.
    pub fn enter_df(&mut self, df: &Header) {
        if self.df != df.at {
            self.pin_in_df = false;
            self.keys_in_df = 0;
            self.users_in_df = 0;
            self.security_environment = 0;
            self.authentication_key = 0;
            self.messaging = self.messaging.filter(|key| key & 0x80 == 0);
        }
        self.pin_here = false;
        self.registers.df = if df.at == ROOT_AT { self.registers.mf } else { 0 };
        self.df = df.at;
        self.free = false;
        self.out_of_use = df.life_cycle().warning().is_some();
        self.ef = None;
        self.record = None;
        self.challenge = Challenge::default();
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

    /// The PIN has been presented in the root, so that it counts everywhere below.
    #[must_use]
    pub const fn pin_shown_in_root(&self) -> bool {
        self.pin_in_root
    }

    /// Keys shown in the root, a bit for each of 32 identifiers.
    #[must_use]
    pub const fn keys_shown_in_root(&self) -> u32 {
        self.keys_in_root
    }

    /// Notes what was shown in an environment that lies above this application: it counts here as
    /// what was shown in the root, and adds to that.
    pub fn note_environment(&mut self, pin: bool, keys: u32) {
        self.pin_in_root |= pin;
        self.keys_in_root |= keys;
    }

    /// An application below becomes current in place of this one: what was shown in the root stays,
    /// and nothing else.
    pub fn leave(&mut self) {
        *self = Self {
            pin_in_root: self.pin_in_root,
            keys_in_root: self.keys_in_root,
            users_in_root: self.users_in_root,
            ..Self::EMPTY
        };
    }

    /// Notes what a presentation came to: right adds to what was shown before, wrong takes it away.
    pub fn note_pin(&mut self, right: bool) {
        self.pin_in_root = right && (self.pin_in_root || self.df == ROOT_AT);
        self.pin_in_df = right && self.df != ROOT_AT;
        self.pin_here = right;
    }

    /// The PIN has been presented since the current DF was selected, the same one selected again
    /// included. What a wrong one does to that is up to the commands: [`basic`](crate::basic) has
    /// it as the security registers, which a failure leaves unchanged.
    #[must_use]
    pub const fn pin_shown_here(&self) -> bool {
        self.pin_here
    }

    /// The key has been shown, with b8 of its identifier set one of the current DF, else of the
    /// root (social-security cards number their keys so).
    #[must_use]
    pub const fn key_shown(&self, kid: u8) -> bool {
        let keys = if kid & 0x80 == 0 { self.keys_in_root } else { self.keys_in_df };
        keys & 1 << (kid & 0x1F) != 0
    }

    /// Some key has been shown.
    #[must_use]
    pub const fn any_key_shown(&self) -> bool {
        self.keys_in_root | self.keys_in_df != 0
    }

    /// Notes that a key has been shown: it adds to those shown before.
    pub fn note_key(&mut self, kid: u8) {
        let bit = 1 << (kid & 0x1F);
        if kid & 0x80 == 0 {
            self.keys_in_root |= bit;
        } else {
            self.keys_in_df |= bit;
        }
    }

    /// Notes that a key has not been shown after all: what was shown of it before is lost.
    pub fn forget_key(&mut self, kid: u8) {
        let bit = 1 << (kid & 0x1F);
        if kid & 0x80 == 0 {
            self.keys_in_root &= !bit;
        } else {
            self.keys_in_df &= !bit;
        }
    }

    /// Reference data has been shown; `None`: some. Numbers are told apart as keys' are.
    #[must_use]
    pub const fn user_shown(&self, reference: Option<u8>) -> bool {
        match reference {
            None => self.users_in_root | self.users_in_df != 0,
            Some(n) if n & 0x80 == 0 => self.users_in_root & 1 << (n & 0x1F) != 0,
            Some(n) => self.users_in_df & 1 << (n & 0x1F) != 0,
        }
    }

    /// Notes what a presentation of reference data came to.
    pub fn note_user(&mut self, reference: u8, right: bool) {
        let users =
            if reference & 0x80 == 0 { &mut self.users_in_root } else { &mut self.users_in_df };
        let bit = 1 << (reference & 0x1F);
        *users = if right { *users | bit } else { *users & !bit };
    }

    /// Sets the register of the current DF; in the root that of the MF too.
    pub fn set_register(&mut self, value: u8) {
        self.registers.df = value & 0x0F;
        if self.df == ROOT_AT {
            self.registers.mf = value & 0x0F;
        }
    }

    /// Forgets everything that was shown.
    pub fn forget_shown(&mut self) {
        *self = Self {
            df: self.df,
            ef: self.ef,
            record: self.record,
            out_of_use: self.out_of_use,
            header: self.header,
            secured: self.secured,
            ..Self::EMPTY
        };
    }

    const EMPTY: Self = Self {
        df: ROOT_AT,
        ef: None,
        record: None,
        registers: Registers { mf: 0, df: 0 },
        security_environment: 0,
        free: false,
        challenge: Challenge { bytes: [0; CHALLENGE_BYTES_MAX], length: 0 },
        pin_in_root: false,
        pin_in_df: false,
        pin_here: false,
        out_of_use: false,
        keys_in_root: 0,
        keys_in_df: 0,
        users_in_root: 0,
        users_in_df: 0,
        authentication_key: 0,
        messaging: None,
        header: [0; 4],
        secured: Secured { key: None, enciphered: false },
    };

    /// What a channel opened from this one starts with: the same DF, nothing shown.
    #[must_use]
    pub const fn inherited(&self) -> Self {
        Self { df: self.df, out_of_use: self.out_of_use, ..Self::EMPTY }
    }
}

/// How often files were deleted since reset; 0 for an applet that does not count. What remembers
/// where files lie holds for one epoch.
#[must_use]
pub fn epoch(env: &Env<'_>) -> u32 {
    env.ram(Clear::OnReset).first_chunk().map_or(0, |count| u32::from_be_bytes(*count))
}

/// Counts a deletion: the sessions of all channels are over but for one that is stored afterwards.
pub fn count_deletion(env: &mut Env<'_>) {
    let next = epoch(env).wrapping_add(1);
    if let Some(count) = env.ram_mut(Clear::OnReset).first_chunk_mut() {
        *count = next.to_be_bytes();
    }
}

/// Takes the challenge away: it is good for one command, whatever becomes of that.
///
/// # Errors
/// 6F00 when the applet's descriptor asks for too little RAM.
pub fn take_challenge(env: &mut Env<'_>) -> Result<Challenge, Halt> {
    let mut session = Session::load(env)?;
    let challenge = core::mem::take(&mut session.challenge);
    if !challenge.bytes().is_empty() {
        session.store(env)?;
    }
    Ok(challenge)
}

/// Prepares the RAM of a channel that was opened from one with this applet selected.
pub fn inherit(env: &mut Env<'_>) {
    let kept = Session::load(env).map(|session| session.inherited());
    forget(env.ram_mut(Clear::OnDeselect));
    if let Ok(session) = kept {
        let _ = session.store(env);
    }
}

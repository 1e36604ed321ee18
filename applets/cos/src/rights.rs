//! What a command may be about to do to a file, and whether the file's conditions let it.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    Access, Dialect, Session,
    header::Header,
    keys,
    layout::{Kind, LifeCycle, ROOT_AT},
    rules::{self, Protection, Shown, Subject},
};

/// An operation that rights allow or refuse; each has its place in the access mode byte of the
/// compact format ([`rules::ACCESS_MODES`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// READ, SEARCH, COMPARE of an EF.
    Read,
    /// UPDATE and ERASE of an EF.
    Update,
    /// WRITE and APPEND of an EF.
    Write,
    /// CREATE FILE of an EF under a DF.
    CreateEf,
    /// CREATE FILE of a DF under a DF.
    CreateDf,
    /// DELETE FILE of a file under a DF.
    DeleteChild,
    /// DELETE FILE of the file itself.
    DeleteSelf,
    /// TERMINATE EF, TERMINATE DF; of the MF, TERMINATE CARD USAGE.
    Terminate,
    /// ACTIVATE FILE.
    Activate,
    /// DEACTIVATE FILE.
    Deactivate,
    /// GET DATA of the data objects of a DF.
    GetData,
    /// PUT DATA of the data objects of a DF.
    PutData,
    /// MANAGE SECURITY ENVIRONMENT that changes what is stored: STORE, ERASE.
    ManageSecurityEnvironment,
}

/// `Ok` when the conditions of `file` hold for an operation. Rules of a file that is not in
/// operation yet are not in force (ISO/IEC 7816-4:2020, 7.4.10): everything is free then.
///
/// # Errors
/// 6982.
pub fn check(
    env: &Env<'_>,
    dialect: &Dialect,
    session: &Session,
    file: &Header,
    operation: Operation,
) -> Outcome {
    let is_df = file.kind == Kind::Df;
    let access = match operation {
        Operation::Read if !is_df => file.read(),
        Operation::Update | Operation::Write if !is_df => file.update(),
        Operation::CreateEf | Operation::CreateDf if is_df => file.read(),
        Operation::DeleteChild | Operation::DeleteSelf if is_df => file.update(),
        _ if file.update() == Access::Rules => Access::Rules,
        _ => Access::Never,
    };
    if access != Access::Rules {
        return access.check(env, dialect, session);
    }
    if matches!(file.life_cycle(), LifeCycle::CREATION | LifeCycle::INITIALISATION) {
        return Ok(());
    }
    let subject = match operation {
        Operation::GetData | Operation::PutData | Operation::ManageSecurityEnvironment => {
            Subject::DataObjects
        }
        _ if is_df => Subject::Df,
        _ => Subject::Ef,
    };
    let (at, bytes) = file.attributes();
    let mut attributes = [0; 255];
    let Some(attributes) = attributes.get_mut(..bytes as usize) else {
        return Halt::status(StatusWord::NO_DIAGNOSIS);
    };
    env.load(at, attributes)?;
    let status = Status { env, session };
    if rules::allows(attributes, operation, subject, session.header, &status) {
        return Ok(());
    }
    Halt::status(StatusWord::SECURITY_STATUS_NOT_SATISFIED)
}

/// What has been shown on a channel.
struct Status<'a, 'p> {
    env: &'a Env<'p>,
    session: &'a Session,
}

impl Shown for Status<'_, '_> {
    fn secured(&self, protection: Protection, key: Option<u8>) -> bool {
        let by = self.session.secured;
        let enciphered = protection == Protection::Checksum || by.enciphered;
        by.key.is_some() && enciphered && (key.is_none() || key == by.key)
    }

    fn external(&self, key: Option<u8>) -> bool {
        key.map_or(self.session.any_key_shown(), |key| self.session.key_shown(key))
    }

    /// Reference data whose verification is disabled counts as shown.
    fn user(&self, reference: Option<u8>) -> bool {
        self.session.user_shown(reference) || self.is_disabled(reference).unwrap_or(false)
    }

    fn environment(&self) -> u8 {
        self.session.security_environment
    }
}

impl Status<'_, '_> {
    fn is_disabled(&self, reference: Option<u8>) -> Result<bool, Halt> {
        for (df, specific) in [(ROOT_AT, 0x00), (self.session.df, 0x80)] {
            let found = keys::find_by(self.env, df, |key| {
                key.usage() == keys::REFERENCE_DATA
                    && key.flags().contains(keys::VERIFICATION_DISABLED)
                    && reference.is_none_or(|reference| reference == key.id())
                    && key.id() & 0x80 == specific
            })?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

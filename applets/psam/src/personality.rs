//! What differs between the two cards of this crate: commands, forms of them, ciphers.

use tessera_cos::{Dialect, basic::Build, no_data_object};
use tessera_framework::{Ins, StatusWord};

use crate::{COUNTERS_OF_KEYS, ins, volatile::Form};

/// One of the two cards.
#[derive(Debug)]
pub(crate) struct Personality {
    /// Of the basic commands.
    pub(crate) build: Build,
    /// Instructions beside the basic ones.
    pub(crate) instructions: &'static [Ins],
    /// What a transaction may be: forms of INIT SAM FOR PURCHASE and CREDIT SAM FOR PURCHASE.
    pub(crate) forms: &'static [Form],
    /// P1 of DES CRYPT.
    pub(crate) modes: &'static [u8],
    /// Whether a key may be one of SM4; else its algorithm byte is not looked at.
    pub(crate) has_sm4: bool,
}

/// The security module for PBOC purses.
pub(crate) static PURSE: Personality = Personality {
    build: BUILD,
    instructions: &[
        ins::INIT_SAM_FOR_PURCHASE,
        ins::CREDIT_SAM_FOR_PURCHASE,
        ins::INIT_FOR_DESCRYPT,
        ins::DELIVER_SESSION_KEY,
        ins::DES_CRYPT,
        ins::INIT_FOR_GREY_LOCK,
        ins::CHECK_GREY_LOCK,
        ins::DEBIT_FOR_UNLOCK,
        ins::WRITE_KEY,
    ],
    forms: &[Form::Purchase, Form::Settlement],
    modes: &[0x00, 0x01, 0x02, 0x03, 0x05, 0x07, 0x80],
    has_sm4: false,
};

/// The security module for social-security cards.
pub(crate) static SOCIAL_SECURITY: Personality = Personality {
    build: BUILD,
    instructions: &[
        ins::INIT_SAM_FOR_PURCHASE,
        ins::CREDIT_SAM_FOR_PURCHASE,
        ins::DELIVER_SESSION_KEY,
        ins::DES_CRYPT,
        ins::WRITE_KEY,
    ],
    forms: &[Form::Settlement, Form::Ledger],
    modes: &[0x00, 0x01, 0x03, 0x05, 0x07],
    has_sm4: true,
};

const BUILD: Build = Build {
    dialect: Dialect {
        pin: None,
        cyclic_update_adds: false,
        ef_answers_fci: false,
        ef_selection_finds_dfs: false,
        data_object: no_data_object,
        iso: None,
    },
    counters: COUNTERS_OF_KEYS,
    root_is_mf: true,
    empty_df_is_free: false,
    no_challenge: StatusWord::REFERENCE_DATA_NOT_USABLE,
};

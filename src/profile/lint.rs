//! What a profile may have but had better not.

use super::Installation;

/// What is wrong with these applications on one chip, in words.
pub(super) fn warnings(applets: &[Installation]) -> Vec<String> {
    let has = |name: &[u8]| applets.iter().any(|with| is_named(with, name));
    let mut warnings = Vec::new();
    if has(tessera_purse::NAME) && has(tessera_medical_account::NAME) {
        warnings.push(
            "a purse and the medical account on one chip: commercial use of this card is \
             discouraged, and who loses it loses the purse's money but not the account's"
                .into(),
        );
    }
    warnings
}

fn is_named(with: &Installation, name: &[u8]) -> bool {
    with.applet.descriptor().aid.as_bytes() == name
}

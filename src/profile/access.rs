//! A region's own access conditions: from a profile's words to the two bytes in a file's header.

use serde::Deserialize;
use tessera_cos::Access;
use tessera_social_security::structure::File;
use toml::Spanned;

use super::{ProfileError, Source};

/// The conditions a profile names for one file; what it leaves out stays as in the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Conditions {
    read: Option<String>,
    update: Option<String>,
    /// Updates carry a MAC of the directory's maintenance key.
    #[serde(default)]
    pub(super) mac: bool,
}

/// The conditions for reading and for updating, encoded.
pub(super) fn own(
    source: &Source<'_>,
    file: &File,
    conditions: &Spanned<Conditions>,
) -> Result<[[u8; 2]; 2], ProfileError> {
    let one = |words: &Option<String>, table: Access| match words {
        None => Ok(table.encode()),
        Some(words) => parse(words).map(Access::encode).ok_or_else(|| {
            let expected = "free, never, PIN, key K, PIN or key K, or PIN and key K \
                            (K two hexadecimal digits)";
            source.wrong(conditions.span(), expected, format!("{words:?}"))
        }),
    };
    let own = conditions.get_ref();
    Ok([one(&own.read, file.read)?, one(&own.update, file.update)?])
}

/// A condition in a profile's words.
pub(super) fn parse(words: &str) -> Option<Access> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let key = |digits: &str| u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2);
    Some(match words[..] {
        ["free"] => Access::Always,
        ["never"] => Access::Never,
        ["PIN"] => Access::Pin,
        ["key", k] => Access::Key(key(k)?),
        ["PIN", "or", "key", k] => Access::PinOrKey(key(k)?),
        ["PIN", "and", "key", k] => Access::PinAndKey(key(k)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_words_is_a_condition_and_others_are_none() {
        for (words, access) in [
            ("free", Access::Always),
            ("never", Access::Never),
            ("PIN", Access::Pin),
            ("key 86", Access::Key(0x86)),
            ("PIN or key 0A", Access::PinOrKey(0x0A)),
            ("PIN and key 84", Access::PinAndKey(0x84)),
        ] {
            assert_eq!(parse(words), Some(access), "{words}");
        }
        for bad in ["", "pin", "PIN or", "key", "key 8", "key 186", "key xx", "PIN xor key 84"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}

//! Installation data of the blank ISO card: its PIN and its transport key.

use serde::Deserialize;
use tessera_iso7816::{Iso7816, PIN, TRANSPORT_KEY};
use toml::Spanned;

use super::{Installation, ProfileError, Source, items};

/// `[iso7816]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    #[serde(default)]
    pin: Option<Spanned<String>>,
    #[serde(default)]
    transport_key: Option<TransportKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TransportKey {
    algorithm: Spanned<String>,
    key: Spanned<String>,
}

/// The card's MF.
pub(super) fn installation(
    source: &Source<'_>,
    section: &Section,
) -> Result<Installation, ProfileError> {
    let mut data = Vec::new();
    let mut push = |tag: u16, value: &[u8]| {
        data.extend([tag as u8, value.len() as u8]);
        data.extend(value);
    };
    if let Some(pin) = &section.pin {
        push(PIN.0, &items::digits_of_pin(source, pin)?);
    }
    if let Some(TransportKey { algorithm, key }) = &section.transport_key {
        let (code, lengths): (u8, &[usize]) = match algorithm.get_ref().as_str() {
            "3DES" => (1, &[16, 24]),
            "AES" => (2, &[16, 24, 32]),
            "SM4" => (3, &[16]),
            other => {
                let expected = "\"3DES\", \"AES\" or \"SM4\"";
                return Err(source.wrong(algorithm.span(), expected, format!("{other:?}")));
            }
        };
        let bytes = source.hex(key)?;
        if !lengths.contains(&bytes.len()) {
            let lengths = lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
            let expected = format!("a key of {lengths} bytes");
            return Err(source.wrong(key.span(), &expected, format!("{} bytes", bytes.len())));
        }
        push(TRANSPORT_KEY.0, &[&[code][..], &bytes].concat());
    }
    Ok(Installation {
        name: "iso7816".into(),
        applet: &Iso7816,
        data,
        segment_bytes: None,
        parent: 0,
    })
}

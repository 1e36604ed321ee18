//! The text of a profile while it is read: values out of it, errors that name its lines.

use std::ops::Range;

use tessera_framework::Interface;
use toml::Spanned;

use super::{ATS_INTERFACE, CardSection, Limits, MEMORY_BYTES, ProfileError};
use crate::nvm::Geometry;

/// The file under the reader's eyes, for errors that name a line.
pub(super) struct Source<'s> {
    pub(super) file: &'s str,
    pub(super) text: &'s str,
}

impl Source<'_> {
    pub(super) fn line(&self, span: Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        1 + before.bytes().filter(|&byte| byte == b'\n').count()
    }

    pub(super) fn wrong(
        &self,
        span: Range<usize>,
        expected: &str,
        got: impl Into<String>,
    ) -> ProfileError {
        ProfileError::Line {
            file: self.file.into(),
            line: self.line(span),
            expected: format!("expected {expected}"),
            got: got.into(),
        }
    }

    pub(super) fn hex(&self, text: &Spanned<String>) -> Result<Vec<u8>, ProfileError> {
        let digits: String = text.get_ref().split_whitespace().collect();
        hex::decode(&digits).map_err(|error| {
            self.wrong(text.span(), "hexadecimal bytes", format!("{:?} ({error})", text.get_ref()))
        })
    }

    /// What has a range of its own in `[card]`.
    pub(super) fn check_card(
        &self,
        card: &CardSection,
        historical_bytes: usize,
    ) -> Result<(), ProfileError> {
        if historical_bytes > 15 {
            return Err(self.wrong(
                card.historical.span(),
                "at most 15 historical bytes",
                historical_bytes.to_string(),
            ));
        }
        if !MEMORY_BYTES.contains(card.memory_bytes.get_ref()) {
            return Err(self.wrong(
                card.memory_bytes.span(),
                "4096 to 81920 bytes of memory (4 to 80 KiB)",
                format!("{}", card.memory_bytes.get_ref()),
            ));
        }
        Ok(())
    }

    /// T0, and as many of TA, TB and TC as it announces.
    pub(super) fn ats_interface(
        &self,
        text: Option<&Spanned<String>>,
    ) -> Result<Vec<u8>, ProfileError> {
        let Some(text) = text else { return Ok(ATS_INTERFACE.to_vec()) };
        let bytes = self.hex(text)?;
        match bytes.first() {
            Some(t0) if bytes.len() == 1 + (t0 & 0x70).count_ones() as usize && t0 & 0x80 == 0 => {
                Ok(bytes)
            }
            _ => {
                let expected = "T0 and the bytes TA, TB, TC that it announces";
                Err(self.wrong(text.span(), expected, format!("{:?}", text.get_ref())))
            }
        }
    }

    /// So many bytes, neither more nor less.
    pub(super) fn bytes<const N: usize>(
        &self,
        text: &Spanned<String>,
    ) -> Result<[u8; N], ProfileError> {
        let bytes = self.hex(text)?;
        <[u8; N]>::try_from(bytes).map_err(|bytes| {
            self.wrong(text.span(), &format!("{N} bytes"), format!("{} bytes", bytes.len()))
        })
    }

    pub(super) fn interface(&self, name: &Spanned<String>) -> Result<Interface, ProfileError> {
        match name.get_ref().as_str() {
            "contact" => Ok(Interface::Contact),
            "contactless" => Ok(Interface::ContactlessA),
            other => {
                let expected = "\"contact\" or \"contactless\"";
                Err(self.wrong(name.span(), expected, format!("{other:?}")))
            }
        }
    }

    pub(super) fn part(&self, name: Option<Spanned<String>>) -> Result<String, ProfileError> {
        let Some(name) = name else { return Ok("page64".into()) };
        if Geometry::part(name.get_ref()).is_some() {
            return Ok(name.into_inner());
        }
        let parts = Geometry::parts().collect::<Vec<_>>().join(", ");
        let expected = format!("a memory part ({parts})");
        Err(self.wrong(name.span(), &expected, format!("{:?}", name.get_ref())))
    }

    pub(super) fn limits(&self, limits: Option<Spanned<Limits>>) -> Result<Limits, ProfileError> {
        let Some(limits) = limits else { return Ok(Limits::default()) };
        let span = limits.span();
        let limits = limits.into_inner();
        if let Some((what, got, range)) = limits.outside() {
            let expected = format!("{what} from {} to {}", range.start(), range.end());
            return Err(self.wrong(span, &expected, got.to_string()));
        }
        Ok(limits)
    }
}

//! Lines of hexadecimal digits: commands sent as they stand, with names and a computed MAC in them.
//!
//! `{name}` is the value of a name. `{mac}`, or `{mac 36/01}` with another key, is the MAC of line
//! protection over all before it, for which the card is asked for a challenge.

use super::{
    error::LineError,
    keys::{self, KeyName},
    session::Session,
    words,
};

/// Challenge FMCOS cards are asked for.
pub(super) const CHALLENGE_BYTES: u8 = 4;

/// A line that is bytes and no verb: digits, `XX*N`, and names in braces.
pub(super) fn is_raw(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut times = false;
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '*' => times = true,
            _ if character.is_whitespace() => times = false,
            _ if times && character.is_ascii_digit() => {}
            _ if !times && (character.is_ascii_hexdigit() || character == ':') => {}
            _ => return false,
        }
    }
    !text.is_empty()
}

impl Session {
    /// Sends a line of digits.
    ///
    /// # Errors
    /// What is wrong with it; [`LineError::NoKey`], [`LineError::NoChallenge`],
    /// [`LineError::NoAnswer`].
    pub(super) fn raw(&mut self, text: &str) -> Result<(), LineError> {
        let (before, mac, after) = match find_mac(text) {
            None => (text, None, ""),
            Some((before, mac, after)) => (before, Some(mac), after),
        };
        let mut command = self.digits(before)?;
        let after = self.digits(after)?;
        if let Some(key) = mac {
            let mac = self.mac_over(&command, key)?;
            command.extend(mac);
        }
        command.extend(after);
        if command.is_empty() {
            return Err(LineError::wrong("a command", "no bytes"));
        }
        self.send(&command)?;
        Ok(())
    }

    /// Digits with names put in.
    fn digits(&self, text: &str) -> Result<Vec<u8>, LineError> {
        let text = self.substituted(text)?.replace(':', " ");
        words::bytes(&words::split(&text)?)
            .map_err(|got| LineError::wrong("a verb (`help` lists them) or whole bytes", got))
    }

    /// A line with the values of its names in place of them.
    ///
    /// # Errors
    /// A name without a value.
    pub(super) fn substituted(&self, text: &str) -> Result<String, LineError> {
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once('{') {
            let Some((name, after)) = inside.split_once('}') else {
                return Err(LineError::wrong("a closing }", format!("{{{inside}")));
            };
            let Some(value) = self.names.get(name.trim()) else {
                let expected = "a name that has a value; `let NAME = HEX` gives one";
                return Err(LineError::wrong(expected, format!("{{{name}}}")));
            };
            done.push_str(before);
            done.push_str(&hex::encode_upper(value));
            rest = after;
        }
        done.push_str(rest);
        Ok(done)
    }

    fn mac_over(&mut self, command: &[u8], key: &str) -> Result<[u8; 4], LineError> {
        let name = match key.trim() {
            "" => self.mac_key(command),
            key => KeyName::parse(key)
                .ok_or_else(|| LineError::wrong("a key such as 36/00 in {mac 36/00}", key))?,
        };
        let here = self.files.current();
        let key = self.key(here, name)?;
        let challenge = self.challenge(CHALLENGE_BYTES)?;
        let mac = keys::checksum(&key, &challenge, &[command]);
        self.tell_mac(&mac, here, name, command, &challenge);
        Ok(mac)
    }

    /// Says how a MAC was made.
    pub(super) fn tell_mac(
        &mut self,
        mac: &[u8],
        df: usize,
        name: KeyName,
        over: &[u8],
        start: &[u8],
    ) {
        let start = match start {
            [] => "zero".into(),
            start => hex::encode_upper(start),
        };
        let text = format!(
            "MAC {} over {} from {start}, key {name} of {}",
            hex::encode_upper(mac),
            hex::encode_upper(over),
            self.files.label(df)
        );
        self.note(&text);
    }

    /// The key whose MAC a command needs.
    fn mac_key(&self, command: &[u8]) -> KeyName {
        let p1p2 = (command.get(2).copied().unwrap_or(0), command.get(3).copied().unwrap_or(0));
        match command.get(1) {
            Some(0xD4) => KeyName::new(keys::EXTERNAL, 0),
            Some(0x24) => KeyName::new(keys::UNBLOCK, 0),
            Some(0xB0 | 0xD0 | 0xD6) => {
                let sfi = (p1p2.0 & 0x80 != 0).then_some(p1p2.0 & 0x1F);
                self.line_key(sfi, command.get(1) == Some(&0xB0))
            }
            Some(0xB2 | 0xD2 | 0xDC | 0xE2) => {
                let sfi = Some(p1p2.1 >> 3).filter(|&sfi| sfi != 0);
                self.line_key(sfi, command.get(1) == Some(&0xB2))
            }
            _ => KeyName::new(keys::LINE, 0),
        }
    }

    /// The line key of a file: the one its key byte names, or 00.
    pub(super) fn line_key(&self, sfi: Option<u8>, reads: bool) -> KeyName {
        let id = self.files.file(sfi).map_or(0, |file| match reads {
            true => file.reading_key(),
            false => file.writing_key(),
        });
        KeyName::new(keys::LINE, id)
    }
}

/// `{mac …}`: what stands before it, the key in it, what stands behind it.
fn find_mac(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find("{mac")?;
    let (before, rest) = (text.get(..at)?, text.get(at + 4..)?);
    let (key, after) = rest.split_once('}')?;
    let alone = key.is_empty() || key.starts_with(char::is_whitespace);
    alone.then_some((before, key, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_names_are_bytes_and_all_else_is_a_verb() {
        for text in ["00A4", "00 a4 04", "00:84:00", "FF*16 00", "84D4{x}", "0", "{mac 36/01}"] {
            assert!(is_raw(text), "{text}");
        }
        for text in ["", "reset", "read 1", "s 3f00", "{x} sfi", "FF*x", "add up"] {
            assert!(!is_raw(text), "{text}");
        }
    }

    #[test]
    fn the_place_of_a_mac_is_found() {
        assert_eq!(find_mac("00 {mac} 10"), Some(("00 ", "", " 10")));
        assert_eq!(find_mac("00{mac 36/01}"), Some(("00", " 36/01", "")));
        assert_eq!(find_mac("00{mac1}"), None);
        assert_eq!(find_mac("00"), None);
    }
}

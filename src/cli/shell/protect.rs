//! Line protection of FMCOS cards: the MAC a command carries, the bytes it hides, and the MAC of an
//! answer.
//!
//! The card is asked for a challenge, the command gets CLA x4 and its MAC, and the MAC of an answer
//! is checked. The forms are those of `tessera::cryptography::messaging::line`.

use tessera::cryptography::{
    cipher::Key,
    messaging::{Line, Protection as Form, Refusal},
};

use super::{
    error::LineError,
    keys::{self, KeyName},
    raw::CHALLENGE_BYTES,
    session::{Answer, Session},
    words::Words,
};

/// Longest data field of a short command.
const DATA_BYTES_MAX: usize = 255;

/// How a command is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Protection {
    /// The key, of the current directory.
    pub(super) key: KeyName,
    /// Data are encrypted too.
    pub(super) encrypts: bool,
}

impl Session {
    /// What the words `mac`, `enc`, `plain` and `key N` ask for, or what the file was created with.
    pub(super) fn protection(
        &mut self,
        words: &mut Words,
        sfi: Option<u8>,
        reads: bool,
    ) -> Result<Option<Protection>, LineError> {
        let key = words.named_byte("key")?.map(|id| KeyName::new(keys::LINE, id));
        let (mac, enc, plain) = (words.flag("mac"), words.flag("enc"), words.flag("plain"));
        if plain && (mac || enc || key.is_some()) {
            return Err(words.wrong("`plain` or a protection", "both"));
        }
        let file = self.files.file(sfi);
        let asked = mac || enc || key.is_some();
        let wanted = file.is_some_and(|file| match reads {
            true => file.reads_with_mac(),
            false => file.writes_with_mac() || file.is_encrypted(),
        });
        let encrypts = enc || file.is_some_and(|file| file.is_encrypted());
        let key = key.unwrap_or_else(|| self.line_key(sfi, reads));
        Ok((asked || wanted && !plain).then_some(Protection { key, encrypts }))
    }

    /// Sends a command, protected if need be.
    pub(super) fn write(
        &mut self,
        header: [u8; 4],
        data: &[u8],
        protection: Option<Protection>,
    ) -> Result<Answer, LineError> {
        match protection {
            Some(protection) => self.protected(header, data, None, protection),
            None => {
                let command = command(header, data, None)?;
                self.transact(&command)
            }
        }
    }

    /// Sends a command under line protection: the card is asked for a challenge first.
    pub(super) fn protected(
        &mut self,
        mut header: [u8; 4],
        data: &[u8],
        ne: Option<u8>,
        protection: Protection,
    ) -> Result<Answer, LineError> {
        let here = self.files.current();
        let key = self.key(here, protection.key)?;
        header[0] |= 4;
        let line = Line::new(&key);
        let challenge = self.challenge(CHALLENGE_BYTES)?;
        let command = wrapped(&line, protection.encrypts, &challenge, header, data, ne)?;
        self.tell_wrapped(&command, ne, (here, protection.key), &challenge);
        let answer = self.transact(&command)?;
        if ne.is_none() || !answer.is_good() {
            return Ok(answer);
        }
        let form = form(protection.encrypts);
        let data = line.unwrap(form, &challenge, &answer.data).map_err(|refusal| {
            LineError::Unexpected {
                expected: match refusal {
                    Refusal::Missing => "an answer with a MAC".into(),
                    Refusal::Checksum => "an answer whose MAC is right".into(),
                    Refusal::Content | Refusal::TooLong => "an answer that was encrypted".into(),
                },
                got: hex::encode_upper(&answer.data),
            }
        })?;
        let text = format!("its MAC is right; data {}", hex::encode_upper(data.as_slice()));
        self.note(&text);
        Ok(Answer { data: data.as_slice().to_vec(), status: answer.status })
    }

    /// Says how the MAC of a command was made.
    pub(super) fn tell_wrapped(
        &mut self,
        command: &[u8],
        ne: Option<u8>,
        (df, key): (usize, KeyName),
        start: &[u8],
    ) {
        let end = command.len() - ne.iter().count();
        if let Some((over, mac)) =
            command.get(..end).and_then(|command| command.split_last_chunk::<4>())
        {
            self.tell_mac(mac, df, key, over, start);
        }
    }
}

const fn form(encrypts: bool) -> Form {
    if encrypts { Form::CryptogramAndChecksum } else { Form::Checksum }
}

/// A command with its MAC, and with data encrypted when there are any.
pub(super) fn wrapped(
    line: &Line<'_>,
    encrypts: bool,
    start: &[u8],
    header: [u8; 4],
    data: &[u8],
    ne: Option<u8>,
) -> Result<Vec<u8>, LineError> {
    let message = line.wrap(form(encrypts), start, header, data, ne);
    message.map(|message| message.as_slice().to_vec()).ok_or_else(|| too_long(data.len()))
}

/// A command of short lengths; a case 1 command of these cards has a fifth byte 00.
pub(super) fn command(header: [u8; 4], data: &[u8], ne: Option<u8>) -> Result<Vec<u8>, LineError> {
    let mut command = header.to_vec();
    if !data.is_empty() {
        command.push(short(data.len())?);
        command.extend_from_slice(data);
    }
    command.extend(ne);
    if command.len() == 4 {
        command.push(0);
    }
    Ok(command)
}

fn short(bytes: usize) -> Result<u8, LineError> {
    u8::try_from(bytes).map_err(|_| too_long(bytes))
}

fn too_long(bytes: usize) -> LineError {
    let expected = format!("at most {DATA_BYTES_MAX} bytes in a command, protection and all");
    LineError::wrong(expected, format!("{bytes} of data"))
}

/// One block or several, encrypted.
pub(super) fn ecb(key: &Key, data: &[u8], encrypts: bool) -> Result<Vec<u8>, LineError> {
    let mut block = data.to_vec();
    let cipher = key.cipher();
    let done = match encrypts {
        true => cipher.encrypt_ecb(&mut block),
        false => cipher.decrypt_ecb(&mut block),
    };
    match done {
        Ok(()) => Ok(block),
        Err(_) => Err(LineError::wrong("whole blocks", format!("{} bytes", block.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_without_data_have_a_fifth_byte_and_long_ones_are_refused() {
        assert_eq!(command([0x80, 0x0E, 0, 0], &[], None).unwrap(), [0x80, 0x0E, 0, 0, 0]);
        assert_eq!(command([0, 0xB0, 0, 0], &[], Some(8)).unwrap(), [0, 0xB0, 0, 0, 8]);
        assert_eq!(command([0, 0xA4, 4, 0], &[1, 2], Some(0)).unwrap().len(), 8);
        assert!(command([0, 0xD6, 0, 0], &[0; 256], None).unwrap_err().to_string().contains("256"));
        let key = Key::des(&[1; 8]).unwrap();
        let long = wrapped(&Line::new(&key), true, &[], [0; 4], &[0; 250], None);
        assert!(long.unwrap_err().to_string().contains("250 of data"));
    }

    #[test]
    fn blocks_are_whole_or_refused() {
        let key = Key::des(&[1; 16]).unwrap();
        let there = ecb(&key, &[7; 16], true).unwrap();
        assert_eq!(ecb(&key, &there, false).unwrap(), [7; 16]);
        assert!(ecb(&key, &[7; 9], true).unwrap_err().to_string().contains("9 bytes"));
    }
}

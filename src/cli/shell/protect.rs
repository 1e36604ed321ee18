//! Line protection of FMCOS cards: the MAC a command carries, the bytes it hides, and the MAC of an
//! answer.
//!
//! The MAC starts from the challenge and runs over the header with its low half of CLA 4, the final
//! Lc and the data as sent. Encrypted data are their length in a byte, themselves, and padding only
//! where a block is not full.

use tessera_cos::cipher::Key;

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
        let sent = match protection.encrypts && !data.is_empty() {
            true => encrypted(&key, data)?,
            false => data.to_vec(),
        };
        let nc = short(sent.len() + 4)?;
        let challenge = self.challenge(CHALLENGE_BYTES)?;
        let over = [&header[..], &[nc], &sent].concat();
        let mac = keys::checksum(&key, &challenge, &[&over]);
        if protection.encrypts && !data.is_empty() {
            let text = format!(
                "encrypted {}, key {} of {}",
                hex::encode_upper(&sent),
                protection.key,
                self.files.label(here)
            );
            self.note(&text);
        }
        self.tell_mac(&mac, here, protection.key, &over, &challenge);
        let mut command = [&over[..], &mac].concat();
        command.extend(ne);
        let answer = self.transact(&command)?;
        if ne.is_some() && answer.is_good() {
            return self.unprotected(answer, &key, &challenge, protection);
        }
        Ok(answer)
    }

    /// Checks the MAC of an answer and takes its data out.
    fn unprotected(
        &mut self,
        answer: Answer,
        key: &Key,
        challenge: &[u8],
        protection: Protection,
    ) -> Result<Answer, LineError> {
        let Some((sent, mac)) = answer.data.split_last_chunk::<4>() else {
            return Err(LineError::Unexpected {
                expected: "an answer that ends with a MAC".into(),
                got: super::expect::shown(Some(&answer.data)),
            });
        };
        let right = keys::checksum(key, challenge, &[sent]);
        if right != *mac {
            return Err(LineError::Unexpected {
                expected: format!("{} as the answer's MAC", hex::encode_upper(right)),
                got: hex::encode_upper(mac),
            });
        }
        self.note("the MAC of the answer is right");
        let data = match protection.encrypts {
            true => decrypted(key, sent).ok_or_else(|| LineError::Unexpected {
                expected: "an answer that was encrypted".into(),
                got: hex::encode_upper(sent),
            })?,
            false => sent.to_vec(),
        };
        let text = format!("data {}", hex::encode_upper(&data));
        self.note(&text);
        Ok(Answer { data, ..answer })
    }
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
    u8::try_from(bytes).map_err(|_| {
        LineError::wrong(format!("at most {DATA_BYTES_MAX} bytes in a command"), bytes.to_string())
    })
}

/// Length, data, and padding where a block is not full, encrypted block by block.
pub(super) fn encrypted(key: &Key, data: &[u8]) -> Result<Vec<u8>, LineError> {
    let mut block = vec![short(data.len())?];
    block.extend_from_slice(data);
    if block.len() % key.block_bytes() != 0 {
        block.push(0x80);
        block.resize(block.len().next_multiple_of(key.block_bytes()), 0);
    }
    whole_blocks(key.cipher().encrypt_ecb(&mut block).is_ok(), block)
}

/// What [`encrypted`] made; `None` when the length does not fit.
fn decrypted(key: &Key, sent: &[u8]) -> Option<Vec<u8>> {
    let mut block = sent.to_vec();
    key.cipher().decrypt_ecb(&mut block).ok()?;
    let (&bytes, data) = block.split_first()?;
    data.get(..usize::from(bytes)).map(<[u8]>::to_vec)
}

fn whole_blocks(are_whole: bool, block: Vec<u8>) -> Result<Vec<u8>, LineError> {
    match are_whole {
        true => Ok(block),
        false => Err(LineError::wrong("whole blocks", format!("{} bytes", block.len()))),
    }
}

/// One block or several, encrypted.
pub(super) fn ecb(key: &Key, data: &[u8], encrypts: bool) -> Result<Vec<u8>, LineError> {
    let mut block = data.to_vec();
    let cipher = key.cipher();
    let done = match encrypts {
        true => cipher.encrypt_ecb(&mut block),
        false => cipher.decrypt_ecb(&mut block),
    };
    whole_blocks(done.is_ok(), block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digits: &str) -> Key {
        Key::des(&hex::decode(digits).unwrap()).unwrap()
    }

    /// Two values of the FMCOS manual and of a card's trace.
    #[test]
    fn data_are_encrypted_as_on_a_real_card() {
        let plain = hex::decode("01020304050607").unwrap();
        let exact = encrypted(&key("4444444444444444"), &plain).unwrap();
        assert_eq!(hex::encode_upper(&exact), "19479307DF791D7F", "no padding for a full block");
        let record = hex::decode("F9F0F0AAFF1122334455667788").unwrap();
        let padded = encrypted(&key("FFFFFFFFFFFFFFFF"), &record).unwrap();
        assert_eq!(hex::encode_upper(&padded), "7C87BC23140021B3AFEA67E6359DDCFE");
        for (key_digits, plain) in [("4444444444444444", plain), ("FFFFFFFFFFFFFFFF", record)] {
            let key = key(key_digits);
            assert_eq!(decrypted(&key, &encrypted(&key, &plain).unwrap()), Some(plain));
        }
    }

    #[test]
    fn what_was_not_encrypted_is_not_taken_for_data() {
        let key = key("4444444444444444");
        assert_eq!(decrypted(&key, &[]), None);
        assert_eq!(decrypted(&key, &[1, 2, 3]), None);
        let too_long = ecb(&key, &[0xFF; 8], true).unwrap();
        assert_eq!(decrypted(&key, &too_long), None);
    }

    #[test]
    fn commands_without_data_have_a_fifth_byte_and_long_ones_are_refused() {
        assert_eq!(command([0x80, 0x0E, 0, 0], &[], None).unwrap(), [0x80, 0x0E, 0, 0, 0]);
        assert_eq!(command([0, 0xB0, 0, 0], &[], Some(8)).unwrap(), [0, 0xB0, 0, 0, 8]);
        assert_eq!(command([0, 0xA4, 4, 0], &[1, 2], Some(0)).unwrap().len(), 8);
        assert!(command([0, 0xD6, 0, 0], &[0; 256], None).unwrap_err().to_string().contains("256"));
    }
}

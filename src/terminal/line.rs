//! Asking a card or a PSAM: one question, one answer, and somebody told of both.

use tessera_framework::StatusWord;

use super::{
    Acceptor, Answer, Heard, Request,
    error::{Party, TerminalError},
};

/// Something that is asked by one command.
pub(super) trait Question {
    /// The command APDU.
    fn apdu(&self) -> Vec<u8>;
    /// What is asked, in words.
    fn in_words(&self) -> String;
    /// What an answer to it says.
    fn answer_in_words(&self, answer: &Answer) -> String;
}

impl Question for Request {
    fn apdu(&self) -> Vec<u8> {
        self.apdu()
    }

    fn in_words(&self) -> String {
        self.in_words()
    }

    fn answer_in_words(&self, answer: &Answer) -> String {
        self.answer_in_words(answer)
    }
}

/// One step, told when it is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Who was asked.
    pub party: Party,
    /// What was asked, in words.
    pub asked: String,
    /// What came back, in words.
    pub came: String,
}

/// Who is told of every step.
pub type Progress<'a> = Box<dyn FnMut(&Step) + 'a>;

/// How often an answer is fetched in parts (61XX) before that is no answer.
const PARTS_MAX: usize = 4;

/// A card or PSAM and the way to it.
pub(super) struct Line<'a> {
    party: Party,
    acceptor: &'a mut dyn Acceptor,
}

impl<'a> Line<'a> {
    pub(super) fn new(party: Party, acceptor: &'a mut dyn Acceptor) -> Self {
        Self { party, acceptor }
    }

    /// Gives power, or resets, and returns the answer to reset.
    pub(super) fn power_on(
        &mut self,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<u8>, TerminalError> {
        let asked = "wake up".to_owned();
        let device = |what| TerminalError::Device { whom: self.party, what };
        match self.acceptor.power_on().map_err(device)? {
            Heard::Bytes(atr) => {
                let came = format!("answers to reset: {}", hex::encode_upper(&atr));
                progress(&Step { party: self.party, asked, came });
                Ok(atr)
            }
            Heard::Silence => Err(self.silence(asked, progress)),
        }
    }

    /// Asks, and returns whatever is answered.
    pub(super) fn ask(
        &mut self,
        request: &impl Question,
        progress: &mut Progress<'_>,
    ) -> Result<Answer, TerminalError> {
        let heard = self.exchange(request.apdu());
        let asked = request.in_words();
        let device = |what| TerminalError::Device { whom: self.party, what };
        let Some(answer) = heard.map_err(device)? else {
            return Err(self.silence(asked, progress));
        };
        let came = request.answer_in_words(&answer);
        progress(&Step { party: self.party, asked, came });
        Ok(answer)
    }

    /// Asks, and returns the data of an answer with 9000.
    pub(super) fn get(
        &mut self,
        request: &impl Question,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<u8>, TerminalError> {
        let answer = self.ask(request, progress)?;
        if !answer.is_ok() {
            return Err(self.refused(request, answer.status));
        }
        Ok(answer.data)
    }

    /// As [`get`](Self::get), read by `read`.
    pub(super) fn read<T>(
        &mut self,
        request: &impl Question,
        expected: &'static str,
        progress: &mut Progress<'_>,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, TerminalError> {
        let data = self.get(request, progress)?;
        read(&data).ok_or_else(|| self.malformed(request, expected, &data))
    }

    pub(super) fn refused(&self, request: &impl Question, status: StatusWord) -> TerminalError {
        TerminalError::Refused { whom: self.party, asked: request.in_words(), status }
    }

    pub(super) fn malformed(
        &self,
        request: &impl Question,
        expected: &'static str,
        data: &[u8],
    ) -> TerminalError {
        let got = hex::encode_upper(data);
        TerminalError::Malformed { whom: self.party, asked: request.in_words(), expected, got }
    }

    fn silence(&self, asked: String, progress: &mut Progress<'_>) -> TerminalError {
        let came = "no answer".to_owned();
        progress(&Step { party: self.party, asked: asked.clone(), came });
        TerminalError::Silence { whom: self.party, asked }
    }

    /// A command and its whole answer: fetched by GET RESPONSE, or asked for again with the right
    /// Le, where a card on contacts wants it so. `None`: no answer.
    ///
    /// A card that has said 61XX has done what it was told. When the rest does not come, be it that
    /// the card was reset and knows of nothing, that is no refusal: the answer is missing.
    fn exchange(&mut self, mut command: Vec<u8>) -> Result<Option<Answer>, String> {
        let mut data = Vec::new();
        let (mut fetches, mut asked_again) = (false, false);
        for _ in 0..=PARTS_MAX {
            let Heard::Bytes(bytes) = self.acceptor.exchange(&command)? else { return Ok(None) };
            // Readers tell of a card that has gone by a response without a status word, too.
            let Some((part, sw)) = bytes.split_last_chunk::<2>() else { return Ok(None) };
            data.extend_from_slice(part);
            let status = StatusWord::from(*sw);
            match (status.sw1(), command.last_mut()) {
                (0x61, _) => {
                    fetches = true;
                    command = vec![0x00, 0xC0, 0x00, 0x00, status.sw2()];
                }
                (0x6C, Some(le)) if !asked_again => {
                    *le = status.sw2();
                    asked_again = true;
                }
                _ if fetches && status != StatusWord::OK => return Ok(None),
                _ => return Ok(Some(Answer { data, status })),
            }
        }
        Err("a response APDU in too many parts".into())
    }
}

//! Responses under secure messaging: a plain one protected, a protected one made plain.

use tessera_framework::StatusWord;

use super::{
    Form, Session,
    objects::{CHECKSUM, Direction, Objects, STATUS, Writer},
};
use crate::messaging::Refusal;

impl Session {
    /// Protects a response and writes its data field; its bytes are returned. `ins` is that of the
    /// command: odd ones have other tags. The status word goes in as well, 9000 too.
    ///
    /// `None` when it does not fit `out`. The counter is counted in any case.
    #[must_use]
    pub fn wrap_response(
        &mut self,
        ins: u8,
        form: Form,
        data: &[u8],
        status: StatusWord,
        out: &mut [u8],
    ) -> Option<usize> {
        self.count();
        let mut field = Writer::new(out);
        field.data(self, ins, form, data)?;
        field.object(STATUS, &status.0.to_be_bytes())?;
        let checksum = self.checksum(None, field.written());
        field.object(CHECKSUM, &checksum.eight())?;
        Some(field.written().len())
    }

    /// The terminal's side: the data of a response, decrypted into `buffer`. `status` is the word
    /// behind the data field.
    ///
    /// # Errors
    /// `Missing`: there is no 8E, or no 99. `Checksum`. `Content`: objects or cryptogram are not
    /// built by the rules, or 99 is another word than `status`. `TooLong`: `buffer` is too short.
    pub fn unwrap_response<'b>(
        &mut self,
        ins: u8,
        field: &[u8],
        status: StatusWord,
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], Refusal> {
        self.count();
        let objects = Objects::read(Direction::Response, ins, field)?;
        if !self.checksum(None, objects.authenticated).is(objects.checksum) {
            return Err(Refusal::Checksum);
        }
        let inside = objects.status.ok_or(Refusal::Missing)?;
        if inside != status.0.to_be_bytes() {
            return Err(Refusal::Content);
        }
        let bytes = objects.open(self, ins, buffer)?;
        Ok(buffer.get(..bytes).unwrap_or_default())
    }
}

//! Commands under secure messaging: a protected one made plain, a plain one protected.

use tessera_framework::{Class, Command, Ins, Interface, class::SecureMessaging};

use super::{
    Form, Session,
    objects::{CHECKSUM, Direction, HEADER, LE, Objects, Writer},
};
use crate::messaging::{Refusal, class_byte};

/// A command without what protected it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plain<'b> {
    /// CLA INS P1 P2; the class byte says no secure messaging.
    pub header: [u8; 4],
    /// The data field.
    pub data: &'b [u8],
    /// Ne, 0 when no response data are expected.
    pub ne: u32,
    /// Le was all zeros.
    pub ne_is_maximum: bool,
    /// The checksum covers the header, by the class byte or by an object 89.
    pub header_authenticated: bool,
}

impl<'b> Plain<'b> {
    /// The command as the card runs it.
    #[must_use]
    pub const fn command(&self, interface: Interface) -> Command<'b> {
        let [cla, ins, p1, p2] = self.header;
        Command {
            class: Class::decode(cla),
            ins: Ins(ins),
            p1,
            p2,
            data: self.data,
            ne: self.ne,
            ne_is_maximum: self.ne_is_maximum,
            interface,
        }
    }
}

impl Session {
    /// Makes a protected command plain. `header` is as sent, `field` its data field; the data go to
    /// `buffer`, for which the length of `field` is enough. The counter is counted in any case.
    ///
    /// # Errors
    /// `Missing`: the class byte says no secure messaging of ISO form, or there is no 8E.
    /// `Checksum`. `Content`: objects or cryptogram are not built by the rules of the
    /// [module](super). `TooLong`: `buffer` is too short.
    pub fn unwrap_command<'b>(
        &mut self,
        header: [u8; 4],
        field: &[u8],
        buffer: &'b mut [u8],
    ) -> Result<Plain<'b>, Refusal> {
        self.count();
        let [cla, ins, p1, p2] = header;
        let (by_class, plain_cla) = protected_class(cla).ok_or(Refusal::Missing)?;
        let objects = Objects::read(Direction::Command, ins, field)?;
        let covered = by_class.then_some(header);
        if !self.checksum(covered, objects.authenticated).is(objects.checksum) {
            return Err(Refusal::Checksum);
        }
        if objects.header.is_some_and(|repeated| repeated != header) {
            return Err(Refusal::Content);
        }
        let (ne, ne_is_maximum) = expected(objects.le)?;
        let bytes = objects.open(self, ins, buffer)?;
        Ok(Plain {
            header: [plain_cla, ins, p1, p2],
            data: buffer.get(..bytes).unwrap_or_default(),
            ne,
            ne_is_maximum,
            header_authenticated: by_class || objects.header.is_some(),
        })
    }

    /// The terminal's side: protects a command and writes all of it, its bytes are returned.
    ///
    /// `header` is as it will be sent. When its class byte does not authenticate it, an object 89
    /// does. `ne` is what the plain command expects, 0 to 65,536; the command itself ends in Le 00,
    /// for every protected response has data.
    ///
    /// `None` when the class byte says no secure messaging of ISO form, `ne` is too large, or the
    /// command does not fit `out` or Lc. The counter is counted in any case.
    #[must_use]
    pub fn wrap_command(
        &mut self,
        header: [u8; 4],
        form: Form,
        data: &[u8],
        ne: u32,
        out: &mut [u8],
    ) -> Option<usize> {
        self.count();
        let [cla, ins, ..] = header;
        let (by_class, _) = protected_class(cla)?;
        // Room in front for the header and the longer Lc; a short command moves to the front.
        let (front, rest) = out.split_at_mut_checked(LONG_FRONT_BYTES)?;
        let mut field = Writer::new(rest);
        if !by_class {
            field.object(HEADER, &header)?;
        }
        field.data(self, ins, form, data)?;
        match (ne, u16::try_from(ne % 65_536).ok()?.to_be_bytes()) {
            (0, _) => {}
            (1..=256, [_, low]) => field.object(LE, &[low])?,
            (257..=65_536, le) => field.object(LE, &le)?,
            _ => return None,
        }
        let checksum = self.checksum(by_class.then_some(header), field.written());
        field.object(CHECKSUM, &checksum.eight())?;
        let bytes = field.written().len();
        let lc = u16::try_from(bytes).ok()?.to_be_bytes();
        let extended = bytes > 255 || ne > 256;
        let (mut head, mut end) = (Writer::new(front), LONG_FRONT_BYTES + bytes);
        head.push(&header)?;
        if extended {
            head.push(&[0, lc[0], lc[1]])?;
        } else {
            head.push(&[lc[1]])?;
            out.copy_within(LONG_FRONT_BYTES..end, SHORT_FRONT_BYTES);
            end -= LONG_FRONT_BYTES - SHORT_FRONT_BYTES;
        }
        let le: &mut [u8] = out.get_mut(end..end + if extended { 2 } else { 1 })?;
        le.fill(0);
        Some(end + le.len())
    }
}

/// Bytes in front of the data field: header and Lc.
const SHORT_FRONT_BYTES: usize = 5;
const LONG_FRONT_BYTES: usize = 7;

/// Whether a class byte authenticates the header, and the byte without secure messaging; `None`
/// when it says none, or a proprietary one.
fn protected_class(cla: u8) -> Option<(bool, u8)> {
    let class = Class::decode(cla);
    let by_class = match class.secure_messaging() {
        SecureMessaging::HeaderAuthenticated => true,
        SecureMessaging::HeaderPlain => false,
        SecureMessaging::None | SecureMessaging::Proprietary => return None,
    };
    let sm = SecureMessaging::None;
    let plain = match class {
        Class::First { chaining, channel, .. } => Class::First { chaining, sm, channel },
        Class::Further { chaining, channel, .. } => Class::Further { chaining, sm, channel },
        _ => return None,
    };
    Some((by_class, class_byte(plain)))
}

/// Ne of an object 97, and whether it says as much as there is.
fn expected(le: Option<&[u8]>) -> Result<(u32, bool), Refusal> {
    match le {
        None => Ok((0, false)),
        Some([0]) => Ok((256, true)),
        Some([0, 0]) => Ok((65_536, true)),
        Some(&[low]) => Ok((u32::from(low), false)),
        Some(&[high, low]) => Ok((u32::from(u16::from_be_bytes([high, low])), false)),
        Some(_) => Err(Refusal::Content),
    }
}

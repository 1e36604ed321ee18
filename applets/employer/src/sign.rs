//! SIGN BATCH: the employer's electronic stamp on a file of which the card sees the digest.

use tessera_cos::{
    Access,
    cipher::{Algorithm, Mac},
    find::find_child,
    layout::ROOT_AT,
    record,
    social::{Turn, usage},
};
use tessera_framework::{Env, Halt, Ins, Outcome, Reply, StatusWord};

use crate::files::{BATCHES, DTK};

/// The instruction, in class D0.
pub const SIGN_BATCH: Ins = Ins(0x9A);
/// The same for contacts: on T=0, 9A would be taken for a status byte (own choice).
pub const SIGN_BATCH_BY_CONTACT: Ins = Ins(0x5C);

/// What is signed: the data field of the command.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | batch number |
/// | 4 | 1 | kind: R roster, A approval of the card file, L loss letter, C contribution |
/// | 5 | 4 | lines of the file |
/// | 9 | 32 | SHA-256 of the file |
/// | 41 | 7 | time, YYYYMMDDhhmmss |
#[derive(Clone, Copy)]
struct Batch<'c>(&'c [u8; BATCH_BYTES]);

const BATCH_BYTES: usize = 4 + 1 + 4 + 32 + 7;

impl<'c> Batch<'c> {
    /// # Errors
    /// 6A80 on an unknown kind, or a time that is not made of decimal digits.
    fn read(field: &'c [u8; BATCH_BYTES]) -> Result<Self, Halt> {
        let [_, _, _, _, kind, _, _, _, _, ref rest @ ..] = *field;
        let is_known = matches!(kind, b'R' | b'A' | b'L' | b'C');
        let is_decimal = |byte: &u8| byte >> 4 <= 9 && byte & 0x0F <= 9;
        if is_known && rest.iter().skip(32).all(is_decimal) {
            Ok(Self(field))
        } else {
            Halt::status(StatusWord::WRONG_DATA)
        }
    }

    /// What the card keeps: of the digest the first half.
    fn record(self) -> [u8; 0x20] {
        let kept = |at: usize| if at < 25 { at } else { at + 16 };
        core::array::from_fn(|at| self.0.get(kept(at)).copied().unwrap_or_default())
    }
}

/// Writes the batch to EF09 and answers the stamp, both or neither.
///
/// # Errors
/// 6A81 and 9303 when locked; 6A86; 6700; 6982 without the PIN; 6A80; 6A88 without the key; `Torn`.
pub(crate) fn sign_batch(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    turn.refuse_locked(env)?;
    turn.expect_p1p2(0)?;
    let field = turn.command.data.try_into();
    let field = field.map_err(|_| Halt::Status(StatusWord::WRONG_LENGTH))?;
    turn.check(env, Access::Pin)?;
    let batch = Batch::read(field)?;
    let key = turn.key(env, usage::TAC, DTK, None)?.load(env)?;
    let file = find_child(env, ROOT_AT, |file| file.fid() == BATCHES.spec.fid)?;
    let file = file.ok_or(Halt::Status(StatusWord::NOT_FOUND))?;
    let mac = match key.algorithm() {
        Algorithm::Sm4 => Mac::cbc(&key),
        _ => Mac::cbc(&key.xor_halves()),
    };
    let record = batch.record();
    record::add(env, &file, record.len(), &record)?;
    reply.push(&mac.of(&[], &[batch.0]).four())
}

//! Installation: the card as it is delivered, or as far as a script brings it.

use tessera_framework::{
    Apdu, Class, Command, Env, FileId, Halt, Ins, Interface, Outcome, Reply, StatusWord, Target,
    tlv::DataObjects,
};
use tessera_framework::{Control, Selection};

use tessera_cos::basic::select;

use crate::{BUILD, dispatch, mf};

const EEPROM_BYTES: u16 = 0xC0;
const COMMAND: u16 = 0xC1;

/// Makes a card without an MF, then runs the commands of the installation data.
///
/// # Errors
/// 6A80 on data that is not understood; the status word of a command that is not answered 9000 or
/// with a warning; `Torn`.
pub(crate) fn install(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    let mut eeprom_bytes = mf::EEPROM_BYTES;
    for object in DataObjects::new(data) {
        match object.map(|object| (object.tag.0, object.value)) {
            Ok((EEPROM_BYTES, &[high, low])) => eeprom_bytes = u16::from_be_bytes([high, low]),
            Ok((COMMAND, _)) => {}
            _ => return Halt::status(StatusWord::WRONG_DATA),
        }
    }
    mf::format(env, eeprom_bytes)?;
    let commands = DataObjects::new(data).flatten().filter(|object| object.tag.0 == COMMAND);
    for command in commands {
        run(env, command.value)?;
    }
    Ok(())
}

fn run(env: &mut Env<'_>, bytes: &[u8]) -> Outcome {
    let apdu = Apdu::parse(bytes)?;
    let mut buffer = [0; 512];
    let mut reply = Reply::new(&mut buffer);
    if apdu.ins == Ins::SELECT {
        let target = match (apdu.p1, apdu.data) {
            (0x04, name) => select::df_by_name(env, name, 0)?.map(Target::Df),
            (0x00, &[0x3F, 0x00]) => select::df_by_name(env, &[], 0)?.map(Target::Df),
            (0x00, &[high, low]) => Some(Target::FileId(FileId(u16::from_be_bytes([high, low])))),
            _ => None,
        };
        let target = target.ok_or(Halt::Status(StatusWord::NOT_FOUND))?;
        let selection = Selection { target, control: Control::None };
        return select::select(env, &BUILD, &selection, &mut reply).map(drop);
    }
    let command = Command {
        class: Class::decode(apdu.cla),
        ins: apdu.ins,
        p1: apdu.p1,
        p2: apdu.p2,
        data: apdu.data,
        ne: apdu.ne,
        ne_is_maximum: apdu.ne == 256,
        interface: Interface::ContactlessA,
    };
    dispatch::process(env, &command, &mut reply)
}

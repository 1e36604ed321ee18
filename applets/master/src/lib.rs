//! The master file (主文件 MF): EF.DIR, EF.ATR/INFO, and the application that is selected at reset.
//!
//! | file | identifier | content | clause |
//! |---|---|---|---|
//! | MF | 3F00 | | ISO/IEC 7816-4:2020, 7.2 |
//! | EF.DIR | 2F00, SFI 30 | one 61 template per application | 12.2.3 |
//! | EF.ATR/INFO | 2F01, SFI 29 | 43, 47, 5F52, 7F66 | 12.2.2 |
//!
//! | 1PAY.SYS.DDF01 | 5041 | the directory of payment applications, if there are any | EMV 1 12.2.2 |
//! | its DIR | SFI 1 | one record 61 for each of them | |
//!
//! The first two files are transparent; all are free to read and never written from outside. GET
//! DATA answers the objects of EF.ATR/INFO by their tags. The MF's own name, F0 and the letters
//! TESSERA.MF, is of our own design: the standard gives the MF no name, and terminals select it as
//! 3F00.
//!
//! # Installation data
//!
//! A sequence of BER-TLV objects from the profile: 61 templates, which become EF.DIR as they stand,
//! one E0 object (own design) whose value becomes EF.ATR/INFO, and E1 objects, each a record of the
//! payment directory. The directory's file identifier is of our own choice too: terminals select it
//! by name.

#![no_std]
#![forbid(unsafe_code)]

use tessera_cos::{
    Access, DfSpec, Dialect, EfSpec, Header, Structure, binary, find,
    layout::{self, LifeCycle},
    record, session, tree,
};
use tessera_framework::{
    Aid, Applet, Command, Descriptor, DfId, Env, FileId, Halt, Outcome, Reply, Selected, Selection,
    Sfi, StatusWord, Tag,
    tlv::{DataObject, DataObjects},
};

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct Master;

/// The MF's name.
const NAME: Aid = Aid::new(b"\xF0TESSERA.MF");

/// Installation data: the content of EF.ATR/INFO.
pub const EF_ATR_CONTENT: Tag = Tag(0xE0);

static DESCRIPTOR: Descriptor = Descriptor {
    aid: NAME,
    fid: Some(FileId::MF),
    counters: &[],
    ram_on_deselect_bytes: session::SESSION_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: true,
};

static DIALECT: Dialect = Dialect {
    pin: None,
    cyclic_update_adds: false,
    ef_answers_fci: true,
    ef_selection_finds_dfs: false,
    data_object: information,
    iso: None,
};

/// Installation data: a record of the payment directory.
pub const PAYMENT_RECORD: Tag = Tag(0xE1);

/// The payment directory.
const PAYMENT_DIRECTORY: DfSpec<'_> = DfSpec {
    fid: FileId(0x5041),
    name: b"1PAY.SYS.DDF01",
    // The short identifier of its DIR.
    proprietary: &[0x88, 0x01, 0x01],
    ..DfSpec::PLAIN
};

/// Longest EF.ATR/INFO that GET DATA looks through.
const EF_ATR_BYTES_MAX: usize = 128;

impl Applet for Master {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        let mut templates = 0;
        let (mut payment_records, mut payment_bytes) = (0_u8, 0);
        let mut information = None;
        for object in DataObjects::new(data) {
            match object {
                Ok(DataObject { tag: Tag::APPLICATION_TEMPLATE, value }) => {
                    templates += header(value)?.1 + value.len();
                }
                Ok(DataObject { tag: EF_ATR_CONTENT, value })
                    if information.is_none() && value.len() <= EF_ATR_BYTES_MAX =>
                {
                    information = Some(value);
                }
                Ok(DataObject { tag: PAYMENT_RECORD, value }) if value.len() <= 255 => {
                    payment_records = payment_records.saturating_add(1);
                    payment_bytes += value.len() as u32;
                }
                _ => return Halt::status(StatusWord::WRONG_DATA),
            }
        }
        let Some(information) = information else { return Halt::status(StatusWord::WRONG_DATA) };
        layout::format(env)?;
        tree::create_root(
            env,
            &DfSpec {
                fid: FileId::MF,
                name: NAME.as_bytes(),
                proprietary: &[],
                full_control: true,
                life_cycle: LifeCycle::ACTIVATED,
                ..DfSpec::PLAIN
            },
        )?;
        let bytes = information.len() as u32;
        let transparent = Structure::Transparent { bytes };
        let ef_atr = create(env, DfId::ROOT, FileId::EF_ATR, 29, transparent)?;
        binary::put(env, &ef_atr, 0, information)?;
        let transparent = Structure::Transparent { bytes: templates.max(1) as u32 };
        let ef_dir = create(env, DfId::ROOT, FileId::EF_DIR, 30, transparent)?;
        let mut at = 0;
        for object in DataObjects::new(data).flatten() {
            if object.tag == Tag::APPLICATION_TEMPLATE {
                let (header, bytes) = header(object.value)?;
                binary::put(env, &ef_dir, at, header.get(..bytes).unwrap_or_default())?;
                at += bytes as u32;
                binary::put(env, &ef_dir, at, object.value)?;
                at += object.value.len() as u32;
            }
        }
        if payment_records == 0 {
            return Ok(());
        }
        let directory = tree::create_df(env, DfId::ROOT, &PAYMENT_DIRECTORY)?;
        let records = Structure::LinearVariable {
            bytes: payment_bytes,
            record_bytes_max: 255,
            records: payment_records,
            tlv: false,
        };
        let dir = create(env, directory, FileId(0x0001), 1, records)?;
        for object in DataObjects::new(data).flatten() {
            if object.tag == PAYMENT_RECORD {
                record::add(env, &dir, object.value.len(), object.value)?;
            }
        }
        Ok(())
    }

    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        tessera_cos::df_by_name(env, prefix, nth)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        tessera_cos::select(env, &DIALECT, selection, reply)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        tessera_cos::process(env, &DIALECT, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

/// Tag and length in front of an application template: three bytes and how many of them count.
fn header(template: &[u8]) -> Result<([u8; 3], usize), Halt> {
    match u8::try_from(template.len()) {
        Ok(length @ 0..=0x7F) => Ok(([0x61, length, 0], 2)),
        Ok(length) => Ok(([0x61, 0x81, length], 3)),
        Err(_) => Halt::status(StatusWord::WRONG_DATA),
    }
}

fn create(
    env: &mut Env<'_>,
    df: DfId,
    fid: FileId,
    sfi: u8,
    structure: Structure,
) -> Result<Header, Halt> {
    let spec = EfSpec {
        fid,
        sfi: Sfi::new(sfi),
        structure,
        read: Access::Always,
        update: Access::Never,
        life_cycle: LifeCycle::ACTIVATED,
        ..EfSpec::PLAIN
    };
    tree::create_ef(env, df, &spec)
}

/// GET DATA: the value of an object in EF.ATR/INFO.
fn information(env: &Env<'_>, tag: u16, reply: &mut Reply<'_>) -> Result<bool, Halt> {
    let is_ef_atr = |file: &Header| file.fid() == FileId::EF_ATR;
    let Some(file) = find::find_child(env, layout::ROOT_AT, is_ef_atr)? else { return Ok(false) };
    let mut content = [0; EF_ATR_BYTES_MAX];
    let bytes = (file.body_bytes() as usize).min(EF_ATR_BYTES_MAX);
    env.load(file.body(), &mut content[..bytes])?;
    match DataObjects::new(&content[..bytes]).find(Tag(tag)) {
        Some(value) => reply.push(value).map(|()| true),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use tessera_framework::{Class, Control, Ins, Interface, Target, testing::Rig};

    use super::*;

    const DATA: &[u8] = &[
        0x61, 0x07, 0x4F, 0x05, 0xD1, 0x56, 0x00, 0x00, 0x05, //
        0xE0, 0x07, 0x43, 0x01, 0xB8, 0x5F, 0x52, 0x01, 0x80,
    ];

    fn command(ins: Ins, p1: u8, p2: u8) -> Command<'static> {
        Command {
            class: Class::decode(0),
            ins,
            p1,
            p2,
            data: &[],
            ne: 256,
            ne_is_maximum: true,
            interface: Interface::ContactlessA,
        }
    }

    fn answer(rig: &mut Rig<512>, command: &Command<'_>) -> Result<std::vec::Vec<u8>, Halt> {
        let mut buffer = [0; 300];
        let mut reply = Reply::new(&mut buffer);
        rig.process(&Master, command, &mut reply)?;
        Ok(reply.data().to_vec())
    }

    extern crate std;

    #[test]
    fn the_directory_and_the_information_file_read_as_installed() {
        let mut rig = Rig::<512>::with(&Master, DATA).unwrap();
        let directory = answer(&mut rig, &command(Ins::READ_BINARY, 0x80 | 30, 0)).unwrap();
        assert_eq!(directory, DATA[..9]);
        let information = answer(&mut rig, &command(Ins::READ_BINARY, 0x80 | 29, 0)).unwrap();
        assert_eq!(information, DATA[11..]);
    }

    #[test]
    fn templates_of_any_length_stand_in_the_directory_as_installed() {
        for bytes in [0x7E, 0x7F, 0x80, 0xFE] {
            let mut data = std::vec![0x61];
            if bytes > 0x7F {
                data.push(0x81);
            }
            data.extend([bytes, 0x50]);
            let label = if bytes > 0x81 { bytes - 3 } else { bytes - 2 };
            if label > 0x7F {
                data.push(0x81);
            }
            data.push(label);
            data.resize(data.len() + usize::from(label), 0x41);
            let template = data.clone();
            data.extend(&DATA[9..]);
            let mut rig = Rig::<512>::with(&Master, &data).unwrap();
            let mut reading = command(Ins::READ_BINARY, 0x80 | 30, 0);
            (reading.ne, reading.ne_is_maximum) = (65_536, true);
            assert_eq!(answer(&mut rig, &reading).unwrap(), template, "{bytes:02X}");
        }
    }

    #[test]
    fn get_data_answers_what_the_information_file_holds_and_nothing_else() {
        let mut rig = Rig::<512>::with(&Master, DATA).unwrap();
        assert_eq!(answer(&mut rig, &command(Ins::GET_DATA, 0x00, 0x43)).unwrap(), [0xB8]);
        assert_eq!(answer(&mut rig, &command(Ins::GET_DATA, 0x5F, 0x52)).unwrap(), [0x80]);
        assert_eq!(
            answer(&mut rig, &command(Ins::GET_DATA, 0x00, 0x47)),
            Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND)
        );
    }

    #[test]
    fn the_mf_answers_full_control_information() {
        let mut rig = Rig::<512>::with(&Master, DATA).unwrap();
        let mut buffer = [0; 100];
        let mut reply = Reply::new(&mut buffer);
        let selection = Selection { target: Target::FileId(FileId::MF), control: Control::Fci };
        rig.select(&Master, &selection, &mut reply).unwrap();
        let fci = DataObjects::new(reply.data()).find(Tag::FCI).unwrap();
        let objects = DataObjects::new(fci);
        assert_eq!(objects.find(Tag::FILE_DESCRIPTOR), Some(&[0x38][..]));
        assert_eq!(objects.find(Tag::FILE_ID), Some(&[0x3F, 0x00][..]));
        assert_eq!(objects.find(Tag::LIFE_CYCLE), Some(&[0x05][..]));
    }

    #[test]
    fn a_payment_directory_is_there_for_those_who_ask_by_name() {
        let record = [0x61, 0x03, 0x4F, 0x01, 0xA0];
        let data = [DATA, &[0xE1, 0x05], &record, &[0xE1, 0x02, 0x61, 0x00]].concat();
        let mut rig = Rig::<768>::with(&Master, &data).unwrap();
        let df = Master.df_by_name(&rig.env(), b"1PAY.SYS.DDF01", 0).unwrap().unwrap();
        let mut buffer = [0; 100];
        let mut reply = Reply::new(&mut buffer);
        let selection = Selection { target: Target::Df(df), control: Control::Fci };
        rig.select(&Master, &selection, &mut reply).unwrap();
        assert_eq!(reply.data(), b"\x6F\x15\x84\x0E1PAY.SYS.DDF01\xA5\x03\x88\x01\x01");
        for (number, expected) in [(1, &record[..]), (2, &[0x61, 0x00])] {
            let mut reading = command(Ins::READ_RECORD, number, 0x0C);
            (reading.ne, reading.ne_is_maximum) = (256, true);
            let mut buffer = [0; 300];
            let mut reply = Reply::new(&mut buffer);
            rig.process(&Master, &reading, &mut reply).unwrap();
            assert_eq!(reply.data(), expected);
        }
        let rig = Rig::<512>::with(&Master, DATA).unwrap();
        assert_eq!(Master.df_by_name(&{ rig }.env(), b"1PAY", 0), Ok(None));
    }

    #[test]
    fn installation_data_that_is_not_understood_is_refused() {
        for bad in [&[][..], &[0x61, 0x09, 0x4F], &DATA[..9], &[0xE0, 0, 0xE0, 0], &[0x99, 0]] {
            assert_eq!(
                Rig::<512>::with(&Master, bad).err(),
                Some(Halt::Status(StatusWord::WRONG_DATA)),
                "{bad:02X?}"
            );
        }
        assert_eq!(
            Rig::<100>::with(&Master, DATA).err(),
            Some(Halt::Status(StatusWord::NOT_ENOUGH_MEMORY))
        );
    }
}

//! An applet with files that are free to read and update: what the built-in cards, whose files are
//! guarded, cannot be timed with.

use tessera_cos::{
    Access, DfSpec, Dialect, EfSpec, Structure, binary,
    layout::{self, LifeCycle, PIN_AT},
    no_data_object, record, session, tree,
};
use tessera_framework::{
    Aid, Applet, Command, CounterId, Descriptor, DfId, Env, FileId, Halt, Outcome, Reply, Selected,
    Selection, Sfi, pin::Pin,
};

/// Name of its only DF.
pub(super) const NAME: &[u8] = b"\xF0TESSERA.BENCH";
/// Short identifier of a transparent file of 1 KiB.
pub(super) const BINARY: u8 = 1;
/// Short identifier of a file of ten TLV records of 16 bytes, tags 01 to 0A.
pub(super) const RECORDS: u8 = 2;
/// The PIN, with P2 00.
pub(super) const PIN: &[u8] = &[0x12, 0x34, 0x56];
/// Tries the PIN has.
pub(super) const TRIES: u8 = 3;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(NAME),
    fid: Some(FileId(0xBE00)),
    counters: &[TRIES as u32],
    ram_on_deselect_bytes: session::SESSION_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: true,
};

static DIALECT: Dialect = Dialect {
    pin: Some((Pin { at: PIN_AT, tries: CounterId(0), tries_max: TRIES }, &[0x00])),
    cyclic_update_adds: false,
    ef_answers_fci: true,
    ef_selection_finds_dfs: false,
    data_object: no_data_object,
    iso: None,
};

/// The application.
pub(super) struct Bench;

impl Applet for Bench {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, _: &[u8]) -> Outcome {
        layout::format(env)?;
        if let Some((pin, _)) = DIALECT.pin {
            pin.set_reference(env, PIN)?;
        }
        let root = DfSpec {
            fid: FileId(0xBE00),
            name: NAME,
            proprietary: &[],
            full_control: false,
            life_cycle: LifeCycle::ACTIVATED,
            ..DfSpec::PLAIN
        };
        tree::create_root(env, &root)?;
        let file = |sfi: u8, structure| EfSpec {
            fid: FileId(0xEF00 | u16::from(sfi)),
            sfi: Sfi::new(sfi),
            structure,
            read: Access::Always,
            update: Access::Always,
            life_cycle: LifeCycle::ACTIVATED,
            ..EfSpec::PLAIN
        };
        let bytes = Structure::Transparent { bytes: 1024 };
        let bytes = tree::create_ef(env, DfId::ROOT, &file(BINARY, bytes))?;
        for at in (0..1024).step_by(64) {
            binary::put(env, &bytes, at, &[at as u8 ^ 0x5A; 64])?;
        }
        let records =
            Structure::LinearVariable { bytes: 160, record_bytes_max: 16, records: 10, tlv: true };
        let records = tree::create_ef(env, DfId::ROOT, &file(RECORDS, records))?;
        for tag in 1..=10 {
            let mut bytes = [tag; 16];
            bytes[1] = 14;
            record::add(env, &records, 16, &bytes)?;
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

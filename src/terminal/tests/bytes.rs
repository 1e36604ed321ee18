//! Commands byte by byte as the purse's and the PSAM's documents have them, answers of every other
//! length, and answers that come in parts.

use tessera_framework::StatusWord;

use super::*;
use crate::{
    terminal::{
        Acceptor, Answer, Heard, Request,
        answer::{
            CardFacts, GreyInitialized, Initialized, LockProof, LockState, LogRecord, PsamFacts,
            sam_grey, two_macs,
        },
        line::Line,
        request::{Record, RecordUpdate, completes},
        words::status_in_words,
    },
    testing::bytes,
};

const TERMINAL: [u8; 6] = [0x33, 0x04, 0x99, 0x00, 0x00, 0x01];
const FACTOR: [u8; 8] = [0x99, 0, 0, 0, 0x01, 0x29, 0, 0x11];

fn card() -> Initialized {
    Initialized {
        balance: Fen(0x1000),
        number: 7,
        limit: Fen(0),
        version: 1,
        algorithm: 0,
        random: [0xA1, 0xB2, 0xC3, 0xD4],
        mac1: [0; 4],
    }
}

fn initialize(kind: Kind, purse: Purse) -> Request {
    Request::Initialize { kind, purse, key: 1, amount: Fen(0x04E2), terminal: TERMINAL }
}

#[test]
fn every_request_is_the_command_of_the_documents() {
    let when = Moment::parse("2025-06-30", "12:34:56").unwrap();
    let (mac, number) = ([1, 2, 3, 4], [0, 0, 0, 9]);
    let (random, purse) = ([5, 6, 7, 8], Purse::Purse);
    let update = |sfi, record, data: &str| {
        Request::UpdateCache(RecordUpdate { sfi, record, data: bytes(data) })
    };
    #[rustfmt::skip]
    let table: [(Request, &str); 36] = [
        (Request::SelectRoot, "00A40000 02 3F00 00"),
        (Request::SelectName(bytes("A00000000386980701")), "00A40400 09 A00000000386980701 00"),
        (Request::SelectDirectory(0x1001), "00A40000 02 1001 00"),
        (Request::ReadFile { sfi: 0x15, bytes: 0x1E }, "00B09500 1E"),
        (Request::ReadRecord { sfi: 0x18, record: Record::Number(2), bytes: 0x17 }, "00B202C4 17"),
        (Request::ReadRecord { sfi: 0x17, record: Record::Id(9), bytes: 0 }, "00B209B8 00"),
        (Request::Verify(Pin::parse("123456").unwrap()), "00200000 03 123456"),
        (Request::GetChallenge, "00840000 08"),
        (Request::Authenticate { key: 1, cryptogram: [9; 8] }, "00820001 08 0909090909090909"),
        (initialize(Kind::Load, Purse::Deposit), "80500001 0B 01 000004E2 330499000001 10"),
        (initialize(Kind::Load, purse), "80500002 0B 01 000004E2 330499000001 10"),
        (initialize(Kind::Purchase, purse), "80500102 0B 01 000004E2 330499000001 0F"),
        (initialize(Kind::Cash, Purse::Deposit), "80500201 0B 01 000004E2 330499000001 0F"),
        (initialize(Kind::Compound, purse), "80500302 0B 01 000004E2 330499000001 0F"),
        (initialize(Kind::Overdraft, Purse::Deposit), "80500401 07 01 330499000001 13"),
        (initialize(Kind::Unload, Purse::Deposit), "80500501 0B 01 000004E2 330499000001 10"),
        (Request::Credit(when, mac), "80520000 0B 20250630123456 01020304 04"),
        (Request::Debit { terminal_number: number, when, mac1: mac }, "80540100 0F 00000009 20250630123456 01020304 08"),
        (Request::DebitForUnload(when, mac), "80540300 0B 20250630123456 01020304 04"),
        (Request::UpdateLimit(Fen(0x01_0203), when, mac), "80580000 0E 010203 20250630123456 01020304 04"),
        (update(0x19, Record::Id(0xAA), "AA01"), "80DCAAC8 02 AA01"),
        (update(0x10, Record::Number(2), "0102"), "80DC0284 02 0102"),
        (update(0x07, Record::Append, "0102"), "80DC003B 02 0102"),
        (Request::GetProof { kind: 6, number: 8 }, "805A0006 02 0008 08"),
        (Request::GetBalance(Purse::Deposit), "805C0001 04"),
        (Request::InitializeGreyLock { purse, key: 1, terminal: TERMINAL }, "E07A0802 07 01 330499000001 0F"),
        (Request::GreyLock { terminal_number: number, random, when, mac1: mac }, "E07C0800 13 00000009 05060708 20250630123456 01020304 08"),
        (Request::InitializeGreyUnlock { purse, key: 1, terminal: TERMINAL }, "E07A0902 07 01 330499000001 12"),
        (Request::GreyUnlock(Fen(0x04E2), when, mac), "E07E0900 0F 000004E2 20250630123456 01020304 04"),
        (Request::GetLockProof(true), "E0CA0100 1E"),
        (Request::SamPurchase { card: card(), amount: Fen(0x04E2), kind: 6, when, factors: vec![FACTOR; 2] },
         "80700000 24 A1B2C3D4 0007 000004E2 06 20250630123456 0100 9900000001290011 9900000001290011 08"),
        (Request::SamCredit(mac), "80720000 04 01020304"),
        (Request::SamKey { usage: 0x2E, version: 1, factors: vec![FACTOR] }, "801A2E01 08 9900000001290011"),
        (Request::SamCipher { mode: 5, data: vec![1; 8] }, "80FA0500 08 0101010101010101 00"),
        (Request::SamGreyLock { card: card(), kind: 0x92, when, factor: FACTOR },
         "E0400000 1C A1B2C3D4 0007 00001000 92 20250630123456 0100 9900000001290011 0C"),
        (Request::SamGreyDebit { kind: 0x94, factor: FACTOR, number: 7, amount: Fen(0x04E2) },
         "E0440000 0F 94 9900000001290011 0007 000004E2 08"),
    ];
    for (request, expected) in table {
        assert_eq!(hex::encode_upper(request.apdu()), hex::encode_upper(bytes(expected)));
        assert_eq!(completes(&request.apdu()), request.completes(), "{request:?}");
        assert!(!request.in_words().is_empty());
    }
    let debit = Request::DebitForUnlock {
        purse,
        amount: Fen(0x04E2),
        number: 8,
        terminal: TERMINAL,
        terminal_number: number,
        when,
        gmac: mac,
    };
    let expected = "E07E0802 1B 000004E2 0008 330499000001 00000009 20250630123456 01020304 04";
    assert_eq!(hex::encode_upper(debit.apdu()), hex::encode_upper(bytes(expected)));
    assert!(debit.completes() && completes(&debit.apdu()));
}

/// Whether bytes of these lengths alone can be read.
fn has_length(lengths: &[usize], reads: impl Fn(&[u8]) -> bool) {
    for length in 0..=64 {
        let mut data = vec![0x01; length];
        // A state byte that is one.
        data.iter_mut().take(1).for_each(|first| *first = 0x00);
        assert_eq!(reads(&data), lengths.contains(&length), "{length}");
    }
}

#[test]
fn an_answer_of_another_length_is_none() {
    has_length(&[15], |data| Initialized::of(Kind::Purchase, data).is_some());
    has_length(&[16], |data| Initialized::of(Kind::Load, data).is_some());
    has_length(&[19], |data| Initialized::of(Kind::Overdraft, data).is_some());
    has_length(&[18], |data| GreyInitialized::of(data).is_some());
    has_length(&[30], |data| LockProof::of(data).is_some());
    has_length(&[23], |data| LogRecord::of(data).is_some());
    has_length(&[8], |data| two_macs(data).is_some());
    has_length(&[12], |data| sam_grey(data).is_some());
    let longer: Vec<usize> = (28..=64).collect();
    has_length(&longer, |data| CardFacts::of(data).is_some());
    let longer: Vec<usize> = (25..=64).collect();
    has_length(&longer, |data| PsamFacts::of(&[0; 14], &[0; 6], data).is_some());
    assert_eq!(LogRecord::of(&[0xFF; 23]), None, "never written");
    assert_eq!(LogRecord::of(&[0x00; 23]), None, "never written");
    assert_eq!(LockProof::of(&[0x02; 30]), None, "no state");
    let proof = [&[0x10][..], &[0; 29]].concat();
    assert_eq!(LockProof::of(&proof).unwrap().state, LockState::TacWaits);
}

#[test]
fn fields_are_read_where_they_stand() {
    let read =
        Initialized::of(Kind::Overdraft, &bytes("00001000 0007 000203 01 00 A1B2C3D4 01020304"));
    let expected = Initialized { limit: Fen(0x0203), mac1: [1, 2, 3, 4], ..card() };
    assert_eq!(read, Some(expected));
    let record = bytes("0003 000203 000004E2 06 330499000001 20250630123456");
    let record = LogRecord::of(&record).unwrap();
    assert_eq!((record.number, record.amount, record.kind), (3, Fen(0x04E2), 6));
    assert_eq!(record.when_in_words(), "2025-06-30 12:34:56");
    let newer = bytes(
        "6F32 8409A00000000386980701 A525 9F0801 02 9F0C1E 3304990000000001 03 01 \
         33049900000001290011 20250105 20350105 0000",
    );
    let facts = CardFacts::of_control_information(&newer).unwrap();
    assert_eq!(hex::encode_upper(facts.serial), "33049900000001290011");
    assert_eq!(facts.factor(), FACTOR);
    assert_eq!(CardFacts::of_control_information(&newer[..20]), None);
    assert_eq!(status_in_words(StatusWord(0x63C2)), "63C2 wrong, 2 tries left");
    assert_eq!(status_in_words(StatusWord(0x9401)), "9401 the amount is more than there is");
}

/// Answers one after the other.
struct Scripted(Vec<(&'static str, &'static str)>);

impl Acceptor for Scripted {
    fn power_on(&mut self) -> Result<Heard, String> {
        Ok(Heard::Silence)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        let (expected, answer) = self.0.remove(0);
        assert_eq!(hex::encode_upper(command), hex::encode_upper(bytes(expected)));
        Ok(Heard::Bytes(bytes(answer)))
    }
}

fn ask(script: &[(&'static str, &'static str)]) -> Result<Answer, TerminalError> {
    let mut scripted = Scripted(script.to_vec());
    let mut progress: crate::terminal::line::Progress<'_> = Box::new(|_| {});
    let mut line = Line::new(crate::terminal::Party::Card, &mut scripted);
    let answer = line.ask(&Request::GetBalance(Purse::Purse), &mut progress);
    assert!(scripted.0.is_empty(), "all of the script was spoken");
    answer
}

#[test]
fn an_answer_in_parts_is_one_answer_and_half_of_one_is_none() {
    let get = "805C000204";
    let data = |script: &[(&'static str, &'static str)]| ask(script).unwrap().data;
    assert_eq!(data(&[(get, "00001000 9000")]), [0, 0, 0x10, 0]);
    assert_eq!(data(&[(get, "6104"), ("00C0000004", "00001000 9000")]), [0, 0, 0x10, 0]);
    assert_eq!(data(&[(get, "0000 6102"), ("00C0000002", "1000 9000")]), [0, 0, 0x10, 0]);
    assert_eq!(data(&[(get, "6C05"), ("805C000205", "0000100000 9000")]), [0, 0, 0x10, 0, 0]);
    assert_eq!(ask(&[(get, "6C05"), ("805C000205", "6C04")]).unwrap().status.0, 0x6C04);
    for script in [
        &[(get, "")][..],
        &[(get, "90")],
        &[(get, "6104"), ("00C0000004", "6985")],
        &[(get, "6104"), ("00C0000004", "")],
    ] {
        let error = ask(script).unwrap_err();
        assert!(matches!(error, TerminalError::Silence { .. }), "{error}");
    }
    let part = ("00C0000001", "01 6101");
    let error = ask(&[(get, "6101"), part, part, part, part]).unwrap_err();
    assert!(error.to_string().contains("in too many parts"), "{error}");
}

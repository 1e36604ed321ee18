//! Published transactions, byte for byte; what their sources got wrong is refused.

use super::*;

/// A card with one wallet's keys; that of loads also unloads and changes limits. `id`, version and
/// algorithm are those of all but the TAC key.
fn wallet(load: &'static [u8], purchase: &'static [u8], tac: &'static [u8], key: [u8; 3]) -> Make {
    let [id, version_or_follow_up, algorithm] = key;
    let spec = |usage, id| KeySpec { version_or_follow_up, algorithm, ..super::key(usage, id) };
    let keys = [
        Some((spec(0x3F, id), load)),
        Some((spec(0x3E, id), purchase)),
        Some((spec(0x34, 0), tac)),
        Some((spec(0x3D, id), load)),
        Some((spec(0x3C, id), load)),
    ];
    Make { keys, ..USUAL }
}

const KEY: &[u8] = b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF";
const TAC: &[u8] = b"\xFF\xEE\xDD\xCC\xBB\xAA\x99\x88\x77\x66\x55\x44\x33\x22\x11\x00";

/// A Fudan FM1208, published with its keys; its file system is that of the trace.
#[test]
fn a_load_on_an_fm1208() {
    let mut card = Dialogue::with(&wallet(
        b"\x3F\x3F\x3F\x3F\x3F\x3F\x3F\x3F\x11\x22\x33\x44\x55\x66\x77\x88",
        b"\x3E\x3E\x3E\x3E\x3E\x3E\x3E\x3E\x11\x22\x33\x44\x55\x66\x77\x88",
        b"\x34\x34\x34\x34\x34\x34\x34\x34\x11\x22\x33\x44\x55\x66\x77\x88",
        [0x00, 0x00, 0x01],
    ));
    card.rig.queue_random(&unhex("4E066548"));
    card.check(&[
        ("805C000204", "00000000 9000"),
        ("00200000021234", "9000"),
        ("805000020B 00 00000010 666666666666 10", "00000000000000014E0665480D39ADBB 9000"),
        ("805200000B 20240411212121 097E98FE 04", "A802863E 9000"),
        ("805C000204", "00000010 9000"),
        ("00B201C400", "0001 000000 00000010 02 666666666666 20240411212121 9000"),
    ]);
}

/// An FMCOS card: a load sent without Le, then a purchase with another key. The load key has
/// identifier 01, the purchase key 00.
#[test]
fn a_load_and_a_purchase_on_an_fmcos_card() {
    let mut make = wallet(KEY, KEY, KEY, [0x01, 0x01, 0x00]);
    make.keys[1] =
        Some((KeySpec { version_or_follow_up: 0, algorithm: 0, ..key(0x3E, 0x00) }, KEY));
    let mut card = Dialogue::with(&make);
    card.check(&[(VERIFY, "9000")]);
    card.rig.queue_random(&unhex("C903814D"));
    card.check(&[
        ("805000020B010000200000112233445510", "00000000 0000 01 00 C903814D 03976C22 9000"),
        ("805200000B201612161058008AFA5718", "FA00066D 9000"),
    ]);
    card.rig.queue_random(&unhex("584633C9"));
    card.check(&[
        ("805001020B0000000001001122334455", "00002000 0000 000000 00 00 584633C9 9000"),
        ("805401000F0000000020161216134600D45737C508", "8AF270DC 66B54A6B 9000"),
        ("805C000204", "00001FFF 9000"),
    ]);
}

const CLASS_LOAD: &[u8] = b"\xEB\x9B\xC6\xDC\xDF\x74\xFF\x4E\x4B\x43\xF2\xE3\x4A\x67\x27\xB6";
const CLASS_TAC: &[u8] = b"\xCE\xB7\x26\xED\xC0\x1B\x79\x3B\xC3\x7D\xC0\x9E\x2F\x76\x85\x34";

/// An independent purse, written for Java Card.
#[test]
fn a_load_as_another_implementation_computes_it() {
    let mut card = Dialogue::with(&wallet(CLASS_LOAD, &[9; 16], CLASS_TAC, [0x08, 0x01, 0x00]));
    card.check(&[(VERIFY, "9000")]);
    card.rig.queue_random(&unhex("DA23506D"));
    card.check(&[
        ("805000020B08000010000011223344 55", "00000000 0000 01 00 DA23506D BB690824 9000"),
        ("805200000B201112212148226601EDFC", "1462AD13 9000"),
    ]);
}

/// A tutorial's worked example; it gives no TAC.
#[test]
fn a_purchase_as_a_tutorial_computes_it() {
    let key = b"\x11\x22\x33\x44\x55\x66\x77\x88\x88\x77\x66\x55\x44\x33\x22\x11";
    let mut card = Dialogue::with(&wallet(&[9; 16], key, CLASS_TAC, [0x01, 0x01, 0x00]));
    card.set_purse(Kind::PurchaseEp, 0x1000, 0, 0);
    card.rig.queue_random(&unhex("11223344"));
    card.check(&[(
        "805001020B01 00001000 001122334455",
        "00001000 0000 000000 01 00 11223344 9000",
    )]);
    let answer = card.send("805401000F 00000001 20120229135100 F15CAB75 08");
    assert_eq!(&answer[8..], "56988A139000");
    card.check(&[("805C000204", "00000000 9000")]);
}

/// A class lab's program takes 11 eight times for the initial value: its MACs are wrong, and what
/// the card says is not what that program prints.
#[test]
fn macs_with_another_initial_value_are_refused() {
    let purchase = b"\x09\xF4\xAC\xB0\x91\x31\x42\x0B\x8F\xE1\xB4\xCC\x00\x7A\xC5\x2B";
    let make = wallet(CLASS_LOAD, purchase, CLASS_TAC, [0x01, 0x01, 0x00]);
    let mut card = Dialogue::with(&make);
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::PurchaseEp, 0x2000, 0, 0);
    let before = card.memory();
    card.rig.queue_random(&unhex("916FDF75"));
    let answer = card.send("805000020B01 00001000 001122334455");
    assert!(answer.starts_with("0000200000000100916FDF75") && answer.ends_with("9000"));
    assert!(!answer.ends_with("3F9A7EAE9000"));
    card.check(&[("805200000B 20180620214822 26658D92", "9302")]);
    card.rig.queue_random(&unhex("8186D684"));
    card.check(&[
        ("805001020B01 00001000 001122334455", "00002000 0000 000000 01 00 8186D684 9000"),
        ("805401000F 01020304 20180620232136 81CD8F48", "9302"),
        ("805C0002", "00002000 9000"),
    ]);
    assert!(card.memory() == before);
}

/// The electronic deposit: no real card's values are published; these were computed elsewhere from
/// formulas that hold on a real card.
#[test]
fn load_purchase_and_cash_of_the_deposit() {
    let mut card = Dialogue::with(&wallet(KEY, KEY, TAC, [0x01, 0x00, 0x00]));
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::LoadEd, 0x1000, 0x0102, 0x0203);
    for (initialize, answer, second, certificates) in [
        (
            "805000010B01 00000200 112233445566",
            "00001000 0102 00 00 A1B2C3D4 D0F964E5 9000",
            "805200000B 20250102030405 01719A1B",
            "E958D54E 9000",
        ),
        (
            "805001010B01 00000100 112233445566",
            "00001200 0203 000000 00 00 A1B2C3D4 9000",
            "805401000F 00000005 20250102030405 8CE0D83F",
            "D66494C5 C76CA676 9000",
        ),
        (
            "805002010B01 00000100 112233445566",
            "00001100 0204 000000 00 00 A1B2C3D4 9000",
            "805401000F 00000006 20250102030405 A55A3934",
            "6C4E7822 BE0BBB40 9000",
        ),
    ] {
        card.rig.queue_random(&unhex("A1B2C3D4"));
        card.check(&[(initialize, answer), (second, certificates)]);
    }
    card.check(&[
        ("805C0001", "00001000 9000"),
        ("805A000402 0205", "BE0BBB40 6C4E7822 9000"),
        ("00B201C400", "0205 000000 00000100 04 112233445566 20250102030405 9000"),
        ("00B202C400", "0204 000000 00000100 05 112233445566 20250102030405 9000"),
        ("00B203C400", "0103 000000 00000200 01 112233445566 20250102030405 9000"),
    ]);
}

/// As above, for what takes money back and what grants credit.
#[test]
fn unload_and_overdraft_limit_of_the_deposit() {
    let mut card = Dialogue::with(&wallet(KEY, KEY, TAC, [0x01, 0x00, 0x00]));
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::Unload, 0x1200, 0x0103, 0);
    card.rig.queue_random(&unhex("A1B2C3D4"));
    card.check(&[
        ("805005010B01 00000200 112233445566", "00001200 0103 00 00 A1B2C3D4 7D762969 9000"),
        ("805403000B 20250102030405 15C16448", "764F7D56 9000"),
        ("805C0001", "00001000 9000"),
        ("805A000302 0104", "764F7D56 00000000 9000"),
        ("00B201C400", "0104 000000 00000200 03 112233445566 20250102030405 9000"),
    ]);
    card.rig.queue_random(&unhex("A1B2C3D4"));
    card.check(&[
        ("8050040107 01 112233445566", "00001000 0104 000000 00 00 A1B2C3D4 C7C449DB 9000"),
        ("805800000E 0003E8 20250102030405 5811F8C6", "0B6FD605 9000"),
        ("805C0001", "000013E8 9000"),
        ("805A000702 0105", "00000000 0B6FD605 9000"),
        ("00B201C400", "0105 0003E8 00000000 07 112233445566 20250102030405 9000"),
    ]);
}

/// As above; amount zero, as at an entrance.
#[test]
fn a_compound_purchase() {
    let mut card = Dialogue::with(&wallet(KEY, KEY, TAC, [0x01, 0x00, 0x00]));
    card.set_purse(Kind::Capp, 0, 0, 0x0205);
    card.rig.queue_random(&unhex("A1B2C3D4"));
    card.check(&[
        ("805003020B01 00000000 112233445566", "00000000 0205 000000 00 00 A1B2C3D4 9000"),
        ("805401000F 00000007 20250102030405 67032FD6", "0D87B48C 3D151C55 9000"),
        ("805A000902 0206", "3D151C55 0D87B48C 9000"),
        ("00B201C400", "0206 000000 00000000 09 112233445566 20250102030405 9000"),
    ]);
}

/// As above. The GTAC's input is our choice, so that its value is of no one's computing.
#[test]
fn a_grey_lock_and_its_debit() {
    let make = wallet(KEY, KEY, TAC, [0x01, 0x00, 0x00]);
    let mut card = Dialogue::with(&grey::with_locks(&make));
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::PurchaseEp, 0x1000, 0, 0x0206);
    card.rig.queue_random(&unhex("A1B2C3D4"));
    card.check(&[("E07A080207 01 112233445566", "00001000 0206 000000 00 00 A1B2C3D4 9000")]);
    let answer = card.send("E07C080013 00000008 5A6B7C8D 20250102030405 CAEAB128");
    assert_eq!(answer[8..], *"1C438F889000");
    card.check(&[
        ("E07E08021B 00000123 0207 112233445566 00000008 20250102030405 9B1E2AE6", "69D732BE 9000"),
        ("805C0002", "00000EDD 9000"),
        ("805A009402 0207", "00000000 69D732BE 9000"),
        ("00B201C400", "0207 000000 00000123 94 112233445566 20250102030405 9000"),
    ]);
}

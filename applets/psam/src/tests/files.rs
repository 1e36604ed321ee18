//! The card's files: reading, updates with a MAC, selection and control information.

use super::*;

const MAC: Protection = Protection::Checksum;

#[test]
fn files_of_the_mf_and_of_an_application() {
    let mut card = Dialogue::usual();
    card.check(&[
        ("00B0970019", "01 3304990000000001 3304990000000002 20250105 20350105 9000"),
        ("00B0970001", "01 9000"),
        ("00B0971100", "20250105 20350105 9000"),
        ("00B0990004", "00000001 9000"),
        ("00B0950000", "6A82"),
        ("00A40000023F00", "6F15 840E315041592E5359532E4444463031 A503880101 9000"),
        ("00B095000E", "3304990100000000000101010101 9000"),
        ("00B0960006", "330499000001 9000"),
        ("00B2010C00", "610101 9000"),
        ("00B2020C04", "61020202 9000"),
        ("00B2030C00", "6A83"),
        ("00B0990004", "6A82"),
        ("00B0960007", "6C06"),
        ("00B0960600", "6B00"),
        ("00B0810000", "6981"),
    ]);
}

#[test]
fn selection() {
    let mut card = Dialogue::usual();
    let fci = "6F2D 840D F0544553534552412E5053414D A51C 9F0C19 \
               01 3304990000000001 3304990000000002 20250105 20350105 9000";
    card.check(&[
        (ADF, fci),
        ("00A404000D F0544553534552412E5053414D", fci),
        ("00A4000C023F00", "9000"),
        ("00A4040008 F054455353455241", fci),
        // Files directly under the current DF, the DFs beside it.
        ("00A4000002 0019", "9000"),
        ("00B0000000", "00000001 9000"),
        ("00A4000002 1002", "6F0B 8409 F05445535345524102 9000"),
        ("00A4000002 0017", "6A82"),
        ("00A4000402 1001", "6A86"),
        ("00A4030000", "6A86"),
    ]);
}

#[test]
fn the_transaction_number_cannot_be_written() {
    let mut card = Dialogue::usual();
    card.refused("00D6990004 00000001", "6982");
    let update = card.wrap(MAINTENANCE, MAC, "04D69900", "00000001");
    card.refused(&hex(&update), "6982");
    let mut card = Dialogue::usual();
    let update = card.wrap(MAINTENANCE, MAC, "04D09900", "00000001");
    card.refused(&hex(&update), "6982");
}

/// Whatever the installation data say of its right, in an application and in the MF.
#[test]
fn no_right_makes_the_transaction_number_writable() {
    let maintenance = key("0100", MAINTENANCE);
    for right in ["F0 00", "F0 80", "00 00"] {
        let file = format!("0019 F0 {right} 00000005");
        let mut card = Dialogue::new(&installation(&[
            (0xC0, "3F00 03 315041592E5359532E4444463031"),
            (0xC3, &maintenance),
            (0xC1, &file),
            (0xC0, "1001 03 F054455353455241"),
            (0xC3, &maintenance),
            (0xC1, &file),
        ]));
        for _ in ["MF", "ADF"] {
            card.refused("00D6990004 00000001", "6982");
            let update = card.wrap(MAINTENANCE, MAC, "04D69900", "00000001");
            card.refused(&hex(&update), "6982");
            assert_eq!(card.number(), 5);
            card.run(&[ADF]);
        }
    }
}

#[test]
fn other_files_are_updated_with_a_mac_of_the_maintenance_key() {
    let mut card = Dialogue::usual();
    card.refused("00D6970001 02", "6987");
    let update = card.wrap(MF_MAINTENANCE, MAC, "04D69700", "02");
    assert_eq!(card.bytes(&update), "6988");
    let update = card.wrap(MAINTENANCE, MAC, "04D69700", "02");
    assert_eq!(card.bytes(&update), "9000");
    card.check(&[("00B0970001", "029000")]);
    card.refused(&hex(&update), "6984");
    card.run(&["00A40000023F00"]);
    let update = card.wrap(MF_MAINTENANCE, MAC, "04D69600", "330499000002");
    assert_eq!(card.bytes(&update), "9000");
    // The next purchase is the other terminal's.
    card.run(&[ADF]);
    assert_ne!(card.send(&init_usual()), format!("00000001{MAC1}9000"));
    // No maintenance key, no update.
    card.run(&["00A40000021002", "0084000004"]);
    card.refused("04D6990004 00000000", "6982");
}

#[test]
fn records_need_their_right() {
    let mut card = Dialogue::usual();
    card.run(&["00A40000023F00"]);
    card.refused("00DC010C03 610102", "6982");
}

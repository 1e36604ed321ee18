//! Logical channels: each has its own selection, RAM and security status.

use super::*;

#[test]
fn channels_have_applets_and_ram_of_their_own() {
    let mut card = card_after(
        Interface::ContactlessA,
        &[
            "00700001",
            "00700013",
            SELECT_A,
            "01A4040C08 F050524F42452E41",
            "4FA4040C08 F050524F42452E42",
            "001C000001 11",
            "011C000001 22",
            "4F1C000001 33",
        ],
    );
    check(
        &mut card,
        &[
            ("001E000001", "11 9000"),
            ("011E000001", "22 9000"),
            ("4F1E000001", "33 9000"),
            ("01A4000C02 3F00", "9000"),
            ("001E000001", "11 9000"),
            ("4F1E000001", "33 9000"),
        ],
    );
}

#[test]
fn a_channel_opened_from_channel_0_begins_at_the_mf_and_from_another_where_that_one_is() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "001C000001 11"]);
    check(&mut card, &[("0070000001", "01 9000"), ("01CA008400", "F0544553534552412E4D46 9000")]);
    check(&mut card, &[("01A4040C08 F050524F42452E41", "9000"), ("011C000001 22", "9000")]);
    check(&mut card, &[("0170000001", "02 9000")]);
    // The applet has a copy of the RAM and makes of it what it will.
    check(&mut card, &[("021E000001", "A2 9000"), ("011E000001", "22 9000")]);
    check(&mut card, &[("01700004", "9000"), ("401E000001", "A2 9000")]);
}

#[test]
fn the_pin_is_shown_on_one_channel() {
    let mut card = card_after(
        Interface::ContactlessA,
        &[
            "00700001",
            SELECT_SSSE,
            "01A4040C0F 7378312E73682EC9E7BBE1B1A3D5CF",
            "0020000003 123456",
            "00A4000C02 DF01",
            "01A4000C02 DF01",
        ],
    );
    check(&mut card, &[("00B2013C00", "290131 9000"), ("01B2013C00", "6982")]);
    // A channel opened from there has the DF, not what was shown.
    check(&mut card, &[("0120000003 123456", "9000"), ("01B2013C00", "290131 9000")]);
    check(&mut card, &[("0170000001", "02 9000"), ("02B2013C00", "6982")]);
    check(&mut card, &[("02A4020C02 EF07", "9000"), ("02B2010400", "6982")]);
    // Closing and opening again forgets.
    check(&mut card, &[("00708001", "9000"), ("00700001", "9000")]);
    check(&mut card, &[("01B2013C00", "6A82")]);
}

#[test]
fn an_applet_is_told_when_its_channel_is_closed_and_a_tear_there_leaves_no_answer() {
    let mut card = card_after(
        Interface::ContactlessA,
        &[SELECT_A, "00700002", "02A4040C08 F050524F42452E41", "021C000001 77"],
    );
    let mut torn = card.clone();
    torn.tear_at(1);
    assert!(torn.transmit(&bytes("00708002")).is_err(), "power is gone: there is no answer");
    torn.power_on().unwrap();
    check(&mut torn, &[(SELECT_A, "9000"), ("0032000002", "0000 9000")]);
    check(&mut card, &[("00708002", "9000"), ("0032000002", "0177 9000")]);
    check(&mut card, &[("0218000001", "6881")]);
}

#[test]
fn each_number_of_channels_a_card_may_have() {
    for channels in [1, 2, 4, 19, 20_u8] {
        let mut profile = testing::probe::profile();
        profile.limits.channels = channels;
        let mut card = Card::from_profile(&profile).unwrap();
        card.power_on().unwrap();
        for number in 1..channels {
            check(&mut card, &[("0070000001", &format!("{number:02X} 9000"))]);
        }
        check(&mut card, &[("0070000001", "6A81")]);
        if channels < 20 {
            check(&mut card, &[(&format!("007000{channels:02X}"), "6A81")]);
            check(&mut card, &[(&format!("007080{channels:02X}"), "6A81")]);
        }
        let class = if channels < 4 { channels } else { 0x40 | (channels - 4).min(15) };
        let closed = if channels == 20 { "6A82" } else { "6881" };
        check(&mut card, &[(&format!("{class:02X}A4000C02 4444"), closed)]);
    }
}

//! VERIFY and where the PIN counts.

use super::*;

#[test]
fn a_wrong_pin_counts_down_and_a_right_one_counts_up_again() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[
        ("00200000", "63C3"), // a question without data: not verified, three tries
        ("00200000", "63C3"),
        ("0020000003 999999", "63C2"),
        ("0020000003 999999", "63C1"),
        ("00200000", "63C1"),
        ("0020000003 123456", "9000"),
        ("00200000", "9000"),
        ("0020008103 999999", "63C2"), // the other name of the same reference data
        ("00200000", "63C2"),          // a wrong one takes away what was shown
        ("00B0870001", "6982"),
        ("0020008103 999999", "63C1"),
        ("0020000003 999999", "63C0"),
        ("00200000", "6983"),
        ("0020000003 123456", "6983"),
        ("0020000002 1234", "6983"), // blocked comes before the length
        ("00B0870001", "6982"),
    ]);
    dialogue.rig.power_on();
    dialogue.check(&[("0020000003 123456", "6983"), ("00200000", "6983")]);
}

#[test]
fn p1_ff_forgets_that_the_pin_was_shown_and_counts_nothing() {
    check(&[
        ("0020000003 999999", "63C2"),
        ("0020000003 123456", "9000"),
        ("0020FF00", "9000"),
        ("00200000", "63C3"),
        ("00B0870001", "6982"),
        ("0020FF00", "9000"),
        ("0020FF0003 123456", "6700"),
        ("00200000", "63C3"),
    ]);
}

#[test]
fn a_refused_presentation_changes_and_counts_nothing() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[("0020000003 123456", "9000")]);
    let before = dialogue.memory();
    dialogue.check(&[
        ("0020000002 1234", "6700"),
        ("0020000004 12345600", "6700"),
        ("0020010003 123456", "6A86"),
        ("0020010003 999999", "6A86"),
        ("0020FE00", "6A86"),
        ("0020000103 999999", "6A88"),
        ("0020008203 999999", "6A88"),
        ("00200082", "6A88"),
        ("0020FF82", "6A88"),
        ("00B0870001", "00 9000"),
    ]);
    assert_eq!(dialogue.memory(), before);
}

#[test]
fn without_reference_data_there_is_nothing_to_present() {
    Dialogue::with(&WITHOUT_PIN).check(&[
        ("0020000003 123456", "6984"),
        ("00200000", "9000"), // and nothing has to be presented
        ("0020FF00", "9000"),
        ("00200001", "6A88"),
    ]);
    Dialogue::with(&NO_PIN_AT_ALL).check(&[
        ("0020000003 123456", "6A88"),
        ("00200000", "6A88"),
        ("0020FF00", "6A88"),
    ]);
}

#[test]
fn shown_in_the_root_it_counts_everywhere_below() {
    check(&[
        ("0020000003 123456", "9000"),
        ("00B0870001", "00 9000"),
        ("00A4000C02 0100", "9000"),
        ("00B0810001", "00 9000"),
        ("00A4000C02 0110", "9000"),
        ("00B0810001", "00 9000"),
        ("00A4080C02 0200", "9000"),
        ("00B0810001", "00 9000"),
        ("00A4030C00", "9000"),
        ("00B0870001", "00 9000"),
    ]);
}

#[test]
fn shown_in_a_df_it_counts_until_another_df_is_current() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[
        ("00A4000C02 0100", "9000"),
        ("0020000003 123456", "9000"),
        ("00B0810001", "00 9000"),
        ("00A4020C02 0101", "9000"), // an EF of it
        ("00B0000001", "00 9000"),
        ("00A4040C05 414C504841", "9000"), // the same DF again
        ("00B0810001", "00 9000"),
        ("00A4020C02 0999", "6A82"), // a failed selection
        ("00B0810001", "00 9000"),
    ]);
    for other in ["00A4010C02 0110", "00A4030C00", "00A4000C02 0200", "00A4080C06 0100 0110 0111"] {
        let mut fork = dialogue.clone();
        fork.check(&[
            (other, "9000"),
            ("00200000", "63C3"),
            ("00A4040C05 414C504841", "9000"),
            ("00B0810001", "6982"),
        ]);
    }
}

#[test]
fn shown_again_below_it_still_counts_where_it_was_shown_first() {
    check(&[
        ("0020000003 123456", "9000"),
        ("00A4000C02 0100", "9000"),
        ("0020000003 123456", "9000"),
        ("00A4000C02 0200", "9000"),
        ("00B0810001", "00 9000"),
        ("00A4030C00", "9000"),
        ("00B0870001", "00 9000"),
        ("00A4000C02 0100", "9000"),
        ("0020000003 999999", "63C2"), // a wrong one takes all of it away
        ("00B0810001", "6982"),
        ("00A4030C00", "9000"),
        ("00B0870001", "6982"),
    ]);
}

#[test]
fn a_channel_opened_from_this_one_starts_with_the_df_and_nothing_shown() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[
        ("0020000003 123456", "9000"),
        ("00A4000C02 0100", "9000"),
        ("00B0810001", "00 9000"),
    ]);
    dialogue.applet.inherit(&mut dialogue.rig.env());
    dialogue.check(&[
        ("00B0000001", "6986"),
        ("00B0810001", "6982"),
        ("00200000", "63C3"),
        ("00A4020C02 0101", "9000"), // ALPHA is current
    ]);
    dialogue.check(&[("00A4080C02 0300", "6283")]);
    dialogue.applet.inherit(&mut dialogue.rig.env());
    dialogue.check(&[("00B0810001", "6985")]); // SHUT is current, and still out of use
}

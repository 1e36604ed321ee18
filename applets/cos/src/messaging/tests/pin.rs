//! CHANGE PIN, RELOAD PIN and PIN UNBLOCK; no trace has values, so these are of our own making.

use super::{des, hex};
use crate::{
    cipher::Mac,
    messaging::{
        Line, Protection, Refusal,
        pin::{old_and_new, reload_checksum, reloaded},
    },
};

const KEY: &str = "00112233445566778899AABBCCDDEEFF";

#[test]
fn old_and_new_stand_on_two_sides_of_one_ff() {
    let data = hex("1234 FF 567890");
    assert_eq!(old_and_new(&data), Some((&data[..2], &data[3..])));
    for bad in ["", "FF", "1234", "1234FF", "FF1234", "1234FFFF5678", "12FF34FF56", "1234FF56FF"] {
        assert_eq!(old_and_new(&hex(bad)), None, "{bad}");
    }
}

/// The layout a card was tested with: the key's halves combined, the PIN alone, initial value zero.
#[test]
fn a_reloaded_pin_carries_a_checksum_over_itself_alone() {
    let other = reload_checksum(&des("FFEEDDCCBBAA99887766554433221100"), &hex("123456"));
    assert_eq!(other.four().as_slice(), hex("95DEBDDA"));
    let (reload, new) = (des(KEY), hex("1234"));
    let checksum = Mac::line(&des("8888888888888888")).of(&[], &[&new]).four();
    assert_eq!(reload_checksum(&reload, &new).four(), checksum);
    let data = [new.as_slice(), &checksum].concat();
    assert_eq!(reloaded(&reload, &data), Ok(new.as_slice()));
    for bit in 0..8 * data.len() {
        let mut damaged = data.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(reloaded(&reload, &damaged), Err(Refusal::Checksum), "bit {bit}");
    }
    for bytes in 0..=4 {
        assert_eq!(reloaded(&reload, &data[..bytes]), Err(Refusal::Missing), "{bytes} bytes");
    }
}

/// A key of 8 bytes is used as it is.
#[test]
fn a_reload_key_of_eight_bytes_has_no_halves() {
    let (reload, new) = (des("8888888888888888"), hex("1234"));
    assert_eq!(reload_checksum(&reload, &new).four(), reload_checksum(&des(KEY), &new).four());
}

#[test]
fn pin_unblock_is_a_command_under_line_protection() {
    let unblock = des(KEY);
    let line = Line::new(&unblock);
    let (challenge, header) = (hex("0A0B0C0D"), [0x84, 0x24, 0x00, 0x00]);
    let protection = Protection::CryptogramAndChecksum;
    let command = line.wrap(protection, &challenge, header, &hex("123456"), None).unwrap();
    assert_eq!(command.as_slice(), hex("842400000C E064EE49D8825A6D B7F99FF1"));
    let opened = line.open(protection, &challenge, header, &command.as_slice()[5..]);
    assert_eq!(opened.unwrap().as_slice(), hex("123456"));
}

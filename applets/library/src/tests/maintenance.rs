//! Updates with a MAC, locking and unlocking.

use super::*;

#[test]
fn an_update_may_come_with_a_mac_and_still_wants_its_key() {
    let mut card = Dialogue::usual();
    let stk = triple_des(STK);
    assert_eq!(card.protect("04DC032C", "030132", &stk), "6982");
    assert_eq!(card.show(UK1, &triple_des(UK1)), "9000");
    assert_eq!(card.protect("04DC032C", "030132", &triple_des(UK1)), "6988");
    assert_eq!(card.protect("04DC032C", "030132", &stk), "9000");
    card.check(&[("00B2032C00", "030132 9000"), ("04DC032C07 030133 00000000", "6984")]);
}

#[test]
fn the_lock_key_locks_and_unlocks() {
    let mut card = Dialogue::usual();
    let stk = triple_des(STK);
    assert_eq!(card.protect("841E0000", "", &stk), "6982");
    assert_eq!(card.show(UK1, &triple_des(UK1)), "9000");
    assert_eq!(card.protect("841E0000", "", &stk), "6982");
    assert_eq!(card.show(LK, &triple_des(LK)), "9000");
    assert_eq!(card.protect("841E0000", "", &stk), "9000");
    card.check(&[("00B2012C00", "6A81"), ("00DC032C03030132", "6A81"), ("00A4000002EF05", "6A81")]);
    card.reset();
    let fci = digits(&bytes("6F0A 8408F05353432E4C4231 6283"));
    assert_eq!(card.select(Target::Df(DfId::ROOT)), fci);
    assert_eq!(card.protect("84180000", "", &stk), "6982");
    assert_eq!(card.show(LK, &triple_des(LK)), "9000");
    assert_eq!(card.protect("84180000", "", &stk), "9000");
    card.check(&[("00B2032C00", "030131 9000")]);
}

#[test]
fn locked_for_ever_is_for_ever() {
    let mut card = Dialogue::usual();
    let stk = triple_des(STK);
    assert_eq!(card.show(LK, &triple_des(LK)), "9000");
    assert_eq!(card.protect("841E0001", "", &stk), "9000");
    card.check(&[("00B2012C00", "9303"), ("0084000008", "9303")]);
    card.reset();
    card.check(&[("00B2012C00", "9303"), ("841800000400000000", "9303")]);
}

/// The card is the environment's to block.
#[test]
fn card_block_is_not_known() {
    let mut card = Dialogue::usual();
    assert_eq!(card.show(LK, &triple_des(LK)), "9000");
    assert_eq!(card.protect("84160000", "", &triple_des(STK)), "6D00");
}

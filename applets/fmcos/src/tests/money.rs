//! What this card adds to the purse: what ends a transaction that is pending.

use tessera_framework::Clear;

use super::*;

/// INITIALIZE FOR PURCHASE, and a DEBIT with a wrong MAC: 9302 as long as one is pending.
const INITIALIZE: &str = "805001020B 01 00000000 112233445566";
const DEBIT: &str = "805401000F 00000001 20250102030405 00000000";

/// The small card with an EP and its keys.
fn card() -> Dialogue {
    let mut card = Dialogue::small();
    card.run(&[
        &key("3E", "01", "F0F0 00 01", &[0x3E; 16]),
        &key("34", "00", "F0F0 00 01", &[0x34; 16]),
        "80E0001807 2E0A17F0F0FFFF",
        "80E0000207 2F0208F000FF18",
        DF,
    ]);
    card
}

/// Another logical channel blocks the application and unblocks it while a purchase is pending here:
/// the DEBIT that was refused in between has ended it.
#[test]
fn a_refusal_of_a_blocked_application_drops_what_is_pending() {
    let mut card = card();
    card.run(&[INITIALIZE]);
    let mut here = card.0.env().ram(Clear::OnDeselect).to_vec();
    let mut switch = |card: &mut Dialogue| {
        card.0.env().ram_mut(Clear::OnDeselect).swap_with_slice(&mut here);
    };
    switch(&mut card);
    card.run(&[DF]);
    let block = card.wrap(&LINE, Protection::Checksum, "841E0000", "");
    assert_eq!(card.bytes(&block), "9000");
    switch(&mut card);
    card.check(&[(DEBIT, "6A81")]);
    switch(&mut card);
    let unblock = card.wrap(&LINE, Protection::Checksum, "84180000", "");
    assert_eq!(card.bytes(&unblock), "9000");
    switch(&mut card);
    card.check(&[(DEBIT, "6901")]);
    card.run(&[INITIALIZE]);
    card.check(&[(DEBIT, "9302")]);
}

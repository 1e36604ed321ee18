//! Power fails in each store of a second command: amounts, counter and log are as before or as
//! after, all of them together.

use super::*;

const TIME: &str = "20260601120000";

/// All that can be seen of an account.
fn view(card: &Dialogue) -> (Amounts, String, String) {
    (card.amounts(), card.log(1), card.log(2))
}

impl Dialogue {
    /// The answer with its status word; `None` when power failed.
    pub(super) fn try_send(&mut self, command: &str) -> Option<String> {
        let bytes = unhex(command);
        let apdu = Apdu::parse(&bytes).unwrap();
        let command = Command {
            class: Class::decode(apdu.cla),
            ins: apdu.ins,
            p1: apdu.p1,
            p2: apdu.p2,
            data: apdu.data,
            ne: apdu.ne,
            ne_is_maximum: false,
            interface: Interface::ContactlessA,
        };
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        match self.0.process(&SocialSecurity, &command, &mut reply) {
            Ok(()) => Some(hex(&[reply.data(), &reply.status().to_bytes()].concat())),
            Err(Halt::Status(status)) => Some(hex(&status.to_bytes())),
            Err(Halt::Torn(_)) => None,
        }
    }
}

#[test]
fn a_settlement_and_a_credit_are_whole_or_not_done() {
    for load in [false, true] {
        let mut start = card(&USUAL);
        let first = start.begin(1, [9, 9, 9], "20250601120000");
        start.ok(&first);
        let second =
            if load { start.begin_load(2, 700, TIME) } else { start.begin(2, [700, 80, 9], TIME) };
        let old = view(&start);
        let mut whole = start.clone();
        whole.0.tear_at(u32::MAX);
        whole.ok(&second);
        let (stores, new) = (whole.0.stores(), view(&whole));
        assert_ne!(old, new);
        assert!(stores >= 4, "{stores}");
        let mut news = 0;
        for n in 1..=stores {
            let mut torn = start.clone();
            torn.0.tear_at(n);
            assert_eq!(torn.try_send(&second), None, "torn at {n}");
            torn.0.power_on();
            let after = view(&torn);
            assert!(after == old || after == new, "torn at {n}: {after:?}");
            assert!(after == new || news == 0, "torn at {n}: new, then old");
            news += u32::from(after == new);
            // The same second command is over either way, and a new pair goes through.
            torn.enter();
            torn.refused(&second, "6985");
            let again = torn.begin(1, [1, 1, 1], TIME);
            torn.ok(&again);
        }
    }
}

/// The count lies in memory before the MAC is compared.
#[test]
fn a_wrong_mac_cannot_be_tried_for_nothing() {
    let mut start = card(&USUAL);
    start.ok(&init(1, 1, 1, 1));
    let wrong = "B02C01000F 00000006 20250320141500 00000000";
    let mut whole = start.clone();
    whole.0.tear_at(u32::MAX);
    assert_eq!(whole.send(wrong), "9302");
    assert_eq!(whole.0.stores(), 1, "nothing is stored behind the comparison");
    let mut torn = start.clone();
    torn.0.tear_at(1);
    assert_eq!(torn.try_send(wrong), None);
    torn.0.power_on();
    assert_eq!(torn.amounts(), USUAL);
}

//! Power fails in each store of each command: old or new, and no try is given away.

use super::*;

/// What a terminal reads of all files.
fn read(card: &mut Dialogue) -> String {
    card.send("00B2012D00") + &card.send("00B2014400")
}

#[test]
fn every_change_is_whole_or_not_done_and_can_be_sent_again() {
    let commands = [
        (UK1, "00DC012C0301 0139".into()), // a shorter value
        (UK1, "00DC022C0602 0420260202".into()),
        (UK2, format!("00E2004015{BORROWED}")),
        (UK2, format!("00DC014415{BORROWED}")),
    ];
    for (id, command) in commands {
        let mut start = Dialogue::usual();
        let old = read(&mut start);
        let mut done = start.clone();
        assert_eq!(done.show(id, &triple_des(id)), "9000");
        assert_eq!(done.send(&command), "9000");
        let new = read(&mut done);
        assert_ne!(old, new);
        for cut in 1.. {
            let mut card = start.clone();
            assert_eq!(card.show(id, &triple_des(id)), "9000");
            card.0.tear_at(cut);
            if card.try_send(&command).is_some() {
                assert!(cut > 1, "{command} stores something");
                break;
            }
            card.reset();
            let left = read(&mut card);
            assert!(left == old || left == new, "{command} cut in store {cut}: {left}");
            assert_eq!(card.show(id, &triple_des(id)), "9000");
            assert_eq!(card.send(&command), "9000", "again");
        }
    }
}

#[test]
fn a_torn_proof_never_leaves_more_tries_than_before() {
    for (shown, first) in [(UK2, "9000"), (UK1, "63CE")] {
        for cut in 1.. {
            let mut card = Dialogue::usual();
            let proof = card.proof(&triple_des(shown));
            card.0.tear_at(cut);
            if let Some(answer) = card.try_send(&format!("0082008410{proof}")) {
                assert_eq!(answer, first);
                assert!(cut > 1);
                break;
            }
            card.reset();
            // Counted or not: one wrong proof more shows which.
            let left = card.show(UK2, &triple_des(UK1));
            assert!(left == "63CE" || left == "63CD", "cut in store {cut}: {left}");
        }
    }
}

#[test]
fn a_torn_lock_is_there_or_not() {
    let stk = triple_des(STK);
    for cut in 1.. {
        let mut card = Dialogue::usual();
        assert_eq!(card.show(LK, &triple_des(LK)), "9000");
        card.0.tear_at(cut);
        let Some(_) = lock(&mut card, &stk) else {
            card.reset();
            let answer = card.send("00B2032C00");
            assert!(matches!(&*answer, "0301319000" | "6A81"), "cut in store {cut}: {answer}");
            continue;
        };
        assert!(cut > 1);
        break;
    }
}

/// APPLICATION BLOCK; `None` when power failed.
fn lock(card: &mut Dialogue, stk: &Key) -> Option<String> {
    let challenge = card.challenge(stk);
    let session = Session::new(stk, &challenge).unwrap();
    let mac = Mac::line(session.key()).of(&[], &[&bytes("841E000004")]);
    card.try_send(&format!("841E000004{}", digits(&mac.four())))
}

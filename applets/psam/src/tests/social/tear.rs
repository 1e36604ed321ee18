//! Power fails in each store of a settlement: no number is there twice, and what was not answered
//! left nothing that waits.

use super::{super::tear::stores, *};

#[test]
fn no_number_of_a_settlement_is_given_out_twice() {
    for init in [settlement("01", "01", &format!("{USER}{CITY}")), ledger("01", "01")] {
        let start = card("00");
        let command = unhex(&init);
        for n in 1..=stores(&start, &command) {
            let mut torn = start.clone();
            torn.0.tear_at(n);
            assert_eq!(torn.try_send(&command), None, "{init} at {n}");
            torn.reset();
            torn.run(&[DF01]);
            let number = torn.number();
            assert!(matches!(number, 6 | 7), "{number}");
            torn.check(&[
                ("8072000004 B90A5171", "6901"),
                ("807202000C 00000009 00017AD4 F6E5C91A", "6901"),
            ]);
            let answer = unhex(&torn.send(&init));
            assert_eq!(u32::from_be_bytes(*answer.first_chunk().unwrap()), number);
            assert_eq!(torn.number(), number + 1);
        }
    }
}

/// The number lies in memory before the first byte of the answer does.
#[test]
fn the_number_is_solid_before_the_answer_leaves() {
    let mut start = card("00");
    let command = unhex(&ledger("01", "01"));
    start.0.tear_at(u32::MAX);
    let before = start.0.stores();
    assert!(start.bytes(&command).starts_with("00000006"));
    assert_eq!(start.0.stores() - before, 1, "one store, and nothing behind it");
    start.reset();
    start.run(&[DF01]);
    assert_eq!(start.number(), 7);
}

#[test]
fn a_wrong_mac2_is_counted_before_it_is_compared() {
    let mut start = card("00");
    start.run(&[&ledger("01", "01")]);
    let before = start.counters();
    let wrong = unhex("807202000C 00000009 00017AD4 00000000");
    let mut torn = start.clone();
    torn.0.tear_at(1);
    assert_eq!(torn.try_send(&wrong), None);
    assert!(torn.counters()[1] <= before[1]);
    start.0.tear_at(u32::MAX);
    assert_eq!(start.bytes(&wrong), "63CF");
    assert_eq!(start.counters()[1], before[1] - 1);
}

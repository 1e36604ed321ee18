//! A card with which something has gone wrong is found and spoken to again as soon as the air is
//! quiet, however the host goes on.

use super::*;

/// A card after an exchange that has failed, in an air that is quiet again.
fn after_a_failure(card: Picc<Fake>, list: &str) -> Machine<Fake> {
    let mut machine = machine(vec![card]);
    talk(&mut machine, &format!("32 05 00 01 02 >\n {list} > 01 ..\n 40 01 00 > 00 01 AA 00"));
    machine.field_mut().set_noise(Noise::written((0..12).map(|n| (n, Fault::Loss)).collect()));
    talk(&mut machine, "40 01 00 > 01");
    machine.field_mut().set_noise(Noise::none());
    machine
}

/// A card, and the command that lists it.
type Listed = (fn() -> Picc<Fake>, &'static str);

fn cards() -> [Listed; 2] {
    [(|| type_a(0xAA, "12345678"), "4A 01 00"), (|| type_b(0xAA, [1, 2, 3, 4]), "4A 01 03 00")]
}

#[test]
fn a_target_that_failed_is_activated_again_by_the_next_command() {
    for (card, list) in cards() {
        let mut machine = after_a_failure(card(), list);
        talk(&mut machine, "40 01 00 > 00 02 AA 00\n 40 01 00 > 00 03 AA 00");
        let mut machine = after_a_failure(card(), list);
        talk(&mut machine, "00 06 > 01\n 54 01 > 00\n 00 06 > 00\n 40 01 00 > 00 02 AA 00");
        let mut machine = after_a_failure(card(), list);
        talk(&mut machine, "44 01 > 00\n 54 01 > 00\n 40 01 00 > 00 02 AA 00");
    }
}

#[test]
fn a_target_that_failed_is_found_again() {
    for (card, list) in cards() {
        for between in ["44 01 > 00", "44 00 > 00", "52 01 > 00", "52 00 > 00", "02 > 32 .."] {
            let mut machine = after_a_failure(card(), list);
            talk(&mut machine, &format!("{between}\n {list} > 01 ..\n 40 01 00 > 00 02 AA 00"));
        }
    }
}

#[test]
fn a_card_is_found_after_a_burst_in_its_activation() {
    for (card, list) in cards() {
        for from in 0..16 {
            for burst in [1, 2, 4, 8, 12, 20] {
                let mut machine = machine(vec![card()]);
                let lost = (from..from + burst).map(|n| (n, Fault::Loss)).collect();
                machine.field_mut().set_noise(Noise::written(lost));
                talk(&mut machine, "32 05 00 01 00 >");
                let found = ask(&mut machine, list).starts_with("01");
                machine.field_mut().set_noise(Noise::none());
                if !found {
                    // A request that is lost on the way back is answered the time after next.
                    talk(&mut machine, &format!("32 05 00 01 02 >\n {list} > 01 .."));
                }
            }
        }
    }
}

#[test]
fn an_answer_that_fits_no_response_is_an_overflow() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    talk(
        &mut machine,
        "
        12 00 >
        4A 01 00 > 01 ..
        42 E0 C0 > 00 07 ..
        # 2 bytes, the command, 4 times 40 more, in a frame that holds them; then 4 times 41.
        42 02 40 > 00 02 01 AA 40 EE ..
        42 03 41 > 0E
        ",
    );
}

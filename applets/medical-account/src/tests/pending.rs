//! What ends a pending transaction: everything but its COMMIT, whatever comes of it.

use super::*;

/// One of each kind, on a card with a settlement that can be reversed.
fn begun() -> Vec<(Dialogue, Begun)> {
    let mut card = Dialogue::open();
    card.settle(Settle::CLINIC);
    let amounts = Settle::CLINIC.amounts;
    let all = [
        Wanted::Settlement(Settle::PHARMACY),
        Wanted::Credit { index: 1, amount: 7, number: 2 },
        Wanted::Reversal { kind: 2, reference: 1, amounts, number: 2 },
    ];
    let begin = |wanted| {
        let mut card = card.clone();
        let begun = card.begin(wanted);
        (card, begun)
    };
    all.into_iter().map(begin).collect()
}

/// What the card answers to the COMMIT then.
#[track_caller]
fn is_gone(card: &mut Dialogue, begun: &Begun) {
    assert!(!card.is_pending());
    card.refuse(&begun.commit(TIME), "6985");
}

#[test]
fn every_other_command_ends_it_whatever_its_status() {
    let taken = [
        STATUS,
        "D0CA020047",
        STATEMENT_OF,
        "D05A00000400000001",
        "00B2014430",
        "00B2010C34",
        CHALLENGE,
        SELECT,
        "00A4000002EF08",
    ];
    let refused = [
        "D0CA03000C",
        "D0CA01000100",
        "D05A00000400000009",
        "D02C0100",
        "D02C010100",
        "D0420000",
        "D0460100",
        "D0280101",
        "D0400001",
        "D0440201",
        "D4480101",
        "D44A0000",
        "D45200000400000000",
        "D0FF0000",
        "D4280101",
        "80500102",
        "E0CA0000",
        "00FF0000",
        "00B2414430",
        "00D6000001FF",
        "0020000003123456",
        "008200840800112233445566770011223344556677",
        "841E000004AABBCCDD",
        "8418000004AABBCCDD",
        "00A40400025A5A",
        "0084000004",
        "04DC010405810100AABBCCDD",
        // On another logical channel too.
        "01B2014430",
        "01A40000023F00",
    ];
    for (card, begun) in begun() {
        for command in taken.into_iter().chain(refused) {
            let Ok(_) = Apdu::parse(&unhex(command)) else { continue };
            let mut card = card.clone();
            card.send(command);
            is_gone(&mut card, &begun);
        }
    }
}

/// What `taken` and `refused` above are called after.
#[test]
fn only_its_own_commit_completes_it() {
    for (card, begun) in begun() {
        for (_, other) in self::begun() {
            let mut card = card.clone();
            let same = other.wanted == begun.wanted;
            let answer = card.send_bytes(&other.commit(TIME));
            // The same transaction on a copy of the card: both drew the same random number.
            assert_eq!(answer.ends_with("9000"), same);
            if !same {
                assert_eq!(answer, "6985");
                is_gone(&mut card, &begun);
            }
        }
    }
}

#[test]
fn a_commit_that_is_refused_ends_it_too() {
    for (card, begun) in begun() {
        let commit = begun.commit(TIME);
        let mac = commit.len() - 1;
        let faults: [fn(&mut Vec<u8>, usize); 4] = [
            |commit, mac| commit[mac] ^= 0x80,
            |commit, _| commit[2] ^= 0x10,
            |commit, _| commit[3] ^= 0x01,
            |commit, _| {
                commit.push(0);
                commit.push(0);
                commit[4] += 2;
            },
        ];
        for (fault, status) in faults.into_iter().zip(["9302", "6A86", "6A86", "6700"]) {
            let (mut card, mut commit) = (card.clone(), commit.clone());
            fault(&mut commit, mac);
            card.refuse(&commit, status);
            is_gone(&mut card, &begun);
        }
        for (time, status) in [(0x2A, "6A80"), (0x24, "9484")] {
            let mut card = card.clone();
            let mut when = TIME;
            when[1] = time;
            if status == "6A80" || matches!(begun.wanted, Wanted::Settlement(_)) {
                card.refuse(&begun.commit(when), status);
                is_gone(&mut card, &begun);
            }
        }
    }
}

#[test]
fn another_begun_takes_its_place_and_a_refused_one_ends_it() {
    for (card, begun) in begun() {
        let mut again = card.clone();
        let other = again.begin(Wanted::Settlement(Settle::of(3)));
        again.commit(&other);
        let mut card = card.clone();
        card.refuse(&Wanted::Settlement(Settle::of(60_000)).initialize(), "9401");
        is_gone(&mut card, &begun);
    }
}

#[test]
fn reset_and_leaving_the_application_end_it() {
    for (card, begun) in begun() {
        let mut reset = card.clone();
        reset.power_on();
        reset.show_pin();
        is_gone(&mut reset, &begun);
        // Another application was selected, the runtime refused a command, or a logical channel was
        // opened from this one.
        for leave in [
            |card: &mut Dialogue| MedicalAccount.deselect(&mut card.rig.env()),
            |card: &mut Dialogue| MedicalAccount.passed_over(&mut card.rig.env()),
            |card: &mut Dialogue| MedicalAccount.inherit(&mut card.rig.env()),
        ] {
            let mut card = card.clone();
            leave(&mut card);
            is_gone(&mut card, &begun);
        }
    }
}

#[test]
fn power_that_fails_in_commit_ends_it() {
    for (card, begun) in begun() {
        let mut card = card.clone();
        card.rig.tear_at(2);
        assert_eq!(card.try_send(&begun.commit(TIME)), None);
        card.power_on();
        card.show_pin();
        is_gone(&mut card, &begun);
    }
}

/// The random number of a refused INITIALIZE is drawn too, in whatever state.
#[test]
fn every_initialize_draws_four_bytes() {
    let mut card = Dialogue::open();
    card.rig.queue_random(&unhex("A0A1A2A3 B0B1B2B3 C0C1C2C3 D0D1D2D3"));
    let initialize = |settle| Wanted::Settlement(settle).initialize();
    card.refuse(&initialize(Settle::of(50_001)), "9401");
    card.refuse(&unhex("D0400001"), "6700");
    card.refuse(&unhex("D0440100"), "6A86");
    let answer = card.send_bytes(&initialize(Settle::of(1)));
    assert_eq!(answer[24..32], *"D0D1D2D3");
}

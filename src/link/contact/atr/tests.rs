//! Tests of the decoder of answers to reset.

use proptest::prelude::*;

use super::*;
use crate::{Card, Profile, profile, testing::bytes};

fn lines(atr: &str) -> Vec<String> {
    Atr::decode(&bytes(atr)).unwrap().lines()
}

fn why(atr: &str) -> AtrError {
    Atr::decode(&bytes(atr)).unwrap_err()
}

#[test]
fn interface_bytes_behind_the_td_of_a_protocol_belong_to_it() {
    // TA3 is for T=1 because TD2 says so; TA4 for T=15 because TD3 does.
    let lines = lines("3B90969181B1FE551FC7D4");
    for line in [
        "TA4 C7",
        "protocols T=1",
        "Fi 512",
        "Di 32",
        "mode specific T=1, cannot change, parameters of TA1",
        "IFSC 254",
        "BWI 5",
        "CWI 5",
        "EDC LRC",
        "clock-stop low or high",
        "class ABC",
        "TCK D4",
    ] {
        assert!(lines.contains(&line.to_string()), "{line} is not in {lines:#?}");
    }
}

#[test]
fn each_kind_of_broken_answer_is_told_apart() {
    assert_eq!(why(""), AtrError::Short { got: 0, missing: "TS" });
    assert_eq!(why("3B"), AtrError::Short { got: 1, missing: "T0" });
    assert_eq!(why("3C00"), AtrError::Ts(0x3C));
    assert_eq!(why("3B10"), AtrError::Short { got: 2, missing: "an interface byte" });
    assert_eq!(why("3B0200"), AtrError::Short { got: 3, missing: "a historical byte" });
    assert_eq!(why("3B8001"), AtrError::Short { got: 3, missing: "TCK" });
    assert_eq!(why("3B800180"), AtrError::Tck { got: 0x80, expected: 0x81 });
    assert_eq!(why("3B0000"), AtrError::Long(1));
    assert_eq!(why("3B800F"), AtrError::FirstIs15);
    assert_eq!(Atr::decode(&[0x3B; 34]), Err(AtrError::TooLong(34)));
}

#[test]
fn historical_bytes_are_told_as_their_category_says() {
    for (historical, expected) in [
        ("8031E0", &["category 80, compact-TLV", "card-service-data E0"][..]),
        ("80418173 C0", &["initial-access-data 81", "compact-TLV ends within object 73"]),
        ("0031C0059000", &["card-service-data C0", "status 05 9000"]),
        ("1001", &["category 10, DIR data reference 01"]),
        ("8500", &["category 85, reserved"]),
        ("6A", &["category 6A, proprietary"]),
        ("00", &["category 00, its three status bytes are missing"]),
    ] {
        let historical = bytes(historical);
        let atr = [&[0x3B, historical.len() as u8][..], &historical].concat();
        let lines = Atr::decode(&atr).unwrap().lines();
        for line in expected {
            assert!(lines.contains(&(*line).to_string()), "{line} is not in {lines:#?}");
        }
    }
}

#[test]
fn every_built_in_card_has_an_answer_that_decodes() {
    for name in profile::names() {
        let card = Card::from_profile(&Profile::load(name).unwrap()).unwrap();
        let atr = Atr::decode(card.atr()).unwrap();
        assert_eq!(atr.historical, card.profile().historical, "{name}");
        let contactless = card.interface() == tessera_framework::Interface::ContactlessA;
        assert_eq!(atr.contactless.is_some(), contactless, "{name}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(atr in proptest::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(atr) = Atr::decode(&atr) {
            prop_assert!(!atr.to_string().is_empty());
        }
    }

    #[test]
    fn what_decodes_is_all_there(rest in proptest::collection::vec(any::<u8>(), 1..32)) {
        let bytes = [&[0x3B][..], &rest].concat();
        if let Ok(atr) = Atr::decode(&bytes) {
            let told = atr.interface_bytes.len() + atr.historical.len();
            prop_assert_eq!(2 + told + usize::from(atr.tck.is_some()), bytes.len());
        }
    }
}

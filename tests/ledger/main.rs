//! The ledger on a whole card.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use tessera::{Card, Profile, Response};

#[test]
fn first() {
    for name in ["medical", "medical-sm4"] {
        let mut card = Card::from_profile(&Profile::load(name).unwrap()).unwrap();
        card.power_on().unwrap();
        let mut response = Response::new();
        for command in [
            "00A4040008F05353432E4D4C3100",
            "D0CA01000C",
            "0020000003123456",
            "D0CA020047",
            "00B2058500",
            "00B2052D00",
            "D05A00000400000000",
            "00A404000F7378312E73682EC9E7BBE1B1A3D5CF",
            "00A4000002DF0A",
            "D0CA020047",
        ] {
            card.exchange(&hex::decode(command).unwrap(), &mut response).unwrap();
            println!("{command} {}", hex::encode_upper(response.as_bytes()));
        }
    }
}

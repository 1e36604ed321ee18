//! Round trips over the line and the air, both ends of each in this process: with a card beside the
//! plain exchange, and with nobody behind who does more than say 9000.

use std::hint::black_box;

use tessera::{
    Response,
    card::Chip,
    link::{
        Application, Contact, Direction, Mute, PiccType,
        contact::{Offer, Parameters},
        ifd::Ifd,
        pcd::{Alone, Options, activate},
        picc::{self, Picc},
    },
};

use super::{Operation, applet, card, select};

/// Says 9000 to everything, at once.
struct Nobody;

impl Application for Nobody {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, _: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        response.extend_from_slice(&[0x90, 0x00]);
        Ok(0)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::In
    }
}

/// READ BINARY of 16 bytes.
const READ: [u8; 5] = [0x00, 0xB0, 0x80 | applet::BINARY, 0x00, 16];
/// Case 1.
const NOTHING: [u8; 4] = [0x00, 0x20, 0x00, 0x00];

fn line(offer: Offer) -> Parameters {
    Parameters { offer, ifsc_bytes: Some(254), ..Parameters::default() }
}

/// Commands over the line to a card with this answer to reset.
fn on_the_line<A: Application + 'static>(
    name: &'static str,
    offer: Offer,
    application: A,
    commands: &[Vec<u8>],
) -> Operation {
    let mut ifd = Ifd::new(Contact::new(line(offer), application));
    ifd.power_on().unwrap();
    let mut response = Vec::new();
    let (last, before) = commands.split_last().unwrap();
    for command in before {
        ifd.exchange_into(command, &mut response).unwrap();
    }
    let last = last.clone();
    let run = move |times| {
        for _ in 0..times {
            ifd.exchange_into(black_box(&last), &mut response).unwrap();
            black_box(&response);
        }
    };
    Operation { name, run: Box::new(run) }
}

/// Commands through the air to the only card there.
fn in_the_air<A: Application + 'static>(
    name: &'static str,
    parameters: picc::Parameters,
    application: A,
    commands: &[Vec<u8>],
) -> Operation {
    let mut air = Alone::new(Picc::new(parameters, application, 1));
    let mut session = activate(&mut air, &Options::default()).unwrap().into_session();
    let mut response = Vec::new();
    let (last, before) = commands.split_last().unwrap();
    for command in before {
        session.exchange_into(&mut air, command, &mut response).unwrap();
    }
    let last = last.clone();
    let run = move |times| {
        for _ in 0..times {
            session.exchange_into(&mut air, black_box(&last), &mut response).unwrap();
            black_box(&response);
        }
    };
    Operation { name, run: Box::new(run) }
}

/// The plain exchange every link is held against.
fn plain() -> Operation {
    let mut card = card();
    card.transmit(&select(applet::NAME, 0x0C)).unwrap();
    let mut response = Response::new();
    let run = move |times| {
        for _ in 0..times {
            card.exchange(black_box(&READ), &mut response).unwrap();
            black_box(&response);
        }
    };
    Operation { name: "plain exchange of READ BINARY of 16 bytes", run: Box::new(run) }
}

/// READ BINARY over each link, and the plain exchange.
pub(crate) fn links() -> Vec<(Operation, Operation)> {
    let commands = [select(applet::NAME, 0x0C), READ.to_vec()];
    let air = |picc_type| card().profile().air.parameters(picc_type);
    let chip = || Chip::new(card());
    let wholes = [
        on_the_line("READ BINARY of 16 bytes over T=0", Offer::T0, chip(), &commands),
        on_the_line("READ BINARY of 16 bytes over T=1", Offer::T1, chip(), &commands),
        in_the_air("READ BINARY of 16 bytes, Type A", air(PiccType::A), chip(), &commands),
        in_the_air("READ BINARY of 16 bytes, Type B", air(PiccType::B), chip(), &commands),
    ];
    wholes.into_iter().map(|whole| (whole, plain())).collect()
}

/// Round trips of nothing.
pub(crate) fn round_trips() -> Vec<Operation> {
    let commands = [NOTHING.to_vec()];
    let air = |picc_type| card().profile().air.parameters(picc_type);
    vec![
        on_the_line("round trip of 4 bytes over T=0, no card", Offer::T0, Nobody, &commands),
        on_the_line("round trip of 4 bytes over T=1, no card", Offer::T1, Nobody, &commands),
        in_the_air("round trip of 4 bytes, Type A, no card", air(PiccType::A), Nobody, &commands),
        in_the_air("round trip of 4 bytes, Type B, no card", air(PiccType::B), Nobody, &commands),
    ]
}

//! Round trips a second through pcscd: the card of `tessera serve` beside one that knows nothing.
//!
//! `round_trips nothing PORT` is the card that knows nothing: it answers 9000 to whatever it is
//! told, and so shows what reader and daemon leave to any card. `round_trips READER READER` sends
//! the same command to the cards in two readers, in turns, and prints both figures and their ratio.

use std::{
    error::Error,
    ffi::CString,
    io::{Read, Write},
    net::TcpStream,
    time::Instant,
};

use pcsc::{Card, Context, Protocols, Scope, ShareMode};
use tessera::reader::vpcd::{BODY_BYTES_MAX, Line, Request};

type Outcome = Result<(), Box<dyn Error>>;

/// SELECT the MF without answer data: the least that a card does on a command.
const COMMAND: [u8; 7] = [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00];
const ANSWER: [u8; 2] = [0x90, 0x00];
/// Turns of each card, and round trips of a turn. One turn more goes before, uncounted.
const TURNS: usize = 15;
const TRIPS: u32 = 1000;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["nothing", port] => know_nothing(port.parse()?),
        [one, other] => compare(one, other),
        _ => Err("say: round_trips nothing PORT, or: round_trips READER READER".into()),
    }
}

/// Serves a slot of vpcd until the reader hangs up.
fn know_nothing(port: u16) -> Outcome {
    /// Direct convention, T=1, nothing else.
    const ATR: &[u8] = &[0x00, 0x04, 0x3B, 0x80, 0x01, 0x81];
    let mut line = TcpStream::connect(("127.0.0.1", port))?;
    line.set_nodelay(true)?;
    let mut body = vec![0; BODY_BYTES_MAX];
    loop {
        let mut length = [0; 2];
        line.hurry()?;
        line.read_exact(&mut length)?;
        let body = &mut body[..usize::from(u16::from_be_bytes(length))];
        line.hurry()?;
        line.read_exact(body)?;
        match Request::of(body) {
            Request::Atr => line.write_all(ATR)?,
            Request::Command(_) => line.write_all(&[0x00, 0x02, ANSWER[0], ANSWER[1]])?,
            _ => {}
        }
    }
}

fn compare(one: &str, other: &str) -> Outcome {
    let context = Context::establish(Scope::User)?;
    let names = [CString::new(one)?, CString::new(other)?];
    let mut cards = Vec::new();
    for name in &names {
        cards.push(context.connect(name, ShareMode::Exclusive, Protocols::ANY)?);
    }
    let mut rates = [Vec::new(), Vec::new()];
    for turn in 0..=TURNS {
        for (card, rates) in cards.iter().zip(&mut rates) {
            let rate = measure(card)?;
            if turn > 0 {
                rates.push(rate);
            }
        }
    }
    let [first, second] = rates.map(median);
    println!("{first:>8.0} round trips/s  {one}");
    println!("{second:>8.0} round trips/s  {other}");
    println!("{:>8.2} ratio", first / second);
    Ok(())
}

/// Round trips a second over one turn.
fn measure(card: &Card) -> Result<f64, Box<dyn Error>> {
    let mut buffer = [0; 258];
    let start = Instant::now();
    for _ in 0..TRIPS {
        let answer = card.transmit(&COMMAND, &mut buffer)?;
        if answer != ANSWER {
            return Err(format!("expected 9000, got {}", hex::encode_upper(answer)).into());
        }
    }
    Ok(f64::from(TRIPS) / start.elapsed().as_secs_f64())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

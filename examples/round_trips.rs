//! Round trips a second through pcscd: the card of `tessera serve` beside one that knows nothing.
//!
//! `round_trips nothing PORT` is the card that knows nothing: it answers 9000 to whatever it is
//! told, and so shows what reader and daemon leave to any card. `round_trips nothing-ccid DEVICE`
//! is one in a serial CCID reader that knows as little. `round_trips READER READER` sends the same
//! command to the cards in two readers, in turns, and prints both figures and their ratio.

use std::{
    error::Error,
    ffi::CString,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use pcsc::{Card, Context, Protocols, Scope, ShareMode};
use tessera::{
    link::crc::lrc,
    reader::{
        ccid::{
            frame::{self, Deframer, Received},
            message::{self, Answer, Icc, Kind},
        },
        pty::Pty,
        vpcd::{BODY_BYTES_MAX, Line, Request},
    },
};

type Outcome = Result<(), Box<dyn Error>>;

/// SELECT the MF without answer data: the least that a card does on a command.
const COMMAND: [u8; 7] = [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00];
const ANSWER: [u8; 2] = [0x90, 0x00];
/// Pairs of turns, and round trips of a turn: short, so that what else runs hits both cards alike.
const PAIRS: usize = 200;
const TRIPS: u32 = 100;
/// Pairs before the first one that counts.
const PAIRS_UNCOUNTED: usize = 5;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["nothing", port] => know_nothing(port.parse()?),
        ["nothing-ccid", device] => know_nothing_on_a_line(Path::new(device)),
        [one, other] => compare(one, other),
        _ => Err("say: round_trips nothing PORT, nothing-ccid DEVICE, or READER READER".into()),
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

/// Plays a reader with echo and a card on T=1 until it is ended.
fn know_nothing_on_a_line(device: &Path) -> Outcome {
    let mut pty = Pty::open(device)?;
    let mut deframer = Deframer::default();
    let mut bytes = [0; 4096];
    let mut out = Vec::new();
    println!("ready");
    loop {
        let read = pty.read(&mut bytes, Duration::from_secs(1))?;
        out.clear();
        for &byte in &bytes[..read] {
            out.push(byte);
            let Some(Received::Message(received)) = deframer.take(byte) else { continue };
            let Some(request) = message::Request::new_checked(received) else { continue };
            let data = match (request.kind(), request.data()) {
                (Kind::ICC_POWER_ON, _) => vec![0x3B, 0x80, 0x01, 0x81],
                (Kind::SET_PARAMETERS, data) => data.to_vec(),
                (Kind::XFR_BLOCK, &[_, 0xC1, _, ifsd, ..]) => block(0xE1, &[ifsd]),
                (Kind::XFR_BLOCK, &[_, pcb, ..]) => block(pcb & 0x40, &ANSWER),
                _ => Vec::new(),
            };
            let answer = message::emit(&request, Icc::Active, Ok(Answer::of(data)));
            frame::put(&mut out, &answer);
        }
        pty.write(&out)?;
    }
}

fn block(pcb: u8, information: &[u8]) -> Vec<u8> {
    let mut block = [&[0, pcb, information.len() as u8], information].concat();
    block.push(lrc(&block));
    block
}

fn compare(one: &str, other: &str) -> Outcome {
    let context = Context::establish(Scope::User)?;
    let names = [CString::new(one)?, CString::new(other)?];
    let mut cards = Vec::new();
    for name in &names {
        cards.push(context.connect(name, ShareMode::Exclusive, Protocols::ANY)?);
    }
    let [first, second] = &cards[..] else { return Err("two readers are needed".into()) };
    let (mut firsts, mut seconds, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..PAIRS_UNCOUNTED + PAIRS {
        // Each goes first every other time.
        let (a, b) = if pair % 2 == 0 {
            let a = measure(first)?;
            (a, measure(second)?)
        } else {
            let b = measure(second)?;
            (measure(first)?, b)
        };
        if pair >= PAIRS_UNCOUNTED {
            firsts.push(a);
            seconds.push(b);
            ratios.push(a / b);
        }
    }
    let [low, middle, high] = quartiles(firsts);
    println!("{low:>8.0} {middle:>8.0} {high:>8.0}  round trips/s  {one}");
    let [low, middle, high] = quartiles(seconds);
    println!("{low:>8.0} {middle:>8.0} {high:>8.0}  round trips/s  {other}");
    let [low, middle, high] = quartiles(ratios);
    println!("{low:>8.2} {middle:>8.2} {high:>8.2}  ratio of the first to the second");
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

/// Lower quartile, median, upper quartile.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}

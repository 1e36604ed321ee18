//! The table of ratios: what each operation costs in yardsticks measured in the same run.
//!
//! `cargo bench --bench ratios` prints it as Markdown. A machine that is busy with other things
//! slows both sides of a ratio; so the operations take turns in many short rounds, and each is
//! judged by its fastest round. `cargo bench --bench ratios -- purchase` times those alone in whose
//! names the word stands.

mod operations;

use std::time::Instant;

use operations::{
    COPY, CRC, Operation, commits, exchanges, finds, forks, inquiries, links, round_trips,
    transactions, yardsticks,
};

/// Turns each operation gets.
const ROUNDS: usize = 60;
/// About how long one turn takes.
const TURN_NS: f64 = 2_000_000.0;

fn main() {
    let (rounds, turn_ns) = match std::env::args().any(|argument| argument == "--test") {
        true => (1, 0.0),
        false => (ROUNDS, TURN_NS),
    };
    let word = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |name: &str| word.as_ref().is_none_or(|word| name.contains(word));
    let mut operations = yardsticks();
    let alone = exchanges().into_iter().chain(forks()).chain(inquiries()).chain(round_trips());
    operations.extend(alone.filter(|operation| is_wanted(operation.name)));
    let pairs = [
        ("commit | times the copies it cannot do without", commits()),
        ("transaction | times the block ciphers it cannot do without", transactions()),
        ("over a link | times the plain exchange", links()),
        ("cards in a field | times one card found as often", finds()),
    ];
    let mut titles = Vec::new();
    for (title, pairs) in pairs {
        titles.push((title, operations.len()));
        let wanted = pairs.into_iter().filter(|(whole, _)| is_wanted(whole.name));
        operations.extend(wanted.flat_map(|(whole, part)| [whole, part]));
    }
    let fastest_ns = time(&mut operations, rounds, turn_ns);
    let yardstick_ns = |name| {
        let place = operations.iter().position(|operation| operation.name == name);
        place.map_or(f64::NAN, |place| fastest_ns[place])
    };
    let (crc_ns, copy_ns) = (yardstick_ns(CRC), yardstick_ns(COPY));
    println!("| operation | CRCs | copies | per second here |");
    println!("|---|---:|---:|---:|");
    for (operation, &each_ns) in operations.iter().zip(&fastest_ns) {
        println!(
            "| {} | {:.2} | {:.2} | {:.0} |",
            operation.name,
            each_ns / crc_ns,
            each_ns / copy_ns,
            1e9 / each_ns,
        );
    }
    let ends = titles.iter().skip(1).map(|(_, first)| *first).chain([operations.len()]);
    for ((title, first), end) in titles.iter().zip(ends) {
        println!("\n| {title} |\n|---|---:|");
        let times = operations[*first..end].chunks(2).zip(fastest_ns[*first..end].chunks(2));
        for (pair, each_ns) in times {
            println!("| {} | {:.2} |", pair[0].name, each_ns[0] / each_ns[1]);
        }
    }
    println!();
    println!(
        "CRCs, copies: time of the operation divided by that of the yardstick in the same run."
    );
    println!(
        "Each is the fastest of {rounds} rounds of about {:.0} ms; in a round all operations take turns.",
        turn_ns / 1e6
    );
    println!("The last column depends on the machine and on what else it did: it is not a result.");
}

/// Nanoseconds each operation takes in its fastest round.
fn time(operations: &mut [Operation], rounds: usize, turn_ns: f64) -> Vec<f64> {
    let mut fastest_ns = vec![f64::INFINITY; operations.len()];
    for _ in 0..rounds {
        for (operation, fastest_ns) in operations.iter_mut().zip(&mut fastest_ns) {
            // The first round has nothing to go by: a thousand times is short for all of them.
            let times = if fastest_ns.is_finite() { turn_ns / *fastest_ns } else { 1000.0 };
            let times = times.max(1.0) as u64;
            let start = Instant::now();
            (operation.run)(times);
            let each_ns = start.elapsed().as_nanos() as f64 / times as f64;
            *fastest_ns = fastest_ns.min(each_ns);
        }
    }
    fastest_ns
}

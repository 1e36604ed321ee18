//! Each operation under criterion, for comparing one state of the code with the next:
//! `cargo bench --bench exchange -- --save-baseline before`, then `-- --baseline before`.

mod operations;

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use operations::{
    Operation, commits, exchanges, finds, forks, inquiries, links, round_trips, transactions,
    yardsticks,
};

fn every_operation() -> impl Iterator<Item = Operation> {
    yardsticks()
        .into_iter()
        .chain(exchanges())
        .chain(forks())
        .chain(inquiries())
        .chain(round_trips())
        .chain(
            commits()
                .into_iter()
                .chain(transactions())
                .chain(links())
                .flat_map(|(whole, part)| [whole, part]),
        )
        .chain(finds().into_iter().map(|(whole, _)| whole))
}

fn time(criterion: &mut Criterion) {
    for Operation { name, mut run } in every_operation() {
        criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let start = Instant::now();
                run(times);
                start.elapsed()
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = time
}
criterion_main!(benches);

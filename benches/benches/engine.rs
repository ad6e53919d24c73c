//! The engine with the bundled model, from texts to analyses.
//!
//!     cargo bench -p frontdesk-benches --bench engine [-- FILTER]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use frontdesk::{AnalyzeOptions, Engine, EngineOptions, Ticket};

const TEXT: &str = "The proof is not what we asked for, please send it again with the colours of our logo.";

fn texts(criterion: &mut Criterion) {
    let engine = Engine::open(EngineOptions::default()).expect("the bundled model");
    let options = AnalyzeOptions::default();
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(20);
    group.bench_function("one", |bencher| {
        bencher.iter_batched(
            || Ticket::new(TEXT),
            |ticket| engine.analyze(&ticket).expect("an analysis"),
            BatchSize::SmallInput,
        );
    });
    let tickets: Vec<Ticket> = (0..256).map(|at| Ticket::new(TEXT.repeat(1 + at % 4))).collect();
    group.throughput(Throughput::Elements(tickets.len() as u64));
    group.bench_function("batch/256", |bencher| {
        bencher.iter(|| engine.analyze_batch(&tickets, &options).expect("analyses"));
    });
    group.finish();
}

criterion_group!(engine, texts);
criterion_main!(engine);

//! Types alone: a dumped route decoded, and a request encoded, beside the same by hand. `compare --only code` prints
//! the ratios; this has the times.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use netlane_benches::workloads::Failure;
use netlane_benches::{stage, typed};

/// Routes of one pass.
const ROUTES: u32 = 500;

fn decode(criterion: &mut Criterion, routes: &[Vec<u8>]) {
    let mut group = criterion.benchmark_group("decode a dumped route");
    group.throughput(Throughput::Elements(ROUTES.into()));
    group.bench_function("by hand", |bencher| {
        bencher.iter(|| {
            routes
                .iter()
                .filter_map(|it| typed::by_hand(black_box(it)))
                .map(black_box)
                .count()
        });
    });
    group.bench_function("by pick", |bencher| {
        bencher.iter(|| {
            routes
                .iter()
                .flat_map(|it| typed::by_pick(black_box(it)))
                .map(black_box)
                .count()
        });
    });
    group.bench_function("by a view", |bencher| {
        bencher.iter(|| {
            routes
                .iter()
                .flat_map(|it| typed::by_view(black_box(it)))
                .map(black_box)
                .count()
        });
    });
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode a route request");
    group.bench_function("by hand", |bencher| {
        bencher.iter(|| typed::encoded_by_hand(black_box(7), black_box(3)));
    });
    group.bench_function("by its builder", |bencher| {
        bencher.iter(|| typed::encoded(black_box(7), black_box(3)));
    });
}

fn main() -> Result<(), Failure> {
    let routes = stage::in_own_namespace(|| typed::dumped(ROUTES))?;
    let mut criterion = Criterion::default()
        .configure_from_args()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    decode(&mut criterion, &routes);
    encode(&mut criterion);
    criterion.final_summary();
    Ok(())
}

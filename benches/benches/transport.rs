//! The core of each workload on the running kernel, beside its blocking counterpart, in a network
//! namespace of its own. Figures to publish come from the `compare` command, which interleaves
//! both sides; these are for watching one of them while it is worked on.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use futures::StreamExt;
use netlane::sys::{Address, ReceiveBatch, Socket, SocketKind};
use netlane::wire::{Flags, FrameView, Message, set_sequence_port};
use netlane::{Handle, Protocol};
use netlane_benches::baseline::Blocking;
use netlane_benches::workloads::{Failure, current_thread, dumps, inserts};
use netlane_benches::{messages, stage};
use tokio::runtime::Runtime;

/// Routes of the dumped table, and inserts of one batch.
const ROUTES: u32 = 1000;

fn main() -> ExitCode {
    let done = stage::in_own_namespace(|| {
        let mut criterion = Criterion::default()
            .sample_size(30)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1))
            .configure_from_args();
        let runtime = current_thread();
        let handle = dumps::connect(&runtime);
        requests(&mut criterion, &runtime, &handle)?;
        acknowledgements(&mut criterion)?;
        tables(&mut criterion, &runtime, &handle)?;
        events(&mut criterion, &runtime, &handle)?;
        criterion.final_summary();
        Ok(())
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// One request after the other.
fn requests(criterion: &mut Criterion, runtime: &Runtime, handle: &Handle) -> Result<(), Failure> {
    let ping: fn() -> Message = messages::ping;
    let kinds = [("ping", ping), ("getlink", messages::get_link)];
    for (name, message) in kinds {
        let mut group = criterion.benchmark_group(name);
        let mut client = Blocking::open();
        client.request(message(), |_| {})?;
        group.bench_function("blocking", |bencher| {
            bencher.iter(|| {
                let mut seen = 0;
                let read = |frame: FrameView<'_>| seen += messages::read_link(frame);
                client.request(message(), read).expect("an answer");
                black_box(seen)
            });
        });
        group.bench_function("netlane", |bencher| {
            // Many in one block_on: entering the runtime is not what is measured.
            bencher.iter_custom(|times| {
                let start = Instant::now();
                runtime.block_on(async {
                    for _ in 0..times {
                        let answer = handle.request(message()).await.expect("an answer");
                        for frame in &answer.replies {
                            black_box(messages::read_link(frame.view()));
                        }
                    }
                });
                start.elapsed()
            });
        });
    }
    Ok(())
}

/// The acknowledgements of 64 pings that went out as one datagram, read one by one and together:
/// what recvmmsg would be worth, without any library.
fn acknowledgements(criterion: &mut Criterion) -> Result<(), Failure> {
    const PINGS: u32 = 64;
    let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw)?;
    socket.connect(Address::KERNEL)?;
    let mut pings = Vec::new();
    for sequence in 1..=PINGS {
        let mut message = messages::ping();
        message.set_flags(Flags::REQUEST | Flags::ACK);
        let mut bytes = message.finish()?;
        set_sequence_port(&mut bytes, sequence, 0);
        pings.append(&mut bytes);
    }
    let mut group = criterion.benchmark_group("64 acknowledgements");
    group.throughput(Throughput::Elements(PINGS.into()));
    let mut buffer = vec![0; 32 * 1024];
    group.bench_function("recvmsg", |bencher| {
        bencher.iter(|| {
            socket.send(&pings).expect("sent");
            for _ in 0..PINGS {
                black_box(socket.recv(&mut buffer).expect("an acknowledgement"));
            }
        });
    });
    let mut batch = ReceiveBatch::new(64, 4096);
    group.bench_function("recvmmsg", |bencher| {
        bencher.iter(|| {
            socket.send(&pings).expect("sent");
            let mut left = 64;
            while left > 0 {
                left -= socket.recv_many(&mut batch).expect("acknowledgements");
                black_box(batch.get(0));
            }
        });
    });
    Ok(())
}

/// A batch of inserts, and the dump of what they made.
fn tables(criterion: &mut Criterion, runtime: &Runtime, handle: &Handle) -> Result<(), Failure> {
    inserts::fill(ROUTES)?;
    let mut group = criterion.benchmark_group("table");
    group.throughput(Throughput::Elements(ROUTES.into()));
    group.bench_function("insert batch", |bencher| {
        bencher.iter(|| {
            let batch = (0..ROUTES).map(|i| messages::add_route(i, 1));
            let outcomes = runtime.block_on(async { handle.batch(batch).await });
            assert!(
                outcomes.iter().all(Result::is_ok),
                "every route is inserted"
            );
        });
    });
    group.bench_function("dump by chunks", |bencher| {
        bencher.iter(|| {
            runtime.block_on(dumps::chunks(
                handle.clone(),
                messages::dump_routes(),
                ROUTES,
            ))
        });
    });
    group.bench_function("dump blocking", |bencher| {
        bencher.iter(|| dumps::blocking(ROUTES).expect("a dump"));
    });
    Ok(())
}

/// A change, awaited, and then its event.
fn events(criterion: &mut Criterion, runtime: &Runtime, handle: &Handle) -> Result<(), Failure> {
    // RTNLGRP_IPV4_ROUTE.
    let mut routes = runtime.block_on(async { handle.subscribe([7]).await })?;
    criterion.bench_function("an insert and its event", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let insert = messages::add_route(0, 1);
                handle.request(insert).await.expect("an insert");
                routes.next().await.expect("an event").expect("an event")
            })
        });
    });
    Ok(())
}

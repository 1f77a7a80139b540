//! netlane-proto alone: a conversation from its submission to its outcome, without a socket.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netlane::wire::Message;
use netlane_benches::messages;
use netlane_proto::{Conversations, Datagram, Expect, Outcome, Profile, Sequence, Sink, Timing};

/// Counts what ends.
#[derive(Default)]
struct Ended(u64);

impl Sink<u64> for Ended {
    fn finished(&mut self, data: &mut u64, _: Sequence, _: &Outcome<'_>) {
        self.0 += *data;
    }
}

fn conversations() -> Conversations<u64> {
    Conversations::new(Profile::kernel(100), 7)
}

/// The ACK of a sequence number, into a buffer that keeps its memory.
fn acknowledge(sequence: Sequence, bytes: &mut Vec<u8>) {
    let (kind, capped) = (2u32, 0x100u32 << 16);
    for word in [36, kind | capped, sequence.get(), 100, 0] {
        bytes.extend(u32::to_ne_bytes(word));
    }
    for word in [16, 0x0005_0001, sequence.get(), 100] {
        bytes.extend(u32::to_ne_bytes(word));
    }
}

fn one(criterion: &mut Criterion) {
    let (mut lane, mut ended, mut bytes) = (conversations(), Ended::default(), Vec::new());
    criterion.bench_function("one request and its ACK", |bencher| {
        bencher.iter(|| {
            let sequence = lane.submit(Expect::Acknowledgement, Timing::Synchronous, 0, 1);
            lane.sent(sequence);
            bytes.clear();
            acknowledge(sequence, &mut bytes);
            lane.receive(&Datagram::from_kernel(black_box(&bytes)), &mut ended);
            lane.take(sequence)
        });
    });
}

fn many(criterion: &mut Criterion) {
    const IN_FLIGHT: u32 = 256;
    let (mut lane, mut ended, mut bytes) = (conversations(), Ended::default(), Vec::new());
    let mut group = criterion.benchmark_group("many");
    group.throughput(Throughput::Elements(IN_FLIGHT.into()));
    group.bench_function("256 requests in flight", |bencher| {
        let mut sequences = Vec::new();
        bencher.iter(|| {
            sequences.clear();
            bytes.clear();
            for _ in 0..IN_FLIGHT {
                let sequence = lane.submit(Expect::Acknowledgement, Timing::Synchronous, 0, 1);
                sequences.push(sequence);
                acknowledge(sequence, &mut bytes);
            }
            for sequence in &sequences {
                lane.sent(*sequence);
            }
            for ack in bytes.chunks(36) {
                lane.receive(&Datagram::from_kernel(black_box(ack)), &mut ended);
            }
            let mark = lane.mark();
            lane.empty(mark, &mut ended);
            sequences.iter().filter_map(|s| lane.take(*s)).sum::<u64>()
        });
    });
}

/// What nobody asked for is told apart from an answer.
fn stray(criterion: &mut Criterion) {
    let (mut lane, mut ended) = (conversations(), Ended::default());
    let bytes = Message::finish(messages::add_route(1, 1)).expect("a route");
    criterion.bench_function("an unsolicited frame", |bencher| {
        bencher.iter(|| lane.receive(&Datagram::from_kernel(black_box(&bytes)), &mut ended));
    });
}

criterion_group! {
    name = correlator;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = one, many, stray
}
criterion_main!(correlator);

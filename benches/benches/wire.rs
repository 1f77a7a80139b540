//! netlane-wire alone: walking a datagram, building a request, reading control messages. Mirrors
//! what the transport does with each message; needs no kernel.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netlane::wire::{Control, Frame, FrameView, Frames, set_sequence_port};
use netlane_benches::messages;

/// Frames of one datagram.
const FRAMES: u32 = 200;

/// A datagram of routes, as a dump brings them.
fn datagram() -> Vec<u8> {
    let mut bytes = Vec::new();
    for i in 0..FRAMES {
        bytes.extend(messages::add_route(i, 1).finish().expect("a route"));
    }
    bytes
}

fn walk(criterion: &mut Criterion) {
    let datagram = datagram();
    let mut group = criterion.benchmark_group("walk");
    group.throughput(Throughput::Elements(FRAMES.into()));
    group.bench_function("frames", |bencher| {
        bencher.iter(|| Frames::new(black_box(&datagram)).flatten().count());
    });
    group.bench_function("frames and two attributes", |bencher| {
        bencher.iter(|| {
            let frames = Frames::new(black_box(&datagram)).flatten();
            frames.map(messages::read_route).fold(0, u64::wrapping_add)
        });
    });
    group.bench_function("owned frames", |bencher| {
        bencher.iter(|| {
            let frames = Frames::new(black_box(&datagram)).flatten();
            frames.map(|frame| frame.to_frame()).collect::<Vec<Frame>>()
        });
    });
}

fn build(criterion: &mut Criterion) {
    criterion.bench_function("build a route request", |bencher| {
        bencher.iter(|| {
            let message = messages::add_route(black_box(7), black_box(1));
            let mut bytes = message.finish().expect("a request");
            set_sequence_port(&mut bytes, 7, 9);
            bytes
        });
    });
}

fn control(criterion: &mut Criterion) {
    let ack = acknowledgement(1, 0, &[]);
    // NLMSGERR_ATTR_MSG with 20 bytes.
    let report = [&[24, 0, 1, 0][..], b"no such thing here!\0"].concat();
    let refusal = acknowledgement(1, -22, &report);
    criterion.bench_function("read an acknowledgement", |bencher| {
        bencher.iter(|| errno(black_box(&ack)));
    });
    criterion.bench_function("read a refusal with its message", |bencher| {
        bencher.iter(|| {
            let frame = FrameView::new(black_box(&refusal)).expect("a frame");
            match frame.control() {
                Control::Ack(ack) => ack.extended().into_owned().message.map(|text| text.len()),
                _ => None,
            }
        });
    });
}

fn errno(bytes: &[u8]) -> i32 {
    match FrameView::new(bytes).expect("a frame").control() {
        Control::Ack(ack) => ack.errno(),
        _ => i32::MIN,
    }
}

/// `NLMSG_ERROR` as the kernel writes it under `NETLINK_CAP_ACK`.
fn acknowledgement(sequence: u32, error: i32, report: &[u8]) -> Vec<u8> {
    let len = u32::try_from(36 + report.len()).expect("a short report");
    // NLM_F_CAPPED, and NLM_F_ACK_TLVS if there is a report.
    let flags: u16 = if report.is_empty() { 0x100 } else { 0x300 };
    let mut bytes = Vec::new();
    bytes.extend(len.to_ne_bytes());
    bytes.extend(2u16.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(100u32.to_ne_bytes());
    bytes.extend(error.to_ne_bytes());
    bytes.extend(20u32.to_ne_bytes());
    bytes.extend(24u16.to_ne_bytes());
    bytes.extend(5u16.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(100u32.to_ne_bytes());
    bytes.extend(report);
    bytes
}

criterion_group! {
    name = wire;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = walk, build, control
}
criterion_main!(wire);

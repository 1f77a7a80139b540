//! Requests one after the other, from many tasks, and from idle.

use std::sync::Arc;
use std::time::{Duration, Instant};

use netlane::wire::{FrameView, Message};
use netlane::{Handle, Protocol};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::{Interval, MissedTickBehavior};

use super::{Failure, Scale, as_task, current_thread, multi_thread};
use crate::baseline::Blocking;
use crate::measure::{Sample, round};
use crate::messages;
use crate::report::{Row, Target};

/// NOOP with ACK, one after the other.
pub fn ping(scale: Scale) -> Result<Vec<Row>, Failure> {
    both(
        "ping",
        messages::ping,
        scale.requests,
        1,
        scale.rounds,
        [0.85, 0.75],
    )
}

/// `RTM_GETLINK`, one after the other, parsed.
pub fn get_link(scale: Scale) -> Result<Vec<Row>, Failure> {
    both(
        "getlink",
        messages::get_link,
        scale.requests / 3,
        1,
        scale.rounds,
        [0.92, 0.85],
    )
}

/// The same from 64 tasks on one handle.
pub fn get_link_64(scale: Scale) -> Result<Vec<Row>, Failure> {
    both(
        "getlink-64",
        messages::get_link,
        scale.requests / 3,
        64,
        scale.rounds,
        [1.0, 1.0],
    )
}

/// In how many short rounds each round is made. Of many, something else that
/// runs on the machine spoils only a few; but each of many tasks is to make some
/// requests in one.
pub const fn slices(tasks: u32) -> u32 {
    match tasks {
        1 => 10,
        _ => 2,
    }
}

fn both(
    name: &str,
    message: fn() -> Message,
    requests: u32,
    tasks: u32,
    rounds: usize,
    targets: [f64; 2],
) -> Result<Vec<Row>, Failure> {
    let (ct, mt) = (current_thread(), multi_thread());
    let mut samples: [Vec<Sample>; 3] = Default::default();
    let slices = slices(tasks);
    let requests = requests / slices;
    for _ in 0..rounds * slices as usize {
        samples[0].push(blocking(message, requests)?);
        samples[1].push(awaited(&ct, message, requests, tasks));
        samples[2].push(awaited(&mt, message, requests, tasks));
    }
    let [base, one, two] = &samples;
    Ok(vec![
        Row::new(name, "ct", Target::AtLeast(targets[0]), base, one),
        Row::new(name, "mt", Target::AtLeast(targets[1]), base, two),
    ])
}

/// The blocking side.
pub fn blocking(message: fn() -> Message, requests: u32) -> Result<Sample, Failure> {
    let mut client = Blocking::open();
    let mut failed = None;
    let sample = round(requests.into(), || {
        for _ in 0..requests {
            let read = |frame: FrameView<'_>| {
                std::hint::black_box(messages::read_link(frame));
            };
            if let Err(error) = client.request(message(), read) {
                failed = Some(error);
                return;
            }
        }
    });
    failed.map_or(Ok(sample), |error| Err(error.into()))
}

/// The same requests, spread over tasks.
pub fn awaited(runtime: &Runtime, message: fn() -> Message, requests: u32, tasks: u32) -> Sample {
    let handle = as_task(runtime, async move {
        let handle = netlane::spawn(Protocol::ROUTE).expect("a connection");
        handle.request(message()).await.expect("the first answer");
        handle
    });
    if tasks == 1 {
        return round(requests.into(), || {
            as_task(runtime, requests_in_a_row(handle, message, requests));
        });
    }
    let share = requests / tasks;
    timed_tasks(runtime, requests, tasks, move || {
        requests_in_a_row(handle.clone(), message, share)
    })
}

/// Tasks that are there before they are timed: to start them is no part of what they do.
pub fn timed_tasks<F: Future<Output = ()> + Send + 'static>(
    runtime: &Runtime,
    requests: u32,
    tasks: u32,
    task: impl Fn() -> F + Send + 'static,
) -> Sample {
    let (running, start) = as_task(runtime, async move {
        let start = Arc::new(Semaphore::new(0));
        let begun = |_| tokio::spawn(when_allowed(start.clone(), task()));
        ((0..tasks).map(begun).collect::<Vec<_>>(), start)
    });
    round(requests.into(), || {
        as_task(runtime, async move {
            start.add_permits(running.len());
            for task in running {
                task.await.expect("a task");
            }
        });
    })
}

async fn when_allowed(start: Arc<Semaphore>, task: impl Future<Output = ()>) {
    let _permit = start.acquire().await.expect("nobody closes it");
    task.await;
}

async fn requests_in_a_row(handle: Handle, message: fn() -> Message, requests: u32) {
    for _ in 0..requests {
        let answer = handle.request(message()).await.expect("an answer");
        for frame in &answer.replies {
            std::hint::black_box(messages::read_link(frame.view()));
        }
    }
}

/// One request in each millisecond: the median latency.
pub fn idle_latency(scale: Scale) -> Result<Vec<Row>, Failure> {
    let runtime = multi_thread();
    idle_row("idle-latency", Target::AtMost(1.8), scale, |requests| {
        as_task(&runtime, idle(requests))
    })
}

/// The latencies of some side beside those of a thread that sleeps.
pub fn idle_row(
    name: &str,
    target: Target,
    scale: Scale,
    ours: impl Fn(u32) -> Vec<Duration>,
) -> Result<Vec<Row>, Failure> {
    let requests = (scale.requests / 100).clamp(20, 500);
    let (mut base, mut other) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        let mut client = Blocking::open();
        client.request(messages::get_link(), |_| {})?;
        let mut due = Instant::now();
        let latencies = (0..requests).map(|_| {
            // Who comes late leaves out what he has missed, as the other side does.
            let now = Instant::now();
            due += BETWEEN;
            if due <= now {
                due = now + BETWEEN;
            }
            std::thread::sleep(due - now);
            idle_blocking(&mut client)
        });
        base.push(as_latency(latencies.collect::<Result<_, _>>()?));
        other.push(as_latency(ours(requests)));
    }
    let row = Row::new(name, "mt", target, &base, &other);
    // Operations per second of a median latency; the ratio is of latencies.
    Ok(vec![Row {
        ratio: 1.0 / row.ratio,
        range: (1.0 / row.range.1, 1.0 / row.range.0),
        ..row
    }])
}

/// How long one blocking request takes.
pub fn idle_blocking(client: &mut Blocking) -> std::io::Result<Duration> {
    let start = Instant::now();
    client.request(messages::get_link(), |_| {})?;
    Ok(start.elapsed())
}

/// The ticks of a task. A sleep of a millisecond would take tokio two, and what
/// has slept twice as long has lost more of the caches.
pub fn every_millisecond() -> Interval {
    let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + BETWEEN, BETWEEN);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

/// From one request to the next, on both sides.
const BETWEEN: Duration = Duration::from_millis(1);

async fn idle(requests: u32) -> Vec<Duration> {
    let handle = netlane::spawn(Protocol::ROUTE).expect("a connection");
    handle
        .request(messages::get_link())
        .await
        .expect("the first answer");
    let (mut latencies, mut ticks) = (Vec::new(), every_millisecond());
    for _ in 0..requests {
        ticks.tick().await;
        let start = Instant::now();
        handle
            .request(messages::get_link())
            .await
            .expect("an answer");
        latencies.push(start.elapsed());
    }
    latencies
}

/// A sample whose rate is that of the median latency.
fn as_latency(mut latencies: Vec<Duration>) -> Sample {
    latencies.sort();
    let elapsed = latencies
        .get(latencies.len() / 2)
        .copied()
        .unwrap_or_default();
    Sample {
        operations: 1,
        elapsed,
        latencies,
        ..Sample::default()
    }
}

//! The floor: the blocking calls of the other side inside a task that gives way
//! as often as netlane does. What is lost here the runtime takes, whatever
//! library is used. Rows that are shown, not judged.

use std::time::{Duration, Instant};

use netlane::wire::{FrameView, Message};

use super::requests::{blocking, every_millisecond, idle_blocking, idle_row, slices, timed_tasks};
use super::{Failure, Scale, as_task, current_thread, multi_thread};
use crate::baseline::Blocking;
use crate::messages;
use crate::report::{Row, Target};

/// What netlane lets a thread spend before it gives way.
const BUDGET: Duration = Duration::from_micros(500);

/// Requests one after the other, and from tasks with a socket each.
pub fn in_a_row(scale: Scale) -> Result<Vec<Row>, Failure> {
    let mut rows = both(
        "control-ping",
        messages::ping,
        scale.requests,
        1,
        scale.rounds,
    )?;
    let requests = scale.requests / 3;
    for (name, tasks) in [("control-getlink", 1), ("control-getlink-64", 64)] {
        rows.extend(both(
            name,
            messages::get_link,
            requests,
            tasks,
            scale.rounds,
        )?);
    }
    Ok(rows)
}

fn both(
    name: &str,
    message: fn() -> Message,
    requests: u32,
    tasks: u32,
    rounds: usize,
) -> Result<Vec<Row>, Failure> {
    let (ct, mt) = (current_thread(), multi_thread());
    let (mut base, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
    let slices = slices(tasks);
    let requests = requests / slices;
    for _ in 0..rounds * slices as usize {
        base.push(blocking(message, requests)?);
        for (runtime, samples) in [(&ct, &mut one), (&mt, &mut two)] {
            samples.push(timed_tasks(runtime, requests, tasks, move || {
                give_way(Blocking::open(), message, requests / tasks)
            }));
        }
    }
    Ok(vec![
        Row::new(name, "ct", Target::Shown, &base, &one),
        Row::new(name, "mt", Target::Shown, &base, &two),
    ])
}

async fn give_way(mut client: Blocking, message: fn() -> Message, requests: u32) {
    let mut since = Instant::now();
    for _ in 0..requests {
        let read = |frame: FrameView<'_>| {
            std::hint::black_box(messages::read_link(frame));
        };
        client.request(message(), read).expect("an answer");
        if since.elapsed() > BUDGET {
            tokio::task::yield_now().await;
            since = Instant::now();
        }
    }
}

/// One request in each millisecond: a task that tokio's timer wakes.
pub fn idle_latency(scale: Scale) -> Result<Vec<Row>, Failure> {
    let runtime = multi_thread();
    idle_row("control-idle", Target::Shown, scale, |requests| {
        as_task(&runtime, idle(requests))
    })
}

async fn idle(requests: u32) -> Vec<Duration> {
    let mut client = Blocking::open();
    let (mut latencies, mut ticks) = (Vec::new(), every_millisecond());
    for _ in 0..requests {
        ticks.tick().await;
        latencies.extend(idle_blocking(&mut client));
    }
    latencies
}

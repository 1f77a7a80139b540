//! What the rest of a program feels: the largest gap of a 1 ms ticker on a
//! runtime with one worker, less that of an idle ticker.

use std::time::{Duration, Instant};

use netlane::Protocol;
use netlane::wire::Message;
use netlane_testkit::Links;

use super::inserts::fill;
use super::{Failure, Scale, dumps};
use crate::baseline::Blocking;
use crate::measure::{Sample, largest_gap, median};
use crate::messages;
use crate::report::{Row, Target};

/// What every gap is to stay under, in ms above idle.
const LIMIT_MS: f64 = 3.0;
/// A median of fewer rounds says nothing about gaps.
const LEAST_ROUNDS: usize = 5;

fn rounds(scale: Scale) -> usize {
    if scale.rounds == 1 {
        1
    } else {
        scale.rounds.max(LEAST_ROUNDS)
    }
}

/// Interleaves the workload's rounds with idle ones of the same length.
fn gap<F: Future<Output = ()> + Send + 'static>(
    name: &str,
    scale: Scale,
    mut prepare: impl FnMut() -> Result<(), Failure>,
    mut body: impl FnMut() -> F,
) -> Result<Vec<Row>, Failure> {
    let rounds = rounds(scale);
    let (mut gaps, mut idles) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        prepare()?;
        let (gap, length) = largest_gap(&mut body);
        let (idle, _) = largest_gap(move || async move {
            tokio::time::sleep(length.max(Duration::from_millis(50))).await
        });
        gaps.push(gap.as_secs_f64() * 1e3);
        idles.push(idle.as_secs_f64() * 1e3);
    }
    Ok(vec![Row::gap(
        name,
        (median(gaps) - median(idles)).max(0.0),
        LIMIT_MS,
        rounds,
    )])
}

/// A dump of many routes: of all tables, and of the one they are in. Of all, the
/// kernel walks the tree of the main table once more for the local one, which
/// shares it, and finds next to nothing to end a part with: one long receive call.
pub fn dump(scale: Scale) -> Result<Vec<Row>, Failure> {
    fill(scale.routes)?;
    let mut rows = gap_of_dump("dump-gap", messages::dump_routes, scale)?;
    rows.extend(gap_of_dump(
        "dump-main-gap",
        messages::dump_main_table,
        scale,
    )?);
    Ok(rows)
}

fn gap_of_dump(name: &str, request: fn() -> Message, scale: Scale) -> Result<Vec<Row>, Failure> {
    gap(
        name,
        scale,
        || Ok(()),
        move || async move {
            let handle = netlane::spawn(Protocol::ROUTE).expect("a connection");
            dumps::chunks(handle, request(), scale.routes).await;
        },
    )
}

/// 64 tasks that issue `RTM_GETLINK` at once.
pub fn get_link_64(scale: Scale) -> Result<Vec<Row>, Failure> {
    gap(
        "getlink-64-gap",
        scale,
        || Ok(()),
        || async move {
            let handle = netlane::spawn(Protocol::ROUTE).expect("a connection");
            let tasks: Vec<_> = (0..64)
                .map(|_| {
                    let handle = handle.clone();
                    tokio::spawn(async move {
                        for _ in 0..scale.requests / 64 / 4 {
                            handle
                                .request(messages::get_link())
                                .await
                                .expect("an answer");
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.expect("a task");
            }
        },
    )
}

/// veth pairs deleted one by one.
pub fn delete_one_by_one(scale: Scale) -> Result<Vec<Row>, Failure> {
    gap(
        "delete-gap",
        scale,
        || make_links(scale.links),
        || async move {
            let handle = netlane::spawn(Protocol::ROUTE).expect("a connection");
            for i in 0..scale.links {
                handle
                    .request(messages::delete_link(&name(i)))
                    .await
                    .expect("a link is deleted");
            }
        },
    )
}

/// veth pairs deleted from as many tasks at once.
pub fn delete_at_once(scale: Scale) -> Result<Vec<Row>, Failure> {
    gap(
        "delete-at-once-gap",
        scale,
        || make_links(scale.links),
        || delete_all(scale.links),
    )
}

/// veth pairs deleted by independent requests: the total time.
pub fn delete_independent(scale: Scale) -> Result<Vec<Row>, Failure> {
    let runtime = super::multi_thread();
    let (mut base, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds.min(3) {
        make_links(scale.links)?;
        let mut client = Blocking::open();
        let start = Instant::now();
        for i in 0..scale.links {
            client.request(messages::delete_link(&name(i)), |_| {})?;
        }
        base.push(sample(scale.links, start));
        make_links(scale.links)?;
        let start = Instant::now();
        super::as_task(&runtime, delete_all(scale.links));
        ours.push(sample(scale.links, start));
    }
    Ok(vec![Row::new(
        "delete-independent",
        "mt",
        Target::AtLeast(3.5),
        &base,
        &ours,
    )])
}

async fn delete_all(links: u32) {
    let handle = netlane::spawn(Protocol::ROUTE).expect("a connection");
    let tasks: Vec<_> = (0..links)
        .map(|i| {
            let handle = handle.clone();
            tokio::spawn(async move {
                handle
                    .request(messages::delete_link(&name(i)))
                    .await
                    .expect("a link is deleted");
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
}

fn sample(operations: u32, start: Instant) -> Sample {
    Sample {
        operations: operations.into(),
        elapsed: start.elapsed(),
        ..Sample::default()
    }
}

fn name(i: u32) -> String {
    format!("v{i}")
}

/// Makes pairs that are up: deleting those waits for grace periods.
fn make_links(links: u32) -> Result<(), Failure> {
    let mut setup = Links::open()?;
    for i in 0..links {
        let (one, two) = (name(i), format!("w{i}"));
        setup.veth(&one, &two)?;
        setup.set_up(&one)?;
        setup.set_up(&two)?;
    }
    Ok(())
}

//! Acknowledged changes: route inserts as a batch and in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use netlane::wire::Message;
use netlane::{Handle, Protocol};

use super::dumps::connect;
use super::{Failure, Scale, as_task, current_thread, multi_thread};
use crate::baseline::Blocking;
use crate::measure::{Sample, round};
use crate::messages;
use crate::report::{Row, Target};

/// The loopback device's index in a fresh namespace.
const LOOPBACK: u32 = 1;

/// Inserts by the batch API.
pub fn batch(scale: Scale) -> Result<Vec<Row>, Failure> {
    both("insert-batch", scale, [1.15, 1.15], |handle, routes| {
        Box::pin(insert_batch(handle, routes))
    })
}

/// Inserts as 256 independent requests in flight.
pub fn in_flight(scale: Scale) -> Result<Vec<Row>, Failure> {
    both("insert-256", scale, [1.0, 1.0], |handle, routes| {
        Box::pin(insert_in_flight(handle, routes))
    })
}

type Insert = fn(Handle, u32) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn both(name: &str, scale: Scale, targets: [f64; 2], insert: Insert) -> Result<Vec<Row>, Failure> {
    let routes = scale.routes;
    let (ct, mt) = (current_thread(), multi_thread());
    let (one, two) = (connect(&ct), connect(&mt));
    let mut samples: [Vec<Sample>; 3] = Default::default();
    // The table is as full for each round as for the first: inserts replace.
    fill(routes)?;
    for _ in 0..scale.rounds {
        samples[0].push(blocking(routes)?);
        samples[1].push(round(routes.into(), || {
            as_task(&ct, insert(one.clone(), routes))
        }));
        samples[2].push(round(routes.into(), || {
            as_task(&mt, insert(two.clone(), routes))
        }));
    }
    let [base, ct, mt] = &samples;
    Ok(vec![
        Row::new(name, "ct", Target::AtLeast(targets[0]), base, ct),
        Row::new(name, "mt", Target::AtLeast(targets[1]), base, mt),
    ])
}

fn blocking(routes: u32) -> Result<Sample, Failure> {
    let mut client = Blocking::open();
    let mut failed = None;
    let sample = round(routes.into(), || {
        for i in 0..routes {
            if let Err(error) = client.request(messages::add_route(i, LOOPBACK), |_| {}) {
                failed = Some(error);
                return;
            }
        }
    });
    failed.map_or(Ok(sample), |error| Err(error.into()))
}

async fn insert_batch(handle: Handle, routes: u32) {
    let messages = (0..routes).map(|i| messages::add_route(i, LOOPBACK));
    let outcomes = handle.batch(messages).await;
    assert!(
        outcomes.iter().all(Result::is_ok),
        "every route is inserted"
    );
}

async fn insert_in_flight(handle: Handle, routes: u32) {
    let next = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..256)
        .map(|_| {
            let (handle, next) = (handle.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= routes {
                        return;
                    }
                    let message = messages::add_route(i, LOOPBACK);
                    handle.request(message).await.expect("a route is inserted");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
}

/// Puts so many routes into the table.
pub fn fill(routes: u32) -> Result<(), Failure> {
    change(routes, messages::add_route)
}

/// Takes them out.
pub fn empty(routes: u32) -> Result<(), Failure> {
    change(routes, messages::delete_route)
}

fn change(routes: u32, message: fn(u32, u32) -> Message) -> Result<(), Failure> {
    let runtime = current_thread();
    let outcomes = runtime.block_on(async {
        let handle = netlane::spawn(Protocol::ROUTE)?;
        Ok::<_, netlane::Error>(
            handle
                .batch((0..routes).map(|i| message(i, LOOPBACK)))
                .await,
        )
    })?;
    match outcomes.into_iter().find_map(Result::err) {
        // A route that is not there needs no deleting.
        Some(error) if error.errno() != Some(3) => Err(error.into()),
        _ => Ok(()),
    }
}

//! How cost grows with size: the ratio to blocking *at the same size*, from
//! the smallest to the largest.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use futures::StreamExt;
use netlane::sys::{Address, Socket, SocketKind};
use netlane::wire::{Flags, Message};
use netlane::{Builder, Notice, Protocol};

use super::inserts::{empty, fill};
use super::requests::awaited;
use super::{Failure, Scale, as_task, current_thread, dumps};
use crate::baseline::Blocking;
use crate::measure::{Sample, round};
use crate::messages;
use crate::report::{Row, Target};

/// How much of the ratio at the smallest size every size is to keep.
const FLAT: f64 = 0.8;

/// Sizes from `least` to `most`, by tens.
fn sizes(least: u32, most: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(least), move |size| {
        size.checked_mul(10).filter(|next| *next <= most)
    })
}

/// Dumps of ever larger tables.
pub fn routes(scale: Scale) -> Result<Vec<Row>, Failure> {
    let runtime = current_thread();
    let handle = dumps::connect(&runtime);
    let mut rows = Vec::new();
    // What other workloads have left.
    empty(scale.routes)?;
    for size in sizes(1000, scale.most_routes) {
        fill(size)?;
        let (mut base, mut ours) = (Vec::new(), Vec::new());
        // A small table is read in a moment: more of them say as much.
        for _ in 0..(100_000 / size).clamp(3, 30) {
            base.push(dumps::blocking(size)?);
            let dump = dumps::chunks(handle.clone(), messages::dump_routes(), size);
            ours.push(round(size.into(), || as_task(&runtime, dump)));
        }
        rows.push(Row::new(
            format!("routes {size}"),
            "ct",
            Target::Shown,
            &base,
            &ours,
        ));
    }
    empty(
        rows.len()
            .try_into()
            .map(|n| 1000 * 10u32.pow(n) / 10)
            .unwrap_or(0),
    )?;
    rows.push(Row::flat("routes, all sizes", FLAT, &rows));
    Ok(rows)
}

/// Requests from ever more tasks.
pub fn tasks(scale: Scale) -> Result<Vec<Row>, Failure> {
    let runtime = current_thread();
    let requests = scale.requests / 3;
    let mut rows = Vec::new();
    for size in sizes(1, scale.most_tasks) {
        let (mut base, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..scale.rounds.min(3) {
            base.push(blocking(requests)?);
            ours.push(awaited(&runtime, messages::get_link, requests, size));
        }
        rows.push(Row::new(
            format!("tasks {size}"),
            "ct",
            Target::Shown,
            &base,
            &ours,
        ));
    }
    rows.push(Row::flat("tasks, all sizes", FLAT, &rows));
    Ok(rows)
}

fn blocking(requests: u32) -> Result<Sample, Failure> {
    let mut client = Blocking::open();
    let start = Instant::now();
    for _ in 0..requests {
        client.request(messages::get_link(), |_| {})?;
    }
    let elapsed = start.elapsed();
    Ok(Sample {
        operations: requests.into(),
        elapsed,
        ..Sample::default()
    })
}

/// One group with ever more subscribers: per delivered event.
pub fn subscribers(scale: Scale) -> Result<Vec<Row>, Failure> {
    let runtime = current_thread();
    let mut rows = Vec::new();
    for size in sizes(1, scale.most_peers) {
        let events = (scale.requests / size).max(100);
        let (mut base, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..scale.rounds.min(3) {
            base.push(hear_blocking(events, size)?);
            ours.push(as_task(&runtime, hear(events, size))?);
        }
        rows.push(Row::new(
            format!("subscribers {size}"),
            "ct",
            Target::Shown,
            &base,
            &ours,
        ));
    }
    rows.push(Row::flat("subscribers, all sizes", FLAT, &rows));
    Ok(rows)
}

/// A message to group 1 of USERSOCK.
fn announce(socket: &Socket) -> std::io::Result<()> {
    let bytes = Message::raw(100, Flags::empty(), &[7; 64])
        .finish()
        .map_err(std::io::Error::other)?;
    let group = Address::group(1).map_err(std::io::Error::other)?;
    match socket.send_to(&bytes, group) {
        // After the multicast: USERSOCK has no kernel to take the unicast copy.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Ok(()),
        result => result.map(drop),
    }
}

/// Every event read once by one socket, copied once, and handed to each
/// subscriber through a bounded queue of its own: what a blocking program with
/// so many subscribers does.
fn hear_blocking(events: u32, subscribers: u32) -> Result<Sample, Failure> {
    let (from, to) = (bound(0)?, bound(1)?);
    let mut buffer = vec![0; 32 * 1024];
    let queues: Vec<_> = (0..subscribers).map(|_| sync_channel(64)).collect();
    let start = Instant::now();
    for _ in 0..events {
        announce(&from)?;
        let received = to.recv(&mut buffer)?;
        let event: Arc<[u8]> = Arc::from(&buffer[..received.len]);
        for (sender, _) in &queues {
            sender.send(Arc::clone(&event))?;
        }
        for (_, receiver) in &queues {
            drop(std::hint::black_box(receiver.recv()?));
        }
    }
    let operations = u64::from(events) * u64::from(subscribers);
    Ok(Sample {
        operations,
        elapsed: start.elapsed(),
        ..Sample::default()
    })
}

fn bound(group: u32) -> Result<Socket, Failure> {
    let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw)?;
    socket.bind(Address::KERNEL)?;
    if group != 0 {
        socket.add_membership(group)?;
    }
    Ok(socket)
}

async fn hear(events: u32, subscribers: u32) -> Result<Sample, Failure> {
    let handle = Builder::new(Protocol::USERSOCK).spawn()?;
    let mut subscriptions = Vec::new();
    for _ in 0..subscribers {
        subscriptions.push(handle.subscribe([1]).await?);
    }
    // The Connection has its first turn, as it has in any program: until then
    // a subscriber would read for itself.
    handle.barrier(&subscriptions[0]).await?;
    tokio::task::yield_now().await;
    let from = bound(0)?;
    let start = Instant::now();
    for _ in 0..events {
        announce(&from)?;
        for subscription in &mut subscriptions {
            match subscription.next().await {
                Some(Ok(Notice::Event(event))) => drop(std::hint::black_box(event)),
                other => return Err(format!("no event but {other:?}").into()),
            }
        }
    }
    let operations = u64::from(events) * u64::from(subscribers);
    Ok(Sample {
        operations,
        elapsed: start.elapsed(),
        ..Sample::default()
    })
}

/// Requests spread over ever more connections.
pub fn connections(scale: Scale) -> Result<Vec<Row>, Failure> {
    let runtime = current_thread();
    let requests = scale.requests / 3;
    let mut rows = Vec::new();
    for size in sizes(1, scale.most_peers) {
        let (mut base, mut ours) = (Vec::new(), Vec::new());
        let mut clients: Vec<_> = (0..size).map(|_| Blocking::open()).collect();
        let handles: Vec<_> = (0..size).map(|_| dumps::connect(&runtime)).collect();
        for _ in 0..scale.rounds.min(3) {
            let start = Instant::now();
            for i in 0..requests {
                clients[(i % size) as usize].request(messages::get_link(), |_| {})?;
            }
            let elapsed = start.elapsed();
            base.push(Sample {
                operations: requests.into(),
                elapsed,
                ..Sample::default()
            });
            let handles = handles.clone();
            ours.push(round(requests.into(), || {
                as_task(&runtime, async move {
                    for i in 0..requests {
                        let handle = &handles[(i % size) as usize];
                        handle
                            .request(messages::get_link())
                            .await
                            .expect("an answer");
                    }
                });
            }));
        }
        rows.push(Row::new(
            format!("connections {size}"),
            "ct",
            Target::Shown,
            &base,
            &ours,
        ));
    }
    rows.push(Row::flat("connections, all sizes", FLAT, &rows));
    Ok(rows)
}

//! The workloads, and what a library must do for each. Owns the rounds and their interleaving.

use std::sync::Arc;

use async_trait::async_trait;
use netlane_benches::baseline::Blocking;
use netlane_benches::measure::{Sample, round};
use netlane_benches::messages;
use netlane_benches::report::{Row, Target};
use netlane_benches::workloads::{Failure, as_task, current_thread, dumps, inserts, multi_thread};
use tokio::runtime::Runtime;

use crate::batch_tool;

/// A library, connected to the kernel's routing protocol.
#[async_trait]
pub trait Library: Send + Sync {
    /// `RTM_GETLINK` of the loopback device; name and MTU are read.
    async fn get_link(&self) -> Result<u64, Failure>;

    /// A dump of all IPv4 routes; destination and interface of each are read. How many there were.
    async fn dump_routes(&self) -> Result<u32, Failure>;

    /// `RTM_NEWROUTE` of the `i`-th route, acknowledged.
    async fn add_route(&self, i: u32) -> Result<(), Failure>;

    /// So many routes by the library's way of batching; `None` if it has none.
    async fn add_routes(&self, routes: u32) -> Option<Result<(), Failure>>;
}

/// How a library is connected; called on the runtime that drives it.
pub type Connect = fn() -> Result<Arc<dyn Library>, Failure>;

const LIBRARIES: [(&str, Connect); 5] = [
    ("netlane", crate::netlane_handle::connect),
    ("rtnetlink", crate::rtnetlink_handle::connect),
    ("neli", crate::neli_router::connect),
    ("nlink", crate::nlink_connection::connect),
    ("netlink-socket2", crate::socket2::connect),
];

/// Tasks that issue requests at once.
const TASKS: u32 = 64;

/// What is measured.
#[derive(Clone, Copy)]
enum Work {
    GetLink,
    GetLinkFromTasks,
    Dump,
    Inserts,
    Batch,
}

/// Sizes of one round.
#[derive(Clone, Copy)]
struct Sizes {
    rounds: usize,
    requests: u32,
    routes: u32,
}

/// Runs everything.
pub fn run(rounds: usize, requests: u32, routes: u32) -> Result<Vec<Row>, Failure> {
    let sizes = Sizes {
        rounds,
        requests,
        routes,
    };
    let works = [
        ("getlink", Work::GetLink),
        ("getlink-64", Work::GetLinkFromTasks),
        ("insert", Work::Inserts),
        ("insert-batch", Work::Batch),
        ("dump", Work::Dump),
    ];
    let runtimes = [("ct", current_thread()), ("mt", multi_thread())];
    let mut rows = Vec::new();
    for (name, work) in works {
        for (label, runtime) in &runtimes {
            eprint!("\r\x1b[K{name} {label}");
            rows.extend(compare((name, work), (label, runtime), sizes)?);
        }
    }
    eprintln!("\r\x1b[K{rounds} rounds each");
    Ok(rows)
}

/// One workload on one runtime: every library beside the blocking loop.
fn compare(
    (name, work): (&str, Work),
    (label, runtime): (&'static str, &Runtime),
    sizes: Sizes,
) -> Result<Vec<Row>, Failure> {
    inserts::empty(sizes.routes)?;
    let mut base = Vec::new();
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); LIBRARIES.len() + 1];
    for _ in 0..sizes.rounds {
        base.push(around(work, sizes, || blocking(work, sizes))?);
        for ((_, connect), samples) in LIBRARIES.iter().zip(&mut samples) {
            samples.extend(around(work, sizes, || {
                awaited(work, runtime, *connect, sizes)
            })?);
        }
        // A program of its own, so one runtime's rows are enough.
        if let (Work::Batch, Some(samples), "ct") = (work, samples.last_mut(), label) {
            samples.push(around(work, sizes, || batch_tool::insert(sizes.routes))?);
        }
    }
    let names = LIBRARIES.iter().map(|(name, _)| *name).chain(["ip -batch"]);
    let rows = names
        .zip(&samples)
        .filter(|(_, samples)| !samples.is_empty());
    Ok(rows
        .map(|(library, samples)| {
            let workload = format!("{name} {library}");
            Row::new(workload, label, Target::Shown, &base, samples)
        })
        .collect())
}

/// Runs one round with the table as the workload needs it: full for a dump, empty for inserts.
fn around<T>(
    work: Work,
    sizes: Sizes,
    body: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    match work {
        Work::Dump => inserts::fill(sizes.routes)?,
        Work::Inserts | Work::Batch => inserts::empty(sizes.routes)?,
        Work::GetLink | Work::GetLinkFromTasks => {}
    }
    body()
}

fn blocking(work: Work, sizes: Sizes) -> Result<Sample, Failure> {
    let (count, message): (u32, fn(u32) -> netlane::wire::Message) = match work {
        Work::Dump => return dumps::blocking(sizes.routes),
        Work::Inserts | Work::Batch => (sizes.routes, |i| messages::add_route(i, 1)),
        Work::GetLink | Work::GetLinkFromTasks => (sizes.requests, |_| messages::get_link()),
    };
    let mut client = Blocking::open();
    let mut done = Ok(());
    let sample = round(count.into(), || {
        done = (0..count).try_for_each(|i| {
            client.request(message(i), |frame| {
                std::hint::black_box(messages::read_link(frame));
            })
        });
    });
    done?;
    Ok(sample)
}

/// A library's round; `None` if it does not offer that.
fn awaited(
    work: Work,
    runtime: &Runtime,
    connect: Connect,
    sizes: Sizes,
) -> Result<Option<Sample>, Failure> {
    let library = as_task(runtime, async move {
        let library = connect()?;
        library.get_link().await?;
        Ok::<_, Failure>(library)
    })?;
    let count = match work {
        Work::GetLink | Work::GetLinkFromTasks => sizes.requests,
        _ => sizes.routes,
    };
    let mut outcome = None;
    let sample = round(count.into(), || {
        outcome = as_task(runtime, perform(work, library, sizes));
    });
    outcome.map(|done| done.map(|()| sample)).transpose()
}

async fn perform(
    work: Work,
    library: Arc<dyn Library>,
    sizes: Sizes,
) -> Option<Result<(), Failure>> {
    match work {
        Work::GetLink => Some(get_links(library, sizes.requests).await),
        Work::GetLinkFromTasks => Some(from_tasks(library, sizes.requests).await),
        Work::Dump => Some(dump(library, sizes.routes).await),
        Work::Inserts => Some(insert(library, sizes.routes).await),
        Work::Batch => library.add_routes(sizes.routes).await,
    }
}

async fn get_links(library: Arc<dyn Library>, requests: u32) -> Result<(), Failure> {
    for _ in 0..requests {
        std::hint::black_box(library.get_link().await?);
    }
    Ok(())
}

async fn from_tasks(library: Arc<dyn Library>, requests: u32) -> Result<(), Failure> {
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| tokio::spawn(get_links(Arc::clone(&library), requests / TASKS)))
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn dump(library: Arc<dyn Library>, routes: u32) -> Result<(), Failure> {
    match library.dump_routes().await? {
        seen if seen < routes => Err(format!("{seen} of {routes} routes").into()),
        _ => Ok(()),
    }
}

async fn insert(library: Arc<dyn Library>, routes: u32) -> Result<(), Failure> {
    for i in 0..routes {
        library.add_route(i).await?;
    }
    Ok(())
}

/// The destination of the `i`-th route.
pub fn destination(i: u32) -> std::net::Ipv4Addr {
    (0x0a00_0000 + i).into()
}

//! The workloads and the order in which they run. Each file owns one family of
//! them; both sides of a workload do the same work.

mod controls;
pub mod dumps;
mod gaps;
mod growth;
pub mod inserts;
mod requests;
mod types;

use std::future::Future;

use crate::report::Row;

/// What went wrong, for people.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sizes and rounds.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub rounds: usize,
    /// Requests of one round of the smallest workload.
    pub requests: u32,
    pub routes: u32,
    pub links: u32,
    /// Largest sizes of the growth workloads.
    pub most_routes: u32,
    pub most_tasks: u32,
    pub most_peers: u32,
}

impl Scale {
    /// One round of the smallest sizes: shows that it works, and no figure.
    pub const SMOKE: Self = Self {
        rounds: 1,
        requests: 500,
        routes: 500,
        links: 4,
        most_routes: 1000,
        most_tasks: 10,
        most_peers: 10,
    };
    /// Ends within a minute.
    pub const QUICK: Self = Self {
        rounds: 5,
        requests: 20_000,
        routes: 20_000,
        links: 30,
        most_routes: 10_000,
        most_tasks: 1000,
        most_peers: 100,
    };
    /// For figures.
    pub const FULL: Self = Self {
        rounds: 7,
        requests: 100_000,
        routes: 100_000,
        links: 200,
        most_routes: 1_000_000,
        most_tasks: 10_000,
        most_peers: 1000,
    };
}

type Workload = fn(Scale) -> Result<Vec<Row>, Failure>;

const ALL: &[(&str, Workload)] = &[
    ("ping", requests::ping),
    ("getlink", requests::get_link),
    ("getlink-64", requests::get_link_64),
    ("idle-latency", requests::idle_latency),
    ("control-requests", controls::in_a_row),
    ("control-idle", controls::idle_latency),
    ("insert-batch", inserts::batch),
    ("insert-256", inserts::in_flight),
    ("dump", dumps::dump),
    ("dump-gap", gaps::dump),
    ("getlink-64-gap", gaps::get_link_64),
    ("delete-gap", gaps::delete_one_by_one),
    ("delete-at-once-gap", gaps::delete_at_once),
    ("delete-independent", gaps::delete_independent),
    ("decode", types::decode),
    ("encode", types::encode),
    ("growth-routes", growth::routes),
    ("growth-tasks", growth::tasks),
    ("growth-subscribers", growth::subscribers),
    ("growth-connections", growth::connections),
];

/// Runs the workloads whose names contain `only`, with a line of progress.
///
/// # Errors
///
/// The first workload's that fails, or that there is none of that name.
pub fn run(scale: Scale, only: Option<&str>) -> Result<Vec<Row>, Failure> {
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only));
    let chosen: Vec<_> = ALL.iter().filter(|(name, _)| wanted(name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        return Err(format!("no such workload; there are {}", names.join(", ")).into());
    }
    let mut rows = Vec::new();
    for (index, (name, workload)) in chosen.iter().enumerate() {
        eprint!("\r\x1b[K[{}/{}] {name}", index + 1, chosen.len());
        rows.extend(workload(scale)?);
    }
    eprintln!(
        "\r\x1b[K{} workloads, {} rounds each",
        chosen.len(),
        scale.rounds
    );
    Ok(rows)
}

/// A runtime with one thread.
pub fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A runtime with two workers.
pub fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Runs a future as a task, so that it is on a worker of either runtime.
pub fn as_task<T: Send + 'static>(
    runtime: &tokio::runtime::Runtime,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.block_on(async { tokio::spawn(future).await.expect("the workload") })
}

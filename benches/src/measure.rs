//! Time, processor time and memory of one round, and what several rounds say.

use std::future::Future;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// One round of one side.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub operations: u64,
    pub elapsed: Duration,
    pub user: Duration,
    pub system: Duration,
    pub rss_growth_kib: i64,
    /// Latencies of single operations, where they were taken.
    pub latencies: Vec<Duration>,
}

impl Sample {
    pub fn per_second(&self) -> f64 {
        self.operations as f64 / self.elapsed.as_secs_f64()
    }
}

/// Runs a round and measures it around.
pub fn round(operations: u64, body: impl FnOnce()) -> Sample {
    let (rss, cpu, start) = (rss_kib(), cpu(), Instant::now());
    body();
    let elapsed = start.elapsed();
    let after = self::cpu();
    Sample {
        operations,
        elapsed,
        user: after.0.saturating_sub(cpu.0),
        system: after.1.saturating_sub(cpu.1),
        rss_growth_kib: rss_kib() - rss,
        latencies: Vec::new(),
    }
}

/// User and system time of this process.
fn cpu() -> (Duration, Duration) {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return Default::default();
    };
    let time = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or_default())
            + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
    };
    (time(usage.user_time()), time(usage.system_time()))
}

/// Resident memory of this process.
pub fn rss_kib() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0i64) * 4
}

/// The median.
pub fn median(mut values: Vec<f64>) -> f64 {
    percentile(&mut values, 0.5)
}

/// A percentile; sorts.
pub fn percentile(values: &mut [f64], fraction: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = ((values.len().max(1) - 1) as f64 * fraction).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// The largest gap between the ticks of a 1 ms ticker while a future runs, on
/// a runtime with one worker.
pub fn largest_gap<F: Future<Output = ()> + Send + 'static>(
    body: impl FnOnce() -> F,
) -> (Duration, Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let body = body();
    runtime.block_on(async move {
        let ticker = tokio::spawn(tick());
        // The ticker's own start is no gap.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let start = Instant::now();
        let work = tokio::spawn(body);
        work.await.expect("the workload");
        let elapsed = start.elapsed();
        TICKING.store(false, std::sync::atomic::Ordering::SeqCst);
        (ticker.await.expect("the ticker"), elapsed)
    })
}

static TICKING: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);

async fn tick() -> Duration {
    TICKING.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut interval = tokio::time::interval(Duration::from_millis(1));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut last, mut largest) = (Instant::now(), Duration::ZERO);
    while TICKING.load(std::sync::atomic::Ordering::SeqCst) {
        interval.tick().await;
        largest = largest.max(last.elapsed());
        last = Instant::now();
    }
    largest
}

//! What is printed: the table, the JSON lines, whether each target is reached.

use std::time::Duration;

use crate::measure::{Sample, median, percentile};

/// Which way a figure is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// The ratio is to be at least this.
    AtLeast(f64),
    /// As `AtLeast`, and the process may grow by so many KiB at most.
    Lean(f64, f64),
    /// The ratio is to be at most this.
    AtMost(f64),
    /// Of several sizes: the lowest ratio is to be at least so much of that at
    /// the smallest size.
    Flat(f64),
    /// The largest gap above an idle ticker's is to be at most so many ms.
    GapMs(f64),
    /// Shown, not judged.
    Shown,
}

/// One workload's result.
#[derive(Clone, Debug)]
pub struct Row {
    pub workload: String,
    pub runtime: &'static str,
    pub rounds: usize,
    pub ops_per_s: f64,
    pub baseline_ops_per_s: f64,
    pub ratio: f64,
    pub range: (f64, f64),
    pub p50_us: f64,
    pub p99_us: f64,
    pub user_us: f64,
    pub system_us: f64,
    pub rss_growth_kib: f64,
    pub target: Target,
    /// Gap workloads: median of the largest gap less the idle one, in ms.
    pub gap_ms: Option<f64>,
}

impl Row {
    /// From interleaved rounds of both sides.
    pub fn new(
        workload: impl Into<String>,
        runtime: &'static str,
        target: Target,
        baseline: &[Sample],
        ours: &[Sample],
    ) -> Self {
        let rate = |samples: &[Sample]| median(samples.iter().map(Sample::per_second).collect());
        let mut ratios: Vec<f64> = ours
            .iter()
            .zip(baseline)
            .map(|(a, b)| a.per_second() / b.per_second())
            .collect();
        let ratio = percentile(&mut ratios, 0.5);
        let range = (percentile(&mut ratios, 0.0), percentile(&mut ratios, 1.0));
        // The kernel counts processor time in ticks: it takes all rounds to tell.
        let operations: f64 = ours.iter().map(|s| s.operations as f64).sum();
        let used = |time: fn(&Sample) -> Duration| {
            let total: Duration = ours.iter().map(time).sum();
            total.as_secs_f64() * 1e6 / operations
        };
        let mut latencies: Vec<f64> = ours
            .iter()
            .flat_map(|sample| &sample.latencies)
            .map(|latency| latency.as_secs_f64() * 1e6)
            .collect();
        let mean = 1e6 / rate(ours);
        let (p50_us, p99_us) = if latencies.is_empty() {
            (mean, f64::NAN)
        } else {
            (
                percentile(&mut latencies, 0.5),
                percentile(&mut latencies, 0.99),
            )
        };
        Self {
            workload: workload.into(),
            runtime,
            rounds: ours.len(),
            ops_per_s: rate(ours),
            baseline_ops_per_s: rate(baseline),
            ratio,
            range,
            p50_us,
            p99_us,
            user_us: used(|s| s.user),
            system_us: used(|s| s.system),
            rss_growth_kib: median(ours.iter().map(|s| s.rss_growth_kib as f64).collect()),
            target,
            gap_ms: None,
        }
    }

    /// A gap workload.
    pub fn gap(workload: impl Into<String>, gap_ms: f64, target: f64, rounds: usize) -> Self {
        let none = [];
        let row = Self::new(workload, "mt1", Target::GapMs(target), &none, &none);
        Self {
            gap_ms: Some(gap_ms),
            rounds,
            ..row
        }
    }

    /// How the ratio changes over these rows, from the smallest size on.
    pub fn flat(workload: impl Into<String>, target: f64, sizes: &[Self]) -> Self {
        let first = sizes.first().map_or(f64::NAN, |row| row.ratio);
        let lowest = sizes.iter().map(|row| row.ratio).fold(first, f64::min);
        let none = [];
        let runtime = sizes.first().map_or("-", |row| row.runtime);
        let row = Self::new(workload, runtime, Target::Flat(target), &none, &none);
        Self {
            ratio: lowest / first,
            rounds: sizes.iter().map(|row| row.rounds).min().unwrap_or(0),
            ..row
        }
    }

    /// Whether it compares one workload with its blocking counterpart.
    pub fn is_ratio(&self) -> bool {
        !matches!(self.target, Target::GapMs(_) | Target::Flat(_))
    }

    /// What runs are compared by.
    fn figure(&self) -> f64 {
        self.gap_ms.unwrap_or(self.ratio)
    }

    /// Whether the target is reached; `None` if there is none.
    pub fn reached(&self) -> Option<bool> {
        match self.target {
            Target::AtLeast(target) => Some(self.ratio >= target),
            Target::Lean(target, kib) => Some(self.ratio >= target && self.rss_growth_kib <= kib),
            Target::AtMost(target) => Some(self.ratio <= target),
            Target::Flat(target) => Some(self.ratio >= target),
            Target::GapMs(target) => self.gap_ms.map(|gap| gap <= target),
            Target::Shown => None,
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "workload": self.workload,
            "runtime": self.runtime,
            "rounds": self.rounds,
            "ops_per_s": self.ops_per_s,
            "baseline_ops_per_s": self.baseline_ops_per_s,
            "ratio": self.ratio,
            "p50_us": self.p50_us,
            "p99_us": self.p99_us,
            "rss_growth_kib": self.rss_growth_kib,
            "gap_ms": self.gap_ms,
            "reached": self.reached(),
        })
    }
}

/// Of several runs, each row from the run in which its figure is the median.
pub fn median_of(runs: Vec<Vec<Row>>) -> Vec<Row> {
    let mut columns: Vec<Vec<Row>> = Vec::new();
    for run in runs {
        for (index, row) in run.into_iter().enumerate() {
            match columns.get_mut(index) {
                Some(column) => column.push(row),
                None => columns.push(vec![row]),
            }
        }
    }
    let middle = |mut column: Vec<Row>| {
        column.sort_by(|a, b| a.figure().total_cmp(&b.figure()));
        let middle = (column.len() - 1) / 2;
        column.swap_remove(middle)
    };
    columns.into_iter().map(middle).collect()
}

/// Prints one JSON object per row.
pub fn lines(rows: &[Row]) {
    rows.iter().for_each(|row| println!("{}", row.json()));
}

/// Prints a table.
pub fn table(rows: &[Row]) {
    println!(
        "{:<26} {:<4} {:>11} {:>11} {:>6} {:>13} {:>9} {:>9} {:>8} {:>8} {:>8}  target",
        "workload",
        "rt",
        "ops/s",
        "blocking",
        "ratio",
        "min-max",
        "p50 us",
        "p99 us",
        "user us",
        "sys us",
        "rss KiB"
    );
    for row in rows {
        let verdict = match (row.target, row.reached()) {
            (Target::AtLeast(t), Some(ok)) => format!(">= {t:.2} {}", mark(ok)),
            (Target::Lean(t, kib), Some(ok)) => {
                format!(">= {t:.2}, rss <= {kib:.0} {}", mark(ok))
            }
            (Target::AtMost(t), Some(ok)) => format!("<= {t:.2} {}", mark(ok)),
            (Target::Flat(t), Some(ok)) => format!(">= {t:.2} {}", mark(ok)),
            (Target::GapMs(t), Some(ok)) => format!("<= {t:.1} ms {}", mark(ok)),
            _ => String::new(),
        };
        if let Some(gap) = row.gap_ms {
            println!(
                "{:<26} {:<4} largest gap above idle {gap:.2} ms (median of {} rounds)  {verdict}",
                row.workload, row.runtime, row.rounds
            );
            continue;
        }
        if let Target::Flat(_) = row.target {
            println!(
                "{:<26} {:<4} the lowest ratio is {:.2} of that at the smallest size  {verdict}",
                row.workload, row.runtime, row.ratio
            );
            continue;
        }
        println!(
            "{:<26} {:<4} {:>11.0} {:>11.0} {:>6.2} {:>6.2}-{:<6.2} {:>9.2} {:>9} {:>8.2} {:>8.2} {:>8.0}  {verdict}",
            row.workload,
            row.runtime,
            row.ops_per_s,
            row.baseline_ops_per_s,
            row.ratio,
            row.range.0,
            row.range.1,
            row.p50_us,
            number(row.p99_us),
            row.user_us,
            row.system_us,
            row.rss_growth_kib
        );
    }
}

/// A figure that was not taken is a dash.
fn number(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.2}")
    } else {
        "-".to_owned()
    }
}

const fn mark(ok: bool) -> &'static str {
    if ok { "reached" } else { "MISSED" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, ratio: f64) -> Row {
        Row {
            ratio,
            ..Row::new(name, "ct", Target::AtLeast(1.0), &[], &[])
        }
    }

    #[test]
    fn each_row_is_that_of_the_run_in_the_middle() {
        let runs = [(1.2, 0.1), (0.8, 0.3), (0.9, 0.2)]
            .map(|(a, b)| vec![row("a", a), row("b", b), Row::gap("c", b, 3.0, 5)]);
        let rows = median_of(runs.into());
        let names: Vec<_> = rows.iter().map(|row| row.workload.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(
            rows.iter().map(Row::figure).collect::<Vec<_>>(),
            [0.9, 0.2, 0.2]
        );
    }

    #[test]
    fn growth_is_judged_by_the_lowest_ratio_of_all_sizes() {
        let flat = |ratios: [f64; 3]| {
            let sizes = ratios.map(|ratio| row("size", ratio));
            Row::flat("all sizes", 0.8, &sizes).reached()
        };
        assert_eq!(flat([1.0, 1.5, 0.8]), Some(true));
        assert_eq!(flat([1.0, 0.7, 1.0]), Some(false));
    }

    #[test]
    fn a_ratio_that_is_paid_for_with_memory_is_missed() {
        let grown = |kib| Row {
            rss_growth_kib: kib,
            ..Row::new("dump", "ct", Target::Lean(0.95, 256.0), &[], &[])
        };
        let reached = |kib| {
            Row {
                ratio: 1.0,
                ..grown(kib)
            }
            .reached()
        };
        assert_eq!((reached(256.0), reached(257.0)), (Some(true), Some(false)));
    }
}

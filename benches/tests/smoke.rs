//! The benchmark works: every workload runs once at its smallest size. No
//! figure is looked at.

use std::process::Command;

#[test]
fn every_workload_runs_and_is_reported() {
    let plot = std::env::temp_dir().join(format!("netlane-plot-{}.svg", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_netlane-benches"))
        .args(["compare", "--smoke", "--json", "--plot"])
        .arg(&plot)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for name in [
        "ping",
        "getlink-64",
        "dump",
        "insert-batch",
        "dump-gap",
        "delete-independent",
        "decode-pick",
        "encode",
    ] {
        assert!(
            rows.iter().any(|row| row["workload"] == name),
            "no row for {name}"
        );
    }
    for row in &rows {
        let measured = row["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0);
        assert!(measured || row["gap_ms"].is_number(), "{row}");
    }
    let drawn = std::fs::read_to_string(&plot).unwrap();
    std::fs::remove_file(&plot).unwrap();
    assert!(drawn.starts_with("<svg"), "the plot is no SVG");
}

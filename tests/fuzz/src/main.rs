//! The long run: `cargo run --release -p netlane-fuzz -- --minutes N [--target NAME] [--seed N]`.
//!
//! Owns the command line and the report; must not know how inputs are made.
#![forbid(unsafe_code)]

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use netlane_fuzz::{Corpus, Run, targets};

const USAGE: &str = "--minutes N [--target NAME] [--seed N]";

/// A target runs this long before the next has its turn.
const TURN: Duration = Duration::from_secs(2);

/// What the command line asks for.
struct Options {
    minutes: f64,
    seed: u64,
    targets: Vec<targets::Named>,
}

fn main() -> ExitCode {
    match fuzz() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz() -> Result<(), Box<dyn Error>> {
    let options = options(std::env::args().skip(1))?;
    let corpus = Corpus::load()?;
    println!(
        "{} inputs in the corpus, seed {}",
        corpus.entries().len(),
        options.seed
    );
    let end = Instant::now() + Duration::try_from_secs_f64(options.minutes * 60.0)?;
    let mut runs: Vec<_> = options
        .targets
        .iter()
        .map(|&(name, target)| (name, Run::new(target, &corpus, options.seed), 0))
        .collect();
    for (name, run, _) in &runs {
        run.corpus()
            .map_err(|failure| format!("{name}: {failure}"))?;
    }
    while Instant::now() < end {
        for (name, run, tried) in &mut runs {
            let turn = end.min(Instant::now() + TURN);
            *tried += run
                .until(turn)
                .map_err(|failure| format!("{name}: {failure}"))?;
        }
    }
    for (name, _, tried) in &runs {
        println!("{name}: {tried} inputs");
    }
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut minutes = None;
    let mut seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut chosen = targets::ALL.to_vec();
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--minutes" => minutes = Some(value.parse()?),
            "--seed" => seed = value.parse()?,
            "--target" => {
                let target = targets::named(&value);
                chosen = vec![target.ok_or_else(|| format!("no target {value:?}"))?];
            }
            _ => return Err(USAGE.into()),
        }
    }
    Ok(Options {
        minutes: minutes.ok_or(USAGE)?,
        seed,
        targets: chosen,
    })
}

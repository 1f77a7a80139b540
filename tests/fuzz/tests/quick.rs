//! Every target over the corpus and a fixed series of inputs; and that the driver sees failures.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use netlane_fuzz::{Corpus, Random, Run, from_hex, run_input, targets, to_hex};

/// Enough to meet every branch, few enough for seconds without optimisation.
const INPUTS: u64 = 10_000;

fn quick(name: &str) {
    let corpus = Corpus::load().unwrap();
    let (_, target) = targets::named(name).unwrap();
    let mut run = Run::new(target, &corpus, 1);
    if let Err(failure) = run.corpus().and_then(|()| run.count(INPUTS)) {
        panic!("{failure}");
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { quick(stringify!($name)); })*

        #[test]
        fn every_target_is_run() {
            let names: Vec<_> = targets::ALL.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets! { frames attributes control extended_ack codec build conversations dump typed }

#[test]
fn a_planted_mistake_is_found_and_its_input_repeats_it() {
    /// Trusts the length of the first message.
    fn careless(data: &[u8]) {
        if let Some(len) = data.first_chunk::<4>().copied().map(u32::from_ne_bytes) {
            let len = usize::try_from(len).unwrap();
            assert!(len <= data.len(), "read {len} bytes of {}", data.len());
        }
    }
    let corpus = Corpus::load().unwrap();
    let mut run = Run::new(careless, &corpus, 1);
    let failure = run.count(INPUTS).unwrap_err();
    assert!(failure.message.starts_with("read "), "{failure}");
    assert_eq!(run_input(careless, &failure.input), Err(failure));
}

#[test]
fn runs_repeat_by_seed() {
    let numbers = |seed| {
        let mut random = Random::new(seed);
        [random.bits(), random.bits(), random.bits()]
    };
    assert_eq!(numbers(1), numbers(1));
    assert_ne!(numbers(1), numbers(2));
    assert_ne!(numbers(0), [0; 3]);
    assert_eq!(Random::new(1).below(0), 0);
}

#[test]
fn hexadecimal_round_trips_and_comments_are_skipped() {
    let bytes = Random::new(3).bytes(100);
    assert_eq!(from_hex(&to_hex(&bytes)), Some(bytes));
    assert_eq!(
        from_hex("# a header\n10 00\n0000 # its length\n"),
        Some(vec![0x10, 0, 0, 0])
    );
    assert_eq!(from_hex("123"), None);
    assert_eq!(from_hex("xy"), None);
}

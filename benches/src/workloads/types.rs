//! What types cost: routes decoded and encoded by them, and by hand. No system call is in it.

use std::hint::black_box;

use super::{Failure, Scale};
use crate::measure::{Sample, round};
use crate::report::{Row, Target};
use crate::typed::{self, Wanted};

/// Routes that are dumped once and decoded again and again: they stay in the processor's cache.
const ROUTES: u32 = 500;

/// Rounds for each of other workloads: these are short.
const MORE_ROUNDS: usize = 5;

/// A dumped route to destination, gateway, interface and table.
pub fn decode(scale: Scale) -> Result<Vec<Row>, Failure> {
    let routes = typed::dumped(ROUTES)?;
    for route in &routes {
        let by_hand = typed::by_hand(route);
        if typed::by_view(route) != by_hand || typed::by_pick(route) != by_hand {
            return Err(format!("{by_hand:?} was decoded differently").into());
        }
    }
    let all = |decode: fn(&[u8]) -> Option<Wanted>| {
        let passes = scale.requests.div_ceil(ROUTES).saturating_mul(10);
        round(u64::from(passes) * u64::from(ROUTES), || {
            for _ in 0..passes {
                for route in &routes {
                    black_box(decode(black_box(route)));
                }
            }
        })
    };
    let [hand, pick, view] = interleaved(
        scale,
        [&|| all(typed::by_hand), &|| all(typed::by_pick), &|| {
            all(typed::by_view)
        }],
    );
    Ok(vec![
        Row::new("decode-pick", "-", Target::AtLeast(0.95), &hand, &pick),
        Row::new("decode-view", "-", Target::Shown, &hand, &view),
    ])
}

/// A route to the bytes of its request. Each side writes into an allocation of its own, as large as the other's; the
/// request that is kept is copied into a second one.
pub fn encode(scale: Scale) -> Result<Vec<Row>, Failure> {
    let by_hand = typed::encoded_by_hand(7, 3);
    if typed::encoded(7, 3) != by_hand || typed::encoded_and_kept(7, 3) != by_hand {
        return Err("the same route was encoded differently".into());
    }
    let all = |encode: fn(u32, u32) -> Vec<u8>| {
        let requests = scale.requests.saturating_mul(5);
        round(requests.into(), || {
            for number in 0..requests {
                black_box(encode(black_box(number), black_box(3)));
            }
        })
    };
    let [hand, given, kept] = interleaved(
        scale,
        [
            &|| all(typed::encoded_by_hand),
            &|| all(typed::encoded),
            &|| all(typed::encoded_and_kept),
        ],
    );
    Ok(vec![
        Row::new("encode", "-", Target::AtLeast(0.95), &hand, &given),
        Row::new("encode-kept", "-", Target::Shown, &hand, &kept),
    ])
}

/// Each side in turn, round after round.
fn interleaved<const N: usize>(scale: Scale, sides: [&dyn Fn() -> Sample; N]) -> [Vec<Sample>; N] {
    let mut samples = [const { Vec::new() }; N];
    for _ in 0..scale.rounds.saturating_mul(MORE_ROUNDS) {
        for (samples, side) in samples.iter_mut().zip(sides) {
            samples.push(side());
        }
    }
    samples
}

//! A large table, read to its end.

use futures::StreamExt;
use netlane::wire::{FrameView, Message};
use netlane::{Handle, Protocol};

use super::inserts::fill;
use super::{Failure, Scale, as_task, current_thread, multi_thread};
use crate::baseline::Blocking;
use crate::measure::{Sample, round};
use crate::messages;
use crate::report::{Row, Target};

/// A dump of routes: destination and interface read.
pub fn dump(scale: Scale) -> Result<Vec<Row>, Failure> {
    fill(scale.routes)?;
    let mut samples: [Vec<Sample>; 4] = Default::default();
    let (ct, mt) = (current_thread(), multi_thread());
    let (one, two) = (connect(&ct), connect(&mt));
    for _ in 0..scale.rounds * ROUNDS {
        samples[0].push(blocking(scale.routes)?);
        let routes = scale.routes.into();
        samples[1].push(round(routes, || {
            as_task(
                &ct,
                chunks(one.clone(), messages::dump_routes(), scale.routes),
            )
        }));
        samples[2].push(round(routes, || {
            as_task(
                &mt,
                chunks(two.clone(), messages::dump_routes(), scale.routes),
            )
        }));
        samples[3].push(round(routes, || {
            as_task(&ct, frames(one.clone(), scale.routes))
        }));
    }
    let [base, ct, mt, stream] = &samples;
    Ok(vec![
        Row::new("dump", "ct", Target::Lean(0.95, 256.0), base, ct),
        Row::new("dump", "mt", Target::Lean(0.95, 256.0), base, mt),
        Row::new("dump-stream", "ct", Target::Shown, base, stream),
    ])
}

/// A dump takes milliseconds: of many, something else that runs on the machine
/// spoils only a few.
const ROUNDS: usize = 6;

/// A connection on a runtime.
pub fn connect(runtime: &tokio::runtime::Runtime) -> Handle {
    let _entered = runtime.enter();
    netlane::spawn(Protocol::ROUTE).expect("a connection")
}

/// The blocking side.
pub fn blocking(expected: u32) -> Result<Sample, Failure> {
    let mut client = Blocking::open();
    let (mut seen, mut failed) = (0, None);
    let sample = round(expected.into(), || {
        let each = |frame: FrameView<'_>| {
            seen += 1;
            std::hint::black_box(messages::read_route(frame));
        };
        failed = client.dump(messages::dump_routes(), each).err();
    });
    match failed {
        Some(error) => Err(error.into()),
        None if seen < expected => Err(format!("{seen} of {expected} routes").into()),
        None => Ok(sample),
    }
}

/// By chunks, without a copy.
pub async fn chunks(handle: Handle, request: Message, expected: u32) {
    let mut dump = handle.dump(request);
    let mut seen = 0;
    while let Some(chunk) = dump.next_chunk().await.expect("a chunk") {
        for frame in chunk {
            seen += 1;
            std::hint::black_box(messages::read_route(frame));
        }
    }
    assert!(seen >= expected, "{seen} of {expected} routes");
}

/// As a stream of owned frames.
async fn frames(handle: Handle, expected: u32) {
    let mut dump = handle.dump(messages::dump_routes());
    let mut seen = 0;
    while let Some(frame) = dump.next().await {
        seen += 1;
        std::hint::black_box(messages::read_route(frame.expect("a frame").view()));
    }
    assert!(seen >= expected, "{seen} of {expected} routes");
}

//! Owns what the tests share: a handle inside of a namespace, and links to try things on. Must not know what is tested.

use std::future::Future;
use std::io::Write;
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use netlane::{Error, Handle, Protocol};
use netlane_route::{Event, RouteHandle, Watch, Watched};
use netlane_wire::typed::Mac;

/// Longest that a test may take; under emulation everything is slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a test body with a handle to the namespace that the calling thread is in.
pub fn run<F: Future<Output = Result<(), Error>>>(body: impl FnOnce(Handle) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let handle = netlane::spawn(Protocol::ROUTE).unwrap();
        tokio::time::timeout(PATIENCE, body(handle))
            .await
            .expect("the test ends")
            .unwrap();
    });
}

/// A pair of links, `a` and `b`, both up.
pub async fn pair(handle: &Handle, a: &str, b: &str) -> Result<(u32, u32), Error> {
    let links = handle.links();
    links
        .add(|link| {
            link.name(a)
                .info(|info| info.veth(|veth| veth.peer(|peer| peer.name(b))))
        })
        .await?;
    links.up(a).await?;
    links.up(b).await?;
    Ok((links.index(a).await?, links.index(b).await?))
}

/// A hardware address that nobody else has.
pub fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

/// Everything in a stream.
pub async fn all<T>(stream: impl Stream<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let items: Vec<Result<T, Error>> = stream.collect().await;
    items.into_iter().collect()
}

/// What a watch has told so far.
pub async fn told(watch: &mut Watch) -> Result<Vec<Event>, Error> {
    watch.barrier().await?;
    let mut events = Vec::new();
    while let Some(Some(item)) = watch.next().now_or_never() {
        match item? {
            Watched::Event(event) => events.push(event),
            other => panic!("no event: {other:?}"),
        }
    }
    Ok(events)
}

/// Whether one of the events is of this form.
macro_rules! assert_told {
    ($events:expr, $pattern:pat $(if $guard:expr)?) => {
        assert!(
            $events.iter().any(|event| matches!(event, $pattern $(if $guard)?)),
            "no {}: {:#?}",
            stringify!($pattern),
            $events
        )
    };
}
pub(crate) use assert_told;

/// Whether the kernel is as new as what a test is about. Where it is not, that is said, past the capture of output:
/// kernels that old have nothing that could be tested.
pub fn is_since(major: u32, minor: u32) -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>());
    let mut next = || numbers.next().unwrap().unwrap();
    let new = (next(), next()) >= (major, minor);
    if !new {
        let test = std::thread::current();
        let test = test.name().unwrap_or_default();
        let why = format!("NOT RUN: {test}: Linux {} has none\n", release.trim());
        std::io::stderr().write_all(why.as_bytes()).unwrap();
    }
    new
}

/// Errno of a refusal.
pub fn errno<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<i32> {
    let error = result.unwrap_err();
    assert!(error.is_refused(), "{error}");
    error.errno()
}

pub const ENOENT: i32 = 2;
pub const ESRCH: i32 = 3;
pub const EEXIST: i32 = 17;
pub const ENODEV: i32 = 19;
pub const EINVAL: i32 = 22;
pub const EADDRNOTAVAIL: i32 = 99;

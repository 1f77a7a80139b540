//! Owns the comparison: running a tool, and holding typed fields against its JSON. Must not know what the fields are.

use std::collections::HashMap;
use std::future::Future;
use std::process::Command;

use futures::{Stream, StreamExt};
use netlane::{Error, Handle, Protocol};
use netlane_route::RouteHandle;
use netlane_testkit::has_tool;
use netlane_tests::stage::play;
use serde_json::Value;

/// Runs a test body with a handle, after `setup` has furnished the namespace. Where a judge is
/// missing that is said instead.
pub fn judged<F: Future<Output = Result<(), Error>>>(
    setup: impl FnOnce(),
    body: impl FnOnce(Handle) -> F,
) {
    let mut tools = ["ip", "bridge", "tc"].into_iter();
    if !tools.all(|tool| has_tool(tool, "iproute2")) {
        return;
    }
    setup();
    play(async { body(netlane::spawn(Protocol::ROUTE).unwrap()).await }).unwrap();
}

/// Runs a tool of iproute2 for its effect.
pub fn does(command: &str) {
    output(command);
}

/// What a tool of iproute2 says.
pub fn says(command: &str) -> Vec<Value> {
    let text = output(command);
    match text.trim() {
        "" => Vec::new(),
        text => serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("`{command}` does not say JSON: {error}\n{text}")),
    }
}

/// What a tool of iproute2 says, as text.
pub fn output(command: &str) -> String {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().unwrap())
        .args(words)
        .output()
        .unwrap_or_else(|error| panic!("`{command}`: {error}; is iproute2 installed?"));
    assert!(
        output.status.success(),
        "`{command}`: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The names of the links, by index.
pub async fn names(handle: &Handle) -> Result<HashMap<u32, String>, Error> {
    let mut names = HashMap::new();
    for link in all(handle.links().list()).await? {
        let link = link.view();
        names.insert(link.index(), link.name()?.unwrap().to_owned());
    }
    Ok(names)
}

/// Everything in a stream.
pub async fn all<T>(stream: impl Stream<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let items: Vec<Result<T, Error>> = stream.collect().await;
    items.into_iter().collect()
}

/// Compares what is said here and there. Counters and timers move: it is tried until nothing moved
/// between two readings of ours, with the tool's between them.
pub async fn agree<F: Future<Output = Result<Vec<Value>, Error>>>(
    ours: impl Fn() -> F,
    tool: impl Fn() -> Vec<Value>,
) -> Result<(), Error> {
    for _ in 0..TRIES {
        let before = ours().await?;
        let theirs = tool();
        if before == ours().await? {
            assert_eq!(
                theirs.len(),
                before.len(),
                "{theirs:#?}\nagainst {before:#?}"
            );
            for (theirs, ours) in theirs.iter().zip(&before) {
                hold(ours, theirs, "");
            }
            return Ok(());
        }
    }
    panic!("the state never rested for the time of a comparison");
}

/// Tries of a comparison while the state moves.
const TRIES: usize = 100;

/// Every field of ours is the tool's. What the tool says beside is not ours to judge: a newer one says more.
fn hold(ours: &Value, theirs: &Value, path: &str) {
    match (ours, theirs) {
        (Value::Object(fields), Value::Object(_)) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                let other = theirs.get(name);
                let other =
                    other.unwrap_or_else(|| panic!("{path} = {value} is not said in {theirs}"));
                hold(value, other, &path);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(
                ours.len(),
                theirs.len(),
                "{path}: {ours:?} against {theirs:?}"
            );
            for (position, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                hold(ours, theirs, &format!("{path}[{position}]"));
            }
        }
        _ => assert_eq!(ours, theirs, "{path}"),
    }
}

//! What a test needs of the machine and may not find: a tool that judges it from outside, or real
//! privilege. Owns the rule for what cannot run: where `CI` is set that is a failure, elsewhere it
//! is said aloud, past the capture of the test's output. Must not know what is tested.

use std::fs;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::thread;

/// Whether the machine has a tool, named with the Debian package that brings it. If it has not,
/// that is said: the caller's test [cannot run](cannot_run).
///
/// ```
/// if netlane_testkit::has_tool("ip", "iproute2") {
///     // Compare with what `ip -j route` says.
/// }
/// ```
///
/// # Panics
///
/// If the tool is missing and the environment variable `CI` is set.
#[must_use]
pub fn has_tool(name: &str, package: &str) -> bool {
    let mut tool = Command::new(name);
    tool.stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Whatever it answers to being run without arguments.
    if tool.status().is_ok() {
        return true;
    }
    cannot_run(&format!("`{name}` judges it; install {package}"));
    false
}

/// Whether this process is root in the initial user namespace, for what the kernel allows nobody
/// else. If it is not, that is said: the caller's test [cannot run](cannot_run).
///
/// # Panics
///
/// If it is not and the environment variable `CI` is set.
#[must_use]
pub fn has_real_root() -> bool {
    if effective_user() == Some(0) && maps_every_user() {
        return true;
    }
    cannot_run("it takes root in the initial user namespace");
    false
}

/// Whether this process may run on two processors at once, for what takes two threads inside the
/// kernel. If it may not, that is said: the caller's test [cannot run](cannot_run).
///
/// # Panics
///
/// If it may not and the environment variable `CI` is set.
#[must_use]
pub fn has_two_processors() -> bool {
    if thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) {
        return true;
    }
    cannot_run("it takes two processors");
    false
}

/// Says that the calling test cannot run here, and why: to standard error, whether or not the test's
/// output is captured. The caller returns.
///
/// # Panics
///
/// If the environment variable `CI` is set: there, what is not run must be noticed.
pub fn cannot_run(why: &str) {
    let current = thread::current();
    let test = current.name().unwrap_or("a test");
    assert!(std::env::var_os("CI").is_none(), "{test} cannot run: {why}");
    // Not by a macro, whose output is kept back while a test passes. Nobody to tell is no failure.
    let _ = writeln!(io::stderr(), "NOT RUN: {test}: {why}");
}

#[cfg(unix)]
fn effective_user() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    Some(fs::metadata("/proc/self").ok()?.uid())
}

#[cfg(not(unix))]
fn effective_user() -> Option<u32> {
    None
}

/// A user namespace of one's own maps some users only.
fn maps_every_user() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().eq(["0", "0", "4294967295"])
}

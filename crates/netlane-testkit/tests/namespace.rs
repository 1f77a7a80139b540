//! Namespaces that tests make: fresh, separate, inherited by threads, gone afterwards.

#![cfg(target_os = "linux")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::Command;

use netlane_testkit::{Links, NetworkNamespace, in_namespace};

/// Which network namespace the calling thread is in.
fn here() -> PathBuf {
    fs::read_link("/proc/thread-self/ns/net").unwrap()
}

#[test]
fn the_body_and_its_threads_are_inside_and_the_caller_is_not() {
    let outside = here();
    in_namespace(|| {
        let inside = here();
        assert_ne!(inside, outside);
        let of_a_thread = std::thread::spawn(here).join().unwrap();
        assert_eq!(of_a_thread, inside);
    });
    assert_eq!(here(), outside);
}

#[test]
fn namespaces_are_separate_and_reachable_by_path() {
    in_namespace(|| {
        let (one, two) = (
            NetworkNamespace::new().unwrap(),
            NetworkNamespace::new().unwrap(),
        );
        one.run(|| Links::open().unwrap().bridge("br0").unwrap());
        assert!(two.run(|| Links::open().unwrap().index("br0").is_err()));
        assert!(one.run(|| Links::open().unwrap().index("br0").is_ok()));
        assert_eq!(fs::read_link(one.path()).unwrap(), one.run(here));
    });
}

#[test]
fn a_result_comes_back_and_a_panic_too() {
    in_namespace(|| {
        let namespace = NetworkNamespace::new().unwrap();
        let borrowed = String::from("kept");
        assert_eq!(namespace.run(|| borrowed.len()), 4);
        let panic = panic::catch_unwind(AssertUnwindSafe(|| namespace.run(|| panic!("inside"))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"inside"));
    });
}

/// The failing test for the one below: it fails only when asked to.
#[test]
fn fails_on_request() {
    let asked = std::env::var_os(ASK_TO_FAIL).is_some();
    in_namespace(|| assert!(!asked, "as requested"));
}

/// A test that runs in a process of its own must not hide its failure. Run as root this shows
/// the direct way, as a plain user the re-executed one, with one harness thread and with several.
#[test]
fn a_failure_inside_is_a_failure_of_the_test() {
    for threads in ["1", "2"] {
        let run = |fail: bool| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "fails_on_request", "--test-threads", threads]);
            if fail {
                command.env(ASK_TO_FAIL, "1");
            }
            command.output().unwrap()
        };
        assert!(run(false).status.success());
        let failed = run(true);
        assert!(!failed.status.success());
        let text = String::from_utf8_lossy(&failed.stdout).into_owned();
        assert!(text.contains("as requested"), "{text}");
    }
}

const ASK_TO_FAIL: &str = "NETLANE_TESTKIT_TEST_ASK_TO_FAIL";

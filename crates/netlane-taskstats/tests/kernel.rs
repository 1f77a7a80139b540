//! Statistics that the running kernel tells, of this process and of one that exits.

use std::process::Command;
use std::time::Duration;

use futures::StreamExt;
use netlane_generic::{Family, Numbered, Resolver, view};
use netlane_taskstats::{FAMILY, Query, Statistics, Told};
use netlane_testkit::has_real_root;
use netlane_wire::typed::Fixed;

/// The layout of `struct taskstats` with all fields that version 14 has.
#[test]
fn the_structure_is_as_long_as_in_c() {
    assert_eq!(Statistics::SIZE, 432);
}

#[tokio::test]
async fn this_process_is_told_of() {
    if !has_real_root() {
        return;
    }
    let handle = netlane::spawn(netlane::Protocol::GENERIC).expect("generic netlink");
    let resolver = Resolver::new(handle);
    let told = resolver
        .call(Query::get().process(std::process::id()))
        .await;
    let told = told.expect("root in the initial namespace");
    let process = told.view().process().unwrap().unwrap();
    assert_eq!(process.process(), Ok(Some(std::process::id())));

    let told = resolver
        .call(Query::get().task(std::process::id()))
        .await
        .expect("told");
    let stats = told.view().statistics().unwrap().unwrap();
    assert!((8..100).contains(&stats.version), "{stats:?}");
    assert_eq!(stats.task, std::process::id());
    let name = std::fs::read_to_string("/proc/self/comm").expect("proc");
    assert_eq!(stats.command.as_str(), Some(name.trim()));
    assert!(stats.elapsed > 0, "{stats:?}");
}

#[tokio::test]
async fn a_task_that_is_not_there_is_refused() {
    if !has_real_root() {
        return;
    }
    let handle = netlane::spawn(netlane::Protocol::GENERIC).expect("generic netlink");
    let error = Resolver::new(handle)
        .call(Query::get().task(0x3fff_fff0))
        .await;
    let error = error.expect_err("no such task");
    assert_eq!(error.errno(), Some(3), "ESRCH: {error}");
}

/// The kernel speaks unasked to the port that registered.
#[tokio::test]
async fn an_exiting_task_is_told_of_unasked() {
    if !has_real_root() {
        return;
    }
    let connected = netlane::Builder::new(netlane::Protocol::GENERIC)
        .lanes(netlane::Lanes::Single)
        .spawn();
    let handle = connected.expect("generic netlink");
    let mut inbound = handle.inbound().expect("a single lane");
    let family = handle
        .call(&Numbered::controller(Family::get().name(FAMILY)))
        .await;
    let id = family.expect("TASKSTATS").view().id().unwrap().unwrap();
    let processors = std::fs::read_to_string("/sys/devices/system/cpu/possible").expect("sysfs");
    let listen = Numbered::new(id, Query::listen().register(processors.trim()));
    handle.call(&listen).await.expect("registered");

    let mut child = Command::new("true").spawn().expect("`true`");
    child.wait().expect("exited");
    let child = child.id();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), inbound.next()).await;
        let next = next.expect("in time").expect("open").expect("no error");
        let netlane::Received::Message(message) = next else {
            panic!("lost: {next:?}");
        };
        let frame = message.as_frame().expect("whole frames");
        let told = view::<Told>(frame.view()).expect("statistics");
        let stats = told.statistics().unwrap().unwrap();
        if stats.task == child {
            assert_eq!(stats.command.as_str(), Some("true"));
            assert_eq!(stats.exit_code, 0);
            return;
        }
    }
}

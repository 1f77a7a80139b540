//! A send that is inside of the kernel for long, and who goes on meanwhile: M18, M20, M21.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use netlane_sys::{AsyncSocket, Protocol, Socket};
use netlane_testkit::{Links, in_namespace};
use netlane_wire::Message;

use super::kit::{ACKNOWLEDGED, RTM_DELLINK, get_link, numbered, open, ping, receive, wait};

const PAIRS: u32 = 20;

/// Deletes veth pairs that are up, which waits for grace periods inside of sendmsg, and calls
/// `meanwhile` again and again from another thread as long as such a send runs.
fn while_deleting(socket: &Socket, meanwhile: impl Fn(&AtomicBool) + Sync) {
    let (inside, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut links = Links::open().unwrap();
    let indices: Vec<u32> = (0..PAIRS)
        .map(|number| {
            let (near, far) = (format!("near{number}"), format!("far{number}"));
            links.veth(&near, &far).unwrap();
            links.set_up(&near).unwrap();
            links.set_up(&far).unwrap();
            links.index(&near).unwrap()
        })
        .collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                if inside.load(Ordering::SeqCst) {
                    meanwhile(&inside);
                }
                thread::yield_now();
            }
        });
        for index in indices {
            let request = numbered(delete(index), 1);
            inside.store(true, Ordering::SeqCst);
            let sent = socket.send(&request);
            inside.store(false, Ordering::SeqCst);
            sent.unwrap();
        }
        over.store(true, Ordering::SeqCst);
    });
}

fn delete(index: u32) -> Message {
    let mut header = [0; 16];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    Message::new(RTM_DELLINK, ACKNOWLEDGED).with_header(&header)
}

/// M20: others read interfaces while a delete waits.
#[test]
fn m20_other_sockets_proceed_during_a_delete() {
    in_namespace(|| {
        let (actor, other) = (open(Protocol::ROUTE), open(Protocol::ROUTE));
        let answered = AtomicU32::new(0);
        while_deleting(&actor, |inside| {
            other.send(&numbered(get_link(1, ACKNOWLEDGED), 2)).unwrap();
            while let Some(got) = receive(&other, 32 * 1024).unwrap() {
                drop(got);
            }
            if inside.load(Ordering::SeqCst) {
                answered.fetch_add(1, Ordering::SeqCst);
            }
        });
        assert!(
            answered.into_inner() > 0,
            "nobody was answered during {PAIRS} deletes"
        );
    });
}

/// M21: even on the same socket; and an empty queue does not mean that the delete is over.
#[test]
fn m21_sends_on_one_socket_run_in_parallel() {
    in_namespace(|| {
        let socket = open(Protocol::ROUTE);
        let (pinged, empty) = (AtomicU32::new(0), AtomicU32::new(0));
        while_deleting(&socket, |inside| {
            socket.send(&ping(2)).unwrap();
            if inside.load(Ordering::SeqCst) {
                pinged.fetch_add(1, Ordering::SeqCst);
            }
            while receive(&socket, 4096).unwrap().is_some() {}
            if inside.load(Ordering::SeqCst) {
                empty.fetch_add(1, Ordering::SeqCst);
            }
        });
        assert!(
            pinged.into_inner() > 0,
            "no ping was done during {PAIRS} deletes"
        );
        assert!(
            empty.into_inner() > 0,
            "EAGAIN was never seen with a delete still inside"
        );
    });
}

/// M18: an answer wakes whoever waits for events, although the one that asked reads it at once.
/// Seen by the context switches of a runtime's worker that has nothing to do.
#[test]
fn m18_each_answer_wakes_the_waiting_worker() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(WORKER)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(runtime.spawn(async {})).unwrap();
    let _inside = runtime.enter();
    let ask = |socket: &Socket| {
        thread::sleep(Duration::from_millis(100)); // until the worker waits
        let before = switches_of_worker();
        for sequence in 1..=5_000 {
            socket.send(&ping(sequence)).unwrap();
            receive(socket, 64).unwrap().unwrap();
        }
        switches_of_worker() - before
    };
    let unwatched = open(Protocol::ROUTE);
    let watched = AsyncSocket::register(open(Protocol::ROUTE)).unwrap();
    // On a busy machine the worker seldom gets to run between two answers.
    let (mut with, mut without) = (0, 0);
    let is_plain = (0..20).any(|_| {
        without += ask(&unwatched);
        with += ask(watched.socket());
        with > without + 10
    });
    assert!(is_plain, "{with} wake-ups, {without} without registration");
}

const WORKER: &str = "m18-worker";

fn switches_of_worker() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of_worker = |task: &std::path::PathBuf| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == WORKER)
    };
    let worker = tasks
        .map(|task| task.unwrap().path())
        .find(of_worker)
        .unwrap();
    let status = std::fs::read_to_string(worker.join("status")).unwrap();
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.unwrap().trim().parse().unwrap()
}

/// The wait that the other facts use sees an answer that is queued.
#[test]
fn b01_an_answer_is_readable_when_the_send_returns() {
    let socket = open(Protocol::ROUTE);
    socket.send(&ping(1)).unwrap();
    assert!(netlane_sys::wait_readable(&socket, Duration::ZERO).unwrap());
    wait(&socket);
}

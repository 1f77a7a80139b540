//! Process events of the running kernel, from the initial network namespace (there is no connector in others).

use std::process::Command;
use std::time::Duration;

use futures::StreamExt;
use netlane::Notice;
use netlane_connector::process::{self, Detail, Event, EventKind};
use netlane_connector::{Header, PROTOCOL, message};
use netlane_sys::{Address, Protocol, Socket, SocketKind};
use netlane_testkit::{has_real_root, patience};
use netlane_wire::typed::Fixed;
use netlane_wire::{FrameView, Message};

fn connect() -> Socket {
    let socket = Socket::open(Protocol(PROTOCOL), SocketKind::Datagram)
        .expect("the connector: CONFIG_CONNECTOR, and CONFIG_PROC_EVENTS for its events");
    let address = Address {
        port: 0,
        groups: 1 << (process::INDEX - 1),
    };
    socket
        .bind(address)
        .expect("bound: run as root in the initial namespaces");
    socket
}

fn send(socket: &Socket, message: Message) {
    let bytes = message.finish().expect("no mistakes");
    socket.send_to(&bytes, Address::KERNEL).expect("sent");
}

/// The next event that `wanted` takes something from.
fn next<T>(socket: &Socket, wanted: impl Fn(&Event) -> Option<T>) -> T {
    let mut buffer = vec![0; 8192];
    for _ in 0..10_000 {
        let ready = netlane_sys::wait_readable(socket, Duration::from_secs(10));
        assert!(ready.expect("poll"), "no event in time");
        let Ok(received) = socket.recv(&mut buffer) else {
            continue;
        };
        let datagram = buffer.get(..received.len).expect("no more than fits");
        let frame = FrameView::new(datagram).expect("one frame");
        let event = Event::parse(frame.payload())
            .expect("whole")
            .expect("of a process");
        if let Some(found) = wanted(&event) {
            return found;
        }
    }
    panic!("ten thousand events, not the one");
}

#[test]
fn a_child_is_born_runs_and_dies() {
    if !has_real_root() {
        return;
    }
    let socket = connect();
    send(&socket, process::listen());
    let error = next(&socket, |event| match event.detail {
        Detail::Acknowledged(acknowledged) => Some(acknowledged.error),
        _ => None,
    });
    assert_eq!(error, 0);

    let mut child = Command::new("false").spawn().expect("`false`");
    let id = child.id();
    child.wait().expect("exited");
    let parent = next(&socket, |event| match event.detail {
        Detail::Fork(fork) if fork.child.process == id => Some(fork.parent.process),
        _ => None,
    });
    assert_eq!(parent, std::process::id());
    next(&socket, |event| match event.detail {
        Detail::Exec(task) if task.process == id => Some(()),
        _ => None,
    });
    let (code, timestamp) = next(&socket, |event| match event.detail {
        Detail::Exit(exit) if exit.task.process == id => Some((exit.code, event.header.timestamp)),
        _ => None,
    });
    assert_eq!(code, 1 << 8, "as wait(2) tells it");
    assert!(timestamp > 0);
    send(&socket, process::ignore());
}

/// No attributes, types that mean something else, and the kernel speaks first: the same handle and subscription carry it.
#[test]
fn a_handle_carries_process_events() {
    if !has_real_root() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let told = runtime.block_on(async {
        let connector = netlane::Builder::new(Protocol(PROTOCOL)).opaque_types();
        let handle = connector.spawn()?;
        let mut events = handle.subscribe([process::INDEX]).await?;
        handle.send(process::listen()).await?;
        let mut child = tokio::process::Command::new("false")
            .spawn()
            .expect("`false`");
        let id = child.id().expect("not awaited yet");
        child.wait().await.expect("exited");
        let exit = async {
            loop {
                let item = events.next().await.expect("no end")?;
                let Notice::Event(event) = item else {
                    panic!("{item:?}");
                };
                let event = Event::parse(event.frame.payload());
                match event.expect("whole").expect("of a process").detail {
                    Detail::Exit(exit) if exit.task.process == id => return Ok(exit.code),
                    _ => {}
                }
            }
        };
        let code = tokio::time::timeout(patience(Duration::from_secs(20)), exit)
            .await
            .expect("in time");
        handle.send(process::ignore()).await?;
        code
    });
    let told: Result<u32, netlane::Error> = told;
    assert_eq!(told.expect("no error"), 1 << 8);
}

#[test]
fn what_is_of_another_subsystem_or_cut_is_no_event() {
    let other = message(7, 1, b"abcd").finish().expect("no mistakes");
    let payload = FrameView::new(&other).expect("a frame").payload();
    assert_eq!(Event::parse(payload), Ok(None));
    let (header, data) = Header::split(payload).expect("whole");
    assert_eq!((header.index, data), (7, b"abcd".as_slice()));
    assert!(Header::split(&payload[..payload.len() - 1]).is_err());
    assert!(Event::parse(&[]).is_err());
    let short = process::listen().finish().expect("no mistakes");
    assert!(Event::parse(FrameView::new(&short).expect("a frame").payload()).is_err());
}

#[test]
fn an_unknown_event_keeps_its_header() {
    let mut data = vec![0; 40];
    EventKind(0x400).store(&mut data);
    let bytes = message(process::INDEX, process::VALUE, &data)
        .finish()
        .expect("no mistakes");
    let event = Event::parse(FrameView::new(&bytes).expect("a frame").payload());
    let event = event.expect("whole").expect("of a process");
    assert_eq!(event.detail, Detail::Other);
    assert_eq!(event.header.what, EventKind(0x400));
}

#[test]
fn too_much_data_is_refused_when_finished() {
    assert!(message(1, 1, &[0; 16384]).finish().is_ok());
    assert!(message(1, 1, &[0; 16385]).finish().is_err());
}

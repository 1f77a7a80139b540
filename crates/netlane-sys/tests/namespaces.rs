//! Opening in other network namespaces, and events from them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests panic like tests"
)]

mod common;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use common::{drain, in_own_namespace, open, raise_loopback, request};
use netlane_sys::{ErrorKind, Namespace, Protocol, Socket, SocketKind};
use netlane_wire::{Flags, Message};

/// A network namespace that lives as long as this value: a thread stays in it.
struct Other {
    path: PathBuf,
    leave: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Other {
    fn new() -> Self {
        let (leave, left) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let stay = move || {
                tell.send(
                    fs::canonicalize("/proc/thread-self")
                        .unwrap()
                        .join("ns/net"),
                )
                .unwrap();
                let _ = left.recv();
            };
            common::on_thread_in_namespace(stay).unwrap();
        });
        Self {
            path: told.recv().unwrap(),
            leave: Some(leave),
            thread: Some(thread),
        }
    }

    fn file(&self) -> fs::File {
        fs::File::open(&self.path).unwrap()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.leave.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// The kernel's cookie of the namespace that a socket is in (SO_NETNS_COOKIE).
fn cookie(socket: &Socket) -> u64 {
    use std::os::fd::AsRawFd;
    let mut cookie = 0u64;
    let mut length: libc::socklen_t = 8;
    let pointer = (&raw mut cookie).cast();
    // SAFETY: `pointer` is valid for writes of `length` bytes and both outlive the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            71,
            pointer,
            &raw mut length,
        )
    };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
    cookie
}

fn current() -> PathBuf {
    fs::read_link("/proc/thread-self/ns/net").unwrap()
}

fn open_in(namespace: &Namespace) -> Result<Socket, netlane_sys::Error> {
    Socket::open_in(namespace, Protocol::ROUTE, SocketKind::Raw)
}

#[test]
fn a_socket_opens_in_another_namespace_and_the_thread_stays() {
    in_own_namespace(
        "a_socket_opens_in_another_namespace_and_the_thread_stays",
        || {
            let other = Other::new();
            let here = (current(), cookie(&open(Protocol::ROUTE)));
            let by_path = open_in(&Namespace::Path(other.path.clone())).unwrap();
            let by_fd =
                open_in(&Namespace::from(std::os::fd::OwnedFd::from(other.file()))).unwrap();
            assert_eq!(cookie(&by_path), cookie(&by_fd));
            assert_ne!(cookie(&by_path), here.1, "another namespace");
            assert_eq!(
                (current(), cookie(&open(Protocol::ROUTE))),
                here,
                "this thread stayed"
            );
            let current = open_in(&Namespace::Current).unwrap();
            assert_eq!(cookie(&current), here.1);
            // It works from here: what it raises is the other namespace's loopback.
            by_path.bind(netlane_sys::Address::KERNEL).unwrap();
            raise_loopback(&by_path);
        },
    );
}

#[test]
fn a_namespace_is_named_by_process() {
    in_own_namespace("a_namespace_is_named_by_process", || {
        let child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn();
        let mut child = child.unwrap(); // lives in this thread's namespace until its input ends
        let found = open_in(&Namespace::Process(child.id())).map(|socket| cookie(&socket));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(found.unwrap(), cookie(&open(Protocol::ROUTE)));
    });
}

#[test]
fn what_is_no_namespace_is_an_error_and_never_a_hang() {
    let directory = std::env::temp_dir().join(format!("netlane-sys-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let fifo = directory.join("fifo");
    let made = std::process::Command::new("mkfifo")
        .arg(&fifo)
        .status()
        .unwrap();
    assert!(made.success());
    let file = directory.join("file");
    fs::write(&file, "no namespace").unwrap();
    let mut results = Vec::new();
    let others = ["/dev/null", "/proc/self/ns/mnt"].map(PathBuf::from);
    for path in [fifo, file, directory.clone()].into_iter().chain(others) {
        results.push((open_in(&Namespace::Path(path.clone())), path));
    }
    fs::remove_dir_all(&directory).unwrap();
    for (result, path) in results {
        let error = result.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::InvalidInput,
            "{}: {error}",
            path.display()
        );
        assert_eq!(error.operation(), "setns");
        assert!(
            error.to_string().contains("not a network namespace"),
            "{error}"
        );
    }
}

#[test]
fn missing_namespaces_are_named() {
    for (namespace, name) in [
        (
            Namespace::Name("netlane-nowhere".into()),
            "/run/netns/netlane-nowhere",
        ),
        (Namespace::Path("/nowhere/at/all".into()), "/nowhere/at/all"),
        (Namespace::Process(u32::MAX), "/proc/4294967295"),
        (Namespace::Process(0), "/proc/0"),
    ] {
        let error = open_in(&namespace).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    for name in ["", ".", "..", "a/b", "/etc/passwd", "a\0b"] {
        let error = open_in(&Namespace::Name(name.into())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
    }
}

#[test]
fn entering_without_privilege_names_the_capability() {
    let own = Path::new("/proc/self/ns/net").to_path_buf();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    match open_in(&Namespace::Path(own)) {
        Ok(_) => assert!(!status.contains("CapEff:\t0000000000000000")),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            assert!(error.to_string().contains("CAP_SYS_ADMIN"), "{error}");
        }
    }
}

#[test]
fn an_unsupported_protocol_is_told_from_the_other_namespace_too() {
    in_own_namespace(
        "an_unsupported_protocol_is_told_from_the_other_namespace_too",
        || {
            let other = Other::new();
            let namespace = Namespace::Path(other.path.clone());
            let error =
                Socket::open_in(&namespace, Protocol::DNRTMSG, SocketKind::Raw).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("NETLINK_DNRTMSG"), "{error}");
        },
    );
}

/// NETLINK_LISTEN_ALL_NSID: events of another namespace that has an id here come with that id.
#[test]
fn events_of_other_namespaces_carry_their_id() {
    const ID: i32 = 5;
    in_own_namespace("events_of_other_namespaces_carry_their_id", || {
        let other = Other::new();
        let file = other.file();
        let route = open(Protocol::ROUTE);
        let fd = u32::try_from(std::os::fd::AsRawFd::as_raw_fd(&file)).unwrap();
        let message = Message::new(88, Flags::REQUEST | Flags::ACK) // RTM_NEWNSID
            .with_header(&[0; 4]) // rtgenmsg
            .with_i32(1, ID) // NETNSA_NSID
            .with_u32(3, fd); // NETNSA_FD
        request(&route, message);

        let reader = open(Protocol::ROUTE);
        reader.add_membership(1).unwrap(); // RTNLGRP_LINK
        reader.set_listen_all_nsid(true).unwrap();
        let there = open_in(&Namespace::from(std::os::fd::OwnedFd::from(file))).unwrap();
        there.bind(netlane_sys::Address::KERNEL).unwrap();
        raise_loopback(&there);
        let received = drain(&reader)[0].clone().unwrap().1;
        assert_eq!((received.nsid, received.group), (Some(ID), Some(1)));

        raise_loopback(&route);
        let received = drain(&reader)[0].clone().unwrap().1;
        assert_eq!(received.nsid, None, "one's own namespace has none");
    });
}

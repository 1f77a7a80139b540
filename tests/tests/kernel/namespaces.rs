//! Which network namespace a connection lives in: by every way to name one, whatever becomes of the
//! name; and what is no namespace.

use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use futures::StreamExt;
use netlane::sys::{Socket, SocketKind};
use netlane::{Builder, ErrorKind, Namespace, Protocol};
use netlane_testkit::{Links, NetworkNamespace, in_namespace, patience};
use netlane_tests::route::get_links;
use netlane_tests::stage::play;

#[test]
fn every_way_to_name_a_namespace_leads_there() {
    in_namespace(|| {
        if !alone("namespaces::every_way_to_name_a_namespace_leads_there") {
            return;
        }
        let elsewhere = NetworkNamespace::new().unwrap();
        elsewhere.run(|| Links::open().unwrap().bridge("br7").unwrap());
        // A process that lives there until its input ends.
        let resident = elsewhere.run(|| Command::new("cat").stdin(Stdio::piped()).spawn());
        let mut resident = resident.unwrap();
        // What `ip netns add` and `ip netns delete` do.
        let name = format!(
            "mkdir /run/netns && touch /run/netns/blue \
             && mount --bind /proc/{}/ns/net /run/netns/blue",
            resident.id()
        );
        shell(&name);
        let builders = [
            Namespace::Name("blue".into()),
            Namespace::Path("/run/netns/blue".into()),
            Namespace::Process(resident.id()),
            Namespace::from(elsewhere.as_fd().try_clone_to_owned().unwrap()),
        ]
        .map(|namespace| Builder::new(Protocol::ROUTE).namespace(namespace));
        // What was found once needs no name any more.
        drop(resident.stdin.take());
        resident.wait().unwrap();
        shell("umount -l /run/netns/blue && rm /run/netns/blue");
        play(async {
            for builder in builders {
                let handle = builder.spawn().unwrap();
                assert_eq!(handle.dump(get_links()).count().await, 2);
            }
            let here = netlane::spawn(Protocol::ROUTE).unwrap();
            assert_eq!(here.dump(get_links()).count().await, 1);
        });
    });
}

/// Whether this process has a mount namespace of its own, so that what is mounted leaves no trace on
/// this machine. If not, runs the test once more in one that has, and passes on its failure.
fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let private_run = "mount -t tmpfs tmpfs /run && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--mount", "--", "sh", "-c", private_run, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 passed"), "{said}{complained}");
    false
}

fn shell(script: &str) {
    let status = Command::new("sh").args(["-c", script]).status().unwrap();
    assert!(status.success(), "{script}");
}

#[test]
fn what_is_no_namespace_is_an_error_that_names_it_and_never_a_hang() {
    in_namespace(|| {
        let directory = std::env::temp_dir().join(format!("netlane-homes-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let fifo = directory.join("fifo");
        let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let (tell, told) = mpsc::channel();
        for (namespace, names) in [
            (Namespace::Path(fifo), "fifo\") is not a network namespace"),
            (
                Namespace::Path("/proc/self/ns/mnt".into()),
                "Path(\"/proc/self/ns/mnt\") is not a network namespace",
            ),
            (
                Namespace::Name("../../proc/self/ns/net".into()),
                "\"../../proc/self/ns/net\" is no namespace name",
            ),
            (Namespace::Name(String::new()), "\"\" is no namespace name"),
            (
                Namespace::Name("nowhere-at-all".into()),
                "/run/netns/nowhere-at-all: there is no such network namespace",
            ),
            (Namespace::Process(u32::MAX), "/proc/4294967295/ns/net"),
        ] {
            let tell = tell.clone();
            std::thread::spawn(move || {
                let error = Builder::new(Protocol::ROUTE).namespace(namespace).connect();
                tell.send(error.map(drop).unwrap_err()).unwrap();
            });
            let error = told.recv_timeout(patience(Duration::from_secs(20)));
            let error = error.expect("no answer: it hangs");
            assert_eq!(error.kind(), ErrorKind::Setup, "{error}");
            let text = error.to_string();
            assert!(text.contains(names), "{text}");
        }
        std::fs::remove_dir_all(&directory).unwrap();
    });
}

#[test]
fn an_adopted_socket_is_asked_for_no_other_place() {
    in_namespace(|| {
        // Each its own port: a process that another test starts may hold a socket a moment longer.
        let bound = |port| {
            let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
            socket.bind(netlane::sys::Address::port(port)).unwrap();
            Builder::new(Protocol::USERSOCK).socket(socket)
        };
        let error = bound(88).port(99).connect().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let text = error.to_string();
        assert!(text.contains("88") && text.contains("99"), "{text}");
        let here = Namespace::Process(std::process::id());
        for (port, namespace) in [(101, Namespace::Current), (102, here)] {
            let error = bound(port).namespace(namespace).connect().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.to_string().contains("network namespace"), "{error}");
        }
        let (handle, _connection) = bound(103).port(103).connect().unwrap();
        assert_eq!(handle.port(), 103);
    });
}

/// Set in the process that has a mount namespace of its own.
const ALONE: &str = "NETLANE_TESTS_PRIVATE_MOUNTS";

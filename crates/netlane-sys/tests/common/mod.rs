//! What the tests share: pings, flooding, and a network namespace of a test's own.
//!
//! Knows nothing of what is tested. A test that needs privilege gets it from a namespace: as root
//! on a thread of its own, otherwise in a child process inside a fresh user namespace.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{env, fs, io, panic, process::Command, thread};

use netlane_sys::{Address, Protocol, Received, Socket, SocketKind};
use netlane_wire::{Control, Flags, Frames, Message, kind, set_sequence_port};

/// `{NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK}`: the kernel acknowledges it and does nothing else.
pub(crate) fn ping(sequence: u32) -> Vec<u8> {
    numbered(
        Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK),
        sequence,
    )
}

/// A finished message with a sequence number.
pub(crate) fn numbered(message: Message, sequence: u32) -> Vec<u8> {
    let mut bytes = message.finish().unwrap();
    set_sequence_port(&mut bytes, sequence, 0);
    bytes
}

/// A bound socket with a port that the kernel chose.
pub(crate) fn open(protocol: Protocol) -> Socket {
    let socket = Socket::open(protocol, SocketKind::Raw).unwrap();
    socket.bind(Address::KERNEL).unwrap();
    socket
}

pub(crate) fn port(socket: &Socket) -> u32 {
    socket.local_address().unwrap().port
}

/// The error number of a result that must be an error.
pub(crate) fn errno<T: std::fmt::Debug>(result: io::Result<T>) -> i32 {
    result.unwrap_err().raw_os_error().unwrap()
}

/// Everything until the queue is empty, as `(bytes, what came with them)` or an error number.
pub(crate) fn drain(socket: &Socket) -> Vec<Result<(Vec<u8>, Received), i32>> {
    let mut buffer = vec![0; 64 * 1024];
    let mut all = Vec::new();
    loop {
        match socket.recv(&mut buffer) {
            Ok(received) => all.push(Ok((buffer[..received.len].to_vec(), received))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return all,
            Err(error) => all.push(Err(error.raw_os_error().unwrap())),
        }
        assert!(all.len() < 1_000_000, "the queue never gets empty");
    }
}

/// Receives the acknowledgement with this sequence number, skipping what else there is, and returns
/// its error number (0: done).
pub(crate) fn acknowledged(socket: &Socket, sequence: u32) -> i32 {
    for datagram in drain(socket).into_iter().flatten() {
        for frame in Frames::new(&datagram.0).flatten() {
            if let Control::Ack(ack) = frame.control()
                && frame.header().sequence == sequence
            {
                return ack.errno();
            }
        }
    }
    panic!("no acknowledgement with sequence {sequence}");
}

/// Sends one request and expects the kernel to do it.
pub(crate) fn request(socket: &Socket, message: Message) {
    socket.send(&numbered(message, 4711)).unwrap();
    assert_eq!(
        acknowledged(socket, 4711),
        0,
        "the kernel refused the request"
    );
}

/// Brings the loopback device up, which a fresh network namespace has as number 1, down.
pub(crate) fn raise_loopback(route: &Socket) {
    let mut ifinfomsg = [0; 16];
    ifinfomsg[4..8].copy_from_slice(&1u32.to_ne_bytes()); // ifi_index
    ifinfomsg[8..12].copy_from_slice(&1u32.to_ne_bytes()); // ifi_flags: IFF_UP
    ifinfomsg[12..16].copy_from_slice(&1u32.to_ne_bytes()); // ifi_change
    let flags = Flags::REQUEST | Flags::ACK;
    request(route, Message::new(16, flags).with_header(&ifinfomsg)); // RTM_NEWLINK
}

/// Runs `test` in a network namespace of its own with all capabilities over it.
///
/// `name` is the test's own name, by which it is started again in a child process if this process
/// may not make namespaces.
pub(crate) fn in_own_namespace(name: &str, test: impl FnOnce() + Send) {
    let refused = on_thread_in_namespace(test).err();
    match refused {
        None => {}
        Some(error) if env::var_os(INSIDE).is_some() => {
            panic!("no network namespace even inside a user namespace: {error}")
        }
        Some(_) => in_child(name),
    }
}

/// Runs `visit` on a thread in a fresh network namespace, or says why there is none.
pub(crate) fn on_thread_in_namespace<R: Send>(visit: impl FnOnce() -> R + Send) -> io::Result<R> {
    let run = || {
        netlane_sys::unshare_network()?; // this thread was made for it
        Ok(visit())
    };
    thread::scope(|scope| scope.spawn(run).join())
        .unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Whether `SO_RCVBUFFORCE` and the like are allowed: CAP_NET_ADMIN where all uids are mapped.
pub(crate) fn is_privileged_in_initial_user_namespace() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:\t"))
        .unwrap();
    let effective = u64::from_str_radix(effective, 16).unwrap();
    let map = fs::read_to_string("/proc/self/uid_map").unwrap();
    let all = map.split_whitespace().eq(["0", "0", "4294967295"]);
    all && effective & (1 << 12) != 0
}

fn in_child(name: &str) {
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .unwrap_or_else(|error| panic!("needs the program unshare (util-linux) or root: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{name} in a user namespace (needs unprivileged user namespaces or root):\n{text}{errors}"
    );
}

const INSIDE: &str = "NETLANE_SYS_INSIDE_USER_NAMESPACE";

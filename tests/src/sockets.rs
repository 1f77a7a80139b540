//! What the kernel says of netlink sockets in the calling thread's network namespace. In a fresh
//! one these are the test's own and nobody else's. Reads `/proc/net/netlink`; opens nothing but
//! second descriptors of what is open.

use std::fs;

/// One line of `/proc/net/netlink`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSocket {
    /// The protocol number.
    pub protocol: i32,
    /// The port id.
    pub port: u32,
    /// The groups 1 to 32 as a mask.
    pub groups: u32,
    /// Whether a dump is under way on it.
    pub dumping: bool,
    /// The inode that `/proc/self/fd` shows.
    pub inode: u64,
}

/// The sockets that programs have open here.
///
/// The kernel walks a hash table that all namespaces share, and while it grows or shrinks the walk
/// may leave a socket out or show it twice: what any of a few readings shows is there. The last
/// reading's state of a socket counts.
pub fn open() -> Vec<OpenSocket> {
    let mut found: Vec<OpenSocket> = Vec::new();
    for _ in 0..READINGS {
        for socket in read() {
            found.retain(|known| known.inode != socket.inode);
            found.push(socket);
        }
    }
    found
}

/// Readings of the table; a walk that is disturbed is rare, three in a row are not seen.
const READINGS: usize = 3;

fn read() -> Vec<OpenSocket> {
    let table = fs::read_to_string("/proc/thread-self/net/netlink").expect("procfs");
    table
        .lines()
        .skip(1)
        .map(parse)
        .filter(|socket| socket.port != 0)
        .collect()
}

/// The groups of the socket with this port, as a mask.
pub fn groups(protocol: i32, port: u32) -> Option<u32> {
    let found = open()
        .into_iter()
        .find(|socket| (socket.protocol, socket.port) == (protocol, port));
    found.map(|socket| socket.groups)
}

/// The mask of a group from 1 to 32.
pub const fn mask(group: u32) -> u32 {
    1 << (group - 1)
}

/// `fcntl` flags of this process's descriptors for the socket.
pub fn descriptor_flags(inode: u64) -> Vec<u32> {
    let flags = descriptors(inode).into_iter().map(|number| {
        let info = format!("/proc/self/fdinfo/{number}");
        let info = fs::read_to_string(info).expect("fdinfo");
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.expect("flags in fdinfo").trim();
        u32::from_str_radix(flags, 8).expect("octal flags")
    });
    flags.collect()
}

/// The numbers of this process's descriptors for the socket.
pub fn descriptors(inode: u64) -> Vec<i32> {
    let name = format!("socket:[{inode}]");
    let entries = fs::read_dir("/proc/self/fd").expect("procfs").flatten();
    entries
        // A descriptor may be closed by another test between the two calls.
        .filter(|entry| fs::read_link(entry.path()).is_ok_and(|link| link.to_str() == Some(&name)))
        .map(|entry| {
            let number = entry.file_name();
            number.to_string_lossy().parse().expect("a number")
        })
        .collect()
}

/// A second descriptor of this process's socket, to do to it what its owner does not.
#[cfg(target_os = "linux")]
pub fn second_descriptor(inode: u64) -> netlane::sys::Socket {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let process = pidfd_open(getpid(), PidfdFlags::empty()).expect("a pidfd");
    let number = descriptors(inode)[0];
    let second = pidfd_getfd(process, number, PidfdGetfdFlags::empty());
    netlane::sys::Socket::adopt(second.expect("an open socket")).expect("a netlink socket")
}

fn parse(line: &str) -> OpenSocket {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let number = |column: usize| columns[column].parse::<u64>().expect("a number");
    OpenSocket {
        protocol: columns[1].parse().expect("a protocol"),
        // Ports that the kernel chose are shown as unsigned.
        port: columns[2].parse().expect("a port"),
        groups: u32::from_str_radix(columns[3], 16).expect("a mask"),
        dumping: number(6) != 0,
        inode: number(9),
    }
}

//! The system calls on Linux: opening, naming and configuring sockets.
//!
//! Owns every raw call and the numbers of the options. Returns plain `io::Error`s; the sentences
//! are made by the callers. Mirrors `socket(2)`, `bind(2)`, `getsockopt(2)`, `fcntl(2)`.

mod control;
mod message;
mod namespace;

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd},
};

pub(crate) use std::os::fd::OwnedFd as Fd;

use libc::{c_int, c_void, sa_family_t, sockaddr, sockaddr_nl, socklen_t};

pub(crate) use self::{
    message::{
        BATCH, Slot, receive, receive_from, receive_many, send, send_many, send_slices, send_to,
    },
    namespace::{open_in, pin},
};
use crate::{Address, FilterInstruction, SocketKind, options::SocketOption};

pub(crate) fn open(protocol: i32, kind: SocketKind) -> io::Result<Fd> {
    let kind = match kind {
        SocketKind::Raw => libc::SOCK_RAW,
        SocketKind::Datagram => libc::SOCK_DGRAM,
    };
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: `socket` takes integers only.
    let fd = check(unsafe { libc::socket(libc::AF_NETLINK, kind | flags, protocol) })?;
    // SAFETY: `fd` was returned by `socket` just now, so it is open and nobody else owns it.
    Ok(unsafe { Fd::from_raw_fd(fd) })
}

/// Checks that `fd` is a netlink socket and gives it the flags that [`open`] would have given.
pub(crate) fn adopt(fd: Fd) -> io::Result<Fd> {
    let domain = get_raw_int(&fd, (libc::SOL_SOCKET, libc::SO_DOMAIN))?;
    if domain != libc::AF_NETLINK {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let raw = fd.as_raw_fd();
    // SAFETY: F_GETFD takes no further argument; `raw` is open as `fd` is borrowed.
    let descriptor = check(unsafe { libc::fcntl(raw, libc::F_GETFD) })?;
    // SAFETY: F_SETFD takes an integer; `raw` is open as above.
    check(unsafe { libc::fcntl(raw, libc::F_SETFD, descriptor | libc::FD_CLOEXEC) })?;
    // SAFETY: F_GETFL takes no further argument; `raw` is open as above.
    let status = check(unsafe { libc::fcntl(raw, libc::F_GETFL) })?;
    // SAFETY: F_SETFL takes an integer; `raw` is open as above.
    check(unsafe { libc::fcntl(raw, libc::F_SETFL, status | libc::O_NONBLOCK) })?;
    Ok(fd)
}

pub(crate) fn bind(fd: &Fd, address: Address) -> io::Result<()> {
    let name = to_c(address);
    let pointer = (&raw const name).cast::<sockaddr>();
    // SAFETY: `pointer` is valid for reads of `length_of::<sockaddr_nl>()` bytes: it points to
    // `name`, which outlives the call.
    check(unsafe { libc::bind(fd.as_raw_fd(), pointer, length_of::<sockaddr_nl>()) })?;
    Ok(())
}

pub(crate) fn connect(fd: &Fd, address: Address) -> io::Result<()> {
    let name = to_c(address);
    let pointer = (&raw const name).cast::<sockaddr>();
    // SAFETY: `pointer` is valid for reads of `length_of::<sockaddr_nl>()` bytes: it points to
    // `name`, which outlives the call.
    check(unsafe { libc::connect(fd.as_raw_fd(), pointer, length_of::<sockaddr_nl>()) })?;
    Ok(())
}

pub(crate) fn local_address(fd: &Fd) -> io::Result<Address> {
    let mut name = to_c(Address::KERNEL);
    let mut length = length_of::<sockaddr_nl>();
    let pointer = (&raw mut name).cast::<sockaddr>();
    // SAFETY: `pointer` is valid for writes of `length` bytes, the size of `name`, and `length`
    // for reads and writes; both outlive the call, which writes no more than `length` bytes.
    check(unsafe { libc::getsockname(fd.as_raw_fd(), pointer, &raw mut length) })?;
    Ok(from_c(&name))
}

pub(crate) fn set_int(fd: &Fd, option: SocketOption, value: i32) -> io::Result<()> {
    let (level, name) = number(option);
    let pointer = (&raw const value).cast::<c_void>();
    let length = length_of::<c_int>();
    // SAFETY: `pointer` is valid for reads of `length` bytes: it points to `value`, an i32, which
    // outlives the call. No option of `number` makes the kernel follow a pointer inside an int.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, pointer, length) })?;
    Ok(())
}

pub(crate) fn get_int(fd: &Fd, option: SocketOption) -> io::Result<i32> {
    get_raw_int(fd, number(option))
}

fn get_raw_int(fd: &Fd, (level, name): (c_int, c_int)) -> io::Result<i32> {
    let mut value: c_int = 0;
    let mut length = length_of::<c_int>();
    let pointer = (&raw mut value).cast::<c_void>();
    // SAFETY: `pointer` is valid for writes of `length` bytes, the size of `value`, and `length`
    // for reads and writes; both outlive the call, which writes no more than `length` bytes.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, pointer, &raw mut length) })?;
    Ok(value)
}

/// Reads an option that is an array of words; returns the length in bytes that the kernel states,
/// which may be more than there was room for.
pub(crate) fn get_words(fd: &Fd, option: SocketOption, words: &mut [u32]) -> io::Result<usize> {
    let (level, name) = number(option);
    let mut length = socklen_t::try_from(size_of_val(words)).unwrap_or(0);
    let pointer = words.as_mut_ptr().cast::<c_void>();
    // SAFETY: `pointer` is valid for writes of `length` bytes, the size of `words` or 0, and
    // `length` for reads and writes; both outlive the call, which writes no more than the
    // `length` bytes it was given. Any bit pattern is a valid u32.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, pointer, &raw mut length) })?;
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}

pub(crate) fn attach_filter(fd: &Fd, program: &[FilterInstruction]) -> io::Result<()> {
    let mut program: Vec<libc::sock_filter> = program
        .iter()
        .map(|i| libc::sock_filter {
            code: i.code,
            jt: i.jump_true,
            jf: i.jump_false,
            k: i.k,
        })
        .collect();
    let len = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let header = libc::sock_fprog {
        len,
        filter: program.as_mut_ptr(),
    };
    let (level, name) = number(SocketOption::AttachFilter);
    let pointer = (&raw const header).cast::<c_void>();
    let length = length_of::<libc::sock_fprog>();
    // SAFETY: `pointer` is valid for reads of `length` bytes: it points to `header`, a sock_fprog
    // whose `filter` points to `len` instructions; both outlive the call, and the kernel copies.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, pointer, length) })?;
    Ok(())
}

/// The `CLONE_NEW*` flag of the kind of namespace that a file stands for.
fn namespace_type(file: &Fd) -> io::Result<c_int> {
    // SAFETY: NS_GET_NSTYPE takes no argument and returns an integer. On a file that stands for no
    // namespace it is an unknown request without a pointer in it.
    check(unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_NSTYPE) })
}

/// Where there is netlink, the descriptor is an ordinary one.
pub(crate) fn into_owned(fd: Fd) -> Fd {
    fd
}

/// Errors that say "this kernel does not know this": the protocol or the option.
pub(crate) fn is_missing_feature(number: i32) -> bool {
    matches!(
        number,
        libc::EPROTONOSUPPORT | libc::ENOPROTOOPT | libc::EAFNOSUPPORT
    )
}

/// Errors that say "this descriptor is no socket".
pub(crate) fn is_not_a_socket(number: i32) -> bool {
    number == libc::ENOTSOCK
}

fn to_c(address: Address) -> sockaddr_nl {
    // SAFETY: sockaddr_nl is a C structure of integers, for which all zeroes is a valid value.
    let mut name: sockaddr_nl = unsafe { std::mem::zeroed() };
    name.nl_family = sa_family_t::try_from(libc::AF_NETLINK).unwrap_or_default();
    name.nl_pid = address.port;
    name.nl_groups = address.groups;
    name
}

fn from_c(name: &sockaddr_nl) -> Address {
    Address {
        port: name.nl_pid,
        groups: name.nl_groups,
    }
}

/// The size of a C structure as system calls want it. Sizes of types are small.
fn length_of<T>() -> socklen_t {
    socklen_t::try_from(size_of::<T>()).unwrap_or(0)
}

/// Turns the C convention of -1 and `errno` into a result.
fn check(result: c_int) -> io::Result<c_int> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// The same for calls that return a length or a count.
fn check_len<T>(result: T) -> io::Result<usize>
where
    usize: TryFrom<T>,
{
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// The C libraries disagree on the integer types of these structures; the compiler removes the
/// check where nothing can be lost.
fn narrow<From, To: TryFrom<From>>(value: From) -> io::Result<To> {
    To::try_from(value).map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// Level and number of an option.
fn number(option: SocketOption) -> (c_int, c_int) {
    use SocketOption as O;
    match option {
        O::AddMembership => (libc::SOL_NETLINK, libc::NETLINK_ADD_MEMBERSHIP),
        O::BroadcastError => (libc::SOL_NETLINK, libc::NETLINK_BROADCAST_ERROR),
        O::CapAck => (libc::SOL_NETLINK, libc::NETLINK_CAP_ACK),
        O::DropMembership => (libc::SOL_NETLINK, libc::NETLINK_DROP_MEMBERSHIP),
        O::ExtAck => (libc::SOL_NETLINK, libc::NETLINK_EXT_ACK),
        O::ListMemberships => (libc::SOL_NETLINK, libc::NETLINK_LIST_MEMBERSHIPS),
        O::ListenAllNsid => (libc::SOL_NETLINK, libc::NETLINK_LISTEN_ALL_NSID),
        O::NoEnobufs => (libc::SOL_NETLINK, libc::NETLINK_NO_ENOBUFS),
        O::PacketInfo => (libc::SOL_NETLINK, libc::NETLINK_PKTINFO),
        O::StrictCheck => (libc::SOL_NETLINK, libc::NETLINK_GET_STRICT_CHK),
        O::AttachFilter => (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER),
        O::DetachFilter => (libc::SOL_SOCKET, libc::SO_DETACH_FILTER),
        O::Error => (libc::SOL_SOCKET, libc::SO_ERROR),
        O::LockFilter => (libc::SOL_SOCKET, libc::SO_LOCK_FILTER),
        O::MemoryInfo => (libc::SOL_SOCKET, libc::SO_MEMINFO),
        O::PassCredentials => (libc::SOL_SOCKET, libc::SO_PASSCRED),
        O::Protocol => (libc::SOL_SOCKET, libc::SO_PROTOCOL),
        O::ReceiveBuffer => (libc::SOL_SOCKET, libc::SO_RCVBUF),
        O::ReceiveBufferForce => (libc::SOL_SOCKET, libc::SO_RCVBUFFORCE),
        O::SendBuffer => (libc::SOL_SOCKET, libc::SO_SNDBUF),
        O::SendBufferForce => (libc::SOL_SOCKET, libc::SO_SNDBUFFORCE),
    }
}

//! Sending and receiving datagrams.
//!
//! Owns the `msghdr` layout of one and of many datagrams. Each call is one system call (sending
//! many: one for each 64) and allocates nothing: addresses and control messages live on the stack.
//! Mirrors `sendmsg(2)`, `recvmsg(2)`, `sendmmsg(2)`, `recvmmsg(2)`.

use std::{io, io::IoSlice, os::fd::AsRawFd, ptr};

use libc::{c_int, c_uint, c_void, iovec, mmsghdr, msghdr, sockaddr, sockaddr_nl};

use super::{Fd, check_len, control::Control, from_c, length_of, narrow, to_c};
use crate::{Address, Received};

/// Datagrams in one `sendmmsg` or `recvmmsg`: what the headers need of the stack (5 KiB) is small,
/// and at 64 the system call is already spread thin.
pub(crate) const BATCH: usize = 64;

pub(crate) fn send(fd: &Fd, bytes: &[u8]) -> io::Result<usize> {
    let pointer = bytes.as_ptr().cast::<c_void>();
    // SAFETY: `pointer` is valid for reads of `bytes.len()` bytes; `bytes` is borrowed.
    check_len(unsafe { libc::send(fd.as_raw_fd(), pointer, bytes.len(), SEND) })
}

pub(crate) fn send_to(fd: &Fd, bytes: &[u8], to: Address) -> io::Result<usize> {
    let name = to_c(to);
    let data = bytes.as_ptr().cast::<c_void>();
    let to = (&raw const name).cast::<sockaddr>();
    let to_len = length_of::<sockaddr_nl>();
    // SAFETY: `data` is valid for reads of `bytes.len()` bytes and `to` for reads of `to_len`
    // bytes, the size of `name`; `bytes` is borrowed and `name` outlives the call.
    check_len(unsafe { libc::sendto(fd.as_raw_fd(), data, bytes.len(), SEND, to, to_len) })
}

pub(crate) fn send_slices(
    fd: &Fd,
    slices: &[IoSlice<'_>],
    to: Option<Address>,
) -> io::Result<usize> {
    let mut name = to.map(to_c);
    let mut header = empty_header();
    address(&mut header, name.as_mut());
    // IoSlice is documented to have the layout of iovec on Unix.
    header.msg_iov = slices.as_ptr().cast::<iovec>().cast_mut();
    header.msg_iovlen = narrow(slices.len())?;
    // SAFETY: `header` describes `slices`, which are borrowed, valid for reads, and only read by
    // sendmsg; its name is null or points to `name`, which outlives the call; it has no control.
    check_len(unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header, SEND) })
}

pub(crate) fn send_many(fd: &Fd, datagrams: &[&[u8]], to: Option<Address>) -> io::Result<usize> {
    let mut sent = 0;
    for chunk in datagrams.chunks(BATCH) {
        match send_chunk(fd, chunk, to) {
            Ok(count) => {
                sent += count;
                if count < chunk.len() {
                    break;
                }
            }
            // What was sent was executed: an error now would hide that.
            Err(_) if sent > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(sent)
}

fn send_chunk(fd: &Fd, datagrams: &[&[u8]], to: Option<Address>) -> io::Result<usize> {
    let mut name = to.map(to_c);
    let mut vectors = [empty_vector(); BATCH];
    let mut headers = [empty_message(); BATCH];
    for ((header, vector), bytes) in headers.iter_mut().zip(&mut vectors).zip(datagrams) {
        vector.iov_base = bytes.as_ptr().cast::<c_void>().cast_mut();
        vector.iov_len = bytes.len();
        header.msg_hdr.msg_iov = vector;
        header.msg_hdr.msg_iovlen = narrow(1)?;
        address(&mut header.msg_hdr, name.as_mut());
    }
    let count: c_uint = narrow(datagrams.len().min(BATCH))?;
    let pointer = headers.as_mut_ptr();
    let flags = narrow(SEND)?;
    // SAFETY: the first `count` of `headers` each describe one vector of `vectors` over borrowed
    // bytes that are only read, and a name that is null or `name`; all outlive the call.
    check_len(unsafe { libc::sendmmsg(fd.as_raw_fd(), pointer, count, flags) })
}

pub(crate) fn receive(fd: &Fd, buffer: &mut [u8]) -> io::Result<Received> {
    let mut name = to_c(Address::KERNEL);
    let mut control = Control::new();
    let mut vector = iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let mut header = empty_header();
    describe(&mut header, &mut name, &mut vector, &mut control)?;
    // SAFETY: `header` describes `name`, `vector` over the borrowed `buffer`, and `control`, each
    // with its own size and valid for writes; all outlive the call.
    let full_len = check_len(unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, RECEIVE) })?;
    Ok(received(
        &name,
        &control,
        used(&header),
        full_len,
        buffer.len(),
    ))
}

/// As [`receive`], without room for control messages, which costs less.
pub(crate) fn receive_from(fd: &Fd, buffer: &mut [u8]) -> io::Result<Received> {
    let mut name = to_c(Address::KERNEL);
    let mut name_len = length_of::<sockaddr_nl>();
    let data = buffer.as_mut_ptr().cast::<c_void>();
    let from = (&raw mut name).cast::<sockaddr>();
    let from_len = &raw mut name_len;
    // SAFETY: `data` is valid for writes of `buffer.len()` bytes and `from` for writes of
    // `name_len` bytes, the size of `name`; `buffer` is borrowed, and `name` and `name_len` outlive
    // the call.
    let full_len = check_len(unsafe {
        libc::recvfrom(fd.as_raw_fd(), data, buffer.len(), RECEIVE, from, from_len)
    })?;
    Ok(bare(&name, full_len, buffer.len()))
}

/// What the kernel writes about one datagram of a batch, besides its bytes.
#[derive(Clone)]
pub(crate) struct Slot {
    name: sockaddr_nl,
    control: Control,
    control_len: usize,
    full_len: usize,
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            name: to_c(Address::KERNEL),
            control: Control::new(),
            control_len: 0,
            full_len: 0,
        }
    }
}

impl Slot {
    pub(crate) fn received(&self, buffer_len: usize) -> Received {
        received(
            &self.name,
            &self.control,
            self.control_len,
            self.full_len,
            buffer_len,
        )
    }
}

/// Receives into as many buffers as there are slots, but at most [`BATCH`].
pub(crate) fn receive_many<'a>(
    fd: &Fd,
    buffers: impl Iterator<Item = &'a mut [u8]>,
    slots: &mut [Slot],
) -> io::Result<usize> {
    let mut vectors = [empty_vector(); BATCH];
    let mut headers = [empty_message(); BATCH];
    let mut count: c_uint = 0;
    let targets = buffers.zip(slots.iter_mut());
    for ((header, vector), (buffer, slot)) in headers.iter_mut().zip(&mut vectors).zip(targets) {
        *vector = iovec {
            iov_base: buffer.as_mut_ptr().cast(),
            iov_len: buffer.len(),
        };
        describe(
            &mut header.msg_hdr,
            &mut slot.name,
            vector,
            &mut slot.control,
        )?;
        count += 1;
    }
    let pointer = headers.as_mut_ptr();
    let no_timeout = ptr::null_mut();
    let flags = narrow(RECEIVE)?;
    // SAFETY: the first `count` of `headers` each describe the name and control of their own slot
    // and one vector over their own buffer, all valid for writes and borrowed until the end of
    // this function; a null timeout is allowed.
    let received =
        check_len(unsafe { libc::recvmmsg(fd.as_raw_fd(), pointer, count, flags, no_timeout) })?;
    for (header, slot) in headers.iter().zip(slots).take(received) {
        slot.full_len = narrow(header.msg_len)?;
        slot.control_len = used(&header.msg_hdr);
    }
    Ok(received)
}

fn received(
    name: &sockaddr_nl,
    control: &Control,
    control_len: usize,
    full_len: usize,
    buffer_len: usize,
) -> Received {
    let mut received = bare(name, full_len, buffer_len);
    control.read_into(control_len, &mut received);
    received
}

/// What is known of a datagram without control messages.
fn bare(name: &sockaddr_nl, full_len: usize, buffer_len: usize) -> Received {
    let sender = from_c(name);
    Received {
        len: full_len.min(buffer_len),
        full_len,
        sender,
        group: lowest_group(sender.groups),
        ..Received::default()
    }
}

fn lowest_group(groups: u32) -> Option<u32> {
    (groups != 0).then(|| groups.trailing_zeros() + 1)
}

/// Points `header` at everything that the kernel shall write.
fn describe(
    header: &mut msghdr,
    name: &mut sockaddr_nl,
    vector: &mut iovec,
    control: &mut Control,
) -> io::Result<()> {
    address(header, Some(name));
    header.msg_iov = vector;
    header.msg_iovlen = narrow(1)?;
    header.msg_control = control.bytes.as_mut_ptr().cast();
    header.msg_controllen = narrow(Control::SIZE)?;
    Ok(())
}

fn address(header: &mut msghdr, name: Option<&mut sockaddr_nl>) {
    if let Some(name) = name {
        header.msg_name = ptr::from_mut(name).cast();
        header.msg_namelen = length_of::<sockaddr_nl>();
    }
}

/// The bytes of control messages that the kernel wrote.
fn used(header: &msghdr) -> usize {
    narrow(header.msg_controllen).unwrap_or(0)
}

fn empty_header() -> msghdr {
    // SAFETY: msghdr is a C structure of integers and pointers, for which all zeroes is valid.
    unsafe { std::mem::zeroed() }
}

fn empty_message() -> mmsghdr {
    // SAFETY: mmsghdr is a C structure of integers and pointers, for which all zeroes is valid.
    unsafe { std::mem::zeroed() }
}

fn empty_vector() -> iovec {
    iovec {
        iov_base: ptr::null_mut(),
        iov_len: 0,
    }
}

/// Nonblocking even if another holder of an adopted socket made it blocking again; a signal would
/// be of no use to a library.
const SEND: c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;

/// With MSG_TRUNC the kernel returns the true length of what did not fit.
const RECEIVE: c_int = libc::MSG_DONTWAIT | libc::MSG_TRUNC;

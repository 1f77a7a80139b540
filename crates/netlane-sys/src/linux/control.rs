//! Control messages that come with a datagram.
//!
//! Owns the buffer that the kernel writes them to, and the walk over it. Knows no socket.
//! Mirrors `cmsg(3)`, `netlink_cmsg_recv_pktinfo` and `netlink_cmsg_listen_all_nsid` in
//! `net/netlink/af_netlink.c`, and `scm_recv` in `include/net/scm.h`.

use libc::cmsghdr;

use super::narrow;
use crate::{Credentials, Received};

/// Room for the three control messages that a netlink socket can receive (80 bytes on 64-bit
/// systems), aligned as `cmsghdr` must be.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Control {
    alignment: [cmsghdr; 0],
    pub(super) bytes: [u8; Self::SIZE],
}

impl Control {
    pub(super) const SIZE: usize = 128;

    pub(super) const fn new() -> Self {
        Self {
            alignment: [],
            bytes: [0; Self::SIZE],
        }
    }

    /// Copies what the kernel wrote to the first `used` bytes into `received`.
    pub(super) fn read_into(&self, used: usize, received: &mut Received) {
        let mut rest = self.bytes.get(..used).unwrap_or(&self.bytes);
        while let Some((header, data, next)) = split_first(rest) {
            match (header.cmsg_level, header.cmsg_type) {
                (libc::SOL_NETLINK, libc::NETLINK_PKTINFO) => {
                    let group = word(data, 0);
                    received.group = group.filter(|group| *group != 0);
                }
                (libc::SOL_NETLINK, libc::NETLINK_LISTEN_ALL_NSID) => {
                    received.nsid = word(data, 0).map(u32::cast_signed);
                }
                (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) => {
                    received.credentials = credentials(data);
                }
                _ => {}
            }
            rest = next;
        }
    }
}

/// The first control message: its header, its data, and what follows it.
fn split_first(bytes: &[u8]) -> Option<(cmsghdr, &[u8], &[u8])> {
    let head = bytes.get(..size_of::<cmsghdr>())?;
    // SAFETY: `head` has as many initialized bytes as a cmsghdr, which consists of integers (and
    // padding), so any bytes make a valid one; the read may be unaligned.
    let header = unsafe { head.as_ptr().cast::<cmsghdr>().read_unaligned() };
    let len = narrow(header.cmsg_len).ok()?;
    let data = bytes.get(align(size_of::<cmsghdr>())..len)?;
    let next = bytes.get(align(len)..).unwrap_or_default();
    Some((header, data, next))
}

/// `CMSG_ALIGN`. Lengths here are below [`Control::SIZE`].
const fn align(len: usize) -> usize {
    len.next_multiple_of(size_of::<usize>())
}

fn word(data: &[u8], index: usize) -> Option<u32> {
    let bytes = data.get(index * 4..index * 4 + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

/// `struct ucred`: pid, uid, gid.
fn credentials(data: &[u8]) -> Option<Credentials> {
    Some(Credentials {
        pid: word(data, 0)?.cast_signed(),
        uid: word(data, 1)?,
        gid: word(data, 2)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(control: &mut Control, at: usize, level: i32, kind: i32, data: &[u8]) -> usize {
        // SAFETY: cmsghdr consists of integers, for which all zeroes is a valid value.
        let mut header: cmsghdr = unsafe { std::mem::zeroed() };
        let start = at + align(size_of::<cmsghdr>());
        header.cmsg_len = align(size_of::<cmsghdr>()) + data.len();
        header.cmsg_level = level;
        header.cmsg_type = kind;
        let target = control.bytes[at..at + size_of::<cmsghdr>()]
            .as_mut_ptr()
            .cast::<cmsghdr>();
        // SAFETY: `target` points to as many writable bytes as a cmsghdr has.
        unsafe { target.write_unaligned(header) };
        control.bytes[start..start + data.len()].copy_from_slice(data);
        start + align(data.len())
    }

    #[test]
    fn all_three_messages_are_read_and_unknown_ones_skipped() {
        let mut control = Control::new();
        let used = append(&mut control, 0, libc::SOL_SOCKET, 77, &[1, 2, 3]);
        let used = append(
            &mut control,
            used,
            libc::SOL_NETLINK,
            3,
            &37u32.to_ne_bytes(),
        );
        let used = append(
            &mut control,
            used,
            libc::SOL_NETLINK,
            8,
            &5i32.to_ne_bytes(),
        );
        let ucred: Vec<u8> = [9u32, 1000, 100]
            .iter()
            .flat_map(|w| w.to_ne_bytes())
            .collect();
        let used = append(
            &mut control,
            used,
            libc::SOL_SOCKET,
            libc::SCM_CREDENTIALS,
            &ucred,
        );
        let mut received = Received::default();
        control.read_into(used, &mut received);
        assert_eq!(received.group, Some(37));
        assert_eq!(received.nsid, Some(5));
        assert_eq!(
            received.credentials,
            Some(Credentials {
                pid: 9,
                uid: 1000,
                gid: 100
            })
        );
    }

    #[test]
    fn group_0_of_a_unicast_is_no_group() {
        let mut control = Control::new();
        let used = append(&mut control, 0, libc::SOL_NETLINK, 3, &0u32.to_ne_bytes());
        let mut received = Received::default();
        control.read_into(used, &mut received);
        assert_eq!(received.group, None);
    }

    #[test]
    fn any_bytes_end_the_walk() {
        let mut control = Control::new();
        for fill in [0u8, 1, 15, 16, 17, 127, 128, 255] {
            control.bytes = [0; Control::SIZE];
            control.bytes[0] = fill;
            for used in 0..=Control::SIZE + 1 {
                control.read_into(used, &mut Received::default());
            }
            control.bytes = [fill; Control::SIZE];
            control.read_into(Control::SIZE, &mut Received::default());
        }
    }
}

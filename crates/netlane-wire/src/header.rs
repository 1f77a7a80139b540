//! `struct nlmsghdr`: the 16 bytes at the start of every netlink message.
//!
//! Owns that layout; must not know about payloads. Mirrors `include/uapi/linux/netlink.h`.

use crate::Flags;

/// `sizeof(struct nlmsghdr)`, in bytes.
pub const HEADER_LEN: usize = 16;

/// `struct nlmsghdr`, in host byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Header {
    /// `nlmsg_len`: bytes of the message, this header included, without trailing padding.
    pub len: u32,
    /// `nlmsg_type`: what the message is; below [`crate::kind::MIN_TYPE`] a control message.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: Flags,
    /// `nlmsg_seq`: chosen by the requester, repeated in the answers.
    pub sequence: u32,
    /// `nlmsg_pid`: a port id. Says nothing certain about who sent the message.
    pub port: u32,
}

impl Header {
    /// The header at the start of `bytes`; `None` if there are fewer than 16. Its length field
    /// is not checked against anything.
    #[must_use]
    #[inline]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let &[
            l0,
            l1,
            l2,
            l3,
            k0,
            k1,
            f0,
            f1,
            s0,
            s1,
            s2,
            s3,
            p0,
            p1,
            p2,
            p3,
        ] = bytes.first_chunk::<HEADER_LEN>()?;
        Some(Self {
            len: u32::from_ne_bytes([l0, l1, l2, l3]),
            kind: u16::from_ne_bytes([k0, k1]),
            flags: Flags::from_bits_retain(u16::from_ne_bytes([f0, f1])),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            port: u32::from_ne_bytes([p0, p1, p2, p3]),
        })
    }

    /// The header as it goes over the wire.
    #[must_use]
    #[inline]
    pub const fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [l0, l1, l2, l3] = self.len.to_ne_bytes();
        let [k0, k1] = self.kind.to_ne_bytes();
        let [f0, f1] = self.flags.bits().to_ne_bytes();
        let [s0, s1, s2, s3] = self.sequence.to_ne_bytes();
        let [p0, p1, p2, p3] = self.port.to_ne_bytes();
        [
            l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, p0, p1, p2, p3,
        ]
    }
}

/// Writes `nlmsg_seq` and `nlmsg_pid` into the first message of `bytes`, in place.
///
/// Fewer than 16 bytes hold no header and are left as they are.
#[inline]
pub fn set_sequence_port(bytes: &mut [u8], sequence: u32, port: u32) {
    if let Some([_, _, _, _, _, _, _, _, fields @ ..]) = bytes.first_chunk_mut::<HEADER_LEN>() {
        let [s0, s1, s2, s3] = sequence.to_ne_bytes();
        let [p0, p1, p2, p3] = port.to_ne_bytes();
        *fields = [s0, s1, s2, s3, p0, p1, p2, p3];
    }
}

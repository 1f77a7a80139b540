//! Memory use of a socket.
//!
//! Owns the Rust form of the `SO_MEMINFO` array. Mirrors `enum` `SK_MEMINFO_*` in
//! `linux/sock_diag.h`.

/// `SO_MEMINFO`: a socket's queue memory and its drop count. All sizes in bytes of kernel memory
/// ("truesize"), which is more than the payload: 832 for a 36-byte acknowledgement on Linux 6.18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryInfo {
    /// `SK_MEMINFO_RMEM_ALLOC`: charged to the receive queue now.
    pub receive_allocated: u32,
    /// `SK_MEMINFO_RCVBUF`: the receive buffer's limit.
    pub receive_buffer: u32,
    /// `SK_MEMINFO_WMEM_ALLOC`: charged to the send side now.
    pub send_allocated: u32,
    /// `SK_MEMINFO_SNDBUF`: the send buffer's limit.
    pub send_buffer: u32,
    /// `SK_MEMINFO_FWD_ALLOC`: reserved ahead.
    pub forward_allocated: u32,
    /// `SK_MEMINFO_WMEM_QUEUED`: queued for sending.
    pub send_queued: u32,
    /// `SK_MEMINFO_OPTMEM`: used by options, such as filters.
    pub option_memory: u32,
    /// `SK_MEMINFO_BACKLOG`: in the backlog.
    pub backlog: u32,
    /// `SK_MEMINFO_DROPS`: datagrams refused since the socket was opened. Counts exactly, wraps at
    /// 2^32, and is never reset: compare two readings with `wrapping_sub`.
    pub drops: u32,
}

impl MemoryInfo {
    /// How many `u32` the kernel reports at most that are understood here.
    pub(crate) const WORDS: usize = 9;

    /// From the kernel's array; older kernels fill fewer words and leave the rest 0.
    pub(crate) fn from_words(words: [u32; Self::WORDS]) -> Self {
        let [
            receive_allocated,
            receive_buffer,
            send_allocated,
            send_buffer,
            forward_allocated,
            send_queued,
            option_memory,
            backlog,
            drops,
        ] = words;
        Self {
            receive_allocated,
            receive_buffer,
            send_allocated,
            send_buffer,
            forward_allocated,
            send_queued,
            option_memory,
            backlog,
            drops,
        }
    }
}

//! Linux netlink sockets: the system calls, socket options and control messages under netlane.
//!
//! This crate owns the boundary to the kernel and all of netlane's `unsafe` code. It moves
//! datagrams: bytes, the sender's [`Address`], the multicast group, the namespace id and the
//! sender's credentials. It does not know what is inside a datagram (no message header, no
//! attribute, no sequence number), and it keeps no state that the kernel does not keep.
//!
//! [`Socket`] is always nonblocking and close-on-exec, and all its methods take `&self`: share it
//! by reference or in an [`Arc`](std::sync::Arc). Receiving from two threads at once is memory-safe
//! but confuses a dump in progress (the kernel makes the next chunk inside `recvmsg`), so let one
//! reader own the receive side.
//!
//! With the feature `tokio`, [`AsyncSocket`] registers a socket with the tokio reactor.
//!
//! On other systems than Linux everything compiles, and opening a socket is an [`Error`] of kind
//! [`ErrorKind::Unsupported`].
//!
//! Mirrors: `netlink(7)`, `socket(7)`, `setns(2)`, `net/netlink/af_netlink.c`.
//!
//! # Examples
//!
//! Ask the kernel for an acknowledgement of a message that does nothing:
//!
//! ```
//! # #[cfg(target_os = "linux")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use netlane_sys::{Address, Protocol, Socket, SocketKind};
//!
//! let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw)?;
//! socket.bind(Address::KERNEL)?; // port 0: the kernel chooses one
//!
//! // nlmsg_len 16, nlmsg_type NLMSG_NOOP, nlmsg_flags NLM_F_REQUEST | NLM_F_ACK, sequence 7, port 0
//! let mut ping = [0; 16];
//! ping[..4].copy_from_slice(&16u32.to_ne_bytes());
//! ping[4..6].copy_from_slice(&1u16.to_ne_bytes());
//! ping[6..8].copy_from_slice(&5u16.to_ne_bytes());
//! ping[8..12].copy_from_slice(&7u32.to_ne_bytes());
//! socket.send(&ping)?;
//!
//! let mut buffer = [0; 4096];
//! let received = socket.recv(&mut buffer)?; // the answer is queued before `send` returns
//! assert_eq!(received.sender, Address::KERNEL);
//! assert_eq!(received.full_len, 36); // header, error code 0, and the ping's header
//! # Ok(())
//! # }
//! # #[cfg(not(target_os = "linux"))]
//! # fn main() {}
//! ```

mod address;
mod batch;
mod error;
mod filter;
mod memory;
mod namespace;
mod options;
mod protocol;
mod receive;
mod socket;
#[cfg(unix)]
mod unshare;
#[cfg(unix)]
mod wait;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "unsupported.rs"]
mod platform;

#[cfg(all(feature = "tokio", target_os = "linux"))]
mod tokio;
#[cfg(all(feature = "tokio", not(target_os = "linux")))]
#[path = "tokio_unsupported.rs"]
mod tokio;

#[cfg(all(feature = "tokio", target_os = "linux"))]
mod watch;
#[cfg(all(feature = "tokio", not(target_os = "linux")))]
#[path = "watch_unsupported.rs"]
mod watch;

pub use address::Address;
pub use batch::{Datagrams, ReceiveBatch};
pub use error::{Error, ErrorKind};
pub use filter::{FilterInstruction, bpf};
pub use memory::MemoryInfo;
pub use namespace::Namespace;
pub use protocol::Protocol;
pub use receive::{Credentials, Received};
pub use socket::{Socket, SocketKind};
#[cfg(unix)]
pub use unshare::{enter_network, unshare_network};
#[cfg(unix)]
pub use wait::wait_readable;

#[cfg(feature = "tokio")]
pub use crate::{
    tokio::{AsyncSocket, ReadyGuard},
    watch::{Readable, Watch},
};

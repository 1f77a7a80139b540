//! The seam between a lane and its socket: send, receive, read the drop count.
//! Owns the trait and its two-line implementation for the real socket; a
//! kernel in memory stands in for it in the simulation.

use std::io;

use netlane_sys::{Address, Received, Socket};
use netlane_wire::rare;

/// What a lane needs of a socket. Calls never wait for readiness.
pub(crate) trait Transport: Send + Sync + 'static {
    /// Sends one datagram: to the connected address if `to` is `None`. Success
    /// means that the kernel has executed every message in it.
    fn send(&self, bytes: &[u8], to: Option<Address>) -> io::Result<()>;

    /// Receives one datagram, with its true length; with its true group only
    /// if `envelope` asks for it, which costs more.
    fn receive(&self, buffer: &mut [u8], envelope: bool) -> io::Result<Received>;

    /// How many datagrams the kernel has dropped at this socket so far, modulo
    /// 2^32 (`SK_MEMINFO_DROPS`); `None` if it does not say.
    fn drops(&self) -> Option<u32>;

    /// How many bytes of the receive buffer what is queued takes
    /// (`SK_MEMINFO_RMEM_ALLOC`); `None` if nobody says.
    fn queued(&self) -> Option<usize> {
        None
    }
}

impl Transport for Socket {
    fn send(&self, bytes: &[u8], to: Option<Address>) -> io::Result<()> {
        match to {
            None => Self::send(self, bytes),
            Some(address) => self.send_to(bytes, address),
        }
        .map(drop)
    }

    fn receive(&self, buffer: &mut [u8], envelope: bool) -> io::Result<Received> {
        if envelope {
            rare();
            self.recv(buffer)
        } else {
            self.recv_from(buffer)
        }
    }

    #[cold]
    fn drops(&self) -> Option<u32> {
        self.memory_info().ok().map(|info| info.drops)
    }

    #[cold]
    fn queued(&self) -> Option<usize> {
        let info = self.memory_info().ok()?;
        usize::try_from(info.receive_allocated).ok()
    }
}

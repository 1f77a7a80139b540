//! Options of `SOL_SOCKET` that matter to netlink. Owns what each means and which privilege it needs.
//! Mirrors `socket(7)`.

use std::io;

use super::SocketOption;
use crate::error::Operation::Set;
use crate::{Error, FilterInstruction, MemoryInfo, Socket, bpf, platform};

/// Sorted by C name.
impl Socket {
    /// `SO_ATTACH_FILTER`: runs a classic BPF program on each datagram before it is queued, in
    /// place of the present one.
    ///
    /// # Errors
    ///
    /// A program that is empty or longer than [`bpf::MAX_INSTRUCTIONS`], that the kernel's verifier
    /// refuses, or that would replace a locked one.
    pub fn attach_filter(&self, program: &[FilterInstruction]) -> Result<(), Error> {
        let operation = Set(SocketOption::AttachFilter);
        if program.is_empty() || program.len() > bpf::MAX_INSTRUCTIONS {
            return Err(Error::invalid(
                operation,
                format!(
                    "a filter has 1 to {} instructions, not {}",
                    bpf::MAX_INSTRUCTIONS,
                    program.len()
                ),
            ));
        }
        platform::attach_filter(self.fd(), program).map_err(|source| {
            let error = Error::new(operation, source);
            match error.kind() {
                crate::ErrorKind::InvalidInput => {
                    error.with_explanation("the kernel's verifier refused the program")
                }
                _ => error,
            }
        })
    }

    /// `SO_DETACH_FILTER`: removes the filter.
    ///
    /// # Errors
    ///
    /// If there is none, or it is locked.
    pub fn detach_filter(&self) -> Result<(), Error> {
        self.set_int(SocketOption::DetachFilter, 0)
    }

    /// `SO_ERROR`: takes the socket's pending error, which is then not reported by a later receive.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn take_error(&self) -> Result<Option<io::Error>, Error> {
        let number = self.get_int(SocketOption::Error)?;
        Ok((number != 0).then(|| io::Error::from_raw_os_error(number)))
    }

    /// `SO_LOCK_FILTER`: from now on the filter can be neither replaced nor removed. There is no
    /// unlocking.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 3.9).
    pub fn lock_filter(&self) -> Result<(), Error> {
        self.set_int(SocketOption::LockFilter, 1)
    }

    /// `SO_LOCK_FILTER` as it is now.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option.
    pub fn filter_locked(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::LockFilter)
    }

    /// `SO_MEMINFO`: the memory of the queues, and how many datagrams were dropped.
    ///
    /// # Errors
    ///
    /// If the kernel does not have the option (before Linux 4.12).
    pub fn memory_info(&self) -> Result<MemoryInfo, Error> {
        let mut words = [0; MemoryInfo::WORDS];
        self.get_words(SocketOption::MemoryInfo, &mut words)?;
        Ok(MemoryInfo::from_words(words))
    }

    /// `SO_PASSCRED`: each datagram comes with its sender's credentials.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn set_pass_credentials(&self, on: bool) -> Result<(), Error> {
        self.set_int(SocketOption::PassCredentials, on.into())
    }

    /// `SO_PASSCRED` as it is now.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn pass_credentials(&self) -> Result<bool, Error> {
        self.get_bool(SocketOption::PassCredentials)
    }

    /// `SO_RCVBUF`: asks for a receive buffer of this many bytes. The kernel silently caps it at
    /// `net.core.rmem_max` and then doubles it: read [`receive_buffer`](Self::receive_buffer) back.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::ReceiveBuffer, bytes)
    }

    /// `SO_RCVBUFFORCE`: as [`set_receive_buffer`](Self::set_receive_buffer), without the cap.
    ///
    /// # Errors
    ///
    /// Without `CAP_NET_ADMIN` in the initial user namespace; in a container usually. The fall back
    /// to `SO_RCVBUF` is the caller's.
    pub fn set_receive_buffer_force(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::ReceiveBufferForce, bytes)
    }

    /// `SO_RCVBUF` as it is now, in bytes of kernel memory: twice what was granted.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn receive_buffer(&self) -> Result<usize, Error> {
        self.get_size(SocketOption::ReceiveBuffer)
    }

    /// `SO_SNDBUF`: asks for a send buffer of this many bytes; capped at `net.core.wmem_max` and
    /// doubled as with [`set_receive_buffer`](Self::set_receive_buffer). A datagram may be as long
    /// as the result - 32.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn set_send_buffer(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::SendBuffer, bytes)
    }

    /// `SO_SNDBUFFORCE`: as [`set_send_buffer`](Self::set_send_buffer), without the cap.
    ///
    /// # Errors
    ///
    /// Without `CAP_NET_ADMIN` in the initial user namespace.
    pub fn set_send_buffer_force(&self, bytes: usize) -> Result<(), Error> {
        self.set_size(SocketOption::SendBufferForce, bytes)
    }

    /// `SO_SNDBUF` as it is now, in bytes of kernel memory.
    ///
    /// # Errors
    ///
    /// None known for an open socket.
    pub fn send_buffer(&self) -> Result<usize, Error> {
        self.get_size(SocketOption::SendBuffer)
    }
}

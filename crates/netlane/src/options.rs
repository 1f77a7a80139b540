//! Socket options as the kernel reads them back, and the rule for those it does
//! not have. Which are set is the builder's choice.

use std::fmt;

use netlane_sys::Socket;

use crate::Error;

/// An option that is set where the kernel has it; [`Options`] says whether.
pub(crate) fn where_available(set: Result<(), netlane_sys::Error>) -> Result<(), Error> {
    match set {
        Err(error) if error.is_unsupported() => {
            tracing::debug!(%error, "the kernel does not have an option");
            Ok(())
        }
        set => Ok(set?),
    }
}

/// The options in force on the request lane, as the kernel reads them back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The port id, host order.
    pub port: u32,
    /// `SO_RCVBUF` in bytes.
    pub receive_buffer: usize,
    /// `SO_SNDBUF` in bytes.
    pub send_buffer: usize,
    /// `NETLINK_EXT_ACK`.
    pub ext_ack: bool,
    /// `NETLINK_CAP_ACK`.
    pub cap_ack: bool,
    /// `NETLINK_GET_STRICT_CHK`.
    pub strict_check: bool,
    /// `NETLINK_PKTINFO`.
    pub pktinfo: bool,
}

impl Options {
    pub(crate) fn read(socket: &Socket) -> Result<Self, Error> {
        Ok(Self {
            port: socket.local_address()?.port,
            receive_buffer: socket.receive_buffer()?,
            send_buffer: socket.send_buffer()?,
            ext_ack: socket.ext_ack().unwrap_or(false),
            cap_ack: socket.cap_ack().unwrap_or(false),
            strict_check: socket.strict_check().unwrap_or(false),
            pktinfo: socket.pktinfo().unwrap_or(false),
        })
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            port,
            receive_buffer,
            send_buffer,
            ..
        } = self;
        write!(
            f,
            "port {port}, receive buffer {receive_buffer}, send buffer {send_buffer}"
        )?;
        for (name, on) in [
            ("EXT_ACK", self.ext_ack),
            ("CAP_ACK", self.cap_ack),
            ("GET_STRICT_CHK", self.strict_check),
            ("PKTINFO", self.pktinfo),
        ] {
            if on {
                write!(f, ", {name}")?;
            }
        }
        Ok(())
    }
}

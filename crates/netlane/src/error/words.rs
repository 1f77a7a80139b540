//! The words of an error: what happened, and what to do about it. What its source
//! says is not said twice.

use std::fmt;
use std::io;

use netlane_sys::Protocol;

use super::{Asked, Detail, Error, ErrorKind, Refusal};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Asked { protocol, kind }) = self.0.request {
            write!(f, "{protocol} request of type {kind}")?;
            if let Some(member) = self.0.member {
                write!(f, ", member {member}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(match self.0.kind {
            ErrorKind::Invalid => "invalid request",
            ErrorKind::Setup => "socket setup failed",
            ErrorKind::NotSent => "not sent",
            ErrorKind::Refused => "refused by the kernel",
            ErrorKind::OutcomeUnknown => "outcome unknown",
            ErrorKind::Incomplete => "answer incomplete",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::TimedOut => "timed out",
            ErrorKind::Closed => "connection ended",
            ErrorKind::Decode => "unexpected answer",
        })?;
        match &self.0.detail {
            Detail::Text(text) | Detail::NeverSent(text) => write!(f, ": {text}"),
            Detail::Wish => f.write_str(": it was closed"),
            Detail::Setup(error) => write!(f, ": {error}"),
            Detail::Build(error) => write!(f, ": {error}"),
            Detail::Decode(error) => write!(f, ": {error}"),
            Detail::TooLong { len, limit, .. } => write!(
                f,
                ": a message of {len} bytes, where this socket takes {limit} (SO_SNDBUF less 32: \
                 Builder::send_buffer)"
            ),
            Detail::Refusal(refusal) => {
                refusal.fmt(f)?;
                let protocol = self.0.request.map(|asked| asked.protocol);
                match (refusal.errno, protocol) {
                    (EPERM, Some(protocol)) => f.write_str(privilege(protocol)),
                    _ => Ok(()),
                }
            }
            Detail::Ended(_) => f.write_str(": the connection ended first"),
            // The source says what; here is what to do about it.
            Detail::Io(error) => f.write_str(advice(self.0.kind, error)),
        }
    }
}

/// What to do about a failed sendmsg, by its errno.
fn advice(kind: ErrorKind, error: &io::Error) -> &'static str {
    if kind != ErrorKind::NotSent {
        return "";
    }
    match error.raw_os_error() {
        Some(EPERM) => " (to peers and groups only with CAP_NET_ADMIN, but for NETLINK_USERSOCK)",
        Some(EMSGSIZE) => {
            " (a message may be as long as SO_SNDBUF less 32 bytes: Builder::send_buffer)"
        }
        Some(ECONNREFUSED) => {
            " (no socket has that port, or the kernel does not listen on this protocol in this \
             network namespace)"
        }
        _ => "",
    }
}

/// Which privilege the kernel missed, by the protocol's own rule.
const fn privilege(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::ROUTE | Protocol::NETFILTER | Protocol::XFRM | Protocol::SOCK_DIAG => {
            " (CAP_NET_ADMIN is needed in the user namespace that owns the socket's network \
             namespace)"
        }
        Protocol::GENERIC => {
            " (CAP_NET_ADMIN is needed in the user namespace that owns the network namespace, for \
             some families in the initial one)"
        }
        Protocol::AUDIT => " (CAP_AUDIT_CONTROL is needed; to send records, CAP_AUDIT_WRITE)",
        // A peer, or a module, has rules of its own.
        _ => "",
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ": {}", io::Error::from_raw_os_error(self.errno))?;
        if let Some(path) = &self.path {
            write!(f, ": {path}")?;
        }
        if let Some(report) = &self.report {
            write!(f, ": {report}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind);
        if let Some(asked) = &self.0.request {
            out.field("protocol", &asked.protocol)
                .field("request_type", &asked.kind);
        }
        match &self.0.detail {
            Detail::Text(text) | Detail::NeverSent(text) => out.field("detail", text),
            Detail::Wish => out.field("detail", &"closed"),
            Detail::Setup(error) => out.field("detail", error),
            Detail::Build(error) => out.field("detail", error),
            Detail::Decode(error) => out.field("detail", error),
            Detail::Io(error) | Detail::TooLong { error, .. } => out.field("detail", error),
            Detail::Refusal(refusal) => out.field("detail", refusal),
            Detail::Ended(error) => out.field("detail", error),
        };
        out.finish()
    }
}

/// Errno values of Linux. `EPERM` is the same on every architecture; on those
/// where the others differ (MIPS, SPARC) only the advice is missing.
const EPERM: i32 = 1;
pub(super) const EMSGSIZE: i32 = 90;
const ECONNREFUSED: i32 = 111;

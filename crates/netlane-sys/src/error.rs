//! Errors of everything but the hot path.
//!
//! Owns the sentences that tell a person what to do: which option, which limit, which capability,
//! which kernel part. [`Socket::send`](crate::Socket::send) and
//! [`Socket::recv`](crate::Socket::recv) return plain [`io::Error`]s instead, because there the
//! number is part of the protocol. Mirrors the error sections of `netlink(7)`, `setns(2)` and
//! `net/netlink/af_netlink.c`.

use std::{borrow::Cow, fmt, io};

use crate::{Protocol, options::SocketOption};

/// Why a socket could not be opened, bound or configured.
///
/// The text names the call or the option and says what is missing; the operating system's own words
/// are the
/// [`source`](std::error::Error::source), and are not repeated in the text.
#[derive(Debug)]
pub struct Error {
    operation: Operation,
    kind: ErrorKind,
    explanation: Option<Cow<'static, str>>,
    source: io::Error,
}

/// What sort of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// This system, this kernel or this kernel's configuration does not have it.
    Unsupported,
    /// A capability is missing, or a security policy forbids it.
    PermissionDenied,
    /// An argument is outside its limits; nothing was tried or the kernel said so.
    InvalidInput,
    /// The port id is taken.
    AddressInUse,
    /// The thing named does not exist: a namespace, a process, a membership.
    NotFound,
    /// Anything else: see [`Error::raw_os_error`].
    Other,
}

impl Error {
    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The system call that failed, by its C name.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation.call()
    }

    /// The socket option concerned, by its C name.
    #[must_use]
    pub fn option(&self) -> Option<&'static str> {
        match self.operation {
            Operation::Set(option) | Operation::Get(option) => Some(option.name()),
            _ => None,
        }
    }

    /// The operating system's error number, if it was the one to refuse.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.source.raw_os_error()
    }

    /// Whether this system or kernel does not have it.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.kind == ErrorKind::Unsupported
    }

    /// Whether a capability is missing.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.kind == ErrorKind::PermissionDenied
    }

    /// Refused by the operating system, or by this crate in its place.
    pub(crate) fn new(operation: Operation, source: io::Error) -> Self {
        let kind = kind_of(&source);
        let explanation = explain(operation, kind).map(Cow::Borrowed);
        Self {
            operation,
            kind,
            explanation,
            source,
        }
    }

    /// Refused before the operating system was asked.
    pub(crate) fn invalid(operation: Operation, explanation: impl Into<Cow<'static, str>>) -> Self {
        Self {
            operation,
            kind: ErrorKind::InvalidInput,
            explanation: Some(explanation.into()),
            source: io::ErrorKind::InvalidInput.into(),
        }
    }

    /// `socket(AF_NETLINK, ..)` failed.
    pub(crate) fn open(protocol: Protocol, source: io::Error) -> Self {
        let mut error = Self::new(Operation::Open, source);
        error.explanation = Some(match error.kind {
            ErrorKind::Unsupported if cfg!(target_os = "linux") => {
                format!("{protocol} is not in this kernel: it is provided by {}", protocol.provider()).into()
            }
            ErrorKind::Unsupported => NOT_LINUX.into(),
            ErrorKind::PermissionDenied => {
                format!("{protocol} was refused by a security policy (LSM or seccomp): it needs no capability").into()
            }
            _ => format!("{protocol} could not be opened").into(),
        });
        error
    }

    pub(crate) fn with_explanation(mut self, explanation: impl Into<Cow<'static, str>>) -> Self {
        self.explanation = Some(explanation.into());
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.operation {
            Operation::Set(option) => write!(f, "{} cannot be set", option.name())?,
            Operation::Get(option) => write!(f, "{} cannot be read", option.name())?,
            operation => write!(f, "{} failed", operation.call())?,
        }
        match &self.explanation {
            Some(explanation) => write!(f, ": {explanation}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl From<Error> for io::Error {
    /// Keeps the kind and the text; the error number stays reachable as the source's.
    fn from(error: Error) -> Self {
        Self::new(error.source.kind(), error)
    }
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "opening fails before these")
)]
pub(crate) enum Operation {
    Address,
    Adopt,
    Bind,
    Connect,
    Get(SocketOption),
    LocalAddress,
    Namespace,
    Open,
    Set(SocketOption),
    Thread,
}

impl Operation {
    fn call(self) -> &'static str {
        match self {
            Self::Address => "sockaddr_nl",
            Self::Adopt => "fcntl",
            Self::Bind => "bind",
            Self::Connect => "connect",
            Self::Get(_) => "getsockopt",
            Self::LocalAddress => "getsockname",
            Self::Namespace => "setns",
            Self::Open => "socket",
            Self::Set(_) => "setsockopt",
            Self::Thread => "pthread_create",
        }
    }
}

fn kind_of(source: &io::Error) -> ErrorKind {
    match source.kind() {
        io::ErrorKind::Unsupported => ErrorKind::Unsupported,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::InvalidInput => ErrorKind::InvalidInput,
        io::ErrorKind::AddrInUse => ErrorKind::AddressInUse,
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ if source
            .raw_os_error()
            .is_some_and(crate::platform::is_missing_feature) =>
        {
            ErrorKind::Unsupported
        }
        _ => ErrorKind::Other,
    }
}

fn explain(operation: Operation, kind: ErrorKind) -> Option<&'static str> {
    if kind == ErrorKind::Unsupported && !cfg!(target_os = "linux") {
        return Some(NOT_LINUX);
    }
    match (operation, kind) {
        (Operation::Set(option), ErrorKind::PermissionDenied) => option.permission(),
        (Operation::Set(_) | Operation::Get(_), ErrorKind::Unsupported) => {
            Some("this kernel does not have the option")
        }
        (Operation::Bind, ErrorKind::PermissionDenied) => Some(
            "joining these groups needs CAP_NET_ADMIN in the user namespace that owns the network namespace \
             (CAP_AUDIT_READ for NETLINK_AUDIT)",
        ),
        (Operation::Bind, ErrorKind::AddressInUse) => {
            Some("another socket of this protocol in this network namespace has this port id")
        }
        (Operation::Bind, ErrorKind::InvalidInput) => {
            Some("the socket is already bound to another port id")
        }
        (Operation::Connect, ErrorKind::PermissionDenied) => Some(
            "a destination other than the kernel needs CAP_NET_ADMIN, except on NETLINK_USERSOCK",
        ),
        (Operation::Namespace, ErrorKind::PermissionDenied) => Some(
            "entering a network namespace needs CAP_SYS_ADMIN in the user namespace that owns it and in one's own",
        ),
        (Operation::Namespace, ErrorKind::InvalidInput) => Some("this is not a network namespace"),
        _ => None,
    }
}

const NOT_LINUX: &str = "netlink sockets exist on Linux only";

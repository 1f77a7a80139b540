//! Errors: what happened to the request. Owns the kinds and how each is made;
//! the causes come from the crates below, the words from `words.rs`.

mod words;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::lane::Report;
use netlane_sys::Protocol;
use netlane_wire::{BuildError, DecodeError, OwnedExtendedAck};

/// What went wrong, in terms of what happened to the request.
///
/// # Design
///
/// One opaque type for every operation: what a caller decides on is the
/// [kind](Self::kind), above all whether the kernel has executed the request.
/// It is `Clone`, because one cause (a socket that died) may end many requests.
/// `Display` says what happened and never repeats what [`source`](std::error::Error::source)
/// says.
///
/// ```
/// # async fn example(handle: netlane::Handle, message: netlane::wire::Message) {
/// match handle.request(message).await {
///     Err(error) if error.errno() == Some(17) => println!("it exists already"),
///     Err(error) if error.is_outcome_unknown() => println!("it may have happened: {error}"),
///     Err(error) => println!("{error}"),
///     Ok(_) => println!("done"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    detail: Detail,
    request: Option<Asked>,
    /// Which member of a transaction that was.
    member: Option<usize>,
}

/// Which request an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) protocol: Protocol,
    pub(crate) kind: u16,
}

/// What happened to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request cannot be built or is misused; nothing was sent.
    Invalid,
    /// Setting up a socket failed; nothing was sent.
    Setup,
    /// sendmsg failed; the kernel has executed nothing.
    NotSent,
    /// The kernel refused: see [`Error::errno`] and [`Error::extended_ack`].
    Refused,
    /// The request was sent and its answer is lost: it may have been executed.
    OutcomeUnknown,
    /// The kernel has executed the request and said so, but replies may be
    /// missing: the socket's receive buffer was full meanwhile.
    Incomplete,
    /// The table changed while it was dumped: entries may be missing or doubled.
    Interrupted,
    /// The deadline passed. It was sent, unless the error says that it was not.
    TimedOut,
    /// The connection has ended.
    Closed,
    /// The answer is not what was expected.
    Decode,
}

enum Detail {
    Text(String),
    Setup(netlane_sys::Error),
    Build(BuildError),
    Decode(DecodeError),
    Io(io::Error),
    /// The message was longer than the socket takes; both in bytes.
    TooLong {
        error: io::Error,
        len: usize,
        limit: usize,
    },
    Refusal(Refusal),
    /// The connection ended first, for this reason.
    Ended(Error),
    /// The program closed the connection.
    Wish,
    /// The time was over before the request was sent.
    NeverSent(String),
}

/// A refusal by the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    errno: i32,
    report: Report,
    /// The offending attribute, by name or by number.
    path: Option<String>,
}

impl Error {
    fn new(kind: ErrorKind, detail: Detail) -> Self {
        Self(Arc::new(Inner {
            kind,
            detail,
            request: None,
            member: None,
        }))
    }

    /// Says which request the error is about, if it does not say so yet.
    pub(crate) fn about(self, asked: Asked) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner {
                request: inner.request.or(Some(asked)),
                ..inner
            })),
            // Shared by many requests: it is about the connection.
            Err(shared) => Self(shared),
        }
    }

    /// Says which member of a transaction the error is about.
    pub(crate) fn of_member(self, member: Option<usize>) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner { member, ..inner })),
            Err(shared) => Self(shared),
        }
    }

    /// sendmsg refused a message for its length: says what the limit is.
    pub(crate) fn sized(self, len: usize, limit: usize) -> Self {
        if self.kind() != ErrorKind::NotSent || self.errno() != Some(words::EMSGSIZE) {
            return self;
        }
        match Arc::try_unwrap(self.0) {
            Ok(Inner {
                kind,
                detail: Detail::Io(error),
                request,
                member,
            }) => Self(Arc::new(Inner {
                kind,
                detail: Detail::TooLong { error, len, limit },
                request,
                member,
            })),
            Ok(inner) => Self(Arc::new(inner)),
            Err(shared) => Self(shared),
        }
    }

    /// What happened to the request.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The errno: of the kernel's refusal, or of the system call that failed.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match &self.0.detail {
            Detail::Refusal(refusal) => Some(refusal.errno),
            Detail::Io(error) | Detail::TooLong { error, .. } => error.raw_os_error(),
            Detail::Setup(error) => error.raw_os_error(),
            _ => None,
        }
    }

    /// What the kernel said about its refusal, beside the errno.
    #[must_use]
    pub fn extended_ack(&self) -> Option<&OwnedExtendedAck> {
        match &self.0.detail {
            Detail::Refusal(refusal) => refusal.report.as_deref(),
            _ => None,
        }
    }

    /// The attribute that the kernel refused or missed: a path of names, as
    /// `link.info.kind`, where the request's type knows them, else of numbers.
    #[must_use]
    pub fn attribute(&self) -> Option<&str> {
        match &self.0.detail {
            Detail::Refusal(refusal) => refusal.path.as_deref(),
            _ => None,
        }
    }

    /// The request's message type (`nlmsg_type`), if the error is about one.
    #[must_use]
    pub fn request_type(&self) -> Option<u16> {
        self.0.request.map(|asked| asked.kind)
    }

    /// Which member of a transaction the error is about, counted from 0.
    #[must_use]
    pub fn member(&self) -> Option<usize> {
        self.0.member
    }

    /// Whether the kernel refused the request.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind() == ErrorKind::Refused
    }

    /// Whether the request may or may not have been executed.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self.kind(), ErrorKind::OutcomeUnknown | ErrorKind::TimedOut)
            && !self.was_not_sent()
    }

    /// Whether it is certain that the kernel has executed nothing.
    #[must_use]
    pub fn was_not_sent(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::NotSent | ErrorKind::Invalid | ErrorKind::Setup
        ) || matches!(self.0.detail, Detail::NeverSent(_))
    }

    /// Whether the table changed while it was dumped.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.kind() == ErrorKind::Interrupted
    }

    /// Whether the deadline passed.
    #[must_use]
    pub fn is_timed_out(&self) -> bool {
        self.kind() == ErrorKind::TimedOut
    }

    /// Whether the connection has ended: before the request, or before its
    /// answer came.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.kind() == ErrorKind::Closed || matches!(self.0.detail, Detail::Ended(_))
    }
}

/// How errors are made, one for each way to fail.
impl Error {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, Detail::Text(text.into()))
    }

    pub(crate) fn refused(errno: i32, report: Report, path: Option<String>) -> Self {
        Self::new(
            ErrorKind::Refused,
            Detail::Refusal(Refusal {
                errno,
                report,
                path,
            }),
        )
    }

    /// sendmsg failed with what this errno says of netlink.
    pub(crate) fn not_sent(error: io::Error) -> Self {
        Self::new(ErrorKind::NotSent, Detail::Io(error))
    }

    pub(crate) fn not_sent_because(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotSent, Detail::Text(text.into()))
    }

    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::OutcomeUnknown, Detail::Text(text.into()))
    }

    /// Acknowledged, but perhaps not with all its replies.
    pub(crate) fn incomplete() -> Self {
        Self::new(
            ErrorKind::Incomplete,
            Detail::Text(
                "it was executed, but replies may be missing: the socket's receive buffer was full"
                    .into(),
            ),
        )
    }

    /// The answer is not of the shape that was asked for.
    pub(crate) fn unexpected(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Decode, Detail::Text(text.into()))
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(
            ErrorKind::Interrupted,
            Detail::Text("the table changed while it was dumped".into()),
        )
    }

    pub(crate) fn timed_out(after: Duration, hint: &str) -> Self {
        Self::new(
            ErrorKind::TimedOut,
            Detail::Text(format!("no answer within {after:?}{hint}")),
        )
    }

    /// The deadline passed before the request was sent.
    pub(crate) fn never_sent(after: Duration, hint: &str) -> Self {
        let text = format!("it could not be sent within {after:?}{hint}");
        Self::new(ErrorKind::TimedOut, Detail::NeverSent(text))
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Closed, Detail::Wish)
    }

    /// Whether the connection ended because its users wanted that.
    pub(crate) fn is_wish(&self) -> bool {
        matches!(self.0.detail, Detail::Wish)
    }

    pub(crate) fn connection_dropped() -> Self {
        Self::new(
            ErrorKind::Closed,
            Detail::Text("the Connection was dropped".into()),
        )
    }

    pub(crate) fn panicked() -> Self {
        Self::new(
            ErrorKind::Closed,
            Detail::Text("a panic while the connection was driven ended it".into()),
        )
    }

    /// The connection ended before the request was answered, or even sent.
    pub(crate) fn ended_first(sent: bool, why: Self) -> Self {
        let kind = if sent {
            ErrorKind::OutcomeUnknown
        } else {
            ErrorKind::NotSent
        };
        Self::new(kind, Detail::Ended(why))
    }

    /// The socket is beyond use.
    pub(crate) fn socket(error: io::Error) -> Self {
        Self::new(ErrorKind::Closed, Detail::Io(error))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.detail {
            // Their own words are in this error's.
            Detail::Setup(error) => error.source(),
            Detail::Build(error) => error.source(),
            Detail::Decode(error) => error.source(),
            Detail::Io(error) | Detail::TooLong { error, .. } => Some(error),
            Detail::Ended(error) => Some(error),
            Detail::Text(_) | Detail::NeverSent(_) | Detail::Wish | Detail::Refusal(_) => None,
        }
    }
}

impl From<netlane_sys::Error> for Error {
    fn from(error: netlane_sys::Error) -> Self {
        Self::new(ErrorKind::Setup, Detail::Setup(error))
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::new(ErrorKind::Invalid, Detail::Build(error))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::Decode, Detail::Decode(error))
    }
}

/// So that a function that talks to the kernel reads what it gets with `?`.
impl From<netlane_wire::AttributeError> for Error {
    fn from(error: netlane_wire::AttributeError) -> Self {
        DecodeError::from(error).into()
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Invalid => io::ErrorKind::InvalidInput,
            ErrorKind::TimedOut => io::ErrorKind::TimedOut,
            ErrorKind::Closed => io::ErrorKind::NotConnected,
            ErrorKind::Decode => io::ErrorKind::InvalidData,
            ErrorKind::Setup => match &error.0.detail {
                Detail::Setup(cause) => kind_of_setup(cause),
                _ => io::ErrorKind::Other,
            },
            ErrorKind::Interrupted => io::ErrorKind::Interrupted,
            _ => error.errno().map_or(io::ErrorKind::Other, |errno| {
                Self::from_raw_os_error(errno).kind()
            }),
        };
        Self::new(kind, error)
    }
}

/// The standard library knows some errno values by no kind of their own.
fn kind_of_setup(cause: &netlane_sys::Error) -> io::ErrorKind {
    match cause.kind() {
        netlane_sys::ErrorKind::Unsupported => io::ErrorKind::Unsupported,
        netlane_sys::ErrorKind::PermissionDenied => io::ErrorKind::PermissionDenied,
        netlane_sys::ErrorKind::InvalidInput => io::ErrorKind::InvalidInput,
        netlane_sys::ErrorKind::AddressInUse => io::ErrorKind::AddrInUse,
        netlane_sys::ErrorKind::NotFound => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    }
}

//! Messages for people: one line for logs, hexadecimal for failing tests.
//!
//! The one-line view shows headers and extended ACKs, never payload bytes, because those may
//! hold keys. The hexadecimal view shows everything and is asked for by name.

use std::fmt;

use crate::{Acknowledgement, Control, Done, ExtendedAck, Flags, Frame, FrameView, Verb, kind};

/// One line, without payload bytes: `ERROR 22 of type 16 ("..."), flags CAPPED, ...`.
impl fmt::Display for FrameView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header();
        let verb = match self.control() {
            Control::Ack(ack) => {
                acknowledgement(f, ack)?;
                Verb::Acknowledgement
            }
            Control::Done(done) => {
                write_done(f, done)?;
                Verb::Acknowledgement
            }
            Control::Noop => plain(f, "NOOP")?,
            Control::Overrun => plain(f, "OVERRUN")?,
            Control::Malformed => plain(f, "ERROR without code")?,
            Control::Unknown | Control::Data => {
                write!(f, "type {}", header.kind)?;
                Verb::Unknown
            }
        };
        write!(
            f,
            ", flags {}, sequence {}, port {}, {} bytes",
            header.flags.named(verb),
            header.sequence,
            header.port,
            header.len
        )
    }
}

fn plain(f: &mut fmt::Formatter<'_>, name: &str) -> Result<Verb, fmt::Error> {
    f.write_str(name).map(|()| Verb::Unknown)
}

fn acknowledgement(f: &mut fmt::Formatter<'_>, ack: Acknowledgement<'_>) -> fmt::Result {
    match ack.errno() {
        0 => f.write_str("ACK")?,
        errno => write!(f, "ERROR {errno}")?,
    }
    if let Some(request) = ack.request_header() {
        match request.kind {
            kind::NOOP => f.write_str(" of NOOP")?,
            kind => write!(f, " of type {kind}")?,
        }
    }
    extended(f, ack.extended())
}

fn write_done(f: &mut fmt::Formatter<'_>, done: Done<'_>) -> fmt::Result {
    match done.code() {
        0 => f.write_str("DONE")?,
        code => write!(f, "DONE {code}")?,
    }
    extended(f, done.extended())
}

fn extended(f: &mut fmt::Formatter<'_>, ack: ExtendedAck<'_>) -> fmt::Result {
    if ack.is_empty() {
        return Ok(());
    }
    write!(f, " ({})", ack.into_owned())
}

/// The one-line view, so that logging a frame never leaks its payload.
impl fmt::Debug for FrameView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameView({self})")
    }
}

/// The one-line view of [`FrameView`].
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// The one-line view, so that logging a frame never leaks its payload.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({})", self.view())
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.named(Verb::Unknown).fmt(f)
    }
}

/// Bytes in hexadecimal: offset, 16 bytes and their printable ASCII per line.
///
/// ```
/// let hex = netlane_wire::Hex::new(b"netlink!\x00\x01");
/// assert_eq!(
///     hex.to_string(),
///     "0000  6e 65 74 6c 69 6e 6b 21 00 01                    netlink!..\n"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex<'a> {
    bytes: &'a [u8],
}

impl<'a> Hex<'a> {
    /// Shows `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, bytes) in self.bytes.chunks(16).enumerate() {
            write!(f, "{:04x}  ", line.saturating_mul(16))?;
            for byte in bytes {
                write!(f, "{byte:02x} ")?;
            }
            for _ in bytes.len()..16 {
                f.write_str("   ")?;
            }
            f.write_str(" ")?;
            for byte in bytes {
                let shown = char::from(*byte);
                let printable = byte.is_ascii_graphic() || *byte == b' ';
                write!(f, "{}", if printable { shown } else { '.' })?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

/// The same as displayed: it was asked for.
impl fmt::Debug for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes in hexadecimal on one line, without spaces.
pub(crate) struct Plain<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Text from a peer with everything escaped that could end a line or move a cursor: a forged
/// message must not write lines of its own into a log.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            let separates_lines = matches!(character, '\u{2028}' | '\u{2029}');
            if character.is_control() || separates_lines {
                write!(f, "{}", character.escape_unicode())
            } else {
                write!(f, "{character}")
            }
        })
    }
}

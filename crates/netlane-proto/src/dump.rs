//! A dump on a socket of its own: what each datagram holds of it. Owns the
//! rules for parts, the end and interruption; the pure counterpart of a lane
//! that carries one conversation only. Mirrors `netlink_dump` and
//! `netlink_dump_done` of net/netlink/af_netlink.c.

use netlane_wire::{Control, Flags, FrameView, Frames};

use crate::{Datagram, Outcome};

/// The state of one dump, fed with every datagram of its socket.
#[derive(Debug)]
pub struct DumpReader {
    sequence: u32,
    interrupted: bool,
    cut: Option<usize>,
}

/// What one datagram held.
#[derive(Debug)]
pub struct Part<'a> {
    /// Entries of the dump: frames for which [`DumpReader::is_entry`] holds.
    pub entries: usize,
    /// The end, if this was it.
    pub end: Option<Outcome<'a>>,
    /// Frames that are neither entry nor end of this dump.
    pub strangers: usize,
    /// The datagram ends in bytes that are no frame, though it came whole.
    pub malformed: bool,
}

impl DumpReader {
    /// A dump that was requested with this sequence number.
    #[must_use]
    pub const fn new(sequence: u32) -> Self {
        Self {
            sequence,
            interrupted: false,
            cut: None,
        }
    }

    /// Whether the table changed while it was read, as far as has been seen.
    #[must_use]
    pub const fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// A datagram of the socket was lost or cut: the dump has a hole.
    pub const fn damage(&mut self, full_len: usize) {
        self.cut = Some(full_len);
    }

    /// Whether a frame is an entry of this dump, and no control message.
    #[must_use]
    pub fn is_entry(&self, frame: FrameView<'_>) -> bool {
        let header = frame.header();
        header.sequence == self.sequence && header.kind >= netlane_wire::kind::MIN_TYPE
    }

    /// Feeds a datagram from the kernel.
    #[must_use]
    pub fn feed<'a>(&mut self, datagram: &Datagram<'a>) -> Part<'a> {
        let mut part = Part {
            entries: 0,
            end: None,
            strangers: 0,
            malformed: false,
        };
        if datagram.is_truncated() {
            self.damage(datagram.full_len);
        }
        for frame in Frames::new(datagram.bytes) {
            let Ok(frame) = frame else {
                part.malformed = !datagram.is_truncated();
                break;
            };
            if frame.header().sequence != self.sequence {
                part.strangers += 1;
                continue;
            }
            self.interrupted |= frame.header().flags.contains(Flags::DUMP_INTR);
            match self.frame(frame) {
                Kind::Entry => part.entries += 1,
                Kind::End(outcome) => part.end = Some(outcome),
                Kind::Nothing => {}
            }
        }
        part
    }

    fn frame<'a>(&self, frame: FrameView<'a>) -> Kind<'a> {
        match frame.control() {
            Control::Data => Kind::Entry,
            Control::Ack(ack) => Kind::End(self.ended(ack.errno(), ack.extended())),
            Control::Done(done) => Kind::End(self.ended(done.errno(), done.extended())),
            Control::Overrun => Kind::End(Outcome::Overrun),
            _ => Kind::Nothing,
        }
    }

    const fn ended<'a>(&self, errno: i32, extended: netlane_wire::ExtendedAck<'a>) -> Outcome<'a> {
        match (errno, self.cut) {
            (0, Some(full_len)) => Outcome::Truncated { full_len },
            (0, None) => Outcome::Complete {
                interrupted: self.interrupted,
                extended,
            },
            _ => Outcome::Refused { errno, extended },
        }
    }
}

enum Kind<'a> {
    Entry,
    End(Outcome<'a>),
    Nothing,
}

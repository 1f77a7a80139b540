//! What the receive calls of a dump bring, and how it ends. Owns the counting of
//! entries and failures; when to receive, and what comes after the end, is
//! `socket.rs`'s.

use std::io;

use netlane_proto::{Datagram, DumpReader, Outcome};
use netlane_sys::Received;

use super::pool::DumpSocket;
use super::wait::Wait;
use crate::Error;
use crate::answer::Question;
use crate::lane::{Report, report_of};
use crate::statistics::{Counters, count, count_many};

/// How a dump ended: well, with what the kernel said beside, or with an error.
pub(crate) type End = Result<Report, Error>;

/// A dump under way on its socket.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) socket: DumpSocket,
    reader: DumpReader,
    /// A no-op was sent to restart a dump that had stalled, and nothing of the
    /// dump has come since.
    pub(super) kicked: bool,
    /// Receive errors since something of the dump came.
    failures: u32,
    pub(super) entries: usize,
    pub(super) wait: Option<Wait>,
}

impl Running {
    pub(super) fn new(socket: DumpSocket, sequence: u32) -> Self {
        Self {
            socket,
            reader: DumpReader::new(sequence),
            kicked: false,
            failures: 0,
            entries: 0,
            wait: None,
        }
    }

    /// One datagram. Returns how many bytes of the buffer hold entries, and the
    /// end if that was it.
    pub(super) fn take_in(
        &mut self,
        received: &Received,
        counters: &Counters,
    ) -> (usize, Option<Ending>) {
        count(&counters.datagrams_received);
        let datagram = Datagram {
            full_len: received.full_len,
            nsid: received.nsid,
            ..Datagram::from_kernel(self.socket.buffer.get(..received.len).unwrap_or_default())
        };
        let part = self.reader.feed(&datagram);
        self.entries += part.entries;
        if part.entries > 0 {
            self.kicked = false;
            self.failures = 0;
        }
        if datagram.is_truncated() {
            count(&counters.truncated);
            tracing::warn!(
                len = received.len,
                full_len = received.full_len,
                "a part of a dump did not fit into the receive buffer"
            );
        }
        if part.malformed {
            count(&counters.malformed);
        }
        // The answer to the kick is no stranger.
        let expected = usize::from(self.kicked);
        count_many(&counters.stray, part.strangers.saturating_sub(expected));
        let entries = if part.entries > 0 { received.len } else { 0 };
        (entries, part.end.map(Ending::from))
    }

    /// The queue is empty before the end, and no receive call has failed: a part
    /// was made and then thrown away (KERNEL: `sk_filter` in `netlink_dump`, which
    /// security modules and memory of the last reserve refuse as well as filters).
    pub(super) const fn stalled(&mut self) {
        self.kicked = true;
        self.reader.damage(0);
    }

    /// A part was lost, or could not be made (KERNEL: `netlink_dump` failing
    /// inside recvmsg). There is more to read: the end is still to come.
    pub(super) fn failed(&mut self, error: io::Error, counters: &Counters) -> Result<(), Error> {
        count(&counters.overruns);
        self.failures += 1;
        if self.failures > MAX_FAILURES {
            return Err(Error::socket(error));
        }
        self.reader.damage(0);
        tracing::warn!(%error, "receive error during a dump");
        Ok(())
    }
}

/// How the dump ended, owned.
#[derive(Debug)]
pub(super) enum Ending {
    Complete { interrupted: bool, report: Report },
    Refused { errno: i32, report: Report },
    Truncated { full_len: usize },
    Lost,
}

/// What a dump that has ended counts as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Answered,
    Refused,
    Lost,
}

impl Fate {
    pub(super) fn count(self, counters: &Counters) {
        count(match self {
            Self::Answered => &counters.answered,
            Self::Refused => &counters.refused,
            Self::Lost => &counters.lost,
        });
    }
}

impl Ending {
    pub(super) const fn fate(&self) -> Fate {
        match self {
            Self::Complete { .. } => Fate::Answered,
            Self::Refused { .. } => Fate::Refused,
            Self::Truncated { .. } | Self::Lost => Fate::Lost,
        }
    }

    /// What the ending means to the consumer.
    pub(super) fn verdict(self, question: Question<'_>) -> End {
        match self {
            Self::Complete {
                interrupted: true, ..
            } => Err(Error::interrupted()),
            Self::Complete { report, .. } => Ok(report),
            Self::Truncated { full_len: 0 } => Err(Error::unknown("a part of the dump was lost")),
            Self::Truncated { full_len } => Err(Error::unknown(format!(
                "a part of the dump was {full_len} bytes, longer than the receive buffer; \
                 Builder::frame_size sets it"
            ))),
            Self::Refused { errno, report } => {
                let path = question.path(&report);
                Err(Error::refused(errno, report, path))
            }
            Self::Lost => Err(Error::unknown("the kernel lost data of the dump")),
        }
    }
}

impl From<Outcome<'_>> for Ending {
    fn from(outcome: Outcome<'_>) -> Self {
        match outcome {
            Outcome::Complete {
                interrupted,
                extended,
            } => Self::Complete {
                interrupted,
                report: report_of(extended),
            },
            Outcome::Refused { errno, extended } => Self::Refused {
                errno,
                report: report_of(extended),
            },
            Outcome::Truncated { full_len } => Self::Truncated { full_len },
            _ => Self::Lost,
        }
    }
}

/// Receive errors without progress after which a dump is given up.
const MAX_FAILURES: u32 = 64;

//! The helper of the transcripts: a lane whose sink writes down one line for
//! each thing it is told, and frames as the kernel writes them.

use netlane_proto::{
    Anomaly, Conversations, Datagram, Expect, Outcome, Profile, Sequence, Sink, Timing,
};
use netlane_wire::{Flags, FrameView, Header, Malformed};

/// The lane's own port.
pub(crate) const PORT: u32 = 100;
/// A message type that is no control message.
pub(crate) const DATA: u16 = 24;

/// What the sink was told, one line each.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<String>);

impl Log {
    /// Takes the lines written so far.
    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0)
    }

    fn line(&mut self, text: String) {
        self.0.push(text);
    }
}

impl Sink<&'static str> for Log {
    fn reply(&mut self, who: &mut &'static str, _: Sequence, frame: FrameView<'_>) {
        let text = String::from_utf8_lossy(frame.payload());
        self.line(format!("{who}: reply {text}"));
    }

    fn finished(&mut self, who: &mut &'static str, _: Sequence, outcome: &Outcome<'_>) {
        self.line(format!("{who}: {}", describe(*outcome)));
    }

    fn forgotten(&mut self, who: &mut &'static str) {
        self.line(format!("{who}: forgotten"));
    }

    fn event(&mut self, group: u32, _: &Datagram<'_>, frame: FrameView<'_>) {
        let text = String::from_utf8_lossy(frame.payload());
        self.line(format!("event of group {group}: {text}"));
    }

    fn unsolicited(&mut self, datagram: &Datagram<'_>, frame: FrameView<'_>) {
        let text = String::from_utf8_lossy(frame.payload());
        self.line(format!("unsolicited from {}: {text}", datagram.sender));
    }

    fn malformed(&mut self, _: &Datagram<'_>, bytes: &[u8], why: Malformed) {
        self.line(format!(
            "malformed at {}, {} bytes",
            why.offset,
            bytes.len()
        ));
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.line(format!("{anomaly:?}"));
    }
}

/// An outcome in one word or two.
pub(crate) fn describe(outcome: Outcome<'_>) -> String {
    match outcome {
        Outcome::Acknowledged(report) => match report.message() {
            Some(warning) => format!("acknowledged with {warning}"),
            None => "acknowledged".into(),
        },
        Outcome::Complete { interrupted, .. } if interrupted => "complete, interrupted".into(),
        Outcome::Complete { .. } => "complete".into(),
        Outcome::Refused { errno, .. } => format!("refused {errno}"),
        Outcome::Truncated { full_len } => format!("truncated at {full_len}"),
        Outcome::Replied => "replied".into(),
        Outcome::Silent => "silent".into(),
        Outcome::Lost => "lost".into(),
        Outcome::Incomplete => "incomplete".into(),
        Outcome::Overrun => "overrun".into(),
        other => format!("{other:?}"),
    }
}

/// A lane and its log.
pub(crate) struct Lane {
    pub(crate) conversations: Conversations<&'static str>,
    pub(crate) log: Log,
}

impl Lane {
    /// A lane that talks with the kernel alone.
    pub(crate) fn kernel() -> Self {
        Self::of(Profile::kernel(PORT))
    }

    /// A lane of this profile, with sequence numbers from 7 on.
    pub(crate) fn of(profile: Profile) -> Self {
        Self {
            conversations: Conversations::new(profile, 7),
            log: Log::default(),
        }
    }

    /// A synchronous conversation with the kernel, sent.
    pub(crate) fn ask(&mut self, expect: Expect, who: &'static str) -> Sequence {
        let sequence = self.submit(expect, who);
        self.conversations.sent(sequence);
        sequence
    }

    /// One whose send has not returned yet.
    pub(crate) fn submit(&mut self, expect: Expect, who: &'static str) -> Sequence {
        self.conversations
            .submit(expect, Timing::Synchronous, 0, who)
    }

    /// One that may be answered late, by this port; sent.
    pub(crate) fn ask_late(&mut self, expect: Expect, peer: u32, who: &'static str) -> Sequence {
        let sequence = self.conversations.submit(expect, Timing::Late, peer, who);
        self.conversations.sent(sequence);
        sequence
    }

    /// The kernel sends a datagram; returns what the lane says to it.
    pub(crate) fn hears(&mut self, bytes: &[u8]) -> Vec<String> {
        self.hears_all(&Datagram::from_kernel(bytes))
    }

    /// A datagram of a group.
    pub(crate) fn hears_group(&mut self, group: u32, bytes: &[u8]) -> Vec<String> {
        self.hears_all(&Datagram {
            group: Some(group),
            ..Datagram::from_kernel(bytes)
        })
    }

    /// A datagram of another program.
    pub(crate) fn hears_from(&mut self, sender: u32, bytes: &[u8]) -> Vec<String> {
        self.hears_all(&Datagram {
            sender,
            ..Datagram::from_kernel(bytes)
        })
    }

    /// The first `len` bytes of a datagram; the rest did not fit.
    pub(crate) fn hears_start(&mut self, bytes: &[u8], len: usize) -> Vec<String> {
        self.hears_all(&Datagram {
            full_len: bytes.len(),
            ..Datagram::from_kernel(&bytes[..len])
        })
    }

    pub(crate) fn hears_all(&mut self, datagram: &Datagram<'_>) -> Vec<String> {
        self.conversations.receive(datagram, &mut self.log);
        self.log.take()
    }

    /// A receive call that begins now finds the queue empty.
    pub(crate) fn reads_empty(&mut self) -> Vec<String> {
        let mark = self.conversations.mark();
        self.conversations.empty(mark, &mut self.log);
        self.log.take()
    }

    /// Nobody waits for the conversation any more.
    pub(crate) fn cancels(&mut self, sequence: Sequence) -> Vec<String> {
        self.conversations.cancel(sequence, &mut self.log);
        self.log.take()
    }
}

/// A frame of any kind.
pub(crate) fn frame(kind: u16, flags: Flags, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        len: u32::try_from(16 + payload.len()).unwrap(),
        kind,
        flags,
        sequence,
        port: PORT,
    };
    let mut bytes = header.to_bytes().to_vec();
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A reply that carries this text.
pub(crate) fn reply(sequence: Sequence, text: &str) -> Vec<u8> {
    frame(DATA, Flags::empty(), sequence.get(), text.as_bytes())
}

/// A part of an answer in parts.
pub(crate) fn part(sequence: Sequence, text: &str) -> Vec<u8> {
    frame(DATA, Flags::MULTI, sequence.get(), text.as_bytes())
}

/// `NLMSG_ERROR`: errno 0 acknowledges.
pub(crate) fn ack(sequence: Sequence, errno: i32) -> Vec<u8> {
    ack_of(sequence.get(), errno)
}

/// `NLMSG_ERROR` for a sequence number.
pub(crate) fn ack_of(sequence: u32, errno: i32) -> Vec<u8> {
    let mut payload = (-errno).to_ne_bytes().to_vec();
    payload.extend(frame(DATA, Flags::REQUEST | Flags::ACK, sequence, &[]));
    frame(2, Flags::CAPPED, sequence, &payload)
}

/// `NLMSG_DONE` with an errno.
pub(crate) fn done(sequence: Sequence, errno: i32) -> Vec<u8> {
    frame(3, Flags::MULTI, sequence.get(), &(-errno).to_ne_bytes())
}

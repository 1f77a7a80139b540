//! What a datagram is: each frame is classified and finds its conversation,
//! or its place among events, unsolicited messages and anomalies. Owns the
//! classification; mirrors `netlink_unicast`, `netlink_ack` and `nlmsg_notify`
//! of net/netlink/af_netlink.c. What is rare is out of line, so that what every
//! answer runs through stays close together.

use std::num::NonZeroU32;

use netlane_wire::{Control, FrameView, Frames, Header, Malformed, rare};

use crate::conversations::Sequence;
use crate::{Anomaly, Conversations, Datagram, Expect, Outcome, Sink};

impl<T: Default> Conversations<T> {
    /// Feeds one datagram. What its frames mean goes to `sink`, in order.
    pub fn receive(&mut self, datagram: &Datagram<'_>, sink: &mut impl Sink<T>) {
        self.overruns.received();
        if datagram.sender != 0 && !self.profile.peers {
            rare();
            sink.anomaly(Anomaly::Foreign {
                sender: datagram.sender,
            });
            return;
        }
        let mut last = None;
        for frame in Frames::new(datagram.bytes) {
            match frame {
                Ok(frame) => last = self.frame(datagram, frame, sink),
                Err(why) => match cut_header(datagram, why) {
                    Some(header) => return self.cut(datagram, header, sink),
                    None if datagram.is_truncated() => {}
                    None => malformed(datagram, why, sink),
                },
            }
        }
        if datagram.is_truncated() {
            rare();
            self.cut_behind(datagram, last, sink);
        }
    }

    /// One well-formed frame. Returns the conversation that it answers.
    fn frame(
        &mut self,
        datagram: &Datagram<'_>,
        frame: FrameView<'_>,
        sink: &mut impl Sink<T>,
    ) -> Option<Sequence> {
        let owner = self.owner(datagram, frame.header());
        if let Some(group) = self.multicast(datagram) {
            rare();
            // An echo is the event as well: the kernel leaves the requester out
            // of the multicast.
            sink.event(group, datagram, frame);
            owner?;
        }
        let control = if self.profile.opaque {
            rare();
            Control::Data
        } else {
            frame.control()
        };
        let answered = owner.is_some_and(|sequence| self.answer(sequence, frame, &control, sink));
        if !answered {
            rare();
            Self::stranger(datagram, frame, &control, sink);
        }
        owner
    }

    /// A unicast frame that answers no conversation.
    #[inline(never)]
    fn stranger(
        datagram: &Datagram<'_>,
        frame: FrameView<'_>,
        control: &Control<'_>,
        sink: &mut impl Sink<T>,
    ) {
        let sequence = frame.header().sequence;
        match control {
            Control::Data => sink.unsolicited(datagram, frame),
            Control::Ack(ack) => {
                sink.anomaly(Anomaly::Stray {
                    sequence,
                    errno: ack.errno(),
                });
            }
            Control::Done(done) => {
                sink.anomaly(Anomaly::Stray {
                    sequence,
                    errno: done.errno(),
                });
            }
            Control::Overrun => sink.anomaly(Anomaly::Stray { sequence, errno: 0 }),
            // NLMSG_NOOP is there to be discarded.
            _ => {}
        }
    }

    /// The conversation this frame answers, if any: it must come from the one
    /// who was asked, carry the sequence, and be no notification. A kernel
    /// notification carries the sequence and port of the request that caused
    /// it (so does an echo, which is the reply): on a socket that is in groups
    /// only the group tells them apart.
    fn owner(&self, datagram: &Datagram<'_>, header: Header) -> Option<Sequence> {
        let sequence = sequence_of(header.sequence)?;
        let conversation = self.table.get(sequence)?;
        if conversation.finished || conversation.peer != datagram.sender {
            return None;
        }
        if self.multicast(datagram).is_some() {
            let echo = conversation.expect == Expect::Echo && header.port == self.profile.port;
            return echo.then_some(sequence);
        }
        Some(sequence)
    }

    /// The group of a datagram that may be a multicast one.
    fn multicast(&self, datagram: &Datagram<'_>) -> Option<u32> {
        datagram.group.filter(|_| self.profile.member)
    }

    /// A frame of a known conversation. Says whether it is of use there: where
    /// nobody awaits a reply, data is a message like any that was not asked for.
    fn answer<'a>(
        &mut self,
        sequence: Sequence,
        frame: FrameView<'a>,
        control: &Control<'a>,
        sink: &mut impl Sink<T>,
    ) -> bool {
        let Some(conversation) = self.table.get_mut(sequence) else {
            return false;
        };
        if matches!(control, Control::Data) && conversation.expect == Expect::Nothing {
            rare();
            return false;
        }
        let doubtful = self.overruns.is_cast(conversation.doubt);
        let step = match control {
            Control::Data => conversation.data_frame(frame),
            Control::Ack(ack) => conversation.acknowledgement(ack, doubtful),
            other => {
                rare();
                conversation.rarer_control(frame, other, doubtful)
            }
        };
        let unawaited = conversation.cancelled;
        if step.reply && !unawaited {
            sink.reply(&mut conversation.data, sequence, frame);
        }
        if let Some(outcome) = &step.end {
            if unawaited {
                rare();
                sink.anomaly(swallowed(outcome));
            }
            self.finish(sequence, outcome, sink);
        }
        true
    }

    /// A frame did not fit, but its header did.
    #[cold]
    fn cut(&mut self, datagram: &Datagram<'_>, header: Header, sink: &mut impl Sink<T>) {
        let owner = self.owner(datagram, header);
        let full_len = datagram.full_len;
        let (opaque, conversation) = (self.profile.opaque, owner.map(|s| self.table.get_mut(s)));
        let ended = conversation
            .flatten()
            .is_some_and(|conversation| conversation.cut_frame(header, full_len, opaque));
        if let Some(sequence) = owner.filter(|_| ended) {
            self.end(sequence, &Outcome::Truncated { full_len }, sink);
        }
        self.truncated(datagram, owner.is_some(), sink);
    }

    /// A datagram was cut where no header can be read: what is missing belongs
    /// to the conversation of the frame before it, since the kernel puts
    /// nothing but one answer into a datagram.
    #[cold]
    fn cut_behind(
        &mut self,
        datagram: &Datagram<'_>,
        last: Option<Sequence>,
        sink: &mut impl Sink<T>,
    ) {
        let conversation = last.and_then(|sequence| self.table.get_mut(sequence));
        if let Some(conversation) = conversation.filter(|conversation| !conversation.finished) {
            conversation.cut(datagram.full_len);
        }
        self.truncated(datagram, last.is_some(), sink);
    }

    fn truncated(&self, datagram: &Datagram<'_>, answer: bool, sink: &mut impl Sink<T>) {
        sink.anomaly(Anomaly::Truncated {
            len: datagram.bytes.len(),
            full_len: datagram.full_len,
            group: self.multicast(datagram).filter(|_| !answer),
            answer,
        });
    }
}

/// The header of the frame that was cut, if it was not cut too.
#[cold]
fn cut_header(datagram: &Datagram<'_>, why: Malformed) -> Option<Header> {
    let rest = datagram.bytes.get(why.offset..).unwrap_or_default();
    Header::read(rest).filter(|_| datagram.is_truncated())
}

#[cold]
fn malformed<T>(datagram: &Datagram<'_>, why: Malformed, sink: &mut impl Sink<T>) {
    let rest = datagram.bytes.get(why.offset..).unwrap_or_default();
    sink.malformed(datagram, rest, why);
}

/// What became of an answer that nobody waits for.
#[cold]
const fn swallowed(outcome: &Outcome<'_>) -> Anomaly {
    match outcome {
        Outcome::Refused { errno, .. } => Anomaly::RefusedUnawaited { errno: *errno },
        _ => Anomaly::Swallowed,
    }
}

/// The sequence a header may name; 0 names nobody.
fn sequence_of(number: u32) -> Option<Sequence> {
    NonZeroU32::new(number).map(Sequence::from_number)
}

//! What a datagram is: each frame is classified and finds its conversation,
//! or its place among events, unsolicited messages and anomalies. Owns the
//! classification; mirrors `netlink_unicast`, `netlink_ack` and `nlmsg_notify`
//! of net/netlink/af_netlink.c.

use std::num::NonZeroU32;

use netlane_wire::{Control, FrameView, Frames, Malformed};

use crate::conversation::Step;
use crate::conversations::Sequence;
use crate::{Anomaly, Conversations, Datagram, Expect, Outcome, Sink};

impl<T> Conversations<T> {
    /// Feeds one datagram. What its frames mean goes to `sink`, in order.
    pub fn receive(&mut self, datagram: &Datagram<'_>, sink: &mut impl Sink<T>) {
        if datagram.sender != 0 && !self.profile.peers {
            sink.anomaly(Anomaly::Foreign {
                sender: datagram.sender,
            });
            return;
        }
        let (len, full_len) = (datagram.bytes.len(), datagram.full_len);
        if datagram.is_truncated() {
            let group = self.multicast(datagram);
            sink.anomaly(Anomaly::Truncated {
                len,
                full_len,
                group,
            });
        }
        let mut offset = 0;
        for frame in Frames::new(datagram.bytes) {
            match frame {
                Ok(frame) => {
                    offset += frame.bytes().len().next_multiple_of(4);
                    self.frame(datagram, frame, sink);
                }
                Err(why) => self.broken(datagram, offset, why, sink),
            }
        }
    }

    /// One well-formed frame.
    fn frame(&mut self, datagram: &Datagram<'_>, frame: FrameView<'_>, sink: &mut impl Sink<T>) {
        let owner = self.owner(datagram, frame);
        if let Some(group) = self.multicast(datagram) {
            // An echo is the event as well: the kernel leaves the requester out
            // of the multicast.
            sink.event(group, datagram, frame);
            if owner.is_none() {
                return;
            }
        }
        let control = if self.profile.opaque {
            Control::Data
        } else {
            frame.control()
        };
        if let Some(sequence) = owner {
            return self.answer(sequence, frame, &control, sink);
        }
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
    fn owner(&self, datagram: &Datagram<'_>, frame: FrameView<'_>) -> Option<Sequence> {
        let header = frame.header();
        let sequence = sequence_of(header.sequence)?;
        let conversation = self.table.get(&sequence)?;
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

    /// A frame of a known conversation.
    fn answer<'a>(
        &mut self,
        sequence: Sequence,
        frame: FrameView<'a>,
        control: &Control<'a>,
        sink: &mut impl Sink<T>,
    ) {
        let Some(conversation) = self.table.get_mut(&sequence) else {
            return;
        };
        let step = match control {
            Control::Data => conversation.data_frame(frame),
            Control::Ack(ack) => conversation.acknowledgement(ack),
            Control::Done(done) => conversation.done(frame, done),
            Control::Overrun => Step::End(Outcome::Overrun),
            _ => Step::Nothing,
        };
        let unawaited = conversation.cancelled;
        if let Step::Reply | Step::LastReply(_) = &step
            && !unawaited
        {
            sink.reply(&mut conversation.data, sequence, frame);
        }
        if let Step::LastReply(outcome) | Step::End(outcome) = step {
            if unawaited {
                sink.anomaly(match outcome {
                    Outcome::Refused { errno, .. } => Anomaly::RefusedUnawaited { errno },
                    _ => Anomaly::Swallowed,
                });
            }
            self.finish(sequence, outcome, sink);
        }
    }

    /// The walk met something that is no frame, at `offset` of the datagram.
    fn broken(
        &mut self,
        datagram: &Datagram<'_>,
        offset: usize,
        why: Malformed,
        sink: &mut impl Sink<T>,
    ) {
        let rest = datagram.bytes.get(offset..).unwrap_or_default();
        if !datagram.is_truncated() {
            return sink.malformed(datagram, rest, why);
        }
        let full_len = datagram.full_len;
        let Some(header) = netlane_wire::Header::read(rest) else {
            return;
        };
        let Some(sequence) = sequence_of(header.sequence) else {
            return;
        };
        let Some(conversation) = self.table.get_mut(&sequence) else {
            return;
        };
        if conversation.finished || conversation.peer != datagram.sender {
            return;
        }
        conversation.cut(full_len);
        if conversation.ends_when_cut() {
            self.finish(sequence, Outcome::Truncated { full_len }, sink);
        }
    }
}

/// The sequence a header may name; 0 names nobody.
fn sequence_of(number: u32) -> Option<Sequence> {
    NonZeroU32::new(number).map(Sequence::from_number)
}

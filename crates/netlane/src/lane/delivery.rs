//! Where a lane's frames go: the sink between the conversations and everything
//! outside the lane. Owns the collecting of replies, wake-ups and unsolicited
//! frames; runs under the lane's lock, so it wakes and drops nothing itself.

use netlane_proto::{Anomaly, Datagram, Outcome, Sequence, Sink};
use netlane_wire::{FrameView, Malformed, rare};

use super::credit::{Credit, truesize};
use super::spare::Spare;
use super::waiting::{Ending, Waiting, report_of};
use super::wakes::Wakes;
use crate::events::{Audience, Loss, LossCause};
use crate::inbound::{Inbox, Unsolicited};
use crate::{Error, Statistics};

/// One receive call's deliveries.
pub(crate) struct Delivery<'a> {
    pub(crate) wakes: &'a mut Wakes,
    pub(crate) credit: &'a mut Credit,
    pub(crate) counted: &'a mut Statistics,
    pub(crate) spare: &'a mut Spare,
    pub(crate) inbox: Option<&'a Inbox>,
    pub(crate) audience: Option<&'a Audience>,
    /// The dump under way on this socket, if it ends here.
    pub(crate) dump_ended: &'a mut bool,
    /// Why the lane has ended, if it has: what ends then is not answered.
    pub(crate) ended: Option<&'a Error>,
    /// What the datagram being delivered costs the receive buffer; charged to
    /// the first conversation that takes a frame of it.
    pub(crate) cost: u32,
}

impl Delivery<'_> {
    /// Gives back what a conversation had of the window, and learns from it.
    fn settle(&mut self, waiting: &mut Waiting, succeeded: bool) {
        self.credit.give(waiting.charge);
        // The parts of a dump come one after the other.
        if !waiting.dump {
            self.credit
                .learn(waiting.class, waiting.charge, waiting.cost, succeeded);
        }
        waiting.charge = 0;
        *self.dump_ended |= std::mem::take(&mut waiting.dump);
    }

    /// How a conversation ends.
    #[inline(never)]
    fn ending(&self, waiting: &Waiting, outcome: &Outcome<'_>) -> Ending {
        match self.ended {
            Some(why) => Ending::Ended {
                sent: !waiting.queued,
                why: why.clone(),
            },
            None if waiting.held > MAX_HELD => Ending::TooMuch,
            None => (*outcome).into(),
        }
    }

    #[cold]
    fn count_failure(&mut self, outcome: &Outcome<'_>) {
        match outcome {
            Outcome::Refused { .. } => self.counted.refused += 1,
            // Nothing was asked: a message without an answer, or a fence.
            Outcome::Silent => {}
            _ => self.counted.lost += 1,
        }
    }

    fn spend(&mut self, waiting: &mut Waiting) {
        waiting.cost = waiting.cost.saturating_add(std::mem::take(&mut self.cost));
    }
}

impl Sink<Waiting> for Delivery<'_> {
    fn reply(&mut self, waiting: &mut Waiting, _: Sequence, frame: FrameView<'_>) {
        self.spend(waiting);
        waiting.held = waiting.held.saturating_add(frame.bytes().len());
        if waiting.held > MAX_HELD {
            rare();
            waiting.result.replies.clear();
        } else {
            let replies = &mut waiting.result.replies;
            if replies.capacity() == 0 && !waiting.streams {
                // Most requests have one.
                *replies = Vec::with_capacity(1);
            }
            replies.push(self.spare.copy(frame));
        }
        if waiting.streams {
            rare();
            self.wakes.add(waiting.waker.take());
        }
    }

    #[inline(always)]
    fn finished(&mut self, waiting: &mut Waiting, _: Sequence, outcome: &Outcome<'_>) {
        self.spend(waiting);
        let succeeded = match outcome {
            Outcome::Acknowledged(_) | Outcome::Replied | Outcome::Complete { .. } => {
                self.counted.answered += 1;
                true
            }
            failure => {
                rare();
                self.count_failure(failure);
                false
            }
        };
        self.settle(waiting, succeeded);
        let whole = self.ended.is_none() && waiting.held <= MAX_HELD;
        match outcome {
            Outcome::Acknowledged(extended) if whole => {
                waiting.result.ending = Some(Ending::Acknowledged(report_of(*extended)));
            }
            rarer => {
                rare();
                waiting.result.ending = Some(self.ending(waiting, rarer));
            }
        }
        self.wakes.add(waiting.waker.take());
    }

    #[inline(never)]
    fn forgotten(&mut self, waiting: &mut Waiting) {
        self.spend(waiting);
        self.settle(waiting, false);
    }

    #[inline(never)]
    fn event(&mut self, group: u32, datagram: &Datagram<'_>, frame: FrameView<'_>) {
        if let Some(audience) = self.audience {
            let origin = (group, datagram.nsid);
            audience.deliver(origin, frame, self.wakes, self.counted);
        }
    }

    #[inline(never)]
    fn unsolicited(&mut self, datagram: &Datagram<'_>, frame: FrameView<'_>) {
        self.offer(Unsolicited::frame(frame.to_frame(), datagram.sender));
    }

    #[cold]
    fn malformed(&mut self, datagram: &Datagram<'_>, bytes: &[u8], why: Malformed) {
        self.counted.malformed += 1;
        if datagram.group.is_none() {
            self.offer(Unsolicited::malformed(bytes, why, datagram.sender));
        }
    }

    #[cold]
    fn anomaly(&mut self, anomaly: Anomaly) {
        match anomaly {
            Anomaly::Foreign { sender } => {
                self.counted.foreign += 1;
                tracing::debug!(
                    sender,
                    "dropped a datagram from a sender that is not the kernel"
                );
            }
            Anomaly::Truncated {
                len,
                full_len,
                group,
                answer,
            } => {
                self.counted.truncated += 1;
                let loss = Loss::one(LossCause::Truncated);
                match (group, self.audience, self.inbox) {
                    (Some(_), Some(audience), _) => {
                        audience.lost(loss, self.wakes, self.counted);
                    }
                    (None, _, Some(inbox)) if !answer => inbox.lost(loss, self.wakes),
                    _ => {}
                }
                tracing::warn!(
                    len,
                    full_len,
                    "a datagram did not fit into the receive buffer"
                );
            }
            Anomaly::Swallowed => self.counted.swallowed += 1,
            Anomaly::RefusedUnawaited { errno } => {
                self.counted.refused_unawaited += 1;
                tracing::debug!(errno, "a request that nobody waits for was refused");
            }
            // `Stray`, and what may be added to `Anomaly`.
            other => {
                self.counted.stray += 1;
                tracing::debug!(?other, "a control message answers no request");
            }
        }
    }
}

impl Delivery<'_> {
    /// Offers what nobody asked for to the inbound streams.
    fn offer(&mut self, unsolicited: Unsolicited) {
        let taken = self
            .inbox
            .is_some_and(|inbox| inbox.deliver(unsolicited, self.wakes));
        if !taken {
            self.counted.unsolicited_dropped += 1;
        }
    }
}

/// Frames' bytes that a lane holds for one request; an answer that outgrows it
/// ends in an error instead of filling the memory.
pub(crate) const MAX_HELD: usize = 64 << 20;

/// What a received datagram cost the receive buffer.
pub(crate) fn cost_of(full_len: usize) -> u32 {
    truesize(full_len)
}

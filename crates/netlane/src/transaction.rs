//! Netfilter transactions: all of a batch, or nothing. Owns the BEGIN and END
//! around the members and the rules of their errors (`nfnetlink_rcv_batch` of
//! net/netfilter/nfnetlink.c).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use netlane_proto::{Expect, Sequence};
use netlane_wire::{Flags, Message};
use tracing::Span;

use crate::batch::{Member, outcome};
use crate::deadline::Deadline;
use crate::error::Asked;
use crate::exchange::order_of;
use crate::handle::Keep;
use crate::lane::{Cancelled, Order};
use crate::statistics::count;
use crate::{Answer, Error, Protocol};

/// A netfilter transaction that is being made: a future of the members'
/// answers, in order, or of the error for which nothing of it was done.
///
/// # Errors
///
/// The refusal of the first member that was refused ([`Error::member`] says
/// which), or of the commit itself
/// (which the kernel reports on the BEGIN message). A malformed member aborts
/// the transaction without any answer: *outcome unknown*.
///
/// # Cancel safety
///
/// Dropping it before it was sent sends nothing; later, it may take effect.
#[derive(Debug)]
#[must_use = "a transaction does nothing unless awaited"]
pub struct Transaction {
    keep: Keep,
    orders: Result<Vec<Order>, Option<Error>>,
    sequences: Vec<Sequence>,
    /// What each of them asks, in the same order.
    members: Vec<Member>,
    /// Answers so far: BEGIN, the members, END.
    ended: Vec<Result<Answer, Error>>,
    deadline: Deadline,
    span: Span,
}

impl Transaction {
    pub(crate) fn new(keep: Keep, subsystem: u8, members: Vec<Message>) -> Self {
        let deadline = Deadline::new(keep.shared.config.deadline);
        let orders = Self::orders(&keep, subsystem, members).map_err(Some);
        Self {
            keep,
            orders,
            sequences: Vec::new(),
            members: Vec::new(),
            ended: Vec::new(),
            deadline,
            span: Span::none(),
        }
    }

    /// The members between BEGIN and END, ready to be sent.
    fn orders(keep: &Keep, subsystem: u8, members: Vec<Message>) -> Result<Vec<Order>, Error> {
        let config = &keep.shared.config;
        if config.protocol != Protocol::NETFILTER {
            return Err(Error::invalid(format!(
                "{} has no transactions: NETLINK_NETFILTER has",
                config.protocol
            )));
        }
        let buffer = keep.shared.lane.socket.receive_buffer().unwrap_or(0);
        let acknowledged = members.len() <= buffer / ANSWER_COST;
        let wrapped = wrap(subsystem, members, acknowledged);
        wrapped
            .into_iter()
            .map(|(message, expect)| {
                // The kernel's, whoever is asked by default.
                order_of(message, expect, config).map(|order| Order { to: None, ..order })
            })
            .collect()
    }

    /// How long to wait at most.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Deadline::new(limit);
        self
    }

    /// Sends it as one datagram, on a thread of the connection's own: a commit
    /// may wait for grace periods.
    fn begin(&mut self, orders: Vec<Order>) -> Result<(), Error> {
        let shared = Arc::clone(&self.keep.shared);
        shared.check_open()?;
        self.open_spans(&orders);
        let (sequences, bytes) = shared.lane.enlist_together(orders)?;
        let begun = sequences.iter().zip(&self.members);
        begun.for_each(|(sequence, member)| member.begun(*sequence));
        let job = {
            let (shared, sequences) = (Arc::clone(&shared), sequences.clone());
            Box::new(move || shared.lane.send_together(&sequences, &bytes))
        };
        count(&shared.counters.offloaded);
        if shared.workers.submit(job).is_err() {
            for sequence in &sequences {
                shared.lane.cancel(*sequence);
            }
            return Err(Error::not_sent_because("no thread for a transaction"));
        }
        self.sequences = sequences;
        Ok(())
    }

    /// One span for all, and one for each message.
    fn open_spans(&mut self, orders: &[Order]) {
        let protocol = self.keep.shared.config.protocol;
        self.span = tracing::debug_span!(
            "transaction",
            %protocol,
            requests = orders.len(),
            outcome = tracing::field::Empty,
        );
        let members = orders.iter().map(|order| {
            let kind = order.kind;
            Member::new(&self.span, Asked { protocol, kind }, order)
        });
        self.members = members.collect();
    }

    /// Collects answers until all have ended.
    fn poll_answers(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.ended.len() < self.sequences.len() {
            let open = self.sequences.iter().skip(self.ended.len()).copied();
            let mut finished = Vec::new();
            self.keep
                .shared
                .lane
                .take_finished(open, context.waker(), &mut finished);
            if finished.is_empty() {
                return Poll::Pending;
            }
            let members = self.members.iter().skip(self.ended.len());
            let ended = finished.into_iter().zip(members);
            let ended: Vec<_> = ended
                .map(|(waiting, member)| member.end(outcome(waiting)))
                .collect();
            self.ended.extend(ended);
        }
        Poll::Ready(())
    }

    /// What the answers mean together.
    fn verdict(&mut self) -> Result<Vec<Answer>, Error> {
        let mut ended = std::mem::take(&mut self.ended);
        self.sequences.clear();
        let last = ended.len().saturating_sub(1);
        let errors = ended.iter().enumerate();
        let refusal = errors
            .filter_map(|(place, answer)| Some((place, answer.as_ref().err()?)))
            .min_by_key(|(_, error)| !error.is_refused())
            .map(|(place, _)| place);
        if let Some(place) = refusal
            && let Err(error) = ended.swap_remove(place)
        {
            // Neither the BEGIN nor the END is a member.
            let member = place.checked_sub(1).filter(|_| place != last);
            return Err(error.of_member(member));
        }
        // Without the END and the BEGIN.
        ended.pop();
        ended.into_iter().skip(1).collect()
    }
}

impl Future for Transaction {
    type Output = Result<Vec<Answer>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match std::mem::replace(&mut this.orders, Err(None)) {
            Ok(orders) => this.begin(orders)?,
            Err(Some(error)) => {
                this.keep.shared.check_open()?;
                return Poll::Ready(Err(error));
            }
            Err(None) if this.sequences.is_empty() => {
                let text = "a transaction was polled after its end";
                return Poll::Ready(Err(Error::invalid(text)));
            }
            Err(None) => {}
        }
        let verdict = match this.poll_answers(context) {
            Poll::Ready(()) => this.verdict(),
            Poll::Pending => {
                ready!(this.deadline.poll(&this.keep.shared, context));
                Err(this.time_out())
            }
        };
        match &verdict {
            Ok(_) => this.span.record("outcome", "done"),
            Err(error) => this.span.record("outcome", tracing::field::display(error)),
        };
        Poll::Ready(verdict)
    }
}

impl Transaction {
    /// The deadline has passed.
    fn time_out(&mut self) -> Error {
        let shared = &self.keep.shared;
        count(&shared.counters.timed_out);
        let (limit, hint) = (self.deadline.limit(), shared.hint());
        let open = self.sequences.drain(..).skip(self.ended.len());
        // Together they are sent or not.
        let cancelled: Vec<_> = open.map(|sequence| shared.lane.cancel(sequence)).collect();
        if cancelled.contains(&Cancelled::Withdrawn) {
            Error::never_sent(limit, hint)
        } else {
            Error::timed_out(limit, hint)
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        for sequence in self.sequences.drain(..).skip(self.ended.len()) {
            self.keep.shared.lane.desert(sequence);
        }
    }
}

/// BEGIN, the members, END. BEGIN promises nothing, but is told of a failed
/// commit. The members are acknowledged after the commit: all of them if the
/// receive buffer holds so many answers, else the last alone, whose
/// acknowledgement stands for all.
fn wrap(subsystem: u8, members: Vec<Message>, acknowledged: bool) -> Vec<(Message, Expect)> {
    // struct nfgenmsg: family, version, res_id in network order.
    let header = [0, 0, 0, subsystem];
    let frame = |kind| Message::new(kind, Flags::empty()).with_header(&header);
    let count = members.len();
    let mut all = Vec::with_capacity(count + 2);
    all.push((frame(NFNL_MSG_BATCH_BEGIN), Expect::Nothing));
    all.extend(members.into_iter().enumerate().map(|(index, member)| {
        let expect = match acknowledged || index + 1 == count {
            true => Expect::Acknowledgement,
            false => Expect::Nothing,
        };
        (member, expect)
    }));
    all.push((frame(NFNL_MSG_BATCH_END), Expect::Nothing));
    all
}

/// What one answer takes of the receive buffer, with room to spare: a refusal
/// has its extended ACK.
const ANSWER_COST: usize = 2048;

const NFNL_MSG_BATCH_BEGIN: u16 = 0x10;
const NFNL_MSG_BATCH_END: u16 = 0x11;

#[cfg(test)]
mod tests {
    use netlane_sys::Address;
    use netlane_wire::Flags;

    use super::*;
    use crate::Builder;

    /// Fails when a transaction goes to whom requests go by default: the kernel's answers would be
    /// taken for a stranger's.
    #[test]
    fn a_transaction_is_the_kernels_also_where_a_peer_is_asked_by_default() {
        let builder = Builder::new(Protocol::NETFILTER).peer(Address::port(7));
        let (handle, _connection) = builder.connect().unwrap();
        let members = vec![Message::new(0xa00, Flags::empty())];
        let orders = Transaction::orders(handle.keep(), 10, members).unwrap();
        assert_eq!(orders.len(), 3);
        assert!(orders.iter().all(|order| order.to.is_none()));
    }
}

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

use crate::answer::{Question, judge};
use crate::deadline::Deadline;
use crate::exchange::order_of;
use crate::handle::Keep;
use crate::lane::{Cancelled, Order};
use crate::statistics::count;
use crate::{Answer, Error};

/// A netfilter transaction that is being made: a future of the members'
/// answers, in order, or of the error for which nothing of it was done.
///
/// # Errors
///
/// The refusal of the first member that was refused, or of the commit itself
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
    /// Answers so far: BEGIN, the members, END.
    ended: Vec<Result<Answer, Error>>,
    deadline: Deadline,
}

impl Transaction {
    pub(crate) fn new(keep: Keep, subsystem: u8, members: Vec<Message>) -> Self {
        let config = &keep.shared.config;
        let buffer = keep.shared.lane.socket.receive_buffer().unwrap_or(0);
        let acknowledged = members.len() <= buffer / ANSWER_COST;
        let wrapped = wrap(subsystem, members, acknowledged);
        let orders = wrapped
            .into_iter()
            .map(|(message, expect)| order_of(message, expect, config))
            .collect::<Result<Vec<_>, _>>()
            .map_err(Some);
        let deadline = Deadline::new(keep.shared.config.deadline);
        Self {
            keep,
            orders,
            sequences: Vec::new(),
            ended: Vec::new(),
            deadline,
        }
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
        let (sequences, bytes) = shared.lane.enlist_together(orders)?;
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
            self.ended.extend(finished.into_iter().map(|mut waiting| {
                let bytes = std::mem::take(&mut waiting.request);
                judge(
                    waiting,
                    Question {
                        bytes: &bytes,
                        header_len: None,
                        table: None,
                    },
                )
            }));
        }
        Poll::Ready(())
    }

    /// What the answers mean together.
    fn verdict(&mut self) -> Result<Vec<Answer>, Error> {
        let mut ended = std::mem::take(&mut self.ended);
        self.sequences.clear();
        let refusal = ended
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .min_by_key(|error| !error.is_refused())
            .cloned();
        if let Some(error) = refusal {
            return Err(error);
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
            Err(Some(error)) => return Poll::Ready(Err(error)),
            Err(None) => {}
        }
        if this.poll_answers(context).is_ready() {
            return Poll::Ready(this.verdict());
        }
        ready!(this.deadline.poll(&this.keep.shared, context));
        Poll::Ready(Err(this.time_out()))
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

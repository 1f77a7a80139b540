//! How far reading has come: which points in the stream of datagrams are still
//! ahead. Under a flood the queue may never be seen empty, but it holds no more
//! datagrams than its bytes allow; after reading so many, everything that was
//! queued at some moment has been read. Owns that arithmetic.

use netlane_proto::Sequence;

/// Points ahead in what a lane receives.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Datagrams read so far.
    read: u64,
    /// Conversations without a request that end when so many were read.
    fences: Vec<(Sequence, u64)>,
    /// A receive error was seen; the loss stands behind so many datagrams.
    loss: Option<u64>,
    /// Another was seen since; it stands behind so many.
    next_loss: Option<u64>,
    /// The loss followed another, with which it may have been told.
    followed: bool,
}

impl Backlog {
    /// Where everything that is queued now has been read: one datagram more
    /// than are queued, since one may be in its reader's hands.
    fn horizon(&self, queued_bytes: Option<usize>) -> u64 {
        let Some(bytes) = queued_bytes else {
            return u64::MAX;
        };
        let datagrams = u64::try_from(bytes / LEAST_TRUESIZE).unwrap_or(u64::MAX);
        self.read.saturating_add(datagrams).saturating_add(2)
    }

    /// Sets a fence behind what is queued now.
    pub(crate) fn set_fence(&mut self, sequence: Sequence, queued_bytes: Option<usize>) {
        self.fences.push((sequence, self.horizon(queued_bytes)));
    }

    /// Notes a loss behind what is queued now.
    pub(crate) fn note_loss(&mut self, queued_bytes: Option<usize>) {
        // Overruns that follow each other must not put off the first; but what
        // is dropped after that was told is told by no further error.
        let horizon = Some(self.horizon(queued_bytes));
        match self.loss {
            None => self.loss = horizon,
            Some(_) => self.next_loss = horizon,
        }
    }

    /// One more datagram was read: says whether a point is still ahead, which
    /// it may have [reached](Self::reach).
    pub(crate) const fn advance(&mut self) -> bool {
        self.read += 1;
        self.loss.is_some() || !self.fences.is_empty()
    }

    /// The fences that the last datagram has reached.
    pub(crate) fn reach(&mut self, dumping: bool) -> Vec<Sequence> {
        if let Some(at) = &mut self.loss {
            // The kernel refuses what comes unless the queue was empty once.
            // Into the place of each datagram read it may put a part of a dump.
            *at = at.saturating_add(u64::from(dumping));
            if let Some(at) = &mut self.next_loss {
                *at = at.saturating_add(u64::from(dumping));
            }
            // A fence says that what was lost has been told: it waits for that.
            return Vec::new();
        }
        let read = self.read;
        let reached = self.fences.extract_if(.., |(_, at)| *at <= read);
        reached.map(|(sequence, _)| sequence).collect()
    }

    /// The queue was read empty: forgets the fences that have ended.
    pub(crate) fn keep_fences(&mut self, is_open: impl Fn(Sequence) -> bool) {
        self.fences.retain(|(sequence, _)| is_open(*sequence));
    }

    /// Whether a loss is still to be told.
    pub(crate) const fn is_lossy(&self) -> bool {
        self.loss.is_some()
    }

    /// Whether everything that preceded the loss has been read.
    pub(crate) fn loss_is_due(&self) -> bool {
        self.loss.is_some_and(|at| at <= self.read)
    }

    /// The loss has been told; if the queue was `empty` then, all losses.
    pub(crate) fn settle_loss(&mut self, empty: bool) {
        self.loss = self.next_loss.take().filter(|_| !empty);
        self.followed = self.loss.is_some();
    }

    /// Whether the loss may have been told already, with the one before it.
    pub(crate) const fn may_be_told(&self) -> bool {
        self.followed
    }
}

/// The least that a datagram takes of the receive buffer on any kernel.
const LEAST_TRUESIZE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    /// One datagram more.
    fn read(backlog: &mut Backlog, dumping: bool) -> Vec<Sequence> {
        match backlog.advance() {
            true => backlog.reach(dumping),
            false => Vec::new(),
        }
    }

    #[test]
    fn a_loss_is_due_when_all_that_was_queued_has_been_read() {
        let mut backlog = Backlog::default();
        backlog.note_loss(Some(3 * 512));
        for _ in 0..4 {
            read(&mut backlog, false);
            assert!(!backlog.loss_is_due());
        }
        read(&mut backlog, false);
        assert!(backlog.loss_is_due());
        backlog.settle_loss(false);
        assert!(!backlog.is_lossy());
    }

    #[test]
    fn overruns_that_follow_each_other_put_nothing_off() {
        let mut backlog = Backlog::default();
        backlog.note_loss(Some(3 * 512));
        for _ in 0..5 {
            backlog.note_loss(Some(100 * 512));
            read(&mut backlog, false);
        }
        assert!(backlog.loss_is_due());
    }

    #[test]
    fn the_last_of_several_overruns_is_told_too() {
        let mut backlog = Backlog::default();
        for _ in 0..3 {
            backlog.note_loss(Some(512));
        }
        (0..3).for_each(|_| drop(read(&mut backlog, false)));
        assert!(backlog.loss_is_due());
        backlog.settle_loss(false);
        assert!(backlog.is_lossy() && backlog.loss_is_due());
        backlog.settle_loss(false);
        assert!(!backlog.is_lossy());
        backlog.note_loss(None);
        backlog.note_loss(None);
        backlog.settle_loss(true);
        assert!(!backlog.is_lossy());
    }

    #[test]
    fn a_dump_refills_the_queue_that_a_loss_waits_for() {
        let mut backlog = Backlog::default();
        backlog.note_loss(Some(3 * 512));
        (0..100).for_each(|_| drop(read(&mut backlog, true)));
        for _ in 0..5 {
            assert!(!backlog.loss_is_due());
            read(&mut backlog, false);
        }
        assert!(backlog.loss_is_due());
    }

    #[test]
    fn without_a_size_only_an_empty_queue_tells() {
        let mut backlog = Backlog::default();
        backlog.note_loss(None);
        (0..10_000).for_each(|_| drop(read(&mut backlog, false)));
        assert!(backlog.is_lossy() && !backlog.loss_is_due());
    }
}

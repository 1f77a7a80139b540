//! What an overrun puts in doubt: whether an acknowledgement that arrives after
//! it proves that all replies before it have arrived too. Owns that proof; it
//! mirrors `netlink_attachskb`, `netlink_overrun` and `netlink_rcv_wake` of
//! net/netlink/af_netlink.c:
//!
//! - From an overrun on the kernel refuses everything, until a receive call
//!   leaves the queue empty. So if no receive call ran during a send, whatever
//!   was refused, all behind it was too: an acknowledgement that arrives proves
//!   what stands before it.
//! - An overrun is reported by the next receive call to begin, before any data.
//!   So one that brings data or finds nothing proves that nothing was refused
//!   before it began.
//!
//! What is left, a send with a receive call beside it and an overrun behind it,
//! is in doubt.

/// Follows the receive calls and the overruns of one socket.
#[derive(Debug, Default)]
pub(crate) struct Overruns {
    /// Overruns seen so far.
    seen: u64,
    /// From one that was seen until its queue was read.
    congested: bool,
    /// Receive calls begun.
    calls: u64,
    /// How many sends had returned when the last of them began, while it runs.
    receiving: Option<u64>,
    /// The answers to so many sends were not touched by what is seen from now on.
    whole: u64,
}

/// What is known of the answer to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Its parts cannot be refused one by one.
    Never,
    /// Its send has not returned, or it may be answered later than that: in
    /// doubt if more overruns were seen than these.
    Sending {
        overruns: u64,
        calls: u64,
        receiving: bool,
    },
    /// A receive call ran beside its send: an overrun may put it in doubt.
    Exposed,
    /// It may have holes.
    Cast,
}

impl Overruns {
    /// A receive call begins, after so many sends have returned.
    pub(crate) const fn begin_receive(&mut self, sends: u64) {
        self.calls += 1;
        self.receiving = Some(sends);
    }

    /// The receive call has brought a datagram, or found nothing.
    pub(crate) const fn received(&mut self) {
        if let Some(sends) = self.receiving.take()
            && !self.congested
        {
            self.whole = sends;
        }
    }

    /// The receive call has failed. Returns how many sends are beyond doubt.
    pub(crate) const fn overrun(&mut self) -> u64 {
        self.receiving = None;
        self.congested = true;
        self.seen += 1;
        self.whole
    }

    /// What was queued at the last overrun has been read: the kernel admits
    /// answers again.
    pub(crate) const fn drained(&mut self) {
        self.congested = false;
    }

    /// A request is about to be sent.
    pub(crate) const fn launch(&self) -> Doubt {
        let overruns = match self.congested {
            true => self.seen.saturating_sub(1),
            false => self.seen,
        };
        Doubt::Sending {
            overruns,
            calls: self.calls,
            receiving: self.receiving.is_some(),
        }
    }

    /// The send of a request that is answered by then has returned.
    pub(crate) const fn returned(&self, doubt: Doubt) -> Doubt {
        match doubt {
            Doubt::Sending {
                calls,
                receiving: false,
                ..
            } if calls == self.calls => Doubt::Never,
            Doubt::Sending { .. } if self.is_cast(doubt) => Doubt::Cast,
            Doubt::Sending { .. } => Doubt::Exposed,
            settled => settled,
        }
    }

    /// Whether the answer that arrives now may have holes.
    #[inline]
    pub(crate) const fn is_cast(&self, doubt: Doubt) -> bool {
        !matches!(doubt, Doubt::Never) && self.weigh(doubt)
    }

    #[cold]
    const fn weigh(&self, doubt: Doubt) -> bool {
        match doubt {
            Doubt::Sending { overruns, .. } => self.seen != overruns,
            Doubt::Cast => true,
            Doubt::Never | Doubt::Exposed => false,
        }
    }
}

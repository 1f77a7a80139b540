//! What a request's handler wants done. Plain data; knows no queue.

use netlane_wire::Message;

/// How the handler of a request reacts: with replies and an acknowledgement, a
/// refusal, or a dump.
///
/// ```
/// use netlane_testkit::kernel::Reaction;
/// use netlane_wire::{Flags, Message};
///
/// let found = Reaction::done().reply(Message::raw(16, Flags::empty(), b"eth0"));
/// let missing = Reaction::refused(19); // ENODEV
/// let table = Reaction::dump([Message::raw(16, Flags::empty(), b"eth0")]);
/// # let _ = (found, missing, table);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Reaction {
    pub(super) replies: Vec<(Option<u32>, Message)>,
    pub(super) errno: i32,
    pub(super) dump: Option<Dump>,
}

impl Reaction {
    /// The request was carried out.
    #[must_use]
    pub fn done() -> Self {
        Self::default()
    }

    /// It is refused with this positive errno.
    #[must_use]
    pub fn refused(errno: i32) -> Self {
        Self {
            errno,
            ..Self::default()
        }
    }

    /// It begins a dump of these entries. `NLM_F_MULTI` is added to them, and
    /// `NLMSG_DONE` to the last part; there is no acknowledgement.
    #[must_use]
    pub fn dump(entries: impl IntoIterator<Item = Message>) -> Self {
        let dump = Dump {
            entries: entries.into_iter().collect(),
            ..Dump::default()
        };
        Self {
            dump: Some(dump),
            ..Self::default()
        }
    }

    /// Adds a reply, a datagram of its own before the acknowledgement.
    #[must_use]
    pub fn reply(mut self, message: Message) -> Self {
        self.replies.push((None, message));
        self
    }

    /// Adds the answer to `NLM_F_ECHO`: a reply that carries the group of the
    /// notification it is a copy of.
    #[must_use]
    pub fn echo(mut self, group: u32, message: Message) -> Self {
        self.replies.push((Some(group), message));
        self
    }

    /// The dump's `NLMSG_DONE` carries this positive errno.
    #[must_use]
    pub fn ending_with(mut self, errno: i32) -> Self {
        if let Some(dump) = &mut self.dump {
            dump.errno = errno;
        }
        self
    }

    /// The dump's `NLMSG_DONE` comes in a datagram of its own, as that of
    /// `RTM_GETLINK` does.
    #[must_use]
    pub fn with_split_done(mut self) -> Self {
        if let Some(dump) = &mut self.dump {
            dump.split_done = true;
        }
        self
    }
}

/// A dump before its parts are made.
#[derive(Debug, Clone, Default)]
pub(super) struct Dump {
    pub(super) entries: std::collections::VecDeque<Message>,
    pub(super) errno: i32,
    pub(super) split_done: bool,
    /// `nlmsg_seq` of its request.
    pub(super) sequence: u32,
    /// The table was changed; the next message says so.
    pub(super) changed: bool,
}

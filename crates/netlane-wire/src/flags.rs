//! The `NLM_F_*` flags of a message header, and the names that their shared bits have.
//!
//! Owns the bits; must not know which types of a family get, create or delete: the caller says
//! so with a [`Verb`]. Mirrors `include/uapi/linux/netlink.h`.

use std::fmt;

bitflags::bitflags! {
    /// `nlmsg_flags`. Bits 0x100 to 0x800 mean different things to get, new and delete requests
    /// and to acknowledgements; all their names are here. Unknown bits are kept.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Flags: u16 {
        /// `NLM_F_REQUEST`: it is a request.
        const REQUEST = 0x01;
        /// `NLM_F_MULTI`: part of an answer that ends with `DONE`.
        const MULTI = 0x02;
        /// `NLM_F_ACK`: acknowledge, also on success.
        const ACK = 0x04;
        /// `NLM_F_ECHO`: send the requester a copy of the notification.
        const ECHO = 0x08;
        /// `NLM_F_DUMP_INTR`: what is dumped changed meanwhile; the dump may be inconsistent.
        const DUMP_INTR = 0x10;
        /// `NLM_F_DUMP_FILTERED`: the kernel filtered the dump as it was asked to.
        const DUMP_FILTERED = 0x20;

        /// `NLM_F_ROOT` (get): the whole table.
        const ROOT = 0x100;
        /// `NLM_F_MATCH` (get): all that match.
        const MATCH = 0x200;
        /// `NLM_F_ATOMIC` (get): a snapshot.
        const ATOMIC = 0x400;
        /// `NLM_F_DUMP` (get): `ROOT` and `MATCH`.
        const DUMP = 0x300;

        /// `NLM_F_REPLACE` (new): replace what exists.
        const REPLACE = 0x100;
        /// `NLM_F_EXCL` (new): fail if it exists.
        const EXCL = 0x200;
        /// `NLM_F_CREATE` (new): create it if it does not exist.
        const CREATE = 0x400;
        /// `NLM_F_APPEND` (new): add at the end.
        const APPEND = 0x800;

        /// `NLM_F_NONREC` (delete): not what lies below it.
        const NONREC = 0x100;
        /// `NLM_F_BULK` (delete): all that match.
        const BULK = 0x200;

        /// `NLM_F_CAPPED` (acknowledgement): the request's payload is not echoed.
        const CAPPED = 0x100;
        /// `NLM_F_ACK_TLVS` (acknowledgement): extended ACK attributes follow.
        const ACK_TLVS = 0x200;

        const _ = !0;
    }
}

/// What a message does, which decides the names of the shared flag bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// A request that reads: `ROOT`, `MATCH`, `ATOMIC`.
    Get,
    /// A request that creates or changes: `REPLACE`, `EXCL`, `CREATE`, `APPEND`.
    New,
    /// A request that deletes: `NONREC`, `BULK`.
    Delete,
    /// An acknowledgement or the end of a dump: `CAPPED`, `ACK_TLVS`.
    Acknowledgement,
    /// Not known: the shared bits are shown as a number, except for `DUMP`.
    Unknown,
}

const COMMON: &[(u16, &str)] = &[
    (0x01, "REQUEST"),
    (0x02, "MULTI"),
    (0x04, "ACK"),
    (0x08, "ECHO"),
    (0x10, "DUMP_INTR"),
    (0x20, "DUMP_FILTERED"),
];

impl Verb {
    const fn names(self) -> &'static [(u16, &'static str)] {
        match self {
            Self::Get => &[
                (0x300, "DUMP"),
                (0x100, "ROOT"),
                (0x200, "MATCH"),
                (0x400, "ATOMIC"),
            ],
            Self::New => &[
                (0x100, "REPLACE"),
                (0x200, "EXCL"),
                (0x400, "CREATE"),
                (0x800, "APPEND"),
            ],
            Self::Delete => &[(0x100, "NONREC"), (0x200, "BULK")],
            Self::Acknowledgement => &[(0x100, "CAPPED"), (0x200, "ACK_TLVS")],
            Self::Unknown => &[(0x300, "DUMP")],
        }
    }
}

impl Flags {
    /// The flags by the names they have for `verb`, as `REQUEST|ACK|CREATE`; bits without a name
    /// in hexadecimal, none at all as `0`.
    ///
    /// ```
    /// use netlane_wire::{Flags, Verb};
    /// let flags = Flags::REQUEST | Flags::CREATE | Flags::EXCL;
    /// assert_eq!(flags.named(Verb::New).to_string(), "REQUEST|EXCL|CREATE");
    /// ```
    #[must_use]
    pub const fn named(self, verb: Verb) -> impl fmt::Display {
        Named { flags: self, verb }
    }
}

/// [`Flags`] on their way to a formatter.
struct Named {
    flags: Flags,
    verb: Verb,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.flags.bits();
        let mut separator = "";
        for &(bits, name) in COMMON.iter().chain(self.verb.names()) {
            if rest & bits == bits {
                write!(f, "{separator}{name}")?;
                rest &= !bits;
                separator = "|";
            }
        }
        match (rest, separator) {
            (0, "") => f.write_str("0"),
            (0, _) => Ok(()),
            _ => write!(f, "{separator}{rest:#x}"),
        }
    }
}

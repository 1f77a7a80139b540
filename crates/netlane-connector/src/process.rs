//! Process events: fork, exec, exit and what is between.
//!
//! Owns `struct proc_event` and its union. Mirrors `drivers/connector/cn_proc.c`. To hear them: join the group
//! [`INDEX`], then send [`listen`]; both need CAP_NET_ADMIN in the initial namespaces.

use netlane_wire::typed::{Fixed, Text, c_enum, c_struct};
use netlane_wire::{DecodeError, Message};

use crate::{Header, message};

/// `CN_IDX_PROC`, which is also the group.
pub const INDEX: u32 = 1;

/// `CN_VAL_PROC`.
pub const VALUE: u32 = 1;

/// Asks for events. It is acknowledged by [`Detail::Acknowledged`].
#[must_use]
pub fn listen() -> Message {
    message(INDEX, VALUE, &PROC_CN_MCAST_LISTEN.to_ne_bytes())
}

/// Asks for no more events.
#[must_use]
pub fn ignore() -> Message {
    message(INDEX, VALUE, &PROC_CN_MCAST_IGNORE.to_ne_bytes())
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// What, where and when.
    pub header: EventHeader,
    /// The rest, by what happened.
    pub detail: Detail,
}

impl Event {
    /// Reads the payload of a connector frame. `None` if it is of another subsystem.
    ///
    /// # Errors
    ///
    /// It is shorter than its headers.
    pub fn parse(payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let (connector, data) = Header::split(payload)?;
        if (connector.index, connector.value) != (INDEX, VALUE) {
            return Ok(None);
        }
        let Some(detail) = data.get(EventHeader::SIZE..) else {
            return Err(DecodeError::Header {
                expected: EventHeader::SIZE,
                actual: data.len(),
            });
        };
        let header = EventHeader::load(data);
        Ok(Some(Self {
            header,
            detail: Detail::load(header.what, detail),
        }))
    }
}

c_struct! {
    /// What every event has.
    pub struct EventHeader("proc_event") {
        /// What happened.
        what: EventKind,
        /// The processor that it happened on.
        cpu: u32,
        /// Nanoseconds since the system was started.
        timestamp: u64,
    }
}

c_enum! {
    /// What happened.
    pub enum EventKind: u32 {
        /// The answer to [`listen`] or [`ignore`].
        NONE = PROC_EVENT_NONE(0),
        FORK = PROC_EVENT_FORK(0x1),
        EXEC = PROC_EVENT_EXEC(0x2),
        /// Other user ids.
        USER = PROC_EVENT_UID(0x4),
        /// Other group ids.
        GROUP = PROC_EVENT_GID(0x40),
        /// A session began.
        SESSION = PROC_EVENT_SID(0x80),
        /// A debugger came or went.
        TRACE = PROC_EVENT_PTRACE(0x100),
        /// Another name.
        NAME = PROC_EVENT_COMM(0x200),
        CORE_DUMP = PROC_EVENT_COREDUMP(0x4000_0000),
        EXIT = PROC_EVENT_EXIT(0x8000_0000),
    }
}

/// What an event says beyond its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// The answer to [`listen`] or [`ignore`].
    Acknowledged(Acknowledged),
    /// A task was made.
    Fork(Fork),
    /// A program was started.
    Exec(Task),
    /// The user ids became others.
    User(Ids),
    /// The group ids became others.
    Group(Ids),
    /// A session began.
    Session(Task),
    /// A debugger came; went, if it is task 0.
    Trace(Trace),
    /// The name became another.
    Name(Name),
    /// Memory is being dumped.
    CoreDump(CoreDump),
    /// A task ended.
    Exit(Exit),
    /// Of a kind that is not declared here.
    Other,
}

impl Detail {
    fn load(what: EventKind, bytes: &[u8]) -> Self {
        match what {
            EventKind::NONE => Self::Acknowledged(Fixed::load(bytes)),
            EventKind::FORK => Self::Fork(Fixed::load(bytes)),
            EventKind::EXEC => Self::Exec(Fixed::load(bytes)),
            EventKind::USER => Self::User(Fixed::load(bytes)),
            EventKind::GROUP => Self::Group(Fixed::load(bytes)),
            EventKind::SESSION => Self::Session(Fixed::load(bytes)),
            EventKind::TRACE => Self::Trace(Fixed::load(bytes)),
            EventKind::NAME => Self::Name(Fixed::load(bytes)),
            EventKind::CORE_DUMP => Self::CoreDump(Fixed::load(bytes)),
            EventKind::EXIT => Self::Exit(Fixed::load(bytes)),
            _ => Self::Other,
        }
    }
}

c_struct! {
    /// A thread of a process.
    pub struct Task("exec_proc_event") {
        /// The thread.
        thread: u32,
        /// Its process.
        process: u32,
    }
}

c_struct! {
    /// The answer to [`listen`] or [`ignore`].
    pub struct Acknowledged("ack") {
        /// An errno, or 0.
        error: u32,
    }
}

c_struct! {
    /// A task was made.
    pub struct Fork("fork_proc_event") {
        /// Who made it.
        parent: Task,
        /// Who was made.
        child: Task,
    }
}

c_struct! {
    /// Ids became others.
    pub struct Ids("id_proc_event") {
        /// Whose.
        task: Task,
        /// The real id.
        real: u32,
        /// The effective id.
        effective: u32,
    }
}

c_struct! {
    /// A debugger came or went.
    pub struct Trace("ptrace_proc_event") {
        /// Whose.
        task: Task,
        /// The debugger; 0 if it went.
        tracer: Task,
    }
}

c_struct! {
    /// The name of a task became another.
    pub struct Name("comm_proc_event") {
        /// Whose.
        task: Task,
        /// The new name, at most 15 bytes.
        name: Text<16>,
    }
}

c_struct! {
    /// Memory is being dumped.
    pub struct CoreDump("coredump_proc_event") {
        /// Whose.
        task: Task,
        /// Who made it.
        parent: Task,
    }
}

c_struct! {
    /// A task ended.
    pub struct Exit("exit_proc_event") {
        /// Whose.
        task: Task,
        /// As wait(2) tells it.
        code: u32,
        /// The signal that the parent gets; all ones for a thread.
        signal: u32,
        /// Who made it.
        parent: Task,
    }
}

const PROC_CN_MCAST_LISTEN: u32 = 1;
const PROC_CN_MCAST_IGNORE: u32 = 2;

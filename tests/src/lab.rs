//! The wire contract of the lab's kernel module, in Rust: a mirror of
//! `tests/lab/module/netlane_lab.h`, where the meaning of each order is documented.
//!
//! Owns numbers and the layout of an order; must not know how a frame is sent.

use netlane_wire::{Flags, Message};

/// The tutorials' command/reply protocol.
pub const HELLO_PROTOCOL: i32 = 25;
/// The tutorials' echo, greeting and conversation protocol.
pub const ECHO_PROTOCOL: i32 = 30;
/// The protocol that misbehaves on demand.
pub const FAULT_PROTOCOL: i32 = 31;

/// `HELLO_SET`.
pub const HELLO_SET: u16 = 0;
/// `HELLO_GET`, which other protocols know as `NLMSG_NOOP`.
pub const HELLO_GET: u16 = 1;

/// `ECHO_TEXT`: comes back as the very same frame.
pub const ECHO_TEXT: u16 = 0;
/// `ECHO_GREET`: asks for the greeting to be multicast now.
pub const ECHO_GREET: u16 = 0x20;
/// `ECHO_CONVERSE`: the kernel's questions and the program's answers.
pub const ECHO_CONVERSE: u16 = 0x21;
/// The group that hears the greeting.
pub const GREETING_GROUP: u32 = 1;
/// What is multicast there, with its terminating NUL.
pub const GREETING: &[u8] = b"Greeting from kernel!\0";
/// The port that the kernel asks its questions.
pub const CONVERSATION_PORT: u32 = 200;

/// What [`FAULT_PROTOCOL`] shall do: `LAB_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Behaviour {
    /// The cargo back, with the request's sequence and port.
    Echo = 0x10,
    /// The cargo back, with sequence and port 0.
    Unsequenced,
    /// `value` parts, then DONE.
    Multipart,
    /// `value` objects of `count` bytes by the kernel's dump machinery.
    Dump,
    /// The same, interrupted by a change half-way.
    DumpChanged,
    /// `value` objects, then DONE with the errno `count`.
    DumpFails,
    /// Refuses with the errno `value`.
    Error,
    /// Refuses with the errno `value` and says why; 0 accepts with a warning and a cookie.
    Extended,
    /// A reply of `value` payload bytes.
    Oversized,
    /// Sleeps in the handler, then echoes.
    Slow,
    /// Answers from a kernel thread: `value` is a [`Late`].
    Late,
    /// First a frame with the sequence off by `value`, then the echo.
    Foreign,
    /// The echo, twice.
    Twice,
    /// `count` frames of sequence 0, then the echo.
    Unasked,
    /// `count` frames to the group `value`, bearing the request's sequence and port.
    Multicast,
    /// Tells the members of group `value` that an event was lost (`ENOBUFS`).
    SetError,
    /// An answer that does not parse: `value` is a [`Malformed`].
    Malformed,
    /// A control message of type `value` without payload.
    Control,
}

impl Behaviour {
    /// The message type.
    pub fn kind(self) -> u16 {
        self as u16
    }
}

/// How [`Behaviour::Late`] answers: `LATE_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Late {
    /// The ACK at once, the data later.
    AckFirst,
    /// Data, then the ACK, both later.
    AckLast,
    /// Data, and no ACK.
    DataOnly,
    /// Only an error with the errno `count`, later.
    Error,
    /// Nothing.
    Never,
    /// An unsequenced frame at once; data and ACK later.
    Foreign,
}

/// How [`Behaviour::Malformed`] answers: `MALFORMED_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Malformed {
    /// `nlmsg_len` is 11.
    Short,
    /// `nlmsg_len` points beyond the datagram.
    Long,
    /// A good answer and five stray bytes.
    Tail,
    /// A datagram of seven bytes.
    Runt,
}

/// `struct lab_order`: how a request of [`FAULT_PROTOCOL`] begins. Host byte order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Order {
    /// Depends on the behaviour.
    pub value: u32,
    /// How long to wait.
    pub milliseconds: u32,
    /// Depends on the behaviour.
    pub count: u32,
}

impl Order {
    /// An order of which only `value` matters.
    pub fn value(value: u32) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }

    /// The request: this order, then `cargo`.
    pub fn message(self, behaviour: Behaviour, flags: Flags, cargo: &[u8]) -> Message {
        let mut payload = Vec::with_capacity(12 + cargo.len());
        for word in [self.value, self.milliseconds, self.count] {
            payload.extend(word.to_ne_bytes());
        }
        payload.extend(cargo);
        Message::raw(behaviour.kind(), flags, &payload)
    }
}

//! Netlink conversations as a pure state machine.
//!
//! One [`Conversations`] stands for everything that is under way on one
//! socket. Requests are announced to it and get their sequence number from
//! it; datagrams that arrive are fed to it, and it says, through a [`Sink`],
//! what each frame is: a reply, the end of a conversation, a multicast event,
//! a message nobody asked for, or something that does not belong here.
//!
//! It owns the rules of *who answers whom*: classification by sender, true
//! group, port id, sequence and the echo flag, never by sequence alone; the
//! moment at which a missing answer is proved lost; the life of cancelled
//! conversations. It knows no socket, no clock, no lock, no task and no log:
//! everything arrives as an argument, so each test is an exact transcript.
//!
//! ```
//! use netlane_proto::{Conversations, Datagram, Expect, Outcome, Profile, Sequence, Sink, Timing};
//! use netlane_wire::FrameView;
//!
//! /// Collects the outcome of the only conversation of this example.
//! #[derive(Default)]
//! struct Log(Vec<String>);
//! impl Sink<&'static str> for Log {
//!     fn finished(&mut self, who: &mut &'static str, _: Sequence, outcome: &Outcome<'_>) {
//!         self.0.push(format!("{who}: {}", matches!(outcome, Outcome::Acknowledged(_))));
//!     }
//! }
//!
//! let mut lane = Conversations::new(Profile::kernel(100), 7);
//! let sequence = lane.submit(Expect::Acknowledgement, Timing::Synchronous, 0, "ping");
//! lane.sent(sequence);
//!
//! // An ACK as the kernel writes it: NLMSG_ERROR, errno 0, the request's header.
//! let mut ack = Vec::new();
//! for word in [36u32, 0x0100_0002, sequence.get(), 100, 0, 16, 0x0005_0001, sequence.get(), 100] {
//!     ack.extend(word.to_ne_bytes());
//! }
//! # if cfg!(target_endian = "big") { return }
//! let mut log = Log::default();
//! lane.receive(&Datagram::from_kernel(&ack), &mut log);
//! assert_eq!(log.0, ["ping: true"]);
//! ```
#![forbid(unsafe_code)]

mod conversation;
mod conversations;
mod datagram;
mod dump;
mod overruns;
mod receive;
mod sink;
mod table;

pub use conversation::{Expect, Timing};
pub use conversations::{Conversations, Mark, Sequence};
pub use datagram::{Datagram, Profile};
pub use dump::{DumpReader, Part};
pub use sink::{Anomaly, Outcome, Sink};

//! What the tests of a netlink program need, without root and without an external tool.
//!
//! - [`in_namespace`] runs a test in a fresh network namespace, also for a plain user;
//!   [`NetworkNamespace`] makes further ones.
//! - [`Links`] makes interfaces, addresses and routes by raw netlink.
//! - [`Peer`] is a scripted program at the other end of a real USERSOCK socket: it answers late,
//!   wrongly, in parts, under a false name or in floods.
//! - [`kernel::Kernel`] is a kernel in memory: it answers inside send and overruns as the real one.
//! - [`patience`] scales the limit after which a test takes something for hung.
//! - [`has_tool`], [`has_real_root`], [`has_two_processors`]: what a test may miss on a machine, and
//!   [`cannot_run`] to say it.
//! - [`Datagrams`] and [`Fault`] bend captured datagrams as pure functions, for state machines.
//!
//! Owns the making of surroundings for tests; must not know tokio, nor the transport under test,
//! so that it serves any netlink library. Everything here works on Linux; elsewhere it compiles
//! and returns errors.
//!
//! ```no_run
//! use netlane_testkit::{Links, in_namespace};
//!
//! #[test]
//! fn a_bridge_appears() {
//!     in_namespace(|| {
//!         let mut links = Links::open().unwrap();
//!         links.bridge("br0").unwrap();
//!         assert!(links.index("br0").unwrap() > 1);
//!     });
//! }
//! ```
#![forbid(unsafe_code)]

mod fault;
pub mod kernel;
#[cfg(unix)]
mod links;
#[cfg(unix)]
mod namespace;
mod patience;
#[cfg(unix)]
mod peer;
#[cfg(unix)]
mod privilege;
mod random;
mod surroundings;

pub use fault::{Datagram, Datagrams, Fault};
#[cfg(unix)]
pub use links::Links;
#[cfg(unix)]
pub use namespace::NetworkNamespace;
pub use patience::patience;
#[cfg(unix)]
pub use peer::{Answer, Incoming, Peer, Step};
#[cfg(unix)]
pub use privilege::{in_namespace, reexec_in_user_namespace};
pub use random::Random;
pub use surroundings::{cannot_run, has_real_root, has_tool, has_two_processors};

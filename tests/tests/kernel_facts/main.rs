//! What KERNEL-TESTS.md says about the kernel, asserted on the running one with bare sockets.
//!
//! Owns facts about netlink itself; must not know netlane's transport, whose tests rely on them.
//! Numbers that depend on the kernel are measured, not written here. Tests that change something
//! do it in a network namespace of their own, and so need no privilege.
#![cfg(target_os = "linux")]

mod dumps;
mod events;
mod identity;
mod kit;
mod overtaking;
mod parallel;
mod queue;
mod requests;
mod stalled_dumps;
mod unasked;

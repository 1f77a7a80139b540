//! The transport against user programs at the other end of a real NETLINK_USERSOCK socket: the
//! tutorials' conversations, late and wrong answers, hostile frames. A peer always answers late, so
//! nothing here is proved by silence.
//! Asserts behaviour, never time; knows netlane by its public interface alone.
#![cfg(target_os = "linux")]

mod answers;
mod conversations;
mod hostile;

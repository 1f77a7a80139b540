//! The message types every protocol shares: `NLMSG_*` of `linux/netlink.h`.
//!
//! Must not know the types of any family; those start at [`MIN_TYPE`].

/// `NLMSG_NOOP`: nothing; with `ACK` set, a ping.
pub const NOOP: u16 = 1;
/// `NLMSG_ERROR`: an error, or an acknowledgement when its code is 0.
pub const ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a multi-part answer, with its error code.
pub const DONE: u16 = 3;
/// `NLMSG_OVERRUN`: data was lost. No current kernel sends it.
pub const OVERRUN: u16 = 4;
/// `NLMSG_MIN_TYPE`: types below are reserved for control messages.
pub const MIN_TYPE: u16 = 0x10;

//! Async netlink for tokio: requests, dumps and multicast events over one handle
#![cfg_attr(not(test), forbid(unsafe_code))]

pub mod codec;
pub mod framed;

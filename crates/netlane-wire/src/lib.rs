//! Netlink frames, attributes and control messages as bytes: zero-copy and without I/O
#![cfg_attr(not(test), forbid(unsafe_code))]

//! Netlink conversations as a pure state machine: correlation without I/O, clock or lock
#![cfg_attr(not(test), forbid(unsafe_code))]

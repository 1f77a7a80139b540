//! Test kit for netlink programs: namespaces, scripted peers and fault injection
#![cfg_attr(not(test), forbid(unsafe_code))]

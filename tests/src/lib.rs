//! What netlane's tests share. Owns the reading of the source tree; knows nothing of netlink.

pub mod repository;

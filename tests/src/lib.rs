//! What netlane's tests share: the reading of the source tree, and the contract of the lab's kernel module.
//! Knows nothing of sockets.

pub mod lab;
pub mod repository;

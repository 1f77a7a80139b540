//! What netlane's tests share: the reading of the source tree, the contract of the lab's kernel
//! module, runtimes for test bodies, rtnetlink requests, what the kernel says of sockets, a filter
//! that lets parts of a dump overtake each other, and the storm of dropped futures.

pub mod lab;
#[cfg(unix)]
pub mod overtaking;
pub mod repository;
#[cfg(unix)]
pub mod route;
#[cfg(unix)]
pub mod sockets;
#[cfg(unix)]
pub mod stage;
#[cfg(unix)]
pub mod storm;

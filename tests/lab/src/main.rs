//! The first process of the lab's virtual machine: mounts, loads the kernel modules, runs the
//! listed programs one after another, reports, and leaves the emulator with a status.
//!
//! Knows nothing of netlink, and nothing of the host: `tests/lab/lib/guest.sh` writes the lists
//! under `/lab` that it reads. Returning from `main` would panic the kernel, which the host takes for
//! the failure it is.

#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod guest;

#[cfg(target_os = "linux")]
fn main() {
    guest::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

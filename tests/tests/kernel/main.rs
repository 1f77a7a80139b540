//! The transport against the running kernel, each test in a fresh network namespace. Every test is
//! named for the behaviour that it would catch netlane getting wrong; `tests/KERNEL-TESTS.md` maps
//! the kernel's facts to them.
//! Asserts behaviour, never time; knows netlane by its public interface alone.
#![cfg(target_os = "linux")]

// The filters that it makes are for little-endian machines.
#[cfg(target_endian = "little")]
mod absent;
mod ahead;
mod batches;
mod cancellation;
mod congestion;
mod differences;
mod dumps;
mod events;
#[cfg(target_endian = "little")]
mod failing;
mod lifecycle;
mod loss;
mod misuse;
mod namespaces;
mod panics;
mod requests;
mod setup;
mod slow;

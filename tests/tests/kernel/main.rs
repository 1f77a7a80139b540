//! The transport against the running kernel, each test in a fresh network namespace. Every test is
//! named for the behaviour of the kernel that it would catch netlane getting wrong;
//! `tests/KERNEL-TESTS.md` maps the facts to them.
//! Asserts behaviour, never time; knows netlane by its public interface alone.
#![cfg(target_os = "linux")]

mod dumps;
mod events;
mod requests;

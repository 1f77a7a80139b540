//! Generic netlink: many families on one protocol, found by their names.
//!
//! A family is declared with the macros of [`netlane_wire::typed`] (see the README of netlane-derive) and its requests
//! name it: `requests! { Pet in "petfamily" version 1 { .. } }`. Its number is the kernel's choice at the time it is
//! loaded. Whoever sends asks the [controller](Family) for it and addresses the request with [`Numbered`], or lets the
//! `Resolver` (feature `handle`) do both.
//!
//! ```
//! use netlane_generic::{Family, Numbered};
//! use netlane_wire::{FrameView, Request};
//!
//! // Ask the controller for a family, by any transport.
//! let request = Numbered::controller(Family::get().name("ethtool"));
//! let bytes = request.message().finish()?;
//!
//! // What would be answered, read where it lies.
//! let answer = netlane_generic::view::<Family>(FrameView::new(&bytes)?)?;
//! assert_eq!(answer.name()?, Some("ethtool"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What this crate must not know
//!
//! Any family but the controller: they are crates of their own, under the kernel's name for them.
#![forbid(unsafe_code)]

pub mod controller;
mod header;
mod named;
#[cfg(feature = "handle")]
mod resolver;

pub use controller::{CONTROLLER, Family, FamilyView, NOTIFY};
pub use header::{Header, split, view};
pub use named::Numbered;
#[cfg(feature = "handle")]
pub use resolver::Resolver;

//! The typed rtnetlink messages against the running kernel: created, read back, changed and deleted, each in a network
//! namespace of its own. What the kernel at hand may lack runs only where the lab provides it (feature `lab`); the
//! table in `ROUTE-OBJECTS.md` says what runs where.

mod addresses;
mod advertisements;
mod bridges;
mod common;
mod databases;
mod encapsulations;
mod events;
#[cfg(feature = "lab")]
mod lab_only;
mod links;
mod neighbours;
mod nexthops;
mod routes;
mod rules;
#[cfg(feature = "lab")]
mod tunnels_lab_only;

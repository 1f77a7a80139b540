//! netlane measured against blocking system calls, in the same run, on the
//! machine at hand. Owns the requests, their blocking counterpart, the
//! workloads and the reports; which of them run is a program's choice: the
//! command of this package, its criterion benches, the comparison with peers.

pub mod baseline;
pub mod measure;
pub mod messages;
pub mod plot;
pub mod report;
pub mod stage;
pub mod typed;
pub mod workloads;

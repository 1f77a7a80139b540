//! netlane's benches.

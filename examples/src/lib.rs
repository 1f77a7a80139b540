//! netlane's examples.

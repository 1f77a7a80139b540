//! netlane's tests.

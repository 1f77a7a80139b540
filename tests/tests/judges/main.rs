//! Against independent judges: for the same kernel state the typed messages say what the system's own tools say, field
//! by field. `ip`, `bridge` and `tc` of iproute2 are needed, and nothing passes without them.

mod common;
mod expected;
mod links;
mod networks;
mod traffic;

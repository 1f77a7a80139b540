//! Types that no attribute and no structure can hold: the compiler's own errors, at the field.

use netlane_wire::typed::{c_struct, message};

/// Declared by no macro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mine(u32);

message! {
    /// A message.
    struct Link("link") {
        /// A name.
        name: str = IFLA_IFNAME(3),
        /// Not a value.
        mine: Mine = IFLA_MTU(4),
    }
}

c_struct! {
    /// A structure.
    struct Header("header") {
        /// A number.
        index: u32,
        /// Of no fixed size.
        mine: Mine,
    }
}

fn main() {}

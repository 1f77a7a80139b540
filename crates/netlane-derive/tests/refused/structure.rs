//! Wrong C structures.

use netlane_wire::typed::c_struct;

c_struct! { struct NoCName { index: u32 } }

c_struct! { struct NoColon("c") { index u32 } }

c_struct! { struct NoFixedSize("c") { info: nest Info } }

c_struct! { struct Twice("c") { index: u32, index: u16 } }

fn main() {}

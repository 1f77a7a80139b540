//! Wrong enumerations and flags.

use netlane_wire::typed::{c_enum, c_flags};

c_enum! { enum NoInteger { UP = IF_OPER_UP(6) } }

c_enum! { enum NoWireInteger: nest Info { UP = IF_OPER_UP(6) } }

c_enum! { enum NoConstant: u8 { UP } }

c_enum! { enum OneNumberTwice: u8 { UP = IF_OPER_UP(6), DOWN = IF_OPER_DOWN(6) } }

c_flags! { struct OneNameTwice: u32 { UP = IFF_UP(1), UP = IFF_RUNNING(0x40) } }

fn main() {}

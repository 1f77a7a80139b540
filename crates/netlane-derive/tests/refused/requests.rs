//! Wrong operations.

use netlane_wire::typed::requests;

requests! { Link { } }

requests! { Link over ROUTE(0) { add: RTM_NEWLINK(16) ack } }

requests! { Link over ROUTE(0) { add: RTM_NEWLINK(16) => done } }

requests! { Link over ROUTE(0) { add: RTM_NEWLINK(16) => ack Link } }

requests! { Link over ROUTE(0) { view: RTM_GETLINK(18) => reply } }

// Both are told.
requests! {
    Family in "nlctrl" version 1 {
        get: CTRL_CMD_GETFAMILY(3) => reply,
        get: CTRL_CMD_GETPOLICY(256) => dump,
    }
}

requests! { Family in "nlctrl" version 300 { get: CTRL_CMD_GETFAMILY(3) => reply } }

fn main() {}

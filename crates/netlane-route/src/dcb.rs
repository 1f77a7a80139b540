//! Data centre bridging: which link it is about. What it says is left to the caller.
//!
//! Owns `RTM_GETDCB` and `RTM_SETDCB` as far as events need them. Mirrors `linux/dcbnl.h` and net/dcb/dcbnl.c.

use netlane_wire::typed::{c_struct, message};

use crate::Family;

c_struct! {
    /// The header of data centre bridging messages.
    pub struct DcbMsg("dcbmsg") {
        /// The family.
        family: Family,
        /// What is asked or told (`DCB_CMD_*`).
        command: u8,
        _: u16,
    }
}

message! {
    /// A message of data centre bridging; further attributes (`DCB_ATTR_*`) by [`attributes`](DcbView::attributes).
    pub struct Dcb("dcb"): DcbMsg(family: Family, command: u8) {
        /// Name of the link.
        name: str = DCB_ATTR_IFNAME(1),
        /// IEEE 802.1Qaz settings (`DCB_ATTR_IEEE_*`).
        ieee: [u8] = DCB_ATTR_IEEE(13),
        /// Mode of the device (`DCB_CAP_DCBX_*`).
        dcbx: u8 = DCB_ATTR_DCBX(14),
    }
}

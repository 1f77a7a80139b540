//! Owns the express data path of a link (`IFLA_XDP_*`); must not know links. Mirrors `linux/if_link.h` and
//! net/core/dev.c.

use netlane_wire::typed::{c_enum, c_flags, message};

c_flags! {
    /// How a program is attached.
    pub struct XdpFlags: u32 {
        /// Only if there is none.
        UPDATE_IF_NO_EXIST = XDP_FLAGS_UPDATE_IF_NOEXIST(0x1),
        /// In the generic path.
        SKB_MODE = XDP_FLAGS_SKB_MODE(0x2),
        /// In the driver.
        DRIVER_MODE = XDP_FLAGS_DRV_MODE(0x4),
        /// In the hardware.
        HARDWARE_MODE = XDP_FLAGS_HW_MODE(0x8),
        /// Only instead of the expected one.
        REPLACE = XDP_FLAGS_REPLACE(0x10),
    }
}

c_enum! {
    /// Where a program runs.
    pub enum XdpAttached: u8 {
        /// Nowhere.
        NONE = XDP_ATTACHED_NONE(0),
        /// In the driver.
        DRIVER = XDP_ATTACHED_DRV(1),
        /// In the generic path.
        SKB = XDP_ATTACHED_SKB(2),
        /// In the hardware.
        HARDWARE = XDP_ATTACHED_HW(3),
        /// In more than one of them.
        MULTI = XDP_ATTACHED_MULTI(4),
    }
}

message! {
    /// Programs of the express data path.
    pub struct Xdp("xdp") {
        /// In a request: descriptor of the program; -1 detaches.
        fd: i32 = IFLA_XDP_FD(1),
        /// Where a program runs.
        attached: XdpAttached = IFLA_XDP_ATTACHED(2),
        /// In a request: how to attach.
        flags: XdpFlags = IFLA_XDP_FLAGS(3),
        /// Id of the program, if there is one.
        program: u32 = IFLA_XDP_PROG_ID(4),
        /// Id of the program in the driver.
        driver_program: u32 = IFLA_XDP_DRV_PROG_ID(5),
        /// Id of the program in the generic path.
        skb_program: u32 = IFLA_XDP_SKB_PROG_ID(6),
        /// Id of the program in the hardware.
        hardware_program: u32 = IFLA_XDP_HW_PROG_ID(7),
        /// In a request: descriptor of the program to replace.
        expected_fd: i32 = IFLA_XDP_EXPECTED_FD(8),
    }
}

//! Which device a message is about: the nest that every message has. Mirrors `ETHTOOL_A_HEADER_*`.

use netlane_wire::typed::{c_flags, message};

message! {
    /// A device, by index or name; if both are given, they must be of one device.
    pub struct Device("device") {
        /// Index of the link.
        index: u32 = ETHTOOL_A_HEADER_DEV_INDEX(1),
        /// Name of the link, at most 15 bytes.
        name: str = ETHTOOL_A_HEADER_DEV_NAME(2),
        /// How the kernel shall answer.
        flags: RequestFlags = ETHTOOL_A_HEADER_FLAGS(3),
    }
}

c_flags! {
    /// How the kernel shall answer.
    pub struct RequestFlags: u32 {
        /// With bit sets as words of numbered bits instead of lists of named bits.
        COMPACT_BITSETS = ETHTOOL_FLAG_COMPACT_BITSETS(0x1),
        /// To a change without telling what came of it.
        OMIT_REPLY = ETHTOOL_FLAG_OMIT_REPLY(0x2),
        /// With statistics.
        STATISTICS = ETHTOOL_FLAG_STATS(0x4),
    }
}

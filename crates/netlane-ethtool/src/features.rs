//! Offloads and other features of a device. Mirrors `net/ethtool/features.c`.

use netlane_wire::typed::{message, requests};

use crate::{Bitset, BitsetBuilder, BitsetView, Device, DeviceBuilder, DeviceView};

message! {
    /// A device's features, by the names of the string set
    /// [`FEATURES`](crate::StringSetId::FEATURES).
    pub struct Features("features") {
        /// Which device.
        device: nest Device = ETHTOOL_A_FEATURES_HEADER(1),
        /// Those that can be changed.
        hardware: nest Bitset = ETHTOOL_A_FEATURES_HW(2),
        /// Those that were asked for; what a change sets.
        wanted: nest Bitset = ETHTOOL_A_FEATURES_WANTED(3),
        /// Those that are on. In the answer to a change: how the result differs from before.
        active: nest Bitset = ETHTOOL_A_FEATURES_ACTIVE(4),
        /// Those that can never be changed.
        no_change: nest Bitset = ETHTOOL_A_FEATURES_NOCHANGE(5),
    }
}

requests! {
    Features in "ethtool" version 1 {
        get: ETHTOOL_MSG_FEATURES_GET(11) => reply,
        /// The features of all devices.
        dump: ETHTOOL_MSG_FEATURES_GET(11) => dump,
        /// Changes those in `wanted`; what came of it is answered: in its `wanted` what differs from the request, in its
        /// `active` what differs from before.
        set: ETHTOOL_MSG_FEATURES_SET(12) => reply,
    }
}

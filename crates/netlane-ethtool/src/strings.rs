//! The kernel's names for bits and counters. Mirrors `net/ethtool/strset.c`.

use netlane_wire::typed::{c_enum, message, requests};

use crate::{Device, DeviceBuilder, DeviceView};

message! {
    /// Sets of names: those asked for by id, or all of a device.
    pub struct Strings("strings") {
        /// Which device; an empty nest asks for sets that are the same for all.
        device: nest Device = ETHTOOL_A_STRSET_HEADER(1),
        /// The sets.
        sets: nest StringSets = ETHTOOL_A_STRSET_STRINGSETS(2),
        /// Asks for the number of names only.
        counts_only: flag = ETHTOOL_A_STRSET_COUNTS_ONLY(3),
    }
}

requests! {
    Strings in "ethtool" version 1 {
        get: ETHTOOL_MSG_STRSET_GET(1) => reply,
        /// The sets of all devices.
        dump: ETHTOOL_MSG_STRSET_GET(1) => dump,
    }
}

message! {
    /// A list of sets.
    pub struct StringSets("sets") {
        /// The sets, one each.
        set: multi nest StringSet = ETHTOOL_A_STRINGSETS_STRINGSET(1),
    }
}

message! {
    /// One set.
    pub struct StringSet("set") {
        /// Which set.
        id: StringSetId = ETHTOOL_A_STRINGSET_ID(1),
        /// How many strings it has.
        count: u32 = ETHTOOL_A_STRINGSET_COUNT(2),
        /// Its strings.
        strings: nest StringList = ETHTOOL_A_STRINGSET_STRINGS(3),
    }
}

message! {
    /// The names of a set.
    pub struct StringList("list") {
        /// The strings, one each.
        string: multi nest StringEntry = ETHTOOL_A_STRINGS_STRING(1),
    }
}

message! {
    /// One name.
    pub struct StringEntry("string") {
        /// The string's number, from 0.
        index: u32 = ETHTOOL_A_STRING_INDEX(1),
        /// The string.
        value: str = ETHTOOL_A_STRING_VALUE(2),
    }
}

c_enum! {
    /// `enum ethtool_stringset`.
    pub enum StringSetId: u32 {
        /// Self tests.
        TESTS = ETH_SS_TEST(0),
        /// Statistics of the driver.
        STATISTICS = ETH_SS_STATS(1),
        /// Flags of the driver.
        PRIVATE_FLAGS = ETH_SS_PRIV_FLAGS(2),
        /// Device features.
        FEATURES = ETH_SS_FEATURES(4),
        /// Hash functions of receive scaling.
        HASH_FUNCTIONS = ETH_SS_RSS_HASH_FUNCS(5),
        TUNABLES = ETH_SS_TUNABLES(6),
        PHY_STATISTICS = ETH_SS_PHY_STATS(7),
        PHY_TUNABLES = ETH_SS_PHY_TUNABLES(8),
        /// Link modes.
        LINK_MODES = ETH_SS_LINK_MODES(9),
        /// Classes of driver messages.
        MESSAGE_CLASSES = ETH_SS_MSG_CLASSES(10),
        /// Ways to wake a host.
        WAKE_MODES = ETH_SS_WOL_MODES(11),
    }
}

//! The link of a device: its connector, its modes, whether it is up. Mirrors `net/ethtool/linkinfo.c`, `linkmodes.c` and
//! `linkstate.c`.

use netlane_wire::typed::{c_enum, message, requests};

use crate::{Bitset, BitsetBuilder, BitsetView, Device, DeviceBuilder, DeviceView};

message! {
    /// How a device is attached.
    pub struct LinkInfo("link_info") {
        /// Which device.
        device: nest Device = ETHTOOL_A_LINKINFO_HEADER(1),
        /// The connector.
        port: Port = ETHTOOL_A_LINKINFO_PORT(2),
        /// The address on the MDIO bus.
        phy_address: u8 = ETHTOOL_A_LINKINFO_PHYADDR(3),
        /// Crossing of pairs: 0 unknown, 1 straight, 2 crossed.
        mdix: u8 = ETHTOOL_A_LINKINFO_TP_MDIX(4),
        /// As asked for: as `mdix`, or 3 automatic.
        mdix_control: u8 = ETHTOOL_A_LINKINFO_TP_MDIX_CTRL(5),
        /// Where the transceiver is.
        transceiver: Transceiver = ETHTOOL_A_LINKINFO_TRANSCEIVER(6),
    }
}

requests! {
    LinkInfo in "ethtool" version 1 {
        get: ETHTOOL_MSG_LINKINFO_GET(2) => reply,
        dump: ETHTOOL_MSG_LINKINFO_GET(2) => dump,
        /// Changes port, address or crossing.
        set: ETHTOOL_MSG_LINKINFO_SET(3) => ack,
    }
}

message! {
    /// How fast a device can go and goes.
    pub struct LinkModes("link_modes") {
        /// Which device.
        device: nest Device = ETHTOOL_A_LINKMODES_HEADER(1),
        /// Whether the mode is negotiated.
        autonegotiation: bool = ETHTOOL_A_LINKMODES_AUTONEG(2),
        /// Modes that the device can (the mask) and advertises (the value).
        ours: nest Bitset = ETHTOOL_A_LINKMODES_OURS(3),
        /// Modes that the partner advertises.
        peer: nest Bitset = ETHTOOL_A_LINKMODES_PEER(4),
        /// Megabits per second; `u32::MAX` is unknown.
        speed: u32 = ETHTOOL_A_LINKMODES_SPEED(5),
        /// One way at a time, or both.
        duplex: Duplex = ETHTOOL_A_LINKMODES_DUPLEX(6),
        /// Who gives the clock, as asked for.
        master_slave: u8 = ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG(7),
        /// Who gives the clock.
        master_slave_state: u8 = ETHTOOL_A_LINKMODES_MASTER_SLAVE_STATE(8),
        /// Lanes in use, count.
        lanes: u32 = ETHTOOL_A_LINKMODES_LANES(9),
        /// How a slower partner is matched.
        rate_matching: u8 = ETHTOOL_A_LINKMODES_RATE_MATCHING(10),
    }
}

requests! {
    LinkModes in "ethtool" version 1 {
        get: ETHTOOL_MSG_LINKMODES_GET(4) => reply,
        dump: ETHTOOL_MSG_LINKMODES_GET(4) => dump,
        set: ETHTOOL_MSG_LINKMODES_SET(5) => ack,
    }
}

message! {
    /// Whether a device has a link.
    pub struct LinkState("link_state") {
        /// Which device.
        device: nest Device = ETHTOOL_A_LINKSTATE_HEADER(1),
        /// Whether there is a link.
        link: bool = ETHTOOL_A_LINKSTATE_LINK(2),
        /// Quality of the signal.
        signal_quality: u32 = ETHTOOL_A_LINKSTATE_SQI(3),
        /// What `signal_quality` is at best.
        signal_quality_max: u32 = ETHTOOL_A_LINKSTATE_SQI_MAX(4),
        /// Why there is no link.
        extended_state: u8 = ETHTOOL_A_LINKSTATE_EXT_STATE(5),
        /// The same more exactly; what it means depends on `extended_state`.
        extended_substate: u8 = ETHTOOL_A_LINKSTATE_EXT_SUBSTATE(6),
        /// Times that the link went down.
        down_count: u32 = ETHTOOL_A_LINKSTATE_EXT_DOWN_CNT(7),
    }
}

requests! {
    LinkState in "ethtool" version 1 {
        get: ETHTOOL_MSG_LINKSTATE_GET(6) => reply,
        dump: ETHTOOL_MSG_LINKSTATE_GET(6) => dump,
    }
}

c_enum! {
    /// The connector.
    pub enum Port: u8 {
        TWISTED_PAIR = PORT_TP(0),
        AUI = PORT_AUI(1),
        MII = PORT_MII(2),
        FIBRE = PORT_FIBRE(3),
        BNC = PORT_BNC(4),
        /// A cable with its ends fixed.
        DIRECT_ATTACH = PORT_DA(5),
        NONE = PORT_NONE(0xef),
        OTHER = PORT_OTHER(0xff),
    }
}

c_enum! {
    /// One way at a time, or both.
    pub enum Duplex: u8 {
        HALF = DUPLEX_HALF(0),
        FULL = DUPLEX_FULL(1),
        UNKNOWN = DUPLEX_UNKNOWN(0xff),
    }
}

c_enum! {
    /// Where the transceiver is.
    pub enum Transceiver: u8 {
        INTERNAL = XCVR_INTERNAL(0),
        EXTERNAL = XCVR_EXTERNAL(1),
    }
}

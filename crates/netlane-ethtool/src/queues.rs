//! Queues of a device: the lengths of its rings and the number of its channels. Mirrors `net/ethtool/rings.c` and
//! `channels.c`.

use netlane_wire::typed::{c_enum, message, requests};

use crate::{Device, DeviceBuilder, DeviceView};

message! {
    /// Lengths of a device's rings, in descriptors.
    pub struct Rings("rings") {
        /// Which device.
        device: nest Device = ETHTOOL_A_RINGS_HEADER(1),
        /// Entries for receiving, count at most.
        receive_max: u32 = ETHTOOL_A_RINGS_RX_MAX(2),
        /// Entries for receiving small packets, count at most.
        receive_mini_max: u32 = ETHTOOL_A_RINGS_RX_MINI_MAX(3),
        /// Entries for receiving large packets, count at most.
        receive_jumbo_max: u32 = ETHTOOL_A_RINGS_RX_JUMBO_MAX(4),
        /// Entries for transmitting, count at most.
        transmit_max: u32 = ETHTOOL_A_RINGS_TX_MAX(5),
        /// Entries for receiving, count.
        receive: u32 = ETHTOOL_A_RINGS_RX(6),
        /// Entries for receiving small packets, count.
        receive_mini: u32 = ETHTOOL_A_RINGS_RX_MINI(7),
        /// Entries for receiving large packets, count.
        receive_jumbo: u32 = ETHTOOL_A_RINGS_RX_JUMBO(8),
        /// Entries for transmitting, count.
        transmit: u32 = ETHTOOL_A_RINGS_TX(9),
        /// Bytes of a receive buffer.
        buffer_len: u32 = ETHTOOL_A_RINGS_RX_BUF_LEN(10),
        /// Whether headers and data of TCP are received separately.
        tcp_data_split: TcpDataSplit = ETHTOOL_A_RINGS_TCP_DATA_SPLIT(11),
        /// Bytes of a completion queue entry.
        completion_len: u32 = ETHTOOL_A_RINGS_CQE_SIZE(12),
        /// Whether descriptors are written to the device itself.
        transmit_push: bool = ETHTOOL_A_RINGS_TX_PUSH(13),
    }
}

requests! {
    Rings in "ethtool" version 1 {
        get: ETHTOOL_MSG_RINGS_GET(15) => reply,
        dump: ETHTOOL_MSG_RINGS_GET(15) => dump,
        set: ETHTOOL_MSG_RINGS_SET(16) => ack,
    }
}

message! {
    /// How many channels a device has: queues with an interrupt of their own.
    pub struct Channels("channels") {
        /// Which device.
        device: nest Device = ETHTOOL_A_CHANNELS_HEADER(1),
        /// Channels for receiving, count at most.
        receive_max: u32 = ETHTOOL_A_CHANNELS_RX_MAX(2),
        /// Channels for transmitting, count at most.
        transmit_max: u32 = ETHTOOL_A_CHANNELS_TX_MAX(3),
        /// Channels for other purposes, count at most.
        other_max: u32 = ETHTOOL_A_CHANNELS_OTHER_MAX(4),
        /// Channels that both receive and transmit, count at most.
        combined_max: u32 = ETHTOOL_A_CHANNELS_COMBINED_MAX(5),
        /// Channels for receiving, count.
        receive: u32 = ETHTOOL_A_CHANNELS_RX_COUNT(6),
        /// Channels for transmitting, count.
        transmit: u32 = ETHTOOL_A_CHANNELS_TX_COUNT(7),
        /// Channels for other purposes, count.
        other: u32 = ETHTOOL_A_CHANNELS_OTHER_COUNT(8),
        /// Those that both receive and transmit.
        combined: u32 = ETHTOOL_A_CHANNELS_COMBINED_COUNT(9),
    }
}

requests! {
    Channels in "ethtool" version 1 {
        get: ETHTOOL_MSG_CHANNELS_GET(17) => reply,
        dump: ETHTOOL_MSG_CHANNELS_GET(17) => dump,
        set: ETHTOOL_MSG_CHANNELS_SET(18) => ack,
    }
}

c_enum! {
    /// Whether headers and data of TCP are received into separate buffers.
    pub enum TcpDataSplit: u8 {
        UNKNOWN = ETHTOOL_TCP_DATA_SPLIT_UNKNOWN(0),
        DISABLED = ETHTOOL_TCP_DATA_SPLIT_DISABLED(1),
        ENABLED = ETHTOOL_TCP_DATA_SPLIT_ENABLED(2),
    }
}

//! Owns tun and tap devices (`IFLA_TUN_*`), which can be read here and are made through `/dev/net/tun`. Must not know
//! links. Mirrors drivers/net/tun.c.

use netlane_wire::typed::{c_enum, message};

c_enum! {
    /// What a tun device carries.
    pub enum TunType: u8 {
        /// IP packets.
        TUN = IFF_TUN(1),
        /// Ethernet frames.
        TAP = IFF_TAP(2),
    }
}

message! {
    /// A link whose packets go to a program.
    pub struct Tun("tun") {
        /// User id of who may open it.
        owner: u32 = IFLA_TUN_OWNER(1),
        /// Group id of who may open it.
        group: u32 = IFLA_TUN_GROUP(2),
        /// What it carries.
        carries: TunType = IFLA_TUN_TYPE(3),
        /// Whether a packet information header precedes each packet.
        packet_information: bool = IFLA_TUN_PI(4),
        /// Whether a virtio header precedes each packet.
        vnet_header: bool = IFLA_TUN_VNET_HDR(5),
        /// Whether it stays when nobody has it open.
        persist: bool = IFLA_TUN_PERSIST(6),
        /// Whether it may have several queues.
        multi_queue: bool = IFLA_TUN_MULTI_QUEUE(7),
        /// Queues in use, count.
        queues: u32 = IFLA_TUN_NUM_QUEUES(8),
        /// Queues that were detached, count.
        disabled_queues: u32 = IFLA_TUN_NUM_DISABLED_QUEUES(9),
    }
}

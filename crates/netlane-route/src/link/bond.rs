//! Owns bonds and their ports (`IFLA_BOND_*`); must not know links. Mirrors drivers/net/bonding/bond_netlink.c.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlane_wire::typed::{LinkAddress, Mac, c_enum, message};

c_enum! {
    /// How a bond distributes packets.
    pub enum BondMode: u8 {
        /// To each port in turn.
        BALANCE_RR = BOND_MODE_ROUNDROBIN(0),
        /// To one port, the others are spare.
        ACTIVE_BACKUP = BOND_MODE_ACTIVEBACKUP(1),
        /// By a hash.
        BALANCE_XOR = BOND_MODE_XOR(2),
        /// To all ports.
        BROADCAST = BOND_MODE_BROADCAST(3),
        /// By IEEE 802.3ad (LACP).
        IEEE8023AD = BOND_MODE_8023AD(4),
        /// By load, sending.
        BALANCE_TLB = BOND_MODE_TLB(5),
        /// By load, sending and receiving.
        BALANCE_ALB = BOND_MODE_ALB(6),
    }
}

c_enum! {
    /// Whether a port carries packets.
    pub enum BondPortState: u8 {
        /// It does.
        ACTIVE = BOND_STATE_ACTIVE(0),
        /// It is spare.
        BACKUP = BOND_STATE_BACKUP(1),
    }
}

c_enum! {
    /// What the monitor says of a port.
    pub enum BondMiiStatus: u8 {
        /// Up.
        UP = BOND_LINK_UP(0),
        /// Failing: waits for the down delay.
        FAIL = BOND_LINK_FAIL(1),
        /// Down.
        DOWN = BOND_LINK_DOWN(2),
        /// Coming back: waits for the up delay.
        BACK = BOND_LINK_BACK(3),
    }
}

message! {
    /// A bonded set of links.
    pub struct Bond("bond") {
        /// How packets are distributed.
        mode: BondMode = IFLA_BOND_MODE(1),
        /// Index of the port in use.
        active_port: u32 = IFLA_BOND_ACTIVE_SLAVE(2),
        /// How often carriers are looked at, milliseconds; 0 is never.
        miimon: u32 = IFLA_BOND_MIIMON(3),
        /// How long a port is up before it is used, milliseconds.
        up_delay: u32 = IFLA_BOND_UPDELAY(4),
        /// How long a port is down before it is dropped, milliseconds.
        down_delay: u32 = IFLA_BOND_DOWNDELAY(5),
        /// Whether the carrier decides; the kernel ignores it since 6.17.
        use_carrier: bool = IFLA_BOND_USE_CARRIER(6),
        /// How often targets are asked by ARP, milliseconds; 0 is never.
        arp_interval: u32 = IFLA_BOND_ARP_INTERVAL(7),
        /// Whom to ask by ARP.
        arp_targets: array Ipv4Addr = IFLA_BOND_ARP_IP_TARGET(8),
        /// Which ARP answers count (`BOND_ARP_VALIDATE_*`).
        arp_validate: u32 = IFLA_BOND_ARP_VALIDATE(9),
        /// Whether any target suffices (0) or all must answer (1).
        arp_all_targets: u32 = IFLA_BOND_ARP_ALL_TARGETS(10),
        /// Index of the preferred port.
        primary: u32 = IFLA_BOND_PRIMARY(11),
        /// When the preferred port takes over: 0 always, 1 if better, 2 on failure.
        primary_reselect: u8 = IFLA_BOND_PRIMARY_RESELECT(12),
        /// Whose hardware address is used: 0 the bond's, 1 the active port's, 2 it follows.
        fail_over_mac: u8 = IFLA_BOND_FAIL_OVER_MAC(13),
        /// What the hash looks at (`BOND_XMIT_POLICY_*`).
        xmit_hash_policy: u8 = IFLA_BOND_XMIT_HASH_POLICY(14),
        /// Membership reports after a change, count.
        resend_igmp: u32 = IFLA_BOND_RESEND_IGMP(15),
        /// Notices to neighbours after a change, count.
        peer_notifications: u8 = IFLA_BOND_NUM_PEER_NOTIF(16),
        /// Whether duplicates on spare ports are taken.
        all_ports_active: bool = IFLA_BOND_ALL_SLAVES_ACTIVE(17),
        /// Ports that must be up for the bond to be.
        min_links: u32 = IFLA_BOND_MIN_LINKS(18),
        /// How often learning packets are sent, seconds.
        lp_interval: u32 = IFLA_BOND_LP_INTERVAL(19),
        /// Packets for a port in turn; 0 is random.
        packets_per_port: u32 = IFLA_BOND_PACKETS_PER_SLAVE(20),
        /// Whether LACP is slow (0) or fast (1).
        lacp_rate: u8 = IFLA_BOND_AD_LACP_RATE(21),
        /// How an aggregator is chosen: 0 stable, 1 bandwidth, 2 count, 3 priority of ports.
        ad_select: u8 = IFLA_BOND_AD_SELECT(22),
        /// The aggregator in use.
        ad_info: nest BondAdInfo = IFLA_BOND_AD_INFO(23),
        /// LACP priority of the system.
        ad_actor_sys_prio: u16 = IFLA_BOND_AD_ACTOR_SYS_PRIO(24),
        /// LACP user part of the port key, 10 bits.
        ad_user_port_key: u16 = IFLA_BOND_AD_USER_PORT_KEY(25),
        /// LACP address of the system.
        ad_actor_system: Mac = IFLA_BOND_AD_ACTOR_SYSTEM(26),
        /// Whether flows move between ports by load.
        tlb_dynamic_lb: bool = IFLA_BOND_TLB_DYNAMIC_LB(27),
        /// Between notices to neighbours, milliseconds.
        peer_notif_delay: u32 = IFLA_BOND_PEER_NOTIF_DELAY(28),
        /// Whether LACP speaks first.
        lacp_active: bool = IFLA_BOND_AD_LACP_ACTIVE(29),
        /// ARP answers that may be missing.
        missed_max: u8 = IFLA_BOND_MISSED_MAX(30),
        /// Whom to ask by neighbour solicitation.
        ns_targets: array Ipv6Addr = IFLA_BOND_NS_IP6_TARGET(31),
        /// Whether collecting and distributing begin together.
        coupled_control: bool = IFLA_BOND_COUPLED_CONTROL(32),
        /// Whether ARP and neighbour discovery go to all ports.
        broadcast_neighbour: bool = IFLA_BOND_BROADCAST_NEIGH(33),
    }
}

message! {
    /// The aggregator in use.
    pub struct BondAdInfo("ad_info") {
        /// Its number.
        aggregator: u16 = IFLA_BOND_AD_INFO_AGGREGATOR(1),
        /// Ports in it, count.
        ports: u16 = IFLA_BOND_AD_INFO_NUM_PORTS(2),
        /// Own key.
        actor_key: u16 = IFLA_BOND_AD_INFO_ACTOR_KEY(3),
        /// The partner's key.
        partner_key: u16 = IFLA_BOND_AD_INFO_PARTNER_KEY(4),
        /// The partner's address.
        partner_mac: Mac = IFLA_BOND_AD_INFO_PARTNER_MAC(5),
    }
}

message! {
    /// A bond's port.
    pub struct BondPort("bond_port") {
        /// Whether it carries packets.
        state: BondPortState = IFLA_BOND_SLAVE_STATE(1),
        /// What the monitor says.
        mii_status: BondMiiStatus = IFLA_BOND_SLAVE_MII_STATUS(2),
        /// How often it failed.
        link_failures: u32 = IFLA_BOND_SLAVE_LINK_FAILURE_COUNT(3),
        /// Its own hardware address.
        permanent_address: LinkAddress = IFLA_BOND_SLAVE_PERM_HWADDR(4),
        /// Transmit queue of the bond that goes to it.
        queue: u16 = IFLA_BOND_SLAVE_QUEUE_ID(5),
        /// Number of its aggregator.
        aggregator: u16 = IFLA_BOND_SLAVE_AD_AGGREGATOR_ID(6),
        /// Own LACP state bits.
        actor_state: u8 = IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE(7),
        /// The partner's LACP state bits.
        partner_state: u16 = IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE(8),
        /// Priority when a new active port is chosen; the highest wins.
        priority: i32 = IFLA_BOND_SLAVE_PRIO(9),
        /// LACP priority of the port.
        actor_priority: u16 = IFLA_BOND_SLAVE_ACTOR_PORT_PRIO(10),
    }
}

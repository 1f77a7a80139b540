//! Owns the filter for fields of packets (`TCA_FLOWER_*`); must not know filters. Mirrors `linux/pkt_cls.h` and
//! net/sched/cls_flower.c.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlane_wire::typed::{Mac, c_flags, message};

use super::{FilterFlags, TcHandle};

c_flags! {
    /// What a packet is, network order on the wire.
    pub struct FlowerPacketFlags: be u32 {
        /// A fragment.
        FRAGMENT = TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT(0x1),
        /// The first fragment.
        FIRST_FRAGMENT = TCA_FLOWER_KEY_FLAGS_FRAG_IS_FIRST(0x2),
    }
}

message! {
    /// Fields of the packet.
    pub struct Flower("flower") {
        /// The class that packets go to.
        class: TcHandle = TCA_FLOWER_CLASSID(1),
        /// Name of the link that packets come from.
        input: str = TCA_FLOWER_INDEV(2),
        /// What happens to packets.
        actions: array nest super::Action = TCA_FLOWER_ACT(3),
        /// Destination hardware address.
        eth_destination: Mac = TCA_FLOWER_KEY_ETH_DST(4),
        /// Its mask.
        eth_destination_mask: Mac = TCA_FLOWER_KEY_ETH_DST_MASK(5),
        /// Source hardware address.
        eth_source: Mac = TCA_FLOWER_KEY_ETH_SRC(6),
        /// Its mask.
        eth_source_mask: Mac = TCA_FLOWER_KEY_ETH_SRC_MASK(7),
        /// Protocol (`ETH_P_*`), host order here.
        eth_type: be u16 = TCA_FLOWER_KEY_ETH_TYPE(8),
        /// Protocol (`IPPROTO_*`).
        ip_protocol: u8 = TCA_FLOWER_KEY_IP_PROTO(9),
        /// IPv4 source.
        ipv4_source: Ipv4Addr = TCA_FLOWER_KEY_IPV4_SRC(10),
        /// Its mask.
        ipv4_source_mask: Ipv4Addr = TCA_FLOWER_KEY_IPV4_SRC_MASK(11),
        /// IPv4 destination.
        ipv4_destination: Ipv4Addr = TCA_FLOWER_KEY_IPV4_DST(12),
        /// Its mask.
        ipv4_destination_mask: Ipv4Addr = TCA_FLOWER_KEY_IPV4_DST_MASK(13),
        /// IPv6 source.
        ipv6_source: Ipv6Addr = TCA_FLOWER_KEY_IPV6_SRC(14),
        /// Its mask.
        ipv6_source_mask: Ipv6Addr = TCA_FLOWER_KEY_IPV6_SRC_MASK(15),
        /// IPv6 destination.
        ipv6_destination: Ipv6Addr = TCA_FLOWER_KEY_IPV6_DST(16),
        /// Its mask.
        ipv6_destination_mask: Ipv6Addr = TCA_FLOWER_KEY_IPV6_DST_MASK(17),
        /// TCP source port, host order here.
        tcp_source: be u16 = TCA_FLOWER_KEY_TCP_SRC(18),
        /// TCP destination port, host order here.
        tcp_destination: be u16 = TCA_FLOWER_KEY_TCP_DST(19),
        /// UDP source port, host order here.
        udp_source: be u16 = TCA_FLOWER_KEY_UDP_SRC(20),
        /// UDP destination port, host order here.
        udp_destination: be u16 = TCA_FLOWER_KEY_UDP_DST(21),
        /// Where it is.
        flags: FilterFlags = TCA_FLOWER_FLAGS(22),
        /// VLAN id.
        vlan_id: u16 = TCA_FLOWER_KEY_VLAN_ID(23),
        /// VLAN priority, 0 to 7.
        vlan_priority: u8 = TCA_FLOWER_KEY_VLAN_PRIO(24),
        /// Protocol behind the VLAN tag (`ETH_P_*`), host order here.
        vlan_eth_type: be u16 = TCA_FLOWER_KEY_VLAN_ETH_TYPE(25),
        /// Tunnel id, host order here.
        tunnel_id: be u32 = TCA_FLOWER_KEY_ENC_KEY_ID(26),
        /// IPv4 source of the tunnel.
        tunnel_ipv4_source: Ipv4Addr = TCA_FLOWER_KEY_ENC_IPV4_SRC(27),
        /// Its mask.
        tunnel_ipv4_source_mask: Ipv4Addr = TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK(28),
        /// IPv4 destination of the tunnel.
        tunnel_ipv4_destination: Ipv4Addr = TCA_FLOWER_KEY_ENC_IPV4_DST(29),
        /// Its mask.
        tunnel_ipv4_destination_mask: Ipv4Addr = TCA_FLOWER_KEY_ENC_IPV4_DST_MASK(30),
        /// IPv6 source of the tunnel.
        tunnel_ipv6_source: Ipv6Addr = TCA_FLOWER_KEY_ENC_IPV6_SRC(31),
        /// Its mask.
        tunnel_ipv6_source_mask: Ipv6Addr = TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK(32),
        /// IPv6 destination of the tunnel.
        tunnel_ipv6_destination: Ipv6Addr = TCA_FLOWER_KEY_ENC_IPV6_DST(33),
        /// Its mask.
        tunnel_ipv6_destination_mask: Ipv6Addr = TCA_FLOWER_KEY_ENC_IPV6_DST_MASK(34),
        /// Mask of the TCP source port, host order here.
        tcp_source_mask: be u16 = TCA_FLOWER_KEY_TCP_SRC_MASK(35),
        /// Mask of the TCP destination port, host order here.
        tcp_destination_mask: be u16 = TCA_FLOWER_KEY_TCP_DST_MASK(36),
        /// Mask of the UDP source port, host order here.
        udp_source_mask: be u16 = TCA_FLOWER_KEY_UDP_SRC_MASK(37),
        /// Mask of the UDP destination port, host order here.
        udp_destination_mask: be u16 = TCA_FLOWER_KEY_UDP_DST_MASK(38),
        /// Mask of the SCTP source port, host order here.
        sctp_source_mask: be u16 = TCA_FLOWER_KEY_SCTP_SRC_MASK(39),
        /// Mask of the SCTP destination port, host order here.
        sctp_destination_mask: be u16 = TCA_FLOWER_KEY_SCTP_DST_MASK(40),
        /// SCTP source port, host order here.
        sctp_source: be u16 = TCA_FLOWER_KEY_SCTP_SRC(41),
        /// SCTP destination port, host order here.
        sctp_destination: be u16 = TCA_FLOWER_KEY_SCTP_DST(42),
        /// UDP source port of the tunnel, host order here.
        tunnel_udp_source: be u16 = TCA_FLOWER_KEY_ENC_UDP_SRC_PORT(43),
        /// Its mask, host order here.
        tunnel_udp_source_mask: be u16 = TCA_FLOWER_KEY_ENC_UDP_SRC_PORT_MASK(44),
        /// UDP destination port of the tunnel, host order here.
        tunnel_udp_destination: be u16 = TCA_FLOWER_KEY_ENC_UDP_DST_PORT(45),
        /// Its mask, host order here.
        tunnel_udp_destination_mask: be u16 = TCA_FLOWER_KEY_ENC_UDP_DST_PORT_MASK(46),
        /// What the packet is.
        packet_flags: FlowerPacketFlags = TCA_FLOWER_KEY_FLAGS(47),
        /// Which of that counts.
        packet_flags_mask: FlowerPacketFlags = TCA_FLOWER_KEY_FLAGS_MASK(48),
        /// ICMP code.
        icmpv4_code: u8 = TCA_FLOWER_KEY_ICMPV4_CODE(49),
        /// Its mask.
        icmpv4_code_mask: u8 = TCA_FLOWER_KEY_ICMPV4_CODE_MASK(50),
        /// ICMP type.
        icmpv4_type: u8 = TCA_FLOWER_KEY_ICMPV4_TYPE(51),
        /// Its mask.
        icmpv4_type_mask: u8 = TCA_FLOWER_KEY_ICMPV4_TYPE_MASK(52),
        /// ICMPv6 code.
        icmpv6_code: u8 = TCA_FLOWER_KEY_ICMPV6_CODE(53),
        /// Its mask.
        icmpv6_code_mask: u8 = TCA_FLOWER_KEY_ICMPV6_CODE_MASK(54),
        /// ICMPv6 type.
        icmpv6_type: u8 = TCA_FLOWER_KEY_ICMPV6_TYPE(55),
        /// Its mask.
        icmpv6_type_mask: u8 = TCA_FLOWER_KEY_ICMPV6_TYPE_MASK(56),
        /// Who asks or answers by ARP.
        arp_sender: Ipv4Addr = TCA_FLOWER_KEY_ARP_SIP(57),
        /// Its mask.
        arp_sender_mask: Ipv4Addr = TCA_FLOWER_KEY_ARP_SIP_MASK(58),
        /// Who is asked for by ARP.
        arp_target: Ipv4Addr = TCA_FLOWER_KEY_ARP_TIP(59),
        /// Its mask.
        arp_target_mask: Ipv4Addr = TCA_FLOWER_KEY_ARP_TIP_MASK(60),
        /// 1 asks, 2 answers.
        arp_operation: u8 = TCA_FLOWER_KEY_ARP_OP(61),
        /// Its mask.
        arp_operation_mask: u8 = TCA_FLOWER_KEY_ARP_OP_MASK(62),
        /// Hardware address of the sender.
        arp_sender_address: Mac = TCA_FLOWER_KEY_ARP_SHA(63),
        /// Its mask.
        arp_sender_address_mask: Mac = TCA_FLOWER_KEY_ARP_SHA_MASK(64),
        /// Hardware address of the target.
        arp_target_address: Mac = TCA_FLOWER_KEY_ARP_THA(65),
        /// Its mask.
        arp_target_address_mask: Mac = TCA_FLOWER_KEY_ARP_THA_MASK(66),
        /// Time to live of the MPLS label.
        mpls_ttl: u8 = TCA_FLOWER_KEY_MPLS_TTL(67),
        /// Whether the label is the last one.
        mpls_bottom: u8 = TCA_FLOWER_KEY_MPLS_BOS(68),
        /// Traffic class of the label.
        mpls_class: u8 = TCA_FLOWER_KEY_MPLS_TC(69),
        /// The label, 20 bits.
        mpls_label: u32 = TCA_FLOWER_KEY_MPLS_LABEL(70),
        /// TCP flags, host order here.
        tcp_flags: be u16 = TCA_FLOWER_KEY_TCP_FLAGS(71),
        /// Which of them count, host order here.
        tcp_flags_mask: be u16 = TCA_FLOWER_KEY_TCP_FLAGS_MASK(72),
        /// Type of service.
        tos: u8 = TCA_FLOWER_KEY_IP_TOS(73),
        /// Its mask.
        tos_mask: u8 = TCA_FLOWER_KEY_IP_TOS_MASK(74),
        /// Time to live, hops.
        ttl: u8 = TCA_FLOWER_KEY_IP_TTL(75),
        /// Its mask.
        ttl_mask: u8 = TCA_FLOWER_KEY_IP_TTL_MASK(76),
        /// Id of the inner VLAN.
        inner_vlan_id: u16 = TCA_FLOWER_KEY_CVLAN_ID(77),
        /// Priority of the inner VLAN, 0 to 7.
        inner_vlan_priority: u8 = TCA_FLOWER_KEY_CVLAN_PRIO(78),
        /// Protocol behind the inner tag (`ETH_P_*`), host order here.
        inner_vlan_eth_type: be u16 = TCA_FLOWER_KEY_CVLAN_ETH_TYPE(79),
        /// Type of service of the tunnel.
        tunnel_tos: u8 = TCA_FLOWER_KEY_ENC_IP_TOS(80),
        /// Its mask.
        tunnel_tos_mask: u8 = TCA_FLOWER_KEY_ENC_IP_TOS_MASK(81),
        /// Time to live of the tunnel, hops.
        tunnel_ttl: u8 = TCA_FLOWER_KEY_ENC_IP_TTL(82),
        /// Its mask.
        tunnel_ttl_mask: u8 = TCA_FLOWER_KEY_ENC_IP_TTL_MASK(83),
        /// Options of the tunnel (`TCA_FLOWER_KEY_ENC_OPTS_*`).
        tunnel_options: [u8] = TCA_FLOWER_KEY_ENC_OPTS(84),
        /// Their mask.
        tunnel_options_mask: [u8] = TCA_FLOWER_KEY_ENC_OPTS_MASK(85),
        /// Devices that have it in hardware, count.
        in_hardware: u32 = TCA_FLOWER_IN_HW_COUNT(86),
        /// First source port of a range, host order here.
        source_port_min: be u16 = TCA_FLOWER_KEY_PORT_SRC_MIN(87),
        /// Last source port of a range, host order here.
        source_port_max: be u16 = TCA_FLOWER_KEY_PORT_SRC_MAX(88),
        /// First destination port of a range, host order here.
        destination_port_min: be u16 = TCA_FLOWER_KEY_PORT_DST_MIN(89),
        /// Last destination port of a range, host order here.
        destination_port_max: be u16 = TCA_FLOWER_KEY_PORT_DST_MAX(90),
        /// State of the tracked connection (`TCA_FLOWER_KEY_CT_FLAGS_*`).
        ct_state: u16 = TCA_FLOWER_KEY_CT_STATE(91),
        /// Which of it counts.
        ct_state_mask: u16 = TCA_FLOWER_KEY_CT_STATE_MASK(92),
        /// Zone of the tracked connection.
        ct_zone: u16 = TCA_FLOWER_KEY_CT_ZONE(93),
        /// Its mask.
        ct_zone_mask: u16 = TCA_FLOWER_KEY_CT_ZONE_MASK(94),
        /// Mark of the tracked connection.
        ct_mark: u32 = TCA_FLOWER_KEY_CT_MARK(95),
        /// Its mask.
        ct_mark_mask: u32 = TCA_FLOWER_KEY_CT_MARK_MASK(96),
        /// Labels of the tracked connection.
        ct_labels: [u8; 16] = TCA_FLOWER_KEY_CT_LABELS(97),
        /// Their mask.
        ct_labels_mask: [u8; 16] = TCA_FLOWER_KEY_CT_LABELS_MASK(98),
        /// Several MPLS labels (`TCA_FLOWER_KEY_MPLS_OPTS_*`).
        mpls_entries: [u8] = TCA_FLOWER_KEY_MPLS_OPTS(99),
        /// Hash of the packet.
        hash: u32 = TCA_FLOWER_KEY_HASH(100),
        /// Its mask.
        hash_mask: u32 = TCA_FLOWER_KEY_HASH_MASK(101),
        /// VLAN tags, count.
        vlan_count: u8 = TCA_FLOWER_KEY_NUM_OF_VLANS(102),
        /// PPPoE session, host order here.
        pppoe_session: be u16 = TCA_FLOWER_KEY_PPPOE_SID(103),
        /// PPP protocol, host order here.
        ppp_protocol: be u16 = TCA_FLOWER_KEY_PPP_PROTO(104),
        /// L2TPv3 session, host order here.
        l2tp_session: be u32 = TCA_FLOWER_KEY_L2TPV3_SID(105),
        /// Whether the bridge did not know the destination.
        l2_miss: bool = TCA_FLOWER_L2_MISS(106),
        /// Connectivity fault management (`TCA_FLOWER_KEY_CFM_*`).
        cfm: [u8] = TCA_FLOWER_KEY_CFM(107),
        /// Security parameter index, host order here.
        spi: be u32 = TCA_FLOWER_KEY_SPI(108),
        /// Its mask, host order here.
        spi_mask: be u32 = TCA_FLOWER_KEY_SPI_MASK(109),
        /// What the tunnel carries, host order here.
        tunnel_flags: be u32 = TCA_FLOWER_KEY_ENC_FLAGS(110),
        /// Which of that counts, host order here.
        tunnel_flags_mask: be u32 = TCA_FLOWER_KEY_ENC_FLAGS_MASK(111),
    }
}

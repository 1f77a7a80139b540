//! Rules: which routing table a packet is looked up in.
//!
//! Owns `RTM_*RULE` and its attributes `FRA_*`; must not know routes beyond their numbers. Mirrors
//! `linux/fib_rules.h` and net/core/fib_rules.c.

use std::net::IpAddr;

use netlane_wire::AttributeError;
use netlane_wire::typed::{c_enum, c_flags, c_struct, message, requests};

use crate::{Family, RouteProtocol};

c_enum! {
    /// What a rule does.
    pub enum RuleAction: u8 {
        /// Not said.
        UNSPEC = FR_ACT_UNSPEC(0),
        /// Looks up a table.
        TO_TABLE = FR_ACT_TO_TBL(1),
        /// Jumps to another rule.
        GOTO = FR_ACT_GOTO(2),
        /// Nothing.
        NOP = FR_ACT_NOP(3),
        /// Drops the packet.
        BLACKHOLE = FR_ACT_BLACKHOLE(6),
        /// Refuses the packet: unreachable.
        UNREACHABLE = FR_ACT_UNREACHABLE(7),
        /// Refuses the packet: prohibited.
        PROHIBIT = FR_ACT_PROHIBIT(8),
    }
}

c_flags! {
    /// What a rule is.
    pub struct RuleFlags: u32 {
        /// Cannot be removed.
        PERMANENT = FIB_RULE_PERMANENT(0x1),
        /// Matches what does not match.
        INVERT = FIB_RULE_INVERT(0x2),
        /// The rule to jump to does not exist.
        UNRESOLVED = FIB_RULE_UNRESOLVED(0x4),
        /// The incoming link does not exist.
        IIF_DETACHED = FIB_RULE_IIF_DETACHED(0x8),
        /// The outgoing link does not exist.
        OIF_DETACHED = FIB_RULE_OIF_DETACHED(0x10),
        /// The source address is looked for by the rule.
        FIND_SOURCE_ADDRESS = FIB_RULE_FIND_SADDR(0x10000),
    }
}

c_struct! {
    /// The header of rule messages.
    pub struct FibRule("fib_rule_hdr") {
        /// Family of the addresses.
        family: Family,
        /// Length of the destination's prefix, bits.
        destination_len: u8,
        /// Length of the source's prefix, bits.
        source_len: u8,
        /// Type of service.
        tos: u8,
        /// Routing table, if its number is below 256; all have the attribute.
        low_table: u8,
        _: u8,
        _: u8,
        /// What it does.
        action: RuleAction,
        /// What it is.
        flags: RuleFlags,
    }
}

c_struct! {
    /// A range of user ids.
    pub struct UidRange("fib_rule_uid_range") {
        /// First.
        start: u32,
        /// Last.
        end: u32,
    }
}

c_struct! {
    /// A range of ports, host order.
    pub struct PortRange("fib_rule_port_range") {
        /// First.
        start: u16,
        /// Last.
        end: u16,
    }
}

message! {
    /// A rule.
    pub struct Rule("rule"): FibRule(
        family: Family, destination_len: u8, source_len: u8, tos: u8, action: RuleAction, flags: RuleFlags
    ) {
        /// Destination; absent where its prefix length is 0.
        destination: IpAddr = FRA_DST(1),
        /// Source; absent where its prefix length is 0.
        source: IpAddr = FRA_SRC(2),
        /// Name of the link that packets come from.
        input: str = FRA_IIFNAME(3),
        /// Priority of the rule to jump to.
        goto: u32 = FRA_GOTO(4),
        /// Priority: rules are looked at from the lowest on.
        priority: u32 = FRA_PRIORITY(6),
        /// Mark of the packet.
        mark: u32 = FRA_FWMARK(10),
        /// Realm: the source's in the upper half, the destination's in the lower.
        flow: u32 = FRA_FLOW(11),
        /// Tunnel id, host order here.
        tunnel_id: be u64 = FRA_TUN_ID(12),
        /// A route by a link of this group does not count.
        suppress_group: u32 = FRA_SUPPRESS_IFGROUP(13),
        /// A route with a prefix of at most this length, in bits, does not count; -1 is no limit.
        suppress_prefix_len: i32 = FRA_SUPPRESS_PREFIXLEN(14),
        /// Routing table.
        table: u32 = FRA_TABLE(15),
        /// Which bits of the mark count.
        mark_mask: u32 = FRA_FWMASK(16),
        /// Name of the link that packets leave by.
        output: str = FRA_OIFNAME(17),
        /// Whether the table is that of the packet's routing domain.
        l3mdev: bool = FRA_L3MDEV(19),
        /// User ids of senders.
        uid_range: UidRange = FRA_UID_RANGE(20),
        /// Who made it.
        protocol: RouteProtocol = FRA_PROTOCOL(21),
        /// Protocol of the packet (`IPPROTO_*`).
        ip_protocol: u8 = FRA_IP_PROTO(22),
        /// Source ports.
        source_ports: PortRange = FRA_SPORT_RANGE(23),
        /// Destination ports.
        destination_ports: PortRange = FRA_DPORT_RANGE(24),
        /// Differentiated services code point, 0 to 63.
        dscp: u8 = FRA_DSCP(25),
        /// Flow label, 20 bits, host order here.
        flow_label: be u32 = FRA_FLOWLABEL(26),
        /// Which bits of the flow label count, host order here.
        flow_label_mask: be u32 = FRA_FLOWLABEL_MASK(27),
        /// Which bits of the source port count.
        source_port_mask: u16 = FRA_SPORT_MASK(28),
        /// Which bits of the destination port count.
        destination_port_mask: u16 = FRA_DPORT_MASK(29),
        /// Which bits of the code point count.
        dscp_mask: u8 = FRA_DSCP_MASK(30),
    }
}

requests! {
    Rule over ROUTE(0) {
        /// Adds a rule that is not there yet.
        add: RTM_NEWRULE(32) with CREATE | EXCL => ack,
        /// Deletes the first rule that matches.
        delete: RTM_DELRULE(33) => ack,
        /// Asks for all rules, or those of this family.
        dump: RTM_GETRULE(34) => dump,
    }
}

impl RuleView<'_> {
    /// The routing table: of the attribute, or of the header.
    ///
    /// # Errors
    ///
    /// The attribute is malformed.
    pub fn table_id(&self) -> Result<u32, AttributeError> {
        let header = u32::from(self.header().low_table);
        Ok(self.table()?.unwrap_or(header))
    }
}

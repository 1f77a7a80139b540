//! Addresses of links.
//!
//! Owns `RTM_*ADDR`, `RTM_*MULTICAST` and `RTM_*ANYCAST` with their attributes `IFA_*`; must not know links. Mirrors
//! `linux/if_addr.h`, net/ipv4/devinet.c and net/ipv6/addrconf.c.

use std::net::IpAddr;

use netlane_wire::typed::{c_enum, c_flags, c_struct, message, requests};

use crate::{Family, Scope};

c_struct! {
    /// The header of address messages.
    pub struct IfAddr("ifaddrmsg") {
        /// Family of the addresses.
        family: Family,
        /// Length of the network's prefix, bits.
        prefix_len: u8,
        /// The first eight of the flags; all are in the attribute.
        low_flags: u8,
        /// How far the address is valid.
        scope: Scope,
        /// Index of the link.
        index: u32,
    }
}

c_flags! {
    /// What an address is.
    pub struct AddressFlags: u32 {
        /// Secondary (IPv4), temporary (IPv6).
        SECONDARY = IFA_F_SECONDARY(0x1),
        /// No duplicate detection.
        NO_DAD = IFA_F_NODAD(0x2),
        /// Usable before duplicate detection has ended.
        OPTIMISTIC = IFA_F_OPTIMISTIC(0x4),
        /// Somebody else has it.
        DAD_FAILED = IFA_F_DADFAILED(0x8),
        /// Home address of mobile IPv6.
        HOME_ADDRESS = IFA_F_HOMEADDRESS(0x10),
        /// Not to be used for new connections.
        DEPRECATED = IFA_F_DEPRECATED(0x20),
        /// Duplicate detection has not ended.
        TENTATIVE = IFA_F_TENTATIVE(0x40),
        /// Valid for ever.
        PERMANENT = IFA_F_PERMANENT(0x80),
        /// Temporary addresses are made of it.
        MANAGE_TEMP_ADDR = IFA_F_MANAGETEMPADDR(0x100),
        /// No route to its network.
        NO_PREFIX_ROUTE = IFA_F_NOPREFIXROUTE(0x200),
        /// Its multicast group is joined.
        MC_AUTO_JOIN = IFA_F_MCAUTOJOIN(0x400),
        /// Made from a secret, stable.
        STABLE_PRIVACY = IFA_F_STABLE_PRIVACY(0x800),
    }
}

c_enum! {
    /// Who set an address.
    pub enum AddressProtocol: u8 {
        /// Not said.
        UNSPEC = IFAPROT_UNSPEC(0),
        /// The kernel, for a loopback.
        KERNEL_LO = IFAPROT_KERNEL_LO(1),
        /// The kernel, from a router's advertisement.
        KERNEL_RA = IFAPROT_KERNEL_RA(2),
        /// The kernel, as link-local address.
        KERNEL_LL = IFAPROT_KERNEL_LL(3),
    }
}

c_struct! {
    /// Ages and lifetimes of an address.
    pub struct AddressCacheInfo("ifa_cacheinfo") {
        /// Preferred for so long, seconds; all ones is for ever.
        preferred: u32,
        /// Valid for so long, seconds; all ones is for ever.
        valid: u32,
        /// When it was made, 1/100 s since the start.
        created: u32,
        /// When it was last changed, 1/100 s since the start.
        updated: u32,
    }
}

impl AddressCacheInfo {
    /// A lifetime without end.
    pub const FOREVER: u32 = u32::MAX;
}

message! {
    /// An address of a link.
    pub struct Address("address"): IfAddr(family: Family, prefix_len: u8, scope: Scope, index: u32) {
        /// The address, except on IPv4 links between two points: there the peer's.
        address: IpAddr = IFA_ADDRESS(1),
        /// The address itself; IPv4, and IPv6 with a peer.
        local: IpAddr = IFA_LOCAL(2),
        /// Name, at most 15 bytes; IPv4 only.
        label: str = IFA_LABEL(3),
        /// Broadcast address; IPv4 only.
        broadcast: IpAddr = IFA_BROADCAST(4),
        /// The address, in messages about anycast.
        anycast: IpAddr = IFA_ANYCAST(5),
        /// Ages and lifetimes.
        cache: AddressCacheInfo = IFA_CACHEINFO(6),
        /// The address, in messages about multicast.
        multicast: IpAddr = IFA_MULTICAST(7),
        /// What the address is.
        flags: AddressFlags = IFA_FLAGS(8),
        /// Metric of the route to its network.
        route_priority: u32 = IFA_RT_PRIORITY(9),
        /// Id of the namespace that is asked.
        target_netns_id: i32 = IFA_TARGET_NETNSID(10),
        /// Who set it.
        protocol: AddressProtocol = IFA_PROTO(11),
    }
}

requests! {
    Address over ROUTE(0) {
        /// Gives a link an address.
        add: RTM_NEWADDR(20) with CREATE | EXCL => ack,
        /// Gives a link an address, or changes the one it has.
        put: RTM_NEWADDR(20) with CREATE | REPLACE => ack,
        /// Takes an address away.
        delete: RTM_DELADDR(21) => ack,
        /// Asks for one address; IPv6 only.
        get: RTM_GETADDR(22) => reply,
        /// Asks for all addresses, or those of this family and link.
        dump: RTM_GETADDR(22) => dump,
        /// Asks for all multicast addresses of this family.
        dump_multicast: RTM_GETMULTICAST(58) => dump,
        /// Asks for all anycast addresses of this family.
        dump_anycast: RTM_GETANYCAST(62) => dump,
    }
}

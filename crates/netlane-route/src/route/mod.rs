//! Routes.
//!
//! Owns `RTM_*ROUTE` and its attributes `RTA_*`; must not know links, nor the nexthop objects that a route can name.
//! Mirrors `linux/rtnetlink.h`, net/ipv4/fib_frontend.c and net/ipv6/route.c.

mod encapsulation;
mod metrics;
mod multipath;
mod numbers;
mod via;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlane_wire::AttributeError;
use netlane_wire::typed::{c_struct, message, requests};

use crate::Family;

pub use encapsulation::*;
pub use metrics::*;
pub use multipath::*;
pub use numbers::*;
pub use via::*;

c_struct! {
    /// The header of route messages.
    pub struct RtMsg("rtmsg") {
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
        /// Who made the route.
        protocol: RouteProtocol,
        /// How far the destination is.
        scope: Scope,
        /// What happens to packets.
        kind: RouteKind,
        /// State, and what to look up.
        flags: RouteFlags,
    }
}

c_struct! {
    /// Age and use of a route.
    pub struct RouteCacheInfo("rta_cacheinfo") {
        /// References.
        references: u32,
        /// Since the last use, 1/100 s.
        last_use: u32,
        /// Until it expires, 1/100 s; 0 is never.
        expires: i32,
        /// Errno of unreachable destinations, negative.
        error: i32,
        /// Uses.
        used: u32,
        /// Identification of the next packet; not used any more.
        id: u32,
        /// Time stamp of the peer; not used any more.
        timestamp: u32,
        /// Its age; not used any more.
        timestamp_age: u32,
    }
}

c_struct! {
    /// What a multicast route has forwarded.
    pub struct MulticastStats("rta_mfc_stats") {
        /// Packets.
        packets: u64,
        /// Bytes.
        bytes: u64,
        /// Packets that came from a wrong link.
        wrong_interface: u64,
    }
}

message! {
    /// A route.
    ///
    /// The addresses of MPLS routes are labels: read them by [`attributes`](RouteView::attributes).
    pub struct Route("route"): RtMsg(
        family: Family, destination_len: u8, source_len: u8, tos: u8, protocol: RouteProtocol, scope: Scope,
        kind: RouteKind, flags: RouteFlags
    ) {
        /// Destination; absent where its prefix length is 0.
        destination: IpAddr = RTA_DST(1),
        /// Source; absent where its prefix length is 0.
        source: IpAddr = RTA_SRC(2),
        /// Index of the link that packets come from.
        input: u32 = RTA_IIF(3),
        /// Index of the link that packets leave by.
        output: u32 = RTA_OIF(4),
        /// The next router.
        gateway: IpAddr = RTA_GATEWAY(5),
        /// Metric: the lowest wins.
        priority: u32 = RTA_PRIORITY(6),
        /// Source address of packets that start here.
        preferred_source: IpAddr = RTA_PREFSRC(7),
        /// Properties of the path.
        metrics: nest Metrics = RTA_METRICS(8),
        /// Several ways.
        multipath: Multipath = RTA_MULTIPATH(9),
        /// Realm: the source's in the upper half, the destination's in the lower.
        flow: u32 = RTA_FLOW(11),
        /// Age and use.
        cache: RouteCacheInfo = RTA_CACHEINFO(12),
        /// Routing table.
        table: u32 = RTA_TABLE(15),
        /// Mark of the packet that is looked up.
        mark: u32 = RTA_MARK(16),
        /// What a multicast route has forwarded.
        multicast_stats: MulticastStats = RTA_MFC_STATS(17),
        /// The next router, of another family.
        via: Via = RTA_VIA(18),
        /// Outgoing labels of an MPLS route.
        new_destination: MplsLabels = RTA_NEWDST(19),
        /// Preference of an IPv6 router.
        preference: RoutePreference = RTA_PREF(20),
        /// How packets are encapsulated.
        encap_kind: EncapKind = RTA_ENCAP_TYPE(21),
        /// The encapsulation's settings.
        encap: select RouteEncap by encap_kind = RTA_ENCAP(22),
        /// Lifetime of an IPv6 route, seconds.
        expires: u32 = RTA_EXPIRES(23),
        /// User id of the packet that is looked up.
        uid: u32 = RTA_UID(25),
        /// Whether an MPLS route hands the time to live on.
        ttl_propagate: bool = RTA_TTL_PROPAGATE(26),
        /// Protocol of the packet that is looked up (`IPPROTO_*`).
        ip_protocol: u8 = RTA_IP_PROTO(27),
        /// Source port of the packet that is looked up, host order here.
        source_port: be u16 = RTA_SPORT(28),
        /// Destination port of the packet that is looked up, host order here.
        destination_port: be u16 = RTA_DPORT(29),
        /// Id of a nexthop object.
        nexthop_id: u32 = RTA_NH_ID(30),
        /// Flow label of the packet that is looked up, 20 bits, host order here.
        flow_label: be u32 = RTA_FLOWLABEL(31),
    }
}

requests! {
    Route over ROUTE(0) {
        /// Adds a route that is not there yet.
        add: RTM_NEWROUTE(24) with CREATE | EXCL => ack,
        /// Adds a route in the place of the one to the same destination.
        put: RTM_NEWROUTE(24) with CREATE | REPLACE => ack,
        /// Changes the route that is there.
        set: RTM_NEWROUTE(24) with REPLACE => ack,
        /// Adds a route behind those to the same destination.
        append: RTM_NEWROUTE(24) with CREATE | APPEND => ack,
        /// Adds a route before those to the same destination.
        prepend: RTM_NEWROUTE(24) with CREATE => ack,
        /// Deletes the first route that matches.
        delete: RTM_DELROUTE(25) => ack,
        /// Asks how a packet would go.
        get: RTM_GETROUTE(26) => reply,
        /// Asks for all routes, or those of this family, table, protocol, kind and output.
        dump: RTM_GETROUTE(26) => dump,
    }
}

impl<'a> RouteView<'a> {
    /// The routing table: of the attribute, or of the header.
    ///
    /// # Errors
    ///
    /// The attribute is malformed.
    #[inline]
    pub fn table_id(&self) -> Result<u32, AttributeError> {
        let header = u32::from(self.header().low_table);
        Ok(self.table()?.unwrap_or(header))
    }

    /// Destination and length of its prefix in bits: 0.0.0.0/0 or ::/0 for a default route.
    ///
    /// # Errors
    ///
    /// The attribute is malformed.
    pub fn destination_prefix(&self) -> Result<(IpAddr, u8), AttributeError> {
        let address = self.destination()?.unwrap_or(match self.family() {
            Family::INET6 => Ipv6Addr::UNSPECIFIED.into(),
            _ => Ipv4Addr::UNSPECIFIED.into(),
        });
        Ok((address, self.destination_len()))
    }

    /// The ways of a multipath route; none if there is only the route's own.
    ///
    /// # Errors
    ///
    /// The attribute is malformed; so may be each item.
    pub fn hops(&self) -> Result<Hops<'a>, AttributeError> {
        Ok(self.multipath()?.unwrap_or_default())
    }
}

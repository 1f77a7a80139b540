//! The path manager of Multipath TCP: which addresses are announced and used, and what becomes of connections.
//!
//! Declares the messages of the generic family `mptcp_pm` (`include/uapi/linux/mptcp.h`, `net/mptcp/pm_netlink.c`); must
//! not know who sends them. Everything is per network namespace.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use netlane_generic::Resolver;
//! use netlane_mptcp_pm::{AddressFlags, Endpoint};
//!
//! let resolver = Resolver::new(netlane::spawn(netlane::Protocol::GENERIC)?);
//! let announce = Endpoint::add().address(|address| {
//!     address.v4([10, 0, 0, 1].into()).flags(AddressFlags::SIGNAL)
//! });
//! resolver.call(announce).await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlane_wire::AttributeError;
use netlane_wire::typed::{Sink, c_enum, c_flags, message, requests};

/// The family's name.
pub const FAMILY: &str = "mptcp_pm";

/// The group of [`Event`]s; joining it needs CAP_NET_ADMIN.
pub const EVENTS: &str = "mptcp_pm_events";

message! {
    /// An endpoint: a local address that the path manager may use.
    pub struct Endpoint("endpoint") {
        /// The address.
        address: nest Address = MPTCP_PM_ATTR_ADDR(1),
    }
}

requests! {
    Endpoint in "mptcp_pm" version 1 {
        /// Adds an endpoint. Needs an address and its family; the kernel chooses the id if none is given.
        add: MPTCP_PM_CMD_ADD_ADDR(1) => ack,
        /// Removes the endpoint of an id; with the id 0, of an address.
        del: MPTCP_PM_CMD_DEL_ADDR(2) => ack,
        /// The endpoint of an id.
        get: MPTCP_PM_CMD_GET_ADDR(3) => reply,
        /// All endpoints.
        dump: MPTCP_PM_CMD_GET_ADDR(3) => dump,
        /// Removes all endpoints.
        flush: MPTCP_PM_CMD_FLUSH_ADDRS(4) => ack,
        /// Changes the flags of the endpoint of an address or id.
        set_flags: MPTCP_PM_CMD_SET_FLAGS(7) => ack,
    }
}

message! {
    /// An address with what the path manager does with it.
    pub struct Address("address") {
        /// `AF_INET` (2) or `AF_INET6` (10). The setters of the addresses do not set it; `v4` and `v6` do.
        family: u16 = MPTCP_PM_ADDR_ATTR_FAMILY(1),
        /// The address id of the protocol; 0 is the initial subflow's.
        id: u8 = MPTCP_PM_ADDR_ATTR_ID(2),
        /// IPv4 address.
        address4: Ipv4Addr = MPTCP_PM_ADDR_ATTR_ADDR4(3),
        /// IPv6 address.
        address6: Ipv6Addr = MPTCP_PM_ADDR_ATTR_ADDR6(4),
        /// TCP port; host order, unlike in events.
        port: u16 = MPTCP_PM_ADDR_ATTR_PORT(5),
        /// What the path manager does with it.
        flags: AddressFlags = MPTCP_PM_ADDR_ATTR_FLAGS(6),
        /// The interface that the address is bound to.
        interface: i32 = MPTCP_PM_ADDR_ATTR_IF_IDX(7),
    }
}

impl<S: Sink> AddressBuilder<S> {
    /// An IPv4 address, with its family.
    pub fn v4(self, address: Ipv4Addr) -> Self {
        self.family(AF_INET).address4(address)
    }

    /// An IPv6 address, with its family.
    pub fn v6(self, address: Ipv6Addr) -> Self {
        self.family(AF_INET6).address6(address)
    }
}

impl AddressView<'_> {
    /// The address, of either family.
    ///
    /// # Errors
    ///
    /// It is malformed.
    pub fn ip(&self) -> Result<Option<IpAddr>, AttributeError> {
        Ok(either(self.address4()?, self.address6()?))
    }
}

message! {
    /// How much the path manager does by itself.
    pub struct Limits("limits") {
        /// ADD_ADDRs of the peer that are accepted, for each connection.
        accepted_addresses: u32 = MPTCP_PM_ATTR_RCV_ADD_ADDRS(2),
        /// Additional subflows, for each connection.
        subflows: u32 = MPTCP_PM_ATTR_SUBFLOWS(3),
    }
}

requests! {
    Limits in "mptcp_pm" version 1 {
        /// Sets both limits.
        set: MPTCP_PM_CMD_SET_LIMITS(5) => ack,
        get: MPTCP_PM_CMD_GET_LIMITS(6) => reply,
    }
}

message! {
    /// An order for one connection, from a path manager in user space (`net.mptcp.pm_type` 1).
    pub struct Subflow("subflow") {
        /// The local end.
        local: nest Address = MPTCP_PM_ATTR_ADDR(1),
        /// The connection, as [`EventView::token`] names it.
        token: u32 = MPTCP_PM_ATTR_TOKEN(4),
        /// The address id of this end.
        local_id: u8 = MPTCP_PM_ATTR_LOC_ID(5),
        /// The remote end.
        remote: nest Address = MPTCP_PM_ATTR_ADDR_REMOTE(6),
    }
}

requests! {
    Subflow in "mptcp_pm" version 1 {
        /// Announces the local address to the peer.
        announce: MPTCP_PM_CMD_ANNOUNCE(8) => ack,
        /// Takes back the announcement of the local id.
        remove: MPTCP_PM_CMD_REMOVE(9) => ack,
        /// Connects a subflow from the local to the remote address.
        create: MPTCP_PM_CMD_SUBFLOW_CREATE(10) => ack,
        /// Closes the subflow between the addresses.
        destroy: MPTCP_PM_CMD_SUBFLOW_DESTROY(11) => ack,
    }
}

message! {
    /// What became of a connection, a subflow or a listener; the generic header's command is the [`EventKind`].
    pub struct Event("event") {
        /// The connection.
        token: u32 = MPTCP_ATTR_TOKEN(1),
        /// `AF_INET` (2) or `AF_INET6` (10).
        family: u16 = MPTCP_ATTR_FAMILY(2),
        /// The address id of this end.
        local_id: u8 = MPTCP_ATTR_LOC_ID(3),
        /// The address id of the peer.
        remote_id: u8 = MPTCP_ATTR_REM_ID(4),
        /// IPv4 address of this end.
        source4: Ipv4Addr = MPTCP_ATTR_SADDR4(5),
        /// IPv6 address of this end.
        source6: Ipv6Addr = MPTCP_ATTR_SADDR6(6),
        /// IPv4 address of the peer.
        destination4: Ipv4Addr = MPTCP_ATTR_DADDR4(7),
        /// IPv6 address of the peer.
        destination6: Ipv6Addr = MPTCP_ATTR_DADDR6(8),
        /// TCP port of this end, host order here.
        source_port: be u16 = MPTCP_ATTR_SPORT(9),
        /// TCP port of the peer, host order here.
        destination_port: be u16 = MPTCP_ATTR_DPORT(10),
        /// Whether the subflow is used only if others fail.
        backup: bool = MPTCP_ATTR_BACKUP(11),
        /// The errno that ended the subflow.
        error: u8 = MPTCP_ATTR_ERROR(12),
        /// The kernel's flags of the event.
        flags: u16 = MPTCP_ATTR_FLAGS(13),
        /// A time limit; the kernel's header gives it no unit.
        timeout: u32 = MPTCP_ATTR_TIMEOUT(14),
        /// Index of the link.
        interface: i32 = MPTCP_ATTR_IF_IDX(15),
        /// Why the peer reset (RFC 8684, section 3.6).
        reset_reason: u32 = MPTCP_ATTR_RESET_REASON(16),
        /// Flags of the reset (RFC 8684, section 3.6).
        reset_flags: u32 = MPTCP_ATTR_RESET_FLAGS(17),
        /// Whether this end accepted the connection.
        server_side: bool = MPTCP_ATTR_SERVER_SIDE(18),
    }
}

impl EventView<'_> {
    /// The local address, of either family.
    ///
    /// # Errors
    ///
    /// It is malformed.
    pub fn source(&self) -> Result<Option<IpAddr>, AttributeError> {
        Ok(either(self.source4()?, self.source6()?))
    }

    /// The peer's address, of either family.
    ///
    /// # Errors
    ///
    /// It is malformed.
    pub fn destination(&self) -> Result<Option<IpAddr>, AttributeError> {
        Ok(either(self.destination4()?, self.destination6()?))
    }
}

c_enum! {
    /// `enum mptcp_event_type`: the command of an [`Event`]'s generic header.
    pub enum EventKind: u8 {
        /// A connection began.
        CREATED = MPTCP_EVENT_CREATED(1),
        /// It can have more subflows.
        ESTABLISHED = MPTCP_EVENT_ESTABLISHED(2),
        /// It ended.
        CLOSED = MPTCP_EVENT_CLOSED(3),
        /// The peer announced an address.
        ANNOUNCED = MPTCP_EVENT_ANNOUNCED(6),
        /// The peer took an address back.
        REMOVED = MPTCP_EVENT_REMOVED(7),
        SUBFLOW_ESTABLISHED = MPTCP_EVENT_SUB_ESTABLISHED(10),
        SUBFLOW_CLOSED = MPTCP_EVENT_SUB_CLOSED(11),
        /// A subflow became a backup, or stopped being one.
        SUBFLOW_PRIORITY = MPTCP_EVENT_SUB_PRIORITY(13),
        LISTENER_CREATED = MPTCP_EVENT_LISTENER_CREATED(15),
        LISTENER_CLOSED = MPTCP_EVENT_LISTENER_CLOSED(16),
    }
}

c_flags! {
    /// What the path manager does with an address.
    pub struct AddressFlags: u32 {
        /// Announces it to peers.
        SIGNAL = MPTCP_PM_ADDR_FLAG_SIGNAL(0x1),
        /// Connects subflows from it.
        SUBFLOW = MPTCP_PM_ADDR_FLAG_SUBFLOW(0x2),
        /// Uses its subflows only when no other is left.
        BACKUP = MPTCP_PM_ADDR_FLAG_BACKUP(0x4),
        /// Connects from it to every address that the peer announced.
        FULL_MESH = MPTCP_PM_ADDR_FLAG_FULLMESH(0x8),
        /// The kernel made it of an address in use.
        IMPLICIT = MPTCP_PM_ADDR_FLAG_IMPLICIT(0x10),
    }
}

/// The one that is there.
fn either(v4: Option<Ipv4Addr>, v6: Option<Ipv6Addr>) -> Option<IpAddr> {
    v4.map(IpAddr::V4).or(v6.map(IpAddr::V6))
}

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

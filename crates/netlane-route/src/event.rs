//! Events: what the groups tell.
//!
//! Owns which message type is which message; must not know what messages say, nor how they arrive. Mirrors
//! `linux/rtnetlink.h`.

use bytes::Bytes;
use netlane_wire::typed::Typed;
use netlane_wire::{DecodeError, Frame, FrameView, HEADER_LEN};

#[cfg(feature = "tc")]
use crate::{ActionList, Chain, Class, Filter, Qdisc};
use crate::{
    Address, AddressLabel, CacheReport, Dcb, Link, Mdb, NdUserOption, Neighbour, NeighbourTable,
    NetConf, NetnsId, Nexthop, Prefix, Route, Rule, Stats, Tunnel, VlanDb,
};

/// Events, one line each: documentation, name, message, its type's number and C name.
macro_rules! events {
    ($(
        #[doc = $doc:literal]
        $(#[cfg($condition:meta)])?
        $name:ident($message:ty) = $constant:ident($number:literal),
    )*) => {
        /// A message that a group told, by its type.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Event {
            $(
                #[doc = $doc]
                #[doc = concat!("\n\nC: `", stringify!($constant), "` (", stringify!($number), ")")]
                $(#[cfg($condition)])?
                $name($message),
            )*
            /// Of a type that has no name here.
            Other {
                /// `nlmsg_type`.
                kind: u16,
                /// What follows the netlink header.
                payload: Bytes,
            },
        }

        impl Event {
            /// Takes a payload of this message type.
            ///
            /// # Errors
            ///
            /// It is shorter than the type's header.
            pub fn from_payload(kind: u16, payload: Bytes) -> Result<Self, DecodeError> {
                match kind {
                    $($(#[cfg($condition)])? $number => <$message>::from_payload(payload).map(Self::$name),)*
                    _ => Ok(Self::Other { kind, payload }),
                }
            }

            /// The message type.
            #[must_use]
            pub const fn kind(&self) -> u16 {
                match self {
                    $($(#[cfg($condition)])? Self::$name(_) => $number,)*
                    Self::Other { kind, .. } => *kind,
                }
            }
        }
    };
}

events! {
    /// A link is new or has changed.
    NewLink(Link) = RTM_NEWLINK(16),
    /// A link is gone; of the bridge family, a port left its bridge.
    DelLink(Link) = RTM_DELLINK(17),
    /// An address is new or has changed.
    NewAddress(Address) = RTM_NEWADDR(20),
    /// An address is gone.
    DelAddress(Address) = RTM_DELADDR(21),
    /// A route is new or has changed; the frame's flags say which.
    NewRoute(Route) = RTM_NEWROUTE(24),
    /// A route is gone.
    DelRoute(Route) = RTM_DELROUTE(25),
    /// A neighbour or forwarding entry is new or has changed.
    NewNeighbour(Neighbour) = RTM_NEWNEIGH(28),
    /// A neighbour or forwarding entry is gone.
    DelNeighbour(Neighbour) = RTM_DELNEIGH(29),
    /// A program is asked to find a neighbour.
    GetNeighbour(Neighbour) = RTM_GETNEIGH(30),
    /// A rule is new.
    NewRule(Rule) = RTM_NEWRULE(32),
    /// A rule is gone.
    DelRule(Rule) = RTM_DELRULE(33),
    /// A queueing discipline is new or has changed.
    #[cfg(feature = "tc")]
    NewQdisc(Qdisc) = RTM_NEWQDISC(36),
    /// A queueing discipline is gone.
    #[cfg(feature = "tc")]
    DelQdisc(Qdisc) = RTM_DELQDISC(37),
    /// A class is new or has changed.
    #[cfg(feature = "tc")]
    NewClass(Class) = RTM_NEWTCLASS(40),
    /// A class is gone.
    #[cfg(feature = "tc")]
    DelClass(Class) = RTM_DELTCLASS(41),
    /// A filter is new or has changed.
    #[cfg(feature = "tc")]
    NewFilter(Filter) = RTM_NEWTFILTER(44),
    /// A filter is gone.
    #[cfg(feature = "tc")]
    DelFilter(Filter) = RTM_DELTFILTER(45),
    /// Actions are new or have changed.
    #[cfg(feature = "tc")]
    NewActions(ActionList) = RTM_NEWACTION(48),
    /// Actions are gone.
    #[cfg(feature = "tc")]
    DelActions(ActionList) = RTM_DELACTION(49),
    /// A router advertised a prefix.
    NewPrefix(Prefix) = RTM_NEWPREFIX(52),
    /// A link joined a multicast group.
    NewMulticast(Address) = RTM_NEWMULTICAST(56),
    /// A link left a multicast group.
    DelMulticast(Address) = RTM_DELMULTICAST(57),
    /// A link has a new anycast address.
    NewAnycast(Address) = RTM_NEWANYCAST(60),
    /// An anycast address is gone.
    DelAnycast(Address) = RTM_DELANYCAST(61),
    /// A table of neighbours has changed.
    NewNeighbourTable(NeighbourTable) = RTM_NEWNEIGHTBL(64),
    /// A router advertised options for programs.
    NdUserOption(NdUserOption) = RTM_NEWNDUSEROPT(68),
    /// A label is new or has changed.
    NewAddressLabel(AddressLabel) = RTM_NEWADDRLABEL(72),
    /// A label is gone.
    DelAddressLabel(AddressLabel) = RTM_DELADDRLABEL(73),
    /// Data centre bridging, as it is.
    GetDcb(Dcb) = RTM_GETDCB(78),
    /// Data centre bridging has changed.
    SetDcb(Dcb) = RTM_SETDCB(79),
    /// Settings of an address family are new or have changed.
    NewNetConf(NetConf) = RTM_NEWNETCONF(80),
    /// Settings of an address family are gone.
    DelNetConf(NetConf) = RTM_DELNETCONF(81),
    /// Multicast groups of a bridge are new or have changed.
    NewMdb(Mdb) = RTM_NEWMDB(84),
    /// Multicast groups of a bridge are gone.
    DelMdb(Mdb) = RTM_DELMDB(85),
    /// A namespace has got an id.
    NewNetnsId(NetnsId) = RTM_NEWNSID(88),
    /// A namespace's id is gone.
    DelNetnsId(NetnsId) = RTM_DELNSID(89),
    /// Hardware began or ceased to count.
    NewStats(Stats) = RTM_NEWSTATS(92),
    /// Multicast routing has no answer to a packet.
    CacheReport(CacheReport) = RTM_NEWCACHEREPORT(96),
    /// A chain of filters is new.
    #[cfg(feature = "tc")]
    NewChain(Chain) = RTM_NEWCHAIN(100),
    /// A chain of filters is gone.
    #[cfg(feature = "tc")]
    DelChain(Chain) = RTM_DELCHAIN(101),
    /// A nexthop is new or has changed.
    NewNexthop(Nexthop) = RTM_NEWNEXTHOP(104),
    /// A nexthop is gone.
    DelNexthop(Nexthop) = RTM_DELNEXTHOP(105),
    /// VLANs of a bridge are new or have changed.
    NewVlan(VlanDb) = RTM_NEWVLAN(112),
    /// VLANs of a bridge are gone.
    DelVlan(VlanDb) = RTM_DELVLAN(113),
    /// A bucket leads to another nexthop.
    NewBucket(Nexthop) = RTM_NEWNEXTHOPBUCKET(116),
    /// Network identifiers of a VXLAN are new or have changed.
    NewTunnel(Tunnel) = RTM_NEWTUNNEL(120),
    /// Network identifiers of a VXLAN are gone.
    DelTunnel(Tunnel) = RTM_DELTUNNEL(121),
}

impl Event {
    /// Reads a message where it lies, copying its payload.
    ///
    /// # Errors
    ///
    /// It is shorter than its type's header.
    pub fn decode(frame: FrameView<'_>) -> Result<Self, DecodeError> {
        let payload = Bytes::copy_from_slice(frame.payload());
        Self::from_payload(frame.header().kind, payload)
    }

    /// Takes a message whose bytes are shared, without copying.
    ///
    /// # Errors
    ///
    /// It is shorter than its type's header.
    pub fn from_frame(frame: &Frame) -> Result<Self, DecodeError> {
        let bytes = frame.bytes();
        let payload = bytes.slice(HEADER_LEN.min(bytes.len())..);
        Self::from_payload(frame.header().kind, payload)
    }
}

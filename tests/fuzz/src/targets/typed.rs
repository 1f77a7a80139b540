//! The typed messages of every family: whatever the bytes, each is read, shown and written again.
//!
//! `Debug` reads every attribute as the type its declaration gives it. The first byte chooses the
//! message; rtnetlink events are chosen by the frames' own types as well.

use bytes::Bytes;
use netlane_generic::controller;
use netlane_wire::typed::{Fixed, Typed, copy, empty, finish};
use netlane_wire::{Attributes, Frames};

pub(super) fn target(data: &[u8]) {
    for frame in Frames::new(data).flatten() {
        if let Ok(event) = netlane_route::Event::decode(frame) {
            assert_eq!(event.kind(), frame.header().kind);
            assert!(!format!("{event:?}").is_empty());
        }
        // The payload of a frame is a payload of its neighbours in the table too.
        named(frame.payload(), usize::from(frame.header().kind));
    }
    if let Some((choice, payload)) = data.split_first() {
        named(payload, usize::from(*choice));
    }
}

/// Reads a payload as one of the messages.
fn named(payload: &[u8], choice: usize) {
    if let Some(read) = MESSAGES.get(choice % MESSAGES.len()) {
        read(payload);
    }
}

/// Reads every field, by way of `Debug`, and writes everything again.
fn read<M: Typed>(payload: &[u8]) {
    let header = M::Header::SIZE;
    let Ok(view) = M::view_of(payload) else {
        assert!(payload.len() < header, "only a short header is refused");
        return;
    };
    let shown = format!("{view:?}");
    assert!(shown.starts_with(M::table().name), "{shown}");
    let owned = M::from_payload(Bytes::copy_from_slice(payload)).expect("the view was made");
    assert_eq!(owned.payload(), payload);
    again::<M>(payload, &shown);
}

/// What is written again has the same header and the same attributes, shown the same way.
fn again<M: Typed>(payload: &[u8], shown: &str) {
    let start = M::Header::SIZE.next_multiple_of(4).min(payload.len());
    let (header, attributes) = payload.split_at(start);
    let whole = Attributes::new(attributes).all(|attribute| attribute.is_ok());
    let mut message = empty();
    message.header(header);
    copy(&mut message, Attributes::new(attributes));
    if !whole {
        assert!(
            finish(message).is_err(),
            "what cannot be read is not written"
        );
        return;
    }
    let written = finish(message).expect("it was not too long before");
    assert_eq!(written.get(..header.len()), Some(header));
    let kept = |bytes| -> Vec<(u16, Vec<u8>)> {
        let attributes = Attributes::new(bytes).flatten();
        let both = attributes.map(|attribute| (attribute.kind(), attribute.payload().to_vec()));
        both.collect()
    };
    let after = written.get(start.next_multiple_of(4)..).unwrap_or_default();
    assert_eq!(kept(after), kept(attributes));
    if start.is_multiple_of(4) {
        let view = M::view_of(&written).expect("it has its header");
        assert_eq!(format!("{view:?}"), shown);
    }
}

macro_rules! messages {
    ($($family:ident: $($name:ident)*;)*) => {
        const MESSAGES: &[fn(&[u8])] = &[$($(read::<$family::$name>,)*)*];
    };
}

messages! {
    netlane_route:
        Link Route Address Neighbour Rule Nexthop AddressLabel Bond BondAdInfo BondPort Bridge BridgeMst
        BridgeMstEntry BridgePort BridgeQuerier BridgeSpec BridgeVlanTunnel CacheReport Dcb FdbSettings Hop IlaEncap
        Inet6Link InetLink Ip6Encap IpEncap BpfEncap BpfProgram Ioam6Encap RplEncap XfrmEncap LinkFamilies
        LinkInfo LinkPort LinkProperties Macvlan MacvlanSources MctpLink Mdb MdbChange MdbGroup MdbGroups
        MdbPort MdbRouter MdbRouters MdbSettings MdbSource MdbSources Metrics MplsEncap NeighbourParameters
        NeighbourTable NetConf Netkit NetnsId NexthopBucket NexthopGroupStats NexthopStats OffloadStats Prefix
        ProtoDownReason ResilientGroup Seg6Encap Seg6LocalEncap Stats Tun Tunnel Veth Vf VfList VfPorts VfStats
        VfVlans Vlan VlanDb VlanDbFilter VlanEntry VlanGlobal VlanQos VlanStats VlanTunnel VniEntry VniStats Vrf
        VrfPort Vxlan Xdp Action ActionList BpfFilter Chain Class Filter Flower Fq FqCodel Gact Htb Matchall
        Mirred Netem NetemLoss Qdisc TcSizeTable TcStats2 Tbf U32Filter;
    controller: Family Command Group CommandPolicy PolicyTable;
    netlane_ethtool:
        Bit Bits Bitset Channels Device Features LinkInfo LinkModes LinkState Rings StringEntry StringList StringSet
        StringSets Strings;
    netlane_mptcp_pm: Endpoint Address Limits Subflow Event;
    netlane_taskstats: Query Told Task;
}

//! Every message against bytes: whatever they are, nothing panics, and what was read is written again as it was.

use bytes::Bytes;
use netlane_route::*;
use netlane_wire::typed::{Fixed, Typed, copy};
use netlane_wire::{AttributeTable, Attributes, Content, Flags, FrameView, HEADER_LEN, Message};
use proptest::prelude::*;

/// Sizes that attributes have, and some that they have not.
const SIZES: [usize; 10] = [0, 1, 2, 4, 6, 8, 16, 20, 36, 200];

/// Nests inside of each other, at most: a link contains its peer, which is a link.
const DEPTH: usize = 4;

/// Reads every field, by way of `Debug`, and keeps the bytes.
fn read<M: Typed>(payload: &[u8]) {
    let Ok(view) = M::view_of(payload) else {
        assert!(payload.len() < M::Header::SIZE);
        return;
    };
    let shown = format!("{view:?}");
    assert!(shown.starts_with(M::table().name), "{shown}");
    let owned = M::from_payload(Bytes::copy_from_slice(payload)).expect("the view was made");
    assert_eq!(owned.payload(), payload);
}

/// A payload with each of the message's attributes, of sizes and contents by chance.
fn plausible(table: &AttributeTable, header: usize, seed: &[u8]) -> Vec<u8> {
    let mut chance = seed.iter().copied().cycle();
    let mut next = move || chance.next().unwrap_or_default();
    let mut message = Message::new(0, Flags::empty());
    message.header(&(0..header).map(|_| next()).collect::<Vec<u8>>());
    write(&mut message, table, &mut next, 0);
    payload(message)
}

fn write(
    message: &mut Message,
    table: &AttributeTable,
    next: &mut dyn FnMut() -> u8,
    depth: usize,
) {
    for entry in table.attributes {
        match entry.content {
            Content::Nest(inner) if depth < DEPTH => {
                let inner = inner();
                message.nest(entry.kind, |message| {
                    let header: Vec<u8> = (0..inner.header_len).map(|_| next()).collect();
                    message.header(&header);
                    write(message, inner, next, depth + 1);
                });
            }
            _ => {
                let size = SIZES
                    .into_iter()
                    .cycle()
                    .nth(next().into())
                    .unwrap_or_default();
                let bytes: Vec<u8> = (0..size).map(|_| next()).collect();
                message.attribute(entry.kind, &bytes);
            }
        }
    }
}

fn payload(message: Message) -> Vec<u8> {
    let mut bytes = message.finish().expect("a message without mistakes");
    bytes.split_off(HEADER_LEN)
}

/// Header and attributes, written again one by one.
fn again(payload_before: &[u8], header: usize) -> Vec<u8> {
    let mut message = Message::new(0, Flags::empty());
    let (header, attributes) = payload_before.split_at(header.next_multiple_of(4));
    message.header(header);
    copy(&mut message, Attributes::new(attributes));
    payload(message)
}

macro_rules! messages {
    ($($name:ident)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]

            #[test]
            fn no_bytes_make_a_message_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
                $(read::<$name>(&bytes);)*
            }

            #[test]
            fn attributes_of_any_content_are_read_and_kept(seed in proptest::collection::vec(any::<u8>(), 1..400)) {
                $({
                    let header = <$name as Typed>::Header::SIZE;
                    let bytes = plausible(<$name as Typed>::table(), header, &seed);
                    read::<$name>(&bytes);
                    prop_assert_eq!(again(&bytes, header), bytes);
                })*
            }

            #[test]
            fn no_bytes_make_an_event_panic(kind in 0u16..140, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
                let frame = Message::raw(kind, Flags::empty(), &bytes).finish().unwrap();
                if let Ok(event) = Event::decode(FrameView::new(&frame).unwrap()) {
                    prop_assert_eq!(event.kind(), kind);
                    let _ = format!("{event:?}");
                }
            }
        }

        /// What is wrong in a declaration, and no compiler sees.
        #[test]
        fn declarations_make_sense() {
            $({
                let table = <$name as Typed>::table();
                assert!(!table.name.is_empty());
                for entry in table.attributes {
                    assert!(entry.constant.contains('_'), "{}.{}", table.name, entry.name);
                }
            })*
        }
    };
}

#[cfg(feature = "tc")]
mod traffic_control {
    use super::*;

    messages! {
        Action ActionList BpfFilter Chain Class Filter Flower Fq FqCodel Gact Htb Matchall Mirred Netem NetemLoss Qdisc
        TcSizeTable TcStats2 Tbf U32Filter
    }
}

messages! {
    Address AddressLabel Bond BondAdInfo BondPort Bridge BridgeMst BridgeMstEntry BridgePort BridgeQuerier BridgeSpec
    BridgeVlanTunnel CacheReport Dcb FdbSettings Hop IlaEncap Inet6Link InetLink Ip6Encap IpEncap BpfEncap
    BpfProgram Ioam6Encap RplEncap XfrmEncap Link LinkFamilies LinkInfo LinkPort LinkProperties Macvlan
    MacvlanSources MctpLink Mdb MdbChange MdbGroup MdbGroups MdbPort MdbRouter MdbRouters MdbSettings MdbSource
    MdbSources Metrics MplsEncap Neighbour NeighbourParameters NeighbourTable NetConf Netkit NetnsId Nexthop
    NexthopBucket NexthopGroupStats NexthopStats OffloadStats Prefix ProtoDownReason ResilientGroup Route Rule
    Seg6Encap Seg6LocalEncap Stats Tun Tunnel Veth Vf VfList VfPorts VfStats VfVlans Vlan VlanDb VlanDbFilter
    VlanEntry VlanGlobal VlanQos VlanStats VlanTunnel VniEntry VniStats Vrf VrfPort Vxlan Xdp
}

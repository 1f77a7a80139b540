//! Packets that change a network namespace, and the events of it.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

use std::future::Future;

use futures::StreamExt;
use netlane::Protocol;
use netlane_packet::{
    PacketDump, PacketError, PacketEvent, PacketEvents, PacketHandle, PacketNotice, encode,
};
use netlane_testkit::in_namespace;
use netlink_packet_core::{
    NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NetlinkDeserializable, NetlinkHeader, NetlinkMessage,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rtnetlink::LinkVeth;

fn run(body: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(body);
}

fn route() -> PacketHandle<RouteNetlinkMessage> {
    PacketHandle::new(netlane::spawn(Protocol::ROUTE).unwrap())
}

fn create(link: LinkMessage) -> NetlinkMessage<RouteNetlinkMessage> {
    let mut packet = NetlinkMessage::from(RouteNetlinkMessage::NewLink(link));
    packet.header.flags = NLM_F_CREATE | NLM_F_EXCL;
    packet
}

fn by_name(name: &str) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.attributes.push(LinkAttribute::IfName(name.to_owned()));
    link
}

fn is_named(link: &LinkMessage, name: &str) -> bool {
    let mut attributes = link.attributes.iter();
    attributes.any(|attribute| matches!(attribute, LinkAttribute::IfName(found) if found == name))
}

async fn next<M: NetlinkDeserializable>(events: &mut PacketEvents<M>) -> PacketEvent<M> {
    match events.next().await.unwrap().unwrap() {
        PacketNotice::Event(event) => event,
        other => panic!("events were lost: {:?}", std::mem::discriminant(&other)),
    }
}

#[test]
fn a_veth_is_added_told_of_and_deleted() {
    in_namespace(|| {
        run(async {
            let packets = route();
            let mut events = packets.subscribe([1]).await.unwrap();
            let replies = packets.request(create(LinkVeth::new("a0", "a1").build()));
            assert_eq!(replies.await.unwrap(), [], "acknowledged, nothing else");

            let mut names = [false, false];
            while names != [true, true] {
                let RouteNetlinkMessage::NewLink(link) = next(&mut events).await.message.unwrap()
                else {
                    panic!("no link was deleted");
                };
                names[0] |= is_named(&link, "a0");
                names[1] |= is_named(&link, "a1");
            }

            let get = RouteNetlinkMessage::GetLink(by_name("a0"));
            let RouteNetlinkMessage::NewLink(link) = packets.request_one(get).await.unwrap() else {
                panic!("a link was asked for");
            };
            let is_veth = |attribute: &LinkAttribute| {
                matches!(attribute, LinkAttribute::LinkInfo(info)
                    if info.contains(&LinkInfo::Kind(InfoKind::Veth)))
            };
            assert!(link.attributes.iter().any(is_veth), "{link:?}");

            let again = packets.request(create(LinkVeth::new("a0", "a2").build()));
            let error = again.await.unwrap_err();
            assert_eq!(error.errno(), Some(17), "EEXIST: {error}");

            let delete = RouteNetlinkMessage::DelLink(by_name("a0"));
            packets.request(delete).await.unwrap();
            let mut deleted = 0;
            while deleted < 2 {
                let event = next(&mut events).await;
                assert_eq!(event.event.group, 1);
                if matches!(event.message, Ok(RouteNetlinkMessage::DelLink(_))) {
                    deleted += 1;
                }
            }
        });
    });
}

/// Of an address: a kernel may echo no new link (6.1).
#[test]
fn an_echo_is_the_reply() {
    in_namespace(|| {
        run(async {
            let mut address = AddressMessage::default();
            address.header.family = AddressFamily::Inet;
            address.header.prefix_len = 8;
            address.header.index = 1;
            let local = AddressAttribute::Local([127, 0, 0, 9].into());
            address.attributes.push(local.clone());
            let mut packet = NetlinkMessage::from(RouteNetlinkMessage::NewAddress(address));
            packet.header.flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO;
            let replies = route().request(packet).await.unwrap();
            let [RouteNetlinkMessage::NewAddress(echo)] = &replies[..] else {
                panic!("not the address: {replies:?}");
            };
            assert!(echo.attributes.contains(&local), "{echo:?}");
        });
    });
}

/// Reads the links of an even index.
#[derive(Debug)]
struct Even(u32);

impl NetlinkDeserializable for Even {
    type Error = std::fmt::Error;

    fn deserialize(_: &NetlinkHeader, payload: &[u8]) -> Result<Self, std::fmt::Error> {
        let index = payload[4..8].try_into().map(u32::from_ne_bytes).unwrap();
        match index % 2 {
            0 => Ok(Self(index)),
            _ => Err(std::fmt::Error),
        }
    }
}

#[test]
fn an_entry_that_cannot_be_read_ends_nothing() {
    in_namespace(|| {
        run(async {
            let packets = route();
            for names in [("c0", "c1"), ("c2", "c3")] {
                let veth = LinkVeth::new(names.0, names.1).build();
                packets.request(create(veth)).await.unwrap();
            }
            let table = || {
                packets
                    .handle()
                    .dump(encode(RouteNetlinkMessage::GetLink(LinkMessage::default())))
            };
            let frames = table().collect_with_retries(3).await.unwrap().frames;
            let entries: Vec<_> = PacketDump::<Even>::new(table()).collect().await;
            assert_eq!(entries.len(), frames.len());
            assert!(frames.len() >= 5, "two pairs and the loopback device");
            for (entry, frame) in entries.into_iter().zip(&frames) {
                let index = frame.payload()[4..8]
                    .try_into()
                    .map(u32::from_ne_bytes)
                    .unwrap();
                match entry {
                    Ok(entry) => assert_eq!((entry.0, index % 2), (index, 0)),
                    Err(PacketError::Decode(error)) => {
                        assert_eq!(error.frame().payload()[..16], frame.payload()[..16]);
                        assert_eq!(index % 2, 1);
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        });
    });
}

/// Reads no message at all.
#[derive(Debug)]
struct Illiterate;

impl NetlinkDeserializable for Illiterate {
    type Error = std::fmt::Error;

    fn deserialize(_: &NetlinkHeader, _: &[u8]) -> Result<Self, std::fmt::Error> {
        Err(std::fmt::Error)
    }
}

#[test]
fn an_event_that_cannot_be_read_is_an_event() {
    in_namespace(|| {
        run(async {
            let packets = route();
            let events = packets.handle().subscribe([1]).await.unwrap();
            let mut events = PacketEvents::<Illiterate>::new(events);
            let veth = create(LinkVeth::new("b0", "b1").build());
            packets.request(veth).await.unwrap();
            events.subscription().barrier().await.unwrap();
            assert!(events.subscription().queued() >= 2);
            for _ in 0..2 {
                let event = next(&mut events).await;
                let error = event.message.unwrap_err();
                assert_eq!(error.frame(), &event.event.frame);
                assert_eq!(error.frame().header().kind, 16, "RTM_NEWLINK");
            }
        });
    });
}

//! Packets against the running kernel, without privilege, judged by rtnetlink's own transport.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use futures::StreamExt;
use netlane::Protocol;
use netlane_packet::{PacketDump, PacketError, PacketHandle, decode, encode};
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_generic::GenlMessage;
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use netlink_packet_route::route::RouteMessage;

fn route() -> PacketHandle<RouteNetlinkMessage> {
    PacketHandle::new(netlane::spawn(Protocol::ROUTE).unwrap())
}

fn get_link(index: u32) -> RouteNetlinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    RouteNetlinkMessage::GetLink(link)
}

fn name(message: &RouteNetlinkMessage) -> Option<(u32, &str)> {
    let RouteNetlinkMessage::NewLink(link) = message else {
        return None;
    };
    link.attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some((link.header.index, name.as_str())),
            _ => None,
        })
}

#[tokio::test]
async fn the_loopback_link_is_got() {
    let packets = route();
    let link = packets.request_one(get_link(1)).await.unwrap();
    assert_eq!(name(&link), Some((1, "lo")));
    let replies = packets.clone().request(get_link(1)).await.unwrap();
    assert_eq!(replies.len(), 1);
}

#[tokio::test]
async fn a_refusal_has_its_errno() {
    let error = route().request(get_link(0x7fff_fff0)).await.unwrap_err();
    assert_eq!(error.errno(), Some(19), "ENODEV: {error}");
    assert!(matches!(error, PacketError::Transport(_)));
}

/// What rtnetlink's own transport gives for a dump.
async fn judged(message: RouteNetlinkMessage) -> Vec<RouteNetlinkMessage> {
    let (connection, mut judge, _) = rtnetlink::new_connection().unwrap();
    tokio::spawn(connection);
    let mut packet = NetlinkMessage::from(message);
    packet.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let answers: Vec<_> = judge.request(packet).unwrap().collect().await;
    let messages = answers
        .into_iter()
        .map(|answer| match answer.into_parts().1 {
            NetlinkPayload::InnerMessage(message) => message,
            other => panic!("no entry: {other:?}"),
        });
    messages.collect()
}

/// Compares both by `key`. The machine's own network may change between the two, so it is
/// given a few tries.
async fn compare<K: PartialEq + std::fmt::Debug>(
    message: RouteNetlinkMessage,
    key: fn(&RouteNetlinkMessage) -> K,
) -> Vec<K> {
    let packets = route();
    let mut last = None;
    for _ in 0..10 {
        let found = packets.dump(message.clone()).collect_all().await.unwrap();
        let found: Vec<K> = found.iter().map(key).collect();
        let expected: Vec<K> = judged(message.clone()).await.iter().map(key).collect();
        if found == expected {
            return found;
        }
        last = Some((found, expected));
    }
    panic!("found, and expected: {last:#?}");
}

#[tokio::test]
async fn links_are_dumped_as_rtnetlink_does() {
    // Not the whole: counters move between the two.
    let names = compare(get_link(0), |message| {
        name(message).map(|(index, name)| (index, name.to_owned()))
    });
    assert!(names.await.contains(&Some((1, "lo".to_owned()))));
}

#[tokio::test]
async fn routes_are_dumped_as_rtnetlink_does() {
    let request = RouteNetlinkMessage::GetRoute(RouteMessage::default());
    let routes = compare(request, |message| match message {
        RouteNetlinkMessage::NewRoute(route) => route.header.clone(),
        other => panic!("not a route: {other:?}"),
    });
    assert!(!routes.await.is_empty(), "the loopback device has its own");
}

#[tokio::test]
async fn a_table_is_not_a_request() {
    let packets = route();
    let mut packet = NetlinkMessage::from(get_link(0));
    packet.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let error = packets.request(packet.clone()).await.unwrap_err();
    assert!(matches!(error, PacketError::AsksForTable), "{error}");
    // The same packet is a dump.
    let links = packets.dump(packet).collect_all().await.unwrap();
    assert!(links.iter().any(|link| name(link) == Some((1, "lo"))));
}

#[tokio::test]
async fn the_controller_is_found_by_generic_packets() {
    let handle = netlane::spawn(Protocol::GENERIC).unwrap();
    let packets = PacketHandle::<GenlMessage<GenlCtrl>>::new(handle);
    let request = |nlas| {
        GenlMessage::from_payload(GenlCtrl {
            cmd: GenlCtrlCmd::GetFamily,
            nlas,
        })
    };
    let by_name = vec![GenlCtrlAttrs::FamilyName("nlctrl".to_owned())];
    let family = packets.request_one(request(by_name)).await.unwrap();
    assert!(family.payload.nlas.contains(&GenlCtrlAttrs::FamilyId(16)));
    let families = packets.dump(request(vec![])).collect_all().await.unwrap();
    assert!(families.len() > 1);
}

/// Reads nothing but the loopback link.
#[derive(Debug)]
struct Picky(u32);

#[derive(Debug, thiserror::Error)]
#[error("not the link it wants")]
struct NotWanted;

impl NetlinkDeserializable for Picky {
    type Error = NotWanted;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, NotWanted> {
        assert_eq!(header.message_type, 16, "RTM_NEWLINK");
        assert_eq!(usize::try_from(header.length).unwrap(), payload.len() + 16);
        match payload.get(4..8) {
            Some(&[1, 0, 0, 0] | &[0, 0, 0, 1]) => Ok(Self(1)),
            _ => Err(NotWanted),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_keeps_its_frame() {
    let handle = netlane::spawn(Protocol::ROUTE).unwrap();
    let lo = handle.request_one(encode(get_link(1))).await.unwrap();
    assert_eq!(decode::<Picky>(lo.view()).unwrap().0, 1);

    let mut bytes = lo.bytes().to_vec();
    bytes[20..24].copy_from_slice(&7u32.to_ne_bytes());
    let other = netlane::wire::Frame::from_bytes(bytes.into()).unwrap();
    let error = decode::<Picky>(other.view()).unwrap_err();
    assert_eq!(error.frame(), &other);
    assert_eq!(error.to_string(), "a message of type 16 cannot be read");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "not the link it wants");
    assert_eq!(error.into_frame(), other);
}

#[test]
fn the_transport_owns_its_part_of_the_header() {
    let mut packet = NetlinkMessage::from(get_link(1));
    packet.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
    packet.header.sequence_number = 7;
    packet.header.port_number = 8;
    packet.header.length = 9;
    let message = encode(packet);
    assert_eq!(message.flags().bits(), NLM_F_CREATE);
    let bytes = message.finish().unwrap();
    assert_eq!(bytes.len(), 32);
    assert_eq!(&bytes[8..16], [0; 8]);
    let frame = netlane::wire::FrameView::new(&bytes).unwrap();
    assert_eq!(decode::<RouteNetlinkMessage>(frame).unwrap(), get_link(1));
}

#[tokio::test]
async fn deadlines_and_batches_take_encoded_packets() {
    let packets = route();
    let dump = packets.handle().dump(encode(get_link(0)));
    let dump = dump.deadline(std::time::Duration::from_secs(60));
    let links = PacketDump::<RouteNetlinkMessage>::new(dump);
    assert!(!links.collect_all().await.unwrap().is_empty());
    let batch = [get_link(1), get_link(0x7fff_fff0)].map(encode);
    let outcomes = packets.handle().batch(batch).await;
    let outcomes: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.is_ok())
        .collect();
    assert_eq!(outcomes, [true, false]);
}

//! What is built reads back, with names, paths and replies.

use std::net::IpAddr;

use netlane_wire::typed::{Do, Mac, Typed};
use netlane_wire::{Expect, Flags, FrameView, Message, Request, path_of};

use crate::declared::{GetLink, Link, LinkBuilder, LinkDataView, LinkFlags, LinkView, Stats};

fn frame(message: Message) -> Vec<u8> {
    message.finish().expect("a message without mistakes")
}

#[test]
fn what_is_built_reads_back() {
    let request = Link::add()
        .index(7)
        .flags(LinkFlags::UP)
        .name("v0")
        .mtu(1400)
        .info(|info| info.vlan(|vlan| vlan.id(5)))
        .carrier()
        .gateways([1, 2, 3, 4].into())
        .gateways("fe80::1".parse().unwrap())
        .queues([3, 4])
        .ports([1, 2], |number, port| port.mac(Mac([number; 6])))
        .limits(&[8, 9])
        .port(80)
        .stats(Stats {
            rx: 1,
            total: 2,
            port: 3,
            ..Stats::default()
        })
        .message();
    let bytes = frame(request);
    let frame = FrameView::new(&bytes).unwrap();
    assert_eq!(frame.header().kind, 16);
    assert_eq!(frame.header().flags, Flags::CREATE | Flags::EXCL);
    let link = LinkView::decode(frame.payload()).unwrap();
    assert_eq!(link.index(), 7);
    assert_eq!(link.header().flags, LinkFlags::UP);
    assert_eq!(link.name(), Ok(Some("v0")));
    assert_eq!(link.mtu(), Ok(Some(1400)));
    assert_eq!(link.operstate(), Ok(None));
    assert_eq!(link.carrier(), Ok(true));
    assert_eq!(link.port(), Ok(Some(80)));
    let gateways: Result<Vec<IpAddr>, _> = link.gateways().collect();
    assert_eq!(gateways.unwrap().len(), 2);
    let queues: Result<Vec<u32>, _> = link.queues().collect();
    assert_eq!(queues, Ok(vec![3, 4]));
    let macs: Vec<Option<Mac>> = link
        .ports()
        .map(|port| port.unwrap().mac().unwrap())
        .collect();
    assert_eq!(macs, [Some(Mac([1; 6])), Some(Mac([2; 6]))]);
    assert_eq!(link.limits().unwrap().unwrap().collect::<Vec<_>>(), [8, 9]);
    assert_eq!(link.stats().unwrap().unwrap().port, 3);
    let info = link.info().unwrap().unwrap();
    assert_eq!(info.kind(), Ok(Some("vlan")));
    let Ok(Some(LinkDataView::Vlan(vlan))) = info.data() else {
        panic!("not a vlan: {info:?}");
    };
    assert_eq!(vlan.id(), Ok(Some(5)));
    let shown = format!("{link:?}");
    assert!(
        shown.contains("info: info { kind: \"vlan\", data: vlan { id: 5 } }"),
        "{shown}"
    );
}

#[test]
fn an_extended_ack_becomes_a_path() {
    let bytes = frame(
        Link::add()
            .name("v0")
            .info(|info| info.vlan(|vlan| vlan.id(5)))
            .ports([1], |number, port| port.mac(Mac([number; 6])))
            .message(),
    );
    let path = |offset| path_of(&bytes, 16, offset, Some(Link::table()));
    assert_eq!(path(32).as_deref(), Some("link.name"));
    assert_eq!(path(44).as_deref(), Some("link.info.kind"));
    assert_eq!(path(60).as_deref(), Some("link.info.data.id"));
    assert_eq!(path(76).as_deref(), Some("link.ports.1.mac"));
}

#[test]
fn a_request_decodes_its_reply() {
    type Get = LinkBuilder<Do<GetLink>>;
    assert_eq!(<Get as Request>::EXPECT, Expect::Reply);
    let bytes = frame(Link::get().index(3).name("lo").message());
    let link = <Get as Request>::decode(FrameView::new(&bytes).unwrap()).unwrap();
    assert_eq!(link.view().name(), Ok(Some("lo")));
    let again = Link::build()
        .header(*link.view().header())
        .copy(link.view().attributes())
        .finish()
        .unwrap();
    assert_eq!(again, link);
}

//! Encapsulations as bytes: none of these is sent. Each kind is written by its setter, and read as what its kind decides.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlane_route::{
    EncapKind, Hop, HopEncapView, Nexthop, NexthopEncapView, Route, RouteBuilder, RouteEncapView,
    RouteView, TunnelFlags,
};
use netlane_wire::Message;

/// Writes one, expects the kind beside it, and has it read.
fn encapsulated(
    kind: EncapKind,
    write: impl FnOnce(RouteBuilder<Message>) -> RouteBuilder<Message>,
    read: impl FnOnce(RouteView<'_>, RouteEncapView<'_>),
) {
    let route = write(Route::build()).finish().expect("no mistakes");
    let view = route.view();
    assert_eq!(view.encap_kind(), Ok(Some(kind)));
    let encap = view.encap().expect("well formed").expect("there");
    read(view, encap);
}

macro_rules! assert_reads {
    ($view:expr, $variant:ident, $($field:ident = $value:expr),+) => {
        match $view {
            RouteEncapView::$variant(encap) => {$(
                assert_eq!(encap.$field(), Ok(Some($value)), stringify!($field));
            )+}
            other => panic!("not {}: {other:?}", stringify!($variant)),
        }
    };
}

const V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

#[test]
fn labels() {
    encapsulated(
        EncapKind::MPLS,
        |route| route.mpls(|mpls| mpls.labels(&[100, 16]).ttl(7)),
        |_, encap| {
            let RouteEncapView::Mpls(mpls) = encap else {
                panic!("not mpls: {encap:?}");
            };
            let labels: Vec<u32> = mpls.labels().unwrap().unwrap().collect();
            assert_eq!((labels, mpls.ttl()), (vec![100, 16], Ok(Some(7))));
        },
    );
}

#[test]
fn tunnels() {
    let flags = TunnelFlags::KEY | TunnelFlags::CSUM;
    encapsulated(
        EncapKind::IP,
        |route| {
            route.ip(|ip| {
                ip.id(42)
                    .destination(V4)
                    .source(V4)
                    .ttl(64)
                    .tos(8)
                    .flags(flags)
                    .options(&[1, 2, 3, 4])
            })
        },
        |_, encap| {
            assert_reads!(
                encap,
                Ip,
                id = 42,
                destination = V4,
                source = V4,
                ttl = 64,
                tos = 8,
                flags = flags,
                options = &[1, 2, 3, 4][..]
            );
        },
    );
    encapsulated(
        EncapKind::IP6,
        |route| {
            route.ip6(|ip6| {
                ip6.id(42)
                    .destination(V6)
                    .source(V6)
                    .hop_limit(64)
                    .traffic_class(8)
                    .flags(flags)
                    .options(&[1, 2, 3, 4])
            })
        },
        |_, encap| {
            assert_reads!(
                encap,
                Ip6,
                id = 42,
                destination = V6,
                source = V6,
                hop_limit = 64,
                traffic_class = 8,
                flags = flags,
                options = &[1, 2, 3, 4][..]
            );
        },
    );
}

#[test]
fn segments_and_source_routes() {
    let bytes = &[9u8; 24][..];
    encapsulated(
        EncapKind::SEG6,
        |route| route.seg6(|seg6| seg6.routing(bytes).source(V6)),
        |_, encap| assert_reads!(encap, Seg6, routing = bytes, source = V6),
    );
    encapsulated(
        EncapKind::SEG6_LOCAL,
        |route| {
            route.seg6_local(|end| {
                end.action(5)
                    .srh(bytes)
                    .table(100)
                    .nexthop4(V4)
                    .nexthop6(V6)
                    .input(2)
                    .output(3)
                    .vrf_table(10)
            })
        },
        |_, encap| {
            assert_reads!(
                encap,
                Seg6Local,
                action = 5,
                srh = bytes,
                table = 100,
                nexthop4 = V4,
                nexthop6 = V6,
                input = 2,
                output = 3,
                vrf_table = 10
            );
        },
    );
    encapsulated(
        EncapKind::RPL,
        |route| route.rpl(|rpl| rpl.srh(bytes)),
        |_, encap| assert_reads!(encap, Rpl, srh = bytes),
    );
}

#[test]
fn locators_telemetry_programs_and_ipsec() {
    encapsulated(
        EncapKind::ILA,
        |route| route.ila(|ila| ila.locator(1 << 40).csum_mode(1).identifier_kind(2).hook(1)),
        |_, encap| {
            assert_reads!(
                encap,
                Ila,
                locator = 1 << 40,
                csum_mode = 1,
                identifier_kind = 2,
                hook = 1
            );
        },
    );
    encapsulated(
        EncapKind::IOAM6,
        |route| {
            route.ioam6(|ioam6| {
                ioam6
                    .mode(2)
                    .destination(V6)
                    .trace(&[8; 8])
                    .frequency(1)
                    .frequency_of(100)
            })
        },
        |_, encap| {
            assert_reads!(
                encap,
                Ioam6,
                mode = 2,
                destination = V6,
                trace = &[8; 8][..],
                frequency = 1,
                frequency_of = 100
            );
        },
    );
    encapsulated(
        EncapKind::XFRM,
        |route| route.xfrm(|xfrm| xfrm.interface_id(7).link(3)),
        |_, encap| assert_reads!(encap, Xfrm, interface_id = 7, link = 3),
    );
    encapsulated(
        EncapKind::BPF,
        |route| route.bpf(|bpf| bpf.input(|program| program.fd(5).name("in")).headroom(64)),
        |_, encap| {
            let RouteEncapView::Bpf(bpf) = encap else {
                panic!("not bpf: {encap:?}");
            };
            let program = bpf.input().unwrap().unwrap();
            assert_eq!(
                (program.fd(), program.name()),
                (Ok(Some(5)), Ok(Some("in")))
            );
            assert_eq!(bpf.headroom(), Ok(Some(64)));
        },
    );
}

#[test]
fn ways_and_nexthops_hold_the_same() {
    let hop = Hop::build().index(3).mpls(|mpls| mpls.labels(&[100]));
    let route = Route::build()
        .multipath(&[hop.finish().expect("a way")])
        .finish()
        .expect("a route");
    let hop = route.view().hops().unwrap().next().unwrap().unwrap();
    assert!(matches!(hop.encap(), Ok(Some(HopEncapView::Mpls(_)))));

    let nexthop = Nexthop::build()
        .id(1)
        .seg6(|seg6| seg6.source(V6))
        .finish()
        .expect("a nexthop");
    let Ok(Some(NexthopEncapView::Seg6(seg6))) = nexthop.view().encap() else {
        panic!("not seg6: {nexthop:?}");
    };
    assert_eq!(seg6.source(), Ok(Some(V6)));
}

#[test]
fn an_encapsulation_without_its_kind_stays_bytes() {
    let route = Route::build()
        .attribute(22, &[8, 0, 1, 0, 1, 2, 3, 4])
        .finish()
        .expect("no mistakes");
    let encap = route.view().encap();
    assert!(
        matches!(encap, Ok(Some(RouteEncapView::Other(_)))),
        "{encap:?}"
    );
}

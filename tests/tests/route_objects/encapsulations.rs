//! Encapsulated routes, of the kinds that are safe to send to the kernel at hand: never one with `LWTUNNEL_IP_OPTS_*`
//! (see CONTRIBUTING.md). The others are tested as bytes, in netlane-route.

use std::net::{IpAddr, Ipv6Addr};

use netlane_route::{EncapKind, Family, Route, RouteEncapView, RouteHandle, RouteProtocol};
use netlane_testkit::in_namespace;

use crate::common::{all, pair, run};

/// `SEG6_IPTUN_MODE_ENCAP`.
const MODE_ENCAP: i32 = 1;
/// `SEG6_LOCAL_ACTION_END`.
const ACTION_END: u32 = 1;

/// `struct seg6_iptunnel_encap`: the mode, and a routing header with one segment.
fn routing(segment: Ipv6Addr) -> Vec<u8> {
    let mut bytes = MODE_ENCAP.to_ne_bytes().to_vec();
    // Next header, length in units of 8 bytes after the first, type 4, segments left, last entry, flags, tag.
    bytes.extend([0, 2, 4, 0, 0, 0, 0, 0]);
    bytes.extend(segment.octets());
    bytes
}

#[test]
fn segment_routes_read_back() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let routing = routing("2001:db8:f::1".parse().unwrap());
            let (far, here): (IpAddr, IpAddr) = (
                "2001:db8:1::".parse().unwrap(),
                "2001:db8:2::1".parse().unwrap(),
            );
            let routes = handle.routes();
            routes
                .add(far, 48, |route| {
                    route.output(index).seg6(|seg6| seg6.routing(&routing))
                })
                .await?;
            routes
                .add(here, 128, |route| {
                    route.output(index).seg6_local(|end| end.action(ACTION_END))
                })
                .await?;

            let request = Route::dump()
                .family(Family::INET6)
                .protocol(RouteProtocol::STATIC);
            let list = all(handle.list(&request)).await?;
            let find = |to| {
                let found = list
                    .iter()
                    .find(|it| it.view().destination() == Ok(Some(to)));
                found.expect("the route").view()
            };
            let (seg6, end) = (find(far), find(here));
            assert_eq!(seg6.encap_kind()?, Some(EncapKind::SEG6));
            let Some(RouteEncapView::Seg6(seg6)) = seg6.encap()? else {
                panic!("not seg6: {seg6:?}");
            };
            assert_eq!(seg6.routing()?, Some(&routing[..]));
            assert_eq!(end.encap_kind()?, Some(EncapKind::SEG6_LOCAL));
            let Some(RouteEncapView::Seg6Local(end)) = end.encap()? else {
                panic!("not seg6_local: {end:?}");
            };
            assert_eq!(end.action()?, Some(ACTION_END));

            routes.delete(far, 48, |route| route).await?;
            routes.delete(here, 128, |route| route).await?;
            assert!(all(handle.list(&request)).await?.is_empty());
            Ok(())
        });
    });
}

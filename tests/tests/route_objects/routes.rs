//! Routes, without encapsulation.

use std::net::IpAddr;

use netlane::{Error, Handle};
use netlane_route::{
    Family, Hop, Route, RouteFlags, RouteHandle, RouteKind, RoutePreference, RouteProtocol, Scope,
};
use netlane_testkit::in_namespace;

use crate::common::{EEXIST, ESRCH, all, errno, pair, run};

const GATEWAY: [u8; 4] = [192, 0, 2, 2];

/// A pair of links, of which `a` has addresses and the routes to their networks.
async fn network(handle: &Handle) -> Result<u32, Error> {
    let (index, _) = pair(handle, "a", "b").await?;
    handle.links().up(1).await?;
    let addresses = handle.addresses();
    addresses.add(index, [192, 0, 2, 1], 24).await?;
    addresses
        .add_with(index, ipv6("2001:db8::1"), 64, |address| {
            address.flags(netlane_route::AddressFlags::NO_DAD)
        })
        .await?;
    Ok(index)
}

fn ipv6(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_route_is_added_read_back_replaced_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let index = network(&handle).await?;
            let routes = handle.routes();
            routes
                .add([10, 1, 0, 0], 16, |route| {
                    route
                        .gateway(GATEWAY.into())
                        .priority(50)
                        .table(1000)
                        .tos(0)
                        .preferred_source([192, 0, 2, 1].into())
                        .metrics(|metrics| {
                            metrics
                                .mtu(1300)
                                .advertised_mss(1200)
                                .congestion_control("cubic")
                        })
                })
                .await?;
            let again = routes
                .add([10, 1, 0, 0], 16, |route| {
                    route.gateway(GATEWAY.into()).priority(50).table(1000)
                })
                .await;
            assert_eq!(errno(again), Some(EEXIST));

            let list = all(routes.table(1000)).await?;
            let [route] = list.as_slice() else {
                panic!("not one: {list:?}");
            };
            let route = route.view();
            assert_eq!(route.destination_prefix()?, ([10, 1, 0, 0].into(), 16));
            assert_eq!(route.gateway()?, Some(GATEWAY.into()));
            assert_eq!(route.output()?, Some(index));
            assert_eq!(route.priority()?, Some(50));
            assert_eq!(route.table_id()?, 1000);
            assert_eq!(route.preferred_source()?, Some([192, 0, 2, 1].into()));
            assert_eq!(route.protocol(), RouteProtocol::STATIC);
            assert_eq!(route.kind(), RouteKind::UNICAST);
            assert_eq!(route.scope(), Scope::UNIVERSE);
            let metrics = route.metrics()?.unwrap();
            assert_eq!(metrics.mtu()?, Some(1300));
            assert_eq!(metrics.advertised_mss()?, Some(1200));
            assert_eq!(metrics.congestion_control()?, Some("cubic"));

            routes
                .put([10, 1, 0, 0], 16, |route| {
                    route
                        .gateway([192, 0, 2, 3].into())
                        .priority(50)
                        .table(1000)
                })
                .await?;
            let list = all(routes.table(1000)).await?;
            assert_eq!(list.len(), 1);
            assert_eq!(list[0].view().gateway()?, Some([192, 0, 2, 3].into()));

            let delete = || routes.delete([10, 1, 0, 0], 16, |route| route.table(1000));
            delete().await?;
            assert_eq!(errno(delete().await), Some(ESRCH));
            Ok(())
        });
    });
}

#[test]
fn the_route_to_an_address_is_found() {
    in_namespace(|| {
        run(async |handle| {
            let index = network(&handle).await?;
            handle
                .routes()
                .add([0, 0, 0, 0], 0, |route| route.gateway(GATEWAY.into()))
                .await?;
            let route = handle.routes().to([198, 51, 100, 1]).await?;
            let route = route.view();
            assert_eq!(route.output()?, Some(index));
            assert_eq!(route.gateway()?, Some(GATEWAY.into()));
            assert_eq!(route.preferred_source()?, Some([192, 0, 2, 1].into()));
            assert!(route.flags().contains(RouteFlags::CLONED));

            let request = Route::get()
                .family(Family::INET)
                .destination_len(32)
                .destination([198, 51, 100, 1].into())
                .flags(RouteFlags::LOOKUP_TABLE | RouteFlags::FIB_MATCH);
            let matched = handle.call(&request).await?;
            assert_eq!(
                matched.view().destination_prefix()?,
                ([0, 0, 0, 0].into(), 0)
            );

            let route = handle.routes().to(ipv6("2001:db8::77")).await?;
            assert_eq!(route.view().output()?, Some(index));
            Ok(())
        });
    });
}

#[test]
fn a_route_with_several_ways_reads_back() {
    in_namespace(|| {
        run(async |handle| {
            let index = network(&handle).await?;
            let hop = |last: u8, weight: u8| {
                Hop::build()
                    .index(index)
                    .hops(weight - 1)
                    .gateway([192, 0, 2, last].into())
                    .finish()
                    .unwrap()
            };
            let hops = [hop(2, 1), hop(3, 20)];
            handle
                .routes()
                .add([10, 2, 0, 0], 16, |route| route.multipath(&hops))
                .await?;
            let request = Route::dump()
                .family(Family::INET)
                .protocol(RouteProtocol::STATIC);
            let list = all(handle.list(&request)).await?;
            let [route] = list.as_slice() else {
                panic!("not one: {list:?}");
            };
            let mut found = Vec::new();
            for hop in route.view().hops()? {
                let hop = hop?;
                found.push((hop.index(), hop.hops(), hop.gateway()?.unwrap()));
            }
            let expected = [
                (index, 0, IpAddr::from([192, 0, 2, 2])),
                (index, 19, IpAddr::from([192, 0, 2, 3])),
            ];
            assert_eq!(found, expected);
            Ok(())
        });
    });
}

#[test]
fn gateways_of_another_family_and_routes_to_nowhere() {
    in_namespace(|| {
        run(async |handle| {
            let index = network(&handle).await?;
            let routes = handle.routes();
            routes
                .add([10, 3, 0, 0], 16, |route| {
                    route.via(ipv6("2001:db8::9")).output(index)
                })
                .await?;
            routes
                .add([10, 4, 0, 0], 16, |route| {
                    route.kind(RouteKind::UNREACHABLE)
                })
                .await?;
            let request = Route::dump()
                .family(Family::INET)
                .protocol(RouteProtocol::STATIC);
            let list = all(handle.list(&request)).await?;
            let [via, nowhere] = list.as_slice() else {
                panic!("not two: {list:?}");
            };
            assert_eq!(via.view().via()?, Some(ipv6("2001:db8::9")));
            assert_eq!(nowhere.view().kind(), RouteKind::UNREACHABLE);
            let error = routes.to([10, 4, 0, 1]).await.unwrap_err();
            assert_eq!(error.errno(), Some(113), "EHOSTUNREACH: {error}");
            Ok(())
        });
    });
}

#[test]
fn ipv6_routes_have_preferences_and_lifetimes() {
    in_namespace(|| {
        run(async |handle| {
            let index = network(&handle).await?;
            handle
                .routes()
                .add(ipv6("2001:db8:1::"), 48, |route| {
                    route
                        .gateway(ipv6("2001:db8::2"))
                        .preference(RoutePreference::HIGH)
                        .expires(600)
                })
                .await?;
            let request = Route::dump()
                .family(Family::INET6)
                .protocol(RouteProtocol::STATIC);
            let list = all(handle.list(&request)).await?;
            let [route] = list.as_slice() else {
                panic!("not one: {list:?}");
            };
            let route = route.view();
            assert_eq!(route.destination_prefix()?, (ipv6("2001:db8:1::"), 48));
            assert_eq!(route.gateway()?, Some(ipv6("2001:db8::2")));
            assert_eq!(route.output()?, Some(index));
            assert_eq!(route.preference()?, Some(RoutePreference::HIGH));
            let expires = route.cache()?.unwrap().expires;
            assert!((50_000..=60_000).contains(&expires), "{expires}");
            Ok(())
        });
    });
}

#[test]
fn routes_are_dumped_as_the_kernel_filters_them() {
    in_namespace(|| {
        run(async |handle| {
            let index = network(&handle).await?;
            for (table, protocol) in [
                (100, RouteProtocol::BGP),
                (100, RouteProtocol::OSPF),
                (200, RouteProtocol::BGP),
            ] {
                handle
                    .routes()
                    .add([10, protocol.0, 0, 0], 16, |route| {
                        route
                            .output(index)
                            .scope(Scope::LINK)
                            .table(table)
                            .protocol(protocol)
                    })
                    .await?;
            }
            let count = async |request| Ok::<usize, Error>(all(handle.list(&request)).await?.len());
            let inet = || Route::dump().family(Family::INET);
            assert_eq!(count(inet().table(100)).await?, 2);
            assert_eq!(
                count(inet().table(100).protocol(RouteProtocol::BGP)).await?,
                1
            );
            assert_eq!(count(inet().protocol(RouteProtocol::BGP)).await?, 2);
            assert_eq!(
                count(inet().output(index).protocol(RouteProtocol::OSPF)).await?,
                1
            );
            assert_eq!(
                count(inet().output(1).protocol(RouteProtocol::OSPF)).await?,
                0
            );
            assert!(count(inet().kind(RouteKind::LOCAL)).await? > 0);

            // Behind and before those that are there.
            let more = || {
                inet_route(index)
                    .table(100)
                    .destination([10, 186, 0, 0].into())
                    .protocol(RouteProtocol::ZEBRA)
            };
            handle.call(&more()).await?;
            assert_eq!(count(inet().table(100)).await?, 3);
            Ok(())
        });
    });
}

fn inet_route(
    index: u32,
) -> netlane_route::RouteBuilder<netlane_wire::typed::Do<netlane_route::AppendRoute>> {
    Route::append()
        .family(Family::INET)
        .destination_len(16)
        .kind(RouteKind::UNICAST)
        .scope(Scope::LINK)
        .output(index)
}

//! What only the lab's kernels have of tunnels: netkit, MPLS, and routes with encapsulations that no other machine should
//! be sent (see CONTRIBUTING.md). Never one with `LWTUNNEL_IP_OPTS_*`, here either.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlane::{Error, Handle};
use netlane_route::{
    AddRoute, Event, Family, Group, Link, LinkDataView, NetkitMode, NetkitPolicy, NetkitView,
    Route, RouteBuilder, RouteEncapView, RouteHandle, RouteKind, RouteProtocol, RtMsg,
};
use netlane_testkit::in_namespace;
use netlane_wire::typed::Do;

use crate::common::{ENODEV, all, assert_told, errno, is_since, pair, run, told};

const V4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
const V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// What a netkit link says of itself.
fn netkit<T>(
    link: &Link,
    read: impl FnOnce(NetkitView<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let info = link.view().info()?.expect("a kind");
    match info.data()? {
        Some(LinkDataView::Netkit(netkit)) => read(netkit),
        other => panic!("not netkit: {other:?}"),
    }
}

#[test]
fn a_netkit_pair_is_created_read_back_changed_and_deleted() {
    if !is_since(6, 7) {
        return;
    }
    in_namespace(|| {
        run(async |handle| {
            let links = handle.links();
            links
                .add(|link| {
                    link.name("nk0").info(|info| {
                        info.netkit(|netkit| {
                            netkit
                                .mode(NetkitMode::L3)
                                .policy(NetkitPolicy::FORWARD)
                                .peer_policy(NetkitPolicy::BLACKHOLE)
                                .peer(|peer| peer.name("nk1"))
                        })
                    })
                })
                .await?;
            let policies = |netkit: NetkitView<'_>| Ok((netkit.policy()?, netkit.peer_policy()?));
            let (pass, drop) = (Some(NetkitPolicy::FORWARD), Some(NetkitPolicy::BLACKHOLE));
            let [first, second] = [links.get("nk0").await?, links.get("nk1").await?];
            assert_eq!(netkit(&first, |it| Ok(it.mode()?))?, Some(NetkitMode::L3));
            assert_eq!(netkit(&first, |it| Ok(it.primary()?))?, Some(true));
            assert_eq!(netkit(&second, |it| Ok(it.primary()?))?, Some(false));
            assert_eq!(netkit(&first, policies)?, (pass, drop));

            links
                .set("nk0", |link| {
                    link.info(|info| info.netkit(|netkit| netkit.policy(NetkitPolicy::BLACKHOLE)))
                })
                .await?;
            assert_eq!(netkit(&links.get("nk0").await?, policies)?, (drop, drop));
            links.delete("nk0").await?;
            assert_eq!(errno(links.get("nk1").await), Some(ENODEV));
            Ok(())
        });
    });
}

/// A label as it stands in a packet, the last of its stack.
fn label(number: u32) -> [u8; 4] {
    (number << 12 | 1 << 8).to_be_bytes()
}

#[test]
fn routes_of_labels_are_added_told_read_back_and_deleted() {
    in_namespace(|| {
        fs::write("/proc/sys/net/mpls/platform_labels", "1000").expect("MPLS");
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let mut watch = handle
                .watch([Group::MPLS_ROUTE, Group::MPLS_NETCONF])
                .await?;
            fs::write("/proc/sys/net/mpls/conf/a/input", "1").expect("the link's setting");
            handle.addresses().add(index, [192, 0, 2, 1], 24).await?;
            let header = RtMsg {
                family: Family::MPLS,
                destination_len: 20,
                low_table: 254,
                protocol: RouteProtocol::STATIC,
                kind: RouteKind::UNICAST,
                ..Default::default()
            };
            let gateway: IpAddr = [192, 0, 2, 2].into();
            let add = Route::add()
                .header(header)
                .attribute(1, &label(100))
                .new_destination(&[200, 300])
                .via(gateway)
                .output(index);
            handle.call(&add).await?;
            let list = all(handle.list(&Route::dump().family(Family::MPLS))).await?;
            assert_eq!(list.len(), 1, "{list:?}");
            let view = list[0].view();
            let from = view.attributes().find(1).expect("a label");
            assert_eq!(from.payload(), label(100));
            let to: Vec<u32> = view.new_destination()?.expect("labels").collect();
            assert_eq!((to, view.via()?), (vec![200, 300], Some(gateway)));

            let delete = Route::delete().header(header).attribute(1, &label(100));
            handle.call(&delete).await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::NewNetConf(conf) if conf.view().input() == Ok(Some(1)));
            assert_told!(events, Event::NewRoute(route) if route.view().family() == Family::MPLS);
            assert_told!(events, Event::DelRoute(route) if route.view().family() == Family::MPLS);
            Ok(())
        });
    });
}

type Add = RouteBuilder<Do<AddRoute>>;

/// Adds a route to an address, hands `check` what the kernel says of it, and deletes it.
async fn encapsulated(
    handle: &Handle,
    to: IpAddr,
    write: impl FnOnce(Add) -> Add,
    check: impl FnOnce(RouteEncapView<'_>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let len = if to.is_ipv4() { 32 } else { 128 };
    handle.routes().add(to, len, write).await?;
    let family = Family::from(to);
    let ours = Route::dump().family(family).protocol(RouteProtocol::STATIC);
    let list = all(handle.list(&ours)).await?;
    assert_eq!(list.len(), 1, "{list:?}");
    let encap = list[0].view().encap()?.expect("an encapsulation");
    assert!(check(encap)?, "{encap:?}");
    handle.routes().delete(to, len, |route| route).await
}

#[test]
fn encapsulated_routes_read_back() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            handle.addresses().add(index, [192, 0, 2, 1], 24).await?;
            let to: IpAddr = [198, 51, 100, 1].into();
            let (far, router): (IpAddr, IpAddr) =
                ("2001:db8:5::1".parse().unwrap(), [192, 0, 2, 2].into());

            encapsulated(
                &handle,
                to,
                |route| route.gateway(router).mpls(|mpls| mpls.labels(&[100, 16])),
                |encap| match encap {
                    RouteEncapView::Mpls(mpls) => {
                        let labels: Vec<u32> = mpls.labels()?.expect("labels").collect();
                        Ok(labels == [100, 16])
                    }
                    _ => Ok(false),
                },
            )
            .await?;
            encapsulated(
                &handle,
                to,
                |route| {
                    route
                        .output(index)
                        .ip(|ip| ip.id(42).destination(V4).ttl(64))
                },
                |encap| match encap {
                    RouteEncapView::Ip(ip) => {
                        let told = (ip.id()?, ip.destination()?, ip.ttl()?);
                        Ok(told == (Some(42), Some(V4), Some(64)))
                    }
                    _ => Ok(false),
                },
            )
            .await?;
            encapsulated(
                &handle,
                far,
                |route| {
                    route
                        .output(index)
                        .ip6(|ip6| ip6.id(43).destination(V6).hop_limit(65))
                },
                |encap| match encap {
                    RouteEncapView::Ip6(ip6) => {
                        let told = (ip6.id()?, ip6.destination()?, ip6.hop_limit()?);
                        Ok(told == (Some(43), Some(V6), Some(65)))
                    }
                    _ => Ok(false),
                },
            )
            .await?;
            encapsulated(
                &handle,
                far,
                |route| {
                    route.output(index).ila(|ila| {
                        ila.locator(LOCATOR)
                            .identifier_kind(LUID)
                            .csum_mode(NO_ACTION)
                    })
                },
                |encap| match encap {
                    RouteEncapView::Ila(ila) => {
                        Ok((ila.locator()?, ila.csum_mode()?) == (Some(LOCATOR), Some(NO_ACTION)))
                    }
                    _ => Ok(false),
                },
            )
            .await
        });
    });
}

#[test]
fn routes_into_ipsec_read_back() {
    if !is_since(6, 2) {
        return;
    }
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            encapsulated(
                &handle,
                [198, 51, 100, 1].into(),
                |route| route.output(index).xfrm(|xfrm| xfrm.interface_id(7)),
                |encap| match encap {
                    RouteEncapView::Xfrm(xfrm) => Ok(xfrm.interface_id()? == Some(7)),
                    _ => Ok(false),
                },
            )
            .await
        });
    });
}

/// The upper half of 2001:db8:0:1::.
const LOCATOR: u64 = 0x2001_0db8_0000_0001;
/// `ILA_ATYPE_LUID`: unique in its domain.
const LUID: u8 = 1;
/// `ILA_CSUM_NO_ACTION`.
const NO_ACTION: u8 = 2;

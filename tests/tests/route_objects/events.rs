//! Events: what each group tells, typed.

use std::os::fd::{AsFd, AsRawFd};

use futures::StreamExt;
use netlane::{Error, Filter, Handle, LossCause, WhenFull};
use netlane_route::{
    Event, Family, Group, InetSetting, MdbChange, MdbEntry, Neighbour, NeighbourFlags,
    NeighbourState, NetnsId, RouteHandle, Tunnel, Watched,
};
use netlane_testkit::{NetworkNamespace, in_namespace};

use crate::common::{assert_told, mac, pair, run, told};

#[test]
fn a_watch_has_the_settings_of_a_subscription() {
    in_namespace(|| {
        run(async |handle| {
            let mut latest = handle
                .links()
                .watch()
                .capacity(1)
                .when_full(WhenFull::DropOldest)
                .await?;
            let gone = Filter::new().types([17]);
            let mut gone = handle.links().watch().filter(gone).await?;
            pair(&handle, "a", "b").await?;
            handle.links().delete("a").await?;

            let events = told(&mut gone).await?;
            assert_eq!(events.len(), 2, "{events:?}");
            assert_told!(events, Event::DelLink(link) if link.view().name() == Ok(Some("b")));

            latest.barrier().await?;
            let first = latest.next().await.expect("a loss")?;
            assert!(
                matches!(&first, Watched::Lost(loss) if loss.cause == LossCause::QueueFull),
                "{first:?}"
            );
            let last = latest.next().await.expect("an event")?;
            assert!(
                matches!(last, Watched::Event(Event::DelLink(_))),
                "{last:?}"
            );
            Ok(())
        });
    });
}

#[test]
fn links_addresses_and_routes_are_told() {
    in_namespace(|| {
        run(async |handle| {
            let groups = [
                Group::LINK,
                Group::IPV4_ADDRESS,
                Group::IPV6_ADDRESS,
                Group::IPV4_ROUTE,
                Group::IPV6_ROUTE,
                Group::IPV6_LINK,
            ];
            let mut watch = handle.watch(groups).await?;
            let (index, _) = pair(&handle, "a", "b").await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::NewLink(link) if link.view().name() == Ok(Some("a")));
            assert_told!(events, Event::NewLink(link) if link.view().family() == Family::INET6);

            let v6: std::net::IpAddr = "2001:db8::1".parse().unwrap();
            handle.addresses().add(index, [192, 0, 2, 1], 24).await?;
            handle.addresses().add(index, v6, 64).await?;
            handle
                .routes()
                .add([10, 0, 0, 0], 8, |route| {
                    route.gateway([192, 0, 2, 2].into())
                })
                .await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::NewAddress(a) if a.view().label() == Ok(Some("a")));
            assert_told!(events, Event::NewRoute(r) if r.view().destination() == Ok(Some([10, 0, 0, 0].into())));

            handle
                .routes()
                .delete([10, 0, 0, 0], 8, |route| route)
                .await?;
            handle.addresses().delete(index, [192, 0, 2, 1], 24).await?;
            handle.links().delete(index).await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::DelRoute(r) if r.view().family() == Family::INET);
            assert_told!(events, Event::DelAddress(a) if a.view().family() == Family::INET);
            assert_told!(events, Event::DelAddress(a) if a.view().address() == Ok(Some(v6)));
            assert_told!(events, Event::DelRoute(r) if r.view().family() == Family::INET6);
            assert_told!(events, Event::DelLink(link) if link.view().index() == index);
            Ok(())
        });
    });
}

#[test]
fn neighbours_rules_and_nexthops_are_told() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let groups = [
                Group::NEIGHBOUR,
                Group::IPV4_RULE,
                Group::IPV6_RULE,
                Group::NEXTHOP,
            ];
            let mut watch = handle.watch(groups).await?;
            handle
                .neighbours()
                .put(index, [192, 0, 2, 9], mac(9), |n| n)
                .await?;
            for family in [Family::INET, Family::INET6] {
                handle
                    .rules()
                    .add(family, |rule| rule.priority(9).table(9))
                    .await?;
            }
            handle.links().up(1).await?;
            handle
                .nexthops()
                .add(|nexthop| nexthop.id(3).family(Family::INET).blackhole())
                .await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::NewNeighbour(n) if n.view().state() == NeighbourState::PERMANENT);
            assert_told!(events, Event::NewRule(rule) if rule.view().family() == Family::INET);
            assert_told!(events, Event::NewRule(rule) if rule.view().family() == Family::INET6);
            assert_told!(events, Event::NewNexthop(n) if n.view().blackhole() == Ok(true));
            for family in [Family::INET, Family::INET6] {
                handle
                    .rules()
                    .delete(family, |rule| rule.priority(9))
                    .await?;
            }
            handle.nexthops().delete(3).await?;
            handle.neighbours().delete(index, [192, 0, 2, 9]).await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::DelRule(rule) if rule.view().priority() == Ok(Some(9)));
            assert_told!(events, Event::DelNexthop(n) if n.view().id() == Ok(Some(3)));
            Ok(())
        });
    });
}

#[test]
fn settings_and_namespaces_are_told() {
    in_namespace(|| {
        let other = NetworkNamespace::new().unwrap();
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let groups = [Group::IPV4_NETCONF, Group::IPV6_NETCONF, Group::NETNS_ID];
            let mut watch = handle.watch(groups).await?;
            handle
                .links()
                .set(index, |link| {
                    link.families(|families| {
                        families.inet(|inet| inet.conf(&[(InetSetting::RP_FILTER, 2)]))
                    })
                })
                .await?;
            let fd = u32::try_from(other.as_fd().as_raw_fd()).unwrap();
            handle.call(&NetnsId::add().fd(fd).id(4)).await?;
            handle.links().delete(index).await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::NewNetnsId(id) if id.view().id() == Ok(Some(4)));
            assert_told!(events, Event::DelNetConf(conf) if conf.view().family() == Family::INET);
            assert_told!(events, Event::DelNetConf(conf) if conf.view().family() == Family::INET6);
            Ok(())
        });
    });
}

/// A bridge with a port, and a VXLAN: indices.
async fn bridge_and_vxlan(handle: &Handle) -> Result<(u32, u32, u32), Error> {
    let (port, _) = pair(handle, "a", "b").await?;
    let links = handle.links();
    links
        .add(|link| {
            link.name("br")
                .up()
                .info(|info| info.bridge(|bridge| bridge))
        })
        .await?;
    links
        .add(|link| {
            link.name("vx").info(|info| {
                info.vxlan(|vxlan| vxlan.port(4789).collect_metadata(true).vni_filter(true))
            })
        })
        .await?;
    Ok((links.index("br").await?, port, links.index("vx").await?))
}

#[test]
fn bridges_and_tunnels_are_told() {
    in_namespace(|| {
        run(async |handle| {
            let (bridge, port, vxlan) = bridge_and_vxlan(&handle).await?;
            let groups = [
                Group::LINK,
                Group::NEIGHBOUR,
                Group::MDB,
                Group::BRIDGE_VLAN,
                Group::TUNNEL,
            ];
            let mut watch = handle.watch(groups).await?;
            handle.links().set(port, |link| link.master(bridge)).await?;
            let request = Neighbour::add()
                .family(Family::BRIDGE)
                .index(port)
                .flags(NeighbourFlags::MASTER)
                .state(NeighbourState::NOARP)
                .address(mac(0x77).into());
            handle.call(&request).await?;
            let mut group = [0; 16];
            group[..4].copy_from_slice(&[239, 1, 1, 1]);
            let entry = MdbEntry {
                index: port,
                state: 1,
                address: group.into(),
                protocol: 0x0800,
                ..Default::default()
            };
            let request = MdbChange::add()
                .family(Family::BRIDGE)
                .index(bridge)
                .entry(entry);
            handle.call(&request).await?;
            let request = Tunnel::add()
                .family(Family::BRIDGE)
                .index(vxlan)
                .entries(|entry| entry.first(10));
            handle.call(&request).await?;
            handle.links().set(port, |link| link.master(0)).await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::NewLink(link) if link.view().family() == Family::BRIDGE);
            assert_told!(events, Event::NewNeighbour(n) if n.view().address() == Ok(Some(mac(0x77).into())));
            assert_told!(events, Event::NewMdb(mdb) if mdb.view().index() == bridge);
            assert_told!(events, Event::NewTunnel(tunnel) if tunnel.view().index() == vxlan);
            assert_told!(events, Event::DelNeighbour(_));
            assert_told!(events, Event::DelMdb(_));
            assert_told!(events, Event::DelLink(link) if link.view().family() == Family::BRIDGE);
            Ok(())
        });
    });
}

//! Neighbours, and forwarding entries of bridges and VXLANs.

use netlane_route::{
    Family, Neighbour, NeighbourFlags, NeighbourState, RouteHandle, RouteProtocol,
};
use netlane_testkit::in_namespace;

use crate::common::{ENOENT, all, errno, mac, pair, run};

#[test]
fn a_neighbour_is_set_read_back_and_forgotten() {
    in_namespace(|| {
        run(async |handle| {
            let (index, other) = pair(&handle, "a", "b").await?;
            let neighbours = handle.neighbours();
            neighbours
                .put("a", [192, 0, 2, 9], mac(9), |request| {
                    request.protocol(RouteProtocol::ZEBRA)
                })
                .await?;
            let found = neighbours.get("a", [192, 0, 2, 9]).await?;
            let found = found.view();
            assert_eq!(found.index(), index);
            assert_eq!(found.state(), NeighbourState::PERMANENT);
            assert_eq!(found.address()?, Some(mac(9).into()));
            assert_eq!(found.destination()?, Some([192, 0, 2, 9].into()));
            assert_eq!(found.protocol()?, Some(RouteProtocol::ZEBRA));
            assert!(found.cache()?.is_some() && found.probes()?.is_some());

            let count = async |link| {
                let request = Neighbour::dump().family(Family::INET).output(link);
                Ok::<usize, netlane::Error>(all(handle.list(&request)).await?.len())
            };
            assert_eq!((count(index).await?, count(other).await?), (1, 0));
            neighbours
                .put("a", [192, 0, 2, 9], mac(8), |request| request)
                .await?;
            let changed = neighbours.get("a", [192, 0, 2, 9]).await?;
            assert_eq!(changed.view().address()?, Some(mac(8).into()));
            neighbours.delete("a", [192, 0, 2, 9]).await?;
            let gone = neighbours.get("a", [192, 0, 2, 9]).await;
            // The entry may stay for a moment, as failed.
            match gone {
                Ok(left) => assert_eq!(left.view().state(), NeighbourState::FAILED),
                refused => assert_eq!(errno(refused), Some(ENOENT)),
            }
            Ok(())
        });
    });
}

#[test]
fn a_proxy_answers_for_an_address() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let address: std::net::IpAddr = "2001:db8::5".parse().unwrap();
            let request = Neighbour::put()
                .family(Family::INET6)
                .index(index)
                .flags(NeighbourFlags::PROXY)
                .destination(address);
            handle.call(&request).await?;
            let request = Neighbour::dump()
                .family(Family::INET6)
                .flags(NeighbourFlags::PROXY);
            let proxies = all(handle.list(&request)).await?;
            let [proxy] = proxies.as_slice() else {
                panic!("not one: {proxies:?}");
            };
            assert_eq!(proxy.view().destination()?, Some(address));
            Ok(())
        });
    });
}

#[test]
fn forwarding_entries_are_added_read_back_and_flushed() {
    in_namespace(|| {
        run(async |handle| {
            let (port, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            links
                .add(|link| link.name("br").info(|info| info.bridge(|bridge| bridge)))
                .await?;
            let bridge = links.index("br").await?;
            links.set(port, |link| link.master(bridge)).await?;
            for last in [0x51, 0x52] {
                let request = Neighbour::add()
                    .family(Family::BRIDGE)
                    .index(port)
                    .flags(NeighbourFlags::MASTER)
                    .state(NeighbourState::NOARP)
                    .address(mac(last).into());
                handle.call(&request).await?;
            }
            let request = Neighbour::dump().family(Family::BRIDGE).master(bridge);
            let entries = all(handle.list(&request)).await?;
            let entry = entries
                .iter()
                .map(|entry| entry.view())
                .find(|entry| entry.address() == Ok(Some(mac(0x51).into())))
                .unwrap();
            assert_eq!(entry.index(), port);
            assert_eq!(entry.master()?, Some(bridge));
            assert_eq!(entry.state(), NeighbourState::NOARP);

            let request = Neighbour::get()
                .family(Family::BRIDGE)
                .master(bridge)
                .address(mac(0x52).into());
            assert_eq!(handle.call(&request).await?.view().index(), port);

            let request = Neighbour::flush()
                .family(Family::BRIDGE)
                .index(port)
                .flags(NeighbourFlags::MASTER)
                .state(NeighbourState::NOARP)
                .state_mask(NeighbourState::NOARP | NeighbourState::PERMANENT);
            handle.call(&request).await?;
            let request = Neighbour::dump().family(Family::BRIDGE).master(bridge);
            let left = all(handle.list(&request)).await?;
            assert!(
                left.iter()
                    .all(|entry| entry.view().state() != NeighbourState::NOARP),
                "{left:?}"
            );
            Ok(())
        });
    });
}

#[test]
fn a_vxlan_has_several_remote_ends_for_an_address() {
    in_namespace(|| {
        run(async |handle| {
            handle
                .links()
                .add(|link| {
                    link.name("vx")
                        .info(|info| info.vxlan(|vxlan| vxlan.id(5).port(4789)))
                })
                .await?;
            let index = handle.links().index("vx").await?;
            for last in [1, 2] {
                let request = Neighbour::append()
                    .family(Family::BRIDGE)
                    .index(index)
                    .flags(NeighbourFlags::SELF)
                    .state(NeighbourState::PERMANENT)
                    .address(netlane_wire::typed::Mac([0; 6]).into())
                    .destination([198, 51, 100, last].into())
                    .port(5000)
                    .vni(99);
                handle.call(&request).await?;
            }
            let entries = all(handle.neighbours().forwarding()).await?;
            let mut ends = Vec::new();
            for entry in &entries {
                let entry = entry.view();
                if entry.index() == index {
                    assert_eq!(entry.port()?, Some(5000));
                    assert_eq!(entry.vni()?, Some(99));
                    ends.push(entry.destination()?.unwrap());
                }
            }
            ends.sort();
            assert_eq!(
                ends,
                [1, 2].map(|last| std::net::IpAddr::from([198, 51, 100, last]))
            );
            Ok(())
        });
    });
}

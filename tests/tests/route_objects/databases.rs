//! What is neither link, address, route, neighbour nor rule: ids, settings, statistics, labels and bridges' databases.

use std::os::fd::{AsFd, AsRawFd};

use netlane::{Error, Handle};
use netlane_route::{
    AddressLabel, Family, InetSetting, Mdb, MdbChange, MdbEntry, NeighbourTable, NetConf, NetnsId,
    RouteHandle, Stats, StatsFilter, Tunnel,
};
use netlane_testkit::{NetworkNamespace, in_namespace};

use crate::common::{EEXIST, all, errno, pair, run};

#[test]
fn a_namespace_gets_an_id() {
    in_namespace(|| {
        let other = NetworkNamespace::new().unwrap();
        run(async |handle| {
            let fd = u32::try_from(other.as_fd().as_raw_fd()).unwrap();
            let ask = || NetnsId::get().fd(fd);
            assert_eq!(handle.call(&ask()).await?.view().id()?, Some(-1));
            let add = || NetnsId::add().fd(fd).id(17);
            handle.call(&add()).await?;
            assert_eq!(errno(handle.call(&add()).await), Some(EEXIST));
            assert_eq!(handle.call(&ask()).await?.view().id()?, Some(17));
            let ids = all(handle.list(&NetnsId::dump())).await?;
            assert_eq!(ids.len(), 1);
            assert_eq!(ids[0].view().id()?, Some(17));
            Ok(())
        });
    });
}

#[test]
fn settings_of_a_link_are_told() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            handle
                .links()
                .set(index, |link| {
                    link.families(|families| {
                        families.inet(|inet| inet.conf(&[(InetSetting::FORWARDING, 1)]))
                    })
                })
                .await?;
            let ask = |index| NetConf::get().family(Family::INET).index(index);
            let index = i32::try_from(index).unwrap();
            let found = handle.call(&ask(index)).await?;
            assert_eq!(found.view().index()?, Some(index));
            assert_eq!(found.view().forwarding()?, Some(1));
            let default = handle.call(&ask(NetConf::DEFAULT)).await?;
            assert_eq!(default.view().forwarding()?, Some(0));
            let list = all(handle.list(&NetConf::dump().family(Family::INET))).await?;
            // Besides the links, all and the default.
            let links = all(handle.links().list()).await?;
            assert_eq!(list.len(), links.len() + 2);
            Ok(())
        });
    });
}

#[test]
fn statistics_are_asked_for_by_kind() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let request = Stats::get().index(index).filter(StatsFilter::LINK);
            let stats = handle.call(&request).await?;
            assert_eq!(stats.view().index(), index);
            let counted = stats.view().link()?.unwrap().value();
            let link = handle.links().get(index).await?;
            assert!(link.view().stats64()?.unwrap().tx_packets >= counted.tx_packets);
            let list = all(handle.list(&Stats::dump().filter(StatsFilter::LINK))).await?;
            let links = all(handle.links().list()).await?;
            assert_eq!(list.len(), links.len());
            Ok(())
        });
    });
}

#[test]
fn a_prefix_is_labelled() {
    in_namespace(|| {
        run(async |handle| {
            let prefix = "2001:db8::".parse().unwrap();
            let request = AddressLabel::add()
                .family(Family::INET6)
                .prefix_len(32)
                .address(prefix)
                .label(77);
            handle.call(&request).await?;
            let request = AddressLabel::get()
                .family(Family::INET6)
                .prefix_len(128)
                .address("2001:db8::5".parse().unwrap());
            assert_eq!(handle.call(&request).await?.view().label()?, Some(77));
            let before = all(handle.list(&AddressLabel::dump().family(Family::INET6)))
                .await?
                .len();
            let request = AddressLabel::delete()
                .family(Family::INET6)
                .prefix_len(32)
                .address(prefix)
                .label(77);
            handle.call(&request).await?;
            let after = all(handle.list(&AddressLabel::dump().family(Family::INET6)))
                .await?
                .len();
            assert_eq!(after, before - 1);
            Ok(())
        });
    });
}

#[test]
fn tables_of_neighbours_have_times() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let request = NeighbourTable::set()
                .family(Family::INET)
                .name("arp_cache")
                .parameters(|times| times.index(index).base_reachable_time(45_000).app_probes(3));
            handle.call(&request).await?;
            let tables = all(handle.list(&NeighbourTable::dump().family(Family::INET))).await?;
            let times = tables
                .iter()
                .filter_map(|table| table.view().parameters().ok().flatten())
                .find(|times| times.index() == Ok(Some(index)))
                .unwrap();
            assert_eq!(times.base_reachable_time()?, Some(45_000));
            assert_eq!(times.app_probes()?, Some(3));
            let table = tables
                .iter()
                .map(|table| table.view())
                .find(|table| table.config().is_ok_and(|config| config.is_some()))
                .unwrap();
            assert_eq!(table.name()?, Some("arp_cache"));
            assert_eq!(table.config()?.unwrap().key_len, 4);
            assert!(table.stats()?.is_some());
            Ok(())
        });
    });
}

/// Port and state of each entry of the group 239.1.1.1; hosts join others by themselves.
async fn ours(handle: &Handle) -> Result<Vec<(u32, u8)>, Error> {
    let databases = all(handle.list(&Mdb::dump().family(Family::BRIDGE))).await?;
    let mut found = Vec::new();
    for database in &databases {
        let Some(groups) = database.view().groups()? else {
            continue;
        };
        for group in groups.entries() {
            for port in group?.ports() {
                let entry = *port?.header();
                if entry.address.bytes().starts_with(&[239, 1, 1, 1]) {
                    found.push((entry.index, entry.state));
                }
            }
        }
    }
    Ok(found)
}

#[test]
fn groups_of_a_bridge_are_added_read_back_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (port, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            links
                .add(|link| {
                    link.name("br")
                        .up()
                        .info(|info| info.bridge(|bridge| bridge))
                })
                .await?;
            let bridge = links.index("br").await?;
            links.set(port, |link| link.master(bridge)).await?;

            let mut group = [0; 16];
            group[..4].copy_from_slice(&[239, 1, 1, 1]);
            let entry = MdbEntry {
                index: port,
                state: 1,
                address: group.into(),
                protocol: 0x0800,
                ..Default::default()
            };
            let add = || {
                MdbChange::add()
                    .family(Family::BRIDGE)
                    .index(bridge)
                    .entry(entry)
            };
            handle.call(&add()).await?;
            assert_eq!(errno(handle.call(&add()).await), Some(EEXIST));
            assert_eq!(ours(&handle).await?, [(port, 1)]);
            let request = MdbChange::delete()
                .family(Family::BRIDGE)
                .index(bridge)
                .entry(entry);
            handle.call(&request).await?;
            assert_eq!(ours(&handle).await?, []);
            Ok(())
        });
    });
}

#[test]
fn a_vxlan_takes_listed_identifiers() {
    in_namespace(|| {
        run(async |handle| {
            handle
                .links()
                .add(|link| {
                    link.name("vx").info(|info| {
                        info.vxlan(|vxlan| vxlan.port(4789).collect_metadata(true).vni_filter(true))
                    })
                })
                .await?;
            let index = handle.links().index("vx").await?;
            let tunnel = |first, last| {
                Tunnel::add()
                    .family(Family::BRIDGE)
                    .index(index)
                    .entries(move |entry| entry.first(first).last(last))
            };
            handle.call(&tunnel(10, 12)).await?;
            let request = || Tunnel::dump().family(Family::BRIDGE).index(index);
            let list = all(handle.list(&request())).await?;
            let mut ranges = Vec::new();
            for entry in list.iter().flat_map(|tunnel| tunnel.view().entries()) {
                let entry = entry?;
                ranges.push((entry.first()?, entry.last()?));
            }
            assert_eq!(ranges, [(Some(10), Some(12))]);
            let request = Tunnel::delete()
                .family(Family::BRIDGE)
                .index(index)
                .entries(|entry| entry.first(11));
            handle.call(&request).await
        });
    });
}

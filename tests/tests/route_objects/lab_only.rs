//! What only the lab's kernels have of links and bridges: dummy, VLAN, bond, VRF, and VLANs of bridges.

use netlane::{Error, Handle};
use netlane_route::{
    AfSpecView, BondMiiStatus, BondMode, BondPortState, BridgeVlan, BridgeVlanFlags, Event,
    ExtMask, Family, Group, Link, LinkDataView, PortDataView, RouteHandle, VlanDb, VlanDbFilter,
    VlanDumpFlags, VlanFlagChange, VlanFlags, VlanProtocol, VlanQosMapping, Watched,
};
use netlane_testkit::in_namespace;

use crate::common::{all, mac, pair, run};

#[test]
fn a_dummy_is_created_read_back_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let links = handle.links();
            links
                .add(|link| link.name("d0").info(|info| info.dummy()))
                .await?;
            let link = links.get("d0").await?;
            assert_eq!(link.view().info()?.unwrap().kind()?, Some("dummy"));
            links.delete("d0").await
        });
    });
}

#[test]
fn a_vlan_is_created_read_back_changed_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (lower, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            let flags = VlanFlagChange {
                flags: VlanFlags::LOOSE_BINDING,
                mask: VlanFlags::LOOSE_BINDING,
            };
            let mapping = |from, to| VlanQosMapping { from, to };
            links
                .add(|link| {
                    link.name("a.5").link(lower).info(|info| {
                        info.vlan(|vlan| {
                            vlan.id(5)
                                .protocol(VlanProtocol::DOT1AD)
                                .flags(flags)
                                .egress_qos(|qos| {
                                    qos.mappings(mapping(1, 2)).mappings(mapping(3, 4))
                                })
                        })
                    })
                })
                .await?;
            let link = links.get("a.5").await?;
            assert_eq!(link.view().link()?, Some(lower));
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Vlan(vlan)) = info.data()? else {
                panic!("not a VLAN: {info:?}");
            };
            assert_eq!(vlan.id()?, Some(5));
            assert_eq!(vlan.protocol()?, Some(VlanProtocol::DOT1AD));
            let read = vlan.flags()?.unwrap().flags;
            assert!(read.contains(VlanFlags::LOOSE_BINDING), "{read:?}");
            let egress = vlan.egress_qos()?.unwrap();
            let egress: Vec<_> = egress
                .mappings()
                .map(|mapping| mapping.map(|mapping| mapping.value()))
                .collect::<Result<_, _>>()?;
            assert_eq!(egress, [mapping(1, 2), mapping(3, 4)]);

            let off = VlanFlagChange {
                flags: VlanFlags::empty(),
                ..flags
            };
            links
                .set("a.5", |link| {
                    link.info(|info| info.vlan(|vlan| vlan.flags(off)))
                })
                .await?;
            let link = links.get("a.5").await?;
            let info = link.view().info()?.unwrap();
            assert!(
                matches!(info.data()?, Some(LinkDataView::Vlan(v)) if !v.flags()?.unwrap().flags.contains(VlanFlags::LOOSE_BINDING))
            );
            links.delete("a.5").await
        });
    });
}

#[test]
fn a_bond_and_its_port_read_back() {
    in_namespace(|| {
        run(async |handle| {
            let links = handle.links();
            links
                .add(|link| {
                    link.name("bo").info(|info| {
                        info.bond(|bond| {
                            bond.mode(BondMode::ACTIVE_BACKUP)
                                .arp_interval(500)
                                .arp_targets([[192, 0, 2, 1].into(), [192, 0, 2, 2].into()])
                        })
                    })
                })
                .await?;
            let bond = links.index("bo").await?;
            let (port, _) = pair(&handle, "a", "b").await?;
            links.down(port).await?;
            links.set(port, |link| link.master(bond)).await?;
            links.up("bo").await?;

            let link = links.get("bo").await?;
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Bond(data)) = info.data()? else {
                panic!("not a bond: {info:?}");
            };
            assert_eq!(data.mode()?, Some(BondMode::ACTIVE_BACKUP));
            assert_eq!(data.arp_interval()?, Some(500));
            let targets: Vec<_> = data.arp_targets().collect::<Result<_, _>>()?;
            assert_eq!(
                targets,
                [1, 2].map(|last| std::net::Ipv4Addr::new(192, 0, 2, last))
            );

            let link = links.get(port).await?;
            assert_eq!(link.view().master()?, Some(bond));
            let info = link.view().info()?.unwrap();
            let Some(PortDataView::BondPort(data)) = info.port_data()? else {
                panic!("not a port: {info:?}");
            };
            assert!(matches!(
                data.state()?,
                Some(BondPortState::ACTIVE | BondPortState::BACKUP)
            ));
            assert!(matches!(
                data.mii_status()?,
                Some(BondMiiStatus::UP | BondMiiStatus::DOWN)
            ));
            assert!(data.permanent_address()?.is_some());
            links
                .set(port, |link| {
                    link.info(|info| info.bond_port(|port| port.queue(1)))
                })
                .await?;
            links.set(port, |link| link.master(0)).await?;
            links.delete("bo").await
        });
    });
}

#[test]
fn a_bond_by_lacp_tells_of_its_aggregator() {
    in_namespace(|| {
        run(async |handle| {
            let links = handle.links();
            links
                .add(|link| {
                    link.name("bo").info(|info| {
                        info.bond(|bond| {
                            bond.mode(BondMode::IEEE8023AD)
                                .miimon(100)
                                .lacp_rate(1)
                                .ad_actor_system(mac(9))
                        })
                    })
                })
                .await?;
            let link = links.get("bo").await?;
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Bond(bond)) = info.data()? else {
                panic!("not a bond: {info:?}");
            };
            assert_eq!((bond.miimon()?, bond.lacp_rate()?), (Some(100), Some(1)));
            assert_eq!(bond.ad_actor_system()?, Some(mac(9)));
            links.delete("bo").await
        });
    });
}

#[test]
fn a_vrf_has_a_table_and_ports() {
    in_namespace(|| {
        run(async |handle| {
            let (port, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            links
                .add(|link| {
                    link.name("red")
                        .info(|info| info.vrf(|vrf| vrf.table(1001)))
                })
                .await?;
            let vrf = links.index("red").await?;
            links.set(port, |link| link.master(vrf)).await?;
            let link = links.get("red").await?;
            let info = link.view().info()?.unwrap();
            assert!(matches!(info.data()?, Some(LinkDataView::Vrf(v)) if v.table()? == Some(1001)));
            let link = links.get(port).await?;
            let info = link.view().info()?.unwrap();
            assert!(
                matches!(info.port_data()?, Some(PortDataView::VrfPort(p)) if p.table()? == Some(1001))
            );
            links.delete("red").await
        });
    });
}

/// A bridge that tells VLANs apart, with a port: their indices.
async fn bridge(handle: &Handle) -> Result<(u32, u32), Error> {
    let (port, _) = pair(handle, "a", "b").await?;
    let links = handle.links();
    links
        .add(|link| {
            link.name("br")
                .up()
                .info(|info| info.bridge(|bridge| bridge.vlan_filtering(true).vlan_default_pvid(1)))
        })
        .await?;
    let bridge = links.index("br").await?;
    links.set(port, |link| link.master(bridge)).await?;
    Ok((bridge, port))
}

#[test]
fn vlans_of_a_port_are_added_read_back_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (_, port) = bridge(&handle).await?;
            let vlan = |vid, flags| BridgeVlan { flags, vid };
            let tagged = BridgeVlanFlags::empty();
            let own = BridgeVlanFlags::PVID | BridgeVlanFlags::UNTAGGED;
            let change = Link::modify().index(port).bridge_families(|spec| {
                spec.vlans(vlan(10, own))
                    .vlans(vlan(20, BridgeVlanFlags::RANGE_BEGIN))
                    .vlans(vlan(22, BridgeVlanFlags::RANGE_END))
            });
            handle.call(&change).await?;
            assert_eq!(
                vlans(&handle, port).await?,
                [
                    vlan(1, BridgeVlanFlags::UNTAGGED),
                    vlan(10, own),
                    vlan(20, tagged),
                    vlan(21, tagged),
                    vlan(22, tagged),
                ]
            );
            let change = Link::delete()
                .index(port)
                .bridge_families(|spec| spec.vlans(vlan(1, tagged)).vlans(vlan(21, tagged)));
            handle.call(&change).await?;
            let left = vlans(&handle, port).await?;
            let left: Vec<u16> = left.iter().map(|vlan| vlan.vid).collect();
            assert_eq!(left, [10, 20, 22]);
            Ok(())
        });
    });
}

async fn vlans(handle: &Handle, port: u32) -> Result<Vec<BridgeVlan>, Error> {
    let request = Link::dump()
        .family(Family::BRIDGE)
        .ext_mask(ExtMask::BRIDGE_VLAN);
    let links = all(handle.list(&request)).await?;
    let mut views = links.iter().map(|link| link.view());
    let view = views.find(|link| link.index() == port).unwrap();
    let Some(AfSpecView::BridgeFamilies(spec)) = view.af_spec()? else {
        panic!("no VLANs: {view:?}");
    };
    let vlans = spec.vlans().map(|vlan| vlan.map(|vlan| vlan.value()));
    Ok(vlans.collect::<Result<_, _>>()?)
}

#[test]
fn the_database_of_vlans_has_counters_and_tells_changes() {
    in_namespace(|| {
        run(async |handle| {
            use futures::{FutureExt, StreamExt};
            let (_, port) = bridge(&handle).await?;
            let mut watch = handle.watch([Group::BRIDGE_VLAN]).await?;
            let info = BridgeVlan {
                flags: BridgeVlanFlags::empty(),
                vid: 30,
            };
            let request = VlanDb::set()
                .family(Family::BRIDGE)
                .index(port)
                .entries(|entry| entry.info(info).range_end(32));
            handle.call(&request).await?;
            let request = VlanDbFilter::dump()
                .family(Family::BRIDGE)
                .index(port)
                .flags(VlanDumpFlags::STATS);
            let found = all(handle.list(&request)).await?;
            assert_eq!(found.len(), 1);
            let mut vids = Vec::new();
            for entry in found[0].view().entries() {
                let entry = entry?;
                assert!(entry.stats()?.unwrap().rx_packets()?.is_some());
                vids.push(entry.info()?.unwrap().vid);
            }
            assert_eq!(vids, [1, 30, 31, 32]);
            watch.barrier().await?;
            let told = watch.next().now_or_never().flatten();
            assert!(
                matches!(&told, Some(Ok(Watched::Event(Event::NewVlan(vlans)))) if vlans.view().index() == port),
                "{told:?}"
            );
            Ok(())
        });
    });
}

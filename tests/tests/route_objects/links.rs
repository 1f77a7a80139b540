//! Links and their kinds.

use netlane_route::{
    AfSpecView, ExtMask, Inet6AddrGenMode, InetSetting, Link, LinkDataView, LinkFlags, LinkType,
    MacvlanMacMode, MacvlanMode, OperState, RouteHandle, VxlanDf, VxlanPortRange,
};
use netlane_testkit::{NetworkNamespace, in_namespace};
use std::os::fd::AsFd as _;
use std::os::fd::AsRawFd as _;

use crate::common::{EEXIST, EINVAL, ENODEV, all, errno, mac, pair, run};

#[test]
fn a_veth_pair_is_created_read_back_changed_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let links = handle.links();
            let request = |link: netlane_route::LinkBuilder<_>| {
                link.name("va")
                    .mtu(1400)
                    .address(mac(1).into())
                    .tx_queue_len(77)
                    .group(5)
                    .info(|info| {
                        info.veth(|veth| {
                            veth.peer(|peer| peer.name("vb").mtu(1300).address(mac(2).into()))
                        })
                    })
            };
            links.add(request).await?;
            assert_eq!(errno(links.add(request).await), Some(EEXIST));

            let (a, b) = (links.get("va").await?, links.get("vb").await?);
            let (a, b) = (a.view(), b.view());
            assert_eq!(a.name()?, Some("va"));
            assert_eq!(a.kind(), LinkType::ETHER);
            assert_eq!((a.mtu()?, b.mtu()?), (Some(1400), Some(1300)));
            assert_eq!(a.address()?, Some(mac(1).into()));
            assert_eq!(b.address()?, Some(mac(2).into()));
            assert_eq!((a.link()?, b.link()?), (Some(b.index()), Some(a.index())));
            assert_eq!((a.tx_queue_len()?, a.group()?), (Some(77), Some(5)));
            assert_eq!(a.operstate()?, Some(OperState::DOWN));
            assert_eq!(a.carrier()?, Some(false));
            assert!(!a.flags().contains(LinkFlags::UP));
            assert_eq!(a.info()?.unwrap().kind()?, Some("veth"));
            assert_eq!(a.qdisc()?, Some("noop"));
            assert!(a.stats64()?.unwrap().rx_packets == 0 && a.stats()?.is_some());
            assert_eq!(a.min_mtu()?, Some(68));

            links.up("va").await?;
            links.up("vb").await?;
            links
                .set("va", |link| link.mtu(1500).alias("to b").name("vc"))
                .await
                .unwrap_err(); // Named twice: by the id and by the change.
            let index = a.index();
            links
                .set(index, |link| link.mtu(1500).alias("to b"))
                .await?;
            let changed = links.get(index).await?;
            let changed = changed.view();
            assert_eq!(changed.mtu()?, Some(1500));
            assert_eq!(changed.alias()?, Some("to b"));
            assert!(
                changed
                    .flags()
                    .contains(LinkFlags::UP | LinkFlags::LOWER_UP)
            );
            assert_eq!(changed.operstate()?, Some(OperState::UP));
            assert_eq!(changed.carrier()?, Some(true));

            links.down("va").await?;
            links.set(index, |link| link.name("renamed")).await?;
            assert_eq!(links.index("renamed").await?, index);
            links.delete("renamed").await?;
            assert_eq!(errno(links.get(index).await), Some(ENODEV));
            assert_eq!(errno(links.get("vb").await), Some(ENODEV));
            Ok(())
        });
    });
}

#[test]
fn a_link_has_further_names() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let long = "a-name-that-is-longer-than-fifteen-bytes";
            let names = Link::add_properties()
                .index(index)
                .properties(|names| names.alternative_names(long).alternative_names("other"));
            handle.call(&names).await?;
            let link = handle.links().get(long).await?;
            assert_eq!(link.view().index(), index);
            let list = link.view().properties()?.unwrap();
            let mut found: Vec<&str> = list.alternative_names().collect::<Result<_, _>>()?;
            found.sort_unstable();
            assert_eq!(found, [long, "other"]);
            let gone = Link::delete_properties()
                .index(index)
                .properties(|names| names.alternative_names(long));
            handle.call(&gone).await?;
            assert_eq!(errno(handle.links().get(long).await), Some(ENODEV));
            Ok(())
        });
    });
}

#[test]
fn a_macvlan_is_created_read_back_changed_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (lower, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            links
                .add(|link| {
                    link.name("mv").link(lower).info(|info| {
                        info.macvlan(|macvlan| {
                            macvlan
                                .mode(MacvlanMode::SOURCE)
                                .source_mode(MacvlanMacMode::SET)
                                .sources(|list| list.address(mac(7)).address(mac(8)))
                        })
                    })
                })
                .await?;
            let link = links.get("mv").await?;
            assert_eq!(link.view().link()?, Some(lower));
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Macvlan(macvlan)) = info.data()? else {
                panic!("not a macvlan: {info:?}");
            };
            assert_eq!(macvlan.mode()?, Some(MacvlanMode::SOURCE));
            assert_eq!(macvlan.source_count()?, Some(2));
            let mut sources: Vec<_> = macvlan
                .sources()?
                .unwrap()
                .address()
                .collect::<Result<_, _>>()?;
            sources.sort();
            assert_eq!(sources, [mac(7), mac(8)]);

            links
                .set("mv", |link| {
                    link.info(|info| info.macvlan(|macvlan| macvlan.mode(MacvlanMode::VEPA)))
                })
                .await?;
            let link = links.get("mv").await?;
            let info = link.view().info()?.unwrap();
            assert!(
                matches!(info.data()?, Some(LinkDataView::Macvlan(m)) if m.mode()? == Some(MacvlanMode::VEPA))
            );
            links.delete("mv").await?;
            assert_eq!(errno(links.get("mv").await), Some(ENODEV));
            Ok(())
        });
    });
}

#[test]
fn a_macvtap_is_created_read_back_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (lower, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            links
                .add(|link| {
                    link.name("mt")
                        .link(lower)
                        .info(|info| info.macvtap(|macvtap| macvtap.mode(MacvlanMode::BRIDGE)))
                })
                .await?;
            let link = links.get("mt").await?;
            let info = link.view().info()?.unwrap();
            assert!(
                matches!(info.data()?, Some(LinkDataView::Macvtap(m)) if m.mode()? == Some(MacvlanMode::BRIDGE))
            );
            links.delete("mt").await
        });
    });
}

#[test]
fn a_vxlan_is_created_read_back_changed_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (lower, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            let range = VxlanPortRange {
                low: 40000,
                high: 50000,
            };
            links
                .add(|link| {
                    link.name("vx").info(|info| {
                        info.vxlan(|vxlan| {
                            vxlan
                                .id(0xabcde)
                                .link(lower)
                                .group([239, 1, 1, 1].into())
                                .local([192, 0, 2, 1].into())
                                .port(4789)
                                .port_range(range)
                                .ttl(5)
                                .learning(false)
                                .ageing(120)
                                .limit(10)
                                .df(VxlanDf::SET)
                                .udp_csum(true)
                                .gbp()
                        })
                    })
                })
                .await?;
            let link = links.get("vx").await?;
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Vxlan(vxlan)) = info.data()? else {
                panic!("not a vxlan: {info:?}");
            };
            assert_eq!(vxlan.id()?, Some(0xabcde));
            assert_eq!(vxlan.link()?, Some(lower));
            assert_eq!(vxlan.group()?, Some([239, 1, 1, 1].into()));
            assert_eq!(vxlan.local()?, Some([192, 0, 2, 1].into()));
            assert_eq!(vxlan.port()?, Some(4789));
            assert_eq!(vxlan.port_range()?.unwrap().value(), range);
            assert_eq!((vxlan.ttl()?, vxlan.tos()?), (Some(5), Some(0)));
            assert_eq!(vxlan.ttl_inherit()?, Some(false));
            assert_eq!(vxlan.learning()?, Some(false));
            assert_eq!((vxlan.ageing()?, vxlan.limit()?), (Some(120), Some(10)));
            assert_eq!(vxlan.df()?, Some(VxlanDf::SET));
            assert_eq!(vxlan.udp_csum()?, Some(true));
            assert!(vxlan.gbp()? && !vxlan.gpe()?);

            links
                .set("vx", |link| {
                    link.info(|info| info.vxlan(|vxlan| vxlan.ageing(60).learning(true)))
                })
                .await?;
            let link = links.get("vx").await?;
            let info = link.view().info()?.unwrap();
            assert!(
                matches!(info.data()?, Some(LinkDataView::Vxlan(v)) if v.ageing()? == Some(60) && v.learning()? == Some(true))
            );
            links.delete("vx").await?;

            links
                .add(|link| {
                    link.name("vx6").info(|info| {
                        info.vxlan(|vxlan| {
                            vxlan
                                .id(7)
                                .local6("2001:db8::1".parse().unwrap())
                                .group6("2001:db8::2".parse().unwrap())
                                .port(4789)
                                .ttl_inherit(())
                                .label(0x12345)
                        })
                    })
                })
                .await?;
            let link = links.get("vx6").await?;
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Vxlan(vxlan)) = info.data()? else {
                panic!("not a vxlan: {info:?}");
            };
            assert_eq!(vxlan.group6()?, "2001:db8::2".parse().ok());
            assert_eq!(vxlan.label()?, Some(0x12345));
            assert_eq!(vxlan.ttl_inherit()?, Some(true));
            links.delete("vx6").await
        });
    });
}

#[test]
fn an_ifb_is_created_read_back_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let links = handle.links();
            links
                .add(|link| {
                    link.name("shape")
                        .tx_queues(2)
                        .rx_queues(2)
                        .info(|info| info.ifb())
                })
                .await?;
            let link = links.get("shape").await?;
            assert_eq!(link.view().tx_queues()?, Some(2));
            assert_eq!(link.view().info()?.unwrap().kind()?, Some("ifb"));
            assert!(link.view().flags().contains(LinkFlags::NO_ARP));
            links.delete("shape").await
        });
    });
}

#[test]
fn address_families_have_settings() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            handle
                .links()
                .set(index, |link| {
                    link.families(|families| {
                        families
                            .inet(|inet| {
                                inet.conf(&[
                                    (InetSetting::FORWARDING, 1),
                                    (InetSetting::RP_FILTER, 2),
                                ])
                            })
                            .inet6(|inet6| inet6.addr_gen_mode(Inet6AddrGenMode::NONE))
                    })
                })
                .await?;
            let link = handle.links().get(index).await?;
            let Some(AfSpecView::Families(families)) = link.view().af_spec()? else {
                panic!("no families: {link:?}");
            };
            let conf: Vec<u32> = families.inet()?.unwrap().conf()?.unwrap().collect();
            let setting = |number: InetSetting| conf[usize::from(number.0) - 1];
            assert_eq!(setting(InetSetting::FORWARDING), 1);
            assert_eq!(setting(InetSetting::RP_FILTER), 2);
            let inet6 = families.inet6()?.unwrap();
            assert_eq!(inet6.addr_gen_mode()?, Some(Inet6AddrGenMode::NONE));
            assert!(inet6.conf()?.unwrap().len() > 40);
            assert!(inet6.cache()?.unwrap().reachable_time > 0);
            // The kernel puts the number of counters first.
            let counters: Vec<u64> = inet6.stats()?.unwrap().collect();
            assert_eq!(counters.len(), usize::try_from(counters[0]).unwrap());
            Ok(())
        });
    });
}

#[test]
fn links_are_dumped_as_the_kernel_filters_them() {
    in_namespace(|| {
        run(async |handle| {
            let (a, _) = pair(&handle, "a", "b").await?;
            let links = handle.links();
            links
                .add(|link| link.name("br").info(|info| info.bridge(|bridge| bridge)))
                .await?;
            let bridge = links.index("br").await?;
            links.set(a, |link| link.master(bridge)).await?;

            // Some kernels put tunnels into each new namespace.
            let everything = all(links.list()).await?;
            let named = |name| move |link: &&Link| link.view().name() == Ok(Some(name));
            for name in ["lo", "a", "b", "br"] {
                assert_eq!(everything.iter().filter(named(name)).count(), 1, "{name}");
            }
            let ports = all(handle.list(&Link::dump().master(bridge))).await?;
            let ports: Vec<u32> = ports.iter().map(|link| link.view().index()).collect();
            assert_eq!(ports, [a]);
            let veths = all(handle.list(&Link::dump().info(|info| info.kind("veth")))).await?;
            assert_eq!(veths.len(), 2);
            let brief = all(handle.list(&Link::dump().ext_mask(ExtMask::SKIP_STATS))).await?;
            for link in &brief {
                let Some(AfSpecView::Families(families)) = link.view().af_spec()? else {
                    panic!("no families: {link:?}");
                };
                assert_eq!(
                    families.inet6()?.unwrap().stats()?.map(|stats| stats.len()),
                    None
                );
            }
            // Strict checking: a filter that the kernel does not have is refused.
            let refused = all(handle.list(&Link::dump().mtu(1500))).await;
            assert_eq!(errno(refused), Some(EINVAL));
            Ok(())
        });
    });
}

#[test]
fn a_link_moves_to_another_namespace() {
    in_namespace(|| {
        let there = NetworkNamespace::new().unwrap();
        run(async |handle| {
            let (a, b) = pair(&handle, "a", "b").await?;
            let fd = u32::try_from(there.as_fd().as_raw_fd()).unwrap();
            handle.links().set(b, |link| link.netns_fd(fd)).await?;
            assert_eq!(errno(handle.links().get("b").await), Some(ENODEV));
            let link = handle.links().get(a).await?;
            let id = link.view().link_netns_id()?.unwrap();
            assert!(id >= 0, "the namespace has got an id");
            assert_eq!(link.view().link()?, Some(b));

            // And is asked there, by that id.
            let request = Link::get().index(b).target_netns_id(id);
            let moved = handle.call(&request).await?;
            assert_eq!(moved.view().name()?, Some("b"));
            Ok(())
        });
        there.run(|| {
            run(async |handle| {
                let link = handle.links().get("b").await?;
                assert!(link.view().link_netns_id()?.is_some());
                Ok(())
            });
        });
    });
}

#[test]
fn a_refusal_names_the_attribute() {
    in_namespace(|| {
        run(async |handle| {
            let ifla_mtu = 4;
            let request = Link::set().index(1).attribute(ifla_mtu, &[1, 2]);
            let error = handle.call(&request).await.unwrap_err();
            assert!(error.to_string().contains("link.mtu"), "{error}");
            Ok(())
        });
    });
}

#[test]
fn a_refusal_names_the_attribute_at_fault_and_the_kernels_words() {
    in_namespace(|| {
        run(async |handle| {
            let add = handle.links().add(|link| {
                link.name("vx0")
                    .info(|info| info.vxlan(|vxlan| vxlan.id(1 << 24)))
            });
            let error = add.await.unwrap_err();
            assert!(error.is_refused(), "{error}");
            assert_eq!(error.attribute(), Some("link.info.data.id"), "{error}");
            let text = error.to_string();
            assert!(text.contains("link.info.data.id: "), "{text}");

            // What the kernel says without pointing at an attribute is told as it is.
            let add = handle
                .links()
                .add(|link| link.info(|info| info.kind("no_such_kind")));
            let error = add.await.unwrap_err();
            assert!(error.to_string().contains("Unknown device type"), "{error}");
            Ok(())
        });
    });
}

//! Nexthop objects and groups.

use netlane_route::{Family, Nexthop, NexthopGroupKind, NexthopMember, RouteHandle, RouteProtocol};
use netlane_testkit::in_namespace;

use crate::common::{EEXIST, ENOENT, all, errno, pair, run};

fn member(id: u32, weight: u8) -> NexthopMember {
    NexthopMember {
        id,
        weight,
        ..Default::default()
    }
}

#[test]
fn nexthops_and_groups_are_added_used_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            handle.addresses().add(index, [192, 0, 2, 1], 24).await?;
            let nexthops = handle.nexthops();
            for (id, last) in [(1, 2), (2, 3)] {
                nexthops
                    .add(|nexthop| {
                        nexthop
                            .id(id)
                            .family(Family::INET)
                            .protocol(RouteProtocol::ZEBRA)
                            .output(index)
                            .gateway([192, 0, 2, last].into())
                    })
                    .await?;
            }
            let group = |nexthop: netlane_route::NexthopBuilder<_>| {
                nexthop.id(10).group(&[member(1, 0), member(2, 4)])
            };
            nexthops.add(group).await?;
            assert_eq!(errno(nexthops.add(group).await), Some(EEXIST));

            let one = nexthops.get(1).await?;
            let one = one.view();
            assert_eq!(one.gateway()?, Some([192, 0, 2, 2].into()));
            assert_eq!(one.output()?, Some(index));
            assert_eq!(one.protocol(), RouteProtocol::ZEBRA);
            let found = nexthops.get(10).await?;
            let members: Vec<_> = found.view().group()?.unwrap().collect();
            assert_eq!(members, [member(1, 0), member(2, 4)]);
            assert_eq!(found.view().group_kind()?, Some(NexthopGroupKind::MPATH));

            let groups = all(handle.list(&Nexthop::dump().groups_only())).await?;
            assert_eq!(groups.len(), 1);
            let on_link = all(handle.list(&Nexthop::dump().output(index))).await?;
            assert_eq!(on_link.len(), 2);

            handle
                .routes()
                .add([10, 0, 0, 0], 8, |route| route.nexthop_id(10))
                .await?;
            let route = handle.routes().to([10, 0, 0, 1]).await?;
            assert_eq!(route.view().output()?, Some(index));

            let change = Nexthop::put().id(10).group(&[member(2, 0)]);
            handle.call(&change).await?;
            let found = nexthops.get(10).await?;
            assert_eq!(found.view().group()?.unwrap().len(), 1);
            nexthops.delete(10).await?;
            assert_eq!(errno(nexthops.get(10).await), Some(ENOENT));
            // The routes went with it.
            assert!(handle.routes().to([10, 0, 0, 1]).await.is_err());
            Ok(())
        });
    });
}

#[test]
fn a_resilient_group_has_buckets() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            handle.addresses().add(index, [192, 0, 2, 1], 24).await?;
            let nexthops = handle.nexthops();
            nexthops
                .add(|nexthop| {
                    nexthop
                        .id(1)
                        .family(Family::INET)
                        .output(index)
                        .gateway([192, 0, 2, 2].into())
                })
                .await?;
            nexthops
                .add(|nexthop| {
                    nexthop
                        .id(2)
                        .group(&[member(1, 0)])
                        .group_kind(NexthopGroupKind::RESILIENT)
                        .resilient(|group| group.buckets(8).idle_timer(6000).unbalanced_timer(9000))
                })
                .await?;
            let group = nexthops.get(2).await?;
            let settings = group.view().resilient()?.unwrap();
            assert_eq!(settings.buckets()?, Some(8));
            assert_eq!(settings.idle_timer()?, Some(6000));
            assert_eq!(settings.unbalanced_timer()?, Some(9000));
            assert_eq!(settings.unbalanced_time()?, Some(0));

            let buckets = all(handle.list(&Nexthop::dump_buckets().id(2))).await?;
            assert_eq!(buckets.len(), 8);
            for bucket in &buckets {
                let bucket = bucket.view().bucket()?.unwrap();
                assert_eq!(bucket.nexthop_id()?, Some(1));
                assert!(bucket.index()?.unwrap() < 8);
            }
            let request = Nexthop::get_bucket().id(2).bucket(|bucket| bucket.index(3));
            let bucket = handle.call(&request).await?;
            assert_eq!(bucket.view().bucket()?.unwrap().index()?, Some(3));
            Ok(())
        });
    });
}

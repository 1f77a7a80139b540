//! Addresses of links.

use std::net::IpAddr;

use netlane_route::{
    Address, AddressCacheInfo, AddressFlags, AddressProtocol, Family, RouteHandle, Scope,
};
use netlane_testkit::in_namespace;

use crate::common::{EADDRNOTAVAIL, EEXIST, all, errno, pair, run};

#[test]
fn an_ipv4_address_is_added_read_back_changed_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let address = IpAddr::from([192, 0, 2, 1]);
            let lifetime = AddressCacheInfo {
                preferred: 1000,
                valid: 2000,
                ..Default::default()
            };
            let addresses = handle.addresses();
            addresses
                .add_with("a", address, 24, |request| {
                    request
                        .label("a:one")
                        .broadcast([192, 0, 2, 255].into())
                        .cache(lifetime)
                        .scope(Scope::LINK)
                        .route_priority(77)
                        .protocol(AddressProtocol(9))
                })
                .await?;
            assert_eq!(errno(addresses.add("a", address, 24).await), Some(EEXIST));

            let list = all(addresses.of("a").await?).await?;
            let found = list
                .iter()
                .map(|address| address.view())
                .find(|address| address.family() == Family::INET)
                .unwrap();
            assert_eq!(found.index(), index);
            assert_eq!(found.prefix_len(), 24);
            assert_eq!(found.scope(), Scope::LINK);
            assert_eq!(found.local()?, Some(address));
            assert_eq!(found.address()?, Some(address));
            assert_eq!(found.broadcast()?, Some([192, 0, 2, 255].into()));
            assert_eq!(found.label()?, Some("a:one"));
            assert_eq!(found.route_priority()?, Some(77));
            assert_eq!(found.protocol()?, Some(AddressProtocol(9)));
            let cache = found.cache()?.unwrap();
            assert!((990..=1000).contains(&cache.preferred), "{cache:?}");
            assert!((1990..=2000).contains(&cache.valid), "{cache:?}");
            assert!(!found.flags()?.unwrap().contains(AddressFlags::PERMANENT));

            let change = Address::put()
                .family(Family::INET)
                .index(index)
                .prefix_len(24)
                .local(address);
            handle.call(&change).await?;
            let list = all(addresses.of("a").await?).await?;
            let found = list[0].view();
            assert_eq!(found.cache()?.unwrap().valid, AddressCacheInfo::FOREVER);
            assert!(found.flags()?.unwrap().contains(AddressFlags::PERMANENT));

            addresses.delete("a", address, 24).await?;
            let again = addresses.delete("a", address, 24).await;
            assert_eq!(errno(again), Some(EADDRNOTAVAIL));
            Ok(())
        });
    });
}

#[test]
fn an_ipv6_address_is_added_asked_for_and_deleted() {
    in_namespace(|| {
        run(async |handle| {
            let (index, _) = pair(&handle, "a", "b").await?;
            let address: IpAddr = "2001:db8::1".parse().unwrap();
            handle
                .addresses()
                .add_with(index, address, 64, |request| {
                    request.flags(AddressFlags::NO_DAD | AddressFlags::NO_PREFIX_ROUTE)
                })
                .await?;
            let request = Address::get()
                .family(Family::INET6)
                .index(index)
                .address(address);
            let found = handle.call(&request).await?;
            let found = found.view();
            assert_eq!(found.address()?, Some(address));
            assert_eq!(found.prefix_len(), 64);
            assert_eq!(found.scope(), Scope::UNIVERSE);
            let flags = found.flags()?.unwrap();
            assert!(
                flags.contains(AddressFlags::PERMANENT | AddressFlags::NO_PREFIX_ROUTE),
                "{flags:?}"
            );
            assert!(!flags.contains(AddressFlags::TENTATIVE), "{flags:?}");
            handle.addresses().delete(index, address, 64).await
        });
    });
}

#[test]
fn addresses_are_dumped_as_the_kernel_filters_them() {
    in_namespace(|| {
        run(async |handle| {
            let (a, b) = pair(&handle, "a", "b").await?;
            for (link, last) in [(a, 1), (b, 2)] {
                handle.addresses().add(link, [192, 0, 2, last], 24).await?;
            }
            let request = Address::dump().family(Family::INET).index(b);
            let list = all(handle.list(&request)).await?;
            let [only] = list.as_slice() else {
                panic!("not one: {list:?}");
            };
            assert_eq!(only.view().local()?, Some([192, 0, 2, 2].into()));
            // Every link is in these groups.
            let request = Address::dump_multicast().family(Family::INET6);
            let groups = all(handle.list(&request)).await?;
            let all_nodes: IpAddr = "ff02::1".parse().unwrap();
            assert!(
                groups
                    .iter()
                    .any(|group| group.view().multicast() == Ok(Some(all_nodes)))
            );
            let request = Address::dump_anycast().family(Family::INET6);
            assert_eq!(all(handle.list(&request)).await?.len(), 0);
            Ok(())
        });
    });
}

//! What links are told by routers, and which groups and anycast addresses they join: nothing that a request asks for.

use std::fs;
use std::net::{IpAddr, Ipv6Addr, SocketAddrV6};

use futures::StreamExt;
use netlane::Error;
use netlane_route::{AddressFlags, Event, Family, Group, PrefixFlags, RouteHandle, Watch, Watched};
use netlane_testkit::in_namespace;
use rustix::net::{AddressFamily, SendFlags, SocketType, ipproto, sendto, socket, sockopt};

use crate::common::{assert_told, is_since, pair, run, told};

/// Changes a setting of IPv6 in the namespace of the calling thread.
fn set(link: &str, setting: &str, value: &str) {
    let path = format!("/proc/sys/net/ipv6/conf/{link}/{setting}");
    fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
}

#[test]
fn multicast_and_anycast_addresses_are_told() {
    if !is_since(6, 15) {
        return;
    }
    in_namespace(|| {
        run(async |handle| {
            let groups = [
                Group::IPV4_MULTICAST_ADDRESS,
                Group::IPV6_MULTICAST_ADDRESS,
                Group::IPV6_ANYCAST_ADDRESS,
            ];
            let mut watch = handle.watch(groups).await?;
            let (index, _) = pair(&handle, "a", "b").await?;
            let events = told(&mut watch).await?;
            let (v4, v6): (IpAddr, IpAddr) = ([224, 0, 0, 1].into(), "ff02::1".parse().unwrap());
            assert_told!(events, Event::NewMulticast(a) if a.view().multicast() == Ok(Some(v4)) && a.view().index() == index);
            assert_told!(events, Event::NewMulticast(a) if a.view().multicast() == Ok(Some(v6)) && a.view().index() == index);

            // Routers have the anycast address of each of their networks, once their own address is known to be unique.
            set("a", "forwarding", "1");
            let (subnet, ours): (IpAddr, IpAddr) = (
                "2001:db8::".parse().unwrap(),
                "2001:db8::1".parse().unwrap(),
            );
            handle.addresses().add(index, ours, 64).await?;
            wait(
                &mut watch,
                |event| matches!(event, Event::NewAnycast(a) if a.view().anycast() == Ok(Some(subnet))),
            )
            .await?;

            handle.links().delete(index).await?;
            let events = told(&mut watch).await?;
            assert_told!(events, Event::DelMulticast(a) if a.view().multicast() == Ok(Some(v4)));
            assert_told!(events, Event::DelMulticast(a) if a.view().multicast() == Ok(Some(v6)));
            assert_told!(events, Event::DelAnycast(a) if a.view().family() == Family::INET6);
            Ok(())
        });
    });
}

/// A router's advertisement (RFC 4861, 4.2) of a prefix and of a DNS server (RFC 8106, 5.1).
fn advertisement(prefix: Ipv6Addr, server: Ipv6Addr) -> Vec<u8> {
    // Type, code, checksum (the kernel's work), hop limit, flags, lifetime, two timers.
    let mut bytes = vec![134, 0, 0, 0, 64, 0];
    bytes.extend(1800u16.to_be_bytes());
    bytes.extend([0; 8]);
    // Type, length in units of 8 bytes, length of the prefix, on the link and for addresses; lifetimes.
    bytes.extend([3, 4, 64, 0xc0]);
    bytes.extend(3600u32.to_be_bytes());
    bytes.extend(1800u32.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(prefix.octets());
    // Type, length, reserved, lifetime.
    bytes.extend([25, 3, 0, 0]);
    bytes.extend(600u32.to_be_bytes());
    bytes.extend(server.octets());
    bytes
}

/// Says it to everybody on a link, as a neighbour does: with the largest hop limit.
fn advertise(link: u32, bytes: &[u8]) -> rustix::io::Result<()> {
    let socket = socket(AddressFamily::INET6, SocketType::RAW, Some(ipproto::ICMPV6))?;
    sockopt::set_ipv6_multicast_hops(&socket, 255)?;
    let everybody = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    let to = SocketAddrV6::new(everybody, 0, 0, link);
    sendto(&socket, bytes, SendFlags::empty(), &to).map(drop)
}

#[test]
fn prefixes_and_options_of_routers_are_told() {
    in_namespace(|| {
        run(async |handle| {
            let mut addresses = handle.watch([Group::IPV6_ADDRESS]).await?;
            let (hearer, router) = pair(&handle, "a", "b").await?;
            // It hears itself, too.
            set("b", "accept_ra", "0");
            wait(&mut addresses, |event| is_usable(event, router)).await?;
            let groups = [Group::IPV6_PREFIX, Group::ND_USER_OPTION];
            let mut watch = handle.watch(groups).await?;
            let prefix: Ipv6Addr = "2001:db8:77::".parse().unwrap();
            let server: Ipv6Addr = "2001:db8:77::53".parse().unwrap();
            advertise(router, &advertisement(prefix, server)).expect("sent");

            let Event::NewPrefix(found) = next(&mut watch).await? else {
                panic!("the prefix comes first");
            };
            let view = found.view();
            assert_eq!((view.index(), view.prefix_len()), (hearer, 64));
            assert_eq!(view.flags(), PrefixFlags::ON_LINK | PrefixFlags::AUTOCONF);
            assert_eq!(view.address()?, Some(prefix));
            let times = view.cache()?.expect("lifetimes");
            assert_eq!((times.preferred, times.valid), (1800, 3600));

            // Newer kernels tell the prefix as an option, too.
            let option = loop {
                match next(&mut watch).await? {
                    Event::NdUserOption(option) if option.options().first() == Some(&25) => {
                        break option;
                    }
                    _ => {}
                }
            };
            assert_eq!(
                (option.header().index, option.header().icmp_type),
                (hearer, 134)
            );
            assert_eq!(option.options()[8..], server.octets());
            let source = option.source()?.expect("the router");
            assert!(source.is_unicast_link_local(), "{source}");
            Ok(())
        });
    });
}

/// Whether a link's address has been found to be unique.
fn is_usable(event: &Event, link: u32) -> bool {
    let Event::NewAddress(address) = event else {
        return false;
    };
    let (view, tentative) = (address.view(), AddressFlags::TENTATIVE);
    view.index() == link && matches!(view.flags(), Ok(Some(flags)) if !flags.contains(tentative))
}

/// Waits until something is told.
async fn wait(watch: &mut Watch, what: impl Fn(&Event) -> bool) -> Result<(), Error> {
    while !what(&next(watch).await?) {}
    Ok(())
}

/// The next event; waits for it.
async fn next(watch: &mut Watch) -> Result<Event, Error> {
    match watch.next().await.expect("an event")? {
        Watched::Event(event) => Ok(event),
        other => panic!("no event: {other:?}"),
    }
}

//! `ip -d address`, `ip -d route`, `ip -d nexthop`, `ip -d neigh`, `bridge -d fdb` and `ip -d rule`.

use std::collections::HashMap;
use std::net::IpAddr;

use netlane::{Error, Handle};
use netlane_route::{
    AddressFlags, AddressView, Family, HopView, Neighbour, NeighbourFlags, NeighbourState,
    NeighbourView, NexthopView, Route, RouteFlags, RouteHandle, RouteKind, RouteView, Rule,
    RuleAction, RuleView,
};
use netlane_testkit::in_namespace;
use serde_json::{Value, json};

use crate::common::{agree, all, does, judged, names, says};
use crate::expected::{Fields, family, hop_flags, lower, protocol, scope, table};

type Names = HashMap<u32, String>;

fn setup() {
    for command in [
        "ip link add va type veth peer name vb",
        "ip link set lo up",
        "ip link set va up",
        "ip link set vb up",
        "ip address add 192.0.2.1/24 dev vb label vb:x",
        "ip address add 198.51.100.1 peer 198.51.100.2/32 dev va",
        "ip -6 address add 2001:db8::1/64 dev vb nodad valid_lft 1000 preferred_lft 500",
        "ip nexthop add id 1 via 192.0.2.2 dev vb",
        "ip nexthop add id 2 via 192.0.2.3 dev vb protocol static",
        "ip nexthop add id 3 group 1/2,7",
        "ip route add 10.0.0.0/8 via 192.0.2.2 metric 5 mtu 1300 advmss 1200 table 100",
        "ip route add 10.1.0.0/16 nexthop via 192.0.2.2 weight 2 nexthop via 192.0.2.3",
        "ip route add 10.2.0.0/16 via inet6 2001:db8::5 dev vb src 192.0.2.1",
        "ip route add blackhole 10.3.0.0/16",
        "ip route add 10.4.0.0/16 nhid 1 protocol bgp",
        "ip -6 route add 2001:db8:1::/48 via 2001:db8::2 pref high",
        "ip -6 route add unreachable 2001:db8:2::/48 metric 7",
        "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev vb",
        "ip -6 neigh add 2001:db8::9 lladdr 02:00:00:00:00:0a dev vb router",
        "ip link add name bridge0 up type bridge",
        "ip link add vx type vxlan id 42 dstport 4789 dev vb",
        "bridge fdb append 00:00:00:00:00:00 dev vx dst 198.51.100.9 port 5000 vni 9",
        "ip rule add from 192.0.2.0/24 fwmark 7/0xff lookup 100 pref 77 iif lo ipproto tcp dport 80",
        "ip rule add not to 203.0.113.1 lookup main suppress_prefixlength 0 pref 78 uidrange 0-0",
        "ip -6 rule add to 2001:db8::/32 prohibit pref 88",
        "ip -6 rule add pref 89 goto 32766",
    ] {
        does(command);
    }
}

#[test]
fn addresses_are_as_ip_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            let ours = async || {
                let list = all(handle.addresses().list()).await?;
                let mut links: Vec<(u32, Vec<Value>)> = Vec::new();
                for each in &list {
                    let (index, value) = (each.view().index(), address(each.view())?);
                    match links.iter_mut().find(|(link, _)| *link == index) {
                        Some((_, values)) => values.push(value),
                        None => links.push((index, vec![value])),
                    }
                }
                links.sort_by_key(|(index, _)| *index);
                let links = links.into_iter();
                Ok(links
                    .map(|(index, values)| json!({"ifindex": index, "addr_info": values}))
                    .collect())
            };
            agree(ours, || with_addresses(says("ip -j -d address show"))).await
        });
    });
}

/// The links that have one: those without are not ours to list.
fn with_addresses(mut links: Vec<Value>) -> Vec<Value> {
    links.retain(|link| {
        link["addr_info"]
            .as_array()
            .is_some_and(|list| !list.is_empty())
    });
    links
}

fn address(address: AddressView<'_>) -> Result<Value, Error> {
    let flags = address.flags()?.unwrap();
    let on = |flag| flags.contains(flag).then_some(true);
    let (local, far) = (address.local()?, address.address()?);
    let peer = far.filter(|far| local.is_some_and(|local| local != *far));
    let cache = address.cache()?.unwrap();
    Ok(Fields::default()
        .set("family", family(address.family()))
        .text("local", local.or(far))
        .text("address", peer)
        .set("prefixlen", address.prefix_len())
        .set("scope", scope(address.scope()))
        .some("label", address.label()?)
        .text("broadcast", address.broadcast()?)
        .some("nodad", on(AddressFlags::NO_DAD))
        .some("tentative", on(AddressFlags::TENTATIVE))
        .some(
            "dynamic",
            (!flags.contains(AddressFlags::PERMANENT)).then_some(true),
        )
        .set("valid_life_time", cache.valid)
        .set("preferred_life_time", cache.preferred)
        .done())
}

#[test]
fn routes_are_as_ip_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            let names = names(&handle).await?;
            for (of, option) in [(Family::INET, "-4"), (Family::INET6, "-6")] {
                let ours = async || {
                    let list = all(handle.list(&Route::dump().family(of))).await?;
                    list.iter().map(|each| route(each.view(), &names)).collect()
                };
                let command = format!("ip -j -d {option} route show table all");
                agree(ours, || says(&command)).await?;
            }
            Ok(())
        });
    });
}

fn route(route: RouteView<'_>, names: &Names) -> Result<Value, Error> {
    let (destination, len) = route.destination_prefix()?;
    let bits = if destination.is_ipv4() { 32 } else { 128 };
    let destination = match len {
        0 => "default".to_owned(),
        len if len == bits => destination.to_string(),
        len => format!("{destination}/{len}"),
    };
    let hops = route
        .hops()?
        .map(|each| hop(each?, names))
        .collect::<Result<Vec<_>, Error>>()?;
    let via = route.via()?.map(gateway_of);
    let metrics = match route.metrics()? {
        Some(metrics) => {
            let fields = Fields::default()
                .some("mtu", metrics.mtu()?)
                .some("advmss", metrics.advertised_mss()?);
            Some(fields.done())
                .filter(|fields| fields.as_object().is_some_and(|fields| !fields.is_empty()))
        }
        None => None,
    };
    let fields = Fields::default()
        .set("type", kind(route.kind()))
        .set("dst", destination)
        .some("nhid", route.nexthop_id()?)
        .text("gateway", route.gateway()?)
        .some("via", via)
        .some("dev", route.output()?.map(|index| names[&index].clone()))
        .set("table", table(route.table_id()?))
        .set("protocol", protocol(route.protocol()))
        .set("scope", scope(route.scope()))
        .text("prefsrc", route.preferred_source()?)
        .some("metric", route.priority()?)
        .set("flags", hop_flags(route.flags()))
        .some("metrics", metrics.map(|metrics| json!([metrics])))
        .some("pref", route.preference()?.as_ref().map(lower));
    Ok(match hops.is_empty() {
        true => fields,
        false => fields.set("nexthops", hops),
    }
    .done())
}

fn gateway_of(gateway: IpAddr) -> Value {
    json!({"family": family(gateway.into()), "host": gateway.to_string()})
}

fn hop(hop: HopView<'_>, names: &Names) -> Result<Value, Error> {
    Ok(Fields::default()
        .text("gateway", hop.gateway()?)
        .some("via", hop.via()?.map(gateway_of))
        .set("dev", names[&hop.index()].clone())
        .set("weight", u16::from(hop.hops()) + 1)
        .set(
            "flags",
            hop_flags(RouteFlags::from_bits_retain(hop.flags().into())),
        )
        .done())
}

fn kind(kind: RouteKind) -> String {
    lower(&kind)
}

#[test]
fn nexthops_are_as_ip_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            let names = names(&handle).await?;
            let ours = async || {
                let list = all(handle.nexthops().list()).await?;
                list.iter()
                    .map(|each| nexthop(each.view(), &names))
                    .collect()
            };
            agree(ours, || says("ip -j -d nexthop show")).await
        });
    });
}

fn nexthop(nexthop: NexthopView<'_>, names: &Names) -> Result<Value, Error> {
    let members = nexthop.group()?.map(|members| {
        let members = members.map(|member| match member.weight {
            0 => json!({"id": member.id}),
            weight => json!({"id": member.id, "weight": u32::from(weight) + 1}),
        });
        members.collect::<Vec<_>>()
    });
    Ok(Fields::default()
        .some("id", nexthop.id()?)
        .some("group", members)
        .text("gateway", nexthop.gateway()?)
        .some("dev", nexthop.output()?.map(|index| names[&index].clone()))
        .set("scope", scope(nexthop.scope()))
        .set("flags", hop_flags(nexthop.flags()))
        .done())
}

#[test]
fn neighbours_are_as_ip_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            let names = names(&handle).await?;
            let ours = async || {
                let list = all(handle.neighbours().list()).await?;
                let shown = list.iter().map(|each| each.view());
                // What needs no ARP is left out by the tool unless asked for.
                let shown = shown.filter(|each| !each.state().contains(NeighbourState::NOARP));
                shown.map(|each| neighbour(each, &names)).collect()
            };
            agree(ours, || says("ip -j -d neigh show")).await
        });
    });
}

fn neighbour(neighbour: NeighbourView<'_>, names: &Names) -> Result<Value, Error> {
    let router = neighbour.flags().contains(NeighbourFlags::ROUTER);
    let state: Vec<&str> = neighbour
        .state()
        .iter_names()
        .map(|(name, _)| name)
        .collect();
    Ok(Fields::default()
        .text("dst", neighbour.destination()?)
        .set("dev", names[&neighbour.index()].clone())
        .text("lladdr", neighbour.address()?)
        .some("router", router.then_some(Value::Null))
        .set("state", state)
        .done())
}

#[test]
fn forwarding_entries_are_as_bridge_says() {
    in_namespace(|| {
        judged(
            || {
                setup();
                does("ip link set va master bridge0");
                does("bridge fdb add 02:00:00:00:00:55 dev va master static");
            },
            async |handle| {
                let names = names(&handle).await?;
                let ours = async || forwarding(&handle, &names).await;
                agree(ours, || says("bridge -j -d fdb show")).await
            },
        );
    });
}

async fn forwarding(handle: &Handle, names: &Names) -> Result<Vec<Value>, Error> {
    let list = all(handle.list(&Neighbour::dump().family(Family::BRIDGE))).await?;
    let entry = |entry: NeighbourView<'_>| {
        let own = entry.flags().contains(NeighbourFlags::SELF);
        let state = match entry.state() {
            state if state.contains(NeighbourState::PERMANENT) => Some("permanent"),
            state if state.contains(NeighbourState::NOARP) => Some("static"),
            _ => None,
        };
        let master = entry.master()?.map(|index| names[&index].clone());
        Ok(Fields::default()
            .text("mac", entry.address()?)
            .set("ifname", names[&entry.index()].clone())
            .text("dst", entry.destination()?)
            .some("port", entry.port()?)
            .some("vni", entry.vni()?)
            .some("vlan", entry.vlan()?)
            .some("master", master)
            .set("flags", if own { vec!["self"] } else { Vec::new() })
            .some("state", state)
            .done())
    };
    list.iter().map(|each| entry(each.view())).collect()
}

#[test]
fn rules_are_as_ip_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            for (of, option) in [(Family::INET, "-4"), (Family::INET6, "-6")] {
                let ours = async || {
                    let list = all(handle.list(&Rule::dump().family(of))).await?;
                    list.iter().map(|each| rule(each.view())).collect()
                };
                let command = format!("ip -j -d {option} rule show");
                agree(ours, || says(&command)).await?;
            }
            Ok(())
        });
    });
}

fn rule(rule: RuleView<'_>) -> Result<Value, Error> {
    let part = |address: Option<IpAddr>, len: u8| {
        let bits = if address.is_some_and(|address| address.is_ipv4()) {
            32
        } else {
            128
        };
        (address, (len != bits && address.is_some()).then_some(len))
    };
    let (source, source_len) = part(rule.source()?, rule.source_len());
    let (destination, destination_len) = part(rule.destination()?, rule.destination_len());
    let invert = rule.flags().contains(netlane_route::RuleFlags::INVERT);
    let mask = rule
        .mark_mask()?
        .filter(|mask| *mask != u32::MAX && *mask != 0);
    let action = match rule.action() {
        RuleAction::PROHIBIT => Some("prohibit"),
        _ => None,
    };
    let to_table = rule.action() == RuleAction::TO_TABLE;
    let suppress = rule.suppress_prefix_len()?.filter(|len| *len != -1);
    Ok(Fields::default()
        .set("priority", rule.priority()?.unwrap_or_default())
        .some("not", invert.then_some(Value::Null))
        .set(
            "src",
            source.map_or_else(|| "all".to_owned(), |source| source.to_string()),
        )
        .some("srclen", source_len)
        .text("dst", destination)
        .some("dstlen", destination_len)
        .some(
            "fwmark",
            rule.mark()?
                .filter(|mark| *mark != 0)
                .map(|mark| format!("{mark:#x}")),
        )
        .some("fwmask", mask.map(|mask| format!("{mask:#x}")))
        .some("iif", rule.input()?)
        .some("oif", rule.output()?)
        .some(
            "ipproto",
            rule.ip_protocol()?
                .map(|number| if number == 6 { "tcp" } else { "?" }),
        )
        .some("dport", rule.destination_ports()?.map(|ports| ports.start))
        .some("uid_start", rule.uid_range()?.map(|range| range.start))
        .some("uid_end", rule.uid_range()?.map(|range| range.end))
        .some("suppress_prefixlen", suppress)
        .some(
            "table",
            to_table.then(|| rule.table_id()).transpose()?.map(table),
        )
        .some("goto", rule.goto()?)
        .some("action", action)
        .done())
}

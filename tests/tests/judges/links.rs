//! `ip -d -s link` and `bridge -d link`.

use std::collections::HashMap;

use netlane::{Error, Handle};
use netlane_route::{
    AfSpecView, BridgePortView, BridgeView, Family, Inet6AddrGenMode, Link, LinkDataView,
    LinkInfoView, LinkProtocolView, LinkType, LinkView, MacvlanView, PortDataView, RouteHandle,
    TunView, VxlanView,
};
use netlane_testkit::in_namespace;
use serde_json::{Value, json};

use crate::common::{agree, all, does, judged, names, says};
use crate::expected::{Fields, bridge_id, link_flags, lower, plain_upper};

#[test]
fn links_are_as_ip_says() {
    in_namespace(|| {
        judged(links, async |handle| {
            let names = names(&handle).await?;
            let ours = async || {
                let links = all(handle.links().list()).await?;
                links.iter().map(|each| link(each.view(), &names)).collect()
            };
            agree(ours, || says("ip -j -d -s link show")).await
        });
    });
}

#[test]
fn ports_are_as_bridge_says() {
    in_namespace(|| {
        judged(links, async |handle| {
            let names = names(&handle).await?;
            let ours = async || ports(&handle, &names).await;
            agree(ours, || says("bridge -j -d link show")).await
        });
    });
}

/// One of each kind that this kernel has.
fn links() {
    for command in [
        "ip link add va mtu 1400 txqueuelen 77 type veth peer name vb",
        "ip link set lo up",
        "ip link set va up",
        "ip link set vb up",
        "ip link add name bridge0 up type bridge ageing_time 5000 stp_state 1 priority 4096",
        "ip link set va master bridge0",
        "ip link set va type bridge_slave cost 9 hairpin on isolated on",
        "ip link add vx type vxlan id 42 dstport 4789 local 192.0.2.1 group 239.1.1.1 dev vb ttl 5 df set",
        "ip link add mv link vb type macvlan mode bridge",
        "ip link add ifb0 numtxqueues 3 type ifb",
        "ip link set ifb0 alias shaper-of-a-test",
    ] {
        does(command);
    }
    // The device file belongs to root on some machines; a user's namespace is no help there.
    match std::fs::File::options().write(true).open("/dev/net/tun") {
        Ok(_) => does("ip tuntap add t0 mode tap"),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            eprintln!("NOT COMPARED without root: a tap device");
        }
        Err(error) => panic!("/dev/net/tun: {error}"),
    }
    // Something to count.
    std::net::UdpSocket::bind("127.0.0.1:0")
        .and_then(|socket| socket.send_to(b"counted", "127.0.0.1:9"))
        .unwrap();
}

fn link(link: LinkView<'_>, names: &HashMap<u32, String>) -> Result<Value, Error> {
    let name = |index: u32| names.get(&index).cloned();
    let fields = Fields::default()
        .set("ifindex", link.index())
        .some("link", link.link()?.and_then(name))
        .some("ifname", link.name()?)
        .set("flags", link_flags(link.flags()))
        .some("mtu", link.mtu()?)
        .some("qdisc", link.qdisc()?)
        .some("master", link.master()?.and_then(name))
        .some("operstate", link.operstate()?.as_ref().map(plain_upper))
        .some("linkmode", link.mode()?.as_ref().map(plain_upper))
        .set("link_type", kind_of_hardware(link.kind()))
        .text("address", link.address()?)
        .text("broadcast", link.broadcast()?)
        .some("txqlen", link.tx_queue_len()?)
        .some("promiscuity", link.promiscuity()?)
        .some("allmulti", link.allmulti()?)
        .some("min_mtu", link.min_mtu()?)
        .some("max_mtu", link.max_mtu()?)
        .some("ifalias", link.alias()?)
        .some("num_tx_queues", link.tx_queues()?)
        .some("num_rx_queues", link.rx_queues()?)
        .some("gso_max_size", link.gso_max_size()?)
        .some("gso_max_segs", link.gso_max_segs()?)
        .some("tso_max_size", link.tso_max_size()?)
        .some("tso_max_segs", link.tso_max_segs()?)
        .some("gro_max_size", link.gro_max_size()?);
    let fields = match link.af_spec()? {
        Some(AfSpecView::Families(families)) => {
            let mode = families
                .inet6()?
                .and_then(|inet6| inet6.addr_gen_mode().ok()?);
            fields.some("inet6_addr_gen_mode", mode.map(generation))
        }
        _ => fields,
    };
    let info = link.info()?.map(|info| linkinfo(info, names)).transpose()?;
    Ok(fields
        .some("linkinfo", info)
        .set("stats64", statistics(link)?)
        .done())
}

fn kind_of_hardware(kind: LinkType) -> &'static str {
    match kind {
        LinkType::ETHER => "ether",
        LinkType::LOOPBACK => "loopback",
        other => panic!("no hardware of this test: {other:?}"),
    }
}

fn generation(mode: Inet6AddrGenMode) -> String {
    lower(&mode)
}

fn statistics(link: LinkView<'_>) -> Result<Value, Error> {
    let stats = link.stats64()?.unwrap();
    Ok(json!({
        "rx": {
            "bytes": stats.rx_bytes,
            "packets": stats.rx_packets,
            "errors": stats.rx_errors,
            "dropped": stats.rx_dropped,
            "over_errors": stats.rx_over_errors,
            "multicast": stats.multicast,
        },
        "tx": {
            "bytes": stats.tx_bytes,
            "packets": stats.tx_packets,
            "errors": stats.tx_errors,
            "dropped": stats.tx_dropped,
            "carrier_errors": stats.tx_carrier_errors,
            "collisions": stats.collisions,
        },
    }))
}

fn linkinfo(info: LinkInfoView<'_>, names: &HashMap<u32, String>) -> Result<Value, Error> {
    let data = match info.data()? {
        Some(LinkDataView::Bridge(data)) => Some(bridge(data)?),
        Some(LinkDataView::Vxlan(data)) => Some(vxlan(data, names)?),
        Some(LinkDataView::Macvlan(data)) => Some(macvlan(data)?),
        Some(LinkDataView::Tun(data)) => Some(tun(data)?),
        _ => None,
    };
    let port = match info.port_data()? {
        Some(PortDataView::BridgePort(data)) => Some(port(data)?.done()),
        _ => None,
    };
    Ok(Fields::default()
        .some("info_kind", info.kind()?)
        .some("info_data", data)
        .some("info_slave_kind", info.port_kind()?)
        .some("info_slave_data", port)
        .done())
}

fn bridge(bridge: BridgeView<'_>) -> Result<Value, Error> {
    let number = |value: Option<bool>| value.map(u8::from);
    Ok(Fields::default()
        .some("forward_delay", bridge.forward_delay()?)
        .some("hello_time", bridge.hello_time()?)
        .some("max_age", bridge.max_age()?)
        .some("ageing_time", bridge.ageing_time()?)
        .some("stp_state", bridge.stp_state()?)
        .some("priority", bridge.priority()?)
        .some("vlan_filtering", number(bridge.vlan_filtering()?))
        .some("bridge_id", bridge.bridge_id()?.map(|id| bridge_id(&id)))
        .some("root_id", bridge.root_id()?.map(|id| bridge_id(&id)))
        .some("root_port", bridge.root_port()?)
        .some("root_path_cost", bridge.root_path_cost()?)
        .some("topology_change", number(bridge.topology_change()?))
        .some(
            "topology_change_detected",
            number(bridge.topology_change_detected()?),
        )
        .text("group_addr", bridge.group_address()?)
        .some("mcast_snooping", number(bridge.mcast_snooping()?))
        .some(
            "mcast_router",
            bridge.mcast_router()?.map(|router| router.0),
        )
        .some(
            "mcast_query_use_ifaddr",
            number(bridge.mcast_query_use_ifaddr()?),
        )
        .some("mcast_querier", number(bridge.mcast_querier()?))
        .some("mcast_hash_elasticity", bridge.mcast_hash_elasticity()?)
        .some("mcast_hash_max", bridge.mcast_hash_max()?)
        .some("mcast_last_member_cnt", bridge.mcast_last_member_count()?)
        .some(
            "mcast_startup_query_cnt",
            bridge.mcast_startup_query_count()?,
        )
        .some(
            "mcast_last_member_intvl",
            bridge.mcast_last_member_interval()?,
        )
        .some(
            "mcast_membership_intvl",
            bridge.mcast_membership_interval()?,
        )
        .some("mcast_querier_intvl", bridge.mcast_querier_interval()?)
        .some("mcast_query_intvl", bridge.mcast_query_interval()?)
        .some(
            "mcast_query_response_intvl",
            bridge.mcast_query_response_interval()?,
        )
        .some(
            "mcast_startup_query_intvl",
            bridge.mcast_startup_query_interval()?,
        )
        .some("mcast_igmp_version", bridge.mcast_igmp_version()?)
        .some("mcast_mld_version", bridge.mcast_mld_version()?)
        .some("nf_call_iptables", number(bridge.nf_call_iptables()?))
        .some("nf_call_ip6tables", number(bridge.nf_call_ip6tables()?))
        .some("nf_call_arptables", number(bridge.nf_call_arptables()?))
        .done())
}

fn vxlan(vxlan: VxlanView<'_>, names: &HashMap<u32, String>) -> Result<Value, Error> {
    let range = vxlan.port_range()?.unwrap();
    Ok(Fields::default()
        .some("id", vxlan.id()?)
        .text("group", vxlan.group()?)
        .text("local", vxlan.local()?)
        .some("link", vxlan.link()?.map(|link| names[&link].clone()))
        .set("port_range", json!({"low": range.low, "high": range.high}))
        .some("port", vxlan.port()?)
        .some("learning", vxlan.learning()?)
        .some("ttl", vxlan.ttl()?)
        .some("df", vxlan.df()?.as_ref().map(lower))
        .some("ageing", vxlan.ageing()?)
        .some("udp_csum", vxlan.udp_csum()?)
        .some("udp_zero_csum6_tx", vxlan.udp_zero_csum6_tx()?)
        .some("udp_zero_csum6_rx", vxlan.udp_zero_csum6_rx()?)
        .done())
}

fn macvlan(macvlan: MacvlanView<'_>) -> Result<Value, Error> {
    Ok(Fields::default()
        .some("mode", macvlan.mode()?.as_ref().map(lower))
        .some("bcqueuelen", macvlan.broadcast_queue_len()?)
        .some("usedbcqueuelen", macvlan.broadcast_queue_len_used()?)
        .done())
}

fn tun(tun: TunView<'_>) -> Result<Value, Error> {
    Ok(Fields::default()
        .some("type", tun.carries()?.as_ref().map(lower))
        .some("pi", tun.packet_information()?)
        .some("vnet_hdr", tun.vnet_header()?)
        .some("multi_queue", tun.multi_queue()?)
        .some("persist", tun.persist()?)
        .done())
}

fn port(port: BridgePortView<'_>) -> Result<Fields, Error> {
    Ok(shared(port)?
        .some("id", port.id()?.map(|id| format!("{id:#x}")))
        .some("no", port.number()?.map(|number| format!("{number:#x}")))
        .some("designated_port", port.designated_port()?)
        .some("designated_cost", port.designated_cost()?)
        .some("bridge_id", port.bridge_id()?.map(|id| bridge_id(&id)))
        .some("root_id", port.root_id()?.map(|id| bridge_id(&id)))
        .some(
            "topology_change_ack",
            port.topology_change_ack()?.map(u8::from),
        )
        .some("config_pending", port.config_pending()?.map(u8::from))
        .some("proxy_arp", port.proxy_arp()?)
        .some("proxy_arp_wifi", port.proxy_arp_wifi()?)
        .some(
            "multicast_router",
            port.multicast_router()?.map(|router| router.0),
        ))
}

/// What both tools say of a port.
fn shared(port: BridgePortView<'_>) -> Result<Fields, Error> {
    Ok(Fields::default()
        .some("state", port.state()?.as_ref().map(lower))
        .some("priority", port.priority()?)
        .some("cost", port.cost()?)
        .some("hairpin", port.hairpin()?)
        .some("guard", port.guard()?)
        .some("root_block", port.root_block()?)
        .some("fastleave", port.fast_leave()?)
        .some("learning", port.learning()?)
        .some("flood", port.unicast_flood()?)
        .some("mcast_flood", port.mcast_flood()?)
        .some("bcast_flood", port.bcast_flood()?)
        .some("mcast_to_unicast", port.mcast_to_unicast()?)
        .some("neigh_suppress", port.neigh_suppress()?)
        .some("vlan_tunnel", port.vlan_tunnel()?)
        .some("isolated", port.isolated()?)
        .some("locked", port.locked()?))
}

async fn ports(handle: &Handle, names: &HashMap<u32, String>) -> Result<Vec<Value>, Error> {
    let links = all(handle.list(&Link::dump().family(Family::BRIDGE))).await?;
    let mut ports = Vec::new();
    for link in &links {
        let link = link.view();
        // The bridge itself is in the dump, without settings of a port.
        let Some(LinkProtocolView::BridgeProtocol(port)) = link.protocol()? else {
            continue;
        };
        let fields = shared(port)?
            .set("ifindex", link.index())
            .some("ifname", link.name()?)
            .set("flags", link_flags(link.flags()))
            .some("mtu", link.mtu()?)
            .some("master", link.master()?.map(|index| names[&index].clone()))
            .some(
                "mcast_router",
                port.multicast_router()?.map(|router| router.0),
            );
        ports.push(fields.done());
    }
    Ok(ports)
}

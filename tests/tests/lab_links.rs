//! Kinds of network interface and families that most machines lack and the lab's kernels have: created, heard
//! by a subscriber, found in the dump, deleted, all through netlane. Runs inside `tests/lab/run`.
//!
//! Owns what each kind's creation needs (the `newlink` functions of `drivers/net` and `net`); must not
//! know how the transport works.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use netlane::{Handle, Notice, Protocol, Subscription};
use netlane_testkit::NetworkNamespace;
use netlane_wire::{Flags, Frame, Message};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_GETLINK: u16 = 18;
const RTNLGRP_LINK: u32 = 1;
const IFINFOMSG: usize = 16;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINK: u16 = 5;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
const LOCAL: [u8; 4] = [192, 0, 2, 1];
const REMOTE: [u8; 4] = [192, 0, 2, 2];

/// What the creation of one kind needs besides its name.
struct Kind {
    name: &'static str,
    /// Whether it stands on another interface.
    above: bool,
    data: fn(&mut Message),
}

const fn kind(name: &'static str, above: bool, data: fn(&mut Message)) -> Kind {
    Kind { name, above, data }
}

fn nothing(_: &mut Message) {}

fn gre(data: &mut Message) {
    data.attribute(6, &LOCAL).attribute(7, &REMOTE);
}

fn tunnel(data: &mut Message) {
    data.attribute(2, &LOCAL).attribute(3, &REMOTE);
}

fn overlay(data: &mut Message) {
    data.u32(1, 42).attribute(2, &REMOTE);
}

/// On both images.
const KINDS: [Kind; 20] = [
    kind("dummy", false, nothing),
    kind("veth", false, nothing),
    kind("bridge", false, nothing),
    kind("bond", false, nothing),
    kind("team", false, nothing),
    kind("ifb", false, nothing),
    kind("nlmon", false, nothing),
    kind("wireguard", false, nothing),
    kind("macvlan", true, nothing),
    kind("ipvlan", true, nothing),
    kind("macsec", true, nothing),
    kind("vlan", true, |data| {
        data.u16(1, 100);
    }),
    kind("vrf", false, |data| {
        data.u32(1, 1000);
    }),
    kind("xfrm", false, |data| {
        data.u32(2, 7);
    }),
    kind("vxlan", false, overlay),
    kind("geneve", false, overlay),
    kind("gre", false, gre),
    kind("gretap", false, gre),
    kind("sit", false, tunnel),
    kind("ipip", false, tunnel),
];

/// On the full image only.
const FULL_KINDS: [Kind; 3] = [
    kind("vcan", false, nothing),
    kind("vxcan", false, nothing),
    kind("batadv", false, nothing),
];

/// Generic netlink families of modules that the lab loads.
const FAMILIES: [&str; 8] = [
    "devlink",
    "wireguard",
    "team",
    "macsec",
    "psample",
    "ovs_datapath",
    "TIPCv2",
    "l2tp",
];
const FULL_FAMILIES: [&str; 4] = ["nl80211", "MAC80211_HWSIM", "nl802154", "nfc"];

fn full_image() -> bool {
    let lab = std::env::var("NETLANE_LAB").expect("run this test inside tests/lab/run");
    !lab.contains("cloud")
}

fn create(kind: &Kind, name: &str, below: u32) -> Message {
    let mut message = Message::new(RTM_NEWLINK, Flags::CREATE | Flags::EXCL);
    message.header(&[0; IFINFOMSG]).text(IFLA_IFNAME, name);
    if kind.above {
        message.u32(IFLA_LINK, below);
    }
    message.nest(IFLA_LINKINFO, |info| {
        info.text(IFLA_INFO_KIND, kind.name);
        info.nest(IFLA_INFO_DATA, |data| (kind.data)(data));
    });
    message
}

fn name_of(link: &Frame) -> String {
    let name = link.attributes(IFINFOMSG).find(IFLA_IFNAME);
    name.expect("a link has a name").text_lossy().into_owned()
}

fn index_of(link: &Frame) -> u32 {
    let bytes = link.payload()[4..8].try_into().unwrap();
    u32::from_ne_bytes(bytes)
}

async fn links(handle: &Handle) -> Vec<Frame> {
    let request = Message::new(RTM_GETLINK, Flags::empty()).with_header(&[0; IFINFOMSG]);
    handle.dump(request).try_collect().await.unwrap()
}

/// The events so far about the link of this name.
async fn heard(events: &mut Subscription, name: &str) -> Vec<u16> {
    events.barrier().await.unwrap();
    let mut types = Vec::new();
    for _ in 0..events.queued() {
        match events.next().await.unwrap().unwrap() {
            Notice::Event(event) if name_of(&event.frame) == name => {
                types.push(event.frame.header().kind);
            }
            Notice::Event(_) => {}
            other => panic!("{other:?}"),
        }
    }
    types
}

async fn come_and_go(handle: &Handle, events: &mut Subscription, kind: &Kind, below: u32) {
    let name = format!("x{}", kind.name);
    let created = handle.request(create(kind, &name, below)).await;
    created.unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    let list = links(handle).await;
    let link = list.iter().find(|link| name_of(link) == name).unwrap();
    let mut header = [0; IFINFOMSG];
    header[4..8].copy_from_slice(&index_of(link).to_ne_bytes());
    let delete = Message::new(RTM_DELLINK, Flags::empty()).with_header(&header);
    handle.request(delete).await.unwrap();
    assert!(links(handle).await.iter().all(|link| name_of(link) != name));
    let types = heard(events, &name).await;
    assert_eq!(types.first(), Some(&RTM_NEWLINK), "{}", kind.name);
    assert_eq!(types.last(), Some(&RTM_DELLINK), "{}", kind.name);
}

#[test]
fn every_kind_of_link_comes_and_goes() {
    NetworkNamespace::new().unwrap().run(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let below = create(&KINDS[0], "below", 0);
            handle.request(below).await.unwrap();
            let list = links(&handle).await;
            let below = list.iter().find(|link| name_of(link) == "below").unwrap();
            let mut events = handle.subscribe([RTNLGRP_LINK]).await.unwrap();
            let kinds = KINDS
                .iter()
                .chain(FULL_KINDS.iter().filter(|_| full_image()));
            for kind in kinds {
                come_and_go(&handle, &mut events, kind, index_of(below)).await;
            }
        });
    });
}

#[tokio::test]
async fn families_of_loaded_modules_are_listed() {
    let handle = netlane::spawn(Protocol::GENERIC).unwrap();
    let request = Message::new(CTRL, Flags::empty()).with_header(&[CTRL_CMD_GETFAMILY, 1, 0, 0]);
    let families: Vec<Frame> = handle.dump(request).try_collect().await.unwrap();
    let names: BTreeSet<String> = families
        .iter()
        .filter_map(|family| family.attributes(4).find(CTRL_ATTR_FAMILY_NAME))
        .map(|name| name.text_lossy().into_owned())
        .collect();
    let expected = FAMILIES
        .iter()
        .chain(FULL_FAMILIES.iter().filter(|_| full_image()));
    let missing: Vec<_> = expected.filter(|name| !names.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {names:?}");
}

#[tokio::test]
async fn protocols_of_loaded_modules_open() {
    for protocol in [
        Protocol::CRYPTO,
        Protocol::XFRM,
        Protocol::NETFILTER,
        Protocol::SOCK_DIAG,
        Protocol::AUDIT,
        Protocol::CONNECTOR,
        Protocol::KOBJECT_UEVENT,
    ] {
        netlane::spawn(protocol).unwrap_or_else(|error| panic!("{protocol}: {error}"));
    }
}

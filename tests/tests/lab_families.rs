//! Generic families that most machines lack and the lab's kernels have: their objects are created,
//! listed and watched through netlane, by declarations of a few lines each. Runs inside `tests/lab/run`.
//!
//! Owns those declarations (`include/uapi/linux/{wireguard,if_macsec,devlink,nl80211}.h`); must not
//! know how the transport works.

use futures::StreamExt;
use netlane::{Notice, Protocol, Subscription};
use netlane_generic::{Resolver, split};
use netlane_route::RouteHandle;
use netlane_testkit::in_namespace;
use netlane_tests::stage::play;
use netlane_wire::typed::{message, requests};

message! {
    /// A WireGuard interface.
    pub struct Tunnel("tunnel") {
        index: u32 = WGDEVICE_A_IFINDEX(1),
        name: str = WGDEVICE_A_IFNAME(2),
        listen_port: u16 = WGDEVICE_A_LISTEN_PORT(6),
    }
}

requests! {
    Tunnel in "wireguard" version 1 {
        dump: WG_CMD_GET_DEVICE(0) => dump,
        set: WG_CMD_SET_DEVICE(1) => ack,
    }
}

message! {
    /// A MACsec interface.
    pub struct Secured("secured") {
        index: u32 = MACSEC_ATTR_IFINDEX(1),
    }
}

requests! {
    Secured in "macsec" version 1 {
        dump: MACSEC_CMD_GET_TXSC(0) => dump,
    }
}

message! {
    /// A device that devlink knows.
    pub struct Device("device") {
        bus: str = DEVLINK_ATTR_BUS_NAME(1),
        name: str = DEVLINK_ATTR_DEV_NAME(2),
    }
}

requests! {
    Device in "devlink" version 1 {
        get: DEVLINK_CMD_GET(1) => reply,
        dump: DEVLINK_CMD_GET(1) => dump,
    }
}

message! {
    /// A radio.
    pub struct Radio("radio") {
        index: u32 = NL80211_ATTR_WIPHY(1),
        name: str = NL80211_ATTR_WIPHY_NAME(2),
    }
}

requests! {
    Radio in "nl80211" version 1 {
        dump: NL80211_CMD_GET_WIPHY(1) => dump,
    }
}

message! {
    /// An interface of a radio.
    pub struct Station("station") {
        radio: u32 = NL80211_ATTR_WIPHY(1),
        index: u32 = NL80211_ATTR_IFINDEX(3),
        name: str = NL80211_ATTR_IFNAME(4),
        kind: u32 = NL80211_ATTR_IFTYPE(5),
    }
}

requests! {
    Station in "nl80211" version 1 {
        dump: NL80211_CMD_GET_INTERFACE(5) => dump,
        create: NL80211_CMD_NEW_INTERFACE(7) => reply,
        delete: NL80211_CMD_DEL_INTERFACE(8) => ack,
    }
}

const NL80211_CMD_NEW_INTERFACE: u8 = 7;
const NL80211_CMD_DEL_INTERFACE: u8 = 8;
const NL80211_IFTYPE_STATION: u32 = 2;
const EOPNOTSUPP: i32 = 95;
const ENODEV: i32 = 19;
const ENOENT: i32 = 2;

fn resolver() -> Resolver {
    Resolver::new(netlane::spawn(Protocol::GENERIC).unwrap())
}

#[test]
fn wireguard_is_created_configured_and_listed() {
    in_namespace(|| {
        play(async {
            let route = netlane::spawn(Protocol::ROUTE).unwrap();
            route
                .links()
                .add(|link| link.name("wg0").info(|info| info.kind("wireguard")))
                .await
                .unwrap();
            let wireguard = resolver();
            let set = Tunnel::set().name("wg0").listen_port(51_820);
            wireguard.call(set).await.unwrap();
            let listed = wireguard.list(Tunnel::dump().name("wg0")).await.unwrap();
            let listed = listed.collect_all().await.unwrap();
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].view().listen_port().unwrap(), Some(51_820));
            let nobody = wireguard.list(Tunnel::dump().name("wg1")).await.unwrap();
            let error = nobody.collect_all().await.unwrap_err();
            assert!([Some(ENODEV), Some(EOPNOTSUPP)].contains(&error.errno()));
        });
    });
}

#[test]
fn macsec_is_created_and_listed_by_its_family() {
    in_namespace(|| {
        play(async {
            let route = netlane::spawn(Protocol::ROUTE).unwrap();
            let links = route.links();
            links
                .add(|link| link.name("d0").info(|info| info.dummy()))
                .await
                .unwrap();
            let below = links.get("d0").await.unwrap().view().index();
            links
                .add(|link| link.name("s0").link(below).info(|info| info.kind("macsec")))
                .await
                .unwrap();
            let index = links.get("s0").await.unwrap().view().index();
            let listed = resolver().list(Secured::dump()).await.unwrap();
            let listed = listed.collect_all().await.unwrap();
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].view().index().unwrap(), Some(index));
        });
    });
}

/// No device of the lab has it: the family answers, and knows none.
#[test]
fn devlink_answers() {
    play(async {
        let devlink = resolver();
        let watch = devlink.subscribe("devlink", "config").await.unwrap();
        let listed = devlink.list(Device::dump()).await.unwrap();
        assert_eq!(listed.collect_all().await.unwrap().len(), 0);
        let nobody = Device::get().bus("pci").name("0000:00:00.0");
        let error = devlink.call(nobody).await.unwrap_err();
        assert_eq!(error.errno(), Some(ENODEV));
        watch.barrier().await.unwrap();
        assert_eq!(watch.queued(), 0);
    });
}

/// The commands that were announced about the interface of this name.
async fn heard(events: &mut Subscription, name: &str) -> Vec<u8> {
    events.barrier().await.unwrap();
    let mut commands = Vec::new();
    for _ in 0..events.queued() {
        let Notice::Event(event) = events.next().await.unwrap().unwrap() else {
            panic!("something was lost");
        };
        let (header, payload) = split(event.frame.view()).unwrap();
        if StationView::decode(payload).unwrap().name().unwrap() == Some(name) {
            commands.push(header.command);
        }
    }
    commands
}

/// On the full image mac80211_hwsim simulates two radios; the cloud image has no such family.
#[test]
fn an_interface_of_a_simulated_radio_comes_and_goes() {
    let lab = std::env::var("NETLANE_LAB").expect("run this test inside tests/lab/run");
    play(async {
        let wireless = resolver();
        if lab.contains("cloud") {
            let error = wireless.family("nl80211").await.unwrap_err();
            assert_eq!(error.errno(), Some(ENOENT));
            return;
        }
        let radios = wireless.list(Radio::dump()).await.unwrap();
        let mut radios: Vec<_> = (radios.collect_all().await.unwrap().iter())
            .map(|radio| radio.view().index().unwrap().unwrap())
            .collect();
        // A radio comes in many parts.
        radios.dedup();
        assert_eq!(radios.len(), 2);
        let mut events = wireless.subscribe("nl80211", "config").await.unwrap();
        let create = Station::create().radio(radios[0]).name("station");
        let created = wireless.call(create.kind(NL80211_IFTYPE_STATION)).await;
        let index = created.unwrap().view().index().unwrap().unwrap();
        let listed = wireless.list(Station::dump()).await.unwrap();
        let listed = listed.collect_all().await.unwrap();
        let names = listed.iter().map(|one| one.view().name().unwrap());
        assert!(names.into_iter().any(|name| name == Some("station")));
        let deleted = wireless.call(Station::delete().index(index)).await;
        deleted.unwrap();
        let expected = [NL80211_CMD_NEW_INTERFACE, NL80211_CMD_DEL_INTERFACE];
        assert_eq!(heard(&mut events, "station").await, expected);
    });
}

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
use netlane_wire::typed::{Do, message, requests};

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
    /// A port of such a device.
    pub struct Port("port") {
        bus: str = DEVLINK_ATTR_BUS_NAME(1),
        device: str = DEVLINK_ATTR_DEV_NAME(2),
        index: u32 = DEVLINK_ATTR_PORT_INDEX(3),
        flavour: u16 = DEVLINK_ATTR_PORT_FLAVOUR(77),
        function: u16 = DEVLINK_ATTR_PORT_PCI_PF_NUMBER(127),
        subfunction: u32 = DEVLINK_ATTR_PORT_PCI_SF_NUMBER(164),
    }
}

requests! {
    Port in "devlink" version 1 {
        dump: DEVLINK_CMD_PORT_GET(5) => dump,
        create: DEVLINK_CMD_PORT_NEW(7) => reply,
        delete: DEVLINK_CMD_PORT_DEL(8) => ack,
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

const DEVLINK_CMD_PORT_NEW: u8 = 7;
const DEVLINK_CMD_PORT_DEL: u8 = 8;
const DEVLINK_PORT_FLAVOUR_PCI_PF: u16 = 3;
const DEVLINK_PORT_FLAVOUR_PCI_SF: u16 = 7;
const NL80211_CMD_NEW_INTERFACE: u8 = 7;
const NL80211_CMD_DEL_INTERFACE: u8 = 8;
const NL80211_IFTYPE_STATION: u32 = 2;
const EOPNOTSUPP: i32 = 95;
const ENODEV: i32 = 19;
const ENOENT: i32 = 2;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
/// The device of the lab's module: `lab_devlink.c`.
const BUS: &str = "platform";
const DEVICE: &str = "netlane_lab";

/// The kernel's name.
fn lab() -> String {
    std::env::var("NETLANE_LAB").expect("run this test inside tests/lab/run")
}

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

#[test]
fn devlink_lists_its_device() {
    play(async {
        let devlink = resolver();
        let listed = devlink.list(Device::dump()).await.unwrap();
        let listed = listed.collect_all().await.unwrap();
        let asked = devlink.call(Device::get().bus(BUS).name(DEVICE)).await;
        for device in listed.iter().chain([&asked.unwrap()]) {
            assert_eq!(device.view().bus().unwrap(), Some(BUS));
            assert_eq!(device.view().name().unwrap(), Some(DEVICE));
        }
        assert_eq!(listed.len(), 1);
        let nobody = Device::get().bus("pci").name("0000:00:00.0");
        let error = devlink.call(nobody).await.unwrap_err();
        assert_eq!(error.errno(), Some(ENODEV));
    });
}

fn new_port(flavour: u16, number: u32) -> PortBuilder<Do<CreatePort>> {
    let port = Port::create().bus(BUS).device(DEVICE);
    port.flavour(flavour).function(0).subfunction(number)
}

#[test]
fn a_port_of_a_device_comes_and_goes() {
    const NUMBER: u32 = 88;
    play(async {
        let devlink = resolver();
        let mut events = devlink.subscribe("devlink", "config").await.unwrap();
        let create = || new_port(DEVLINK_PORT_FLAVOUR_PCI_SF, NUMBER);
        let created = devlink.call(create()).await.unwrap();
        let index = created.view().index().unwrap().unwrap();
        let error = devlink.call(create()).await.unwrap_err();
        let old = lab().starts_with("6.1.");
        assert_eq!(error.errno(), Some(if old { EEXIST } else { EBUSY }));
        let listed = devlink.list(Port::dump()).await.unwrap();
        let listed = listed.collect_all().await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].view().index().unwrap(), Some(index));
        let flavour = listed[0].view().flavour().unwrap();
        assert_eq!(flavour, Some(DEVLINK_PORT_FLAVOUR_PCI_SF));
        let number = listed[0].view().subfunction().unwrap();
        assert_eq!(number, Some(NUMBER));
        let delete = || Port::delete().bus(BUS).device(DEVICE).index(index);
        devlink.call(delete()).await.unwrap();
        let error = devlink.call(delete()).await.unwrap_err();
        assert_eq!(error.errno(), Some(ENODEV));
        let mine =
            |payload: &[u8]| PortView::decode(payload).unwrap().index().unwrap() == Some(index);
        let expected = [DEVLINK_CMD_PORT_NEW, DEVLINK_CMD_PORT_DEL];
        assert_eq!(heard(&mut events, mine).await, expected);
    });
}

/// What a driver says of a refusal arrives.
#[test]
fn a_device_that_refuses_a_port_says_why() {
    play(async {
        let port = new_port(DEVLINK_PORT_FLAVOUR_PCI_PF, 1);
        let error = resolver().call(port).await.unwrap_err();
        assert_eq!(error.errno(), Some(EOPNOTSUPP));
        let said = error.to_string();
        assert!(said.contains("a port is a subfunction"), "{said}");
    });
}

/// The commands that were announced about what `mine` knows by its attributes.
async fn heard(events: &mut Subscription, mine: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    events.barrier().await.unwrap();
    let mut commands = Vec::new();
    for _ in 0..events.queued() {
        let Notice::Event(event) = events.next().await.unwrap().unwrap() else {
            panic!("something was lost");
        };
        let (header, payload) = split(event.frame.view()).unwrap();
        if mine(payload) {
            commands.push(header.command);
        }
    }
    commands
}

/// On the full image mac80211_hwsim simulates two radios; the cloud image has no such family.
#[test]
fn an_interface_of_a_simulated_radio_comes_and_goes() {
    play(async {
        let wireless = resolver();
        if lab().contains("cloud") {
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
        let mine = |payload: &[u8]| {
            StationView::decode(payload).unwrap().name().unwrap() == Some("station")
        };
        assert_eq!(heard(&mut events, mine).await, expected);
    });
}

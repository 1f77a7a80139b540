//! A veth pair of the running kernel, against what `ethtool` tells (the judge), in fresh network namespaces.

use std::collections::BTreeMap;
use std::future::Future;
use std::process::Command;
use std::time::Duration;

use futures::StreamExt;
use netlane_ethtool::{
    Channels, Device, DeviceBuilder, Duplex, FAMILY, Features, FeaturesView, LinkInfo, LinkModes,
    LinkState, MONITOR, Notification, Port, RequestFlags, Rings, StringSetId, Strings,
    notification,
};
use netlane_generic::Resolver;
use netlane_testkit::{Links, has_tool, in_namespace};
use netlane_wire::Message;

const NAME: &str = "judged0";

/// Runs `body` with a resolver in a namespace that has a veth pair.
fn inside<F: Future<Output = ()>>(body: impl FnOnce(Resolver) -> F) {
    let mut links = Links::open().expect("links");
    links.veth(NAME, "peer0").expect("veth in this kernel");
    links.set_up(NAME).expect("up");
    links.set_up("peer0").expect("up");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let handle = netlane::spawn(netlane::Protocol::GENERIC).expect("generic netlink");
        body(Resolver::new(handle)).await;
    });
}

fn device(device: DeviceBuilder<&mut Message>) -> DeviceBuilder<&mut Message> {
    device.name(NAME)
}

/// What `ethtool` prints.
fn judged(arguments: &[&str]) -> String {
    let output = Command::new("ethtool").args(arguments).arg(NAME).output();
    let output = output.expect("it is there");
    assert!(output.status.success(), "ethtool {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The value behind `name:` in a line of its own.
fn line<'t>(text: &'t str, name: &str) -> &'t str {
    let found = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
    found
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .trim()
}

#[test]
fn the_link_is_as_ethtool_tells() {
    if !has_tool("ethtool", "ethtool") {
        return;
    }
    in_namespace(|| {
        inside(|resolver| async move {
            let told = judged(&[]);
            let info = resolver
                .call(LinkInfo::get().device(device))
                .await
                .expect("told");
            assert_eq!(info.view().port(), Ok(Some(Port::TWISTED_PAIR)));
            assert_eq!(line(&told, "Port"), "Twisted Pair");
            let address = info.view().phy_address().unwrap().unwrap();
            assert_eq!(line(&told, "PHYAD"), address.to_string());

            let modes = resolver
                .call(LinkModes::get().device(device))
                .await
                .expect("told");
            let modes = modes.view();
            let speed = format!("{}Mb/s", modes.speed().unwrap().unwrap());
            assert_eq!(line(&told, "Speed"), speed);
            assert_eq!(modes.duplex(), Ok(Some(Duplex::FULL)));
            assert_eq!(line(&told, "Duplex"), "Full");
            assert_eq!(modes.autonegotiation(), Ok(Some(false)));

            let state = resolver
                .call(LinkState::get().device(device))
                .await
                .expect("told");
            assert_eq!(state.view().link(), Ok(Some(true)));
            assert_eq!(line(&told, "Link detected"), "yes");
        })
    });
}

/// Name and whether it is on, of every feature.
fn active(features: FeaturesView<'_>) -> BTreeMap<String, bool> {
    let active = features.active().expect("well formed").expect("a set");
    let on: Vec<&str> = active
        .named()
        .expect("well formed")
        .map(|bit| bit.expect("well formed").0)
        .collect();
    on.into_iter().map(|name| (name.to_owned(), true)).collect()
}

/// The same from `ethtool --json --show-features`, which has names of its own for sums of features.
fn judged_features() -> BTreeMap<String, bool> {
    let json: serde_json::Value =
        serde_json::from_str(&judged(&["--json", "--show-features"])).expect("json");
    let features = json
        .get(0)
        .and_then(|device| device.as_object())
        .expect("one device");
    let states = features
        .iter()
        .filter_map(|(name, feature)| Some((name.clone(), feature.get("active")?.as_bool()?)));
    states.collect()
}

/// The kernel's names of all features.
async fn feature_names(resolver: &Resolver) -> Vec<String> {
    let request = Strings::get()
        .device(|none| none)
        .sets(|sets| sets.set(|set| set.id(StringSetId::FEATURES)));
    let strings = resolver.call(request).await.expect("told");
    let sets = strings.view().sets().expect("well formed").expect("sets");
    let set = sets.set().next().expect("one").expect("well formed");
    let list = set.strings().expect("well formed").expect("strings");
    let names: Vec<String> = list
        .string()
        .map(|string| {
            string
                .expect("well formed")
                .value()
                .expect("well formed")
                .expect("well formed")
                .to_owned()
        })
        .collect();
    let count = set.count().expect("well formed");
    assert_eq!(count, u32::try_from(names.len()).ok());
    names
}

#[test]
fn features_are_as_ethtool_tells() {
    if !has_tool("ethtool", "ethtool") {
        return;
    }
    in_namespace(|| {
        inside(|resolver| async move {
            let names = feature_names(&resolver).await;
            let features = resolver
                .call(Features::get().device(device))
                .await
                .expect("told");
            let active = active(features.view());
            let judged = judged_features();
            let mut compared = 0;
            for name in &names {
                if let Some(judged) = judged.get(name) {
                    assert_eq!(active.contains_key(name), *judged, "{name}");
                    compared += 1;
                }
            }
            assert!(compared > 30, "only {compared} of {names:?} in {judged:?}");
        })
    });
}

#[test]
fn a_feature_is_changed_and_the_change_is_told() {
    if !has_tool("ethtool", "ethtool") {
        return;
    }
    in_namespace(|| {
        inside(|resolver| async move {
            let mut events = resolver.subscribe(FAMILY, MONITOR).await.expect("joined");
            let off = Features::set()
                .device(device)
                .wanted(|wanted| wanted.bits(|bits| bits.named("tx-checksum-ip-generic", false)));
            let differs = resolver.call(off).await.expect("changed");
            let changed = differs.view().active().unwrap().expect("what changed");
            let bits: Vec<_> = changed.named().unwrap().map(Result::unwrap).collect();
            assert!(
                bits.contains(&("tx-checksum-ip-generic", false)),
                "{bits:?}"
            );

            let features = resolver
                .call(Features::get().device(device))
                .await
                .expect("told");
            assert!(
                !features
                    .view()
                    .active()
                    .unwrap()
                    .unwrap()
                    .contains("tx-checksum-ip-generic")
                    .unwrap()
            );
            assert_eq!(
                judged_features().get("tx-checksum-ip-generic"),
                Some(&false)
            );

            let waited = tokio::time::timeout(Duration::from_secs(10), events.next()).await;
            let notice = waited.expect("in time").expect("open").expect("no error");
            let netlane::Notice::Event(event) = notice else {
                panic!("lost: {notice:?}");
            };
            let Notification::Features(features) = notification(event.frame.view()).unwrap() else {
                panic!("{event:?}");
            };
            assert_eq!(features.device().unwrap().unwrap().name(), Ok(Some(NAME)));
            assert!(
                !features
                    .active()
                    .unwrap()
                    .unwrap()
                    .contains("tx-checksum-ip-generic")
                    .unwrap()
            );
        })
    });
}

#[test]
fn compact_sets_have_the_same_bits_as_named_ones() {
    in_namespace(|| {
        inside(|resolver| async move {
            let names = feature_names(&resolver).await;
            let named = resolver
                .call(Features::get().device(device))
                .await
                .expect("told");
            let compact = Features::get()
                .device(|device| device.name(NAME).flags(RequestFlags::COMPACT_BITSETS));
            let compact = resolver.call(compact).await.expect("told");
            let set = compact.view().active().unwrap().expect("a set");
            let words: Vec<u32> = set.value().unwrap().expect("words").collect();
            let on = names
                .iter()
                .enumerate()
                .filter(|(bit, _)| words[bit / 32] >> (bit % 32) & 1 == 1);
            let on: BTreeMap<String, bool> = on.map(|(_, name)| (name.clone(), true)).collect();
            assert_eq!(on, active(named.view()));
        })
    });
}

#[test]
fn channels_are_read_and_set() {
    if !has_tool("ethtool", "ethtool") {
        return;
    }
    in_namespace(|| {
        inside(|resolver| async move {
            let told = judged(&["--show-channels"]);
            let channels = resolver
                .call(Channels::get().device(device))
                .await
                .expect("told");
            let channels = channels.view();
            let (_, current) = told.split_once("Current").expect("two parts");
            assert_eq!(
                line(&told, "RX"),
                channels.receive_max().unwrap().unwrap().to_string()
            );
            assert_eq!(
                line(current, "RX"),
                channels.receive().unwrap().unwrap().to_string()
            );
            assert_eq!(
                line(current, "TX"),
                channels.transmit().unwrap().unwrap().to_string()
            );

            let too_many = Channels::set().device(device).receive(100_000);
            let error = resolver
                .call(too_many)
                .await
                .expect_err("beyond the maximum");
            assert_eq!(error.attribute(), Some("channels.receive"), "{error}");
        })
    });
}

/// What a driver cannot do is refused, with the reason of the kernel.
#[test]
fn rings_are_as_ethtool_tells() {
    if !has_tool("ethtool", "ethtool") {
        return;
    }
    in_namespace(|| {
        inside(|resolver| async move {
            let rings = resolver.call(Rings::get().device(device)).await;
            let judge = Command::new("ethtool")
                .args(["--show-ring", NAME])
                .output()
                .expect("ethtool");
            match rings {
                Ok(rings) => {
                    let told = String::from_utf8(judge.stdout).expect("text");
                    let (_, current) = told.split_once("Current").expect("two parts");
                    let length = rings.view().receive().unwrap();
                    assert_eq!(
                        line(current, "RX"),
                        length.map_or("n/a".to_owned(), |length| length.to_string())
                    );
                }
                Err(error) => {
                    assert_eq!(error.errno(), Some(95), "EOPNOTSUPP: {error}");
                    assert!(!judge.status.success(), "{judge:?}");
                }
            }
        })
    });
}

#[test]
fn every_device_is_dumped() {
    in_namespace(|| {
        inside(|resolver| async move {
            let all = resolver
                .list(LinkState::dump().device(|device| device))
                .await
                .expect("begun")
                .collect_all()
                .await;
            let all = all.expect("a dump");
            let names: Vec<String> = all
                .iter()
                .map(|state| {
                    let device = state.view().device().unwrap().unwrap();
                    device.name().unwrap().unwrap().to_owned()
                })
                .collect();
            assert!(
                names.contains(&NAME.to_owned()) && names.contains(&"peer0".to_owned()),
                "{names:?}"
            );
        })
    });
}

#[test]
fn an_unknown_device_is_refused_by_its_path() {
    in_namespace(|| {
        inside(|resolver| async move {
            let request = LinkInfo::get().device(|device| device.name("nobody0"));
            let error = resolver.call(request).await.expect_err("no such device");
            assert_eq!(error.errno(), Some(19), "ENODEV: {error}");
            assert_eq!(error.attribute(), Some("link_info.device.name"), "{error}");
        })
    });
}

/// A device nest that was kept is written again as it was.
#[test]
fn a_device_is_kept() {
    let device = Device::build()
        .index(7)
        .name(NAME)
        .finish()
        .expect("no mistakes");
    assert_eq!(device.view().index(), Ok(Some(7)));
    assert_eq!(
        Device::build().copy(device.view().attributes()).finish(),
        Ok(device)
    );
}

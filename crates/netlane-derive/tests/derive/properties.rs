//! For any values encode-then-decode is the identity; for any bytes decoding does not panic.

use std::net::IpAddr;

use netlane_wire::typed::{LinkAddress, Mac, Typed};
use netlane_wire::{Attributes, path_of};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::declared::{Link, LinkFlags, LinkView, OperState};

/// One value per form; `None` leaves the attribute out.
#[derive(Debug, Clone)]
struct Values {
    index: u32,
    flags: u32,
    address: Option<Vec<u8>>,
    name: Option<String>,
    mtu: Option<u32>,
    operstate: Option<u8>,
    vlan: Option<u16>,
    carrier: bool,
    gateways: Vec<IpAddr>,
    queues: Vec<u32>,
    macs: Vec<[u8; 6]>,
    limits: Vec<u16>,
    numbers: (u16, u64, i64, u64, bool),
    raw: Vec<u8>,
}

fn values() -> impl Strategy<Value = Values> {
    let first = (
        any::<u32>(),
        any::<u32>(),
        proptest::option::of(vec(any::<u8>(), 0..=32)),
        proptest::option::of("[^\0]{0,20}"),
        any::<Option<u32>>(),
        any::<Option<u8>>(),
        any::<Option<u16>>(),
        any::<bool>(),
    );
    let second = (
        vec(any::<IpAddr>(), 0..4),
        vec(any::<u32>(), 0..4),
        vec(any::<[u8; 6]>(), 0..4),
        vec(any::<u16>(), 0..5),
        any::<(u16, u64, i64, u64, bool)>(),
        vec(any::<u8>(), 0..9),
    );
    (first, second).prop_map(|(first, second)| {
        let (index, flags, address, name, mtu, operstate, vlan, carrier) = first;
        let (gateways, queues, macs, limits, numbers, raw) = second;
        Values {
            index,
            flags,
            address,
            name,
            mtu,
            operstate,
            vlan,
            carrier,
            gateways,
            queues,
            macs,
            limits,
            numbers,
            raw,
        }
    })
}

fn build(values: &Values) -> Link {
    let mut link = Link::build()
        .index(values.index)
        .flags(LinkFlags::from_bits_retain(values.flags))
        .queues(values.queues.iter().copied())
        .ports(&values.macs, |mac, port| port.mac(Mac(*mac)))
        .limits(&values.limits)
        .port(values.numbers.0)
        .count(values.numbers.1)
        .offset(values.numbers.2)
        .wide(values.numbers.3)
        .enabled(values.numbers.4)
        .raw(&values.raw);
    if let Some(address) = &values.address {
        link = link.address(LinkAddress::new(address).expect("at most 32 bytes"));
    }
    if let Some(name) = &values.name {
        link = link.name(name);
    }
    if let Some(mtu) = values.mtu {
        link = link.mtu(mtu);
    }
    if let Some(state) = values.operstate {
        link = link.operstate(OperState(state));
    }
    if let Some(id) = values.vlan {
        link = link.info(|info| info.vlan(|vlan| vlan.id(id)));
    }
    if values.carrier {
        link = link.carrier();
    }
    for gateway in &values.gateways {
        link = link.gateways(*gateway);
    }
    link.finish().expect("no mistakes")
}

/// The values that a link holds.
fn read(link: LinkView<'_>) -> Result<Values, Box<dyn std::error::Error>> {
    let vlan = match link.info()? {
        Some(info) => match info.data()? {
            Some(crate::declared::LinkDataView::Vlan(vlan)) => vlan.id()?,
            other => return Err(format!("not a vlan: {other:?}").into()),
        },
        None => None,
    };
    let mut macs = Vec::new();
    for port in link.ports() {
        macs.push(port?.mac()?.ok_or("no mac")?.0);
    }
    Ok(Values {
        index: link.index(),
        flags: link.flags().bits(),
        address: link.address()?.map(|address| address.as_bytes().to_vec()),
        name: link.name()?.map(str::to_owned),
        mtu: link.mtu()?,
        operstate: link.operstate()?.map(|state| state.0),
        vlan,
        carrier: link.carrier()?,
        gateways: link.gateways().collect::<Result<_, _>>()?,
        queues: link.queues().collect::<Result<_, _>>()?,
        macs,
        limits: link.limits()?.ok_or("no limits")?.collect(),
        numbers: (
            link.port()?.ok_or("no port")?,
            link.count()?.ok_or("no count")?,
            link.offset()?.ok_or("no offset")?,
            link.wide()?.ok_or("no wide")?,
            link.enabled()?.ok_or("no enabled")?,
        ),
        raw: link.raw()?.ok_or("no raw")?.to_vec(),
    })
}

/// Touches every accessor and every table.
fn attack(payload: &[u8]) {
    let Ok(link) = LinkView::decode(payload) else {
        assert!(payload.len() < 16, "only a short header is refused");
        return;
    };
    let _ = read(link);
    let _ = link.children().count();
    let _ = Link::pick(payload, (Link::NAME, Link::INFO, Link::STATS));
    let _ = link.ports().indexed().count();
    let _ = format!("{link:?} {link:#?}");
    for attribute in link.attributes().flatten() {
        let _ = link
            .stats()
            .map(|stats| stats.map(|stats| stats.tail().len()));
        let _ = attribute.kind();
    }
    if let Ok(kept) = Link::from_payload(payload.to_vec().into()) {
        assert_eq!(kept.payload(), payload);
    }
}

/// Attributes with right lengths and any content, some of them nested.
fn attributes(depth: u32) -> impl Strategy<Value = Vec<u8>> {
    let leaf = vec(any::<u8>(), 0..12).boxed();
    leaf.prop_recursive(depth, 48, 6, |inner| {
        vec((prop_oneof![0u16..64, any::<u16>()], inner), 0..6).prop_map(|list| {
            let mut message = netlane_wire::Message::new(0, netlane_wire::Flags::empty());
            for (kind, payload) in list {
                message.attribute(kind, &payload);
            }
            message.payload().to_vec()
        })
    })
}

proptest! {
    #[test]
    fn encode_then_decode_is_the_identity(values in values()) {
        let link = build(&values);
        let back = read(link.view()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(format!("{back:?}"), format!("{values:?}"));
    }

    #[test]
    fn what_was_received_encodes_again_as_it_was(values in values()) {
        let link = build(&values);
        let view = link.view();
        let again = Link::build().header(*view.header()).copy(view.attributes()).finish();
        prop_assert_eq!(again, Ok(link));
    }

    #[test]
    fn picking_reads_what_the_view_reads(values in values()) {
        let link = build(&values);
        let view = link.view();
        let picked = Link::pick(link.payload(), (Link::NAME, Link::MTU, Link::PORT, Link::LIMITS));
        let (name, mtu, port, limits) = picked.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(Ok(name), view.name());
        prop_assert_eq!(Ok(mtu), view.mtu());
        prop_assert_eq!(Ok(port), view.port());
        prop_assert_eq!(limits.map(Iterator::collect::<Vec<u16>>), Some(values.limits));
    }

    #[test]
    fn any_bytes_decode_without_panic(payload in vec(any::<u8>(), 0..200)) {
        attack(&payload);
    }

    #[test]
    fn any_attributes_decode_without_panic(payload in attributes(4), offset in 0u32..200) {
        let mut whole = vec![0; 16];
        whole.extend_from_slice(&payload);
        attack(&whole);
        let message = netlane_wire::Message::raw(16, netlane_wire::Flags::empty(), &whole);
        if let Ok(bytes) = message.finish() {
            let _ = path_of(&bytes, 16, offset, Some(Link::table()));
        }
    }

    #[test]
    fn a_cut_message_is_never_taken_for_a_whole_one(values in values(), cut in 1usize..64) {
        let link = build(&values);
        let len = link.payload().len().saturating_sub(cut).max(16);
        let payload = &link.payload()[..len];
        let view = LinkView::decode(payload).expect("a whole header");
        let walked = Attributes::new(&payload[16..]).all(|attribute| attribute.is_ok());
        // `raw` was among the last to be written: absent from a cut message only if the cut is between attributes.
        if !walked {
            prop_assert!(!matches!(view.children().last(), None | Some(Ok(_))));
        }
    }
}

#[test]
fn what_is_behind_a_wrong_length_is_an_error_and_what_is_before_is_not() {
    let link = Link::build()
        .name("eth0")
        .mtu(1500)
        .finish()
        .expect("no mistakes");
    let mut payload = link.payload().to_vec();
    let len = payload.len();
    payload[len - 8] = 200;
    let view = LinkView::decode(&payload).expect("a whole header");
    assert_eq!(view.name(), Ok(Some("eth0")));
    assert!(view.mtu().is_err(), "cut off");
    assert!(view.operstate().is_err(), "perhaps behind");
}

#[test]
fn a_wrong_size_is_an_error_to_its_reader_only() {
    let link = Link::build()
        .attribute(4, &[1, 2, 3])
        .name("eth0")
        .finish()
        .expect("no mistakes");
    assert!(link.view().mtu().is_err());
    assert!(Link::pick(link.payload(), (Link::MTU,)).is_err());
    assert_eq!(
        Link::pick(link.payload(), (Link::NAME,)),
        Ok((Some("eth0"),))
    );
    assert_eq!(link.view().name(), Ok(Some("eth0")));
    assert!(format!("{link:?}").contains("mtu: <attribute 4: a payload of 3 bytes, not 4>"));
}

#[test]
fn unknown_attributes_are_kept_and_shown() {
    let link = Link::build()
        .attribute(999, &[0xab])
        .finish()
        .expect("no mistakes");
    assert_eq!(link.view().attributes().count(), 1);
    assert!(format!("{link:?}").contains("999: [ab]"), "{link:?}");
}

#[test]
fn a_table_that_contains_itself_is_shown_to_a_depth() {
    let mut inner = Link::build().finish().expect("no mistakes");
    for _ in 0..40 {
        inner = Link::build()
            .copy(Attributes::new(&nest(&inner)))
            .finish()
            .expect("no mistakes");
    }
    assert!(format!("{inner:?}").len() < 10_000);
}

/// `link` as one attribute of the type of `children`.
fn nest(link: &Link) -> Vec<u8> {
    let mut message = netlane_wire::Message::new(0, netlane_wire::Flags::empty());
    message.attribute(55, link.payload());
    message.payload().to_vec()
}

//! Offsets of extended ACKs, resolved to paths.

use netlane_wire::{
    AttributeName, AttributeTable, Attributes, Content, Flags, Message, missing_path, path_of,
};

static BRIDGE: AttributeTable =
    AttributeTable::new("bridge", &[entry(1, "forward-delay", Content::Plain)]);
static PORT: AttributeTable = AttributeTable::new("port", &[entry(2, "number", Content::Plain)]);
static INFO: AttributeTable = AttributeTable::new(
    "info",
    &[
        entry(1, "kind", Content::Plain),
        entry(2, "data", Content::Select(data)),
    ],
);
static LINK: AttributeTable = AttributeTable::new(
    "link",
    &[
        entry(3, "name", Content::Plain),
        entry(18, "info", Content::Nest(|| &INFO)),
        entry(25, "ports", Content::Array(&Content::Nest(|| &PORT))),
    ],
);

fn data(payload: &[u8]) -> &'static Content {
    let kind = Attributes::new(payload).find(1);
    match kind.and_then(|kind| kind.text().ok()) {
        Some("bridge") => &Content::Nest(|| &BRIDGE),
        _ => &Content::Plain,
    }
}

const fn entry(kind: u16, name: &'static str, content: Content) -> AttributeName {
    AttributeName {
        kind,
        name,
        constant: "",
        content,
    }
}

/// Byte positions: name 32, info 44, info.kind 48, info.data 60, its attribute 64, ports 72,
/// element 76, number 80.
fn request(kind: &str) -> Vec<u8> {
    Message::new(16, Flags::REQUEST)
        .with_header(&[0; 16])
        .with_text(3, "abcdefg")
        .with_nest(18, |info| {
            info.text(1, kind).nest(2, |data| {
                data.u32(1, 5);
            });
        })
        .with_nest(25, |ports| {
            ports.nest(7, |port| {
                port.u32(2, 1);
            });
        })
        .finish()
        .unwrap()
}

#[test]
fn a_table_gives_names_through_nests_selections_and_arrays() {
    let request = request("bridge");
    for (offset, path) in [
        (32, "link.name"),
        (44, "link.info"),
        (48, "link.info.kind"),
        (60, "link.info.data"),
        (64, "link.info.data.forward-delay"),
        (72, "link.ports"),
        (76, "link.ports.7"),
        (80, "link.ports.7.number"),
    ] {
        let found = path_of(&request, 16, offset, Some(&LINK));
        assert_eq!(found.as_deref(), Some(path), "at {offset}");
    }
}

#[test]
fn without_a_table_the_path_is_numbers() {
    let request = request("bridge");
    for (offset, path) in [(32, "3"), (48, "18.1"), (64, "18.2.1"), (80, "25.7.2")] {
        let found = path_of(&request, 16, offset, None);
        assert_eq!(found.as_deref(), Some(path), "at {offset}");
    }
}

#[test]
fn what_the_table_does_not_know_is_a_number() {
    let request = request("unheard");
    assert_eq!(
        path_of(&request, 16, 64, Some(&LINK)).unwrap(),
        "link.info.data.1"
    );
    assert_eq!(path_of(&request, 16, 48, Some(&PORT)).unwrap(), "port.18.1");
}

#[test]
fn an_offset_into_a_payload_names_the_attribute() {
    let request = request("bridge");
    assert_eq!(path_of(&request, 16, 36, Some(&LINK)).unwrap(), "link.name");
}

#[test]
fn an_offset_outside_of_all_attributes_has_no_path() {
    let request = request("bridge");
    for offset in [0, 4, 16, 31, 88, 4000, u32::MAX] {
        assert_eq!(
            path_of(&request, 16, offset, Some(&LINK)),
            None,
            "at {offset}"
        );
    }
    assert_eq!(path_of(&request, usize::MAX, 32, None), None);
    assert_eq!(path_of(&request[..20], 16, 32, None), None, "a cut request");
}

#[test]
fn a_missing_attribute_is_named_inside_of_its_nest() {
    let request = request("bridge");
    let path = |missing| missing_path(&request, 16, missing, Some(&LINK));
    assert_eq!(path((3, None)).unwrap(), "link.name");
    assert_eq!(path((1, Some(44))).unwrap(), "link.info.kind");
    assert_eq!(path((1, Some(60))).unwrap(), "link.info.data.forward-delay");
    assert_eq!(path((2, Some(76))).unwrap(), "link.ports.7.number");
    assert_eq!(path((99, Some(44))).unwrap(), "link.info.99");
    assert_eq!(path((70_000, None)).unwrap(), "link.70000");
    assert_eq!(path((1, Some(8))), None);
    assert_eq!(
        missing_path(&request, 16, (1, Some(44)), None).unwrap(),
        "18.1"
    );
}

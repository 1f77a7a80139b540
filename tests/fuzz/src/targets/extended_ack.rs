//! Extended ACKs and the paths of their offsets: the input serves as both.

use netlane_wire::{
    AttributeName, AttributeTable, Attributes, Content, ExtendedAck, Policy, missing_path, path_of,
};

use super::{u16_at, u32_at};

pub(super) fn target(data: &[u8]) {
    let extended = ExtendedAck::new(Attributes::new(data));
    let owned = extended.into_owned();
    assert_eq!(extended.is_empty(), data.is_empty());
    assert_eq!(owned.offset, number(data, 2));
    assert_eq!(owned.missing_type, number(data, 5));
    assert_eq!(owned.missing_nest, number(data, 6));
    assert_eq!(owned.cookie.as_deref(), first(data, 3));
    assert_eq!(owned.message.is_some(), first(data, 1).is_some());
    assert_eq!(owned.policy.is_some(), first(data, 4).is_some());
    assert!(!owned.is_empty() || owned.to_string().is_empty());
    assert!(!Policy::read(Attributes::new(data)).to_string().is_empty());
    paths(data);
}

/// The payload of the first attribute of a kind, found the plain way.
fn first(mut data: &[u8], kind: u16) -> Option<&[u8]> {
    while data.len() >= 4 {
        let len = usize::from(u16_at(data, 0));
        if len < 4 || len > data.len() {
            return None;
        }
        if u16_at(data, 2) & 0x3fff == kind {
            return Some(&data[4..len]);
        }
        data = data.get(len.next_multiple_of(4)..)?;
    }
    None
}

fn number(data: &[u8], kind: u16) -> Option<u32> {
    first(data, kind)
        .filter(|payload| payload.len() == 4)
        .map(|payload| u32_at(payload, 0))
}

/// A path exists with a table if and only if it exists without, and has as many parts.
fn paths(data: &[u8]) {
    let end = u32::try_from(data.len())
        .unwrap_or(u32::MAX)
        .saturating_add(8);
    for header_len in [0, 4, 16] {
        for offset in (0..end).step_by(4).chain([1, 17, 33, u32::MAX]) {
            let numbers = path_of(data, header_len, offset, None);
            let names = path_of(data, header_len, offset, Some(&TABLE));
            let parts = |path: &Option<String>| path.as_ref().map(|path| path.split('.').count());
            assert_eq!(
                parts(&numbers).map(|count| count + 1),
                parts(&names),
                "at {offset}"
            );
            let missing = missing_path(data, header_len, (3, Some(offset)), Some(&TABLE));
            assert_eq!(missing.is_some(), numbers.is_some(), "at {offset}");
            let headed = path_of(data, header_len, offset, Some(&HEADED));
            assert!(headed.is_none_or(|path| path.starts_with("headed.")));
        }
    }
}

/// Names for the low kinds, whose content is of every sort and refers to itself.
static TABLE: AttributeTable = AttributeTable::new(
    "table",
    &[
        named(1, Content::Plain),
        named(2, Content::Nest(|| &TABLE)),
        named(3, Content::Array(&Content::Nest(|| &TABLE))),
        named(18, Content::Select(select)),
    ],
);

/// A table whose nests have headers of their own in front of their attributes.
static HEADED: AttributeTable = AttributeTable {
    header_len: 4,
    ..AttributeTable::new("headed", &[named(1, Content::Nest(|| &HEADED))])
};

const fn named(kind: u16, content: Content) -> AttributeName {
    AttributeName {
        kind,
        name: "name",
        constant: "NAME",
        content,
    }
}

/// What a nest holds depends on the text of kind 1 beside it.
fn select(payload: &[u8]) -> &'static Content {
    match TABLE.attributes_of(payload).find(1) {
        Some(text) if text.text() == Ok("bridge") => &Content::Nest(|| &TABLE),
        _ => &Content::Plain,
    }
}

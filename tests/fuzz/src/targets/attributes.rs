//! The attribute walk and every accessor, against the loop of `nla_for_each_attr`.

use netlane_wire::arithmetic::{nla_next, nla_ok, nla_type};
use netlane_wire::{Attribute, Attributes};

use super::u16_at;

/// Nests deeper than this are not followed.
const DEEPEST: u32 = 8;

pub(super) fn target(data: &[u8]) {
    walk(data, 0);
}

fn walk(data: &[u8], depth: u32) {
    let (expected, clean) = naive(data);
    let walked: Vec<_> = Attributes::new(data).collect();
    let found: Vec<_> = walked
        .iter()
        .flatten()
        .map(|item| (item.raw_kind(), item.payload()))
        .collect();
    assert_eq!(found, expected, "the walk finds other attributes than C");
    assert_eq!(walked.iter().all(Result::is_ok), clean);
    for attribute in walked.iter().flatten() {
        accessors(attribute);
        let first = Attributes::new(data)
            .find(attribute.kind())
            .expect("it is there");
        assert_eq!(first.kind(), attribute.kind());
        if depth < DEEPEST {
            walk(attribute.payload(), depth + 1);
        }
    }
}

/// What C finds, and whether nothing is left over.
fn naive(data: &[u8]) -> (Vec<(u16, &[u8])>, bool) {
    let mut found = Vec::new();
    let mut rest = data;
    while rest.len() >= 4 && nla_ok(u16_at(rest, 0), rest.len()) {
        let len = u16_at(rest, 0);
        found.push((u16_at(rest, 2), &rest[4..usize::from(len)]));
        match nla_next(len, rest.len()) {
            Some((next, _)) => rest = &rest[next..],
            None => rest = &[],
        }
    }
    (found, rest.is_empty())
}

/// Each reads if and only if the payload has its size, and reads what the bytes say.
fn accessors(attribute: &Attribute<'_>) {
    let payload = attribute.payload();
    assert_eq!(attribute.kind(), nla_type(attribute.raw_kind()));
    macro_rules! integers {
        ($($size:literal: $($native:ident)* / $($network:ident)*;)*) => {$(
            let bytes = <[u8; $size]>::try_from(payload).ok();
            $(assert_eq!(attribute.$native().ok().map(|value| value.to_ne_bytes()), bytes);)*
            $(assert_eq!(attribute.$network().ok().map(|value| value.to_be_bytes()), bytes);)*
            assert_eq!(attribute.array::<$size>().ok(), bytes);
        )*};
    }
    integers! {
        1: u8 i8 / ;
        2: u16 i16 / be_u16 be_i16;
        4: u32 i32 / be_u32 be_i32;
        8: u64 i64 / be_u64 be_i64;
        16: u128 i128 / be_u128 be_i128;
    }
    let sized = [1, 2, 4, 8].contains(&payload.len());
    assert_eq!(
        (attribute.uint().is_ok(), attribute.sint().is_ok()),
        (sized, sized)
    );
    let text: Vec<u8> = payload
        .iter()
        .copied()
        .take_while(|byte| *byte != 0)
        .collect();
    assert_eq!(attribute.text_bytes(), text);
    assert_eq!(attribute.text().ok(), std::str::from_utf8(&text).ok());
    assert_eq!(attribute.text_lossy(), String::from_utf8_lossy(&text));
    assert!(attribute.nests().map_while(Result::ok).count() <= payload.len() / 4);
    assert!(!format!("{attribute:?}").is_empty());
}

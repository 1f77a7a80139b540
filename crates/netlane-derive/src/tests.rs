//! What a wrong declaration is told: each case is a declaration, the text that the error must point at, and a part of
//! what it must say.

use proc_macro2::{Span, TokenStream};

use crate::{message, numbers, requests, select, structs};

type Expand = fn(TokenStream) -> syn::Result<TokenStream>;

/// The errors of `source`: the source text under each, and its words.
fn errors(expand: Expand, source: &str) -> Vec<(String, String)> {
    let tokens: TokenStream = source.parse().expect("tokens");
    match expand(tokens) {
        Ok(expanded) => panic!("accepted: {expanded}"),
        Err(error) => error
            .into_iter()
            .map(|error| (at(source, error.span()), error.to_string()))
            .collect(),
    }
}

/// The source text from the start to the end of a span.
fn at(source: &str, span: Span) -> String {
    source[span.byte_range()].to_owned()
}

#[track_caller]
fn refused(expand: Expand, source: &str, place: &str, words: &str) {
    let errors = errors(expand, source);
    let found = errors
        .iter()
        .any(|(at, text)| at == place && text.contains(words));
    assert!(found, "wanted `{words}` at `{place}`, got {errors:?}");
}

#[test]
fn a_message_without_its_path_name() {
    refused(
        message::expand,
        "struct Link { }",
        "Link",
        "needs the name it has in error paths",
    );
}

#[test]
fn a_field_without_type_or_constant() {
    refused(
        message::expand,
        r#"struct L("l") { mtu = M(4) }"#,
        "mtu",
        "needs a type and a constant",
    );
    refused(
        message::expand,
        r#"struct L("l") { mtu: u32 }"#,
        "mtu",
        "needs its attribute's constant",
    );
    refused(
        message::expand,
        r#"struct L("l") { mtu: u32 = IFLA_MTU }"#,
        "IFLA_MTU",
        "in parentheses",
    );
    refused(
        message::expand,
        r#"struct L("l") { mtu: u32 = 4 }"#,
        "4",
        "expected the C constant",
    );
    refused(
        message::expand,
        r#"struct L("l") { mtu: u32 = M(N) }"#,
        "N",
        "is a literal",
    );
}

#[test]
fn an_unknown_form() {
    refused(
        message::expand,
        r#"struct L("l") { info: nset Info = I(1) }"#,
        "nset",
        "unknown form",
    );
}

#[test]
fn a_type_beyond_the_wire() {
    refused(
        message::expand,
        r#"struct L("l") { a: u8 = A(16384) }"#,
        "16384",
        "at most 16383",
    );
}

#[test]
fn two_fields_of_one_attribute_or_name_are_both_reported() {
    let source = r#"struct L("l") { a: u8 = A(1), b: u8 = B(1), a: u8 = C(2) }"#;
    let errors = errors(message::expand, source);
    assert_eq!(errors.len(), 2, "{errors:?}");
    refused(message::expand, source, "1", "attribute 1 is already `a`");
    refused(message::expand, source, "a", "declared twice");
}

#[test]
fn a_field_that_hides_a_method() {
    refused(
        message::expand,
        r#"struct L("l") { header: u8 = A(1) }"#,
        "header",
        "every message has",
    );
    refused(
        message::expand,
        r#"struct L("l"): H(index: u32) { index: u8 = A(1) }"#,
        "index",
        "shown from the header",
    );
}

#[test]
fn a_select_without_a_deciding_field() {
    refused(
        message::expand,
        r#"struct L("l") { data: select D = A(1) }"#,
        "=",
        "names the field that decides",
    );
    refused(
        message::expand,
        r#"struct L("l") { data: select D by kind = A(1) }"#,
        "kind",
        "neither a single-valued field",
    );
    let nested = r#"struct L("l") { kind: nest K = A(1), data: select D by kind = B(2) }"#;
    refused(
        message::expand,
        nested,
        "kind",
        "neither a single-valued field",
    );
}

#[test]
fn a_missing_comma_is_named() {
    refused(
        message::expand,
        r#"struct L("l") { a: u8 = A(1) b: u8 = B(2) }"#,
        "b",
        "expected `,` after the field",
    );
}

#[test]
fn a_second_declaration_in_one_call() {
    refused(
        message::expand,
        r#"struct L("l") { } struct M("m") { }"#,
        "struct",
        "one declaration",
    );
}

#[test]
fn wrong_sub_messages() {
    refused(
        select::expand,
        "enum D for L.data { }",
        "D",
        "type of the deciding value",
    );
    refused(select::expand, "enum D: str { }", "{", "for LinkInfo.data");
    refused(
        select::expand,
        "enum D: str for L.data { vlan: nest V }",
        "vlan",
        "the value that decides",
    );
    let twice = r#"enum D: str for L.data { a = "x", b = "x" }"#;
    refused(select::expand, twice, "\"x\"", "already decides for `a`");
}

#[test]
fn wrong_structures() {
    refused(
        structs::expand,
        "struct H { a: u8 }",
        "H",
        "needs its C name",
    );
    refused(
        structs::expand,
        r#"struct H("h") { a: nest X }"#,
        "nest",
        "fixed size",
    );
    refused(
        structs::expand,
        r#"struct H("h") { a: u8, a: u8 }"#,
        "a",
        "declared twice",
    );
    refused(
        structs::expand,
        r#"struct H("h") { a u8 }"#,
        "u8",
        "expected `:`",
    );
}

#[test]
fn wrong_numbers() {
    refused(
        numbers::expand_enum,
        "enum E { A = X(1) }",
        "E",
        "needs its integer",
    );
    refused(
        numbers::expand_enum,
        "enum E: u8 { A }",
        "A",
        "needs its C constant",
    );
    refused(
        numbers::expand_enum,
        "enum E: u8 { A = X(1), B = Y(1) }",
        "1",
        "already `A`",
    );
    refused(
        numbers::expand_flags,
        "struct F: u8 { A = X(1), A = Y(2) }",
        "A",
        "declared twice",
    );
}

#[test]
fn wrong_requests() {
    refused(
        requests::expand,
        "Link { }",
        "{",
        "expected `over ROUTE(0)`",
    );
    let source = "Link over ROUTE(0) { add: RTM_NEWLINK(16) => done }";
    refused(requests::expand, source, "done", "is no way to answer");
    let source = "Link over ROUTE(0) { add: RTM_NEWLINK(16) ack }";
    refused(requests::expand, source, "ack", "how the kernel answers");
    let source = "Link over ROUTE(0) { add: RTM_NEWLINK(16) => ack Link }";
    refused(requests::expand, source, "Link", "carries nothing");
    let source = r#"F in "nlctrl" version 2 { get: X(256) => reply }"#;
    refused(requests::expand, source, "256", "at most 255");
    let source = r#"F in "nlctrl" version 300 { get: X(3) => reply }"#;
    refused(requests::expand, source, "300", "");
}

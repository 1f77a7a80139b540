//! What a wrong declaration is told: each file of `refused/` is a page of them, and beside it lies what the compiler
//! says of it, with the place that it points at. `TRYBUILD=overwrite` writes the latter anew: a compiler may change its
//! words, which are all of those about `types.rs`.

#[test]
fn a_wrong_declaration_is_told_where_and_why() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}

//! What a wrong declaration is told: each file of `refused/` is a page of them, and beside it lies what the compiler
//! says of it, with the place that it points at. `TRYBUILD=overwrite` writes the latter anew.

use std::io::Write;
use std::process::Command;

#[test]
fn a_wrong_declaration_is_told_where_and_why() {
    let pages = trybuild::TestCases::new();
    pages.compile_fail("tests/refused/*.rs");
    // Its own words, which were others before.
    if is_since(95) {
        pages.compile_fail("tests/refused/compiler/*.rs");
    }
}

/// Whether the compiler is at least Rust 1.`minor`. Where it is not, that is said, past the capture of output.
fn is_since(minor: u32) -> bool {
    let version = Command::new("rustc").arg("--version").output();
    let version = String::from_utf8(version.expect("a compiler").stdout).expect("text");
    let found = version.split('.').nth(1).and_then(|part| part.parse().ok());
    let new = found.is_some_and(|found: u32| found >= minor);
    if !new {
        let why = format!("NOT RUN: refused/compiler: words of Rust 1.{minor}, not of {version}");
        std::io::stderr()
            .write_all(why.as_bytes())
            .expect("written");
    }
    new
}

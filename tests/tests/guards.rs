//! Rules of the house that no compiler checks: where the dangerous word may stand, what every
//! file opens with, which licences lie where, and that documents name things that exist.
//! Reads the source tree only; must not know netlink.

use std::collections::BTreeSet;
use std::fs;

use netlane_tests::repository::{self, TextFile, has_word};

/// Written in two halves so that this file passes its own guard.
const DANGEROUS: &str = concat!("un", "safe");
const SYS: &str = "crates/netlane-sys/";

/// Documents whose quoted names are checked. Those that do not exist yet are not required here.
const DOCUMENTS: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "DESIGN.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "RELIABILITY.md",
    "tests/KERNEL-TESTS.md",
];

/// First segments of quoted paths that belong to others. A name that is neither ours nor here
/// is taken for one of ours that was renamed.
const FOREIGN: [&str; 22] = [
    "std",
    "core",
    "tokio",
    "tokio_util",
    "futures",
    "bytes",
    "libc",
    "tracing",
    "bitflags",
    "serde",
    "io",
    "AsyncFd",
    "Bytes",
    "BytesMut",
    "Interest",
    "Instant",
    "Duration",
    "Runtime",
    "Ready",
    "Context",
    "Arc",
    "Vec",
];

#[test]
fn only_netlane_sys_holds_dangerous_code() {
    let allowed = format!("{DANGEROUS}_code");
    let mut offences = Vec::new();
    for file in outside_sys() {
        for (number, line) in code_lines(&file) {
            let permits = has_word(line, &allowed) && !line.contains("forbid");
            if has_word(line, DANGEROUS) || permits {
                offences.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&offences, "belongs to netlane-sys");
}

#[test]
fn every_other_crate_forbids_it() {
    let mut offences = Vec::new();
    for directory in repository::crates() {
        if format!("{directory}/") == SYS {
            continue;
        }
        let front = repository::read(&format!("{directory}/src/lib.rs"));
        if !front.text.contains(&format!("forbid({DANGEROUS}_code)")) {
            offences.push(front.path);
        }
    }
    assert_none(&offences, "has no forbid attribute");
}

#[test]
fn every_block_in_netlane_sys_has_its_proof() {
    let opening = format!("{DANGEROUS} {{");
    let mut offences = Vec::new();
    for file in repository::rust_sources() {
        if !file.path.starts_with(SYS) {
            continue;
        }
        let lines: Vec<&str> = file.text.lines().collect();
        for (number, line) in code_lines(&file) {
            if line.contains(&opening) && !proof_above(&lines[..number - 1]) {
                offences.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&offences, "has no SAFETY comment above");
}

/// The front page of a crate may be its README, which says it.
#[test]
fn every_file_says_what_it_owns() {
    let offences: Vec<String> = repository::rust_sources()
        .into_iter()
        .filter(|file| !file.text.starts_with("//!"))
        .filter(|file| {
            !file
                .text
                .starts_with("#![doc = include_str!(\"../README.md\")]")
        })
        .map(|file| file.path)
        .collect();
    assert_none(&offences, "does not open with //!");
}

#[test]
fn licences_and_readmes_lie_where_they_must() {
    let mut offences = Vec::new();
    for directory in repository::crates() {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let copy = fs::read(repository::root().join(&directory).join(licence));
            let original = repository::read(licence).text;
            if copy.ok().as_deref() != Some(original.as_bytes()) {
                offences.push(format!("{directory}/{licence}"));
            }
        }
        let readme = format!("{directory}/README.md");
        if !repository::root().join(&readme).is_file() {
            offences.push(readme);
        }
    }
    assert_none(&offences, "is missing or differs from the one at the top");
}

#[test]
fn documents_name_paths_that_exist() {
    let files = repository::files();
    let mut offences = Vec::new();
    for document in documents() {
        for quoted in quoted(&document.text).filter(|quoted| looks_like_path(quoted)) {
            let bare = quoted.trim_end_matches('/');
            let exists = repository::root().join(bare).exists()
                || (!bare.contains('/')
                    && files.iter().any(|file| file.ends_with(&format!("/{bare}"))));
            if !exists {
                offences.push(format!("{}: `{quoted}`", document.path));
            }
        }
    }
    assert_none(&offences, "names no file or directory of this repository");
}

#[test]
fn documents_name_items_that_exist() {
    let sources = repository::rust_sources();
    let words = all_words(&sources);
    let defined = definitions(&sources);
    let mut offences = Vec::new();
    for document in documents() {
        if document.path.ends_with("KERNEL-TESTS.md") {
            // Its names are tests; another guard looks for them as such.
            continue;
        }
        for quoted in quoted(&document.text).filter_map(as_item) {
            let segments: Vec<&str> = quoted.split("::").collect();
            let first = segments.first().copied().unwrap_or_default();
            if FOREIGN.contains(&first) {
                continue;
            }
            let ours = first.starts_with("netlane") || defined.contains(first);
            if !ours
                || segments
                    .iter()
                    .skip(1)
                    .any(|segment| !words.contains(*segment))
            {
                offences.push(format!("{}: `{quoted}`", document.path));
            }
        }
    }
    assert_none(
        &offences,
        "names no item of the sources (foreign names are listed in tests/tests/guards.rs)",
    );
}

fn outside_sys() -> Vec<TextFile> {
    let mut sources = repository::rust_sources();
    sources.retain(|file| !file.path.starts_with(SYS));
    sources
}

fn documents() -> Vec<TextFile> {
    let mut names: Vec<String> = DOCUMENTS.iter().map(|name| (*name).to_owned()).collect();
    names.extend(
        repository::crates()
            .iter()
            .map(|path| format!("{path}/README.md")),
    );
    names
        .iter()
        .filter(|name| repository::root().join(name).is_file())
        .map(|name| repository::read(name))
        .collect()
}

/// The lines of a file with their numbers from 1, without comments.
fn code_lines(file: &TextFile) -> impl Iterator<Item = (usize, &str)> {
    file.text.lines().enumerate().map(|(index, line)| {
        let code = line.split("//").next().unwrap_or_default();
        (index + 1, code)
    })
}

/// Whether the comment directly above carries a proof; attributes and the start of the
/// statement that holds the block may stand between.
fn proof_above(lines: &[&str]) -> bool {
    lines
        .iter()
        .rev()
        .take(12)
        .take_while(|line| !line.trim().is_empty())
        .any(|line| line.contains("SAFETY:"))
}

/// What stands between single backticks, outside fenced code.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines()
        .filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn looks_like_path(quoted: &str) -> bool {
    let plain = quoted
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let ours = ["crates/", "examples/", "tests/", "benches/", ".ci/"]
        .iter()
        .any(|start| quoted.starts_with(start));
    let named = [".rs", ".md", ".toml"]
        .iter()
        .any(|end| quoted.ends_with(end));
    plain && (ours || named) && !quoted.starts_with('/')
}

/// A quoted `a::b`, without the arguments of a call.
fn as_item(quoted: &str) -> Option<&str> {
    let item = quoted.split(['(', '<', '{', ' ']).next()?;
    let plain = item
        .chars()
        .all(|c| c.is_alphanumeric() || "_:!".contains(c));
    (item.contains("::") && plain).then_some(item.trim_end_matches('!'))
}

fn all_words(sources: &[TextFile]) -> BTreeSet<&str> {
    sources
        .iter()
        .flat_map(|file| file.text.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect()
}

fn definitions(sources: &[TextFile]) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for file in sources {
        let mut previous = "";
        for word in file.text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            if ["struct", "enum", "trait", "mod", "type", "fn", "const"].contains(&previous) {
                found.insert(word);
            }
            if !word.is_empty() {
                previous = word;
            }
        }
    }
    found
}

fn assert_none(offences: &[String], complaint: &str) {
    assert!(
        offences.is_empty(),
        "each of these {complaint}:\n  {}",
        offences.join("\n  ")
    );
}

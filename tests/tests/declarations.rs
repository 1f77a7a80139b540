//! Rules about declared messages that no compiler checks: every message is fuzzed, every field is explained with its
//! unit, every family's front page has an example that runs, and `ROUTE-OBJECTS.md` tells of every group what is true.
//! Reads the source tree only; must not know netlink.

use std::collections::BTreeSet;

use netlane_tests::repository::{self, TextFile, has_word};

/// Crates whose front page shows how they are used.
const FAMILIES: [&str; 8] = [
    "netlane-connector",
    "netlane-ethtool",
    "netlane-generic",
    "netlane-mptcp-pm",
    "netlane-packet",
    "netlane-route",
    "netlane-taskstats",
    "netlane-uevent",
];

/// Parts of a name that say that the number is a quantity.
const QUANTITIES: [&str; 11] = [
    "_len", "_time", "bytes", "delay", "interval", "latency", "lifetime", "mtu", "rate", "size",
    "timeout",
];

/// Words of which the documentation of a quantity has one.
const UNITS: [&str; 24] = [
    "addresses",
    "bit",
    "bits",
    "byte",
    "bytes",
    "count",
    "elements",
    "entries",
    "entry",
    "kilobytes",
    "microseconds",
    "milliseconds",
    "minutes",
    "ms",
    "nanoseconds",
    "ns",
    "packets",
    "queries",
    "rate",
    "s",
    "second",
    "seconds",
    "unit",
    "units",
];

/// One field of a declaration.
struct Field {
    place: String,
    name: String,
    /// What stands between the name and the constant.
    ty: String,
    documentation: String,
}

#[test]
fn every_message_is_fuzzed() {
    let fuzzed = repository::read("tests/fuzz/src/targets/typed.rs").text;
    let missing: Vec<String> = declarations("message! {")
        .map(|(file, body)| (file, name_of(&body)))
        .filter(|(_, name)| !has_word(&fuzzed, name))
        .map(|(file, name)| format!("{file}: {name}"))
        .collect();
    assert_none(&missing, "is no message of tests/fuzz/src/targets/typed.rs");
}

#[test]
fn every_field_is_explained() {
    let fields = fields();
    assert!(
        fields.len() > 1000,
        "only {} fields were found",
        fields.len()
    );
    let bare = fields.iter().filter(|field| field.documentation.is_empty());
    let bare: Vec<&str> = bare.map(|field| field.place.as_str()).collect();
    assert_none(&bare, "has no documentation");
}

#[test]
fn every_quantity_has_a_unit() {
    let quantities = |field: &&Field| {
        let number = ["u16", "u32", "u64", "i32", "i64", "Uint"]
            .contains(&field.ty.trim_start_matches("be "));
        number && QUANTITIES.iter().any(|part| field.name.contains(part))
    };
    let fields = fields();
    let offences: Vec<String> = fields
        .iter()
        .filter(quantities)
        .filter(|field| {
            !UNITS
                .iter()
                .any(|unit| has_word(&field.documentation.to_lowercase(), unit))
        })
        .map(|field| format!("{}: {}", field.place, field.documentation))
        .collect();
    assert_none(&offences, "names no unit");
}

#[test]
fn every_front_page_has_an_example_that_runs() {
    let runs = |family: &&str| {
        let page = repository::read(&format!("crates/{family}/src/lib.rs")).text;
        page.lines().any(|line| line.trim_end() == "//! ```")
    };
    let without: Vec<&str> = FAMILIES
        .into_iter()
        .filter(|family| !runs(family))
        .collect();
    assert_none(&without, "has no example without `ignore` and `no_run`");
}

/// The document's last paragraph names the groups whose events are caused, then those that are read from bytes only.
#[test]
fn the_table_of_objects_tells_the_truth_about_groups() {
    let text = repository::read("tests/ROUTE-OBJECTS.md").text;
    let (_, events) = text
        .split_once("\nEvents of the groups")
        .expect("a paragraph on events");
    let (caused, bytes_only) = events
        .split_once("Those of the\nother groups")
        .expect("two sentences");
    let (here, in_lab) = caused
        .split_once("in the lab")
        .map_or((caused, ""), |(here, _)| {
            here.rsplit_once(", of ")
                .expect("the lab's groups stand last")
        });
    let tests = repository::rust_sources().into_iter().filter(|file| {
        file.path.starts_with("tests/tests/route_objects/")
            || file.path.starts_with("tests/tests/tc/")
    });
    let (lab, always): (Vec<TextFile>, Vec<TextFile>) =
        tests.partition(|file| file.path.ends_with("lab_only.rs"));
    let used = |files: &[TextFile], name: &str| {
        let name = format!("Group::{name}");
        files.iter().any(|file| file.text.contains(&name))
    };

    let mut offences = Vec::new();
    for (name, constant) in groups() {
        let claims =
            [here, in_lab, bytes_only].map(|claim| names(claim).contains(constant.as_str()));
        let facts = [used(&always, &name), used(&lab, &name)];
        let true_claims = match claims {
            [true, false, false] => facts[0],
            [false, true, false] => facts[1],
            [false, false, true] => facts == [false, false],
            _ => false,
        };
        if !true_claims {
            offences.push(format!("{constant}: said {claims:?}, used {facts:?}"));
        }
    }
    assert_none(
        &offences,
        "is told of wrongly (caused here, in the lab, bytes only)",
    );
}

/// The groups' names in Rust and, without `RTNLGRP_`, in C.
fn groups() -> Vec<(String, String)> {
    let source = repository::read("crates/netlane-route/src/group.rs").text;
    let lines = source.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" = RTNLGRP_")?;
        let (constant, _) = rest.split_once('(')?;
        // A group of old that nobody sends to.
        (constant != "NOTIFY").then(|| (name.to_owned(), constant.to_owned()))
    });
    lines.collect()
}

/// `IPV4/6_ROUTE` is two names.
fn names(claim: &str) -> BTreeSet<String> {
    let words = claim.split(|c: char| !(c.is_ascii_alphanumeric() || "_/".contains(c)));
    let both = words.flat_map(|word| match word.strip_prefix("IPV4/6_") {
        Some(rest) => vec![format!("IPV4_{rest}"), format!("IPV6_{rest}")],
        None => vec![word.to_owned()],
    });
    both.collect()
}

/// Every call of a macro in the families' sources, with its file's name.
fn declarations(opening: &'static str) -> impl Iterator<Item = (String, String)> {
    let families = repository::rust_sources().into_iter().filter(|file| {
        FAMILIES
            .iter()
            .any(|it| file.path.starts_with(&format!("crates/{it}/src/")))
    });
    families.flat_map(move |file| {
        let start = format!("\n{opening}\n");
        let calls: Vec<(String, String)> = file
            .text
            .split(start.as_str())
            .skip(1)
            .filter_map(|rest| Some((file.path.clone(), rest.split_once("\n}\n")?.0.to_owned())))
            .collect();
        calls
    })
}

/// `Link` of `pub struct Link("link")`.
fn name_of(body: &str) -> String {
    let (_, rest) = body.split_once("pub struct ").unwrap_or_default();
    rest.split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn fields() -> Vec<Field> {
    let messages = declarations("message! {").chain(declarations("c_struct! {"));
    let mut fields = Vec::new();
    for (file, body) in messages {
        let declaration = name_of(&body);
        let mut documentation = String::new();
        for line in body.lines() {
            let text = line.trim();
            if let Some(more) = text.strip_prefix("///") {
                documentation += more;
                continue;
            }
            // Fields stand one step inside of the structure.
            let field = text
                .strip_suffix(',')
                .and_then(|text| text.split_once(": "));
            if let (Some((name, rest)), true) = (field, line.starts_with("        ")) {
                let ty = rest.split(" = ").next().unwrap_or_default();
                if name != "_" && !ty.contains(',') {
                    fields.push(Field {
                        place: format!("{file}: {declaration}.{name}"),
                        name: name.to_owned(),
                        ty: ty.to_owned(),
                        documentation: std::mem::take(&mut documentation),
                    });
                }
            }
            documentation.clear();
        }
    }
    fields
}

fn assert_none<T: AsRef<str>>(offences: &[T], what: &str) {
    let list: Vec<&str> = offences.iter().map(AsRef::as_ref).collect();
    assert!(list.is_empty(), "{what}:\n  {}", list.join("\n  "));
}

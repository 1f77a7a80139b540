//! Writes the test of every field of every family: whatever a setter is given, the getter gives back. It reads the
//! declarations as text and writes calls of the setters and getters that they become (`tests/identity/main.rs`
//! includes them). Must not know what a field means; a type that it cannot make values of is listed below.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Families, and where their messages are found.
const FAMILIES: [(&str, &str); 5] = [
    ("netlane-ethtool", "netlane_ethtool"),
    ("netlane-generic", "netlane_generic::controller"),
    ("netlane-mptcp-pm", "netlane_mptcp_pm"),
    ("netlane-route", "netlane_route"),
    ("netlane-taskstats", "netlane_taskstats"),
];

/// What is set is not what is got: the families' own tests have these.
const UNLIKE: [&str; 5] = ["InetConf", "MplsLabels", "Multipath", "Switch", "U32Match"];

fn main() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let (mut code, mut tests) = (String::new(), Vec::new());
    for (family, path) in FAMILIES {
        let sources = crates.join(family).join("src");
        println!("cargo::rerun-if-changed={}", sources.display());
        let text = texts(&sources);
        let name = format!("of_{}", family.replace('-', "_"));
        writeln!(
            code,
            "mod {name} {{\nuse super::prelude::*;\nuse {path}::*;"
        )
        .expect("memory");
        for body in declarations(&text, "message!") {
            let declaration = identifier(body.split_once("pub struct ").map_or("", |it| it.1));
            tests.push(format!("{name}::{declaration}"));
            message(&mut code, declaration, body);
        }
        for body in declarations(&text, "select!") {
            select(&mut code, body, &mut tests, &name);
        }
        code += "}\n";
    }
    let tests: BTreeSet<String> = tests.into_iter().collect();
    let list: Vec<String> = tests
        .iter()
        .map(|it| format!("(\"{it}\", {it} as Test),"))
        .collect();
    writeln!(code, "const TESTS: &[(&str, Test)] = &[{}];", list.concat()).expect("memory");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("identity.rs"), code).expect("the build's own folder");
}

/// Every source below a folder, one after the other.
fn texts(folder: &Path) -> String {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the family's sources")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| match path.is_dir() {
        true => texts(&path),
        false => fs::read_to_string(path).expect("a source"),
    };
    paths.into_iter().map(read).collect()
}

/// What stands between the braces of each call of a macro.
fn declarations<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let opening = format!("\n{name} {{\n");
    let calls = text.match_indices(opening.as_str()).filter_map(|(at, _)| {
        let body = text.get(at + opening.len()..)?;
        Some(body.split_once("\n}\n")?.0)
    });
    calls.collect()
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// `super::Vlan` is found by its name alone.
fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path).trim()
}

/// The fields: name and what stands before the constant or the deciding value.
fn fields(body: &str) -> Vec<(&str, &str)> {
    let lines = body
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"));
    let fields = lines.filter_map(|line| {
        let (field, _) = line.strip_suffix(',')?.split_once(" = ")?;
        field.split_once(": ")
    });
    fields.collect()
}

fn message(code: &mut String, name: &str, body: &str) {
    writeln!(
        code,
        "#[allow(non_snake_case)] pub(super) fn {name}(c: &mut Chance) {{"
    )
    .expect("memory");
    let head = body
        .split_once("\") ")
        .or_else(|| body.split_once("\"): "))
        .map_or("", |it| it.1);
    if body.contains("\"): ") {
        let header = identifier(body.split_once("\"): ").map_or(head, |it| it.1));
        writeln!(
            code,
            "let header: {header} = c.fixed();
            let whole = {name}::build().header(header).finish().expect(\"a header\");
            same(\"{name}.header\", header, whole.view().header());"
        )
        .expect("memory");
    }
    for (field, ty) in fields(body) {
        if let Some(test) = test_of(name, field, ty) {
            writeln!(code, "{{ {test} }}").expect("memory");
        }
    }
    code.push_str("let _ = c; }\n");
}

/// Sets a field, and gets it.
fn test_of(message: &str, field: &str, ty: &str) -> Option<String> {
    let title = format!("{message}.{}", field.trim_start_matches("r#"));
    let built =
        |call: &str| format!("let m = {message}::build(){call}.finish().expect(\"{title}\");");
    let got = format!("m.view().{field}()");
    let (form, content) = match ty.split_once(' ') {
        Some((form @ ("multi" | "array" | "packed" | "nest" | "select"), content)) => {
            (form, content)
        }
        _ => ("", ty),
    };
    let text = match (form, content.strip_prefix("nest ")) {
        ("select", _) => return None,
        ("", _) if ty == "flag" => {
            format!("{} same(\"{title}\", Some(true), {got}.ok());", built(&format!(".{field}()")))
        }
        ("nest", _) => {
            let inner = last(content);
            let call = format!(".{field}(|it| it.attribute(UNKNOWN, &b))");
            format!(
                "let b = c.bytes(); let n = {inner}::build().attribute(UNKNOWN, &b).finish().expect(\"a nest\"); {}
                same(\"{title}\", Ok::<_, AttributeError>(Some(n.view())), {got});",
                built(&call)
            )
        }
        ("multi", Some(nest)) => {
            let inner = last(nest);
            let call = format!(".{field}(|it| it.attribute(UNKNOWN, &b)).{field}(|it| it)");
            format!(
                "let b = c.bytes(); let n = {inner}::build().attribute(UNKNOWN, &b).finish().expect(\"a nest\");
                let e = {inner}::build().finish().expect(\"a nest\"); {}
                same(\"{title}\", [Ok::<_, AttributeError>(n.view()), Ok(e.view())], {got}.collect::<Vec<_>>());",
                built(&call)
            )
        }
        ("array", Some(nest)) => {
            let inner = last(nest);
            let call = format!(".{field}([&b[..], &[]], |b, it| it.attribute(UNKNOWN, b))");
            format!(
                "let b = c.bytes(); let n = {inner}::build().attribute(UNKNOWN, &b).finish().expect(\"a nest\");
                let e = {inner}::build().attribute(UNKNOWN, &[]).finish().expect(\"a nest\"); {}
                same(\"{title}\", [Ok::<_, AttributeError>(n.view()), Ok(e.view())], {got}.collect::<Vec<_>>());",
                built(&call)
            )
        }
        ("packed", _) => format!(
            "let v: Vec<{content}> = vec![c.fixed(), c.fixed()]; {}
            same(\"{title}\", v, {got}.expect(\"well formed\").expect(\"set\").collect::<Vec<_>>());",
            built(&format!(".{field}(&v)"))
        ),
        _ => {
            let (kept, value) = value(content)?;
            let (call, expected, got) = match form {
                "multi" => (
                    format!(".{field}({value}).{field}({value})"),
                    format!("[Ok::<_, AttributeError>({value}), Ok({value})]"),
                    format!("{got}.collect::<Vec<_>>()"),
                ),
                "array" => (
                    format!(".{field}([{value}, {value}])"),
                    format!("[Ok::<_, AttributeError>({value}), Ok({value})]"),
                    format!("{got}.collect::<Vec<_>>()"),
                ),
                _ => (
                    format!(".{field}({value})"),
                    format!("Ok::<_, AttributeError>(Some({value}))"),
                    got,
                ),
            };
            format!("{kept} {} same(\"{title}\", {expected}, {got});", built(&call))
        }
    };
    Some(text)
}

/// How a value of a type is made, and how it is named then.
fn value(ty: &str) -> Option<(String, &'static str)> {
    let plain = ty.trim_start_matches("be ");
    let (make, name) = match plain {
        "str" => ("c.text()".to_owned(), "v.as_str()"),
        "[u8]" => ("c.bytes()".to_owned(), "v.as_slice()"),
        "bool" => ("c.byte() % 2 == 1".to_owned(), "v"),
        "IpAddr" | "Via" => ("c.address()".to_owned(), "v"),
        "LinkAddress" => ("c.link_address()".to_owned(), "v"),
        "Uint" => ("c.fixed::<u64>()".to_owned(), "v"),
        "Sint" => ("c.fixed::<i64>()".to_owned(), "v"),
        other if UNLIKE.contains(&last(other)) => return None,
        other if other.starts_with('[') => (format!("c.fixed::<{other}>()"), "v"),
        other => (format!("c.fixed::<{}>()", last(other)), "v"),
    };
    Some((format!("let v = {make};"), name))
}

/// The setters of a sub-message: each decides how it is read.
fn select(code: &mut String, body: &str, tests: &mut Vec<String>, module: &str) {
    let Some((head, variants)) = body.split_once('{') else {
        return;
    };
    let Some((_, holder)) = head.split_once(" for ") else {
        return;
    };
    let (message, field) = holder.trim().rsplit_once('.').expect("message.field");
    let message = last(message);
    let name = format!("{message}_{field}");
    writeln!(
        code,
        "#[allow(non_snake_case)] pub(super) fn {name}(c: &mut Chance) {{"
    )
    .expect("memory");
    for (setter, content) in fields(variants) {
        let variant = camel(setter);
        let title = format!("{message}.{setter}");
        let (make, argument, expected) = match content.strip_prefix("nest ") {
            Some(nest) => (
                format!(
                    "let b = c.bytes(); let n = {}::build().attribute(UNKNOWN, &b).finish().expect(\"a nest\");",
                    last(nest)
                ),
                "|it| it.attribute(UNKNOWN, &b)",
                "n.view()",
            ),
            None => match value(content) {
                Some((make, name)) => (make, name, name),
                None => continue,
            },
        };
        writeln!(
            code,
            "{{ {make} let m = {message}::build().{setter}({argument}).finish().expect(\"{title}\");
            let expected = format!(\"Ok(Some({variant}({{:?}})))\", {expected});
            assert_eq!(format!(\"{{:?}}\", m.view().{field}()), expected, \"{title}\"); }}"
        )
        .expect("memory");
    }
    code.push_str("let _ = c; }\n");
    tests.push(format!("{module}::{name}"));
}

/// `bridge_port` to `BridgePort`.
fn camel(name: &str) -> String {
    let words = name.trim_start_matches("r#").split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect()
}

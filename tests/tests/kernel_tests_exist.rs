//! Holds `tests/KERNEL-TESTS.md` and `RELIABILITY.md` to their word: every fact about the kernel has
//! a row, every row says what shows it, and every test named there exists and runs.
//! Reads text only; must not know what the facts say.

use std::collections::BTreeSet;

use netlane_tests::repository::{self, TextFile};

const TABLE: &str = "tests/KERNEL-TESTS.md";
const PROMISES: &str = "RELIABILITY.md";

/// Words that begin the last column of a row without a test.
const EXCUSES: [&str; 2] = ["later:", "cannot be provoked:"];

#[test]
fn every_fact_has_a_row() {
    let table = repository::read(TABLE);
    let have: BTreeSet<String> = rows(&table).map(|row| row.id.to_owned()).collect();
    let expected = ids('M', 26).chain(ids('B', 12)).chain(ids('L', 25));
    let missing: Vec<String> = expected
        .filter(|id| {
            !have
                .iter()
                .any(|row| row == id || row.starts_with(&format!("{id}.")))
        })
        .collect();
    assert!(missing.is_empty(), "{TABLE} has no row for {missing:?}");
}

#[test]
fn every_row_names_a_test_or_says_why_not() {
    let table = repository::read(TABLE);
    let silent: Vec<&str> = rows(&table)
        .filter(|row| {
            names(row.shown_by).next().is_none()
                && !EXCUSES
                    .iter()
                    .any(|excuse| row.shown_by.starts_with(excuse))
        })
        .map(|row| row.id)
        .collect();
    assert!(
        silent.is_empty(),
        "rows of {TABLE} with neither a test nor one of {EXCUSES:?}: {silent:?}"
    );
}

/// Each of the nine promises has something that fails when it is broken.
#[test]
fn every_promise_has_a_test() {
    let promises = repository::read(PROMISES);
    for number in 1..=9 {
        let id = format!("R{number}.");
        let kept = rows(&promises).filter(|row| row.id.starts_with(&id));
        let named: usize = kept.map(|row| names(row.shown_by).count()).sum();
        assert!(named > 0, "{PROMISES} names no test for {number}");
    }
}

#[test]
fn the_named_tests_exist() {
    let sources = repository::rust_sources();
    for table in [TABLE, PROMISES].map(repository::read) {
        let missing: Vec<String> = rows(&table)
            .flat_map(|row| names(row.shown_by))
            .filter(|(file, test)| !is_a_test(&sources, file, test))
            .map(|(file, test)| format!("{file}::{test}"))
            .collect();
        assert!(
            missing.is_empty(),
            "{} names tests that do not exist or are ignored:\n  {}",
            table.path,
            missing.join("\n  ")
        );
    }
}

struct Row<'a> {
    id: &'a str,
    shown_by: &'a str,
}

/// The rows of the document's tables whose first cell is an id: `| M1 | fact | shown by |`.
fn rows(table: &TextFile) -> impl Iterator<Item = Row<'_>> {
    table.text.lines().filter_map(|line| {
        let cells: Vec<&str> = line
            .trim()
            .trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        let (id, shown_by) = (cells.first()?, cells.last()?);
        let digits = id.get(1..)?.chars().next()?.is_ascii_digit();
        (cells.len() >= 3 && id.starts_with(['M', 'B', 'L', 'R']) && digits)
            .then_some(Row { id, shown_by })
    })
}

/// The quoted `file::test` of a cell, as (file, test).
fn names(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| quoted.rsplit_once("::"))
}

/// Where the file may lie. `kernel_facts::queue` is short for `tests/tests/kernel_facts/queue.rs`;
/// modules inside of a file, as in `src/wait.rs::tests`, are not told apart.
fn places(file: &str) -> Vec<String> {
    match file.split_once(".rs") {
        Some((path, _)) => vec![format!("{path}.rs")],
        None => {
            let path = format!("tests/tests/{}", file.replace("::", "/"));
            vec![format!("{path}.rs"), format!("{path}/main.rs")]
        }
    }
}

/// Whether the file has the function, with a test attribute above it and not ignored.
fn is_a_test(sources: &[TextFile], file: &str, test: &str) -> bool {
    let places = places(file);
    let Some(file) = sources.iter().find(|source| places.contains(&source.path)) else {
        return false;
    };
    let signature = format!("fn {test}(");
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let Some(at) = lines.iter().position(|line| line.contains(&signature)) else {
        return false;
    };
    let attributes: Vec<&&str> = lines[..at]
        .iter()
        .rev()
        .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        .collect();
    attributes
        .iter()
        .any(|line| line.contains("test]") || line.contains("test("))
        && !attributes.iter().any(|line| line.contains("ignore"))
}

fn ids(letter: char, last: u32) -> impl Iterator<Item = String> {
    (1..=last).map(move |number| format!("{letter}{number}"))
}

//! The repository as text, for the tests that check sources and documents.
//! Owns where things lie; must not know what the files are supposed to say.

use std::fs;
use std::path::{Path, PathBuf};

/// The directories that hold Rust sources.
const SOURCE_ROOTS: [&str; 4] = ["crates", "examples", "tests", "benches"];

/// A text file of the repository.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Its path from the top of the repository, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// The top of the repository.
///
/// # Panics
///
/// When this package has been taken out of its repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests package lies in the repository")
}

/// Reads one file, named from the top.
///
/// # Panics
///
/// When there is no such file or it is not text.
pub fn read(path: &str) -> TextFile {
    let text = fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
    TextFile {
        path: path.to_owned(),
        text,
    }
}

/// Every Rust source, in a stable order.
pub fn rust_sources() -> Vec<TextFile> {
    let mut paths = Vec::new();
    for directory in SOURCE_ROOTS {
        collect(&root().join(directory), &mut paths);
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    paths.iter().map(|path| read(&from_root(path))).collect()
}

/// Every file below the source directories, as paths from the top.
pub fn files() -> Vec<String> {
    let mut paths = Vec::new();
    for directory in SOURCE_ROOTS {
        collect(&root().join(directory), &mut paths);
    }
    paths.iter().map(|path| from_root(path)).collect()
}

/// The directory of each crate under `crates/`, from the top: `crates/netlane-wire`.
///
/// # Panics
///
/// When the directory cannot be read.
pub fn crates() -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(root().join("crates"))
        .expect("crates/ exists")
        .map(|entry| entry.expect("a readable directory entry").path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| from_root(&path))
        .collect();
    found.sort();
    found
}

/// Whether `word` stands in `text` with no letter, digit or underscore beside it.
pub fn has_word(text: &str, word: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(in_word) && !after.is_some_and(in_word)
    })
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root())
        .expect("a path in the repository")
        .to_string_lossy()
        .into_owned()
}

fn collect(directory: &Path, into: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", directory.display()));
    for entry in entries {
        let path = entry.expect("a readable directory entry").path();
        // What a build left there, and the kernels that the lab fetched.
        let generated = path
            .file_name()
            .is_some_and(|name| name == "target" || name == "cache");
        if path.is_dir() && !generated {
            collect(&path, into);
        } else if path.is_file() {
            into.push(path);
        }
    }
}

//! The inputs that mutation starts from: hexadecimal files in `corpus/`.
//!
//! Owns their format: pairs of digits, white space anywhere, `#` to the end of the line a
//! comment. Must not know what they mean.

use std::path::PathBuf;
use std::{fs, io};

/// The named inputs of the repository.
#[derive(Debug, Clone)]
pub struct Corpus {
    entries: Vec<(String, Vec<u8>)>,
}

impl Corpus {
    /// Reads every file of `corpus/` beside this package's manifest.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, is empty, or holds a file that is not hexadecimal.
    pub fn load() -> io::Result<Self> {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
        let mut entries = Vec::new();
        for file in fs::read_dir(&directory)? {
            let path = file?.path();
            let name = path.display().to_string();
            let bytes = from_hex(&fs::read_to_string(&path)?).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{name} is not hexadecimal"),
                )
            })?;
            entries.push((name, bytes));
        }
        if entries.is_empty() {
            let message = format!("{} holds no corpus", directory.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        // The order of a directory differs between machines; runs must not.
        entries.sort();
        Ok(Self { entries })
    }

    /// The inputs with the names of their files.
    #[must_use]
    pub fn entries(&self) -> &[(String, Vec<u8>)] {
        &self.entries
    }
}

/// Bytes from hexadecimal text; `None` if it is something else.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .lines()
        .flat_map(|line| line.split('#').next().unwrap_or_default().chars())
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_digit(16))
        .collect::<Option<_>>()?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high << 4 | low).ok(),
            _ => None,
        })
        .collect()
}

/// Bytes as hexadecimal text, 32 to a line.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let line =
        |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    bytes.chunks(32).map(line).collect::<Vec<_>>().join("\n")
}

//! `Debug` of declared messages: names and readable values, in the order received.
//!
//! Owns the walk by an [`AttributeTable`]; must not know any family. One walk serves all messages, so that a family
//! costs a table and no code.

use std::fmt;

use crate::names::Content;
use crate::typed::{Extended, Fixed, Typed, Value};
use crate::{Attribute, AttributeTable, Attributes};

/// Nests deeper than this are shown as bytes: a table may contain itself, and a message may be hostile.
const DEEPEST: u8 = 12;

/// Prints a payload of `M`, header first.
///
/// # Errors
///
/// The formatter's.
pub fn debug<M: Typed>(payload: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let level = Level {
        table: M::table(),
        payload,
        depth: 0,
    };
    fmt::Debug::fmt(&level, f)
}

/// Prints one value of type `T`: an entry of a table.
///
/// # Errors
///
/// The formatter's.
pub fn show<T: Value + ?Sized>(
    attribute: Attribute<'_>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match T::read(attribute) {
        Ok(value) => fmt::Debug::fmt(&value, f),
        Err(error) => write!(f, "<{error}>"),
    }
}

/// Prints a header of type `H`: an entry of a table.
///
/// # Errors
///
/// The formatter's.
pub fn show_header<H: Fixed>(payload: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let header = payload.get(..H::SIZE).unwrap_or(payload);
    fmt::Debug::fmt(&Extended::<H>::new(header), f)
}

/// One message or nest.
struct Level<'a> {
    table: &'static AttributeTable,
    payload: &'a [u8],
    depth: u8,
}

impl fmt::Debug for Level<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(self.table.name);
        if self.table.header_len > 0 {
            let header = Header(self.table, self.payload);
            out.field("header", &header);
        }
        for attribute in self.table.attributes_of(self.payload) {
            let Ok(attribute) = attribute else {
                return out.finish_non_exhaustive();
            };
            let entry = self.table.get(attribute.kind());
            let shown = Shown {
                content: entry.map_or(&Content::Plain, |entry| &entry.content),
                attribute,
                level: self,
            };
            match entry {
                Some(entry) => out.field(entry.name, &shown),
                None => out.field(&attribute.kind().to_string(), &shown),
            };
        }
        out.finish()
    }
}

struct Header<'a>(&'static AttributeTable, &'a [u8]);

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0.header)(self.1, f)
    }
}

/// One attribute of a level.
struct Shown<'a> {
    content: &'static Content,
    attribute: Attribute<'a>,
    level: &'a Level<'a>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content.resolve(self.level.payload) {
            Content::Flag => f.write_str("true"),
            Content::Value(show) => show(self.attribute, f),
            Content::Nest(table) if self.level.depth < DEEPEST => Level {
                table: table(),
                payload: self.attribute.payload(),
                depth: self.level.depth.saturating_add(1),
            }
            .fmt(f),
            Content::Array(element) => self.elements(element, f),
            Content::Plain | Content::Nest(_) | Content::Select(_) => {
                write!(f, "{}", Short(self.attribute.payload()))
            }
        }
    }
}

impl Shown<'_> {
    fn elements(&self, content: &'static Content, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements = Attributes::new(self.attribute.payload()).map_while(Result::ok);
        f.debug_list()
            .entries(elements.map(|attribute| Shown {
                content,
                attribute,
                level: self.level,
            }))
            .finish()
    }
}

/// The first bytes of a payload in hexadecimal.
struct Short<'a>(&'a [u8]);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for byte in self.0.iter().take(32) {
            write!(f, "{byte:02x}")?;
        }
        match self.0.len() {
            0..=32 => f.write_str("]"),
            len => write!(f, "... {len} bytes]"),
        }
    }
}

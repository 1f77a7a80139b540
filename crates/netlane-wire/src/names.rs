//! Names for attributes, and the path to the one that the kernel refused.
//!
//! Owns the walk from the offset of an extended ACK to a path such as `link.info.kind`; must not
//! know any family: families supply constant [`AttributeTable`]s. The offsets are those of
//! `netlink_ack_tlv_fill` in `net/netlink/af_netlink.c`.

use std::fmt::Write;

use crate::arithmetic::nlmsg_align;
use crate::{Attributes, FrameView};

/// The attributes of one message or nest, by name. Usually a `static` that a derive writes.
#[derive(Debug, PartialEq, Eq)]
pub struct AttributeTable {
    /// The first part of a path: what the message or nest is.
    pub name: &'static str,
    /// The attributes, in any order.
    pub attributes: &'static [AttributeName],
}

/// One attribute's name, and what is inside of it.
#[derive(Debug, PartialEq, Eq)]
pub struct AttributeName {
    /// The kind, without flag bits.
    pub kind: u16,
    /// The name, one part of a path.
    pub name: &'static str,
    /// What the payload is.
    pub content: Content,
}

/// What an attribute's payload is, as far as paths need to know.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// No attributes.
    Plain,
    /// A nest with these attributes.
    Nest(&'static AttributeTable),
    /// An array of nests with these attributes; the path holds the index.
    Array(&'static AttributeTable),
    /// A nest whose attributes depend on the text in a neighbour: `IFLA_INFO_DATA` on
    /// `IFLA_INFO_KIND`.
    Selected {
        /// The neighbour's kind.
        by: u16,
        /// Its texts, and the attributes that go with them.
        tables: &'static [(&'static str, &'static AttributeTable)],
    },
}

impl AttributeTable {
    /// The entry of a kind.
    #[must_use]
    pub fn get(&self, kind: u16) -> Option<&'static AttributeName> {
        self.attributes.iter().find(|entry| entry.kind == kind)
    }
}

/// The path to the attribute of `request` at `offset` bytes from its start, as an extended ACK
/// states it: `link.info.kind` by a table, `18.1` without one. Attributes that the table does
/// not know, and the indices of arrays, are numbers.
///
/// `request` starts with its header and has a family header of `header_len` bytes. `None` if no
/// attribute is there.
///
/// ```
/// use netlane_wire::{Flags, Message, path_of};
/// let request = Message::new(16, Flags::REQUEST)
///     .with_header(&[0; 16])
///     .with_nest(18, |info| {
///         info.text(1, "bridge");
///     })
///     .finish()?;
/// assert_eq!(path_of(&request, 16, 36, None).as_deref(), Some("18.1"));
/// # Ok::<(), netlane_wire::BuildError>(())
/// ```
#[must_use]
pub fn path_of(
    request: &[u8],
    header_len: usize,
    offset: u32,
    table: Option<&'static AttributeTable>,
) -> Option<String> {
    let mut path = Path::start(table);
    path.descend(request, header_len, offset)?;
    Some(path.text)
}

/// The path of an attribute that is missing: of kind `missing_type`, in the nest at
/// `missing_nest` or at the top. Other arguments as for [`path_of`].
#[must_use]
pub fn missing_path(
    request: &[u8],
    header_len: usize,
    (missing_type, missing_nest): (u32, Option<u32>),
    table: Option<&'static AttributeTable>,
) -> Option<String> {
    let mut path = Path::start(table);
    if let Some(offset) = missing_nest {
        let nest = path.descend(request, header_len, offset)?;
        path.scope = nest;
    }
    match u16::try_from(missing_type) {
        Ok(kind) => path.push_kind(kind),
        Err(_) => path.push(missing_type),
    }
    Some(path.text)
}

/// What names the attributes at one level.
#[derive(Clone, Copy)]
enum Scope {
    Unnamed,
    Table(&'static AttributeTable),
    /// Indices of an array whose elements have these attributes.
    Indices(&'static AttributeTable),
}

struct Path {
    text: String,
    scope: Scope,
}

impl Path {
    fn start(table: Option<&'static AttributeTable>) -> Self {
        Self {
            text: table.map(|table| table.name.to_owned()).unwrap_or_default(),
            scope: table.map_or(Scope::Unnamed, Scope::Table),
        }
    }

    /// Walks down to `offset`; the result names what is inside of the attribute found there.
    fn descend(&mut self, request: &[u8], header_len: usize, offset: u32) -> Option<Scope> {
        let frame = FrameView::new(request).ok()?;
        let mut start = nlmsg_align(header_len)?.checked_add(crate::HEADER_LEN)?;
        let target = usize::try_from(offset).ok()?;
        let mut level = frame.attributes(header_len);
        let mut inside = None;
        while let Some((at, attribute)) = containing(&level, start, target) {
            self.push_kind(attribute.kind());
            self.scope = self.inside(attribute.kind(), &level);
            inside = Some(self.scope);
            if at == target {
                break;
            }
            level = attribute.nested();
            start = at.checked_add(crate::arithmetic::NLA_HDRLEN)?;
        }
        inside
    }

    /// What names the content of the attribute `kind` among `neighbours`.
    fn inside(&self, kind: u16, neighbours: &Attributes<'_>) -> Scope {
        let table = match self.scope {
            Scope::Unnamed => return Scope::Unnamed,
            Scope::Indices(table) => return Scope::Table(table),
            Scope::Table(table) => table,
        };
        match table.get(kind).map(|entry| &entry.content) {
            Some(Content::Nest(table)) => Scope::Table(table),
            Some(Content::Array(table)) => Scope::Indices(table),
            Some(Content::Selected { by, tables }) => {
                let selector = neighbours.find(*by);
                let text = selector.and_then(|attribute| attribute.text().ok());
                tables
                    .iter()
                    .find(|(name, _)| Some(*name) == text)
                    .map_or(Scope::Unnamed, |(_, table)| Scope::Table(table))
            }
            Some(Content::Plain) | None => Scope::Unnamed,
        }
    }

    fn push_kind(&mut self, kind: u16) {
        let entry = match self.scope {
            Scope::Table(table) => table.get(kind),
            Scope::Unnamed | Scope::Indices(_) => None,
        };
        match entry {
            Some(entry) => self.push(entry.name),
            None => self.push(kind),
        }
    }

    fn push(&mut self, part: impl std::fmt::Display) {
        let separator = if self.text.is_empty() { "" } else { "." };
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{separator}{part}");
    }
}

/// The attribute of `level`, whose first byte is at `start`, that holds the byte `target`, and
/// where it starts.
fn containing<'a>(
    level: &Attributes<'a>,
    start: usize,
    target: usize,
) -> Option<(usize, crate::Attribute<'a>)> {
    let mut walk = level.clone();
    loop {
        let at = start.checked_add(walk.offset())?;
        let attribute = walk.next()?.ok()?;
        let end = at
            .checked_add(crate::arithmetic::NLA_HDRLEN)?
            .checked_add(attribute.payload().len())?;
        if (at..end).contains(&target) {
            return Some((at, attribute));
        }
    }
}

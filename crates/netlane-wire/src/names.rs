//! Names for attributes, and the path to the one that the kernel refused.
//!
//! Owns the walk from the offset of an extended ACK to a path such as `link.info.kind`; must not
//! know any family: families supply constant [`AttributeTable`]s. The offsets are those of
//! `netlink_ack_tlv_fill` in `net/netlink/af_netlink.c`.

use std::fmt::{self, Write};

use crate::arithmetic::{NLA_HDRLEN, nlmsg_align};
use crate::{Attribute, Attributes, FrameView, HEADER_LEN};

/// The attributes of one message or nest, by name: a `static` that a declaration writes.
#[derive(Debug, Clone, Copy)]
pub struct AttributeTable {
    /// The first part of a path: what the message or nest is.
    pub name: &'static str,
    /// Bytes of the fixed structure in front of the attributes.
    pub header_len: usize,
    /// Prints that structure from the start of a payload.
    pub header: fn(&[u8], &mut fmt::Formatter<'_>) -> fmt::Result,
    /// The attributes, in any order.
    pub attributes: &'static [AttributeName],
}

/// One attribute's names, and what is inside of it.
#[derive(Debug, Clone, Copy)]
pub struct AttributeName {
    /// The kind, without flag bits.
    pub kind: u16,
    /// The name, one part of a path.
    pub name: &'static str,
    /// The kernel's constant, as `IFLA_MTU`.
    pub constant: &'static str,
    /// What the payload is.
    pub content: Content,
}

/// What an attribute's payload is.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Bytes of no known form.
    Plain,
    /// Nothing: the attribute is there or not.
    Flag,
    /// A value, and how to print it.
    Value(fn(Attribute<'_>, &mut fmt::Formatter<'_>) -> fmt::Result),
    /// A nest. A function, since a table may contain itself.
    Nest(fn() -> &'static AttributeTable),
    /// A nest whose attributes are numbered and all hold this; a path has the number.
    Array(&'static Self),
    /// What it is depends on its neighbours, as `IFLA_INFO_DATA` on `IFLA_INFO_KIND`: a function
    /// of the payload (header, then attributes) that both are in.
    Select(fn(&[u8]) -> &'static Self),
}

impl AttributeTable {
    /// A table without a header in front, or whose header is not to be printed.
    #[must_use]
    pub const fn new(name: &'static str, attributes: &'static [AttributeName]) -> Self {
        Self {
            name,
            header_len: 0,
            header: |_, _| Ok(()),
            attributes,
        }
    }

    /// The entry of a kind.
    #[must_use]
    pub fn get(&self, kind: u16) -> Option<&'static AttributeName> {
        self.attributes.iter().find(|entry| entry.kind == kind)
    }

    /// The attributes of a payload that this table is for.
    #[must_use]
    pub fn attributes_of<'a>(&self, payload: &'a [u8]) -> Attributes<'a> {
        Level::new(payload, self.header_len).attributes()
    }
}

impl Content {
    /// What it is among the neighbours in `payload`: never a [`Content::Select`], unless one
    /// selects another.
    #[must_use]
    pub fn resolve(&'static self, payload: &[u8]) -> &'static Self {
        match self {
            Self::Select(select) => select(payload),
            other => other,
        }
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
    /// Numbers of an array whose elements hold this.
    Numbers(&'static Content),
}

impl Scope {
    const fn header_len(self) -> usize {
        match self {
            Self::Table(table) => table.header_len,
            Self::Unnamed | Self::Numbers(_) => 0,
        }
    }

    /// What names the inside of a content that is in `payload`.
    fn of(content: &'static Content, payload: &[u8]) -> Self {
        match content.resolve(payload) {
            Content::Nest(table) => Self::Table(table()),
            Content::Array(element) => Self::Numbers(element),
            Content::Plain | Content::Flag | Content::Value(_) | Content::Select(_) => {
                Self::Unnamed
            }
        }
    }
}

/// A header and the attributes behind it.
#[derive(Clone, Copy)]
struct Level<'a> {
    payload: &'a [u8],
    /// Bytes in front of the first attribute.
    skip: usize,
}

impl<'a> Level<'a> {
    fn new(payload: &'a [u8], header_len: usize) -> Self {
        let skip = nlmsg_align(header_len).unwrap_or(usize::MAX);
        Self { payload, skip }
    }

    fn attributes(self) -> Attributes<'a> {
        Attributes::new(self.payload.get(self.skip..).unwrap_or_default())
    }

    /// The attribute that holds the byte `target`, and where it starts. Both count from the start
    /// of the payload.
    fn containing(self, target: usize) -> Option<(usize, Attribute<'a>)> {
        let mut walk = self.attributes();
        loop {
            let at = self.skip.checked_add(walk.offset())?;
            let attribute = walk.next()?.ok()?;
            let end = at
                .checked_add(NLA_HDRLEN)?
                .checked_add(attribute.payload().len())?;
            if (at..end).contains(&target) {
                return Some((at, attribute));
            }
        }
    }
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
        let payload = FrameView::new(request).ok()?.payload();
        // What is in front of the table's own header: `struct genlmsghdr`.
        let prefix = match self.scope {
            Scope::Table(table) => header_len.checked_sub(table.header_len)?,
            Scope::Unnamed | Scope::Numbers(_) => 0,
        };
        let mut target = usize::try_from(offset)
            .ok()?
            .checked_sub(HEADER_LEN)?
            .checked_sub(prefix)?;
        let mut level = Level::new(payload.get(prefix..)?, header_len.checked_sub(prefix)?);
        let mut inside = None;
        while let Some((at, attribute)) = level.containing(target) {
            self.push_kind(attribute.kind());
            self.scope = self.inside(attribute.kind(), level.payload);
            inside = Some(self.scope);
            if at == target {
                break;
            }
            target = target.checked_sub(at.checked_add(NLA_HDRLEN)?)?;
            level = Level::new(attribute.payload(), self.scope.header_len());
        }
        inside
    }

    /// What names the inside of the attribute `kind` in `payload`.
    fn inside(&self, kind: u16, payload: &[u8]) -> Scope {
        match self.scope {
            Scope::Unnamed => Scope::Unnamed,
            Scope::Numbers(element) => Scope::of(element, payload),
            Scope::Table(table) => table
                .get(kind)
                .map_or(Scope::Unnamed, |entry| Scope::of(&entry.content, payload)),
        }
    }

    fn push_kind(&mut self, kind: u16) {
        let entry = match self.scope {
            Scope::Table(table) => table.get(kind),
            Scope::Unnamed | Scope::Numbers(_) => None,
        };
        match entry {
            Some(entry) => self.push(entry.name),
            None => self.push(kind),
        }
    }

    fn push(&mut self, part: impl fmt::Display) {
        let separator = if self.text.is_empty() { "" } else { "." };
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{separator}{part}");
    }
}

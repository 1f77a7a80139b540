//! Owns the syntax of `message!` and what is wrong with a declaration. Must not know what is generated from it.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitStr, Path, Result, Token, Type, Visibility, braced, parenthesized};

use crate::common::{Constant, Content, Errors, end, keyword, plain, separator};

/// The highest attribute type: the two top bits are flags (`NLA_TYPE_MASK`).
const TYPE_MASK: u16 = 0x3fff;

/// Names that the generated view and builder use themselves.
const TAKEN: [&str; 8] = [
    "header",
    "attributes",
    "attribute",
    "decode",
    "payload",
    "finish",
    "start",
    "copy",
];

pub(crate) struct Message {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) label: LitStr,
    pub(crate) header: Option<Header>,
    pub(crate) fields: Vec<Field>,
}

/// The fixed structure in front of the attributes, and those of its fields that the message shows as its own.
pub(crate) struct Header {
    pub(crate) path: Path,
    pub(crate) shown: Vec<(Ident, Type)>,
}

pub(crate) struct Field {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) form: Form,
    pub(crate) constant: Constant,
    pub(crate) kind: u16,
}

/// How often and in which wrapping a content occurs.
pub(crate) enum Form {
    /// One attribute.
    One(Content),
    /// Present or absent, without payload.
    Flag,
    /// The attribute may be repeated.
    Multi(Content),
    /// A nest whose attributes are numbered elements.
    Array(Content),
    /// What it holds depends on another field's value.
    Select { path: Path, by: Ident },
}

impl Parse for Message {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![struct]>()?;
        let name: Ident = input.parse()?;
        let label = label(input, &name)?;
        let header = if input.peek(Token![:]) {
            Some(header(input)?)
        } else {
            None
        };
        let body;
        braced!(body in input);
        let mut fields = Vec::new();
        while !body.is_empty() {
            fields.push(body.parse()?);
            separator(&body, "the field")?;
        }
        end(input)?;
        let message = Self {
            attributes,
            visibility,
            name,
            label,
            header,
            fields,
        };
        message.check()?;
        Ok(message)
    }
}

fn label(input: ParseStream<'_>, name: &Ident) -> Result<LitStr> {
    if !input.peek(syn::token::Paren) {
        let text =
            format!("`{name}` needs the name it has in error paths, as in `{name}(\"link\")`");
        return Err(Error::new(name.span(), text));
    }
    let content;
    parenthesized!(content in input);
    content.parse()
}

fn header(input: ParseStream<'_>) -> Result<Header> {
    input.parse::<Token![:]>()?;
    let path = input.call(Path::parse_mod_style)?;
    let mut shown = Vec::new();
    if input.peek(syn::token::Paren) {
        let content;
        parenthesized!(content in input);
        let entries = Punctuated::<_, Token![,]>::parse_terminated_with(&content, |entry| {
            let name: Ident = entry.parse()?;
            entry.parse::<Token![:]>()?;
            Ok((name, entry.parse()?))
        })?;
        shown.extend(entries);
    }
    Ok(Header { path, shown })
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name: Ident = input.parse()?;
        if !input.peek(Token![:]) {
            let text = format!("`{name}` needs a type and a constant: `{name}: u32 = IFLA_MTU(4)`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Token![:]>()?;
        let form = input.parse()?;
        if !input.peek(Token![=]) {
            let text = format!("`{name}` needs its attribute's constant: `= IFLA_MTU(4)`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Token![=]>()?;
        let constant: Constant = input.parse()?;
        let kind = constant.number(TYPE_MASK, "an attribute type")?;
        Ok(Self {
            attributes,
            name,
            form,
            constant,
            kind,
        })
    }
}

impl Parse for Form {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(keyword::flag) {
            input.parse::<keyword::flag>()?;
            return Ok(Self::Flag);
        }
        if input.peek(keyword::multi) {
            input.parse::<keyword::multi>()?;
            return Ok(Self::Multi(input.parse()?));
        }
        if input.peek(keyword::array) {
            input.parse::<keyword::array>()?;
            return Ok(Self::Array(input.parse()?));
        }
        if input.peek(keyword::select) {
            input.parse::<keyword::select>()?;
            let path = input.call(Path::parse_mod_style)?;
            let start = input.span();
            input.parse::<keyword::by>().map_err(|_| {
                Error::new(
                    start,
                    "a select names the field that decides: `select LinkData by kind`",
                )
            })?;
            return Ok(Self::Select {
                path,
                by: input.parse()?,
            });
        }
        Ok(Self::One(input.parse()?))
    }
}

impl Message {
    /// The fields that documentation and errors of a select may name: single attributes and shown header fields.
    pub(crate) fn selector(&self, by: &Ident) -> Option<Selector<'_>> {
        let shown = self.header.iter().flat_map(|header| &header.shown);
        if let Some((_, ty)) = shown.into_iter().find(|(name, _)| name == by) {
            return Some(Selector::Header(ty));
        }
        self.fields
            .iter()
            .find(|field| field.name == *by)
            .and_then(|field| match &field.form {
                Form::One(content @ (Content::Value(_) | Content::Be(_))) => {
                    Some(Selector::Attribute(content))
                }
                _ => None,
            })
    }

    fn check(&self) -> Result<()> {
        let mut errors = Errors::default();
        for (position, field) in self.fields.iter().enumerate() {
            for problem in [self.check_name(position, field), self.check_select(field)] {
                problem.unwrap_or_else(|error| errors.push(error));
            }
        }
        errors.finish()
    }

    fn check_name(&self, position: usize, field: &Field) -> Result<()> {
        let name = plain(&field.name);
        if TAKEN.contains(&name.as_str()) {
            let text =
                format!("`{name}` is the name of a method that every message has: choose another");
            return Err(Error::new(field.name.span(), text));
        }
        if self
            .header
            .iter()
            .flat_map(|header| &header.shown)
            .any(|(shown, _)| *shown == field.name)
        {
            return Err(Error::new(
                field.name.span(),
                format!("`{name}` is already shown from the header"),
            ));
        }
        for earlier in self.fields.iter().take(position) {
            if earlier.name == field.name {
                return Err(Error::new(
                    field.name.span(),
                    format!("`{name}` is declared twice"),
                ));
            }
            if earlier.kind == field.kind {
                let text = format!(
                    "attribute {} is already `{}`",
                    field.kind,
                    plain(&earlier.name)
                );
                return Err(Error::new(field.constant.value.span(), text));
            }
        }
        Ok(())
    }

    fn check_select(&self, field: &Field) -> Result<()> {
        let Form::Select { by, .. } = &field.form else {
            return Ok(());
        };
        if self.selector(by).is_some() {
            return Ok(());
        }
        let text = format!(
            "`{by}` is neither a single-valued field of `{}` nor shown from its header",
            self.name
        );
        Err(Error::new(by.span(), text))
    }
}

/// Where the value that selects a sub-message comes from.
pub(crate) enum Selector<'m> {
    Attribute(&'m Content),
    Header(&'m Type),
}

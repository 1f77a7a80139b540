//! Owns the pieces of syntax that every declaration shares: a C constant with its number, documentation, and what an
//! attribute holds. Must not know any particular macro.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Error, LitInt, Path, Result, Token, Type, parenthesized};

pub(crate) mod keyword {
    syn::custom_keyword!(be);
    syn::custom_keyword!(flag);
    syn::custom_keyword!(nest);
    syn::custom_keyword!(multi);
    syn::custom_keyword!(array);
    syn::custom_keyword!(packed);
    syn::custom_keyword!(select);
    syn::custom_keyword!(by);
    syn::custom_keyword!(over);
    syn::custom_keyword!(version);
    syn::custom_keyword!(with);
    syn::custom_keyword!(late);
    syn::custom_keyword!(synchronous);
}

/// `IFLA_MTU(4)`: the kernel's name for a number.
pub(crate) struct Constant {
    pub(crate) name: Ident,
    pub(crate) value: LitInt,
}

impl Parse for Constant {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse().map_err(|error| {
            Error::new(
                error.span(),
                "expected the C constant and its number, as in `IFLA_MTU(4)`",
            )
        })?;
        if !input.peek(syn::token::Paren) {
            let text = format!("`{name}` needs its number in parentheses, as in `{name}(4)`");
            return Err(Error::new(name.span(), text));
        }
        let content;
        parenthesized!(content in input);
        let value: LitInt = content.parse().map_err(|error| {
            Error::new(error.span(), format!("the number of `{name}` is a literal"))
        })?;
        if !content.is_empty() {
            return Err(content.error(format!("`{name}` has one number")));
        }
        Ok(Self { name, value })
    }
}

impl Constant {
    /// The number as an attribute or message type; `limit` is the largest one the wire can carry.
    pub(crate) fn number(&self, limit: u16, what: &str) -> Result<u16> {
        let number: u64 = self.value.base10_parse()?;
        match u16::try_from(number) {
            Ok(number) if number <= limit => Ok(number),
            _ => Err(Error::new(
                self.value.span(),
                format!("{what} is at most {limit}, `{}` is {number}", self.name),
            )),
        }
    }

    /// The sentence that closes the documentation of whatever carries this constant.
    pub(crate) fn doc(&self) -> TokenStream {
        let text = format!("\n\nC: `{}` ({})", self.name, self.value);
        quote!(#[doc = #text])
    }
}

/// What one attribute payload is.
#[derive(Clone)]
pub(crate) enum Content {
    /// A type that implements `Value`.
    Value(Type),
    /// An integer in network byte order.
    Be(Type),
    /// Another message's attributes.
    Nest(Path),
    /// A C array of fixed-size elements.
    Packed(Type),
}

impl Parse for Content {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(keyword::be) {
            input.parse::<keyword::be>()?;
            return Ok(Self::Be(input.parse()?));
        }
        if input.peek(keyword::nest) {
            input.parse::<keyword::nest>()?;
            return Ok(Self::Nest(input.parse()?));
        }
        if input.peek(keyword::packed) {
            input.parse::<keyword::packed>()?;
            return Ok(Self::Packed(input.parse()?));
        }
        let start = input.span();
        let value = input.parse()?;
        if input.peek(syn::Ident) && !input.peek(keyword::by) {
            return Err(Error::new(
                start,
                "unknown form: before a type stands nothing or one of be, nest, packed, multi, array, select; flag stands alone",
            ));
        }
        Ok(Self::Value(value))
    }
}

impl Content {
    /// The type that carries the `Value` implementation.
    pub(crate) fn marker(&self) -> TokenStream {
        match self {
            Self::Value(ty) => quote!(#ty),
            Self::Be(ty) => quote!(::netlane_wire::typed::Be<#ty>),
            Self::Nest(path) => quote!(#path),
            Self::Packed(ty) => quote!(::netlane_wire::typed::Packed<#ty>),
        }
    }

    /// The type a reader gets, spelled so that documentation shows it.
    pub(crate) fn view(&self) -> TokenStream {
        match self {
            Self::Value(ty) => match Spelling::of(ty) {
                Spelling::Same => quote!(#ty),
                Spelling::Borrowed => quote!(&'a #ty),
                Spelling::Trait => quote_spanned!(at(ty)=> ::netlane_wire::typed::View<'a, #ty>),
            },
            Self::Be(ty) => quote!(#ty),
            Self::Nest(path) => {
                let path = suffixed(path, "View");
                quote!(#path<'a>)
            }
            Self::Packed(ty) => quote!(::netlane_wire::typed::Elements<'a, #ty>),
        }
    }

    /// The type a writer gives.
    pub(crate) fn set(&self) -> TokenStream {
        match self {
            Self::Value(ty) => match Spelling::of(ty) {
                Spelling::Same => quote!(#ty),
                Spelling::Borrowed => quote!(&#ty),
                Spelling::Trait => quote_spanned!(at(ty)=> ::netlane_wire::typed::Set<'_, #ty>),
            },
            Self::Be(ty) => quote!(#ty),
            Self::Nest(path) => quote!(&#path),
            Self::Packed(ty) => quote!(&[#ty]),
        }
    }

    /// How `Debug` and the extended-ACK path look inside.
    pub(crate) fn table(&self) -> TokenStream {
        match self {
            Self::Nest(path) => {
                quote!(::netlane_wire::Content::Nest(<#path as ::netlane_wire::typed::Typed>::table))
            }
            _ => {
                let marker = self.marker();
                quote_spanned! {at(&marker)=>
                    ::netlane_wire::Content::Value(::netlane_wire::typed::show::<#marker>)
                }
            }
        }
    }
}

/// How a type is spelled in a signature.
enum Spelling {
    Same,
    Borrowed,
    Trait,
}

impl Spelling {
    fn of(ty: &Type) -> Self {
        match ty {
            Type::Slice(_) => Self::Borrowed,
            Type::Path(path) => match path.path.get_ident().map(ToString::to_string).as_deref() {
                Some("str") => Self::Borrowed,
                Some(
                    "u8" | "u16" | "u32" | "u64" | "u128" | "i8" | "i16" | "i32" | "i64" | "bool"
                    | "IpAddr" | "Ipv4Addr" | "Ipv6Addr",
                ) => Self::Same,
                _ => Self::Trait,
            },
            _ => Self::Trait,
        }
    }
}

/// `link::Info` to `link::InfoView`.
pub(crate) fn suffixed(path: &Path, suffix: &str) -> Path {
    let mut path = path.clone();
    if let Some(last) = path.segments.last_mut() {
        last.ident = format_ident!("{}{}", last.ident, suffix);
    }
    path
}

/// Where generated code stands for the compiler's errors: at what the user wrote. Its names are nevertheless those of
/// the rest of the generated code.
pub(crate) fn at(written: &impl Spanned) -> Span {
    Span::call_site().located_at(written.span())
}

/// The name as written on the wire's side: without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

/// `bridge_port` to `BridgePort`, with the field's own position for errors.
pub(crate) fn camel(ident: &Ident) -> Ident {
    let text: String = plain(ident)
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect();
    Ident::new(&text, ident.span())
}

/// A name for generated code that points at nothing the user wrote.
pub(crate) fn hidden(prefix: &str, ident: &Ident) -> Ident {
    Ident::new(&format!("{prefix}{}", plain(ident)), Span::call_site())
}

/// What is written above a declaration, or a part of it: it goes to whatever is made of that.
pub(crate) fn documentation(attributes: &[Attribute]) -> TokenStream {
    let docs = attributes.iter();
    quote!(#(#docs)*)
}

/// The declaration ends here: nothing may follow.
pub(crate) fn end(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error("one declaration per macro call"))
    }
}

/// Collects several errors into one, so that every wrong field is marked at once.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// A comma between two entries, or the end.
pub(crate) fn separator(input: ParseStream<'_>, what: &str) -> Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    input
        .parse::<Token![,]>()
        .map(drop)
        .map_err(|error| Error::new(error.span(), format!("expected `,` after {what}")))
}

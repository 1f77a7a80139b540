//! Owns `select!`: a sub-message whose form another attribute's value decides, as `IFLA_INFO_KIND` decides
//! `IFLA_INFO_DATA`. Must not know the message that holds it beyond the name of its builder.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Lit, Path, Result, Token, Type, Visibility, braced};

use crate::common::{Content, Errors, camel, documentation, end, hidden, separator, suffixed};
use crate::message::build::inner_builder;

struct Select {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    selector: Type,
    holder: Path,
    field: Ident,
    variants: Vec<Variant>,
}

struct Variant {
    attributes: Vec<Attribute>,
    name: Ident,
    /// `None`: the value says it all, as for a dummy link.
    content: Option<Content>,
    value: Deciding,
}

/// What the deciding attribute must be: a literal, or the path of a constant.
enum Deciding {
    Literal(Lit),
    Constant(Path),
}

impl ToTokens for Deciding {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Constant(path) => path.to_tokens(tokens),
        }
    }
}

impl Parse for Select {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![enum]>()?;
        let name: Ident = input.parse()?;
        if !input.peek(Token![:]) {
            let text =
                format!("`{name}` needs the type of the deciding value, as in `{name}: str`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Token![:]>()?;
        let selector = input.parse()?;
        let here = input.span();
        input.parse::<Token![for]>().map_err(|_| {
            Error::new(
                here,
                "expected the field that this is for, as in `for LinkInfo.data`",
            )
        })?;
        let holder = input.call(Path::parse_mod_style)?;
        input.parse::<Token![.]>()?;
        let field = input.parse()?;
        let body;
        braced!(body in input);
        let mut variants = Vec::new();
        while !body.is_empty() {
            variants.push(body.parse()?);
            separator(&body, "the variant")?;
        }
        end(input)?;
        let select = Self {
            attributes,
            visibility,
            name,
            selector,
            holder,
            field,
            variants,
        };
        select.check()?;
        Ok(select)
    }
}

impl Parse for Variant {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name: Ident = input.parse()?;
        let content = if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        if !input.peek(Token![=]) {
            let text = format!("`{name}` needs the value that decides for it: `= \"vlan\"`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Token![=]>()?;
        let value = if input.peek(Lit) {
            Deciding::Literal(input.parse()?)
        } else {
            Deciding::Constant(input.call(Path::parse_mod_style)?)
        };
        Ok(Self {
            attributes,
            name,
            content,
            value,
        })
    }
}

impl Select {
    fn check(&self) -> Result<()> {
        let mut errors = Errors::default();
        for (position, variant) in self.variants.iter().enumerate() {
            let value = variant.value.to_token_stream().to_string();
            for earlier in self.variants.iter().take(position) {
                if earlier.name == variant.name {
                    let text = format!("`{}` is declared twice", variant.name);
                    errors.push(Error::new(variant.name.span(), text));
                } else if earlier.value.to_token_stream().to_string() == value {
                    let text = format!("{value} already decides for `{}`", earlier.name);
                    errors.push(Error::new_spanned(&variant.value, text));
                }
            }
        }
        errors.finish()
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let select: Select = syn::parse2(input)?;
    let view = view(&select);
    let marker = marker(&select);
    let setters = setters(&select);
    Ok(quote! { #view #marker #setters })
}

fn view(select: &Select) -> TokenStream {
    let Select {
        attributes,
        visibility,
        name,
        ..
    } = select;
    let view = format_ident!("{name}View");
    let variants = select.variants.iter().map(|variant| {
        let docs = documentation(&variant.attributes);
        let name = camel(&variant.name);
        let doc = format!("Decided by {}.", variant.value.to_token_stream());
        let content = variant.content.as_ref().map(|content| {
            let view = content.view();
            quote!((#view))
        });
        quote! {
            #docs
            #[doc = ""]
            #[doc = #doc]
            #name #content
        }
    });
    quote! {
        #(#attributes)*
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        #visibility enum #view<'a> {
            #(#variants,)*
            /// Of a form that is not declared here.
            Other(::netlane_wire::Attribute<'a>),
        }
    }
}

fn marker(select: &Select) -> TokenStream {
    let Select {
        visibility,
        name,
        selector,
        ..
    } = select;
    let view = format_ident!("{name}View");
    let selector = match selector {
        Type::Path(path) if path.path.is_ident("str") => quote!(&str),
        other => quote!(#other),
    };
    let reads = select.variants.iter().map(|variant| {
        let (name, value) = (camel(&variant.name), &variant.value);
        let read = variant.content.as_ref().map_or_else(
            || quote!(::core::result::Result::Ok(#view::#name)),
            |content| {
                let marker = content.marker();
                quote!(<#marker as ::netlane_wire::typed::Value>::read(attribute).map(#view::#name))
            },
        );
        quote!(::core::option::Option::Some(#value) => #read)
    });
    let tables = select.variants.iter().map(|variant| {
        let value = &variant.value;
        let table = variant
            .content
            .as_ref()
            .map_or_else(|| quote!(::netlane_wire::Content::Plain), Content::table);
        quote! {
            ::core::option::Option::Some(#value) => {
                const CONTENT: &::netlane_wire::Content = &#table;
                CONTENT
            }
        }
    });
    let doc = format!("Chooses the variant of [`{view}`].");
    quote! {
        #[doc = #doc]
        #[derive(Debug)]
        #visibility enum #name {}

        impl #name {
            /// Reads `attribute` as what `selector` decides.
            ///
            /// # Errors
            ///
            /// It is malformed.
            pub fn read<'a>(
                selector: ::core::option::Option<#selector>,
                attribute: ::netlane_wire::Attribute<'a>,
            ) -> ::core::result::Result<#view<'a>, ::netlane_wire::AttributeError> {
                match selector {
                    #(#reads,)*
                    _ => ::core::result::Result::Ok(#view::Other(attribute)),
                }
            }

            /// What an extended ACK and `Debug` find inside.
            #[must_use]
            pub fn content(
                selector: ::core::option::Option<#selector>,
            ) -> &'static ::netlane_wire::Content {
                match selector {
                    #(#tables)*
                    _ => &::netlane_wire::Content::Plain,
                }
            }
        }
    }
}

fn setters(select: &Select) -> TokenStream {
    let builder = suffixed(&select.holder, "Builder");
    let door = hidden("select_", &select.field);
    let setters = select.variants.iter().map(|variant| {
        let (name, value) = (&variant.name, &variant.value);
        let docs = documentation(&variant.attributes);
        let doc = format!(
            "Sets the deciding value to {} as well.",
            value.to_token_stream()
        );
        let (argument, write) = setter(variant);
        quote! {
            #docs
            #[doc = ""]
            #[doc = #doc]
            pub fn #name(self, #argument) -> Self {
                self.#door(#value, #write)
            }
        }
    });
    quote! {
        impl<S: ::netlane_wire::typed::Sink> #builder<S> {
            #(#setters)*
        }
    }
}

fn setter(variant: &Variant) -> (TokenStream, TokenStream) {
    match &variant.content {
        None => (TokenStream::new(), quote!(|_, _| ())),
        Some(Content::Nest(path)) => {
            let (inner, start) = inner_builder(path);
            (
                quote!(build: impl ::core::ops::FnOnce(#inner) -> #inner),
                quote! {
                    |message, kind| {
                        message.nest(kind, |message| {
                            let _ = build(#start(message));
                        });
                    }
                },
            )
        }
        Some(content) => {
            let (set, marker) = (content.set(), content.marker());
            (
                quote!(value: #set),
                quote! {
                    |message, kind| <#marker as ::netlane_wire::typed::Value>::write(message, kind, value)
                },
            )
        }
    }
}

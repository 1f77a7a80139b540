//! Owns the borrowed side of `message!`: one accessor per field over the received bytes. Must not know the builder.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::parse::{Field, Form, Message, Selector};
use crate::common::{at, documentation, plain, suffixed};

pub(super) fn expand(message: &Message) -> TokenStream {
    let Message {
        visibility, name, ..
    } = message;
    let (view, _) = message.companions();
    let header = message.header_type();
    let slots = slots(message);
    let shown = shown(message);
    let accessors = message.fields.iter().map(|field| accessor(message, field));
    let doc = format!("What a received [`{name}`] says, read where it lies.");
    quote! {
        #[doc = #doc]
        ///
        /// Made by one pass over the attributes that allocates nothing. A malformed attribute is an error only to who
        /// reads it; one that the kernel does not send is `None`.
        #[derive(Clone, Copy)]
        #visibility struct #view<'a> {
            area: ::netlane_wire::typed::Area<'a, #header, #slots>,
        }

        impl<'a> #view<'a> {
            /// Finds the attributes of a payload: header, then attributes.
            ///
            /// # Errors
            ///
            /// The payload is shorter than the header.
            #[inline]
            pub fn decode(payload: &'a [u8]) -> ::core::result::Result<Self, ::netlane_wire::DecodeError> {
                match ::netlane_wire::typed::Area::decode(payload) {
                    ::core::result::Result::Ok(area) => ::core::result::Result::Ok(Self { area }),
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
                }
            }

            /// The fixed structure in front of the attributes.
            #[must_use]
            pub const fn header(&self) -> &#header {
                self.area.header()
            }

            /// Every attribute as received, the ones without a field here among them.
            #[must_use]
            pub fn attributes(&self) -> ::netlane_wire::Attributes<'a> {
                self.area.attributes()
            }

            #shown
            #(#accessors)*
        }

        impl ::core::fmt::Debug for #view<'_> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::netlane_wire::typed::debug::<#name>(self.area.payload(), f)
            }
        }
    }
}

/// The offset table is indexed by attribute type.
fn slots(message: &Message) -> usize {
    message
        .fields
        .iter()
        .map(|field| usize::from(field.kind) + 1)
        .max()
        .unwrap_or(0)
}

fn shown(message: &Message) -> TokenStream {
    let fields = message
        .header
        .iter()
        .flat_map(|header| &header.shown)
        .map(|(name, ty)| {
            let doc = format!("`{name}` of the header.");
            quote! {
                #[doc = #doc]
                #[must_use]
                pub const fn #name(&self) -> #ty {
                    self.area.header().#name
                }
            }
        });
    quote!(#(#fields)*)
}

/// A constant per single-valued field, for `pick`.
pub(super) fn picks(message: &Message) -> TokenStream {
    let constants = message.fields.iter().filter_map(|field| {
        let Form::One(content) = &field.form else {
            return None;
        };
        let (name, kind, marker) = (upper(&field.name), field.kind, content.marker());
        let doc = format!("`{}`, to `pick`.", plain(&field.name));
        let constant = field.constant.doc();
        Some(quote! {
            #[doc = #doc]
            #constant
            pub const #name: ::netlane_wire::typed::Field<Self, #marker, #kind> =
                ::netlane_wire::typed::Field::new();
        })
    });
    quote!(#(#constants)*)
}

/// `mtu` to `MTU`.
fn upper(name: &syn::Ident) -> syn::Ident {
    syn::Ident::new(&plain(name).to_uppercase(), name.span())
}

fn accessor(message: &Message, field: &Field) -> TokenStream {
    let Field {
        attributes,
        name,
        form,
        constant,
        kind,
    } = field;
    let docs = documentation(attributes);
    let constant_doc = constant.doc();
    let (signature, body) = match form {
        Form::One(content) => {
            let (view, marker) = (content.view(), content.marker());
            (
                quote_spanned! {at(&marker)=>
                    ::core::result::Result<::core::option::Option<#view>, ::netlane_wire::AttributeError>
                },
                quote_spanned!(at(&marker)=> self.area.read::<#marker>(#kind)),
            )
        }
        Form::Flag => (fallible(&quote!(bool)), quote!(self.area.has(#kind))),
        Form::Multi(content) => {
            let marker = content.marker();
            (
                quote!(::netlane_wire::typed::Multi<'a, #marker>),
                quote!(self.area.multi(#kind)),
            )
        }
        Form::Array(content) => {
            let marker = content.marker();
            (
                quote!(::netlane_wire::typed::Array<'a, #marker>),
                quote!(self.area.array(#kind)),
            )
        }
        Form::Select { path, by } => {
            let view = suffixed(path, "View");
            (
                fallible(&quote!(::core::option::Option<#view<'a>>)),
                select(message, path, by, *kind),
            )
        }
    };
    let errors = errors_section(form);
    quote! {
        #docs
        #constant_doc
        #errors
        #[inline]
        pub fn #name(&self) -> #signature {
            #body
        }
    }
}

fn fallible(ty: &TokenStream) -> TokenStream {
    quote!(::core::result::Result<#ty, ::netlane_wire::AttributeError>)
}

fn errors_section(form: &Form) -> TokenStream {
    match form {
        Form::Multi(_) | Form::Array(_) => quote! {
            ///
            /// Each item is an error if its payload is malformed.
        },
        _ => quote! {
            ///
            /// # Errors
            ///
            /// The payload is not of this type, or the message is cut off before the attribute.
        },
    }
}

fn select(message: &Message, path: &syn::Path, by: &syn::Ident, kind: u16) -> TokenStream {
    let selector = selector_value(message, by, &quote!(self));
    quote! {
        match self.area.get(#kind)? {
            ::core::option::Option::Some(attribute) => #path::read(#selector, attribute).map(::core::option::Option::Some),
            ::core::option::Option::None => ::core::result::Result::Ok(::core::option::Option::None),
        }
    }
}

/// The deciding value as an `Option`; a malformed or absent one selects nothing.
pub(super) fn selector_value(
    message: &Message,
    by: &syn::Ident,
    view: &TokenStream,
) -> TokenStream {
    match message.selector(by) {
        Some(Selector::Header(_)) => quote!(::core::option::Option::Some(#view.#by())),
        _ => quote!(#view.#by().ok().flatten()),
    }
}

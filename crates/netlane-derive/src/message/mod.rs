//! Owns `message!`: from one declaration the owned message, its borrowed view, its builder and its attribute table.
//! Mirrors the policies (`struct nla_policy[]`) of the kernel. Must not know how attributes are walked or written:
//! that is `netlane_wire::typed`, and generated code only calls it.

pub(crate) mod build;
mod parse;
mod table;
mod view;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Result;

use parse::Message;

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let message: Message = syn::parse2(input)?;
    let owned = owned(&message);
    let view = view::expand(&message);
    let builder = build::expand(&message);
    Ok(quote! { #owned #view #builder })
}

/// The message as it is kept: its bytes, checked to hold the header.
fn owned(message: &Message) -> TokenStream {
    let Message {
        attributes,
        visibility,
        name,
        ..
    } = message;
    let (view, builder) = message.companions();
    let header = message.header_type();
    let table = table::expand(message);
    let picks = view::picks(message);
    quote! {
        #(#attributes)*
        ///
        /// The owned form: the received bytes, shared when cloned. Fields are read through its `view`.
        #[derive(Clone, PartialEq, Eq)]
        #visibility struct #name {
            payload: ::netlane_wire::bytes::Bytes,
        }

        impl #name {
            /// Starts one outside any request, to keep or compare it.
            #[must_use]
            pub fn build() -> #builder<::netlane_wire::Message> {
                #builder::start(::netlane_wire::typed::empty())
            }

            /// Reads the fields, without copying.
            #[must_use]
            pub fn view(&self) -> #view<'_> {
                #view { area: ::netlane_wire::typed::Area::parse(&self.payload) }
            }

            /// Reads some fields of a payload in one walk, which is cheaper than a view of all: a tuple of up to eight
            /// of this type's constants gives a tuple of options.
            ///
            /// # Errors
            ///
            /// One of them is malformed, or the payload is cut off.
            #[inline]
            pub fn pick<F: ::netlane_wire::typed::Fields<Self>>(
                payload: &[u8],
                fields: F,
            ) -> ::core::result::Result<F::Picked<'_>, ::netlane_wire::DecodeError> {
                ::netlane_wire::typed::pick::<Self, F>(payload, fields)
            }

            #picks

            /// The bytes: header, then attributes.
            #[must_use]
            pub const fn payload(&self) -> &::netlane_wire::bytes::Bytes {
                &self.payload
            }
        }

        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.view(), f)
            }
        }

        impl ::netlane_wire::typed::Typed for #name {
            type Header = #header;
            type View<'a> = #view<'a>;
            type Builder<S: ::netlane_wire::typed::Sink> = #builder<S>;

            fn from_payload(
                payload: ::netlane_wire::bytes::Bytes,
            ) -> ::core::result::Result<Self, ::netlane_wire::DecodeError> {
                #view::decode(&payload)?;
                ::core::result::Result::Ok(Self { payload })
            }

            fn payload(&self) -> &::netlane_wire::bytes::Bytes {
                &self.payload
            }

            fn view_of(payload: &[u8]) -> ::core::result::Result<#view<'_>, ::netlane_wire::DecodeError> {
                #view::decode(payload)
            }

            fn start<S: ::netlane_wire::typed::Sink>(sink: S) -> #builder<S> {
                #builder::start(sink)
            }

            fn table() -> &'static ::netlane_wire::AttributeTable {
                #table
            }
        }

        impl ::netlane_wire::typed::Value for #name {
            type View<'a> = #view<'a>;
            type Set<'v> = &'v #name;

            fn read(
                attribute: ::netlane_wire::Attribute<'_>,
            ) -> ::core::result::Result<#view<'_>, ::netlane_wire::AttributeError> {
                ::netlane_wire::typed::read_nest::<#name>(attribute)
            }

            fn write(message: &mut ::netlane_wire::Message, kind: u16, value: &#name) {
                ::netlane_wire::typed::write_nest(message, kind, value);
            }
        }
    }
}

impl Message {
    /// The names of view and builder.
    fn companions(&self) -> (proc_macro2::Ident, proc_macro2::Ident) {
        (
            quote::format_ident!("{}View", self.name),
            quote::format_ident!("{}Builder", self.name),
        )
    }

    /// The header's type; `()` reads and writes nothing.
    fn header_type(&self) -> TokenStream {
        self.header.as_ref().map_or_else(
            || quote!(()),
            |header| {
                let path = &header.path;
                quote!(#path)
            },
        )
    }
}

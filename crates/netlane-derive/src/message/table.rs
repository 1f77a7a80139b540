//! Owns the attribute table of `message!`: names and nesting for `Debug` and for the path of an extended ACK.

use proc_macro2::TokenStream;
use quote::quote;

use super::parse::{Field, Form, Message};
use super::view::selector_value;
use crate::common::plain;

/// The body of `Typed::table`.
pub(super) fn expand(message: &Message) -> TokenStream {
    let label = &message.label;
    let header = message.header_type();
    let entries = message.fields.iter().map(|field| entry(message, field));
    quote! {
        static TABLE: ::netlane_wire::AttributeTable = ::netlane_wire::AttributeTable {
            name: #label,
            header_len: <#header as ::netlane_wire::typed::Fixed>::SIZE,
            header: ::netlane_wire::typed::show_header::<#header>,
            attributes: &[#(#entries),*],
        };
        &TABLE
    }
}

fn entry(message: &Message, field: &Field) -> TokenStream {
    let name = plain(&field.name);
    let constant = field.constant.name.to_string();
    let kind = field.kind;
    let content = content(message, field);
    quote! {
        ::netlane_wire::AttributeName { kind: #kind, name: #name, constant: #constant, content: #content }
    }
}

fn content(message: &Message, field: &Field) -> TokenStream {
    match &field.form {
        Form::One(content) | Form::Multi(content) => content.table(),
        Form::Flag => quote!(::netlane_wire::Content::Flag),
        Form::Array(content) => {
            let inner = content.table();
            quote!(::netlane_wire::Content::Array(&#inner))
        }
        Form::Select { path, by } => {
            let (view, _) = message.companions();
            let selector = selector_value(message, by, &quote!(view));
            quote! {
                ::netlane_wire::Content::Select(|payload| match #view::decode(payload) {
                    ::core::result::Result::Ok(view) => #path::content(#selector),
                    ::core::result::Result::Err(_) => &::netlane_wire::Content::Plain,
                })
            }
        }
    }
}

//! Owns the writing side of `message!`: one setter per field, straight into the buffer. Must not know the view.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::parse::{Field, Form, Message, Selector};
use crate::common::{Content, at, documentation, hidden};

pub(super) fn expand(message: &Message) -> TokenStream {
    let Message {
        visibility, name, ..
    } = message;
    let (_, builder) = message.companions();
    let (header_type, header) = (message.header_type(), header_setters(message));
    let setters = message.fields.iter().map(|field| setter(message, field));
    let finish = finish(message);
    let request = request(message);
    let doc = format!(
        "Writes a [`{name}`] into the buffer of a request, an enclosing attribute, or its own."
    );
    quote! {
        #[doc = #doc]
        ///
        /// Attributes are written in the order of the calls.
        #[derive(Clone, Debug)]
        #[must_use = "a builder only writes into its buffer: call, nest or finish it"]
        #visibility struct #builder<S> {
            sink: S,
            start: usize,
        }

        impl<S: ::netlane_wire::typed::Sink> #builder<S> {
            /// Writes a header of zeroes at the end of `sink`; attributes follow.
            #[inline]
            pub fn start(sink: S) -> Self {
                let (sink, start) = ::netlane_wire::typed::reserve_header::<
                    S,
                    { <#header_type as ::netlane_wire::typed::Fixed>::SIZE },
                >(sink);
                Self { sink, start }
            }

            #header

            /// Appends an attribute that has no setter here.
            pub fn attribute(mut self, kind: u16, payload: &[u8]) -> Self {
                self.sink.message().attribute(kind, payload);
                self
            }

            /// Appends received attributes as they are, unknown ones included.
            pub fn copy(mut self, attributes: ::netlane_wire::Attributes<'_>) -> Self {
                ::netlane_wire::typed::copy(self.sink.message(), attributes);
                self
            }

            #(#setters)*
        }

        #finish
        #request
    }
}

fn header_setters(message: &Message) -> TokenStream {
    let Some(header) = &message.header else {
        return TokenStream::new();
    };
    let path = &header.path;
    let fields = header.shown.iter().map(|(name, ty)| {
        let doc = format!("Sets `{name}` of the header.");
        let store = hidden("store_", name);
        quote! {
            #[doc = #doc]
            #[inline]
            pub fn #name(mut self, value: #ty) -> Self {
                #path::#store(
                    ::netlane_wire::typed::header_at(self.sink.message(), self.start),
                    value,
                );
                self
            }
        }
    });
    quote! {
        /// Sets the whole header.
        pub fn header(self, header: #path) -> Self {
            self.change_header(|old| *old = header)
        }

        fn change_header(mut self, change: impl ::core::ops::FnOnce(&mut #path)) -> Self {
            ::netlane_wire::typed::change_header(self.sink.message(), self.start, change);
            self
        }

        #(#fields)*
    }
}

fn setter(message: &Message, field: &Field) -> TokenStream {
    let Field {
        attributes,
        name,
        form,
        constant,
        kind,
    } = field;
    let docs = documentation(attributes);
    let constant_doc = constant.doc();
    let method = match form {
        Form::One(Content::Nest(path)) | Form::Multi(Content::Nest(path)) => {
            nest(name, path, *kind)
        }
        Form::One(content) | Form::Multi(content) => value(name, content, *kind),
        Form::Flag => quote! {
            pub fn #name(mut self) -> Self {
                self.sink.message().flag(#kind);
                self
            }
        },
        Form::Array(Content::Nest(path)) => array_of_nests(name, path, *kind),
        Form::Array(content) => array(name, content, *kind),
        Form::Select { by, .. } => return select(message, name, by, *kind),
    };
    quote! {
        #docs
        #constant_doc
        #[inline]
        #method
    }
}

fn value(name: &syn::Ident, content: &Content, kind: u16) -> TokenStream {
    let (set, marker) = (content.set(), content.marker());
    // What is wrong with the type is said at the type.
    let sink = quote_spanned!(at(&marker)=> ::netlane_wire::typed::write::<S, #marker>(self.sink, #kind, value));
    quote! {
        pub fn #name(self, value: #set) -> Self {
            Self {
                sink: #sink,
                start: self.start,
            }
        }
    }
}

fn nest(name: &syn::Ident, path: &syn::Path, kind: u16) -> TokenStream {
    let (builder, start) = inner_builder(path);
    quote! {
        pub fn #name(
            mut self,
            build: impl ::core::ops::FnOnce(#builder) -> #builder,
        ) -> Self {
            self.sink.message().nest(#kind, |message| {
                let _ = build(#start(message));
            });
            self
        }
    }
}

fn array(name: &syn::Ident, content: &Content, kind: u16) -> TokenStream {
    let (set, marker) = (content.set(), content.marker());
    let set = if matches!(content, Content::Value(_)) {
        quote!(::netlane_wire::typed::Set<'v, #marker>)
    } else {
        set
    };
    quote! {
        pub fn #name<'v>(mut self, items: impl ::core::iter::IntoIterator<Item = #set>) -> Self {
            ::netlane_wire::typed::numbered(self.sink.message(), #kind, items, |message, index, item| {
                <#marker as ::netlane_wire::typed::Value>::write(message, index, item);
            });
            self
        }
    }
}

fn array_of_nests(name: &syn::Ident, path: &syn::Path, kind: u16) -> TokenStream {
    let (builder, start) = inner_builder(path);
    quote! {
        pub fn #name<T>(
            mut self,
            items: impl ::core::iter::IntoIterator<Item = T>,
            mut build: impl ::core::ops::FnMut(T, #builder) -> #builder,
        ) -> Self {
            ::netlane_wire::typed::numbered(self.sink.message(), #kind, items, |message, index, item| {
                message.nest(index, |message| {
                    let _ = build(item, #start(message));
                });
            });
            self
        }
    }
}

/// The door through which `select!` writes: the deciding value, then what it decides.
fn select(message: &Message, name: &syn::Ident, by: &syn::Ident, kind: u16) -> TokenStream {
    let door = hidden("select_", name);
    let set = match message.selector(by) {
        Some(Selector::Attribute(content)) => content.set(),
        Some(Selector::Header(ty)) => quote!(#ty),
        None => return TokenStream::new(),
    };
    quote! {
        #[doc(hidden)]
        pub fn #door(
            self,
            selector: #set,
            write: impl ::core::ops::FnOnce(&mut ::netlane_wire::Message, u16),
        ) -> Self {
            let mut this = self.#by(selector);
            write(this.sink.message(), #kind);
            this
        }
    }
}

/// The builder of a nest, and the function that starts it.
pub(crate) fn inner_builder(path: &syn::Path) -> (TokenStream, TokenStream) {
    let builder = crate::common::suffixed(path, "Builder");
    (
        quote!(#builder<&mut ::netlane_wire::Message>),
        quote!(#builder::start),
    )
}

fn finish(message: &Message) -> TokenStream {
    let name = &message.name;
    let (_, builder) = message.companions();
    let doc = format!("The [`{name}`] that was written.");
    quote! {
        impl #builder<::netlane_wire::Message> {
            #[doc = #doc]
            ///
            /// # Errors
            ///
            /// A value could not be written, such as a nest of more than 64 KiB.
            pub fn finish(self) -> ::core::result::Result<#name, ::netlane_wire::BuildError> {
                ::netlane_wire::typed::finish(self.sink).map(|payload| #name { payload })
            }
        }
    }
}

/// A builder that was started by an operation is that operation's request.
fn request(message: &Message) -> TokenStream {
    let name = &message.name;
    let (_, builder) = message.companions();
    quote! {
        impl<O> ::netlane_wire::Request for #builder<::netlane_wire::typed::Do<O>>
        where
            O: ::netlane_wire::typed::FixedKind<Message = #name>,
        {
            type Reply = O::Reply;
            const PROTOCOL: i32 = O::PROTOCOL;
            const EXPECT: ::netlane_wire::Expect = O::EXPECT;
            const SYNCHRONOUS: bool = O::SYNCHRONOUS;
            const HEADER_LEN: usize = ::netlane_wire::typed::family_header::<O>();

            fn message(&self) -> ::netlane_wire::Message {
                self.sink.to_message(O::KIND)
            }

            #[inline]
            fn into_message(self) -> ::netlane_wire::Message {
                self.sink.into_message(O::KIND)
            }

            fn decode(
                frame: ::netlane_wire::FrameView<'_>,
            ) -> ::core::result::Result<O::Reply, ::netlane_wire::DecodeError> {
                ::netlane_wire::typed::decode_reply::<O>(frame)
            }

            fn attribute_table() -> ::core::option::Option<&'static ::netlane_wire::AttributeTable> {
                ::core::option::Option::Some(<#name as ::netlane_wire::typed::Typed>::table())
            }
        }

        impl<O> ::netlane_wire::typed::NamedRequest for #builder<::netlane_wire::typed::Do<O>>
        where
            O: ::netlane_wire::typed::NamedFamily<Message = #name>,
        {
            type Operation = O;

            fn message_of(&self, family: u16) -> ::netlane_wire::Message {
                self.sink.to_message(family)
            }
        }
    }
}

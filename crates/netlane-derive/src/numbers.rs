//! Owns `c_enum!` and `c_flags!`: named numbers that keep the values of newer kernels. Must not know where they occur.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Path, Result, Token, Visibility, braced};

use crate::common::{Constant, Content, Errors, documentation, end, separator};

/// `NAME: u8 { UP = IF_OPER_UP(6), ... }`
struct Numbers {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    repr: Content,
    entries: Vec<Entry>,
}

struct Entry {
    attributes: Vec<Attribute>,
    name: Ident,
    constant: Constant,
}

impl Numbers {
    fn parse<K: Parse>(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<K>()?;
        let name: Ident = input.parse()?;
        if !input.peek(Token![:]) {
            let text =
                format!("`{name}` needs its integer, as in `{name}: u8` or `{name}: be u16`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Token![:]>()?;
        let repr = input.parse()?;
        let body;
        braced!(body in input);
        let mut entries = Vec::new();
        while !body.is_empty() {
            entries.push(body.parse()?);
            separator(&body, "the value")?;
        }
        end(input)?;
        let numbers = Self {
            attributes,
            visibility,
            name,
            repr,
            entries,
        };
        numbers.check()?;
        Ok(numbers)
    }

    fn check(&self) -> Result<()> {
        let mut errors = Errors::default();
        if !matches!(self.repr, Content::Value(_) | Content::Be(_)) {
            errors.push(Error::new(
                self.integer().span(),
                "the wire's integer is `u8` to `u64`, or `be` and one",
            ));
        }
        for (position, entry) in self.entries.iter().enumerate() {
            for earlier in self.entries.iter().take(position) {
                if earlier.name == entry.name {
                    let text = format!("`{}` is declared twice", entry.name);
                    errors.push(Error::new(entry.name.span(), text));
                } else if earlier.constant.value.base10_digits()
                    == entry.constant.value.base10_digits()
                {
                    let text = format!("{} is already `{}`", entry.constant.value, earlier.name);
                    errors.push(Error::new(entry.constant.value.span(), text));
                }
            }
        }
        errors.finish()
    }

    /// The Rust integer.
    fn integer(&self) -> TokenStream {
        match &self.repr {
            Content::Value(ty) | Content::Be(ty) | Content::Packed(ty) => quote!(#ty),
            Content::Nest(path) => quote!(#path),
        }
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name: Ident = input.parse()?;
        if !input.peek(Token![=]) {
            let text = format!("`{name}` needs its C constant: `= IF_OPER_UP(6)`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Token![=]>()?;
        Ok(Self {
            attributes,
            name,
            constant: input.parse()?,
        })
    }
}

struct Enum(Numbers);

impl Parse for Enum {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Numbers::parse::<Token![enum]>(input).map(Self)
    }
}

struct Flags(Numbers);

impl Parse for Flags {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Numbers::parse::<Token![struct]>(input).map(Self)
    }
}

/// A newtype with a constant per value: a value without a name stays what it is, and a name added later breaks no one.
pub(crate) fn expand_enum(input: TokenStream) -> Result<TokenStream> {
    let Enum(numbers) = syn::parse2(input)?;
    let Numbers {
        attributes,
        visibility,
        name,
        entries,
        ..
    } = &numbers;
    let integer = numbers.integer();
    let constants = entries.iter().map(|entry| {
        let (docs, doc) = (documentation(&entry.attributes), entry.constant.doc());
        let (constant, value) = (&entry.name, &entry.constant.value);
        quote! {
            #docs
            #doc
            pub const #constant: Self = Self(#value);
        }
    });
    let names = entries.iter().map(|entry| {
        let (constant, text) = (&entry.name, entry.name.to_string());
        quote!(Self::#constant => #text)
    });
    let conversions = conversions(&numbers, &quote!(.0), &quote!(Self));
    Ok(quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = "Values without a name here are kept."]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #visibility struct #name(pub #integer);

        impl #name {
            #(#constants)*

            /// The name of the value, unless it has none here.
            #[must_use]
            pub const fn name(self) -> ::core::option::Option<&'static str> {
                ::core::option::Option::Some(match self {
                    #(#names,)*
                    _ => return ::core::option::Option::None,
                })
            }
        }

        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self.name() {
                    ::core::option::Option::Some(name) => f.write_str(name),
                    ::core::option::Option::None => ::core::fmt::Debug::fmt(&self.0, f),
                }
            }
        }

        impl ::core::convert::From<#integer> for #name {
            fn from(value: #integer) -> Self {
                Self(value)
            }
        }

        #conversions
    })
}

pub(crate) fn expand_flags(input: TokenStream) -> Result<TokenStream> {
    let Flags(numbers) = syn::parse2(input)?;
    let Numbers {
        attributes,
        visibility,
        name,
        entries,
        ..
    } = &numbers;
    let integer = numbers.integer();
    let constants = entries.iter().map(|entry| {
        let (docs, doc) = (documentation(&entry.attributes), entry.constant.doc());
        let (constant, value) = (&entry.name, &entry.constant.value);
        quote! {
            #docs
            #doc
            const #constant = #value;
        }
    });
    let conversions = conversions(&numbers, &quote!(.bits()), &quote!(Self::from_bits_retain));
    Ok(quote! {
        ::netlane_wire::bitflags::bitflags! {
            #(#attributes)*
            #[doc = ""]
            #[doc = "Bits without a name here are kept."]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
            #visibility struct #name: #integer {
                #(#constants)*
                const _ = !0;
            }
        }
        #conversions
    })
}

/// `Fixed` and `Value` by way of the wire's integer.
fn conversions(numbers: &Numbers, bits: &TokenStream, make: &TokenStream) -> TokenStream {
    let name = &numbers.name;
    let marker: Path = match syn::parse2(numbers.repr.marker()) {
        Ok(path) => path,
        Err(error) => return error.to_compile_error(),
    };
    let (wrap, unwrap) = match numbers.repr {
        Content::Be(_) => (quote!(::netlane_wire::typed::Be), quote!(.0)),
        _ => (quote!(::core::convert::identity), TokenStream::new()),
    };
    quote! {
        impl ::netlane_wire::typed::Fixed for #name {
            const SIZE: usize = <#marker as ::netlane_wire::typed::Fixed>::SIZE;
            const ALIGN: usize = <#marker as ::netlane_wire::typed::Fixed>::ALIGN;

            #[inline]
            fn load(bytes: &[u8]) -> Self {
                #make(<#marker as ::netlane_wire::typed::Fixed>::load(bytes)#unwrap)
            }

            #[inline]
            fn store(&self, bytes: &mut [u8]) {
                ::netlane_wire::typed::Fixed::store(&#wrap(self #bits), bytes);
            }
        }

        impl ::netlane_wire::typed::Value for #name {
            type View<'a> = Self;
            type Set<'v> = Self;

            #[inline]
            fn read(
                attribute: ::netlane_wire::Attribute<'_>,
            ) -> ::core::result::Result<Self, ::netlane_wire::AttributeError> {
                <#marker as ::netlane_wire::typed::Value>::read(attribute).map(#make)
            }

            fn write(message: &mut ::netlane_wire::Message, kind: u16, value: Self) {
                <#marker as ::netlane_wire::typed::Value>::write(message, kind, value #bits);
            }
        }
    }
}

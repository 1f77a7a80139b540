//! Owns `c_struct!`: a C structure of the kernel, as header or as payload, of any kernel version. Must not know the
//! rule for shorter and longer ones: that is `netlane_wire::typed::Extended`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, LitStr, Result, Token, Visibility, braced, parenthesized};

use crate::common::{Content, Errors, at, documentation, end, hidden, plain, separator};

struct Struct {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    label: LitStr,
    fields: Vec<Field>,
}

struct Field {
    attributes: Vec<Attribute>,
    /// `None`: padding, written as zeroes.
    name: Option<Ident>,
    content: Content,
}

impl Parse for Struct {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![struct]>()?;
        let name: Ident = input.parse()?;
        if !input.peek(syn::token::Paren) {
            let text = format!("`{name}` needs its C name, as in `{name}(\"ifinfomsg\")`");
            return Err(Error::new(name.span(), text));
        }
        let content;
        parenthesized!(content in input);
        let label = content.parse()?;
        let body;
        braced!(body in input);
        let mut fields = Vec::new();
        while !body.is_empty() {
            fields.push(body.parse()?);
            separator(&body, "the field")?;
        }
        end(input)?;
        let declared = Self {
            attributes,
            visibility,
            name,
            label,
            fields,
        };
        declared.check()?;
        Ok(declared)
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = if input.peek(Token![_]) {
            input.parse::<Token![_]>()?;
            None
        } else {
            Some(input.parse::<Ident>()?)
        };
        let here = input.span();
        input
            .parse::<Token![:]>()
            .map_err(|_| Error::new(here, "expected `:` and the type of the field"))?;
        let here = input.span();
        let content: Content = input.parse()?;
        match content {
            Content::Value(_) | Content::Be(_) => Ok(Self {
                attributes,
                name,
                content,
            }),
            Content::Nest(_) | Content::Packed(_) => Err(Error::new(
                here,
                "a C structure has fields of fixed size: a type, or `be` and an integer",
            )),
        }
    }
}

impl Struct {
    fn check(&self) -> Result<()> {
        let mut errors = Errors::default();
        let names: Vec<&Ident> = self
            .fields
            .iter()
            .filter_map(|field| field.name.as_ref())
            .collect();
        for (position, name) in names.iter().enumerate() {
            if names.iter().take(position).any(|earlier| earlier == name) {
                errors.push(Error::new(
                    name.span(),
                    format!("`{name}` is declared twice"),
                ));
            }
        }
        errors.finish()
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let declared: Struct = syn::parse2(input)?;
    let definition = definition(&declared);
    let fixed = fixed(&declared);
    let name = &declared.name;
    Ok(quote! {
        #definition
        #fixed

        impl ::netlane_wire::typed::Value for #name {
            type View<'a> = ::netlane_wire::typed::Extended<'a, #name>;
            type Set<'v> = #name;

            #[inline]
            fn read(
                attribute: ::netlane_wire::Attribute<'_>,
            ) -> ::core::result::Result<
                ::netlane_wire::typed::Extended<'_, #name>,
                ::netlane_wire::AttributeError,
            > {
                ::core::result::Result::Ok(::netlane_wire::typed::Extended::new(attribute.payload()))
            }

            #[inline]
            fn write(message: &mut ::netlane_wire::Message, kind: u16, value: #name) {
                let mut bytes = [0; <#name as ::netlane_wire::typed::Fixed>::SIZE];
                ::netlane_wire::typed::Fixed::store(&value, &mut bytes);
                message.array(kind, bytes);
            }
        }
    })
}

fn definition(declared: &Struct) -> TokenStream {
    let Struct {
        attributes,
        visibility,
        name,
        label,
        ..
    } = declared;
    let c_name = format!("C: `struct {}`", label.value());
    let fields = declared.fields.iter().filter_map(|field| {
        let name = field.name.as_ref()?;
        let ty = native(&field.content);
        let doc = format!("`{}` of `struct {}`.", plain(name), label.value());
        let docs = if field.attributes.is_empty() {
            quote!(#[doc = #doc])
        } else {
            documentation(&field.attributes)
        };
        Some(quote!(#docs pub #name: #ty))
    });
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #c_name]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #visibility struct #name {
            #(#fields,)*
        }

        /// All zeroes.
        impl ::core::default::Default for #name {
            fn default() -> Self {
                <Self as ::netlane_wire::typed::Fixed>::load(&[])
            }
        }
    }
}

/// The type a program sees: host order whatever the wire's.
fn native(content: &Content) -> TokenStream {
    match content {
        Content::Be(ty) | Content::Value(ty) | Content::Packed(ty) => quote!(#ty),
        Content::Nest(path) => quote!(#path),
    }
}

fn is_be(content: &Content) -> bool {
    matches!(content, Content::Be(_))
}

fn fixed(declared: &Struct) -> TokenStream {
    let name = &declared.name;
    let count = declared.fields.len();
    let sizes = declared.fields.iter().map(|field| {
        let marker = field.content.marker();
        quote_spanned! {at(&marker)=>
            (<#marker as ::netlane_wire::typed::Fixed>::SIZE, <#marker as ::netlane_wire::typed::Fixed>::ALIGN)
        }
    });
    let named = || {
        declared
            .fields
            .iter()
            .enumerate()
            .filter_map(|(index, field)| {
                let name = field.name.as_ref()?;
                let place = quote!(Self::LAYOUT.offsets[#index]..);
                Some((name, &field.content, place))
            })
    };
    let reads = named().map(|(name, content, place)| {
        let (marker, inner) = (content.marker(), is_be(content).then(|| quote!(.0)));
        let value = quote_spanned! {at(&marker)=>
            <#marker as ::netlane_wire::typed::Fixed>::load(bytes.get(#place).unwrap_or_default())
        };
        quote!(#name: #value #inner)
    });
    // One by one, because a builder's setter writes one field of a header that is in the buffer already.
    let stores = named().map(|(name, content, place)| {
        let (store, ty) = (hidden("store_", name), native(content));
        let value = if is_be(content) {
            quote!(::netlane_wire::typed::Be(value))
        } else {
            quote_spanned!(at(&ty)=> value)
        };
        let write = quote_spanned! {at(&ty)=>
            ::netlane_wire::typed::Fixed::store(&#value, bytes.get_mut(#place).unwrap_or_default());
        };
        quote! {
            #[doc(hidden)]
            #[inline]
            pub fn #store(bytes: &mut [u8], value: #ty) {
                #write
            }
        }
    });
    let writes = named().map(|(name, ..)| {
        let store = hidden("store_", name);
        quote!(Self::#store(bytes, self.#name);)
    });
    quote! {
        impl #name {
            const LAYOUT: ::netlane_wire::typed::Layout<#count> = ::netlane_wire::typed::Layout::of([
                #(#sizes),*
            ]);

            #(#stores)*
        }

        impl ::netlane_wire::typed::Fixed for #name {
            const SIZE: usize = Self::LAYOUT.size;
            const ALIGN: usize = Self::LAYOUT.align;

            #[inline]
            fn load(bytes: &[u8]) -> Self {
                let bytes: [u8; <Self as ::netlane_wire::typed::Fixed>::SIZE] =
                    ::netlane_wire::typed::array_at(bytes, 0);
                Self { #(#reads,)* }
            }

            #[inline]
            fn store(&self, bytes: &mut [u8]) {
                #(#writes)*
            }
        }
    }
}

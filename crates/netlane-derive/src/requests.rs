//! Owns `requests!`: the operations of a message by name, each a `netlane_wire::Request`. Must not know transports.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitInt, LitStr, Path, Result, Token, Type, braced};

use crate::common::{
    Constant, Errors, camel, documentation, end, keyword, plain, separator, suffixed,
};

struct Requests {
    message: Path,
    target: Target,
    synchronous: bool,
    operations: Vec<Operation>,
}

enum Target {
    /// `over ROUTE(0)`
    Protocol(Constant),
    /// `in "nlctrl" version 2`
    Family { name: LitStr, version: LitInt },
}

struct Operation {
    attributes: Vec<Attribute>,
    name: Ident,
    constant: Constant,
    flags: Vec<Ident>,
    expect: Ident,
    reply: Option<Type>,
}

impl Parse for Requests {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let message = input.call(Path::parse_mod_style)?;
        let target: Target = input.parse()?;
        let synchronous = synchronous(input, &target)?;
        let body;
        braced!(body in input);
        let mut operations = Vec::new();
        while !body.is_empty() {
            operations.push(body.parse()?);
            separator(&body, "the operation")?;
        }
        end(input)?;
        let requests = Self {
            message,
            target,
            synchronous,
            operations,
        };
        requests.check()?;
        Ok(requests)
    }
}

impl Parse for Target {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(keyword::over) {
            input.parse::<keyword::over>()?;
            return Ok(Self::Protocol(input.parse()?));
        }
        let here = input.span();
        input.parse::<Token![in]>().map_err(|_| {
            Error::new(
                here,
                "expected `over ROUTE(0)`, or for generic netlink `in \"nlctrl\" version 2`",
            )
        })?;
        let name = input.parse()?;
        input.parse::<keyword::version>()?;
        Ok(Self::Family {
            name,
            version: input.parse()?,
        })
    }
}

/// Whether answers are there when `sendmsg` returns: so for a protocol unless `late`, not so for a generic family
/// unless `synchronous`.
fn synchronous(input: ParseStream<'_>, target: &Target) -> Result<bool> {
    if input.peek(keyword::late) {
        input.parse::<keyword::late>()?;
        return Ok(false);
    }
    if input.peek(keyword::synchronous) {
        input.parse::<keyword::synchronous>()?;
        return Ok(true);
    }
    Ok(matches!(target, Target::Protocol(_)))
}

impl Parse for Operation {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let constant = input.parse()?;
        let mut flags = Vec::new();
        if input.peek(keyword::with) {
            input.parse::<keyword::with>()?;
            flags.extend(Punctuated::<Ident, Token![|]>::parse_separated_nonempty(
                input,
            )?);
        }
        let here = input.span();
        input.parse::<Token![=>]>().map_err(|_| {
            Error::new(
                here,
                "expected `=>` and how the kernel answers: ack, reply, dump or echo",
            )
        })?;
        let expect = input.parse()?;
        expectation(&expect)?;
        let reply = if input.is_empty() || input.peek(Token![,]) {
            None
        } else {
            Some(input.parse()?)
        };
        if let (true, Some(reply)) = (expect == "ack", &reply) {
            return Err(Error::new_spanned(
                reply,
                "an `ack` carries nothing to decode",
            ));
        }
        Ok(Self {
            attributes,
            name,
            constant,
            flags,
            expect,
            reply,
        })
    }
}

/// The variant of `Expect`.
fn expectation(word: &Ident) -> Result<TokenStream> {
    match word.to_string().as_str() {
        "ack" => Ok(quote!(Acknowledgement)),
        "reply" => Ok(quote!(Reply)),
        "dump" => Ok(quote!(Dump)),
        "echo" => Ok(quote!(Echo)),
        other => Err(Error::new(
            word.span(),
            format!("`{other}` is no way to answer: ack, reply, dump or echo"),
        )),
    }
}

impl Requests {
    fn check(&self) -> Result<()> {
        let mut errors = Errors::default();
        let limit = if matches!(self.target, Target::Family { .. }) {
            255
        } else {
            u16::MAX
        };
        for (position, operation) in self.operations.iter().enumerate() {
            if let Err(error) = operation
                .constant
                .number(limit, "the number of an operation")
            {
                errors.push(error);
            }
            let name = plain(&operation.name);
            if ["build", "view", "payload"].contains(&name.as_str()) {
                let text = format!("`{name}` is the name of a method that every message has");
                errors.push(Error::new(operation.name.span(), text));
            }
            if self
                .operations
                .iter()
                .take(position)
                .any(|earlier| earlier.name == operation.name)
            {
                errors.push(Error::new(
                    operation.name.span(),
                    format!("`{name}` is declared twice"),
                ));
            }
        }
        if let Target::Family { version, .. } = &self.target
            && let Err(error) = version.base10_parse::<u8>()
        {
            errors.push(error);
        }
        errors.finish()
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let requests: Requests = syn::parse2(input)?;
    let operations = requests
        .operations
        .iter()
        .map(|operation| expand_operation(&requests, operation))
        .collect::<Result<Vec<_>>>()?;
    Ok(quote! { #(#operations)* })
}

fn expand_operation(requests: &Requests, operation: &Operation) -> Result<TokenStream> {
    let Operation {
        attributes,
        name,
        constant,
        flags,
        expect,
        reply,
    } = operation;
    let message = &requests.message;
    let synchronous = requests.synchronous;
    let marker = marker(requests, operation);
    let builder = suffixed(message, "Builder");
    let (docs, doc) = (documentation(attributes), constant.doc());
    let variant = expectation(expect)?;
    let reply = match reply {
        Some(reply) => quote!(#reply),
        None if expect == "ack" => quote!(()),
        None => quote!(#message),
    };
    let (protocol, prefix) = target(requests, operation);
    let kind = kind(requests, operation, &marker);
    Ok(quote! {
        #docs
        #doc
        #[derive(Debug, Clone, Copy)]
        pub enum #marker {}

        impl ::netlane_wire::typed::Operation for #marker {
            type Message = #message;
            type Reply = #reply;
            const FLAGS: ::netlane_wire::Flags =
                ::netlane_wire::Flags::empty()#(.union(::netlane_wire::Flags::#flags))*;
            const EXPECT: ::netlane_wire::Expect = ::netlane_wire::Expect::#variant;
            const SYNCHRONOUS: bool = #synchronous;
            const PROTOCOL: i32 = #protocol;
            const PREFIX: &'static [u8] = &#prefix;
        }

        #kind

        impl #message {
            #docs
            #doc
            #[inline]
            pub fn #name() -> #builder<::netlane_wire::typed::Do<#marker>> {
                #builder::start(::netlane_wire::typed::Do::start())
            }
        }
    })
}

/// `add` of `Link` to `AddLink`.
fn marker(requests: &Requests, operation: &Operation) -> Ident {
    let message = requests
        .message
        .segments
        .last()
        .map(|last| last.ident.to_string());
    let mut marker = format_ident!("{}{}", camel(&operation.name), message.unwrap_or_default());
    marker.set_span(operation.name.span());
    marker
}

/// Protocol number, and the bytes in front of the message's own header.
fn target(requests: &Requests, operation: &Operation) -> (TokenStream, TokenStream) {
    match &requests.target {
        Target::Protocol(protocol) => {
            let value = &protocol.value;
            (quote!(#value), quote!([]))
        }
        Target::Family { version, .. } => {
            let command = &operation.constant.value;
            // NETLINK_GENERIC; struct genlmsghdr.
            (quote!(16), quote!([#command, #version, 0, 0]))
        }
    }
}

/// Where `nlmsg_type` comes from.
fn kind(requests: &Requests, operation: &Operation, marker: &Ident) -> TokenStream {
    match &requests.target {
        Target::Protocol(_) => {
            let value = &operation.constant.value;
            quote! {
                impl ::netlane_wire::typed::FixedKind for #marker {
                    const KIND: u16 = #value;
                }
            }
        }
        Target::Family { name, .. } => quote! {
            impl ::netlane_wire::typed::NamedFamily for #marker {
                const FAMILY: &'static str = #name;
            }
        },
    }
}

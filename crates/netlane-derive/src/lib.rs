#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod common;
mod message;
mod numbers;
mod requests;
mod select;
mod structs;

use proc_macro::TokenStream;

/// Runs one macro; a wrong declaration becomes the compiler's error at the place that is wrong.
fn run(
    input: TokenStream,
    expand: fn(proc_macro2::TokenStream) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Declares a message: a fixed header and attributes.
#[proc_macro]
pub fn message(input: TokenStream) -> TokenStream {
    run(input, message::expand)
}

/// Declares a sub-message whose form another attribute's value decides.
#[proc_macro]
pub fn select(input: TokenStream) -> TokenStream {
    run(input, select::expand)
}

/// Declares a C structure of the kernel.
#[proc_macro]
pub fn c_struct(input: TokenStream) -> TokenStream {
    run(input, structs::expand)
}

/// Declares an enumeration that keeps unknown values.
#[proc_macro]
pub fn c_enum(input: TokenStream) -> TokenStream {
    run(input, numbers::expand_enum)
}

/// Declares flags that keep unknown bits.
#[proc_macro]
pub fn c_flags(input: TokenStream) -> TokenStream {
    run(input, numbers::expand_flags)
}

/// Declares the operations on a message.
#[proc_macro]
pub fn requests(input: TokenStream) -> TokenStream {
    run(input, requests::expand)
}

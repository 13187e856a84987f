//! The `#[tool]` attribute. Use it through `wasm_runner_sdk`, which documents it.

mod arguments;
mod expand;
mod json;

use proc_macro::TokenStream;

/// Makes a function the tool: writes the `main` that reads the input, calls the function, and
/// prints its output or the tool's manifest.
///
/// The function takes one argument, the input, and returns `Result<Output, ToolError>`. The
/// crate's page shows one and lists the arguments.
#[proc_macro_attribute]
pub fn tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    expand::tool(arguments.into(), item.clone())
        .unwrap_or_else(|error| expand::mistaken(&error, &item))
        .into()
}

//! From a function to a program.

use crate::arguments::Arguments;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, FnArg, ItemFn, Lit, Meta, Result, ReturnType, Type};

pub(crate) fn tool(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let arguments: Arguments = syn::parse2(arguments)?;
    let function = function(item)?;
    let input = input_type(&function)?;
    let ident = &function.sig.ident;

    let name = given_or(arguments.name, quote!(::core::env!("CARGO_PKG_NAME")));
    let version = given_or(arguments.version, quote!(::core::env!("CARGO_PKG_VERSION")));
    let description = match (arguments.description, doc_comment(&function.attrs)) {
        (Some(description), _) => description.into_token_stream(),
        (None, Some(doc)) => doc.into_token_stream(),
        (None, None) => quote!(::core::env!("CARGO_PKG_DESCRIPTION")),
    };
    let calls = &arguments.calls;
    // A missing derive shows at the author's own tokens: at the input's type, which stands in the
    // call, and at what the function returns, whose place the called names take.
    let place = match &function.sig.output {
        ReturnType::Type(_, output) => output.span(),
        ReturnType::Default => ident.span(),
    };
    let run = quote_spanned!(place=> ::wasm_runner_sdk::__private::run::<#input, _>);
    let output_schema = quote_spanned!(place=> ::wasm_runner_sdk::__private::output_schema(#ident));
    Ok(quote! {
        // Its shape is the attribute's wish, not the author's.
        #[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
        #function

        fn main() -> ::std::process::ExitCode {
            #run(#ident, || {
                ::wasm_runner_sdk::__private::Manifest::new(
                    #name,
                    #version,
                    #description,
                    ::wasm_runner_sdk::__private::input_schema::<#input>(),
                    #output_schema,
                )
                #(#calls)*
            })
        }
    })
}

/// The mistake, beside what keeps the compiler from making more of it than it is: without the
/// function and a `main` it would say that they lack, and that imports are not used.
pub(crate) fn mistaken(error: &Error, item: &TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    let main = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) if function.sig.ident == "main" => quote!(),
        _ => quote!(
            fn main() {}
        ),
    };
    quote! {
        #error
        #[allow(dead_code)]
        #item
        #main
    }
}

fn given_or(given: Option<impl ToTokens>, default: TokenStream) -> TokenStream {
    given.map_or(default, ToTokens::into_token_stream)
}

fn function(item: TokenStream) -> Result<ItemFn> {
    let function: ItemFn = syn::parse2(item).map_err(|error| {
        Error::new(
            error.span(),
            format!("#[tool] stands before a function: {error}"),
        )
    })?;
    let signature = &function.sig;
    if signature.ident == "main" {
        return Err(Error::new(
            signature.ident.span(),
            "give the function another name: #[tool] writes `main` itself",
        ));
    }
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "a tool is not async: remove the word",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a tool is not generic: its schemas must be known",
        ));
    }
    if matches!(signature.output, ReturnType::Default) {
        return Err(Error::new_spanned(
            &signature.ident,
            "a tool returns `Result<Output, ToolError>`",
        ));
    }
    Ok(function)
}

fn input_type(function: &ItemFn) -> Result<&Type> {
    let mut inputs = function.sig.inputs.iter();
    match (inputs.next(), inputs.next()) {
        (Some(FnArg::Typed(input)), None) => Ok(&input.ty),
        (Some(FnArg::Receiver(this)), _) => Err(Error::new_spanned(
            this,
            "a tool is a function of its own, not a method",
        )),
        (_, Some(second)) => Err(Error::new_spanned(
            second,
            "a tool takes one argument, its input: put what it needs into one struct",
        )),
        (None, None) => Err(Error::new_spanned(
            &function.sig.ident,
            "a tool takes one argument, its input: `()` stands for none",
        )),
    }
}

/// The doc comment as one text: what the manifest says of the tool. Lines of a paragraph are
/// joined, since where they break is the source's affair.
fn doc_comment(attributes: &[Attribute]) -> Option<String> {
    let mut text = String::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(line),
                ..
            }) = &pair.value
        {
            for line in line
                .value()
                .lines()
                .chain(line.value().is_empty().then_some(""))
            {
                match line.trim() {
                    "" => text.push_str("\n\n"),
                    line => {
                        if !text.is_empty() && !text.ends_with('\n') {
                            text.push(' ');
                        }
                        text.push_str(line);
                    }
                }
            }
        }
    }
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "/// Counts\n/// words.\n///\n/// Slowly.\nfn count(input: Input) -> Result<Output, ToolError> { f(input) }";

    fn tokens(text: &str) -> TokenStream {
        text.parse().expect("tokens")
    }

    /// The message, and the text that it points at.
    fn mistake(arguments: &str, function: &str) -> (String, String) {
        let error = tool(tokens(arguments), tokens(function)).expect_err(arguments);
        let place = error.span().source_text().unwrap_or_default();
        (error.to_string(), place)
    }

    fn program(arguments: &str, function: &str) -> String {
        let program = tool(tokens(arguments), tokens(function)).expect(arguments);
        syn::parse2::<syn::File>(program.clone()).expect("it is a file of Rust");
        program.to_string()
    }

    #[test]
    fn a_function_becomes_a_program() {
        let program = program(
            r#"name = "n", version = "1.0.0-a.1", example(name = "one", input = {"a": [1, 2]}, output = 3),
               example(input = null, error = "no"), example(input = true),
               capability(directory = "/data", access = "read", reason = "to read"),
               capability(environment = "TZ", reason = "to know"),
               capability(network = "a.example:443", reason = "to ask"),
               capability(clock = "real", reason = "to date"),
               capability(random = "real", reason = "to draw"),
               properties(deterministic, idempotent, total),"#,
            FUNCTION,
        );
        for part in [
            "fn count (input : Input)",
            "fn main ()",
            "run :: < Input , _ > (count",
            r#""n" , "1.0.0-a.1" , "Counts words.\n\nSlowly.""#,
            r#". example ("one" , "{\"a\":[1,2]}" , "3")"#,
            r#". failing_example ("" , "null" , "no")"#,
            r#". open_example ("" , "true")"#,
            r#". directory ("/data" , "read" , "fixtures/data" , "to read")"#,
            r#". environment ("TZ" , "to know")"#,
            r#". network ("a.example:443" , "to ask")"#,
            r#". real_clock ("to date")"#,
            r#". real_random ("to draw")"#,
            ". deterministic () . idempotent () . total ()",
        ] {
            assert!(program.contains(part), "{part} in {program}");
        }
    }

    #[test]
    fn one_mistake_is_one_error() {
        let error =
            tool(tokens("properties(determinstic)"), tokens(FUNCTION)).expect_err("misspelt");
        let expanded = mistaken(&error, &tokens(FUNCTION));
        syn::parse2::<syn::File>(expanded.clone()).expect("it is a file of Rust");
        let expanded = expanded.to_string();
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
        for part in ["fn count (input : Input)", "fn main () { }"] {
            assert!(expanded.contains(part), "{part} in {expanded}");
        }
        // One that is called so already is not written twice.
        let main = mistaken(&error, &tokens("fn main() {}")).to_string();
        assert_eq!(main.matches("fn main").count(), 1, "{main}");
    }

    #[test]
    fn what_is_not_given_is_the_packages() {
        let program = program("", "fn count(i: ()) -> Result<u8, ToolError> { f(i) }");
        for part in [
            "CARGO_PKG_NAME",
            "CARGO_PKG_VERSION",
            "CARGO_PKG_DESCRIPTION",
        ] {
            assert!(program.contains(part), "{part} in {program}");
        }
    }

    #[test]
    fn a_given_description_stands_before_the_doc_comment() {
        let program = program("description = \"Given.\"", FUNCTION);
        assert!(program.contains(r#""Given." ,"#), "{program}");
    }

    #[test]
    fn a_block_comment_is_a_description_too() {
        let program = program("", "/** One\n two. */ fn f(i: ()) -> R { g(i) }");
        assert!(program.contains("\"One two.\""), "{program}");
    }

    #[test]
    fn mistakes_in_the_arguments_are_named_where_they_are() {
        let wrong = [
            ("nam = \"n\"", "unknown argument `nam`", "nam"),
            (
                "name = \"n\", name = \"m\"",
                "`name` is given twice",
                "name",
            ),
            (
                "name = \"Word Count\"",
                "a tool's name is",
                "\"Word Count\"",
            ),
            ("version = \"1.0\"", "semantic", "\"1.0\""),
            ("version = \"1.0.01\"", "semantic", "\"1.0.01\""),
            ("description = \" \"", "must not be empty", "\" \""),
            ("example(output = 1)", "needs `input", "example"),
            (
                "example(input = 1, output = 1, error = \"no\")",
                "has either `output",
                "example",
            ),
            ("example(input = , output = 1)", "must be a JSON value", ","),
            ("example(input = {a: 1}, output = 1)", "double quotes", "a"),
            ("example(inptu = 1)", "unknown key `inptu`", "inptu"),
            (
                "capability(directory = \"/d\", access = \"read\")",
                "needs `reason",
                "capability",
            ),
            (
                "capability(directory = \"/d\", reason = \"r\")",
                "say `access",
                "directory",
            ),
            (
                "capability(directory = \"d\", access = \"read\", reason = \"r\")",
                "absolute",
                "\"d\"",
            ),
            (
                "capability(directory = \"/a/..\", access = \"read\", reason = \"r\")",
                "absolute",
                "\"/a/..\"",
            ),
            (
                "capability(directory = \"/\", access = \"read\", reason = \"r\")",
                "absolute",
                "\"/\"",
            ),
            (
                "capability(directory = \"/d\", access = \"all\", reason = \"r\")",
                "the access is",
                "\"all\"",
            ),
            (
                "capability(directory = \"/d\", fixture = \"f\")",
                "has its name",
                "fixture",
            ),
            (
                "capability(reason = \"why\")",
                "say what the tool asks for",
                "capability",
            ),
            (
                "capability(clock = \"fast\", reason = \"why\")",
                "only \"real\"",
                "\"fast\"",
            ),
            (
                "capability(random = \"7\", reason = \"why\")",
                "only \"real\"",
                "\"7\"",
            ),
            (
                "capability(clock = \"real\", random = \"real\")",
                "already asks for `clock`",
                "random",
            ),
            (
                "capability(clock = \"real\", access = \"read\", reason = \"r\")",
                "only a directory",
                "access",
            ),
            (
                "capability(network = \"a.example\", reason = \"r\")",
                "host and a port",
                "\"a.example\"",
            ),
            ("capability(disk = \"all\")", "unknown key `disk`", "disk"),
            ("properties(fast)", "unknown property `fast`", "fast"),
        ];
        for (arguments, message, place) in wrong {
            let (said, pointed_at) = mistake(arguments, FUNCTION);
            assert!(said.contains(message), "{arguments}: {said}");
            assert_eq!(pointed_at, place, "{arguments}: {said}");
        }
    }

    #[test]
    fn functions_that_are_no_tools_are_named_where_they_are() {
        let wrong = [
            ("fn main(i: I) -> O { f() }", "another name", "main"),
            ("fn f() -> O { f() }", "one argument", "f"),
            ("fn f(a: A, b: B) -> O { f() }", "one argument", "b: B"),
            ("fn f(&self) -> O { f() }", "not a method", "&self"),
            ("fn f(a: A) { f() }", "returns `Result", "f"),
            ("async fn f(a: A) -> O { f() }", "not async", "async"),
            ("fn f<T>(a: T) -> O { f() }", "not generic", "<T>"),
            ("struct S;", "stands before a function", "struct"),
        ];
        for (function, message, place) in wrong {
            let (said, pointed_at) = mistake("", function);
            assert!(said.contains(message), "{function}: {said}");
            assert_eq!(pointed_at, place, "{function}: {said}");
        }
    }
}

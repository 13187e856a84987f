//! What stands between the parentheses of `#[tool(…)]`.

use crate::json::Json;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Result, Token, parenthesized};

/// The arguments; the repeatable ones each as the call on the manifest that it becomes.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) calls: Vec<TokenStream>,
}

const KNOWN: &[&str] = &[
    "name = \"…\"",
    "version = \"…\"",
    "description = \"…\"",
    "example(…)",
    "capability(…)",
    "properties(…)",
];

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            match key.to_string().as_str() {
                "name" => once(&mut arguments.name, &key, tool_name(input)?)?,
                "version" => once(&mut arguments.version, &key, version(input)?)?,
                "description" => once(&mut arguments.description, &key, words(input)?)?,
                "example" => arguments.calls.push(example(input, &key)?),
                "capability" => arguments.calls.push(capability(input, &key)?),
                "properties" => arguments.calls.extend(properties(input)?),
                _ => return Err(unknown("argument", &key, KNOWN)),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

fn unknown(kind: &str, found: &Ident, known: &[&str]) -> Error {
    let known = known.join(", ");
    Error::new(
        found.span(),
        format!("unknown {kind} `{found}`; there are: {known}"),
    )
}

fn once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> Result<()> {
    if slot.replace(value).is_some() {
        return Err(Error::new(key.span(), format!("`{key}` is given twice")));
    }
    Ok(())
}

fn equals<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// A text that says something.
fn words(input: ParseStream<'_>) -> Result<LitStr> {
    let words: LitStr = equals(input)?;
    if words.value().trim().is_empty() {
        return Err(Error::new(words.span(), "this must not be empty"));
    }
    Ok(words)
}

fn tool_name(input: ParseStream<'_>) -> Result<LitStr> {
    let name: LitStr = equals(input)?;
    let text = name.value();
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !text.starts_with(|c: char| c.is_ascii_lowercase())
        || !text.chars().all(rest)
        || text.len() > 64
    {
        let message = "a tool's name is up to 64 of a-z, 0-9, - and _, and starts with a letter";
        return Err(Error::new(name.span(), message));
    }
    Ok(name)
}

fn version(input: ParseStream<'_>) -> Result<LitStr> {
    let version: LitStr = equals(input)?;
    let text = version.value();
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let number = |part: &str| {
        part.parse::<u64>()
            .is_ok_and(|number| number.to_string() == part)
    };
    if core.split('.').count() != 3 || !core.split('.').all(number) {
        let message = "the version is a semantic one, such as \"1.0.0\"";
        return Err(Error::new(version.span(), message));
    }
    Ok(version)
}

fn example(input: ParseStream<'_>, key: &Ident) -> Result<TokenStream> {
    let inner;
    parenthesized!(inner in input);
    let (mut name, mut given, mut output, mut error) = (None, None, None, None);
    while !inner.is_empty() {
        let key: Ident = inner.parse()?;
        match key.to_string().as_str() {
            "name" => once(&mut name, &key, words(&inner)?)?,
            "input" => once(&mut given, &key, equals::<Json>(&inner)?)?,
            "output" => once(&mut output, &key, equals::<Json>(&inner)?)?,
            "error" => once(&mut error, &key, words(&inner)?)?,
            _ => return Err(unknown("key", &key, &["name", "input", "output", "error"])),
        }
        if !inner.is_empty() {
            inner.parse::<Token![,]>()?;
        }
    }
    let name = name.unwrap_or_else(|| LitStr::new("", Span::call_site()));
    let Some(given) = given else {
        return Err(Error::new(key.span(), "an example needs `input = …`"));
    };
    let given = given.text();
    match (output, error) {
        (None, None) => Ok(quote!(.open_example(#name, #given))),
        (Some(output), None) => {
            let output = output.text();
            Ok(quote!(.example(#name, #given, #output)))
        }
        (None, Some(error)) => Ok(quote!(.failing_example(#name, #given, #error))),
        (Some(_), Some(_)) => Err(Error::new(
            key.span(),
            "an example has either `output = …` or `error = \"part of the message\"`",
        )),
    }
}

const KINDS: &str = "directory = \"/data\", environment = \"NAME\", network = \"host:443\", \
                     clock = \"real\" or random = \"real\"";

fn capability(input: ParseStream<'_>, key: &Ident) -> Result<TokenStream> {
    let inner;
    parenthesized!(inner in input);
    let (mut kind, mut access, mut reason) = (None, None, None);
    while !inner.is_empty() {
        let key: Ident = inner.parse()?;
        match key.to_string().as_str() {
            "directory" | "environment" | "network" | "clock" | "random" => {
                let value = words(&inner)?;
                if let Some((other, _)) = kind.replace((key.clone(), value)) {
                    let message = format!(
                        "this one already asks for `{other}`: write one `capability(…)` each"
                    );
                    return Err(Error::new(key.span(), message));
                }
            }
            "access" => once(&mut access, &key, (key.clone(), words(&inner)?))?,
            "reason" => once(&mut reason, &key, words(&inner)?)?,
            "fixture" => {
                let message =
                    "a folder's fixture has its name: tests see `fixtures/data` as `/data`";
                return Err(Error::new(key.span(), message));
            }
            _ => {
                let known = [
                    "directory",
                    "environment",
                    "network",
                    "clock",
                    "random",
                    "access",
                    "reason",
                ];
                return Err(unknown("key", &key, &known));
            }
        }
        if !inner.is_empty() {
            inner.parse::<Token![,]>()?;
        }
    }
    let Some((kind, value)) = kind else {
        return Err(Error::new(
            key.span(),
            format!("say what the tool asks for: {KINDS}"),
        ));
    };
    let Some(reason) = reason else {
        return Err(Error::new(
            key.span(),
            "a capability needs `reason = \"…\"`: the person who reviews the tool reads it",
        ));
    };
    if kind == "directory" {
        return directory(&kind, &value, access, &reason);
    }
    if let Some((access, _)) = access {
        return Err(Error::new(
            access.span(),
            "only a directory has an `access`",
        ));
    }
    match kind.to_string().as_str() {
        "environment" => Ok(quote!(.environment(#value, #reason))),
        "network" => {
            host_and_port(&value)?;
            Ok(quote!(.network(#value, #reason)))
        }
        "clock" => {
            real(&value)?;
            Ok(quote!(.real_clock(#reason)))
        }
        // The parser above lets nothing else through.
        _ => {
            real(&value)?;
            Ok(quote!(.real_random(#reason)))
        }
    }
}

fn directory(
    kind: &Ident,
    guest: &LitStr,
    access: Option<(Ident, LitStr)>,
    reason: &LitStr,
) -> Result<TokenStream> {
    let path = guest.value();
    let parts = || path.split('/').skip(1);
    if !path.starts_with('/') || parts().any(|part| part.is_empty() || part == "." || part == "..")
    {
        return Err(Error::new(
            guest.span(),
            "the folder is an absolute path such as \"/data\"",
        ));
    }
    let Some((_, access)) = access else {
        let message = "say `access = \"read\"` or `access = \"read-write\"`";
        return Err(Error::new(kind.span(), message));
    };
    if !["read", "read-write"].contains(&access.value().as_str()) {
        return Err(Error::new(
            access.span(),
            "the access is \"read\" or \"read-write\"",
        ));
    }
    // Where `folder` looks in native tests.
    let fixture = format!("fixtures{path}");
    Ok(quote!(.directory(#guest, #access, #fixture, #reason)))
}

fn host_and_port(value: &LitStr) -> Result<()> {
    let text = value.value();
    match text.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) =>
        {
            Ok(())
        }
        _ => Err(Error::new(
            value.span(),
            "give a host and a port: \"api.example.com:443\"",
        )),
    }
}

fn real(value: &LitStr) -> Result<()> {
    if value.value() == "real" {
        return Ok(());
    }
    Err(Error::new(
        value.span(),
        "only \"real\" is asked for; without it the tool has a clock and randomness of its own, \
         the same each run",
    ))
}

fn properties(input: ParseStream<'_>) -> Result<Vec<TokenStream>> {
    let inner;
    parenthesized!(inner in input);
    let known = ["deterministic", "idempotent", "total"];
    let names = inner.parse_terminated(Ident::parse, Token![,])?;
    names
        .iter()
        .map(|name| {
            if known.iter().any(|known| name == known) {
                Ok(quote!(.#name()))
            } else {
                Err(unknown("property", name, &known))
            }
        })
        .collect()
}

//! JSON values among an attribute's arguments.

use proc_macro2::{Span, TokenStream};
use std::fmt::Write;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitFloat, LitInt, LitStr, Result, Token, braced, bracketed, token};

/// A JSON value, written as JSON; held as its text.
///
/// It is read here instead of by a macro of the program, so that mistakes are told in words and
/// long examples compile at once.
#[derive(Debug)]
pub(crate) struct Json(String);

impl Json {
    /// The value as JSON text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl Parse for Json {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut text = String::new();
        value(input, &mut text)?;
        Ok(Self(text))
    }
}

fn value(input: ParseStream<'_>, text: &mut String) -> Result<()> {
    if input.peek(token::Brace) {
        object(input, text)
    } else if input.peek(token::Bracket) {
        array(input, text)
    } else if input.peek(Token![-]) {
        input.parse::<Token![-]>()?;
        text.push('-');
        number(&input.parse()?, text)
    } else if input.peek(syn::LitBool) {
        let value: syn::LitBool = input.parse()?;
        text.push_str(if value.value { "true" } else { "false" });
        Ok(())
    } else if input.peek(Lit) {
        match input.parse()? {
            Lit::Str(value) => {
                string(&value.value(), text);
                Ok(())
            }
            number_or_other => number(&number_or_other, text),
        }
    } else if input.peek(Ident::peek_any) {
        let word = input.call(Ident::parse_any)?;
        if word != "null" {
            return Err(no_json(word.span(), &format!("`{word}` is none")));
        }
        text.push_str("null");
        Ok(())
    } else if input.is_empty() {
        Err(input.error("a JSON value is missing here"))
    } else {
        let found: proc_macro2::TokenTree = input.parse()?;
        Err(no_json(found.span(), &format!("`{found}` is none")))
    }
}

fn object(input: ParseStream<'_>, text: &mut String) -> Result<()> {
    let inner;
    braced!(inner in input);
    let mut keys: Vec<String> = Vec::new();
    text.push('{');
    while !inner.is_empty() {
        if !inner.peek(LitStr) {
            let found: TokenStream = inner.parse()?;
            let first = found.into_iter().next();
            let span = first
                .as_ref()
                .map_or(inner.span(), proc_macro2::TokenTree::span);
            return Err(no_json(span, "a key stands in double quotes"));
        }
        let key: LitStr = inner.parse()?;
        if keys.contains(&key.value()) {
            return Err(Error::new(
                key.span(),
                format!("the key {:?} is given twice", key.value()),
            ));
        }
        if !keys.is_empty() {
            text.push(',');
        }
        string(&key.value(), text);
        keys.push(key.value());
        inner.parse::<Token![:]>()?;
        text.push(':');
        value(&inner, text)?;
        if !inner.is_empty() {
            inner.parse::<Token![,]>()?;
        }
    }
    text.push('}');
    Ok(())
}

fn array(input: ParseStream<'_>, text: &mut String) -> Result<()> {
    let inner;
    bracketed!(inner in input);
    let mut first = true;
    text.push('[');
    while !inner.is_empty() {
        if !std::mem::take(&mut first) {
            text.push(',');
        }
        value(&inner, text)?;
        if !inner.is_empty() {
            inner.parse::<Token![,]>()?;
        }
    }
    text.push(']');
    Ok(())
}

fn number(literal: &Lit, text: &mut String) -> Result<()> {
    let (digits, suffix) = match literal {
        Lit::Int(number) => (LitInt::base10_digits(number), number.suffix()),
        Lit::Float(number) => (LitFloat::base10_digits(number), number.suffix()),
        other => return Err(no_json(other.span(), "this literal is none")),
    };
    let finite = digits.parse::<f64>().is_ok_and(f64::is_finite);
    // Rust reads `1.` and `1.0f32` too, and any size.
    if !suffix.is_empty() || digits.ends_with('.') || !finite {
        return Err(no_json(
            literal.span(),
            "numbers look like 1, 1.5 or 1e3, without a type",
        ));
    }
    text.push_str(digits);
    Ok(())
}

fn string(value: &str, text: &mut String) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            // Writing to a string can't fail.
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

fn no_json(span: Span, why: &str) -> Error {
    Error::new(span, format!("this must be a JSON value: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> std::result::Result<String, String> {
        syn::parse_str::<Json>(text)
            .map(|json| json.text().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let written =
            r#"{ "a": [1, -2.5, 1e3, 1_000], "b": {}, "c": [], "d": null, "e": [true, false,], }"#;
        let text = r#"{"a":[1,-2.5,1e3,1000],"b":{},"c":[],"d":null,"e":[true,false]}"#;
        assert_eq!(json(written).as_deref(), Ok(text));
    }

    #[test]
    fn texts_keep_whatever_they_hold() {
        assert_eq!(
            json(r#""a\"\\\n\té\u{1f600}""#).as_deref(),
            Ok(r#""a\"\\\u000a\u0009é😀""#)
        );
        assert_eq!(json("r#\"C:\\x\"#").as_deref(), Ok(r#""C:\\x""#));
    }

    #[test]
    fn what_is_no_json_is_told_in_words() {
        let wrong = [
            ("{words: 2}", "a key stands in double quotes"),
            (r#"{"a": 1, "a": 2}"#, r#"the key "a" is given twice"#),
            (r#"{"a": }"#, "a JSON value is missing here"),
            ("1u8", "without a type"),
            ("1.", "without a type"),
            ("1e999", "without a type"),
            ("'c'", "this literal is none"),
            ("None", "`None` is none"),
            ("vec![1]", "`vec` is none"),
            ("&[1]", "`&` is none"),
            ("-\"1\"", "this literal is none"),
        ];
        for (text, message) in wrong {
            let said = json(text).expect_err(text);
            assert!(said.contains(message), "{text}: {said}");
        }
    }
}
